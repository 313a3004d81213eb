/** The rules of a Web function with WebSocket, for connections of services that play one: what they find, in sentences. */
import * as l10n from '@vscode/l10n';
import type { CloseCause } from '../../protocol/project';
import { type Ender, Pace, statusOf, webFunctionLimits } from '../hosting/limits';
import { statusText } from '../hosting/statusText';
import type { Clock, Timer } from '../clock';
import type { Connection } from './connection';
import type { Finding } from './registerDecision';

export interface OverLimit extends Finding {
  /** Close code for it, and the reason that goes with it. */
  code: number;
  reason: string;
}

export class WebFunctionRules {
  private readonly paces = new WeakMap<Connection, Pace>();
  private readonly lives = new WeakMap<Connection, Timer>();
  private readonly outlived = new WeakSet<Connection>();

  constructor(private readonly clock: Clock) {}

  /** Whether the connection's service plays a Web function; of others nothing is found. */
  concern({ service }: Connection): boolean {
    return service.spec.emulator.platform === 'webFunction';
  }

  /** It is one invocation, whose time is over at some time. */
  begin(connection: Connection, onOver: (seconds: number) => void): void {
    if (!this.concern(connection)) {
      return;
    }
    const seconds = connection.service.spec.emulator.webFunctionTimeout;
    const over = (): void => {
      this.outlived.add(connection);
      onOver(seconds);
    };
    this.lives.set(connection, this.clock.setTimer(seconds * 1000, over));
  }

  /** A message of the client. */
  received(connection: Connection, size: number): OverLimit | undefined {
    if (!this.concern(connection)) {
      return undefined;
    }
    let pace = this.paces.get(connection);
    if (pace === undefined) {
      pace = new Pace();
      this.paces.set(connection, pace);
    }
    const over = pace.take(this.clock.now(), size);
    return (
      tooLarge(size) ??
      (over === undefined
        ? undefined
        : over === 'messages'
          ? {
              ...{ rule: 'webfn.messages-per-second', severity: 'warning', code: 1008 },
              reason: 'more than 10 messages within a second',
              message: l10n.t('A client sent more than 10 messages within a second.'),
              advice: l10n.t('Gather messages, or ask the vendor for a higher limit.'),
            }
          : {
              ...{ rule: 'webfn.bytes-per-second', severity: 'warning', code: 1008 },
              reason: 'more than 128 KB within a second',
              message: l10n.t('A client sent more than 128 KB within a second.'),
              advice: l10n.t('Send less, or ask the vendor for a higher limit.'),
            })
    );
  }

  /** A message for the client. */
  sends(connection: Connection, payload: string | Buffer): OverLimit | undefined {
    return this.concern(connection) ? tooLarge(Buffer.byteLength(payload)) : undefined;
  }

  /** How the platform counts a connection that has ended; undefined: as a success. */
  ended(
    connection: Connection,
    cause: CloseCause,
    code: number,
  ): { status: number; finding: Finding } | undefined {
    if (!this.concern(connection)) {
      return undefined;
    }
    this.lives.get(connection)?.dispose();
    const ender = this.outlived.has(connection) ? 'time' : enderOf(cause);
    const status = statusOf(ender, code);
    if (status === 200) {
      return undefined;
    }
    const finding: Finding = {
      rule: ruleOf[status] ?? 'webfn.status-server',
      severity: 'info',
      message: l10n.t(
        'A Web function counts this connection as failed with {0}: {1}',
        status,
        statusText(status),
      ),
      advice:
        status === 456
          ? l10n.t('Let clients close with 1000, or take no alarm from this status.')
          : l10n.t('Close with 1000 or 1011 before that.'),
    };
    return { status, finding };
  }
}

const ruleOf: Record<number, string> = {
  433: 'webfn.duration',
  439: 'webfn.status-server',
  455: 'webfn.idle',
  456: 'webfn.status-client',
};

export function enderOf(cause: CloseCause): Ender {
  switch (cause) {
    case 'idle':
      return 'idle';
    case 'clientClose':
    case 'clientVanished':
    case 'leftDuringRegister':
      return 'client';
    case 'protocolError':
    case 'notReading':
    case 'pushClosing':
    case 'platformFailure':
    case 'gatewayStop':
    case 'operator':
      return 'server';
  }
}

function tooLarge(size: number): OverLimit | undefined {
  return size <= webFunctionLimits.message
    ? undefined
    : {
        ...{ rule: 'webfn.message-size', severity: 'warning', code: 1009 },
        reason: 'a message of more than 256 KB',
        message: l10n.t(
          'A message of {0} KB is larger than the 256 KB of a Web function.',
          Math.ceil(size / 1024),
        ),
        advice: l10n.t('Split large messages.'),
      };
}

/** Reverse push: whose address it is, what is asked, whether it can be done, and the answer. */
import * as l10n from '@vscode/l10n';
import type { SourcePlace } from '../../protocol/fact';
import type { CaughtPush } from '../../protocol/intent';
import type { CloseCause } from '../../protocol/project';
import { newPushKey } from '../project/identity';
import type { RecordFact } from '../runtime/contract';
import type { Connection, Service } from './connection';
import type { Disturbances } from './disturbances';
import { showPayload } from './gatewayFacts';
import type { Peers } from './peers';
import { type BodyForm, readPushBody } from './pushBody';
import {
  loneHalf,
  parsePush,
  pushErrors,
  refusePush,
  type PushRequest,
  type PushWarning,
} from './pushRequest';

export interface PushAnswer {
  status: number;
  body: string;
}

/** Headers of a push that count. */
export interface PushOrigin extends BodyForm {
  /** Header that the bootstraps add: the request id of the invocation that pushes. */
  invocation?: string;
  redirectedFrom?: string;
  /** `<percent-encoded file>:<number>`: the line of the handler, once it is asked for. */
  line?: string;
}

/** What became of a push that was to be sent; undefined: it was. */
export type PushFailure = { errNo: number; errMsg: string } | undefined;

/** Known before the push is recorded, which so tells what its handler is answered. */
export interface Hindrance {
  errNo: number;
  errMsg: string;
  /** What it has for a consequence, once the push is recorded. */
  follow(): void;
}

/** Where pushes end: the gateway's connections. */
export interface PushTarget {
  connection(id: string): Connection | undefined;
  whenLeft(id: string): { agoMs: number; cause: CloseCause | 'refused' } | undefined;
  /** Why this payload cannot be sent to an open connection. */
  hinders(connection: Connection, payload: string | Buffer): Hindrance | undefined;
  deliver(connection: Connection, payload: string | Buffer, push: number): PushFailure;
  closeByGateway(connection: Connection, cause: CloseCause, code: number, reason: string): void;
}

interface Verdict {
  errNo: number;
  errMsg: string;
  follow?(): void;
}

interface PushAddress {
  service: Service;
  /** The instance that was given this address; undefined: the service's own address. */
  instance?: { functionId: string; number: number };
}

/** Addresses of instances that are remembered; with a cold start for each event they would never end. */
const rememberedAddresses = 10_000;

/** Dry runs whose pushes are still caught: what a handler did not wait for comes after its answer. */
const rememberedDryRuns = 100;

/** What nearly every push is answered (documented). */
const okay: Verdict = { errNo: pushErrors.ok, errMsg: 'ok' };
const okAnswer = JSON.stringify(okay);

function placeOf(line: string | undefined): SourcePlace | undefined {
  const [, file, number] = /^(.+):(\d{1,7})$/.exec(line ?? '') ?? [];
  if (file === undefined) {
    return undefined;
  }
  try {
    return { file: decodeURIComponent(file), line: Number(number) };
  } catch {
    return undefined; // No bootstrap wrote it.
  }
}

/** Of an id before its padding: 16 bytes. */
const idDigits = 22;

/** Ids are base64 with its padding; addresses, forms, files and code that prints them change the signs. */
export function asIssued(id: string): string {
  let plain = id;
  try {
    plain = decodeURIComponent(id);
  } catch {
    // A % of its own.
  }
  const bare = plain
    .trimEnd()
    .replace(/^\s*b?(['"])(.*)\1$/, '$2')
    .replace(/=*$/, '');
  // A space at the beginning was a + where nothing is too much.
  const digits = bare.length > idDigits ? bare.trimStart() : bare;
  const signs: Record<string, string> = { ' ': '+', '-': '+', _: '/' };
  return `${digits.replace(/[ _-]/g, (sign) => signs[sign] ?? sign)}==`;
}

export class Pushes {
  private readonly record: RecordFact;
  private readonly disturbances: Disturbances;
  private readonly target: PushTarget;
  private readonly peers: Peers;
  private readonly ownAddresses = new Map<string, PushAddress>();
  private readonly instanceAddresses = new Map<string, PushAddress>();
  private readonly caught = new Map<string, CaughtPush[]>();
  private readonly noticed: () => void;
  /** Pushes whose answer is not known yet, those included that have not been read to their end. */
  unanswered = 0;

  constructor(
    record: RecordFact,
    services: readonly Service[],
    disturbances: Disturbances,
    target: PushTarget,
    noticed: () => void,
    peers: Peers,
  ) {
    this.peers = peers;
    this.noticed = noticed;
    this.record = record;
    this.disturbances = disturbances;
    this.target = target;
    for (const service of services) {
      this.ownAddresses.set(service.spec.pushKey, { service });
    }
  }

  /** One more address of a service, e.g. the one that is being replaced. */
  addOwnAddress(service: Service, key: string): void {
    this.ownAddresses.set(key, { service });
  }

  /** Address key of an instance's own, so that whatever it pushes is known to be its. */
  addAddress(service: Service, functionId: string, number: number): string {
    const key = newPushKey();
    this.instanceAddresses.set(key, { service, instance: { functionId, number } });
    if (this.instanceAddresses.size > rememberedAddresses) {
      const [oldest] = this.instanceAddresses.keys();
      this.instanceAddresses.delete(oldest as string);
    }
    return key;
  }

  /** From now on, pushes of this invocation are judged, answered and put into the list, and go nowhere. */
  catch(invocation: string): CaughtPush[] {
    const pushes: CaughtPush[] = [];
    this.caught.set(invocation, pushes);
    if (this.caught.size > rememberedDryRuns) {
      const [oldest] = this.caught.keys();
      this.caught.delete(oldest as string);
    }
    return pushes;
  }

  isAddress(key: string): boolean {
    return this.addressOf(key) !== undefined;
  }

  /** A push has begun to arrive; call what this returns, once, when it was answered or has gone. */
  begin(): () => void {
    this.unanswered++;
    return () => {
      this.unanswered--;
      this.noticed();
    };
  }

  /** Body of a POST to a push address → the answer. Never throws; every case has its errNo. */
  async answer(key: string, bytes: Buffer, origin: PushOrigin): Promise<PushAnswer> {
    const end = this.begin();
    try {
      return await this.judged(key, bytes, origin);
    } finally {
      end();
    }
  }

  private async judged(key: string, bytes: Buffer, origin: PushOrigin): Promise<PushAnswer> {
    const address = this.addressOf(key);
    if (address === undefined) {
      return { status: 404, body: '{"message":"There is no such push address."}' };
    }
    const { service } = address;
    const runtime = address.instance && service.functions.get(address.instance.functionId);
    const made =
      address.instance && runtime
        ? runtime.invocationOf(address.instance.number, origin.invocation)
        : (origin.invocation ?? null);
    // Not awaited without need: pushes must leave in the order in which they were read.
    const invocation = made instanceof Promise ? await made : made;
    const read = readPushBody(bytes, origin);
    const parsed =
      'problem' in read
        ? refusePush(pushErrors.notJson, read.problem)
        : parsePush(read.text, service.spec.emulator.strict, read.doubted);
    const caught =
      this.caught.size === 0 || invocation === null ? undefined : this.caught.get(invocation);
    if (caught !== undefined) {
      const push = this.judgeDry(service, parsed);
      caught.push(push);
      const { errNo, errMsg } = push;
      return { status: this.pushStatus(service, errNo), body: JSON.stringify({ errNo, errMsg }) };
    }
    const functionId = runtime?.id ?? null;
    const { redirectedFrom } = origin;
    const place = runtime === undefined ? undefined : placeOf(origin.line);
    if ('refusal' in parsed) {
      const { errNo, errMsg, connection, action } = parsed.refusal;
      const status = this.pushStatus(service, errNo);
      const body = 'problem' in read ? bytes : read.text;
      const { preview, more } = showPayload(body);
      this.record(
        {
          kind: 'push',
          service: service.spec.name,
          connection,
          action,
          type: typeof body === 'string' ? null : 'binary',
          size: bytes.length,
          preview,
          more,
          invocation,
          function: functionId,
          status,
          errNo,
          errMsg,
          redirectedFrom,
          place,
        },
        more && body,
      );
      return { status, body: JSON.stringify({ errNo, errMsg }) };
    }
    const { request } = parsed;
    const injected = this.disturbances.insteadOfPush(
      this.target.connection(request.connection) !== undefined ? request.connection : '',
      { invocation, id: request.connection },
    );
    const refused = injected === undefined ? undefined : await injected;
    const way =
      refused === undefined && this.target.connection(request.connection) === undefined
        ? this.peers.forward(service.spec.name, request)
        : undefined;
    const forwarded = way === undefined ? undefined : await way;
    const verdict: Verdict = refused ?? forwarded ?? this.judge(service, request);
    const { errNo, errMsg } = verdict;
    if (
      errNo === pushErrors.unknownConnection &&
      this.target.whenLeft(request.connection) !== undefined
    ) {
      runtime?.namePushes(); // Whoever pushes in vain will do it again: then its line is known.
    }
    const status = this.pushStatus(service, errNo);
    const payload = request.action === 'closing' ? '' : request.payload;
    const binary = typeof payload !== 'string';
    const warnings = request.action === 'closing' ? [] : request.warnings;
    const { preview, more } = showPayload(payload);
    // One shape for all pushes: spreading what is there cost 20 µs for each.
    const fact = this.record(
      {
        kind: 'push',
        service: service.spec.name,
        connection: request.connection,
        action: request.action,
        type: request.action === 'closing' ? null : binary ? 'binary' : 'text',
        size: binary ? payload.length : Buffer.byteLength(payload),
        preview,
        more,
        invocation,
        function: functionId,
        status,
        errNo,
        errMsg,
        warnings:
          warnings.length === 0
            ? undefined
            : warnings.map((warning) => warningText(warning, payload)),
        redirectedFrom,
        place,
      },
      more && payload,
    );
    verdict.follow?.();
    const failure =
      errNo === pushErrors.ok && forwarded === undefined
        ? this.carryOut(request, fact.seq)
        : undefined;
    const { gates } = this.disturbances;
    if (gates !== undefined) {
      await gates.beforePushAnswer({ invocation, id: request.connection });
    }
    if (errNo !== pushErrors.ok) {
      return { status, body: JSON.stringify({ errNo, errMsg }) };
    }
    if (forwarded !== undefined) {
      return { status, body: okAnswer };
    }
    return {
      status: failure === undefined ? status : this.pushStatus(service, failure.errNo),
      body: failure === undefined ? okAnswer : JSON.stringify(failure),
    };
  }

  /**
   * A push that was refused before its body was judged: larger than any event may be (`errNo` 9006), or by HTTP alone,
   * whose answer has no number: then that is its status.
   */
  recordRefused(
    key: string,
    { status, errNo = status, errMsg }: { status: number; errNo?: number; errMsg: string },
  ): void {
    const address = this.addressOf(key);
    this.record({
      kind: 'push',
      service: address?.service.spec.name ?? null,
      connection: '',
      action: null,
      type: null,
      size: 0,
      preview: '',
      invocation: null,
      function: address?.instance?.functionId ?? null,
      status,
      errNo,
      errMsg,
    });
  }

  private addressOf(key: string): PushAddress | undefined {
    return this.ownAddresses.get(key) ?? this.instanceAddresses.get(key);
  }

  private judgeDry(service: Service, parsed: ReturnType<typeof parsePush>): CaughtPush {
    if ('refusal' in parsed) {
      const { errNo, errMsg, connection, action } = parsed.refusal;
      return { connection, action, type: null, preview: '', errNo, errMsg };
    }
    const { request } = parsed;
    const payload = request.action === 'closing' ? '' : request.payload;
    const { errNo, errMsg } = this.judge(service, request);
    return {
      connection: request.connection,
      action: request.action,
      type: request.action === 'closing' ? null : request.dataType,
      preview: showPayload(payload).preview,
      errNo,
      errMsg,
    };
  }

  /** Whether a push can be carried out now, and if not, why, in words. */
  private judge(service: Service, request: PushRequest): Verdict {
    const { connection: id } = request;
    const connection = this.target.connection(id);
    if (connection === undefined || connection.service !== service) {
      return { errNo: pushErrors.unknownConnection, errMsg: this.whyUnknown(id, connection) };
    }
    if (connection.state === 'closing' || connection.state === 'closed') {
      return { errNo: pushErrors.unknownConnection, errMsg: `connection ${id} is closed` };
    }
    if (connection.state === 'connecting') {
      if (service.spec.emulator.queueUntilOpen && request.action === 'data send') {
        return okay;
      }
      return {
        errNo: pushErrors.notOpenYet,
        errMsg: `connection ${id} is not open yet: Register has not answered`,
      };
    }
    return (
      (request.action === 'data send' && this.target.hinders(connection, request.payload)) || okay
    );
  }

  private carryOut(request: PushRequest, push: number): PushFailure {
    const connection = this.target.connection(request.connection);
    if (connection === undefined) {
      return undefined;
    }
    if (request.action === 'closing') {
      const { pushCloseCode } = connection.service.spec.emulator;
      this.target.closeByGateway(connection, 'pushClosing', pushCloseCode, '');
      return undefined;
    }
    if (connection.state === 'connecting') {
      (connection.early ??= []).push({ payload: request.payload, push });
      return undefined;
    }
    return this.target.deliver(connection, request.payload, push);
  }

  /**
   * Pushes from the editor, the command line or another node; the same judgement, without HTTP.
   * @param of the service whose push address it came to; undefined: whichever the connection belongs to
   */
  byHand(
    id: string,
    payload: string | Buffer | null,
    of?: string,
  ): { errNo: number; errMsg: string } {
    const connection = this.target.connection(id);
    if (connection === undefined || (of !== undefined && connection.service.spec.name !== of)) {
      return { errNo: pushErrors.unknownConnection, errMsg: this.whyUnknown(id, connection) };
    }
    const { service } = connection;
    const request: PushRequest =
      payload === null
        ? { action: 'closing', connection: id }
        : {
            action: 'data send',
            connection: id,
            dataType: typeof payload === 'string' ? 'text' : 'binary',
            payload,
            warnings:
              typeof payload === 'string' && !payload.isWellFormed() ? ['halfCharacter'] : [],
          };
    const { follow, ...verdict } = this.judge(service, request);
    const warnings =
      request.action === 'data send' && request.warnings.length > 0 ? request.warnings : undefined;
    const shown = showPayload(payload ?? '');
    const fact = this.record(
      {
        kind: 'push',
        service: service.spec.name,
        connection: id,
        action: request.action,
        type: payload === null ? null : typeof payload === 'string' ? 'text' : 'binary',
        size: payload === null ? 0 : Buffer.byteLength(payload),
        ...shown,
        invocation: null,
        function: null,
        status: 200,
        ...verdict,
        warnings: warnings?.map((warning) => warningText(warning, payload ?? '')),
      },
      shown.more && payload !== null ? payload : undefined,
    );
    follow?.();
    return (verdict.errNo === pushErrors.ok && this.carryOut(request, fact.seq)) || verdict;
  }

  private pushStatus(service: Service, errNo: number): number {
    return errNo === pushErrors.ok ? 200 : service.spec.emulator.pushErrorStatus;
  }

  private whyUnknown(id: string, elsewhere: Connection | undefined): string {
    if (id === '') {
      return 'secConnectionID is empty';
    }
    if (elsewhere !== undefined) {
      return `connection ${id} belongs to service ${elsewhere.service.spec.name}; use that push address`;
    }
    const left = this.target.whenLeft(id);
    if (left === undefined) {
      const meant = asIssued(id);
      const known = this.target.connection(meant) ?? this.target.whenLeft(meant);
      const hint = known === undefined ? '' : ` (${meant} is one: send the id as the event has it)`;
      return `there is no connection ${id.slice(0, 64)}${hint}`;
    }
    return `connection ${id} closed ${(left.agoMs / 1000).toFixed(1)} s ago (${left.cause})`;
  }
}

function warningText(warning: PushWarning, payload: string | Buffer): string {
  switch (warning) {
    case 'dataTypeMissing':
      return l10n.t('"dataType" is missing; the data was sent as text.');
    case 'dataNotString':
      return l10n.t('"data" is not a string; it was sent as compact JSON.');
    case 'charsetDoubted':
      return l10n.t(
        'Content-Type names another charset than UTF-8, but the body is UTF-8: it was decoded as named, so that each character beyond ASCII became several. Name utf-8.',
      );
    case 'halfCharacter':
      return l10n.t(
        'The text holds half of a character, {0}: the client got U+FFFD in its place. Cut texts between characters (an emoji has two UTF-16 units).',
        loneHalf(String(payload)),
      );
  }
}

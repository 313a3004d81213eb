/** The handshake: which API is meant, who asks, and what Register says to it. */
import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import { type Handshake, registerEvent } from '../../protocol/event';
import { writeJson } from '../../protocol/json';
import type { CloseCause, Role } from '../../protocol/project';
import type { Clock } from '../clock';
import { reportBug } from '../errors';
import type { InvocationResult } from '../runtime/contract';
import { matchPath } from './apiPath';
import { Connection, noCloseFrame, type Service } from './connection';
import type { Disturbances } from './disturbances';
import { type GatewayFacts, withoutCredentials } from './gatewayFacts';
import { checkKeyPair } from './keyPair';
import type { Peers } from './peers';
import { decideRegister } from './registerDecision';

/** Status codes of a function that may have run, but gave no answer: its time was over, its process or address was gone. */
const timedOut = 433;
const noAnswer = 439;

export interface HandshakeRequest {
  /** Path and query as sent. */
  target: string;
  headers: Record<string, string>;
  remote: string;
  client?: string;
  /** The id that the connection is to have, if it is free: of a client that speaks again. */
  connection?: string;
}

export type HandshakeDecision =
  | { accept: true; connection: Connection; protocol?: string }
  | { accept: false; status: number; body: string };

/** Where handshakes lead: the gateway's connections. */
export interface HandshakeTarget {
  /** Nobody new comes in, for good or for now. */
  readonly stopping: boolean;
  readonly congested: boolean;
  /** Its id is known from now on. */
  admit(connection: Connection): void;
  forget(connection: Connection, cause: CloseCause | 'refused'): void;
  end(connection: Connection, cause: CloseCause, code: number, reason: string): void;
  invoke(
    connection: Connection,
    role: Role,
    eventJson: string,
    cause: number,
  ): Promise<InvocationResult | 'gatewayTimeout' | 'dropped'>;
}

export class Handshakes {
  private readonly clock: Clock;
  private readonly facts: GatewayFacts;
  private readonly services: readonly Service[];
  private readonly disturbances: Disturbances;
  private readonly target: HandshakeTarget;
  private readonly peers: Peers;

  constructor(
    clock: Clock,
    facts: GatewayFacts,
    services: readonly Service[],
    disturbances: Disturbances,
    target: HandshakeTarget,
    peers: Peers,
  ) {
    this.clock = clock;
    this.facts = facts;
    this.services = services;
    this.disturbances = disturbances;
    this.target = target;
    this.peers = peers;
  }

  /** Asks Register whether a client may come in. Records everything; the caller only writes the answer. */
  async decide(request: HandshakeRequest, gone: AbortSignal): Promise<HandshakeDecision> {
    if (this.target.stopping) {
      return this.refuse(request, 503, { message: l10n.t('The gateway stops.') });
    }
    if (this.target.congested) {
      const message = l10n.t(
        'Messages of clients that have left wait for their function: come again later.',
      );
      return this.refuse(request, 503, { message });
    }
    const [path = '', query = ''] = splitOnce(request.target, '?');
    const match = matchPath(
      this.services.map((service) => service.spec),
      path,
    );
    if (match === undefined) {
      const known = this.services.flatMap(({ spec }) =>
        spec.stages.map((stage) => `/${stage}${spec.path}`),
      );
      return this.refuse(request, 404, {
        message: l10n.t('There is no API at {0}. Paths: {1}', path.slice(0, 200), known.join(', ')),
      });
    }
    const service = this.services.find((candidate) => candidate.spec === match.service) as Service;
    const { spec } = service;
    let secretId: string | undefined;
    if (spec.authentication.type === 'keyPair') {
      const checked = checkKeyPair(request.headers, spec.authentication, Date.now());
      if (!checked.ok) {
        return this.refuse(
          request,
          401,
          { message: checked.reason },
          spec.name,
          undefined,
          l10n.t('The signature does not hold: {0}', checked.reason),
        );
      }
      secretId = checked.secretId;
    }

    const id = request.connection ?? this.peers.newId();
    const owed = this.peers.owe(id, spec.name);
    const cannot = owed === undefined ? undefined : await owed;
    if (cannot !== undefined) {
      return this.refuse(request, 503, { message: cannot }, spec.name);
    }
    const connection = new Connection(id, service, match.stage, this.clock.now());
    const protocols = request.headers['sec-websocket-protocol'];
    const extensions = request.headers['sec-websocket-extensions'];
    const connecting = this.facts.record({
      kind: 'connecting',
      connection: id,
      service: spec.name,
      stage: match.stage,
      target: request.target.slice(0, 2048),
      remote: request.remote,
      headers: withoutCredentials(request.headers),
      ...(protocols === undefined ? {} : { protocols }),
      ...(extensions === undefined ? {} : { extensions }),
      ...(request.client === undefined ? {} : { client: request.client }),
    });
    this.target.admit(connection);

    const handshake: Handshake = {
      connection: id,
      requestId: randomUUID(),
      serviceName: spec.name,
      serviceId: spec.serviceId,
      pathTemplate: spec.path,
      pathParameters: match.parameters,
      stage: match.stage,
      sourceIp: request.remote.replace(/:\d+$/, ''),
      query,
      headers: request.headers,
      ...(secretId === undefined ? {} : { secretId }),
      ...(protocols === undefined ? {} : { protocol: protocols }),
      ...(extensions === undefined ? {} : { extensions }),
    };
    const { gates } = this.disturbances;
    if (gates !== undefined) {
      gone.addEventListener('abort', () => gates.leftHandshake(id), { once: true });
    }
    const decision = await this.askRegister(connection, handshake, connecting.seq).catch(
      (error: unknown) => {
        reportBug(error); // It costs this client.
        const reason = String(error);
        return {
          accept: false as const,
          status: 500,
          body: { message: reason },
          reason,
          unknown: true,
        };
      },
    );
    if (decision.accept) {
      this.peers.accepted(id, spec.name);
    }
    if (gates !== undefined) {
      await gates.afterRegister(id);
    }
    if (gone.aborted) {
      return this.leftDuringRegister(connection, decision);
    }
    if (!decision.accept) {
      this.target.forget(connection, 'refused');
      this.peers.settle(id, spec.name, decision.unknown === true ? 'unknown' : 'notOwed');
      return this.refuse(request, decision.status, decision.body, spec.name, id, decision.reason);
    }
    return { ...decision, connection };
  }

  private async askRegister(
    connection: Connection,
    handshake: Handshake,
    cause: number,
  ): Promise<
    | { accept: true; protocol?: string }
    | {
        accept: false;
        status: number;
        body: Record<string, unknown>;
        reason: string;
        /** Register gave no answer, and may have run all the same. */
        unknown?: boolean;
      }
  > {
    const { service } = connection;
    const { spec } = service;
    if (service.runtimeOf('register') !== undefined) {
      await this.disturbances.beforeRegister(connection.id);
    }
    if (service.runtimeOf('register') === undefined) {
      return { accept: true }; // Register is optional: without it every connection is accepted.
    }
    const event = registerEvent(handshake, spec.emulator.registerEnvelope);
    const result = await this.target.invoke(connection, 'register', JSON.stringify(event), cause);
    if (result === 'dropped') {
      return { accept: true }; // The project file has lost Register meanwhile.
    }
    if (result === 'gatewayTimeout') {
      const reason = l10n.t(
        'Register did not answer within the backend timeout of {0} s.',
        spec.backendTimeout,
      );
      return {
        accept: false,
        status: spec.emulator.timeoutStatus,
        body: { message: reason },
        reason,
        unknown: true,
      };
    }
    const { findings, ...decision } = decideRegister(result, {
      connection: connection.id,
      options: spec.emulator,
      integrationResponse: spec.integrationResponse,
      ...(handshake.protocol === undefined ? {} : { requestedProtocols: handshake.protocol }),
    });
    this.facts.tell(findings, connection, 'register', result);
    const unknown = [timedOut, noAnswer].includes(result.error?.statusCode ?? 0);
    return decision.accept ? decision : { ...decision, unknown };
  }

  /** Refuses a client before or by Register, and records why. */
  refuse(
    request: HandshakeRequest,
    status: number,
    body: Record<string, unknown>,
    service?: string,
    connection?: string,
    reason = String(body['message'] ?? ''),
  ): HandshakeDecision & { accept: false } {
    const text = writeJson(body);
    this.facts.record({
      kind: 'refused',
      status,
      body: text,
      reason,
      target: request.target.slice(0, 2048),
      remote: request.remote,
      ...(service === undefined ? {} : { service }),
      ...(connection === undefined ? {} : { connection }),
    });
    return { accept: false, status, body: text };
  }

  private leftDuringRegister(
    connection: Connection,
    decision: { accept: boolean; unknown?: boolean },
  ): HandshakeDecision {
    if (decision.accept) {
      this.target.end(connection, 'leftDuringRegister', noCloseFrame, '');
    } else {
      this.facts.record({
        kind: 'closed',
        connection: connection.id,
        cause: 'leftDuringRegister',
        code: noCloseFrame,
        reason: '',
      });
      this.target.forget(connection, 'leftDuringRegister');
      const how = decision.unknown === true ? 'unknown' : 'notOwed';
      this.peers.settle(connection.id, connection.service.spec.name, how);
    }
    return { accept: false, status: 499, body: '' };
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/**
 * The gateway: what happens between a client's bytes and the three functions. It knows neither HTTP nor `ws`
 * (server.ts does); it decides, records, and acts through `ClientSocket`.
 *
 * The main path is `receiveMessage` → Transfer → `push` → `deliver`.
 */
import * as l10n from '@vscode/l10n';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  cleanupEvent,
  type Handshake,
  registerEvent,
  transferEventJson,
} from '../../protocol/event';
import type { Direction, FunctionError } from '../../protocol/fact';
import type { CloseCause, Role } from '../../protocol/project';
import type { Clock } from '../clock';
import { previewOf } from '../session/recorder';
import type { InvocationRequest, InvocationResult, RecordFact } from '../runtime/contract';
import { Connection, type ClientSocket, outboundLimit, type Service } from './connection';
import { matchPath } from './apiPath';
import { checkKeyPair } from './keyPair';
import { IdleWatch } from './idleWatch';
import type { Disturbances, PassingFrame } from './disturbances';
import { parsePush, pushErrors, type PushRequest, type PushWarning } from './pushRequest';
import { decideRegister, type Finding, integrationProblem } from './registerDecision';

/** Largest event, bytes of JSON (documented). Larger ones are error 406 and drop the connection. */
export const largestEvent = 6 * 1024 * 1024;

/** Messages above this size only pass in this emulator's contract, not in today's Web functions. */
const notableSize = 256 * 1024;

/** How many closed ids are remembered, so that a push to one can say when it left. */
const rememberedIds = 10_000;

/** Cause code of a connection that ended without a Close frame. */
const noCloseFrame = 1006;

export interface HandshakeRequest {
  /** Path and query as sent. */
  target: string;
  headers: Record<string, string>;
  remote: string;
  client?: string;
}

export type HandshakeDecision =
  | { accept: true; connection: Connection; protocol?: string }
  | { accept: false; status: number; body: string };

export interface PushAnswer {
  status: number;
  body: string;
}

export interface PushOrigin {
  /** Header that the bootstraps add: the request id of the invocation that pushes. */
  invocation?: string;
  redirectedFrom?: string;
}

interface PushAddress {
  service: Service;
  /** The instance that was given this address; undefined: the service's own address. */
  instance?: { functionId: string; number: number };
}

export interface GatewayDependencies {
  clock: Clock;
  record: RecordFact;
  services: Service[];
  disturbances: Disturbances;
}

export class Gateway {
  private readonly clock: Clock;
  private readonly record: RecordFact;
  private readonly disturbances: Disturbances;
  readonly services: Service[];
  private readonly connections = new Map<string, Connection>();
  private readonly left = new Map<string, { at: number; cause: CloseCause }>();
  private readonly pushAddresses = new Map<string, PushAddress>();
  private readonly idle: IdleWatch;
  private readonly said = new Set<string>();

  constructor({ clock, record, services, disturbances }: GatewayDependencies) {
    this.clock = clock;
    this.record = record;
    this.services = services;
    this.disturbances = disturbances;
    this.idle = new IdleWatch(clock, this.connections, (connection) =>
      this.closeByGateway(
        connection,
        'idle',
        connection.service.spec.emulator.idleCloseCode,
        'idle timeout',
      ),
    );
    for (const service of services) {
      this.pushAddresses.set(service.spec.pushKey, { service });
    }
  }

  // -- the handshake

  /** Asks Register whether a client may come in. Records everything; the caller only writes the answer. */
  async handshake(request: HandshakeRequest, gone: AbortSignal): Promise<HandshakeDecision> {
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
        message: `There is no API at ${path.slice(0, 200)}. Paths: ${known.join(', ')}`,
      });
    }
    const service = this.services.find((candidate) => candidate.spec === match.service) as Service;
    const { spec } = service;
    let secretId: string | undefined;
    if (spec.authentication.type === 'keyPair') {
      const checked = checkKeyPair(request.headers, spec.authentication, Date.now());
      if (!checked.ok) {
        return this.refuse(request, 401, { message: checked.reason }, spec.name);
      }
      secretId = checked.secretId;
    }

    const id = randomBytes(16).toString('base64');
    const connection = new Connection(id, service, match.stage, this.clock.now());
    const protocols = request.headers['sec-websocket-protocol'];
    const extensions = request.headers['sec-websocket-extensions'];
    const connecting = this.record({
      kind: 'connecting',
      connection: id,
      service: spec.name,
      stage: match.stage,
      target: request.target,
      remote: request.remote,
      headers: withoutCredentials(request.headers),
      ...(protocols === undefined ? {} : { protocols }),
      ...(extensions === undefined ? {} : { extensions }),
      ...(request.headers['origin'] === undefined ? {} : { origin: request.headers['origin'] }),
      ...(request.client === undefined ? {} : { client: request.client }),
    });
    this.connections.set(id, connection);

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
    const decision = await this.askRegister(connection, handshake, connecting.seq);
    if (gone.aborted) {
      return this.leftDuringRegister(connection, decision);
    }
    if (!decision.accept) {
      this.forget(connection, 'gatewayStop');
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
    | { accept: false; status: number; body: Record<string, unknown>; reason: string }
  > {
    const { spec } = connection.service;
    const runtime = connection.service.runtimeOf('register');
    if (runtime === undefined) {
      return { accept: true }; // Register is optional: without it every connection is accepted.
    }
    await this.disturbances.beforeRegister(connection.id);
    const event = registerEvent(handshake, spec.emulator.registerEnvelope);
    const result = await this.invoke(connection, 'register', JSON.stringify(event), cause);
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
      };
    }
    const { findings, ...decision } = decideRegister(result, {
      connection: connection.id,
      options: spec.emulator,
      integrationResponse: spec.integrationResponse,
      ...(handshake.protocol === undefined ? {} : { requestedProtocols: handshake.protocol }),
    });
    this.tell(findings, connection, 'register', result);
    return decision;
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
    const text = JSON.stringify(body);
    this.record({
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
    decision: { accept: boolean },
  ): HandshakeDecision {
    if (decision.accept) {
      this.end(connection, 'leftDuringRegister', noCloseFrame, '');
    } else {
      this.record({
        kind: 'closed',
        connection: connection.id,
        cause: 'leftDuringRegister',
        code: noCloseFrame,
        reason: '',
      });
      this.forget(connection, 'leftDuringRegister');
    }
    return { accept: false, status: 499, body: '' };
  }

  /** The 101 is on its way: from now on frames flow. */
  open(connection: Connection, socket: ClientSocket, protocol: string | undefined): void {
    connection.socket = socket;
    connection.state = 'open';
    connection.lastActivity = this.clock.now();
    this.record({
      kind: 'opened',
      connection: connection.id,
      ...(protocol === undefined ? {} : { protocol }),
    });
    this.idle.watch(connection);
    for (const { payload, push } of connection.early ?? []) {
      this.deliver(connection, payload, push);
    }
    connection.early = undefined;
  }

  /** The client left, or broke the handshake, in the moment between Register's answer and the 101. */
  socketNeverOpened(connection: Connection): void {
    this.end(connection, 'leftDuringRegister', noCloseFrame, '');
  }

  // -- client → functions

  /** A whole message arrived (fragments are put together). The only place where the main path is decided. */
  receiveMessage(connection: Connection, data: Buffer, binary: boolean): void {
    if (connection.state !== 'open') {
      return; // It came after the gateway's Close frame: for the functions the connection has ended.
    }
    // The buffer may be a view of a larger one that is used again; a string or a copy is ours to keep.
    const payload = binary ? Buffer.from(data) : data.toString('utf8');
    const fact = this.recordFrame(connection, 'toServer', payload, data.length);
    if (connection.service.spec.emulator.idleResetOn.includes('toServer')) {
      connection.lastActivity = this.clock.now();
    }
    this.detour(
      connection,
      { connection: connection.id, direction: 'toServer', payload, seq: fact.seq },
      (frame) => this.transfer(connection, frame),
    );
  }

  private transfer(connection: Connection, frame: PassingFrame): void {
    const { emulator } = connection.service.spec;
    const { payload } = frame;
    const binary = typeof payload !== 'string';
    const ordered = emulator.transferConcurrency === 'ordered';
    connection.enqueue(payload.length, ordered, async () => {
      const event = transferEventJson(
        connection.id,
        binary ? 'binary' : 'text',
        binary ? payload.toString('base64') : payload,
        emulator.legacyAction,
      );
      if (event.length > largestEvent / 3 && Buffer.byteLength(event) > largestEvent) {
        this.tooLargeEvent(connection);
        return;
      }
      const result = await this.invoke(connection, 'transfer', event, frame.seq);
      this.afterTransfer(connection, result);
    });
    if (payload.length > notableSize) {
      this.tellOnce(connection, 'transfer', {
        rule: 'limits.notable-size',
        severity: 'info',
        message: l10n.t(
          "A message of {0} KB arrived; today's Web functions take at most 256 KB.",
          Math.round(payload.length / 1024),
        ),
        advice: l10n.t('Split large messages if you plan to move there.'),
      });
    }
  }

  private afterTransfer(connection: Connection, result: InvocationResult | 'gatewayTimeout'): void {
    const { emulator, backendTimeout, integrationResponse } = connection.service.spec;
    if (result === 'gatewayTimeout') {
      this.dropByPlatform(
        connection,
        l10n.t('Transfer did not answer within the backend timeout of {0} s.', backendTimeout),
      );
    } else if (result.outcome === 'platformError') {
      this.dropByPlatform(connection, describe(result.error));
    } else if (result.outcome === 'userError') {
      if (emulator.closeOnUserError) {
        this.dropByPlatform(connection, describe(result.error));
      }
    } else if (integrationResponse) {
      const problem = integrationProblem(result.resultJson);
      if (problem !== undefined) {
        this.tellOnce(connection, 'transfer', {
          rule: 'integration.invalid',
          severity: 'error',
          message: problem,
          advice: l10n.t(
            'Return an integration response, or set "integrationResponse" to false in scfws.json.',
          ),
        });
      }
    }
  }

  private tooLargeEvent(connection: Connection): void {
    this.tellOnce(connection, 'transfer', {
      rule: 'limits.event-size',
      severity: 'error',
      message: l10n.t(
        'A message makes an event of more than 6 MB (error 406): the connection was dropped.',
      ),
      advice: l10n.t('Send smaller messages.'),
    });
    this.dropByPlatform(connection, l10n.t('The event is larger than 6 MB (error 406).'));
  }

  /** A platform failure drops the client with a bare FIN, without a Close frame (documented). */
  private dropByPlatform(connection: Connection, reason: string): void {
    if (connection.state === 'open' || connection.state === 'closing') {
      const { socket } = connection;
      this.end(connection, 'platformFailure', noCloseFrame, reason);
      socket?.fin();
    }
  }

  private async invoke(
    connection: Connection,
    role: Role,
    eventJson: string,
    cause: number,
  ): Promise<InvocationResult | 'gatewayTimeout'> {
    const { service } = connection;
    const runtime = service.runtimeOf(role);
    if (runtime === undefined) {
      throw new Error(`service ${service.spec.name} has no function for ${role}`);
    }
    const request: InvocationRequest = {
      invocation: randomUUID(),
      eventJson,
      role,
      connection: connection.id,
      cause,
    };
    const injected = this.disturbances.insteadOfInvocation(runtime, request);
    if (injected !== undefined) {
      return injected;
    }
    if (runtime.spec.timeout < service.spec.backendTimeout) {
      return runtime.invoke(request); // The function's own limit comes first.
    }
    return new Promise((resolve) => {
      let timer: { dispose(): void } | undefined;
      request.onStart = () => {
        timer = this.clock.setTimer(service.spec.backendTimeout * 1000, () =>
          resolve('gatewayTimeout'),
        );
      };
      void runtime.invoke(request).then((result) => {
        timer?.dispose();
        resolve(result);
      });
    });
  }

  // -- control frames

  receiveControl(connection: Connection, type: 'ping' | 'pong', data: Buffer): void {
    if (connection.state !== 'open') {
      return;
    }
    const preview = data.toString('latin1');
    const id = connection.id;
    this.record({
      kind: 'frame',
      connection: id,
      direction: 'toServer',
      type,
      size: data.length,
      preview,
    });
    if (type === 'ping') {
      // The WebSocket library has answered it already (RFC 6455: a pong with the same data).
      this.record({
        kind: 'frame',
        connection: id,
        direction: 'toClient',
        type: 'pong',
        size: data.length,
        preview,
      });
      if (connection.service.spec.emulator.idleResetOn.includes('ping')) {
        connection.lastActivity = this.clock.now();
      }
    }
  }

  // -- functions → client

  /** Address key of an instance's own, so that whatever it pushes is known to be its. */
  addPushAddress(service: Service, functionId: string, number: number): string {
    const key = newPushKey();
    this.pushAddresses.set(key, { service, instance: { functionId, number } });
    return key;
  }

  isPushKey(key: string): boolean {
    return this.pushAddresses.has(key);
  }

  /** Body of a POST to a push address → the answer. Never throws; every case has its errNo. */
  async push(key: string, body: string, origin: PushOrigin): Promise<PushAnswer> {
    const address = this.pushAddresses.get(key);
    if (address === undefined) {
      return { status: 404, body: '{"message":"There is no such push address."}' };
    }
    const { service } = address;
    const runtime = address.instance && service.functions.get(address.instance.functionId);
    const invocation =
      origin.invocation ??
      (address.instance && runtime?.runningInvocation(address.instance.number)) ??
      null;
    const parsed = parsePush(body, service.spec.emulator.strict);
    const common = {
      kind: 'push' as const,
      service: service.spec.name,
      invocation,
      function: runtime?.id ?? null,
      ...(origin.redirectedFrom === undefined ? {} : { redirectedFrom: origin.redirectedFrom }),
    };
    if ('refusal' in parsed) {
      const { errNo, errMsg, connection, action } = parsed.refusal;
      const status = this.pushStatus(service, errNo);
      this.record(
        {
          ...common,
          connection,
          action,
          type: null,
          size: body.length,
          ...previewOf(body),
          status,
          errNo,
          errMsg,
        },
        body,
      );
      return { status, body: JSON.stringify({ errNo, errMsg }) };
    }
    const { request } = parsed;
    const injected = this.disturbances.insteadOfPush(
      this.connections.has(request.connection) ? request.connection : '',
    );
    // Not awaited without need: pushes must leave in the order in which they were read.
    const refused = injected === undefined ? undefined : await injected;
    const { errNo, errMsg } = refused ?? this.judge(service, request);
    const status = this.pushStatus(service, errNo);
    const payload = request.action === 'closing' ? '' : request.payload;
    const binary = typeof payload !== 'string';
    const warnings = request.action === 'closing' ? [] : request.warnings.map(warningText);
    const shown = showPayload(payload);
    const fact = this.record(
      {
        ...common,
        connection: request.connection,
        action: request.action,
        type: request.action === 'closing' ? null : binary ? 'binary' : 'text',
        size: binary ? payload.length : Buffer.byteLength(payload),
        ...shown,
        status,
        errNo,
        errMsg,
        ...(warnings.length === 0 ? {} : { warnings }),
      },
      shown.more && payload,
    );
    if (errNo !== pushErrors.ok) {
      return { status, body: JSON.stringify({ errNo, errMsg }) };
    }
    const failure = this.carryOut(request, fact.seq);
    return {
      status: failure === undefined ? status : this.pushStatus(service, failure.errNo),
      body: JSON.stringify(failure ?? { errNo, errMsg }),
    };
  }

  /** A push whose body was not read to its end, because it is larger than any event may be. */
  recordTooLargePush(key: string, errMsg: string): void {
    this.record({
      kind: 'push',
      service: this.pushAddresses.get(key)?.service.spec.name ?? null,
      connection: '',
      action: null,
      type: null,
      size: 0,
      preview: '',
      invocation: null,
      function: null,
      status: 200,
      errNo: pushErrors.tooLarge,
      errMsg,
    });
  }

  /** Whether a push can be carried out now, and if not, why, in words. */
  private judge(service: Service, request: PushRequest): { errNo: number; errMsg: string } {
    const { connection: id } = request;
    const connection = this.connections.get(id);
    if (connection === undefined || connection.service !== service) {
      return { errNo: pushErrors.unknownConnection, errMsg: this.whyUnknown(id, connection) };
    }
    if (connection.state === 'closing' || connection.state === 'closed') {
      return { errNo: pushErrors.unknownConnection, errMsg: `connection ${id} is closed` };
    }
    if (connection.state === 'connecting') {
      if (service.spec.emulator.queueUntilOpen && request.action === 'data send') {
        return { errNo: pushErrors.ok, errMsg: 'ok' };
      }
      return {
        errNo: pushErrors.notOpenYet,
        errMsg: `connection ${id} is not open yet: Register has not answered`,
      };
    }
    return { errNo: pushErrors.ok, errMsg: 'ok' };
  }

  private carryOut(
    request: PushRequest,
    push: number,
  ): { errNo: number; errMsg: string } | undefined {
    const connection = this.connections.get(request.connection);
    if (connection === undefined) {
      return undefined;
    }
    if (request.action === 'closing') {
      const { pushCloseCode } = connection.service.spec.emulator;
      this.closeByGateway(connection, 'pushClosing', pushCloseCode, '');
      return undefined;
    }
    if (connection.state === 'connecting') {
      (connection.early ??= []).push({ payload: request.payload, push });
      return undefined;
    }
    return this.deliver(connection, request.payload, push);
  }

  private deliver(
    connection: Connection,
    payload: string | Buffer,
    push: number,
  ): { errNo: number; errMsg: string } | undefined {
    let failure: { errNo: number; errMsg: string } | undefined;
    this.detour(
      connection,
      { connection: connection.id, direction: 'toClient', payload, seq: push },
      (frame) => {
        failure = this.send(connection, frame, push);
      },
    );
    return failure;
  }

  private send(
    connection: Connection,
    frame: PassingFrame,
    push: number,
  ): { errNo: number; errMsg: string } | undefined {
    const { socket } = connection;
    if (socket === undefined || connection.state !== 'open') {
      return undefined; // It closed while the frame was on a detour.
    }
    const { payload } = frame;
    const binary = typeof payload !== 'string';
    socket.send(payload, binary);
    if (!socket.alive) {
      return {
        errNo: pushErrors.socketDied,
        errMsg: `the socket of ${connection.id} died while sending`,
      };
    }
    this.recordFrame(
      connection,
      'toClient',
      payload,
      binary ? payload.length : Buffer.byteLength(payload),
      push,
      frame.edited,
    );
    if (connection.service.spec.emulator.idleResetOn.includes('toClient')) {
      connection.lastActivity = this.clock.now();
    }
    if (socket.waitingBytes > outboundLimit) {
      const errMsg = `client does not read: ${socket.waitingBytes} bytes were waiting, the limit is ${outboundLimit}`;
      this.end(connection, 'clientVanished', noCloseFrame, errMsg);
      socket.reset();
      return { errNo: pushErrors.socketDied, errMsg };
    }
    return undefined;
  }

  /** Pushes from the editor or the command line; the same judgement, without HTTP. */
  pushByHand(id: string, payload: string | Buffer | null): { errNo: number; errMsg: string } {
    const connection = this.connections.get(id);
    if (connection === undefined) {
      return { errNo: pushErrors.unknownConnection, errMsg: this.whyUnknown(id, undefined) };
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
            warnings: [],
          };
    const verdict = this.judge(service, request);
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
      },
      shown.more && payload !== null ? payload : undefined,
    );
    return (verdict.errNo === pushErrors.ok && this.carryOut(request, fact.seq)) || verdict;
  }

  // -- the end of a connection

  /** The gateway's own Close: by push, by idle limit, by hand, at stop. */
  closeByGateway(connection: Connection, cause: CloseCause, code: number, reason: string): void {
    if (connection.state !== 'open') {
      return;
    }
    const { socket } = connection;
    this.recordClose(connection, 'toClient', code, reason);
    this.end(connection, cause, code, reason);
    socket?.close(code, reason);
  }

  close(id: string, code: number, reason: string, abrupt: boolean): boolean {
    const connection = this.connections.get(id);
    if (connection?.state !== 'open') {
      return false;
    }
    if (abrupt) {
      const { socket } = connection;
      this.end(connection, 'operator', noCloseFrame, 'reset');
      socket?.reset();
    } else {
      this.closeByGateway(connection, 'operator', code, reason);
    }
    return true;
  }

  /** The socket is gone. Does nothing when the gateway ended the connection itself. */
  socketEnded(connection: Connection, code: number, reason: string): void {
    if (connection.state !== 'open') {
      return;
    }
    if (code === noCloseFrame) {
      this.end(connection, 'clientVanished', code, reason);
      return;
    }
    this.recordClose(connection, 'toServer', code, reason);
    this.recordClose(connection, 'toClient', code, reason);
    this.end(connection, 'clientClose', code, reason);
  }

  /** A frame of the client broke the protocol; the library closes with `code` (1002, 1007, 1009). */
  socketFailed(connection: Connection, code: number, reason: string): void {
    if (connection.state !== 'open') {
      return;
    }
    this.recordClose(connection, 'toClient', code, reason);
    this.tellOnce(connection, 'transfer', {
      rule: `close.${code}`,
      severity: 'warning',
      message: l10n.t(
        'The client broke the WebSocket protocol ({0}): the gateway closed the connection with {1}.',
        reason,
        code,
      ),
      advice: l10n.t('Look at the client: the functions were not asked.'),
    });
    this.end(connection, 'clientVanished', code, reason);
  }

  private end(connection: Connection, cause: CloseCause, code: number, reason: string): void {
    const fact = this.record({ kind: 'closed', connection: connection.id, cause, code, reason });
    this.forget(connection, cause);
    if (!connection.service.spec.emulator.cleanupOn.includes(cause)) {
      return;
    }
    if (connection.service.runtimeOf('cleanup') === undefined) {
      return;
    }
    connection.enqueue(0, true, async () => {
      // What the client said before it left is served first, also when events run in parallel.
      const event = JSON.stringify(cleanupEvent(connection.id));
      await this.invoke(connection, 'cleanup', event, fact.seq);
    });
  }

  private forget(connection: Connection, cause: CloseCause): void {
    connection.state = 'closed';
    connection.socket = undefined;
    this.connections.delete(connection.id);
    this.left.set(connection.id, { at: this.clock.real(), cause });
    if (this.left.size > rememberedIds) {
      const [oldest] = this.left.keys();
      this.left.delete(oldest as string);
    }
  }

  /** Closes every connection; resolves when the Cleanups that this causes are done. */
  async dispose(): Promise<void> {
    this.idle.dispose();
    const open = [...this.connections.values()];
    for (const connection of open) {
      this.closeByGateway(connection, 'gatewayStop', 1001, 'the gateway stops');
    }
    await Promise.all(open.map((connection) => connection.settled()));
  }

  connection(id: string): Connection | undefined {
    return this.connections.get(id);
  }

  // -- small things

  /** Sends a frame past breakpoints and faults, keeping the order of its direction. */
  private detour(
    connection: Connection,
    frame: PassingFrame,
    goOn: (frame: PassingFrame) => void,
  ): void {
    const way = this.disturbances.intercept(frame);
    const before = connection.detours[frame.direction];
    if (way === undefined && before === undefined) {
      goOn(frame);
      return;
    }
    const mine = Promise.all([way ?? [frame], before]).then(([frames]) => {
      if (connection.detours[frame.direction] === mine) {
        delete connection.detours[frame.direction];
      }
      frames.forEach(goOn);
    });
    connection.detours[frame.direction] = mine;
  }

  /** A frame that was kept back on its way goes on, if its connection is still there. */
  passOn(frame: PassingFrame): void {
    const connection = this.connections.get(frame.connection);
    if (connection === undefined) {
      return;
    }
    if (frame.direction === 'toServer') {
      this.transfer(connection, frame);
    } else {
      this.send(connection, frame, frame.seq);
    }
  }

  private recordFrame(
    connection: Connection,
    direction: Direction,
    payload: string | Buffer,
    size: number,
    push?: number,
    edited?: PassingFrame['edited'],
  ) {
    const shown = showPayload(payload);
    return this.record(
      {
        kind: 'frame',
        connection: connection.id,
        direction,
        type: typeof payload === 'string' ? 'text' : 'binary',
        size,
        ...shown,
        ...(push === undefined ? {} : { push }),
        ...(edited === undefined ? {} : { edited }),
      },
      shown.more && payload,
    );
  }

  private recordClose(
    connection: Connection,
    direction: Direction,
    code: number,
    reason: string,
  ): void {
    this.record({
      kind: 'frame',
      connection: connection.id,
      direction,
      type: 'close',
      size: code === 1005 ? 0 : 2 + Buffer.byteLength(reason),
      preview: reason,
      code,
    });
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
    const left = this.left.get(id);
    if (left === undefined) {
      return `there is no connection ${id.slice(0, 64)}`;
    }
    const seconds = ((this.clock.real() - left.at) / 1000).toFixed(1);
    return `connection ${id} closed ${seconds} s ago (${left.cause})`;
  }

  private tell(
    findings: Finding[],
    connection: Connection,
    role: Role,
    result?: InvocationResult,
  ): void {
    const runtime = connection.service.runtimeOf(role);
    for (const finding of findings) {
      this.record({
        kind: 'diagnostic',
        ...finding,
        connection: connection.id,
        ...(runtime === undefined ? {} : { function: runtime.id }),
        ...(result?.place === undefined ? {} : { place: result.place }),
      });
    }
  }

  /** A finding that would repeat with every message is told once for each function. */
  private tellOnce(connection: Connection, role: Role, finding: Finding): void {
    const key = `${connection.service.spec.name}/${role}/${finding.rule}`;
    if (!this.said.has(key)) {
      this.said.add(key);
      this.tell([finding], connection, role);
    }
  }
}

/** Headers as they are recorded: what proves who somebody is stays out of recordings, exports and logs. */
function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  const shown = { ...headers };
  for (const name of ['authorization', 'proxy-authorization', 'cookie']) {
    if (shown[name] !== undefined) {
      shown[name] = '[hidden]';
    }
  }
  return shown;
}

/** `api-` and eight lower-case letters or digits (documented form), drawn evenly. */
export function newPushKey(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz012345';
  return `api-${[...randomBytes(8)].map((byte) => letters[byte % 32]).join('')}`;
}

function showPayload(payload: string | Buffer): { preview: string; more?: true } {
  if (typeof payload === 'string') {
    return previewOf(payload);
  }
  return payload.length <= 90
    ? { preview: payload.toString('base64') }
    : { preview: payload.toString('base64', 0, 90), more: true };
}

function warningText(warning: PushWarning): string {
  return warning === 'dataTypeMissing'
    ? l10n.t('"dataType" is missing; the data was sent as text.')
    : l10n.t('"data" is not a string; it was sent as compact JSON.');
}

function describe(error: FunctionError | undefined): string {
  return error === undefined
    ? l10n.t('The function could not be run.')
    : `${error.statusCode}: ${error.errorMessage}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

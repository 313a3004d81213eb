/**
 * The gateway: what happens between a client's bytes and the three functions. It knows neither HTTP nor `ws`
 * (server.ts and what that names do); it decides, records, and acts through `ClientSocket`.
 *
 * The main path is `receiveMessage` → `transfer` → (the handler) → `Pushes.answer` → `deliver` → `send`.
 */
import * as l10n from '@vscode/l10n';
import { cleanupEvent, transferEventJson } from '../../protocol/event';
import type { FunctionError } from '../../protocol/fact';
import type { CloseCause, Role } from '../../protocol/project';
import type { Clock, Timer } from '../clock';
import { reportBug } from '../errors';
import type { InvocationRequest, InvocationResult, RecordFact, Run } from '../runtime/contract';
import type { Dispatcher } from '../runtime/dispatch/dispatcher';
import { largestPayload } from '../runtime/advice/failures';
import { type ClientSocket, type Connection, noCloseFrame, type Service } from './connection';
import type { Disturbances, PassingFrame } from './disturbances';
import { GatewayFacts } from './gatewayFacts';
import { Handshakes, type HandshakeTarget } from './handshakes';
import { IdleWatch } from './idleWatch';
import { Inbound } from './inbound';
import { Outbound, type OutboundLimits } from './outbound';
import { alone, type Peers } from './peers';
import { pushErrors } from './pushRequest';
import { type Hindrance, Pushes, type PushFailure, type PushTarget } from './pushes';
import { integrationProblem } from './registerDecision';
import { type LeaveCause, Registry } from './registry';
import { type OverLimit, WebFunctionRules } from './webFunctionRules';

/** Messages above this size only pass in this emulator's contract, not in today's Web functions. */
const notableSize = 256 * 1024;

/**
 * How long events may still run once the gateway stops, milliseconds; then their processes are ended. Less than the
 * editor's patience with a session, and whoever reloads its window wants the same port again.
 */
const lastEventsMs = 3000;

/** Milliseconds between two steps of a drain. */
const drainStepMs = 20;

export interface GatewayDependencies {
  clock: Clock;
  record: RecordFact;
  services: Service[];
  disturbances: Disturbances;
  dispatcher: Dispatcher<Run>;
  /** Silence of connections is measured on it; default: the same clock. */
  idleClock?: Clock;
  /** Called whenever something that was under way may have ended. */
  noticed?: () => void;
  /** Default: there are no other nodes, and nothing is remembered. */
  peers?: Peers;
  outbound?: Partial<OutboundLimits>;
  /** Bytes of all clients that may wait; above, whoever sends is not read. */
  inboundBytes?: number;
  /** For each connection that ends by a Close frame: the gateway's own Close frame waits for it. */
  holdClose?: (connection: string) => Promise<void>;
}

/** What became of an event; `dropped`: it made none that could run. */
type Ended = InvocationResult | 'gatewayTimeout' | 'dropped';

interface Submission {
  role: Role;
  order: 'inTurn' | 'anyTime';
  size: number;
  /** Number of the fact that caused it. */
  cause: number;
  /** Made in its turn; undefined: it cannot be made, which has been told. */
  event(): string | undefined;
  end(result: Ended): void;
}

export class Gateway implements HandshakeTarget, PushTarget {
  readonly clock: Clock;
  private readonly idleClock: Clock;
  private readonly noticed: () => void;
  private readonly facts: GatewayFacts;
  private toldTls = false;
  private readonly disturbances: Disturbances;
  readonly services: Service[];
  private readonly dispatcher: Dispatcher<Run>;
  private readonly registry: Registry;
  private readonly webFunction: WebFunctionRules;
  private readonly peers: Peers;
  private readonly inbound: Inbound;
  private readonly outbound: Outbound;
  readonly holdClose: ((connection: string) => Promise<void>) | undefined;
  readonly idle: IdleWatch;
  stopping = false;
  private stopClose = { code: 1001, reason: 'the gateway stops' };
  /** Called whenever nothing is left of any client. */
  private onEmpty: (() => void) | undefined;
  readonly handshakes: Handshakes;
  readonly pushes: Pushes;

  constructor(dependencies: GatewayDependencies) {
    const { clock, record, services, disturbances, dispatcher } = dependencies;
    this.clock = clock;
    this.idleClock = dependencies.idleClock ?? clock;
    this.noticed = dependencies.noticed ?? (() => undefined);
    this.facts = new GatewayFacts(record);
    this.services = services;
    this.disturbances = disturbances;
    this.dispatcher = dispatcher;
    this.peers = dependencies.peers ?? alone;
    this.inbound = new Inbound(dependencies.inboundBytes);
    this.outbound = new Outbound(dependencies.outbound ?? {});
    this.holdClose = dependencies.holdClose;
    this.webFunction = new WebFunctionRules(clock);
    this.registry = new Registry(clock, () => this.noticeEmpty());
    this.idle = new IdleWatch(this.idleClock, this.registry.all, (connection) =>
      this.closeByGateway(
        connection,
        'idle',
        connection.service.spec.emulator.idleCloseCode,
        'idle timeout',
      ),
    );
    this.handshakes = new Handshakes(clock, this.facts, services, disturbances, this, this.peers);
    this.pushes = new Pushes(record, services, disturbances, this, this.noticed, this.peers);
  }

  // -- the life of a connection

  /** The 101 is on its way: from now on frames flow. */
  open(connection: Connection, socket: ClientSocket, protocol: string | undefined): void {
    connection.socket = socket;
    connection.state = 'open';
    connection.lastActivity = this.idleClock.now();
    this.facts.record({
      kind: 'opened',
      connection: connection.id,
      ...(protocol === undefined ? {} : { protocol }),
    });
    this.idle.watch(connection);
    this.webFunction.begin(connection, (seconds) =>
      this.dropByPlatform(
        connection,
        l10n.t('The connection lived for {0} s, the execution timeout of a Web function.', seconds),
      ),
    );
    for (const { payload, push } of connection.early ?? []) {
      this.deliver(connection, payload, push);
    }
    connection.early = undefined;
    this.noticed();
    if (this.stopping || !this.peers.holds(connection.id)) {
      this.stopConnection(connection);
    }
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
    const fact = this.facts.frame(connection, 'toServer', payload, data.length);
    if (connection.service.spec.emulator.idleResetOn.includes('toServer')) {
      connection.lastActivity = this.idleClock.now();
    }
    const over = this.webFunction.received(connection, data.length);
    this.tellOver(connection, over);
    if (over !== undefined && connection.service.spec.emulator.webFunctionOverLimit === 'close') {
      this.closeByGateway(connection, 'protocolError', over.code, over.reason);
      return;
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
    this.submit(connection, {
      role: 'transfer',
      order: emulator.transferConcurrency === 'parallel' ? 'anyTime' : 'inTurn',
      size: payload.length,
      cause: frame.seq,
      event: () => {
        const event = transferEventJson(
          connection.id,
          binary ? 'binary' : 'text',
          binary ? payload.toString('base64') : payload,
          emulator.legacyAction,
        );
        if (event.length > largestPayload / 3 && Buffer.byteLength(event) > largestPayload) {
          this.tooLargeEvent(connection);
          return undefined;
        }
        return event;
      },
      end: (result) => this.afterTransfer(connection, result),
    });
    if (payload.length > notableSize && !this.webFunction.concern(connection)) {
      this.facts.tellOnce(connection, 'transfer', {
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

  private afterTransfer(connection: Connection, result: Ended): void {
    if (result === 'dropped') {
      return;
    }
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
        this.facts.tellOnce(connection, 'transfer', {
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
    this.facts.tellOnce(connection, 'transfer', {
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

  /** Runs the event in the function of that role, within the backend timeout. */
  invoke(
    connection: Connection,
    role: Role,
    eventJson: string,
    cause: number,
  ): Promise<InvocationResult | 'gatewayTimeout' | 'dropped'> {
    return new Promise((end) =>
      this.submit(connection, {
        role,
        order: 'inTurn',
        size: eventJson.length,
        cause,
        event: () => eventJson,
        end,
      }),
    );
  }

  /** This event, of this connection: when and where it runs is the dispatcher's. */
  private submit(connection: Connection, event: Submission): void {
    const { service } = connection;
    const { role, order, size } = event;
    this.inbound.add(connection, size);
    let ended: 'not yet' | 'ended' = 'not yet';
    const end = (result: Ended): void => {
      if (ended === 'not yet') {
        ended = 'ended';
        try {
          event.end(result);
        } catch (error) {
          reportBug(error); // It costs this event.
        }
        this.inbound.over(connection, size);
      }
    };
    this.dispatcher.submit({
      connection: connection.id,
      order,
      size,
      foresee: () =>
        this.disturbances.disturbsFunctions ? null : (service.runtimeOf(role)?.pool ?? null),
      open: (over) => {
        // Looked at in its turn: the project file may have lost the function, or changed, meanwhile.
        const runtime = service.runtimeOf(role);
        const eventJson = runtime && event.event();
        if (runtime === undefined || eventJson === undefined) {
          end('dropped');
          over();
          return null;
        }
        const request: InvocationRequest = {
          invocation: this.peers.requestId(role, connection.id),
          eventJson,
          role,
          connection: connection.id,
          cause: event.cause,
        };
        const injected = this.disturbances.insteadOfInvocation(runtime, request);
        if (injected !== undefined) {
          void injected.then((result) => {
            end(result);
            over();
          });
          return null;
        }
        if (runtime.spec.timeout < service.spec.backendTimeout) {
          // The function's own limit comes first.
          return { pool: runtime.pool, run: { request, since: this.clock.now(), end } };
        }
        let timer: Timer | undefined;
        request.onStart = () => {
          const ms = service.spec.backendTimeout * 1000;
          timer = this.clock.setTimer(ms, () => end('gatewayTimeout'));
        };
        const stop = (result: InvocationResult): void => {
          timer?.dispose();
          end(result);
        };
        return { pool: runtime.pool, run: { request, since: this.clock.now(), end: stop } };
      },
    });
  }

  // -- control frames

  receiveControl(connection: Connection, type: 'ping' | 'pong', data: Buffer): void {
    if (connection.state !== 'open') {
      return;
    }
    const preview = data.toString('latin1');
    const id = connection.id;
    this.facts.record({
      kind: 'frame',
      connection: id,
      direction: 'toServer',
      type,
      size: data.length,
      preview,
    });
    if (type === 'ping') {
      const { socket } = connection;
      const unread = socket && this.outbound.unread(socket.waitingBytes, data);
      if (unread !== undefined) {
        this.cutOff(connection, unread);
        return;
      }
      socket?.pong(data); // RFC 6455: with the same data.
      this.facts.record({
        kind: 'frame',
        connection: id,
        direction: 'toClient',
        type: 'pong',
        size: data.length,
        preview,
      });
      this.makeRoom(connection);
      if (connection.service.spec.emulator.idleResetOn.includes('ping')) {
        connection.lastActivity = this.idleClock.now();
      }
    }
  }

  // -- functions → client

  /** Sends a payload to a client, past breakpoints and faults. */
  deliver(connection: Connection, payload: string | Buffer, push: number): PushFailure {
    let failure: PushFailure;
    this.detour(
      connection,
      { connection: connection.id, direction: 'toClient', payload, seq: push },
      (frame) => {
        failure = this.send(connection, frame, push);
      },
    );
    return failure;
  }

  private send(connection: Connection, frame: PassingFrame, push: number): PushFailure {
    const { socket } = connection;
    if (socket === undefined || connection.state !== 'open') {
      return undefined; // It closed while the frame was on a detour.
    }
    // Half of a character pair has no bytes of its own: what arrives, and is recorded, is the replacement character.
    const payload =
      typeof frame.payload === 'string' ? frame.payload.toWellFormed() : frame.payload;
    const binary = typeof payload !== 'string';
    const hindrance = this.hinders(connection, payload);
    if (hindrance !== undefined) {
      hindrance.follow();
      return hindrance;
    }
    this.tellOver(connection, this.webFunction.sends(connection, payload));
    socket.send(payload, binary);
    if (!socket.alive) {
      return diedWhileSending(connection);
    }
    this.facts.frame(
      connection,
      'toClient',
      payload,
      binary ? payload.length : Buffer.byteLength(payload),
      push,
      frame.edited,
    );
    if (connection.service.spec.emulator.idleResetOn.includes('toClient')) {
      connection.lastActivity = this.idleClock.now();
    }
    this.makeRoom(connection);
    return undefined;
  }

  /** Why this payload cannot be sent to an open connection, and what follows of that. Looking changes nothing. */
  hinders(connection: Connection, payload: string | Buffer): Hindrance | undefined {
    const { socket, service } = connection;
    if (socket === undefined) {
      return undefined;
    }
    const over = this.webFunction.sends(connection, payload);
    if (over !== undefined && service.spec.emulator.webFunctionOverLimit === 'close') {
      const follow = (): void => this.tellOver(connection, over);
      return { errNo: pushErrors.tooLarge, errMsg: over.message, follow };
    }
    if (!socket.alive) {
      return { ...diedWhileSending(connection), follow: () => undefined };
    }
    const reason = this.outbound.unread(socket.waitingBytes, payload);
    return reason === undefined
      ? undefined
      : {
          errNo: pushErrors.socketDied,
          errMsg: reason,
          follow: () => this.cutOff(connection, reason),
        };
  }

  private tellOver(connection: Connection, over: OverLimit | undefined): void {
    if (over !== undefined) {
      const { rule, severity, message, advice } = over;
      this.facts.tellOnce(connection, 'transfer', { rule, severity, message, advice });
    }
  }

  /** After something was sent to a client. */
  private makeRoom(connection: Connection): void {
    this.outbound.sent(connection).forEach(({ slowest, reason }) => this.cutOff(slowest, reason));
  }

  private cutOff(connection: Connection, reason: string): void {
    const { socket } = connection;
    if (connection.state === 'open') {
      this.end(connection, 'notReading', noCloseFrame, reason);
      socket?.reset();
    }
  }

  // -- the end of a connection

  /** The gateway's own Close: by push, by idle limit, by hand, at stop. */
  closeByGateway(connection: Connection, cause: CloseCause, code: number, reason: string): void {
    if (connection.state !== 'open') {
      return;
    }
    const { socket } = connection;
    this.facts.close(connection, 'toClient', code, reason);
    const held = this.holdClose?.(connection.id);
    this.end(connection, cause, code, reason);
    if (held === undefined) {
      socket?.close(code, reason);
    } else {
      void held.then(() => socket?.close(code, reason));
    }
  }

  close(id: string, code: number, reason: string, abrupt: boolean): boolean {
    const connection = this.registry.get(id);
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

  /** The client's Close frame is here, and answered with the same. Its TCP connection may last longer. */
  closeArrived(connection: Connection, code: number, reason: string): void {
    if (connection.state !== 'open') {
      return;
    }
    this.facts.close(connection, 'toServer', code, reason);
    this.facts.close(connection, 'toClient', code, reason);
    this.end(connection, 'clientClose', code, reason);
  }

  /** The socket is gone. Does nothing when the connection has ended before. */
  socketEnded(connection: Connection): void {
    if (connection.state === 'open') {
      this.end(connection, 'clientVanished', noCloseFrame, '');
    }
  }

  /** A client began TLS on a plain port. Told once: such a client tries again and again. */
  tlsBegun(): void {
    if (this.toldTls) {
      return;
    }
    this.toldTls = true;
    this.facts.record({
      kind: 'diagnostic',
      rule: 'refuse.malformed',
      severity: 'warning',
      message: l10n.t('A client began TLS, which this port does not speak.'),
      advice: l10n.t(
        'Connect with ws:// instead of wss://, and push to http:// instead of https://.',
      ),
    });
  }

  /** A frame of the client broke the protocol: it got a Close frame with `code` (1002, 1007, 1008, 1009) alone. */
  socketFailed(connection: Connection, code: number, problem: string): void {
    if (connection.state !== 'open') {
      return;
    }
    this.facts.close(connection, 'toClient', code, '');
    this.facts.tellOnce(connection, 'transfer', {
      rule: `close.${code}`,
      severity: 'warning',
      message: l10n.t(
        'The client broke the WebSocket protocol ({0}): the gateway closed the connection with {1}.',
        problem,
        code,
      ),
      advice: l10n.t('Look at the client: the functions were not asked.'),
    });
    this.end(connection, 'protocolError', code, problem);
  }

  /** The connection has ended: tells it, and runs Cleanup where that follows from the cause. */
  end(connection: Connection, cause: CloseCause, code: number, reason: string): void {
    this.outbound.forget(connection);
    const counted = this.webFunction.ended(connection, cause, code);
    const fact = this.facts.record({
      kind: 'closed',
      connection: connection.id,
      cause,
      code,
      reason,
      ...(counted === undefined ? {} : { counted: counted.status }),
    });
    if (counted !== undefined) {
      this.facts.tellOnce(connection, 'transfer', counted.finding);
    }
    this.registry.leave(connection, cause, () => {
      if (!this.peers.owes(connection.id)) {
        return;
      }
      if (connection.service.spec.emulator.cleanupOn.includes(cause)) {
        this.cleanUp(connection, fact.seq);
      } else {
        this.peers.settle(connection.id, connection.service.spec.name, 'notOwed');
      }
    });
  }

  private cleanUp(connection: Connection, cause: number): void {
    // What the client said before it left is served first: what runs in parallel, and what is on a detour.
    const cleanUp = (): void => {
      const event = JSON.stringify(cleanupEvent(connection.id));
      void this.invoke(connection, 'cleanup', event, cause).then((how) =>
        this.peers.settle(connection.id, connection.service.spec.name, how),
      );
    };
    const { toServer } = connection.detours;
    if (toServer === undefined) {
      cleanUp();
    } else {
      void toServer.then(cleanUp);
    }
  }

  get congested(): boolean {
    return this.registry.congested;
  }

  admit(connection: Connection): void {
    this.registry.admit(connection);
  }

  whenLeft(id: string): { agoMs: number; cause: LeaveCause } | undefined {
    return this.registry.whenLeft(id);
  }

  forget(connection: Connection, cause: LeaveCause): void {
    this.registry.forget(connection, cause);
  }

  get connections(): ReadonlyMap<string, Connection> {
    return this.registry.all;
  }

  connection(id: string): Connection | undefined {
    return this.registry.get(id);
  }

  /** Ids of the open connections of the service that a function belongs to. */
  openConnections(functionId: string): string[] {
    return [...this.registry.all.values()]
      .filter(({ state, service }) => state === 'open' && service.functions.has(functionId))
      .map(({ id }) => id);
  }

  /**
   * Lets nobody in any more and closes all connections, evenly over a time (real milliseconds), so that their clients do
   * not come to the next node as one crowd. `dispose` follows.
   */
  async drain(code: number, reason: string, windowMs: number): Promise<void> {
    this.stopClose = { code, reason };
    this.stopping = true;
    const ids = [...this.registry.all.keys()];
    const began = performance.now();
    for (let closed = 0; closed < ids.length;) {
      const share = windowMs <= 0 ? 1 : (performance.now() - began) / windowMs;
      for (const due = Math.ceil(ids.length * Math.min(1, share)); closed < due; closed++) {
        const connection = this.registry.get(ids[closed] as string);
        if (connection !== undefined) {
          this.stopConnection(connection);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, drainStepMs));
    }
  }

  /**
   * Closes every connection, also those that Register lets in meanwhile; resolves when all that clients caused has
   * run, or has had its time.
   * @param lastMs how long events may still run, milliseconds
   */
  async dispose(lastMs = lastEventsMs): Promise<void> {
    this.idle.dispose();
    this.stopping = true;
    const empty = new Promise<void>((resolve) => (this.onEmpty = resolve));
    for (const connection of [...this.registry.all.values()]) {
      this.stopConnection(connection);
    }
    this.noticeEmpty();
    const limit = setTimeout(() => this.onEmpty?.(), lastMs);
    await empty;
    clearTimeout(limit);
  }

  private stopConnection(connection: Connection): void {
    const { code, reason } = this.stopClose;
    this.closeByGateway(connection, 'gatewayStop', code, reason);
  }

  private noticeEmpty(): void {
    this.noticed();
    if (this.registry.empty) {
      this.onEmpty?.();
    }
  }

  /** How much of what clients and functions began has not come to its end here. */
  underWay(): { handshakes: number; frames: number; pushes: number } {
    const count = { handshakes: 0, frames: 0, pushes: this.pushes.unanswered };
    for (const connection of this.registry.all.values()) {
      count.handshakes += connection.state === 'connecting' ? 1 : 0;
      count.frames += Object.keys(connection.detours).length;
    }
    if (this.disturbances.holds) {
      count.frames = Math.max(count.frames, 1); // One that is late is on no detour.
    }
    return count;
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
      this.noticed();
    });
    connection.detours[frame.direction] = mine;
  }

  /** A frame that was kept back on its way goes on, if its connection is still there. */
  passOn(frame: PassingFrame): void {
    const connection = this.registry.get(frame.connection);
    this.noticed();
    if (connection === undefined) {
      return;
    }
    if (frame.direction === 'toServer') {
      this.transfer(connection, frame);
    } else {
      this.send(connection, frame, frame.seq);
    }
  }
}

function diedWhileSending({ id }: Connection): { errNo: number; errMsg: string } {
  return { errNo: pushErrors.socketDied, errMsg: `the socket of ${id} died while sending` };
}

function describe(error: FunctionError | undefined): string {
  return error === undefined
    ? l10n.t('The function could not be run.')
    : `${error.statusCode}: ${error.errorMessage}`;
}

/**
 * The one fold from facts to what is true now. Every reader (extension, webview, command line) uses it, so
 * they cannot disagree. It works in place: copying the state for each fact took 15 s at 20,000 frames.
 * Readers never write to it.
 */
import type {
  Fact,
  FactOf,
  FaultPlan,
  FrameBreakpoint,
  FunctionInfo,
  HeldFrame,
  InstanceState,
  Outcome,
  ServiceInfo,
} from './fact';
import type { FunctionId } from './project';

export interface ConnectionState {
  connection: string;
  service: string;
  stage: string;
  target: string;
  remote: string;
  /** Name of the test client that it belongs to. */
  client?: string;
  protocol?: string;
  status: 'connecting' | 'open' | 'closed' | 'refused';
  /** Session time of the handshake's start; milliseconds. */
  since: number;
  /** Why it ended, for people: close code and reason, or the refusal. */
  end?: { code: number; reason: string; cause?: FactOf<'closed'>['cause'] };
  /** Frames and bytes since it opened; control frames count too. */
  toServer: { frames: number; bytes: number };
  toClient: { frames: number; bytes: number };
}

export interface InstanceInfo {
  function: FunctionId;
  instance: number;
  state: Exclude<InstanceState, 'stopped'>;
  version: number;
  interpreter?: string;
  waitsForDebugger: boolean;
  /** Invocation that runs in it now. */
  invocation?: string;
}

export interface FunctionState {
  info: FunctionInfo;
  instances: Map<number, InstanceInfo>;
  debugging: boolean;
  /** Invocations that ended, and how. */
  ended: number;
  failed: number;
  running: number;
  last?: InvocationState;
}

export interface InvocationState {
  invocation: string;
  function: FunctionId;
  connection: string | null;
  cause: number | null;
  instance: number;
  version: number;
  /** Numbers of the facts that started and ended it. */
  started: number;
  ended?: number;
  outcome?: Outcome;
  durationMs?: number;
  preview?: string;
  error?: FactOf<'invocationEnded'>['error'];
  place?: FactOf<'invocationEnded'>['place'];
  pushes: number;
}

export interface TestClientState {
  client: string;
  state: 'connecting' | 'open' | 'closed';
  url: string;
  connection?: string;
  detail?: string;
}

export interface SessionState {
  status: 'starting' | 'listening' | 'stopping';
  /** Milliseconds since the epoch at session time 0. */
  epoch: number;
  url: string;
  pushUrl: string;
  port: number;
  pid: number;
  services: ServiceInfo[];
  connections: Map<string, ConnectionState>;
  functions: Map<FunctionId, FunctionState>;
  /** The latest invocations, by id; the running ones are always there. */
  invocations: Map<string, InvocationState>;
  clients: Map<string, TestClientState>;
  held: Map<number, HeldFrame>;
  frameBreakpoints: FrameBreakpoint[];
  faults: FaultPlan | null;
  clock: { frozen: boolean; by: string[]; frozenMs: number };
  dropped: { facts: number; payloads: number };
  /** Facts that the reader was too slow for. */
  missed: number;
  /** Number and session time of the latest fact. */
  lastSeq: number;
  lastAt: number;
}

/** How many ended connections and invocations stay known; the open and running ones are never forgotten. */
export const keptConnections = 2000;
export const keptInvocations = 5000;

export function emptyState(): SessionState {
  return {
    status: 'starting',
    epoch: 0,
    url: '',
    pushUrl: '',
    port: 0,
    pid: 0,
    services: [],
    connections: new Map(),
    functions: new Map(),
    invocations: new Map(),
    clients: new Map(),
    held: new Map(),
    frameBreakpoints: [],
    faults: null,
    clock: { frozen: false, by: [], frozenMs: 0 },
    dropped: { facts: 0, payloads: 0 },
    missed: 0,
    lastSeq: 0,
    lastAt: 0,
  };
}

/** Connections that are open now, oldest first. */
export function openConnections(state: SessionState): ConnectionState[] {
  return [...state.connections.values()].filter((each) => each.status === 'open');
}

/** Brings `state` up to date with one more fact. Facts that are already known are ignored. */
export function applyFact(state: SessionState, fact: Fact): void {
  if (fact.seq <= state.lastSeq) {
    return;
  }
  state.lastSeq = fact.seq;
  state.lastAt = fact.at;
  switch (fact.kind) {
    case 'listening':
      state.status = 'listening';
      state.epoch = fact.epoch;
      state.url = fact.url;
      state.pushUrl = fact.pushUrl;
      state.port = fact.port;
      state.pid = fact.pid;
      takeServices(state, fact.services);
      break;
    case 'servicesChanged':
      takeServices(state, fact.services);
      break;
    case 'projectProblems':
      break; // The editor reads the file itself, also while nothing runs.
    case 'stopping':
      state.status = 'stopping';
      break;
    case 'connecting':
      state.connections.set(fact.connection, {
        connection: fact.connection,
        service: fact.service,
        stage: fact.stage,
        target: fact.target,
        remote: fact.remote,
        client: fact.client,
        status: 'connecting',
        since: fact.at,
        toServer: { frames: 0, bytes: 0 },
        toClient: { frames: 0, bytes: 0 },
      });
      forgetOldest(state.connections, keptConnections, isOver);
      break;
    case 'opened': {
      const connection = state.connections.get(fact.connection);
      if (connection) {
        connection.status = 'open';
        connection.protocol = fact.protocol;
      }
      break;
    }
    case 'refused': {
      const connection =
        fact.connection === undefined ? undefined : state.connections.get(fact.connection);
      if (connection) {
        connection.status = 'refused';
        connection.end = { code: fact.status, reason: fact.reason };
      }
      break;
    }
    case 'closed': {
      const connection = state.connections.get(fact.connection);
      if (connection) {
        connection.status = 'closed';
        connection.end = { code: fact.code, reason: fact.reason, cause: fact.cause };
      }
      break;
    }
    case 'frame': {
      const counts = state.connections.get(fact.connection)?.[fact.direction];
      if (counts) {
        counts.frames += 1;
        counts.bytes += fact.size;
      }
      break;
    }
    case 'held':
      state.held.set(fact.frame.hold, fact.frame);
      break;
    case 'releasedFrame':
      state.held.delete(fact.hold);
      break;
    case 'invocationStarted':
      startInvocation(state, fact);
      break;
    case 'invocationEnded':
      endInvocation(state, fact);
      break;
    case 'instance':
      applyInstance(state, fact);
      break;
    case 'push': {
      const invocation =
        fact.invocation === null ? undefined : state.invocations.get(fact.invocation);
      if (invocation) {
        invocation.pushes += 1;
      }
      break;
    }
    case 'clock':
      state.clock = { frozen: fact.frozen, by: fact.by, frozenMs: fact.frozenMs };
      break;
    case 'debugging': {
      const target = state.functions.get(fact.function);
      if (target) {
        target.debugging = fact.enabled;
      }
      break;
    }
    case 'faults':
      state.faults = fact.faults;
      break;
    case 'frameBreakpoints':
      state.frameBreakpoints = fact.breakpoints;
      break;
    case 'client':
      state.clients.set(fact.client, {
        client: fact.client,
        state: fact.state,
        url: fact.url,
        connection: fact.connection ?? state.clients.get(fact.client)?.connection,
        detail: fact.detail,
      });
      break;
    case 'dropped':
      if (fact.missed === undefined) {
        state.dropped = { facts: fact.facts, payloads: fact.payloads };
      } else {
        state.missed += fact.missed;
      }
      break;
    case 'trafficCleared': // What is open and what runs goes on.
    case 'faultStruck':
    case 'log':
    case 'diagnostic':
    case 'diagnosticsCleared':
      break; // Nothing that lasts: the log and the Problems panel read these facts themselves.
  }
}

function takeServices(state: SessionState, services: ServiceInfo[]): void {
  state.services = services;
  const before = state.functions;
  state.functions = new Map();
  for (const service of services) {
    for (const info of service.functions) {
      const known = before.get(info.function);
      state.functions.set(
        info.function,
        known
          ? Object.assign(known, { info })
          : { info, instances: new Map(), debugging: false, ended: 0, failed: 0, running: 0 },
      );
    }
  }
}

function startInvocation(state: SessionState, fact: FactOf<'invocationStarted'>): void {
  const invocation: InvocationState = {
    invocation: fact.invocation,
    function: fact.function,
    connection: fact.connection,
    cause: fact.cause,
    instance: fact.instance,
    version: fact.version,
    started: fact.seq,
    pushes: 0,
  };
  state.invocations.set(fact.invocation, invocation);
  forgetOldest(state.invocations, keptInvocations, (each) => each.ended !== undefined);
  const target = state.functions.get(fact.function);
  if (target) {
    target.running += 1;
    target.last = invocation;
    const instance = target.instances.get(fact.instance);
    if (instance) {
      instance.invocation = fact.invocation;
    }
  }
}

function endInvocation(state: SessionState, fact: FactOf<'invocationEnded'>): void {
  const invocation = state.invocations.get(fact.invocation);
  if (!invocation || invocation.ended !== undefined) {
    return;
  }
  invocation.ended = fact.seq;
  invocation.outcome = fact.outcome;
  invocation.durationMs = fact.durationMs;
  invocation.preview = fact.preview;
  invocation.error = fact.error;
  invocation.place = fact.place;
  const target = state.functions.get(invocation.function);
  if (target) {
    target.running -= 1;
    target.ended += 1;
    target.failed += fact.outcome === 'ok' ? 0 : 1;
    const instance = target.instances.get(invocation.instance);
    if (instance?.invocation === fact.invocation) {
      instance.invocation = undefined;
    }
  }
}

function applyInstance(state: SessionState, fact: FactOf<'instance'>): void {
  const target = state.functions.get(fact.function);
  if (!target) {
    return;
  }
  if (fact.state === 'stopped') {
    target.instances.delete(fact.instance);
    return;
  }
  const known = target.instances.get(fact.instance);
  target.instances.set(fact.instance, {
    function: fact.function,
    instance: fact.instance,
    state: fact.state,
    version: fact.version,
    interpreter: fact.interpreter ?? known?.interpreter,
    waitsForDebugger: fact.waitsForDebugger === true,
    invocation: known?.invocation,
  });
}

function isOver(connection: ConnectionState): boolean {
  return connection.status === 'closed' || connection.status === 'refused';
}

/** Maps keep the order of insertion, so the first that may go is the oldest. */
function forgetOldest<V>(map: Map<string, V>, limit: number, mayGo: (value: V) => boolean): void {
  if (map.size <= limit) {
    return;
  }
  for (const [key, value] of map) {
    if (mayGo(value)) {
      map.delete(key);
      return;
    }
  }
}

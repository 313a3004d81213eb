/**
 * The one fold from facts to what is true now. The extension's trees, its status bar and the webview read it;
 * nobody but `applyFact` changes it. It works in place: copying the collections for every frame is what makes
 * such views slow. Facts that were seen before are ignored, so a snapshot and a stream may overlap.
 */
import type {
  Fact,
  FactOf,
  FrameBreakpoint,
  FaultPlan,
  FunctionError,
  FunctionInfo,
  HeldFrame,
  InstanceState,
  Outcome,
  ServiceInfo,
  SourcePlace,
} from './fact';
import type { CloseCause, FunctionId, Role } from './project';

/** How many ended connections are remembered; the oldest go first. */
export const keptEndedConnections = 200;
/** How many push numbers are remembered for a run; the count goes on. */
export const keptPushes = 200;

export interface ConnectionView {
  connection: string;
  service: string;
  stage: string;
  target: string;
  remote: string;
  client?: string;
  protocol?: string;
  state: 'connecting' | 'open' | 'closed' | 'refused';
  /** Session time in milliseconds of `connecting`. */
  since: number;
  /** Session time of the end. */
  endedAt?: number;
  /** Close code, or the HTTP status of a refusal. */
  code?: number;
  cause?: CloseCause;
  reason?: string;
  /** Messages and their bytes; control frames do not count. */
  toServer: number;
  toClient: number;
  bytes: number;
}

export interface InstanceView {
  instance: number;
  state: InstanceState;
  version: number;
  pid?: number;
  interpreter?: string;
  debugPort?: number;
  waitsForDebugger: boolean;
  reason?: string;
}

/** One invocation, running or ended. */
export interface RunView {
  invocation: string;
  function: FunctionId;
  /** Number of its `invocationStarted` fact: names its event and its result for the `payload` intent. */
  seq: number;
  /** Number of its `invocationEnded` fact. */
  endSeq?: number;
  at: number;
  role: Role | null;
  connection: string | null;
  cause: number | null;
  instance: number;
  version: number;
  cold: boolean;
  pushCount: number;
  /** Numbers of its first `keptPushes` pushes. */
  pushes: number[];
  outcome?: Outcome;
  durationMs?: number;
  /** Start of the JSON text of what was returned. */
  result?: string;
  error?: FunctionError;
  place?: SourcePlace;
}

export interface FunctionView {
  info: FunctionInfo;
  service: string;
  instances: Map<number, InstanceView>;
  /** Invocations that run now, by request id. */
  running: Map<string, RunView>;
  last?: RunView;
  /** Counts ended invocations. */
  runs: number;
  debugging: boolean;
  /** Version of the code that served or serves last. */
  version: number;
}

export interface ClientView {
  client: string;
  state: 'connecting' | 'open' | 'closed';
  url: string;
  connection?: string;
  detail?: string;
}

export interface SessionState {
  /** Number of the last fact that was applied. */
  seq: number;
  /** Milliseconds since the epoch at session time 0. */
  epoch: number;
  listening: boolean;
  url: string;
  pushUrl: string;
  port: number;
  wishedPort?: number;
  services: ServiceInfo[];
  functions: Map<FunctionId, FunctionView>;
  /** Insertion order is the order of `connecting`. */
  connections: Map<string, ConnectionView>;
  openConnections: number;
  clients: Map<string, ClientView>;
  clock: { frozen: boolean; by: string[]; frozenMs: number };
  held: Map<number, HeldFrame>;
  frameBreakpoints: FrameBreakpoint[];
  faults: FaultPlan | null;
  frames: number;
  /** What the recorder gave up. */
  dropped: { facts: number; payloads: number };
}

export function emptyState(): SessionState {
  return {
    seq: 0,
    epoch: 0,
    listening: false,
    url: '',
    pushUrl: '',
    port: 0,
    services: [],
    functions: new Map(),
    connections: new Map(),
    openConnections: 0,
    clients: new Map(),
    clock: { frozen: false, by: [], frozenMs: 0 },
    held: new Map(),
    frameBreakpoints: [],
    faults: null,
    frames: 0,
    dropped: { facts: 0, payloads: 0 },
  };
}

/** Changes `state` by one fact. */
export function applyFact(state: SessionState, fact: Fact): void {
  if (fact.seq <= state.seq) {
    return;
  }
  state.seq = fact.seq;
  switch (fact.kind) {
    case 'listening':
      state.listening = true;
      state.url = fact.url;
      state.pushUrl = fact.pushUrl;
      state.port = fact.port;
      state.wishedPort = fact.wishedPort;
      state.epoch = fact.epoch;
      applyServices(state, fact.services);
      return;
    case 'servicesChanged':
      applyServices(state, fact.services);
      return;
    case 'stopping':
      state.listening = false;
      return;
    case 'connecting':
      applyConnecting(state, fact);
      return;
    case 'opened': {
      const connection = state.connections.get(fact.connection);
      if (connection !== undefined) {
        connection.state = 'open';
        connection.protocol = fact.protocol;
        state.openConnections++;
      }
      return;
    }
    case 'refused':
      if (fact.connection !== undefined) {
        endConnection(state, fact.connection, fact.at, 'refused', fact.status, fact.reason);
      }
      return;
    case 'closed': {
      const connection = endConnection(
        state,
        fact.connection,
        fact.at,
        'closed',
        fact.code,
        fact.reason,
      );
      if (connection !== undefined) {
        connection.cause = fact.cause;
      }
      return;
    }
    case 'frame':
      applyFrame(state, fact);
      return;
    case 'held':
      state.held.set(fact.frame.hold, fact.frame);
      return;
    case 'releasedFrame':
      state.held.delete(fact.hold);
      return;
    case 'invocationStarted':
      applyStarted(state, fact);
      return;
    case 'invocationEnded':
      applyEnded(state, fact);
      return;
    case 'instance':
      applyInstance(state, fact);
      return;
    case 'push':
      applyPush(state, fact);
      return;
    case 'clock':
      state.clock = { frozen: fact.frozen, by: fact.by, frozenMs: fact.frozenMs };
      return;
    case 'debugging': {
      const view = state.functions.get(fact.function);
      if (view !== undefined) {
        view.debugging = fact.enabled;
      }
      return;
    }
    case 'faults':
      state.faults = fact.faults;
      return;
    case 'frameBreakpoints':
      state.frameBreakpoints = fact.breakpoints;
      return;
    case 'client':
      state.clients.set(fact.client, {
        client: fact.client,
        state: fact.state,
        url: fact.url,
        connection: fact.connection,
        detail: fact.detail,
      });
      return;
    case 'dropped':
      state.dropped = { facts: fact.facts, payloads: fact.payloads };
      return;
    case 'log':
    case 'diagnostic':
    case 'diagnosticsCleared':
      return;
  }
}

function applyServices(state: SessionState, services: ServiceInfo[]): void {
  state.services = services;
  const known = new Set<FunctionId>();
  for (const service of services) {
    for (const info of service.functions) {
      known.add(info.function);
      const view = state.functions.get(info.function);
      if (view !== undefined) {
        view.info = info;
        view.service = service.name;
        continue;
      }
      state.functions.set(info.function, {
        info,
        service: service.name,
        instances: new Map(),
        running: new Map(),
        runs: 0,
        debugging: false,
        version: 1,
      });
    }
  }
  for (const id of state.functions.keys()) {
    if (!known.has(id)) {
      state.functions.delete(id);
    }
  }
}

function applyConnecting(state: SessionState, fact: FactOf<'connecting'>): void {
  state.connections.set(fact.connection, {
    connection: fact.connection,
    service: fact.service,
    stage: fact.stage,
    target: fact.target,
    remote: fact.remote,
    client: fact.client,
    state: 'connecting',
    since: fact.at,
    toServer: 0,
    toClient: 0,
    bytes: 0,
  });
}

function endConnection(
  state: SessionState,
  id: string,
  at: number,
  how: 'closed' | 'refused',
  code: number,
  reason: string,
): ConnectionView | undefined {
  const connection = state.connections.get(id);
  if (connection === undefined || connection.endedAt !== undefined) {
    return connection;
  }
  if (connection.state === 'open') {
    state.openConnections--;
  }
  connection.state = how;
  connection.endedAt = at;
  connection.code = code;
  connection.reason = reason;
  forgetOldConnections(state);
  return connection;
}

/** Ended ones are dropped oldest first, in bulk, so that the walk costs nothing on average. */
function forgetOldConnections(state: SessionState): void {
  let ended = state.connections.size - state.openConnections;
  if (ended < keptEndedConnections * 2) {
    return;
  }
  for (const [id, connection] of state.connections) {
    if (ended <= keptEndedConnections) {
      return;
    }
    if (connection.endedAt !== undefined) {
      state.connections.delete(id);
      ended--;
    }
  }
}

function applyFrame(state: SessionState, fact: FactOf<'frame'>): void {
  state.frames++;
  const connection = state.connections.get(fact.connection);
  if (connection !== undefined && (fact.type === 'text' || fact.type === 'binary')) {
    connection[fact.direction]++;
    connection.bytes += fact.size;
  }
}

function applyStarted(state: SessionState, fact: FactOf<'invocationStarted'>): void {
  const view = state.functions.get(fact.function);
  if (view === undefined) {
    return;
  }
  view.version = fact.version;
  view.running.set(fact.invocation, {
    invocation: fact.invocation,
    function: fact.function,
    seq: fact.seq,
    at: fact.at,
    role: fact.role,
    connection: fact.connection,
    cause: fact.cause,
    instance: fact.instance,
    version: fact.version,
    cold: fact.cold,
    pushCount: 0,
    pushes: [],
  });
}

function applyEnded(state: SessionState, fact: FactOf<'invocationEnded'>): void {
  for (const view of state.functions.values()) {
    const run = view.running.get(fact.invocation);
    if (run === undefined) {
      continue;
    }
    view.running.delete(fact.invocation);
    run.endSeq = fact.seq;
    run.outcome = fact.outcome;
    run.durationMs = fact.durationMs;
    run.result = fact.preview;
    run.error = fact.error;
    run.place = fact.place;
    view.last = run;
    view.runs++;
    return;
  }
}

function applyInstance(state: SessionState, fact: FactOf<'instance'>): void {
  const view = state.functions.get(fact.function);
  if (view === undefined) {
    return;
  }
  if (fact.state === 'stopped') {
    view.instances.delete(fact.instance);
    return;
  }
  const before = view.instances.get(fact.instance);
  view.instances.set(fact.instance, {
    instance: fact.instance,
    state: fact.state,
    version: fact.version,
    pid: fact.pid ?? before?.pid,
    interpreter: fact.interpreter ?? before?.interpreter,
    debugPort: fact.debugPort ?? before?.debugPort,
    waitsForDebugger: fact.waitsForDebugger === true,
    reason: fact.reason,
  });
}

function applyPush(state: SessionState, fact: FactOf<'push'>): void {
  if (fact.invocation === null || fact.function === null) {
    return;
  }
  const view = state.functions.get(fact.function);
  // Un-awaited work may push after its invocation ended; it still counts for it.
  const run =
    view?.running.get(fact.invocation) ??
    (view?.last?.invocation === fact.invocation ? view.last : undefined);
  if (run !== undefined) {
    run.pushCount++;
    if (run.pushes.length < keptPushes) {
      run.pushes.push(fact.seq);
    }
  }
}

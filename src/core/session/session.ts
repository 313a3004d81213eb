/**
 * A session: one gateway with the functions of one or more projects behind it, on one port. Hosts (editor,
 * command line) see nothing but its facts and its intents.
 */
import path from 'node:path';
import type { Fact, FaultPlan, ServiceInfo } from '../../protocol/fact';
import {
  type FunctionId,
  type EmulatorOptions,
  functionId,
  type Problem,
  type ServiceSpec,
} from '../../protocol/project';
import { advance, Clock, type Timer } from '../clock';
import { reportBug } from '../errors';
import type { Disturbances } from '../gateway/disturbances';
import { Gateway } from '../gateway/gateway';
import { type GatewayServer, startServer } from '../gateway/server';
import { distinct } from '../project/distinct';
import { readProjectPage } from '../project/projectPage';
import { loadService, type ServiceOverrides } from '../project/loadService';
import type { FunctionRuntime, Run, RuntimeDependencies } from '../runtime/contract';
import { Dispatcher, type Policy } from '../runtime/dispatch/dispatcher';
import { projectFileName } from '../project/projectFile';
import { startFunctionRuntime } from '../runtime/dispatch/functionRuntime';
import { startClockFile } from '../runtime/process/clockFile';
import { FaultLab } from './faultLab';
import { FrameBreakpoints } from './frameBreakpoints';
import { type Intents, makeIntents } from './intents';
import { noProject } from './problemText';
import { watchProject } from './projectWatch';
import { Quiet } from './quiet';
import { Recorder, type RecorderLimits } from './recorder';
import { RunningService } from './runningService';
import { serviceInfo } from './serviceInfo';
import { forgetSessionFile, writeSessionFile } from './sessionFile';
import { TestClients } from './testClients';

export interface SessionOptions {
  /** Project folders, each with a scfws.json. */
  folders: string[];
  /** Wins over the ports in the project files; 0: any free one. */
  port?: number;
  /** Settings of the host; scfws.json wins over them. */
  emulator?: Partial<EmulatorOptions>;
  interpreters?: RuntimeDependencies['interpreters'];
  /** Origins of web pages that may connect and push, besides local ones. */
  allowedOrigins?: string[];
  limits?: RecorderLimits;
  /** A fault plan to start with. */
  faults?: FaultPlan;
  /** Functions that wait for a debugger from the first event on. */
  debug?: FunctionId[];
  bootstrapFolder: string;
  /** Variables of every function, over those of the project files. */
  environment?: Record<string, string>;
  /** Services that are loaded already, instead of those of `folders`. */
  services?: ServiceSpec[];
  /** Nobody else is to find it: it takes any port, leaves no session file, and looks at no project file again. */
  isPrivate?: true;
  /** Folder that handler processes leave their coverage in. */
  coverage?: string;
  /** Decides the order of events. */
  order?: OrderKeeper;
  /** Connections are silent for as long as `advance` says, not for as long as the machine is busy. */
  idleByHand?: true;
}

/** Why the clock stands still where the order of events is decided: it only moves as far as a step says. */
export const orderReason = 'order';

/** Whoever decides which event comes next; see scenario/order. */
export interface OrderKeeper {
  readonly policy: Policy<Run>;
  /** Stands before those of the session. */
  before(disturbances: Disturbances): Disturbances;
  /** Before anything comes. */
  attach(parts: { gateway: Gateway; dispatcher: Dispatcher<Run>; recorder: Recorder }): void;
}

export interface Session {
  readonly services: ServiceInfo[];
  readonly problems: Problem[];
  readonly recorder: Recorder;
  readonly intents: Intents;
  readonly clock: Clock;
  readonly quiet: Quiet;
  /** Resolves when the code of a function was looked at, and what was found is told. */
  looked(of: FunctionId): Promise<void>;
  /** The connection that comes from this local port is to have that name in all facts, and that id. */
  introduce(port: number, name: string, connection?: string): Timer;
  /** Milliseconds until the gateway looks again for a connection that was silent for too long; undefined: none is open. */
  nextSilence(): number | undefined;
  onFact(listener: (fact: Fact) => void): Timer;
  /** Resolves when every socket is closed and every handler process is gone. */
  dispose(reason?: string): Promise<void>;
}

/** A standstill of the process that is told, milliseconds; a busy machine has shorter ones. */
const notableStandstill = 5000;

/** Rejects with a `UserError` when no project can be served or no port is free. */
export async function startSession(options: SessionOptions): Promise<Session> {
  const { specs, problems } =
    options.services === undefined
      ? await loadServices(options)
      : { specs: options.services, problems: [] };
  const clock = new Clock();
  const idleClock = options.idleByHand === true ? new Clock() : clock;
  if (idleClock !== clock) {
    idleClock.freeze('by hand');
  }
  const clockFile = startClockFile(clock);
  const dispatcher = new Dispatcher<Run>(options.order?.policy);
  const epoch = Date.now();
  const recorder = new Recorder(clock, options.limits);
  const clients = new TestClients(recorder.record);
  const faults = new FaultLab(recorder.record, clock, {
    // 1006 is what a client sees when the connection ends without a Close frame.
    close: (connection, code) => gateway.close(connection, code, 'fault lab', code === 1006),
    passOn: (frame) => gateway.passOn(frame),
  });
  const breakpoints = new FrameBreakpoints(
    recorder.record,
    (connection) => clients.nameOfConnection(connection),
    faults,
  );
  let instances = 0;
  let port = 0;
  const quiet: Quiet = new Quiet(
    () => gateway,
    dispatcher,
    () => runtimes(),
    () => recorder.last,
  );

  const services = specs.map(
    (spec) =>
      new RunningService(spec, (service, each, predecessor) =>
        startFunctionRuntime(
          functionId(spec.name, each.name),
          each,
          {
            service: service.spec,
            clock,
            clockFile: clockFile.path,
            dispatcher,
            record: recorder.record,
            pushUrl: (functionOf, instance) => {
              const key = gateway.pushes.addAddress(service, functionOf, instance);
              return `http://127.0.0.1:${port}/${key}`;
            },
            nextInstance: () => ++instances,
            interpreters: options.interpreters ?? {},
            bootstrapFolder: options.bootstrapFolder,
            ...(options.coverage === undefined ? {} : { coverage: options.coverage }),
          },
          predecessor,
        ),
      ),
  );
  const runtimes = (): FunctionRuntime[] =>
    services.flatMap((service) => [...service.functions.values()]);
  const disposeServices = () => Promise.all(services.map((service) => service.dispose()));

  // What it is made of refers back to it, but only once frames flow.
  const gateway: Gateway = new Gateway({
    clock,
    record: recorder.record,
    services,
    disturbances: options.order?.before(breakpoints) ?? breakpoints,
    dispatcher,
    idleClock,
    noticed: quiet.noticed,
  });
  options.order?.attach({ gateway, dispatcher, recorder });
  let server: GatewayServer;
  const wishedPort = options.isPrivate ? 0 : (options.port ?? specs[0]?.port ?? 0);
  try {
    server = await startServer(gateway, {
      port: wishedPort,
      access: { allowedOrigins: options.allowedOrigins ?? [] },
      clientNameOf: (remotePort) => clients.nameOf(remotePort),
      connectionOf: (remotePort) => clients.idOf(remotePort),
      readPage: () => readProjectPage(services.map((service) => service.spec.folder)),
    });
  } catch (error) {
    await disposeServices();
    clockFile.dispose();
    clock.dispose();
    throw error;
  }
  port = server.port;

  let infos = services.map((service) => serviceInfo(service, port));
  clock.onChange((stoodStillMs) => {
    if (stoodStillMs > 0 && stoodStillMs < notableStandstill) {
      return;
    }
    recorder.record({
      kind: 'clock',
      frozen: clock.frozen,
      by: clock.frozenBy(),
      frozenMs: Math.round(clock.frozenMs()),
      ...(stoodStillMs > 0 ? { stoodStillMs: Math.round(stoodStillMs) } : {}),
    });
  });
  recorder.record({
    kind: 'listening',
    url: infos[0]?.url ?? '',
    pushUrl: infos[0]?.pushUrl ?? '',
    port,
    ...(wishedPort === 0 || wishedPort === port ? {} : { wishedPort }),
    pid: process.pid,
    epoch,
    services: infos,
  });
  if (options.faults !== undefined) {
    faults.set(options.faults);
  }
  // In the turn in which the port opens: no event comes before.
  for (const runtime of runtimes()) {
    if (options.debug?.includes(runtime.id) === true) {
      runtime.setDebug(true).catch(() => undefined); // Whoever asks for its port learns why there is none.
    }
  }
  if (options.isPrivate !== true) {
    await Promise.all(infos.map((info) => writeSessionFile(info)));
  }

  const told = new Map<string, string>();
  const tellProblems = (file: string, found: Problem[]): void => {
    const key = JSON.stringify(found);
    if (key !== (told.get(file) ?? '[]')) {
      told.set(file, key);
      recorder.record({ kind: 'projectProblems', file, problems: found });
    }
  };
  for (const file of new Set(problems.map((problem) => problem.file))) {
    tellProblems(
      file,
      problems.filter((problem) => problem.file === file),
    );
  }

  // One save after the other: the file that was read last wins.
  let takingUp = Promise.resolve();
  const takeUp = async (service: RunningService): Promise<void> => {
    const overrides = overridesOf(options);
    const emulator = { ...overrides.emulator, ...service.options };
    const loaded = await loadService(service.spec.folder, { ...overrides, emulator });
    if (disposed !== undefined) {
      return;
    }
    tellProblems(path.join(service.spec.folder, projectFileName), loaded.problems);
    if (loaded.service === undefined) {
      return; // The old one goes on.
    }
    const others = services.filter((other) => other !== service).map((other) => other.spec);
    service.apply(distinct(loaded.service, others, []));
    infos = services.map((each) => serviceInfo(each, port));
    recorder.record({ kind: 'servicesChanged', services: infos });
    gateway.idle.lookAgain();
    await Promise.all(infos.map((info) => writeSessionFile(info)));
  };
  const watched = options.isPrivate === true ? [] : services;
  const watches = watched.map((service) =>
    watchProject(service.spec.folder, () => {
      takingUp = takingUp.then(() => takeUp(service)).catch(reportBug);
    }),
  );

  let disposed: Promise<void> | undefined;
  const dispose = (reason = 'asked'): Promise<void> => {
    disposed ??= (async () => {
      recorder.record({ kind: 'stopping', reason });
      const steps: (() => unknown)[] = [
        // A frozen clock or a held frame must not keep anything from ending.
        () => clock.frozenBy().forEach((by) => clock.unfreeze(by)),
        () => watches.forEach((watch) => watch.dispose()),
        () => takingUp,
        () => breakpoints.dispose(),
        () => faults.dispose(),
        () => clients.dispose(),
        () => gateway.dispose(),
        () => server.dispose(),
        disposeServices,
        () => Promise.all(watched.map(({ spec }) => forgetSessionFile(spec.folder))),
        () => clockFile.dispose(),
        () => clock.dispose(),
        () => idleClock.dispose(),
        () => recorder.settle(),
      ];
      for (const step of steps) {
        try {
          await step();
        } catch (error) {
          reportBug(error); // The others must come to their end all the same.
        }
      }
    })();
    return disposed;
  };

  return {
    get services() {
      return infos;
    },
    problems,
    recorder,
    intents: makeIntents({
      gateway,
      recorder,
      clock,
      epoch,
      clients,
      runtimes,
      advance: (ms) => {
        // What hangs already may well wait for the clock: it alone is not waited for.
        const wasQuiet = quiet.isQuiet;
        const hanging = quiet.running;
        const between = async (): Promise<void> => {
          await new Promise(setImmediate);
          await Promise.all(runtimes().map((runtime) => runtime.ended()));
          await (wasQuiet ? quiet.until() : quiet.untilOnly(hanging));
        };
        // While somebody stands at a breakpoint nobody is silent, however far the clock is moved.
        const isStopped = clock.frozenBy().some((reason) => reason !== orderReason);
        if (isStopped) {
          gateway.idle.forgive(idleClock === clock ? ms : 0);
        }
        const noticing = recorder.onFact(quiet.noticed);
        return advance(isStopped ? [clock] : [...new Set([clock, idleClock])], ms, between).finally(
          () => noticing.dispose(),
        );
      },
      quiet,
      breakpoints,
      faults,
      dispose,
    }),
    clock,
    quiet,
    looked: async (of) =>
      runtimes()
        .find(({ id }) => id === of)
        ?.looked(),
    introduce: (from, name, connection) => clients.introduce(from, name, connection),
    nextSilence: () => idleClock.nextIn(),
    onFact: (listener) => recorder.onFact(listener),
    dispose,
  };
}

async function loadServices(
  options: SessionOptions,
): Promise<{ specs: ServiceSpec[]; problems: Problem[] }> {
  const specs: ServiceSpec[] = [];
  const problems: Problem[] = [];
  for (const folder of new Set(options.folders.map((each) => path.resolve(each)))) {
    const loaded = await loadService(folder, overridesOf(options));
    problems.push(...loaded.problems);
    if (loaded.service !== undefined) {
      specs.push(distinct(loaded.service, specs, problems));
    }
  }
  if (specs.length === 0) {
    throw noProject(options.folders, problems);
  }
  return { specs, problems };
}

function overridesOf({ emulator, port, environment }: SessionOptions): ServiceOverrides {
  return {
    ...(emulator === undefined ? {} : { emulator }),
    ...(port === undefined ? {} : { port }),
    ...(environment === undefined ? {} : { environment }),
  };
}

/** A function runtime with its clock and recorder, and handlers written to a folder of their own. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Fact, FactBody, FactKind, FactOf } from '../../../src/protocol/fact';
import {
  defaultEmulatorOptions,
  type EmulatorOptions,
  type FunctionSpec,
  type ServiceSpec,
} from '../../../src/protocol/project';
import { Clock } from '../../../src/core/clock';
import { Recorder } from '../../../src/core/session/recorder';
import type { FunctionRuntime, InvocationResult, Run } from '../../../src/core/runtime/contract';
import { checkCode, type CodeCheck } from '../../../src/core/runtime/launch/check';
import {
  findInterpreter,
  planInterpreters,
  thisMachine,
  type Interpreter,
} from '../../../src/core/runtime/launch/interpreters';
import { Dispatcher } from '../../../src/core/runtime/dispatch/dispatcher';
import { startFunctionRuntime } from '../../../src/core/runtime/dispatch/functionRuntime';
import { startClockFile, type ClockFile } from '../../../src/core/runtime/process/clockFile';

export const bootstrapFolder = path.resolve(__dirname, '../../../src/core/runtime/bootstrap');

export interface Bench {
  folder: string;
  clock: Clock;
  clockFile: ClockFile;
  recorder: Recorder;
  facts: Fact[];
  runtime: FunctionRuntime;
  service: ServiceSpec;
  /** Invokes with a value, or with JSON text given as it is. */
  invoke(
    event?: unknown,
    json?: string,
  ): Promise<InvocationResult & { invocation: string; value: unknown }>;
  of<K extends FactKind>(kind: K): FactOf<K>[];
  /** The first fact, past or future, that satisfies. */
  until<K extends FactKind>(kind: K, matches?: (fact: FactOf<K>) => boolean): Promise<FactOf<K>>;
  /** Log lines of an invocation, each `stream level text`. */
  logs(invocation: string | null): string[];
  write(name: string, text: string): void;
}

const benches: Bench[] = [];

export interface BenchOptions {
  spec?: Partial<FunctionSpec>;
  emulator?: Partial<EmulatorOptions>;
  /** Files of the function's folder. */
  files?: Record<string, string>;
  /** A folder to copy. */
  fixture?: string;
  pushUrl?: string;
  /** `folder` is relative to the project's. */
  build?: { command: string[]; folder: string };
}

/** What a look at the code of a bench finds without running it. `built`: the folder with what a build has made by now. */
export function lookAtCode(
  { service, runtime }: Bench,
  interpreter: Interpreter,
  { spec = runtime.spec, builds = false, built }: LookOptions = {},
): Promise<CodeCheck> {
  return checkCode(spec, {
    ...{ projectFolder: service.folder, interpreter, bootstrapFolder, builds, built },
    ...{ surroundings: 'cloud', signal: new AbortController().signal },
  });
}

export interface LookOptions {
  spec?: FunctionSpec;
  builds?: boolean;
  built?: string;
}

/** The folder of a handler in test/fixtures/handlers. */
export function fixture(name: string): string {
  return path.resolve(__dirname, '../../fixtures/handlers', name);
}

/** Whether this machine has the very version that a function asks for. */
export async function installed(spec: Partial<FunctionSpec>): Promise<boolean> {
  const family = spec.family === 'node' ? 'node' : 'python';
  const plan = planInterpreters(spec as FunctionSpec, '/', undefined, thisMachine(family));
  try {
    return (await findInterpreter(plan)).wished === undefined;
  } catch {
    return false;
  }
}

/** A Node.js of another version; undefined when it can be fetched from nowhere. */
export async function fetchedNode(major: number): Promise<string | undefined> {
  const toolchain = path.resolve(__dirname, '../../../scripts/toolchain.mjs');
  const { ensureNode } = (await import(toolchain)) as {
    ensureNode(major: number): Promise<string>;
  };
  return ensureNode(major).catch(() => undefined);
}

/** Whether the process runs (one that is dead and not yet collected does not). */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return (
      process.platform !== 'linux' ||
      !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
    );
  } catch {
    return false;
  }
}

/** Resolves once the process is gone. */
export async function ended(pid: number): Promise<void> {
  while (alive(pid)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function startBench({
  spec,
  emulator,
  files = {},
  fixture: from,
  pushUrl,
  build,
}: BenchOptions): Bench {
  const project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-runtime-')));
  const folder = path.join(project, 'Function');
  fs.mkdirSync(folder);
  const write = (name: string, text: string) => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  if (from !== undefined) {
    fs.cpSync(from, folder, { recursive: true, filter: (file) => !file.includes('__pycache__') });
  }
  for (const [name, text] of Object.entries(files)) {
    write(name, text);
  }
  const clock = new Clock();
  const recorder = new Recorder(clock);
  const facts: Fact[] = [];
  const waiting = new Set<() => void>();
  recorder.onFact((fact) => {
    facts.push(fact);
    for (const look of waiting) {
      look();
    }
  });
  const functionSpec: FunctionSpec = {
    name: 'Function',
    folder,
    handler: 'index.main_handler',
    runtime: 'Python3',
    family: 'python',
    timeout: 3,
    initTimeout: 10,
    memory: 512,
    maxInstances: 1,
    environment: {},
    ...spec,
  };
  if (build !== undefined) {
    functionSpec.build = { ...build, folder: path.join(project, build.folder) };
  }
  const service: ServiceSpec = {
    name: 'chat',
    serviceId: 'service-0a1b2c3d',
    pushKey: 'api-0a1b2c3d',
    folder: project,
    path: '/websocket',
    stages: ['release'],
    port: 0,
    backendTimeout: 15,
    authentication: { type: 'none' },
    integrationResponse: false,
    functions: [functionSpec],
    roles: { transfer: 'Function' },
    emulator: { ...defaultEmulatorOptions, ...emulator },
  };
  let instances = 0;
  const clockFile = startClockFile(clock);
  const runtime = startFunctionRuntime('chat/Function', functionSpec, {
    service,
    clock,
    clockFile: clockFile.path,
    dispatcher: new Dispatcher<Run>(),
    record: (body: FactBody, payload) => recorder.record(body, payload),
    pushUrl: (_function, instance) => `${pushUrl ?? 'http://127.0.0.1:9/api-0a1b2c3d'}/${instance}`,
    nextInstance: () => ++instances,
    interpreters: {},
    bootstrapFolder,
  });
  const bench: Bench = {
    folder,
    clock,
    clockFile,
    recorder,
    get facts() {
      recorder.settle();
      return facts;
    },
    runtime,
    service,
    write,
    async invoke(event: unknown = {}, json = JSON.stringify(event)) {
      const invocation = randomUUID();
      const result = await runtime.invoke({
        invocation,
        eventJson: json,
        role: null,
        connection: null,
        cause: null,
      });
      return { ...result, invocation, value: JSON.parse(result.resultJson) as unknown };
    },
    of<K extends FactKind>(kind: K) {
      return bench.facts.filter((fact): fact is FactOf<K> => fact.kind === kind);
    },
    until<K extends FactKind>(kind: K, matches: (fact: FactOf<K>) => boolean = () => true) {
      return new Promise<FactOf<K>>((resolve) => {
        const look = () => {
          const found = bench.of(kind).find(matches);
          if (found !== undefined) {
            waiting.delete(look);
            resolve(found);
          }
        };
        waiting.add(look);
        look();
      });
    },
    logs(invocation) {
      return bench
        .of('log')
        .filter((fact) => fact.invocation === invocation && fact.stream !== 'platform')
        .map(({ stream, level, text }) => `${stream} ${level} ${text}`);
    },
  };
  benches.push(bench);
  return bench;
}

/** To be called after each test. */
export async function disposeBenches(): Promise<void> {
  for (const bench of benches.splice(0)) {
    await bench.runtime.dispose();
    bench.clockFile.dispose();
    bench.clock.dispose();
    fs.rmSync(bench.service.folder, { recursive: true, force: true });
  }
}

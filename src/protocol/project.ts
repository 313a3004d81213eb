/**
 * The project file `scfws.json`: what one WebSocket API and its functions look like on this machine.
 * Reading and validation live in core/project; these are the words that everyone shares.
 */
import {
  closeCauses,
  type CloseCause,
  defaultEmulatorOptions,
  type EmulatorOptions,
} from './emulatorOptions';

/** The three roles a function can play. The vendor's console calls them Register, Transmission and Delete. */
export type Role = 'register' | 'transfer' | 'cleanup';
export const roles: readonly Role[] = ['register', 'transfer', 'cleanup'];

/** The stages of an API (documented: API Gateway pages). */
export const stages = ['release', 'prepub', 'test'] as const;
export type Stage = (typeof stages)[number];

/** How a handler is run. `python` and `node` load `file.function`; `custom` runs a `bootstrap` file; `go` runs a binary. */
export type RuntimeFamily = 'python' | 'node' | 'custom' | 'go';

/** One function: a folder with a handler in it. */
export interface FunctionSpec {
  /** Shown to people and given to the handler as `function_name`. Default: the folder's base name. */
  name: string;
  /** Absolute path of the code directory. */
  folder: string;
  /** `file.function`, e.g. `index.main_handler`; for `custom` and `go` the file to execute. */
  handler: string;
  /** As written, e.g. `Python3.9`, `Nodejs18.15`, `CustomRuntime`, `Go1`. */
  runtime: string;
  family: RuntimeFamily;
  /** `3.9`, `18.15`; undefined: whichever is found first. */
  runtimeVersion?: string;
  /** Seconds, 1–900 (documented). */
  timeout: number;
  /** Seconds, 3–300 (documented). */
  initTimeout: number;
  /** MB: 64, or 128–3072 in steps of 128 (documented). */
  memory: number;
  /** How many events may run at the same time, each in an instance of its own. */
  maxInstances: number;
  environment: Record<string, string>;
  /** Absolute path of an interpreter that this project asks for. */
  interpreter?: string;
  /**
   * Built before it runs (TypeScript that the interpreter does not run as it is written): the emulator starts `command` in the project
   * folder, with an open stdin at whose end it should finish, and keeps it watching. `node` as the program stands for
   * the function's interpreter. The handler is then loaded from `folder` (absolute; default: the code directory).
   */
  build?: {
    command: string[];
    folder?: string;
    /** It was built already, for a whole run of tests: nothing is started. */
    done?: true;
  };
}

/** Authentication type of the API (usage page: none; kinds from the API Gateway pages). */
export type Authentication =
  { type: 'none' } | { type: 'keyPair'; secretId: string; secretKey: string };

export { closeCauses, type CloseCause, defaultEmulatorOptions, type EmulatorOptions };

/** A WebSocket API as it is served: one project file, resolved. */
export interface ServiceSpec {
  /** Unique in a session; `serviceName` of the register event. */
  name: string;
  /** `service-` and 8 characters; made once per project and kept in `.scfws/`. */
  serviceId: string;
  /** `api-` and 8 lower-case letters or digits: the secret part of the push address, kept in `.scfws/`. */
  pushKey: string;
  /** Absolute path of the project folder. */
  folder: string;
  /** Path template, e.g. `/websocket` or `/chat/{room}`. */
  path: string;
  stages: Stage[];
  /** Wished port; the next free one is taken when it is busy. */
  port: number;
  /** Seconds, 1–1800, default 15 (documented): the idle limit of a connection. */
  backendTimeout: number;
  authentication: Authentication;
  /** The usage page's "integration response", off by default. */
  integrationResponse: boolean;
  functions: FunctionSpec[];
  /** Role → name of a function in `functions`. Only `transfer` is required. */
  roles: Partial<Record<Role, string>> & { transfer: string };
  emulator: EmulatorOptions;
}

export const defaultPort = 9480;

/** A finding in a file that a person wrote. Lines and columns count from 0. */
export interface Problem {
  file: string;
  /** JSON path such as `functions.transfer.timeout`, empty for the whole file. */
  path: string;
  message: string;
  severity: 'error' | 'warning';
  /** The editor's JSON support says this as well, by itself or by the schema, where the file is open. */
  bySchema?: true;
  range?: { line: number; column: number; endLine: number; endColumn: number };
}

/** Identifies a function within a session: `<service>/<function name>`. */
export type FunctionId = string;

export function functionId(service: string, name: string): FunctionId {
  return `${service}/${name}`;
}

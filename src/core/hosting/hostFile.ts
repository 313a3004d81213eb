/** `host.json` of an exported folder: what `scfws export web-function` writes, and both hosts read. */
import type { Authentication, EmulatorOptions, Role, Stage } from '../../protocol/project';

export const hostFileName = 'host.json';

export interface HostFunction {
  name: string;
  /** Of the code, below the exported folder, with `/`. */
  folder: string;
  handler: string;
  runtime: string;
  /** Seconds. */
  timeout: number;
  initTimeout: number;
  /** MB. */
  memory: number;
  /** Processes that may run its events at the same time. */
  instances: number;
  environment: Record<string, string>;
}

export interface HostFile {
  name: string;
  serviceId: string;
  path: string;
  stages: Stage[];
  /** Seconds: the idle limit of a connection, kept by the host. */
  backendTimeout: number;
  authentication: Authentication;
  integrationResponse: boolean;
  functions: HostFunction[];
  roles: Partial<Record<Role, string>> & { transfer: string };
  emulator: EmulatorOptions;
}

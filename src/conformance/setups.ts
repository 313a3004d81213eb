/**
 * The APIs that the checks need: one project (or several on one port) for each way to configure an API. Checks name
 * the set-up that they run in; everything else about a project is the same everywhere.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { defaultEmulatorOptions, closeCauses, type EmulatorOptions } from '../protocol/project';

export type Language = 'python' | 'node';

interface FunctionPart {
  handler?: string;
  timeout?: number;
  initTimeout?: number;
  memory?: number;
  maxInstances?: number;
  runtime?: string;
}

interface ProjectPart {
  path: string;
  /** Names no limits: those are the documented ones. Elsewhere a slow machine gets more time. */
  bare?: true;
  stages?: string[];
  backendTimeout?: number;
  authentication?: object;
  integrationResponse?: boolean;
  emulator?: Partial<EmulatorOptions>;
  /** `null` leaves the function out, a role's name refers to that function. */
  register?: FunctionPart | null | 'transfer';
  transfer?: FunctionPart;
  cleanup?: FunctionPart | null | 'transfer';
}

/** Made up; the checks sign with them. */
export const keyPair = { secretId: 'AKIDconformance', secretKey: 'not-a-real-key' };

export const setups = {
  bare: [{ path: '/bare', bare: true }],
  default: [{ path: '/default', stages: ['release', 'prepub', 'test'] }],
  paths: [{ path: '/paths' }, { path: '/paths/exact' }, { path: '/paths/{room}' }],
  strict: [{ path: '/strict', emulator: { strict: true } }],
  documented: [{ path: '/documented', emulator: { registerEnvelope: 'documented' } }],
  full: [{ path: '/full/{room}', emulator: { registerEnvelope: 'full' } }],
  legacy: [{ path: '/legacy', emulator: { legacyAction: true } }],
  statuses: [
    {
      path: '/statuses',
      backendTimeout: 2,
      emulator: {
        refusalStatus: 401,
        failureStatus: 500,
        timeoutStatus: 408,
        pushErrorStatus: 400,
        pushCloseCode: 4000,
        idleCloseCode: 1008,
      },
    },
  ],
  instances: [{ path: '/instances', transfer: { maxInstances: 4 } }],
  parallel: [
    {
      path: '/parallel',
      transfer: { maxInstances: 3 },
      emulator: { transferConcurrency: 'parallel' },
    },
  ],
  hasty: [
    {
      path: '/hasty',
      register: { timeout: 2 },
      transfer: { timeout: 2 },
      cleanup: { timeout: 2 },
    },
  ],
  closeOnUserError: [
    { path: '/close', transfer: { timeout: 2 }, emulator: { closeOnUserError: true } },
  ],
  impatient: [
    {
      path: '/impatient',
      backendTimeout: 3,
    },
  ],
  cleanupAlways: [
    {
      path: '/always',
      emulator: { cleanupOn: closeCauses.filter((cause) => cause !== 'gatewayStop') },
    },
  ],
  idleAlways: [{ path: '/idle', backendTimeout: 2, emulator: { cleanupOn: ['idle'] } }],
  cleanupNever: [{ path: '/never', emulator: { cleanupOn: [] } }],
  queue: [{ path: '/queue', emulator: { queueUntilOpen: true } }],
  pingCounts: [{ path: '/ping', backendTimeout: 3, emulator: { idleResetOn: ['ping'] } }],
  noRedirect: [{ path: '/direct', emulator: { redirectPush: false } }],
  cold: [{ path: '/cold', emulator: { coldStart: true } }],
  keyPair: [{ path: '/keys', authentication: { type: 'keyPair', ...keyPair } }],
  integration: [{ path: '/integration', integrationResponse: true }],
  transferOnly: [{ path: '/only', register: null, cleanup: null }],
  oneFunction: [{ path: '/one', register: 'transfer', cleanup: 'transfer' }],
  brokenRegister: [{ path: '/broken', register: { handler: 'index.nothing' } }],
  brokenTransfer: [{ path: '/unloadable', transfer: { handler: 'index.nothing' } }],
  slowLoad: [{ path: '/slow', transfer: { handler: 'slow.main_handler', initTimeout: 3 } }],
  lacking: [{ path: '/lacking', transfer: { handler: 'lacking.main_handler' } }],
  dated: [{ path: '/dated', transfer: { handler: 'dated.main_handler', runtime: 'Nodejs8.9' } }],
  oldNode: [{ path: '/old', transfer: { runtime: 'Nodejs8.9' } }],
} satisfies Record<string, ProjectPart[]>;

export type SetupName = keyof typeof setups;

/** Languages of a set-up that is not for all. */
export const setupLanguages: Partial<Record<SetupName, Language>> = {
  oldNode: 'node',
  dated: 'node',
};

const folderNames = { register: 'Register', transfer: 'Transmission', cleanup: 'Delete' } as const;

export interface WriteOptions {
  language: Language;
  /** As in scfws.json, e.g. `Python2.7`. */
  runtime: string;
  /** Program that runs the handlers; undefined: whatever is found. */
  interpreter?: string;
  mailbox: string;
  /** Folder with `python/` and `node/`. */
  fixtureFolder: string;
}

/** Writes the projects of a set-up below `folder`; resolves with their folders. */
export async function writeSetup(
  name: SetupName,
  folder: string,
  options: WriteOptions,
): Promise<string[]> {
  const parts: readonly ProjectPart[] = setups[name];
  return Promise.all(
    parts.map(async (part, index) => {
      const project = path.join(folder, index === 0 ? name : `${name}-${index + 1}`);
      await fs.mkdir(project, { recursive: true });
      const file = projectFile(part, path.basename(project), options);
      await fs.writeFile(
        path.join(project, 'scfws.json'),
        `${JSON.stringify(file, undefined, 2)}\n`,
      );
      for (const role of ['register', 'transfer', 'cleanup'] as const) {
        if (typeof file.functions[role] === 'object') {
          const code = path.join(project, folderNames[role]);
          await fs.cp(path.join(options.fixtureFolder, options.language), code, {
            recursive: true,
          });
        }
      }
      return project;
    }),
  );
}

function projectFile(part: ProjectPart, service: string, options: WriteOptions) {
  const { register = {}, transfer = {}, cleanup = {}, emulator, bare, ...rest } = part;
  const { interpreter } = options;
  const describe = (role: keyof typeof folderNames, own: FunctionPart | string | null) =>
    own === null || typeof own === 'string'
      ? own
      : {
          folder: folderNames[role],
          runtime: options.runtime,
          ...(interpreter === undefined ? {} : { interpreter }),
          environment: { CONFORMANCE_MAILBOX: options.mailbox, CONFORMANCE_ROLE: role },
          ...(bare === true ? {} : { timeout: 30 }),
          ...own,
        };
  const functions: Record<string, object | string> = {};
  for (const [role, own] of Object.entries({ register, transfer, cleanup })) {
    const described = describe(role as keyof typeof folderNames, own);
    if (described !== null) {
      functions[role] = described;
    }
  }
  return {
    service,
    ...(bare === true ? {} : { backendTimeout: 60 }),
    ...rest,
    functions,
    emulator: { ...defaultEmulatorOptions, ...emulator },
  };
}

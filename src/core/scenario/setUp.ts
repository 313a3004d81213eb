/** What a scenario finds when it begins: an empty store, and whatever its set-up command made. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../errors';
import { forgetTree, killTree, spawnTree } from '../runtime/process/processTree';

/** The variable that names the store's folder for handlers and for the set-up command. */
export const storeVariable = 'SCFWS_STORE';

export async function makeStore(): Promise<{ folder: string; dispose(): Promise<void> }> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'scfws-store-'));
  return {
    folder,
    dispose: () => fs.rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export interface SetUp {
  command: readonly string[];
  cwd: string;
  env: Record<string, string>;
  bootstrapFolder: string;
  signal: AbortSignal;
  /** Milliseconds. */
  limit: number;
}

/** Characters of its output that a failure shows. */
const shownOutput = 2000;
/** Characters that are read of what it prints. */
const largestOutput = 16 * 1024 * 1024;

/** Rejects with a `UserError` when it fails. */
export async function runSetUp(setUp: SetUp): Promise<void> {
  await runCommand(setUp, (told, how) => l10n.t('The set-up command "{0}" {1}.', told, how));
}

/**
 * Runs a program without a shell; its whole tree ends with the run. Resolves with what it printed, rejects with a
 * `UserError` when it fails.
 */
export async function runCommand(
  { command, cwd, env, bootstrapFolder, signal, limit }: SetUp,
  sentence: (command: string, how: string) => string,
): Promise<string> {
  const [program = '', ...args] = command;
  const told = command.join(' ');
  const failed = (how: string, output: string): UserError =>
    new UserError(
      'setUpFailed',
      sentence(told, how),
      output.trim() === '' ? l10n.t('Run it in {0} to see why.', cwd) : `\n${output.trim()}`,
    );
  return new Promise<string>((resolve, reject) => {
    const child = spawnTree(program === 'node' ? process.execPath : program, args, {
      cwd,
      env: { ...processEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      bootstrapFolder,
    });
    let output = '';
    const printed: string[] = [];
    let size = 0;
    child.stdout?.on('data', (chunk: Buffer | string) => {
      size += chunk.length;
      if (size <= largestOutput) {
        printed.push(String(chunk));
      }
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output = (output + chunk).slice(-shownOutput);
      });
    }
    let isLate = false;
    const end = (): void => killTree(child);
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, limit);
    signal.addEventListener('abort', end, { once: true });
    const finish = (settle: () => void): void => {
      forgetTree(child);
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      settle();
    };
    child.once('error', (error) =>
      finish(() => reject(failed(l10n.t('cannot be run: {0}', error.message), ''))),
    );
    child.once('close', (code, killed) =>
      finish(() => {
        if (code === 0) {
          resolve(printed.join(''));
        } else {
          const how = isLate
            ? l10n.t('did not end within {0} s', limit / 1000)
            : killed === null
              ? l10n.t('ended with code {0}', code ?? 1)
              : l10n.t('was ended by {0}', killed);
          reject(failed(how, output));
        }
      }),
    );
  });
}

function processEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

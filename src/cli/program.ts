/** Programs of this package that are no part of the command line itself, and not packed into the extension. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';

/** Runs dist/<name> with its wishes as one JSON argument; resolves with its exit code. */
export async function runProgram(name: string, wishes: object): Promise<number> {
  const file = path.join(__dirname, name);
  if (!fs.existsSync(file)) {
    throw new UserError(
      'notPacked',
      l10n.t('{0} is not part of the extension.', path.parse(name).name),
      l10n.t('Run it from the npm package or from a clone of the repository.'),
    );
  }
  const child = spawn(process.execPath, [file, JSON.stringify(wishes)], { stdio: 'inherit' });
  // Ctrl+C reaches the whole group by itself; what is sent to this process alone is passed on.
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGTERM', passOn).on('SIGHUP', passOn);
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Installs a library that the cloud has built in, into a virtual environment of the project. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { FunctionId } from '../../protocol/project';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { Cancelled, registerCommand } from './register';

interface Installation {
  interpreter: string;
  packages: string[];
  function: FunctionId;
}

export function registerInstallLibrary(parts: Parts): vscode.Disposable {
  return registerCommand(parts.log, commands.installLibrary, (what: Installation) =>
    install(parts, what),
  );
}

async function install(parts: Parts, what: Installation): Promise<void> {
  const view = parts.gateway.state.functions.get(what.function);
  const folder = view === undefined ? undefined : parts.projects.ofFile(view.info.file)?.folder;
  if (folder === undefined) {
    throw new UserError('unknownFunction', l10n.t('The project of this function was not found.'));
  }
  const environment = path.join(folder, '.venv');
  const windows = process.platform === 'win32';
  const python = path.join(
    environment,
    ...(windows ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Installing {0}', what.packages.join(', ')),
      cancellable: true,
    },
    async (progress, token) => {
      if (!existsSync(python)) {
        progress.report({ message: l10n.t('making the virtual environment .venv') });
        await run(parts, token, what.interpreter, ['-m', 'venv', environment], folder);
      }
      progress.report({ message: l10n.t('running pip') });
      const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', ...what.packages];
      await run(parts, token, python, pip, folder);
    },
  );
  await parts.gateway.ask('restartFunction', { function: what.function });
  vscode.window.setStatusBarMessage(
    l10n.t('Installed {0} in {1}.', what.packages.join(', '), environment),
    6000,
  );
}

function run(
  parts: Parts,
  token: vscode.CancellationToken,
  program: string,
  args: string[],
  cwd: string,
): Promise<void> {
  const line = [program, ...args].join(' ');
  parts.log.info(line);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      parts.log.info(chunk.toString().trimEnd());
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    token.onCancellationRequested(() => child.kill());
    const fail = (reason: string) =>
      reject(
        new UserError(
          'installFailed',
          l10n.t('{0} failed: {1}', line, reason),
          l10n.t('The log has all of its output.'),
        ),
      );
    child.on('error', (error) => fail(error.message));
    child.on('close', (code) => {
      if (token.isCancellationRequested) {
        reject(new Cancelled());
      } else if (code === 0) {
        resolve();
      } else {
        fail(said.trim().split('\n').at(-1) ?? String(code));
      }
    });
  });
}

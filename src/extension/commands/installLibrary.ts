/** Installs a missing library, once a person has seen the commands. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { Installation } from '../../protocol/fact';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { explainFailedInstall, lineOf, planInstallation } from './installPlan';
import type { FailedInstall, InstallPlan } from './installPlan';
import { Cancelled, registerCommand } from './register';

export function registerInstallLibrary(parts: Parts): vscode.Disposable {
  return registerCommand(parts.log, commands.installLibrary, (what: Installation) =>
    install(parts, what),
  );
}

/** Resolves with true when all of it is installed, and the functions that it is for run with it. */
async function install(parts: Parts, what: Installation): Promise<true> {
  const view = parts.gateway.state.functions.get(what.function);
  const projectFolder =
    view === undefined ? undefined : parts.projects.ofFile(view.info.file)?.folder;
  if (view === undefined || projectFolder === undefined) {
    throw new UserError('unknownFunction', l10n.t('The project of this function was not found.'));
  }
  const plan = planInstallation(what, {
    projectFolder,
    functionFolder: view.info.folder,
    platform: process.platform,
    exists: existsSync,
  });
  const names = what.packages.join(', ') || l10n.t('the packages of this project');
  await confirm(plan, names, what.isKnown);
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Installing {0}', names),
      cancellable: true,
    },
    async (progress, token) => {
      for (const { program, args } of plan.steps) {
        progress.report({ message: lineOf({ program, args }) });
        await run(parts, token, program, args, plan.folder);
      }
    },
  );
  // An environment serves all functions of the project.
  const served = [...parts.gateway.state.functions.values()].filter(
    ({ info }) =>
      info.function === what.function ||
      (what.family === 'python' &&
        info.family === 'python' &&
        parts.projects.ofFile(info.file)?.folder === projectFolder),
  );
  for (const { info } of served) {
    await parts.gateway.ask('restartFunction', { function: info.function });
  }
  vscode.window.setStatusBarMessage(l10n.t('Installed {0} in {1}.', names, plan.folder), 6000);
  return true;
}

/** The name came from code: a person sees what would be fetched, and where it would go, before anything runs. */
async function confirm(plan: InstallPlan, names: string, isKnown: boolean): Promise<void> {
  const detail = [
    ...(isKnown
      ? []
      : [l10n.t('If this is a module of your own, correct its name instead of installing it.')]),
    l10n.t('These commands run in {0}:', plan.folder),
    ...plan.steps.map(lineOf),
  ].join('\n\n');
  const go = l10n.t('Install');
  const choice = await vscode.window.showWarningMessage(
    l10n.t('Install {0}?', names),
    { modal: true, detail },
    go,
  );
  if (choice !== go) {
    throw new Cancelled();
  }
}

function run(
  parts: Parts,
  token: vscode.CancellationToken,
  program: string,
  args: string[],
  cwd: string,
): Promise<void> {
  const line = lineOf({ program, args });
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
    const fail = ({ reason, nextStep }: FailedInstall) =>
      reject(
        new UserError(
          'installFailed',
          l10n.t('{0} failed: {1}', line, reason),
          nextStep ?? l10n.t('The log has all of its output.'),
        ),
      );
    child.on('error', (error) => fail({ reason: error.message }));
    child.on('close', (code) => {
      if (token.isCancellationRequested) {
        reject(new Cancelled());
      } else if (code === 0) {
        resolve();
      } else {
        fail(explainFailedInstall(program, said === '' ? String(code) : said));
      }
    });
  });
}

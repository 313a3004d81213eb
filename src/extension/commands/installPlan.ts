/** Which commands install a missing library, and where. Pure. */
import path from 'node:path';
import { l10n } from 'vscode';
import type { DiagnosticFix } from '../../protocol/fact';

export interface InstallPlan {
  /** Where the commands run. */
  folder: string;
  steps: { program: string; args: string[] }[];
}

export interface InstallPlace {
  projectFolder: string;
  functionFolder: string;
  platform: NodeJS.Platform;
  exists(file: string): boolean;
}

/**
 * Python: into what runs the function afterwards, which is the virtual environment that the interpreter is of, or the
 * interpreter that a person named; else the project's `.venv`, which is made first and sees what its maker has. Node.js: into the function's own folder.
 */
export function planInstallation(
  { family, interpreter, isNamed = false, packages, folder }: DiagnosticFix,
  { projectFolder, functionFolder: own, platform, exists }: InstallPlace,
): InstallPlan {
  const functionFolder = folder ?? own;
  const windows = platform === 'win32';
  if (family === 'node') {
    // Without the prefix npm would take the next folder above that has a package.json.
    const args = ['install', '--prefix', functionFolder, ...packages];
    const bin = path.dirname(interpreter);
    const script = path.join(
      ...(windows ? [bin] : [bin, '..', 'lib']),
      ...['node_modules', 'npm', 'bin', 'npm-cli.js'],
    );
    // No shell is spawned, and on Windows `npm` is a script of the shell.
    const step = exists(script)
      ? { program: interpreter, args: [script, ...args] }
      : { program: 'npm', args };
    return { folder: functionFolder, steps: [step] };
  }
  const environment = path.join(projectFolder, '.venv');
  const python = path.join(
    environment,
    ...(windows ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', ...packages];
  if (isNamed || exists(path.join(path.dirname(interpreter), '..', 'pyvenv.cfg'))) {
    return { folder: projectFolder, steps: [{ program: interpreter, args: pip }] };
  }
  const make = {
    program: interpreter,
    args: ['-m', 'venv', '--system-site-packages', environment],
  };
  return {
    folder: projectFolder,
    steps: [...(exists(python) ? [] : [make]), { program: python, args: pip }],
  };
}

export interface FailedInstall {
  /** One line. */
  reason: string;
  /** What to do; undefined: only its output may tell. */
  nextStep?: string;
}

/** Why a command failed, from all that it printed, and what helps. */
export function explainFailedInstall(program: string, said: string): FailedInstall {
  if (/externally[- ]managed/i.test(said)) {
    return {
      reason: l10n.t('its system manages this Python and lets no packages be added (PEP 668)'),
      nextStep: l10n.t(
        'Name it no longer for this project ("interpreter" in scfws.json, the setting scfWebSocket.pythonPath, or SCFWS_PYTHON) and install again: then the project gets an environment of its own in .venv.',
      ),
    };
  }
  if (/No module named '?pip\b/.test(said)) {
    const line = lineOf({ program, args: ['-m', 'ensurepip', '--upgrade'] });
    return {
      reason: l10n.t('this Python has no pip'),
      nextStep: l10n.t('Run {0} once, then install again.', line),
    };
  }
  return { reason: said.trim().split('\n').at(-1) ?? '' };
}

export function lineOf({ program, args }: InstallPlan['steps'][number]): string {
  return [program, ...args].map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ');
}

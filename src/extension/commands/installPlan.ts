/** Which commands install a missing library, and where. Pure. */
import path from 'node:path';
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
 * Python: into the virtual environment that the interpreter is of, else into the project's `.venv`, which is made first
 * and sees what its maker has. Node.js: into the function's own folder.
 */
export function planInstallation(
  { family, interpreter, packages, folder }: DiagnosticFix,
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
  if (exists(path.join(path.dirname(interpreter), '..', 'pyvenv.cfg'))) {
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

export function lineOf({ program, args }: InstallPlan['steps'][number]): string {
  return [program, ...args].map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ');
}

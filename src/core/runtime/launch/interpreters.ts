/**
 * Which program runs a handler. `planInterpreters` lists the candidates in order, purely; `findInterpreter` asks
 * each for its version and takes the first that answers and fits. Never the program that runs this process: in
 * an editor that is Electron.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { UserError } from '../../errors';

export type ScriptFamily = 'python' | 'node';

/** Where a candidate comes from; the first four were chosen for this project and are taken whatever their version. */
export type InterpreterSource =
  'project' | 'setting' | 'environment' | 'venv' | 'editor' | 'path' | 'pyenv' | 'nvm';

export interface InterpreterCandidate {
  /** Absolute path, or a name to be found on PATH. */
  program: string;
  source: InterpreterSource;
}

export interface Interpreter {
  /** Absolute path. */
  program: string;
  /** `3.11.7` */
  version: string;
  source: InterpreterSource;
  /** One sentence: what was taken, and why. */
  why: string;
  /** Set when it is not the version that the function's `runtime` names. */
  wished?: string;
}

export interface InterpreterPlan {
  family: ScriptFamily;
  /** `3.9`, `18.15`: the version that the function's runtime names. */
  wished: string | undefined;
  candidates: InterpreterCandidate[];
}

interface Machine {
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  /**
   * The program that a name on PATH stands for, where that is known without running it (a shim of pyenv is a
   * shell script that takes half a second); else the name.
   */
  onPath(name: string): string;
  /** Versions under pyenv or nvm: folder name (`3.9.18`, `v20.1.0`) → program. */
  versions: { version: string; program: string; source: 'pyenv' | 'nvm' }[];
}

export function planInterpreters(
  spec: Pick<FunctionSpec, 'family' | 'runtimeVersion' | 'interpreter'>,
  projectFolder: string,
  setting: string | undefined,
  machine: Machine,
  editorPython?: string,
): InterpreterPlan {
  const family: ScriptFamily = spec.family === 'node' ? 'node' : 'python';
  const wished = spec.runtimeVersion;
  const candidates: InterpreterCandidate[] = [];
  const add = (program: string | undefined, source: InterpreterSource) => {
    if (program !== undefined && program !== '') {
      candidates.push({ program: source === 'path' ? machine.onPath(program) : program, source });
    }
  };
  add(spec.interpreter, 'project');
  add(setting, 'setting');
  add(machine.env[family === 'python' ? 'SCFWS_PYTHON' : 'SCFWS_NODE'], 'environment');
  if (family === 'python') {
    const inside = machine.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
    add(path.join(projectFolder, '.venv', ...inside), 'venv');
    // Often only what the editor came upon, so that it counts like any other of the machine, if first.
    add(editorPython, 'editor');
  }
  const ofVersion = (fits: (version: string) => boolean) =>
    machine.versions
      .filter(({ version }) => fits(version))
      .sort((one, other) => compareVersions(other.version, one.version))
      .forEach(({ program, source }) => add(program, source));
  const major = wished?.split('.')[0];
  if (family === 'python') {
    if (wished !== undefined) {
      add(`python${wished}`, 'path');
      ofVersion((version) => fitsWish(version, wished));
      add(`python${major}`, 'path');
      add('python', 'path');
      ofVersion((version) => version.split('.')[0] === major);
    } else {
      add('python3', 'path');
      add('python', 'path');
      ofVersion((version) => version.startsWith('3.'));
    }
    if (machine.platform === 'win32') {
      add('py', 'path');
    }
  } else {
    if (wished !== undefined) {
      ofVersion((version) => version.split('.')[0] === major);
    }
    add('node', 'path');
    ofVersion(() => true);
  }
  const seen = new Set<string>();
  return {
    family,
    wished,
    candidates: candidates.filter(({ program }) => !seen.has(program) && seen.add(program)),
  };
}

/** Whether a person chose it for this project, before any environment that the project has. */
export function isNamed({ source }: Interpreter): boolean {
  return source === 'project' || source === 'setting' || source === 'environment';
}

/** Whether it is of a later version than the function is for, so that it runs what that one does not. */
export function isNewer({ version, wished }: Interpreter): boolean {
  return wished !== undefined && compareVersions(version, wished) > 0;
}

/** Resolves with the interpreter; rejects with a `UserError` that names everything that was searched. */
export async function findInterpreter(plan: InterpreterPlan): Promise<Interpreter> {
  let secondBest: { program: string; version: string; source: InterpreterSource } | undefined;
  for (const { program, source } of plan.candidates) {
    const asked = source === 'project' || source === 'setting' || source === 'environment';
    const found = await probe(program, plan.family);
    if (found === undefined) {
      if (asked) {
        throw notRunnable(program, source, plan.family, await runnable(plan));
      }
      continue;
    }
    if (
      asked ||
      source === 'venv' ||
      plan.wished === undefined ||
      fitsWish(found.version, plan.wished)
    ) {
      return describe({ ...found, source }, plan);
    }
    // Python 2 code does not run on Python 3 and the reverse; a neighbour of the same major version does.
    const sameMajor = found.version.split('.')[0] === plan.wished.split('.')[0];
    if (secondBest === undefined && (plan.family === 'node' || sameMajor)) {
      secondBest = { ...found, source };
    }
  }
  if (secondBest !== undefined) {
    return describe(secondBest, plan);
  }
  const name = plan.family === 'python' ? 'Python' : 'Node.js';
  const wanted = plan.wished === undefined ? name : `${name} ${plan.wished}`;
  const searched = plan.candidates.map(({ program }) => program).join(', ');
  throw new UserError(
    'interpreterNotFound',
    l10n.t('{0} was not found. Searched: {1}.', wanted, searched),
    plan.family === 'python'
      ? l10n.t(
          'Install {0}, or name a program in scfws.json ("interpreter"), in the setting scfWebSocket.pythonPath, or in the environment variable SCFWS_PYTHON.',
          wanted,
        )
      : l10n.t(
          'Install {0}, or name a program in scfws.json ("interpreter"), in the setting scfWebSocket.nodePath, or in the environment variable SCFWS_NODE.',
          wanted,
        ),
    undefined,
    undefined,
    await runnable(plan),
  );
}

/** Programs of this machine that would run, those of the version that is asked for first. */
async function runnable({ family, wished, candidates }: InterpreterPlan): Promise<string[]> {
  const any = planInterpreters({ family }, '', undefined, thisMachine(family));
  const programs = new Set([...candidates, ...any.candidates].map(({ program }) => program));
  const found = await Promise.all([...programs].map((program) => probe(program, family)));
  const there = found.filter((each) => each !== undefined);
  const fits = ({ version }: { version: string }) =>
    Number(wished !== undefined && fitsWish(version, wished));
  there.sort(
    (one, other) => fits(other) - fits(one) || compareVersions(other.version, one.version),
  );
  return [...new Set(there.map(({ program }) => program))].slice(0, 4);
}

/** What `planInterpreters` must know of this machine. */
export function thisMachine(family: ScriptFamily): Machine {
  const versions: Machine['versions'] = [];
  const windows = process.platform === 'win32';
  const list = (folder: string, inside: string[], source: 'pyenv' | 'nvm') => {
    let names: string[] = [];
    try {
      names = fs.readdirSync(folder);
    } catch {
      return; // Not installed.
    }
    for (const name of names) {
      const version = /^v?(\d+(?:\.\d+)*)$/.exec(name)?.[1];
      if (version !== undefined) {
        versions.push({ version, program: path.join(folder, name, ...inside), source });
      }
    }
  };
  if (family === 'python') {
    const pyenv = process.env['PYENV_ROOT'] ?? path.join(os.homedir(), '.pyenv');
    list(path.join(pyenv, 'versions'), windows ? ['python.exe'] : ['bin', 'python'], 'pyenv');
  } else {
    const nvm = process.env['NVM_DIR'] ?? path.join(os.homedir(), '.nvm');
    list(path.join(nvm, 'versions', 'node'), ['bin', 'node'], 'nvm');
  }
  return { env: process.env, platform: process.platform, versions, onPath: behindShim };
}

function behindShim(name: string): string {
  const folder = folderOnPath(name);
  if (folder === undefined || path.basename(folder) !== 'shims') {
    return name;
  }
  const root = path.dirname(folder);
  let chosen = process.env['PYENV_VERSION'] ?? '';
  try {
    chosen ||= fs.readFileSync(path.join(root, 'version'), 'utf8');
  } catch {
    return name; // Some other tool's shims.
  }
  const programs = chosen
    .split(/[\s:]+/)
    .map((version) => path.join(root, 'versions', version, 'bin', name));
  // A shim for a version that is not chosen only says so; what is under pyenv comes later in the plan.
  return programs.find((program) => fs.existsSync(program)) ?? programs[0] ?? name;
}

function folderOnPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.find((one) => one !== '' && fs.existsSync(path.join(one, name)));
}

/** `3.9.18` fits the wish `3.9`; `18.20.1` fits `18.15` since only the major version of Node.js matters. */
export function fitsWish(version: string, wished: string): boolean {
  const have = version.split('.');
  const want = wished.split('.');
  // A runtime such as Nodejs18.15 stands for the whole line 18; Python's lines are minor versions.
  const parts = Number(want[0]) > 3 ? 1 : want.length;
  return want.slice(0, parts).every((part, index) => part === have[index]);
}

function compareVersions(one: string, other: string): number {
  const left = one.split('.').map(Number);
  const right = other.split('.').map(Number);
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

const questions: Record<ScriptFamily, string[]> = {
  python: [
    '-E',
    '-S',
    '-c',
    'import sys; sys.stdout.write("%d.%d.%d\\n%s" % (sys.version_info[0], sys.version_info[1], sys.version_info[2], sys.executable))',
  ],
  node: ['-p', 'process.versions.node + "\\n" + process.execPath'],
};

const answers = new Map<string, Promise<{ program: string; version: string } | undefined>>();

/** Version and real path of a program (a shim names the program behind it); undefined when it does not run. */
function probe(
  program: string,
  family: ScriptFamily,
): Promise<{ program: string; version: string } | undefined> {
  const key = `${family} ${program}`;
  let answer = answers.get(key);
  if (answer === undefined) {
    answer = ask(program, family);
    answers.set(key, answer);
    // What failed is asked again next time: the person may have installed it meanwhile.
    void answer.then((found) => found === undefined && answers.delete(key));
  }
  return answer.then((found) => {
    if (found !== undefined && !fs.existsSync(found.program)) {
      answers.delete(key); // Removed since.
      return ask(program, family);
    }
    return found;
  });
}

function ask(
  program: string,
  family: ScriptFamily,
): Promise<{ program: string; version: string } | undefined> {
  if (family === 'node' && process.versions['electron'] === undefined && isThisProgram(program)) {
    return Promise.resolve({ program: process.execPath, version: process.versions.node });
  }
  const env = { ...process.env };
  delete env['NODE_OPTIONS'];
  delete env['ELECTRON_RUN_AS_NODE'];
  return new Promise((resolve) => {
    execFile(
      program,
      questions[family],
      { env, timeout: 10_000, windowsHide: true },
      (error, stdout) => {
        const [version, executable] = stdout.trim().split(/\r?\n/);
        const fine = error === null && /^\d+\.\d+\.\d+$/.test(version ?? '') && executable;
        resolve(fine ? { program: executable, version: version ?? '' } : undefined);
      },
    );
  });
}

/** Then it need not be started to be asked: that takes longer than to start a function. */
function isThisProgram(program: string): boolean {
  const folder = path.isAbsolute(program) ? '' : (folderOnPath(program) ?? '');
  try {
    return fs.realpathSync(path.join(folder, program)) === fs.realpathSync(process.execPath);
  } catch {
    return false;
  }
}

function describe(
  found: { program: string; version: string; source: InterpreterSource },
  plan: InterpreterPlan,
): Interpreter {
  const name = `${plan.family === 'python' ? 'Python' : 'Node.js'} ${found.version} (${found.program})`;
  const fits = plan.wished === undefined || fitsWish(found.version, plan.wished);
  const why = l10n.t('{0}, {1}', name, reasonOf(found.source));
  return {
    ...found,
    why: fits ? why : l10n.t('{0}; {1} was asked for and not found', why, plan.wished ?? ''),
    wished: fits ? undefined : plan.wished,
  };
}

function reasonOf(source: InterpreterSource): string {
  switch (source) {
    case 'project':
      return l10n.t('named by scfws.json');
    case 'setting':
      return l10n.t('named by the setting or the flag');
    case 'environment':
      return l10n.t('named by an environment variable');
    case 'venv':
      return l10n.t("the project's own virtual environment");
    case 'editor':
      return l10n.t('chosen in the Python extension of the editor');
    case 'path':
      return l10n.t('found on PATH');
    case 'pyenv':
      return l10n.t('found under pyenv');
    case 'nvm':
      return l10n.t('found under nvm');
  }
}

function notRunnable(
  program: string,
  source: InterpreterSource,
  family: ScriptFamily,
  choices: readonly string[],
): UserError {
  const name = family === 'python' ? 'Python' : 'Node.js';
  return new UserError(
    'interpreterNotFound',
    l10n.t('{0}, {1}, does not run as {2}.', program, reasonOf(source), name),
    l10n.t('Correct the path, or remove it so that the interpreter is searched on PATH.'),
    undefined,
    undefined,
    choices,
  );
}

/** Reads the text of `scfws.json`. Pure but for two questions that the caller answers: nothing here throws. */
import os from 'node:os';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { getNodeValue } from 'jsonc-parser';
import type { JSONPath } from 'jsonc-parser';
import { defaultEmulatorOptions, defaultPort, roles } from '../../protocol/project';
import type {
  Authentication,
  EmulatorOptions,
  FunctionSpec,
  Problem,
  Role,
  RuntimeFamily,
  ServiceSpec,
  Stage,
} from '../../protocol/project';
import { handlerFiles } from './handlerFile';
import { parseJsonText, problemAt } from './jsonText';
import type { JsonText } from './jsonText';
import { schemaProblems } from './schemaProblems';

export const projectFileName = 'scfws.json';

/** What scfws.json says, with every default filled in. The identity of the project is not in the file. */
export type ProjectFile = Omit<ServiceSpec, 'serviceId' | 'pushKey'>;

/** What a project file does not know by itself. */
export interface Surroundings {
  /** Settings of the host; the file wins over them. */
  emulator?: Partial<EmulatorOptions>;
  /** Whether a file exists: tells the runtime of a function that names none by its handler's file. */
  exists?(file: string): boolean;
}

/** The file's shape after the schema has been satisfied. */
interface Written {
  service?: string;
  path?: string;
  stages?: Stage[];
  port?: number;
  backendTimeout?: number;
  authentication?: { type: Authentication['type']; secretId?: string; secretKey?: string };
  integrationResponse?: boolean;
  environment?: Record<string, string>;
  functions: Partial<Record<Role, WrittenFunction | Role>>;
  interpreters?: { python?: string; node?: string };
  emulator?: Partial<EmulatorOptions>;
}

interface WrittenFunction {
  name?: string;
  folder: string;
  handler?: string;
  runtime?: string;
  timeout?: number;
  initTimeout?: number;
  memory?: number;
  maxInstances?: number;
  environment?: Record<string, string>;
  interpreter?: string;
  build?: { command: string[]; folder?: string };
}

/**
 * The project that a text describes, and everything that is wrong with it. There is a value exactly when no
 * problem is an error.
 */
export function parseProjectFile(
  text: string,
  folder: string,
  surroundings: Surroundings = {},
): { value?: ProjectFile; problems: Problem[] } {
  const { json, problems } = parseJsonText(
    text.replace(/^\uFEFF/, ''),
    path.join(folder, projectFileName),
  );
  if (json.root === undefined || hasErrors(problems)) {
    return { problems };
  }
  const written: unknown = getNodeValue(json.root);
  problems.push(...schemaProblems(json, written));
  if (hasErrors(problems)) {
    return { problems };
  }
  const value = resolveProject(json, written as Written, folder, surroundings, problems);
  return hasErrors(problems) ? { problems } : { value, problems };
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

function resolveProject(
  json: JsonText,
  written: Written,
  folder: string,
  surroundings: Surroundings,
  problems: Problem[],
): ProjectFile {
  const apiPath = written.path ?? '/websocket';
  checkPathTemplate(json, apiPath, problems);
  const functions: FunctionSpec[] = [];
  const nameOfRole: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    const entry = written.functions[role];
    if (entry !== undefined && typeof entry !== 'string') {
      const place = ['functions', role];
      const spec = resolveFunction(json, place, entry, written, folder, surroundings, problems);
      spec.name = entry.name ?? freeName(spec.name, role, functions);
      if (functions.some((other) => other.name === spec.name)) {
        const message = l10n.t(
          'Another function is called "{0}". Give each its own "name".',
          spec.name,
        );
        problems.push(problemAt(json, place, 'error', message, 'key'));
      }
      functions.push(spec);
      nameOfRole[role] = spec.name;
    }
  }
  for (const role of roles) {
    const target = roleBehind(role, written.functions);
    if (target === undefined) {
      const message = l10n.t('"{0}" refers to a role that has no function.', role);
      problems.push(problemAt(json, ['functions', role], 'error', message));
    } else if (target !== null) {
      nameOfRole[role] = nameOfRole[target];
    }
  }
  return {
    name: written.service ?? nameOfFolder(folder),
    folder,
    path: apiPath,
    stages: written.stages ?? ['release'],
    port: written.port ?? defaultPort,
    backendTimeout: written.backendTimeout ?? 15,
    authentication: resolveAuthentication(json, written, problems),
    integrationResponse: written.integrationResponse ?? false,
    functions,
    roles: { ...nameOfRole, transfer: nameOfRole.transfer ?? '' },
    emulator: { ...defaultEmulatorOptions, ...surroundings.emulator, ...written.emulator },
  };
}

/** The role whose entry is a function, following names of roles; null: no entry; undefined: leads nowhere. */
function roleBehind(role: Role, functions: Written['functions']): Role | null | undefined {
  if (functions[role] === undefined) {
    return null;
  }
  const visited = new Set<Role>();
  let current = role;
  while (!visited.has(current)) {
    visited.add(current);
    const entry = functions[current];
    if (typeof entry !== 'string') {
      return entry === undefined ? undefined : current;
    }
    current = entry;
  }
  return undefined;
}

/** Functions in one folder share its name; the role tells them apart. */
function freeName(wished: string, role: Role, taken: readonly FunctionSpec[]): string {
  const consoleNames: Record<Role, string> = {
    register: 'Register',
    transfer: 'Transmission',
    cleanup: 'Delete',
  };
  return taken.some((other) => other.name === wished) ? consoleNames[role] : wished;
}

function resolveFunction(
  json: JsonText,
  place: JSONPath,
  entry: WrittenFunction,
  project: Written,
  folder: string,
  surroundings: Surroundings,
  problems: Problem[],
): FunctionSpec {
  const codeFolder = insideFolder(folder, entry.folder);
  if (codeFolder === undefined) {
    const message = l10n.t('"folder" must stay inside the project folder.');
    problems.push(problemAt(json, [...place, 'folder'], 'error', message));
  }
  const spec: FunctionSpec = {
    name: nameOfFolder(codeFolder ?? folder),
    folder: codeFolder ?? folder,
    handler: entry.handler ?? 'index.main_handler',
    runtime: entry.runtime ?? '',
    family: 'python',
    timeout: entry.timeout ?? 3,
    initTimeout: entry.initTimeout ?? 60,
    memory: entry.memory ?? 128,
    maxInstances: entry.maxInstances ?? 1,
    environment: { ...project.environment, ...entry.environment },
  };
  resolveRuntime(json, place, entry, spec, surroundings, problems);
  const interpreter = entry.interpreter ?? interpreterOf(spec.family, project.interpreters);
  if (interpreter !== undefined) {
    spec.interpreter = resolveInterpreter(folder, interpreter);
  }
  if (entry.build !== undefined) {
    spec.build = resolveBuild(json, [...place, 'build'], entry.build, folder, problems);
  }
  checkHandler(json, [...place, 'handler'], spec, problems);
  return spec;
}

function resolveBuild(
  json: JsonText,
  place: JSONPath,
  build: NonNullable<WrittenFunction['build']>,
  folder: string,
  problems: Problem[],
): NonNullable<FunctionSpec['build']> {
  if (build.folder === undefined) {
    return { command: build.command };
  }
  const outputFolder = insideFolder(folder, build.folder);
  if (outputFolder === undefined) {
    const message = l10n.t('"folder" must stay inside the project folder.');
    problems.push(problemAt(json, [...place, 'folder'], 'error', message));
  }
  return { command: build.command, folder: outputFolder ?? folder };
}

function resolveRuntime(
  json: JsonText,
  place: JSONPath,
  entry: WrittenFunction,
  spec: FunctionSpec,
  surroundings: Surroundings,
  problems: Problem[],
): void {
  const named = entry.runtime === undefined ? undefined : parseRuntime(entry.runtime);
  if (named !== undefined) {
    spec.family = named.family;
    spec.runtimeVersion = named.version;
    if (entry.handler === undefined && named.family === 'custom') {
      spec.handler = 'bootstrap';
    } else if (entry.handler === undefined && named.family === 'go') {
      spec.handler = 'main';
    }
    return;
  }
  const family = (['python', 'node'] as const).find((candidate) =>
    handlerFiles({ ...spec, family: candidate }).some((file) => surroundings.exists?.(file)),
  );
  if (family === undefined) {
    const message = l10n.t(
      'Say the "runtime": there is no file {0}.py or {0}.js here that would tell it.',
      spec.handler.split('.')[0] ?? '',
    );
    problems.push(problemAt(json, place, 'error', message, 'key'));
    return;
  }
  spec.family = family;
  spec.runtime = family === 'python' ? 'Python3' : 'Nodejs';
  spec.runtimeVersion = family === 'python' ? '3' : undefined;
}

/** `Python3.9` → python 3.9; undefined for what no runtime is called. */
export function parseRuntime(
  runtime: string,
): { family: RuntimeFamily; version?: string } | undefined {
  const [, word = '', version] = /^([a-z]+) ?([\d.]*)$/.exec(runtime.toLowerCase()) ?? [];
  const families: Record<string, RuntimeFamily> = {
    python: 'python',
    node: 'node',
    nodejs: 'node',
    custom: 'custom',
    customruntime: 'custom',
    go: 'go',
  };
  const family = Object.hasOwn(families, word) ? families[word] : undefined;
  if (family === undefined) {
    return undefined;
  }
  const versioned = (family === 'python' || family === 'node') && version !== '';
  return versioned ? { family, version } : { family };
}

const handlerPattern = /^[^\s.\\/:][^\s.\\:]*\.[\p{L}_$][\p{L}\p{N}_$]*$/u;

function checkHandler(
  json: JsonText,
  place: JSONPath,
  spec: FunctionSpec,
  problems: Problem[],
): void {
  const executes = spec.family === 'custom' || spec.family === 'go';
  const good = executes
    ? insideFolder(spec.folder, spec.handler) !== undefined
    : handlerPattern.test(spec.handler);
  if (good) {
    return;
  }
  const message = executes
    ? l10n.t('"handler" must be a file inside the function\'s folder.')
    : l10n.t(
        '"handler" must be written as file.function, for example {0}.',
        meantHandler(spec) ?? 'index.main_handler',
      );
  problems.push(problemAt(json, place, 'error', message));
}

/** Modules of a Python package are written with dots elsewhere, and some write the ending of the file. */
function meantHandler({ handler, family }: FunctionSpec): string | undefined {
  const [name = '', ...before] = handler.trim().split(/[.:]+/).reverse();
  const file = before.filter((part) => !/^([cm]?[jt]s|py)$/.test(part)).reverse();
  const meant = `${file.join('/')}.${name.replace(/\(.*\)$/, '')}`;
  const isOne = family === 'python' || file.length === 1;
  return isOne && handlerPattern.test(meant) ? meant : undefined;
}

function checkPathTemplate(json: JsonText, template: string, problems: Problem[]): void {
  const names = [...template.matchAll(/\{([^{}/]+)\}/g)].map((match) => match[1]);
  const rest = template.replace(/\/\{[^{}/]+\}(?=\/|$)/g, '');
  if (/[{}]/.test(rest) || new Set(names).size !== names.length) {
    const message = l10n.t(
      'A parameter of "path" takes a whole part, each with a name of its own: /rooms/{room}.',
    );
    problems.push(problemAt(json, ['path'], 'error', message));
  }
}

function resolveAuthentication(
  json: JsonText,
  written: Written,
  problems: Problem[],
): Authentication {
  const { type, secretId, secretKey } = written.authentication ?? { type: 'none' };
  if (type === 'none') {
    return { type };
  }
  if (secretId === undefined || secretKey === undefined) {
    const message = l10n.t('"keyPair" needs "secretId" and "secretKey".');
    problems.push(problemAt(json, ['authentication'], 'error', message, 'key'));
  }
  return { type, secretId: secretId ?? '', secretKey: secretKey ?? '' };
}

function interpreterOf(
  family: RuntimeFamily,
  interpreters: Written['interpreters'],
): string | undefined {
  return family === 'python' || family === 'node' ? interpreters?.[family] : undefined;
}

/** An interpreter may lie anywhere: a path is resolved; a bare name is looked for on PATH by whoever runs it. */
function resolveInterpreter(folder: string, written: string): string {
  if (written.startsWith('~/')) {
    return path.join(os.homedir(), written.slice(2));
  }
  return /[\\/]/.test(written) ? path.resolve(folder, written) : written;
}

/** The absolute path of something written relative to a folder; undefined when it would lie outside. */
export function insideFolder(folder: string, written: string): string | undefined {
  const portable = written.replace(/\\/g, '/'); // A file written on Windows works elsewhere.
  if (path.posix.isAbsolute(portable) || path.win32.isAbsolute(portable)) {
    return undefined;
  }
  const resolved = path.resolve(folder, portable);
  return contains(folder, resolved) ? resolved : undefined;
}

/** Whether an absolute path is the folder or lies in it; both must be resolved in the same way. */
export function contains(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith('..' + path.sep) && !path.isAbsolute(relative);
}

function nameOfFolder(folder: string): string {
  const cleaned = [...path.basename(path.resolve(folder))]
    .filter((character) => character >= ' ' && character !== '\\')
    .join('');
  return cleaned.slice(0, 60) || 'service';
}

/**
 * Changes to scfws.json and the folders of its functions that belong together: a function more, another name, one
 * function for all roles. Each plan is whole before anything is changed.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import type { JSONPath } from 'jsonc-parser';
import { roles } from '../../protocol/project';
import type { FunctionSpec, Role } from '../../protocol/project';
import { UserError } from '../errors';
import { defaultFunctionNames, functionNameProblem } from '../scaffold/planScaffold';
import type { Language } from '../scaffold/planScaffold';
import type { Templates } from '../scaffold/templates';
import { leftovers } from './changes';
import type { Change } from './changes';
import { handlerFile } from './handlerFile';
import { projectFileName } from './projectFile';
import type { ProjectFile } from './projectFile';
import { typeFiles } from './typings';

/** Roles that no function plays. */
export function missingRoles(project: ProjectFile): Role[] {
  return roles.filter((role) => project.roles[role] === undefined);
}

/** A function for a role that nobody plays, in the language of Transmission, from the template. */
export async function planAddFunction(
  project: ProjectFile,
  role: Role,
  templates: Templates,
): Promise<Change[]> {
  const like = functionOf(project, 'transfer');
  const language = languageOf(like);
  const name = defaultFunctionNames[role];
  const folder = path.join(project.folder, name);
  if (await exists(folder)) {
    throw new UserError(
      'exists',
      l10n.t('{0} exists already.', folder),
      l10n.t('Move it away, or name it as "folder" in scfws.json.'),
    );
  }
  const file = path.basename(handlerFile(like)).replace(/^.*\./, 'index.');
  const extension = { python: 'py', python2: 'py', javascript: 'js', typescript: 'ts' }[language];
  const template = templates.get(`${language}/echo/${name}/index.${extension}`);
  if (template === undefined) {
    throw new Error(`There is no template of ${role} for ${language}`);
  }
  const build = buildFor(like, path.basename(like.folder), name, project);
  const entry = {
    folder: name,
    handler: 'index.main_handler',
    runtime: like.runtime,
    timeout: like.timeout,
    memory: like.memory,
    ...(build === undefined ? {} : { build }),
  };
  const changes: Change[] = [{ kind: 'write', file: path.join(folder, file), text: template }];
  for (const types of typeFiles(new Set([like.family]))) {
    const target = path.join(project.folder, types.path);
    if (!(await exists(target))) {
      changes.push({ kind: 'write', file: target, text: types.text });
    }
  }
  return [...changes, await projectChange(project, [[['functions', role], entry]])];
}

/** The text of a handler whose file is not there, from the template of its role; undefined: there is none for it. */
export function newHandler(
  spec: Pick<FunctionSpec, 'family' | 'handler' | 'runtimeVersion'>,
  file: string,
  [role = 'transfer', ...others]: readonly Role[],
  templates: Templates,
): string | undefined {
  const language = languageIn(spec, file);
  const name = defaultFunctionNames[others.length === 0 ? role : 'transfer'];
  return [...templates]
    .find(([each]) => each.startsWith(`${language}/echo/${name}/index.`))?.[1]
    .replace(/\bmain_handler\b/g, spec.handler.slice(spec.handler.lastIndexOf('.') + 1));
}

/** Another name for a function, and for its folder where that is called the same. */
export async function planRename(
  project: ProjectFile,
  name: string,
  wished: string,
): Promise<Change[]> {
  const spec = project.functions.find((each) => each.name === name);
  if (spec === undefined) {
    throw new UserError('unknownFunction', l10n.t('There is no function {0}.', name));
  }
  const others = project.functions.filter((each) => each !== spec).map((each) => each.name);
  const problem = functionNameProblem(wished, others);
  if (problem !== undefined) {
    throw new UserError('badName', problem);
  }
  const role = await homeOf(project, spec);
  const before = path.basename(spec.folder);
  const shared = project.functions.some(
    (each) => each !== spec && within(each.folder, spec.folder),
  );
  const moves = before === name && spec.folder !== project.folder && !shared;
  const edits: [JSONPath, unknown][] = [[['functions', role, 'name'], wished]];
  const changes: Change[] = [];
  if (moves) {
    const to = path.join(path.dirname(spec.folder), wished);
    if ((await exists(to)) && to.toLowerCase() !== spec.folder.toLowerCase()) {
      throw new UserError(
        'exists',
        l10n.t('{0} exists already.', to),
        l10n.t('Choose another name, or move it away.'),
      );
    }
    const folder = path.relative(project.folder, to).split(path.sep).join('/');
    edits.push([['functions', role, 'folder'], folder]);
    const build = buildFor(spec, before, wished, project);
    if (build !== undefined) {
      edits.push([['functions', role, 'build'], build]);
    }
    const script = path.join(project.folder, 'build.mjs');
    const text = spec.build === undefined ? undefined : await textOf(script);
    if (text?.includes(`'${before}'`) === true) {
      const after = text.replaceAll(`'${before}'`, `'${wished}'`);
      changes.push({ kind: 'write', file: script, text: after });
    }
    changes.push({ kind: 'move', from: spec.folder, to });
  }
  return [await projectChange(project, edits), ...changes];
}

/**
 * One function for all roles: the handlers of the others move beside Transmission's, and a new one tells the events
 * apart by their action. Throws when files of the same name differ, since one of them would be lost.
 */
export async function planOneFunction(project: ProjectFile): Promise<Change[]> {
  const main = functionOf(project, 'transfer');
  const language = languageOf(main);
  const others = roles.flatMap((role) => {
    const spec = project.functions.find((each) => each.name === project.roles[role]);
    return spec === undefined || spec === main ? [] : [{ role, spec }];
  });
  if (others.length === 0) {
    throw new UserError('oneFunction', l10n.t('One function plays all roles already.'));
  }
  const changes: Change[] = [];
  const environment: Record<string, string> = { ...main.environment };
  const parts: Part[] = [];
  for (const { role, spec } of others) {
    if (spec.family !== main.family || spec.runtimeVersion !== main.runtimeVersion) {
      throw clash(
        l10n.t(
          '{0} runs with {1}, {2} with {3}.',
          main.name,
          main.runtime,
          spec.name,
          spec.runtime,
        ),
      );
    }
    for (const [key, value] of Object.entries(spec.environment)) {
      if (environment[key] !== undefined && environment[key] !== value) {
        throw clash(l10n.t('{0} has another value in {1} than in {2}.', key, spec.name, main.name));
      }
      environment[key] = value;
    }
    const handler = handlerFile(spec);
    const target = path.join(main.folder, `${role}${path.extname(handler)}`);
    if (await exists(target)) {
      throw clash(l10n.t('{0} exists already.', target));
    }
    const text = await textOf(handler);
    if (text === undefined) {
      throw clash(l10n.t('There is no {0} for the function {1}.', handler, spec.name));
    }
    if (path.dirname(spec.folder) !== path.dirname(main.folder) && /['"]\.\.\//.test(text)) {
      throw clash(
        l10n.t('{0} imports files of other folders, and would move to another depth.', handler),
      );
    }
    changes.push({ kind: 'move', from: handler, to: target });
    const shared = spec.folder === main.folder;
    changes.push(...(shared ? [] : await besides(spec, handler, main)));
    parts.push({ role, stem: role, name: entryOf(spec) });
  }
  const file = handlerFile(main);
  const own = await textOf(file);
  const target = path.join(main.folder, `transfer${path.extname(file)}`);
  if (own === undefined || (await exists(target))) {
    throw clash(
      own === undefined
        ? l10n.t('There is no {0} for the function {1}.', file, main.name)
        : l10n.t('{0} exists already.', target),
    );
  }
  // The new handler takes the place of the old one, so that whatever builds or deploys it goes on as it is.
  parts.push({ role: 'transfer', stem: 'transfer', name: entryOf(main) });
  const text = dispatcher(language, parts, own, entryOf(main));
  const bigger = (key: 'timeout' | 'memory') =>
    Math.max(main[key], ...others.map(({ spec }) => spec[key]));
  const more = Object.fromEntries(
    Object.entries(environment).filter(([key, value]) => main.environment[key] !== value),
  );
  const home = await homeOf(project, main);
  const edits: [JSONPath, unknown][] = [
    [['functions', home, 'timeout'], bigger('timeout')],
    [['functions', home, 'memory'], bigger('memory')],
    ...Object.entries(more).map(([key, value]): [JSONPath, unknown] => [
      ['functions', home, 'environment', key],
      value,
    ]),
    ...others.map(({ role }): [JSONPath, unknown] => [['functions', role], home]),
  ];
  return [
    ...changes,
    { kind: 'write', file: target, text: own },
    { kind: 'write', file, text },
    await projectChange(project, edits),
  ];
}

/** Files beside a handler: those that Transmission has as well go, the others move to it. */
async function besides(spec: FunctionSpec, handler: string, main: FunctionSpec): Promise<Change[]> {
  const changes: Change[] = [];
  const entries = await fs.readdir(spec.folder, { withFileTypes: true });
  for (const entry of entries.filter(({ name }) => !leftovers.test(name))) {
    const from = path.join(spec.folder, entry.name);
    const to = path.join(main.folder, entry.name);
    if (from === handler) {
      continue;
    }
    if (!(await exists(to))) {
      changes.push({ kind: 'move', from, to });
    } else if (!entry.isFile() || (await textOf(from)) !== (await textOf(to))) {
      throw clash(l10n.t('{0} and {1} differ.', from, to));
    } else {
      changes.push({ kind: 'remove', file: from });
    }
  }
  return [...changes, { kind: 'clear', folder: spec.folder }];
}

function clash(message: string): UserError {
  return new UserError(
    'cannotMerge',
    message,
    l10n.t('Make that the same first; nothing was changed.'),
  );
}

interface Part {
  role: Role;
  stem: string;
  name: string;
}

const actions: Partial<Record<Role, string>> = { register: 'connecting', cleanup: 'closing' };

/** A handler that tells the events apart. What no part takes goes to Transmission's. */
function dispatcher(
  language: Language,
  parts: readonly Part[],
  like: string,
  entry: string,
): string {
  const comment = 'One function for all roles: the action of the event tells them apart.';
  const ordered = [...parts].sort(
    (one, other) => roles.indexOf(one.role) - roles.indexOf(other.role),
  );
  const special = ordered.filter(({ role }) => role !== 'transfer');
  const rest = ordered.find(({ role }) => role === 'transfer') as Part;
  const alias = ({ role }: Part) => `${role}_handler`;
  if (language === 'python' || language === 'python2') {
    return [
      `"""${comment}"""`,
      ...ordered.map((part) => `from ${part.stem} import ${part.name} as ${alias(part)}`),
      '',
      '',
      `def ${entry}(event, context):`,
      "    action = event['websocket']['action']",
      ...special.flatMap((part) => [
        `    if action == '${actions[part.role]}':`,
        `        return ${alias(part)}(event, context)`,
      ]),
      `    return ${alias(rest)}(event, context)`,
      '',
    ].join('\n');
  }
  const modules = language === 'typescript' || /^\s*export\s/m.test(like);
  const end = language === 'typescript' ? '.ts' : modules ? '.js' : '';
  const types = language === 'typescript' ? '(event: any, context: any)' : '(event, context)';
  return [
    `// ${comment}`,
    ...ordered.map((part) =>
      modules
        ? `import { ${part.name} as ${alias(part)} } from './${part.stem}${end}';`
        : `const { ${part.name}: ${alias(part)} } = require('./${part.stem}');`,
    ),
    '',
    modules ? `export async function ${entry}${types} {` : `exports.${entry} = async ${types} => {`,
    '  switch (event.websocket.action) {',
    ...special.flatMap((part) => [
      `    case '${actions[part.role]}':`,
      `      return ${alias(part)}(event, context);`,
    ]),
    '    default:',
    `      return ${alias(rest)}(event, context);`,
    '  }',
    modules ? '}' : '};',
    '',
  ].join('\n');
}

function entryOf({ handler }: FunctionSpec): string {
  return handler.slice(handler.lastIndexOf('.') + 1);
}

function languageIn(
  { family, runtimeVersion }: Pick<FunctionSpec, 'family' | 'runtimeVersion'>,
  file: string,
): Language | undefined {
  switch (family) {
    case 'python':
      return runtimeVersion?.startsWith('2') === true ? 'python2' : 'python';
    case 'node':
      return /\.[cm]?ts$/.test(file) ? 'typescript' : 'javascript';
    case 'custom':
    case 'go':
      return undefined;
  }
}

function languageOf(spec: FunctionSpec): Language {
  const language = languageIn(spec, handlerFile(spec));
  if (language !== undefined) {
    return language;
  }
  throw new UserError(
    'noTemplate',
    l10n.t(
      'This works for Python, JavaScript and TypeScript; {0} runs with {1}.',
      spec.name,
      spec.runtime,
    ),
  );
}

function functionOf(project: ProjectFile, role: Role): FunctionSpec {
  const spec = project.functions.find((each) => each.name === project.roles[role]);
  if (spec === undefined) {
    throw new Error(`No function plays ${role}`);
  }
  return spec;
}

/** The role under which scfws.json holds the function itself: a role after another names that one. */
async function homeOf(project: ProjectFile, spec: FunctionSpec): Promise<Role> {
  const root = parseTree(await fs.readFile(path.join(project.folder, projectFileName), 'utf8'));
  const home = roles.find(
    (role) =>
      project.roles[role] === spec.name &&
      root !== undefined &&
      findNodeAtLocation(root, ['functions', role])?.type === 'object',
  );
  if (home === undefined) {
    throw new UserError(
      'stale',
      l10n.t('scfws.json has changed meanwhile.'),
      l10n.t('Save it and try again.'),
    );
  }
  return home;
}

/** The build of a function, for a folder of another name. */
function buildFor(
  spec: FunctionSpec,
  before: string,
  after: string,
  project: ProjectFile,
): { command: string[]; folder?: string } | undefined {
  if (spec.build === undefined) {
    return undefined;
  }
  const replace = (text: string) =>
    text
      .split('/')
      .map((part) => (part === before ? after : part))
      .join('/');
  const folder =
    spec.build.folder === undefined
      ? undefined
      : path.relative(project.folder, spec.build.folder).split(path.sep).join('/');
  return {
    command: spec.build.command.map(replace),
    ...(folder === undefined ? {} : { folder: replace(folder) }),
  };
}

async function projectChange(
  project: ProjectFile,
  edits: readonly [JSONPath, unknown][],
): Promise<Change> {
  const file = path.join(project.folder, projectFileName);
  const before = await fs.readFile(file, 'utf8');
  const eol = before.includes('\r\n') ? '\r\n' : '\n';
  const tabs = /^\t/m.test(before);
  const formattingOptions = { insertSpaces: !tabs, tabSize: tabs ? 1 : indentOf(before), eol };
  const text = edits.reduce(
    (all, [at, value]) => applyEdits(all, modify(all, at, value, { formattingOptions })),
    before,
  );
  return { kind: 'write', file, text };
}

function indentOf(text: string): number {
  return /^( +)"/m.exec(text)?.[1]?.length ?? 2;
}

function within(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder + path.sep);
}

async function exists(file: string): Promise<boolean> {
  return fs.stat(file).then(
    () => true,
    () => false,
  );
}

async function textOf(file: string): Promise<string | undefined> {
  return fs.readFile(file, 'utf8').catch(() => undefined);
}

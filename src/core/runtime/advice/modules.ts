/** What to do about a module that was not found: it may be the project's own, another version's, or a package. */
import { pasteable } from '../../pasteable';
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { DiagnosticFix } from '../../../protocol/fact';
import type { FunctionSpec } from '../../../protocol/project';
import { sentences } from '../../errors';
import { handlerFile } from '../../project/handlerFile';
import type { CodeFailure } from '../channel/channel';
import { didYouMean } from '../../project/suggestion';
import type { About, Advised } from './about';
import {
  builtInPython,
  lastRequirable,
  pythonPackages,
  pythonRemoved,
  pythonThreeModules,
  pythonTwoModules,
} from './packageNames';
import { isNamed } from '../launch/interpreters';
import { ofList } from './listedPackages';
import { findModule, likeNamed, moduleAt } from './projectFiles';
import { newerModule } from './pythonVersions';
import { lineAt } from './source';

/** Sentence and next step for a failure that names a `module`. */
export function adviseOnModule(failure: CodeFailure, spec: FunctionSpec, about: About): Advised {
  const module = failure.module ?? '';
  const message = l10n.t('{0}: the module {1} was not found.', spec.name, shown(module));
  const own =
    spec.family === 'python'
      ? ownPython(module, spec, about.project)
      : ownNode(module, failure, spec, about.project);
  if (own !== undefined) {
    return { rule: 'error.437', message, advice: own };
  }
  if (spec.family === 'python') {
    const other = otherPython(module, about);
    if (other !== undefined) {
      return { rule: 'error.437', message, advice: other };
    }
  }
  const { program, version } = about.interpreter ?? {};
  const newer = spec.family === 'python' ? newerModule(module, version ?? '3') : undefined;
  if (newer !== undefined) {
    const fix =
      newer.instead === undefined ? undefined : libraryFix(newer.instead, spec, program, version);
    const older =
      fix === undefined
        ? ''
        : l10n.t('Or take the package that gives it to older ones: {0}', fix.command);
    return { rule: 'error.437', message, advice: sentences(newer.advice, older) };
  }
  const named = about.interpreter !== undefined && isNamed(about.interpreter);
  const whole = wholeName(module, failure);
  const names = spec.family === 'python' ? [pythonPackage(whole), whole] : [packageOf(whole)];
  const listed = ofList(names, spec, about.project, program ?? spec.family);
  if (listed !== undefined) {
    const { advice, fix } = listed;
    const rule = isBuiltIn(module, spec) ? 'runtime.missing-library' : 'error.437';
    return fix === undefined
      ? { rule, message, advice }
      : { rule, message, advice, fix: { ...fix, ...(named ? { isNamed: true } : {}) } };
  }
  const found = libraryFix(whole, spec, program, version);
  const fix = found && { ...found, ...(named ? { isNamed: true } : {}) };
  const rule = isBuiltIn(module, spec) ? 'runtime.missing-library' : 'error.437';
  const install = fix === undefined ? '' : l10n.t('Install it with: {0}', fix.command);
  const first = failure.first;
  const taken = sentences(install, folderInstead(module, spec));
  const advice =
    first === undefined || first === module
      ? taken
      : sentences(install, l10n.t('Or {0}, which the code tries first.', first));
  return fix === undefined ? { rule, message, advice } : { rule, message, advice, fix };
}

/** Python takes a folder of that name for the module, although it holds no code. */
function folderInstead(module: string, spec: FunctionSpec): string {
  const folder = path.join(spec.folder, module.split('.')[0] ?? '');
  return spec.family === 'python' && fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? l10n.t('Python takes the folder {0} for it until then.', folder)
    : '';
}

/** Of `import google.protobuf`, Python says only that there is no `google`: the line says the rest. */
function wholeName(module: string, { place }: CodeFailure): string {
  const line = place === undefined ? '' : lineAt(place);
  return /^\w+$/.test(module)
    ? (new RegExp(`\\b(?:import|from)\\s+(${module}(?:\\.\\w+)*)`).exec(line)?.[1] ?? module)
    : module;
}

/** A path is shown as the person wrote it, as far as one can tell. */
function shown(module: string): string {
  return path.isAbsolute(module) ? path.basename(module) : module;
}

/** The project has such a module, where Python does not look for it. */
function ownPython(module: string, spec: FunctionSpec, project: string): string | undefined {
  const parts = module.split('.');
  const [top = ''] = parts;
  if (parts.length > 1 && moduleAt(path.join(spec.folder, top), 'python') !== undefined) {
    const parent = path.join(spec.folder, ...parts.slice(0, -1));
    const names = fs.existsSync(parent)
      ? fs
          .readdirSync(parent)
          .flatMap((name) => (/^\w+\.py$/.test(name) ? [name.slice(0, -3)] : []))
      : [];
    const near = didYouMean(parts.at(-1) ?? '', names);
    return (
      l10n.t('{0} is a module of this project and has no {1}.', top, parts.slice(1).join('.')) +
      near
    );
  }
  const file = findModule(parts.join('/'), 'python', spec.folder, project);
  if (file === undefined) {
    const like = likeNamed(
      parts.at(-1) ?? '',
      path.join(spec.folder, ...parts.slice(0, -1)),
      'python',
    );
    return like === undefined
      ? undefined
      : /^[A-Za-z_]\w*\.py$/.test(path.basename(like))
        ? l10n.t(
            'The file is {0}, and small and capital letters count: write "{1}".',
            like,
            [...parts.slice(0, -1), path.basename(like, '.py')].join('.'),
          )
        : l10n.t('The file is {0}: rename it to {1}.', like, `${parts.at(-1) ?? ''}.py`);
  }
  const inside = path.relative(spec.folder, file).replace(/\.py$/, '');
  const names = inside.split(path.sep);
  if (inside.startsWith('..') || path.isAbsolute(inside)) {
    return elsewhere(file);
  }
  if (!names.every((name) => /^[A-Za-z_]\w*$/.test(name))) {
    return l10n.t('It is {0}: move it beside the handler, or add its folder to sys.path.', file);
  }
  const packageName = names.slice(0, -1).join('.');
  const line =
    packageName === '' ? `import ${inside}` : `from ${packageName} import ${names.at(-1) ?? ''}`;
  const folder = path.dirname(file);
  const bare =
    spec.runtimeVersion?.startsWith('2') === true &&
    !fs.existsSync(path.join(folder, '__init__.py'));
  const advice = l10n.t('It is {0}: write "{1}", or move it beside the handler.', file, line);
  return bare
    ? sentences(
        advice,
        l10n.t('Python 2 needs a file {0} for that, too.', path.join(folder, '__init__.py')),
      )
    : advice;
}

/** The project has such a file, where Node.js does not look for it. */
function ownNode(
  module: string,
  failure: CodeFailure,
  spec: FunctionSpec,
  project: string,
): string | undefined {
  const from = failure.place?.file ?? handlerFile(spec);
  const alias = /^(?:@|~|#)\/(.+)$/.exec(module)?.[1];
  if (alias !== undefined) {
    const meant = findModule(alias.replace(/\.[cm]?[jt]s$/, ''), 'node', spec.folder, project);
    return sentences(
      l10n.t('{0} is a name that a bundler resolves; Node.js does not.', module),
      meant === undefined
        ? ''
        : l10n.t('The file is {0}: write "{1}".', meant, relativeTo(from, meant, false)),
    );
  }
  const broken = /^.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/.exec(
    path.isAbsolute(module) ? module : '',
  )?.[1];
  if (broken !== undefined) {
    return l10n.t(
      'The package {0} is not whole: {1} is missing. Install it anew, or build it.',
      broken,
      module,
    );
  }
  const isPath = /^\.{0,2}[/\\]|^\.{1,2}$|^[A-Za-z]:[/\\]/.test(module);
  const wanted = path.isAbsolute(module) ? module : path.resolve(path.dirname(from), module);
  if (isPath) {
    // An import needs the extension that a require finds by itself.
    const whole = moduleAt(wanted, 'node') ?? moduleAt(wanted.replace(/\.[cm]?[jt]s$/, ''), 'node');
    if (whole !== undefined && whole !== wanted) {
      return l10n.t('The file is {0}: write "{1}".', whole, relativeTo(from, whole, true));
    }
  }
  const name = isPath ? path.basename(wanted).replace(/\.([cm]?[jt]s|json)$/, '') : module;
  if (name.startsWith('@')) {
    return undefined;
  }
  if (isPath) {
    const like = likeNamed(path.basename(wanted), path.dirname(wanted), 'node');
    if (like !== undefined) {
      return l10n.t(
        'The file is {0}, and small and capital letters count: write "{1}".',
        ...[like, relativeTo(from, like, path.extname(module) !== '')],
      );
    }
    if (fs.statSync(wanted, { throwIfNoEntry: false })?.isDirectory()) {
      const files = fs.readdirSync(wanted).filter((each) => /\.([cm]?[jt]s|json)$/.test(each));
      return sentences(
        l10n.t('The folder {0} has no index.js.', wanted),
        files.length === 0 ? '' : l10n.t('It has: {0}.', files.slice(0, 8).join(', ')),
      );
    }
  }
  const file = findModule(name, 'node', spec.folder, project);
  const handlers = file !== undefined && /^index\.[cm]?[jt]s$/.test(path.basename(file)) && !isPath;
  if (file === undefined || handlers) {
    return isPath
      ? l10n.t('There is no file {0}: correct the path.', wanted) + nearby(wanted)
      : undefined;
  }
  const inside = path.relative(spec.folder, file);
  return inside.startsWith('..') || path.isAbsolute(inside)
    ? elsewhere(file)
    : l10n.t('The file is {0}: write "{1}".', file, relativeTo(from, file, false));
}

function nearby(wanted: string): string {
  const folder = path.dirname(wanted);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const stems = names.map((name) => name.replace(/\.([cm]?[jt]s|json)$/, ''));
  return didYouMean(path.basename(wanted).replace(/\.([cm]?[jt]s|json)$/, ''), stems);
}

function elsewhere(file: string): string {
  return l10n.t(
    'It is {0}, outside of the folder of this function, which is all that the cloud gets: move or copy it there.',
    file,
  );
}

function relativeTo(from: string, file: string, whole: boolean): string {
  const relative = path.relative(path.dirname(from), file).split(path.sep).join('/');
  const dotted = relative.startsWith('.') ? relative : `./${relative}`;
  return whole ? dotted : dotted.replace(/(\/index)?\.(js|cjs)$/, '');
}

/** It belongs to the standard library of another Python. */
function otherPython(module: string, { interpreter }: About): string | undefined {
  const [top = ''] = module.split('.');
  const runs = interpreter?.version ?? '3';
  if (runs.startsWith('3')) {
    const now = Object.hasOwn(pythonTwoModules, top) ? pythonTwoModules[top] : undefined;
    if (now !== undefined) {
      return l10n.t('{0} is of Python 2; Python 3 has {1} instead.', top, now);
    }
    const without = Object.hasOwn(pythonRemoved, top) ? pythonRemoved[top] : undefined;
    if (without !== undefined) {
      return l10n.t(
        'The standard library has no {0} since Python {1}; {2} runs this function.',
        top,
        without,
        runs,
      );
    }
    return undefined;
  }
  return pythonThreeModules.has(module) || pythonThreeModules.has(top)
    ? l10n.t('{0} is of Python 3; {1} runs this function.', module, `Python ${runs}`)
    : undefined;
}

/** The exact command that installs a missing library for the interpreter that lacks it. */
export function libraryFix(
  module: string,
  spec: FunctionSpec,
  interpreter = spec.family === 'python' ? 'python' : 'node',
  version?: string,
): DiagnosticFix | undefined {
  const python = spec.family === 'python';
  const [top = ''] = module.split('.');
  const name = python ? pythonPackage(module) : packageOf(module);
  if (!(python ? /^[A-Za-z_]\w*$/.test(top) : /^(@[\w.~-]+\/)?[\w~-][\w.~-]*$/.test(name))) {
    return undefined;
  }
  const asked = python ? name : loadable(name, spec, version);
  const command = python
    ? pasteable(interpreter, '-m', 'pip', 'install', asked)
    : pasteable('npm', 'install', '--prefix', spec.folder, asked);
  const isKnown = python
    ? Object.hasOwn(pythonPackages, top) || Object.hasOwn(pythonPackages, module)
    : asked !== name;
  const family = python ? 'python' : 'node';
  return { kind: 'installLibrary', family, isKnown, interpreter, packages: [asked], command };
}

export function isBuiltIn(module: string, spec: FunctionSpec): boolean {
  return spec.family === 'python' && Object.hasOwn(builtInPython, module.split('.')[0] ?? '');
}

function pythonPackage(module: string): string {
  for (let name = module; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const known = Object.hasOwn(pythonPackages, name) ? pythonPackages[name] : undefined;
    if (known !== undefined) {
      return known;
    }
  }
  return module.split('.')[0] ?? '';
}

/** `@scope/name/deep` → `@scope/name` */
export function packageOf(module: string): string {
  const parts = module.split('/');
  return module.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

/** The package, with the last version that the function's runtime can load where the newest cannot be required. */
function loadable(name: string, spec: FunctionSpec, version: string | undefined): string {
  const last = Object.hasOwn(lastRequirable, name) ? lastRequirable[name] : undefined;
  const runtime = spec.runtimeVersion ?? version;
  return last === undefined || runtime === undefined || requiresModules(runtime) || isModule(spec)
    ? name
    : `${name}@${last}`;
}

/** Whether `require` of this Node.js loads ES modules. */
function requiresModules(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
}

/** Whether the handler is an ES module. */
function isModule(spec: FunctionSpec): boolean {
  const file = handlerFile(spec);
  if (/\.[cm][jt]s$/.test(file)) {
    return /\.m[jt]s$/.test(file);
  }
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    try {
      const text = fs.readFileSync(path.join(folder, 'package.json'), 'utf8');
      return (JSON.parse(text) as { type?: unknown } | null)?.type === 'module';
    } catch {
      if (path.dirname(folder) === folder) {
        return false;
      }
    }
  }
}

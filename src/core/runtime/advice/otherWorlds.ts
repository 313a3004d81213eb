/** Code that is right elsewhere: for another version of the interpreter, before a build, or for another framework. */
import { pasteable } from '../../pasteable';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { sentences } from '../../errors';
import { handlerFile } from '../../project/handlerFile';
import type { CodeFailure } from '../channel/channel';
import { fitsWish, thisMachine, type Interpreter } from '../launch/interpreters';
import { runsTypeScript } from '../launch/launch';
import type { About, Advised } from './about';
import { packageOf } from './modules';
import { lastRequirable } from './packageNames';
import { sourceOf } from './source';

/** The entry style of the websocket component: its own shim provides `on`, and calls what is registered there. */
export function ofWebsocketComponent(
  failure: CodeFailure,
  spec: FunctionSpec,
): Advised | undefined {
  if (spec.family !== 'node' || failure.kind === 'syntax') {
    return undefined;
  }
  const files = [failure.place?.file, handlerFile(spec), path.join(spec.folder, 'app.js')];
  const style = /^[ \t]*(?:\w+\.)?on\(\s*(['"`])(?:connect|message|disconnect)\1/m;
  for (const file of files) {
    const text = file === undefined ? '' : sourceOf(file);
    const found = style.exec(text);
    if (file !== undefined && found !== null && !/\bmain_handler\b/.test(text)) {
      return {
        rule: 'error.437',
        message: l10n.t(
          "{0} is written for the websocket component: on('connect', …) is called by a shim that the component adds when it deploys.",
          spec.name,
        ),
        advice: l10n.t(
          'To run here and in an API of your own, export a handler such as exports.main_handler = async (event) => …, which looks at event.websocket.action: "connecting" to register, "data send" for a message, "closing" to clean up.',
        ),
        place: { file, line: text.slice(0, found.index).split('\n').length },
      };
    }
  }
  return undefined;
}

/** TypeScript that this Node.js cannot read, or not all of it. */
export function ofTypeScript(
  failure: CodeFailure,
  spec: FunctionSpec,
  { interpreter }: About,
): Advised | undefined {
  const file = failure.place?.file ?? handlerFile(spec);
  const told = /Unknown file extension "(\.[cm]?ts)"/.test(failure.message);
  const isSource = told || /\.[cm]?ts$/.test(file);
  if (spec.family !== 'node' || !isSource || interpreter === undefined) {
    return undefined;
  }
  const version = `Node.js ${interpreter.version}`;
  const shownFile = /\.[cm]?ts$/.test(file) ? file : handlerFile(spec);
  const build = l10n.t(
    'Name the command that builds it as "build" in scfws.json, for example {0}.',
    '"build": { "command": ["node", "build.mjs"], "folder": "dist" }',
  );
  if (!runsTypeScript(interpreter.version)) {
    if (failure.kind !== 'syntax' && !told && !isParseError(failure)) {
      return undefined;
    }
    return {
      rule: 'error.437',
      message: l10n.t(
        '{0}: {1} cannot read TypeScript ({2}).',
        spec.name,
        version,
        path.basename(shownFile),
      ),
      advice: sentences(build, l10n.t('Or run it with Node.js 22.18 or newer.')),
      place: failure.place ?? { file: shownFile, line: 1 },
    };
  }
  return /strip-only|UNSUPPORTED_TYPESCRIPT/.test(failure.message + (failure.stack ?? ''))
    ? {
        rule: 'error.437',
        message: l10n.t('{0}: {1}', spec.name, failure.message.trim()),
        advice: sentences(l10n.t('{0} only takes types away and changes no code.', version), build),
        place: failure.place ?? { file: shownFile, line: 1 },
      }
    : undefined;
}

function isParseError({ type }: CodeFailure): boolean {
  return type === 'SyntaxError';
}

/** A package of ES modules that the handler requires. */
export function ofModulePackage(failure: CodeFailure, spec: FunctionSpec): Advised | undefined {
  const text = `${failure.message}\n${failure.stack ?? ''}`;
  const found =
    /require\(\) of (?:an )?ES Module .*?[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(
      text,
    ) ??
    /Must use import to load ES Module: .*?[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(
      text,
    );
  if (spec.family !== 'node' || found === null) {
    return undefined;
  }
  const name = packageOf((found[1] ?? '').replaceAll('\\', '/'));
  const last = Object.hasOwn(lastRequirable, name) ? lastRequirable[name] : undefined;
  const message = l10n.t(
    '{0}: {1} is an ES module, which require() of this Node.js cannot load.',
    spec.name,
    name,
  );
  const otherwise = l10n.t('Load it with await import("{0}") inside the handler.', name);
  if (last === undefined) {
    return { rule: 'error.437', message, advice: otherwise };
  }
  const packages = [`${name}@${last}`];
  const command = pasteable('npm', 'install', '--prefix', spec.folder, ...packages);
  const fix = {
    kind: 'installLibrary',
    family: 'node',
    isKnown: true,
    interpreter: 'node',
  } as const;
  return {
    rule: 'error.437',
    message,
    advice: sentences(
      l10n.t('Install a version that can be required with: {0}', command),
      otherwise,
    ),
    fix: { ...fix, packages, command },
  };
}

/** Types of errors that come of another version: names, members and syntax that it has not. */
const ofVersions = new Set([
  ...['SyntaxError', 'IndentationError', 'TabError', 'NameError', 'AttributeError'],
  ...['ImportError', 'ModuleNotFoundError', 'ReferenceError'],
]);

/**
 * Another version of the interpreter runs the function than its `runtime` names, and the failure may come of it: says
 * which one was asked for, and how to get it.
 */
export function ofVersion(failure: CodeFailure, { interpreter }: About): string | undefined {
  if (interpreter?.wished === undefined) {
    return undefined;
  }
  const name = /node/i.test(path.basename(interpreter.program)) ? 'Node.js' : 'Python';
  const missing = / is not (a function|defined|iterable)/.test(failure.message);
  const otherMajor = interpreter.version.split('.')[0] !== interpreter.wished.split('.')[0];
  const due =
    failure.kind === 'syntax' ||
    ofVersions.has(failure.type ?? '') ||
    missing ||
    (name === 'Python' &&
      otherMajor &&
      failure.kind !== 'missingFile' &&
      failure.kind !== 'missingEntry');
  if (!due) {
    return undefined;
  }
  const asked = l10n.t(
    '{0} was asked for, but {1} runs it.',
    `${name} ${interpreter.wished}`,
    interpreter.why.split('; ')[0] ?? '',
  );
  return sentences(asked, howToGet(name, interpreter));
}

function howToGet(name: 'Node.js' | 'Python', { wished = '' }: Interpreter): string {
  const machine = thisMachine(name === 'Python' ? 'python' : 'node');
  const there = machine.versions.find(({ version }) => fitsWish(version, wished));
  if (there !== undefined) {
    return l10n.t('It is there: name {0} as "interpreter" in scfws.json.', there.program);
  }
  const command =
    name === 'Python' ? `pyenv install ${wished}` : `nvm install ${wished.split('.')[0] ?? ''}`;
  return process.platform === 'win32'
    ? l10n.t(
        'Install {0} and name its program as "interpreter" in scfws.json.',
        `${name} ${wished}`,
      )
    : l10n.t(
        'Install {0}, for example with "{1}", and name its program as "interpreter" in scfws.json.',
        `${name} ${wished}`,
        command,
      );
}

/** Python 2 in a function whose runtime is Python 3. */
export function ofPythonTwo(failure: CodeFailure, spec: FunctionSpec): string | undefined {
  const is =
    spec.family === 'python' &&
    spec.runtimeVersion?.startsWith('2') !== true &&
    failure.type === 'SyntaxError' &&
    /Missing parentheses in call to '(print|exec)'|multiple exception types must be parenthesized/.test(
      failure.message,
    );
  return is
    ? l10n.t(
        'This is Python 2: write it for Python 3, or set "runtime" in scfws.json to "Python2.7".',
      )
    : undefined;
}

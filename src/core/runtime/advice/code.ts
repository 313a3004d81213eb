/** What a failure of the user's code comes of, where that can be told: sentence, next step, repair. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { sentences } from '../../errors';
import type { CodeFailure } from '../channel/channel';
import { said, type About, type Advised } from './about';
import { ofCharacters } from './characters';
import { ofEvent } from './events';
import { explainForm } from './handlerForms';
import { ofBareExport, ofImport } from './imports';
import { adviseOnModule } from './modules';
import {
  ofModulePackage,
  ofPythonTwo,
  ofTypeScript,
  ofVersion,
  ofWebsocketComponent,
} from './otherWorlds';
import { ofOtherPython } from './pythonVersions';
import { explainProxy } from './proxies';
import { lineOf } from './source';
import { ofTerminal } from './terminal';
import { explainLoad } from './failures';

export function pushAddressAdvice(): string {
  return l10n.t(
    'Read the push address from the environment variable SCFWS_PUSH_URL here, and enter the real one for the cloud.',
  );
}

/** undefined: nothing is known beyond the error itself. */
export function adviseOn(
  failure: CodeFailure,
  spec: FunctionSpec,
  about: About,
): Advised | undefined {
  if (failure.form !== undefined) {
    return explainForm(failure.form, spec, about.interpreter?.version);
  }
  const advised =
    ofTerminal(failure, spec) ??
    (failure.proxied === undefined ? undefined : explainProxy(failure.proxied, spec)) ??
    ofWebsocketComponent(failure, spec) ??
    worded(failure, spec, ofCharacters(failure, spec)) ??
    ofTypeScript(failure, spec, about) ??
    ofHidden(failure, spec) ??
    ofModulePackage(failure, spec) ??
    worded(failure, spec, ofImport(failure, spec, about)) ??
    (failure.module === undefined ? undefined : adviseOnModule(failure, spec, about)) ??
    worded(failure, spec, ofLostThis(failure, spec)) ??
    ofEvent(failure, spec, about) ??
    ofAddress(failure, spec) ??
    ofShellVariable(failure, spec) ??
    worded(failure, spec, ofVariable(failure, spec)) ??
    ofSyntax(failure, spec) ??
    worded(failure, spec, ofOtherPython(failure, spec, about)) ??
    bareExport(failure, spec);
  const version = ofVersion(failure, about);
  if (version === undefined) {
    return advised;
  }
  return advised === undefined
    ? { rule: 'error.437', message: said(failure, spec), advice: version }
    : advised.fix === undefined
      ? { ...advised, advice: sentences(version, advised.advice) }
      : { ...advised, advice: sentences(advised.advice, version) };
}

function worded(
  failure: CodeFailure,
  spec: FunctionSpec,
  advice: string | undefined,
): Advised | undefined {
  return advice === undefined
    ? undefined
    : { rule: 'error.437', message: said(failure, spec), advice };
}

function bareExport(failure: CodeFailure, spec: FunctionSpec): Advised | undefined {
  const advice = ofBareExport(failure, spec);
  return advice === undefined
    ? undefined
    : { rule: 'error.437', message: explainLoad(failure, spec).message, advice };
}

function ofSyntax(failure: CodeFailure, spec: FunctionSpec): Advised | undefined {
  const advice = ofPythonTwo(failure, spec);
  return advice === undefined
    ? undefined
    : { rule: 'error.437', message: said(failure, spec), advice };
}

/** A file of the function's folder has the name of a module that was meant, or the reverse. */
function ofHidden({ hidden, ...failure }: CodeFailure, spec: FunctionSpec): Advised | undefined {
  if (hidden === undefined) {
    return undefined;
  }
  const { module, file, by } = hidden;
  const message =
    by === 'file'
      ? l10n.t(
          '{0}: {1} hides the module {2}, so that {2} is imported from there.',
          spec.name,
          file,
          module,
        )
      : l10n.t(
          '{0}: {1} is not imported: the module {2} of Python comes first.',
          spec.name,
          file,
          module,
        );
  return {
    rule: 'error.437',
    message: sentences(message, `${failure.type ?? 'Error'}: ${failure.message}`),
    advice: l10n.t(
      'Give {0} another name.',
      path.basename(path.basename(file) === '__init__.py' ? path.dirname(file) : file),
    ),
  };
}

/** A method was exported as the handler, and looks for its object. */
function ofLostThis(failure: CodeFailure, spec: FunctionSpec): string | undefined {
  const member =
    spec.family === 'node' && failure.kind === 'exception'
      ? /^Cannot (?:read|set) propert(?:y|ies) '?(\w*)'? ?of undefined(?: \((?:reading|setting) '(\w+)'\))?/.exec(
          failure.message,
        )
      : null;
  const name = member?.[2] ?? (member?.[1] === '' ? undefined : member?.[1]);
  if (name === undefined || !new RegExp(`\\bthis\\.${name}\\b`).test(lineOf(failure.place))) {
    return undefined;
  }
  const entry = spec.handler.slice(spec.handler.lastIndexOf('.') + 1);
  return l10n.t(
    'Here "this" is undefined: a method that is handed on has lost its object, also one that is exported as the handler. Write a function that calls it on the object: "{0}".',
    `exports.${entry} = (event, context) => object.${entry}(event, context)`,
  );
}

/** An HTTP client refused its address, or found no such host: a placeholder of whatever shape. */
function ofAddress({ address }: CodeFailure, spec: FunctionSpec): Advised | undefined {
  if (address === undefined) {
    return undefined;
  }
  return {
    rule: 'push.placeholder',
    message: l10n.t(
      '{0} sends to "{1}", which is no address: the client refused it, or found no host of that name.',
      spec.name,
      address,
    ),
    advice: pushAddressAdvice(),
  };
}

/** Names that the runtime itself gives, and those of the system. */
const given =
  /^(SCF|TENCENTCLOUD|USER_|PATH$|HOME$|TMPDIR$|TZ$|LANG$|LC_|NODE_|PYTHON|sendbackHost$|wsBackUrl$|url$)/;

/** A variable that nothing gives the function: in the cloud it may stand in the console. */
function ofVariable({ type, message, place }: CodeFailure, spec: FunctionSpec): string | undefined {
  const line = lineOf(place);
  const names =
    spec.family === 'python'
      ? type === 'KeyError' && line.includes('environ')
        ? [/^u?'(\w+)'$/.exec(message)?.[1]]
        : []
      : / of undefined|undefined \(reading/.test(message)
        ? [...line.matchAll(/\bprocess\.env(?:\.(\w+)|\[['"](\w+)['"]\])(?=\s*[.[])/g)].map(
            ([, plain, quoted]) => plain ?? quoted,
          )
        : [];
  const name = names.find(
    (each) => each !== undefined && spec.environment[each] === undefined && !given.test(each),
  );
  return name === undefined
    ? undefined
    : l10n.t(
        'The function has no environment variable {0}: give it by "environment" in scfws.json, as in the console.',
        name,
      );
}

/** A variable that the shell has, and the cloud will not have. */
function ofShellVariable(failure: CodeFailure, spec: FunctionSpec): Advised | undefined {
  const name = failure.type === 'KeyError' ? /^u?'(\w+)'$/.exec(failure.message)?.[1] : undefined;
  const isVariable =
    name !== undefined && process.env[name] !== undefined && spec.environment[name] === undefined;
  if (!isVariable || !lineOf(failure.place).includes('environ')) {
    return undefined;
  }
  return {
    rule: 'runtime.shell-variables',
    message: l10n.t(
      '{0}: the environment variable {1} is one of your shell, and the cloud has none of those.',
      spec.name,
      name,
    ),
    advice: l10n.t(
      'Give it to the function by "environment" in scfws.json, as in the console, or set "inheritEnvironment" to true.',
    ),
  };
}

/** What a failure of the user's code comes of, where that can be told: sentence, next step, repair. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { sentences } from '../../errors';
import type { CodeFailure } from '../channel/channel';
import type { About, Advised } from './about';
import { adviseOnModule } from './modules';
import {
  ofModulePackage,
  ofPythonTwo,
  ofTypeScript,
  ofVersion,
  ofWebsocketComponent,
} from './otherWorlds';
import { lineAt } from './source';
import { ofTerminal } from './terminal';

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
  const advised =
    ofTerminal(failure, spec) ??
    ofWebsocketComponent(failure, spec) ??
    ofTypeScript(failure, spec, about) ??
    ofHidden(failure, spec) ??
    ofModulePackage(failure, spec) ??
    (failure.module === undefined ? undefined : adviseOnModule(failure, spec, about)) ??
    ofEventPart(failure, spec, about) ??
    ofAddress(failure, spec) ??
    ofShellVariable(failure, spec) ??
    ofSyntax(failure, spec);
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

function said(failure: CodeFailure, spec: FunctionSpec): string {
  return l10n.t('{0}: {1}', spec.name, `${failure.type ?? 'Error'}: ${failure.message}`);
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
    advice: l10n.t('Give {0} another name.', path.basename(file)),
  };
}

/** Members that the event of Register has and no other. */
const onlyRegister = ['requestContext', 'queryString', 'headers', 'pathParameters'];
const alsoMissed = [
  ...onlyRegister,
  'queryStringParameters',
  'headerParameters',
  'httpMethod',
  'sourceIp',
];

/** An event that lacks what the handler looks for. */
function ofEventPart(
  failure: CodeFailure,
  spec: FunctionSpec,
  { role }: About,
): Advised | undefined {
  if (failure.kind !== 'exception') {
    return undefined;
  }
  const part = partMissed(failure);
  if (part === undefined) {
    return undefined;
  }
  const base = { rule: 'transfer.event', message: said(failure, spec) };
  if (role === 'register') {
    return {
      ...base,
      rule: 'register.event',
      message: l10n.t('{0}: the event of Register has no {1}.', spec.name, part),
      advice: onlyRegister.includes(part)
        ? l10n.t(
            'Which members it has is set by "registerEnvelope" in scfws.json ("full" has them all); a client without parameters leaves queryString empty.',
          )
        : l10n.t('It has requestContext, websocket and queryString.'),
    };
  }
  return {
    ...base,
    message: l10n.t("{0}: this event has no {1}: only Register's event has it.", spec.name, part),
    advice: l10n.t(
      'Keep what you need of it in the store in Register, under secConnectionID, and read it from there.',
    ),
  };
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

function partMissed(failure: CodeFailure): string | undefined {
  const names = alsoMissed.join('|');
  if (failure.type === 'KeyError') {
    const key = new RegExp(`^u?['"](${names})['"]$`).exec(failure.message)?.[1];
    if (key !== undefined) {
      return key;
    }
  }
  const nothing =
    /(?:of|reading) ('\w+' of )?(undefined|null)|of undefined|of null|(undefined|null) \(reading|'NoneType' object|undefined is not|is not iterable|as it is (undefined|null)/;
  const key =
    failure.type === 'KeyError' ||
    failure.type === 'AttributeError' ||
    failure.type === 'TypeError';
  if (
    !key ||
    (failure.type !== 'KeyError' && !nothing.test(failure.message)) ||
    failure.place === undefined
  ) {
    return undefined;
  }
  return new RegExp(`\\b(${names})\\b`).exec(lineOf(failure))?.[1];
}

/** The line of code that failed. */
function lineOf({ place }: CodeFailure): string {
  return place === undefined ? '' : lineAt(place);
}

/** A variable that the shell has, and the cloud will not have. */
function ofShellVariable(failure: CodeFailure, spec: FunctionSpec): Advised | undefined {
  const name = failure.type === 'KeyError' ? /^u?'(\w+)'$/.exec(failure.message)?.[1] : undefined;
  const isVariable =
    name !== undefined && process.env[name] !== undefined && spec.environment[name] === undefined;
  if (!isVariable || !lineOf(failure).includes('environ')) {
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

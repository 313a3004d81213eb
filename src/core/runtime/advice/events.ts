/** Handlers that look in the event or the context for what is not there, or is there in another form. */
import * as l10n from '@vscode/l10n';
import { memberNames } from '../../../protocol/contractTypes';
import type { FunctionSpec } from '../../../protocol/project';
import type { CodeFailure } from '../channel/channel';
import { said, type About, type Advised } from './about';
import { lineOf } from './source';

/** Members that the event of Register has and no other. */
const onlyRegister = ['requestContext', 'queryString', 'headers', 'pathParameters'];
const alsoMissed = [
  ...onlyRegister,
  'queryStringParameters',
  'headerParameters',
  'httpMethod',
  'sourceIp',
];

/** How errors of both languages say that something is not there. */
const nothing =
  /(?:of|reading) ('\w+' of )?(undefined|null)|of undefined|of null|(undefined|null) \(reading|'NoneType' object|undefined is not|is not iterable|as it is (undefined|null)/;

/** Names that other platforms have → what it is here. */
const calledHere: Readonly<Record<string, readonly string[]>> = {
  body: ['websocket', 'data'],
  data: ['websocket', 'data'],
  datatype: ['websocket', 'dataType'],
  message: ['websocket', 'data'],
  action: ['websocket', 'action'],
  connectionid: ['websocket', 'secConnectionID'],
  secconnectionid: ['websocket', 'secConnectionID'],
  secwebsocketprotocol: ['websocket', 'secWebSocketProtocol'],
  secwebsocketextensions: ['websocket', 'secWebSocketExtensions'],
};
/** Without case and underscores. */
const contextHere: Readonly<Record<string, string>> = {
  awsrequestid: 'request_id',
  ...Object.fromEntries(memberNames.context.map((name) => [plainName(name), name])),
};

function plainName(name: string): string {
  return name.toLowerCase().replace(/_/g, '');
}

export function ofEvent(
  failure: CodeFailure,
  spec: FunctionSpec,
  about: About,
): Advised | undefined {
  return failure.kind === 'exception'
    ? (ofEventPart(failure, spec, about) ?? inAnotherForm(failure, spec, about))
    : undefined;
}

/** It is there: under another name, as text, or as a dict. */
function inAnotherForm(
  failure: CodeFailure,
  spec: FunctionSpec,
  { role }: About,
): Advised | undefined {
  const { message, type } = failure;
  const line = lineOf(failure.place);
  const told = (advice: string): Advised => ({
    rule: role === 'register' ? 'register.event' : 'transfer.event',
    message: said(failure, spec),
    advice,
  });
  if (spec.family === 'python') {
    const attribute =
      type === 'AttributeError' ? /^'dict' object has no attribute '(\w+)'/.exec(message)?.[1] : '';
    const [, owner, before = ''] =
      (attribute &&
        // What is called is a method of a dict, of another version or misspelt.
        new RegExp(`\\b((?:event|context)((?:\\[[^\\]]*\\])*))\\.${attribute}\\b(?!\\s*\\()`).exec(
          line,
        )) ||
      [];
    if (attribute && owner !== undefined) {
      const isContext = owner === 'context';
      const known = isContext && before === '' ? contextHere[plainName(attribute)] : undefined;
      return {
        ...told(l10n.t('In Python it is a dict: write {0}.', `${owner}["${known ?? attribute}"]`)),
        ...(isContext ? { rule: 'runtime.context' } : {}),
      };
    }
    if (
      type === 'AttributeError' &&
      /^'dict' object has no attribute 'get_remaining_time_in_millis'/.test(message)
    ) {
      const advice = l10n.t('In Python it is a dict: write {0}.', 'context["time_limit_in_ms"]');
      return { ...told(advice), rule: 'runtime.context' };
    }
    const isText =
      (type === 'TypeError' && /^string indices must be integers/.test(message)) ||
      (type === 'AttributeError' &&
        /^'(?:str|unicode)' object has no attribute '(?:get|keys|items|values|has_key)'/.test(
          message,
        ));
    if (isText && /\bcontext\b.*\benviron(ment)?\b/.test(line)) {
      return {
        ...told(l10n.t('It is text: write {0}.', 'os.environ["…"]')),
        rule: 'runtime.context',
      };
    }
    if (isText && /\[['"]data['"]\]|\bdata\b/.test(line)) {
      return told(
        l10n.t('What a client sends is text: write {0}.', 'json.loads(event["websocket"]["data"])'),
      );
    }
  }
  return (
    otherName(failure, line, spec, told) ??
    otherContext(failure, line, spec, told) ??
    noJson(failure, line, told)
  );
}

/** `context.functionName`, which is `function_name` here. */
function otherContext(
  { type, message }: CodeFailure,
  line: string,
  { family }: FunctionSpec,
  told: (advice: string) => Advised,
): Advised | undefined {
  const key = type === 'KeyError' ? /^u?['"](\w+)['"]$/.exec(message)?.[1] : undefined;
  if (key === undefined && !nothing.test(message)) {
    return undefined;
  }
  const read =
    /\b(?:context|ctx)(?:\.get\(\s*['"](\w+)['"]|\??\.(\w+)|(?:\?\.)?\[['"](\w+)['"]\])/g;
  for (const [, ...names] of line.matchAll(read)) {
    const name = names.find((each) => each !== undefined) ?? '';
    const here = Object.hasOwn(contextHere, plainName(name)) ? contextHere[plainName(name)] : name;
    if (here !== name && (key === undefined || key === name)) {
      const written = family === 'python' ? `context["${here}"]` : `context.${here}`;
      return {
        ...told(l10n.t('The context has it as {0}.', written)),
        rule: 'runtime.context',
      };
    }
  }
  return undefined;
}

function otherName(
  { type, message }: CodeFailure,
  line: string,
  spec: FunctionSpec,
  told: (advice: string) => Advised,
): Advised | undefined {
  const isNothing =
    nothing.test(message) ||
    /undefined.*JSON|not NoneType|^Unexpected token u in JSON/.test(message);
  const key = type === 'KeyError' ? /^u?['"](\w+)['"]$/.exec(message)?.[1] : undefined;
  const chain =
    /\b(?:event|evt|e|websocket)((?:\.get\(\s*['"]\w+['"][^)]*\)|\??\.\w+|(?:\?\.)?\[['"]\w+['"]\])+)/.exec(
      line,
    )?.[1];
  const names = [...(chain ?? '').matchAll(/\w+/g)].map(([name]) => name);
  const here = names
    .filter((name) => (key === undefined ? isNothing : name === key))
    .map(plainName)
    .flatMap((name) => (Object.hasOwn(calledHere, name) ? [calledHere[name]] : []))[0];
  const [, own = ''] = here ?? [];
  // What is looked for where it is has another reason not to be there.
  const right = new RegExp(`websocket['"]?\\]?\\??[.[(]+['"]?(?:get\\(['"])?${own}\\b`);
  if (here === undefined || right.test(line)) {
    return undefined;
  }
  return told(
    l10n.t(
      'The event has it as {0}.',
      spec.family === 'python'
        ? `event${here.map((each) => `["${each}"]`).join('')}`
        : `event.${here.join('.')}`,
    ),
  );
}

/** The message of a client was taken for JSON. */
function noJson(
  { type, message }: CodeFailure,
  line: string,
  told: (advice: string) => Advised,
): Advised | undefined {
  const isParsed =
    /\bjson\.loads\(|\bJSON\.parse\(/.test(line) &&
    /\b(event|evt|e|websocket|ws)\b.*\bdata\b/.test(line);
  const failed =
    type === 'JSONDecodeError' ||
    (type === 'ValueError' && /JSON/.test(message)) ||
    (type === 'SyntaxError' && /JSON/.test(message));
  return isParsed && failed
    ? told(
        l10n.t(
          'The message is no JSON, and clients may send anything: catch it, and answer or ignore them.',
        ),
      )
    : undefined;
}

/** An event that lacks what the handler looks for. */
function ofEventPart(
  failure: CodeFailure,
  spec: FunctionSpec,
  { role }: About,
): Advised | undefined {
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

function partMissed(failure: CodeFailure): string | undefined {
  const names = alsoMissed.join('|');
  if (failure.type === 'KeyError') {
    const key = new RegExp(`^u?['"](${names})['"]$`).exec(failure.message)?.[1];
    if (key !== undefined) {
      return key;
    }
  }
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
  return new RegExp(`\\b(${names})\\b`).exec(lineOf(failure.place))?.[1];
}

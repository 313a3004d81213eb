/**
 * Endpoints of an `apigateway` component, of a gateway section, or of the gateway triggers of functions: which function
 * plays which role.
 */
import * as l10n from '@vscode/l10n';
import type { Role } from '../../../protocol/project';
import type { DetectedFunction, Finding } from './detected';
import { noteAt } from './notes';
import { resolveReferences } from './references';
import {
  briefly,
  followed,
  keysOf,
  limitedNumber,
  limits,
  resolved,
  resolvedText,
  shown,
  stageOf,
  surroundOf,
  valueAt,
  writtenAt,
} from './written';
import type { Reading, Written } from './written';
import { isRecord, recordOf, textOf } from './yamlText';
import type { Path } from './yamlText';

export interface Component {
  type: string;
  /** What others call it: its key or its `name`. */
  name: string;
  /** Where its inputs stand. */
  inputs: Path;
  reading: Reading;
}

/** A function, and the names by which other components may refer to it. */
export interface Named {
  /** Undefined: it is there, and had to be left out. */
  detected?: DetectedFunction;
  aliases: string[];
}

/** An API whose front is WebSocket, wherever a file describes it. */
export interface Endpoint {
  reading: Reading;
  /** What it has in common with others: the service and its stage. */
  gateway: Path;
  at: Path;
  /** What it names for each role. */
  named: [Role, Written][];
}

/** As the component calls them, as the API of the cloud does, and as Terraform does. */
const keys: readonly [Role, string[]][] = [
  [
    'transfer',
    [
      'transportFunctionName',
      'serviceWebsocketTransportFunctionName',
      'service_config_websocket_transport_function_name',
      'functionName',
    ],
  ],
  [
    'register',
    [
      'registerFunctionName',
      'serviceWebsocketRegisterFunctionName',
      'service_config_websocket_register_function_name',
    ],
  ],
  [
    'cleanup',
    [
      'cleanupFunctionName',
      'serviceWebsocketCleanupFunctionName',
      'service_config_websocket_cleanup_function_name',
    ],
  ],
];
const named = new Set(keys.flatMap(([, names]) => names.map((each) => each.toLowerCase())));

/** Read, or without a meaning on this machine. */
const silent = {
  endpoint:
    /^(path|protocol|method|function|service_?timeout|api_?name|api_?id|description|api_?desc|enable_?cors|response_?type|isBase64Encoded|serviceType|serviceConfig|request_config_(path|method)|service_id|service_config_(type|timeout|scf_.*|websocket_.*)|lifecycle|depends_on|provider)$/i,
  function: /^(function(Namespace|Qualifier|Type)|isIntegratedResponse|type|name)$/i,
  gateway:
    /^(endpoints|apis|region|protocols?|name|id|(service|instance)(Id|Name|Desc)|description|environment|netTypes?|stageName|isDisabled|enable(CORS)?|type|function|component|inputs|parameters)$/i,
};

/** Takes the first WebSocket endpoint whose transfer function is there; the others are noted. */
export function readGateways(
  components: readonly Component[],
  functions: readonly Named[],
  finding: Finding,
): void {
  readEndpoints(components.flatMap(endpointsOf), functions, finding);
}

export function readEndpoints(
  all: readonly Endpoint[],
  functions: readonly Named[],
  finding: Finding,
): void {
  const endpoints = all.filter((each) => leadsToFunctions(each));
  const found = ({ reading, named }: Endpoint) =>
    named.some(
      ([role, written]) =>
        role === 'transfer' && referred(reading, written, functions)?.detected !== undefined,
    );
  const taken = endpoints.find(found) ?? endpoints[0];
  for (const other of endpoints) {
    if (other !== taken) {
      const message = l10n.t(
        'A further WebSocket endpoint, {0}. A project serves one: import it into a folder of its own.',
        pathOf(other),
      );
      finding.notes.push(noteAt(other.reading.source.placeOf(other.at), 'leftOut', message));
    }
  }
  if (taken !== undefined) {
    readEndpoint(taken, functions, finding);
  }
}

function pathOf({ reading, at }: Endpoint): string {
  return briefly(writtenAt(reading, at, 'path', 'request_config_path')?.value ?? '/');
}

/** A gateway can also lead to a server of its own, or to a Web function; nothing of those can be run as three functions. */
function leadsToFunctions(endpoint: Endpoint): boolean {
  const { reading, at } = endpoint;
  const silently: Reading = { ...reading, notes: [] };
  const text = (path: Path, ...names: string[]) =>
    resolvedText(silently, writtenAt(reading, path, ...names), '');
  const type = text(at, 'serviceType', 'service_config_type');
  const web =
    text(followed(reading, [...at, 'function']), 'functionType', 'type') ??
    text(at, 'service_config_scf_function_type');
  const leaveOut = (message: string) =>
    reading.notes.push(noteAt(reading.source.placeOf(at), 'leftOut', message));
  if (/^(web|http)$/i.test(web ?? '')) {
    leaveOut(
      l10n.t(
        'The WebSocket endpoint {0} leads to a Web function, which speaks WebSocket itself: start it as it is; nothing of it is run here.',
        pathOf(endpoint),
      ),
    );
    return false;
  }
  if (type !== undefined && !/^scf$/i.test(type) && endpoint.named.length === 0) {
    const url = text([...at, 'serviceConfig'], 'url') ?? text(at, 'service_config_url') ?? type;
    leaveOut(
      l10n.t(
        'The WebSocket endpoint {0} leads to another server ({1}), not to functions: connect to that; nothing of it is run here.',
        pathOf(endpoint),
        url,
      ),
    );
    return false;
  }
  return true;
}

const sectionName = /^(api-?gateway|apigw)(conf)?$/i;

function endpointsOf({ type, inputs, reading }: Component): Endpoint[] {
  const gateways: Path[] = type === 'apigateway' ? [inputs] : [];
  const functions = followed(reading, [...inputs, 'functions']);
  const owners: Path[] =
    type === 'framework' || type === 'multi-scf'
      ? keysOf(valueAt(reading, functions)).map((key) => [...functions, key])
      : [];
  for (const owner of [inputs, ...owners]) {
    for (const key of ['triggers', 'events']) {
      const list = followed(reading, [...owner, key]);
      for (const index of keysOf(valueAt(reading, list))) {
        const event = recordOf(valueAt(reading, [...list, index]));
        const at: Path = isRecord(event['apigw']) ? [...list, index, 'apigw'] : [...list, index];
        gateways.push(at, [...at, 'parameters']);
      }
    }
  }
  const holders: Path[] =
    type === 'file'
      ? [[], ['provider'], ['custom'], ['resources']]
      : [...(inputs.length === 0 ? [] : [inputs]), ...owners];
  for (const holder of holders) {
    for (const key of Object.keys(recordOf(valueAt(reading, holder)))) {
      const at = followed(reading, [...holder, key]);
      if (sectionName.test(key) && recordOf(valueAt(reading, at))['component'] === undefined) {
        gateways.push(at, [...at, 'inputs'], [...at, 'parameters']);
      }
    }
  }
  return gateways.flatMap((gateway) => endpointsIn(reading, gateway));
}

/** A list or a mapping of endpoints, or one that stands there by itself. */
function endpointsIn(reading: Reading, gateway: Path): Endpoint[] {
  const lists = ['endpoints', 'apis'].map((key): Path => {
    const written = writtenAt(reading, gateway, key);
    const at: Path = [...gateway, written?.key ?? key];
    if (typeof written?.value === 'string' && followed(reading, at) === at) {
      resolved(reading, written, l10n.t('the gateway')); // Which file has them is told.
    }
    return followed(reading, at);
  });
  const endpoints = [...lists, gateway].flatMap((list): Path[] => {
    const value = valueAt(reading, list);
    const alone: Path[] = list === gateway && isRecord(value) ? [gateway] : [];
    return list === gateway && !Array.isArray(value)
      ? alone
      : keysOf(value).map((key) => followed(reading, [...list, key]));
  });
  const found = endpoints.flatMap((at): Endpoint[] => {
    const written = writtenAt(reading, at, 'protocol');
    const protocol = resolveReferences(written?.value, surroundOf(reading)).value;
    return /^(websocket|wss?)$/i.test(textOf(protocol) ?? '')
      ? [{ reading, gateway, at, named: namedAt(reading, at) }]
      : [];
  });
  if (found.some(({ at }) => at !== gateway)) {
    noteUnread(reading, gateway, silent.gateway, (key) =>
      l10n.t('{0} of the gateway has no part in scfws.json.', key),
    );
  }
  return found;
}

/** The names stand in `function`, or beside it; a function alone is the one for messages. */
export function namedAt(reading: Reading, at: Path): [Role, Written][] {
  const inner = followed(reading, [...at, 'function']);
  const alone = writtenAt(reading, at, 'function');
  return keys.flatMap(([role, names]): [Role, Written][] => {
    const written =
      writtenAt(reading, inner, ...names) ??
      writtenAt(reading, at, ...names) ??
      (role !== 'transfer'
        ? undefined
        : isRecord(valueAt(reading, inner))
          ? writtenAt(reading, inner, 'name')
          : alone);
    return written === undefined ? [] : [[role, written]];
  });
}

function noteUnread(
  reading: Reading,
  at: Path,
  known: RegExp,
  sentence: (key: string) => string,
): void {
  for (const [key, value] of Object.entries(recordOf(valueAt(reading, at)))) {
    if (
      known.test(key) ||
      named.has(key.toLowerCase()) ||
      value === null ||
      value === false ||
      value === 'NONE'
    ) {
      continue;
    }
    reading.notes.push(
      noteAt(
        reading.source.placeOf([...at, key]),
        'leftOut',
        /auth|usage_?plan/i.test(key)
          ? l10n.t('{0} of the WebSocket endpoint. Say "authentication" in scfws.json.', key)
          : sentence(key),
      ),
    );
  }
}

function readEndpoint(endpoint: Endpoint, functions: readonly Named[], finding: Finding): void {
  const { reading, gateway, at, named } = endpoint;
  const of = l10n.t('the WebSocket endpoint');
  finding.path ??= resolvedText(reading, writtenAt(reading, at, 'path', 'request_config_path'), of);
  const timeout = writtenAt(reading, at, 'serviceTimeout', 'service_config_timeout');
  finding.backendTimeout ??= limitedNumber(reading, timeout, of, limits.backendTimeout);
  finding.stage ??= stageOf(
    reading,
    writtenAt(reading, gateway, 'environment', 'environment_name'),
    of,
  );
  finding.service ??= resolvedText(
    reading,
    writtenAt(reading, gateway, 'serviceName', 'service_name', 'name'),
    of,
  );
  const inner = followed(reading, [...at, 'function']);
  const integrated =
    writtenAt(reading, inner, 'isIntegratedResponse') ??
    writtenAt(reading, at, 'service_config_scf_is_integrated_response');
  if (typeof integrated?.value === 'boolean') {
    finding.integrationResponse ??= integrated.value;
  }
  const unread = (key: string) =>
    l10n.t('{0} of the WebSocket endpoint has no part in scfws.json.', key);
  if (at !== gateway) {
    noteUnread(reading, at, silent.endpoint, unread);
  }
  noteUnread(reading, inner, silent.function, unread);
  for (const [role, written] of named) {
    if (finding.roles[role] !== undefined) {
      continue;
    }
    const target = referred(reading, written, functions);
    if (target?.detected !== undefined) {
      noteAssumed(reading, written, target);
      finding.roles[role] = target.detected.name;
      continue;
    }
    finding.open = [...(finding.open ?? []), role];
    const message =
      target === undefined
        ? whyNot(reading, written, role)
        : l10n.t(
            'The function "{0}" is left out: say in scfws.json which one plays the role "{1}".',
            target.aliases[0] ?? '',
            role,
          );
    finding.notes.push(noteAt(written.place, 'unknown', message));
  }
}

/** A name that came of a default or of `.env` is told, unless the function is called by the same reference. */
function noteAssumed(reading: Reading, written: Written, { aliases }: Named): void {
  if (!aliases.includes(textOf(written.value) ?? '')) {
    const { unresolved } = resolveReferences(written.value, surroundOf(reading));
    if (unresolved.length === 0) {
      resolved(reading, written, l10n.t('the WebSocket endpoint'));
    }
  }
}

/** Why a name leads to no function of these files. */
function whyNot(reading: Reading, { key, value }: Written, role: Role): string {
  const { value: plain, unresolved } = resolveReferences(value, surroundOf(reading));
  const [reference] = unresolved;
  if (reference === undefined) {
    return l10n.t(
      'There is no function "{0}" in these files: say in scfws.json which one plays the role "{1}".',
      briefly(plain),
      role,
    );
  }
  const instance = /^\$\{output:.*:([\w-]+)\.[\w.-]+\}$/.exec(reference)?.[1];
  return instance === undefined
    ? l10n.t(
        '{0} is {1}, which these files do not tell: say in scfws.json which function plays the role "{2}".',
        key,
        shown(reference),
        role,
      )
    : l10n.t(
        '{0} is {1}, and "{2}" is not in these files: import the folder that holds it, too, or say in scfws.json which function plays the role "{3}".',
        key,
        shown(reference),
        instance,
        role,
      );
}

/** `${output:dev:app:instance.functionName}` and `${key.name}` refer to another component, or to a function of one. */
function referred(
  reading: Reading,
  { value }: Written,
  functions: readonly Named[],
): Named | undefined {
  const name = textOf(value);
  if (name === undefined) {
    return undefined;
  }
  const plain = textOf(resolveReferences(value, surroundOf(reading)).value) ?? name;
  const [first = '', ...others] =
    /^\$\{(?:output:.*:)?(?:tencentcloud_scf_function\.)?([\w-]+(?:\.[\w-]+)+)\}$/
      .exec(name)?.[1]
      ?.split('.') ?? [];
  const meant = [name, plain, ...others.map((each) => `${first}.${each}`), first];
  return meant
    .map((each) => functions.find(({ aliases }) => aliases.includes(each)))
    .find((each) => each !== undefined);
}

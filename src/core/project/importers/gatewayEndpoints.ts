/** Endpoints of an `apigateway` component, or of the gateway triggers of functions: which function plays which role. */
import * as l10n from '@vscode/l10n';
import type { Role } from '../../../protocol/project';
import type { DetectedFunction, Finding } from './detected';
import { noteAt } from './notes';
import { resolveReferences } from './references';
import { limitedNumber, limits, resolvedText, stageOf, valueAt, writtenAt } from './written';
import type { Reading, Written } from './written';
import { isRecord, listOf, recordOf, textOf } from './yamlText';
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

interface Endpoint {
  reading: Reading;
  gateway: Path;
  at: Path;
  /** What it names for each role. */
  named: [Role, Written][];
}

const keys: readonly [Role, string[]][] = [
  ['transfer', ['transportFunctionName', 'functionName']],
  ['register', ['registerFunctionName']],
  ['cleanup', ['cleanupFunctionName']],
];

/** Read, or without a meaning on this machine. */
const silent =
  /^(path|protocol|method|function|serviceTimeout|apiName|apiId|description|apiDesc|enableCORS|responseType|isBase64Encoded)$/i;

/** Takes the first WebSocket endpoint whose transfer function is there; the others are noted. */
export function readGateways(
  components: readonly Component[],
  functions: readonly Named[],
  finding: Finding,
): void {
  const endpoints = components.flatMap(endpointsOf);
  const found = ({ reading, named }: Endpoint) =>
    named.some(
      ([role, written]) =>
        role === 'transfer' && referred(reading, written, functions)?.detected !== undefined,
    );
  const taken = endpoints.find(found) ?? endpoints[0];
  for (const other of endpoints) {
    if (other !== taken) {
      const path = textOf(recordOf(valueAt(other.reading, other.at))['path']) ?? '/';
      const message = l10n.t(
        'A further WebSocket endpoint, {0}. A project serves one: import it into a folder of its own.',
        path,
      );
      finding.notes.push(noteAt(other.reading.source.placeOf(other.at), 'leftOut', message));
    }
  }
  if (taken !== undefined) {
    readEndpoint(taken, functions, finding);
  }
}

function endpointsOf({ type, inputs, reading }: Component): Endpoint[] {
  const gateways: Path[] = type === 'apigateway' ? [inputs] : [];
  const owners: Path[] =
    type === 'framework' || type === 'multi-scf'
      ? Object.keys(recordOf(valueAt(reading, [...inputs, 'functions']))).map((key) => [
          ...inputs,
          'functions',
          key,
        ])
      : [];
  for (const owner of [inputs, ...owners]) {
    const own = recordOf(valueAt(reading, owner));
    listOf(own['triggers']).forEach((_, index) =>
      gateways.push([...owner, 'triggers', index, 'parameters']),
    );
    listOf(own['events']).forEach((event, index) => {
      const at: Path = [...owner, 'events', index, 'apigw'];
      gateways.push(
        isRecord(recordOf(recordOf(event)['apigw'])['parameters']) ? [...at, 'parameters'] : at,
      );
    });
  }
  return gateways.flatMap((gateway) =>
    ['endpoints', 'apis'].flatMap((list) =>
      listOf(valueAt(reading, [...gateway, list])).flatMap((each, index): Endpoint[] => {
        const at: Path = [...gateway, list, index];
        if (textOf(recordOf(each)['protocol'])?.toUpperCase() !== 'WEBSOCKET') {
          return [];
        }
        const named = keys.flatMap(([role, names]): [Role, Written][] => {
          const written = writtenAt(reading, [...at, 'function'], ...names);
          return written === undefined ? [] : [[role, written]];
        });
        return [{ reading, gateway, at, named }];
      }),
    ),
  );
}

function readEndpoint(endpoint: Endpoint, functions: readonly Named[], finding: Finding): void {
  const { reading, gateway, at, named } = endpoint;
  const of = l10n.t('the WebSocket endpoint');
  finding.path ??= resolvedText(reading, writtenAt(reading, at, 'path'), of);
  const timeout = writtenAt(reading, at, 'serviceTimeout');
  finding.backendTimeout ??= limitedNumber(reading, timeout, of, limits.backendTimeout);
  finding.stage ??= stageOf(reading, writtenAt(reading, gateway, 'environment'), of);
  finding.service ??= resolvedText(reading, writtenAt(reading, gateway, 'serviceName', 'name'), of);
  const integrated = recordOf(valueAt(reading, [...at, 'function']))['isIntegratedResponse'];
  if (typeof integrated === 'boolean') {
    finding.integrationResponse ??= integrated;
  }
  for (const key of Object.keys(recordOf(valueAt(reading, at)))) {
    if (!silent.test(key)) {
      const message = /auth|usagePlan/i.test(key)
        ? l10n.t('{0} of the WebSocket endpoint. Say "authentication" in scfws.json.', key)
        : l10n.t('{0} of the WebSocket endpoint has no part in scfws.json.', key);
      finding.notes.push(noteAt(reading.source.placeOf([...at, key]), 'leftOut', message));
    }
  }
  for (const [role, written] of named) {
    if (finding.roles[role] !== undefined) {
      continue;
    }
    const target = referred(reading, written, functions);
    if (target?.detected !== undefined) {
      finding.roles[role] = target.detected.name;
      continue;
    }
    const name = textOf(written.value) ?? '';
    const message =
      target === undefined
        ? l10n.t(
            'There is no function "{0}" in these files: say in scfws.json which one plays the role "{1}".',
            name,
            role,
          )
        : l10n.t(
            'The function "{0}" is left out: say in scfws.json which one plays the role "{1}".',
            name,
            role,
          );
    finding.notes.push(noteAt(written.place, 'unknown', message));
  }
}

/** `${output:dev:app:instance.functionName}` and `${key.name}` refer to another component. */
function referred(
  reading: Reading,
  { value }: Written,
  functions: readonly Named[],
): Named | undefined {
  const name = textOf(value);
  if (name === undefined) {
    return undefined;
  }
  const surround = { document: reading.source.value, env: reading.env };
  const plain = textOf(resolveReferences(value, surround).value) ?? name;
  const instance = /\$\{(?:output:.*:)?([\w-]+)\.\w+\}$/.exec(name)?.[1];
  return functions.find(
    ({ aliases }) =>
      [name, plain].some((each) => aliases.includes(each)) ||
      (instance !== undefined && aliases.includes(instance)),
  );
}

/**
 * `serverless.yml`, or the same as JSON or as a script, with the vendor's components: `scf` and `multi-scf` have the functions, `apigateway` and
 * `websocket` say which of them plays which role. Both generations: one component a file, or many by name; and the
 * framework's own form, `provider: tencent`.
 */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { roles } from '../../../protocol/project';
import { newFinding } from './detected';
import type { DetectedFunction, Finding } from './detected';
import { functionEntry } from './functionEntry';
import type { Layers } from './functionEntry';
import { readGateways } from './gatewayEndpoints';
import type { Component, Named } from './gatewayEndpoints';
import { noteAt } from './notes';
import { otherServerless, providerOf } from './otherFiles';
import {
  followed,
  keysOf,
  limitedNumber,
  limits,
  resolved,
  resolvedText,
  stageOf,
  valueAt,
  writtenAt,
} from './written';
import { isScript, parseScriptText } from './scriptText';
import type { Reading } from './written';
import { isRecord, listOf, parseYamlText, recordOf, textOf } from './yamlText';
import type { Path, TextFile } from './yamlText';

/** Reads the files of one project together. `env`: variables of the `.env` beside each file. */
export function parseServerlessYml(
  files: readonly TextFile[],
  env: (file: string) => Reading['env'] = () => ({}),
): Finding | undefined {
  const finding = newFinding('serverlessYml');
  const components: Component[] = [];
  const readings: Reading[] = [];
  for (const each of files) {
    const first = isScript(each.file) ? otherForm(each, files) : undefined;
    if (first !== undefined) {
      const message = l10n.t('{0} is read instead, as the framework does.', first);
      finding.notes.push(noteAt({ file: each.file }, 'leftOut', message));
      continue;
    }
    const { source, notes } = isScript(each.file) ? parseScriptText(each) : parseYamlText(each);
    finding.notes.push(...notes);
    if (source !== undefined) {
      const reading: Reading = { source, env: env(each.file), notes: finding.notes };
      readings.push(reading);
      components.push(...componentsOf(reading));
    }
    if (source !== undefined || notes.length > 0) {
      finding.sources.push(each.file);
    }
  }
  const functions = components.flatMap((component) => functionsOf(component, finding));
  const wholeFiles = readings.map((reading): Component => ({
    type: 'file',
    name: '',
    inputs: [],
    reading,
  }));
  readGateways([...components, ...wholeFiles], functions, finding);
  finding.functions = functions.flatMap(({ detected }) => detected ?? []);
  // A script without functions may be a program of that name: what else is here counts as well.
  const isOther =
    finding.notes.length === 0 || (finding.sources.every(isScript) && components.length === 0);
  if (finding.functions.length === 0 && isOther) {
    for (const { source } of readings) {
      const message = otherServerless(source.value);
      finding.notes.push(
        noteAt(
          source.placeOf(['provider' in source.value ? 'provider' : 'component']),
          'unknown',
          message,
        ),
      );
    }
    return finding.notes.length === 0 ? undefined : { ...finding, kind: 'unreadable' };
  }
  return finding;
}

/** YAML or JSON in the same folder. */
function otherForm({ file }: TextFile, files: readonly TextFile[]): string | undefined {
  const folder = path.posix.dirname(file);
  return files.find((each) => !isScript(each.file) && path.posix.dirname(each.file) === folder)
    ?.file;
}

function componentsOf(reading: Reading): Component[] {
  const document = reading.source.value;
  if (providerOf(document) === 'tencent' && document['functions'] !== undefined) {
    return [{ type: 'framework', name: textOf(document['service']) ?? '', inputs: [], reading }];
  }
  if (typeof document['component'] === 'string') {
    const name = textOf(document['name']) ?? '';
    return [{ type: typeOf(document['component']), name, inputs: ['inputs'], reading }];
  }
  return Object.entries(document)
    .filter(([, part]) => isRecord(part) && typeof part['component'] === 'string')
    .map(([name, part]) => ({
      type: typeOf(String(recordOf(part)['component'])),
      name,
      inputs: [name, 'inputs'],
      reading,
    }));
}

/** `@serverless/tencent-scf@1.2`, `../tencent-scf` → `scf` */
function typeOf(component: string): string {
  const name = component
    .replace(/(?<=.)@.*$/, '')
    .replace(/^.*\//, '')
    .replace(/^tencent-/, '');
  return name === 'cloudfunction' ? 'scf' : /^api-?gw?$/.test(name) ? 'apigateway' : name;
}

function functionsOf(component: Component, finding: Finding): Named[] {
  const { type, name, inputs, reading } = component;
  const base = path.posix.dirname(reading.source.file);
  switch (type) {
    case 'scf': {
      const called = nameAt(component, inputs) ?? name;
      const detected = functionEntry(reading, called, base, [inputs]);
      return [
        {
          detected: withTrigger(detected, component, inputs),
          aliases: [called, name, ...nameAsWritten(reading, inputs)],
        },
      ];
    }
    case 'multi-scf':
    case 'framework': {
      // The framework packs the folder of its file; what all functions share stands in `provider`.
      const shared: Path = type === 'framework' ? ['provider'] : inputs;
      const at = functionsAt(component);
      return keysOf(valueAt(reading, at)).map((key) => {
        const own = followed(reading, [...at, key]);
        if (typeof valueAt(reading, own) === 'string') {
          // Another file has it, which is told.
          resolved(reading, writtenAt(reading, at, String(key)), name);
          return { aliases: [String(key)] };
        }
        const called = nameAt(component, own) ?? String(key);
        const layers: Layers = [own, shared];
        const detected = functionEntry(reading, called, base, layers);
        return {
          detected: withTrigger(detected, component, own),
          aliases: [called, String(key), `${name}.${key}`, ...nameAsWritten(reading, own)],
        };
      });
    }
    case 'websocket':
      return [websocketFunction(component, base, finding)];
    default:
      return [];
  }
}

/** The name that the cloud will know; a reference that leads nowhere leaves the key of the file. */
function nameAt({ reading }: Component, at: Path): string | undefined {
  const written = writtenAt(reading, at, 'name');
  return written === undefined
    ? undefined
    : resolvedText(
        reading,
        written,
        l10n.t('the function at line {0}', (written.place.range?.line ?? 0) + 1),
      );
}

/** The same reference at both ends leads to the same function, whatever it stands for. */
function nameAsWritten(reading: Reading, at: Path): string[] {
  const written = textOf(writtenAt(reading, at, 'name')?.value);
  return written === undefined ? [] : [written];
}

/** Where the functions stand; that another file has them is told. */
function functionsAt({ inputs, name, reading }: Component): Path {
  const at: Path = [...inputs, 'functions'];
  const there = followed(reading, at);
  if (there === at && typeof valueAt(reading, at) === 'string') {
    resolved(reading, writtenAt(reading, inputs, 'functions'), name);
  }
  return there;
}

/** Marks what the files put behind an HTTP endpoint, and nowhere behind one for WebSocket. */
function withTrigger(
  detected: DetectedFunction | undefined,
  { reading }: Component,
  at: Path,
): DetectedFunction | undefined {
  const own = recordOf(valueAt(reading, at));
  const triggers = [...listOf(own['triggers']), ...listOf(own['events'])];
  const http = triggers.some((each) => /apigw/i.test(JSON.stringify(each) ?? ''));
  const webSocket = /websocket/i.test(JSON.stringify(triggers) ?? '');
  return detected === undefined || !http || webSocket ? detected : { ...detected, http: true };
}

/** One function that plays all roles. */
function websocketFunction(component: Component, base: string, finding: Finding): Named {
  const { name, inputs, reading } = component;
  const has = (...keys: string[]): Path | undefined => {
    const found = writtenAt(reading, inputs, ...keys);
    return found === undefined ? undefined : [...inputs, found.key];
  };
  const own = [has('faas'), has('functionConf')].filter((each) => each !== undefined);
  const [faas = inputs] = own;
  const called =
    resolvedText(reading, writtenAt(reading, faas, 'name'), name) ??
    resolvedText(reading, writtenAt(reading, inputs, 'functionName'), name) ??
    name;
  const detected = functionEntry(reading, called, base, [faas, ...own.slice(1), inputs]);
  if (detected !== undefined) {
    if (detected.handler === undefined) {
      const message = l10n.t(
        'The websocket component adds its own handler when it deploys. To run here, {0} needs one in its folder: name it as "handler" in scfws.json.',
        called,
      );
      finding.notes.push(noteAt(reading.source.placeOf(inputs), 'unknown', message));
    }
    for (const role of roles) {
      finding.roles[role] = detected.name;
    }
  }
  const gateway = has('apigw', 'apigatewayConf') ?? [...inputs, 'apigw'];
  const timeout = writtenAt(reading, gateway, 'timeout', 'serviceTimeout');
  finding.path ??= '/';
  finding.backendTimeout ??= limitedNumber(reading, timeout, called, limits.backendTimeout);
  finding.stage ??= stageOf(reading, writtenAt(reading, gateway, 'environment'), called);
  finding.service ??=
    resolvedText(reading, writtenAt(reading, gateway, 'name'), called) ??
    resolvedText(reading, writtenAt(reading, inputs, 'serviceName'), called);
  return { detected, aliases: [called, name] };
}

/** One function as a file describes it, through its layers of defaults, to what scfws.json can say. */
import * as l10n from '@vscode/l10n';
import type { DetectedFunction } from './detected';
import { noteAt } from './notes';
import { resolveReferences } from './references';
import {
  briefly,
  folderFrom,
  limitedNumber,
  limits,
  resolved,
  resolvedText,
  shown,
  surroundOf,
  valueAt,
  variablesAt,
  writtenAt,
} from './written';
import type { Reading, Written } from './written';
import { isRecord, recordOf, textOf } from './yamlText';
import type { Path } from './yamlText';

/** Where a function's values stand: its own mapping first, then those whose values it takes over. */
export type Layers = readonly [Path, ...Path[]];

/** Read, or without a meaning on this machine. */
const silent = new Set(
  (
    'src codeuri code handler runtime timeout inittimeout init_timeout memorysize memory environment environments ' +
    'name functionname description desc type region role tags tag events triggers namespace publish traffic ' +
    'enableroleauth functions apigw apigatewayconf faas functionconf servicename publicaccess publicnetworkconfig ' +
    'hook existed ignoretriggers protocols cls log package app org stage component ' +
    'zip_file cos_bucket_name cos_bucket_region cos_object_name mem_size func_type dns_cache enable_public_net ' +
    'enable_eip_config cls_logset_id cls_topic_id l5_enable async_run_enable count for_each lifecycle depends_on provider'
  ).split(' '),
);

/** Undefined, with a note, when its code is not in a folder of this machine. `known`: the folder, where it is known. */
export function functionEntry(
  reading: Reading,
  name: string,
  base: string,
  layers: Layers,
  known?: string,
): DetectedFunction | undefined {
  const get = (...names: string[]): Written | undefined => {
    for (const layer of layers) {
      const found = writtenAt(reading, layer, ...names);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  };
  const place = reading.source.placeOf(layers[0]);
  const code = get('src', 'CodeUri', 'code');
  const within = isRecord(code?.value) ? recordOf(code.value) : undefined;
  const folder =
    known ??
    (within === undefined
      ? code === undefined
        ? '.'
        : resolvedText(reading, code, name)
      : textOf(within['dist'] ?? within['src'])); // What is packed is what the build leaves.
  if (folder === undefined) {
    const bucket =
      within && textOf(within['bucket'] ?? within['Bucket'] ?? within['COSBucketName']);
    reading.notes.push(
      noteAt(
        code?.place ?? place,
        'leftOut',
        bucket === undefined
          ? l10n.t(
              '{0}: its code is not said to be in a folder ({1}). Put it into one, name that, and import again.',
              name,
              shown(briefly(code?.value)),
            )
          : l10n.t(
              '{0}: its code lies in the bucket {1}, as {2}. Download it into a folder, name that here, and import again.',
              name,
              bucket,
              briefly(
                within?.['object'] ??
                  within?.['Object'] ??
                  within?.['key'] ??
                  within?.['Key'] ??
                  '?',
              ),
            ),
      ),
    );
    return undefined;
  }
  if (/^[a-z][\w+.-]+:\/\//i.test(folder)) {
    reading.notes.push(
      noteAt(
        code?.place ?? place,
        'leftOut',
        l10n.t(
          '{0}: its code lies at {1}. Download it into a folder, name that here, and import again.',
          name,
          briefly(folder),
        ),
      ),
    );
    return undefined;
  }
  noteUnread(reading, name, layers[0]);
  noteHook(reading, name, within?.['hook'] ?? get('hook')?.value, code?.place ?? place);
  return {
    name,
    folder: folderFrom(base, folder),
    handler: resolvedText(reading, get('handler'), name),
    runtime: resolvedText(reading, get('runtime'), name),
    timeout: limitedNumber(reading, get('timeout'), name, limits.timeout),
    initTimeout: limitedNumber(
      reading,
      get('initTimeout', 'init_timeout'),
      name,
      limits.initTimeout,
    ),
    memory: limitedNumber(reading, get('memorySize', 'memory', 'mem_size'), name, limits.memory),
    environment: environmentOf(reading, name, layers),
    place,
  };
}

/** What the component runs before it packs the code. */
function noteHook(reading: Reading, name: string, hook: unknown, place: Written['place']): void {
  if (hook !== undefined && hook !== null) {
    reading.notes.push(
      noteAt(
        place,
        'leftOut',
        l10n.t(
          '{0}: "{1}" is run before its code is packed. Run it here first, or say it as "build" in scfws.json.',
          name,
          briefly(hook),
        ),
      ),
    );
  }
}

function noteUnread(reading: Reading, name: string, own: Path): void {
  for (const [key, value] of Object.entries(recordOf(valueAt(reading, own)))) {
    if (silent.has(key.toLowerCase()) || value === null || value === false) {
      continue;
    }
    reading.notes.push(
      noteAt(
        reading.source.placeOf([...own, key]),
        'leftOut',
        /^layers?$/i.test(key)
          ? l10n.t('{0}: its layers. Install the libraries that they hold into its folder.', name)
          : l10n.t('{0}: "{1}" has no part in scfws.json.', name, key),
      ),
    );
  }
}

/** Names under which the runtime itself gives the push address to every handler. */
const givenPushNames = ['sendbackHost', 'wsBackUrl', 'url'];
const pushName =
  /push.*(url|addr|host|uri)|send_?back|ws_?back|call_?back|reverse|(gateway|apigw|apigateway).*(url|addr|host|domain)/i;
const toGateway = /apigw|apigateway|gateway|subDomain/i;

/** Filled in with the push address when a handler starts. */
const localPush = '${SCFWS_PUSH_URL}';

function environmentOf(
  reading: Reading,
  name: string,
  layers: Layers,
): Record<string, string> | undefined {
  const variables = new Map<string, Written>();
  for (const layer of [...layers].reverse()) {
    const several = writtenAt(reading, layer, 'environments');
    const one = writtenAt(reading, layer, 'environment');
    const inner = one && writtenAt(reading, [...layer, one.key], 'variables');
    // A `config.json` may hold the variables without the word between.
    const path = one && [...layer, one.key, ...(inner === undefined ? [] : [inner.key])];
    for (const [key, value] of referredVariables(reading, inner ?? one, name)) {
      const { place } = inner ?? one ?? { place: reading.source.placeOf(layer) };
      variables.set(key, { key, value, place });
    }
    for (const each of [
      ...(several === undefined ? [] : variablesAt(reading, [...layer, several.key])),
      ...(path === undefined ? [] : variablesAt(reading, path)),
    ]) {
      variables.set(each.key, each);
    }
  }
  const environment: Record<string, string> = {};
  for (const [key, written] of variables) {
    const value = variableValue(reading, name, written);
    if (value === undefined) {
      continue;
    }
    if (!/^[^=\0]{1,200}$/.test(key) || value.includes('\0')) {
      const message = l10n.t(
        '{0}: {1} cannot be the name or value of an environment variable.',
        name,
        briefly(key),
      );
      reading.notes.push(noteAt(written.place, 'leftOut', message));
      continue;
    }
    environment[key] = value;
  }
  return Object.keys(environment).length === 0 ? undefined : environment;
}

/** All variables by one reference, `variables: ${self:custom.env}`; what is of another file is noted. */
function referredVariables(
  reading: Reading,
  written: Written | undefined,
  name: string,
): [string, unknown][] {
  if (typeof written?.value !== 'string') {
    return [];
  }
  const value = resolved(reading, written, name);
  if (value !== undefined && !isRecord(value)) {
    reading.notes.push(
      noteAt(
        written.place,
        'leftOut',
        l10n.t('{0}: "{1}" holds no variables. Say them in scfws.json.', name, written.key),
      ),
    );
  }
  return Object.entries(recordOf(value));
}

function variableValue(reading: Reading, name: string, written: Written): string | undefined {
  const { key, value: raw, place } = written;
  const { unresolved } = resolveReferences(raw, surroundOf(reading));
  const given = givenPushNames.includes(key);
  if (
    unresolved.length > 0 &&
    (given || pushName.test(key) || unresolved.some((each) => toGateway.test(each)))
  ) {
    reading.notes.push(
      noteAt(
        place,
        'changed',
        l10n.t(
          '{0}: {1} is {2}; here it is the local push address.',
          name,
          key,
          shown(unresolved.join(' ')),
        ),
      ),
    );
    return given ? undefined : localPush;
  }
  if (isRecord(raw) || Array.isArray(raw)) {
    reading.notes.push(
      noteAt(
        place,
        'leftOut',
        l10n.t('{0}: the variable {1} is no text. Say it in scfws.json.', name, key),
      ),
    );
    return undefined;
  }
  if (raw === null || raw === undefined || raw === '') {
    return '';
  }
  return resolvedText(reading, written, name);
}

/**
 * A folder of Terraform files: `tencentcloud_scf_function` has the functions, `tencentcloud_api_gateway_api` says which
 * of them plays which role. Names lead to variables, locals and other resources of the folder, as far as they are
 * written out.
 */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { newFinding } from './detected';
import type { Finding } from './detected';
import { functionEntry } from './functionEntry';
import { namedAt, readEndpoints } from './gatewayEndpoints';
import type { Endpoint, Named } from './gatewayEndpoints';
import { parseHcl } from './hclText';
import { noteAt } from './notes';
import type { Note } from './notes';
import { Places } from './places';
import { resolveReferences } from './references';
import {
  briefly,
  folderFrom,
  resolvedText,
  shown,
  stageOf,
  surroundOf,
  valueAt,
  writtenAt,
} from './written';
import type { Reading, Written } from './written';
import { isRecord, listOf, parseJsonSource, recordOf, textOf } from './yamlText';
import type { Found, Path, TextFile } from './yamlText';

export const isTerraform = (file: string): boolean =>
  /\.tf(\.json)?$|(^|\/)terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/.test(file);

type Body = Record<string, unknown>;

/** All that the files of one folder say. */
interface Module {
  /** By kind, type and name. */
  document: Body;
  variables: Body;
  places: Places;
}

/**
 * The files of one folder; undefined when they describe neither a function nor a gateway of this vendor's. `isFolder`:
 * whether there is such a folder, relative to the project's.
 */
export function parseTerraform(
  files: readonly TextFile[],
  isFolder: (folder: string) => boolean,
): Finding | undefined {
  const ours = /tencentcloud_(scf_function|api_gateway_api)\b/;
  const [first] = files.filter(({ text }) => ours.test(text ?? ''));
  if (first === undefined) {
    return undefined;
  }
  const finding = newFinding('terraform');
  finding.sources.push(first.file);
  const module = moduleOf(files, finding.notes);
  const reading: Reading = {
    source: {
      file: first.file,
      value: module.document,
      placeOf: (at) => module.places.along(module.document, at, { file: first.file }),
      find: (name) => found(module, name),
    },
    env: {},
    notes: finding.notes,
  };
  const functions = namesAt(reading, ['resource', 'tencentcloud_scf_function']).map((at) =>
    functionAt(reading, at, isFolder),
  );
  const apis = namesAt(reading, ['resource', 'tencentcloud_api_gateway_api']);
  readEndpoints(
    apis.flatMap((at) => endpointAt(reading, at)),
    functions,
    finding,
  );
  readStage(reading, finding);
  noteOthers(reading);
  for (const at of namesAt(reading, ['module'])) {
    const source = briefly(recordOf(valueAt(reading, at))['source']);
    const message = /^\.\.?\//.test(source)
      ? l10n.t(
          'The module {0} is not read. If it has functions, import its folder ({1}) by itself.',
          String(at.at(-1)),
          source,
        )
      : l10n.t(
          'The module {0} is not read: it is kept elsewhere ({1}).',
          String(at.at(-1)),
          source,
        );
    finding.notes.push(noteAt(reading.source.placeOf(at), 'leftOut', message));
  }
  finding.functions = functions.flatMap(({ detected }) => detected ?? []);
  if (finding.functions.length === 0) {
    finding.kind = 'unreadable'; // Folders beside it may say more.
  }
  if (finding.functions.length === 0 && finding.notes.length === 0) {
    const message = l10n.t(
      'These Terraform files describe a gateway, and no function. What can be read: tencentcloud_scf_function.',
    );
    finding.notes.push(noteAt({ file: first.file }, 'unknown', message));
  }
  return finding;
}

function moduleOf(files: readonly TextFile[], notes: Note[]): Module {
  const module: Module = { document: {}, variables: {}, places: new Places() };
  // Values of variables in the order in which the later ones win.
  const rank = ({ file }: TextFile) => `${/\.auto\./.test(file) ? 1 : 0}${file}`;
  const inOrder = [...files].sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
  for (const each of inOrder) {
    if (/(^|[/_])override\.tf(\.json)?$/.test(each.file)) {
      const message = l10n.t(
        'This file overrides others, and is not read. Say in scfws.json what it changes.',
      );
      notes.push(noteAt({ file: each.file }, 'leftOut', message));
      continue;
    }
    const body = bodyOf(each, module.places, notes);
    if (/tfvars(\.json)?$/.test(each.file)) {
      Object.assign(module.variables, body);
    } else {
      merge(module.document, body, module.places);
    }
  }
  return module;
}

function bodyOf(each: TextFile, places: Places, notes: Note[]): Body {
  if (!each.file.endsWith('.json')) {
    const parsed = parseHcl(each, places);
    notes.push(...parsed.notes);
    return parsed.body ?? {};
  }
  const { source, notes: problems } = parseJsonSource(each);
  notes.push(...problems);
  if (source === undefined) {
    return {};
  }
  const keep = (value: unknown, at: Path) => {
    if (typeof value !== 'object' || value === null) {
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      const there = [...at, Array.isArray(value) ? Number(key) : key];
      places.set(value, key, source.placeOf(there));
      keep(inner, there);
    }
  };
  keep(source.value, []);
  return source.value;
}

/** How many labels a block of each kind has. */
const labels = { resource: 2, data: 2, variable: 1, module: 1, locals: 0 } as const;

/** Blocks of the same kind and labels are one mapping; where JSON has lists of them, too. */
function merge(into: Body, from: Body, places: Places): void {
  for (const [kind, depth] of Object.entries(labels)) {
    for (const part of [from[kind], ...listOf(from[kind])]) {
      if (isRecord(part)) {
        const holder = recordOf(into[kind]);
        into[kind] = holder;
        mergeBlocks(holder, part, depth, places);
      }
    }
  }
}

function mergeBlocks(into: Body, from: Body, depth: number, places: Places): void {
  for (const [key, value] of Object.entries(from)) {
    const place = places.get(from, key);
    if (place !== undefined && places.get(into, key) === undefined) {
      places.set(into, key, place);
    }
    if (depth === 0) {
      into[key] ??= value;
      continue;
    }
    for (const part of [value, ...listOf(value)]) {
      if (isRecord(part)) {
        const holder = recordOf(into[key]);
        into[key] = holder;
        mergeBlocks(holder, part, depth - 1, places);
      }
    }
  }
}

function namesAt(reading: Reading, at: Path): Path[] {
  return Object.keys(recordOf(valueAt(reading, at))).map((name) => [...at, name]);
}

/** What a name of the folder leads to: `var.a`, `local.b.c`, `path.module`, `data.archive_file.d.output_path`, a resource. */
function found({ document, variables }: Module, name: string): Found | undefined {
  const text = /^"([^"$%\\]*)"$/.exec(name)?.[1];
  if (text !== undefined) {
    return { value: text };
  }
  const steps = stepsOf(name);
  const [kind = '', first = '', ...others] = steps ?? [];
  const along = (root: unknown, path: readonly string[]): Found => ({
    value: path.reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Body)[step]
          : undefined,
      root,
    ),
  });
  switch (kind) {
    case '':
    case 'each':
    case 'count':
    case 'self':
    case 'module':
    case 'terraform':
      return undefined;
    case 'path':
      return { value: '.' }; // References to folders count from the file.
    case 'var': {
      const given = Object.hasOwn(variables, first);
      const root = given
        ? variables[first]
        : recordOf(along(document, ['variable', first]).value)['default'];
      return { ...along(root, others), assumed: !given };
    }
    case 'local':
      return along(document['locals'], [first, ...others]);
    case 'data':
      return along(document['data'], [first, ...others]);
    default:
      // One of several (`count`) is described by the same block.
      return along(document['resource'], [
        kind,
        first,
        ...(/^\d+$/.test(others[0] ?? '') ? others.slice(1) : others),
      ]);
  }
}

/** `a.b[0]["c"]`; undefined for what is no plain name. */
function stepsOf(name: string): string[] | undefined {
  return /^[A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\]|\["[^"\]]*"\])*$/.test(name)
    ? [...name.matchAll(/[\w-]+(?=[.[\]]|$)|(?<=\[")[^"]*/g)].map(([step]) => step)
    : undefined;
}

function functionAt(reading: Reading, at: Path, isFolder: (folder: string) => boolean): Named {
  const label = String(at.at(-1));
  const written = writtenAt(reading, at, 'name');
  const name = resolvedText(reading, written, label) ?? label;
  const raw = textOf(written?.value);
  const aliases = [
    name,
    label,
    ...(raw === undefined ? [] : [raw]),
    ...['name', 'id'].map((each) => `\${tencentcloud_scf_function.${label}.${each}}`),
  ];
  const place = reading.source.placeOf(at);
  const leaveOut = (message: string, where = place): Named => {
    reading.notes.push(noteAt(where, 'leftOut', message));
    return { aliases };
  };
  const kind = writtenAt(reading, at, 'func_type');
  if (/^http$/i.test(textOf(kind?.value) ?? '')) {
    return leaveOut(
      l10n.t('{0}: a Web function, which speaks for itself: start it as it is.', name),
      kind?.place,
    );
  }
  const image = writtenAt(reading, at, 'image_config');
  if (image !== undefined) {
    return leaveOut(
      l10n.t('{0}: its code is in an image. Put it into a folder, and import again.', name),
      image.place,
    );
  }
  const code = writtenAt(reading, at, 'zip_file') ?? writtenAt(reading, at, 'cos_object_name');
  const base = path.posix.dirname(reading.source.file);
  const folder = code === undefined ? '.' : folderOf(reading, at, code, name, base, isFolder);
  if (folder === undefined) {
    return { aliases };
  }
  const several = writtenAt(reading, at, 'count', 'for_each');
  if (several !== undefined) {
    const message = l10n.t(
      '{0}: it is there once in scfws.json, whatever "{1}" says.',
      name,
      several.key,
    );
    reading.notes.push(noteAt(several.place, 'changed', message));
  }
  const detected = functionEntry(reading, name, base, [at], folder);
  const triggers = writtenAt(reading, at, 'triggers')?.value;
  const http = [triggers, ...listOf(triggers)].some((each) =>
    /^(apigw|http)$/i.test(textOf(recordOf(each)['type']) ?? ''),
  );
  return {
    detected: detected === undefined || !http ? detected : { ...detected, http: true },
    aliases,
  };
}

/** The folder that an archive is made of, or one of the archive's name beside it; undefined, with a note, without any. */
function folderOf(
  reading: Reading,
  at: Path,
  code: Written,
  name: string,
  base: string,
  isFolder: (folder: string) => boolean,
): string | undefined {
  const quietly: Reading = { ...reading, notes: [] };
  const textAt = (path: Path, key: string) =>
    resolvedText(quietly, writtenAt(reading, path, key), name);
  const reference = (value: unknown, kind: string, member: string): string | undefined =>
    new RegExp(`^\\$\\{${kind}\\.([\\w-]+)(?:\\[0\\])?\\.${member}\\}$`).exec(
      textOf(value) ?? '',
    )?.[1];
  const object = reference(code.value, 'tencentcloud_cos_bucket_object', '\\w+');
  const upload =
    object === undefined
      ? undefined
      : writtenAt(reading, ['resource', 'tencentcloud_cos_bucket_object', object], 'source');
  const packed = upload ?? code;
  const file = resolvedText(quietly, packed, name);
  const archives = namesAt(reading, ['data', 'archive_file']).concat(
    namesAt(reading, ['resource', 'archive_file']),
  );
  const label =
    reference(packed.value, 'data\\.archive_file', 'output_\\w+') ??
    reference(packed.value, 'archive_file', 'output_\\w+');
  const archive = archives.find(
    (each) => each.at(-1) === label || (file !== undefined && file === textAt(each, 'output_path')),
  );
  if (archive !== undefined) {
    const folder = textAt(archive, 'source_dir');
    const one = textAt(archive, 'source_file');
    const made = folder ?? (one === undefined ? undefined : path.posix.dirname(one));
    if (made !== undefined) {
      return made;
    }
  }
  const bucket = writtenAt(reading, at, 'cos_bucket_name');
  const whole = file ?? shown(briefly(packed.value));
  const beside = file?.replace(/\.(zip|jar)$/i, '');
  if (beside !== undefined && beside !== file && isFolder(folderFrom(base, beside))) {
    reading.notes.push(
      noteAt(
        packed.place,
        'guessed',
        l10n.t(
          '{0}: its code is packed in {1}; the folder {2} beside it is taken for what is in there.',
          name,
          whole,
          beside,
        ),
      ),
    );
    return beside;
  }
  const where =
    bucket === undefined || upload !== undefined
      ? whole
      : l10n.t('{0} of the bucket {1}', whole, shown(briefly(bucket.value)));
  const { unresolved } = resolveReferences(packed.value, surroundOf(reading));
  reading.notes.push(
    noteAt(
      packed.place,
      'leftOut',
      beside === undefined || unresolved.length > 0
        ? l10n.t(
            '{0}: its code is packed in {1}, and these files do not tell from which folder. Write scfws.json by hand, with that folder.',
            name,
            where,
          )
        : l10n.t(
            '{0}: its code is packed in {1}. Unpack it into the folder {2}, and import again.',
            name,
            where,
            beside,
          ),
    ),
  );
  return undefined;
}

function endpointAt(reading: Reading, at: Path): Endpoint[] {
  const protocol = resolvedText({ ...reading, notes: [] }, writtenAt(reading, at, 'protocol'), '');
  if (!/^websocket$/i.test(protocol ?? '')) {
    return [];
  }
  const service = textOf(writtenAt(reading, at, 'service_id')?.value) ?? '';
  const name = /^\$\{tencentcloud_api_gateway_service\.([\w-]+)/.exec(service)?.[1] ?? '';
  return [
    {
      reading,
      gateway: ['resource', 'tencentcloud_api_gateway_service', name],
      at,
      named: namedAt(reading, at),
    },
  ];
}

/** A stage is served where exactly one is released. */
function readStage(reading: Reading, finding: Finding): void {
  const released = ['tencentcloud_api_gateway_service_release', 'tencentcloud_api_gateway_release']
    .flatMap((type) => namesAt(reading, ['resource', type]))
    .flatMap((at) => writtenAt(reading, at, 'environment_name') ?? []);
  const [only] = released;
  if (only !== undefined && released.length === 1) {
    finding.stage ??= stageOf(reading, only, l10n.t('the WebSocket endpoint'));
  }
}

/** What else the files make of the gateway and of functions. */
function noteOthers(reading: Reading): void {
  for (const type of Object.keys(recordOf(reading.source.value['resource']))) {
    if (
      !/^tencentcloud_(scf|api_gateway)_/.test(type) ||
      /^tencentcloud_(scf_function|scf_namespace|api_gateway_(api|service|(service_)?release))$/.test(
        type,
      )
    ) {
      continue;
    }
    for (const at of namesAt(reading, ['resource', type])) {
      const name = `${type}.${String(at.at(-1))}`;
      const message = /usage_plan|api_key|api_app|auth/.test(type)
        ? l10n.t('{0} of the WebSocket endpoint. Say "authentication" in scfws.json.', name)
        : l10n.t('{0} has no part in scfws.json.', name);
      reading.notes.push(noteAt(reading.source.placeOf(at), 'leftOut', message));
    }
  }
}

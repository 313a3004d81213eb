/** Values of a file with their places, read through references and through layers of defaults. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { stages } from '../../../protocol/project';
import type { Stage } from '../../../protocol/project';
import { noteAt } from './notes';
import type { Note, Place } from './notes';
import { quantityOf, type Unit } from './quantities';
import { resolveReferences } from './references';
import type { Surround } from './references';
import { isRecord, listOf, recordOf, textOf } from './yamlText';
import type { Path, Source } from './yamlText';

/** What reading one file needs, and where its notes go. */
export interface Reading {
  source: Source;
  env: Readonly<Record<string, string>>;
  notes: Note[];
}

/** A value as it stands in the file. */
export interface Written {
  key: string;
  value: unknown;
  place: Place;
}

export function valueAt(reading: Reading, at: Path): unknown {
  return at.reduce<unknown>(
    (value, step) =>
      Array.isArray(value) ? (value as unknown[])[Number(step)] : recordOf(value)[String(step)],
    reading.source.value,
  );
}

/** Of a list or a mapping. */
export function keysOf(value: unknown): (string | number)[] {
  return Array.isArray(value) ? [...value.keys()] : Object.keys(recordOf(value));
}

/** The first of the names (in any case) that a mapping has. */
export function writtenAt(reading: Reading, at: Path, ...names: string[]): Written | undefined {
  const holder = valueAt(reading, at);
  const mapping = Array.isArray(holder) ? { ...(holder as unknown[]) } : recordOf(holder);
  for (const name of names) {
    const key = Object.keys(mapping).find((each) => each.toLowerCase() === name.toLowerCase());
    if (key !== undefined && mapping[key] !== null) {
      return { key, value: mapping[key], place: reading.source.placeOf([...at, key]) };
    }
  }
  return undefined;
}

export function surroundOf({ source, env }: Reading): Surround {
  const { value: document, find } = source;
  return { document, env, ...(find === undefined ? {} : { find }) };
}

/** `${self:custom.list}` in place of a list or mapping: the path of what it refers to, in the same file. */
export function followed(reading: Reading, at: Path): Path {
  const value = valueAt(reading, at);
  const name =
    typeof value === 'string' && reading.source.find === undefined
      ? /^\$\{(?:self[:.])?([\w-]+(?:\.[\w-]+)*)\}$/.exec(value)?.[1]
      : undefined;
  const there = name?.split('.');
  return there !== undefined && typeof valueAt(reading, there) === 'object' ? there : at;
}

/** The value without references; undefined, with a note, where one leads nowhere. */
export function resolved(reading: Reading, written: Written | undefined, of: string): unknown {
  if (written === undefined) {
    return undefined;
  }
  const { value, unresolved, assumed } = resolveReferences(written.value, surroundOf(reading));
  for (const reference of new Set(unresolved.filter((each) => !isCode(each)))) {
    reading.notes.push(
      noteAt(
        written.place,
        'unknown',
        l10n.t(
          '{0} of {1} is {2}, which these files do not tell. Say it in scfws.json.',
          written.key,
          of,
          shown(reference),
        ),
      ),
    );
  }
  for (const reference of unresolved.length > 0 ? [] : new Set(assumed)) {
    reading.notes.push(
      noteAt(
        written.place,
        'guessed',
        l10n.t(
          '{0} of {1} is {2}: taken from its default or from .env; scfws.json holds the value itself.',
          written.key,
          of,
          shown(reference),
        ),
      ),
    );
  }
  return value;
}

export function resolvedText(
  reading: Reading,
  written: Written | undefined,
  of: string,
): string | undefined {
  return textOf(resolved(reading, written, of));
}

/** `!Ref Mode` as it was written, not as it was kept. */
export function shown(reference: string): string {
  return reference
    .replace(/^\$\{(?:!code )?(.*)\}$/s, (all, inner: string) =>
      isCode(all) || inner.startsWith('!') ? inner : all,
    )
    .slice(0, 100);
}

/** What only running a file would tell, kept as a reference that leads nowhere; whoever read the file has told of it. */
export function codeReference(text: string): string {
  return `\${!code ${text.replace(/\s+/g, ' ').replace(/[{}$]/g, '')}}`;
}

function isCode(reference: string): boolean {
  return reference.startsWith('${!code ');
}

interface Limits {
  least: number;
  most: number;
  unit: Unit;
  /** The next size that exists; default: the nearest whole number. */
  round?(value: number): number;
}

export const limits = {
  timeout: { least: 1, most: 900, unit: 's' },
  initTimeout: { least: 3, most: 300, unit: 's' },
  backendTimeout: { least: 1, most: 1800, unit: 's' },
  memory: {
    least: 64,
    most: 3072,
    unit: 'MB',
    round: (value) => (value <= 64 ? 64 : Math.ceil(value / 128) * 128),
  },
} as const satisfies Record<string, Limits>;

/** A number that the platform allows; what had to be changed for it is noted, and so is what has no clear meaning. */
export function limitedNumber(
  reading: Reading,
  written: Written | undefined,
  of: string,
  allowed: Limits,
): number | undefined {
  const value = resolved(reading, written, of);
  if (written === undefined || value === undefined) {
    return undefined;
  }
  const number = typeof value === 'string' ? quantityOf(value, allowed.unit) : value;
  if (typeof number !== 'number') {
    reading.notes.push(
      noteAt(
        written.place,
        'leftOut',
        l10n.t(
          '{0} of {1} is {2}, which is no number, or can mean more than one; the default is used. Say it in scfws.json.',
          written.key,
          of,
          briefly(value),
        ),
      ),
    );
    return undefined;
  }
  const rounded = (allowed.round ?? Math.round)(number);
  const good = Math.min(allowed.most, Math.max(allowed.least, rounded));
  if (good !== number) {
    reading.notes.push(
      noteAt(
        written.place,
        'changed',
        l10n.t(
          '{0} of {1} is {2} there and {3} {4} in scfws.json: the platform allows {5} to {6}.',
          written.key,
          of,
          briefly(value),
          good,
          allowed.unit,
          allowed.least,
          allowed.round === undefined ? allowed.most : l10n.t('{0} in steps of 128', allowed.most),
        ),
      ),
    );
  } else if (typeof value === 'string' && !/^\d+(\.0*)?$/.test(value)) {
    const message = l10n.t(
      '{0} of {1} is {2} there and {3} {4} in scfws.json.',
      ...[written.key, of, briefly(value), good, allowed.unit],
    );
    reading.notes.push(noteAt(written.place, 'changed', message));
  }
  return good;
}

export function stageOf(
  reading: Reading,
  written: Written | undefined,
  of: string,
): Stage | undefined {
  const value = resolvedText(reading, written, of);
  const stage = stages.find((each) => each === value);
  if (written !== undefined && value !== undefined && stage === undefined) {
    reading.notes.push(
      noteAt(
        written.place,
        'leftOut',
        l10n.t(
          'There is no stage {0}; known are {1}. "stages" of scfws.json can say it.',
          value,
          stages.join(', '),
        ),
      ),
    );
  }
  return stage;
}

/** A folder that a file in `base` names; an absolute one stays so, and is refused later. */
export function folderFrom(base: string, written: string): string {
  const portable = written.replace(/\\/g, '/');
  return path.posix.isAbsolute(portable) ? portable : path.posix.join(base, portable);
}

/** `{A: 1}` and `[{key: 'A', value: 1}]` (both are in use), each with its place. */
export function variablesAt(reading: Reading, at: Path): Written[] {
  const value = valueAt(reading, at);
  const pairs = Array.isArray(value)
    ? listOf(value).map((each, index): Written => {
        const entry = recordOf(each);
        return {
          key: String(entry['key'] ?? entry['Key'] ?? ''),
          value: entry['value'] ?? entry['Value'],
          place: reading.source.placeOf([...at, index]),
        };
      })
    : Object.entries(recordOf(value)).map(([key, each]): Written => ({
        key,
        value: each,
        place: reading.source.placeOf([...at, key]),
      }));
  return pairs.filter(({ key }) => key !== '' && key !== '__proto__');
}

export function briefly(value: unknown): string {
  return (isRecord(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)).slice(
    0,
    60,
  );
}

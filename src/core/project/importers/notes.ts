/** What an import could not take over as it was. Nothing of it is silent: a host shows every note. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Problem } from '../../../protocol/project';

/** Where something is written: a file relative to the project folder, and the range in it. */
export interface Place {
  file: string;
  range?: Problem['range'];
}

/**
 * - `unknown`: nobody can tell from the files; a person must say it
 * - `leftOut`: the files say it, scfws.json does not
 * - `changed`: scfws.json says it otherwise
 * - `guessed`: the files do not say it, scfws.json does
 */
export const noteKinds = ['unknown', 'leftOut', 'changed', 'guessed'] as const;
export type NoteKind = (typeof noteKinds)[number];

export interface Note extends Problem {
  kind: NoteKind;
}

export function noteAt(place: Place, kind: NoteKind, message: string): Note {
  const { file, range } = place;
  const severity = kind === 'guessed' ? 'warning' : kind === 'unknown' ? 'error' : 'warning';
  return { kind, file, path: '', message, severity, ...(range === undefined ? {} : { range }) };
}

/** `serverless.yml:12`; lines count from 1, as editors show them. */
export function placeText({ file, range }: Place): string {
  return range === undefined ? file : `${file}:${range.line + 1}`;
}

/** The notes as lines under a heading for each kind; files as `folder` sees them. Empty without notes. */
export function reportLines(
  notes: readonly Note[],
  folder: string,
  paths: 'relative' | 'absolute',
): string[] {
  const headings: Record<NoteKind, string> = {
    unknown: l10n.t('To be said by you:'),
    leftOut: l10n.t('Left out:'),
    changed: l10n.t('Changed:'),
    guessed: l10n.t('Guessed:'),
  };
  return noteKinds.flatMap((kind) => {
    const lines = notes
      .filter((note) => note.kind === kind)
      .map((note) => {
        const absolute = path.resolve(folder, note.file);
        const file = paths === 'absolute' ? absolute : path.relative(folder, absolute) || '.';
        return `  ${placeText({ ...note, file })}  ${note.message}`;
      });
    return lines.length === 0 ? [] : [headings[kind], ...new Set(lines)];
  });
}

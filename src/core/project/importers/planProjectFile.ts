/** From a detected project and the answers of a person to the text of scfws.json. Pure. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { roles } from '../../../protocol/project';
import type { Role } from '../../../protocol/project';
import { sentences, UserError } from '../../errors';
import { parseRuntime } from '../projectFile';
import type { DetectedFunction, DetectedProject } from './detected';
import { noteAt, placeText } from './notes';
import type { Note } from './notes';

/** Role → name of a function; null: nothing plays it; absent: as the files say, else as guessed. */
export type RoleAnswers = Partial<Record<Role, string | null>>;

/**
 * The file and everything that it does not say as the files did. Throws a `UserError` when no function plays
 * `transfer`, or an answer names a function that is not there.
 */
export function planProjectFile(
  detected: DetectedProject,
  answers: RoleAnswers = {},
): { text: string; notes: Note[] } {
  if (detected.functions.length === 0) {
    throw new UserError(
      'nothingToImport',
      l10n.t('There is no function here that can be served from this folder.'),
      whatWasSeen(detected),
    );
  }
  const played: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    const name =
      answers[role] === undefined
        ? (detected.roles[role] ?? guessOf(detected, role))
        : answers[role];
    if (name === null) {
      continue;
    }
    if (!detected.functions.some((each) => each.name === name)) {
      throw new UserError(
        'unknownFunction',
        l10n.t('There is no function "{0}".', name),
        l10n.t('Choose one of: {0}.', detected.functions.map((each) => each.name).join(', ')),
      );
    }
    played[role] = name;
  }
  if (played.transfer === undefined) {
    throw new UserError(
      'transferMissing',
      l10n.t('No function is known to take the messages of clients.'),
      sentences(
        l10n.t(
          'Say which one plays the role "transfer" (in a terminal: --transfer NAME). Functions: {0}.',
          detected.functions.map((each) => each.name).join(', '),
        ),
        whatWasSeen({
          ...detected,
          notes: detected.notes.filter(({ kind }) => kind === 'leftOut'),
        }) ?? '',
      ),
    );
  }
  const notes = [...detected.notes, ...roleNotes(detected, played, answers)];
  const project = {
    ...(detected.service === undefined ? {} : { service: nameFor(detected.service, notes) }),
    ...(detected.path === undefined ? {} : { path: pathFor(detected.path, notes) }),
    ...(detected.stage === undefined ? {} : { stages: [detected.stage] }),
    ...(detected.backendTimeout === undefined ? {} : { backendTimeout: detected.backendTimeout }),
    ...(detected.integrationResponse === true ? { integrationResponse: true } : {}),
    functions: functionEntries(detected, played, notes),
  };
  return { text: JSON.stringify(project, null, 2) + '\n', notes: atSource(detected, notes) };

  /** What is about the whole project stands at the first file that it was read from. */
  function atSource({ folder, sources }: DetectedProject, all: readonly Note[]): Note[] {
    return all.map((each) =>
      each.file === '' ? { ...each, file: path.join(folder, sources[0] ?? '') } : each,
    );
  }
}

/** What stands in the way, each with its file and line. */
function whatWasSeen({ folder, notes }: DetectedProject): string | undefined {
  const seen = notes.map((note) => {
    const file = path.relative(folder, note.file);
    return `${placeText({ ...note, file })}: ${note.message}`;
  });
  return seen.length === 0 ? undefined : seen.slice(0, 3).join('\n');
}

/** Which roles are only guessed, and which functions play none. */
function roleNotes(
  detected: DetectedProject,
  played: Partial<Record<Role, string>>,
  answers: RoleAnswers,
): Note[] {
  const notes: Note[] = [];
  const placeOf = (name: string) => {
    const place = detected.functions.find((each) => each.name === name)?.place;
    return place === undefined
      ? { file: '' }
      : { ...place, file: path.resolve(detected.folder, place.file) };
  };
  for (const { role, guess } of detected.questions) {
    if (answers[role] === undefined && guess !== null) {
      const message = l10n.t('{0} plays the role "{1}", by its name or its code.', guess, role);
      notes.push(noteAt(placeOf(guess), 'guessed', message));
    } else if (answers[role] === undefined && role !== 'transfer') {
      const message = l10n.t(
        'No function plays the role "{0}". Add it to "functions" of scfws.json if one does.',
        role,
      );
      notes.push(noteAt({ file: '' }, 'guessed', message));
    }
  }
  for (const { name } of detected.functions) {
    if (!Object.values(played).includes(name)) {
      const message = l10n.t('{0}: it plays none of the three roles.', name);
      notes.push(noteAt(placeOf(name), 'leftOut', message));
    }
  }
  return notes;
}

function guessOf(detected: DetectedProject, role: Role): string | null {
  return detected.questions.find((question) => question.role === role)?.guess ?? null;
}

/** The function itself stands at its first role, `transfer` before the others; further roles name that one. */
function functionEntries(
  detected: DetectedProject,
  played: Partial<Record<Role, string>>,
  notes: Note[],
): Record<string, unknown> {
  const homes = new Map<string, Role>();
  for (const role of ['transfer', 'register', 'cleanup'] as const) {
    const name = played[role];
    if (name !== undefined && !homes.has(name)) {
      homes.set(name, role);
    }
  }
  const entries = roles.flatMap((role) => {
    const name = played[role];
    const spec = detected.functions.find((each) => each.name === name);
    const home = name === undefined ? undefined : homes.get(name);
    return spec === undefined ? [] : [[role, home === role ? entryOf(spec, notes) : home]];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function entryOf(spec: DetectedFunction, notes: Note[]): Record<string, unknown> {
  const { handler, timeout, initTimeout, memory, environment } = spec;
  const runs = spec.runtime !== undefined && parseRuntime(spec.runtime) !== undefined;
  const written = {
    name: nameFor(spec.name, notes),
    folder: spec.folder,
    handler,
    runtime: runs ? spec.runtime : undefined,
    timeout,
    initTimeout,
    memory,
    environment,
  };
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
}

function nameFor(name: string, notes: Note[]): string {
  const cleaned = [...name].map((each) => (each < ' ' || /[/\\\x7f]/.test(each) ? '-' : each));
  return told(name, cleaned.slice(0, 60).join('') || 'function', notes);
}

function pathFor(written: string, notes: Note[]): string {
  const rooted = written.startsWith('/') ? written : `/${written}`;
  return told(written, rooted.replace(/[\s?#].*$/s, '').slice(0, 255) || '/', notes);
}

function told(before: string, after: string, notes: Note[]): string {
  if (before !== after) {
    notes.push(
      noteAt(
        { file: '' },
        'changed',
        l10n.t('"{0}" is "{1}" in scfws.json.', before.slice(0, 80), after),
      ),
    );
  }
  return after;
}

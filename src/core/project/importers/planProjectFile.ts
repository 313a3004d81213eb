/** From a detected project and the answers of a person to the text of scfws.json. Pure. */
import * as l10n from '@vscode/l10n';
import { roles } from '../../../protocol/project';
import type { Role } from '../../../protocol/project';
import { UserError } from '../../errors';
import { parseRuntime } from '../projectFile';
import type { DetectedFunction, DetectedProject } from './detected';

/** Role → name of a function; null: nothing plays it; absent: as the files say, else as guessed. */
export type RoleAnswers = Partial<Record<Role, string | null>>;

/** Throws a `UserError` when no function plays `transfer`, or an answer names a function that is not there. */
export function planProjectFile(detected: DetectedProject, answers: RoleAnswers = {}): string {
  if (detected.functions.length === 0) {
    throw new UserError(
      'nothingToImport',
      l10n.t('None of the functions that were found can be served from this folder.'),
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
      l10n.t(
        'Say which one plays the role "transfer" (in a terminal: --transfer NAME). Functions: {0}.',
        detected.functions.map((each) => each.name).join(', '),
      ),
    );
  }
  const project = {
    ...(detected.service === undefined ? {} : { service: nameFor(detected.service) }),
    ...(detected.path === undefined ? {} : { path: pathFor(detected.path) }),
    ...(detected.stage === undefined ? {} : { stages: [detected.stage] }),
    ...clamped('backendTimeout', detected.backendTimeout, 1, 1800),
    ...(detected.integrationResponse === true ? { integrationResponse: true } : {}),
    functions: functionEntries(detected, played),
  };
  return JSON.stringify(project, null, 2) + '\n';
}

function guessOf(detected: DetectedProject, role: Role): string | null {
  return detected.questions.find((question) => question.role === role)?.guess ?? null;
}

/** The function itself stands at its first role, `transfer` before the others; further roles name that one. */
function functionEntries(
  detected: DetectedProject,
  played: Partial<Record<Role, string>>,
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
    return spec === undefined ? [] : [[role, home === role ? entryOf(spec) : home]];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function entryOf(spec: DetectedFunction): Record<string, unknown> {
  const runs = spec.runtime !== undefined && parseRuntime(spec.runtime) !== undefined;
  const environment = Object.entries(spec.environment ?? {}).filter(
    ([name, value]) => /^[^=\0]{1,200}$/.test(name) && !value.includes('\0'),
  );
  return {
    name: nameFor(spec.name),
    folder: spec.folder,
    ...(spec.handler === undefined ? {} : { handler: spec.handler }),
    ...(runs ? { runtime: spec.runtime } : {}),
    ...clamped('timeout', spec.timeout, 1, 900),
    ...clamped('initTimeout', spec.initTimeout, 3, 300),
    ...(spec.memory === undefined ? {} : { memory: memoryFor(spec.memory) }),
    ...(environment.length === 0 ? {} : { environment: Object.fromEntries(environment) }),
  };
}

function clamped(key: string, value: number | undefined, least: number, most: number): object {
  return value === undefined ? {} : { [key]: Math.min(most, Math.max(least, Math.round(value))) };
}

/** The next size that exists: 64, or a multiple of 128 up to 3072. */
function memoryFor(megabytes: number): number {
  return megabytes <= 64 ? 64 : Math.min(3072, Math.ceil(megabytes / 128) * 128);
}

function nameFor(name: string): string {
  const cleaned = [...name].map((each) => (each < ' ' || /[/\\\x7f]/.test(each) ? '-' : each));
  return cleaned.slice(0, 60).join('') || 'function';
}

function pathFor(written: string): string {
  const rooted = written.startsWith('/') ? written : `/${written}`;
  return rooted.replace(/[\s?#].*$/s, '').slice(0, 255) || '/';
}

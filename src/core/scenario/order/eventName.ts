/**
 * Names of the events whose order can be decided, as a scenario writes them under `order:`. A name tells who and what,
 * and counts only what happens more than once: it means the same event in every order.
 */
import type { Role } from '../../../protocol/project';

/** `Register of alice`, `Transmission of alice #2`: a run of a function for a client. */
export interface RunName {
  role: Role;
  client: string;
  /** Counts from 1 among the events of that role and client. */
  number: number;
}

export type EventName =
  /** The handler gets the event, and runs until its first push or its end. */
  | { is: 'starts'; run: RunName }
  /** What it pushes reaches the client, or is refused. */
  | { is: 'pushes'; run: RunName; to: string; number: number }
  /** It gets the answer to that push, and runs on. */
  | { is: 'hasPushed'; run: RunName; to: string; number: number }
  /** It has returned. For Register: the connection opens, or is refused. */
  | { is: 'ends'; run: RunName }
  /** A step of a client arrives. */
  | { is: 'step'; client: string; verb: StepVerb; number: number }
  /** A push from outside arrives. */
  | { is: 'outside'; number: number };

export type StepVerb = (typeof stepVerbs)[number];

export const stepVerbs = ['connects', 'sends', 'closes', 'drops'] as const;

export const roleWords: Record<Role, string> = {
  register: 'Register',
  transfer: 'Transmission',
  cleanup: 'Delete',
};

/** A connection that no client of the scenario has. */
export const nobody = 'nobody';

export function runText({ role, client, number }: RunName): string {
  return `${roleWords[role]} of ${client}${counted(number)}`;
}

export function eventText(event: EventName): string {
  switch (event.is) {
    case 'starts':
    case 'ends':
      return `${runText(event.run)} ${event.is}`;
    case 'pushes':
      return `${runText(event.run)} pushes to ${event.to}${counted(event.number)}`;
    case 'hasPushed':
      return `${runText(event.run)} has pushed to ${event.to}${counted(event.number)}`;
    case 'step':
      return `${event.client} ${event.verb}${counted(event.number)}`;
    case 'outside':
      return `push${counted(event.number)}`;
  }
}

const counted = (number: number): string => (number === 1 ? '' : ` #${number}`);

const client = '[\\p{L}_][\\p{L}\\p{N}_-]*';
const ofRun = new RegExp(
  `^(Register|Transmission|Delete) of (${client})(?: #(\\d+))? (?:(starts|ends)|(pushes|has pushed) to (${client})(?: #(\\d+))?)$`,
  'u',
);
const ofClient = new RegExp(`^(${client}) (${stepVerbs.join('|')})(?: #(\\d+))?$`, 'u');
const fromOutside = /^push(?: #(\d+))?$/;

/** undefined: it is none. */
export function parseEvent(text: string): EventName | undefined {
  const said = text.trim().replace(/\s+/g, ' ');
  const run = ofRun.exec(said);
  if (run !== null) {
    const [, word = '', who = '', number, bound, push, to = '', pushNumber] = run;
    const role = (Object.keys(roleWords) as Role[]).find((each) => roleWords[each] === word);
    const name: RunName = { role: role ?? 'transfer', client: who, number: Number(number ?? 1) };
    if (bound !== undefined) {
      return { is: bound as 'starts' | 'ends', run: name };
    }
    const is = push === 'pushes' ? 'pushes' : 'hasPushed';
    return { is, run: name, to, number: Number(pushNumber ?? 1) };
  }
  const step = ofClient.exec(said);
  if (step !== null) {
    const [, who = '', verb, number] = step;
    return { is: 'step', client: who, verb: verb as StepVerb, number: Number(number ?? 1) };
  }
  const outside = fromOutside.exec(said);
  return outside === null ? undefined : { is: 'outside', number: Number(outside[1] ?? 1) };
}

/** What differs from the plain order. */
export type Deviation =
  /** The first event is held back until the second has happened. */
  | { hold: string; until: string }
  /** The event meets a process that is new. */
  | { fresh: string }
  /** The process dies when it comes to this event. */
  | { dies: string }
  /** This push is answered with errNo 9007. */
  | { fails: string };

export function isFault(deviation: Deviation): boolean {
  return 'dies' in deviation || 'fails' in deviation;
}

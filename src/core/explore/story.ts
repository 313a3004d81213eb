/** A failing order, told: a sentence for each deviation, and both orders side by side. */
import * as l10n from '@vscode/l10n';
import type { Step } from '../scenario/flow';
import type { Happened } from '../scenario/order/conductor';
import {
  type Deviation,
  type EventName,
  eventText,
  parseEvent,
  type RunName,
  runText,
} from '../scenario/order/eventName';
import { columnsOf, padColumns } from '../textColumns';

/** One sentence for each deviation. `trace`: what happened in this order. */
export function storyOf(
  deviations: readonly Deviation[],
  trace: readonly { name: string }[] = [],
): string[] {
  return deviations.map((deviation) => {
    if ('fresh' in deviation) {
      return l10n.t('Another process took the event: {0}.', runOf(deviation.fresh));
    }
    if ('dies' in deviation) {
      const event = parseEvent(deviation.dies);
      return event?.is === 'hasPushed'
        ? l10n.t(
            'The process of {0} died right after its push to {1}.',
            runOf(deviation.dies),
            event.to,
          )
        : l10n.t(
            'The process of {0} died right before its push to {1}.',
            runOf(deviation.dies),
            event?.is === 'pushes' ? event.to : '',
          );
    }
    if ('fails' in deviation) {
      const event = parseEvent(deviation.fails);
      const to = event?.is === 'pushes' ? event.to : '';
      return l10n.t('The push of {0} to {1} failed.', runOf(deviation.fails), to);
    }
    return held(deviation.hold, deviation.until, trace);
  });
}

function held(hold: string, until: string, trace: readonly { name: string }[]): string {
  const [event, other] = [parseEvent(hold), parseEvent(until)];
  const what = other === undefined ? until : happening(other);
  switch (event?.is) {
    case 'starts':
      return other?.is === 'starts' && isBeside(event.run, other.run, trace)
        ? l10n.t('{0} first, and {1} while it was running.', what, runText(event.run))
        : l10n.t('{0} before {1} began.', what, runText(event.run));
    case 'pushes':
      return l10n.t(
        '{0} while {1} was running, before its push to {2} arrived.',
        what,
        runText(event.run),
        event.to,
      );
    case 'hasPushed':
      return l10n.t(
        '{0} while {1} was running, after its push to {2}.',
        what,
        runText(event.run),
        event.to,
      );
    case 'ends':
      return l10n.t(
        '{0} when {1} had returned, before its answer counted.',
        what,
        runText(event.run),
      );
    default:
      return l10n.t('{0} before "{1}".', what, hold);
  }
}

/** Whether the first began before the second had ended. */
function isBeside(first: RunName, second: RunName, trace: readonly { name: string }[]): boolean {
  const at = (is: 'starts' | 'ends', run: RunName): number =>
    trace.findIndex(({ name }) => name === eventText({ is, run }));
  const began = at('starts', first);
  const ended = at('ends', second);
  return began >= 0 && (ended < 0 || began < ended);
}

/** What happened, as the beginning of a sentence. */
function happening(event: EventName): string {
  switch (event.is) {
    case 'starts':
      return l10n.t('{0} began', runText(event.run));
    case 'ends':
      return l10n.t('{0} ended', runText(event.run));
    case 'pushes':
      return l10n.t('{0} pushed to {1}', runText(event.run), event.to);
    case 'hasPushed':
      return l10n.t('{0} went on after its push to {1}', runText(event.run), event.to);
    case 'outside':
      return l10n.t('A push from outside came');
    case 'step':
      switch (event.verb) {
        case 'connects':
          return l10n.t('{0} came', event.client);
        case 'sends':
          return l10n.t('{0} spoke', event.client);
        case 'closes':
          return l10n.t('{0} left', event.client);
        case 'drops':
          return l10n.t('The line of {0} dropped', event.client);
      }
  }
}

function runOf(name: string): string {
  const event = parseEvent(name);
  return event !== undefined && 'run' in event ? runText(event.run) : name;
}

/** Both orders, one event a line; `*` marks what moved. `said`: what clients say at their events. */
export function sideBySide(
  plain: readonly Happened[],
  { trace, deviations }: { trace: readonly Happened[]; deviations: readonly Deviation[] },
  said: ReadonlyMap<string, string> = new Map(),
): string[] {
  const moved = movedIn(plain, trace, deviations);
  const line = ({ event, name }: Happened): string => said.get(name) ?? arrow(event);
  const left = plain.map(line);
  const right = trace.map((each) => `${moved.has(each.name) ? '*' : ' '} ${line(each)}`);
  const heads = [l10n.t('plain order'), l10n.t('this order')] as const;
  const width = Math.max(columnsOf(heads[0]), ...left.map(columnsOf)) + 2;
  const rows = Math.max(left.length, right.length);
  return [
    `${padColumns(heads[0], width)}  ${heads[1]}`,
    ...Array.from({ length: rows }, (_, row) =>
      `${padColumns(left[row] ?? '', width)}${right[row] ?? ''}`.trimEnd(),
    ),
  ];
}

/** One order, an event a line. */
export function oneOrder(
  trace: readonly Happened[],
  said: ReadonlyMap<string, string> = new Map(),
): string[] {
  return trace.map(({ event, name }) => said.get(name) ?? arrow(event));
}

/** Room for what a client says, characters. */
const mostSaid = 24;

/** What clients say, by the names of their events: `alice sends #4 "three"`. */
export function saidIn(steps: readonly Step[]): Map<string, string> {
  const said = new Map<string, string>();
  const counts = new Map<string, number>();
  const walk = (list: readonly Step[]): void => {
    for (const step of list) {
      if (step.kind === 'sends') {
        const client = String(step.subject);
        const number = (counts.get(client) ?? 0) + 1;
        counts.set(client, number);
        const name = eventText({ is: 'step', client, verb: 'sends', number });
        const text =
          (typeof step.value === 'string' ? step.value : JSON.stringify(step.value)) ?? '';
        const short = text.length > mostSaid ? `${text.slice(0, mostSaid - 1)}…` : text;
        said.set(name, `${name}: ${JSON.stringify(short).slice(1, -1)}`);
      }
      walk(step.steps ?? []);
    }
  };
  walk(steps);
  return said;
}

/** Events that are not where they were (outside the longest common part), or that another process or a fault met. */
export function movedIn(
  plain: readonly { name: string }[],
  other: readonly { name: string }[],
  deviations: readonly Deviation[] = [],
): Set<string> {
  const lengths = Array.from({ length: plain.length + 1 }, () =>
    new Array<number>(other.length + 1).fill(0),
  );
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = plain.length - 1; row >= 0; row--) {
    for (let column = other.length - 1; column >= 0; column--) {
      (lengths[row] as number[])[column] =
        plain[row]?.name === other[column]?.name
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const moved = new Set(other.map(({ name }) => name));
  for (let row = 0, column = 0; row < plain.length && column < other.length;) {
    if (plain[row]?.name === other[column]?.name) {
      moved.delete(plain[row]?.name ?? '');
      row++;
      column++;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      row++;
    } else {
      column++;
    }
  }
  for (const each of deviations) {
    if (!('hold' in each)) {
      Object.values(each).forEach((name: string) => moved.add(name));
    }
  }
  return moved;
}

function arrow(event: EventName): string {
  switch (event.is) {
    case 'starts':
      return `  ▶ ${runText(event.run)}`;
    case 'ends':
      return `  ■ ${runText(event.run)}`;
    case 'pushes':
      return `      ${runText(event.run)} ─▶ ${event.to}`;
    case 'hasPushed':
      return `      ${runText(event.run)} ◀─ ✓`;
    default:
      return eventText(event);
  }
}

/** A sequence diagram in the language of Mermaid. */
export function mermaidOf(trace: readonly Happened[]): string {
  const clients: string[] = [];
  const add = (name: string): string => {
    if (!clients.includes(name)) {
      clients.push(name);
    }
    return `c${clients.indexOf(name)}`;
  };
  const role = { register: 'Register', transfer: 'Transmission', cleanup: 'Delete' } as const;
  const lines = trace.map(({ event, name }) => {
    switch (event.is) {
      case 'starts':
        return `  ${add(event.run.client)}->>${role[event.run.role]}: ${name}`;
      case 'pushes':
        return `  ${role[event.run.role]}->>${add(event.to)}: ${name}`;
      case 'hasPushed':
      case 'ends':
        return `  Note over ${role[event.run.role]}: ${name}`;
      case 'step':
        return `  Note over ${add(event.client)}: ${name}`;
      case 'outside':
        return `  Note over ${add('outside')}: ${name}`;
    }
  });
  return [
    'sequenceDiagram',
    ...clients.map((name, index) => `  participant c${index} as ${name}`),
    ...Object.values(role).map((name) => `  participant ${name}`),
    ...lines.map((line) => line.replace(/#(\d+)/g, '($1)')),
  ].join('\n');
}

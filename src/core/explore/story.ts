/** A failing order, told: a sentence for each deviation, and both orders side by side. */
import * as l10n from '@vscode/l10n';
import type { Happened } from '../scenario/order/conductor';
import {
  type Deviation,
  type EventName,
  eventText,
  parseEvent,
  runText,
} from '../scenario/order/eventName';

/** One sentence for each deviation. */
export function storyOf(deviations: readonly Deviation[]): string[] {
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
    return held(deviation.hold, deviation.until);
  });
}

function held(hold: string, until: string): string {
  const [event, other] = [parseEvent(hold), parseEvent(until)];
  const what = other === undefined ? until : happening(other);
  switch (event?.is) {
    case 'starts':
      return l10n.t('{0} before {1} began.', what, runText(event.run));
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

/** Both orders, one event a line; `*` marks what moved. */
export function sideBySide(plain: readonly Happened[], other: readonly Happened[]): string[] {
  const moved = movedIn(plain, other);
  const left = plain.map(({ event }) => arrow(event));
  const right = other.map(({ event, name }) => `${moved.has(name) ? '*' : ' '} ${arrow(event)}`);
  const heads = [l10n.t('plain order'), l10n.t('this order')] as const;
  const width = Math.max(heads[0].length, ...left.map((line) => line.length)) + 2;
  const rows = Math.max(left.length, right.length);
  return [
    `${heads[0].padEnd(width)}  ${heads[1]}`,
    ...Array.from({ length: rows }, (_, row) =>
      `${(left[row] ?? '').padEnd(width)}${right[row] ?? ''}`.trimEnd(),
    ),
  ];
}

/** Events that are not where they were: those outside the longest common part. */
export function movedIn(
  plain: readonly { name: string }[],
  other: readonly { name: string }[],
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

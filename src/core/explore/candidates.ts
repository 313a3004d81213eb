/**
 * Which other orders are worth a try, given one that was seen. An event B may be held back until A if B could have
 * come after A at all (A does not follow from B), nothing of the scenario lies between that waits for everything, and
 * the two have something in common: events that touch nothing of each other give the same again.
 */
import type { Step } from '../scenario/flow';
import type { Happened } from '../scenario/order/conductor';
import { type Deviation, eventText, type StepVerb } from '../scenario/order/eventName';

/** Held back and let go: only where something else can come between that matters. */
export function candidates(
  trace: readonly Happened[],
  steps: readonly Step[],
  faults: boolean,
): Deviation[] {
  const script = scriptOf(steps);
  const causes = causesOf(trace, script.overlapping);
  const held: Deviation[] = [];
  trace.forEach((later, at) => {
    let isBegun = false;
    for (let index = at - 1; index >= 0; index--) {
      const event = trace[index] as Happened;
      isBegun ||= script.waiting.has(event.name);
      if (isBegun && event.event.is === 'starts') {
        continue; // Later steps come while it runs, but not before it has begun.
      }
      const isSameStretch = event.stretch === later.stretch;
      if (isSameStretch && !causes[at]?.has(index) && canBeHeld(event) && meet(event, later)) {
        held.push({ hold: event.name, until: later.name });
      }
    }
  });
  const fresh = trace.flatMap(({ event, name }, at): Deviation[] =>
    event.is === 'starts' && trace.slice(0, at).some((before) => startsSame(before, event.run.role))
      ? [{ fresh: name }]
      : [],
  );
  const faulty = !faults
    ? []
    : trace.flatMap(({ event, name }): Deviation[] =>
        event.is === 'pushes'
          ? [{ dies: name }, { fails: name }]
          : event.is === 'hasPushed'
            ? [{ dies: name }]
            : [],
      );
  return [...held, ...faulty, ...fresh];
}

function startsSame({ event }: Happened, role: string): boolean {
  return event.is === 'starts' && event.run.role === role;
}

/** What ends a run is only held for Register: it opens the connection. */
function canBeHeld({ event }: Happened): boolean {
  return event.is !== 'ends' || event.run.role === 'register';
}

/** The handler runs on from here: it may touch whatever it shares with the others. */
function computes({ event }: Happened): boolean {
  return event.is === 'starts' || event.is === 'hasPushed';
}

/** Whether it makes a difference which of the two comes first. */
function meet(one: Happened, other: Happened): boolean {
  if ('run' in one.event && 'run' in other.event && one.invocation === other.invocation) {
    return false;
  }
  if (computes(one) && computes(other)) {
    return true;
  }
  return touches(one, other) || touches(other, one);
}

/** `one` changes, or needs, whether the client of `other` is there. */
function touches({ event: one }: Happened, { event: other }: Happened): boolean {
  const isEnd = one.is === 'step' && (one.verb === 'closes' || one.verb === 'drops');
  const isOpening = one.is === 'ends' && one.run.role === 'register';
  const isGone = one.is === 'ends' && one.run.role === 'cleanup';
  const client = one.is === 'step' ? one.client : 'run' in one ? one.run.client : '';
  if (isEnd || isOpening || isGone) {
    const isOfClient =
      'run' in other && other.run.client === client && other.run.role === 'register';
    return (other.is === 'pushes' && other.to === client) || (isEnd && isOfClient);
  }
  return one.is === 'pushes' && other.is === 'pushes' && one.to === other.to;
}

interface Script {
  /** `<client> <number>` of connects beside which later steps may begin. */
  overlapping: Set<string>;
  /** Names of steps before which, as it is written, all that came before has begun. */
  waiting: Set<string>;
}

const verbs: Partial<Record<Step['kind'], StepVerb>> = {
  connects: 'connects',
  isRefused: 'connects',
  sends: 'sends',
  closes: 'closes',
  drops: 'drops',
};

function scriptOf(steps: readonly Step[]): Script {
  const script: Script = { overlapping: new Set(), waiting: new Set() };
  const counts = new Map<string, number>();
  const walk = (list: readonly Step[], together: boolean): void => {
    list.forEach((step, index) => {
      const verb = verbs[step.kind];
      const before = list[index - 1];
      if (verb !== undefined) {
        const client = String(step.subject);
        const number = (counts.get(`${client} ${verb}`) ?? 0) + 1;
        counts.set(`${client} ${verb}`, number);
        const next = list[index + 1];
        const leaves = next?.kind === 'closes' || next?.kind === 'drops';
        if (verb === 'connects') {
          if (together || !step.wait || (leaves && next?.subject === step.subject)) {
            script.overlapping.add(`${client} ${number}`);
          }
        }
        if (before?.wait !== false && (!together || index === 0)) {
          script.waiting.add(eventText({ is: 'step', client, verb, number }));
        }
      }
      walk(step.steps ?? [], step.kind === 'together');
    });
  };
  walk(steps, false);
  return script;
}

/** For each event, those without which it could not have come; what leads to those included. */
function causesOf(trace: readonly Happened[], overlaps: ReadonlySet<string>): Set<number>[] {
  const all: Set<number>[] = [];
  const lastOf = new Map<string, number>();
  const connects = new Map<string, number>();
  trace.forEach(({ event, connection, since }, at) => {
    const direct: (number | undefined)[] = [];
    if ('run' in event) {
      const { role, client, number } = event.run;
      const run = `run ${role} ${client} ${number}`;
      direct.push(lastOf.get(run));
      if (event.is === 'starts') {
        // The step of its client, and the run before of its connection.
        direct.push(lastOf.get(`step ${client}`), lastOf.get(`ends ${connection}`));
      }
      if (event.is === 'ends') {
        lastOf.set(`ends ${connection}`, at);
        if (role === 'register' && !overlaps.has(`${client} ${connects.get(client) ?? 0}`)) {
          lastOf.set('opened', at);
        }
        if (role === 'register') {
          lastOf.set(`opened ${client}`, at);
        }
      }
      lastOf.set(run, at);
    } else {
      const client = event.is === 'step' ? event.client : '';
      direct.push(lastOf.get('opened'), lastOf.get(`step ${client}`));
      if (event.is === 'step' && event.verb === 'sends') {
        direct.push(lastOf.get(`opened ${client}`));
      }
      if (event.is === 'step' && event.verb === 'connects') {
        connects.set(client, event.number);
      }
      lastOf.set(`step ${client}`, at);
    }
    const whole = new Set<number>();
    for (const cause of direct) {
      // What came when it stood there already did not lead to it.
      if (cause !== undefined && cause < since) {
        whole.add(cause);
        all[cause]?.forEach((each) => whole.add(each));
      }
    }
    all.push(whole);
  });
  return all;
}

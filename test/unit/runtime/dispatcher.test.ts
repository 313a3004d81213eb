// Who runs next: a table of situations, and properties under any interleaving of events, saves, deaths, debugging and
// settings. No process is started: slots are worked by this file.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  Dispatcher,
  largestAhead,
  longestQueue,
  type Policy,
  type Pool,
  type PoolRules,
  type Slot,
} from '../../../src/core/runtime/dispatch/dispatcher';

interface Process {
  name: string;
  slot: Slot<string>;
  /** What it was given and is not over, the running one first. */
  has: string[];
  /** The running one was answered; its work goes on. */
  works: 'no' | 'on';
  life: 'preparing' | 'starting' | 'up' | 'gone';
}

/** Dispatcher and functions whose processes do only what they are told; `log` is what happened. */
function world(policy?: Policy<string>) {
  const dispatcher = new Dispatcher<string>(policy);
  const log: string[] = [];
  const processes: Process[] = [];
  const opened: string[] = [];
  const ended: string[] = [];
  const connectionOf = new Map<string, string | null>();

  const addFunction = (
    rules: Partial<PoolRules> = {},
    begins: 'open' | 'behindPredecessor' = 'open',
    queues = true,
  ) => {
    const current: PoolRules = { most: 1, use: 'again', ahead: 'allowed', ...rules };
    const pool: Pool<string> = dispatcher.pool(
      {
        rules: () => current,
        start(slot) {
          const name = `p${processes.length + 1}`;
          processes.push({ name, slot, has: [], works: 'no', life: 'preparing' });
        },
        refuse(run, why) {
          log.push(`${run} refused: ${why}`);
          ended.push(run);
        },
        why: (reason) => reason,
      },
      begins,
    );
    return { pool, rules: current, queues };
  };

  return {
    dispatcher,
    log,
    processes,
    opened,
    ended,
    connectionOf,
    addFunction,
    say(
      run: string,
      to: () => Pool<string>,
      {
        connection = 'a',
        order = 'inTurn',
        size = 10,
      }: { connection?: string | null; order?: 'inTurn' | 'anyTime'; size?: number } = {},
    ) {
      connectionOf.set(run, connection);
      dispatcher.submit({
        connection,
        order,
        size,
        foresee: to,
        open() {
          opened.push(run);
          return { pool: to(), run };
        },
      });
    },
    spawn(process: Process, queues = true) {
      if (process.life !== 'preparing' || process.slot.state === 'gone') {
        process.life = 'gone';
        return;
      }
      process.life = 'starting';
      process.slot.employ({
        queues,
        take(run) {
          log.push(
            process.has.length === 0
              ? `${process.name} runs ${run}`
              : `${process.name} keeps ${run}`,
          );
          process.has.push(run);
        },
        end: () => void (process.life === 'gone' || log.push(`${process.name} is ended`)),
      });
    },
    up(process: Process) {
      process.life = 'up';
      process.slot.ready();
    },
    /** Ends the running event. */
    end(process: Process, ms = 1) {
      const run = process.has.shift();
      if (run === undefined) {
        return;
      }
      if (process.works === 'on') {
        process.works = 'no';
        process.slot.free();
        return;
      }
      log.push(`${run} ends`);
      ended.push(run);
      if (process.has[0] !== undefined) {
        log.push(`${process.name} runs ${process.has[0]}`);
      }
      process.slot.free(ms);
    },
    /** Answers the running event; its work goes on. */
    answer(process: Process) {
      const [run] = process.has;
      if (run !== undefined && process.works === 'no') {
        process.works = 'on';
        log.push(`${run} answered`);
        ended.push(run);
        process.slot.answered(1);
      }
    },
    die(process: Process) {
      if (process.life === 'gone') {
        return;
      }
      process.life = 'gone';
      process.slot.closes();
      const [run] = process.has.splice(0);
      if (run !== undefined) {
        if (process.works === 'no') {
          log.push(`${run} dies`);
          ended.push(run);
        }
        process.slot.free();
      }
      process.slot.gone();
    },
  };
}

/** One function with a process that is up and known to be quick. */
function quickOne(rules: Partial<PoolRules> = {}, queues = true) {
  const w = world();
  const { pool, rules: current } = w.addFunction(rules);
  const process = (w.say('warm 0', () => pool), w.processes[0]!);
  w.spawn(process, queues);
  w.up(process);
  w.end(process);
  for (let n = 1; n < 30; n++) {
    w.say(`warm ${n}`, () => pool);
    w.end(process);
  }
  w.log.length = 0;
  w.opened.length = 0;
  return { ...w, pool, rules: current, process, to: () => pool };
}

type Quick = ReturnType<typeof quickOne>;

/** A situation, what is done, and what follows. */
const situations: [name: string, make: () => Quick, act: (w: Quick) => void, log: string[]][] = [
  ['a free process gets the event', quickOne, (w) => w.say('1', w.to), ['p1 runs 1']],
  [
    'the next of the same connection is handed ahead, and only that one',
    quickOne,
    (w) => ['1', '2', '3'].forEach((run) => w.say(run, w.to)),
    ['p1 runs 1', 'p1 keeps 2'],
  ],
  [
    'another connection comes before the next of the same',
    quickOne,
    (w) => {
      w.say('a1', w.to, { connection: 'a', size: largestAhead + 1 });
      w.say('a2', w.to, { connection: 'a', size: largestAhead + 1 });
      w.say('b1', w.to, { connection: 'b', size: largestAhead + 1 });
      w.end(w.process);
      w.end(w.process);
    },
    ['p1 runs a1', 'a1 ends', 'p1 runs b1', 'b1 ends', 'p1 runs a2'],
  ],
  [
    'a large one waits here',
    quickOne,
    (w) => (w.say('1', w.to), w.say('2', w.to, { size: largestAhead + 1 })),
    ['p1 runs 1'],
  ],
  [
    'a transport that does not queue has one',
    () => quickOne({}, false),
    (w) => (w.say('1', w.to), w.say('2', w.to)),
    ['p1 runs 1'],
  ],
  [
    'nothing is handed ahead while a person debugs',
    () => quickOne({ ahead: 'never' }),
    (w) => (w.say('1', w.to), w.say('2', w.to)),
    ['p1 runs 1'],
  ],
  [
    'nor where several processes may run',
    () => quickOne({ most: 2 }),
    (w) => (w.say('1', w.to), w.say('2', w.to)),
    ['p1 runs 1'],
  ],
  [
    'nor to a process whose events take their time',
    quickOne,
    (w) => {
      for (let n = 0; n < 5; n++) {
        w.say(`slow ${n}`, w.to);
        w.end(w.process, 300);
      }
      w.log.length = 0;
      w.say('1', w.to);
      w.say('2', w.to);
    },
    ['p1 runs 1'],
  ],
  [
    'what was not taken up by a process that died waits again, before all others',
    quickOne,
    (w) => {
      w.say('a1', w.to);
      w.say('a2', w.to);
      w.say('b1', w.to, { connection: 'b' });
      w.die(w.process);
      w.spawn(w.processes[1]!);
      w.up(w.processes[1]!);
      w.end(w.processes[1]!);
    },
    ['p1 runs a1', 'p1 keeps a2', 'a1 dies', 'p2 runs a2', 'a2 ends', 'p2 runs b1'],
  ],
  [
    'nothing is given until a save has been looked at',
    quickOne,
    (w) => {
      w.pool.touched();
      w.say('1', w.to);
      w.log.push(String(w.pool.standstill));
      w.pool.known();
    },
    ['codeTouched', 'p1 runs 1'],
  ],
  [
    'changed code: the running one ends on the old, what waits runs on the new',
    quickOne,
    (w) => {
      w.say('1', w.to);
      w.pool.renew();
      w.say('2', w.to);
      w.log.push(String(w.pool.standstill));
      w.spawn(w.processes[1]!);
      w.up(w.processes[1]!);
      w.say('b1', w.to, { connection: 'b' });
      w.end(w.process);
    },
    ['p1 runs 1', 'freshLoads', 'p2 runs b1', '1 ends', 'p1 is ended'],
  ],
  [
    'changed code that does not load: the old goes on',
    quickOne,
    (w) => {
      w.pool.renew();
      w.say('1', w.to);
      w.spawn(w.processes[1]!);
      w.log.push(w.pool.startFailed(w.processes[1]!.slot));
      w.die(w.processes[1]!);
    },
    ['others', 'p1 runs 1'],
  ],
  [
    'answered, its work goes on: the next of that connection runs elsewhere',
    () => quickOne({ most: 2, ahead: 'never' }),
    (w) => {
      w.say('1', w.to);
      w.say('2', w.to);
      w.answer(w.process);
      w.spawn(w.processes[1]!);
      w.up(w.processes[1]!);
    },
    ['p1 runs 1', '1 answered', 'p2 runs 2'],
  ],
  [
    'without order, events of one connection run at once, and Cleanup after all of them',
    () => quickOne({ most: 3 }),
    (w) => {
      w.say('1', w.to, { order: 'anyTime' });
      w.say('2', w.to, { order: 'anyTime' });
      w.say('cleanup', w.to);
      w.spawn(w.processes[1]!);
      w.up(w.processes[1]!);
      w.end(w.process);
      w.end(w.processes[1]!);
    },
    ['p1 runs 1', 'p2 runs 2', '1 ends', '2 ends', 'p1 runs cleanup'],
  ],
  [
    'one process for each event',
    () => quickOne({ use: 'again' }),
    (w) => {
      w.rules.use = 'once';
      w.say('1', w.to);
      w.say('2', w.to);
      w.end(w.process);
      w.die(w.process);
    },
    ['p1 runs 1', '1 ends', 'p1 is ended'],
  ],
  [
    'new settings: what waits goes to the successor, and runs when the last event has ended',
    quickOne,
    (w) => {
      w.say('1', w.to);
      w.say('b1', w.to, { connection: 'b', size: largestAhead + 1 });
      const { pool } = w.addFunction({}, 'behindPredecessor');
      w.pool.retire('settings', pool);
      w.log.push(String(pool.standstill));
      w.end(w.process);
      w.die(w.process);
      pool.takeOver();
      w.spawn(w.processes[1]!);
      w.up(w.processes[1]!);
    },
    ['p1 runs 1', 'predecessorRuns', '1 ends', 'p1 is ended', 'p2 runs b1'],
  ],
  [
    'removed: what waits is refused, with all that follows it',
    () => quickOne({ ahead: 'never' }),
    (w) => {
      ['1', '2', '3'].forEach((run) => w.say(run, w.to));
      w.pool.retire('settings', undefined);
      w.end(w.process);
    },
    ['p1 runs 1', '1 ends', 'p1 is ended', '2 refused: removed', '3 refused: removed'],
  ],
  [
    'restarted now: what it holds dies with it, what waits runs in the next',
    () => quickOne({ ahead: 'never' }),
    (w) => {
      w.say('1', w.to);
      w.say('b1', w.to, { connection: 'b' });
      w.pool.restart('by hand', 'now');
      w.die(w.process);
      w.spawn(w.processes[1]!);
      w.up(w.processes[1]!);
    },
    ['p1 runs 1', 'p1 is ended', '1 dies', 'p2 runs b1'],
  ],
];

describe('who runs next', () => {
  for (const [name, make, act, expected] of situations) {
    it(name, () => {
      const w = make();
      act(w);
      assert.deepEqual(w.log, expected);
    });
  }

  it('keeps the order of a connection across functions', () => {
    const w = world();
    const [transfer, cleanup] = [w.addFunction(), w.addFunction()];
    w.say('message', () => transfer.pool);
    w.say('cleanup', () => cleanup.pool);
    const [first] = w.processes;
    w.spawn(first!);
    w.up(first!);
    assert.equal(w.processes.length, 1, 'nothing is started for what may not run yet');
    w.end(first!);
    w.spawn(w.processes[1]!);
    w.up(w.processes[1]!);
    assert.deepEqual(w.log, ['p1 runs message', 'message ends', 'p2 runs cleanup']);
  });

  it('opens an event in its turn, and lets its target be looked up then', () => {
    const w = world();
    const [before, after] = [w.addFunction(), w.addFunction()];
    let target = before.pool;
    w.say('1', () => before.pool);
    w.say('2', () => target);
    w.spawn(w.processes[0]!);
    w.up(w.processes[0]!);
    assert.deepEqual(w.opened, ['1']);
    target = after.pool;
    w.end(w.processes[0]!);
    assert.deepEqual(w.opened, ['1', '2']);
    assert.equal(after.pool.waiting, 1);
  });

  it('refuses what is too much, and costs one event when opening it fails', () => {
    const w = world();
    const { pool } = w.addFunction();
    for (let n = 0; n <= longestQueue; n++) {
      w.say(String(n), () => pool, { connection: null });
    }
    assert.deepEqual(w.log, [`${longestQueue} refused: full`]);
  });

  it('delivers in the order of another policy, each connection in its own', () => {
    const reversed: Policy<string> = { next: (waiting) => waiting.length - 1, ahead: 'never' };
    const w = world(reversed);
    const { pool } = w.addFunction();
    for (const connection of ['a', 'b', 'c']) {
      w.say(`${connection}1`, () => pool, { connection });
      w.say(`${connection}2`, () => pool, { connection });
    }
    const [only] = w.processes;
    w.spawn(only!);
    w.up(only!);
    for (let n = 0; n < 6; n++) {
      w.end(only!);
    }
    assert.deepEqual(w.ended, ['c1', 'c2', 'b1', 'b2', 'a1', 'a2']);
  });

  it('delivers nothing while the policy has not chosen', () => {
    const policy = { choice: undefined as number | undefined };
    const w = world({ next: () => policy.choice, ahead: 'never' });
    const { pool } = w.addFunction();
    w.say('a', () => pool, { connection: 'a' });
    w.say('b', () => pool, { connection: 'b' });
    w.spawn(w.processes[0]!);
    w.up(w.processes[0]!);
    assert.deepEqual(w.log, []);
    policy.choice = 1;
    w.dispatcher.lookAgain();
    assert.deepEqual(w.log, ['p1 runs b']);
  });

  it('is quiet when nothing waits, runs, loads, or goes on', () => {
    const w = world();
    const { pool } = w.addFunction();
    let told = 0;
    w.dispatcher.onQuiet(() => told++);
    assert.equal(w.dispatcher.quiet, true);
    const loud = (act: () => void, what: string) => {
      act();
      assert.equal(w.dispatcher.quiet, false, what);
      assert.equal(told, 0, what);
    };
    loud(() => w.say('1', () => pool), 'it waits');
    const [only] = w.processes;
    loud(() => (w.spawn(only!), w.up(only!)), 'it runs');
    loud(() => w.answer(only!), 'its work goes on');
    w.end(only!);
    assert.equal(w.dispatcher.quiet, true);
    assert.equal(told, 1);
    pool.renew();
    assert.equal(w.dispatcher.quiet, false, 'changed code loads');
  });
});

// -- properties

const acts = [
  'say',
  'sayBesides',
  'sayToOther',
  'spawn',
  'up',
  'end',
  'answer',
  'die',
  'failStart',
  'touch',
  'know',
  'renew',
  'restart',
  'restartNow',
  'debug',
  'options',
  'settings',
  'otherPolicy',
] as const;
type Act = (typeof acts)[number];

interface Step {
  act: Act;
  /** Picks a connection or a process. */
  which: number;
}

describe('who runs next, under any interleaving', () => {
  const steps = fc.array(
    fc.record<Step>({
      act: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom<Act>('say', 'spawn', 'up', 'end') },
        { weight: 1, arbitrary: fc.constantFrom(...acts) },
      ),
      which: fc.nat(7),
    }),
    { minLength: 10, maxLength: 120 },
  );

  /** Carries out the steps, checking after each; then lets everything come to its end. */
  function carryOut(list: Step[]): void {
    const w = world();
    let main = w.addFunction({ most: 1 });
    const other = w.addFunction({ most: 2 });
    let predecessor: Pool<string> | undefined;
    const said = new Map<string | null, string[]>();
    let count = 0;

    const living = () => w.processes.filter(({ life }) => life !== 'gone');
    const pick = (lives: Process['life'][], which: number): Process | undefined => {
      const some = living().filter(({ life }) => lives.includes(life));
      return some[which % Math.max(1, some.length)];
    };
    const say = (which: number, order: 'inTurn' | 'anyTime', to: () => Pool<string>) => {
      const connection = which === 0 ? null : `c${which % 3}`;
      const run = `${connection ?? 'none'} ${++count}${order === 'anyTime' ? ' besides' : ''}`;
      said.set(connection, [...(said.get(connection) ?? []), run]);
      w.say(run, to, { connection, order });
    };
    const retired = () => {
      // The last process of the settings before is gone: the new ones serve.
      if (predecessor?.slots.length === 0) {
        predecessor = undefined;
        main.pool.takeOver();
      }
    };
    const act = ({ act: what, which }: Step): void => {
      const process = pick(['preparing', 'starting', 'up'], which);
      switch (what) {
        case 'say':
          return say(which, 'inTurn', () => main.pool);
        case 'sayBesides':
          return say(which, 'anyTime', () => main.pool);
        case 'sayToOther':
          return say(which, 'inTurn', () => other.pool);
        case 'spawn': {
          const next = pick(['preparing'], which);
          return next && w.spawn(next);
        }
        case 'up': {
          const next = pick(['starting'], which);
          return next && w.up(next);
        }
        case 'end': {
          const next = pick(['up'], which);
          return next && w.end(next);
        }
        case 'answer': {
          const next = pick(['up'], which);
          return next && w.answer(next);
        }
        case 'die': {
          const next = pick(['starting', 'up'], which);
          return next && w.die(next);
        }
        case 'failStart':
          if (process !== undefined && process.life !== 'up' && process.slot.state === 'starting') {
            const pool = [main.pool, other.pool].find(({ slots }) => slots.includes(process.slot));
            if (pool?.startFailed(process.slot) === 'none') {
              pool.refuseAll((run) => void w.ended.push(run));
            }
            w.die(process);
          }
          return;
        case 'touch':
          return main.pool.touched();
        case 'know':
          return main.pool.known();
        case 'renew':
          return main.pool.renew();
        case 'restart':
          return main.pool.restart('by hand', 'afterLast');
        case 'restartNow':
          return main.pool.restart('by hand', 'now');
        case 'debug':
          main.rules.ahead = main.rules.ahead === 'never' ? 'allowed' : 'never';
          return main.pool.look();
        case 'options':
          main.rules.use = main.rules.use === 'once' ? 'again' : 'once';
          main.rules.most = 1 + (which % 3);
          return main.pool.look();
        case 'settings':
          if (predecessor === undefined) {
            const before = main;
            main = w.addFunction({ most: 1 + (which % 2) }, 'behindPredecessor');
            predecessor = before.pool;
            before.pool.retire('settings', main.pool);
          }
          return;
        case 'otherPolicy':
          w.dispatcher.policy = {
            next: (waiting) => which % waiting.length,
            ahead: which % 2 === 0 ? 'never' : 'allowed',
          };
      }
    };

    const check = () => {
      const given = living().flatMap(({ has }) => has);
      assert.equal(new Set(given).size, given.length, 'an event is in two places');
      assert.equal(new Set(w.opened).size, w.opened.length, 'an event was opened twice');
      assert.equal(new Set(w.ended).size, w.ended.length, 'an event ended twice');
      for (const [connection, runs] of said) {
        if (connection === null) {
          continue;
        }
        const ended = new Set(w.ended);
        for (const process of living()) {
          const [running] = process.has;
          if (running === undefined || w.connectionOf.get(running) !== connection) {
            continue;
          }
          // All before it have ended, where it keeps its turn.
          const earlier = runs.slice(0, runs.indexOf(running));
          const mustHaveEnded = running.endsWith('besides')
            ? earlier.filter((run) => !run.endsWith('besides'))
            : earlier;
          const open = mustHaveEnded.filter((run) => !ended.has(run));
          assert.deepEqual(open, [], `${running} runs before its turn`);
        }
      }
    };

    for (const step of list) {
      act(step);
      retired();
      check();
    }
    // Everything comes to its end: processes start, serve, and end when they are asked to.
    w.dispatcher.policy = { next: () => 0, ahead: 'allowed' };
    main.pool.known();
    for (let round = 0; round < 3000 && !w.dispatcher.quiet; round++) {
      for (const process of living()) {
        if (process.slot.state === 'gone') {
          process.life = 'gone';
        } else if (process.life === 'preparing') {
          w.spawn(process);
        } else if (process.life === 'starting') {
          if (process.slot.state === 'leaving') {
            w.die(process);
          } else {
            w.up(process);
          }
        } else if (process.has.length > 0) {
          w.end(process);
        } else if (process.slot.state === 'leaving') {
          w.die(process);
        }
        retired();
        check();
      }
    }
    const all = [...said.values()].flat();
    assert.deepEqual([...w.ended].sort(), all.sort(), 'an event was lost, or came from nowhere');
    assert.equal(w.dispatcher.quiet, true);
  }

  it('loses, doubles, reorders and repeats no event', () => {
    fc.assert(fc.property(steps, carryOut), { numRuns: 400 });
  });
});

/** Names of events, what is worth a try, what a flow may say of an order, and the command that looks for one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { ExploreEvent } from '../../../src/core/explore/events';
import { candidates } from '../../../src/core/explore/candidates';
import { chance } from '../../../src/core/explore/chance';
import { saidIn, sideBySide, storyOf } from '../../../src/core/explore/story';
import type { Step } from '../../../src/core/scenario/flow';
import type { Happened } from '../../../src/core/scenario/order/conductor';
import { eventText, parseEvent } from '../../../src/core/scenario/order/eventName';
import { columnsOf, padColumns } from '../../../src/core/textColumns';
import { parseFlow } from '../../../src/core/scenario/parseFlow';
import { raceProject } from './races';

const cli = path.join(__dirname, '..', '..', '..', 'dist', 'cli.js');

function steps(text: string): Step[] {
  const { flow, problems } = parseFlow(`steps:\n${text}`, '/flow.wsflow.yaml');
  assert.deepEqual(problems, []);
  return flow?.scenarios[0]?.steps ?? [];
}

/** Each at a connection of its client; nothing stood there before its turn. */
function traceOf(...names: string[]): Happened[] {
  return names.map((name, since) => {
    const event = parseEvent(name);
    assert.ok(event !== undefined, name);
    const run = 'run' in event ? event.run : undefined;
    return {
      name,
      event,
      invocation: run === undefined ? null : `${run.role} ${run.client} ${run.number}`,
      connection: run?.client ?? null,
      since,
      seq: 0,
      stretch: 0,
    };
  });
}

describe('events of an order', () => {
  it('are named so that their names mean them again', () => {
    for (const name of [
      'Register of alice starts',
      'Transmission of alice #2 pushes to bob #3',
      'Delete of bob has pushed to alice',
      'Register of 小明 ends',
      'bob closes',
      'bob sends #2',
      'push #2',
    ]) {
      const event = parseEvent(name);
      assert.ok(event !== undefined, name);
      assert.equal(eventText(event), name);
    }
    for (const wrong of ['Register starts', 'bob', 'bob waits', 'Foo of bob starts', '']) {
      assert.equal(parseEvent(wrong), undefined, wrong);
    }
  });

  it('are checked where a flow says them', () => {
    const told = (order: string): string[] =>
      parseFlow(`order:\n${order}\nsteps: [a connects]`, '/f.wsflow.yaml').problems.map(
        ({ message }) => message,
      );
    assert.deepEqual(told('  - { hold: Register of a ends, until: a drops }'), []);
    assert.match(told('  - { hold: Register of a, until: a drops }')[0] ?? '', /is not an event/);
    assert.match(told('  - { hold: Register of a ends }')[0] ?? '', /Write "hold" and "until"/);
    assert.match(
      parseFlow('always: [{ store: [x] }]\nsteps: [a connects]', '/f.wsflow.yaml').problems[0]
        ?.message ?? '',
      /"store" with "matches"/,
    );
  });
});

describe('orders worth a try', () => {
  const trace = traceOf(
    'alice sends',
    'Transmission of alice starts',
    'Transmission of alice pushes to bob',
    'Transmission of alice has pushed to bob',
    'Transmission of alice ends',
    'bob closes',
    'Delete of bob starts',
    'Delete of bob ends',
  );
  const script = steps('  - alice sends: hi\n  - bob closes');
  const held = (list: readonly Step[], of = trace): string[] =>
    candidates(of, list, false).map((each) =>
      'hold' in each ? `${each.hold} < ${each.until}` : JSON.stringify(each),
    );

  it('let a close meet a push, and Delete a handler that runs', () => {
    assert.deepEqual(held(script).sort(), [
      'Transmission of alice has pushed to bob < Delete of bob starts',
      'Transmission of alice pushes to bob < Delete of bob ends',
      'Transmission of alice pushes to bob < bob closes',
    ]);
  });

  it('hold nothing back across a step that waits, and starts only where the flow says so', () => {
    const barrier = trace.map((each, at) => ({ ...each, stretch: at < 5 ? 0 : 1 }));
    assert.deepEqual(held(script, barrier), []);
    const free = steps('  - alice sends: hi\n    wait: false\n  - bob closes');
    assert.ok(held(free).includes('Transmission of alice starts < Delete of bob starts'));
    assert.ok(!held(script).includes('Transmission of alice starts < Delete of bob starts'));
  });

  it('never exchange what follows from each other: a run, or the events of one connection', () => {
    const own = traceOf(
      'alice sends',
      'alice sends #2',
      'Transmission of alice starts',
      'Transmission of alice ends',
      'Transmission of alice #2 starts',
      'Transmission of alice #2 ends',
    );
    assert.deepEqual(
      held(steps('  - alice sends: one\n    wait: false\n  - alice sends: two'), own).filter(
        (each) => !each.includes('fresh'),
      ),
      [],
    );
  });

  it('have faults only when they are asked for', () => {
    const kinds = (faults: boolean): string[] =>
      candidates(trace, script, faults).flatMap((each) => Object.keys(each));
    assert.ok(kinds(true).includes('dies') && kinds(true).includes('fails'));
    assert.ok(!kinds(false).includes('dies') && !kinds(false).includes('fails'));
  });

  it('come by the same chance for the same seed', () => {
    const [one, same, other] = [chance(7), chance(7), chance(8)];
    const first = [one(), one(), one()];
    assert.deepEqual([same(), same(), same()], first);
    assert.notDeepEqual([other(), other(), other()], first);
    assert.ok(first.every((each) => each >= 0 && each < 1));
  });
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function scfws(
  args: string[],
  onOutput?: (text: string, interrupt: () => void, leave: () => void) => void,
  command = 'explore',
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, command, ...args], { stdio: 'pipe' });
    const ended: Ended = { code: null, out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ended.out += text;
      onOutput?.(
        ended.out,
        () => child.kill('SIGINT'),
        () => child.stdin.end(),
      );
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.err += text));
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

describe('an order, told', () => {
  const plain = traceOf(
    'alice sends #2',
    'bob sends',
    'Transmission of alice #2 starts',
    'Transmission of alice #2 ends',
    'Transmission of bob starts',
    'Transmission of bob ends',
  );

  it('says what runs beside what', () => {
    const hold = 'Transmission of alice #2 starts';
    const until = 'Transmission of bob starts';
    const [first, second, a, aEnds, b, bEnds] = plain.map(({ name }) => ({ name }));
    const beside = [first, second, b, a, bEnds, aEnds].flatMap((each) => each ?? []);
    const behind = [first, second, b, bEnds, a, aEnds].flatMap((each) => each ?? []);
    assert.deepEqual(storyOf([{ hold, until }], beside), [
      'Transmission of bob began first, and Transmission of alice #2 while it was running.',
    ]);
    assert.deepEqual(storyOf([{ hold, until }], behind), [
      'Transmission of bob began before Transmission of alice #2 began.',
    ]);
  });

  it('stands in columns, where a Chinese character takes two', () => {
    const said = new Map([['alice sends #2', 'alice sends #2: 你好，世界']]);
    const [, alice = '', bob = ''] = sideBySide(plain, { trace: plain, deviations: [] }, said);
    const before = (line: string, text: string) => columnsOf(line.slice(0, line.lastIndexOf(text)));
    assert.ok(before(bob, 'bob') > 0);
    assert.equal(before(alice, 'alice'), before(bob, 'bob'));
    assert.equal(columnsOf('你好，a'), 7);
    assert.equal(padColumns('好', 4), '好  ');
  });

  it('marks what another process took, and tells what clients say', () => {
    const said = saidIn(steps('  - alice sends: one\n  - alice sends: "two\\nlines"\n'));
    const deviations = [{ fresh: 'Transmission of bob starts' }];
    const lines = sideBySide(plain, { trace: plain, deviations }, said);
    assert.match(lines[1] ?? '', /^alice sends #2: two\\nlines +alice sends #2: two\\nlines$/);
    assert.deepEqual(
      lines.filter((line) => line.includes('*')).map((line) => line.split('*')[1]),
      ['   ▶ Transmission of bob'],
    );
  });
});

describe('scfws explore', function () {
  it('tells what it found, keeps it, and exits with 1', async () => {
    const project = raceProject('push-meets-close', 'javascript', 'race');
    try {
      const save = path.join(project.folder, 'kept.wsflow.yaml');
      const report = path.join(project.folder, 'kept.md');
      const page = path.join(project.folder, 'kept.html');
      const { code, out } = await scfws([
        project.flow,
        '--runs',
        '30',
        '--save',
        save,
        '--report',
        report,
        '--html',
        page,
        '--locale',
        'en',
      ]);
      assert.equal(code, 1);
      assert.match(out, /bob left while Transmission of alice was running/);
      assert.match(out, /plain order +this order/);
      assert.match(out, /index\.js:\d+/);
      assert.match(out, /distinct orders/);
      assert.match(fs.readFileSync(save, 'utf8'), /until: bob closes/);
      assert.match(fs.readFileSync(report, 'utf8'), /```mermaid\nsequenceDiagram/);
      assert.match(fs.readFileSync(page, 'utf8'), /<svg[^]*font-weight="700">closes</);
    } finally {
      project.dispose();
    }
  });

  it('exits with 0 when nothing is found, and says what cannot be ordered', async () => {
    const project = raceProject('push-meets-close', 'javascript', 'twin');
    try {
      const { code, out } = await scfws([project.flow, '--runs', '4', '--locale', 'en']);
      assert.equal(code, 0);
      assert.match(out, /No order was found in which it fails/);
      assert.match(out, /Not ordered: what two handlers do to the store/);
    } finally {
      project.dispose();
    }
  });

  it('ends with Ctrl-C, and leaves no process', async function () {
    if (process.platform !== 'linux') {
      this.skip(); // Processes are found by their folder in /proc.
    }
    const project = raceProject('push-meets-close', 'javascript', 'twin');
    try {
      let interrupted = false;
      const { code } = await scfws([project.flow, '--for', '10m', '--json'], (_text, interrupt) => {
        if (!interrupted) {
          interrupted = true;
          interrupt();
        }
      });
      assert.ok(interrupted);
      assert.equal(code, 1);
      const left = fs.readdirSync('/proc').filter((pid) => {
        try {
          return fs.readlinkSync(`/proc/${pid}/cwd`) === project.folder;
        } catch {
          return false;
        }
      });
      assert.deepEqual(left, []);
    } finally {
      project.dispose();
    }
  });

  it('tells a host how far it is, and ends when the host has gone', async () => {
    const project = raceProject('push-meets-close', 'javascript', 'twin');
    try {
      const { code, out } = await scfws(
        [project.flow, '--for', '10m', '--stdio'],
        (_text, _interrupt, leave) => leave(),
      );
      assert.equal(code, 1);
      const events = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as ExploreEvent);
      assert.equal(events[0]?.explore, 'progress');
      const last = events.at(-1);
      assert.ok(last?.explore === 'ended' && last.cancelled);
    } finally {
      project.dispose();
    }
  });

  it('gives a host the order, in which "scfws test" runs the scenario', async () => {
    const project = raceProject('push-meets-close', 'javascript', 'race');
    try {
      const [{ out }, plain, noOrder] = await Promise.all([
        scfws([project.flow, '--runs', '30', '--stdio']),
        scfws([project.flow], undefined, 'test'),
        scfws([project.flow, '--order={'], undefined, 'test'),
      ]);
      const last = JSON.parse(out.trim().split('\n').at(-1) ?? '') as ExploreEvent;
      assert.ok(last.explore === 'ended' && last.order !== undefined);
      assert.deepEqual(last.order, [
        { hold: 'Transmission of alice pushes to bob', until: 'bob closes' },
      ]);
      const { found = [] } = last.events ?? {};
      assert.ok(found.indexOf('bob closes') < found.indexOf('Transmission of alice ends'));
      const order = `--order=${JSON.stringify(last.order)}`;
      const ordered = await scfws([project.flow, order], undefined, 'test');
      assert.deepEqual([plain.code, ordered.code, noOrder.code], [0, 1, 2]);
    } finally {
      project.dispose();
    }
  });

  it('moves the clock as far as a step says, also that of silence', async () => {
    const project = raceProject('two-join', 'javascript', 'race');
    try {
      const silent = 'alice is closed: { code: 1001, cause: idle }';
      const flow = `steps:\n  - alice connects\n  - advance: 10s\n  - alice is open\n  - advance: 6s\n  - ${silent}\n`;
      fs.writeFileSync(project.flow, flow);
      const args = [project.flow, '--order=[]', '--locale', 'en'];
      const { code, out } = await scfws(args, undefined, 'test');
      assert.equal(code, 0, out);
    } finally {
      project.dispose();
    }
  });

  it('lets go what waits for each other, instead of standing until the limit', async () => {
    const project = raceProject('leaves-in-register', 'javascript', 'twin');
    try {
      const [one, other] = ['Register of alice has pushed to bob', 'alice closes'];
      const order = [
        { hold: one, until: other },
        { hold: other, until: one },
      ];
      const args = [project.flow, `--order=${JSON.stringify(order)}`, '--locale', 'en'];
      const { code, out } = await scfws(args, undefined, 'test');
      assert.equal(code, 0, out);
    } finally {
      project.dispose();
    }
  });

  it('tells what it found although its file cannot be written', async function () {
    if (process.platform === 'win32') {
      this.skip(); // /dev/full is a disk without room.
    }
    const project = raceProject('two-join', 'javascript', 'race');
    try {
      fs.writeFileSync(project.flow, 'steps: [alice connects, alice receives: x]\n');
      const save = path.join(project.folder, 'plain.wsflow.yaml');
      const args = [project.flow, '--runs', '1', '--html', '/dev/full', '--save', save];
      const { code, out, err } = await scfws([...args, '--locale', 'en']);
      assert.match(
        out,
        /It fails in the plain order already[^]*▶ Register of alice\n[^]*alice did not receive this message/,
      );
      assert.match(err, /\/dev\/full cannot be written: .*make room/);
      assert.equal(code, 2);
      // Real clients may come in another order than the plain one: it is pinned, too.
      assert.match(fs.readFileSync(save, 'utf8'), /order: \[\]/);
    } finally {
      project.dispose();
    }
  });

  it('exits with 2 for wrong use, a wrong file, and no file at all', async () => {
    const project = raceProject('two-join', 'javascript', 'race');
    try {
      const wrong = path.join(project.folder, 'wrong.wsflow.yaml');
      fs.writeFileSync(wrong, 'steps:\n  - alice flies\n');
      const all = await Promise.all([
        scfws([project.flow, '--runs', 'many', '--locale', 'en']),
        scfws([project.flow, '--save', 'kept.yaml', '--locale', 'en']),
        scfws([wrong, '--locale', 'en']),
        scfws([path.join(project.folder, 'missing'), '--locale', 'en']),
        scfws([project.flow, '--filter', '/(/', '--locale', 'en']),
      ]);
      assert.deepEqual(
        all.map(({ code }) => code),
        [2, 2, 2, 2, 2],
      );
      assert.match(all[1]?.err ?? '', /must end with \.wsflow\.yaml/);
      assert.match(all[4]?.err ?? '', /^scfws: \/\(\/ is no regular expression/);
      assert.match(all[2]?.err ?? '', /wrong\.wsflow\.yaml:2:\d+: error: .*flies/);
    } finally {
      project.dispose();
    }
  });
});

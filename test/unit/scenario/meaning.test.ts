// What the steps mean, with real handler processes: each rule of the inbox, of quiet and of isolation.
import assert from 'node:assert/strict';
import path from 'node:path';
import { makeProject, type Project } from './parts';

describe('scenarios', function () {
  let project: Project;
  beforeEach(() => (project = makeProject()));
  afterEach(() => project.dispose());

  const passes = async (steps: string): Promise<void> => {
    const { outcomes, failures, problems } = await project.run(`name: it\nsteps:\n${steps}`);
    assert.deepEqual(problems, []);
    assert.equal(outcomes['it'], 'passed', JSON.stringify(failures, null, 2));
  };
  const fails = async (steps: string) => {
    const { outcomes, failures } = await project.run(`name: it\nsteps:\n${steps}`);
    assert.equal(outcomes['it'], 'failed');
    const failure = failures['it'];
    assert.ok(failure);
    return failure;
  };

  it('keep two answers to one send, each for a step of its own', () =>
    passes(`
  - ann connects
  - ann sends: twice x
  - ann receives: x
  - ann receives: x
  - ann receives nothing`));

  it('keep a message that came before the question', () =>
    passes(`
  - ann connects
  - push: { to: ann, data: early }
  - ann sends: say answer
  - ann receives next: early
  - ann receives next: answer`));

  it('look forward, and tell what was skipped', async () => {
    const { events } = await project.run(`
name: it
steps:
  - ann connects
  - ann sends: say one
  - ann sends: say two
  - ann receives: two
  - ann receives nothing`);
    const passed = events.flatMap((event) => (event.test === 'stepPassed' ? [event] : []));
    assert.deepEqual(
      passed.flatMap(({ skipped = [] }) => skipped.map(({ text, state }) => [text, state])),
      [['one', 'skipped']],
    );
    assert.equal(passed.length, 5);
  });

  it('do not look back: what was skipped is gone', async () => {
    const failure = await fails(`
  - ann connects
  - ann sends: say one
  - ann sends: say two
  - ann receives: two
  - ann receives: one`);
    assert.equal(failure.place.range.line, 7);
    assert.deepEqual(
      failure.inbox?.lines.map(({ text, state }) => [text, state]),
      [
        ['one', 'skipped'],
        ['two', 'read'],
      ],
    );
  });

  it('take the next strictly', async () => {
    const failure = await fails(`
  - ann connects
  - ann sends: say one
  - ann sends: say two
  - ann receives next: two`);
    assert.deepEqual([failure.expected, failure.got], ['"two"', '"one"']);
  });

  it('pair a group in any order, also where one of them fits several', () =>
    passes(`
  - ann connects
  - ann sends: say one
  - ann sends: say two
  - ann receives in any order: [{ $regex: "one|two" }, one]
  - ann receives nothing`));

  it('capture, and fill in', () =>
    passes(`
  - ann connects
  - ann sends: json Ann
  - ann receives:
      { type: said, id: { $capture: id }, at: { $type: number }, user: { name: { $regex: "^A(?<rest>n+)$" } }, gone: { $absent: true } }
    as: message
  - ann sends: "say \${id} \${rest} \${message.user.name}"
  - ann receives: m-1 nn Ann`));

  it('know when nothing more can come, also after work that was not awaited', () =>
    passes(`
  - ann connects
  - ann sends: later surprise
  - ann receives: surprise`));

  it('fail at once where nothing more can come, with the chain to the handler and its log', async () => {
    const failure = await fails(`
  - ann connects
  - ann sends: throw boom
  - ann receives: anything`);
    assert.match(failure.message, /nothing more can come/);
    assert.match(failure.handler?.file ?? '', /Transmission.index\.js$/);
    assert.ok(failure.chain?.some(({ text }) => /ann sent throw boom/.test(text)));
    assert.ok(failure.chain?.some(({ text }) => /430/.test(text)));
  });

  it('advance the clock in no time: idle connections end, those that speak do not', () =>
    passes(`
  - ann connects
  - bob connects
  - advance: 14m
  - bob sends: say awake
  - advance: 2m
  - ann is closed: { code: 1001, cause: idle }
  - bob is open
  - advance: 1h
  - bob is closed: 1001`));

  it('advance over the limit of a function that hangs, once it runs, and over nobody else', async () => {
    // Longer than a step may take: no real time can end it.
    const patient = makeProject(600);
    try {
      const ran = await patient.run(`clients: [ann, bob]
timeout: 20s
steps:
  - ann connects
  - bob connects
  - ann sends: hang
    wait: false
  - ann sends: say after
    wait: false
  - advance: 30m
  - Transmission ran: { for: ann, ended: 433 }
  - Transmission ran: { for: ann, returned: { errNo: 0 }, pushes: [{ to: ann, data: after }] }
  - ann is closed: { code: 1001, cause: idle }
`);
      assert.deepEqual(ran.failures, {});
      assert.equal(ran.ended.passed, 1, JSON.stringify(ran.problems));
    } finally {
      patient.dispose();
    }
  });

  it('advance over the time limit of a function that hangs', () =>
    passes(`
  - ann connects
  - ann sends: hang
    wait: false
  - advance: 5s
  - Transmission ran: { for: ann, ended: 433 }
  - ann is open`));

  it('see what no client can', () =>
    passes(`
  - ann connects
  - Register ran: { for: ann, as: register, start: cold }
  - ann sends: say x
  - Transmission ran: { start: cold, returned: { errNo: 0 }, logged: did say, pushes: [{ to: ann, data: x }] }
  - ann sends: say y
  - Transmission ran: { start: warm }
  - Transmission restarts
  - ann sends: count
  - Transmission ran: { start: cold }
  - Delete did not run
  - ann drops
  - Delete ran: { for: ann, times: 1 }`));

  it('refuse, close, push from outside, invoke, and disturb', () =>
    passes(`
  - mallory is refused: { query: { token: bad }, status: 403, body: { errNo: 7 } }
  - ann connects
  - ann pings: hello
  - push: { to: ann, data: { news: 1 } }
  - ann receives: { news: 1 }
  - faults: { rules: [{ fault: pushFails, rate: 1, errNo: 9007 }] }
  - ann sends: say lost
  - ann receives nothing
  - Transmission ran: { pushes: [{ errNo: 9007 }] }
  - faults: off
  - Transmission is invoked: { event: { websocket: { secConnectionID: x, data: count } }, returned: { errNo: 0 } }
  - push: { to: nobody, data: x, errNo: 9001 }
  - push: { to: ann, close: true }
  - ann is closed: { code: 1000, cause: pushClosing }`));

  it('begin each with fresh processes, store and environment; a matrix runs every case', async () => {
    const { outcomes } = await project.run(`
env: { WHO: "\${who}" }
matrix: { who: [a, b] }
scenarios:
  - name: fresh
    steps:
      - ann connects
      - ann sends: count
      - ann receives: "1"
      - ann sends: load
      - ann receives: empty
      - ann sends: store x
      - ann sends: env WHO
      - ann receives: "\${who}"`);
    assert.deepEqual(outcomes, { 'fresh [who=a]': 'passed', 'fresh [who=b]': 'passed' });
  });

  it('share warm processes on request, and begin with nobody connected', async () => {
    const { outcomes, failures } = await project.run(`
functions: warm
scenarios:
  - name: first
    steps: [ann connects, ann sends: count, ann receives: "1", ann sends: store x]
  - name: second
    steps: [ann connects, ann sends: count, ann receives: "2", ann sends: load, ann receives: x]`);
    assert.deepEqual(outcomes, { first: 'passed', second: 'passed' }, JSON.stringify(failures));
  });

  it('run a set-up command before, and fail with its words', async () => {
    project.write(
      'seed.js',
      `require('fs').writeFileSync(process.env.SCFWS_STORE + '/log', 'seeded');`,
    );
    project.write('broken.js', `console.error('no database'); process.exit(3);`);
    const flow = (script: string): string =>
      `name: it\nsetup: [node, ${script}]\nsteps: [ann connects, ann sends: load, ann receives: seeded]`;
    assert.equal((await project.run(flow('seed.js'))).outcomes['it'], 'passed');
    const { failures } = await project.run(flow('broken.js'));
    assert.match(failures['it']?.message ?? '', /node broken\.js.* code 3/);
    assert.match(failures['it']?.nextStep ?? '', /no database/);
    project.write('killed.js', `process.kill(process.pid, 'SIGKILL'); setInterval(() => 0, 1000);`);
    const killed = await project.run(flow('killed.js'));
    assert.match(killed.failures['it']?.message ?? '', /was ended by SIGKILL/);
  });

  it('say where their recording cannot be written', async () => {
    project.write('file', '');
    const recordings = path.join(project.folder, 'file', 'rec');
    const { failures } = await project.run('name: it\nsteps: [ann connects]', { recordings });
    assert.match(failures['it']?.message ?? '', /^The recording cannot be written to .*ENOTDIR/);
    assert.match(failures['it']?.nextStep ?? '', /make room/);
  });

  it('include steps of another flow, with variables', async () => {
    project.write(
      'parts/join.wsflow.yaml',
      'steps:\n  - ${who} connects\n  - "${who} sends": say hi ${who}\n',
    );
    await passes(`
  - include: parts/join.wsflow.yaml
    with: { who: ann }
  - include: parts/join.wsflow.yaml
    with: { who: bob }
  - ann receives: hi ann
  - bob receives: hi bob`);
  });

  it('bound real work: a step that does not end says what still runs', async () => {
    const { failures } = await project.run(
      'name: it\ntimeout: 4s\nsteps: [ann connects, ann sends: say x, ann sends: hang]',
    );
    assert.match(failures['it']?.message ?? '', /Transmission/);
  });
});

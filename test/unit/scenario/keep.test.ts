// A recorded conversation becomes a flow that passes at once, and fails at the right line when the handler changes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { renderJsonLines } from '../../../src/protocol/export/jsonLines';
import { parseRecording } from '../../../src/protocol/export/renderExport';
import { defaultRedactionRules } from '../../../src/protocol/export/redact';
import { redactRecording } from '../../../src/protocol/export/redactRecording';
import type { Recording } from '../../../src/protocol/export/recording';
import type { TestEvent } from '../../../src/protocol/testEvent';
import { keepConversation } from '../../../src/core/scenario/keep';
import { parseFlow } from '../../../src/core/scenario/parseFlow';
import { makeProject, type Project } from './parts';

interface KeptFlow {
  clients: Record<string, object>;
  scenarios: { name: string; steps: unknown[] }[];
}

/** Handlers that tell everything that varies: ids, times, request ids, tickets that are asked for later. */
const chatty = `
  const http = require('http');
  const crypto = require('crypto');
  const push = (id, data, dataType = 'text') => new Promise((resolve, reject) => {
    const body = JSON.stringify({ websocket: { action: 'data send', secConnectionID: id, dataType, data } });
    const request = http.request(process.env.SCFWS_PUSH_URL, { method: 'POST', headers: { 'content-length': Buffer.byteLength(body) } },
      (response) => response.resume().on('end', resolve));
    request.on('error', reject);
    request.end(body);
  });
  const tickets = new Set();
  exports.main_handler = async (event, context) => {
    const { secConnectionID: id, data, dataType } = event.websocket;
    if (dataType === 'binary') { await push(id, data, 'binary'); return; }
    const told = data.startsWith('{') ? JSON.parse(data) : { what: data };
    if (told.what === 'who') await push(id, JSON.stringify({ you: id, text: 'you are ' + id, at: Date.now(), on: new Date().toISOString(), request: context.request_id, n: 7, list: [{ deep: Date.now() / 1000 }] }));
    if (told.what === 'ticket') { const ticket = crypto.randomUUID(); tickets.add(ticket); await push(id, JSON.stringify({ ticket })); }
    if (told.what === 'use') await push(id, tickets.has(told.ticket) ? 'used ' + told.ticket : 'unknown');
    if (told.what === 'line') await push(id, new Date().toISOString() + ' (' + id + ') costs 5 $ [x]');
    if (told.what === 'echo') await push(id, JSON.stringify(told));
    if (told.what === 'to') await push(told.id, 'from ' + id);
    if (told.what === 'odd') await push(id, '\${name} {"$type": 1');
  };`;

/** Runs a flow and gives what the session recorded. */
async function recordingOf(project: Project, flow: string): Promise<Recording> {
  const folder = path.join(project.folder, 'rec');
  const ran = await project.run(flow, { recordings: folder });
  assert.equal(ran.ended.failed, 0, JSON.stringify(ran.failures));
  assert.deepEqual(ran.problems, []);
  const ended = ran.events.find(
    (event): event is Extract<TestEvent, { test: 'scenarioEnded' }> =>
      event.test === 'scenarioEnded',
  );
  const read = parseRecording(fs.readFileSync(ended?.recording ?? '', 'utf8'));
  assert.ok(read.value);
  return redactRecording(read.value, [...defaultRedactionRules]);
}

/** As Traffic exports it. */
function exported({ facts, payloads }: Recording): string {
  return renderJsonLines({ facts, payloads });
}

describe('recorded traffic kept as a scenario', function () {
  let project: Project;

  before(() => {
    project = makeProject();
    project.write('Transmission/index.js', chatty);
  });
  after(() => project.dispose());

  async function keep(
    steps: string,
    clients = '[alice, bob]',
  ): Promise<{ text: string; flow: KeptFlow }> {
    const recording = await recordingOf(project, `clients: ${clients}\nsteps:\n${steps}`);
    const { text } = keepConversation(recording, 'kept');
    assert.deepEqual(parseFlow(text, 'kept.wsflow.yaml').problems, [], text);
    return { text, flow: parse(text) as KeptFlow };
  }

  async function passes(text: string): Promise<void> {
    const ran = await project.run(text);
    assert.deepEqual(ran.problems, []);
    assert.equal(ran.ended.passed, 1, `${text}\n${JSON.stringify(ran.failures)}`);
  }

  it('passes at once, whatever varies from run to run', async () => {
    const { text } = await keep(`
  - alice connects
  - bob connects
  - alice sends: who
  - bob sends: who
  - alice sends: line
  - alice sends: { what: to, id: "\${bob.id}" }
  - bob receives: { $regex: "^from " }
  - alice sends: { $hex: "00 ff" }
  - alice sends: odd
  - alice sends: '{ "what": "echo" }'
  - alice sends: nothing comes of it
  - push: { to: bob, data: news }
  - bob closes: 4001
  - alice drops
`);
    await passes(text);
    assert.match(text, /\$\{bob\.id\}/);
    assert.doesNotMatch(text, /20\d\d-\d\d-\d\dT/);
  });

  it('keeps what was invoked by hand as a test of one function', async () => {
    const { text } = await keep(`
  - Transmission is invoked: { event: sample }
`);
    assert.match(text, /Transmission is invoked:/);
    assert.match(text, /returned:/);
    await passes(text);
    const other = text.replace('returned: null', 'returned: { errNo: 5 }');
    assert.notEqual(other, text);
    assert.equal((await project.run(other)).ended.failed, 1);
  });

  it('keeps what a browser saw come after a message, although it saw no function', () => {
    const message = (type: string, data: string, opcode = 1) => ({
      type,
      data,
      opcode,
      time: 1_704_067_201,
    });
    const entry = {
      startedDateTime: '2024-01-01T00:00:00.000Z',
      request: { url: 'ws://x/a', headers: [] },
      response: { status: 101 },
      _webSocketMessages: [
        message('receive', 'welcome'),
        message('send', 'hi'),
        message('receive', 'AAEC', 2),
        message('receive', 'hi, too'),
        message('send', 'bye'),
      ],
    };
    const read = parseRecording(JSON.stringify({ log: { entries: [entry] } }));
    assert.ok(read.value);
    const { scenarios } = parse(keepConversation(read.value, 'kept').text) as KeptFlow;
    assert.deepEqual(scenarios[0]?.steps, [
      'alice connects',
      { 'alice receives exactly': ['welcome'] },
      { 'alice sends': 'hi' },
      { 'alice receives exactly': [{ $bytes: 'AAEC' }, 'hi, too'] },
      { 'alice sends': 'bye' },
      'alice receives nothing',
    ]);
  });

  it('keeps the digits of decimals, and how numbers were written', async () => {
    const { text } = await keep(`
  - alice connects
  - alice sends: { what: hush, fine: 0.1000000000000000055, far: 1e400, id: 12345678901234567890 }
  - alice sends: { what: hush, price: 1.10 }
`);
    assert.match(text, / fine: 0\.1000000000000000055\n +far: 1e400\n +id: 12345678901234567890\n/);
    assert.match(text, /alice sends: '\{"what":"hush","price":1\.10\}'/);
    await passes(text);
  });

  it('captures what is received and sent later', async () => {
    const { text } = await keep(`
  - alice connects
  - alice sends: { what: ticket }
  - alice receives next: { ticket: { $capture: t } }
  - alice sends: { what: use, ticket: "\${t}" }
`);
    await passes(text);
    assert.match(text, /\$capture: value1/);
    assert.match(text, /ticket: \$\{value1\}/);
  });

  it('keeps how clients connect, and takes secrets out', async () => {
    const { text, flow } = await keep(
      '  - ann connects\n  - mallory is refused\n',
      '{ ann: { query: { room: lobby, token: s3cret-value } }, mallory: { query: { token: bad } } }',
    );
    assert.deepEqual(Object.keys(flow.clients), ['ann', 'mallory']);
    assert.match(text, /room: lobby/);
    assert.doesNotMatch(text, /s3cret-value/);
    assert.deepEqual(flow.scenarios[0]?.steps[0], 'ann connects');
    assert.ok(JSON.stringify(flow.scenarios[0]?.steps).includes('"mallory is refused"'));
  });

  it('fails at the step whose answer changed', async () => {
    const { text } = await keep(`
  - alice connects
  - alice sends: { what: echo, n: 1 }
  - alice sends: { what: who }
`);
    await passes(text);
    project.write('Transmission/index.js', chatty.replace('n: 7', 'n: 8'));
    const ran = await project.run(text);
    const { failures } = ran;
    assert.equal(ran.ended.failed, 1);
    const line = text.split('\n')[failures['kept']?.place.range.line ?? 0];
    assert.match(line ?? '', /receives exactly/);
    assert.match(failures['kept']?.differences?.join() ?? '', /\.n/);
  });

  describe('twice', () => {
    // What no pattern knows: a counter, a room's number that is said again, a colour, an order, a member now and then.
    const varied = `
  const fs = require('fs');
  const http = require('http');
  const push = (id, data) => new Promise((resolve) => {
    const body = JSON.stringify({ websocket: { action: 'data send', secConnectionID: id, dataType: 'text', data } });
    http.request(process.env.SCFWS_PUSH_URL, { method: 'POST', headers: { 'content-length': Buffer.byteLength(body) } },
      (response) => response.resume().on('end', resolve)).end(body);
  });
  const state = __dirname + '/../run';
  exports.main_handler = async (event) => {
    const { secConnectionID: id, data } = event.websocket;
    const run = Number(fs.readFileSync(state, 'utf8'));
    const told = data.startsWith('{') ? JSON.parse(data) : { what: data };
    const room = 4000 + run * 7;
    if (told.what === 'open') await push(id, JSON.stringify({ room, title: 'a room', ...(run % 2 ? { mood: 'odd' } : {}) }));
    if (told.what === 'join') await push(id, told.room === room ? 'joined room ' + room + ', ' + (run % 2 ? 'red' : 'blue') + ' team' : 'no such room');
    if (told.what === 'leave room ' + room) await push(id, 'left');
    if (told.what === 'members') for (const name of run % 2 ? ['ann', 'ben'] : ['ben', 'ann']) await push(id, name);
    if (told.what === 'fixed') await push(id, 'always the same');
    if (told.what === 'extra') for (let n = 0; n <= run % 2; n++) await push(id, 'note ' + n);
  };`;
    const steps = (run: number) => `clients: [alice]
steps:
  - alice connects
  - alice sends: open
  - alice sends: { what: join, room: ${4000 + run * 7} }
  - alice sends: leave room ${4000 + run * 7}
  - alice sends: members
  - alice sends: fixed
`;
    const at = (run: number) => fs.writeFileSync(path.join(project.folder, 'run'), String(run));
    before(() => project.write('Transmission/index.js', varied));

    async function record(run: number, flow = steps(run)): Promise<Recording> {
      at(run);
      return recordingOf(project, flow);
    }

    it('masks what varied, names what is said again, and passes the third time', async () => {
      const [one, two] = [await record(1), await record(2)];
      const { text, left } = keepConversation(one, 'kept', undefined, two);
      assert.deepEqual(left, []);
      assert.deepEqual((parse(text) as KeptFlow).scenarios[0]?.steps.slice(1), [
        { 'alice sends': 'open' },
        {
          'alice receives exactly': [
            { room: { $type: 'integer', $capture: 'seen1' }, title: 'a room' },
          ],
        },
        { 'alice sends': { what: 'join', room: '${seen1}' } },
        { 'alice receives exactly': [{ $regex: '^joined room .* team$' }] },
        { 'alice sends': 'leave room ${seen1}' },
        { 'alice receives exactly': ['left'] },
        { 'alice sends': 'members' },
        { 'alice receives in any order': ['ann', 'ben'] },
        { 'alice sends': 'fixed' },
        { 'alice receives exactly': ['always the same'] },
      ]);
      at(3);
      await passes(text);
      // Of one recording alone it would not.
      const alone = keepConversation(one, 'kept').text;
      assert.equal((await project.run(alone)).ended.failed, 1);
      // What did not vary is still held.
      project.write('Transmission/index.js', varied.replace('always the same', 'changed'));
      const ran = await project.run(text);
      project.write('Transmission/index.js', varied);
      assert.match(JSON.stringify(ran.failures['kept']?.differences), /always the same.*changed/);
    });

    it('captures a part of a text that is said again', async () => {
      const flow = (run: number) => `clients: [alice]
steps:
  - alice connects
  - alice sends: say welcome
  - alice sends: say hello ${run}
`;
      project.write(
        'Transmission/index.js',
        varied.replace(
          "if (told.what === 'open')",
          "if (data.startsWith('say')) { await push(id, data.includes('welcome') ? 'welcome, guest ' + run + '!' : 'heard'); return; }\n    if (told.what === 'open')",
        ),
      );
      const [one, two] = [await record(11, flow(11)), await record(12, flow(12))];
      const { text } = keepConversation(one, 'kept', undefined, two);
      assert.match(text, /\^welcome, guest \(\?<seen1>\.\*\)!\$/);
      assert.match(text, /alice sends: say hello \$\{seen1\}/);
      at(13);
      await passes(text);
      project.write('Transmission/index.js', varied);
    });

    it('says what it could not decide', async () => {
      const flow = (what: string) =>
        `clients: [alice]\nsteps:\n  - alice connects\n  - alice sends: extra\n  - alice sends: ${what}\n`;
      const [one, two] = [await record(1, flow('fixed')), await record(2, flow('unknown'))];
      const { text, left } = keepConversation(one, 'kept', undefined, two);
      assert.equal(left.length, 3, left.join('\n'));
      assert.match(left[0] ?? '', /alice received 2 messages the first time and 1 the second/);
      assert.match(left[1] ?? '', /Move 3 \("alice sends"\) was another one/);
      assert.match(text, /alice receives in any order:\n\s+- note 0\n/);
      assert.match(text, /^# After move 2/m);
    });

    it('is written by scfws keep', async () => {
      const files = ['one', 'two', 'other'].map((name) => path.join(project.folder, name));
      const [one = '', two = '', other = ''] = files.map((file) => `${file}.scfws.jsonl`);
      fs.writeFileSync(one, exported(await record(1)));
      fs.writeFileSync(two, exported(await record(2)));
      const pings = 'clients: [alice]\nsteps:\n  - alice connects\n  - alice pings\n';
      fs.writeFileSync(other, exported(await record(1, pings)));
      const scfws = (...words: string[]) =>
        spawnSync(process.execPath, [path.resolve('dist/cli.js'), 'keep', ...words], {
          encoding: 'utf8',
          env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
        });

      const to = path.join(project.folder, 'new', 'kept.wsflow.yaml');
      const written = scfws(one, two, '--to', to);
      assert.equal(written.status, 0, written.stderr);
      assert.match(fs.readFileSync(to, 'utf8'), /\$\{seen1\}/);
      const printed = scfws(one);
      assert.equal(printed.status, 0, printed.stderr);
      assert.match(printed.stdout, /name: one\n.*alice sends: leave room 4007/s);

      for (const [words, said] of [
        [[one, other], /another conversation: move 2.*Record twice how the same clients/],
        [[path.join(project.folder, 'none')], /cannot be read.*Name a recording/],
        [[one, '--to', path.join(one, 'below.wsflow.yaml')], /cannot be written.*another file/],
        [[], /"keep" needs a recording/],
      ] as const) {
        const { status, stderr } = scfws(...words);
        assert.equal(status, 2, stderr);
        assert.match(stderr, said);
      }
    });

    it('refuses the recording of another conversation', async () => {
      const one = await record(1);
      const two = await record(
        1,
        'clients: [alice]\nsteps:\n  - alice connects\n  - alice pings\n',
      );
      assert.throws(() => keepConversation(one, 'kept', undefined, two), {
        code: 'otherConversation',
        message: /move 2 is "alice sends" in the first and "alice pings" in the second/,
      });
    });
  });
});

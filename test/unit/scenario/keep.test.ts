// A recorded conversation becomes a flow that passes at once, and fails at the right line when the handler changes.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
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

describe('recorded traffic kept as a scenario', function () {
  this.timeout(60_000);
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
});

// Recorded clients speak again to real handlers: unchanged code shows no difference, a small change shows as one.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseRecording } from '../../../src/protocol/export/renderExport';
import { renderHar } from '../../../src/protocol/export/har';
import type { Recording } from '../../../src/protocol/export/recording';
import type { TestEvent } from '../../../src/protocol/testEvent';
import { UserError } from '../../../src/core/errors';
import {
  comparedNothing,
  replay,
  type ReplayOptions,
  type ReplayResult,
} from '../../../src/core/replay/replay';
import { connectionsOf, differenceLines, sides } from '../../../src/core/replay/tell';
import { prepareProject } from '../../../src/core/scenario/prepareProject';
import { keepConversation } from '../../../src/core/scenario/keep';
import { Cancelled } from '../../../src/core/scenario/runSteps';
import { makeProject, type Project } from '../scenario/parts';

const bootstrapFolder = path.resolve('src/core/runtime/bootstrap');

const transmission = `
  const http = require('http');
  const crypto = require('crypto');
  const push = (id, data, action = 'data send') => new Promise((resolve, reject) => {
    const body = JSON.stringify({ websocket: { action, secConnectionID: id, dataType: 'text', data } });
    const request = http.request(process.env.SCFWS_PUSH_URL, { method: 'POST', headers: { 'content-length': Buffer.byteLength(body) } },
      (response) => response.resume().on('end', resolve));
    request.on('error', reject);
    request.end(body);
  });
  exports.main_handler = async (event, context) => {
    const { secConnectionID: id, data } = event.websocket;
    const [what, ...rest] = data.split(' ');
    const text = rest.join(' ');
    if (what === 'say') await push(id, 'said ' + text);
    if (what === 'twice') await Promise.all([push(id, text), push(rest[1] || id, text)]);
    if (what === 'varies') await push(id, JSON.stringify({ type: 'said', n: 7, chance: Math.random(), at: Date.now(), on: new Date().toISOString(), day: new Date().toISOString().slice(0, 10), ticket: crypto.randomUUID(), request: context.request_id, you: id }));
    if (what === 'noise') await push(id, 'lot ' + crypto.randomBytes(4).toString('hex') + ' for ' + text);
    if (what === 'kick') await push(rest[0], '', 'closing');
    if (what === 'throw') throw new Error(text);
    if (what === 'count') { global.count = (global.count || 0) + 1; await push(id, String(global.count)); }
    if (what === 'later') setTimeout(() => push(id, text), 20);
    return { errNo: 0, done: what };
  };`;

const conversation = `
clients: { ann: { query: { room: "7" } }, ben: {} }
steps:
  - ann connects
  - ben connects
  - ann sends: say hello
  - ann sends: varies
  - ben sends: noise ben
  - ben sends: twice x \${ann.id}
  - ann sends: throw oh no
  - ann sends: count
  - ann sends: count
  - ben sends: later on
  - push: { to: ben, data: from outside }
  - ann sends: kick \${ben.id}
  - ann closes: { code: 4000, reason: bye }
`;

describe('replay', function () {
  let project: Project;
  let recording: Recording;

  before(async () => {
    project = makeProject();
    project.write('Transmission/index.js', transmission);
    recording = await record(conversation);
  });
  afterEach(() => project.write('Transmission/index.js', transmission));
  after(() => project.dispose());

  async function record(flow: string): Promise<Recording> {
    const ran = await project.run(flow, { recordings: path.join(project.folder, 'rec') });
    assert.equal(ran.ended.failed, 0, JSON.stringify(ran.failures));
    const ended = ran.events.find(
      (event): event is Extract<TestEvent, { test: 'scenarioEnded' }> =>
        event.test === 'scenarioEnded',
    );
    const { value } = parseRecording(fs.readFileSync(ended?.recording ?? '', 'utf8'));
    assert.ok(value);
    return value;
  }

  async function replayed(
    recorded: Recording,
    options: Partial<ReplayOptions> = {},
  ): Promise<ReplayResult> {
    const prepared = await prepareProject(project.folder, { bootstrapFolder, interpreters: {} });
    assert.ok(prepared.service, JSON.stringify(prepared.problems));
    try {
      return await replay({
        recording: recorded,
        service: prepared.service,
        session: { bootstrapFolder, interpreters: {} },
        pace: 'virtual',
        limit: 20_000,
        signal: new AbortController().signal,
        onProgress: () => undefined,
        ...options,
      });
    } finally {
      prepared.dispose();
    }
  }

  it('shows no difference against unchanged code, and says what it compared', async () => {
    const result = await replayed(recording);
    assert.deepEqual(differenceLines(result), []);
    const { counts } = result;
    assert.deepEqual(
      [counts.moves, counts.handshake, counts.invocation, counts.end],
      [14, 2, 12, 2],
      JSON.stringify(counts),
    );
    assert.ok(counts.push >= 9 && counts.frame >= 9, JSON.stringify(counts));
    assert.ok(counts.varies >= 2, 'chance and lot');
    assert.equal(comparedNothing(result), false);
  });

  it('finds each of several small changes', async () => {
    const changes: [from: string, to: string, what: RegExp][] = [
      ["'said ' + text", "'says ' + text", /^ann message 1: .*push 1 to ann, data/],
      ['n: 7', 'n: 8', /^ann message 2: .*push 1 to ann, data/],
      ["'lot '", "'lost '", /^ben message 1: .*push 1 to ben, data/],
      [
        'rest[1] || id, text',
        'rest[1] || id, text, await push(id, "")',
        /^ben message 2: .*push 2/,
      ],
      ['new Error(text)', 'new Error(text + "!")', /^ann message 3: Transmission$/],
      ['global.count || 0', 'global.count || 1', /^ann message 4: .*data/],
      ["what === 'later'", "what === 'never'", /^ben message 3: .*push 1 to ben/],
      ["'closing'", "'data send'", /^ben end: end/],
      ['done: what', 'done: what === "count"', /^ben message 3: .*value/],
    ];
    let changed = transmission;
    for (const [from, to] of changes) {
      assert.ok(changed.includes(from), from);
      changed = changed.replace(from, to);
    }
    project.write('Transmission/index.js', changed);
    const result = await replayed(recording);
    const found = result.different.flatMap(({ key, differences }) => {
      const [connection = '', ...rest] = key.split(' ');
      const name = [result.names.get(connection) ?? connection, ...rest].join(' ');
      return differences.map(({ path: where }) => `${name}: ${where}`);
    });
    for (const [, to, what] of changes) {
      assert.ok(
        found.some((each) => what.test(each)),
        `${to} is not in:\n${found.join('\n')}`,
      );
    }
  });

  it('gives both sides as text, and names whose conversation differs', async () => {
    project.write('Transmission/index.js', transmission.replace("'said '", "'says '"));
    const result = await replayed(recording);
    const { recorded, replayed: now } = sides(result);
    assert.match(recorded, /ann sends "say hello"[^]*push 1 to ann, data: said hello/);
    assert.match(now, /ann sends "say hello"[^]*push 1 to ann, data: says hello/);
    const only = connectionsOf(result);
    assert.equal(only.size, 1);
    const { text } = keepConversation(recording, 'kept', only);
    assert.match(text, /ann sends: say hello/);
    assert.doesNotMatch(text, /ben sends/);
  });

  it('compares the frames of a recording that tells nothing else', async () => {
    const plain = conversation.replace(/ {2}- push: .*\n/, ''); // Nobody can see who pushed.
    const har = parseRecording(renderHar(await record(plain), '1')).value;
    assert.ok(har);
    const { counts, different, left } = await replayed(har);
    assert.deepEqual(different, []);
    assert.equal(counts.invocation, 0);
    assert.ok(counts.frame > 5, JSON.stringify(counts));
    assert.match(left.join(), /frames only/);
    project.write('Transmission/index.js', transmission.replace("'said '", "'says '"));
    assert.notDeepEqual((await replayed(har)).different, []);
  });

  it('lets silence end a connection on the clock of the recording', async () => {
    const idle = await record(`
clients: [ann, ben]
steps:
  - ann connects
  - advance: 14m
  - ben connects
  - advance: 2m
  - ann is closed
  - ben sends: say still here
`);
    const { counts, different } = await replayed(idle);
    assert.deepEqual(different, []);
    assert.equal(counts.end, 1);
  });

  it('does not compare what had not ended when the recording ended', async () => {
    const { facts } = recording;
    const starts = facts.filter(({ kind }) => kind === 'invocationStarted');
    for (const start of [starts[1], starts[3]]) {
      assert.ok(start);
      const cut = facts.slice(0, facts.indexOf(start) + 1);
      const { different, left, counts } = await replayed({ ...recording, facts: cut });
      assert.deepEqual(different, []);
      assert.ok(counts.handshake >= 1);
      assert.match(left.join(), /1 moves had not come to their end/);
    }
  });

  it('tells when there is nothing to replay', async () => {
    const facts = recording.facts.filter(({ kind }) => kind !== 'connecting');
    await assert.rejects(replayed({ ...recording, facts }), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.code, 'nothingToReplay');
      return true;
    });
  });

  it('names the function that never ends', async () => {
    const register = path.join(project.folder, 'Register', 'index.js');
    const before = fs.readFileSync(register, 'utf8');
    const endless =
      'exports.main_handler = () => new Promise(() => setInterval(() => undefined, 1000));';
    fs.writeFileSync(register, `${before}\n${endless}`);
    await assert.rejects(replayed(recording, { limit: 500 }), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.code, 'replayHangs');
      assert.match(`${error.message} ${error.nextStep}`, /Register.*--limit/);
      return true;
    });
    fs.writeFileSync(register, before);
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const onProgress = (_number: number, done: number): void => {
      if (done === 3) {
        controller.abort();
      }
    };
    const running = replayed(recording, { signal: controller.signal, onProgress });
    await assert.rejects(running, Cancelled);
  });

  it('goes at the pace of the recording when asked', async () => {
    const three = await record(
      'steps:\n  - ann connects\n  - ann sends: count\n  - ann sends: count\n  - ann sends: say it\n',
    );
    const { counts, different } = await replayed(three, { pace: 'real' });
    assert.deepEqual(different, []);
    assert.equal(counts.frame, 3);
  });
});

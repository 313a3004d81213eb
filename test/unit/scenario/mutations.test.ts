// Small changes of the chat handlers, one at a time: the scenarios that every new project has must find those that matter.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { defaultFunctionNames, planScaffold } from '../../../src/core/scaffold/planScaffold';
import { readTemplates } from '../../../src/core/scaffold/templates';
import { writeScaffold } from '../../../src/core/scaffold/writeScaffold';
import { templatesFolder } from '../scaffold/conversation';
import { runIn, warmFlows } from './parts';

/** File, what stands there, what is put in its place, and why the scenarios need not find it. */
type Mutation = [file: string, from: string, to: string, why?: string];

const mutations: Mutation[] = [
  ['Register/index.js', 'await members.add(secConnectionID);', ''],
  ['Register/index.js', "errNo: 0, errMsg: 'ok', websocket", "errNo: 1, errMsg: 'ok', websocket"],
  ['Register/index.js', "split(',')[0]", "split(',')[1]"],
  ['Register/index.js', 'if (secWebSocketProtocol)', 'if (!secWebSocketProtocol)'],
  ['Register/index.js', "action: 'connecting'", "action: 'connected'"],
  ['Delete/index.js', 'await members.remove(event.websocket.secConnectionID);', ''],
  ['Delete/index.js', "errNo: 0, errMsg: 'ok'", 'errNo: 2'],
  ['Transmission/index.js', 'member !== message', 'member === message'],
  ['Transmission/index.js', 'others.map(', 'everyone.map('],
  ['Transmission/index.js', 'others.map(', 'others.slice(0, 1).map('],
  ['Transmission/index.js', 'if (!(await deliver', 'if ((await deliver'],
  ['Transmission/index.js', 'await members.remove(member);', ''],
  ['Transmission/index.js', "dataType === 'binary'", "dataType !== 'binary'"],
  ['Transmission/index.js', 'push.sendText(member, data)', 'push.sendText(member, data.trim())'],
  ['Transmission/index.js', 'errNo === 0 ||', 'errNo !== 0 ||'],
  ['Transmission/index.js', 'return { errNo: 0', 'return { errNo: 3'],
  ['Transmission/push.js', "dataType: 'text', data: text", "dataType: 'text', data: text + ' '"],
  ['Transmission/push.js', "dataType: 'binary', data: base64", "dataType: 'text', data: base64"],
  ['Transmission/push.js', 'Buffer.byteLength(body)', 'body.length'],
  ['Transmission/push.js', "method: 'POST'", "method: 'GET'"],
  ['Transmission/push.js', 'keepAlive: true', 'keepAlive: false', 'only slower'],
  [
    'Transmission/push.js',
    '= 9002',
    '= 9999',
    'needs a client that sends while another one connects',
  ],
];

describe('scenarios of the chat template', function () {
  let folder: string;
  before(async () => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-mutations-')));
    const answers = { service: 'demo', language: 'javascript', template: 'chat' } as const;
    const plan = planScaffold(
      { ...answers, functionNames: defaultFunctionNames },
      await readTemplates(templatesFolder),
    );
    await writeScaffold(plan, folder);
    warmFlows(path.join(folder, 'scenarios'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const run = () => runIn([path.join(folder, 'scenarios')], { bail: true });

  it('pass with the handlers as they are', async () => {
    const { ended, failures } = await run();
    assert.equal(ended.failed, 0, JSON.stringify(failures));
    assert.equal(ended.passed, 6);
  });

  for (const [file, from, to, why] of mutations) {
    const name = `${file}: ${from} → ${to || 'nothing'}`;
    it(why === undefined ? `find ${name}` : `do not find ${name} (${why})`, async () => {
      const full = path.join(folder, file);
      const before = fs.readFileSync(full, 'utf8');
      assert.equal(before.split(from).length, 2, 'stands there once');
      fs.writeFileSync(full, before.replace(from, to));
      try {
        const { ended, problems } = await run();
        assert.deepEqual(problems, []);
        assert.equal(ended.failed > 0, why === undefined);
      } finally {
        fs.writeFileSync(full, before);
      }
    });
  }
});

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { Fact, FactKind, FactOf } from '../../../src/protocol/fact';
import type { Reply } from '../../../src/protocol/intent';
import { pasteable } from '../../../src/core/pasteable';

const program = path.resolve('dist/cli.js');

type Program = ChildProcessByStdio<Writable, Readable, Readable>;

function start(args: string[], env: Record<string, string> = {}): Program {
  return spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LANG: 'C', LC_ALL: 'C', ...env },
  });
}

async function scfws(args: string[], input = '', env: Record<string, string> = {}) {
  const child = start(args, env);
  child.stdin.end(input);
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { out, err, code };
}

/** A `serve` whose lines are read as facts and replies. */
function serve(args: string[]) {
  const child = start(['serve', ...args]);
  const facts: Fact[] = [];
  const waiting: { is(fact: Fact): boolean; resolve(fact: Fact): void }[] = [];
  const replies = new Map<number, (reply: Reply) => void>();
  let lastId = 0;
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const value = JSON.parse(line) as Fact | Reply;
    if ('reply' in value) {
      replies.get(value.reply)?.(value);
      return;
    }
    facts.push(value);
    for (const each of waiting.splice(0)) {
      if (each.is(value)) {
        each.resolve(value);
      } else {
        waiting.push(each);
      }
    }
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    child,
    facts,
    ended,
    until<K extends FactKind>(kind: K, also: (fact: FactOf<K>) => boolean = () => true) {
      const is = (fact: Fact): boolean => fact.kind === kind && also(fact as FactOf<K>);
      const found = facts.find(is);
      return found === undefined
        ? new Promise<FactOf<K>>((resolve) => waiting.push({ is, resolve: resolve as never }))
        : Promise.resolve(found as FactOf<K>);
    },
    ask(kind: string, ask: object = {}): Promise<Reply> {
      const id = ++lastId;
      child.stdin.write(`${JSON.stringify({ id, kind, ...ask })}\n`);
      return new Promise((resolve) => replies.set(id, resolve));
    },
  };
}

describe('scfws', function () {
  let folder: string;
  const project = (): string => path.join(folder, 'echo');

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws cli 你好 '));
    const { code, err } = await scfws([
      'new',
      project(),
      '--language',
      'javascript',
      '--template',
      'echo',
    ]);
    assert.equal(code, 0, err);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('says how it is used, and what was wrong', async () => {
    const help = await scfws(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.out, /scfws serve +Runs the gateway/);
    const cases: [string[], RegExp][] = [
      [['nonsense'], /There is no command "nonsense"/],
      [['--hlep'], /Unknown option '--hlep'\.\n\n.*scfws serve/s],
      [['constructor'], /There is no command "constructor"/],
      [['create', 'chat'], /There is no command "create"\. Did you mean "new"\?/],
      [['serve', '--port', 'many'], /--port takes a whole number up to 65535, not "many"/],
      [['push', 'http://127.0.0.1:1/api-x'], /needs a push address, --id, and one of/],
      [['new'], /"new" needs a folder/],
      [['serve', '--bogus'], /Unknown option '--bogus'\. `scfws serve --help`/],
      [['serve', '--port', '-1'], /--port needs a value; one that begins .* --port=-…/],
      [['serve', '--json=yes'], /--json takes no value/],
      [['serve', '--seed', '3'], /--seed belongs to --faults/],
      [['serve', '--faults', 'none-such'], /Presets: .*flaky-wifi/],
      [
        ['serve', '--emulator', '{"stric":true}'],
        /--emulator: "stric" means.* Did you mean "strict"\?/,
      ],
      [['serve', '--emulator', '{"idleResetOn":5}'], /--emulator: "idleResetOn" must be a list/],
      [
        ['push', 'http://a', 'http://b', '--id', 'x', '--close'],
        /"http:\/\/b" is one argument too many/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await scfws(args);
      assert.equal(code, 2, args.join(' '));
      assert.match(err, message);
      assert.doesNotMatch(err, /\n\s+at /);
    }
  });

  it('starts a gateway without the file of the other commands', async () => {
    const alone = path.join(folder, 'alone', 'dist', 'cli.js');
    fs.mkdirSync(path.dirname(alone), { recursive: true });
    fs.copyFileSync(program, alone);
    const child = spawn(process.execPath, [alone, 'serve', project(), '--port', '0', '--json']);
    const ended = once(child, 'exit');
    const [first] = await once(readline.createInterface({ input: child.stdout }), 'line');
    assert.match(String(first), /"kind":"listening"/);
    child.kill();
    await ended;
    const push = spawn(process.execPath, [
      alone,
      'push',
      'http://127.0.0.1:1/a',
      '--id',
      'x',
      '--close',
    ]);
    assert.match(await text(push.stderr), /Cannot find module '\.\/commands\.js'/);
  });

  it('says of a folder what is wrong with it, and where', async () => {
    const nowhere = path.join(folder, 'nowhere');
    for (const command of ['serve', 'import', 'mcp']) {
      const { code, err } = await scfws([command, nowhere]);
      assert.equal(code, 1);
      assert.ok(err.includes(`There is no folder ${nowhere}.`), err);
    }
    const empty = path.join(folder, 'empty');
    fs.mkdirSync(empty);
    const nothing = await scfws(['serve', empty]);
    assert.match(nothing.err, /There is no scfws\.json in .*scfws new <folder>.*scfws import/);

    const file = path.join(empty, 'scfws.json');
    fs.writeFileSync(
      file,
      '{\n  "port": "9480",\n  "functions": { "tranfer": { "timeout": -1 } }\n}\n',
    );
    const above = await scfws(['serve', folder]);
    assert.match(above.err, /There is no scfws\.json in/);
    assert.ok(
      above.err.includes(`one:\n  ${pasteable('scfws', 'serve', path.join(folder, 'echo'))}\n`),
    );

    const { code, err } = await scfws(['serve', empty]);
    assert.equal(code, 1);
    assert.ok(err.includes(`${file}:2:`), err);
    assert.match(err, /:3:\d+: \w+: .*Did you mean "transfer"\?/);
    assert.match(err, /\nCorrect .*scfws\.json and start again\.\n/s);

    fs.writeFileSync(file, Buffer.from('\ufeff{"functions":{}}', 'utf16le'));
    const wide = await scfws(['serve', file]);
    assert.match(
      wide.err,
      /scfws\.json: error: This file is not UTF-8: save it with that encoding\./,
    );
    assert.doesNotMatch(wide.err, /scfws\.json\/scfws\.json/);
    assert.match((await scfws(['invoke', empty])).err, /"invoke" needs a function/);

    fs.writeFileSync(path.join(empty, 'template.yaml'), 'Resources: [');
    fs.rmSync(file);
    assert.match(
      (await scfws(['import', empty])).err,
      /template\.yaml:1: This YAML cannot be read: .*Correct it and import again/,
    );
    // What was imported otherwise than it was written goes beside the result, with file and line.
    fs.writeFileSync(
      path.join(empty, 'index.py'),
      'def main_handler(event, context):\n    return 1\n',
    );
    fs.writeFileSync(
      path.join(empty, 'template.yaml'),
      "Resources:\n  message:\n    Type: 'TencentCloud::Serverless::Function'\n    Properties: {CodeUri: ., Runtime: Python3,\n      Timeout: 0}\n",
    );
    const imported = await scfws(['import', empty]);
    assert.equal(imported.code, 0, imported.err);
    assert.match(
      imported.err,
      /^Changed:\n {2}template\.yaml:5 {2}Timeout of message is 0 there and 1 s/m,
    );
    assert.match(imported.out, /register: –\n {2}transfer: message\n/);

    const malformed = await scfws(['push', 'ws://127.0.0.1:1/x', '--id', 'x', '--close']);
    assert.match(malformed.err, /ws:\/\/127\.0\.0\.1:1\/x is no push address\. One looks like/);
  });

  describe('of a place that is no project says which one was meant:', () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-near-'));
    const project = (name: string) => path.join(home, ...name.split('/'));
    before(() => {
      for (const name of ['near', 'one/two/聊天 室']) {
        fs.mkdirSync(path.join(project(name), 'Transmission'), { recursive: true });
        fs.writeFileSync(
          path.join(project(name), 'scfws.json'),
          '{"functions":{"transfer":{"folder":"Transmission","runtime":"Python3"}}}',
        );
        fs.writeFileSync(
          path.join(project(name), 'Transmission', 'index.py'),
          'def main_handler(event, context):\n    pass\n',
        );
      }
    });
    after(() => fs.rmSync(home, { recursive: true, force: true }));

    const commands: [string[], (folder: string) => string[]][] = [
      [['serve'], (folder) => ['serve', folder]],
      [['types'], (folder) => ['types', folder]],
      [['export', 'web-function'], (folder) => ['export', 'web-function', folder]],
      [['invoke'], (folder) => ['invoke', folder, 'Transmission']],
      [['gateway'], (folder) => ['gateway', folder]],
    ];
    for (const [name, words] of commands) {
      it(name.join(' '), async () => {
        const said = (folder: string) => pasteable('scfws', ...words(folder));
        const above = await scfws(words(home));
        assert.equal(above.code, 1);
        assert.match(above.err, /There is no scfws\.json in .*\. Folders in it have one:\n/);
        for (const each of ['near', 'one/two/聊天 室']) {
          assert.ok(above.err.includes(`\n  ${said(project(each))}\n`), above.err);
        }
        const alone = await scfws(words(project('one')));
        assert.ok(alone.err.includes(`one: ${said(project('one/two/聊天 室'))}\n`), alone.err);
        const inside = await scfws(words(project('near/Transmission')));
        assert.ok(
          inside.err.includes(`It is part of a project: ${said(project('near'))}\n`),
          inside.err,
        );
        if (name[0] !== 'gateway') {
          const file = project('near/Transmission/index.py');
          const { code, err } = await scfws(words(file));
          assert.equal(code, 1);
          assert.ok(err.includes(`${file} is not a folder. It is part of`), err);
        }
      });
    }

    it('gateway, of a file that is not there', async () => {
      const { code, err } = await scfws(['gateway', project('gatway.json')]);
      assert.equal(code, 1);
      assert.equal(
        err,
        `scfws: There is no ${project('gatway.json')}. Give a gateway.json, or a folder with one or with a project.\n`,
      );
    });

    it('import, which leaves projects alone', async () => {
      const { code, err } = await scfws(['import', home]);
      assert.equal(code, 1);
      assert.match(err, /Nothing to import was found in/);
      assert.ok(err.includes(`already: ${pasteable('scfws', 'serve', project('near'))}\n`), err);
      assert.ok(!fs.existsSync(project('scfws.json')));
    });

    it('load, which takes a flow', async () => {
      fs.writeFileSync(project('near/a.wsflow.yaml'), 'name: a\nsteps: []\n');
      const { code, err } = await scfws(['load', project('near')]);
      assert.equal(code, 2);
      const flow = pasteable('scfws', 'load', project('near/a.wsflow.yaml'));
      assert.ok(err.endsWith(`is a folder. Name one of its flows:\n  ${flow}\n`), err);
    });
  });

  it('import tells of a further description that it did not take', async () => {
    const both = path.join(folder, 'both');
    fs.mkdirSync(path.join(both, 'message'), { recursive: true });
    fs.writeFileSync(path.join(both, 'message', 'index.js'), 'exports.main_handler = () => 1;\n');
    fs.writeFileSync(
      path.join(both, 'serverless.ts'),
      `export default { component: 'scf', name: 'message', inputs: { src: './message' as string } };\n`,
    );
    fs.writeFileSync(
      path.join(both, 'main.tf'),
      'resource "tencentcloud_scf_function" "message" {\n  zip_file = "message.zip"\n}\n',
    );
    const { code, err } = await scfws(['import', both]);
    assert.equal(code, 0, err);
    const told = 'main.tf describes functions, too, and was not imported.';
    assert.ok(err.includes(`${told} To import it, move serverless.ts away.\n`), err);
  });

  it('tells in words who was served by what, what broke where, and nothing of the end it made itself', async () => {
    const chosen = path.join(folder, 'told');
    await scfws(['new', chosen, '--language', 'javascript', '--template', 'echo']);
    const file = path.join(chosen, 'Transmission', 'index.js');
    const working = fs.readFileSync(file, 'utf8');
    const child = start(['serve', chosen, '--port', '0', '--faults', 'slow-phone', '--seed', '7']);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const says = async (wanted: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const found = wanted.exec(out);
        if (found !== null) {
          return found;
        }
        assert.equal(child.exitCode, null, `ended before ${wanted}:\n${out}`);
        await once(child.stdout, 'data');
      }
    };
    await says(/fault lab is on: slow-phone, seed 7/);
    const [url] = await says(/ws:\/\/127\S+/);
    const client = new WebSocket(url);
    await once(client, 'open');
    client.send('hello');
    await says(/✓ told\/Transmission \S{6} {2}[\d.]+ ms/);
    fs.writeFileSync(file, `${working}\nfunction broken( {\n`);
    await says(
      /error: .*index\.js:\d+: Transmission cannot be loaded: SyntaxError: .*\. The code before the change goes on serving\. Correct the code/,
    );
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
    assert.doesNotMatch(out.slice(out.indexOf('Stopping')), /✗|fault lab is off/);
    client.terminate();
  });

  it('speaks Chinese where the terminal does', async () => {
    const { err } = await scfws(['serve', path.join(folder, 'nothing')], '', {
      LC_ALL: 'zh_CN.UTF-8',
    });
    assert.match(err, /没有/);
  });

  it('writes nothing over what exists', async () => {
    const before = fs.readFileSync(path.join(project(), 'scfws.json'), 'utf8');
    const { code, err } = await scfws([
      'new',
      project(),
      '--language',
      'python',
      '--template',
      'chat',
    ]);
    assert.equal(code, 1);
    assert.match(err, /Nothing was written, because these exist in .*scfws\.json/);
    assert.equal(fs.readFileSync(path.join(project(), 'scfws.json'), 'utf8'), before);
    assert.equal(fs.existsSync(path.join(project(), 'Register', 'index.py')), false);
  });

  it('serves as facts; the first one says where', async () => {
    const gateway = serve([project(), '--port', '0', '--json', '--as', 'web-function']);
    const first = await gateway.until('listening');
    assert.equal(gateway.facts[0], first);
    assert.match(first.url, /^ws:\/\/127\.0\.0\.1:\d+\/release\/websocket$/);
    assert.match(first.pushUrl, /^http:\/\/127\.0\.0\.1:\d+\/api-[a-z0-9]{8}$/);
    const noted = JSON.parse(
      fs.readFileSync(path.join(project(), '.scfws', 'session.json'), 'utf8'),
    ) as object;
    assert.deepEqual(noted, { url: first.url, pushUrl: first.pushUrl, pid: gateway.child.pid });

    const client = new WebSocket(first.url);
    const answer = new Promise<string>((resolve) =>
      client.on('message', (data: Buffer) => resolve(data.toString())),
    );
    client.on('open', () => client.send('hello'));
    assert.match(await answer, /hello/);
    const { connection } = await gateway.until('opened');

    const pushed = new Promise<string>((resolve) =>
      client.on('message', (data: Buffer) => resolve(data.toString())),
    );
    const push = await scfws(['push', first.pushUrl, '--id', connection, '--text', 'from outside']);
    assert.deepEqual([push.code, push.out], [0, '{"errNo":0,"errMsg":"ok"}\n']);
    assert.equal(await pushed, 'from outside');

    const closed = new Promise<number>((resolve) => client.on('close', resolve));
    assert.equal((await scfws(['push', first.pushUrl, '--id', connection, '--close'])).code, 0);
    assert.equal(await closed, 1000);
    const late = await scfws(['push', first.pushUrl, '--id', connection, '--close']);
    assert.equal(late.code, 1);
    assert.match(late.out, /"errNo":9001/);

    const large = new WebSocket(first.url);
    large.on('open', () => large.send('x'.repeat(256 * 1024 + 1)));
    const over = new Promise<number>((resolve) => large.on('close', resolve));
    assert.equal(await over, 1009, 'as a Web function');

    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.ended, 0);
    assert.equal(fs.existsSync(path.join(project(), '.scfws', 'session.json')), false);
  });

  it('keeps the first event for the debugger that its host is about to attach', async () => {
    const gateway = serve([project(), '--port', '0', '--stdio', '--debug', 'echo/Transmission']);
    const { url, services } = await gateway.until('listening');
    const transfer = services[0]?.functions.find(({ roles }) => roles.includes('transfer'));
    assert.equal(transfer?.function, 'echo/Transmission');
    const client = new WebSocket(url);
    client.once('open', () => client.send('early'));
    const answered = once(client, 'message');
    await gateway.until('frame', (fact) => fact.preview === 'early');
    const { value } = (await gateway.ask('debug', {
      function: transfer.function,
      enabled: true,
    })) as unknown as { value: { port: number } };
    const waiting = await gateway.until('instance', (fact) => fact.waitsForDebugger === true);
    assert.equal(waiting.debugPort, value.port);
    const run = (fact: Fact) =>
      fact.kind === 'invocationStarted' && fact.function === transfer.function;
    assert.equal(gateway.facts.some(run), false);
    await gateway.ask('debug', { function: transfer.function, enabled: false });
    const [data] = (await answered) as [Buffer];
    assert.equal(data.toString(), 'early');
    client.close();
    gateway.child.stdin.end();
    await gateway.ended;
  });

  it('answers intents, and ends with its host', async () => {
    const gateway = serve([project(), '--port', '0', '--stdio']);
    const { url, services } = await gateway.until('listening');
    const transfer = services[0]?.functions.find(({ roles }) => roles.includes('transfer'));
    assert.ok(transfer);

    const opened = (await gateway.ask('openClient', { name: 'alice', url })) as {
      value: { connection: string };
    };
    const { connection } = opened.value;
    assert.equal((await gateway.until('connecting')).client, 'alice');
    await gateway.ask('clientSend', { client: 'alice', dataType: 'text', data: 'hi' });
    const back = await gateway.until('frame', (fact) => fact.direction === 'toClient');
    assert.match(back.preview, /hi/);
    const chain = [back.push, gateway.facts.find((fact) => fact.seq === back.push)];
    assert.ok(chain[1] && (chain[1] as Fact).kind === 'push');

    const last = (await gateway.ask('lastEvent', { function: transfer.function })) as {
      value: { event: string };
    };
    assert.deepEqual(JSON.parse(last.value.event), {
      websocket: { action: 'data send', secConnectionID: connection, dataType: 'text', data: 'hi' },
    });
    const pushed = await gateway.ask('push', {
      connections: [connection, 'nobody'],
      action: 'data send',
      dataType: 'text',
      data: 'x',
    });
    assert.deepEqual(
      (pushed as unknown as { value: { results: { errNo: number }[] } }).value.results.map(
        ({ errNo }) => errNo,
      ),
      [0, 9001],
    );
    for (const [kind, ask, message] of [
      ['invoke', { function: 'nobody', event: '{}' }, /There is no function nobody/],
      ['invoke', { function: transfer.function, event: '{' }, /The event is not JSON/],
      ['invoke', { function: transfer.function, event: '{\n "a": 1,\n}' }, /line 3, column 1/],
      ['invoke', { function: transfer.function, event: ' ' }, /input There is nothing in it\. C/],
      ['invoke', { function: transfer.function, event: '[1,]' }, /no comma after the last part/],
      ['invoke', { function: transfer.function, event: '{"n": 01}' }, /not begin with a zero/],
      ['invoke', { function: transfer.function, event: '{"n": "a\tb"}' }, /tab is written \\t/],
      ['invoke', { function: transfer.function, event: '{"a":1}\n{"a":2}\n' }, /several events/],
      ['invoke', { function: transfer.function, event: 'websocket: {}' }, /looks like YAML/],
      ['invoke', { function: transfer.function, event: '{"a" 1}' }, /\d\) Correct it/],
      ['nonsense', {}, /There is no intent "nonsense"/],
      ['clientSend', { client: 'bob', dataType: 'text', data: '' }, /no test client named bob/],
      ['releaseFrame', { hold: 1, how: 'dropped' }, /not held any more/],
    ] as const) {
      const reply = (await gateway.ask(kind, ask)) as {
        error?: { message: string; nextStep?: string };
      };
      assert.match(`${reply.error?.message ?? ''} ${reply.error?.nextStep ?? ''}`, message);
    }
    const pids = gateway.facts.flatMap((fact) =>
      fact.kind === 'instance' && fact.pid !== undefined ? [fact.pid] : [],
    );
    assert.ok(pids.length > 0);
    gateway.child.stdin.end();
    assert.equal(await gateway.ended, 0);
    for (const pid of pids) {
      assert.throws(() => process.kill(pid, 0), /ESRCH/);
    }
  });

  it('holds a frame at a breakpoint until it is released, edited', async () => {
    const gateway = serve([project(), '--port', '0', '--stdio']);
    const { url } = await gateway.until('listening');
    await gateway.ask('openClient', { name: 'alice', url });
    const breakpoint = {
      id: 'b1',
      condition: "conn:alice $.type == 'join'",
      direction: 'toServer',
      enabled: true,
    };
    assert.deepEqual(await gateway.ask('setFrameBreakpoints', { breakpoints: [breakpoint] }), {
      reply: 2,
      value: { problems: [] },
    });
    await gateway.ask('clientSend', {
      client: 'alice',
      dataType: 'text',
      data: '{"type":"join","name":"a"}',
    });
    const { frame } = await gateway.until('held');
    assert.equal(frame.breakpoint, 'b1');
    await gateway.ask('releaseFrame', {
      hold: frame.hold,
      how: 'edited',
      data: '{"type":"join","name":"b"}',
    });
    const back = await gateway.until('frame', (fact) => fact.direction === 'toClient');
    assert.match(back.preview, /"name":"b"|\\"name\\":\\"b\\"/);
    gateway.child.stdin.end();
    await gateway.ended;
  });

  if (process.platform === 'linux') {
    it('says that its output is lost on a full disk', async () => {
      const full = fs.openSync('/dev/full', 'w');
      for (const [args, code] of [
        [['--version'], 1],
        [['serve', project(), '--port', '0'], 1],
        [['no-such-command'], 2], // Has written nothing there.
      ] as const) {
        const child = spawn(process.execPath, [program, ...args], {
          stdio: ['ignore', full, 'pipe'],
        });
        const [said, [ended]] = await Promise.all([
          text(child.stderr as Readable),
          once(child, 'exit'),
        ]);
        assert.equal(ended, code, said);
        assert.equal(/could not be written: .*ENOSPC/.test(said), code === 1, said);
      }
      fs.closeSync(full);
    });
  }

  it('writes for a host into a file, too', async () => {
    const file = path.join(folder, 'facts.jsonl');
    const out = fs.openSync(file, 'w');
    const args = [program, 'serve', project(), '--port', '0', '--stdio'];
    const child = spawn(process.execPath, args, { stdio: ['pipe', out, 'inherit'] });
    fs.closeSync(out);
    while (!fs.readFileSync(file, 'utf8').includes('"listening"')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.stdin?.end();
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.match(fs.readFileSync(file, 'utf8'), /"kind":"stopping".*\n$/);
  });

  it('takes up a changed scfws.json without losing connections', async () => {
    const changed = path.join(folder, 'changed');
    await scfws(['new', changed, '--language', 'javascript', '--template', 'echo']);
    const gateway = serve([changed, '--port', '0', '--stdio']);
    const { url } = await gateway.until('listening');
    await gateway.ask('openClient', { name: 'alice', url });
    await gateway.ask('clientSend', { client: 'alice', dataType: 'text', data: 'one' });
    await gateway.until('frame', (fact) => fact.direction === 'toClient');

    const file = path.join(changed, 'scfws.json');
    const content = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      functions: Record<string, { timeout: number }>;
    };
    content.functions['transfer']!.timeout = 77;
    fs.writeFileSync(file, JSON.stringify(content));
    const { services } = await gateway.until('servicesChanged');
    assert.deepEqual(
      services[0]?.functions.map(({ timeout }) => timeout),
      [3, 77, 3],
    );
    await gateway.ask('clientSend', { client: 'alice', dataType: 'text', data: 'two' });
    await gateway.until(
      'frame',
      (fact) => fact.direction === 'toClient' && /two/.test(fact.preview),
    );
    const cold = gateway.facts.filter((fact) => fact.kind === 'invocationStarted' && fact.cold);
    assert.equal(cold.length, 3); // Register once; Transfer once with each of its two specs.
    gateway.child.stdin.end();
    await gateway.ended;
  });

  it('invokes a function: result on stdout, logs on stderr, exit 1 for its error', async () => {
    const good = await scfws(['invoke', project(), 'Register', '--event', 'sample']);
    assert.equal(good.code, 0, good.err);
    assert.equal((JSON.parse(good.out) as { errNo: number }).errNo, 0);
    const noEvent = await scfws(['invoke', project(), 'Register', '--event', 'no-such-file.json']);
    assert.equal(noEvent.code, 1);
    assert.match(
      noEvent.err,
      /There is no event file .*no-such-file\.json\. Give a file, - for standard input, or a sample: sample, register/,
    );
    const ofProject = await scfws(['invoke', project(), 'Register', '--event', 'scfws.json']);
    assert.ok(ofProject.err.includes(path.join(project(), 'scfws.json')), ofProject.err);

    const broken = path.join(folder, 'broken');
    assert.equal(
      (await scfws(['new', broken, '--language', 'javascript', '--template', 'echo'])).code,
      0,
    );
    fs.writeFileSync(
      path.join(broken, 'Transmission', 'index.js'),
      "exports.main_handler = async (event) => { console.log('before'); throw new Error('boom ' + event.n); };\n",
    );
    const failed = await scfws(['invoke', broken, 'Transmission', '--event', '-'], '{"n": 7}');
    assert.equal(failed.code, 1);
    assert.match(
      failed.err,
      /^START RequestId:([-0-9a-f]+)\nbefore\nERROR RequestId:\1 Result:.*\nResponse RequestId:\1 .*\nEND RequestId:\1\nReport RequestId:\1 Duration:\d+ms Memory:128MB MemUsage:/m,
    );
    const error = JSON.parse(failed.out) as { statusCode: number; stackTrace: string };
    assert.equal(error.statusCode, 430);
    assert.match(error.stackTrace, /boom 7/);
    assert.ok(error.stackTrace.includes(path.join(broken, 'Transmission', 'index.js')));
  });

  for (const [language, file, handler] of [
    [
      'javascript',
      'index.js',
      `exports.main_handler = async (event) => {
        setTimeout(() => {
          const body = JSON.stringify({ websocket: { action: 'closing', secConnectionID: 'late' } });
          fetch(process.env.SCFWS_PUSH_URL, { method: 'POST', body }).then(() => console.log('pushed'));
        }, event.afterMs);
        return 'answer';
      };`,
    ],
    [
      'python',
      'index.py',
      [
        'import json, os, threading, time, urllib.request',
        'def later(ms):',
        '    time.sleep(ms / 1000.0)',
        "    body = json.dumps({'websocket': {'action': 'closing', 'secConnectionID': 'late'}}).encode()",
        "    urllib.request.urlopen(os.environ['SCFWS_PUSH_URL'], body).read()",
        "    print('pushed')",
        'def main_handler(event, context):',
        "    threading.Thread(target=later, args=(event['afterMs'],)).start()",
        "    return 'answer'",
      ].join('\n'),
    ],
  ] as const) {
    it(`invokes a function and waits for what it did not await: ${language}`, async () => {
      const home = path.join(folder, `late-${language}`);
      await scfws(['new', home, '--language', language, '--template', 'echo']);
      fs.writeFileSync(path.join(home, 'Transmission', file), handler);
      const args = ['invoke', home, 'Transmission', '--event', '-'];
      const late = await scfws(args, '{"afterMs": 700}');
      assert.equal(late.out, '"answer"\n');
      assert.equal(late.code, 0);
      assert.match(
        late.err,
        /Waiting for what the handler did not await, for 3 seconds at most\.\n(.*\n)*push to late: closing → errNo 9001: (.*\n)*pushed/,
      );
      // Bounded, and said.
      const never = await scfws(args, '{"afterMs": 600000}');
      assert.equal(never.code, 0);
      assert.match(never.err, /Work that was not awaited still ran after 3 seconds/);
      assert.doesNotMatch(never.err, /pushed/);
    });
  }

  it('gives a function the event as it is written, from files of every encoding', async () => {
    const home = path.join(folder, 'exact');
    await scfws(['new', home, '--language', 'python', '--template', 'echo']);
    fs.writeFileSync(
      path.join(home, 'Transmission', 'index.py'),
      'def main_handler(event, context):\n    return event\n',
    );
    const event = '{"id": 1610521604143693812, "rate": 1.0, "name": "你好"}';
    const utf16 = Buffer.from(`\ufeff${event}`, 'utf16le');
    const files: [string, Buffer][] = [
      ['plain.json', Buffer.from(event)],
      ['mark.json', Buffer.from(`\ufeff${event}`)],
      ['utf16le.json', utf16],
      ['utf16be.json', Buffer.from(utf16).swap16()],
      ['bare.json', utf16.subarray(2)],
    ];
    for (const [name, bytes] of files) {
      const file = path.join(home, name);
      fs.writeFileSync(file, bytes);
      const { out, err, code } = await scfws(['invoke', home, 'Transmission', '--event', file]);
      assert.equal(code, 0, `${name}: ${err}`);
      assert.equal(out, `${event}\n`, name);
    }
    const gbk = path.join(home, 'gbk.json');
    fs.writeFileSync(gbk, Buffer.from([0x22, 0xc4, 0xe3, 0x22]));
    const refused = await scfws(['invoke', home, 'Transmission', '--event', gbk]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /gbk\.json is not UTF-8/);
  });

  it('says on one line that an event is no JSON', async () => {
    const file = path.join(folder, 'broken.json');
    fs.writeFileSync(file, '{"a": tru\n');
    const { code, err } = await scfws([
      ...['invoke', path.join(folder, 'echo'), 'Transmission'],
      ...['--event', file],
    ]);
    assert.equal(code, 1);
    assert.match(
      err,
      /^scfws: .*broken\.json: The event is not JSON: [^\n]*JSON\. Correct it and invoke again\.\n$/,
    );
  });

  it('says which port it took instead of a taken one', async () => {
    const first = serve([project(), '--port', '0', '--json']);
    const { port } = await first.until('listening');
    const second = serve([project(), '--port', String(port), '--json']);
    const other = await second.until('listening');
    assert.equal(other.wishedPort, port);
    assert.notEqual(other.port, port);
    for (const gateway of [first, second]) {
      gateway.child.kill('SIGINT');
      assert.equal(await gateway.ended, 0);
    }
  });
});

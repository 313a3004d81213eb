// `scfws mcp` as an agent meets it: a real client over stdio, real handlers, seeded bugs and a budget.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Witness } from '../../../src/core/agent/witness';

const program = path.resolve('dist/cli.js');
/** Four characters of English or code are about a token. */
const tokens = (text: string): number => Math.ceil(text.length / 4);

type Arguments = Record<string, unknown>;

class Agent {
  calls = 0;
  spent = 0;
  private readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async start(args: string[], mode: 'legacy' | 'auto' = 'legacy'): Promise<Agent> {
    const client = new Client(
      { name: 'test', version: '1' },
      mode === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {},
    );
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [program, 'mcp', ...args] }),
    );
    return new Agent(client);
  }

  get revision(): string | undefined {
    return this.client.getNegotiatedProtocolVersion();
  }

  async tools() {
    return (await this.client.listTools()).tools;
  }

  async call(name: string, given: Arguments = {}): Promise<{ text: string; failed: boolean }> {
    const result = await this.client.callTool({ name, arguments: given });
    const [first] = result.content as { text: string }[];
    const text = first?.text ?? '';
    this.calls += 1;
    this.spent += tokens(text) + tokens(JSON.stringify(given));
    return { text, failed: result.isError === true };
  }

  dispose(): Promise<void> {
    return this.client.close();
  }
}

const accept = `def main_handler(event, context):
    return {'errNo': 0, 'errMsg': 'ok', 'websocket': {'action': 'connecting', 'secConnectionID': event['websocket']['secConnectionID']}}
`;
const pushing = (websocket: string): string => `import json, os, urllib.request
def main_handler(event, context):
    me = event['websocket']['secConnectionID']
    body = json.dumps({'websocket': ${websocket}}).encode()
    urllib.request.urlopen(urllib.request.Request(os.environ['SCFWS_PUSH_URL'], body)).read()
`;
const value = (text: string): string => `def main_handler(event, context):\n    ${text}\n`;

interface Bug {
  name: string;
  register?: string;
  transfer?: string;
  /** Where it shows: as the client connects, or when it sends. */
  at: 'connect' | 'send';
  protocols?: string[];
  cause: RegExp;
}

const bugs: Bug[] = [
  {
    name: 'Register refuses',
    register: value("return {'errNo': 7, 'errMsg': 'no ticket'}"),
    at: 'connect',
    cause: /no ticket/,
  },
  {
    name: 'Register forgets errNo',
    register: value("return {'ok': True}"),
    at: 'connect',
    cause: /errNo/,
  },
  {
    name: 'Register echoes every sub-protocol',
    register: accept.replace(
      "'secConnectionID'",
      "'secWebSocketProtocol': event['websocket']['secWebSocketProtocol'], 'secConnectionID'",
    ),
    at: 'connect',
    protocols: ['chat', 'binary'],
    cause: /sub-protocol/i,
  },
  {
    name: 'Transmission reads what only Register gets',
    transfer: value("return event['queryString']['room']"),
    at: 'send',
    cause: /queryString[^]*index\.py:2[^]*Register/,
  },
  {
    name: 'a misspelt member of the push',
    transfer: pushing("{'action': 'data send', 'secConnectionId': me, 'data': 'x'}"),
    at: 'send',
    cause: /9004[^]*secConnectionID/,
  },
  {
    name: 'a push whose data is an object',
    transfer: pushing(
      "{'action': 'data send', 'dataType': 'text', 'secConnectionID': me, 'data': {'a': 1}}",
    ),
    at: 'send',
    cause: /"data" is not a string/,
  },
  {
    name: 'a push to a client that is not there',
    transfer: pushing(
      "{'action': 'data send', 'dataType': 'text', 'secConnectionID': 'gone', 'data': 'x'}",
    ),
    at: 'send',
    cause: /9001[^]*gone/,
  },
  {
    name: 'Transmission never ends',
    transfer: 'def main_handler(event, context):\n    while True: pass\n',
    at: 'send',
    cause: /433[^]*timed out/,
  },
  {
    name: 'a package is missing',
    transfer: `import nowhere_to_be_found\n${value('return 1')}`,
    at: 'send',
    cause: /nowhere_to_be_found/,
  },
  {
    name: 'the process ends',
    transfer: `import os\n${value('os._exit(3)')}`,
    at: 'send',
    cause: /439[^]*3/,
  },
  {
    name: 'a slip of syntax',
    transfer: 'def main_handler(event, context)\n    return 1\n',
    at: 'send',
    cause: /index\.py:1|SyntaxError/,
  },
];

describe('scfws mcp', function () {
  let folder: string;
  let agent: Agent | undefined;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'scfws-mcp-'));
  });
  afterEach(async () => {
    await agent?.dispose();
    agent = undefined;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function project({ register = accept, transfer = value('return 1') }: Partial<Bug>): void {
    const functions = { register, transfer, cleanup: value('return 1') };
    for (const [role, code] of Object.entries(functions)) {
      fs.mkdirSync(path.join(folder, role));
      fs.writeFileSync(path.join(folder, role, 'index.py'), code);
    }
    const entries = Object.keys(functions).map((role) => [
      role,
      { folder: role, runtime: 'Python3', timeout: 1 },
    ]);
    fs.writeFileSync(
      path.join(folder, 'scfws.json'),
      JSON.stringify({ service: 'x', functions: Object.fromEntries(entries) as object }),
    );
  }

  for (const mode of ['legacy', 'auto'] as const) {
    it(`serves a client of the ${mode === 'legacy' ? 'previous' : 'current'} revision`, async () => {
      agent = await Agent.start([folder], mode);
      assert.ok((agent.revision ?? '') >= (mode === 'legacy' ? '2025-06-18' : '2026-07-28'));
      assert.ok((await agent.tools()).some(({ name }) => name === 'explain'));
    });
  }

  it('ends, and says why, after a line that is longer than it reads', async () => {
    const served = spawn(process.execPath, [program, 'mcp', folder], { stdio: 'pipe' });
    served.stdin.on('error', () => undefined);
    served.stdin.write('x'.repeat(11 * 1024 * 1024));
    const [[said]] = await Promise.all([once(served.stderr, 'data'), once(served, 'exit')]);
    assert.match(String(said), /^scfws: .*exceeded/);
  });

  it('waits no longer than the agent does', async () => {
    const agentGone = new AbortController();
    const waiting = new Witness(folder).nextFact(600_000, agentGone.signal);
    agentGone.abort();
    await waiting;
  });

  it('has at most ten tools, and all their schemas take at most 2,500 tokens', async () => {
    agent = await Agent.start([folder]);
    const tools = await agent.tools();
    assert.ok(tools.length <= 10, String(tools.length));
    assert.ok(tokens(JSON.stringify(tools)) <= 2500, String(tokens(JSON.stringify(tools))));
  });

  it('runs nothing unless that was allowed, and says how it is', async () => {
    project({});
    agent = await Agent.start([folder]);
    const { text, failed } = await agent.call('start_gateway');
    assert.ok(failed);
    assert.match(text, /--allow-run/);
  });

  it('reads and runs nothing outside its folders, also through a link', async () => {
    fs.symlinkSync('/', path.join(folder, 'root'));
    agent = await Agent.start([folder, '--allow-run']);
    for (const outside of ['/etc', '..', 'root/etc']) {
      const run = await agent.call('start_gateway', { folder: outside });
      assert.ok(run.failed);
      assert.match(run.text, /outside the workspace|There is no/);
      const read = await agent.call('open_recording', { file: path.join(outside, 'hosts') });
      assert.ok(read.failed);
    }
  });

  it('keeps secrets and the push address to itself, and answers within its budget', async () => {
    project({
      transfer: value("print('token: hunter2-hunter2', 'AKIDhunter2hunter2'); print('x' * 200000)"),
    });
    agent = await Agent.start([folder, '--allow-run']);
    const answers = [await agent.call('start_gateway')];
    answers.push(
      await agent.call('connect_client', {
        name: 'a',
        headers: { authorization: 'Bearer s3cr3t-s3cr3t' },
      }),
      await agent.call('send', { client: 'a', text: '{"password":"hunter2-hunter2"}' }),
      await agent.call('wait_for', { what: 'invocation' }),
      await agent.call('list', {}),
    );
    for (const { text } of answers) {
      assert.doesNotMatch(text, /hunter2|s3cr3t|api-[a-z0-9]{8}/);
      assert.ok(text.length <= 8192, `${text.length} characters`);
    }
    // Who was closed has left its name.
    await agent.call('push', { connection: 'a', close: true });
    await agent.call('wait_for', { what: 'close', seconds: 60 });
    const opened = await agent.call('connect_client', { name: 'a' });
    // Each line calls it as the agent does, from the first on.
    assert.match(opened.text, /^#\d+ a asks to connect to .*^#\d+ a is open \(id /ms);
  });

  it('says what came instead when nothing came', async () => {
    project({});
    agent = await Agent.start([folder, '--allow-run']);
    await agent.call('start_gateway');
    await agent.call('connect_client', { name: 'a' });
    const sent = await agent.call('send', { client: 'a', text: 'hi' });
    const [, cursor] = /cursor (\d+)/.exec(sent.text) ?? [];
    await agent.call('wait_for', { what: 'invocation', after: Number(cursor), seconds: 60 });
    const { text } = await agent.call('wait_for', { what: 'message', seconds: 0 });
    assert.match(text, /Nothing such came[^]*transfer/);
  });

  it('runs scenarios, and says of a failure the line, the difference and the cause', async () => {
    project({
      transfer: pushing(
        "{'action': 'data send', 'dataType': 'text', 'secConnectionID': me, 'data': 'yes'}",
      ),
    });
    fs.writeFileSync(
      path.join(folder, 'talk.wsflow.yaml'),
      `scenarios:
  - name: hears yes
    steps:
      - alice connects
      - alice sends: hi
      - alice receives: yes
  - name: hears no
    steps:
      - alice connects
      - alice sends: hi
      - alice receives: no
`,
    );
    agent = await Agent.start([folder, '--allow-run']);
    const { text } = await agent.call('run_scenario', {});
    assert.match(text, /^1 passed, 1 failed/, text);
    assert.match(text, /talk\.wsflow\.yaml:11/);
    assert.match(text, /no/);
  });

  it('says what a JavaScript handler raised, not where Node.js ran it', async () => {
    project({});
    fs.writeFileSync(
      path.join(folder, 'transfer', 'index.js'),
      'exports.main_handler = async () => {\n  const rooms = null;\n  return rooms.size;\n};\n',
    );
    const file = path.join(folder, 'scfws.json');
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(
      file,
      text.replace('"transfer","runtime":"Python3"', '"transfer","runtime":"Nodejs"'),
    );
    agent = await Agent.start([folder, '--allow-run']);
    await agent.call('start_gateway');
    await agent.call('invoke', { function: 'transfer' });
    const problem = await agent.call('wait_for', { what: 'problem', seconds: 60 });
    const [, fact] = /#(\d+)/.exec(problem.text) ?? [];
    const why = await agent.call('explain', { fact: Number(fact) });
    assert.match(why.text, /TypeError: Cannot read properties of null[^]*index\.js:3/);
  });

  for (const bug of bugs) {
    it(`shows the cause within three calls and 3,000 tokens: ${bug.name}`, async () => {
      project(bug);
      agent = await Agent.start([folder, '--allow-run']);
      await agent.call('start_gateway');
      const protocols = bug.protocols ?? [];
      let seen = '';
      if (bug.at === 'send') {
        assert.equal((await agent.call('connect_client', { name: 'a' })).failed, false);
        agent.calls = agent.spent = 0;
        await agent.call('send', { client: 'a', text: 'hi' });
        const problem = await agent.call('wait_for', { what: 'problem', seconds: 60 });
        const [, fact] = /#(\d+)/.exec(problem.text) ?? [];
        seen = problem.text + (await agent.call('explain', { fact: Number(fact) })).text;
      } else {
        agent.calls = agent.spent = 0;
        seen = (await agent.call('connect_client', { name: 'a', protocols })).text;
      }
      assert.match(seen, bug.cause);
      assert.ok(agent.calls <= 3 && agent.spent <= 3000, `${agent.calls}, ${agent.spent}`);
    });
  }
});

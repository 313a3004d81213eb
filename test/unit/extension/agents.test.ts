// Agents of the editor: tools that act on the window's own gateway, and the server that the editor is told of.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { editor } from './editor';
import { registerLanguageModelTools } from '../../../src/extension/agents/languageModelTools';
import { registerMcpServer, serverEnvironment } from '../../../src/extension/agents/mcpServer';
import { Gateway } from '../../../src/extension/gateway';

interface Tool {
  prepareInvocation(options: { input: object }): Promise<{
    confirmationMessages?: { message: string };
  }>;
  invoke(options: { input: object }, token: object): Promise<{ content: { value: string }[] }>;
}
interface Provider {
  provideMcpServerDefinitions(): { args: [string, string, string[], object] }[];
}

const root = path.resolve(__dirname, '..', '..', '..');
const handler = (code: string) => `exports.main_handler = async (event) => {\n  ${code}\n};\n`;
const accept =
  "return { errNo: 0, errMsg: 'ok', websocket: { action: 'connecting', secConnectionID: event.websocket.secConnectionID } };";

describe('agents of the editor', function () {
  let folder: string;
  let gateway: Gateway;
  let tools: Map<string, Tool>;
  let provider: Provider | undefined;
  let registered: { dispose(): unknown }[];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'scfws-agents-'));
    const code = {
      Register: accept,
      Transmission: "throw new Error('no such room');",
      Delete: 'return 1;',
    };
    for (const [name, text] of Object.entries(code)) {
      fs.mkdirSync(path.join(folder, name));
      fs.writeFileSync(path.join(folder, name, 'index.js'), handler(text));
    }
    const functions = Object.fromEntries(
      Object.keys(code).map((name, index) => [
        ['register', 'transfer', 'cleanup'][index],
        { folder: name, runtime: 'Nodejs' },
      ]),
    );
    fs.writeFileSync(path.join(folder, 'scfws.json'), JSON.stringify({ functions, port: 0 }));
    const projects = {
      folders: [folder],
      all: [],
      refresh: () => Promise.resolve(),
      onDidChange: () => ({ dispose: () => undefined }),
    };
    const log = { session: () => undefined, error: () => undefined };
    gateway = new Gateway(root, projects as never, log as never);
    tools = new Map();
    provider = undefined;
    editor.lm = {
      registerTool: (name: string, tool: Tool) => {
        tools.set(name, tool);
        return { dispose: () => tools.delete(name) };
      },
      registerMcpServerDefinitionProvider: (_id: string, given: Provider) => {
        provider = given;
        return { dispose: () => undefined };
      },
    };
    editor.McpStdioServerDefinition = class {
      readonly args: unknown[];
      constructor(...args: unknown[]) {
        this.args = args;
      }
    };
    register(projects);
  });

  function register(projects: object): void {
    const packageJSON = JSON.parse(
      fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
    ) as object;
    const context = { extensionPath: root, extension: { packageJSON } };
    const parts = { gateway, projects, context } as never;
    registered = [...registerLanguageModelTools(parts), ...registerMcpServer(parts)];
  }

  afterEach(async () => {
    registered.forEach((each) => each.dispose());
    await gateway.stop();
    editor.settings = {};
    editor.workspace.isTrusted = true;
    editor.lm = undefined;
    editor.McpStdioServerDefinition = undefined;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function call(name: string, input: object = {}): Promise<string> {
    const token = { onCancellationRequested: () => ({ dispose: () => undefined }) };
    const tool = tools.get(`scfws_${name}`);
    assert.ok(tool, name);
    const { content } = await tool.invoke({ input }, token);
    return content.map(({ value }) => value).join('');
  }
  const allow = () => (editor.settings['agents.allowRun'] = true);

  it('find the cause of a failure in the gateway of the window', async () => {
    allow();
    assert.match(await call('start_gateway'), /ws:\/\/127\.0\.0\.1:\d+/);
    assert.equal(gateway.status, 'running');
    const connected = await call('connect_client', { name: 'ann' });
    assert.match(connected, /cursor \d+/);
    await call('send', { client: 'ann', text: 'hi' });
    const problem = await call('wait_for', { what: 'problem', seconds: 30 });
    const [, fact] = /#(\d+)/.exec(problem) ?? [];
    const why = await call('explain', { fact: Number(fact) });
    assert.match(why, /no such room/);
    assert.match(why, /Transmission\/index\.js:2/);
  });

  it('see what happened before they first asked, and a new session from its beginning', async () => {
    allow();
    await gateway.start();
    const [service] = gateway.state.services;
    await gateway.ask('openClient', { url: service?.url ?? '', name: 'bob' });
    assert.match(await call('list', { what: 'connections' }), /bob/);
    await gateway.restart();
    assert.match(await call('list', { what: 'connections' }), /^nothing/);
  });

  it('run nothing unless the setting allows it, and are asked for nothing then', async () => {
    const question = async (name: string) =>
      (await tools.get(name)?.prepareInvocation({ input: {} }))?.confirmationMessages?.message;
    assert.equal(await question('scfws_start_gateway'), undefined);
    await assert.rejects(call('start_gateway'), /scfWebSocket\.agents\.allowRun/);
    assert.equal(gateway.status, 'stopped');
    allow();
    assert.match((await question('scfws_start_gateway')) ?? '', /start_gateway/);
    assert.equal(await question('scfws_list'), undefined);
  });

  it('run nothing in a workspace that is not trusted, whatever the setting says', async () => {
    allow();
    editor.workspace.isTrusted = false;
    await assert.rejects(call('start_gateway'), /not trusted/);
    assert.deepEqual(provider?.provideMcpServerDefinitions(), []);
  });

  it('get the server of the extension itself, which only reads unless that is allowed', () => {
    const args = () => provider?.provideMcpServerDefinitions()[0]?.args;
    const [, command, given] = args() ?? [];
    assert.equal(command, process.execPath);
    assert.deepEqual(given, [path.join(root, 'dist', 'cli.js'), 'mcp', folder]);
    allow();
    assert.deepEqual(args()?.[2].slice(-1), ['--allow-run']);
  });

  it('give that server none of the variables of the editor', () => {
    const env = { PATH: '/bin', VSCODE_IPC_HOOK: 'x', NODE_OPTIONS: '--inspect' };
    assert.deepEqual(serverEnvironment(env), {
      VSCODE_IPC_HOOK: null,
      NODE_OPTIONS: null,
      ELECTRON_RUN_AS_NODE: '1',
    });
  });

  it('do without that server where the editor refuses it', () => {
    registered.forEach((each) => each.dispose());
    Object.assign(editor.lm ?? {}, {
      registerMcpServerDefinitionProvider: () => {
        throw new Error('not in contributes.modelContextServerCollections');
      },
    });
    register({ folders: [], onDidChange: () => ({ dispose: () => undefined }) });
    assert.ok(tools.size > 0);
  });

  it('are left out where the editor knows nothing of agents', () => {
    registered.forEach((each) => each.dispose());
    editor.lm = undefined;
    register({ folders: [], onDidChange: () => ({ dispose: () => undefined }) });
    assert.equal(registered.length, 0);
  });
});

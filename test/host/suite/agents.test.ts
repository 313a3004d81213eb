// Agents in the real editor: it knows the tools, calls them, and (where it can be told) knows the server.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { activate, run, TestProject, until } from '../support';

const handler = `'use strict';
exports.main_handler = async (event) => {
  if (event.websocket.action === 'connecting') {
    const { secConnectionID } = event.websocket;
    return { errNo: 0, errMsg: 'ok', websocket: { action: 'connecting', secConnectionID } };
  }
  throw new Error('no such room');
};
`;

describe('agents', function () {
  let project: TestProject;

  before(async () => {
    await activate();
    project = new TestProject('agents', {
      'scfws.json': JSON.stringify({
        functions: { register: 'transfer', transfer: { folder: 'All', runtime: 'Nodejs' } },
      }),
      'All/index.js': handler,
    });
  });
  after(async () => {
    await run(ids.commands.stop);
    project.remove();
  });

  async function call(name: string, input: object): Promise<string> {
    const result = await vscode.lm.invokeTool(`scfws_${name}`, {
      input,
      toolInvocationToken: undefined,
    });
    return result.content
      .map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ''))
      .join('');
  }

  it('have the tools that package.json declares', () =>
    until('the tools', () => {
      const known = vscode.lm.tools.map(({ name }) => name);
      const wanted = ['start_gateway', 'send', 'wait_for', 'explain'];
      return wanted.every((name) => known.includes(`scfws_${name}`));
    }));

  it('may look, and run nothing until the person allows it', async () => {
    await assert.rejects(call('start_gateway', {}), /agents\.allowRun/);
    await run(ids.commands.start);
    assert.match(await call('list', { what: 'functions' }), /All \(register, transfer\)/);
    await assert.rejects(call('invoke', { function: 'transfer' }), /agents\.allowRun/);
  });

  it('are told why something failed in the gateway of this window', async () => {
    await run(ids.commands.invoke, {
      function: 'All',
      event: '{"websocket":{"action":"data send"}}',
    });
    const problem = await call('wait_for', { what: 'problem', seconds: 60 });
    const [, fact] = /#(\d+)/.exec(problem) ?? [];
    assert.match(await call('explain', { fact: Number(fact) }), /no such room[^]*All\/index\.js:7/);
  });
});

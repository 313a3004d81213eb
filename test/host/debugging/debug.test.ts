// Breakpoints in all three functions, hit by a real client, in Python and in JavaScript.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import {
  activate,
  Client,
  echoFiles,
  removeBreakpoints,
  run,
  setBreakpoint,
  start,
  stop,
  stopDebugging,
  Stops,
  TestProject,
  Trace,
  usePythonWithDebugpy,
} from '../support';

for (const language of ['python', 'javascript'] as const) {
  const file = language === 'python' ? 'index.py' : 'index.js';

  describe(`debugging ${language}`, () => {
    let project: TestProject;
    let stops: Stops;
    let trace: Trace;

    before(async () => {
      await activate();
      usePythonWithDebugpy();
      trace = new Trace();
      project = new TestProject(language, echoFiles(language));
      stops = new Stops();
    });

    afterEach(async () => {
      removeBreakpoints();
      await stopDebugging();
    });

    after(async () => {
      await stop();
      stops.dispose();
      project.remove();
    });

    it('stops in Register, Transmission and Delete, and the client gets its answers', async () => {
      for (const name of ['Register', 'Transmission', 'Delete']) {
        setBreakpoint(project.file(`${name}/${file}`), project.line(`${name}/${file}`, ' stop'));
      }
      await run(ids.commands.debugProject);
      const { url } = await start();
      const client = new Client(url);

      const register = await stops.next();
      assert.equal(register.file, project.file(`Register/${file}`));
      const answer = await stops.evaluate(register, 'answer');
      assert.match(answer, /errNo/);
      await stops.go(register);
      await client.open();

      client.send('hello');
      const transfer = await stops.next();
      assert.equal(transfer.file, project.file(`Transmission/${file}`));
      assert.match(await stops.evaluate(transfer, 'text'), /hello/);
      await trace.next(
        'clock',
        ({ frozen, by }) => frozen && by[0] === `Transmission:${transfer.line}`,
      );
      await stops.go(transfer);
      await trace.next('clock', ({ frozen }) => !frozen);
      assert.equal(await client.next(), 'hello');

      client.close();
      const cleanup = await stops.next();
      assert.equal(cleanup.file, project.file(`Delete/${file}`));
      await stops.go(cleanup);
      await trace.next('invocationEnded', ({ preview }) => preview === '"bye"');
    });
  });
}

describe('debugging typescript', () => {
  let project: TestProject;
  let stops: Stops;

  before(async () => {
    await activate();
    stops = new Stops();
    project = new TestProject('typed');
    await run(ids.commands.createProject, {
      folder: project.folder,
      language: 'typescript',
      template: 'echo',
    });
    // What "npm install" in the project would fetch.
    const { extensionPath } = vscode.extensions.getExtension('scf-websocket.scf-websocket')!;
    fs.symlinkSync(path.join(extensionPath, 'node_modules'), project.file('node_modules'));
  });

  after(async () => {
    removeBreakpoints();
    await stopDebugging();
    await stop();
    stops.dispose();
    project.remove();
  });

  it('stops on the line of the source, whatever runs in its place', async () => {
    const file = 'Transmission/index.ts';
    const line = project.line(file, 'await push.sendText');
    setBreakpoint(project.file(file), line);
    await run(ids.commands.debugProject);
    const { url } = await start();
    const client = await Client.connect(url);
    client.send('typed');
    const stopped = await stops.next();
    assert.equal(stopped.file, project.file(file));
    assert.equal(stopped.line, line);
    await stops.go(stopped);
    assert.match(String(await client.next()), /typed/);
    client.close();
  });
});

describe('debugging where two projects have one name', () => {
  it('debugs the function that was meant, when the other project is deleted meanwhile', async () => {
    await activate();
    const twin = (folder: string) =>
      new TestProject(folder, echoFiles('javascript', { service: 'twin' }));
    const [other, meant] = [twin('twin-a'), twin('twin-b')];
    const stops = new Stops();
    try {
      await start();
      await stop();
      setBreakpoint(meant.file('Register/index.js'), meant.line('Register/index.js', ' stop'));
      // By now this function is called twin/Register, which the editor has not heard of.
      other.remove();
      await run(ids.commands.debugFunction, 'twin-2/Register');
      const client = new Client((await start()).url);
      const register = await stops.next();
      assert.equal(register.file, meant.file('Register/index.js'));
      await stops.go(register);
      await client.open();
    } finally {
      removeBreakpoints();
      await stopDebugging();
      await stop();
      stops.dispose();
      other.remove();
      meant.remove();
    }
  });
});

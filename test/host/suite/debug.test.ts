// Breakpoints in all three functions, hit by a real client, in Python and in JavaScript.
import assert from 'node:assert/strict';
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
} from './support';

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

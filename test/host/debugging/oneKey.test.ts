// F5 without a launch.json. With SCFWS_ROUNDS=5 also how long a person waits: medians go to out/debug-times.json.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import {
  activate,
  Client,
  echoFiles,
  removeBreakpoints,
  run,
  save,
  setBreakpoint,
  start,
  stop,
  isDebugging,
  stopDebugging,
  Stops,
  TestProject,
  Trace,
  until,
  usePythonWithDebugpy,
} from '../support';

const measured = process.env['SCFWS_ROUNDS'];
const rounds = Number(measured ?? 1);

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

/** Writes the medians in milliseconds beside those of other languages. */
function keep(language: string, times: Readonly<Record<string, readonly number[]>>): void {
  const out = path.join(__dirname, '..', 'debug-times.json');
  const before = fs.existsSync(out)
    ? (JSON.parse(fs.readFileSync(out, 'utf8')) as Record<string, unknown>)
    : {};
  const medians = Object.fromEntries(
    Object.entries(times).map(([name, values]) => [name, Math.round(median(values))]),
  );
  fs.writeFileSync(out, `${JSON.stringify({ ...before, [language]: medians }, null, 2)}\n`);
}

for (const language of ['python', 'javascript'] as const) {
  const file = `Transmission/${language === 'python' ? 'index.py' : 'index.js'}`;

  describe(`from F5 in ${language}`, function () {
    this.timeout(180_000);
    let project: TestProject;
    let stops: Stops;
    let trace: Trace;

    before(async () => {
      await activate();
      usePythonWithDebugpy();
      trace = new Trace();
      stops = new Stops();
      project = new TestProject(language, echoFiles(language, { backendTimeout: 300 }));
    });

    after(async () => {
      removeBreakpoints();
      await stopDebugging();
      await stop();
      stops.dispose();
      project.remove();
      await run('workbench.action.closeAllEditors');
    });

    it('starts the gateway, debugs every function and stops, from F5 alone', async function () {
      window.skipUnlessThere(this);
      await run(ids.commands.start); // So that the client has an address; F5 attaches to what runs.
      const { url } = await start();
      await vscode.window.showTextDocument(project.uri(file));
      setBreakpoint(project.file(file), project.line(file, ' stop'));
      await window.press('F5');
      await until('a debug session', isDebugging);
      await trace.next('debugging', (fact) => fact.function === `${language}/Transmission`);
      const client = await Client.connect(url);
      client.send('key');
      const stopped = await stops.next();
      assert.equal(stopped.file, project.file(file));
      await stops.go(stopped);
      assert.equal(await client.next(), 'key');
      client.close();
      await stopDebugging();
      removeBreakpoints();
      await stop();
    });

    it('stops for a client that came at once, stops again once attached, and serves what was saved', async () => {
      const times: Record<string, number[]> = { keyToStop: [], attachToStop: [], saveToServed: [] };
      const line = project.line(file, ' stop');
      for (let round = 0; round < rounds; round++) {
        setBreakpoint(project.file(file), line);
        let began = performance.now();
        trace.mark();
        const debugging = run(ids.commands.debugProject);
        // As clients do that try again and again: its first message is there as soon as the gateway is.
        const { url } = await trace.next('listening');
        const client = new Client(url);
        await client.open();
        client.send('first');
        const stopped = await stops.next();
        times['keyToStop']?.push(performance.now() - began);
        await debugging;
        await stops.go(stopped);
        assert.equal(await client.next(), 'first');
        removeBreakpoints();
        await stopDebugging();

        client.send('warm');
        assert.equal(await client.next(), 'warm');
        setBreakpoint(project.file(file), line);
        began = performance.now();
        await run(ids.commands.debugFunction, { function: `${language}/Transmission` });
        client.send('second');
        const again = await stops.next();
        times['attachToStop']?.push(performance.now() - began);
        await stops.go(again);
        assert.equal(await client.next(), 'second');
        removeBreakpoints();
        await stopDebugging();

        began = performance.now();
        await save(trace, project, { [file]: `${project.read(file)}\n` });
        client.send('new');
        assert.equal(await client.next(), 'new');
        times['saveToServed']?.push(performance.now() - began);
        client.close();
        await stop();
      }
      if (measured !== undefined) keep(language, times);
    });
  });
}

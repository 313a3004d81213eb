// Restart, Stop, Disconnect and the death of a debug adapter, while handlers run and while one stands at a breakpoint.
import assert from 'node:assert/strict';
import * as ids from '../../../src/extension/ids';
import {
  activate,
  Client,
  debuggedSessions,
  echoFiles,
  type Files,
  isDebugging,
  killPythonAdapters,
  removeBreakpoints,
  run,
  setBreakpoint,
  start,
  stop,
  stopDebugging,
  Stops,
  TestProject,
  Trace,
  until,
  usePythonWithDebugpy,
} from '../support';

const names = ['Register', 'Transmission', 'Delete'];

/** In `both`, Transmission alone is in JavaScript, so that two kinds of debug adapters make one whole. */
for (const language of ['python', 'javascript', 'both'] as const) {
  const handlerOf = (name: string): string => {
    const isPython = language === 'python' || (language === 'both' && name !== 'Transmission');
    return `${name}/index.${isPython ? 'py' : 'js'}`;
  };

  describe(`the whole of debugging in ${language}`, function () {
    this.timeout(180_000);
    let project: TestProject;
    let stops: Stops;
    let trace: Trace;
    let url: string;

    before(async () => {
      await activate();
      usePythonWithDebugpy();
      trace = new Trace();
      stops = new Stops();
      project = new TestProject(language, files());
      ({ url } = await start());
    });

    beforeEach(async () => {
      trace.mark();
      await debugAll();
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

    function files(): Files {
      const settings = { backendTimeout: 300 };
      if (language !== 'both') {
        return echoFiles(language, settings);
      }
      const [python, node] = [echoFiles('python', settings), echoFiles('javascript', settings)];
      const written = JSON.parse(python['scfws.json'] ?? '') as {
        functions: Record<string, object>;
      };
      written.functions['transfer'] = { folder: 'Transmission', runtime: 'Nodejs' };
      delete python['Transmission/index.py'];
      return {
        ...python,
        'Transmission/index.js': node['Transmission/index.js'] ?? '',
        'scfws.json': JSON.stringify(written),
      };
    }

    async function debugAll(): Promise<void> {
      for (const name of names) {
        const handler = handlerOf(name);
        setBreakpoint(project.file(handler), project.line(handler, ' stop'));
      }
      await run(ids.commands.debugProject);
    }

    /** Every function is debugged by a session that was not there before. */
    const renewed = (before: ReadonlySet<string>) =>
      until('new sessions for all functions', () => {
        const fresh = debuggedSessions().filter(({ id }) => !before.has(id));
        const left = debuggedSessions().filter(
          ({ id, type }) => before.has(id) && type !== ids.debugTypes.container,
        );
        return left.length === 0 && names.every((each) => fresh.some(({ name }) => name === each));
      });

    async function restart(times = 1): Promise<void> {
      const before = new Set(debuggedSessions().map(({ id }) => id));
      const [container] = debuggedSessions().filter(
        ({ type }) => type === ids.debugTypes.container,
      );
      const asked = Array.from({ length: times }, () => run('workbench.action.debug.restart'));
      await Promise.all(asked);
      await renewed(before);
      assert.ok(debuggedSessions().includes(container!), 'the session of the whole is another one');
    }

    /** A client comes, speaks and leaves: each function stops, and the clock stands at each and runs after it. */
    async function everyFunctionStops(): Promise<void> {
      const client = new Client(url);
      for (const name of names) {
        if (name === 'Transmission') {
          await client.open();
          client.send('speaks');
        } else if (name === 'Delete') {
          assert.equal(await client.next(), 'speaks');
          client.close();
        }
        const stopped = await stops.next();
        assert.equal(stopped.file, project.file(handlerOf(name)));
        await trace.next('clock', ({ by }) => by.includes(`${name}:${stopped.line}`));
        await stops.go(stopped);
        await trace.next('clock', ({ frozen }) => !frozen);
      }
    }

    /** A client whose message stands at the breakpoint of Transmission. */
    async function standing(): Promise<Client> {
      const client = new Client(url);
      await stops.go(await stops.next());
      await client.open();
      client.send('stands');
      const { line } = await stops.next();
      await trace.next('clock', ({ by }) => by.includes(`Transmission:${line}`));
      return client;
    }

    /** What stood goes on, nothing is debugged any more, and the client is answered. */
    async function wentOn(client: Client): Promise<void> {
      assert.equal(await client.next(), 'stands');
      await trace.runs();
      await until('the end of debugging', () => !isDebugging());
      client.send('free');
      assert.equal(await client.next(), 'free');
      client.close();
      await trace.next('invocationEnded', ({ preview }) => preview === '"bye"');
      assert.equal(stops.count, 0);
    }

    it('restarts while it runs', async () => {
      await restart();
      await everyFunctionStops();
    });

    it('restarts while one stands: what stood goes on, and everything stops again', async () => {
      const client = await standing();
      await restart();
      assert.equal(await client.next(), 'stands');
      await trace.runs();
      client.close();
      await stops.go(await stops.next());
      await trace.next('invocationEnded', ({ preview }) => preview === '"bye"');
      await everyFunctionStops();
    });

    it('restarts twice in a row, and once more', async () => {
      await restart(2);
      await restart();
      await everyFunctionStops();
    });

    for (const how of ['stop', 'disconnect'] as const) {
      it(`ends with ${how} while it runs, and begins again`, async () => {
        await run(`workbench.action.debug.${how}`);
        await until('the end of debugging', () => !isDebugging());
        await run(ids.commands.debugProject);
        await everyFunctionStops();
      });

      it(`ends with ${how} while one stands, also after a restart`, async () => {
        await restart();
        const client = await standing();
        await run(`workbench.action.debug.${how}`);
        await wentOn(client);
      });
    }

    if (language !== 'javascript') {
      it('ends when its adapters die while it runs, and begins again', async () => {
        killPythonAdapters();
        await until('the end of debugging', () => !isDebugging());
        await run(ids.commands.debugProject);
        await everyFunctionStops();
      });

      it('ends when its adapters die while one stands, and begins again', async () => {
        const client = await standing();
        killPythonAdapters();
        await wentOn(client);
        await debugAll();
        await everyFunctionStops();
      });
    }
    if (language !== 'python') {
      it('ends when its inspectors close while it runs, and begins again', async () => {
        const close = "setTimeout(() => process.mainModule.require('inspector').close())";
        for (const session of debuggedSessions().filter(({ type }) => type === 'pwa-node')) {
          const asked = session.customRequest('evaluate', { expression: close, context: 'repl' });
          void asked.then(undefined, () => undefined); // Those that only hold others have no process.
        }
        await until('the end of debugging', () => !isDebugging());
        await run(ids.commands.debugProject);
        await everyFunctionStops();
      });
    }
  });
}

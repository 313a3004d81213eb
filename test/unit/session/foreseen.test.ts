// What would fail with the first event is told before it, at the start and at a save, at the place where it is wrong.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startSession, type Session } from '../../../src/core/session/session';
import type { Fact, FactKind, FactOf } from '../../../src/protocol/fact';

const bootstrapFolder = path.resolve(__dirname, '../../../src/core/runtime/bootstrap');

describe('before the first event', function () {
  let folder: string;
  let session: Session | undefined;

  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-foreseen-')));
  });
  afterEach(async () => {
    await session?.dispose();
    session = undefined;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const put = (file: string, text: string) => {
    const whole = path.join(folder, file);
    fs.mkdirSync(path.dirname(whole), { recursive: true });
    fs.writeFileSync(whole, text);
  };
  const project = (transfer: object) =>
    put(
      'scfws.json',
      JSON.stringify({ functions: { transfer: { folder: 'T', ...transfer } } }, null, 2),
    );
  const start = async () => {
    session = await startSession({ folders: [folder], port: 0, bootstrapFolder });
    return session;
  };
  /** The next fact of a kind after the one with this number. */
  const next = <K extends FactKind>(
    kind: K,
    after = 0,
    test: (fact: FactOf<K>) => boolean = () => true,
  ): Promise<FactOf<K>> =>
    new Promise((resolve) => {
      const isIt = (fact: Fact): fact is FactOf<K> =>
        fact.kind === kind && fact.seq > after && test(fact as FactOf<K>);
      const before = session!.recorder.read(1, Infinity).find(isIt);
      if (before !== undefined) {
        resolve(before);
        return;
      }
      const listening = session!.onFact((fact) => {
        if (isIt(fact)) {
          listening.dispose();
          resolve(fact);
        }
      });
    });
  const lineOf = (file: string, text: string) =>
    fs
      .readFileSync(path.join(folder, file), 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1;
  const noneRan = () =>
    assert.ok(!session!.recorder.read(1, Infinity).some(({ kind }) => kind === 'instance'));

  for (const { runtime, file, good, wrong, other, needs } of [
    {
      runtime: 'Python3',
      file: 'T/index.py',
      good: 'def main_handler(event, context):\n    return None\n',
      wrong: 'x = 1\ndef main_handler(event, context)\n    return None\n',
      other: 'def handle(event, context):\n    return None\n',
      needs:
        'import os\nimport no_such_module_here\ndef main_handler(event, context):\n    return None\n',
    },
    {
      runtime: 'Nodejs',
      file: 'T/index.js',
      good: 'exports.main_handler = async () => null;\n',
      wrong: 'const x = 1;\nexports.main_handler = async () => {{;\n',
      other: 'exports.handle = async () => null;\n',
      needs:
        "const fs = require('fs');\nconst x = require('no_such_module_here');\nexports.main_handler = async () => null;\n",
    },
  ]) {
    describe(runtime, () => {
      it('a function that the file lacks is told in scfws.json, with the one that it has', async () => {
        project({ handler: 'index.main_handler', runtime });
        put(file, other);
        await start();
        const { place, change, advice } = await next('diagnostic');
        assert.equal(place?.file, path.join(folder, 'scfws.json'));
        assert.equal(place?.line, lineOf('scfws.json', '"handler"'));
        assert.deepEqual(change, {
          path: ['functions', 'transfer', 'handler'],
          values: ['index.handle'],
        });
        assert.notEqual(advice, '');
        // Taking the offered value mends it.
        project({ handler: 'index.handle', runtime });
        await next('diagnosticsCleared');
        noneRan();
      });

      it('a syntax error at a save of what never ran is told at its line, and goes when it is mended', async () => {
        project({ runtime });
        put(file, good);
        const { recorder } = await start();
        put(file, wrong);
        const { place, seq } = await next('diagnostic');
        assert.deepEqual(place?.file, path.join(folder, file));
        assert.ok(place.line >= 2 && place.line <= 3, String(place.line));
        put(file, good);
        await next('diagnosticsCleared', seq);
        noneRan();
        assert.equal(
          recorder.read(seq + 1, Infinity).filter(({ kind }) => kind === 'diagnostic').length,
          0,
        );
      });

      it('a package that is missing is told at the line that needs it', async () => {
        project({ runtime });
        put(file, needs);
        await start();
        const { place, message, fix } = await next('diagnostic');
        assert.deepEqual([place?.file, place?.line], [path.join(folder, file), 2]);
        assert.match(message, /no_such_module_here/);
        assert.equal(fix?.kind, 'installLibrary');
        noneRan();
      });

      it('what may be optional is no mistake', async () => {
        project({ runtime });
        put(
          file,
          runtime === 'Nodejs'
            ? `let x;\ntry {\n  x = require('no_such_module_here');\n} catch {}\n${good}`
            : `try:\n    import no_such_module_here\nexcept ImportError:\n    pass\n${good}`,
        );
        put('T/other.txt', '');
        const { recorder } = await start();
        // A mistake beside it is found, and nothing else.
        put(
          file,
          fs.readFileSync(path.join(folder, file), 'utf8') + (runtime === 'Nodejs' ? ')' : '('),
        );
        await next('diagnostic');
        const found = recorder.read(1, Infinity).filter(({ kind }) => kind === 'diagnostic');
        assert.equal(found.length, 1);
      });
    });
  }

  it('says which folder is meant when none is named', async () => {
    const started = startSession({ folders: [], port: 0, bootstrapFolder });
    await assert.rejects(started, { code: 'noProject', nextStep: /Name the folder of a project/ });
  });

  it('an interpreter that is not there is told where it is named', async () => {
    project({ runtime: 'Python3', interpreter: '/no/such/python' });
    put('T/index.py', 'def main_handler(event, context):\n    return None\n');
    await start();
    const { place, change } = await next('diagnostic');
    assert.deepEqual(
      [place?.file, place?.line],
      [path.join(folder, 'scfws.json'), lineOf('scfws.json', '"interpreter"')],
    );
    // Those that are there can be chosen.
    assert.equal(change?.path.at(-1), 'interpreter');
    assert.ok(change.values.length > 0 && change.values.every((program) => fs.existsSync(program)));
  });

  it('a build whose packages were never installed names the command that installs them', async () => {
    project({
      runtime: 'Nodejs',
      build: { command: ['node', 'build.mjs', 'T', '--watch'], folder: 'dist/T' },
    });
    put('T/index.py', ''); // Nothing that Node.js runs as it is.
    put('build.mjs', "import fs from 'node:fs';\nimport { context } from 'no-such-builder';\n");
    await start();
    const { place, fix, advice } = await next('diagnostic');
    assert.deepEqual([place?.file, place?.line], [path.join(folder, 'build.mjs'), 2]);
    assert.deepEqual([fix?.folder, fix?.packages, fix?.command], [folder, [], 'npm install']);
    assert.match(advice, /npm install/);
  });

  it('a project file that turns bad while it is served is told, and its mending', async () => {
    project({ runtime: 'Python3' });
    const good = fs.readFileSync(path.join(folder, 'scfws.json'), 'utf8');
    put('T/index.py', 'def main_handler(event, context):\n    return None\n');
    const { services } = await start();
    put('scfws.json', good.replace('"folder"', '"fodler"'));
    const bad = await next('projectProblems');
    assert.ok(bad.problems.some(({ severity }) => severity === 'error'));
    put('scfws.json', good);
    const mended = await next('projectProblems', bad.seq);
    assert.deepEqual(mended.problems, []);
    assert.equal(services.length, 1);
  });
});

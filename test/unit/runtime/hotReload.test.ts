// Saving code: the next event gets it, the running one ends on the old, and nothing changed means nothing lost.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { disposeBenches, startBench, type Bench } from './harness';

interface Language {
  title: string;
  file: string;
  shared: string;
  start(): Bench;
  /** Code of the handler that names a version. */
  handler(version: string): string;
  broken: string;
  brokenLine: number;
}

const python: Language = {
  title: 'Python',
  file: 'index.py',
  shared: 'shared.py',
  start: () =>
    startBench({
      files: { 'index.py': python.handler('one'), 'shared.py': 'word = "first"\n' },
      spec: { family: 'python', timeout: 20 },
    }),
  handler: (version) => `import time
import shared
count = 0


def main_handler(event, context):
    global count
    count += 1
    time.sleep(event.get("seconds", 0))
    return ["${version}", shared.word, count]
`,
  broken: 'def main_handler(event, context):\n    return (\n',
  brokenLine: 2,
};

const node: Language = {
  title: 'Node.js',
  file: 'index.js',
  shared: 'shared.js',
  start: () =>
    startBench({
      files: { 'index.js': node.handler('one'), 'shared.js': 'exports.word = "first";\n' },
      spec: { family: 'node', timeout: 20 },
    }),
  handler: (version) => `const shared = require('./shared');
let count = 0;
exports.main_handler = async (event) => {
  count++;
  await new Promise((resolve) => setTimeout(resolve, 1000 * (event.seconds || 0)));
  return ['${version}', shared.word, count];
};
`,
  broken: 'exports.main_handler = async () => {\n  return (;\n};\n',
  brokenLine: 2,
};

/** One round of the event loop: what the system has to say of files has been heard. */
const heard = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

for (const language of [python, node]) {
  describe(`Saving a ${language.title} handler`, () => {
    afterEach(disposeBenches);

    const reloaded = (bench: Bench, version: number) =>
      bench.until('instance', (fact) => fact.version === version && fact.state === 'ready');

    it('gives the next event the new code', async () => {
      const bench = language.start();
      assert.deepEqual((await bench.invoke({})).value, ['one', 'first', 1]);
      bench.write(language.file, language.handler('two'));
      await reloaded(bench, 2);
      assert.deepEqual((await bench.invoke({})).value, ['two', 'first', 1]);
      assert.equal(bench.of('invocationStarted')[1]?.version, 2);
      const stopped = await bench.until('instance', ({ state }) => state === 'stopped');
      assert.deepEqual([stopped.instance, stopped.reason], [1, 'its code changed']);
    });

    it('holds an event that follows a save until the code is known', async () => {
      const bench = language.start();
      await bench.invoke({});
      bench.write(language.file, language.handler('two'));
      await heard();
      assert.deepEqual((await bench.invoke({})).value, ['two', 'first', 1]);
      bench.write(language.file, language.handler('two'));
      await heard();
      assert.deepEqual((await bench.invoke({})).value, ['two', 'first', 2]);
    });

    it('counts shared modules', async () => {
      const bench = language.start();
      await bench.invoke({});
      bench.write(
        language.shared,
        fs
          .readFileSync(path.join(bench.folder, language.shared), 'utf8')
          .replace('first', 'second'),
      );
      await reloaded(bench, 2);
      assert.deepEqual((await bench.invoke({})).value, ['one', 'second', 1]);
    });

    it('keeps warm globals when nothing changed', async () => {
      const bench = language.start();
      await bench.invoke({});
      bench.write(language.file, language.handler('one'));
      bench.write('notes.txt', 'not code');
      // A change that counts is the proof that the others were seen and passed over.
      assert.deepEqual((await bench.invoke({})).value, ['one', 'first', 2]);
      bench.write(language.file, language.handler('two'));
      await reloaded(bench, 2);
      assert.deepEqual((await bench.invoke({})).value, ['two', 'first', 1]);
    });

    it('lets the running event end on the old code, and the waiting one has the new', async () => {
      const bench = language.start();
      await bench.invoke({});
      const running = bench.invoke({ seconds: 1.5 });
      await bench.until('invocationStarted', ({ cold }) => !cold);
      bench.write(language.file, language.handler('two'));
      await reloaded(bench, 2);
      const next = bench.invoke({});
      assert.deepEqual((await next).value, ['two', 'first', 1]);
      assert.deepEqual((await running).value, ['one', 'first', 2]);
    });

    it('with a syntax error keeps the old code serving and says so at the line', async () => {
      const bench = language.start();
      await bench.invoke({});
      bench.write(language.file, language.broken);
      const finding = await bench.until('diagnostic');
      assert.equal(finding.rule, 'error.437');
      assert.equal(finding.place?.file, path.join(bench.folder, language.file));
      assert.equal(finding.place?.line, language.brokenLine);
      assert.deepEqual((await bench.invoke({})).value, ['one', 'first', 2]);
      bench.write(language.file, language.handler('three'));
      await bench.until('diagnosticsCleared');
      assert.deepEqual((await bench.invoke({})).value, ['three', 'first', 1]);
    });

    it('repairs a handler that never loaded', async () => {
      const bench = language.start();
      bench.write(language.file, language.broken);
      assert.equal((await bench.invoke({})).error?.statusCode, 437);
      bench.write(language.file, language.handler('two'));
      await bench.until('diagnosticsCleared');
      assert.deepEqual((await bench.invoke({})).value, ['two', 'first', 1]);
    });

    it('that misses a neighbour is repaired by creating that', async () => {
      const bench = language.start();
      fs.rmSync(path.join(bench.folder, language.shared));
      assert.equal((await bench.invoke({})).error?.statusCode, 437);
      const text = language === python ? 'word = "new"\n' : 'exports.word = "new";\n';
      bench.write(language.shared, text);
      await bench.until('diagnosticsCleared');
      assert.deepEqual((await bench.invoke({})).value, ['one', 'new', 1]);
    });

    const target = (bench: Bench) => path.join(bench.service.folder, 'elsewhere', language.shared);
    const words = (word: string) =>
      language === python ? `word = "${word}"\n` : `exports.word = "${word}";\n`;
    /** Puts the neighbour outside of the function, and a link in its place. */
    const link = (bench: Bench, how: (target: string, shared: string) => void) => {
      const shared = path.join(bench.folder, language.shared);
      fs.mkdirSync(path.dirname(target(bench)), { recursive: true });
      fs.renameSync(shared, target(bench));
      how(target(bench), shared);
    };

    it('that a link leads to is reloaded when the target changes', async () => {
      const bench = language.start();
      link(bench, (to, shared) => fs.symlinkSync(to, shared));
      assert.deepEqual((await bench.invoke({})).value, ['one', 'first', 1]);
      fs.writeFileSync(target(bench), words('second'));
      await reloaded(bench, 2);
      assert.deepEqual((await bench.invoke({})).value, ['one', 'second', 1]);
    });

    it('that a linked folder outside of the project leads to is reloaded', async () => {
      const bench = language.start();
      const outside = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-outside-')));
      fs.rmSync(path.join(bench.folder, language.shared));
      fs.writeFileSync(path.join(outside, language.shared), words('first'));
      fs.symlinkSync(outside, path.join(bench.folder, 'linked'));
      const code = language
        .handler('one')
        .replace('import shared', 'from linked import shared')
        .replace("'./shared", "'./linked/shared");
      bench.write(language.file, code);
      assert.deepEqual((await bench.invoke({})).value, ['one', 'first', 1]);
      const { version } = bench.runtime;
      fs.writeFileSync(path.join(outside, language.shared), words('second'));
      await reloaded(bench, version + 1);
      assert.deepEqual((await bench.invoke({})).value, ['one', 'second', 1]);
      fs.rmSync(outside, { recursive: true });
    });
  });
}

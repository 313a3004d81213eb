// What a person is told about code that fails: the cause, and a next step that is right for this very project.
import assert from 'node:assert/strict';
import path from 'node:path';
import type { FactOf } from '../../../src/protocol/fact';
import type { FunctionSpec, Role } from '../../../src/protocol/project';
import { libraryFix } from '../../../src/core/runtime/advice/modules';
import { pythons } from '../pythons';
import { disposeBenches, fetchedNode, startBench, type BenchOptions } from './harness';

type Diagnostic = FactOf<'diagnostic'>;
type Files = Record<string, string>;

const node: Partial<FunctionSpec> = { family: 'node', runtime: 'Nodejs18.15' };

async function told(options: BenchOptions, role: Role | null = null): Promise<Diagnostic> {
  const bench = startBench(options);
  await bench.runtime.invoke({
    invocation: '0a1b2c3d-0000-4000-8000-000000000000',
    eventJson:
      '{"websocket":{"action":"data send","secConnectionID":"c","dataType":"text","data":""}}',
    role,
    connection: null,
    cause: null,
  });
  const [finding] = bench.of('diagnostic');
  assert.ok(finding !== undefined, 'nothing was told');
  const shorten = (text: string) =>
    text.replaceAll(bench.folder, '<F>').replaceAll(path.dirname(bench.folder), '<P>');
  return { ...finding, message: shorten(finding.message), advice: shorten(finding.advice) };
}

const python = (files: Files, more: BenchOptions = {}, role: Role | null = null) =>
  told({ files, ...more }, role);
const js = (files: Files, more: Partial<FunctionSpec> = {}, role: Role | null = null) =>
  told({ files, spec: { ...node, ...more } }, role);

const handler = 'def main_handler(event, context):\n    return 1\n';

describe('Advice on a module that was not found', function () {
  this.timeout(30_000);
  afterEach(disposeBenches);

  it('looks in the folder of the function before it names a package', async () => {
    const { advice, fix } = await python({
      'index.py': `import dao\n${handler}`,
      'lib/dao.py': '',
    });
    assert.equal(
      advice,
      'It is <F>/lib/dao.py: write "from lib import dao", or move it beside the handler.',
    );
    assert.equal(fix, undefined);
  });

  it('finds a package of the project, and one outside of the function', async () => {
    const packaged = await python({
      'index.py': `import dao.users\n${handler}`,
      'lib/dao/users.py': '',
    });
    assert.match(packaged.advice, /It is <F>\/lib\/dao: write "from lib import dao"/);
    const outside = await python({ 'index.py': `import dao\n${handler}`, '../shared/dao.py': '' });
    assert.match(
      outside.advice,
      /It is <P>\/shared\/dao\.py, outside of the folder of this function/,
    );
    assert.equal(outside.fix, undefined);
  });

  it('knows that a package of the project lacks a part', async () => {
    const { advice, fix } = await python({
      'index.py': `from lib import x\nimport lib.doa\n${handler}`,
      'lib/x.py': '',
      'lib/dao.py': '',
    });
    assert.equal(advice, 'lib is a module of this project and has no doa. Did you mean "dao"?');
    assert.equal(fix, undefined);
  });

  it('is no place for the files of others', async () => {
    const { fix } = await python({
      'index.py': `import no_such_thing\n${handler}`,
      '.venv/lib/no_such_thing.py': '',
      'node_modules/no_such_thing.py': '',
    });
    assert.deepEqual(fix?.packages, ['no_such_thing']);
    assert.equal(fix.isKnown, false);
  });

  it('finds a file of Node.js by its path and by its name', async () => {
    const main = 'exports.main_handler = async () => 1;';
    const wrong = await js({ 'index.js': `require('./lib/missing');\n${main}` });
    assert.equal(wrong.advice, 'There is no file <F>/lib/missing: correct the path.');
    assert.equal(wrong.fix, undefined);
    const near = await js({
      'index.js': `require('./lib/missng');\n${main}`,
      'lib/missing.js': '',
    });
    assert.equal(
      near.advice,
      'There is no file <F>/lib/missng: correct the path. Did you mean "missing"?',
    );
    const moved = await js({ 'index.js': `require('./dao');\n${main}`, 'lib/dao.js': '' });
    assert.equal(moved.advice, 'The file is <F>/lib/dao.js: write "./lib/dao".');
    const bare = await js({ 'index.js': `require('dao');\n${main}`, 'lib/dao/index.js': '' });
    assert.equal(bare.fix?.packages[0] ?? bare.advice, 'dao');
    const named = await js({ 'index.js': `require('dao');\n${main}`, 'lib/dao.js': '' });
    assert.equal(named.advice, 'The file is <F>/lib/dao.js: write "./lib/dao".');
    const outside = await js({
      'index.js': `require('../shared/dao');\n${main}`,
      '../lib/dao.js': '',
    });
    assert.match(outside.advice, /^It is <P>\/lib\/dao\.js, outside of the folder/);
  });

  it('tells an import what it lacks, at its line', async () => {
    const { advice, place } = await js({
      'index.mjs': `\nimport { dao } from './dao';\nexport const main_handler = async () => dao;`,
      'dao.js': 'export const dao = 1;',
    });
    assert.equal(advice, 'The file is <F>/dao.js: write "./dao.js".');
    assert.equal(place?.line, 2);
    assert.equal(path.basename(place.file), 'index.mjs');
  });

  it('is asked for when an event loads it, too', async () => {
    const { rule, fix } = await js({
      'index.js': `exports.main_handler = async () => require('left-pad-of-nobody');`,
    });
    assert.equal(rule, 'error.430');
    assert.deepEqual(fix?.packages, ['left-pad-of-nobody']);
  });

  for (const [module, name] of [
    ['cv2', 'opencv-python-headless'],
    ['dotenv', 'python-dotenv'],
    ['dateutil', 'python-dateutil'],
    ['bs4', 'beautifulsoup4'],
    ['sklearn.linear_model', 'scikit-learn'],
    ['Cryptodome', 'pycryptodomex'],
    ['PIL.Image', 'Pillow'],
    ['yaml', 'PyYAML'],
  ] as const) {
    it(`knows that ${module} is in ${name}`, () => {
      const spec = { family: 'python', folder: '/p', name: 'F' } as unknown as FunctionSpec;
      const fix = libraryFix(module, spec);
      assert.deepEqual(fix?.packages, [name]);
      assert.equal(fix.isKnown, true);
    });
  }

  it('takes the whole name from the line', async () => {
    const { fix } = await python({ 'index.py': `import google.protobuf\n${handler}` });
    assert.deepEqual(fix?.packages, ['protobuf']);
  });

  it('names a version that the runtime can load', async () => {
    const files = { 'index.js': `require('node-fetch');\nexports.main_handler = async () => 1;` };
    const old = await js(files, { runtime: 'Nodejs12.16', runtimeVersion: '12.16' });
    assert.deepEqual(old.fix?.packages, ['node-fetch@2']);
    assert.match(old.advice, /npm install --prefix \S+ node-fetch@2$/);
    const fresh = await js(files, { runtime: 'Nodejs24.1', runtimeVersion: '24.1' });
    assert.deepEqual(fresh.fix?.packages, ['node-fetch']);
    const module = await js(
      { 'index.mjs': `import 'node-fetch';\nexport const main_handler = async () => 1;` },
      { runtime: 'Nodejs12.16', runtimeVersion: '12.16' },
    );
    assert.deepEqual(module.fix?.packages, ['node-fetch']);
  });

  it('names the version that can be required when the newest is there', async function () {
    const program = await fetchedNode(18);
    if (program === undefined) {
      this.skip();
    }
    const { message, fix } = await js(
      {
        'index.js': `require('chalk');\nexports.main_handler = async () => 1;`,
        'node_modules/chalk/package.json':
          '{"name":"chalk","version":"5.0.0","type":"module","main":"index.js"}',
        'node_modules/chalk/index.js': 'export default 1;',
      },
      { interpreter: program },
    );
    assert.match(message, /chalk is an ES module/);
    assert.deepEqual(fix?.packages, ['chalk@4']);
  });

  it('is found behind the error that it led to', async () => {
    const wrapped = await python({
      'index.py': `try:\n    import MySQLdb\nexcept ImportError:\n    raise ImportError('Error loading the database driver')\n${handler}`,
    });
    assert.deepEqual(wrapped.fix?.packages, ['mysqlclient']);
    const caused = await python({
      'index.py': `try:\n    import zmq\nexcept ImportError as error:\n    raise RuntimeError('no driver') from error\n${handler}`,
    });
    assert.deepEqual(caused.fix?.packages, ['pyzmq']);
    const both = await python({
      'index.py': `try:\n    import ujson_of_nobody\nexcept ImportError:\n    import rapid_json_of_nobody\n${handler}`,
    });
    assert.deepEqual(both.fix?.packages, ['rapid_json_of_nobody']);
    assert.match(both.advice, /Or ujson_of_nobody, which the code tries first\.$/);
    const unrelated = await python({
      'index.py': `try:\n    import zmq\nexcept ImportError:\n    x = 1 / 0\n${handler}`,
    });
    assert.equal(unrelated.fix, undefined);
    assert.match(unrelated.message, /division by zero/);
  });
});

describe('Advice on code for another world', function () {
  this.timeout(30_000);
  afterEach(disposeBenches);
  const python3 = pythons().get('3.11');

  it('says which Python was asked for, and how to get it', async () => {
    const spec = { runtime: 'Python2.7', runtimeVersion: '2.7', interpreter: python3! };
    const { message, advice, place } = await python(
      { 'index.py': `def main_handler(event, context):\n    print "x"\n` },
      { spec },
    );
    assert.match(message, /Missing parentheses/);
    assert.match(
      advice,
      /^Python 2\.7 was asked for, but Python 3\.\S+ \(.+\), named by scfws\.json runs it\. /,
    );
    assert.match(advice, /"interpreter" in scfws\.json\.$/);
    assert.doesNotMatch(advice, /Correct the code/);
    assert.equal(place?.line, 2);
    const module = await python({ 'index.py': `import urllib2\n${handler}` }, { spec });
    assert.match(
      module.advice,
      /2\.7 was asked for.* urllib2 is of Python 2; Python 3 has urllib\.request instead\.$/,
    );
    assert.equal(module.fix, undefined);
    const running = await python(
      { 'index.py': `def main_handler(event, context):\n    return event.has_key('x')\n` },
      { spec },
    );
    assert.equal(running.rule, 'error.430');
    assert.match(running.advice, /^Python 2\.7 was asked for/);
  });

  it('knows Python 2 where Python 3 was asked for', async () => {
    const { advice } = await python({
      'index.py': `def main_handler(event, context):\n    print "x"\n`,
    });
    assert.match(advice, /^This is Python 2: .*"runtime".*"Python2\.7"/);
    const module = await python({ 'index.py': `import ConfigParser\n${handler}` });
    assert.equal(module.advice, 'ConfigParser is of Python 2; Python 3 has configparser instead.');
  });

  const removed = pythons().get('3.13');
  (removed === undefined ? it.skip : it)('knows what left the standard library', async () => {
    const { advice, fix } = await python(
      { 'index.py': `import cgi\n${handler}` },
      { spec: { interpreter: removed! } },
    );
    assert.match(advice, /^The standard library has no cgi since Python 3\.13; 3\.13/);
    assert.equal(fix, undefined);
  });

  it('offers a build for TypeScript that this Node.js cannot read', async () => {
    const typed = 'export const main_handler = async (event: object): Promise<number> => 1;';
    const common = await js({ 'index.ts': typed });
    assert.match(common.message, /Node\.js \S+ cannot read TypeScript \(index\.ts\)\.$/);
    assert.match(common.advice, /"build".*Node\.js 22\.18 or newer/);
    // Its error is in a file of Node.js itself.
    const module = await js({ 'index.mts': typed });
    assert.match(module.message, /cannot read TypeScript \(index\.mts\)\.$/);
    assert.equal(path.basename(module.place?.file ?? ''), 'index.mts');
  });

  it('knows the entry style of the websocket component', async () => {
    const code = `const x = 1;\non('connect', async (data, socket) => 200);\non('message', async () => 200);\n`;
    const called = await js({ 'index.js': code });
    assert.match(called.message, /written for the websocket component/);
    assert.match(called.advice, /exports\.main_handler/);
    assert.equal(called.place?.line, 2);
    const beside = await js({ 'app.js': code });
    assert.match(beside.message, /written for the websocket component/);
    assert.equal(path.basename(beside.place?.file ?? ''), 'app.js');
  });

  it('names the file that hides a module of the standard library', async () => {
    const attribute = await python({
      'index.py': `import colorsys\ncolorsys.rgb_to_hsv(1, 1, 1)\n${handler}`,
      'colorsys.py': 'words = []\n',
    });
    assert.match(attribute.message, /colorsys\.py hides the module colorsys/);
    assert.equal(attribute.advice, 'Give colorsys.py another name.');
    const name = await python({
      'index.py': `from queue import Queue\n${handler}`,
      'queue.py': '',
    });
    assert.equal(name.advice, 'Give queue.py another name.');
    const part = await python({ 'index.py': `import email.mime.text\n${handler}`, 'email.py': '' });
    assert.equal(part.advice, 'Give email.py another name.');
    const inner = await python({
      'index.py': `import calendar\n${handler}`,
      'locale.py': '',
      'calendar.py': 'from locale import setlocale\n',
    });
    assert.match(inner.advice, /^Give (locale|calendar)\.py another name\.$/);
    const reverse = await python({
      'index.py': `import time\ntime.my_clock()\n${handler}`,
      'time.py': 'def my_clock(): pass\n',
    });
    assert.match(
      reverse.message,
      /time\.py is not imported: the module time of Python comes first/,
    );
  });

  for (const version of ['2.7', '3.6']) {
    const program = pythons().get(version);
    (program === undefined ? it.skip : it)(`names it in Python ${version}`, async () => {
      const spec = { runtime: `Python${version}`, runtimeVersion: version, interpreter: program! };
      const { advice } = await python(
        { 'index.py': `from calendar import monthrange\n${handler}`, 'calendar.py': '' },
        { spec },
      );
      assert.equal(advice, 'Give calendar.py another name.');
    });
  }
});

describe('Advice on an event that lacks what the handler looks for', function () {
  this.timeout(30_000);
  afterEach(disposeBenches);
  const keep = /store in Register/;

  for (const expression of [
    `event["queryString"]["room"]`,
    `event["requestContext"]["sourceIp"]`,
    `event["headers"]`,
    `event.get("queryString")["room"]`,
    `event.get("headers").get("x")`,
  ]) {
    it(`Python: ${expression}`, async () => {
      const files = { 'index.py': `def main_handler(event, context):\n    return ${expression}\n` };
      for (const role of ['transfer', 'cleanup'] as const) {
        const { message, advice, place } = await python(files, {}, role);
        assert.match(message, /only Register's event has it/);
        assert.match(advice, keep);
        assert.equal(place?.line, 2);
      }
      const register = await python(files, {}, 'register');
      assert.doesNotMatch(register.advice, keep);
    });
  }

  for (const expression of [
    'event.queryString.room',
    'event.requestContext.sourceIp',
    'event.headers["x"]',
    '(({ queryString: { room } }) => room)(event)',
  ]) {
    it(`Node.js: ${expression}`, async () => {
      const files = { 'index.js': `exports.main_handler = async (event) => ${expression};` };
      const { message, advice } = await js(files, {}, 'transfer');
      assert.match(message, /only Register's event has it/);
      assert.match(advice, keep);
    });
  }

  it('says nothing of a key of the handler itself', async () => {
    const bench = startBench({
      files: { 'index.py': 'def main_handler(event, context):\n    return {}["room"]\n' },
    });
    assert.equal((await bench.invoke({})).error?.statusCode, 430);
    assert.deepEqual(bench.of('diagnostic'), []);
  });
});

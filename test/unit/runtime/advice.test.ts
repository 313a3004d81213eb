// What a person is told about code that fails: the cause, and a next step that is right for this very project.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FactOf } from '../../../src/protocol/fact';
import type { FunctionSpec, Role } from '../../../src/protocol/project';
import { adviseOn } from '../../../src/core/runtime/advice/code';
import { libraryFix } from '../../../src/core/runtime/advice/modules';
import type { CodeFailure } from '../../../src/core/runtime/channel/channel';
import type { Interpreter } from '../../../src/core/runtime/launch/interpreters';
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
  // On a busy machine code that is newer than its runtime is told before the event fails.
  const finding = bench.of('diagnostic').find(({ rule }) => rule !== 'runtime.newer-code');
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
    ['backports.zoneinfo', 'backports.zoneinfo'],
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

  it('installs what the project lists as the project lists it', async () => {
    const code = `import websocket\n${handler}`;
    for (const [list, packages] of [
      ['flask==2.0\r\nwebsocket-client>=1.0, <2  # the client\r\n', ['websocket-client>=1.0,<2']],
      ['Websocket_Client[optional] == 1.6.4 ; python_version > "3.6"\n', undefined],
      ['websocket-client==1.6.4 --hash=sha256:abc\n', ['websocket-client==1.6.4']],
      ['websocket-client\n', ['websocket-client']],
    ] as const) {
      for (const name of ['requirements.txt', '../requirements.txt']) {
        const { advice, fix } = await python({ 'index.py': code, [name]: list });
        assert.match(
          advice,
          /^requirements\.txt lists it\..* -m pip install -r \S+requirements\.txt$/,
        );
        assert.deepEqual(fix?.packages, packages ?? ['Websocket_Client[optional]==1.6.4']);
        assert.equal(fix.isKnown, true);
      }
    }
    const other = await python({
      'index.py': code,
      'requirements.txt': '# websocket-client\nws\n',
    });
    assert.match(other.advice, /^Install it with: .* -m pip install websocket-client$/);

    const main = `require('node-fetch');\nexports.main_handler = async () => 1;`;
    const list = (range: string) => JSON.stringify({ dependencies: { 'node-fetch': range } });
    const own = await js({ 'index.js': main, 'package.json': list('^2.6.0') });
    assert.match(own.advice, /^package\.json lists it\..*: npm install --prefix <F>$/);
    assert.deepEqual([own.fix?.packages, own.fix?.isKnown], [[], true]);
    const above = await js({ 'index.js': main, '../package.json': list('^2.6.0') });
    assert.equal(above.advice, "Install it with: npm install --prefix <F> 'node-fetch@^2.6.0'");
    const linked = await js({ 'index.js': main, '../package.json': list('workspace:*') });
    assert.match(linked.advice, /^package\.json lists it\..*: npm install --prefix <P>$/);
    const yarn = await js({ 'index.js': main, 'package.json': list('2'), 'yarn.lock': '' });
    assert.match(yarn.advice, /: yarn --cwd <F> install$/);
    assert.equal(yarn.fix, undefined);
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
    const interpreter = await fetchedNode(18);
    assert.ok(interpreter !== undefined);
    const common = await js({ 'index.ts': typed }, { interpreter });
    assert.match(common.message, /Node\.js \S+ cannot read TypeScript \(index\.ts\)\.$/);
    assert.match(common.advice, /"build".*Node\.js 22\.18 or newer/);
    // Its error is in a file of Node.js itself.
    const module = await js({ 'index.mts': typed }, { interpreter });
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

describe('Advice on what is there under another name or in another form', function () {
  afterEach(disposeBenches);
  const def = (body: string) => ({
    'index.py': `import json\ndef main_handler(event, context):\n    return ${body}\n`,
  });
  const fn = (body: string) => ({
    'index.js': `exports.main_handler = async (event, context) => {\n  return ${body};\n};\n`,
  });
  for (const [body, advice] of [
    ['json.loads(event["body"])', /as event\["websocket"\]\["data"\]/],
    ['event["data"]', /as event\["websocket"\]\["data"\]/],
    ['json.loads(event.get("body"))', /as event\["websocket"\]\["data"\]/],
    ['event["websocket"]["connectionId"]', /as event\["websocket"\]\["secConnectionID"\]/],
    ['event["websocket"]["secConnectionId"]', /as event\["websocket"\]\["secConnectionID"\]/],
    ['event.websocket', /a dict: write event\["websocket"\]/],
    ['event["websocket"].data', /a dict: write event\["websocket"\]\["data"\]/],
    ['context.request_id', /a dict: write context\["request_id"\]/],
    ['context.aws_request_id', /a dict: write context\["request_id"\]/],
    ['context["functionName"]', /context has it as context\["function_name"\]/],
    ['context.get("awsRequestId").lower()', /context has it as context\["request_id"\]/],
    ['context["environment"]["X"]', /text: write os\.environ/],
    ['event["websocket"]["data"]["type"]', /text: write json\.loads/],
    ['event["websocket"]["data"].get("type")', /text: write json\.loads/],
    ['json.loads(event["websocket"]["data"])', /is no JSON, and clients may send anything/],
  ] as const) {
    it(`Python: ${body}`, async () => {
      assert.match((await python(def(body), {}, 'transfer')).advice, advice);
    });
  }
  for (const [body, advice] of [
    ['JSON.parse(event.body)', /as event\.websocket\.data/],
    ['event.body.length', /as event\.websocket\.data/],
    ['event.websocket.connectionId.length', /as event\.websocket\.secConnectionID/],
    ['event.websocket.secConnectionId.length', /as event\.websocket\.secConnectionID/],
    ['context.functionName.length', /context has it as context\.function_name/],
    ['context["requestId"].slice(1)', /context has it as context\.request_id/],
    ['context.memoryLimitInMB.toFixed()', /context has it as context\.memory_limit_in_mb/],
    ['JSON.parse(event.websocket.data)', /is no JSON, and clients may send anything/],
  ] as const) {
    it(`Node.js: ${body}`, async () => {
      assert.match((await js(fn(body), {}, 'transfer')).advice, advice);
    });
  }

  it('says nothing of names and texts of the handler itself', async () => {
    for (const body of ['{}["body"]', '{}["name"]', '"x"["a"]', 'json.loads("{")', '{}.items.x']) {
      await assert.rejects(python(def(body), {}, 'transfer'), /nothing was told/, body);
    }
    for (const body of [
      'JSON.parse("{")',
      '({}).body.length',
      'event.websocket.data.x.y',
      'context.request_id.x.y',
      'context.rooms.x',
    ]) {
      await assert.rejects(js(fn(body), {}, 'transfer'), /nothing was told/, body);
    }
  });
});

describe('Advice on text that no interpreter reads', function () {
  afterEach(disposeBenches);
  const body = (line: string) => ({
    'index.py': `def main_handler(event, context):\n    ${line}\n`,
  });
  const plain = (line: string) => ({
    'index.js': `exports.main_handler = async () => {\n${line}\n};\n`,
  });

  it('names the sign that was meant, or the one that is not seen', async () => {
    for (const [line, advice] of [
      ['print（"hi"）', /Write \( instead of （/],
      ['return “ok”', /Write " instead of “/],
      ['return {"a"：1}', /Write : instead of ：/],
      ['x = 1\u00a0+ 1', /\(U\+00A0\) stands at column \d+/],
      ['x = 1\u200b', /\(U\+200B\) stands at column \d+/],
    ] as const) {
      assert.match((await python(body(line))).advice, advice, line);
    }
    for (const [line, advice] of [
      ['return f（1）;', /Write \( instead of （/],
      ['return ‘ok’;', /Write ' instead of ‘/],
      ['const x\u200b = 1;', /\(U\+200B\) stands at column 8/],
    ] as const) {
      assert.match((await js(plain(line))).advice, advice, line);
    }
    // Inside of a text they are no mistake.
    const other = await python(body("return '（' +"));
    assert.match(other.advice, /^Correct the code/);
  });

  it('knows the marks of a merge', async () => {
    const marks = '<<<<<<< HEAD\n    x = 1\n=======\n    x = 2\n>>>>>>> other';
    assert.match((await python(body(`x = 0\n${marks}`))).advice, /merge was not finished/);
    assert.match((await js(plain(marks))).advice, /merge was not finished/);
  });

  it('names a file that is not UTF-8', async () => {
    for (const bytes of [
      Buffer.from('\ufeffdef main_handler(event, context):\n    return 1\n', 'utf16le'),
      Buffer.concat([
        Buffer.from('def main_handler(event, context):\n    return "'),
        Buffer.from([0xc4, 0xe3, 0x22, 0x0a]),
      ]),
    ]) {
      const { advice } = await python({ 'index.py': bytes as unknown as string });
      assert.match(advice, /index\.py is not UTF-8: save it with that encoding/);
    }
  });

  it('knows an await that makes a module of a file, folders without index, and letters of another case', async () => {
    const awaits = await js({
      'index.js': `const x = await 1;\nexports.main_handler = async () => x;\n`,
    });
    assert.match(awaits.advice, /because of an await around no function/);
    const main = 'exports.main_handler = async () => 1;\n';
    const dir = await js({ 'index.js': `require('./db');\n${main}`, 'db/conn.js': '' });
    assert.match(dir.advice, /The folder .*db has no index\.js\. It has: conn\.js\./);
    const letters = await js({ 'index.js': `require('./Utils');\n${main}`, 'utils.js': '' });
    assert.match(
      letters.advice,
      /utils\.js, and small and capital letters count: write "\.\/utils"/,
    );
  });

  it('knows that older Pythons do not join dicts with |', async function () {
    const interpreter = pythons().get('3.6');
    if (interpreter === undefined) {
      this.skip();
    }
    const joined = await python(body('return {} | {}'), { spec: { interpreter } });
    assert.match(joined.advice, /needs Python 3\.9/);
  });
});

describe('Advice on code as people write it', function () {
  afterEach(disposeBenches);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-advice-'));
  after(() => fs.rmSync(folder, { recursive: true }));
  const main = 'exports.main_handler = async () => 1;';

  /** Without a process: what is told of a failure at this line, by this version. */
  const advice = (
    family: 'python' | 'node',
    version: string,
    line: string,
    failure: Partial<CodeFailure>,
  ): string => {
    const file = path.join(folder, family === 'python' ? 'index.py' : 'index.js');
    fs.writeFileSync(file, `${line}\n`);
    const runtime = family === 'python' ? `Python${version}` : `Nodejs${version}`;
    const spec = {
      ...{ name: 'F', folder, handler: 'index.main_handler', family, runtime },
      ...{ runtimeVersion: version, environment: {} },
    } as unknown as FunctionSpec;
    const interpreter = { program: family, version, why: '' } as Interpreter;
    const about = { interpreter, project: folder };
    const whole = {
      kind: 'load',
      message: '',
      place: { file, line: 1 },
      ...failure,
    } as CodeFailure;
    return adviseOn(whole, spec, about)?.advice ?? '';
  };

  it('knows syntax that is newer than the Python that runs it', () => {
    for (const [version, line, needed] of [
      ['3.6', 'type X = int', '3.12'],
      ['3.11', 'def first[T](items: list[T]) -> T: pass', '3.12'],
      ['3.11', `    return f'{event['a']}'`, '3.12'],
      ['3.10', '    except* ValueError:', '3.11'],
      ['3.9', '    match event:', '3.10'],
      ['3.6', "        case {'action': a}:", '3.10'],
      ['3.7', '    if (n := len(a)) > 3: pass', '3.8'],
      ['3.7', 'def f(a, /, b): pass', '3.8'],
      ['3.7', "print(f'{value=}')", '3.8'],
      ['2.7', "print(f'{value}')", '3.6'],
      ['2.7', 'async def main_handler(event, context):', '3.5'],
      ['2.7', 'def main_handler(event: dict, context) -> dict:', '3.0'],
      ['2.7', "print('a', end='')", '3.0'],
    ] as const) {
      const told = advice('python', version, line, { kind: 'syntax', type: 'SyntaxError' });
      assert.match(
        told,
        new RegExp(`^This needs Python ${needed}; Python ${version} runs it\\.`),
        line,
      );
    }
    for (const line of [
      'x = {',
      "print('a'",
      'def f(a b):',
      'if x = 1:',
      "f'{a' + '}'",
      'class A',
    ]) {
      assert.equal(
        advice('python', '3.11', line, { kind: 'syntax', type: 'SyntaxError' }),
        '',
        line,
      );
    }
  });

  it('knows Python 2 by its line', () => {
    const lines = ['print "x"', 'exec "x"', 'x = `1`', 'if 1 <> 2: pass', 'x = ur"a"', 'x = 0777'];
    for (const line of [...lines, 'x = 10L', 'raise ValueError, "x"', 'except Exception, e:']) {
      const told = advice('python', '3.11', line, { kind: 'syntax', type: 'SyntaxError' });
      assert.match(told, /^This is Python 2/, line);
    }
  });

  it('knows names of other versions', () => {
    for (const [version, message, told] of [
      ['3.6', "module 'asyncio' has no attribute 'run'", 'needs Python 3.7'],
      ['3.8', "'str' object has no attribute 'removeprefix'", 'needs Python 3.9'],
      [
        '3.6',
        "type object 'datetime.datetime' has no attribute 'fromisoformat'",
        'needs Python 3.7',
      ],
      ['3.9', "cannot import name 'UTC' from 'datetime' (/x/datetime.py)", 'needs Python 3.11'],
      ['3.6', "__init__() got an unexpected keyword argument 'capture_output'", 'needs Python 3.7'],
      ['3.8', "'type' object is not subscriptable", 'needs Python 3.9'],
      [
        '3.11',
        "cannot import name 'Mapping' from 'collections' (/x)",
        'use collections.abc.Mapping',
      ],
      ['3.11', "module 'time' has no attribute 'clock'", 'use time.perf_counter'],
      ['3.11', "'dict' object has no attribute 'iteritems'", 'Python 3 has items'],
      ['3.11', "name 'unicode' is not defined", 'Python 3 has str'],
      ['3.11', "'str' object has no attribute 'decode'", 'is of Python 2'],
      ['3.11', "module 'urllib' has no attribute 'urlopen'", 'urllib.request.urlopen'],
      // Mistakes of one's own.
      ['3.11', "module 'asyncio' has no attribute 'runn'", ''],
      ['3.11', "name 'unicorn' is not defined", ''],
      ['3.11', "'dict' object has no attribute 'iterate'", ''],
    ] as const) {
      const said = advice('python', version, 'x', { type: 'AttributeError', message });
      assert.ok(told === '' ? said === '' : said.includes(told), `${message}: ${said}`);
    }
    const union = {
      type: 'TypeError',
      message: "unsupported operand type(s) for |: 'type' and 'NoneType'",
    };
    assert.match(advice('python', '3.9', 'def f() -> int | None:', union), /needs Python 3.10/);
  });

  it('knows what the module systems of Node.js want', () => {
    for (const [message, told] of [
      ['exports is not defined in ES module scope', 'export const main_handler'],
      ['require is not defined in ES module scope, you can use import instead', 'import … from'],
      ['__dirname is not defined in ES module scope\n… "type": "module"', 'out of package.json'],
      ['Cannot use import statement outside a module', 'read as CommonJS'],
      // Most often in a function of a file that is right as it is.
      [
        'await is only valid in async functions and the top level bodies of modules',
        'write async before it',
      ],
      ['Module "file:///a/b.json" needs an import attribute of type "json"', './b.json" with'],
      ["The requested module 'pkg' does not provide an export named 'a'", 'const { … } = whole'],
      [
        "The requested module './b.js' does not provide an export named 'a'",
        'exports no such name',
      ],
      ["Directory import '/a/lib' is not supported resolving ES modules", 'index.js'],
      [
        `Package subpath './x' is not defined by "exports" in /a/package.json`,
        'lists what it gives',
      ],
      ['No "exports" main defined in /a/package.json', 'await import'],
      ['/a/x.node: invalid ELF header', 'npm rebuild'],
      ['compiled against a different Node.js version using NODE_MODULE_VERSION 93', 'npm rebuild'],
      ['WebSocket is not defined', 'from Node.js 22 on'],
      ['window is not defined', 'of browsers'],
      ['nothing is not defined', ''],
      ['a.b is not a function', ''],
    ] as const) {
      const said = advice('node', '20.19', 'x', { type: 'ReferenceError', message });
      assert.ok(told === '' ? said === '' : said.includes(told), `${message}: ${said}`);
    }
    const elf = { type: 'ImportError', message: '/a/_x.so: invalid ELF header' };
    assert.match(advice('python', '3.11', 'import x', elf), /pip install --force-reinstall/);
  });

  it('knows imports of the own folder that cannot work', async () => {
    const first = async (files: Files) => (await python(files)).advice;
    assert.match(
      await first({ 'index.py': `from .util import x\n${handler}`, 'util.py': 'x = 1' }),
      /write "from util import x"/,
    );
    assert.match(await first({ 'index.py': `from ..util import x\n${handler}` }), /Nothing above/);
    assert.match(
      await first({
        'index.py': `import a\n${handler}`,
        'a.py': 'import b\nx = 1',
        'b.py': 'from a import x',
      }),
      /^a imports this file, and is still being imported itself/,
    );
    assert.match(await first({ 'index.py': `import Util\n${handler}`, 'util.py': '' }), /"util"/);
    assert.match(
      await first({ 'index.py': `import my_util\n${handler}`, 'my-util.py': '' }),
      /rename it to my_util\.py/,
    );
    assert.match(
      await first({
        'index.py': `import nobody_has_it\nnobody_has_it.X()\n${handler}`,
        'nobody_has_it/notes.txt': '',
      }),
      /pip install nobody_has_it.*Python takes the folder <F>\/nobody_has_it for it/,
    );
    // Names of files may mean something in a regular expression.
    const circle = await js({
      'index.js': `const other = require('./c++');\n${main}`,
      'c++.js': "const index = require('./index');\nindex.make();\n",
    });
    assert.match(circle.advice, /^index imports this file, and is still being imported itself/);
    const early = await js({
      'index.mjs':
        "import './other.mjs';\nexport const base = 1;\nexport const main_handler = () => 1;\n",
      'other.mjs': "import { base } from './index.mjs';\nexport const next = base + 1;\n",
    });
    assert.match(early.advice, /^base imports this file|^index imports this file/);
    const alias = await js({ 'index.js': `require('@/util');\n${main}`, 'lib/util.js': '' });
    assert.match(alias.advice, /a bundler resolves.*write "\.\/lib\/util"/);
    const broken = await js({
      'index.js': `require('half');\n${main}`,
      'node_modules/half/package.json': '{"name":"half","main":"dist/x.js"}',
    });
    assert.match(broken.advice, /^The package half is not whole/);
    const bare = await js({ 'index.js': 'module.exports = async () => 1;' });
    assert.match(bare.advice, /write "exports\.main_handler = …"/);
    const few = await python({ 'index.py': 'def main_handler(event):\n    return 1\n' });
    assert.match(few.advice, /write "def main_handler\(event, context\):"/);
  });

  it('tells where the code ends its own process', async () => {
    for (const [{ advice, place, rule }, line] of [
      [
        await python({
          'index.py': 'import sys\ndef main_handler(event, context):\n    sys.exit(3)\n',
        }),
        3,
      ],
      [await python({ 'index.py': 'def main_handler(event, context):\n    exit("no")\n' }), 2],
      [await js({ 'index.js': 'exports.main_handler = async () => {\n  process.exit();\n};' }), 2],
      [
        await js({
          'index.js': 'exports.main_handler = async () => {\n  await 1;\n  process.exit(1);\n};',
        }),
        3,
      ],
    ] as const) {
      assert.equal(rule, 'error.439');
      assert.match(advice, /^Return from the handler instead/);
      assert.equal(place?.line, line);
    }
    for (const { advice, place, message } of [
      await python({ 'index.py': `import sys\nsys.exit('no token')\n${handler}` }),
      await js({ 'index.js': `console.log('no token');\nprocess.exit(1);\n${main}` }),
    ]) {
      assert.match(message, /ended while it was loading/);
      assert.match(advice, /^This line ends it/);
      assert.equal(place?.line, 2);
    }
  });

  it('knows a method that lost its object, and a function that is exported whole or as the default', async () => {
    const lost = await js({
      'index.js': `class Chat {\n  main_handler() {\n    return this.store.x;\n  }\n}\nmodule.exports = new (class extends Chat {\n  async main_handler() {\n    return super.main_handler() ?? this.room;\n  }\n})();\n`,
    });
    assert.match(lost.advice, /^Here "this" is undefined/);
    for (const [source, wish] of [
      ['const main = async () => 1;\nmodule.exports = main;\n', 'exports.main_handler = main'],
      ['module.exports = main\nfunction main() {}\n', 'exports.main_handler = main'],
      ['module.exports = event => 1;\n', 'exports.main_handler = …'],
      ['exports.default = async () => 1;\n', 'export const main_handler'],
    ] as const) {
      const { advice } = await js({ 'index.js': source });
      assert.ok(advice.includes(wish), advice);
    }
    const chat = await js({
      'index.js': 'class Chat {}\nconst chat = new Chat();\nmodule.exports = chat;\n',
    });
    assert.match(chat.advice, /^Define and export it/);
    const object = await js({ 'index.js': 'const all = {};\nmodule.exports = { other() {} };\n' });
    assert.match(object.advice, /^Define and export it.*The file has: other/);
  });

  it('knows a variable that nothing gives the function', async () => {
    const read = (name: string) =>
      `def main_handler(event, context):\n    import os\n    return os.environ["${name}"]\n`;
    const missing = await python({ 'index.py': read('MY_DB_HOST') });
    assert.match(
      missing.advice,
      /no environment variable MY_DB_HOST: .*"environment" in scfws\.json/,
    );
    for (const use of ['process.env.MY_DB_HOST.length', 'process.env["MY_DB_HOST"].split(",")']) {
      const { advice } = await js({ 'index.js': `exports.main_handler = async () => ${use};` });
      assert.match(advice, /no environment variable MY_DB_HOST/, use);
    }
    const other = `exports.main_handler = async () => undefined.x(process.env.MY_DB_HOST);`;
    await assert.rejects(js({ 'index.js': other }), /nothing was told/);
  });

  it('tells where the data is wrong that is required', async () => {
    for (const [text, line] of [
      ['{\n  "a": 1,\n}', 3],
      ['{\n  "a": [', 2],
      ['\ufeff{"a" 1}', 1],
    ] as const) {
      const { place } = await js({
        'index.js': `const all = require('./all.json');\n${main}`,
        'all.json': text,
      });
      assert.deepEqual([path.basename(place?.file ?? ''), place?.line], ['all.json', line], text);
    }
  });

  it('knows what Python 2 makes of text and bytes, and what is no method of the context', async function () {
    const remaining = await python({
      'index.py':
        'def main_handler(event, context):\n    return context.get_remaining_time_in_millis()\n',
    });
    assert.match(remaining.advice, /a dict: write context\["time_limit_in_ms"\]/);
    const interpreter = pythons().get('2.7');
    if (interpreter === undefined) {
      this.skip();
    }
    const spec = { interpreter, runtime: 'Python2.7', runtimeVersion: '2.7' };
    for (const body of [
      '"你" + event["websocket"]["action"]',
      'str(u"你")',
      '"你".encode("utf-8")',
    ]) {
      const source = `# -*- coding: utf-8 -*-\ndef main_handler(event, context):\n    return ${body}\n`;
      const { advice } = await python({ 'index.py': source }, { spec });
      assert.match(advice, /^Python 2 made text of bytes.*decode\('utf-8'\)/, body);
    }
  });

  it('has a place for what is told of an answer', async () => {
    const big = await js({ 'index.js': '\nexports.main_handler = async () => 1n;\n' });
    assert.equal(big.place?.line, 2);
    const lost = await js({ 'index.js': '\nexports.main_handler = () => ({ errNo: 0 });\n' });
    assert.equal(lost.rule, 'runtime.node-empty-loop');
    assert.equal(lost.place?.line, 2);
  });

  it('names the package that gives a newer module to an older Python', async function () {
    const interpreter = pythons().get('3.6');
    if (interpreter === undefined) {
      this.skip();
    }
    const { advice: told } = await python(
      { 'index.py': `import dataclasses\n${handler}` },
      { spec: { interpreter, runtime: 'Python3.6', runtimeVersion: '3.6' } },
    );
    assert.match(told, /^This needs Python 3\.7; .*pip install dataclasses/);
  });
});

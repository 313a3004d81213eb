// What scfws.json says, what is wrong with it, and where: as a person reads it.
import assert from 'node:assert/strict';
import path from 'node:path';
import { parseProjectFile } from '../../../src/core/project/projectFile';
import type { ProjectFile } from '../../../src/core/project/projectFile';
import { defaultEmulatorOptions } from '../../../src/protocol/project';

const folder = path.resolve('/projects/chat');
const exists = (file: string) => file === path.join(folder, 'Transmission', 'index.py');

function parse(text: string): ProjectFile {
  const { value, problems } = parseProjectFile(text, folder, { exists });
  assert.deepEqual(problems, []);
  assert.ok(value !== undefined);
  return value;
}

/** Each problem as `<severity> <path> <what it underlines>: <message>`. */
function complaints(text: string): string[] {
  const lines = text.split('\n');
  return parseProjectFile(text, folder, { exists }).problems.map((problem) => {
    const { line, column, endLine, endColumn } = problem.range ?? assert.fail('no range');
    const end = line === endLine ? endColumn : undefined;
    const marked = lines[line]?.slice(column, end) ?? '';
    return `${problem.severity} ${problem.path} ${marked}: ${problem.message}`;
  });
}

describe('scfws.json', () => {
  it('names the handler that is meant where it is written otherwise', () => {
    for (const [runtime, handler, meant] of [
      ['Python3.9', 'src.app.main_handler', 'src/app.main_handler'],
      ['Python3.9', 'index.py.main_handler', 'index.main_handler'],
      ['Python3.9', 'app::handle', 'app.handle'],
      ['Nodejs18.15', 'app.js.handle', 'app.handle'],
      ['Nodejs18.15', 'index.handlers.main', 'index.main_handler'],
    ] as const) {
      const transfer = JSON.stringify({ folder: 'Transmission', runtime, handler });
      const [complaint, ...others] = complaints(`{"functions": {"transfer": ${transfer}}}`);
      assert.ok(complaint?.endsWith(`for example ${meant}.`), complaint);
      assert.deepEqual(others, []);
    }
  });

  it('needs nothing but a folder for transfer', () => {
    const project = parse('{"functions": {"transfer": {"folder": "Transmission"}}}');
    assert.deepEqual(project, {
      name: 'chat',
      folder,
      path: '/websocket',
      stages: ['release'],
      port: 9480,
      backendTimeout: 15,
      authentication: { type: 'none' },
      integrationResponse: false,
      functions: [
        {
          name: 'Transmission',
          folder: path.join(folder, 'Transmission'),
          handler: 'index.main_handler',
          runtime: 'Python3',
          family: 'python',
          runtimeVersion: '3',
          timeout: 3,
          initTimeout: 60,
          memory: 128,
          maxInstances: 1,
          environment: {},
        },
      ],
      roles: { transfer: 'Transmission' },
      emulator: defaultEmulatorOptions,
    });
  });

  it('takes comments, trailing commas and a byte order mark', () => {
    const text = '\uFEFF{ // mine\n "functions": { "transfer": { "folder": "Transmission", }, }, }';
    assert.equal(parse(text).roles.transfer, 'Transmission');
  });

  it('lets one function play several roles, in one process', () => {
    const project = parse(
      '{"functions": {"register": "cleanup", "transfer": {"folder": "Transmission"}, "cleanup": "transfer"}}',
    );
    assert.equal(project.functions.length, 1);
    assert.deepEqual(project.roles, {
      register: 'Transmission',
      transfer: 'Transmission',
      cleanup: 'Transmission',
    });
  });

  it('tells functions in one folder apart by their role', () => {
    const project = parse(`{"functions": {
      "register": {"folder": "src", "handler": "index.register", "runtime": "Nodejs18.15"},
      "transfer": {"folder": "src", "handler": "index.transfer", "runtime": "Nodejs18.15"}}}`);
    assert.deepEqual(project.roles, { register: 'src', transfer: 'Transmission' });
  });

  it('lets a function change the environment, and the file win over settings', () => {
    const text = `{
      "environment": {"A": "all", "B": "all"},
      "functions": {"transfer": {"folder": "Transmission", "environment": {"B": "own"}}},
      "emulator": {"strict": false}}`;
    const { value } = parseProjectFile(text, folder, {
      exists,
      emulator: { strict: true, coldStart: true },
    });
    assert.deepEqual(value?.functions[0]?.environment, { A: 'all', B: 'own' });
    assert.equal(value?.emulator.strict, false);
    assert.equal(value?.emulator.coldStart, true);
    assert.equal(value?.emulator.redirectPush, true);
  });

  for (const [runtime, family, version, handler] of [
    ['Python2.7', 'python', '2.7', 'index.main_handler'],
    ['python3', 'python', '3', 'index.main_handler'],
    ['Nodejs18.15', 'node', '18.15', 'index.main_handler'],
    ['node20', 'node', '20', 'index.main_handler'],
    ['CustomRuntime', 'custom', undefined, 'bootstrap'],
    ['Go1', 'go', undefined, 'main'],
  ]) {
    it(`knows the runtime ${runtime}`, () => {
      const entry = JSON.stringify({ folder: 'Transmission', runtime });
      const [spec] = parse(`{"functions": {"transfer": ${entry}}}`).functions;
      assert.equal(spec?.family, family);
      assert.equal(spec?.runtimeVersion, version);
      assert.equal(spec?.handler, handler);
    });
  }

  it('resolves an interpreter, which may lie anywhere, but leaves names to PATH', () => {
    const entry = '{"folder": "Transmission", "interpreter": ".venv/bin/python"}';
    const named = parse(
      '{"interpreters": {"python": "python3.9"}, "functions": {"transfer": {"folder": "Transmission"}}}',
    );
    const [spec] = parse(`{"functions": {"transfer": ${entry}}}`).functions;
    assert.equal(spec?.interpreter, path.join(folder, '.venv/bin/python'));
    assert.equal(named.functions[0]?.interpreter, 'python3.9');
  });

  const good = '"functions": {"transfer": {"folder": "Transmission"}}';
  const wrong: [what: string, text: string, ...expected: string[]][] = [
    ['an empty file', '', 'error  : A value is expected here.'],
    [
      'another kind of file',
      'hello',
      'error  hello: This is not JSON. Names and text need double quotes.',
    ],
    ['a list', '[]', 'error  []: "scfws.json" must be an object in braces.'],
    ['nothing in it', '{}', 'error  {: "functions" is missing here.'],
    ['a brace missing', `{${good}`, 'error  {: A closing brace } is missing.'],
    [
      'a word misspelt',
      `{"servce": "x", ${good}}`,
      'warning servce "servce": "servce" means nothing here. Did you mean "service"?',
    ],
    [
      "the console's word",
      `{"functions": {"Transmission": {"folder": "x"}, "transfer": {"folder": "Transmission"}}}`,
      'warning functions.Transmission "Transmission": "Transmission" means nothing here. Did you mean "transfer"?',
    ],
    [
      'a name twice',
      `{"port": 1, "port": 2, ${good}}`,
      'warning port "port": "port" is written twice; the last one counts.',
    ],
    [
      'a wide number',
      `{"port": 99999, ${good}}`,
      'error port 99999: "port" must be between 0 and 65535.',
    ],
    [
      'text for a number',
      `{"port": "80", ${good}}`,
      'error port "80": "port" must be a whole number.',
    ],
    [
      'half a second',
      `{"backendTimeout": 0.5, ${good}}`,
      'error backendTimeout 0.5: "backendTimeout" must be a whole number.',
    ],
    [
      'a stage of another name',
      `{"stages": ["relese"], ${good}}`,
      'error stages.0 "relese": "stages" must be one of: release, prepub, test. Did you mean "release"?',
    ],
    ['no stage', `{"stages": [], ${good}}`, 'error stages []: "stages" must not be empty.'],
    [
      'a path without its slash',
      `{"path": "websocket", ${good}}`,
      'error path "websocket": "path" must start with / and hold no space, ? or #.',
    ],
    [
      'half a parameter',
      `{"path": "/rooms/a{id}", ${good}}`,
      'error path "/rooms/a{id}": A parameter of "path" takes a whole part, each with a name of its own: /rooms/{room}.',
    ],
    [
      'a size that does not exist',
      '{"functions": {"transfer": {"folder": "Transmission", "memory": 100}}}',
      'error functions.transfer.memory 100: "memory" must be 64, or 128 to 3072 in steps of 128.',
    ],
    [
      'an unknown runtime',
      '{"functions": {"transfer": {"folder": "Transmission", "runtime": "Pyton3"}}}',
      'error functions.transfer.runtime "Pyton3": "runtime" must be a runtime such as Python3.9, Nodejs18.15, CustomRuntime or Go1. Did you mean "Python3"?',
    ],
    [
      'no way to tell the runtime',
      '{"functions": {"transfer": {"folder": "elsewhere"}}}',
      'error functions.transfer "transfer": Say the "runtime": there is no file index.py or index.js here that would tell it.',
    ],
    [
      'a handler of one word',
      '{"functions": {"transfer": {"folder": "Transmission", "runtime": "Python3", "handler": "main"}}}',
      'error functions.transfer.handler "main": "handler" must be written as file.function, for example index.main_handler.',
    ],
    [
      'roles in a circle',
      '{"functions": {"transfer": "cleanup", "cleanup": "transfer"}}',
      'error functions.transfer "cleanup": "transfer" refers to a role that has no function.',
      'error functions.cleanup "transfer": "cleanup" refers to a role that has no function.',
    ],
    [
      'two functions of one name',
      '{"functions": {"register": {"folder": "a", "name": "f", "runtime": "Go1"}, "transfer": {"folder": "b", "name": "f", "runtime": "Go1"}}}',
      'error functions.transfer "transfer": Another function is called "f". Give each its own "name".',
    ],
    [
      'a key pair without its key',
      `{"authentication": {"type": "keyPair", "secretId": "x"}, ${good}}`,
      'error authentication "authentication": "keyPair" needs "secretId" and "secretKey".',
    ],
    [
      'a number in the environment',
      `{"environment": {"A": 1}, ${good}}`,
      'error environment.A 1: "A" must be text in double quotes.',
    ],
    [
      'a name that no variable can have',
      `{"environment": {"A=B": "1"}, ${good}}`,
      'error environment.A=B "A=B": "A=B" cannot be the name of an environment variable.',
    ],
  ];
  for (const [what, text, ...expected] of wrong) {
    it(`explains ${what}`, () => assert.deepEqual(complaints(text), expected));
  }

  it('places a problem in its line and column', () => {
    const text =
      '{\r\n  // a comment\r\n  "port": -1,\r\n  "functions": {"transfer": {"folder": "Transmission"}}\r\n}';
    const { problems } = parseProjectFile(text, folder, { exists });
    assert.deepEqual(problems[0]?.range, { line: 2, column: 10, endLine: 2, endColumn: 12 });
  });
});

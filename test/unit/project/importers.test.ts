// Projects of other tools: what is found, what is asked, what scfws.json becomes, and that it can be served.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { detectProject } from '../../../src/core/project/importers/detectProject';
import { handlerNames } from '../../../src/core/project/handlerNames';
import type { DetectedProject } from '../../../src/core/project/importers/detected';
import { placeText } from '../../../src/core/project/importers/notes';
import { planProjectFile } from '../../../src/core/project/importers/planProjectFile';
import { parseServerlessYml } from '../../../src/core/project/importers/serverlessYml';
import { guessRole } from '../../../src/core/project/importers/roleGuess';
import { parseJsonSource } from '../../../src/core/project/importers/yamlText';
import { parseTemplateYaml } from '../../../src/core/project/importers/templateYaml';
import { loadService } from '../../../src/core/project/loadService';
import { parseProjectFile } from '../../../src/core/project/projectFile';

const fixtures = path.resolve(__dirname, '../../fixtures/imports');

async function detect(name: string): Promise<DetectedProject> {
  const [detected, ...others] = await detectProject(path.join(fixtures, name));
  assert.ok(detected !== undefined);
  assert.deepEqual(
    others.map((each) => each.kind),
    [],
  );
  return detected;
}

const planned = (detected: DetectedProject, answers = {}) =>
  JSON.parse(planProjectFile(detected, answers).text) as unknown;
const asked = ({ questions }: DetectedProject) =>
  questions.map(({ role, guess }) => `${role}: ${guess ?? '–'}`);
/** `kind file:line message` of everything that the import tells. */
const told = (detected: DetectedProject, answers = {}) =>
  planProjectFile(detected, answers).notes.map(
    (note) =>
      `${note.kind} ${placeText({ ...note, file: path.relative(detected.folder, note.file) })} ${note.message}`,
  );

describe('importing', () => {
  it('template.yaml: finds the functions, and asks for every role', async () => {
    const detected = await detect('templateYaml');
    assert.equal(detected.kind, 'templateYaml');
    assert.deepEqual(asked(detected), [
      'register: ws_connect',
      'transfer: ws_message',
      'cleanup: ws_disconnect',
    ]);
    assert.deepEqual(told(detected), [
      'changed template.yaml:15 MemorySize of ws_connect is 100 there and 128 MB in scfws.json: the platform allows 64 to 3072 in steps of 128.',
      ...['ws_connect', 'ws_message', 'ws_disconnect', 'report'].map(
        (name) =>
          `unknown template.yaml:41 MODE of ${name} is !Ref Mode, which these files do not tell. Say it in scfws.json.`,
      ),
      'leftOut template.yaml:28 report: Php5 cannot be run here. Runtimes are Python, Nodejs, Go1 and CustomRuntime.',
      'guessed template.yaml:4 ws_connect plays the role "register", by its name or its code.',
      'guessed template.yaml:17 ws_message plays the role "transfer", by its name or its code.',
      'guessed template.yaml:22 ws_disconnect plays the role "cleanup", by its name or its code.',
    ]);
    assert.deepEqual(planned(detected), {
      functions: {
        register: {
          name: 'ws_connect',
          folder: 'connect',
          handler: 'index.main_handler',
          runtime: 'Python3.6',
          timeout: 5,
          memory: 128,
          environment: { ROOM: 'lobby', LIMIT: '20' },
        },
        transfer: {
          name: 'ws_message',
          folder: 'message',
          handler: 'index.main_handler',
          runtime: 'Python3.6',
          timeout: 10,
          environment: { ROOM: 'none' },
        },
        cleanup: {
          name: 'ws_disconnect',
          folder: 'disconnect',
          handler: 'index.main_handler',
          runtime: 'Python2.7',
          timeout: 10,
          environment: { ROOM: 'none' },
        },
      },
    });
  });

  it('template.yaml: takes the answers over the guesses', async () => {
    const detected = await detect('templateYaml');
    const answers = { transfer: 'ws_connect', register: 'ws_connect', cleanup: null };
    const { functions } = planned(detected, answers) as { functions: Record<string, unknown> };
    assert.equal(functions['register'], 'transfer', 'one function plays both');
    assert.deepEqual(Object.keys(functions), ['register', 'transfer']);
    assert.throws(() => planProjectFile(detected, { transfer: null }), { code: 'transferMissing' });
    assert.throws(() => planProjectFile(detected, { transfer: 'x' }), { code: 'unknownFunction' });
  });

  it('serverless.yml, first generation: the gateway says the roles, so nothing is asked', async () => {
    const detected = await detect('serverlessComponents');
    assert.deepEqual(asked(detected), []);
    assert.deepEqual(told(detected), []);
    assert.deepEqual(planned(detected), {
      service: 'chat',
      path: '/ws',
      stages: ['test'],
      backendTimeout: 600,
      integrationResponse: true,
      functions: {
        register: {
          name: 'chat-dev-register',
          folder: 'register',
          handler: 'index.main_handler',
          runtime: 'Nodejs8.9',
          timeout: 20,
          memory: 256,
          environment: { TABLE: 'members' },
        },
        transfer: {
          name: 'chat-dev-trans',
          folder: 'transmission',
          handler: 'index.main_handler',
          runtime: 'Nodejs10.15',
        },
        cleanup: {
          name: 'chat-dev-cleanup',
          folder: 'cleanup',
          handler: 'index.main_handler',
          runtime: 'Nodejs10.15',
        },
      },
    });
  });

  it('serverless.yml in each folder: follows outputs of other components, and knows that a role is not played', async () => {
    const detected = await detect('serverlessFolders');
    assert.deepEqual(asked(detected), []);
    assert.deepEqual(planned(detected), {
      path: '/talk',
      stages: ['release'],
      functions: {
        register: {
          name: 'dev-talk-join',
          folder: 'join',
          handler: 'index.main_handler',
          runtime: 'Python3.7',
        },
        transfer: {
          name: 'dev-talk-say',
          folder: 'say',
          handler: 'index.main_handler',
          runtime: 'Python3.7',
          environment: { GREETING: 'hello' },
        },
      },
    });
  });

  it('multi-scf: several functions of one folder', async () => {
    const detected = await detect('multiScf');
    assert.deepEqual(asked(detected), [
      'register: onOpen',
      'transfer: onMessage',
      'cleanup: onClose',
    ]);
    const { functions } = planned(detected) as {
      functions: Record<string, { timeout: number; handler: string; environment: unknown }>;
    };
    assert.equal(functions['transfer']?.timeout, 9);
    assert.equal(functions['register']?.timeout, 3);
    assert.equal(functions['register']?.handler, 'index.onOpen');
    assert.deepEqual(functions['cleanup']?.environment, { MODE: 'all' });
  });

  it('the websocket component: one function for all roles', async () => {
    const detected = await detect('websocketComponent');
    assert.deepEqual(asked(detected), []);
    assert.deepEqual(planned(detected), {
      path: '/',
      stages: ['prepub'],
      backendTimeout: 30,
      functions: {
        register: 'transfer',
        transfer: {
          name: 'websocket-function',
          folder: 'src',
          handler: 'index.main_handler',
          runtime: 'Nodejs12.16',
          timeout: 10,
        },
        cleanup: 'transfer',
      },
    });
  });

  it('three folders side by side, with a config.json that has comments', async () => {
    const detected = await detect('siblingFolders');
    assert.deepEqual(asked(detected), [
      'register: Register',
      'transfer: my-transmission',
      'cleanup: Delete',
    ]);
    const { functions } = planned(detected) as { functions: Record<string, unknown> };
    assert.deepEqual(functions['transfer'], {
      name: 'my-transmission',
      folder: 'Transmission',
      handler: 'index.main_handler',
      runtime: 'Python2.7',
      timeout: 30,
      memory: 128,
      environment: { MODE: 'test' },
    });
  });

  for (const name of fs.readdirSync(fixtures)) {
    it(`${name}: can be served, and nothing but scfws.json was written`, async () => {
      const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-import-'));
      try {
        fs.cpSync(path.join(fixtures, name), copy, { recursive: true });
        const [detected] = await detectProject(copy);
        assert.ok(detected !== undefined);
        fs.writeFileSync(path.join(copy, 'scfws.json'), planProjectFile(detected).text);
        const { service, problems } = await loadService(copy);
        assert.deepEqual(problems, []);
        assert.ok(service?.roles.transfer);
        const files = (folder: string) =>
          fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
        const added = files(copy).filter(
          (file) => !files(path.join(fixtures, name)).includes(file),
        );
        assert.deepEqual(
          added.filter((file) => !file.startsWith('.scfws')),
          ['scfws.json'],
        );
      } finally {
        fs.rmSync(copy, { recursive: true });
      }
    });
  }

  it('finds nothing where there is nothing', async () => {
    assert.deepEqual(await detectProject(path.join(fixtures, 'siblingFolders', 'docs')), []);
    assert.deepEqual(await detectProject(path.join(fixtures, 'nowhere')), []);
    assert.equal(parseTemplateYaml({ text: 'a: 1', file: 'template.yaml' }), undefined);
  });

  it('leaves out code that lies elsewhere', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-import-'));
    try {
      fs.writeFileSync(
        path.join(folder, 'template.yaml'),
        `Resources:
  a: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: ../../etc, Runtime: Python3.6}}
  b: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: /etc, Runtime: Python3.6}}
  c: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: c.zip, Runtime: Python3.6}}`,
      );
      const [detected] = await detectProject(folder);
      assert.deepEqual(detected?.functions, []);
      assert.equal(detected?.notes.length, 3);
      assert.throws(() => planProjectFile(detected), { code: 'nothingToImport' });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('says where YAML is broken', () => {
    const text = 'Resources:\n  a: [TencentCloud::Serverless::Function\n  b: 1\n';
    for (const finding of [
      parseTemplateYaml({ text, file: 'template.yaml' }),
      parseServerlessYml([{ text, file: 'serverless.yml' }]),
    ]) {
      assert.match(finding?.notes[0]?.message ?? '', /^This YAML cannot be read: .*\. Correct it/);
      assert.ok((finding?.notes[0]?.range?.line ?? 0) >= 1);
    }
  });

  for (const [name, role] of [
    ['Register', 'register'],
    ['ws_connect', 'register'],
    ['disconnect', 'cleanup'],
    ['unregister', 'cleanup'],
    ['Transmission', 'transfer'],
    ['sendMessage', 'transfer'],
    ['report', undefined],
  ] as const) {
    it(`guesses that ${name} is ${role ?? 'none of the three'}`, () =>
      assert.equal(guessRole({ name, folder: '.' }), role));
  }

  it('survives any YAML, and whatever it plans is a good project file', () => {
    const name = fc.oneof(
      fc.constantFrom('a', 'on message', 'x/y', '\\', 'é'.repeat(80)),
      fc.string(),
    );
    const spec = fc.record(
      {
        CodeUri: fc.oneof(fc.constantFrom('./a', 'b', '.'), fc.string()),
        Handler: fc.constantFrom('index.main_handler', 'app.run'),
        Runtime: fc.constantFrom('Python3.6', 'Nodejs12.16', 'CustomRuntime', 'Java8'),
        Timeout: fc.oneof(fc.integer(), fc.double(), fc.string()),
        MemorySize: fc.oneof(fc.integer(), fc.string()),
        Environment: fc.record({ Variables: fc.dictionary(fc.string(), fc.anything()) }),
      },
      { requiredKeys: ['CodeUri', 'Handler', 'Runtime'] },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, spec), { minLength: 1, maxLength: 4 }), (entries) => {
        const resources = Object.fromEntries(
          entries.map(([key, Properties]) => [
            key,
            { Type: 'TencentCloud::Serverless::Function', Properties },
          ]),
        );
        const finding = parseTemplateYaml({
          text: JSON.stringify({ Resources: resources }),
          file: 'template.yaml',
        });
        const [first] = finding?.functions ?? [];
        if (finding === undefined || first === undefined || !/^[ab.]/.test(first.folder)) {
          return;
        }
        const detected: DetectedProject = { ...finding, folder: '/p', questions: [] };
        first.runtime = 'Python3.6';
        first.folder = 'a';
        const { text } = planProjectFile(detected, { transfer: first.name });
        assert.deepEqual(parseProjectFile(text, path.resolve('/p')).problems, []);
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseTemplateYaml({ text, file: 'template.yaml' });
        parseServerlessYml([{ file: 'serverless.yml', text }]);
        parseJsonSource({ file: 'config.json', text });
        handlerNames(text, 'python');
        handlerNames(text, 'node');
      }),
      { numRuns: 500 },
    );
  });

  it('does not go down a file of brackets', () => {
    for (const text of [
      '['.repeat(400_000),
      '{a: '.repeat(100_000),
      'a: ' + '- '.repeat(100_000),
    ]) {
      const finding = parseServerlessYml([{ file: 'serverless.yml', text }]);
      assert.match(finding?.notes[0]?.message ?? '', /^This file is nested too deeply/);
    }
  });

  it('does not follow a flood of YAML aliases', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [one, other] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh'].map((pair) => [
      ...pair,
    ])) {
      lines.push(`${other}: &${other} [${`*${one}, `.repeat(9)}*${one}]`);
    }
    const text = `${lines.join('\n')}\nResources: {t: {Type: 'TencentCloud::Serverless::Function'}}`;
    const finding = parseTemplateYaml({ text, file: 'template.yaml' });
    assert.match(finding?.notes[0]?.message ?? '', /alias/i);
  });
});

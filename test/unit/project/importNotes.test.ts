// An import never guesses in silence: what was dropped, changed or assumed is told with file, line and next step.
import assert from 'node:assert/strict';
import { detectProject } from '../../../src/core/project/importers/detectProject';
import { planProjectFile } from '../../../src/core/project/importers/planProjectFile';
import { handlerNames, rolesSpoken } from '../../../src/core/project/handlerNames';
import { loadService } from '../../../src/core/project/loadService';
import { buildEnvironment } from '../../../src/core/runtime/launch/environment';
import { importing, one, written } from './importing';

const py = 'def main_handler(event, context):\n    return event["websocket"]\n';
const js = 'exports.main_handler = async (event, context) => event.websocket;\n';
const all = `def main_handler(event, context):
    if event['websocket']['action'] == 'connecting':
        return {'errNo': 0}
    if event['websocket']['action'] == 'closing':
        return None
`;

describe('an import says what it does not know:', () => {
  const { write, bring, refused } = importing();

  const scf = (inputs: string) => `component: scf
name: message
inputs:
  src: ./code
  handler: index.main_handler
${inputs}`;

  it('references are resolved by the file and its .env, or told by name', async () => {
    const imported = await bring({
      '.env': 'TOKEN=abc\n',
      'code/index.py': py,
      'serverless.yml': `Conf:
  component: "@serverless/global"
  inputs:
    region: ap-guangzhou
message:
  component: "@serverless/tencent-scf"
  inputs:
    name: message
    src: ./code
    handler: index.main_handler
    runtime: \${opt:runtime, 'Python3.6'}
    timeout: \${env:TIMEOUT, 7}
    memorySize: \${file(./sizes.yml):memory}
    environment:
      variables:
        TOKEN: \${env:TOKEN}
        REGION: \${Conf.region}
        HOME_REGION: x-\${Conf.inputs.region}
        SECRET: \${env:SECRET}
        BOTH: \${env:SECRET}/\${env:TOKEN}
        PATHLESS: \${env:PATH}
        wsBackUrl: \${output:dev:app:gateway.url}
        PUSH_URL: \${env:PUSH_URL}
        LITERAL: 5
`,
    });
    const transfer = written(imported, 'transfer');
    assert.equal(transfer.runtime, 'Python3.6');
    assert.equal(transfer.timeout, 7);
    assert.equal(transfer.memory, undefined);
    assert.deepEqual(transfer.environment, {
      TOKEN: 'abc',
      REGION: 'ap-guangzhou',
      HOME_REGION: 'x-ap-guangzhou',
      PUSH_URL: '${SCFWS_PUSH_URL}',
      LITERAL: '5',
    });
    one(imported.notes, /^unknown serverless.yml:13 memorySize of message is \$\{file/);
    one(imported.notes, /^unknown serverless.yml:19 SECRET of message is \$\{env:SECRET\}/);
    one(imported.notes, /^unknown serverless.yml:20 BOTH of message is \$\{env:SECRET\}/);
    one(imported.notes, /^unknown serverless.yml:21 PATHLESS/);
    one(imported.notes, /^changed serverless.yml:22 message: wsBackUrl .* local push address/);
    one(imported.notes, /^changed serverless.yml:23 message: PUSH_URL .* local push address/);
    one(imported.notes, /^guessed serverless.yml:11 runtime of message/);
    one(imported.notes, /^guessed serverless.yml:16 TOKEN of message .* \.env/);
    assert.doesNotMatch(JSON.stringify(imported.project), /\$\{(?!SCFWS)/);
    const { service } = await loadService(imported.folder);
    const [spec] = service?.functions ?? [];
    const env = buildEnvironment(spec!, 'http://127.0.0.1:1/api-x', {}, 'cloud');
    assert.equal(env['PUSH_URL'], 'http://127.0.0.1:1/api-x');
    assert.equal(env['wsBackUrl'], 'http://127.0.0.1:1/api-x');
  });

  it('references that go in circles end', async () => {
    const text = scf(
      '  runtime: Python3\n  environment: {variables: {A: "${a.b}"}}\na: {b: "${a.b}"}\n',
    );
    const imported = await bring({ 'code/index.py': py, 'serverless.yml': text });
    assert.equal(written(imported, 'transfer').environment, undefined);
    one(imported.notes, /^unknown serverless.yml:7 A of message/);
  });

  for (const [what, source] of [
    ['src: {bucket, object}', 'src: {bucket: code-125, object: a.zip}'],
    ['CodeUri: {Bucket, Key}', 'CodeUri: {Bucket: code-125, Key: a.zip}'],
  ] as const) {
    it(`code in a bucket (${what}) is no folder`, async () => {
      const notes = await refused({
        'serverless.yml': `component: scf\nname: message\ninputs:\n  ${source}\n  handler: index.main_handler\n`,
        'index.py': 'x = 1\n',
      });
      one(
        notes,
        /^serverless.yml:4 message: its code lies in the bucket code-125, as a\.zip\. Download/,
      );
    });
  }

  it('numbers that the platform has not, and what is no number', async () => {
    const text = scf(
      '  runtime: Python3.6\n  timeout: 1000\n  initTimeout: soon\n  memorySize: 200\n  layers: [{name: x}]\n  vpcConfig: {vpcId: 1}\n',
    );
    const imported = await bring({ 'code/index.py': py, 'serverless.yml': text });
    assert.equal(written(imported, 'transfer').timeout, 900);
    assert.equal(written(imported, 'transfer').memory, 256);
    one(
      imported.notes,
      /^changed serverless.yml:7 timeout of message is 1000 there and 900 s .* 1 to 900/,
    );
    one(imported.notes, /^leftOut serverless.yml:8 initTimeout of message is soon/);
    one(imported.notes, /^changed serverless.yml:9 memorySize of message is 200 there and 256 MB/);
    one(imported.notes, /^leftOut serverless.yml:10 message: its layers\. Install/);
    one(imported.notes, /^leftOut serverless.yml:11 message: "vpcConfig"/);
    const zero = await bring({ 'code/index.py': py, 'serverless.yml': scf('  timeout: 0\n') });
    one(zero.notes, /^changed serverless.yml:6 timeout of message is 0 there and 1 s/);
  });

  it('files in another encoding: UTF-16 is read, what is neither is named and nothing of it is taken', async () => {
    const text = scf('  environment: {variables: {GREET: 你好}}\n');
    const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
    const imported = await bring({ 'code/index.py': py, 'serverless.yml': wide });
    assert.equal(written(imported, 'transfer').environment?.['GREET'], '你好');
    const gbk = Buffer.concat([
      Buffer.from(text.slice(0, -5)),
      Buffer.from([0xc4, 0xe3, 0x7d, 0x7d]),
    ]);
    for (const [name, files] of Object.entries<Record<string, string>>({
      'serverless.yml': { 'code/index.py': py },
      'template.yaml': { 'code/index.py': py },
      'Transmission/config.json': { 'Transmission/index.py': py, 'Register/index.py': py },
    })) {
      const folder = write({ ...files, [name]: gbk });
      const [detected] = await detectProject(folder);
      assert.deepEqual(
        detected?.notes.filter(({ kind }) => kind === 'unknown').map(({ message }) => message),
        [`This file is not UTF-8. Save it with that encoding and import again.`],
      );
    }
  });

  it('what the websocket component says in two places, and a folder that is a dot', async () => {
    const imported = await bring({
      'app.py': 'def handler(event, context):\n    pass\n',
      'serverless.yml':
        'component: websocket\nname: ws\ninputs:\n  faas: {runtime: Python3.6}\n  functionConf: {timeout: 10, environment: {variables: {A: b}}}\n',
    });
    const entry = written(imported, 'transfer');
    assert.deepEqual([entry.timeout, entry.environment], [10, { A: 'b' }]);
    one(imported.notes, /there is no index\.py in the project folder\. Say "handler"/);
  });

  it('times and sizes with a unit, and numbers of other forms', async () => {
    const read = async (timeout: string, memorySize: string) => {
      const text = scf(`  timeout: ${timeout}\n  memorySize: ${memorySize}\n`);
      const imported = await bring({ 'code/index.py': py, 'serverless.yml': text });
      const entry = written(imported, 'transfer');
      return {
        values: [entry.timeout, entry.memory],
        told: imported.notes.filter((note) => / of message is /.test(note)),
      };
    };
    for (const [timeout, seconds, memory, size] of [
      ['30s', 30, '128MB', 128],
      ['30 s', 30, '256 mb', 256],
      ['1m', 60, '1G', 1024],
      ['"1m30s"', 90, '512Mi', 512],
      ['2 Minutes', 120, '1.5 GiB', 1536],
      ['5000ms', 5, '131072KB', 128],
      ['PT1M5S', 65, '128m', 128],
      ['3分钟', 180, '128M', 128],
      ['0x3c', 60, '0o400', 256],
      ['1e2', 100, '1_024', 1024],
      ['0.1h', 360, '0.5GB', 512],
    ] as const) {
      const { values, told } = await read(timeout, memory);
      assert.deepEqual(values, [seconds, size], timeout);
      const said = (text: string) => text.replaceAll('"', '');
      assert.deepEqual(told, [
        `changed serverless.yml:6 timeout of message is ${said(timeout)} there and ${seconds} s in scfws.json.`,
        `changed serverless.yml:7 memorySize of message is ${said(memory)} there and ${size} MB in scfws.json.`,
      ]);
    }
    // The same number is no change; beyond the limits the change tells both.
    assert.deepEqual(await read('"60"', '128.0'), { values: [60, 128], told: [] });
    const { values, told } = await read('1h', '100MB');
    assert.deepEqual(values, [900, 128]);
    assert.match(told.join('\n'), /timeout of message is 1h there and 900 s .* 1 to 900/);
    assert.match(
      told.join('\n'),
      /memorySize of message is 100MB there and 128 MB .* steps of 128/,
    );
    // No clear meaning: named, and the default is used.
    for (const [timeout, memory] of [
      ['060', '0200'],
      ['1:30', '128 Mbit'],
      ['1M', '1G512M'],
      ['30x', '128,5'],
      ['"-"', '.inf'],
      ['s', 'MB'],
    ] as const) {
      const unclear = await read(timeout, memory);
      assert.deepEqual(unclear.values, [undefined, undefined], timeout);
      assert.equal(unclear.told.length, 2, unclear.told.join('\n'));
      assert.ok(unclear.told.every((note) => note.startsWith('leftOut ')));
    }
  });

  it('variables stay as they are written, whatever YAML and JSON make of numbers', async () => {
    const text = scf(
      '  environment: {variables: {A: 1.10, B: 12345678901234567890, C: 1e3, D: 0x10, E: 0777, F: -0, G: .5, H: true, I: 1.0}}\n  timeout: 1e1\n',
    );
    const imported = await bring({ 'code/index.py': py, 'serverless.yml': text });
    assert.deepEqual(written(imported, 'transfer').environment, {
      ...{ A: '1.10', B: '12345678901234567890', C: '1e3', D: '0x10', E: '0777' },
      ...{ F: '-0', G: '.5', H: 'true', I: '1.0' },
    });
    assert.equal(written(imported, 'transfer').timeout, 10);
    const variables = '"A": 1.10, "B": 12345678901234567890, "C": "x"';
    const json = await bring({
      'Register/index.py': py,
      'Delete/index.py': py,
      'Transmission/index.py': py,
      'Transmission/config.json': `{"Environment": {"Variables": {${variables}}}, "Timeout": 7}`,
    });
    assert.deepEqual(written(json, 'transfer').environment, {
      ...{ A: '1.10', B: '12345678901234567890', C: 'x' },
    });
    assert.equal(written(json, 'transfer').timeout, 7);
  });

  it('variables by one reference: its own file tells them, another one is named', async () => {
    const own = scf(
      '  environment: {variables: "${self:custom.env}"}\ncustom: {env: {A: 1, B: two}}\n',
    );
    const imported = await bring({ 'code/index.py': py, 'serverless.yml': own });
    assert.deepEqual(written(imported, 'transfer').environment, { A: '1', B: 'two' });
    for (const value of ['variables: "${file(./env.yml)}"', 'variables: plain']) {
      const other = await bring({
        'code/index.py': py,
        'serverless.yml': scf(`  environment: {${value}}\n`),
      });
      assert.equal(written(other, 'transfer').environment, undefined);
      one(other.notes, /^(unknown|leftOut) serverless.yml:6 .*(file\(|holds no variables)/);
    }
  });

  it('what is not read of a file, and files beside what is read', async () => {
    const more = `${scf('  timeout: 3\n')}---\ncomponent: scf\n`;
    const imported = await bring({ 'code/index.py': py, 'serverless.yml': more });
    one(imported.notes, /^leftOut serverless.yml:7 What follows "---"/);
    const notes = await refused({
      'serverless.yml': scf('').replace('./code', 'cos://code-125/a.zip'),
    });
    one(notes, /message: its code lies at cos:\/\/code-125\/a\.zip\. Download it/);
    const beside = await bring({
      'Register/index.py': py,
      'Delete/index.py': py,
      'Transmission/index.py': py,
      'template.yaml': 'Resources: {a: {Type: AWS::Serverless::Function}}\n',
    });
    one(beside.notes, /^leftOut template.yaml This template describes resources of AWS/);
  });

  it('functions beyond the three', async () => {
    const each = (name: string) =>
      `  ${name}: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: ./${name}, Handler: index.main_handler, Runtime: Python3.6}}\n`;
    const names = ['connect', 'message', 'disconnect', 'report'];
    const imported = await bring({
      'template.yaml': `Resources:\n${names.map(each).join('')}`,
      ...Object.fromEntries(names.map((name) => [`${name}/index.py`, py])),
    });
    one(imported.notes, /^leftOut template.yaml:5 report: it plays none of the three roles/);
  });

  it('an endpoint without functions does not win over one with', async () => {
    const imported = await bring({
      'code/index.py': py,
      'serverless.yml': `message:
  component: scf
  inputs: {src: ./code, handler: index.main_handler, runtime: Python3.6}
gateway:
  component: apigateway
  inputs:
    endpoints:
      - {path: /empty, protocol: WEBSOCKET, serviceTimeout: 20}
      - {path: /elsewhere, protocol: WEBSOCKET, function: {transportFunctionName: other}}
      - {path: /ws, protocol: WEBSOCKET, serviceTimeout: 4000, auth: {x: 1}, function: {transportFunctionName: message}}
`,
    });
    assert.equal(imported.project.path, '/ws');
    assert.equal(imported.project.backendTimeout, 1800);
    assert.deepEqual(imported.questions, []);
    assert.deepEqual(Object.keys(imported.project.functions), ['transfer']);
    one(imported.notes, /^leftOut serverless.yml:8 A further WebSocket endpoint, \/empty/);
    one(imported.notes, /^leftOut serverless.yml:9 .*\/elsewhere/);
    one(imported.notes, /^changed serverless.yml:10 serviceTimeout .* 4000 there and 1800 s/);
    one(
      imported.notes,
      /^leftOut serverless.yml:10 auth of the WebSocket endpoint\. Say "authentication"/,
    );
  });

  it('a lone function for messages does not become Register', async () => {
    const imported = await bring({
      'template.yaml': `Resources:\n  message: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: ., Runtime: Python3.6}}\n`,
      'index.py': py,
    });
    assert.deepEqual(imported.questions, ['register: –', 'transfer: message', 'cleanup: –']);
    assert.deepEqual(Object.keys(imported.project.functions), ['transfer']);
    one(imported.notes, /^guessed template.yaml No function plays the role "register"/);
  });

  it('a Register that is alone takes no messages, and what was left out is told with the question', async () => {
    const register = `def main_handler(event, context):
    connection = event['websocket']['secConnectionID']
    return {'errNo': 0, 'websocket': {'action': 'connecting', 'secConnectionID': connection}}
`;
    const template = `Resources:
  register: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: ./reg, Handler: index.main_handler, Runtime: Python3.6}}
  transfer: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: ./transfer.zip, Handler: index.main_handler, Runtime: Python3.6}}
`;
    const folder = write({ 'template.yaml': template, 'reg/index.py': register });
    const [detected] = await detectProject(folder);
    assert.ok(detected !== undefined);
    assert.throws(
      () => planProjectFile(detected),
      (error: { code: string; nextStep: string }) =>
        error.code === 'transferMissing' &&
        /Functions: register\. template\.yaml:3: transfer: its code is packed in transfer\.zip/.test(
          error.nextStep,
        ),
    );
    const whole = write({ 'template.yaml': template, 'reg/index.py': all });
    const [alone] = await detectProject(whole);
    assert.deepEqual(
      alone?.questions.map(({ guess }) => guess),
      ['register', 'register', 'register'],
    );
  });

  it('what a hook leaves is the code, and the hook is told', async () => {
    const text = (src: string) =>
      `component: scf\nname: message\ninputs:\n  src: ${src}\n  handler: index.main_handler\n  runtime: Nodejs16.13\n`;
    const files = { 'dist/index.js': js, 'code/index.ts': '' };
    for (const yaml of [
      text('{src: ./code, dist: ./dist, hook: npm run build}'),
      `${text('./dist')}  hook: npm run build\n`,
    ]) {
      const imported = await bring({ ...files, 'serverless.yml': yaml });
      assert.equal(written(imported, 'transfer').folder, 'dist');
      one(
        imported.notes,
        /^leftOut serverless\.yml:4 message: "npm run build" is run before .*"build"/,
      );
    }
    const json = JSON.stringify({
      component: 'scf',
      name: 'message',
      inputs: { src: './dist', handler: 'index.main_handler', runtime: 'Nodejs16.13' },
    });
    const imported = await bring({ ...files, 'serverless.json': json });
    assert.equal(written(imported, 'transfer').folder, 'dist');
  });

  it('a lone function whose code tells the actions apart plays them', async () => {
    const imported = await bring({
      'template.yaml': `Resources:\n  chat: {Type: 'TencentCloud::Serverless::Function', Properties: {CodeUri: ., Runtime: Python3.6}}\n`,
      'index.py': all,
    });
    assert.deepEqual(imported.project.functions.register, 'transfer');
    assert.deepEqual(imported.project.functions.cleanup, 'transfer');
  });

  it('an HTTP function of a template is no role at all', async () => {
    const files = {
      'template.yaml': `Resources:
  hello:
    Type: TencentCloud::Serverless::Function
    Properties:
      CodeUri: .
      Runtime: Python3.6
      Events: {web: {Type: APIGW, Properties: {HttpMethod: GET}}}
`,
      'index.py': 'def main_handler(event, context):\n    return {"statusCode": 200}\n',
    };
    const [detected] = await detectProject(write(files));
    assert.ok(detected !== undefined);
    assert.deepEqual(
      detected.questions.map(({ guess }) => guess),
      [null, null, null],
    );
    assert.throws(() => planProjectFile(detected), { code: 'transferMissing' });
  });

  it('a file that describes something else: what was seen and what can be read', async () => {
    const name = 'serverless.yml';
    const readable = /What can be read: provider tencent/;
    const aws = await refused({
      [name]: 'service: x\nprovider:\n  name: aws\nfunctions: {a: {handler: x.y}}\n',
    });
    assert.match(aws[0] ?? '', /^serverless.yml:2 .* provider aws\./);
    assert.match(aws[0] ?? '', readable);
    const wrapper = await refused({ [name]: 'component: express\nname: web\ninputs: {src: ./}\n' });
    assert.match(wrapper[0] ?? '', /^serverless.yml:1 .*express, which wraps/);
    const gateway = await refused({
      [name]: 'component: apigateway\nname: g\ninputs: {endpoints: []}\n',
    });
    assert.match(gateway[0] ?? '', /^serverless.yml:1 .*gateway only/);
    const sam = await refused({
      'template.yaml': 'Resources: {a: {Type: AWS::Serverless::Function}}\n',
    });
    assert.match(sam[0] ?? '', /resources of AWS \(AWS::Serverless::Function\)\. What can be read/);
    const broken = await refused({ [name]: 'component: scf\n  name: [x\n' });
    assert.match(
      broken[0] ?? '',
      /^serverless.yml:\d This YAML cannot be read: .*Correct it and import again/,
    );
  });

  it('reads the first form of the framework, provider: tencent', async () => {
    const imported = await bring({
      'serverless.yml': `service: chat
provider:
  name: tencent
  runtime: Python3.6
  timeout: 5
  environment: {variables: {MODE: all, WHO: "\${self:service}"}}
functions:
  register: {handler: register.main_handler}
  transmission: {handler: trans.main_handler, timeout: 20, runtime: Nodejs12.16}
`,
      'register.py': py,
      'trans.js': js,
    });
    assert.deepEqual(written(imported, 'register'), {
      name: 'register',
      folder: '.',
      handler: 'register.main_handler',
      runtime: 'Python3.6',
      timeout: 5,
      environment: { MODE: 'all', WHO: 'chat' },
    });
    assert.equal(written(imported, 'transfer').timeout, 20);
    assert.equal(written(imported, 'transfer').runtime, 'Nodejs12.16');
    assert.deepEqual(imported.problems, []);
  });

  it("the vendor's sample: a template in each folder that names a file the folder lacks", async () => {
    const template = (file: string) => `Resources:
  default:
    Type: TencentCloud::Serverless::Namespace
    websocket:
      Type: TencentCloud::Serverless::Function
      Properties:
        CodeUri: ./
        Handler: ${file}.main_handler
        Runtime: Python2.7
`;
    const imported = await bring({
      'Register/template.yaml': template('websocket_register'),
      'Register/index.py': py,
      'Transmission/template.yaml': template('websocket_transmission'),
      'Transmission/index.py': py,
      'Delete/template.yaml': template('websocket_delete'),
      'Delete/index.py': py,
    });
    assert.deepEqual(imported.problems, []);
    for (const [role, folder] of [
      ['register', 'Register'],
      ['transfer', 'Transmission'],
      ['cleanup', 'Delete'],
    ] as const) {
      assert.equal(written(imported, role).folder, folder);
      assert.equal(written(imported, role).handler, 'index.main_handler');
    }
    one(
      imported.notes,
      /^changed Register[/\\]template.yaml:4 .*no websocket_register\.py in Register; index\.py there has it, so scfws\.json says index\.main_handler/,
    );
  });

  it('two files that can be meant are named, and none is taken', async () => {
    const imported = await bring({
      'serverless.yml': scf('  runtime: Python3.6\n').replace('index.main', 'gone.main'),
      'code/one.py': py,
      'code/two.py': py,
    });
    assert.equal(written(imported, 'transfer').handler, 'gone.main_handler');
    one(
      imported.notes,
      /^unknown .*no gone\.py in code\. Say "handler".*: one\.main_handler, two\.main_handler/,
    );
  });

  const go = 'package main\n\nfunc main() {}\n';
  const layouts: [
    string,
    Record<string, string>,
    Partial<Record<'register' | 'transfer' | 'cleanup', [string, string]>>,
  ][] = [
    [
      'flat files',
      { 'register.py': py, 'transmission.py': py, 'delete.py': py, 'setup.py': py },
      {
        register: ['.', 'register.main_handler'],
        transfer: ['.', 'transmission.main_handler'],
        cleanup: ['.', 'delete.main_handler'],
      },
    ],
    [
      'main.py in folders',
      { 'connect/main.py': py, 'send/main.py': py.replace('main_handler', 'handler') },
      { register: ['connect', 'main.main_handler'], transfer: ['send', 'main.handler'] },
    ],
    [
      'flat JavaScript with names of its own',
      {
        'connect.js': 'exports.onConnect = async (event) => ({});',
        'message.mjs': 'export const run = async (event) => 1;',
      },
      { register: ['.', 'connect.onConnect'], transfer: ['.', 'message.run'] },
    ],
    [
      'index.ts and index.mjs',
      {
        'open/index.ts': 'export async function main_handler(event: unknown) {}',
        'recv/index.mjs': 'export { go as main_handler };',
      },
      { register: ['open', 'index.main_handler'], transfer: ['recv', 'index.main_handler'] },
    ],
    [
      'Go',
      { 'register/main.go': go, 'trans/main.go': go },
      { register: ['register', 'main'], transfer: ['trans', 'main'] },
    ],
    [
      'a bootstrap',
      { 'register/bootstrap': '#!/bin/sh\n', 'message/bootstrap': '#!/bin/sh\n' },
      { register: ['register', 'bootstrap'], transfer: ['message', 'bootstrap'] },
    ],
    [
      'src/register/…',
      {
        'src/register/index.js': js,
        'src/transmission/index.js': js,
        'src/lib/index.js': 'exports.x = 1;',
      },
      {
        register: ['src/register', 'index.main_handler'],
        transfer: ['src/transmission', 'index.main_handler'],
      },
    ],
    [
      'Chinese names',
      { '建立连接/index.py': py, '收发消息/index.py': py, '断开连接/index.py': py },
      {
        register: ['建立连接', 'index.main_handler'],
        transfer: ['收发消息', 'index.main_handler'],
        cleanup: ['断开连接', 'index.main_handler'],
      },
    ],
    [
      'reg / trans / close',
      { 'reg/index.py': py, 'trans/index.py': py, 'close/index.py': py },
      {
        register: ['reg', 'index.main_handler'],
        transfer: ['trans', 'index.main_handler'],
        cleanup: ['close', 'index.main_handler'],
      },
    ],
    ['one file for all', { 'index.py': all }, { transfer: ['.', 'index.main_handler'] }],
  ];
  for (const [what, files, expected] of layouts) {
    it(`layout: ${what}`, async () => {
      const imported = await bring(files);
      for (const role of ['register', 'transfer', 'cleanup'] as const) {
        const entry = imported.project.functions[role];
        if (typeof entry === 'object') {
          assert.deepEqual([entry.folder, entry.handler], expected[role], role);
        }
      }
      assert.deepEqual(
        Object.keys(expected).filter((role) => !(role in imported.project.functions)),
        [],
      );
      assert.deepEqual(
        imported.problems.filter((each) => what !== 'Go' || !/no .*main for/.test(each)),
        [],
      );
    });
  }

  it('reads which functions can be handlers', () => {
    assert.deepEqual(
      handlerNames(
        'def a(x):\n  pass\nasync def b(event, context):\n  def c(e, c): pass\nhandler = b\n',
        'python',
      ),
      ['handler', 'b'],
    );
    assert.deepEqual(
      handlerNames('def main_handler(event: dict, context: object = None):\n', 'python'),
      ['main_handler'],
    );
    assert.deepEqual(handlerNames('module.exports = { go, main_handler: run };', 'node'), [
      'main_handler',
      'go',
    ]);
    assert.deepEqual(handlerNames('module.exports.x = 1\nexport default 1', 'node'), ['x']);
    assert.deepEqual(rolesSpoken("'connecting'"), []);
  });
});

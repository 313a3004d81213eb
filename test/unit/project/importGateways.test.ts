// Which function plays which role, in every way that a file says it; what leads to no function is told by name and line.
import assert from 'node:assert/strict';
import { importing, one } from './importing';
import type { Imported } from './importing';

const py = 'def main_handler(event, context):\n    return event["websocket"]\n';
const code = { 'a/index.py': py, 'b/index.py': py, 'c/index.py': py };

const each = (name: string, folder: string) =>
  `${name}:\n  component: scf\n  inputs: {src: ./${folder}, handler: index.main_handler, runtime: Python3.6}\n`;
/** Names that suggest no role. */
const functions = each('alpha', 'a') + each('beta', 'b') + each('gamma', 'c');
const framework = `service: chat
provider: {name: tencent, runtime: Python3.6}
functions:
  alpha: {handler: index.main_handler, src: ./a}
  beta: {handler: index.main_handler, src: ./b}
  gamma: {handler: index.main_handler, src: ./c}
`;
const names =
  '{transportFunctionName: alpha, registerFunctionName: beta, cleanupFunctionName: gamma}';

/** `transfer: alpha …` */
function roles({ project }: Imported): string {
  return (['transfer', 'register', 'cleanup'] as const)
    .map((role) => {
      const entry = project.functions[role];
      return `${role}: ${typeof entry === 'object' ? entry.name : (entry ?? '–')}`;
    })
    .join(', ');
}
const all = 'transfer: alpha, register: beta, cleanup: gamma';

describe('endpoints of a gateway', () => {
  const { bring, refused } = importing();

  const layouts: Record<string, string> = {
    'the component': `${functions}gateway:
  component: "@serverless/tencent-apigateway"
  inputs: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}
`,
    'the component under its first name': `${functions}gateway:
  component: "@serverless/tencent-apig"
  inputs: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}
`,
    'the component from a folder': `${functions}gateway:
  component: ../tencent-apigateway
  inputs: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}
`,
    'the component, of a version': `${functions}gateway:
  component: apigateway@dev
  inputs: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}
`,
    'a mapping of endpoints': `${functions}gateway:
  component: apigateway
  inputs: {endpoints: {chat: {path: /ws, protocol: websocket, function: ${names}}}}
`,
    'names beside the path': `${functions}gateway:
  component: apigateway
  inputs:
    endpoints:
      - path: /ws
        protocol: WEBSOCKET
        transportFunctionName: alpha
        registerFunctionName: beta
        cleanupFunctionName: gamma
`,
    'names of the API of the cloud': `${functions}gateway:
  component: apigateway
  inputs:
    apis:
      - Path: /ws
        Protocol: WEBSOCKET
        ServiceWebsocketTransportFunctionName: alpha
        ServiceWebsocketRegisterFunctionName: beta
        ServiceWebsocketCleanupFunctionName: gamma
`,
    'a section of its own': `${functions}apigateway:
  endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]
`,
    'a section with inputs': `${functions}apigw:
  inputs: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}
`,
    'a section of the provider': framework.replace(
      'runtime: Python3.6}',
      `runtime: Python3.6, apiGateway: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}}`,
    ),
    'a section that is a list': `${framework}apigateway: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]\n`,
    'a section that is one endpoint': `${framework}custom:\n  apigw: {path: /ws, protocol: WEBSOCKET, function: ${names}}\n`,
    'a section of a function': framework.replace(
      'src: ./a}',
      `src: ./a, apigw: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}}`,
    ),
    'an event of a function': framework.replace(
      'src: ./a}',
      `src: ./a, events: [{apigw: {name: g, parameters: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: ${names}}]}}}]}`,
    ),
    'endpoints by a reference': `${framework}apigateway: {endpoints: "\${self:custom.endpoints}"}
custom: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: "\${self:custom.names}"}], names: ${names}}
`,
    'a protocol by a reference': `${framework}apigateway: {endpoints: [{path: /ws, protocol: "\${self:custom.way}", function: ${names}}]}
custom: {way: websocket}
`,
  };
  for (const [what, text] of Object.entries(layouts)) {
    it(`${what}: the roles and the path are taken, and nothing is left to tell`, async () => {
      const imported = await bring({ ...code, 'serverless.yml': text });
      assert.equal(roles(imported), all);
      assert.equal(imported.project.path, '/ws');
      assert.deepEqual(imported.questions, []);
      assert.deepEqual(imported.notes, []);
    });
  }

  it('a function that stands alone is the one for messages', async () => {
    const imported = await bring({
      ...code,
      'serverless.yml': `component: multi-scf
name: chat
inputs:
  src: ./a
  runtime: Python3.6
  functions: {alpha: {handler: index.main_handler}, beta: {handler: index.main_handler}}
  triggers:
    - type: apigw
      parameters: {name: chat, apis: [{path: /ws, method: GET, protocol: WEBSOCKET, function: alpha}]}
`,
    });
    assert.equal(roles(imported), 'transfer: alpha, register: –, cleanup: –');
    assert.equal(imported.project.service, 'chat');
  });

  it('another server behind the gateway, and a Web function, are no functions to run', async () => {
    const imported = await bring({
      ...code,
      'serverless.yml': `${functions}gateway:
  component: apigateway
  inputs:
    customDomains: [{domain: chat.example.com}]
    endpoints:
      - {path: /far, protocol: WEBSOCKET, serviceType: WEBSOCKET, serviceConfig: {url: "ws://chat.example.com"}}
      - {path: /web, protocol: WEBSOCKET, function: {functionType: web, functionName: alpha}}
      - {path: /ws, protocol: WEBSOCKET, serviceType: SCF, cache: 5, function: {transportFunctionName: beta, weight: 3}}
`,
    });
    assert.equal(imported.project.path, '/ws');
    assert.equal(roles(imported), 'transfer: beta, register: –, cleanup: –');
    one(
      imported.notes,
      /^leftOut serverless.yml:15 The WebSocket endpoint \/far leads to another server \(ws:\/\/chat\.example\.com\).*connect to that/,
    );
    one(imported.notes, /^leftOut serverless.yml:16 .* \/web leads to a Web function.*start it/);
    one(imported.notes, /^leftOut serverless.yml:13 customDomains of the gateway has no part/);
    one(imported.notes, /^leftOut serverless.yml:17 cache of the WebSocket endpoint has no part/);
    one(imported.notes, /^leftOut serverless.yml:17 weight of the WebSocket endpoint has no part/);
  });

  it('endpoints and functions of another file are named', async () => {
    const imported = await bring({
      ...code,
      'serverless.yml': `${functions}apigateway:\n  endpoints: "\${file(./endpoints.yml)}"\n`,
    }).catch((error: { code: string; nextStep: string }) => error);
    assert.ok('nextStep' in imported);
    assert.match(
      imported.nextStep,
      /Say which one plays the role "transfer"/,
      'nothing is known of the roles',
    );
    const answered = await bring(
      {
        ...code,
        'serverless.yml': `${functions}apigateway:\n  endpoints: "\${file(./endpoints.yml)}"\n`,
      },
      { transfer: 'alpha' },
    );
    one(
      answered.notes,
      /^unknown serverless.yml:11 endpoints of the gateway is \$\{file\(\.\/endpoints\.yml\)\}, which these files do not tell/,
    );
  });

  it('functions of another file are named, and those by a reference in the same file are read', async () => {
    const imported = await bring(
      {
        ...code,
        'serverless.yml': `service: chat
provider: {name: tencent, runtime: Python3.6}
functions:
  alpha: "\${self:custom.alpha}"
  beta: "\${file(./beta.yml)}"
custom: {alpha: {handler: index.main_handler, src: ./a}}
`,
      },
      { transfer: 'alpha' },
    );
    assert.equal(roles(imported), 'transfer: alpha, register: –, cleanup: –');
    one(imported.notes, /^unknown serverless.yml:5 beta of chat is \$\{file\(\.\/beta\.yml\)\}/);
    const lists = await refused({
      'serverless.yml': `service: chat
provider: {name: tencent}
functions: ["\${file(./all.yml)}"]
`,
    });
    one(lists, /^serverless.yml:3 0 of chat is \$\{file\(\.\/all\.yml\)\}/);
    const all = await refused({
      'serverless.yml': `service: chat
provider: {name: tencent}
functions: "\${file(./all.yml)}"
`,
    });
    one(all, /^serverless.yml:3 functions of chat is \$\{file\(\.\/all\.yml\)\}/);
  });

  it('references in the names of functions: by the file, by .env, by a default, by the same reference', async () => {
    const imported = await bring({
      ...code,
      '.env': 'REG=beta\n',
      'serverless.yml': `${each('alpha', 'a')}${each('beta', 'b')}gamma:
  component: scf
  inputs: {name: "\${env:CLOSE}-x", src: ./c, handler: index.main_handler, runtime: Python3.6}
trans: alpha
custom: {names: {reg: "\${env:REG}"}}
gateway:
  component: apigateway
  inputs:
    endpoints:
      - path: /ws
        protocol: WEBSOCKET
        function:
          transportFunctionName: \${trans}
          registerFunctionName: \${self:custom.names.reg}
          cleanupFunctionName: "\${env:CLOSE}-x"
`,
    });
    assert.equal(roles(imported), all);
    one(
      imported.notes,
      /^guessed serverless.yml:20 registerFunctionName of the WebSocket endpoint is \$\{env:REG\}: taken from its default or from \.env/,
    );
    assert.deepEqual(
      imported.notes.filter((note) => /cleanupFunctionName|transportFunctionName/.test(note)),
      [],
    );
    const byDefault = await bring({
      ...code,
      'serverless.yml': `${functions}apigateway: {endpoints: [{path: /ws, protocol: WEBSOCKET, function: {transportFunctionName: "\${opt:name, 'beta'}"}}]}\n`,
    });
    assert.equal(roles(byDefault), 'transfer: beta, register: –, cleanup: –');
    one(
      byDefault.notes,
      /^guessed serverless.yml:10 transportFunctionName .* \$\{opt:name, 'beta'\}/,
    );
  });

  it('references of other components, and of one function among several', async () => {
    const imported = await bring({
      ...code,
      'functions/serverless.yml': `component: multi-scf
name: chat
inputs:
  src: ../a
  runtime: Python3.6
  functions: {alpha: {handler: index.main_handler}, beta: {handler: index.main_handler}}
`,
      'serverless.yml': `component: apigateway
name: gateway
inputs:
  endpoints:
    - path: /ws
      protocol: WEBSOCKET
      function:
        transportFunctionName: \${output:\${stage}:\${app}:chat.alpha.name}
        registerFunctionName: \${output:dev:app:chat.beta.name}
        cleanupFunctionName: \${output:dev:app:elsewhere.functionName}
`,
    });
    assert.equal(roles(imported), 'transfer: alpha, register: beta, cleanup: –');
    one(
      imported.notes,
      /^unknown serverless.yml:10 cleanupFunctionName is \$\{output:dev:app:elsewhere\.functionName\}, and "elsewhere" is not in these files: import the folder that holds it, too, or say .* "cleanup"/,
    );
  });

  it('a reference that leads nowhere is told by name and line, and its role is asked for', async () => {
    const imported = await bring({
      ...code,
      'serverless.yml': `${functions}gateway:
  component: apigateway
  inputs:
    endpoints:
      - path: /ws
        protocol: WEBSOCKET
        function:
          transportFunctionName: alpha
          registerFunctionName: \${reg}
          cleanupFunctionName: delta
`,
    });
    assert.equal(roles(imported), 'transfer: alpha, register: –, cleanup: –');
    assert.deepEqual(imported.questions, ['register: –', 'cleanup: –']);
    one(
      imported.notes,
      /^unknown serverless.yml:18 registerFunctionName is \$\{reg\}, which these files do not tell: say in scfws\.json which function plays the role "register"/,
    );
    one(imported.notes, /^unknown serverless.yml:19 There is no function "delta" .* "cleanup"/);
  });
});

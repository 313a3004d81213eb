// A folder of Terraform files: literal values, variables, locals and archives are read; the rest is told with its line.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseHcl } from '../../../src/core/project/importers/hclText';
import { Places } from '../../../src/core/project/importers/places';
import { parseTerraform } from '../../../src/core/project/importers/terraform';
import { importing, one, written } from './importing';

const py = 'def main_handler(event, context):\n    return event["websocket"]\n';
const code = { 'a/index.py': py, 'b/index.py': py, 'c/index.py': py };

const main = `
terraform {
  required_providers { tencentcloud = { source = "tencentcloudstack/tencentcloud" } }
}

data "archive_file" "say" {
  type        = "zip"
  source_dir  = "\${path.module}/a"
  output_path = "\${path.module}/a.zip"
}

resource "tencentcloud_scf_function" "alpha" {
  name     = "\${local.prefix}-say" # the one for messages
  handler  = "index.main_handler"
  runtime  = var.runtime
  timeout  = 20
  mem_size = 100
  zip_file = data.archive_file.say.output_path
  environment = {
    MODE   = var.mode
    "SIZE" = local.sizes["small"]
    PUSH   = tencentcloud_api_gateway_api.ws.internal_domain
    SECRET = var.secret
    LIST   = join(",", ["a", "b"])
  }
  vpc_id = "vpc-1"
  tags   = { a = "b" }
}

resource "tencentcloud_scf_function" "beta" {
  name = "\${var.stage}-join"
  handler = "index.main_handler"
  runtime = "Python3.6"
  zip_file = "b.zip"
}

resource tencentcloud_scf_function gamma {
  name = var.unknown
  handler = "index.main_handler"
  runtime = "Python3.6"
  zip_file = "\${path.module}/c.zip"
}

resource "tencentcloud_api_gateway_service" "s" {
  service_name = "chat"
  protocol     = "http&https"
}

resource "tencentcloud_api_gateway_api" "page" {
  service_id = tencentcloud_api_gateway_service.s.id
  protocol   = "HTTP"
  request_config_path = "/page"
}

resource "tencentcloud_api_gateway_api" "ws" {
  service_id            = tencentcloud_api_gateway_service.s.id
  api_name              = "ws"
  protocol              = "WEBSOCKET"
  auth_type             = "NONE"
  request_config_path   = "/ws"
  service_config_type   = "SCF"
  service_config_timeout = 600
  service_config_websocket_transport_function_name = tencentcloud_scf_function.alpha.name
  service_config_websocket_register_function_name  = tencentcloud_scf_function.beta.name
  service_config_websocket_cleanup_function_name   = tencentcloud_scf_function.gamma.name
  request_parameters {
    name = "room"
  }
}

resource "tencentcloud_api_gateway_service_release" "r" {
  service_id       = tencentcloud_api_gateway_service.s.id
  environment_name = "test"
}

resource "tencentcloud_api_gateway_usage_plan" "p" {
  usage_plan_name = "p"
}

resource "tencentcloud_scf_layer" "l" {
  layer_name = "l"
}
`;
const variables = `
variable "runtime" { default = "Python3.6" }
variable "mode" {
  type    = string
  default = "none"
}
variable "stage" { default = "dev" }
variable "secret" { sensitive = true }
locals {
  prefix = "chat"
  sizes = {
    small = "S"
    large : "L",
  }
}
`;
const files = {
  ...code,
  'main.tf': main,
  'variables.tf': variables,
  'terraform.tfvars': 'mode = "all"\n',
};

describe('importing Terraform', () => {
  const { bring, refused } = importing();

  it('functions, roles, variables, locals and archives', async () => {
    const imported = await bring(files);
    assert.equal(imported.project.service, 'chat');
    assert.equal(imported.project.path, '/ws');
    assert.deepEqual(imported.project.stages, ['test']);
    assert.equal(imported.project.backendTimeout, 600);
    assert.deepEqual(imported.questions, []);
    assert.deepEqual(written(imported, 'transfer'), {
      name: 'chat-say',
      folder: 'a',
      handler: 'index.main_handler',
      runtime: 'Python3.6',
      timeout: 20,
      memory: 128,
      environment: { MODE: 'all', SIZE: 'S', PUSH: '\${SCFWS_PUSH_URL}' },
    });
    assert.equal(written(imported, 'register').name, 'dev-join');
    assert.equal(written(imported, 'register').folder, 'b');
    assert.equal(written(imported, 'cleanup').name, 'gamma');
    const notes = [...imported.notes];
    for (const pattern of [
      /^changed main\.tf:17 mem_size of chat-say is 100 there and 128 MB/,
      /^guessed main\.tf:15 runtime of chat-say is \$\{var\.runtime\}: taken from its default/,
      /^changed main\.tf:22 chat-say: PUSH is \$\{tencentcloud_api_gateway_api\.ws\.internal_domain\}/,
      /^unknown main\.tf:23 SECRET of chat-say is \$\{var\.secret\}, which these files do not tell/,
      /^unknown main\.tf:24 LIST of chat-say is \$\{join\(",", \["a", "b"\]\)\}/,
      /^leftOut main\.tf:26 chat-say: "vpc_id" has no part/,
      /^guessed main\.tf:31 name of beta is \$\{var\.stage\}: taken from its default/,
      /^guessed main\.tf:34 dev-join: its code is packed in b\.zip; the folder b beside it is taken/,
      /^unknown main\.tf:38 name of gamma is \$\{var\.unknown\}/,
      /^guessed main\.tf:41 gamma: its code is packed in \.\/c\.zip; the folder \.\/c beside it/,
      /^leftOut main\.tf:66 request_parameters of the WebSocket endpoint has no part/,
      /^leftOut main\.tf:76 tencentcloud_api_gateway_usage_plan\.p .*Say "authentication"/,
      /^leftOut main\.tf:80 tencentcloud_scf_layer\.l has no part/,
    ]) {
      one(notes, pattern);
      notes.splice(
        notes.findIndex((note) => pattern.test(note)),
        1,
      );
    }
    assert.deepEqual(notes, []);
    assert.deepEqual(imported.problems, []);
  });

  it('the same as JSON, in a folder of its own', async () => {
    const imported = await bring({
      ...code,
      'infra/main.tf.json': JSON.stringify(
        {
          variable: { who: { default: 'alpha' } },
          locals: [{ list: ['a', 'b'] }, { folder: '../a' }],
          data: {
            archive_file: {
              z: [{ source_file: '${local.folder}/index.py', output_path: 'z.zip' }],
            },
          },
          resource: [
            {
              tencentcloud_scf_function: {
                one: {
                  name: '${var.who}',
                  handler: 'index.main_handler',
                  runtime: 'Python3.6',
                  zip_file: 'z.zip',
                  environment: { FIRST: '${local.list[0]}' },
                  timeout: '${local.nothing}',
                },
              },
            },
            {
              tencentcloud_api_gateway_api: {
                ws: {
                  protocol: 'WEBSOCKET',
                  request_config_path: '/ws',
                  service_config_type: 'SCF',
                  service_config_websocket_transport_function_name: 'alpha',
                },
              },
            },
          ],
        },
        null,
        1,
      ),
    });
    assert.deepEqual(written(imported, 'transfer'), {
      name: 'alpha',
      folder: 'a',
      handler: 'index.main_handler',
      runtime: 'Python3.6',
      environment: { FIRST: 'a' },
    });
    one(
      imported.notes,
      /^unknown infra[/\\]main\.tf\.json:39 timeout of alpha is \$\{local\.nothing\}/,
    );
    one(imported.notes, /^guessed infra[/\\]main\.tf\.json:\d+ name of one is \$\{var\.who\}/);
    assert.equal(imported.notes.length, 2, imported.notes.join('\n'));
  });

  const alone = (more: string) =>
    `resource "tencentcloud_scf_function" "message" {\n  name = "message"\n  handler = "index.main_handler"\n  runtime = "Python3.6"\n${more}\n}\n`;

  it('code that is packed, in a bucket, in an image: told, with what to do', async () => {
    for (const [more, pattern] of [
      [
        '  zip_file = "out/message.zip"',
        /^main\.tf:5 message: its code is packed in out\/message\.zip\. Unpack it into the folder out\/message, and import again\./,
      ],
      [
        '  cos_bucket_name = "code-125"\n  cos_object_name = "message.zip"',
        /^main\.tf:6 message: its code is packed in message\.zip of the bucket code-125\. Unpack it into the folder message,/,
      ],
      [
        '  zip_file = var.package',
        /^main\.tf:5 message: its code is packed in \$\{var\.package\}, and these files do not tell from which folder\. Write scfws\.json by hand/,
      ],
      [
        '  image_config {\n    image_uri = "x"\n  }',
        /^main\.tf:5 message: its code is in an image\./,
      ],
      ['  func_type = "HTTP"', /^main\.tf:5 message: a Web function/],
    ] as const) {
      one(await refused({ 'main.tf': alone(more) }), pattern);
    }
    const unpacked = await bring({
      'message/index.py': py,
      'main.tf': alone('  cos_bucket_name = "code-125"\n  cos_object_name = "message.zip"'),
    });
    assert.equal(written(unpacked, 'transfer').folder, 'message');
    const uploaded = await bring({
      'message/index.py': py,
      'main.tf': `${alone('  cos_object_name = tencentcloud_cos_bucket_object.zip.key')}
resource "tencentcloud_cos_bucket_object" "zip" {
  key = "any"
  source = data.archive_file.zip.output_path
}
data "archive_file" "zip" {
  source_dir = "message"
  output_path = "any.zip"
}
`,
    });
    assert.equal(written(uploaded, 'transfer').folder, 'message');
    assert.deepEqual(
      uploaded.notes.filter((note) => /packed|bucket/.test(note)),
      [],
    );
  });

  it('other backends, modules, override files, and a gateway without functions', async () => {
    const server = await refused({
      'main.tf': `resource "tencentcloud_api_gateway_api" "ws" {
  protocol = "WEBSOCKET"
  request_config_path = "/far"
  service_config_type = "WEBSOCKET"
  service_config_url  = "ws://chat.example.com"
}
module "functions" {
  source = "./modules/functions"
}
module "far" {
  source = "someone/far/tencentcloud"
}
`,
      'my_override.tf': 'resource "tencentcloud_api_gateway_api" "ws" { protocol = "HTTP" }\n',
    });
    one(server, /^main\.tf:1 The WebSocket endpoint \/far leads to another server \(ws:\/\/chat/);
    one(
      server,
      /^main\.tf:7 The module functions is not read\. .* import its folder \(\.\/modules/,
    );
    one(server, /^main\.tf:10 The module far is not read: it is kept elsewhere \(someone\/far/);
    one(server, /^my_override\.tf This file overrides others/);
    const gateway = await refused({
      'main.tf': 'resource "tencentcloud_api_gateway_api" "page" {\n  protocol = "HTTP"\n}\n',
    });
    assert.match(
      gateway[0] ?? '',
      /^main\.tf These Terraform files describe a gateway, and no function/,
    );
  });

  it('functions whose code is nowhere cost no project that folders describe', async () => {
    const imported = await bring({
      'Register/index.py': py,
      'Transmission/index.py': py,
      'main.tf': alone('  zip_file = "message.zip"'),
    });
    assert.equal(written(imported, 'transfer').name, 'Transmission');
    one(imported.notes, /^leftOut main\.tf:5 message: its code is packed in message\.zip/);
  });

  it('a role of a function that is left out is asked for', async () => {
    const imported = await bring({
      'message/index.py': py,
      'main.tf': `${alone('  zip_file = "message.zip"')}
resource "tencentcloud_scf_function" "reg" {
  name = "joining"
  zip_file = "gone.zip"
}
resource "tencentcloud_api_gateway_api" "ws" {
  protocol = "WEBSOCKET"
  service_config_websocket_transport_function_name = "message"
  service_config_websocket_register_function_name = "\${tencentcloud_scf_function.reg.name}"
}
`,
    });
    assert.deepEqual(imported.questions, ['register: –']);
    one(imported.notes, /^unknown main\.tf:15 The function "joining" is left out: .*"register"/);
    one(imported.notes, /^leftOut main\.tf:10 joining: its code is packed in gone\.zip\. Unpack/);
  });

  it('one of several, environment by a variable, and names by an index', async () => {
    const imported = await bring({
      'message/index.py': py,
      'main.tf': `${alone('  count = 2\n  zip_file = "message.zip"\n  environment = var.all')}
variable "all" { default = { A = 1.10, B = "two" } }
resource "tencentcloud_api_gateway_api" "ws" {
  protocol = "WEBSOCKET"
  request_config_path = "/ws"
  auth_type = "SECRET"
  service_config_websocket_transport_function_name = tencentcloud_scf_function.message[0].name
}
`,
    });
    assert.deepEqual(written(imported, 'transfer').environment, { A: '1.10', B: 'two' });
    assert.equal(imported.project.path, '/ws');
    one(imported.notes, /^changed main\.tf:5 message: it is there once .* "count" says\./);
    one(imported.notes, /^guessed main\.tf:7 environment of message is \$\{var\.all\}/);
    one(imported.notes, /^leftOut main\.tf:14 auth_type .*Say "authentication"/);
  });

  it('a file that cannot be read says where, and files of other providers say nothing', async () => {
    const broken = await refused({ 'main.tf': alone('  timeout = [1\n  memory { = 3') });
    one(broken, /^main\.tf:6 This Terraform file cannot be read from here on\. Correct it/);
    const none = parseTerraform(
      [{ file: 'main.tf', text: 'resource "aws_lambda_function" "f" {}\n' }],
      () => true,
    );
    assert.equal(none, undefined);
  });
});

describe('the syntax of Terraform', () => {
  const read = (text: string) => parseHcl({ file: 'a.tf', text }, new Places()).body;

  for (const [text, value] of [
    ['a = 1\nb = -2.50\nc = true\nd = null', { a: 1, b: '-2.50', c: true, d: null }],
    ['a = "x\\n\\"\\u0041\\\\"', { a: 'x\n"A\\' }],
    ['a = "${ var.b }-${f("}")}"', { a: '${var.b}-${f("")}' }],
    ['a = "$5 and 100%"', { a: '$5 and 100%' }],
    ['a = "%{ if x }y%{ endif }"', { a: '${% if x}y${% endif}' }],
    ['a = [1, "b", c.d, # e\n [],\n]', { a: [1, 'b', '${c.d}', []] }],
    ['a = { b = 1, "c" : 2\n d = e }', { a: { b: 1, c: 2, d: '${e}' } }],
    ['a = { (b) = 1 }', { a: '${ (b) = 1 }' }],
    [
      'a = [for x in y : x]\nb = {for k, v in y : k => v}',
      { a: '${[for x in y : x]}', b: '${for k, v in y : k => v}' },
    ],
    [
      'a = 1 + 2 // c\nb = x ? "y" : "z" /* d */\nc = !d',
      { a: '${1 + 2}', b: '${x ? "y" : "z" /* d */}', c: '${!d}' },
    ],
    ['a = f(1, # )\n {b = 2})\nc = 3', { a: '${f(1, # ) b = 2)}', c: 3 }],
    ['a = <<EOT\nx\n  y ${z}\nEOT\nb = 1', { a: 'x\n  y ${z}\n', b: 1 }],
    ['a = <<-EOT\n    x\n      y\n  EOT\n', { a: 'x\n  y\n' }],
    ['a "b" c {\n d = 1\n}\na "b" "e" { d = 2 }', { a: { b: { c: { d: 1 }, e: { d: 2 } } } }],
    ['t { a = 1 }\nt { a = 2 }\nt {}', { t: [{ a: 1 }, { a: 2 }, {}] }],
    ['# x\n/* y */ a = 1 // z\r\nb = 2\r\n', { a: 1, b: 2 }],
    ['注 = "值"', { 注: '值' }],
  ] as const) {
    it(text.replaceAll('\n', ' ⏎ '), () => assert.deepEqual(read(text), value));
  }

  for (const text of ['a = "b', 'a {', 'a = [1', '}', 'a', 'a = <<E\nb', 'a = (1']) {
    it(`${text.replaceAll('\n', ' ⏎ ')}: cannot be read`, () =>
      assert.equal(read(text), undefined));
  }

  it('survives any text, and reads what JSON can say', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        read(text);
        read(`a = ${text}`);
      }),
      { numRuns: 1000 },
    );
    assert.equal(read(`a = ${'['.repeat(100_000)}`), undefined);
    assert.equal(read('a {'.repeat(100_000)), undefined);
    assert.equal(read(`a = "${'${"'.repeat(100_000)}`), undefined);
    assert.equal(read(`a = "${'$'.repeat(400_000)}"`)?.['a'], '$'.repeat(400_000));
    const plain = fc.string().filter((each) => !/[$%]\{|[^\P{C}]/u.test(JSON.stringify(each)));
    const key = plain.filter((each) => each !== '__proto__');
    const leaf = fc.oneof(plain, fc.boolean(), fc.constant(null), fc.integer());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(key, tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const kept: unknown = JSON.parse(JSON.stringify(value));
        assert.deepEqual(read(`a = ${JSON.stringify(value)}`), { a: kept });
      }),
      { numRuns: 300 },
    );
  });
});

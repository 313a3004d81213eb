// The contract's types: language servers find mistakes before anything runs, and nothing in what is right.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import Ajv from 'ajv';
import ts from 'typescript';
import { annotateJavaScript, annotatePython, planTypes } from '../../../src/core/project/typings';
import { readProject } from '../../../src/core/project/loadService';
import { defaultFunctionNames, planScaffold } from '../../../src/core/scaffold/planScaffold';
import type { Language, TemplateName } from '../../../src/core/scaffold/planScaffold';
import { readTemplates } from '../../../src/core/scaffold/templates';
import { contractShapes } from '../../../src/protocol/contractTypes';
import { ledger } from '../../../src/protocol/ledger';
import { roles } from '../../../src/protocol/project';
import { renderDeclarations } from '../../../src/protocol/renderTypes';
import { sampleEvents } from '../../../src/protocol/samples';

const root = path.resolve(__dirname, '../../..');
const execute = promisify(execFile);

describe('types of the contract', function () {
  const folders: string[] = [];
  afterEach(() => folders.splice(0).forEach((each) => fs.rmSync(each, { recursive: true })));

  function write(files: Record<string, string>): string {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-types-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    return folder;
  }

  /** `file:line message` of what the checker of TypeScript says, as its language server does. */
  function checkScript(folder: string, files: string[]): string[] {
    const program = ts.createProgram(
      files.map((file) => path.join(folder, file)),
      {
        allowJs: true,
        checkJs: false, // What `// @ts-check` asks for is checked all the same.
        strict: files.some((file) => file.endsWith('.ts')),
        noEmit: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        types: files.some((file) => file.endsWith('.ts')) ? ['node'] : [],
        typeRoots: [path.join(root, 'node_modules/@types')],
      },
    );
    return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
      const name = path.relative(folder, file?.fileName ?? folder);
      return `${name}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  }

  /** The same of pyright, which is the heart of the editor's language server for Python. */
  async function checkPython(folder: string): Promise<string[]> {
    const program = path.join(root, 'node_modules/pyright/index.js');
    const { stdout } = await execute(process.execPath, [program, '--outputjson', '-p', folder], {
      maxBuffer: 10_000_000,
    }).catch((error: { stdout: string }) => error);
    const { generalDiagnostics } = JSON.parse(stdout) as {
      generalDiagnostics: { file: string; message: string; range: { start: { line: number } } }[];
    };
    return generalDiagnostics.map(
      ({ file, message, range }) =>
        `${path.relative(fs.realpathSync(folder), fs.realpathSync(file))}:${range.start.line + 1} ${message.replace(/\s+/g, ' ')}`,
    );
  }

  const scaffold = async (language: Language, template: TemplateName) => {
    const plan = planScaffold(
      { service: 'typed', language, template, functionNames: defaultFunctionNames },
      await readTemplates(path.join(root, 'src/core/scaffold/templates')),
    );
    return Object.fromEntries(plan.files.map((file) => [file.path, file.text]));
  };

  const replaced = (files: Record<string, string>, file: string, from: string, to: string) => {
    const text = files[file] ?? '';
    assert.ok(text.includes(from), `${file} has no ${from}`);
    return { ...files, [file]: text.replace(from, to) };
  };

  for (const language of ['javascript', 'typescript'] as const) {
    const extension = language === 'javascript' ? 'js' : 'ts';
    const handlers = ['Register', 'Transmission', 'Delete'].map(
      (name) => `${name}/index.${extension}`,
    );

    it(`${language}: nothing is underlined in a new project`, async () => {
      const folder = write(await scaffold(language, 'echo'));
      assert.deepEqual(checkScript(folder, handlers), []);
    });

    it(`${language}: a wrong errNo, a misspelt secConnectionID, a push without dataType are`, async () => {
      const files = await scaffold(language, 'echo');
      const register = `Register/index.${extension}`;
      const push = language === 'javascript' ? 'Transmission/push.js' : 'shared/push.ts';
      const slips: [string, string, string][] = [
        [register, "errNo: 0, errMsg: 'ok'", "errNo: '0', errMsg: 'ok'"],
        [`Delete/index.${extension}`, 'secConnectionID', 'secConnectionId'],
        [push, "dataType: 'text', data: text", 'data: text'],
        // In JavaScript a file is checked when it asks for it, as the handlers do.
        ...(language === 'javascript'
          ? [[push, "'use strict'", "// @ts-check\n'use strict'"] as const]
          : []),
      ].map(([file, from, to]) => [file, from, to] as [string, string, string]);
      const broken = slips.reduce((all, slip) => replaced(all, ...slip), files);
      const found = checkScript(write(broken), [...handlers, push]).join('\n');
      for (const [name, message] of [
        ['Register.index', "'string' is not assignable to type 'number'"],
        ['Delete.index', "Property 'secConnectionId' does not exist on type 'Closing'"],
        ['push', "[Pp]roperty 'dataType' is missing"],
      ] as const) {
        assert.match(found, new RegExp(`${name}\\.${extension}:\\d+ .*${message}`));
      }
    });
  }

  for (const language of ['python', 'python2'] as const) {
    it(`${language}: nothing is underlined in a new project, and the three mistakes are`, async () => {
      const files = await scaffold(language, 'echo');
      assert.deepEqual(await checkPython(write(files)), []);
      const wrong = replaced(
        replaced(
          replaced(files, 'Register/index.py', "'errNo': 0", "'errNo': '0'"),
          'Delete/index.py',
          'secConnectionID',
          'secConnectionId',
        ),
        'Transmission/push.py',
        "'dataType': 'text', ",
        '',
      );
      const found = (await checkPython(write(wrong))).join('\n');
      assert.match(found, /Register.index\.py:\d+ .*is not assignable to "int"/);
      assert.match(
        found,
        /Delete.index\.py:\d+ .*"secConnectionId" is not a defined key in "Closing"/,
      );
      assert.match(found, /Transmission.push\.py:\d+ .*not assignable to "DataPush"/);
    });
  }

  it('are given to a project that exists, and to its handlers', async () => {
    const python =
      '"""Ours."""\nimport json\nimport os\n\n\ndef main_handler(event, context):\n    return {"errNo": "0", "errMsg": json.dumps(os.name)}\n';
    const script =
      "'use strict';\nconst os = require('./os');\nexports.main_handler = async (event, context) => {\n  return event.websocket.secConnectionId + os.x;\n};\n";
    const folder = write({
      'scfws.json': JSON.stringify({
        functions: {
          register: { folder: 'in', runtime: 'Python3' },
          transfer: { folder: 'src/message', runtime: 'Nodejs' },
          cleanup: { folder: 'out', runtime: 'Python2.7' },
        },
      }),
      'in/index.py': python,
      'src/message/index.js': script,
      'src/message/os.js': 'exports.x = 1;\n',
      'out/index.py': 'def main_handler(event, context): return 1\n',
    });
    const { value } = await readProject(folder);
    assert.ok(value !== undefined);
    const plan = await planTypes(value);
    assert.deepEqual(
      plan.files.map((file) => file.path),
      ['scfws.d.ts', 'scfws_types.py'],
    );
    assert.deepEqual(
      plan.handlers.map(({ file }) => path.relative(folder, file)),
      [path.join('in', 'index.py'), path.join('src', 'message', 'index.js')],
    );
    plan.files.forEach((file) => fs.writeFileSync(path.join(folder, file.path), file.text));
    plan.handlers.forEach(({ file, after }) => fs.writeFileSync(file, after));
    assert.match(
      (await checkPython(folder)).join('\n'),
      /in.index\.py:\d+ .*is not assignable to "int"/,
    );
    assert.match(
      checkScript(folder, ['src/message/index.js']).join('\n'),
      /index\.js:6 Property 'secConnectionId' does not exist on type 'Message'/,
    );
    const again = await planTypes(value);
    assert.deepEqual(again.handlers, [], 'nothing is said twice');
    fs.writeFileSync(path.join(folder, 'scfws.d.ts'), 'export {};\n');
    await assert.rejects(planTypes(value), { code: 'exists' });
  });

  it('leave alone what they would break', () => {
    assert.equal(
      annotateJavaScript(
        '// @ts-nocheck\nexports.main_handler = f;',
        'main_handler',
        'X',
        '../scfws',
      ),
      undefined,
    );
    assert.equal(
      annotateJavaScript('module.exports = { main_handler };', 'main_handler', 'X', '../scfws'),
      undefined,
    );
    assert.equal(
      annotatePython(
        'def main_handler(event: dict, context):\n    pass\n',
        'main_handler',
        'transfer',
      ),
      undefined,
    );
    const typed = annotatePython(
      '# -*- coding: utf-8 -*-\nfrom __future__ import print_function\n\ndef run(e, c):\n\treturn 1\n',
      'run',
      'cleanup',
    );
    assert.match(
      typed ?? '',
      /^# -\*- coding: utf-8 -\*-\nfrom __future__ import print_function\nTYPE_CHECKING = False/,
    );
    assert.match(
      typed ?? '',
      /def run\(e, c\):\n\t# type: \(DeleteEvent, Context\) -> object\n\treturn 1\n$/,
    );
  });

  it('say of each part what the ledger knows, with mark and source', () => {
    const text = renderDeclarations();
    for (const { row } of contractShapes.flatMap((shape) => [shape, ...shape.fields])) {
      const known = ledger.find(({ id }) => id === row);
      assert.ok(known !== undefined, row);
      assert.ok(text.includes(`${known.mark} (${known.source})`), row);
    }
  });

  it('the schema of event files takes every sample, and tells what is wrong with others', () => {
    const schema = fs.readFileSync(path.join(root, 'schemas/event.schema.json'), 'utf8');
    const validate = new Ajv({ strict: false }).compile(JSON.parse(schema) as object);
    for (const role of roles) {
      for (const envelope of ['documented', 'query', 'full'] as const) {
        for (const { event, id } of sampleEvents(role, {
          emulator: { registerEnvelope: envelope, legacyAction: true },
        })) {
          assert.ok(validate(event), `${id}: ${JSON.stringify(validate.errors)}`);
        }
      }
    }
    const text = sampleEvents('transfer')[0]?.event as { websocket: Record<string, unknown> };
    const broken = (change: Record<string, unknown>) =>
      validate({ websocket: { ...text.websocket, ...change } });
    assert.equal(broken({ dataType: 'txt' }), false);
    assert.equal(broken({ data: 1 }), false);
    assert.equal(broken({ secConnectionId: 'x' }), false);
    assert.equal(broken({ action: 'data sent' }), false);
    assert.ok(validate({ name: 'no event of these functions' }));
  });
});

// scfws.json and folders change together; what comes out can be served, and what would be lost is refused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { clearFolder } from '../../../src/core/project/changes';
import type { Change } from '../../../src/core/project/changes';
import {
  missingRoles,
  newHandler,
  planAddFunction,
  planOneFunction,
  planRename,
} from '../../../src/core/project/functionEdits';
import { readProject } from '../../../src/core/project/loadService';
import type { ProjectFile } from '../../../src/core/project/projectFile';
import {
  defaultFunctionNames,
  languages,
  planScaffold,
} from '../../../src/core/scaffold/planScaffold';
import type { Language, TemplateName } from '../../../src/core/scaffold/planScaffold';
import { readTemplates } from '../../../src/core/scaffold/templates';

const templatesFolder = path.resolve(__dirname, '../../../src/core/scaffold/templates');

describe('changes of functions', () => {
  const folders: string[] = [];
  afterEach(() => folders.splice(0).forEach((each) => fs.rmSync(each, { recursive: true })));

  async function scaffold(language: Language, template: TemplateName = 'echo'): Promise<string> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-edits-'));
    folders.push(folder);
    const plan = planScaffold(
      { service: 'edits', language, template, functionNames: defaultFunctionNames },
      await readTemplates(templatesFolder),
    );
    for (const file of plan.files) {
      fs.mkdirSync(path.dirname(path.join(folder, file.path)), { recursive: true });
      fs.writeFileSync(path.join(folder, file.path), file.text);
    }
    return folder;
  }

  async function load(folder: string): Promise<ProjectFile> {
    const { value, problems } = await readProject(folder);
    assert.deepEqual(problems, []);
    assert.ok(value !== undefined);
    return value;
  }

  /** As an editor makes them. */
  async function make(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'write') {
        fs.mkdirSync(path.dirname(change.file), { recursive: true });
        fs.writeFileSync(change.file, change.text);
      } else if (change.kind === 'move') {
        assert.ok(
          !fs.existsSync(change.to) || change.from.toLowerCase() === change.to.toLowerCase(),
        );
        fs.renameSync(change.from, change.to);
      } else if (change.kind === 'remove') {
        fs.rmSync(change.file);
      } else {
        await clearFolder(change.folder);
      }
    }
  }

  const edit = (folder: string, change: (text: string) => string) => {
    const file = path.join(folder, 'scfws.json');
    fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
  };

  for (const language of languages) {
    it(`${language}: a missing function is added as the template has it`, async () => {
      const folder = await scaffold(language);
      const before = await load(folder);
      fs.rmSync(path.join(folder, 'Delete'), { recursive: true });
      edit(folder, (text) => {
        const project = JSON.parse(text) as { functions: Record<string, unknown> };
        delete project.functions['cleanup'];
        return JSON.stringify(project, null, 2);
      });
      const without = await load(folder);
      assert.deepEqual(missingRoles(without), ['cleanup']);
      await make(await planAddFunction(without, 'cleanup', await readTemplates(templatesFolder)));
      assert.deepEqual((await load(folder)).functions, before.functions);
    });

    it(`${language}: a rename takes folder, build and file with it`, async () => {
      const folder = await scaffold(language);
      edit(folder, (text) => text.replace('{', '{\n  // ours\n'));
      await make(await planRename(await load(folder), 'Transmission', 'OnMessage'));
      const after = await load(folder);
      assert.equal(after.roles.transfer, 'OnMessage');
      assert.ok(fs.existsSync(path.join(folder, 'OnMessage')));
      assert.ok(!fs.existsSync(path.join(folder, 'Transmission')));
      assert.match(fs.readFileSync(path.join(folder, 'scfws.json'), 'utf8'), /\/\/ ours/);
      assert.doesNotMatch(fs.readFileSync(path.join(folder, 'scfws.json'), 'utf8'), /Transmission/);
      if (language === 'typescript') {
        assert.match(fs.readFileSync(path.join(folder, 'build.mjs'), 'utf8'), /'OnMessage'/);
      }
    });

    it(`${language}: one function for all roles`, async () => {
      const folder = await scaffold(language, 'chat');
      await make(await planOneFunction(await load(folder)));
      const after = await load(folder);
      assert.equal(after.functions.length, 1);
      assert.deepEqual(new Set(Object.values(after.roles)), new Set(['Transmission']));
      assert.ok(!fs.existsSync(path.join(folder, 'Register')));
      assert.equal(after.functions[0]?.handler, 'index.main_handler');
      await assert.rejects(planOneFunction(after), { code: 'oneFunction' });
    });
  }

  it("a handler whose file is not there is that of its role's template, by the name that is asked for", async () => {
    const templates = await readTemplates(templatesFolder);
    const text = (family: 'python' | 'node' | 'go', file: string, runtimeVersion?: string) =>
      newHandler({ family, handler: 'app.run', runtimeVersion }, file, ['register'], templates);
    assert.match(text('python', 'app.py') ?? '', /^def run\(event: 'RegisterEvent'/m);
    assert.match(text('python', 'app.py', '2.7') ?? '', /^def run\(event, context\)/m);
    assert.match(text('node', 'app.js') ?? '', /exports\.run = /);
    assert.match(text('node', 'app.ts') ?? '', /^export async function run\(event: RegisterEvent/m);
    assert.equal(text('go', 'main'), undefined);
  });

  it('the one function calls the handler of the action', async () => {
    const folder = await scaffold('javascript');
    for (const name of ['Register', 'Transmission', 'Delete']) {
      fs.writeFileSync(
        path.join(folder, name, 'index.js'),
        `exports.main_handler = async (event, context) => '${name} ' + event.websocket.action + context;`,
      );
    }
    await make(await planOneFunction(await load(folder)));
    const run = `(async () => { const { main_handler } = require('./Transmission/index');
      for (const action of ['connecting', 'data send', 'closing'])
        console.log(await main_handler({ websocket: { action } }, '!')); })()`;
    const out = execFileSync(process.execPath, ['-e', run], { cwd: folder, encoding: 'utf8' });
    assert.equal(out, 'Register connecting!\nTransmission data send!\nDelete closing!\n');
  });

  it('the one function of Python does, too', async () => {
    const folder = await scaffold('python');
    for (const name of ['Register', 'Transmission', 'Delete']) {
      fs.writeFileSync(
        path.join(folder, name, 'index.py'),
        `def main_handler(event, context):\n    return '${name} ' + event['websocket']['action']\n`,
      );
    }
    await make(await planOneFunction(await load(folder)));
    const run =
      "import index\nfor action in ('connecting', 'data send', 'closing'):\n    print(index.main_handler({'websocket': {'action': action}}, None))";
    const cwd = path.join(folder, 'Transmission');
    const out = execFileSync('python3', ['-c', run], { cwd, encoding: 'utf8' });
    assert.equal(
      out.replace(/\r/g, ''),
      'Register connecting\nTransmission data send\nDelete closing\n',
    );
  });

  it('refuses what would lose something, and then has changed nothing', async () => {
    const folder = await scaffold('javascript', 'chat');
    fs.appendFileSync(path.join(folder, 'Delete/members.js'), '// another\n');
    await assert.rejects(planOneFunction(await load(folder)), { code: 'cannotMerge' });
    await assert.rejects(planRename(await load(folder), 'Delete', 'Register'), { code: 'badName' });
    fs.mkdirSync(path.join(folder, 'Elsewhere'));
    await assert.rejects(planRename(await load(folder), 'Delete', 'Elsewhere'), { code: 'exists' });
    await assert.rejects(planRename(await load(folder), 'Nobody', 'X'), {
      code: 'unknownFunction',
    });
  });
});

// The Chinese texts keep one rule: a role has the vendor's Chinese term (注册函数, 传输函数, 清理函数), a folder its name,
// written as code; ms and s are written so; the reader is 你.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

/** Every text that a person reads in Chinese, with the file that it is in. */
function* texts(): Generator<[file: string, text: string]> {
  const parts = fs
    .readdirSync(path.join(root, 'l10n', 'parts'))
    .map((name) => `l10n/parts/${name}`);
  for (const file of [...parts, 'l10n/contributed.zh-cn.json', 'package.nls.zh-cn.json']) {
    for (const text of Object.values(JSON.parse(read(file)) as Record<string, string>)) {
      yield [file, text];
    }
  }
  const pages = fs.readdirSync(path.join(root, 'media', 'walkthrough'));
  for (const file of [
    'README.zh-CN.md',
    'docs/fidelity.zh-CN.md',
    'docs/testing.zh-CN.md',
    'src/core/scaffold/templates/common/README.zh-CN.md',
    ...pages.filter((name) => name.includes('zh-cn')).map((name) => `media/walkthrough/${name}`),
  ]) {
    for (const line of read(file)
      .replace(/^```[\s\S]*?^```/gm, '')
      .split('\n')) {
      yield [file, line];
    }
  }
}

/** What is written as code, a link's address, or a quoted word keeps its name. */
function prose(text: string): string {
  return text.replace(/`[^`]*`/g, '').replace(/\]\([^)]*\)/g, ']');
}

function broken(rule: RegExp): string[] {
  return [...texts()].filter(([, text]) => rule.test(prose(text))).map((each) => each.join(': '));
}

const role = /(?<![\w/."{-])(Register|Transmission|Transfer|Cleanup|Delete)(?![\w/."-])/;
const unit = /[\d}] ?(毫秒|秒|分钟|小时)/;

describe('Chinese texts', () => {
  it('name a role by its Chinese term', () => assert.deepEqual(broken(role), []));
  it('write units of time one way', () => assert.deepEqual(broken(unit), []));
  it('say 你 and 处理函数', () => assert.deepEqual(broken(/您|处理程序/), []));

  it('would be found if they broke a rule', () => {
    assert.match('由 Register 函数决定', role);
    assert.match('调用 Transfer', role);
    assert.doesNotMatch('Transfer-Encoding', role);
    assert.match('等待 {0} 毫秒', unit);
    assert.ok([...texts()].length > 1500);
  });

  it('are there for each page of the walkthrough', () => {
    const pages = fs.readdirSync(path.join(root, 'media', 'walkthrough'));
    const english = pages.filter((name) => /^\w+\.md$/.test(name));
    assert.equal(english.length, 5);
    assert.deepEqual(
      english.filter((name) => !pages.includes(name.replace(/\.md$/, '.nls.zh-cn.md'))),
      [],
    );
  });

  it('of README have each of its sections, commands and pictures', () => {
    const [english, chinese] = [read('README.md'), read('README.zh-CN.md')];
    const shape = (text: string) => text.match(/^(#+ |```|!\[|\| ?-)/gm) ?? [];
    assert.deepEqual(shape(chinese), shape(english));
    const blocks = (text: string) =>
      (text.match(/^```\w*\n[\s\S]*?^```/gm) ?? []).map((block) => block.replace(/ +# .*$/gm, ''));
    assert.deepEqual(blocks(chinese), blocks(english));
    const rows = (text: string) => text.split('\n').filter((line) => line.startsWith('|')).length;
    assert.equal(rows(chinese), rows(english));
  });
});

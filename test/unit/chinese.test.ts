// The Chinese texts keep one rule: a role has the vendor's Chinese term (注册函数, 传输函数, 清理函数), a folder its name,
// written as code; ms and s are written so; the reader is 你; one thing has one term; Chinese is set as Chinese is.
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
  const docs = fs.readdirSync(path.join(root, 'docs'));
  for (const file of [
    'README.zh-CN.md',
    ...docs.filter((name) => name.endsWith('.zh-CN.md')).map((name) => `docs/${name}`),
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
  return text
    .replace(/`[^`]*`/g, '')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/&\w+;/g, '')
    .replace(/“[^”\p{Script=Han}]*”/gu, '“”')
    .replace(/"[^"]+": ?("[^"]*"|[^\s，。]+)/g, '');
}

function broken(rule: RegExp): string[] {
  return [...texts()].filter(([, text]) => rule.test(prose(text))).map((each) => each.join(': '));
}

/** But where a folder's name stands beside the term, as in 注册函数（Register）. */
const role = /(?<![\w/."{-]|函数（)(Register|Transmission|Transfer|Cleanup|Delete)(?![\w/."-])/;
const unit = /[\d}] ?(毫秒|秒|分钟|小时)/;

/** Terms that were used beside another one for the same thing, with the one that stays. */
const terms: Readonly<Record<string, RegExp>> = {
  处理函数: /入口函数|处理程序/,
  保真度清单: /一致性清单/,
  内容: /载荷|(?<!系统)负载(?!均衡)/,
  筛选: /过滤/,
  凭据: /凭证/,
  场景文件: /流程文件/,
  拦住: /扣留/,
  智能体: /编程代理/,
  记录: /事实/,
  录制文件: /记录文件/,
  敏感信息: /机密/,
  服务端: /到服务器|服务器到/,
  不受信任: /未受信任/,
  执行超时时间: /函数超时时间/,
  你: /您/,
  ID: /(?<![\w./"{$-])id(?![\w/"}=-])/,
};

/** What typography of Chinese asks for: a space beside Latin letters, full-width signs, no slanted or open emphasis. */
const signs: Readonly<Record<string, RegExp>> = {
  'a space between Chinese and Latin': /\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Script=Han}/u,
  'full-width signs': /\p{Script=Han}[,;!?()]|[,;()!?]\p{Script=Han}/u,
  'no space beside a quotation mark': /[“”] \p{Script=Han}|\p{Script=Han} [“”]/u,
  'names in “”, not in * or _': /(?<!\*)\*\p{Script=Han}[^*]*\*(?!\*)|_\p{Script=Han}[^_]*_/u,
  'a closing ** that Markdown sees': /…\*\*\p{Script=Han}/u,
};

/** A word in straight marks that is neither an argument nor a text to be filled in; members of JSON are no prose. */
const straight = /(?<!\()"[^"“”$]+"/;

describe('Chinese texts', () => {
  it('name a role by its Chinese term', () => assert.deepEqual(broken(role), []));
  it('write units of time one way', () => assert.deepEqual(broken(unit), []));

  for (const [term, others] of Object.entries(terms)) {
    it(`say ${term}`, () => assert.deepEqual(broken(others), []));
  }
  for (const [sign, rule] of Object.entries(signs)) {
    it(`have ${sign}`, () => assert.deepEqual(broken(rule), []));
  }

  it('quote with “”, but for what is written as JSON or code', () =>
    assert.deepEqual(
      broken(straight).filter((each) => !/ledger|fidelity/.test(each.split(': ')[0]!)),
      [],
    ));

  it('would be found if they broke a rule', () => {
    assert.match('由 Register 函数决定', role);
    assert.match('调用 Transfer', role);
    assert.doesNotMatch('Transfer-Encoding', role);
    assert.match('等待 {0} 毫秒', unit);
    assert.match('缺少 "dataType"；', straight);
    assert.doesNotMatch(prose('请加上 "errMsg": "ok"。'), straight);
    assert.match('连接的 id 未知', terms['ID']!);
    assert.doesNotMatch('负载均衡器', terms['内容']!);
    const wrong = [
      '用Python编写',
      '停止(网关)',
      '“new” 需要',
      '打开*连续运行*后',
      '用于**调用…**和',
    ];
    wrong.forEach((text, at) => assert.match(text, Object.values(signs)[at]!));
    assert.ok([...texts()].length > 1500);
  });

  it('are there for each page of the walkthrough', () => {
    const pages = fs.readdirSync(path.join(root, 'media', 'walkthrough'));
    const english = pages.filter((name) => /^\w+\.md$/.test(name));
    assert.equal(english.length, 2);
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

// The fidelity ledger as a page: what a person can find on it, and what it asks of its host.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import {
  type AreaRow,
  areaTitles,
  countByMark,
  ledger,
  markTitles,
  translatedRow,
} from '../../src/protocol/ledger';
import { ledgerPage, type LedgerWords } from '../../src/protocol/ledgerHtml';
import { openPage, screenshot } from './browser';
import { themeNames, themeOf } from './themes';

const chinese = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../../l10n/parts/ledger.zh-cn.json'), 'utf8'),
) as Record<string, string>;

const host = `
  window.asked = [];
  window.kept = undefined;
  window.acquireVsCodeApi = () => ({
    postMessage: (ask) => window.asked.push(ask),
    getState: () => window.kept,
    setState: (state) => (window.kept = state),
  });`;

function words(t: (text: string) => string): LedgerWords {
  const translated = <K extends string>(texts: Record<K, string>) =>
    Object.fromEntries(
      Object.entries<string>(texts).map(([key, text]) => [key, t(text)]),
    ) as Record<K, string>;
  return {
    language: t('all') === 'all' ? 'en' : 'zh-cn',
    title: t('Fidelity Ledger'),
    intro: t(
      'What the emulator does, row by row, and how it is known. Nothing here has been tried against a live gateway.',
    ),
    search: t('Search rows'),
    all: t('all'),
    given: t('Given'),
    when: t('When'),
    then: t('Then'),
    source: t('Source:'),
    shown: t('{0} rows'),
    nothing: t('No row matches.'),
    setting: t('Setting:'),
    projectFile: t('In scfws.json:'),
    areas: translated(areaTitles),
    marks: translated(markTitles),
    sources: Object.fromEntries(ledger.map(({ source }) => [source, t(source)])),
  };
}

interface Opened {
  reveal?: string;
  of?: readonly AreaRow[];
  t?: (text: string) => string;
}

async function open(
  theme: (typeof themeNames)[number] = 'dark',
  { reveal, of = ledger, t = (text: string) => text }: Opened = {},
): Promise<Page> {
  const rows = of.map((row) => translatedRow(row, t));
  const html = ledgerPage({ nonce: 'test', rows, words: words(t), reveal });
  // As the editor does: its colours are properties of the root element.
  const page = await openPage({ html, before: host });
  await page.evaluate(({ variables, bodyClass }) => {
    for (const [name, value] of variables) {
      document.documentElement.style.setProperty(name, value);
    }
    document.body.className = bodyClass;
  }, themeOf(theme));
  return page;
}

const shownIds = (page: Page) =>
  page.$$eval('article:not([hidden])', (articles) => articles.map(({ id }) => id));

describe('the page of the fidelity ledger', () => {
  it('shows every row, with its mark', async () => {
    const page = await open();
    assert.equal((await shownIds(page)).length, ledger.length);
    assert.equal(await page.textContent('#shown'), `${ledger.length} rows`);
    assert.equal(await page.textContent('[id="push.9001"] .mark'), 'assumed');
    await screenshot(page, 'ledger');
  });

  it('finds rows by their words, in any order', async () => {
    const page = await open();
    await page.fill('#search', 'fin TRANSFER');
    const found = await shownIds(page);
    assert.ok(found.includes('transfer.platform-failure'), found.join());
    assert.ok(!found.includes('register.accepts'), found.join());
    await page.fill('#search', 'no such word anywhere');
    assert.ok(await page.isVisible('#nothing'));
    assert.equal(await page.isVisible('h2'), false);
  });

  it('filters by mark', async () => {
    const page = await open();
    await page.check('input[value="assumed"]', { force: true });
    assert.equal((await shownIds(page)).length, countByMark(ledger).assumed);
    await screenshot(page, 'ledger-assumed');
  });

  it('keeps what was searched when it is hidden and shown again', async () => {
    const page = await open();
    await page.fill('#search', 'idle');
    assert.deepEqual(await page.evaluate('window.kept'), { search: 'idle', mark: '' });
  });

  it('shows the row of a finding, also while it is open', async () => {
    const page = await open('dark', { reveal: 'register.no-errno' });
    assert.equal(await page.getAttribute('.revealed', 'id'), 'register.no-errno');
    await page.fill('#search', 'push');
    await page.evaluate(() => window.postMessage({ reveal: 'error.430' }, '*'));
    await page.waitForSelector('[id="error.430"].revealed');
    assert.ok(await page.isVisible('[id="register.no-errno"]'));
  });

  it('asks its host for the setting that changes an assumed row', async () => {
    const page = await open();
    await page.click('[id="register.json-string"] button');
    await page.click('[id="auth.missing"] button');
    assert.deepEqual(await page.evaluate('window.asked'), [
      { open: 'setting', name: 'emulator.strict' },
      { open: 'projectFile' },
    ]);
  });

  for (const theme of themeNames) {
    it(`can be read by everybody (${theme})`, async () => {
      // A tenth of the rows looks like all of them, and is looked at in a tenth of the time.
      const page = await open(theme, { of: ledger.filter((_row, index) => index % 10 === 0) });
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      const said = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
      assert.deepEqual(said, []);
      await screenshot(page, `ledger-${theme}`);
    });
  }

  it('speaks Chinese', async () => {
    const page = await open('light', { t: (text) => chinese[text] ?? text });
    const text = await page.textContent('[id="register.accepts"]');
    assert.match(text ?? '', /握手成功/);
    await screenshot(page, 'ledger-chinese');
  });
});

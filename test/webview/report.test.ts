/** The exported report, opened as a file of its own. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { keepConversation } from '../../src/core/scenario/keep';
import type { Recording } from '../../src/protocol/export/recording';
import { renderExport } from '../../src/protocol/export/renderExport';
import { renderReport } from '../../src/protocol/export/report';
import { parseFilter } from '../../src/protocol/filter';
import { compileFilter } from '../../src/protocol/filterMatch';
import { RowCursor } from '../../src/webview/rows/lookup';
import { ConnectionNames } from '../../src/webview/rows/names';
import { RowStore } from '../../src/webview/rows/store';
import { openPage } from './browser';
import { chatStory } from './story';

const dist = (name: string) =>
  fs.readFileSync(path.join(__dirname, '..', '..', 'dist', name), 'utf8');

describe('report', () => {
  it('filters, traces and draws without the network, and runs nothing from the wire', async () => {
    const story = chatStory();
    const seq = story.frame(
      story.idOf('bob'),
      'toServer',
      '</script><img src=x onerror="window.pwned=1">',
    );
    story.invoke('Transmission', 'transfer', story.idOf('bob'), seq, {
      logs: ['<b>not bold</b>'],
      pushes: [[story.idOf('alice'), '<svg onload="window.pwned=1">']],
    });
    const page = await openPage({
      html: renderReport(
        {
          facts: story.facts,
          payloads: new Map(
            [...story.payloads].map(([number, data]) => [number, { data, encoding: 'text' }]),
          ),
        },
        {
          title: 'A chat',
          redacted: ['token'],
          missing: 3,
          script: dist('report.js'),
          style: dist('report.css'),
          nonce: 'n1',
          language: 'en',
          translations: null,
        },
      ),
    });
    await page.getByText('3 payloads were gone').waitFor();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.getByRole('searchbox', { name: 'Filter' }).fill('onerror kind:text');
    assert.equal(await page.getByRole('option').count(), 1);
    await page.getByRole('option').click();
    const detail = page.locator('.detail');
    await detail.getByText('<b>not bold</b>', { exact: true }).waitFor();
    assert.match((await detail.textContent())!, /push to alice/);
    assert.equal(await detail.locator('svg').count(), 1);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('size:big');
    assert.match((await page.getByRole('alert').textContent())!, /big is no number/);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('status:error');
    assert.ok((await page.getByRole('option').count()) >= 4);
    assert.equal(await page.evaluate(() => (window as { pwned?: unknown }).pwned), undefined);
    assert.deepEqual(requests, []);
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      violations.map((violation) => [violation.id, violation.nodes[0]?.failureSummary]),
      [],
    );
  });

  it('means by a filter what the inspector means, and opens with the rows that it chose', async () => {
    const story = chatStory();
    const warned = story.facts.find((fact) => fact.kind === 'invocationEnded')!;
    story.tell({
      kind: 'diagnostic',
      rule: 'push.awaited',
      severity: 'warning',
      message: 'A push was not awaited.',
      advice: 'Await it.',
      invocation: warned.invocation,
    });
    const long = story.frame(story.idOf('bob'), 'toServer', `${'x'.repeat(300)} needle`);
    const recording: Recording = {
      facts: story.facts,
      payloads: new Map(
        [...story.payloads].map(([number, data]) => [number, { data, encoding: 'text' }]),
      ),
    };
    const names = new ConnectionNames();
    const store = new RowStore(Infinity, Infinity, { touched: () => undefined });
    const cursor = new RowCursor(store, names);
    story.facts.forEach((fact) => {
      names.add(fact);
      store.add(fact);
    });
    const filters = [
      'is:warned',
      'is:long',
      'is:external',
      'needle',
      'status:pending',
      'dir:in',
      'dur:>1',
    ];
    for (const filter of [...filters, 'kind:handshake status:ok', 'conn:alice -kind:push']) {
      const deep = new Set(filter === 'needle' ? [long] : []);
      const match = compileFilter(parseFilter(filter).terms, (_, seq) => deep.has(seq));
      const seqs: number[] = [];
      for (cursor.row = store.first; cursor.row < store.end; cursor.row++) {
        if (match(cursor)) {
          seqs.push(store.seq(cursor.row));
        }
      }
      const html = renderExport(
        recording,
        { format: 'html', seqs, filter, redact: [] },
        {
          version: '1.0.0',
          scenario: (clean) => keepConversation(clean, 'kept').text,
          report: {
            title: 'A chat',
            script: dist('report.js'),
            style: dist('report.css'),
            nonce: 'n1',
            language: 'en',
            translations: null,
          },
        },
      );
      const page = await openPage({ html });
      const shown = await page.locator('.line .seq').allTextContents();
      assert.deepEqual(shown.map(Number), seqs, filter);
      if (filter !== 'status:pending') {
        assert.ok(shown.length > 0, filter);
      }
      await page.close();
    }
  });
});

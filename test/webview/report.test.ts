/** The exported report, opened as a file of its own. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { renderReport } from '../../src/protocol/export/report';
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
});

// A load in the real editor: its chart lives, a percentile tells what it is made of, and a button stops it.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, echoFiles, run, TestProject, until } from '../support';

const size = { width: 1400, height: 860 };
const flow = `vars: { group: 0, iteration: 0 }
scenarios:
  - name: echo
    steps:
      - ann connects
      - ann sends: 'hello \${group} \${iteration}'
      - ann receives next: 'hello \${group} \${iteration}'
`;

describe('running a load in the editor', function () {
  this.bail(true);
  let project: TestProject;
  let loading: Promise<unknown>;

  before(async function () {
    window.skipUnlessThere(this);
    await activate();
    project = new TestProject('loaded', {
      ...echoFiles('javascript', { path: '/loaded' }),
      'many.wsflow.yaml': flow,
    });
  });

  after(async () => {
    await run('workbench.action.closeAllEditors');
    project.remove();
  });

  it('draws what happens while it runs', async () => {
    const shape = { clients: '20', ramp: '2s', for: '10m', every: '200ms' };
    loading = run(ids.commands.runLoad, project.uri('many.wsflow.yaml'), undefined, shape);
    await window.waitFor('.chart .p99[points*=" "]', { in: 'editor' }, 'attached');
    await until('six seconds', async () => {
      const bars = await window.webview('document.querySelectorAll(".chart .rate").length', {
        in: 'editor',
      });
      return Number(bars) >= 6;
    });
    assert.match(await window.text('#figures', { in: 'editor' }), /sent, \d+ of \d+ received/);
    await window.screenshot('load-live-light', { ...size, theme: 'light' });
    await window.screenshot('load-live-dark', { ...size, theme: 'dark' });
  });

  it('tells what a percentile is made of', async () => {
    await window.click('th button >> text=p50', { in: 'editor' });
    const text = await window.text('#split', { in: 'editor' });
    assert.match(text, /What p50 is made of/);
    for (const part of ['wire', 'queue', 'handler until the push', 'push']) {
      assert.match(text, new RegExp(`${part}: [\\d.]+ ms`));
    }
  });

  it('stops, with the figures of what was done and a report', async () => {
    await window.click('#stop', { in: 'editor' });
    await window.waitFor('#report', { in: 'editor' });
    await loading;
    assert.match(await window.text('#figures', { in: 'editor' }), /20 clients in 20 groups/);
    assert.match(await window.text('#figures', { in: 'editor' }), /Stopped before its time/);
    await window.screenshot('load-ended-dark', size);
    await window.screenshot('load-ended-contrast', { ...size, theme: 'highContrast' });
    await window.screenshot('load-ended-narrow', { width: 700, height: 860, theme: 'light' });
    await window.screenshot('load-ended-light', size);
  });

  it('ends when its tab is closed', async () => {
    const shape = { clients: '2', ramp: '0s', for: '10m', every: '200ms' };
    await run('workbench.action.closeAllEditors');
    loading = run(ids.commands.runLoad, project.uri('many.wsflow.yaml'), undefined, shape);
    await until('its tab', () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .some(({ input }) => input instanceof vscode.TabInputWebview),
    );
    await run('workbench.action.closeAllEditors');
    await loading;
  });
});

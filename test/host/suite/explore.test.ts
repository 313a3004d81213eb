// Orders of events in the real editor: searched, told at the step, as a story, kept as a scenario, debugged.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, isDebugging, run, Stops, TestProject, until } from '../support';

const size = { width: 1400, height: 860 };

/** The race in which a push meets a close, as a project. */
function raceFiles(): Record<string, string> {
  const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
  const races = path.join(extension?.extensionPath ?? '', 'test', 'fixtures', 'races');
  const read = (name: string): string => fs.readFileSync(path.join(races, name), 'utf8');
  const spec = { folder: '.', handler: 'index.main_handler', runtime: 'Nodejs', timeout: 20 };
  const project = {
    service: 'race',
    path: '/race',
    functions: {
      register: { ...spec, name: 'Register' },
      transfer: { ...spec, name: 'Transmission' },
      cleanup: { ...spec, name: 'Delete' },
    },
  };
  return {
    'scfws.json': JSON.stringify(project),
    'index.js': read('push-meets-close/race.js'),
    'room.js': read('shared/room.js'),
    'race.wsflow.yaml': read('push-meets-close/javascript.wsflow.yaml'),
  };
}

describe('exploring orders in the editor', function () {
  this.bail(true);
  this.timeout(180_000);
  let project: TestProject;
  let target: { id: string; uri: vscode.Uri };
  let key: { key: string };

  before(async function () {
    window.skipUnlessThere(this);
    await activate();
    project = new TestProject('race', raceFiles());
    const uri = project.uri('race.wsflow.yaml');
    target = { id: 'race/race.wsflow.yaml#Who leaves takes nothing from the others', uri };
    key = { key: `${uri.toString()} ${target.id}` };
    await run('workbench.view.testing.focus');
    await run('testing.refreshTests');
  });

  after(async () => {
    project.remove();
    await run('workbench.action.closeAllEditors');
  });

  /** A row of the Test Explorer, by what it tells somebody who cannot see it. */
  const rowOf = async (words: RegExp) => {
    let seen: string[] = [];
    const look = async () => {
      seen = (await window.workbench(
        `[...document.querySelectorAll('.test-explorer [role=treeitem]')].map((row) => row.getAttribute('aria-label'))`,
      )) as string[];
      return seen.find((each) => words.test(each));
    };
    return until(`a row ${words}`, look).catch(async (error: Error) => {
      await window.screenshot('explore-trouble', size);
      throw new Error(`${error.message} There are:\n${seen.join('\n')}`);
    });
  };

  it('offers it above the scenario', async () => {
    await run('vscode.open', target.uri);
    await window.waitFor('.codelens-decoration >> text=Explore Orders');
  });

  it('tells the order that it finds at its step', async () => {
    await run('workbench.view.testing.focus');
    await run('testing.refreshTests');
    await rowOf(/Who leaves/);
    await run(ids.commands.exploreOrders, target);
    await run('testing.collapseAll');
    await rowOf(/Who leaves.*Failed/);
    await run('vscode.open', target.uri, { selection: new vscode.Range(7, 0, 7, 0) });
    await run('testing.goToNextMessage');
    await window.waitFor('text=/bob left while Transmission of alice/ >> nth=0', {}, 'attached');
    await window.screenshot('explore-message-dark', { ...size, theme: 'dark' });
    await window.screenshot('explore-message-light', { ...size, theme: 'light' });
    await window.click('text=/bob left while Transmission of alice/ >> nth=0');
    await window.waitFor('text=/Show Story/ >> nth=0');
    await window.screenshot('explore-peek-light', size);
    await run('notifications.clearAll');
    await run('closeReferenceSearch');
  });

  it('shows the story beside the plain order', async () => {
    await run('workbench.action.closeAllEditors');
    await run(ids.commands.showStory, key);
    await window.waitFor('.story >> text=/bob left while/', { in: 'editor' });
    assert.equal(
      await window.webview('document.querySelectorAll(".drawing svg").length', { in: 'editor' }),
      2,
    );
    await window.screenshot('explore-story-light', { ...size, theme: 'light' });
    await window.screenshot('explore-story-dark', { ...size, theme: 'dark' });
    await window.screenshot('explore-story-contrast', { ...size, theme: 'highContrast' });
    await window.screenshot('explore-story-narrow', { width: 800, height: 860, theme: 'dark' });
    await window.screenshot('explore-story-dark', size);
  });

  it('keeps the order as a scenario', async () => {
    const file = project.file('kept-race.wsflow.yaml');
    await run(ids.commands.keepOrder, key, { file });
    const text = fs.readFileSync(file, 'utf8');
    assert.match(
      text,
      /order:\n\s+- hold: Transmission of alice pushes to bob\n\s+until: bob closes/,
    );
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, file);
  });

  it('stops at breakpoints in that order', async () => {
    const line = project.line('index.js', 'a member cannot be reached') - 1;
    const breakpoint = new vscode.SourceBreakpoint(
      new vscode.Location(project.uri('index.js'), new vscode.Position(line, 0)),
    );
    vscode.debug.addBreakpoints([breakpoint]);
    const stops = new Stops();
    const debugged = run(ids.commands.debugOrder, key);
    // In the plain order no push fails, and nobody comes to this line.
    const first = await stops.next();
    assert.equal(first.line, line + 1);
    vscode.debug.removeBreakpoints([breakpoint]);
    await stops.go(first);
    // Then at the error that leaves the handler.
    await stops.go(await stops.next());
    await debugged;
    await until('the end of debugging', () => !isDebugging());
    stops.dispose();
  });

  it('finds nothing in the correct twin', async () => {
    const settings = vscode.workspace.getConfiguration(ids.settingsSection);
    const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
    const twin = path.join(
      extension?.extensionPath ?? '',
      'test/fixtures/races/push-meets-close/twin.js',
    );
    project.write({ 'index.js': fs.readFileSync(twin, 'utf8') });
    await settings.update(ids.settings.exploreSeconds, 3, vscode.ConfigurationTarget.Global);
    try {
      await run('workbench.view.testing.focus');
      await run(ids.commands.exploreOrders, target);
      await rowOf(/Who leaves.*Passed/);
    } finally {
      await settings.update(
        ids.settings.exploreSeconds,
        undefined,
        vscode.ConfigurationTarget.Global,
      );
    }
  });
});

// Scenarios in the Test Explorer of the real editor: found, run by real handlers, told at the step.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Fact } from '../../../src/protocol/fact';
import { parseRecording } from '../../../src/protocol/export/renderExport';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, Client, echoFiles, run, start, stop, TestProject, until } from '../support';

const flow = `clients: [alice]
scenarios:
  - name: hears itself
    steps:
      - alice connects
      - alice sends: hello
      - alice receives exactly: [hello]
  - name: expects too much
    steps:
      - alice connects
      - alice sends: hello
      - alice receives: goodbye
  - name: says more
    steps:
      - alice connects
      - alice sends: more
      - alice receives exactly: [more]
`;

/** One of the scenarios alone goes where it says "more". */
const branch = `if (websocket.data === 'more') {
  console.log('there is more');
}
const text = websocket.data;`;

const wide = { width: 1400, height: 860 };
const narrow = { width: 760, height: 860 };

/** In light and dark, wide and narrow. */
async function pictures(name: string): Promise<void> {
  await window.screenshot(`${name}-light`, { ...wide, theme: 'light' });
  await window.screenshot(`${name}-narrow-light`, narrow);
  await window.screenshot(`${name}-narrow-dark`, { ...narrow, theme: 'dark' });
  await window.screenshot(`${name}-dark`, wide);
}

describe('scenarios in the Test Explorer', function () {
  this.bail(true);
  const file = 'scenarios/hears.wsflow.yaml';
  let project: TestProject;

  before(async function () {
    window.skipUnlessThere(this);
    await activate();
    const files = echoFiles('javascript');
    const handler = 'Transmission/index.js';
    const changed = files[handler]?.replace('const text = websocket.data;', branch) ?? '';
    assert.notEqual(changed, files[handler]);
    project = new TestProject('scenarios', { ...files, [handler]: changed, [file]: flow });
    await run('workbench.view.testing.focus');
  });

  after(async () => {
    project.remove();
    await run('workbench.action.closeAllEditors');
  });

  /** What the explorer tells of each of its rows to somebody who cannot see it. */
  const rows = async () =>
    (await window.workbench(
      `[...document.querySelectorAll('.test-explorer [role=treeitem]')].map((row) => row.getAttribute('aria-label'))`,
    )) as string[];
  const row = async (words: RegExp) => {
    let seen: string[] = [];
    const look = async () => (seen = await rows()).find((each) => words.test(each));
    return until(`a row ${words}`, look).catch(async (error: Error) => {
      await window.screenshot('test-explorer-trouble', { width: 1400, height: 860 });
      throw new Error(`${error.message} There are:\n${seen.join('\n')}`);
    });
  };

  /** Milliseconds that a function may take, as long as scfws.json says nothing. */
  const limit = 3000;

  /** Keeps the process of the function busy while it stands at a breakpoint, for longer than it may run. */
  async function workAtTheStop(ms: number): Promise<void> {
    const item = vscode.debug.activeStackItem;
    assert.ok(item instanceof vscode.DebugStackFrame);
    const work = `(() => { const end = Date.now() + ${ms}; while (Date.now() < end); return 'worked'; })()`;
    const { result } = (await item.session.customRequest('evaluate', {
      ...{ expression: work, frameId: item.frameId, context: 'repl' },
    })) as { result: string };
    assert.match(result, /worked/);
  }

  const opened = new Set<string>();
  /** What the last run of a scenario recorded, as it opens in Traffic. */
  async function factsOf(scenario: string): Promise<Fact[]> {
    await run(ids.commands.openTestRun, {
      id: `scenarios/${file}#${scenario}`,
      uri: project.uri(file),
    });
    const recording = await until(`the recording of ${scenario}`, () => {
      const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
      const isRecording =
        input instanceof vscode.TabInputCustom && input.viewType === ids.recordingEditors.recording;
      return isRecording && !opened.has(input.uri.path) && input.uri;
    });
    opened.add(recording.path);
    const bytes = await vscode.workspace.fs.readFile(recording);
    return parseRecording(Buffer.from(bytes).toString()).value?.facts ?? [];
  }

  it('lists each scenario below its file', async () => {
    // Other suites leave projects behind, and the window hears of new folders when it likes: it is asked to look.
    await run('testing.refreshTests');
    await row(/hears\.wsflow\.yaml/);
    await run('testing.collapseAll');
    await run('vscode.open', project.uri(file));
    await run('workbench.view.testing.focus');
    await window.click('.test-explorer [role=treeitem] >> text=hears.wsflow.yaml');
    await window.press('ArrowRight');
    await row(/hears itself/);
    await row(/expects too much/);
    await pictures('test-explorer');
  });

  it('runs them: one passes, the other fails with what came', async () => {
    void run('testing.runAll');
    await row(/hears itself.*Passed/);
    await row(/expects too much.*Failed/);
    const line = project.line(file, 'receives: goodbye') - 1;
    await run('vscode.open', project.uri(file), { selection: new vscode.Range(line, 0, line, 0) });
    await run('testing.goToNextMessage');
    await window.waitFor('text=/What happened/ >> nth=0', {}, 'attached');
    await pictures('test-failure');
  });

  it('shows which lines of the handlers ran', async () => {
    void run('testing.coverageAll');
    await window
      .waitFor('.test-coverage-list-item >> nth=0', {}, 'attached')
      .catch(async (error: unknown) => {
        await window.screenshot('test-coverage-trouble', { width: 1400, height: 860 });
        throw error;
      });
    await run('vscode.open', project.uri('Transmission/index.js'));
    await window.waitFor('.coverage-deco-gutter >> nth=0', {}, 'attached');
    await pictures('test-coverage');
  });

  it('shows which of them one scenario ran', async () => {
    const missed = async () =>
      (await window.workbench(
        `document.querySelectorAll('.coverage-deco-gutter.coverage-deco-miss').length`,
      )) as number;
    const all = await missed();
    void run('testing.coverageFilterToTestInEditor', project.uri('Transmission/index.js'));
    await window.waitFor('.quick-input-list [role=option] >> text=hears itself');
    await window.screenshot('test-coverage-choice-dark', wide);
    await window.type('hears itself');
    await window.press('Enter');
    // It alone never says "more".
    await until('a line that only others ran', async () => (await missed()) > all);
    await window.screenshot('test-coverage-one-dark', wide);
    await run('workbench.view.testing.focus');
  });

  it('stops at breakpoints of handlers, then tells the results', async () => {
    const line = project.line('Transmission/index.js', 'main_handler') + 1;
    const breakpoint = new vscode.SourceBreakpoint(
      new vscode.Location(project.uri('Transmission/index.js'), new vscode.Position(line - 1, 0)),
    );
    vscode.debug.addBreakpoints([breakpoint]);
    const item = () => vscode.debug.activeStackItem;
    await run('workbench.view.testing.focus');
    void run('testing.debugAll');
    try {
      await until('a stop', () => item() instanceof vscode.DebugStackFrame);
    } catch (error) {
      await window.screenshot('test-debug-trouble', { width: 1400, height: 860 });
      throw error;
    }
    await window.screenshot('test-debug-dark', wide);
    await workAtTheStop(limit + 500);
    vscode.debug.removeBreakpoints([breakpoint]);
    await run('workbench.action.debug.continue');
    await run('workbench.view.testing.focus');
    await row(/hears itself.*Passed/);
    await row(/expects too much.*Failed/);
    await until('the end of all debuggers', () => vscode.debug.activeDebugSession === undefined);
  });

  it('opens the recording of a run in Traffic: no limit passed while somebody stood at the breakpoint', async () => {
    const facts: Fact[] = [];
    for (const scenario of ['hears itself', 'expects too much', 'says more']) {
      facts.push(...(await factsOf(scenario)));
    }
    // The one that stood took longer than its function may.
    const began = new Map(
      facts.flatMap((fact) =>
        fact.kind === 'invocationStarted' ? [[fact.invocation, fact.at] as const] : [],
      ),
    );
    const took = facts.flatMap((fact) =>
      fact.kind === 'invocationEnded' ? fact.at - (began.get(fact.invocation) ?? fact.at) : [],
    );
    assert.ok(
      Math.max(...took) > limit,
      `${took.join()} ms; ${facts.map(({ kind }) => kind).join()}`,
    );
    const ends = facts.flatMap((fact) => (fact.kind === 'invocationEnded' ? fact.outcome : []));
    assert.deepEqual([...new Set(ends)], ['ok']);
  });

  it('saves real traffic as a scenario', async () => {
    const { url } = await start();
    // What other suites said is traffic, too.
    await run(ids.commands.clearTraffic);
    const client = await Client.connect(url);
    client.send('from a browser');
    assert.equal(await client.next(), 'from a browser');
    const saved = 'scenarios/kept.wsflow.yaml';
    await run(ids.commands.saveScenario, { file: project.file(saved) });
    client.close();
    await stop();
    assert.match(project.read(saved), /alice receives exactly:\n\s+- from a browser/);
    await run('workbench.view.testing.focus');
    await run('testing.refreshTests');
    await row(/kept\.wsflow\.yaml/);
  });

  it('saves a scenario under the name that its dialog proposes, and under one that is typed over it', async function () {
    // The editor's own dialog, which a remote window has.
    window.skipUnlessThere(this);
    await run('workbench.action.closeAllEditors'); // It would ask about recordings that are open.
    const { url } = await start();
    await run(ids.commands.clearTraffic);
    const client = await Client.connect(url);
    client.send('to be saved');
    assert.equal(await client.next(), 'to be saved');
    const saved: string[] = [];
    const input = '.quick-input-widget input[type=text]';
    for (const typed of [undefined, 'mine']) {
      const done = run(ids.commands.saveScenario);
      await window.waitFor('.quick-input-titlebar:has-text("Save as Scenario")');
      await until('the name that it proposes', async () =>
        String(await window.workbench(`document.querySelector('${input}').value`)).includes(
          'traffic-',
        ),
      );
      if (typed !== undefined) {
        await window.fill(input, project.file(typed));
      }
      // While the dialog still looks at its folder, it does not hear the key.
      await until('the end of the dialog', async () => {
        await window.press('Enter');
        return window.workbench(
          `!document.querySelector('${input}')?.offsetParent`,
        ) as Promise<boolean>;
      });
      const { file } = (await done) as { file: string };
      saved.push(path.basename(file));
      assert.match(fs.readFileSync(file, 'utf8'), /sends: to be saved/);
      fs.rmSync(file);
    }
    client.close();
    await stop();
    assert.match(saved[0] ?? '', /^traffic-[-\d]+\.wsflow\.yaml$/);
    assert.equal(saved[1], 'mine.wsflow.yaml');
  });

  it('says at its place what is wrong with a flow', async () => {
    project.write({ 'wrong.wsflow.yaml': flow.replace('alice sends:', 'alice sendz:') });
    const [problem] = await until('a problem', () => {
      const found = vscode.languages.getDiagnostics(project.uri('wrong.wsflow.yaml'));
      return found.length > 0 && found;
    });
    assert.equal(problem?.range.start.line, 5);
    assert.match(problem?.message ?? '', /sends/);
  });
});

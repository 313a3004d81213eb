// Scenarios in the Test Explorer of the real editor: found, run by real handlers, told at the step.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import { window } from '../window';
import { activate, Client, echoFiles, run, start, stop, TestProject, until } from './support';

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
`;

describe('scenarios in the Test Explorer', function () {
  this.bail(true);
  this.timeout(120_000);
  const file = 'scenarios/hears.wsflow.yaml';
  let project: TestProject;

  before(async function () {
    window.skipUnlessThere(this);
    await activate();
    project = new TestProject('scenarios', {
      ...echoFiles('javascript'),
      [file]: flow,
    });
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
    return until(`a row ${words}`, look, 45).catch(async (error: Error) => {
      await window.screenshot('test-explorer-trouble', { width: 1400, height: 860 });
      throw new Error(`${error.message} There are:\n${seen.join('\n')}`);
    });
  };

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
  });

  it('runs them: one passes, the other fails with what came', async () => {
    void run('testing.runAll');
    await row(/hears itself.*Passed/);
    await row(/expects too much.*Failed/);
    const line = project.line(file, 'receives: goodbye') - 1;
    await run('vscode.open', project.uri(file), { selection: new vscode.Range(line, 0, line, 0) });
    await run('testing.goToNextMessage');
    await window.waitFor('text=/What happened/ >> nth=0', {}, 'attached');
    await window.screenshot('test-explorer-dark', { width: 1400, height: 860, theme: 'dark' });
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
    await window.screenshot('test-coverage-dark', { width: 1400, height: 860, theme: 'dark' });
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
      await until('a stop', () => item() instanceof vscode.DebugStackFrame, 60);
    } catch (error) {
      await window.screenshot('test-debug-trouble', { width: 1400, height: 860 });
      throw error;
    }
    await window.screenshot('test-debug-dark', { width: 1400, height: 860, theme: 'dark' });
    vscode.debug.removeBreakpoints([breakpoint]);
    await run('workbench.action.debug.continue');
    await run('workbench.view.testing.focus');
    await row(/hears itself.*Passed/);
    await row(/expects too much.*Failed/);
    await until('the end of all debuggers', () => vscode.debug.activeDebugSession === undefined);
  });

  it('opens the recording of a run in Traffic', async () => {
    const item = { id: `scenarios/${file}#expects too much`, uri: project.uri(file) };
    await run(ids.commands.openTestRun, item);
    await until('the recording', () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .some(
          ({ input }) =>
            input instanceof vscode.TabInputCustom &&
            input.viewType === ids.recordingEditors.recording,
        ),
    );
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

// Findings come and go in the order in which the session told of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import * as vscode from 'vscode';
import { Findings } from '../../../src/extension/findings';
import type { FactBody, FactOf, FunctionInfo } from '../../../src/protocol/fact';
import { applyFact, emptyState } from '../../../src/protocol/state';
import { echoFiles, TestProject, until } from '../support';

describe('findings', () => {
  let project: TestProject;
  let file: string;
  let findings: Findings;
  const id = 'javascript/Transmission';
  const state = emptyState();
  let seq = 0;

  before(() => {
    const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
    findings = new Findings(extension?.extensionPath ?? '');
    project = new TestProject('findings', echoFiles('javascript'));
    file = project.file('Transmission/index.js');
    const info: FunctionInfo = {
      ...{ function: id, name: 'Transmission', roles: ['transfer'], runtime: 'Nodejs18.15' },
      ...{ family: 'node', folder: project.file('Transmission'), handler: 'index.main_handler' },
      ...{ file, timeout: 3, memory: 128 },
    };
    const services = [
      {
        name: 'javascript',
        folder: '',
        path: '',
        url: '',
        urls: [],
        pushUrl: '',
        functions: [info],
      },
    ];
    tell({ kind: 'listening', url: '', pushUrl: '', port: 1, pid: 1, epoch: 0, services });
  });

  after(() => {
    findings.dispose();
    project.remove();
  });

  function tell(...bodies: FactBody[]): void {
    const facts = bodies.map((body) => ({ seq: ++seq, at: 0, ...body }));
    facts.forEach((fact) => applyFact(state, fact));
    findings.receive(facts, state);
  }

  const finding = (message: string): Omit<FactOf<'diagnostic'>, 'seq' | 'at'> => ({
    kind: 'diagnostic',
    ...{ rule: 'integration.invalid', severity: 'error', message, advice: '', function: id },
  });
  const ready = (version: number): FactBody => ({
    kind: 'instance',
    ...{ function: id, instance: 1, state: 'ready', version },
  });
  const shown = () =>
    vscode.languages
      .getDiagnostics(vscode.Uri.file(file))
      .filter(({ source }) => source === 'SCF WebSocket')
      .map(({ message }) => message);

  it('are gone when their end came in the same moment', async () => {
    tell(finding('early'), { kind: 'diagnosticsCleared', function: id });
    tell({ ...finding('late'), rule: 'limits.event-size' });
    assert.deepEqual(await until('the late one', () => shown().length > 0 && shown()), ['late']);
  });

  it('of a run stay when the code is good to start, until new code serves', async () => {
    const run = { invocation: 'a', connection: 'c' };
    tell(
      ready(1),
      { ...finding('of a run'), ...run },
      { ...finding('of a start'), rule: 'error.437' },
    );
    await until('both', () => shown().includes('of a run') && shown().includes('of a start'));
    tell({ kind: 'diagnosticsCleared', function: id });
    await until('the end of one', () => !shown().includes('of a start'));
    assert.ok(shown().includes('of a run'));
    // Another process of the same code does not mend it, either.
    tell(ready(1), { ...finding('a mark'), rule: 'limits.event-size' });
    await until('the mark', () => shown().includes('a mark'));
    assert.ok(shown().includes('of a run'));
    tell(ready(2));
    await until('its end', () => !shown().includes('of a run'));
  });

  it('without a run belong to the code that serves: another instance of it leaves them', async () => {
    tell(ready(3), finding('of version 3'), ready(3));
    await until('the finding', () => shown().includes('of version 3'));
    tell(ready(4));
    await until('its end', () => !shown().includes('of version 3'));
  });

  it('have their advice on a line of its own', async () => {
    tell({ ...finding('What happened.'), advice: 'What to do.', rule: 'error.430' });
    await until('the finding', () => shown().includes('What happened.\nWhat to do.'));
  });

  it('of a handler whose file is not there offer to create it', async () => {
    const written = fs.readFileSync(file, 'utf8');
    fs.rmSync(file);
    const place = { file: project.file('scfws.json'), line: 1 };
    tell({ ...finding('no file'), rule: 'error.437', place });
    const uri = project.uri('scfws.json');
    const here = () => vscode.languages.getDiagnostics(uri);
    await until('the finding', () => here().some(({ message }) => message === 'no file'));
    const actions = await findings.provideCodeActions(
      await vscode.workspace.openTextDocument(uri),
      new vscode.Range(0, 0, 0, 0),
      { diagnostics: here(), only: undefined, triggerKind: vscode.CodeActionTriggerKind.Invoke },
    );
    const creation = actions.find(({ title }) => title.startsWith('Create '));
    assert.ok(creation?.edit !== undefined);
    assert.ok(await vscode.workspace.applyEdit(creation.edit));
    assert.match(fs.readFileSync(file, 'utf8'), /exports\.main_handler = /);
    fs.writeFileSync(file, written);
  });
});

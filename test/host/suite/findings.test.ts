// Findings come and go in the order in which the session told of them.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Findings } from '../../../src/extension/findings';
import type { FactBody, FactOf, FunctionInfo } from '../../../src/protocol/fact';
import { applyFact, emptyState } from '../../../src/protocol/state';
import { echoFiles, TestProject, until } from './support';

describe('findings', () => {
  let project: TestProject;
  let file: string;
  const findings = new Findings();
  const id = 'javascript/Transmission';
  const state = emptyState();
  let seq = 0;

  before(() => {
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

  it('without a run belong to the code that serves: another instance of it leaves them', async () => {
    tell(ready(2), finding('of version 2'), ready(2));
    await until('the finding', () => shown().includes('of version 2'));
    tell(ready(3));
    await until('its end', () => !shown().includes('of version 2'));
  });
});

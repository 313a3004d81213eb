// Projects that come and go while the gateway runs, and those that cannot be served: what is offered, what is shown.
import assert from 'node:assert/strict';
import { editor, person } from './editor';
import { Served } from '../../../src/extension/served';
import { FunctionsView } from '../../../src/extension/views/functionsView';

interface FakeProject {
  folder: string;
  file: string;
  value?: object;
  problems: object[];
}

describe('projects beside a running gateway', () => {
  const changed = new editor.EventEmitter<void>();
  const project = (folder: string): FakeProject => ({
    folder,
    file: `${folder}/scfws.json`,
    value: { functions: [] },
    problems: [],
  });
  let all: FakeProject[];
  let gateway: { status: string; state: object; serves(folder: string): boolean };
  let served: Served;

  const projects = {
    get all() {
      return all;
    },
    get folders() {
      return all.filter(({ value }) => value).map(({ folder }) => folder);
    },
    functions: () => [],
    onDidChange: changed.event,
  };

  beforeEach(() => {
    all = [project('/a')];
    gateway = {
      status: 'running',
      state: { functions: new Map(), services: [{ folder: '/a' }] },
      serves: (folder) => folder === '/a',
    };
    person.messages.length = 0;
    person.commands.length = 0;
    served = new Served(gateway as never, projects as never);
  });
  afterEach(() => {
    served.dispose();
    person.answer = () => undefined;
  });

  const rows = () => {
    const view = new FunctionsView(gateway as never, projects as never, undefined as never);
    return view.getChildren().map((node) => view.getTreeItem(node));
  };

  it('are offered a restart once, by name', async () => {
    changed.fire();
    assert.equal(person.messages.length, 0);
    person.answer = () => 'Restart Gateway';
    all.push(project('/b'));
    changed.fire();
    changed.fire();
    assert.equal(person.messages.length, 1);
    assert.match(person.messages[0]?.text ?? '', /^Not served yet: \/b\./);
    await Promise.resolve();
    assert.deepEqual(person.commands, ['scfWebSocket.restart']);
    const [row] = rows();
    assert.equal(row?.label, '/b');
    assert.equal(row?.command?.command, 'scfWebSocket.restart');
  });

  it('are said to be served still when they are gone, but not when their file is wrong', () => {
    all = [{ ...project('/a'), value: undefined }];
    changed.fire();
    assert.equal(person.messages.length, 0);
    all = [];
    changed.fire();
    assert.match(person.messages[0]?.text ?? '', /^Still served .*\/a/);
  });

  it('need no restart of a gateway that does not run', () => {
    gateway.status = 'stopped';
    all.push(project('/b'));
    changed.fire();
    assert.equal(person.messages.length, 0);
    assert.deepEqual(rows(), []);
  });

  it('have a row with what is wrong with their file', () => {
    gateway.status = 'stopped';
    const range = { line: 3, column: 4, endLine: 3, endColumn: 9 };
    const problems = [
      { message: 'Odd.', severity: 'warning' },
      { message: 'No such folder.', severity: 'error', range },
    ];
    all = [{ ...project('/c'), value: undefined, problems }];
    const [row] = rows();
    assert.equal(row?.label, '/c');
    assert.equal(row?.description, 'No such folder.');
    assert.equal(row?.command?.command, 'vscode.open');
    assert.equal(row?.command?.arguments?.[0], '/c/scfws.json');
  });
});

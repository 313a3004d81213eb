// What a configuration of launch.json means, and which ones are offered.
import assert from 'node:assert/strict';
import path from 'node:path';
import { editor, person } from './editor';
import { Configurations } from '../../../src/extension/debug/configuration';
import { wantedFunctions, withProject } from '../../../src/extension/debug/wanted';

const info = (folder: string, service: string, name: string, family = 'python') => ({
  function: `${service}/${name}`,
  name,
  family,
  folder: path.join(folder, name),
});
const one = [
  info('/w/services/one', 'one', 'Register'),
  info('/w/services/one', 'one', 'Main', 'go'),
];
const two = [info('/w/services/one-more', 'two', 'Register')];
const known = [...one, ...two] as never;

describe('a debug configuration', () => {
  const names = (configuration: object, folder = '/w') =>
    wantedFunctions(withProject({ ...configuration }, folder), known).map((each) => each.function);

  it('names a project in any way that a path is written', () => {
    for (const project of ['services/one', './services/one', 'services/one/', 'services\\one']) {
      assert.deepEqual(names({ project }), ['one/Register'], project);
    }
    assert.deepEqual(names({ project: '/w/services/one/' }), ['one/Register']);
    assert.deepEqual(names({ project: '.' }, '/w/services/one'), ['one/Register']);
    assert.deepEqual(names({}), ['one/Register', 'two/Register']);
  });

  it('names functions of that project only', () => {
    assert.deepEqual(names({ project: 'services/one', functions: ['Register'] }), ['one/Register']);
    assert.throws(
      () => names({ functions: ['Main'] }),
      /There is no Python or Node.js function Main/,
    );
    assert.throws(() => names({ project: 'elsewhere' }), /in \/w\/elsewhere/);
  });
});

describe('the configurations of a workspace', () => {
  const project = (folder: string, name: string) => ({
    folder,
    file: editor.Uri.file(`${folder}/scfws.json`),
    value: { name, functions: [info(folder, name, 'Register')] },
  });
  const folders = (...all: string[]) =>
    all.map((folder, index) => ({ uri: editor.Uri.file(folder), name: `f${index}`, index }));
  const active = { isActive: false, more: [] as object[], debugged: [] as object[] };
  const debugging = {
    get isActive() {
      return active.isActive;
    },
    notDebugged: () => active.more,
    debug: (functions: object[]) => active.debugged.push(...functions),
  };
  const made = (all: object[]) =>
    new Configurations(
      { all, refresh: () => Promise.resolve() } as never,
      debugging as never,
      { error: () => undefined } as never,
    );

  afterEach(() => {
    editor.workspace.workspaceFolders = undefined;
    person.messages.length = 0;
  });

  it('name the project when there are several', async () => {
    editor.workspace.workspaceFolders = folders('/w');
    const only = await made([project('/w', 'chat')]).provideDebugConfigurations(undefined);
    assert.deepEqual(
      only.map((each) => [each.name, each['project'], each['functions']]),
      [
        ['SCF WebSocket', undefined, undefined],
        ['SCF WebSocket: Register', undefined, ['Register']],
      ],
    );
    const both = await made([
      project('/w', 'chat'),
      project('/w/more', 'more'),
    ]).provideDebugConfigurations(undefined);
    assert.deepEqual(
      both.slice(1).map((each) => [each.name, each['project'], each['functions']]),
      [
        ['SCF WebSocket: chat', '${workspaceFolder}', undefined],
        ['SCF WebSocket: chat/Register', '${workspaceFolder}', ['Register']],
        ['SCF WebSocket: more', '${workspaceFolder}/more', undefined],
        ['SCF WebSocket: more/Register', '${workspaceFolder}/more', ['Register']],
      ],
    );
  });

  it('add to what is debugged already, instead of being refused', async () => {
    const [folder] = folders('/w');
    const resolve = (configuration: object) =>
      made([]).resolveDebugConfigurationWithSubstitutedVariables(
        folder as never,
        configuration as never,
      );
    assert.deepEqual(await resolve({ project: 'more' }), { project: '/w/more' });
    active.isActive = true;
    active.more = [info('/w/more', 'more', 'Register')];
    assert.equal(await resolve({ project: 'more' }), undefined);
    assert.deepEqual(active.debugged, active.more);
    assert.equal(person.messages.length, 0);
    active.more = [];
    assert.equal(await resolve({}), undefined);
    assert.match(person.messages[0]?.text ?? '', /being debugged already/);
  });
});

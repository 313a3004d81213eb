// What the person is shown when a command cannot do its work, and what they can do about it there and then.
import assert from 'node:assert/strict';
import { editor, person } from './editor';
import { UserError } from '../../../src/core/errors';
import type { Installation } from '../../../src/protocol/fact';
import { Cancelled, Instruction, showError } from '../../../src/extension/commands/register';

describe('the message of a command that failed', () => {
  const logged: string[] = [];
  const log = { error: (text: string) => logged.push(text), show: () => undefined } as never;

  beforeEach(() => {
    person.messages.length = 0;
    person.commands.length = 0;
    logged.length = 0;
  });
  afterEach(() => (person.answer = () => undefined));

  it('has a button that does what it advises', async () => {
    for (const [code, title, command] of [
      ['notRunning', 'Start Gateway', 'scfWebSocket.start'],
      ['untrusted', 'Manage Workspace Trust', 'scfWebSocket.manageTrust'],
      ['noProject', 'Create Project…', 'scfWebSocket.createProject'],
    ] as const) {
      person.answer = () => title;
      await showError(log, new UserError(code, 'It did not work.'));
      assert.deepEqual(person.messages.pop()?.buttons, [title, 'Show Log']);
      assert.equal(person.commands.pop(), command);
    }
    await showError(log, new UserError('other', 'It did not work.'));
    assert.deepEqual(person.messages.pop()?.buttons, ['Show Log']);
  });

  it('opens the place that it is about', async () => {
    person.answer = () => 'Open scfws.json';
    const place = { file: '/projects/chat/scfws.json', line: 3 };
    await showError(log, new UserError('projectFileWrong', 'It has errors.', 'Correct it.', place));
    assert.deepEqual(person.messages.pop()?.buttons, ['Open scfws.json', 'Show Log']);
    assert.equal(editor.opened.pop(), '/projects/chat/scfws.json');
  });

  it('installs what is missing, and does then what was wanted', async () => {
    const fix: Installation = {
      ...{ kind: 'installLibrary', family: 'python', isKnown: true, packages: ['debugpy'] },
      ...{ interpreter: '/usr/bin/python3', command: 'pip install', function: 'chat/Register' },
    };
    const error = new UserError('debugpyMissing', 'It has none.', 'Install it.', undefined, fix);
    let times = 0;
    for (const [answer, result, expected] of [
      ['Install debugpy', true, 1],
      ['Install debugpy', undefined, 1],
      ['Show Log', true, 1],
    ] as const) {
      person.answer = () => answer;
      person.result = () => result;
      await showError(log, error, () => times++);
      assert.deepEqual(person.messages.pop()?.buttons, ['Install debugpy', 'Show Log']);
      assert.equal(times, expected);
    }
  });

  it('is no error where nothing went wrong', async () => {
    await showError(log, new Instruction('Now do that.'));
    assert.deepEqual(person.messages, [{ text: 'Now do that.', buttons: [] }]);
    await showError(log, new Cancelled());
    assert.equal(person.messages.length, 1);
    assert.deepEqual(logged, []);
  });
});

// What a person must know before the first client comes, as one message.
import assert from 'node:assert/strict';
import { editor, person } from './editor';
import { Warnings } from '../../../src/extension/warnings';
import type { FactOf } from '../../../src/protocol/fact';

const finding = (message: string): FactOf<'diagnostic'> => ({
  ...{ kind: 'diagnostic', seq: 1, at: 0, function: 'chat/Register', severity: 'error' },
  ...{ rule: 'error.437', message, advice: '' },
});

describe('What is wrong at the start', () => {
  const { t } = editor.l10n;
  const { showWarningMessage } = editor.window;
  afterEach(() => {
    editor.l10n.t = t;
    editor.window.showWarningMessage = showWarningMessage;
    person.messages.length = 0;
  });

  /** What is said once the findings are gathered. */
  const said = (...messages: string[]): Promise<string> =>
    new Promise((resolve) => {
      editor.window.showWarningMessage = (text) => {
        resolve(text);
        return Promise.resolve(undefined);
      };
      new Warnings().receive(messages.map(finding));
    });

  it('is said once, with how many more there are', async () => {
    assert.equal(
      await said('Delete cannot be loaded.', 'another'),
      'Delete cannot be loaded. And 1 more.',
    );
    assert.equal(await said('Delete cannot be loaded'), 'Delete cannot be loaded');
  });

  it('does nothing more by its buttons once it was mended', async () => {
    const warnings = new Warnings();
    const done: string[] = [];
    Object.assign(editor.window, { setStatusBarMessage: (text: string) => done.push(text) });
    person.commands.length = 0;
    const over = new Promise<void>((resolve) => {
      editor.window.showWarningMessage = (_text, ...buttons) => {
        warnings.receive([
          { kind: 'diagnosticsCleared', seq: 2, at: 0, function: 'chat/Register' },
        ]);
        setImmediate(resolve);
        return Promise.resolve(buttons.at(-1));
      };
    });
    warnings.receive([finding('Delete cannot be loaded.')]);
    await over;
    assert.match(done.join(), /no longer wrong/);
    assert.deepEqual(person.commands, []);
  });

  it('has no gap between two Chinese sentences', async () => {
    editor.l10n.t = (text, ...values) =>
      text === 'And {0} more.' ? `还有 ${String(values[0])} 个问题。` : t(text, ...values);
    assert.equal(
      await said('Delete 须先构建才能运行。', 'another'),
      'Delete 须先构建才能运行。还有 1 个问题。',
    );
  });
});

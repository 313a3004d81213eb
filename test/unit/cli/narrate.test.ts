import assert from 'node:assert/strict';
import { startNarration } from '../../../src/cli/narrate';
import type { Fact } from '../../../src/protocol/fact';

describe('narration', () => {
  const about = { seq: 1, at: 1, connection: 'abcdefgh', function: 'chat/a', invocation: 'i' };
  const line = (fact: object): string => startNarration()({ ...about, ...fact } as Fact) ?? '';

  it('lets nobody write with the control characters of the terminal, nor lines of their own', () => {
    const evil = '\x1b]0;owned\x07\x1b[2J\r\nFAKE \x9b31m \u202e \u2028end';
    const facts = [
      { kind: 'connecting', target: evil },
      { kind: 'refused', target: evil, status: 403, reason: evil },
      { kind: 'closed', cause: 'clientClose', code: 1000, reason: evil },
      { kind: 'frame', direction: 'toServer', type: 'text', size: 1, preview: evil },
      { kind: 'push', errNo: 9001, errMsg: evil },
      { kind: 'invocationEnded', outcome: 'ok', durationMs: 1, preview: evil },
    ];
    for (const fact of facts) {
      const said = line(fact);
      assert.match(said, /FAKE/);

      assert.doesNotMatch(said, /[\0-\x1f\x7f-\x9f\u2028\u202e]/, fact.kind);
    }
    assert.match(line({ ...facts[3], preview: 'a\nb\x1b' }), /a\\nb\\u001b/);
  });

  it('keeps the lines of stacks and advice', () => {
    const error = { errorMessage: 'no', statusCode: 430, stackTrace: 'File "a"\x1b\n  line 1' };
    const ended = line({
      kind: 'invocationEnded',
      outcome: 'userError',
      durationMs: 1,
      preview: '',
      error,
    });
    assert.match(ended, /File "a"\\u001b\n\s+line 1/);
    const told = line({ kind: 'diagnostic', severity: 'error', message: 'm', advice: 'one\ntwo' });
    assert.match(told, /one\ntwo/);
  });

  it('says that what was wrong with a function is mended, and nothing of it while it stops', () => {
    const tell = startNarration();
    const cleared = { ...about, kind: 'diagnosticsCleared' } as Fact;
    assert.match(tell(cleared) ?? '', /What was wrong with chat\/a is gone\.$/);
    tell({ ...about, kind: 'stopping', reason: 'asked' });
    assert.equal(tell(cleared), undefined);
  });
});

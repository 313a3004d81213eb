import assert from 'node:assert/strict';
import { openBytes, parseBytes } from '../../../src/extension/traffic/recordingFile';
import { parseJsonLines, renderJsonLines } from '../../../src/protocol/export/jsonLines';
import {
  recordedPayload,
  type Recording,
  searchRecording,
} from '../../../src/protocol/export/recording';
import type { Fact } from '../../../src/protocol/fact';
import { longStory } from '../../webview/story';

/** Twice as many facts as lie between two marks, with whole payloads at some. */
function recording(): Recording {
  const { facts } = longStory(2200);
  const payloads: Recording['payloads'] = new Map();
  for (const fact of facts) {
    if (fact.kind === 'frame' && fact.seq % 7 === 0) {
      payloads.set(fact.seq, { data: `{"number":${fact.seq},"lost":"keys"}`, encoding: 'text' });
    }
  }
  return { facts, payloads };
}

/** Everything, in pages. */
function pages(bytes: Uint8Array, limit: number): { facts: Fact[]; asked: number } {
  const { value } = openBytes(bytes);
  assert.ok(value);
  const facts: Fact[] = [];
  let asked = 0;
  for (let next: number | null = 1; next !== null; asked++) {
    const answer = value.read(next, limit);
    facts.push(...answer.facts);
    next = answer.next;
    assert.ok(answer.last >= (facts.at(-1)?.seq ?? 0));
  }
  return { facts, asked };
}

describe('a recording that is read where it lies', () => {
  const whole = recording();
  const text = renderJsonLines(whole);

  it('gives the same facts as one that is parsed whole, in pages of any size', () => {
    assert.ok(whole.facts.length > 4000);
    for (const limit of [997, 2000, 100_000]) {
      const { facts, asked } = pages(Buffer.from(text), limit);
      assert.deepEqual(facts, whole.facts);
      assert.equal(asked, Math.ceil(whole.facts.length / limit));
    }
  });

  it('answers for any fact, before and after all were read', async () => {
    const { value } = openBytes(Buffer.from(text));
    assert.ok(value);
    assert.equal(value.last, whole.facts.at(-1)?.seq);
    const seqs = whole.facts.filter((_, index) => index % 97 === 0).map(({ seq }) => seq);
    const look = (): void => {
      for (const seq of [...seqs].reverse()) {
        assert.deepEqual(value.payload(seq), recordedPayload(whole, seq));
        assert.equal(value.read(seq, 1).facts[0]?.seq, seq);
      }
    };
    look();
    value.read(1, Infinity);
    look();
    assert.equal(value.payload(value.last + 1), null);
    const ask = { text: '"lost"', regex: false, caseSensitive: true };
    const found = await value.search(ask);
    assert.deepEqual(found, searchRecording(whole, ask));
    assert.ok(found.seqs.length > 100);
  });

  it('leaves out what is no fact, and tells it once', () => {
    const lines = text.split('\n');
    lines.splice(3000, 0, 'nonsense', lines[10] ?? '');
    const broken = `\ufeff${lines.join('\r\n')}`;
    const { value } = openBytes(Buffer.from(broken));
    assert.ok(value);
    assert.deepEqual(value.problems, []);
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(value.read(1, Infinity).facts, whole.facts);
      const { problems } = parseJsonLines(broken);
      assert.deepEqual(value.problems, problems);
      assert.deepEqual(
        problems.map(({ line }) => line),
        [3001, 3002],
      );
    }
  });

  it('refuses with the same words what is no recording', () => {
    const [first = '', ...rest] = text.split('\n');
    for (const bytes of [
      '',
      'hello',
      '{"recording":1,"generator":"scf-websocket"}',
      [first.replace('"recording":1', '"recording":9'), ...rest].join('\n'),
      Buffer.from([0xff, 0x41, 0x80]),
    ]) {
      const { value, problems } = openBytes(Buffer.from(bytes));
      assert.equal(value, undefined);
      const [{ line, message } = {}] = parseBytes(Buffer.from(bytes)).problems;
      assert.deepEqual([problems[0]?.line, problems[0]?.message], [line, message]);
    }
  });

  it('reads what Windows shells write', () => {
    const { facts } = pages(Buffer.from(`\ufeff${text}`, 'utf16le'), 2000);
    assert.deepEqual(facts, whole.facts);
  });
});

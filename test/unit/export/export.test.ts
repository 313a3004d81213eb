import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keepConversation } from '../../../src/core/scenario/keep';
import type { Fact, FactOf } from '../../../src/protocol/fact';
import { redactRecording } from '../../../src/protocol/export/redactRecording';
import { renderExport, parseRecording } from '../../../src/protocol/export/renderExport';
import {
  recordedPayload,
  searchRecording,
  type Recording,
} from '../../../src/protocol/export/recording';
import {
  createRedactor,
  defaultRedactionRules,
  problemOf,
} from '../../../src/protocol/export/redact';
import {
  layoutSequence,
  renderMermaid,
  renderSequenceSvg,
  renderTraceText,
} from '../../../src/protocol/export/sequence';
import { axisSteps, layoutWaterfall } from '../../../src/protocol/export/waterfall';
import type { ExportFormat } from '../../../src/protocol/inspector';
import { FactIndex, traceOf } from '../../../src/protocol/trace';
import { chatStory, Story } from '../../webview/story';
// @ts-expect-error -- the package has no types
import har from 'har-validator';

function recordingOf(story: Story): Recording {
  return {
    facts: story.facts,
    payloads: new Map(
      [...story.payloads].map(([seq, data]) => {
        const fact = story.facts.find((each) => each.seq === seq)!;
        const binary = 'type' in fact && fact.type === 'binary';
        return [seq, { data, encoding: binary ? 'base64' : 'text' }];
      }),
    ),
  };
}

function exported(
  format: ExportFormat,
  recording: Recording,
  more: { seqs?: number[]; redact?: boolean } = {},
): string {
  return renderExport(
    recording,
    {
      format,
      redact: more.redact ? [...defaultRedactionRules] : [],
      ...(more.seqs ? { seqs: more.seqs } : {}),
    },
    {
      scenario: (clean) => keepConversation(clean, 'kept').text,
      version: '1.2.3',
      report: {
        title: 'T',
        script: 'run("</script>")',
        style: '',
        nonce: 'n',
        language: 'en',
        translations: null,
      },
    },
  );
}

describe('export', () => {
  const recording = recordingOf(chatStory());

  it('loses nothing in JSON Lines', () => {
    const read = parseRecording(exported('jsonl', recording));
    assert.deepEqual(read.problems, []);
    assert.deepEqual(read.value, recording);
  });

  it('knows when it was, although the traffic was cleared in between', () => {
    const story = new Story();
    story.connect('alice');
    story.clear();
    story.connect('bob');
    const cleared = story.facts.findIndex(({ kind }) => kind === 'trafficCleared');
    const facts = story.facts.slice(cleared);
    const archive = exported('har', { facts, payloads: new Map() });
    const { log } = JSON.parse(archive) as { log: { entries: { startedDateTime: string }[] } };
    assert.deepEqual(
      log.entries.map(({ startedDateTime }) => startedDateTime.slice(0, 10)),
      ['2026-11-20'],
    );
    const bob = facts.find(({ kind }) => kind === 'opened')!.seq;
    assert.match(
      exported('jsonl', { facts, payloads: new Map() }, { seqs: [bob] }),
      /"trafficCleared"/,
      'whatever is chosen',
    );
  });

  it('reads recordings in which an instance was busy', () => {
    const busy = `{"seq":1,"at":1,"kind":"instance","function":"f","instance":1,"state":"busy","version":1}`;
    const read = parseRecording(busy);
    assert.deepEqual(read.problems, []);
    assert.equal((read.value?.facts[0] as FactOf<'instance'>).state, 'ready');
  });

  it('says which lines of a file are no facts, and reads the others', () => {
    const lines = exported('jsonl', recording).split('\n');
    lines[3] = '{"seq": 1}';
    lines[4] = 'no json';
    lines[5] = '{"seq":5,"at":1,"kind":"frame","connection":7}';
    const read = parseRecording(lines.join('\n'));
    assert.deepEqual(
      read.problems.map(({ line, message }) => [line, message]),
      [
        [4, 'A fact needs seq, at and kind'],
        [5, 'This line is no JSON object'],
        [6, 'This fact lacks what its kind needs'],
      ],
    );
    assert.equal(read.value?.facts.length, recording.facts.length - 3);
  });

  it('names the lines whose parts or times no export could write', () => {
    const bad = [
      '{"seq":2,"at":1,"kind":"invocationEnded","invocation":"i","outcome":"ok","durationMs":1,"preview":"","error":null}',
      '{"seq":3,"at":1,"kind":"refused","status":1,"reason":"","target":""}',
      '{"seq":4,"at":1,"kind":"connecting","connection":"c","service":"","target":"","headers":{"a":1}}',
      '{"seq":5,"at":1,"kind":"held","frame":{}}',
      '{"seq":6,"at":1,"kind":"listening","url":"","pushUrl":"","epoch":1e308,"services":[]}',
      '{"seq":7,"at":1e999,"kind":"stopping","reason":""}',
    ];
    const good = '{"seq":1,"at":0,"kind":"stopping","reason":""}';
    const read = parseRecording([good, ...bad].join('\n'));
    assert.deepEqual(
      read.problems.map(({ line }) => line),
      [2, 3, 4, 5, 6, 7],
    );
    assert.equal(read.value?.facts.length, 1);
  });

  it('writes an archive whatever the clock of a recording says', () => {
    const facts = recording.facts.map((fact) =>
      fact.kind === 'listening' ? { ...fact, epoch: 1e308 } : fact,
    );
    assert.match(exported('har', { ...recording, facts }), /1970-01-01T00:00:00/);
    const entry = {
      startedDateTime: '2026-01-01T00:00:00Z',
      _webSocketMessages: [{ type: 'send', time: 1e308, opcode: 1, data: 'x' }],
    };
    const read = parseRecording(JSON.stringify({ log: { entries: [entry] } }, null, 1));
    assert.ok(read.value?.facts.every(({ at }) => Number.isFinite(at)));
  });

  it('leaves a binary message that is in no base64 out, and tells where it is', () => {
    const message = (data: string) => ({ type: 'send', time: 1, opcode: 2, data });
    const entry = {
      startedDateTime: '1970-01-01T00:00:00Z',
      _webSocketMessages: [message('AQID'), message('\u0001\u00ff'), message('{"a": 1}')],
    };
    const read = parseRecording(JSON.stringify({ log: { entries: [entry] } }, null, 1));
    const frames = read.value?.facts.filter(({ kind }) => kind === 'frame');
    assert.deepEqual(
      frames?.map((fact) => (fact.kind === 'frame' ? [fact.preview, fact.size] : [])),
      [['AQID', 3]],
    );
    assert.deepEqual(
      read.problems.map(({ line, values }) => [line, ...values]),
      [
        [17, '1', '\u0001\u00ff'],
        [23, '1', '{"a": 1}'],
      ],
    );
    // Whatever a file holds: it is read in one go, and its problems can be read, too.
    const many = Array.from({ length: 3000 }, () => message(`${' '.repeat(20_000)}!`));
    const flood = { ...entry, _webSocketMessages: many };
    const { problems } = parseRecording(JSON.stringify({ log: { entries: [flood] } }));
    assert.equal(problems.length, 21);
    assert.deepEqual(problems.at(-1)?.values, ['2980']);
  });

  it('refuses what is no recording', () => {
    for (const text of ['', '[]', 'hello', '{"log":{}}', '{"recording":9}\n']) {
      const read = parseRecording(text);
      assert.equal(read.value, undefined, text);
      assert.ok(read.problems.length > 0, text);
    }
  });

  it('never throws on a broken file', () => {
    const text = exported('jsonl', recording);
    fc.assert(
      fc.property(fc.nat(text.length), fc.string(), (at, junk) => {
        parseRecording(text.slice(0, at) + junk + text.slice(at + junk.length));
      }),
    );
  });

  it('writes a HAR that a validator accepts, one entry for each connection', async () => {
    const text = exported('har', recording);
    const parsed = JSON.parse(text) as { log: { entries: Record<string, never>[] } };
    await (har as { har: (data: unknown) => Promise<unknown> }).har(parsed);
    assert.equal(parsed.log.entries.length, 5);
    const [alice] = parsed.log.entries as unknown as {
      request: { url: string };
      response: { status: number };
      _webSocketMessages: { type: string; opcode: number; data: string }[];
    }[];
    assert.match(alice!.request.url, /^ws:\/\/127\.0\.0\.1:9480\/release\/chat\?name=alice/);
    assert.equal(alice!.response.status, 101);
    const notice = alice!._webSocketMessages.find((each) => each.data.includes('maintenance'))!;
    assert.equal(notice.type, 'receive');
    assert.equal(notice.data.length > 120, true);
  });

  it('reads its own HAR and that of a browser', () => {
    const read = parseRecording(exported('har', recording)).value!;
    const frames = (from: Recording) =>
      from.facts
        .filter((fact) => fact.kind === 'frame')
        .map((fact) => [fact.connection, fact.direction, fact.type, fact.preview]);
    const order = (a: unknown[], b: unknown[]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    assert.deepEqual(frames(read).sort(order), frames(recording).sort(order));
  });

  it('takes secrets out of targets, headers, payloads and logs', () => {
    const story = new Story();
    const id = story.connect('eve');
    story.frame(
      id,
      'toServer',
      JSON.stringify({ password: 'hunter2', deep: [{ apiKey: 'k-77' }], ok: 1 }),
    );
    story.frame(id, 'toServer', JSON.stringify({ pad: 'x'.repeat(150), token: 't-99' }));
    story.frame(id, 'toClient', 'bearer abcdefghijk eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-sig');
    for (const format of ['jsonl', 'har', 'html'] as const) {
      const text = exported(format, recordingOf(story), { redact: true });
      for (const secret of [
        'hunter2',
        'k-77',
        't-99',
        'abcdef0123456789',
        's3cr3t',
        'abcdefghijk',
        'sig-sig',
      ]) {
        assert.equal(text.includes(secret), false, `${format} ${secret}`);
      }
      assert.ok(text.includes('ok'));
    }
  });

  it('exports only chosen rows and what explains them', () => {
    const frame = recording.facts.find((fact) => fact.kind === 'frame')!;
    const read = parseRecording(exported('jsonl', recording, { seqs: [frame.seq] })).value!;
    assert.deepEqual([...new Set(read.facts.map((fact) => fact.kind))].sort(), [
      'client',
      'connecting',
      'frame',
      'invocationEnded',
      'invocationStarted',
      'listening',
      'log',
      'opened',
      'push',
    ]);
    assert.equal(read.facts.filter((fact) => fact.kind === 'frame').length, 1);
  });

  it('keeps hostile payloads inside the report data', () => {
    const story = new Story();
    story.frame('c', 'toServer', '</script><img src=x onerror=alert(1)><!--\u2028');
    const text = exported('html', recordingOf(story));
    assert.equal(text.match(/<\/script>/g)?.length, 2);
    assert.equal(text.includes('<img'), false);
    const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)![1]!;
    assert.deepEqual((JSON.parse(json) as { facts: unknown }).facts, story.facts);
  });

  it('says in each format how many payloads were gone', () => {
    const { facts } = recording;
    const bare: Recording = { facts, payloads: new Map() };
    assert.match(exported('jsonl', bare).split('\n')[0]!, /"missingPayloads":\d+/);
    assert.match(exported('har', bare), /\d+ payloads were gone/);
    assert.match(exported('html', bare), /"missing":[1-9]/);
  });

  it('answers like a session', () => {
    const [seq] = [...recording.payloads].find(([, each]) => each.data.includes('maintenance'))!;
    assert.deepEqual(recordedPayload(recording, seq), recording.payloads.get(seq));
    const ask = { regex: false, caseSensitive: false };
    assert.ok(
      searchRecording(recording, { ...ask, text: 'KEPT AND delivered' }).seqs.includes(seq),
    );
    assert.ok(
      searchRecording(recording, { ...ask, text: '', condition: '$.by.id == 42' }).seqs.includes(
        seq,
      ),
    );
    assert.deepEqual(searchRecording(recording, { ...ask, text: 'nowhere' }).seqs, []);
  });
});

describe('redaction of a recording', () => {
  it('leaves no secret in a reason, a finding, an answer or an address', () => {
    const secret = '{"token":"s3cr3t"}';
    const facts = [
      { kind: 'closed', connection: 'a', cause: 'clientClose', code: 1000, reason: secret },
      { kind: 'diagnostic', rule: 'r', severity: 'error', message: secret, advice: '' },
      { kind: 'push', connection: secret.repeat(2), errMsg: secret, preview: '', type: 'text' },
      { kind: 'servicesChanged', services: [{ pushUrl: 'http://127.0.0.1:1/api-s3cr3t00' }] },
    ].map((fact, index) => ({ seq: index + 1, at: 0, ...fact })) as unknown as Fact[];
    const redacted = redactRecording({ facts, payloads: new Map() }, defaultRedactionRules);
    assert.doesNotMatch(JSON.stringify(redacted.facts), /s3cr3t/);
  });
});

describe('redaction', () => {
  const redactor = createRedactor(defaultRedactionRules);
  it('leaves untouched JSON as it was written', () => {
    assert.equal(redactor.text('{ "a" : 1 }'), '{ "a" : 1 }');
  });
  it('works on JSON that was cut off', () => {
    assert.equal(redactor.text('{"a":1,"token":"abc'), '{"a":1,"token":"[redacted]"');
  });
  it('knows which rules cannot be used', () => {
    const rule = { id: 'x', enabled: true, on: 'text' as const };
    assert.equal(problemOf({ ...rule, pattern: 'a*' }), 'empty');
    assert.match(problemOf({ ...rule, pattern: '(' })!, /Invalid/);
    assert.equal(problemOf({ ...rule, pattern: 'a+' }), null);
  });
});

describe('drawings of a trace', () => {
  const story = new Story();
  ['alice', 'bob'].forEach((person) => story.connect(person));
  const seq = story.say('alice', ['bob'], 'a<b; "c" # d');
  const trace = traceOf(new FactIndex(story.facts), seq)!;
  const names = (connection: string) =>
    connection === story.idOf('alice') ? 'alice' : 'bob & <co>';

  it('have a lifeline for each party, in one order', () => {
    const { lifelines, messages, bars } = layoutSequence(trace, names);
    assert.deepEqual(
      lifelines.map((line) => line.name),
      ['alice', 'bob & <co>', 'gateway', 'Transmission'],
    );
    assert.deepEqual(
      messages.map((each) => [each.from, each.to, each.dashed]),
      [
        [0, 2, false],
        [2, 3, false],
        [3, 2, false],
        [2, 1, false],
        [3, 2, true],
      ],
    );
    assert.equal(bars.length, 1);
  });

  it('are well-formed SVG without markup from the wire', () => {
    const svg = renderSequenceSvg(trace, names);
    assert.ok(svg.includes('bob &amp; &lt;co&gt;'));
    assert.ok(svg.includes('a&lt;b'));
    assert.equal(/<co>|a<b/.test(svg), false);
  });

  it('are Mermaid with its special characters escaped', () => {
    const lines = renderMermaid(trace, names).trim().split('\n');
    assert.equal(lines[0], 'sequenceDiagram');
    assert.equal(lines[2], '  actor L1 as bob #38; #60;co#62;');
    assert.equal(
      lines[5],
      '  L0->>L2: {"type":"say","from":"alice","text":"a#60;b#59; \\"c\\" #35; d"}',
    );
  });

  it('are text that reads as a story', () => {
    const outline = renderTraceText(trace, names)
      .split('\n')
      .map((line) => line.replace(/^.{21}/, '').replace(/[\d.]+ ms/, 'N ms'));
    assert.match(outline[0]!, /→ alice text/);
    assert.match(outline[1]!, /^ {2}Transmission N ms ok/);
    assert.match(outline[2]!, /^ {4}push to bob/);
    assert.match(outline[3]!, /^ {6}← bob/);
  });

  it('tell waiting from starting and running', () => {
    const connecting = story.facts.find((fact) => fact.kind === 'connecting')!;
    const { rows, span } = layoutWaterfall(traceOf(new FactIndex(story.facts), connecting.seq)!);
    assert.deepEqual(
      rows[1]!.bars.map((bar) => bar.phase),
      ['queue', 'init', 'run'],
    );
    assert.ok(rows.every((row) => row.bars.every((bar) => bar.from >= 0 && bar.to <= span + 1e-6)));
  });

  it('have round marks on their axis', () => {
    assert.deepEqual(axisSteps(100, 5), [0, 20, 40, 60, 80, 100]);
    assert.deepEqual(axisSteps(0.5, 4), [0, 0.2, 0.4]);
  });
});

import assert from 'node:assert/strict';
import { startNarration } from '../../../src/cli/narrate';
import { keepConversation } from '../../../src/core/scenario/keep';
import type { Fact, FactKind } from '../../../src/protocol/fact';
import { fits, type Node } from '../../../src/protocol/facts/shape';
import { factKinds, facts, isWhole, mapFact } from '../../../src/protocol/facts/table';
import type { Recording } from '../../../src/protocol/export/recording';
import type { RecordedPayload } from '../../../src/protocol/payload';
import { defaultRedactionRules } from '../../../src/protocol/export/redact';
import { parseRecording, renderExport } from '../../../src/protocol/export/renderExport';
import { exportFormats, type ExportFormat } from '../../../src/protocol/inspector';
import { chatStory } from '../../webview/story';
import { sampleFact, type Put } from './samples';

/** Ways in which a secret stands in a text: the text, given the secret. */
const disguises: Record<string, (secret: string) => string> = {
  json: (secret) => JSON.stringify({ token: secret }),
  deepJson: (secret) => JSON.stringify({ a: [{ password: { is: secret } }] }),
  jsonInJson: (secret) => JSON.stringify({ body: JSON.stringify({ apiKey: secret }) }),
  jsonInText: (secret) => `got {"token":"${secret}"} from a client`,
  cutJson: (secret) => `{"secretKey": "${secret}", "more": "…`,
  cutJsonInJson: (secret) => `{"body":"{\\"token\\":\\"${secret}\\"}","more": "…`,
  python: (secret) => `{'session_id': '${secret}', 'n': 1}`,
  node: (secret) => `event { token: '${secret}' }`,
  condition: (secret) => `$.token == '${secret}'`,
  deepCondition: (secret) => `kind:text $.auth["token"].value == '${secret}'`,
  assignment: (secret) => `connect --password=${secret}`,
  header: (secret) => `Authorization: Basic ${secret}`,
  cookie: (secret) => `Cookie: a=b; sid=${secret}`,
  address: (secret) => `wss://api.example.com/chat?room=1&access_token=${secret}&x=2`,
  userInfo: (secret) => `wss://me:${secret}@api.example.com/`,
  cloudKey: (secret) => `signed by AKID${secret}`,
  bearer: (secret) => `with bearer ${secret}`,
  jwt: (secret) => `eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0AAAA.${secret}`,
};

function putOf(disguise: string, secrets: Map<string, string>, kind: string): Put {
  return (outside, path) => {
    const secret = `s3cr3t${secrets.size}x`.padEnd(12, 'x');
    secrets.set(secret, `${disguise} in ${path} of ${kind}`);
    if (outside.use === 'keyAddress') {
      return `http://127.0.0.1:9480/api-${secret}`;
    }
    if (path.endsWith('.authorization')) {
      return secret;
    }
    const text = disguises[disguise]!(secret);
    return outside.use === 'target' && !text.includes('?') && !text.includes('://')
      ? `/release/chat?token=${secret}&${text}`
      : text;
  };
}

/** Every kind in every disguise, frames and the like as text and as binary, their payloads beside them. */
function secretive(): { recording: Recording; secrets: Map<string, string> } {
  const secrets = new Map<string, string>();
  const payloads = new Map<number, RecordedPayload>();
  const told: Fact[] = [];
  const tell = (kind: FactKind, put: Put, values: Record<string, unknown>) => {
    told.push(sampleFact(kind, told.length + 1, put, values));
  };
  for (const disguise of Object.keys(disguises)) {
    for (const kind of factKinds) {
      const put = putOf(disguise, secrets, kind);
      const { type } = facts[kind].members as Record<string, Node>;
      const types = type !== undefined && fits(type, 'binary') ? ['text', 'binary'] : [undefined];
      for (const each of types) {
        const values = each === undefined ? {} : { type: each };
        tell(kind, put, values);
        if (facts[kind].payload !== 'none') {
          tell(kind, put, values);
          const data = put({ use: 'preview', most: 1e6 }, `${kind} payload`);
          payloads.set(
            told.length,
            each === 'binary'
              ? { data: Buffer.from(data).toString('base64'), encoding: 'base64' }
              : { data, encoding: 'text' },
          );
        }
      }
    }
  }
  return { recording: { facts: told, payloads }, secrets };
}

function exported(recording: Recording, format: ExportFormat, isRedacted: boolean): string {
  return renderExport(
    recording,
    {
      format,
      redact: isRedacted ? [...defaultRedactionRules] : [],
      filter: `$.token == 's3cr3tf'`,
    },
    {
      scenario: (clean) => keepConversation(clean, 'kept').text,
      version: '1.2.3',
      report: { title: 'T', script: '', style: '', nonce: 'n', language: 'en', translations: null },
    },
  );
}

/** With what is base64 in it made readable. */
function readable(text: string): string {
  const decoded = [...text.matchAll(/"([A-Za-z0-9+/]{16,}={0,2})"/g)].map(([, data]) => {
    try {
      return atob(data!);
    } catch {
      return '';
    }
  });
  return [text, ...decoded].join('\n');
}

describe('the table of facts', () => {
  it('describes facts as they are told', () => {
    for (const fact of chatStory().facts) {
      assert.ok(isWhole(fact.kind, fact), JSON.stringify(fact));
      const same = mapFact(fact, (text) => text);
      assert.equal(same, fact, 'nothing changed, and no member was unknown');
    }
  });

  it('reads every kind back from a file, and no kind that lacks a member', () => {
    const put: Put = ({ use }) => (use === 'target' ? '/a?b=c' : 'text');
    for (const kind of factKinds) {
      const fact = sampleFact(kind, 1, put);
      const read = (value: object) => parseRecording(`${JSON.stringify(value)}\n`);
      assert.deepEqual(read(fact).value?.facts, [fact]);
      const members = facts[kind].members as Record<string, Node>;
      for (const [name, node] of Object.entries(members)) {
        const lacking = Object.fromEntries(Object.entries(fact).filter(([key]) => key !== name));
        const isOptional = node.is === 'optional';
        assert.equal(read(lacking).value !== undefined, isOptional, `${kind} without ${name}`);
        assert.equal(
          read({ ...fact, [name]: { no: 'such thing' } }).problems.length > 0,
          node.is !== 'record',
          `${kind} with a wrong ${name}`,
        );
      }
    }
    const unknown = parseRecording('{"seq":1,"at":1,"kind":"gossip","text":"x"}\n');
    assert.match(unknown.problems[0]?.message ?? '', /knows no facts of the kind/);
  });

  it('lets no secret out, in any text of any kind, into any format', () => {
    const { recording, secrets } = secretive();
    assert.ok(secrets.size > 500, `${secrets.size} secrets`);
    for (const format of exportFormats) {
      const text = readable(exported(recording, format, true));
      const leaks = [...secrets].filter(([secret]) => text.includes(secret));
      assert.deepEqual(
        leaks.map(([, where]) => where),
        [],
        format,
      );
      assert.equal(text.includes('s3cr3tf'), false, `the filter in ${format}`);
    }
  });

  it('would find them: without rules each is in a recording and in a report', () => {
    const { recording, secrets } = secretive();
    for (const format of ['jsonl', 'html'] as const) {
      const text = readable(exported(recording, format, false));
      assert.deepEqual(
        [...secrets].filter(([secret]) => !text.includes(secret)).map(([, where]) => where),
        [],
      );
    }
  });

  it('leaves members out that no kind has, when secrets are taken out', () => {
    const fact = { seq: 1, at: 1, kind: 'opened', connection: 'c', note: 'anything' };
    const recording = { facts: [fact as unknown as Fact], payloads: new Map() };
    assert.doesNotMatch(exported(recording, 'jsonl', true), /anything/);
  });

  it('lets no text of any kind steer a terminal', () => {
    const evil = 'x\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e\u2028';
    for (const kind of factKinds) {
      const narrate = startNarration();
      const said = narrate(
        sampleFact(kind, 1, () => evil, { stream: 'stdout', outcome: 'userError' }),
      );
      assert.doesNotMatch(said ?? '', /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]/, kind);
    }
    const line = startNarration()(
      sampleFact('log', 1, () => '\x1b[31mred\x1b[0m\ttab', { stream: 'stdout' }),
    );
    assert.match(line ?? '', /\x1b\[31mred\x1b\[0m\ttab/);
  });
});

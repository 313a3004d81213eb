/**
 * Thousands of broken inputs, the same ones each time. None may end the gateway, hang it, or cost another client its
 * connection; what every case must leave behind is a gateway that answers the next message.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { parseProjectFile } from '../../src/core/project/projectFile';
import { loadService } from '../../src/core/project/loadService';
import { Channel } from '../../src/core/runtime/channel/channel';
import type { LaunchOrder } from '../../src/core/runtime/launch/environment';
import { parsePush } from '../../src/core/gateway/pushRequest';
import { renderHar } from '../../src/protocol/export/har';
import { renderJsonLines } from '../../src/protocol/export/jsonLines';
import type { Recording } from '../../src/protocol/export/recording';
import type { RecordedPayload } from '../../src/protocol/payload';
import { redactRecording } from '../../src/protocol/export/redactRecording';
import { defaultRedactionRules } from '../../src/protocol/export/redact';
import { parseRecording } from '../../src/protocol/export/renderExport';
import { applyFact, emptyState } from '../../src/protocol/state';
import { parseFilter } from '../../src/protocol/filter';
import { Random, rounds } from './random';
import { connect, disposeServed, serve, type Client, type Served } from './served';
import { frame, openRaw, upgradeRequest, type FrameParts } from './wire';

describe('fuzz', function () {
  let served: Served;
  /** Somebody else, who must not notice anything. */
  let bystander: Client;
  let path1: string;

  before(async () => {
    served = await serve();
    bystander = await connect(served.url);
    path1 = new URL(served.url).pathname;
  });
  after(async () => {
    await served.stop();
    await disposeServed();
  });

  let checks = 0;
  const stillServes = async (): Promise<void> => {
    const text = `check ${checks++}`;
    assert.equal(await bystander.say(text), text);
    assert.equal(served.child.exitCode, null);
    assert.ok(!/Error|at .+:\d+:\d+/.test(served.stderr()), served.stderr());
  };

  /** Sends bytes on a connection of their own; half of the time the peer just vanishes. */
  const throwAt = async (chunks: Buffer[], vanish: boolean): Promise<Buffer> => {
    const client = await openRaw(served.port);
    for (const chunk of chunks) {
      client.socket.write(chunk);
    }
    if (vanish) {
      client.socket.resetAndDestroy();
    } else {
      client.socket.end();
    }
    await client.closed;
    return client.received();
  };

  const split = (random: Random, bytes: Buffer): Buffer[] => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + random.below(random.chance(0.3) ? 3 : 400);
      chunks.push(bytes.subarray(at, at + length));
      at += length;
    }
    return chunks;
  };

  /** Runs `count` cases, several at a time. */
  const many = async (
    count: number,
    run: (random: Random, n: number) => Promise<unknown>,
  ): Promise<void> => {
    for (let n = 0; n < count * rounds; n += 20) {
      await Promise.all(
        Array.from({ length: Math.min(20, count * rounds - n) }, (_, k) =>
          run(new Random(n + k), n + k),
        ),
      );
      await stillServes();
    }
  };

  it('HTTP: 1,000 requests that are not quite right', async () => {
    const pushPath = new URL(served.pushUrl).pathname;
    const push =
      '{"websocket":{"action":"data send","secConnectionID":"x","dataType":"text","data":"y"}}';
    const good = [
      upgradeRequest(served.port, path1),
      upgradeRequest(served.port, `${path1}?a=1&a=2&b&%ff=%zz`, ['Sec-WebSocket-Protocol: a, b']),
      Buffer.from(
        `POST ${pushPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${push.length}\r\n\r\n${push}`,
      ),
      Buffer.from(
        `POST ${pushPath} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${push.length.toString(16)}\r\n${push}\r\n0\r\n\r\n`,
      ),
      Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    ];
    await many(1000, (random) => {
      const bytes = random.chance(0.1)
        ? random.bytes(random.below(500))
        : random.mutate(random.one(good));
      return throwAt(split(random, bytes), random.chance(0.4));
    });
  });

  it('WebSocket: 1,500 streams of broken frames, masks, lengths and fragments', async () => {
    const parts = (random: Random): FrameParts => {
      const payload = random.chance(0.5)
        ? Buffer.from('héllo 😀'.repeat(1 + random.below(30)))
        : random.bytes(random.below(random.chance(0.1) ? 70_000 : 300));
      return {
        payload,
        fin: random.chance(0.7),
        reserved: random.chance(0.1) ? random.below(8) : 0,
        opcode: random.chance(0.8) ? random.one([0, 1, 2, 8, 9, 10]) : random.below(16),
        masked: random.chance(0.9),
        ...(random.chance(0.15)
          ? { length: random.one([0n, 125n, 126n, 65_536n, 2n ** 31n, 2n ** 53n, 2n ** 64n - 1n]) }
          : {}),
        ...(random.chance(0.1) ? { lengthForm: random.one([7, 16, 64] as const) } : {}),
      };
    };
    await many(1500, (random) => {
      const frames = Array.from({ length: 1 + random.below(6) }, () => frame(parts(random)));
      const stream = Buffer.concat([upgradeRequest(served.port, path1), ...frames]);
      return throwAt(
        split(random, random.chance(0.2) ? random.mutate(stream) : stream),
        random.chance(0.4),
      );
    });
  });

  for (const [what, frames, code] of [
    ['an unmasked frame', [{ masked: false, payload: Buffer.from('x') }], 1002],
    ['a reserved bit', [{ reserved: 4, payload: Buffer.from('x') }], 1002],
    ['a reserved opcode', [{ opcode: 3 }], 1002],
    ['a continuation of nothing', [{ opcode: 0 }], 1002],
    ['a new message inside a fragmented one', [{ fin: false }, { opcode: 1 }], 1002],
    ['a fragmented ping', [{ opcode: 9, fin: false }], 1002],
    ['a ping of 126 bytes', [{ opcode: 9, payload: Buffer.alloc(126) }], 1002],
    ['a length above 2^53', [{ length: 2n ** 60n, lengthForm: 64 }], 1009],
    ['a message of 1 GB', [{ length: 2n ** 30n }], 1009],
    ['invalid UTF-8', [{ payload: Buffer.from([0xc3, 0x28]) }], 1007],
    ['UTF-8 that ends within a character', [{ payload: Buffer.from([0xe2, 0x82]) }], 1007],
    ['a close frame with half a code', [{ opcode: 8, payload: Buffer.from([3]) }], 1002],
    ['a close frame with code 1005', [{ opcode: 8, payload: Buffer.from([0x03, 0xed]) }], 1002],
  ] as [string, FrameParts[], number][]) {
    it(`closes with ${code} on ${what}`, async () => {
      const client = await openRaw(served.port);
      client.socket.write(upgradeRequest(served.port, path1));
      await client.until('\r\n\r\n');
      const before = client.received().length;
      client.socket.write(Buffer.concat(frames.map(frame)));
      await client.closed;
      const answer = client.received().subarray(before);
      assert.equal(answer[0], 0x88, answer.toString('hex'));
      assert.equal(answer.readUInt16BE(2), code);
      await stillServes();
    });
  }

  it('answers control frames inside a fragmented message, and puts the message together', async () => {
    const client = await openRaw(served.port);
    client.socket.write(upgradeRequest(served.port, path1));
    await client.until('\r\n\r\n');
    const ping = frame({ opcode: 9, payload: Buffer.from('are you there') });
    const pieces = ['one ', 'two ', 'three'].map((text, n) =>
      frame({ opcode: n === 0 ? 1 : 0, fin: n === 2, payload: Buffer.from(text) }),
    );
    for (const byte of Buffer.concat(pieces.flatMap((piece) => [piece, ping]))) {
      client.socket.write(Buffer.from([byte])); // A client that writes byte by byte.
    }
    await client.until('one two three');
    assert.equal(client.received().toString('latin1').split('are you there').length, 4);
    client.socket.destroy();
    await stillServes();
  });

  it('push: 1,000 bodies over HTTP, each answered with a documented number', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
    const good = Buffer.from(
      '{"websocket":{"action":"data send","secConnectionID":"abc","dataType":"binary","data":"AAEC"}}',
    );
    const numbers = new Set<number>();
    await many(1000, async (random) => {
      const body = random.chance(0.4)
        ? random.mutate(good)
        : random.chance(0.3)
          ? Buffer.from(JSON.stringify({ websocket: random.value() }))
          : Buffer.from(JSON.stringify(random.value()) ?? '');
      const { status, text } = await post(served.pushUrl, body, agent);
      assert.equal(status, 200, text);
      const { errNo } = JSON.parse(text) as { errNo: number };
      assert.ok([9001, 9003, 9004, 9005].includes(errNo), text);
      numbers.add(errNo);
    });
    agent.destroy();
    assert.deepEqual([...numbers].sort(), [9001, 9003, 9004, 9005]);
  });

  it('push: 10,000 bodies, parsed; deep nesting does not exhaust the stack', () => {
    const good = Buffer.from(
      '{"websocket":{"action":"data send","secConnectionID":"abc","dataType":"text","data":"y"}}',
    );
    for (let n = 0; n < 10_000 * rounds; n++) {
      const random = new Random(n);
      const body = random.chance(0.5)
        ? random.mutate(good).toString()
        : (JSON.stringify({ websocket: random.value() }) ?? '');
      const parsed = parsePush(body);
      assert.ok('request' in parsed || parsed.refusal.errNo >= 9003);
    }
    const deep = `{"websocket":${'['.repeat(200_000)}`;
    assert.ok('refusal' in parsePush(deep));
    const wrapped = '['.repeat(100_000) + ']'.repeat(100_000);
    const data = `{"websocket":{"action":"data send","secConnectionID":"a","data":${wrapped}}}`;
    assert.ok('request' in parsePush(data) || 'refusal' in parsePush(data));
  });

  it('push: data nested 100,000 deep reaches the gateway and does not end it', async () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000);
    const body = `{"websocket":{"action":"data send","secConnectionID":"a","data":${nested}}}`;
    const { status, text } = await post(served.pushUrl, Buffer.from(body));
    assert.equal(status, 200);
    assert.notEqual((JSON.parse(text) as { errNo: number }).errNo, 0);
    await stillServes();
  });

  it('scfws.json: 3,000 files have a value or problems, never both missing, and lead nowhere else', async () => {
    const good = Buffer.from(
      JSON.stringify(
        {
          service: 'chat',
          path: '/chat/{room}',
          port: 9480,
          stages: ['release', 'test'],
          functions: {
            transfer: { folder: 'transfer', handler: 'index.main_handler', runtime: 'Python3.9' },
            register: { folder: 'a/b', runtime: 'Nodejs18.15', environment: { A: 'b' } },
            cleanup: 'register',
          },
          interpreters: { python: 'python3' },
        },
        null,
        1,
      ),
    );
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-fuzz-'));
    let services = 0;
    for (let n = 0; n < 3000 * rounds; n++) {
      const random = new Random(n);
      const text = random.chance(0.7)
        ? random.mutate(good).toString()
        : JSON.stringify({ functions: random.value(), ...(random.value() as object) });
      const { value, problems } = parseProjectFile(text, folder, { exists: () => false });
      const errors = problems.filter(({ severity }) => severity === 'error');
      assert.equal(value === undefined, errors.length > 0, text);
      for (const spec of value?.functions ?? []) {
        assert.ok(`${spec.folder}${path.sep}`.startsWith(folder + path.sep), spec.folder);
        services++;
      }
    }
    assert.ok(services > 100, `${services} functions were read`);
    for (let n = 0; n < 200 * rounds; n++) {
      fs.writeFileSync(path.join(folder, 'scfws.json'), new Random(n).mutate(good));
      const { service, problems } = await loadService(folder);
      assert.ok(service !== undefined || problems.length > 0);
    }
    fs.rmSync(folder, { recursive: true });
  });

  it('the filter language: 5,000 texts are compiled or refused', () => {
    const good = Buffer.from(`conn:alice dir:out size>100 $.type == 'join' -"x y" /a+b/`);
    for (let n = 0; n < 5000 * rounds; n++) {
      const { terms, problems } = parseFilter(new Random(n).mutate(good).toString());
      assert.ok(Array.isArray(terms) && Array.isArray(problems));
    }
  });

  it('handler channel: 3,000 streams end in a call of the listener or in nothing', () => {
    const good = Buffer.from(
      [
        'Y',
        'R 5f0c0d9e-0000-4000-8000-000000000000 1234 {"errNo":0}',
        'r abc - null',
        'D abc',
        'L - stdout info "text"',
        'E abc - {"kind":"exception","message":"m","stack":"s"}',
        'F ["/a","/b"]',
        'T 1',
        'N abc {"notice":"ignoredReturn","form":"generator"}',
        'P {"port":9229}',
        'X {"kind":"load","message":"m"}',
        '',
      ].join('\n'),
    );
    let calls = 0;
    const called = (): void => void calls++;
    for (let n = 0; n < 3000 * rounds; n++) {
      const random = new Random(n);
      const [input, output] = [new PassThrough(), new PassThrough()];
      const listener = {
        onReady: called,
        onLoadFailed: called,
        onResult: called,
        onDone: called,
        onFailure: called,
        onLog: called,
        onFiles: called,
        onRawOutput: called,
        onThreads: called,
        onNotice: called,
        onDebugPort: called,
        onSpent: called,
        onNonsense: called,
      };
      new Channel(input, output, listener, {} as LaunchOrder);
      for (const chunk of split(random, random.mutate(good))) {
        output.emit('data', chunk);
      }
    }
    assert.ok(calls > 10_000, `${calls} calls`);
  });

  it('recordings: 3,000 files that are imported are read or refused, and can be folded and shown', async () => {
    const { facts } = await served.ask('facts', { from: 1, limit: 200 });
    const payloads = new Map<number, RecordedPayload>([[5, { data: 'whole', encoding: 'text' }]]);
    const recording: Recording = { facts, payloads };
    const lines = renderJsonLines(recording, { filter: 'conn:a' }).split('\n');
    const har = renderHar(recording, '1.0.0');
    let read = 0;
    for (let n = 0; n < 3000 * rounds; n++) {
      const random = new Random(n);
      const shape = random.below(4);
      const text =
        shape === 0
          ? random.mutate(Buffer.from(lines.slice(0, 40).join('\n'))).toString()
          : shape === 1
            ? lines
                .slice(0, 40)
                .map((line) => disturbed(random, line))
                .join('\n')
            : shape === 2
              ? random.mutate(Buffer.from(har)).toString()
              : disturbed(random, har);
      const { value, problems } = parseRecording(text);
      assert.ok(value !== undefined || problems.length > 0);
      if (value !== undefined) {
        read++;
        const state = emptyState();
        value.facts.forEach((fact) => applyFact(state, fact));
        renderJsonLines(redactRecording(value, defaultRedactionRules));
      }
    }
    assert.ok(read > 500, `${read} were read`);
  });

  it('intents: 500 lines on stdin that are none, or ask for the impossible', async () => {
    const kinds = ['invoke', 'push', 'payload', 'facts', 'search', 'setFaults', 'setOptions'];
    const more = [
      'releaseFrame',
      'clientSend',
      'closeConnection',
      'constructor',
      '__proto__',
      'nope',
    ];
    for (let n = 0; n < 500 * rounds; n++) {
      const random = new Random(n);
      const ask = {
        id: 1e6 + n,
        kind: random.one([...kinds, ...more]),
        ...(random.value() as object),
      };
      const line = Buffer.from(
        `${JSON.stringify({ ...ask, id: 1e6 + n, text: 'x', regex: false })}`,
      );
      const bytes = random.chance(0.5) ? random.mutate(line) : line;
      served.child.stdin?.write(`${bytes.toString('latin1').replaceAll('\n', ' ')}\n`);
    }
    const { last } = await served.ask('facts', { from: 1, limit: 1 });
    assert.ok(last > 0);
    assert.equal(await bystander.say('after intents'), 'after intents');
  });
});

/** JSON text with some members, at any depth, replaced by something else. */
function disturbed(random: Random, json: string): string {
  if (json === '') {
    return json;
  }
  const walk = (value: unknown): unknown => {
    if (random.chance(0.02)) {
      return random.value(2);
    }
    if (Array.isArray(value)) {
      return value.map(walk);
    }
    return value !== null && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member)]))
      : value;
  };
  return JSON.stringify(walk(JSON.parse(json)));
}

function post(
  url: string,
  body: Buffer,
  agent?: http.Agent,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', ...(agent && { agent }) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

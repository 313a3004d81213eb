// What no row can list: any text, any bytes, any close code, any sub-protocols, any push, over real sockets.
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { startMailbox, type Mailbox } from '../../src/conformance/mailbox';
import { opcodes, RawClient } from '../../src/conformance/rawClient';
import { writeSetup } from '../../src/conformance/setups';
import { startSession, type Session } from '../../src/core/session/session';
import type { ServiceInfo } from '../../src/protocol/fact';
import { bootstrapFolder, fixtureFolder, type Runtime, runtimes } from './runtimes';

const python = runtimes.filter(({ language }) => language === 'python').at(-1);
const node = runtimes.find(({ language }) => language === 'node');

/** A client whose answers are asked for one by one. */
class Client {
  readonly socket: WebSocket;
  private readonly messages: { data: Buffer; binary: boolean }[] = [];
  private readonly waiting: ((message: { data: Buffer; binary: boolean }) => void)[] = [];

  constructor(url: string, protocols: string[] = []) {
    this.socket = new WebSocket(url, protocols);
    this.socket.on('message', (data: Buffer, binary) => {
      const taker = this.waiting.shift();
      if (taker === undefined) {
        this.messages.push({ data, binary });
      } else {
        taker({ data, binary });
      }
    });
  }

  async open(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.socket.once('open', resolve).once('error', reject);
    });
    return this;
  }

  next(): Promise<{ data: Buffer; binary: boolean }> {
    const known = this.messages.shift();
    return known === undefined
      ? new Promise((resolve) => this.waiting.push(resolve))
      : Promise.resolve(known);
  }
}

const echoed = fc.string({ unit: 'binary', maxLength: 2000 }).filter((text) => !/^do:/.test(text));
const bytes = fc.uint8Array({ maxLength: 5000 }).map((array) => Buffer.from(array));

for (const { title, language, runtime, interpreter } of [python, node].filter(
  (each): each is Runtime => each !== undefined,
)) {
  describe(`any client, with handlers in ${title}`, function () {
    let mailbox: Mailbox;
    let folder: string;
    let session: Session;
    let service: ServiceInfo;

    before(async () => {
      mailbox = await startMailbox();
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-any-'));
      const folders = await writeSetup('default', folder, {
        language,
        runtime,
        interpreter: await interpreter(),
        mailbox: mailbox.url,
        fixtureFolder,
      });
      session = await startSession({ folders, port: 0, bootstrapFolder });
      const [first] = session.services;
      assert.ok(first);
      service = first;
    });

    after(async () => {
      await session.dispose();
      await mailbox.dispose();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    async function push(body: Buffer | string): Promise<{ status: number; answer: unknown }> {
      const response = await fetch(service.pushUrl, {
        method: 'POST',
        body: new Uint8Array(Buffer.from(body as string)),
      });
      return { status: response.status, answer: await response.json() };
    }

    async function idOf(client: Client): Promise<string> {
      const word = `do:[{"return":${Math.random()}}]`;
      client.socket.send(word);
      const report = await mailbox.report(
        'its event',
        (each): each is Extract<typeof each, { kind: 'event' }> =>
          each.kind === 'event' && each.event.websocket['data'] === word,
      );
      return report.connection;
    }

    it('gets any text back as it was', async () => {
      const client = await new Client(service.url).open();
      await fc.assert(
        fc.asyncProperty(echoed, async (text) => {
          client.socket.send(text);
          const { data, binary } = await client.next();
          assert.equal(binary, false);
          assert.equal(data.toString('utf8'), text);
        }),
        { numRuns: 60 },
      );
      client.socket.close();
    });

    it('gets any bytes back as they were', async () => {
      const client = await new Client(service.url).open();
      await fc.assert(
        fc.asyncProperty(bytes, async (payload) => {
          client.socket.send(payload);
          const { data, binary } = await client.next();
          assert.equal(binary, true);
          assert.equal(data.toString('hex'), payload.toString('hex'));
        }),
        { numRuns: 60 },
      );
      client.socket.close();
    });

    it('gets any bytes in a text message back, or 1007 when they are not UTF-8', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            bytes,
            echoed.map((text) => Buffer.from(text)),
          ),
          async (payload) => {
            const client = new RawClient({ url: new URL(service.url) });
            await client.answer();
            client.sendFrame(opcodes.text, payload);
            const frame = await client.next();
            if (isUtf8(payload)) {
              assert.equal(frame.opcode, opcodes.text);
              assert.equal(frame.bytes.toString('hex'), payload.toString('hex'));
            } else {
              assert.deepEqual([frame.opcode, frame.code], [opcodes.close, 1007]);
            }
            client.dispose();
          },
        ),
        { numRuns: 60 },
      );
    });

    it('gets its close code back when it may be sent, else 1002', async () => {
      const code = fc.oneof(
        fc.integer({ min: 0, max: 65_535 }),
        fc.integer({ min: 990, max: 1020 }),
      );
      await fc.assert(
        fc.asyncProperty(
          code,
          fc.string({ maxLength: 40, unit: 'grapheme' }),
          async (sent, reason) => {
            const client = new RawClient({ url: new URL(service.url) });
            await client.answer();
            client.sendClose(sent, Buffer.from(reason).subarray(0, 100).length > 99 ? '' : reason);
            const frame = await client.next();
            assert.equal(frame.opcode, opcodes.close);
            const allowed =
              (sent >= 1000 && sent <= 1014 && ![1004, 1005, 1006].includes(sent)) ||
              (sent >= 3000 && sent <= 4999);
            assert.equal(frame.code, allowed ? sent : 1002);
            client.dispose();
          },
        ),
        { numRuns: 80 },
      );
    });

    it('agrees on the sub-protocol that Register chose, whatever the list', async () => {
      const token = fc.string({
        minLength: 1,
        maxLength: 20,
        unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~"),
      });
      const list = fc.uniqueArray(token, { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(list, async (protocols) => {
          const client = await new Client(service.url, protocols).open();
          assert.equal(client.socket.protocol, protocols[0] ?? '');
          client.socket.close();
        }),
        { numRuns: 40 },
      );
    });

    it('is spared by any push body, which always gets an answer', async () => {
      const client = await new Client(service.url).open();
      const id = await idOf(client);
      const field = fc.oneof(
        fc.jsonValue(),
        fc.constantFrom('data send', 'data recv', 'text', 'binary', '', 'AAA=', '=', '/w=='),
      );
      const websocket = fc.record(
        { action: field, secConnectionID: field, dataType: field, data: field, more: field },
        { requiredKeys: [] },
      );
      const body = fc.oneof(
        bytes,
        fc.string(),
        fc.json(),
        fc.record({ websocket }).map((value) => JSON.stringify(value)),
        fc.jsonValue().map((value) => JSON.stringify({ websocket: value })),
      );
      await fc.assert(
        fc.asyncProperty(body, async (anything) => {
          const { status, answer } = await push(anything);
          const { errNo, errMsg } = answer as { errNo: number; errMsg: string };
          assert.equal(status, 200);
          assert.ok([9001, 9003, 9004, 9005].includes(errNo), `${errNo} ${errMsg}`);
          assert.ok(errMsg.length > 0);
        }),
        { numRuns: 200 },
      );
      client.socket.send('still there');
      assert.equal((await client.next()).data.toString(), 'still there');

      await fc.assert(
        fc.asyncProperty(fc.oneof(echoed, bytes), async (payload) => {
          const binary = typeof payload !== 'string';
          const { answer } = await push(
            JSON.stringify({
              websocket: {
                action: 'data send',
                secConnectionID: id,
                dataType: binary ? 'binary' : 'text',
                data: binary ? payload.toString('base64') : payload,
              },
            }),
          );
          assert.deepEqual(answer, { errNo: 0, errMsg: 'ok' });
          const received = await client.next();
          assert.equal(received.binary, binary);
          assert.equal(
            received.data.toString('hex'),
            Buffer.from(payload as string).toString('hex'),
          );
        }),
        { numRuns: 100 },
      );
      client.socket.close();
    });
  });
}

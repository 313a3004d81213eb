/** A node of `scfws gateway` faces a network: what strangers send to it, over TCP and over TLS. */
import assert from 'node:assert/strict';
import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { GatewayNode } from '../../src/cluster/node';
import {
  configOf,
  connect,
  type Functions,
  makeCertificate,
  nodeOf,
  push,
  startFunctions,
} from '../unit/cluster/bed';
import { frame, upgradeRequest } from './wire';

describe('strangers at a node', function () {
  let functions: Functions;
  let node: GatewayNode;
  beforeEach(async () => {
    functions = await startFunctions();
    functions.transfer = async ({ websocket: { secConnectionID: id, data } }) => {
      await push(pushUrl(), id, data ?? '');
    };
  });
  afterEach(async () => {
    await node.drain();
    functions.dispose();
  });
  const pushUrl = (): string => node.services[0]?.pushUrl ?? '';
  const url = (): string => node.services[0]?.urls[0] ?? '';

  /** All that comes back until the end. */
  async function send(bytes: Buffer | string): Promise<string> {
    const socket = net.connect(node.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
    return Buffer.concat(chunks).toString('latin1');
  }

  it('break what they send, and the others are served', async () => {
    node = await nodeOf(configOf(functions.url));
    const other = await connect(url());
    const asked = upgradeRequest(node.port, new URL(url()).pathname);
    const key = new URL(pushUrl()).pathname;
    const http = (head: string, body = ''): string =>
      `${head}\r\nHost: a\r\nConnection: close\r\n${body}`;
    const frames = [
      frame({ masked: false, payload: Buffer.from('not masked') }),
      frame({ reserved: 7 }),
      frame({ opcode: 9, payload: Buffer.alloc(200) }),
      frame({ length: 2n ** 62n, lengthForm: 64 }),
      frame({ payload: Buffer.from([0xff, 0xfe]) }),
    ];
    for (const each of frames) {
      const said = await send(Buffer.concat([asked, each]));
      assert.match(said, /^HTTP\/1\.1 101 /);
    }
    const smuggled = [
      http(`POST ${key} HTTP/1.1`, 'Host: b\r\nContent-Length: 2\r\n\r\n{}'),
      http(
        `POST ${key} HTTP/1.1`,
        'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
      http(`POST ${key} HTTP/1.1`, 'Transfer-Encoding: cow\r\n\r\n'),
      http(`GET ${new URL(url()).pathname} HTTP/1.1`, `X: ${'x'.repeat(40_000)}\r\n\r\n`),
    ];
    for (const each of smuggled) {
      assert.match(await send(each), /^HTTP\/1\.1 (4\d\d|501) /, each.slice(0, 120));
    }
    const guess = http('POST /api-0123456789abcdef0123456789abcdef HTTP/1.1');
    assert.match(await send(`${guess}Content-Length: 2\r\n\r\n{}`), /^HTTP\/1\.1 404 /);
    other.socket.send('still here');
    assert.equal(await other.texts.next(), 'still here');
  });

  it('hear nothing without TLS where it is asked for; who speaks it is served, and pushes', async () => {
    const { files, ca, dispose } = makeCertificate();
    node = await nodeOf(configOf(functions.url, { listen: { port: 0, tls: files } }));
    dispose();
    assert.match(url(), /^wss:/);
    assert.match(pushUrl(), /^https:/);
    const said = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.doesNotMatch(said, /^HTTP\/1\.1 2/);
    let id = '';
    functions.transfer = ({ websocket }) => {
      id = websocket.secConnectionID;
    };
    const socket = new WebSocket(url(), { ca });
    await once(socket, 'open');
    socket.send('hello');
    while (id === '') {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const body = JSON.stringify({
      websocket: { action: 'data send', secConnectionID: id, dataType: 'text', data: 'over TLS' },
    });
    const came = once(socket, 'message');
    const pushing = tls.connect({ port: node.port, host: '127.0.0.1', ca });
    await once(pushing, 'secureConnect');
    const { pathname } = new URL(pushUrl());
    const head = `POST ${pathname} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n`;
    pushing.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const [data] = (await came) as [Buffer];
    assert.equal(data.toString(), 'over TLS');
    pushing.destroy();
    socket.close(1000);
    await functions.cleanups.next();
  });
});

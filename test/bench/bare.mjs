// The barest topology that does an emulator's job, to compare with: WebSocket server → event → one persistent child
// on fd 3 → its POST on a connection that is kept alive → frame. Register is awaited before the 101. No validation, no
// records, no time limits. `node bare.mjs node|python|echo|loop <handler folder>`; prints its port. `echo` and `loop` have
// no handler: they answer themselves, `loop` also sends `all` to everyone.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { WebSocketServer } from 'ws';

const [, , kind, folder] = process.argv;
const withHandler = kind !== 'echo' && kind !== 'loop';
const server = http.createServer({ noDelay: true });
const wss = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  clientTracking: false,
});
const clients = new Map();

/** Events that wait for their answer, by number. */
const waiting = new Map();
let sent = 0;
let channel;

function invoke(event) {
  return new Promise((resolve) => {
    waiting.set(++sent, resolve);
    channel.write(`${sent} ${event}\n`);
  });
}

function startChild(pushUrl) {
  const [program, file] =
    kind === 'python' ? ['python3', 'child.py'] : [process.execPath, 'child.cjs'];
  const child = spawn(program, [path.join(import.meta.dirname, 'bare', file), folder], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, wsBackUrl: pushUrl },
  });
  channel = child.stdio[3];
  let rest = '';
  channel.setEncoding('utf8');
  channel.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const space = line.indexOf(' ');
      const number = Number(line.slice(0, space));
      waiting.get(number)?.(line.slice(space + 1));
      waiting.delete(number);
    }
  });
  process.on('exit', () => child.kill());
}

server.on('upgrade', async (request, socket, head) => {
  const id = randomBytes(16).toString('base64');
  if (withHandler) {
    const websocket = { action: 'connecting', secConnectionID: id };
    await invoke(JSON.stringify({ requestContext: {}, websocket }));
  }
  wss.handleUpgrade(request, socket, head, (client) => {
    if (kind !== 'echo') clients.set(id, client);
    if (!withHandler) {
      client.on('close', () => clients.delete(id));
      client.on('message', (data, binary) => {
        const all = kind === 'loop' && data.toString() === 'all';
        for (const to of all ? clients.values() : [client]) to.send(data, { binary });
      });
      return;
    }
    client.on('close', () => clients.delete(id));
    client.on('message', (data, binary) => {
      const websocket = {
        action: 'data send',
        secConnectionID: id,
        dataType: binary ? 'binary' : 'text',
        data: data.toString(binary ? 'base64' : 'utf8'),
      };
      void invoke(JSON.stringify({ websocket }));
    });
  });
});

server.on('request', (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { websocket } = JSON.parse(Buffer.concat(chunks).toString());
    const binary = websocket.dataType === 'binary';
    clients
      .get(websocket.secConnectionID)
      ?.send(binary ? Buffer.from(websocket.data, 'base64') : websocket.data, { binary });
    const body = '{"errNo":0,"errMsg":"ok"}';
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
});

// As many clients may wait to be accepted as at the product.
const backlog = Number(process.env.BENCH_BACKLOG ?? 4096);
server.listen({ port: 0, host: '127.0.0.1', backlog }, () => {
  const { port } = server.address();
  if (withHandler) startChild(`http://127.0.0.1:${port}/api-bench`);
  console.log(JSON.stringify({ port }));
});
process.stdin.resume().on('end', () => process.exit(0));

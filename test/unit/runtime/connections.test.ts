// Pushes over connections that are kept, beside the same pushes by the library's own way: a handler must not be able to
// tell which it was.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { disposeBenches, fixture, startBench, type Bench } from './harness';

const vendor = 'set-7og8wn64.cb-beijing.apigateway.tencentyun.com';
const okay = '{"errNo":0,"errMsg":"ok"}';

interface Request {
  head: string;
  body: string;
}

/** What a request asks the server for with its header `X-Do`. */
const answers: Record<string, (socket: net.Socket) => void> = {
  ok: (socket) => socket.write(answer(okay)),
  end: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  halfBody: (socket) => socket.end(answer(okay).slice(0, -5)),
  noise: (socket) => socket.end('no HTTP at all\r\n\r\n'),
  silence: () => undefined,
  stop: (socket) => socket.write(answer(okay).slice(0, -5)),
  chunks: (socket) =>
    socket.write(`${head('Transfer-Encoding: chunked')}5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n`),
  gzip: (socket) => {
    const body = gzipSync(okay);
    socket.write(head(`Content-Encoding: gzip\r\nContent-Length: ${body.length}`));
    socket.write(body);
  },
  cookies: (socket) => socket.write(answer(okay, 'Set-Cookie: a=b; Path=/')),
  noContent: (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
  notFound: (socket) => socket.write(answer(okay).replace('200 OK', '404 Not Found')),
  close: (socket) => socket.end(answer(okay, 'Connection: close')),
  leave: (socket) => socket.end(answer(okay)),
  untilEnd: (socket) => socket.end(`${head('Connection: close')}${okay}`),
};

function head(more: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;
}

function answer(body: string, more?: string): string {
  const length = `Content-Length: ${body.length}`;
  return `${head(more === undefined ? length : `${more}\r\n${length}`)}${body}`;
}

let requests: Request[] = [];
let connections = 0;
const server = net.createServer((socket) => {
  connections++;
  let unread = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    unread = Buffer.concat([unread, chunk]);
    for (;;) {
      const end = unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      const text = unread.subarray(0, end).toString('latin1');
      const chunked = /^transfer-encoding: chunked/im.test(text);
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
      const last = chunked ? unread.indexOf('0\r\n\r\n', end) + 5 : end + 4 + length;
      if (unread.length < last || (chunked && last < end)) return;
      requests.push({ head: text, body: unread.subarray(end + 4, last).toString('latin1') });
      unread = unread.subarray(last);
      answers[/^x-do: (\w+)/im.exec(text)?.[1] ?? 'ok']?.(socket);
    }
  });
});

/** Interpreters whose libraries differ: those of the machine, and those of its packages. */
function libraries(): { name: string; interpreter: string }[] {
  const found = new Map<string, string>();
  for (const interpreter of ['python3', '/usr/bin/python3']) {
    try {
      const code = 'import requests, urllib3; print(requests.__version__, urllib3.__version__)';
      const [mine, below] = execFileSync(interpreter, ['-c', code], { encoding: 'utf8' }).split(
        ' ',
      );
      found.set(`requests ${mine} and urllib3 ${below?.trim()}`, interpreter);
    } catch {
      // It has none.
    }
  }
  return [...found].map(([name, interpreter]) => ({ name, interpreter }));
}

interface Told {
  told: unknown;
  logged: unknown;
}

interface Seen extends Told {
  requests: Request[];
}

function start(interpreter: string, reusePushConnections: boolean): Bench {
  const { port } = server.address() as net.AddressInfo;
  return startBench({
    fixture: fixture('pushesByRequests'),
    pushUrl: `http://127.0.0.1:${port}/api-0a1b2c3d`,
    spec: { family: 'python', interpreter, timeout: 20 },
    emulator: { reusePushConnections },
  });
}

/** What a handler saw of one way of pushing, and what came over the wire, without what always differs. */
async function look(bench: Bench, way: string, address: string): Promise<Seen & { made: number }> {
  requests = [];
  const before = connections;
  const { value, error, invocation } = await bench.invoke({ way, address });
  assert.equal(error, undefined, error?.stackTrace);
  const told = JSON.parse(
    JSON.stringify(value).replace(/object at 0x[0-9a-f]+/g, 'object at 0x'),
  ) as Told;
  const wire = requests.map(({ head: lines, body }) => ({
    head: lines.replaceAll(invocation, 'invocation'),
    body,
  }));
  return { ...told, requests: wire, made: connections - before };
}

describe('push.connection: pushes by requests.post over connections that are kept', () => {
  before((done) => void server.listen(0, '127.0.0.1', done));
  after(() => server.close());
  afterEach(disposeBenches);

  for (const { name, interpreter } of libraries()) {
    it(`are seen by the handler, and by the gateway, as by ${name} alone`, async () => {
      const own = start(interpreter, false);
      const kept = start(interpreter, true);
      const ways = (await kept.invoke({ way: '' })).value as string[];
      assert.ok(ways.length > 50);
      const { port } = server.address() as net.AddressInfo;
      const addresses = [
        `http://127.0.0.1:${port}/api-0a1b2c3d/1`,
        `http://${vendor}/api-x`,
        `https://${vendor}/api-x?y=z`,
      ];
      const different = [];
      for (const way of ways) {
        for (const address of addresses) {
          const { made, ...expected } = await look(own, way, address);
          const { made: fewer, ...actual } = await look(kept, way, address);
          // With a bundle of certificates named in the environment, https goes the library's way.
          if (way === 'again and again' && !address.startsWith('https')) {
            assert.equal(made, 5);
            assert.ok(fewer <= 1, `${fewer} connections for five pushes`);
          }
          try {
            assert.deepEqual(actual, expected);
          } catch (error) {
            different.push(`${way} to ${address}: ${String(error)}`);
          }
        }
      }
      assert.deepEqual(different, []);
    });
  }

  it('leave a library of that name alone that is built otherwise', async () => {
    const adapters = `
class PoolManager(object):
    pass

class HTTPAdapter(object):
    def send(self):
        return "its own"
`;
    for (const library of [adapters, 'class PoolManager(object):\n    pass\n']) {
      const bench = startBench({
        files: {
          'requests/__init__.py': '',
          'requests/adapters.py': library,
          'index.py':
            'from requests import adapters\n\n\ndef main_handler(event, context):\n    return adapters.HTTPAdapter().send() if hasattr(adapters, "HTTPAdapter") else "none"\n',
        },
        spec: { family: 'python' },
      });
      const { value, error } = await bench.invoke({});
      assert.equal(value, library === adapters ? 'its own' : 'none', error?.stackTrace);
    }
  });
});

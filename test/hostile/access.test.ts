/** Who gets in: real Chromium pages of foreign and local origins, rebound names, raw requests; and what is told. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { loadService } from '../../src/core/project/loadService';
import { connect, disposeServed, echoHandler, serve, type Served } from './served';

/** Names that the browser resolves to this machine, as a rebinding name server would make it do. */
const foreign = 'evil.example';
const rebound = 'rebound.example';
const allowed = 'app.example';

describe('access', function () {
  let browser: Browser;
  let pages: http.Server;
  let pagePort: number;
  let served: Served;
  /** A client whose connection id every attack aims at. */
  let victim: Awaited<ReturnType<typeof connect>>;
  let id: string;

  before(async () => {
    const { browserFlags, ensureBrowser } = await import('../../scripts/toolchain.mjs');
    browser = await chromium.launch({
      executablePath: await ensureBrowser(),
      headless: true,
      args: [
        ...browserFlags,
        `--host-resolver-rules=MAP ${rebound} 127.0.0.2, MAP *.example 127.0.0.1`,
      ],
    });
    pages = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8').end('<title>a page</title>');
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    pagePort = (pages.address() as AddressInfo).port;
  });

  beforeEach(async () => {
    served = await serve({ flags: ['--allow-origin', `http://${allowed}:${pagePort}`] });
    victim = await connect(served.url);
    id = (await served.until('opened')).connection;
  });

  afterEach(disposeServed);

  after(async () => {
    await browser.close();
    pages.closeAllConnections();
    pages.close();
  });

  const pageOf = async (host: string): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${pagePort}/`);
    return page;
  };

  /** What became of `new WebSocket(url)` in a page. */
  const openSocket = (page: Page, url: string): Promise<string> =>
    page.evaluate(
      (to) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(to);
          socket.onopen = () => socket.send('from a page');
          socket.onmessage = ({ data }) => resolve(`answered ${data as string}`);
          socket.onclose = ({ code }) => resolve(`closed ${code}`);
        }),
      url,
    );

  const pushOf = (text: string): string =>
    JSON.stringify({
      websocket: { action: 'data send', secConnectionID: id, dataType: 'text', data: text },
    });

  /** The attacks before it did nothing: the first thing that the victim hears is this. */
  const heardNothing = async (): Promise<void> => {
    assert.equal(await victim.say('still here'), 'still here');
    assert.deepEqual(victim.messages, ['still here']);
    await served.until('push', ({ preview }) => preview === 'still here');
    // What was refused is told, too.
    const done = served.of('push').filter(({ errNo }) => errNo === 0);
    assert.deepEqual(
      done.map(({ preview }) => preview),
      ['still here'],
    );
  };

  it('refuses the WebSocket of a foreign page, before Register is asked', async () => {
    const page = await pageOf(foreign);
    assert.equal(await openSocket(page, served.url), 'closed 1006');
    const refused = await served.until('refused');
    assert.equal(refused.status, 403);
    assert.match(refused.reason, new RegExp(`${foreign}:${pagePort} may not connect`));
    assert.equal(served.of('connecting').length, 1);
    await heardNothing();
  });

  it('takes a page that was opened from disk for one without an origin, and says how to serve it', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-disk-'));
    const file = path.join(folder, 'page.html');
    fs.writeFileSync(file, '<title>from disk</title>');
    // The browser itself asks whether such a page may reach this machine.
    const context = await browser.newContext({ permissions: ['local-network-access'] });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    assert.equal(await openSocket(page, served.url), 'closed 1006');
    const { status, reason } = await served.until('refused');
    assert.equal(status, 403);
    assert.match(reason, /^A page without an origin .* http:\/\/localhost/);
    await heardNothing();
    // By name it gets in, as the sentence says.
    await disposeServed();
    const open = await serve({ flags: ['--allow-origin', 'null'] });
    assert.equal(await openSocket(page, open.url), 'answered from a page');
    await context.close();
    fs.rmSync(folder, { recursive: true });
  });

  it('refuses the WebSocket of a sandboxed frame, whose origin is null', async () => {
    const page = await pageOf('localhost');
    const outcome = await page.evaluate(
      (url) =>
        new Promise<unknown>((resolve) => {
          window.onmessage = ({ data }) => resolve(data);
          const frame = document.createElement('iframe');
          frame.sandbox.add('allow-scripts');
          frame.srcdoc = `<script>
            const socket = new WebSocket(${JSON.stringify(url)});
            socket.onopen = () => parent.postMessage('open', '*');
            socket.onclose = () => parent.postMessage('closed', '*');
          </script>`;
          document.body.append(frame);
        }),
      served.url,
    );
    assert.equal(outcome, 'closed');
    await heardNothing();
  });

  it('refuses every push that a page can send without a preflight, and the preflight itself', async () => {
    for (const host of [foreign, 'localhost']) {
      const page = await pageOf(host);
      const outcomes = await page.evaluate(
        async ([url, body]) => {
          const attempt = (options: RequestInit): Promise<string> =>
            fetch(url, { method: 'POST', body, ...options }).then(
              ({ type, status }) => `${type} ${status}`,
              () => 'blocked',
            );
          const type = { 'content-type': 'application/json' };
          return [
            await attempt({ mode: 'no-cors' }),
            await attempt({ mode: 'no-cors', credentials: 'include', keepalive: true }),
            await attempt({ mode: 'cors', headers: type }),
            String(navigator.sendBeacon(url, new Blob([body], { type: 'text/plain' }))),
          ];
        },
        [served.pushUrl, pushOf('forged by fetch')] as [string, string],
      );
      // The browser hides the answer of a no-cors request; that it did nothing is what counts.
      assert.deepEqual(outcomes, ['opaque 0', 'opaque 0', 'blocked', 'true']);
    }
    await heardNothing();
  });

  it('refuses the push of a form', async () => {
    const page = await pageOf(foreign);
    const [before, after] = pushOf('forged by a form').split('forged by a form');
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url() === served.pushUrl),
      page.evaluate(
        ([url, name, value]) => {
          const form = document.createElement('form');
          Object.assign(form, { action: url, method: 'post', enctype: 'text/plain' });
          const input = document.createElement('input');
          Object.assign(input, { name, value });
          form.append(input);
          document.body.append(form);
          form.submit();
        },
        [served.pushUrl, `${before}forged`, `${after}`] as [string, string, string],
      ),
    ]);
    assert.equal(answer.status(), 403);
    await heardNothing();
  });

  it('refuses a rebound name: its page is of the same origin as the gateway, its Host tells', async () => {
    // The name leads to the attacker's server first and to the gateway from then on: same name, same port.
    const nameServer = net.createServer((socket) => {
      if (rebinds) {
        const gateway = net.connect(served.port, '127.0.0.1');
        socket.pipe(gateway).pipe(socket);
        socket.on('error', () => gateway.destroy());
        gateway.on('error', () => socket.destroy());
      } else {
        socket.on('error', () => socket.destroy());
        socket.once('data', () =>
          socket.end(
            'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\nattack',
          ),
        );
      }
    });
    let rebinds = false;
    await new Promise<void>((resolve) => nameServer.listen(served.port, '127.0.0.2', resolve));
    const page = await browser.newPage();
    await page.goto(`http://${rebound}:${served.port}/`);
    rebinds = true;
    const { pathname } = new URL(served.pushUrl);
    const statuses = await page.evaluate(
      async ([push, body]) => [
        (await fetch(push, { method: 'POST', body })).status,
        (await fetch(push)).status,
        (await fetch('/anything')).status,
      ],
      [pathname, pushOf('forged by rebinding')] as [string, string],
    );
    assert.deepEqual(statuses, [403, 403, 403]);
    const socket = `ws://${rebound}:${served.port}${new URL(served.url).pathname}`;
    assert.equal(await openSocket(page, socket), 'closed 1006');
    await page.close();
    nameServer.close();
    await heardNothing();
  });

  it('lets local pages connect, and pages that were allowed connect and push', async () => {
    for (const host of ['localhost', '127.0.0.1', allowed]) {
      assert.equal(await openSocket(await pageOf(host), served.url), 'answered from a page');
    }
    const page = await pageOf(allowed);
    await page.evaluate(
      ([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', body }).then(() => undefined),
      [served.pushUrl, pushOf('allowed')] as [string, string],
    );
    assert.equal(await victim.next(), 'allowed');
  });

  it('checks Host and method of raw requests, and knows no address but its own', async () => {
    const { pathname } = new URL(served.pushUrl);
    const status = async (head: string): Promise<string> =>
      (await raw(served.port, `${head}\r\nConnection: close\r\n\r\n`)).split('\r\n')[0] ?? '';
    const host = `Host: 127.0.0.1:${served.port}`;
    const cases: [string, RegExp][] = [
      [`POST ${pathname} HTTP/1.1\r\nHost: evil.example`, / 403 /],
      [`POST ${pathname} HTTP/1.1\r\nHost: 127.0.0.1.evil.example`, / 403 /],
      [`POST ${pathname} HTTP/1.1\r\nHost: localhost.evil.example:${served.port}`, / 403 /],
      [`POST ${pathname} HTTP/1.1\r\nHost: evil.example@127.0.0.1`, / 403 /],
      [`POST ${pathname} HTTP/1.1\r\nHost: `, / 400 /],
      [`POST ${pathname} HTTP/1.0\r\nAccept: */*`, / 400 /],
      [`POST http://evil.example${pathname} HTTP/1.1\r\n${host}`, / 403 /],
      [`GET ${pathname} HTTP/1.1\r\n${host}`, / 405 /],
      [`OPTIONS ${pathname} HTTP/1.1\r\n${host}`, / 405 /],
      [`POST /api-00000000 HTTP/1.1\r\n${host}`, / 404 /],
      [`POST /__proto__ HTTP/1.1\r\n${host}`, / 404 /],
      [`POST ${pathname}/../x HTTP/1.1\r\n${host}`, / 404 /],
      [`POST ${pathname} HTTP/1.1\r\n${host}\r\nOrigin: http://evil.example`, / 403 /],
      [`POST ${pathname} HTTP/1.1\r\n${host}\r\nOrigin: null`, / 403 /],
      [`POST ${pathname} HTTP/1.1\r\n${host}\r\nSec-Fetch-Site: same-origin`, / 403 /],
    ];
    for (const [head, wanted] of cases) {
      assert.match(await status(head), wanted, head);
    }
    await heardNothing();
  });

  it('listens on loopback only', async () => {
    const { networkInterfaces } = await import('node:os');
    const others = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = net.connect(served.port, address);
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      });
      assert.equal(reached, false, address);
    }
    const table = fs.readFileSync('/proc/net/tcp', 'latin1');
    const port = served.port.toString(16).toUpperCase().padStart(4, '0');
    const listening = table.split('\n').filter((line) => / 0A /.test(line) && line.includes(port));
    assert.ok(listening.length > 0 && listening.every((line) => line.includes(`0100007F:${port}`)));
  });

  it('keeps credentials out of facts, and its files to their owner', async () => {
    await disposeServed();
    const secretKey = 'a-key-that-must-not-be-told';
    served = await serve({
      project: { authentication: { type: 'keyPair', secretId: 'AKID-local', secretKey } },
      flags: [],
    });
    const date = new Date().toUTCString();
    const signature = createHmac('sha1', secretKey)
      .update(`x-date: ${date}\nsource: test`)
      .digest('base64');
    const authorization = `hmac id="AKID-local", algorithm="hmac-sha1", headers="x-date source", signature="${signature}"`;
    const client = await connect(served.url, {
      headers: {
        'X-Date': date,
        Source: 'test',
        Authorization: authorization,
        Cookie: 'sid=s3cr3t',
      },
    });
    assert.equal(await client.say('hello'), 'hello');
    const told = JSON.stringify(served.facts);
    for (const secret of [secretKey, signature, 's3cr3t']) {
      assert.ok(!told.includes(secret), `a fact tells ${secret}`);
    }
    for (const name of fs.readdirSync(path.join(served.folder, '.scfws'))) {
      const { mode } = fs.statSync(path.join(served.folder, '.scfws', name));
      if (name.endsWith('.json')) {
        assert.equal(mode & 0o077, 0, `${name} can be read by others`);
      }
    }
    await served.stop();
  });

  for (const [what, member] of [
    ['folder', { folder: '../outside' }],
    ['folder', { folder: '/etc' }],
    ['folder', { folder: 'link' }],
    ['handler', { folder: '.', handler: '../outside/index.main_handler' }],
    ['handler', { folder: '.', handler: 'link/index.main_handler' }],
    ['build', { folder: '.', build: { command: ['true'], folder: '../outside' } }],
  ] as const) {
    it(`serves no ${what} outside of the project: ${JSON.stringify(member)}`, async () => {
      const parent = fs.mkdtempSync(path.join(served.folder, 'paths-'));
      const [folder, outside] = [path.join(parent, 'project'), path.join(parent, 'outside')];
      [folder, outside].forEach((each) => fs.mkdirSync(each));
      [folder, outside].forEach((each) =>
        fs.writeFileSync(path.join(each, 'index.js'), echoHandler),
      );
      fs.symlinkSync(outside, path.join(folder, 'link'));
      const functions = { transfer: { runtime: 'Nodejs', ...member } };
      fs.writeFileSync(path.join(folder, 'scfws.json'), JSON.stringify({ functions }));
      const { service, problems } = await loadService(folder);
      assert.equal(service, undefined);
      assert.ok(problems.some(({ severity }) => severity === 'error'));
    });
  }

  it('starts every program without a shell', () => {
    const sources = fs
      .readdirSync(path.resolve(__dirname, '../../src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|cjs|py)$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => !file.includes('templates'));
    assert.ok(sources.length > 50);
    for (const file of sources) {
      const text = fs.readFileSync(file, 'utf8');
      assert.doesNotMatch(
        text,
        /shell\s*[:=]\s*(true|True)|\bexec(Sync)?\s*\(\s*[`'"]|os\.system|[^.\w'"]execSync\b/,
        file,
      );
    }
  });
});

/** Sends bytes and gives back everything that comes. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (text += part));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

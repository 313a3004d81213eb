// Handlers that aim at the vendor's push hosts, or at the local push address, with every client that is at hand.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { disposeBenches, startBench, type Bench } from './harness';

interface Seen {
  url: string;
  body: string;
  headers: http.IncomingHttpHeaders;
}

const vendor = 'set-7og8wn64.cb-beijing.apigateway.tencentyun.com';
const payload = '{"websocket":{"action":"data send","data":"hello"}}';
const nodeModules = path.resolve(__dirname, '../../../node_modules');

let server: http.Server;
let pushUrl: string;
let seen: Seen[] = [];

before(async () => {
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', body, headers: request.headers });
      response.setHeader('content-type', 'application/json');
      response.end('{"errNo":0,"errMsg":"ok"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  pushUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api-0a1b2c3d`;
});
after(() => server.close());

const pythonClients: Record<string, { needs?: string; code: string }> = {
  'http.client': {
    code: `
    import http.client
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == 'https' else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port)
    connection.request('POST', parts.path, body, {'Content-Type': 'application/json'})
    return connection.getresponse().read().decode()`,
  },
  'urllib.request': {
    code: `
    from urllib.request import Request, urlopen
    return urlopen(Request(address, body.encode(), {'Content-Type': 'application/json'})).read().decode()`,
  },
  requests: {
    needs: 'requests',
    code: `\n    import requests\n    return requests.post(address, data=body).text`,
  },
  'requests.Session': {
    needs: 'requests',
    code: `
    import requests
    session = requests.Session()
    session.post(address, data=body)
    return session.post(address, data=body).text`,
  },
  urllib3: {
    needs: 'urllib3',
    code: `\n    import urllib3\n    return urllib3.PoolManager().request('POST', address, body=body).data.decode()`,
  },
  aiohttp: {
    needs: 'aiohttp',
    code: `
    import aiohttp
    import asyncio
    async def send():
        async with aiohttp.ClientSession() as session:
            async with session.post(address, data=body) as response:
                return await response.text()
    return asyncio.run(send())`,
  },
  httpx: {
    needs: 'httpx',
    code: `\n    import httpx\n    return httpx.post(address, content=body).text`,
  },
  'httpx.AsyncClient': {
    needs: 'httpx',
    code: `
    import asyncio
    import httpx
    async def send():
        async with httpx.AsyncClient() as client:
            return (await client.post(address, content=body)).text
    return asyncio.run(send())`,
  },
};

const python2Clients: Record<string, string> = {
  httplib: `
    import httplib
    parts = urlsplit(address)
    kind = httplib.HTTPSConnection if parts.scheme == 'https' else httplib.HTTPConnection
    connection = kind(parts.hostname, parts.port)
    connection.request('POST', parts.path, body, {'Content-Type': 'application/json'})
    return connection.getresponse().read()`,
  urllib2: `
    import urllib2
    return urllib2.urlopen(urllib2.Request(address, body)).read()`,
};

const nodeClients: Record<string, { needs?: string; code: string }> = {
  'http.request': {
    code: `
    const parts = new URL(address);
    const client = require(parts.protocol === 'https:' ? 'https' : 'http');
    return new Promise((resolve, reject) => {
      const request = client.request({ host: parts.hostname, port: parts.port, path: parts.pathname, method: 'POST' }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve(text));
      });
      request.on('error', reject);
      request.end(body);
    });`,
  },
  'http.request with a URL and an agent': {
    code: `
    const client = require(address.startsWith('https:') ? 'https' : 'http');
    return new Promise((resolve, reject) => {
      const agent = new client.Agent({ keepAlive: true });
      const request = client.request(address, { method: 'POST', agent, headers: { Host: '${vendor}' } }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => { agent.destroy(); resolve(text); });
      });
      request.on('error', reject);
      request.end(body);
    });`,
  },
  fetch: { code: `\n    return (await fetch(address, { method: 'POST', body })).text();` },
  'fetch of a Request': {
    code: `\n    return (await fetch(new Request(address, { method: 'POST', body }))).text();`,
  },
  axios: {
    needs: 'axios',
    code: `\n    return JSON.stringify((await require('axios').post(address, body)).data);`,
  },
  undici: {
    needs: 'undici',
    code: `\n    return (await require('undici').request(address, { method: 'POST', body })).body.text();`,
  },
  'fetch of undici': {
    needs: 'undici',
    code: `\n    return (await require('undici').fetch(address, { method: 'POST', body })).text();`,
  },
};

function python(code: string, interpreter: string | undefined, version: string): Bench {
  const two = version === '2.7';
  const text = `${two ? 'from urlparse' : 'from urllib.parse'} import urlsplit


def send(address, body):${code}


def main_handler(event, context):
    return send(event["address"].encode() if ${two ? 'True' : 'False'} else event["address"], event["body"]${two ? '.encode()' : ''})
`;
  return startBench({
    pushUrl,
    files: { 'index.py': text },
    spec: { family: 'python', runtimeVersion: version, interpreter, timeout: 20 },
  });
}

function node(code: string): Bench {
  const text = `const send = async (address, body) => {${code}\n};
exports.main_handler = (event) => send(event.address, event.body);
`;
  const bench = startBench({
    pushUrl,
    files: { 'index.js': text },
    spec: { family: 'node', timeout: 20 },
  });
  fs.symlinkSync(nodeModules, path.join(bench.service.folder, 'node_modules'));
  return bench;
}

/** A Python 3 that has the module. */
function pythonWith(module: string | undefined): string | undefined {
  const candidates = ['/usr/bin/python3', 'python3'];
  return candidates.find((program) => {
    try {
      execFileSync(program, ['-c', `import ${module ?? 'sys'}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

async function check(bench: Bench): Promise<void> {
  for (const scheme of ['http', 'https']) {
    seen = [];
    const event = { address: `${scheme}://${vendor}/api-hardcoded`, body: payload };
    const { value, invocation, error } = await bench.invoke(event);
    assert.deepEqual(JSON.parse(String(value)), { errNo: 0, errMsg: 'ok' }, error?.stackTrace);
    for (const { url, body, headers } of seen) {
      assert.equal(url, '/api-0a1b2c3d/1');
      assert.equal(body, payload);
      assert.equal(headers['x-scfws-redirected-from'], vendor);
      assert.equal(headers['x-scfws-invocation'], invocation);
      assert.equal(headers.host, new URL(pushUrl).host);
    }
    assert.ok(seen.length > 0);
  }
  seen = [];
  const local = await bench.invoke({ address: `${pushUrl}/1`, body: payload });
  assert.equal(local.outcome, 'ok', local.error?.stackTrace);
  assert.equal(seen[0]?.headers['x-scfws-invocation'], local.invocation);
  assert.equal(seen[0]?.headers['x-scfws-redirected-from'], undefined);
  const remarks = bench.of('diagnostic').filter(({ rule }) => rule === 'push.redirect');
  assert.deepEqual(
    remarks.map(({ message }) => message),
    [`Function sends to ${vendor}: requests for this host go to the local push address.`],
  );
}

describe('A push to the host of the vendor', () => {
  afterEach(disposeBenches);

  for (const [name, { needs, code }] of Object.entries(pythonClients)) {
    it(`by ${name} in Python reaches the local push address`, async function () {
      const interpreter = pythonWith(needs);
      if (interpreter === undefined) {
        this.skip();
      }
      await check(python(code, interpreter, '3'));
    });
  }

  for (const [name, code] of Object.entries(python2Clients)) {
    it(`by ${name} in Python 2.7 reaches the local push address`, async () => {
      await check(python(code, undefined, '2.7'));
    });
  }

  it('by the oldest and the newest Python reaches it', async () => {
    for (const version of ['3.6', '3.13']) {
      await check(python(pythonClients['urllib.request']?.code ?? '', undefined, version));
    }
  });

  for (const [name, { needs, code }] of Object.entries(nodeClients)) {
    it(`by ${name} in Node.js reaches the local push address`, async function () {
      if (needs !== undefined && !fs.existsSync(path.join(nodeModules, needs))) {
        this.skip();
      }
      await check(node(code));
    });
  }

  it('by an ES module that imports { request } reaches it', async () => {
    const bench = startBench({
      pushUrl,
      files: {
        'index.mjs': `import { request } from 'node:http';
export const main_handler = (event) => new Promise((resolve, reject) => {
  const made = request(event.address, { method: 'POST' }, (response) => {
    let text = '';
    response.on('data', (chunk) => (text += chunk));
    response.on('end', () => resolve(text));
  });
  made.on('error', reject);
  made.end(event.body);
});`,
      },
      spec: { family: 'node' },
    });
    seen = [];
    const { value } = await bench.invoke({ address: `http://${vendor}/x`, body: payload });
    assert.equal(value, '{"errNo":0,"errMsg":"ok"}');
    // A file that was written in the moment of the start counts as changed: the second instance serves then.
    assert.match(seen[0]?.url ?? '', /^\/api-0a1b2c3d\/\d$/);
  });

  it('with the redirect off is let out', async () => {
    const bench = startBench({
      pushUrl,
      files: {
        // The name is not looked up for real: who asks for it has left the emulator's hands.
        'index.js': `const http = require('http');
exports.main_handler = () => new Promise((resolve) => {
  const lookup = (host, options, done) => done(new Error('asked for ' + host));
  http.get({ host: '${vendor}', path: '/x', lookup }).on('error', (error) => resolve(error.message));
});`,
      },
      spec: { family: 'node' },
      emulator: { redirectPush: false },
    });
    seen = [];
    assert.equal((await bench.invoke({})).value, `asked for ${vendor}`);
    assert.equal(seen.length, 0);
    assert.equal(bench.of('diagnostic').length, 0);
  });

  it('that is only a placeholder is explained', async () => {
    for (const bench of [
      python(pythonClients['urllib.request']?.code ?? '', undefined, '3'),
      node(nodeClients['http.request']?.code ?? ''),
    ]) {
      await bench.invoke({
        address: 'http://set-xxxx.cb-guangzhou.apigateway.tencentyun.com/api-xxxx',
        body: '',
      });
      const [finding] = bench.of('diagnostic').filter(({ rule }) => rule === 'push.placeholder');
      assert.equal(
        finding?.message,
        'Function sends to set-xxxx.cb-guangzhou.apigateway.tencentyun.com, which is a placeholder and no real address.',
      );
    }
  });

  const unfilled = [
    '*******',
    '$PUSH_URL',
    '<your push url>',
    'http://****/api',
    'http://xxx',
    'http://<host>:<port>/api',
    'YOUR_PUSH_URL',
    'http://your-push-url/',
    'http://{host}/api-1',
    '推送地址',
  ];
  /** No placeholder by their looks, but no address either: the client says so. */
  const refused = ['/api-abc', 'push'];
  const askedRaw: Record<string, { needs?: string; code: string }> = {
    ...pythonClients,
    'http.client': {
      code: `
    import http.client
    connection = http.client.HTTPConnection(address)
    connection.request('POST', '/', body)
    return connection.getresponse().read().decode()`,
    },
  };

  const explains = async (bench: Bench, address: string): Promise<void> => {
    const { error, invocation } = await bench.invoke({ address, body: payload });
    const findings = bench
      .of('diagnostic')
      .filter((each) => each.rule === 'push.placeholder' && each.invocation === invocation);
    const [finding] = findings;
    assert.equal(findings.length, 1, `${address}: ${error?.stackTrace}`);
    assert.match(finding?.advice ?? '', /SCFWS_PUSH_URL/);
    assert.ok(finding?.place?.file.startsWith(bench.service.folder), address);
  };

  for (const [name, { needs, code }] of Object.entries(askedRaw)) {
    it(`by ${name} in Python, with an address that is none, is explained at its line`, async function () {
      const interpreter = pythonWith(needs);
      if (interpreter === undefined) {
        this.skip();
      }
      const bench = python(code, interpreter, '3');
      for (const address of name === 'http.client' ? unfilled : [...unfilled, ...refused]) {
        await explains(bench, address);
      }
    });
  }

  const nodeAsked: Record<string, { needs?: string; code: string }> = {
    ...nodeClients,
    'http.request': {
      code: `
    return new Promise((resolve, reject) => {
      require('http').request(address, { method: 'POST' }, resolve).on('error', reject).end(body);
    });`,
    },
    'http.request of url.parse()': {
      code: `
    return new Promise((resolve, reject) => {
      require('http').request(require('url').parse(address), resolve).on('error', reject).end(body);
    });`,
    },
  };
  for (const [name, { code }] of Object.entries(nodeAsked)) {
    it(`by ${name} in Node.js, with an address that is none, is explained at its line`, async () => {
      const more = name.includes('url.parse') ? [] : refused;
      const bench = node(code);
      for (const address of ['**', ...unfilled, ...more]) {
        await explains(bench, address);
      }
    });
  }

  it('to a host that is merely not there, or to a real one, is none of those', async () => {
    for (const address of [
      'http://nowhere.invalid.localdomain/api',
      'http://127.0.0.1:1/xxxx/<a>',
    ]) {
      for (const bench of [
        python(pythonClients['urllib.request']?.code ?? '', undefined, '3'),
        node(nodeClients['fetch']?.code ?? ''),
      ]) {
        await bench.invoke({ address, body: '' });
        assert.deepEqual(
          bench.of('diagnostic').filter(({ rule }) => rule === 'push.placeholder'),
          [],
        );
      }
    }
  });
});

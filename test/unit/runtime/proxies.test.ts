// Pushes that an HTTP client hands to a proxy: told with what leads there, by every client that is at hand; and requests
// to elsewhere that a proxy refuses.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pythons } from '../pythons';
import { disposeBenches, fetchedNode, startBench, type Bench } from './harness';

const vendor = 'set-7og8wn64.cb-beijing.apigateway.tencentyun.com';
const nodeModules = path.resolve(__dirname, '../../../node_modules');

const portOf = (server: http.Server): number => (server.address() as AddressInfo).port;

/** A proxy that wants a password, and a gateway that nothing should reach. */
let proxy: http.Server;
let gateway: http.Server;
let passed: string[] = [];
let pushed = 0;
const listen = (server: http.Server): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

before(async () => {
  proxy = http.createServer((request, response) => {
    passed.push(request.url ?? '');
    response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
  });
  proxy.on('connect', (request: http.IncomingMessage, socket: NodeJS.WritableStream) => {
    passed.push(request.url ?? '');
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
  });
  gateway = http.createServer((_request, response) => {
    pushed += 1;
    response.end('{"errNo":0,"errMsg":"ok"}');
  });
  await listen(proxy);
  await listen(gateway);
});
after(() => {
  proxy.close();
  gateway.close();
});
beforeEach(() => {
  passed = [];
  pushed = 0;
});
afterEach(disposeBenches);

interface Case {
  needs?: string;
  code: string;
  /** Variables of the function; `PROXY` stands for the proxy's address. */
  environment?: Record<string, string>;
  /** The client's own error, or none where it only has an answer with status 407. */
  fails: boolean;
  /** What leads there. */
  by?: RegExp;
  /** Default: the local push address. */
  address?: string;
  /** Of the client that does not say which proxy it took. */
  unnamed?: boolean;
}

const byOption = /^An option of the HTTP client leads there\. Where it pushes, take the proxy out/;
const past = { http_proxy: 'PROXY', no_proxy: 'corp', NO_PROXY: 'corp' };
const byVariable =
  /^http_proxy leads there, and (no_proxy|NO_PROXY) in "environment" of scfws\.json .* add 127\.0\.0\.1/;

const pythonCases: Record<string, Case> = {
  'requests, whose answer nobody reads': {
    needs: 'requests',
    code: `import requests\n    return requests.post(address, data='{}', proxies={'http': proxy}).status_code`,
    fails: false,
  },
  'requests, raise_for_status': {
    needs: 'requests',
    code: `import requests\n    requests.post(address, data='{}', proxies={'http': proxy}).raise_for_status()`,
    fails: true,
  },
  'requests, by a tunnel': {
    needs: 'requests',
    code: `import requests\n    requests.post(address, data='{}', proxies={'https': proxy})`,
    address: `https://${vendor}/api-0a1b2c3d`,
    fails: true,
  },
  'requests, to the vendor': {
    needs: 'requests',
    code: `import requests\n    return requests.post(address, data='{}', proxies={'http': proxy}).status_code`,
    address: `http://${vendor}/api-0a1b2c3d`,
    fails: false,
  },
  'requests, by a variable': {
    needs: 'requests',
    code: `import requests\n    return requests.post(address, data='{}').status_code`,
    environment: past,
    by: byVariable,
    fails: false,
  },
  'requests, handed the variable': {
    needs: 'requests',
    code: `import os, requests\n    return requests.post(address, proxies={'http': os.environ['MY_PROXY']}).status_code`,
    environment: { MY_PROXY: 'PROXY', HTTP_PROXY: 'PROXY' },
    by: /^HTTP_PROXY has this proxy, and the client was handed it although NO_PROXY names the gateway\. Where/,
    fails: false,
  },
  'urllib, by a variable': {
    code: `from urllib.request import urlopen\n    urlopen(address, b'{}')`,
    environment: past,
    by: byVariable,
    fails: true,
  },
  'urllib, by an option': {
    code: `from urllib.request import ProxyHandler, build_opener\n    build_opener(ProxyHandler({'http': proxy})).open(address, b'{}')`,
    environment: { no_proxy: 'corp', NO_PROXY: 'corp' },
    fails: true,
  },
  'http.client': {
    code: `import http.client\n    client = http.client.HTTPConnection(proxy.split('/')[2])\n    client.request('POST', address, '{}')\n    return client.getresponse().status`,
    fails: false,
  },
  'http.client, by a tunnel': {
    code: `import http.client\n    client = http.client.HTTPSConnection(proxy.split('/')[2])\n    client.set_tunnel('${vendor}')\n    client.request('POST', '/api-0a1b2c3d', '{}')`,
    fails: true,
  },
  httpx: {
    needs: 'httpx',
    code: `import httpx\n    return httpx.Client(proxies=proxy).post(address, content='{}').status_code`,
    fails: false,
    unnamed: true,
  },
  'httpx.AsyncClient': {
    needs: 'httpx',
    code: `import asyncio, httpx\n    async def send():\n        async with httpx.AsyncClient(proxies=proxy) as client:\n            return (await client.post(address, content='{}')).status_code\n    return asyncio.run(send())`,
    fails: false,
    unnamed: true,
  },
  aiohttp: {
    needs: 'aiohttp',
    code: `import aiohttp, asyncio\n    async def send():\n        async with aiohttp.ClientSession() as session:\n            async with session.post(address, data='{}', proxy=proxy) as answer:\n                return answer.status\n    return asyncio.run(send())`,
    fails: false,
    unnamed: true,
  },
};

const nodeCases: Record<string, Case> = {
  axios: {
    needs: 'axios',
    code: `return (await require('axios').post(address, '{}', { proxy: { host: at.hostname, port: at.port }, validateStatus: null })).status;`,
    fails: false,
  },
  'axios, by a variable': {
    needs: 'axios',
    code: `await require('axios').post(address, '{}');`,
    environment: past,
    by: byVariable,
    fails: true,
  },
  'http.request': {
    code: `return new Promise((resolve, reject) => require('http').request({ host: at.hostname, port: at.port, path: address, method: 'POST' }, (answer) => { answer.resume(); resolve(answer.statusCode); }).on('error', reject).end('{}'));`,
    fails: false,
  },
  'http-proxy-agent': {
    needs: 'http-proxy-agent',
    code: `const { HttpProxyAgent } = require('http-proxy-agent');\n  return new Promise((resolve, reject) => require('http').request(address, { method: 'POST', agent: new HttpProxyAgent(proxy) }, (answer) => { answer.resume(); resolve(answer.statusCode); }).on('error', reject).end('{}'));`,
    fails: false,
  },
  'https-proxy-agent, to the vendor': {
    needs: 'https-proxy-agent',
    code: `const { HttpsProxyAgent } = require('https-proxy-agent');\n  return new Promise((resolve, reject) => require('https').request(address, { method: 'POST', agent: new HttpsProxyAgent(proxy) }, (answer) => { answer.resume(); resolve(answer.statusCode); }).on('error', reject).end('{}'));`,
    address: `https://${vendor}/api-0a1b2c3d`,
    fails: false,
  },
  'undici.request': {
    needs: 'undici',
    code: `const { ProxyAgent, request } = require('undici');\n  await request(address, { method: 'POST', body: '{}', dispatcher: new ProxyAgent(proxy) });`,
    fails: true,
  },
  'fetch with a dispatcher for all': {
    needs: 'undici',
    code: `const { ProxyAgent, setGlobalDispatcher } = require('undici');\n  setGlobalDispatcher(new ProxyAgent(proxy));\n  await fetch(address, { method: 'POST', body: '{}' });`,
    fails: true,
  },
};

const has = (program: string, module: string): boolean => {
  try {
    execFileSync(program, ['-c', `import ${module}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('A push that a client hands to a proxy', function () {
  const start = (family: 'python' | 'node', each: Case, interpreter: string): Bench => {
    const proxyUrl = `http://127.0.0.1:${portOf(proxy)}`;
    const environment = Object.fromEntries(
      Object.entries(each.environment ?? {}).map(([name, value]) => [
        name,
        value.replace('PROXY', proxyUrl),
      ]),
    );
    const files: Record<string, string> =
      family === 'python'
        ? {
            'index.py': `def main_handler(event, context):\n    address, proxy = event['address'], event['proxy']\n    ${each.code}\n`,
          }
        : {
            'index.js': `exports.main_handler = async ({ address, proxy }) => {\n  const at = new URL(proxy);\n  ${each.code}\n};\n`,
          };
    const bench = startBench({
      files,
      pushUrl: `http://127.0.0.1:${portOf(gateway)}/api-0a1b2c3d`,
      spec: { family, runtime: family, interpreter, environment },
    });
    if (family === 'node') {
      fs.symlinkSync(nodeModules, path.join(bench.folder, 'node_modules'), 'junction');
    }
    return bench;
  };

  const check = async (family: 'python' | 'node', each: Case, interpreter: string) => {
    const bench = start(family, each, interpreter);
    const local = `http://127.0.0.1:${portOf(gateway)}/api-0a1b2c3d`;
    const event = {
      address: each.address ?? local,
      proxy: `http://127.0.0.1:${portOf(proxy)}`,
    };
    const { error, value } = await bench.invoke(event);
    assert.equal(error !== undefined, each.fails, JSON.stringify(error ?? value));
    assert.equal(passed.length, 1, 'the proxy was asked');
    assert.equal(pushed, 0);
    const found = bench.of('diagnostic').filter(({ rule }) => rule !== 'push.redirect');
    assert.deepEqual(
      found.map(({ rule, severity }) => [rule, severity]),
      [['push.proxy', 'error']],
      JSON.stringify(found),
    );
    const [{ message, advice, place }] = found as [(typeof found)[0]];
    const named = each.unnamed === true ? 'a proxy' : `the proxy 127.0.0.1:${portOf(proxy)}`;
    assert.equal(
      message,
      `Function: the push went to ${named} instead of to the gateway: status 407.`,
    );
    assert.match(advice, each.by ?? byOption);
    assert.match(place?.file ?? '', /index\.(py|js)$/);
    const lines = fs.readFileSync(place?.file ?? '', 'utf8').split('\n');
    assert.match(lines[(place?.line ?? 0) - 1] ?? '', /post|open|request|fetch|getresponse/);
  };

  const interpreters = ['python3', '/usr/bin/python3', ...pythons().values()];
  for (const [name, each] of Object.entries(pythonCases)) {
    it(`Python: ${name}`, async function () {
      const { needs } = each;
      const program = interpreters.find((one) => needs === undefined || has(one, needs));
      if (program === undefined) {
        this.skip();
      }
      await check('python', each, program);
    });
  }
  for (const [name, each] of Object.entries(nodeCases)) {
    it(`Node.js: ${name}`, async function () {
      if (each.needs !== undefined && !fs.existsSync(path.join(nodeModules, each.needs))) {
        this.skip();
      }
      await check('node', each, process.execPath);
    });
  }

  it('Node.js 24, by its own variables', async function () {
    const program = await fetchedNode(24);
    if (program === undefined) {
      this.skip();
    }
    const environment = { ...past, NODE_USE_ENV_PROXY: '1' };
    const plain = `return new Promise((resolve, reject) => require('http').request(address, { method: 'POST' }, (answer) => { answer.resume(); resolve(answer.statusCode); }).on('error', reject).end('{}'));`;
    await check('node', { code: plain, environment, by: byVariable, fails: false }, program);
    passed = [];
    const fetched = `await fetch(address, { method: 'POST', body: '{}' });`;
    await check('node', { code: fetched, environment, by: byVariable, fails: true }, program);
  });

  for (const [family, name] of [
    ['python', 'urllib, by an option'],
    ['python', 'requests, whose answer nobody reads'],
    ['python', 'requests, by a tunnel'],
    ['python', 'http.client'],
    ['python', 'http.client, by a tunnel'],
    ['node', 'http.request'],
    ['node', 'axios'],
    ['node', 'http-proxy-agent'],
    ['node', 'undici.request'],
    ['node', 'fetch with a dispatcher for all'],
  ] as const) {
    it(`that is not there is told so: ${family}: ${name}`, async function () {
      const each = (family === 'python' ? pythonCases : nodeCases)[name] as Case;
      const { needs } = each;
      const program =
        family === 'node'
          ? process.execPath
          : interpreters.find((one) => needs === undefined || has(one, needs));
      if (program === undefined) {
        this.skip();
      }
      const bench = start(family, each, program);
      const gone = http.createServer();
      await listen(gone);
      const port = portOf(gone);
      await new Promise((resolve) => gone.close(resolve));
      const address = each.address ?? `http://127.0.0.1:${portOf(gateway)}/api-0a1b2c3d`;
      const { error } = await bench.invoke({ address, proxy: `http://127.0.0.1:${port}` });
      assert.equal(error?.statusCode, 430);
      const [finding, more] = bench.of('diagnostic');
      assert.equal(more, undefined);
      assert.equal(finding?.rule, 'push.proxy');
      assert.match(
        finding.message.replace(`the proxy 127.0.0.1:${port}`, 'a proxy'),
        /^Function: the push went to a proxy instead of to the gateway, and the proxy cannot be reached\.$/,
      );
      assert.match(finding.advice, byOption);
      assert.ok(finding.place !== undefined);
    });
  }

  it('is no push where it was meant for elsewhere', async () => {
    const elsewhere = 'http://elsewhere.test/';
    for (const [family, each] of [
      [
        'python',
        {
          code: `from urllib.request import urlopen\n    urlopen('${elsewhere}')`,
          environment: { http_proxy: 'PROXY' },
          fails: true,
        },
      ],
      [
        'node',
        {
          code: `await require('axios').get('${elsewhere}');`,
          fails: true,
          environment: { http_proxy: 'PROXY' },
        },
      ],
    ] as const) {
      const bench = start(family, each, family === 'python' ? 'python3' : process.execPath);
      await bench.invoke({ address: '', proxy: 'http://127.0.0.1:1' });
      const [finding] = bench.of('diagnostic');
      assert.deepEqual(
        [finding?.rule, finding?.message],
        [
          'error.430',
          `Function: the proxy 127.0.0.1:${portOf(proxy)} refused a request with status 407.`,
        ],
      );
      assert.match(
        finding?.advice ?? '',
        /^http_proxy in "environment" of scfws\.json leads there\. Write user and password into it/,
      );
      assert.equal(finding?.place?.line, family === 'python' ? 4 : 3);
    }
  });

  it('is none where the gateway itself refuses, or is gone, whichever way a request came there', async () => {
    const refusing = http.createServer((_request, response) => response.writeHead(403).end());
    await listen(refusing);
    const pushUrl = `http://127.0.0.1:${portOf(refusing)}/api-0a1b2c3d`;
    const nodeSource = `const http = require('http');
class Own extends http.Agent {}
exports.main_handler = ({ address, path }) => new Promise((resolve) => {
  const { hostname: host, port } = new URL(address);
  const given = { host, port, path, method: 'POST', agent: new Own() };
  http.request(given, (answer) => resolve(answer.resume().statusCode)).on('error', resolve).end('{}');
});
`;
    const pythonSource = `import http.client
def main_handler(event, context):
    client = http.client.HTTPConnection(event['address'].split('/')[2])
    try:
        client.request('POST', event['path'], '{}')
        return client.getresponse().status
    except OSError as error:
        return str(error)
`;
    const benches = [
      startBench({ files: { 'index.js': nodeSource }, pushUrl, spec: { family: 'node' } }),
      startBench({ files: { 'index.py': pythonSource }, pushUrl }),
    ];
    const paths = ['/api-0a1b2c3d', pushUrl];
    for (const bench of benches) {
      for (const each of paths) {
        assert.equal((await bench.invoke({ address: pushUrl, path: each })).value, 403);
      }
    }
    refusing.closeAllConnections();
    await new Promise((resolve) => refusing.close(resolve));
    for (const bench of benches) {
      for (const each of paths) {
        assert.equal((await bench.invoke({ address: pushUrl, path: each })).error, undefined);
      }
      assert.deepEqual(bench.of('diagnostic'), []);
    }
  });

  it('is not what the handler made of it: the way without it failed for another reason', async () => {
    const way = (raised: string): Case => ({
      code: `import urllib.request
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({'https': proxy}))
    try:
        opener.open('https://elsewhere.test/')
    except Exception as error:
        ${raised}`,
      environment: { http_proxy: '', https_proxy: '' },
      fails: true,
    });
    for (const [raised, isTold] of [
      ["raise ValueError('no') from error", true],
      ["{}['user']", false],
    ] as const) {
      const bench = start('python', way(raised), 'python3');
      await bench.invoke({
        address: 'http://127.0.0.1:1',
        proxy: `http://127.0.0.1:${portOf(proxy)}`,
      });
      const [finding] = bench.of('diagnostic');
      assert.equal(/proxy/.test(finding?.message ?? ''), isTold, finding?.message);
    }
  });

  it('that hands it on is nobody’s business, and neither is a status 407 of the handler', async () => {
    const relay = http.createServer((_request, response) => response.end('{}'));
    await listen(relay);
    const each = nodeCases['http.request'] as Case;
    const bench = start('node', each, process.execPath);
    const address = `http://127.0.0.1:${portOf(gateway)}/api-0a1b2c3d`;
    const { value } = await bench.invoke({ address, proxy: `http://127.0.0.1:${portOf(relay)}` });
    assert.equal(value, 200);
    relay.close();
    const own = {
      code: `throw Object.assign(new Error('the proxy server list is empty'), { status: 407 });`,
      fails: true,
      environment: { http_proxy: '' },
    };
    const other = start('node', own, process.execPath);
    await other.invoke({ address, proxy: 'http://127.0.0.1:1' });
    assert.deepEqual([...bench.of('diagnostic'), ...other.of('diagnostic')], []);
  });
});

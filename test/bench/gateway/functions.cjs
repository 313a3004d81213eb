// The function of every contender, a process of its own: accepts each client and sends each message back, in the dialect
// of its gateway. BENCH_WAIT_MS is how long it works. Prints its port. POST /told says where to push: addresses, as JSON.
'use strict';
const http = require('node:http');

const wait = Number(process.env.BENCH_WAIT_MS ?? 0);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
let targets = [];
let turn = 0;

/** The contract of this project: a call for each event; what is sent back is pushed. */
async function scfws({ body }) {
  const { action, secConnectionID, dataType, data } = JSON.parse(body).websocket;
  if (action === 'connecting') return { body: JSON.stringify({ errNo: 0, errMsg: 'ok' }) };
  if (action === 'data send') {
    if (data !== 'who') await work();
    const answer = data === 'who' ? secConnectionID : data;
    const websocket = { action, secConnectionID, dataType, data: answer };
    await post(JSON.stringify({ websocket }));
  }
  return { body: '"ok"' };
}

/** WebSocket over HTTP with GRIP: a body of events, answered by a body of events. */
async function pushpin({ body, headers }) {
  const id = headers['connection-id'];
  let answer = '';
  for (const { type, content } of eventsOf(body)) {
    if (type === 'OPEN') answer += `OPEN\r\n${event('TEXT', subscribe(id))}`;
    else if (type === 'TEXT') {
      if (content !== 'who') await work();
      answer += event('TEXT', `m:${content === 'who' ? id : content}`);
    } else if (type === 'CLOSE') answer += event('CLOSE', content);
  }
  const type = { 'content-type': 'application/websocket-events' };
  return { body: answer, headers: { ...type, 'sec-websocket-extensions': 'grip' } };
}

const subscribe = (channel) => `c:${JSON.stringify({ type: 'subscribe', channel })}`;
const event = (type, content) =>
  `${type} ${Buffer.byteLength(content).toString(16)}\r\n${content}\r\n`;

/** What is sent here is ASCII: bytes are characters. */
function eventsOf(body) {
  const events = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at);
    const [type, size] = body.slice(at, end).split(' ');
    at = end + 2;
    const length = size === undefined ? 0 : Number.parseInt(size, 16);
    events.push({ type, content: body.slice(at, at + length) });
    if (size !== undefined) at += length + 2;
  }
  return events;
}

/** Called by socket.io's server, which sends back what is answered. */
async function plain({ body }) {
  if (body !== '') await work();
  return { body };
}

async function told({ body }) {
  targets = JSON.parse(body).map((url) => new URL(url));
  return { body: 'ok' };
}

const work = () => (wait > 0 ? new Promise((resolve) => setTimeout(resolve, wait)) : undefined);

/** To the nodes in turn, as behind a load balancer. */
function post(body) {
  const { hostname: host, port, pathname } = targets[turn++ % targets.length];
  return new Promise((resolve, reject) => {
    const request = http.request(
      { agent, host, port, path: pathname, method: 'POST' },
      (response) => response.resume().on('end', resolve),
    );
    request.on('error', reject);
    request.end(body);
  });
}

const dialects = { scfws, pushpin, plain, told };

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const dialect = dialects[request.url.split('/')[1]];
    const { headers } = request;
    dialect({ body: Buffer.concat(chunks).toString('latin1'), headers }).then(
      (answer) => response.writeHead(200, answer.headers).end(answer.body),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));

// One server of socket.io with its Redis adapter: socketio.cjs <folder of packages> <URL of Redis> <URL of the function>
// Each client is accepted by the function, each message goes through it and back. POST /push sends to any socket.
'use strict';
const http = require('node:http');
const path = require('node:path');
const { createRequire } = require('node:module');

const [, , folder, redisUrl, functionUrl] = process.argv;
const load = createRequire(path.join(folder, 'package.json'));
const { Server } = load('socket.io');
const { createAdapter } = load('@socket.io/redis-adapter');
const { createClient } = require('redis');

const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });
const target = new URL(functionUrl);

function call(body) {
  return new Promise((resolve, reject) => {
    const { hostname: host, port, pathname } = target;
    const request = http.request(
      { agent, host, port, path: pathname, method: 'POST' },
      async (response) => resolve(await text(response)),
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function text(stream) {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}

async function main() {
  const publisher = createClient({ url: redisUrl });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  const server = http.createServer(async (request, response) => {
    const { id, data } = JSON.parse(await text(request));
    io.to(id).emit('m', data);
    response.end('ok');
  });
  const io = new Server(server, {
    transports: ['websocket'],
    perMessageDeflate: false,
    serveClient: false,
    adapter: createAdapter(publisher, subscriber),
  });
  io.use((socket, next) => void call('').then(() => next(), next));
  io.on('connection', (socket) => {
    socket.on('m', (data) => {
      if (data === 'who') socket.emit('m', socket.id);
      else void call(data).then((answer) => socket.emit('m', answer));
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
}

void main();

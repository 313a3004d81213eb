// Sends every message back through the push address, on a connection that is kept alive. The message `all` goes to
// everyone who is connected.
'use strict';
const http = require('node:http');

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const target = new URL(process.env.wsBackUrl);
const wait = Number(process.env.BENCH_WAIT_MS ?? 0);
const everyone = new Set();

exports.main_handler = async (event) => {
  const { action, secConnectionID, dataType, data } = event.websocket;
  if (action === 'connecting') {
    everyone.add(secConnectionID);
    return { errNo: 0, errMsg: 'ok', websocket: { action, secConnectionID } };
  }
  if (action === 'data send') {
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const answer = data === 'who' ? secConnectionID : data;
    const to = data === 'all' ? [...everyone] : [secConnectionID];
    await Promise.all(
      to.map((id) =>
        push({ websocket: { action: 'data send', secConnectionID: id, dataType, data: answer } }),
      ),
    );
  }
  return 'ok';
};

function push(message) {
  const body = JSON.stringify(message);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent,
        host: target.hostname,
        port: target.port,
        path: target.pathname,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => response.resume().on('end', resolve),
    );
    request.on('error', reject);
    request.end(body);
  });
}

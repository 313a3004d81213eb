// The same for serverless-offline: an AWS WebSocket handler that answers through the management API.
'use strict';
const http = require('node:http');

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

exports.main = async (event) => {
  const { connectionId, routeKey } = event.requestContext;
  if (routeKey === '$default') {
    await send(connectionId, event.body);
  }
  return { statusCode: 200, body: 'ok' };
};

function send(connectionId, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent,
        host: '127.0.0.1',
        port: process.env.BENCH_PORT,
        path: `/@connections/${encodeURIComponent(connectionId)}`,
        method: 'POST',
        headers: { 'content-length': Buffer.byteLength(body) },
      },
      (response) => response.resume().on('end', resolve),
    );
    request.on('error', reject);
    request.end(body);
  });
}

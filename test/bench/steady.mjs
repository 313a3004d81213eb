// A steady stream, as JSON what became of it:
//   node steady.mjs <url> <messages a second> <seconds>               clients send, the handler sends back
//   node steady.mjs <url> <messages a second> <seconds> <push URL>    whoever knows the push address sends
import net from 'node:net';
import { connect, quantile } from './load.mjs';

const [, , url, rateText, secondsText, pushUrl] = process.argv;
const [rate, seconds] = [Number(rateText), Number(secondsText)];
const message = (number) => `${number} `.padEnd(64, 'x');
/** Milliseconds from when a message was due until its answer. */
const late = [];

const clients = [];
for (let n = 0; n < 20; n++) clients.push(await connect(url));
const send = pushUrl === undefined ? throughHandler : await pusher(new URL(pushUrl));

let answered = 0;
const started = performance.now();
clients.forEach((client) =>
  client.on('message', (data) => {
    answered++;
    const due = (1000 * Number.parseInt(data.subarray(0, 12).toString('latin1'), 10)) / rate;
    late.push(performance.now() - started - due);
  }),
);
let sent = 0;
await new Promise((resolve) => {
  const timer = setInterval(() => {
    const elapsed = (performance.now() - started) / 1000;
    for (; sent < Math.min(elapsed, seconds) * rate; sent++) send(sent);
    if (elapsed > seconds && (answered === sent || elapsed > seconds + 10)) {
      clearInterval(timer);
      resolve();
    }
  }, 5);
});
const took = (performance.now() - started) / 1000;
clients.forEach((client) => client.close());
console.log(
  JSON.stringify({
    ...{ sent, answered, perSecond: answered / took },
    ...{ lateP50: quantile(late, 0.5), lateP99: quantile(late, 0.99) },
  }),
);
process.exit(0);

function throughHandler(number) {
  clients[number % clients.length].send(message(number));
}

/** Pushes over eight connections that are kept alive, each with one request under way. */
async function pusher({ hostname, port, pathname }) {
  const ids = [];
  for (const client of clients) {
    client.send('who');
    ids.push(await new Promise((resolve) => client.once('message', (data) => resolve(`${data}`))));
  }
  const waiting = [];
  const idle = [];
  const next = (socket) => {
    const body = waiting.shift();
    if (body === undefined) {
      idle.push(socket);
      return;
    }
    const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  };
  for (let n = 0; n < 8; n++) {
    const socket = net.connect(Number(port), hostname);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.setNoDelay(true);
    // Answers are short: each arrives whole.
    socket.on('data', () => next(socket));
    idle.push(socket);
  }
  return (number) => {
    const secConnectionID = ids[number % ids.length];
    const websocket = { action: 'data send', secConnectionID, dataType: 'text' };
    waiting.push(JSON.stringify({ websocket: { ...websocket, data: message(number) } }));
    if (idle.length > 0) next(idle.pop());
  };
}

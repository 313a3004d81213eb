// A steady stream: node steady.mjs <url> <messages a second> <seconds>. Prints what was sent and answered as JSON.
import { connect } from './load.mjs';

const [url, rate, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const clients = [];
let answered = 0;
for (let n = 0; n < 20; n++) {
  const client = await connect(url);
  client.on('message', () => answered++);
  clients.push(client);
}
const started = performance.now();
let sent = 0;
await new Promise((resolve) => {
  const timer = setInterval(() => {
    const elapsed = (performance.now() - started) / 1000;
    for (; sent < Math.min(elapsed, seconds) * rate; sent++) {
      clients[sent % clients.length].send(`${sent} `.padEnd(64, 'x'));
    }
    if (elapsed > seconds && (answered === sent || elapsed > seconds + 10)) {
      clearInterval(timer);
      resolve();
    }
  }, 5);
});
const took = (performance.now() - started) / 1000;
clients.forEach((client) => client.close());
console.log(JSON.stringify({ sent, answered, perSecond: answered / took }));

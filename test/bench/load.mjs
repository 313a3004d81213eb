// The load generator: real WebSocket clients. Every run is bounded by a count and by a time.
import { WebSocket } from 'ws';

/** Milliseconds after which a message without an answer is a time-out. */
const patience = 5000;

export function connect(url, { seconds = 10 } = {}) {
  return new Promise((resolve, reject) => {
    const client = new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: seconds * 1000,
    });
    client.once('open', () => resolve(client));
    client.on('error', reject);
  });
}

/** A message of `size` bytes that carries its number. */
function message(number, size) {
  const text = `${number} `;
  return text + 'x'.repeat(Math.max(0, size - text.length));
}

const numberOf = (data) => Number.parseInt(data.subarray(0, 12).toString('latin1'), 10);

/** Sends, and waits for the next message; rejects when none comes. */
export function answered(client, text) {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`"${text.slice(0, 20)}" was not answered`)),
      patience,
    );
    client.once('message', () => {
      clearTimeout(limit);
      resolve();
    });
    client.send(text);
  });
}

/** One connection, one message at a time. Milliseconds. */
export async function roundTrips(url, { count = 1500, warmUp = 300, size = 64 } = {}) {
  const client = await connect(url);
  const times = [];
  for (let n = 0; n < warmUp + count; n++) {
    const text = message(n, size);
    const started = performance.now();
    await answered(client, text);
    if (n >= warmUp) times.push(performance.now() - started);
  }
  client.close();
  const total = times.reduce((sum, each) => sum + each, 0);
  return {
    ...percentiles(times),
    perSecond: (1000 * count) / total,
  };
}

/** Many connections with several messages outstanding each, after a warm-up of a tenth. */
export async function flood(
  url,
  { connections = 50, outstanding = 8, size = 64, count = 8000, seconds = 8 } = {},
) {
  const clients = [];
  for (let n = 0; n < connections; n++) clients.push(await connect(url));
  const sentAt = new Map();
  const times = [];
  let sent = 0;
  let answered = 0;
  let strangers = 0;
  let started = performance.now();
  const warmUp = Math.floor(count / 10);
  const ends = started + seconds * 1000;
  await new Promise((resolve) => {
    const send = (client) => {
      if (sent >= count + warmUp || performance.now() > ends) return;
      const number = sent++;
      sentAt.set(number, performance.now());
      client.send(message(number, size));
    };
    const watch = setInterval(() => {
      const now = performance.now();
      const oldest = sentAt.values().next().value;
      if (oldest === undefined || (now > ends && now - oldest > patience)) {
        clearInterval(watch);
        resolve();
      }
    }, 100);
    for (const client of clients) {
      client.on('message', (data) => {
        const number = numberOf(data);
        const at = sentAt.get(number);
        if (at === undefined) {
          strangers++;
          return;
        }
        sentAt.delete(number);
        answered++;
        if (answered === warmUp) {
          started = performance.now();
          times.length = 0;
        }
        times.push(performance.now() - at);
        send(client);
        if (answered === count + warmUp) {
          clearInterval(watch);
          resolve();
        }
      });
    }
    for (let n = 0; n < outstanding; n++) clients.forEach(send);
  });
  const took = Math.min(performance.now(), ends) - started;
  clients.forEach((client) => client.terminate());
  return {
    perSecond: (1000 * times.length) / took,
    ...percentiles(times),
    timeouts: sentAt.size,
    strangers,
  };
}

/** One of many clients says `all`, again and again: until everyone has heard it. Frames a second; milliseconds. */
export async function broadcast(url, { clients: count = 100, rounds = 20, warmUp = 4 } = {}) {
  const clients = [];
  while (clients.length < count) clients.push(await connect(url));
  const times = [];
  for (let n = 0; n < warmUp + rounds; n++) {
    const started = performance.now();
    let heard = 0;
    await new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`${heard} of ${count} heard it`)),
        4 * patience,
      );
      for (const client of clients) {
        client.once('message', () => {
          if (++heard < count) return;
          clearTimeout(limit);
          resolve();
        });
      }
      clients[n % count].send('all');
    });
    if (n >= warmUp) times.push(performance.now() - started);
  }
  clients.forEach((client) => client.terminate());
  const total = times.reduce((sum, each) => sum + each, 0);
  return { perSecond: (1000 * count * rounds) / total, ...percentiles(times) };
}

/** Clients that all connect in the same moment. */
export async function crowd(url, { clients = 2000, seconds = 20 } = {}) {
  const started = performance.now();
  const sockets = [];
  const results = await Promise.all(
    Array.from(
      { length: clients },
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket(url, {
            perMessageDeflate: false,
            handshakeTimeout: seconds * 1000,
          });
          sockets.push(socket);
          socket.once('open', () => resolve(true));
          socket.on('error', () => resolve(false));
        }),
    ),
  );
  const ms = performance.now() - started;
  sockets.forEach((socket) => socket.terminate());
  return { ms, failed: results.filter((opened) => !opened).length };
}

/** Connections that stay open and say nothing. */
export async function hold(url, count) {
  const sockets = [];
  while (sockets.length < count) {
    const batch = Math.min(100, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => connect(url)))));
  }
  return { dispose: () => sockets.forEach((socket) => socket.terminate()) };
}

/** Milliseconds from connecting to the answer to the first message. */
export async function firstAnswer(url) {
  const started = performance.now();
  const client = await connect(url, { seconds: 30 });
  await new Promise((resolve, reject) => {
    client.once('message', resolve);
    client.once('close', () => reject(new Error('closed before the first answer')));
    client.send('hello');
  });
  client.close();
  return performance.now() - started;
}

const percentiles = (times) => ({
  p50: quantile(times, 0.5),
  p95: quantile(times, 0.95),
  p99: quantile(times, 0.99),
});

export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0
    ? NaN
    : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

export const median = (values) => quantile(values, 0.5);

/**
 * The load: raw clients of `ws`, the same for all. What socket.io adds to a message is written and read here by hand, so
 * that its client library is not what is measured. Every measurement is bounded by a time.
 */
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { quantile } from '../load.mjs';

export interface Dialect {
  /** Appended to the address of a server. */
  path: string;
  /** What is said once the socket is open, and the beginning of the answer after which a client is ready. */
  hello?: { say: string; answer: string };
  write(text: string): string;
  /** undefined: no message. */
  read(data: string): string | undefined;
  /** A frame that must be answered at once, and the answer. */
  ping?: { frame: string; answer: string };
}

export const raw: Dialect = { path: '', write: (text) => text, read: (data) => data };

export const engineIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hello: { say: '40', answer: '40' },
  write: (text) => `42${JSON.stringify(['m', text])}`,
  read: (data) =>
    data.startsWith('42') ? (JSON.parse(data.slice(2)) as [string, string])[1] : undefined,
  ping: { frame: '2', answer: '3' },
};

export class Client {
  onText: (text: string) => void = () => undefined;

  private constructor(
    private readonly socket: WebSocket,
    private readonly dialect: Dialect,
  ) {}

  /** Resolves when messages can be sent; rejects when refused, or after 20 s. */
  static open(url: string, dialect: Dialect): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url + dialect.path, { perMessageDeflate: false });
      const client = new Client(socket, dialect);
      const limit = setTimeout(() => fail(new Error('a client was not ready within 20 s')), 20_000);
      const fail = (error: Error): void => {
        clearTimeout(limit);
        reject(error);
        socket.terminate();
      };
      const ready = (): void => {
        clearTimeout(limit);
        resolve(client);
      };
      socket.on('error', fail);
      socket.on('close', (code) => fail(new Error(`a client was closed with ${code}`)));
      const { hello, ping } = dialect;
      socket.once('open', () => (hello === undefined ? ready() : socket.send(hello.say)));
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (ping?.frame === text) {
          socket.send(ping.answer);
        } else if (hello !== undefined && text.startsWith(hello.answer)) {
          ready();
        } else {
          const message = dialect.read(text);
          if (message !== undefined) {
            client.onText(message);
          }
        }
      });
    });
  }

  say(text: string): void {
    this.socket.send(this.dialect.write(text));
  }

  /** The first message that comes, or the first that is `wanted`; rejects when it does not within `ms`. */
  next(wanted?: string, ms = 5000): Promise<string> {
    const came = new Promise<string>((resolve) => {
      this.onText = (text) => {
        if (wanted === undefined || text === wanted) {
          resolve(text);
        }
      };
    });
    return within(ms, came);
  }

  end(): void {
    this.socket.terminate();
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Symbol();
  const limit = new AbortController();
  const first = await Promise.race([promise, wait(ms, late, { signal: limit.signal })]);
  limit.abort();
  if (first === late) {
    throw new Error(`no message came within ${ms} ms`);
  }
  return first;
}

export interface Opened {
  clients: Client[];
  perSecond: number;
}

/** Opens `count` clients, `beside` at a time, spread evenly over the addresses. */
export async function openMany(
  urls: readonly string[],
  dialect: Dialect,
  count: number,
  beside = 64,
): Promise<Opened> {
  const clients: Client[] = [];
  let next = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (next < count) {
      const url = urls[next++ % urls.length] as string;
      clients.push(await Client.open(url, dialect));
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(beside, count) }, worker));
  } catch (error) {
    next = count;
    clients.forEach((client) => client.end());
    throw error;
  }
  return { clients, perSecond: (1000 * count) / (performance.now() - started) };
}

export interface Flooded {
  perSecond: number;
  p50: number;
  p99: number;
  /** Messages that were not answered within 5 s after the end. */
  unanswered: number;
}

/** Each client has `outstanding` messages of 64 B under way, for `seconds`, of which the first fifth is not counted. */
export async function flood(
  clients: readonly Client[],
  { outstanding = 8, seconds = 5 } = {},
): Promise<Flooded> {
  const sentAt = new Map<number, number>();
  const times: number[] = [];
  let number = 0;
  const started = performance.now();
  const counted = started + seconds * 200;
  const ends = started + seconds * 1000;
  const send = (client: Client): void => {
    sentAt.set(++number, performance.now());
    client.say(`${number} `.padEnd(64, 'x'));
  };
  for (const client of clients) {
    client.onText = (text) => {
      const now = performance.now();
      const answered = Number.parseInt(text, 10);
      const at = sentAt.get(answered);
      if (at === undefined) {
        return;
      }
      sentAt.delete(answered);
      if (now >= counted && now < ends) {
        times.push(now - at);
      }
      if (now < ends) {
        send(client);
      }
    };
  }
  for (let n = 0; n < outstanding; n++) {
    clients.forEach(send);
  }
  await wait(seconds * 1000);
  for (let n = 0; n < 50 && sentAt.size > 0; n++) {
    await wait(100);
  }
  return {
    perSecond: (1000 * times.length) / (ends - counted),
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    unanswered: sentAt.size,
  };
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

export function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent, method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end(body);
  });
}

export interface Pushed {
  p50: number;
  p99: number;
  /** Pushes whose message did not arrive within a second; those of the warm-up do not count. */
  lost: number;
}

/** Milliseconds from a request to push until its message has arrived, one after the other, after a warm-up of a fifth. */
export async function pushes(
  url: string,
  dialect: Dialect,
  push: (id: string, text: string) => Promise<unknown>,
  count: number,
): Promise<Pushed> {
  const client = await Client.open(url, dialect);
  const times: number[] = [];
  let lost = 0;
  try {
    const told = client.next();
    client.say('who');
    const id = await told;
    for (let n = -count / 5; n < count; n++) {
      const text = `push ${n} `.padEnd(64, 'x');
      const started = performance.now();
      const arrived = client.next(text, 1000).then(
        () => performance.now() - started,
        () => undefined,
      );
      const [ms] = await Promise.all([arrived, push(id, text)]);
      if (n >= 0 && ms !== undefined) {
        times.push(ms);
      } else if (n >= 0) {
        lost++;
      }
    }
  } finally {
    client.end();
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), lost };
}

// As much of a Redis client as a chat needs, without a library.
//
// redis://user:password@host:6379/0, or rediss:// for TLS; all but the host may be left out.
import net from 'node:net';
import tls from 'node:tls';

export type Answer = string | number | null | Answer[];

/** An answer of Redis that says no; the connection is still good. */
class Refusal extends Error {}

interface Connection {
  ask(words: string[]): Promise<Answer>;
}

let connecting: Promise<Connection> | undefined; // Kept between events.

/** Sends one command and gives its answer. */
export async function command(url: string, ...words: string[]): Promise<Answer> {
  try {
    const connection = await (connecting ??= connect(url));
    return await connection.ask(words);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // The server may have closed the connection meanwhile: once more on a new one.
    connecting = connect(url);
    return (await connecting).ask(words);
  }
}

async function connect(url: string): Promise<Connection> {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 6379 };
  const socket =
    protocol === 'rediss:'
      ? tls.connect({ ...place, servername: net.isIP(place.host) ? '' : place.host })
      : net.connect(place);
  const connection = talkOver(socket);
  if (password) {
    const user = username ? [decodeURIComponent(username)] : [];
    await connection.ask(['AUTH', ...user, decodeURIComponent(password)]);
  }
  if (pathname.length > 1) {
    await connection.ask(['SELECT', pathname.slice(1)]);
  }
  return connection;
}

function talkOver(socket: net.Socket): Connection {
  let received: Buffer = Buffer.alloc(0);
  let broken: Error | undefined;
  const waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];

  const fail = (error: Error) => {
    broken ??= error;
    socket.destroy();
    for (const { reject } of waiting.splice(0)) reject(broken);
  };
  socket.setTimeout(2000, () => waiting.length > 0 && fail(new Error('Redis does not answer')));
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('Redis closed the connection')));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let answer = parse(received, 0); answer; answer = parse(received, 0)) {
      received = received.subarray(answer.end);
      const asked = waiting.shift(); // Answers come in the order of the commands.
      answer.value instanceof Error ? asked?.reject(answer.value) : asked?.resolve(answer.value);
    }
    if (waiting.length === 0) socket.unref(); // An idle connection must not keep the function busy.
  });

  return {
    ask: (words) =>
      new Promise((resolve, reject) => {
        if (broken) return reject(broken);
        waiting.push({ resolve, reject });
        socket.ref();
        const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
        socket.write(`*${words.length}\r\n${parts.join('')}`);
      }),
  };
}

/** The answer that starts at an offset, and where it ends; nothing when it is not there completely. */
function parse(buffer: Buffer, start: number): { value: Answer | Refusal; end: number } | undefined {
  const lineEnd = buffer.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const line = buffer.toString('utf8', start + 1, lineEnd);
  let end = lineEnd + 2;
  switch (String.fromCharCode(buffer[start]!)) {
    case '-':
      return { value: new Refusal(`Redis says: ${line}`), end };
    case ':':
      return { value: Number(line), end };
    case '$': {
      if (line === '-1') return { value: null, end };
      const textEnd = end + Number(line);
      if (buffer.length < textEnd + 2) return undefined;
      return { value: buffer.toString('utf8', end, textEnd), end: textEnd + 2 };
    }
    case '*': {
      const value: Answer[] = [];
      while (value.length < Number(line)) {
        const item = parse(buffer, end);
        if (!item) return undefined;
        value.push(item.value as Answer);
        end = item.end;
      }
      return { value, end };
    }
    default:
      return { value: line, end };
  }
}

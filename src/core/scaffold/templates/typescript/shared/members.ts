// Who is in the room: the connection ids of everybody.
//
// The three functions run apart and share no memory, so the ids live outside of them: in Redis when REDIS_URL
// is set, else in a folder with one small file for each. Use Redis in the cloud, where they share no disk either.
import fs from 'node:fs';
import path from 'node:path';

const redisUrl = process.env.REDIS_URL; // redis://:password@host:6379/0
const redisKey = 'chat:members';

// SCFWS_STORE: each scenario of `scfws test` has a folder of its own. Else: a function runs in its own folder.
const folder = path.resolve(process.env.SCFWS_STORE || path.join('..', '.scfws'), 'members');

export async function add(connection: string): Promise<void> {
  if (redisUrl) {
    await (await redis()).sAdd(redisKey, connection);
  } else {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(fileOf(connection), '');
  }
}

export async function remove(connection: string): Promise<void> {
  if (redisUrl) {
    await (await redis()).sRem(redisKey, connection);
  } else {
    fs.rmSync(fileOf(connection), { force: true });
  }
}

export async function everyone(): Promise<string[]> {
  if (redisUrl) {
    return (await redis()).sMembers(redisKey);
  }
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('.id'))
    .map((name) => Buffer.from(name.slice(0, -3), 'hex').toString());
}

// Ids hold "/", which no file name can, so they are spelled in hexadecimal.
function fileOf(connection: string): string {
  return path.join(folder, Buffer.from(connection).toString('hex') + '.id');
}

// One client, kept between events; it connects again by itself.
let connecting: ReturnType<typeof connect> | undefined;

function redis() {
  return (connecting ??= connect());
}

async function connect() {
  const { createClient } = await load();
  const client = createClient({
    url: redisUrl,
    socket: { connectTimeout: 2000, reconnectStrategy: (tries) => (tries < 3 ? 100 : false) },
  });
  client.on('error', () => {}); // It connects again; a command that cannot be sent fails by itself.
  try {
    await client.connect();
  } catch (error) {
    connecting = undefined; // The next event tries again.
    throw error;
  }
  client.unref(); // An idle connection must not keep the function busy.
  return client;
}

async function load() {
  try {
    return await import('redis');
  } catch (error) {
    throw new Error('REDIS_URL is set, but the package redis is missing. Install it: npm install', {
      cause: error,
    });
  }
}

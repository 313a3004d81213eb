'use strict';

// Who is in the room: the connection ids of everybody.
//
// The three functions run apart and share no memory, so the ids live outside of them: in Redis when REDIS_URL
// is set, else in a folder with one small file for each. Use Redis in the cloud, where they share no disk either.
const fs = require('fs');
const path = require('path');

const redisUrl = process.env.REDIS_URL; // redis://:password@host:6379/0
const redisKey = 'chat:members';

// SCFWS_STORE: each scenario of `scfws test` has a folder of its own.
const folder = path.join(process.env.SCFWS_STORE || path.join(__dirname, '..', '.scfws'), 'members');

exports.add = async (connection) => {
  if (redisUrl) {
    await (await redis()).sAdd(redisKey, connection);
  } else {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(fileOf(connection), '');
  }
};

exports.remove = async (connection) => {
  if (redisUrl) {
    await (await redis()).sRem(redisKey, connection);
  } else {
    try {
      fs.unlinkSync(fileOf(connection));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error; // Else another function was quicker.
    }
  }
};

exports.everyone = async () => {
  if (redisUrl) {
    return (await redis()).sMembers(redisKey);
  }
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('.id'))
    .map((name) => Buffer.from(name.slice(0, -3), 'hex').toString());
};

// Ids hold "/", which no file name can, so they are spelled in hexadecimal.
function fileOf(connection) {
  return path.join(folder, Buffer.from(connection).toString('hex') + '.id');
}

let connecting; // The promise of one client, kept between events; it connects again by itself.

function redis() {
  connecting = connecting || connect();
  return connecting;
}

async function connect() {
  const client = createClient()({
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

function createClient() {
  try {
    return require('redis').createClient;
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(
      `REDIS_URL is set, but the package redis is missing. Install it: npm install --prefix "${__dirname}" redis`,
    );
  }
}

'use strict';

// Who is in the room: the connection ids of everybody.
//
// The three functions run apart and share no memory, so the ids live outside of them: in Redis when REDIS_URL
// is set, else in a folder with one small file for each. Use Redis in the cloud, where they share no disk either.
const fs = require('fs');
const path = require('path');
const redis = require('./tinyRedis');

const redisUrl = process.env.REDIS_URL; // redis://:password@host:6379/0
const redisKey = 'chat:members';

const folder = path.join(__dirname, '..', '.scfws', 'members');

exports.add = async (connection) => {
  if (redisUrl) {
    await redis.command(redisUrl, 'SADD', redisKey, connection);
  } else {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(fileOf(connection), '');
  }
};

exports.remove = async (connection) => {
  if (redisUrl) {
    await redis.command(redisUrl, 'SREM', redisKey, connection);
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
    return redis.command(redisUrl, 'SMEMBERS', redisKey);
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

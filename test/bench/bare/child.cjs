// The persistent child of bare.mjs: one event a line on fd 3, one answer a line back.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const { main_handler: handle } = require(path.join(process.argv[2], 'index.js'));
const channel = new net.Socket({ fd: 3 });
let rest = '';
let tail = Promise.resolve();
channel.setEncoding('utf8');
channel.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    tail = tail.then(async () => {
      const space = line.indexOf(' ');
      const answer = await handle(JSON.parse(line.slice(space + 1)), {});
      write(`${line.slice(0, space)} ${JSON.stringify(answer)}\n`);
    });
  }
});
channel.on('end', () => process.exit(0));

function write(text) {
  try {
    fs.writeSync(3, text);
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
    channel.write(text);
  }
}

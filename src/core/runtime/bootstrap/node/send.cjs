// Writes whole lines to fd 4, waiting for room where there is none.
'use strict';
// The functions as they were: handlers' are watched.
const { writeSync } = require('fs');

let pause;

exports.send = (line) => {
  let bytes = line;
  let offset = 0;
  for (;;) {
    try {
      const written = typeof bytes === 'string' ? writeSync(4, bytes) : writeSync(4, bytes, offset);
      if (typeof bytes === 'string') {
        // Most lines leave whole; a string cannot be continued in the middle of a character.
        if (written === bytes.length && bytes.length < 4096) return;
        bytes = Buffer.from(line);
      }
      offset += written;
      if (offset >= bytes.length) return;
    } catch (error) {
      if (error.code === 'EAGAIN') {
        pause = pause || new Int32Array(new SharedArrayBuffer(4));
        Atomics.wait(pause, 0, 0, 1);
      } else if (error.code === 'EPIPE' || error.code === 'EBADF' || error.code === 'ECONNRESET') {
        process.kill(process.pid, 'SIGKILL'); // Nobody listens any more.
      } else {
        throw error;
      }
    }
  }
};

/** How much may wait for all clients, and of all clients, by default. */
import os from 'node:os';
import v8 from 'node:v8';

// A container's own limit counts, where there is one, and what the engine may use of it.
const memory = Math.min(
  process.constrainedMemory() || Infinity,
  os.totalmem(),
  v8.getHeapStatistics().heap_size_limit,
);

/** Bytes, in each direction. */
export const allWaitingBytes = Math.floor(memory / 4);

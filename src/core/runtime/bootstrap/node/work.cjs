// Tells whether un-awaited work of an invocation goes on.
//
// The exact answer is `beforeExit`: with our channel left out, an empty loop means that nothing goes on. It never
// comes when the handler keeps connections, servers or timers of its own, so those are told apart: what
// was there before the invocation is not its work; a request under way, a running child process and a new timer
// are; a connection made meanwhile is, until 100 ms pass without a byte.
'use strict';

const ignored = new Set();
const quietMs = 100;
const resources =
  process.getActiveResourcesInfo === undefined ? () => [] : () => process.getActiveResourcesInfo();

exports.ignore = (handle) => ignored.add(handle);

exports.begin = (invocation) => {
  invocation.before = new Set(process._getActiveHandles());
  invocation.timers = countTimers();
};

exports.goesOn = (invocation) => {
  if (process._getActiveRequests().length > 0) return true;
  for (const handle of process._getActiveHandles()) {
    if (!ignored.has(handle) && isWork(handle, invocation)) return true;
  }
  return countTimers() > invocation.timers;
};

/** Calls back when a look is worth while: soon first, then ten times in 250 ms. */
exports.whenDone = (invocation, look) => {
  invocation.looks = (invocation.looks || 0) + 1;
  setTimeout(look, Math.min(invocation.looks, 25)).unref();
};

function countTimers() {
  let count = 0;
  for (const name of resources()) {
    if (name === 'Timeout' || name === 'Immediate') count++;
  }
  return count;
}

function isWork(handle, invocation) {
  if (handle._httpMessage) return true; // An HTTP request is under way on this socket.
  if (handle._httpMessage === null) return false; // It was, and an agent keeps the socket for the next one.
  if (handle.fd === 0 || handle.fd === 1 || handle.fd === 2) return false;
  if (invocation.before.has(handle)) return handle.connecting === true;
  const kind = handle.constructor === undefined ? '' : handle.constructor.name;
  if (kind === 'ChildProcess' || kind === 'Timer' || kind === 'Process') return true;
  if (handle.bytesRead === undefined || handle.destroyed) return false; // A server, a watcher, a signal.
  if (handle.connecting || handle.writableLength > 0) return true;
  const seen = handle.bytesRead + handle.bytesWritten;
  const now = Date.now();
  const last = activity.get(handle);
  if (last === undefined || last.seen !== seen) {
    activity.set(handle, { seen, at: now });
    return true;
  }
  return now - last.at < quietMs;
}

const activity = new WeakMap();

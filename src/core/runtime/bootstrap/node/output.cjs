// Takes over console, process.stdout and process.stderr: each line goes to the channel with its invocation and level.
'use strict';
const { send } = require('./send.cjs');

// 12.17 and newer; an older one knows only which invocation runs now.
const { AsyncLocalStorage } = require('async_hooks');
const storage = AsyncLocalStorage === undefined ? undefined : new AsyncLocalStorage();
const longest = 256 * 1024;

let runningNow = () => null;
/** Level of the console method that is at work; undefined: the stream's own. */
let level;

const invocation = () => (storage && storage.getStore()) || runningNow();
exports.invocation = invocation;

exports.within = storage === undefined ? (id, run) => run() : (id, run) => storage.run(id, run);

exports.install = (running) => {
  runningNow = running;
  take(process.stdout, 'stdout', 'info');
  take(process.stderr, 'stderr', 'error');
  const levels = { trace: 'trace', debug: 'debug', info: 'info', log: 'info', warn: 'warn', error: 'error' };
  for (const method of Object.keys(levels)) {
    const original = console[method];
    console[method] = function (...values) {
      level = levels[method];
      try {
        original.apply(this, values);
      } finally {
        level = undefined;
      }
    };
  }
};

const rests = { stdout: null, stderr: null };

function line(stream, at, id, text) {
  send(`L ${id === null ? '-' : id} ${stream} ${at} ${JSON.stringify(text)}\n`);
}

function add(stream, own, text) {
  const id = invocation();
  const at = level || own;
  const rest = rests[stream];
  if (rest !== null) {
    rests[stream] = null;
    if (rest.id === id) text = rest.text + text;
    else line(stream, rest.level, rest.id, rest.text);
  }
  let from = 0;
  for (;;) {
    const feed = text.indexOf('\n', from);
    if (feed < 0) break;
    line(stream, at, id, text.slice(from, text[feed - 1] === '\r' && feed > from ? feed - 1 : feed));
    from = feed + 1;
  }
  if (from < text.length) {
    const left = text.slice(from);
    if (left.length > longest) line(stream, at, id, left);
    else rests[stream] = { id, level: at, text: left };
  }
}

function take(stream, name, own) {
  stream.write = (chunk, encoding, done) => {
    const callback = typeof encoding === 'function' ? encoding : done;
    const text =
      typeof chunk === 'string' ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
    add(name, own, text);
    if (typeof callback === 'function') process.nextTick(callback);
    return true;
  };
}

/** Delivers last lines without a line feed. */
exports.flush = () => {
  for (const stream of Object.keys(rests)) {
    const rest = rests[stream];
    if (rest !== null) {
      rests[stream] = null;
      line(stream, rest.level, rest.id, rest.text);
    }
  }
};

/** Something that went wrong outside of any answer. */
exports.report = (text) => {
  for (const one of text.split('\n')) line('stderr', 'error', invocation(), one);
};

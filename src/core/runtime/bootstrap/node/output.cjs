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
  const levels = {
    trace: 'trace',
    debug: 'debug',
    info: 'info',
    log: 'info',
    warn: 'warn',
    error: 'error',
  };
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

/** What waits for its line feed: `{ id, level, text, cut }`, or null. */
const rests = { stdout: null, stderr: null };

function line(stream, at, id, text, cut) {
  const whole = cut > 0 ? `${text} … [+${cut}]` : text;
  return `L ${id === null ? '-' : id} ${stream} ${at} ${JSON.stringify(whole)}\n`;
}

/** What one call writes leaves in one piece: each costs more than the lines in it. */
function add(stream, own, text) {
  const id = invocation();
  const at = level || own;
  let from = 0;
  let whole = '';
  while (from < text.length) {
    const feed = text.indexOf('\n', from);
    let part = text.slice(from, feed < 0 ? text.length : feed);
    from = feed < 0 ? text.length : feed + 1;
    let cut = 0;
    const rest = rests[stream];
    if (rest !== null) {
      rests[stream] = null;
      if (rest.id === id) {
        part = rest.text + part;
        cut = rest.cut;
      } else {
        whole += line(stream, rest.level, rest.id, rest.text, rest.cut);
      }
    }
    if (part.length > longest) {
      cut += part.length - longest;
      part = part.slice(0, longest);
    }
    if (feed >= 0)
      whole += line(stream, at, id, part.endsWith('\r') ? part.slice(0, -1) : part, cut);
    else rests[stream] = { id, level: at, text: part, cut };
  }
  if (whole !== '') send(whole);
}

function take(stream, name, own) {
  stream.write = (chunk, encoding, done) => {
    const callback = typeof encoding === 'function' ? encoding : done;
    const text =
      typeof chunk === 'string'
        ? chunk
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
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
      send(line(stream, rest.level, rest.id, rest.text, rest.cut));
    }
  }
};

/** Something that went wrong outside of any answer. */
exports.report = (text) => {
  for (const one of text.split('\n')) send(line('stderr', 'error', invocation(), one, 0));
};

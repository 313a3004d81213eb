// Runs one Node.js function, 10.15 or newer: loads the handler once, then one event after the other.
//
// fd 3 brings events, fd 4 takes answers and logs away, both one message a line; what the lines look like is told
// in channel.ts. fd 1 and 2 stay the user's. Answers and logs are written synchronously, so nothing is lost at a crash.
'use strict';
const fs = require('fs');
const net = require('net');
const { send } = require('./send.cjs');
const failures = require('./failures.cjs');
const work = require('./work.cjs');
const output = require('./output.cjs');
const load = require('./load.cjs');
const redirect = require('./redirect.cjs');
const uncaught = require('./uncaught.cjs');
const values = require('./values.cjs');
const writes = require('./writes.cjs');

const largest = 6 * 1024 * 1024;
/** Actions of events whose answer nobody reads; the second is what older pages call the first. */
const unread = ['data send', 'data recv', 'closing'];
const isLinux = process.platform === 'linux';
/** After a shorter event, ms, the parent looks now and then. */
const shortMs = 10;

// Before Node.js 12, JSON.stringify writes halves of surrogate pairs as they are; UTF-8 cannot carry those.
const wellFormed = JSON.stringify('\ud800').length > 3;
const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16)}`;

let order;
let handler;
/** What it is that cannot answer, as channel.ts lists it; undefined for a function. */
let form;
/** The invocation that has not answered yet, or whose un-awaited work goes on. */
let current = null;
/** Events that came meanwhile. */
const ahead = [];

const channel = new net.Socket({
  fd: 3,
  readable: true,
  writable: false,
  // Into one buffer and past the stream's queue, which costs more than the rest of the way; 12.10 and newer.
  onread: {
    buffer: Buffer.allocUnsafeSlow(65536),
    callback(size, buffer) {
      split(buffer.slice(0, size));
      return true;
    },
  },
});
channel.on('end', () => process.exit(0));
channel.on('error', () => process.exit(0));
work.ignore(channel);

let parts = [];
channel.on('data', split); // Older ones; and what flows tells of its end.

/** The chunk is valid during the call only. */
function split(chunk) {
  let from = 0;
  for (;;) {
    const feed = chunk.indexOf(10, from);
    if (feed < 0) break;
    let line = chunk.slice(from, feed);
    if (parts.length > 0) {
      line = Buffer.concat(parts.concat(line));
      parts = [];
    }
    from = feed + 1;
    receive(line);
  }
  if (from < chunk.length) parts.push(Buffer.from(chunk.slice(from)));
}

function receive(line) {
  switch (line[0]) {
    case 0x49:
      take(line);
      return;
    case 0x53:
      prepare(JSON.parse(line.toString('utf8', 2)));
      return;
    case 0x47:
      loadHandler();
      return;
    case 0x42:
      if (line[2] === 0x31) openDebugger();
      else closeDebugger();
      return;
    case 0x57:
      redirect.nameLines();
      return;
  }
}

function take(line) {
  const afterId = line.indexOf(32, 2);
  const afterFrozen = line.indexOf(32, afterId + 1);
  const id = line.latin1Slice(2, afterId);
  const frozenMs = Number(line.latin1Slice(afterId + 1, afterFrozen));
  const text = line.utf8Slice(afterFrozen + 1);
  if (current === null && ahead.length === 0) run(id, frozenMs > 0, text);
  else ahead.push({ id, text });
}

/** Takes up what came while another event ran. */
function takeNext() {
  while (current === null && ahead.length > 0) {
    const { id, text } = ahead.shift();
    // The clock may have stood still since.
    run(id, fs.existsSync(order.clockFile), text);
  }
}

function prepare(given) {
  order = given;
  failures.configure(__dirname);
  output.install(() => (current === null ? null : current.id));
  redirect.install(order.pushUrl, order.redirectPush, output.invocation);
  values.install(output.invocation);
  writes.install(order.folder, order.readOnlyCode, output.invocation);
  process.argv = [process.argv[0], order.folder];
  if (order.debug) openDebugger();
  else loadHandler();
}

function loadHandler() {
  load.loadHandler(order, isDebugged(), (failure, loaded) => {
    output.flush();
    if (failure !== null) {
      send(`X ${JSON.stringify(failure)}\n`);
      process.exit(1);
    }
    handler = loaded;
    form = formOf(loaded);
    load.tellFiles();
    send('Y\n');
  });
}

function formOf(loaded) {
  const kind = Object.prototype.toString.call(loaded);
  return kind === '[object GeneratorFunction]' || kind === '[object AsyncGeneratorFunction]'
    ? 'generator'
    : /^class\b/.test(Function.prototype.toString.call(loaded))
      ? 'class'
      : undefined;
}

/** `froze`: the session's clock stood still before, so that its file has to be asked. */
function run(id, froze, text) {
  let event;
  try {
    event = JSON.parse(text);
  } catch (error) {
    send(`E ${id} - ${JSON.stringify({ kind: 'badEvent', message: error.message })}\n`);
    return;
  }
  const started = Date.now();
  const invocation = {
    id,
    started,
    /** By the session's clock, as `clockNow`. */
    begun: froze ? clockNow() : started,
    context: null,
    answered: false,
    /** A promise or a callback will bring the answer; otherwise an empty event loop does. */
    promised: false,
    answer: null,
    goesOn: false,
    ignored: false,
    /** Of the three, Register's answer alone decides something. */
    isRead: !unread.includes(event && event.websocket && event.websocket.action),
  };
  current = invocation;
  const callback = (error, value) => answer(invocation, error, value);
  invocation.context = contextOf(invocation, callback);
  work.begin(invocation);
  const debugged = isDebugged();
  output.within(id, () => {
    uncaught.attempt(
      debugged,
      () => handler(event, invocation.context, callback),
      (returned) => follow(invocation, debugged, returned),
      (error) => fail(invocation, 'exception', error, form === 'class' ? form : undefined),
    );
  });
}

function follow(invocation, debugged, returned) {
  if (returned !== null && typeof returned === 'object' && typeof returned.then === 'function') {
    invocation.promised = true;
    uncaught.follow(
      debugged,
      returned,
      (value) => answer(invocation, null, value),
      (error) => fail(invocation, 'exception', error),
    );
  } else if (!invocation.answered) {
    if (returned !== undefined) invocation.ignored = true;
    channel.unref(); // `beforeExit` tells when nothing is left that could call back.
  }
}

function contextOf(invocation, callback) {
  const context = Object.assign({}, order.context, { request_id: invocation.id });
  context.callbackWaitsForEmptyEventLoop = true;
  context.getRemainingTimeInMillis = () => {
    const limit = order.context.time_limit_in_ms;
    return Math.min(limit, Math.max(0, limit - (clockNow() - invocation.begun)));
  };
  context.done = callback;
  context.succeed = (value) => callback(null, value);
  context.fail = (error) =>
    callback(error === undefined || error === null ? new Error('fail') : error);
  return context;
}

/**
 * Epoch milliseconds without those in which the session's clock stood still; a file has
 * `<total> <since, epoch ms, or 0>`. The same number as long as it stands.
 */
function clockNow() {
  try {
    const [total, since] = fs.readFileSync(order.clockFile, 'utf8').split(' ').map(Number);
    return (since === 0 ? Date.now() : since) - total;
  } catch {
    return Date.now(); // It never stood still.
  }
}

/** Takes the first answer; later ones are nobody's. */
function answer(invocation, error, value) {
  if (invocation.answered) return;
  if (error !== null && error !== undefined) {
    fail(invocation, 'exception', error);
    return;
  }
  let json;
  try {
    json = values.stringify(value);
    if (json === undefined) json = 'null';
    else if (!wellFormed) json = json.replace(half, escaped);
    if (invocation.isRead) values.lookAtAnswer(value, json);
  } catch (problem) {
    fail(invocation, 'unserialisable', located(problem, value));
    return;
  }
  invocation.answered = true;
  if (json.length * 3 > largest && Buffer.byteLength(json) > largest) {
    const size = Buffer.byteLength(json);
    finish(invocation, 'E', JSON.stringify({ kind: 'tooLarge', message: '', size }));
    return;
  }
  finish(invocation, 'R', json);
}

/** The error with the place in the answer that it is about, such as `.items[2]`. */
function located(problem, value) {
  const where = culprit(value, '', []);
  if (where && problem instanceof Error) problem.message = `${problem.message} (${where})`;
  return problem;
}

function culprit(value, at, above) {
  if (typeof value === 'bigint') return at;
  if (value === null || typeof value !== 'object' || typeof value.toJSON === 'function')
    return undefined;
  if (above.includes(value)) return at;
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`;
    const found = culprit(value[key], step, above.concat([value]));
    if (found !== undefined) return found;
  }
  return undefined;
}

function fail(invocation, kind, error, wrongForm) {
  if (invocation.answered) return;
  invocation.answered = true;
  const failure = failures.describe(kind, error);
  finish(invocation, 'E', JSON.stringify(Object.assign(failure, { form: wrongForm })));
}

/**
 * A promise's answer leaves in the check phase of the same turn, together with the word that nothing goes on; a
 * callback's leaves now, since whatever the handler does next may take its time.
 */
function finish(invocation, kind, json) {
  invocation.answer = { kind, json };
  if (
    !invocation.promised &&
    invocation.context.callbackWaitsForEmptyEventLoop &&
    order.waitForEmptyLoop
  ) {
    channel.unref();
    return;
  }
  if (!invocation.promised) {
    deliver(invocation, true);
  }
  setImmediate(settle, invocation);
}

function settle(invocation) {
  if (current !== invocation) return;
  const busy = invocation.context.callbackWaitsForEmptyEventLoop && work.goesOn(invocation);
  if (invocation.answer !== null) {
    deliver(invocation, busy);
  }
  if (busy) {
    channel.unref();
    work.whenDone(invocation, () => settle(invocation));
  } else {
    end(invocation);
    takeNext();
  }
}

function deliver(invocation, goesOn) {
  const { kind, json } = invocation.answer;
  const head = goesOn ? kind.toLowerCase() : kind;
  invocation.answer = null;
  invocation.goesOn = goesOn;
  output.flush();
  send(`${head} ${invocation.id} ${peakOf(invocation)} ${json}\n`);
}

/** Peak of the resident memory so far, KiB; read here, since the parent may look when the next event runs already. */
function peakOf(invocation) {
  if (isLinux) {
    if (Date.now() - invocation.started <= shortMs) return '-';
    try {
      // Not `maxRSS`: that begins with the parent's.
      return /^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))[1];
    } catch {
      return '-';
    }
  }
  return process.resourceUsage ? process.resourceUsage().maxRSS : '-';
}

function end(invocation) {
  if (current !== invocation) return;
  current = null;
  channel.ref();
  output.flush();
  load.tellFiles();
  if (invocation.goesOn) send(`D ${invocation.id}\n`);
}

// The loop is empty: nothing of the invocation can go on.
process.on('beforeExit', () => {
  channel.ref();
  const invocation = current;
  if (invocation === null) return;
  if (!invocation.answered) {
    if (invocation.promised) return; // A promise that nobody will settle: the timeout ends it.
    if (invocation.ignored) {
      const word = form === undefined ? '' : `,"form":"${form}"`;
      send(`N ${invocation.id} {"notice":"ignoredReturn"${word}}\n`);
    }
    invocation.answered = true;
    invocation.answer = { kind: 'R', json: 'null' };
  }
  if (invocation.answer !== null) deliver(invocation, false);
  end(invocation);
  // Not from here: what it would have to wait for does not bring `beforeExit` once more.
  if (ahead.length > 0) setImmediate(takeNext);
});

process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 1) return; // The user's own listener deals with it.
  output.flush();
  const invocation = current;
  if (invocation !== null && !invocation.answered) {
    invocation.answered = true;
    // Its end is near: no further event may come before it.
    send(`e ${invocation.id} - ${JSON.stringify(failures.describe('exception', error))}\n`);
  } else {
    if (invocation !== null && invocation.answer !== null) deliver(invocation, true);
    output.report(failures.describe('exception', error).stack);
  }
  process.exit(1);
});

process.on('exit', () => {
  output.flush();
  // From within process.exit(): whoever called it is on the stack.
  const place = current === null || !current.answered ? failures.placeHere() : undefined;
  if (place !== undefined) {
    send(
      `N ${current === null ? '-' : current.id} ${JSON.stringify({ notice: 'exits', place })}\n`,
    );
  }
  // As if work went on: no further event may come before the end.
  if (current !== null && current.answer) deliver(current, true);
});

let inspector;

function openDebugger() {
  try {
    inspector = inspector || require('inspector');
    if (inspector.url() === undefined) inspector.open(0, '127.0.0.1');
    send(`P ${JSON.stringify({ port: Number(new URL(inspector.url()).port) })}\n`);
  } catch (error) {
    send(`P ${JSON.stringify({ error: 'failed', message: error.message })}\n`);
  }
}

function isDebugged() {
  return inspector !== undefined && inspector.url() !== undefined;
}

function closeDebugger() {
  if (isDebugged()) inspector.close();
}

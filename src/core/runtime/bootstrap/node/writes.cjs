// Tells of writes into the code directory, which is read-only in the cloud; forbids them where that is asked for.
// And tells when output may come that does not pass through console or process.stdout.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const Module = require('module');
const { fileURLToPath } = require('url');
const { send } = require('./send.cjs');
const failures = require('./failures.cjs');

/** Which arguments are paths that are written. */
const changes = {
  writeFile: [0],
  appendFile: [0],
  mkdir: [0],
  mkdtemp: [0],
  rm: [0],
  rmdir: [0],
  unlink: [0],
  rename: [0, 1],
  copyFile: [1],
  cp: [1],
  truncate: [0],
  symlink: [1],
  link: [1],
  chmod: [0],
};
const told = new Set();
let folder;
let forbids = false;
let invocation = () => null;

exports.install = (codeFolder, isForbidden, runningInvocation) => {
  folder = codeFolder.endsWith(path.sep) ? codeFolder : codeFolder + path.sep;
  forbids = isForbidden;
  invocation = runningInvocation;
  for (const name of Object.keys(changes)) {
    const paths = (values) => changes[name].map((index) => values[index]);
    wrap(fs, name, name, paths, callsBack);
    wrap(fs, `${name}Sync`, name, paths, throws);
    if (fs.promises) wrap(fs.promises, name, name, paths, rejects);
  }
  const opened = (values) => (writes(values[1]) ? [values[0]] : []);
  wrap(fs, 'open', 'open', opened, callsBack);
  wrap(fs, 'openSync', 'open', opened, throws);
  if (fs.promises) wrap(fs.promises, 'open', 'open', opened, rejects);
  // It opens the file later, when nothing tells any more who asked for it.
  const { createWriteStream } = fs;
  fs.createWriteStream = function (target, options) {
    if (writes(typeof options === 'object' && options !== null ? options.flags || 'w' : 'w'))
      note(target, 'open');
    return createWriteStream.call(this, target, options);
  };
  watchRawOutput();
  if (Module.syncBuiltinESMExports !== undefined) Module.syncBuiltinESMExports();
};

function wrap(object, name, call, paths, fail) {
  const original = object[name];
  if (typeof original !== 'function') return;
  object[name] = function (...values) {
    for (const given of paths(values)) {
      const error = note(given, call);
      if (error !== undefined) return fail(error, values);
    }
    return original.apply(this, values);
  };
  Object.defineProperty(object[name], 'name', { value: name });
  // Promisified forms of their own.
  for (const key of Object.getOwnPropertySymbols(original)) object[name][key] = original[key];
}

const throws = (error) => {
  throw error;
};
const rejects = (error) => Promise.reject(error);
const callsBack = (error, values) => {
  const callback = values[values.length - 1];
  if (typeof callback !== 'function') throw error;
  process.nextTick(callback, error);
};

function writes(flags) {
  if (typeof flags === 'string') return /[wax+]/.test(flags);
  const { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND } = fs.constants;
  return (
    typeof flags === 'number' && (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)) !== 0
  );
}

/** The error that the write gets; undefined: it may go on. */
function note(given, call) {
  const file = absolute(given);
  if (file === undefined || !file.startsWith(folder)) return undefined;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const place = failures.placeOf(new Error('place').stack.split('\n').slice(1));
  Error.stackTraceLimit = limit;
  const key = place === undefined ? file : `${file} ${place.file} ${place.line}`;
  if (!told.has(key)) {
    told.add(key).add(file);
    const notice = { notice: 'codeWrite', path: file, refused: forbids, place };
    send(`N ${invocation() || '-'} ${JSON.stringify(notice)}\n`);
  }
  if (!forbids) return undefined;
  const error = new Error(`EROFS: read-only file system, ${call} '${file}'`);
  return Object.assign(error, {
    errno: -os.constants.errno.EROFS,
    code: 'EROFS',
    syscall: call,
    path: file,
  });
}

function absolute(given) {
  try {
    if (typeof given === 'string') return path.resolve(given);
    if (given instanceof URL) return fileURLToPath(given);
    if (Buffer.isBuffer(given)) return path.resolve(given.toString());
  } catch {
    // Not a path; the call itself says what is wrong.
  }
  return undefined;
}

let raw = false;

/** From now on, output may come that is not the language's own: it is waited for when an event ends. */
function mayComeRaw() {
  if (raw) return;
  raw = true;
  send('O\n');
}

function watchRawOutput() {
  for (const name of [
    'write',
    'writeSync',
    'writev',
    'writevSync',
    'writeFile',
    'writeFileSync',
    'appendFile',
    'appendFileSync',
    'createWriteStream',
    'open',
    'openSync',
  ]) {
    const original = fs[name];
    if (typeof original !== 'function') continue;
    fs[name] = function (target, ...values) {
      const given = name === 'createWriteStream' && values[0] ? values[0].fd : undefined;
      const one = given === undefined ? target : given;
      if (
        one === 1 ||
        one === 2 ||
        (typeof one === 'string' && /^\/(dev|proc\/self)\/(std(out|err)|fd\/[12])$/.test(one))
      ) {
        mayComeRaw();
      }
      return original.call(this, target, ...values);
    };
    for (const key of Object.getOwnPropertySymbols(original)) fs[name][key] = original[key];
  }
  const children = require('child_process');
  const { spawn } = children.ChildProcess.prototype;
  children.ChildProcess.prototype.spawn = function (...values) {
    mayComeRaw();
    return spawn.apply(this, values);
  };
  for (const name of ['spawnSync', 'execSync', 'execFileSync']) {
    const original = children[name];
    children[name] = function (...values) {
      mayComeRaw();
      return original.apply(this, values);
    };
  }
}

// Describes exceptions of the user's code with the user's own files and lines.
'use strict';
const fs = require('fs');
const path = require('path');
const { fileURLToPath } = require('url');

let ours = '';
let refusedAddress = () => undefined;
let refusedByProxy = () => undefined;

/** `find` tells which address the client of a failed request refused. */
exports.explainAddress = (find) => {
  refusedAddress = find;
};

/** `find` tells what a proxy has to do with a failed request; null: that was told, and there is nothing else to it. */
exports.explainProxy = (find) => {
  refusedByProxy = find;
};

exports.configure = (ourFolder) => {
  ours = ourFolder;
};

/** It may be anywhere: Node.js names what a link leads to, and that of a workspace lies outside of the project. */
const isUsers = (file) =>
  path.isAbsolute(file) &&
  !file.includes(`${path.sep}node_modules${path.sep}`) &&
  !file.startsWith(ours);
exports.isUsers = isUsers;

/** `kind` as channel.ts lists them. */
exports.describe = (kind, error) => {
  try {
    return describe(kind, error);
  } catch {
    // An object made to break whoever looks at it.
    return { kind, message: 'unknown', stack: 'unknown' };
  }
};

function describe(kind, error) {
  const isError =
    error instanceof Error || Object.prototype.toString.call(error) === '[object Error]';
  if (!isError) {
    const text = typeof error === 'string' ? error : require('util').inspect(error);
    return { kind, message: text, stack: text };
  }
  const lines = String(error.stack || error).split('\n');
  const stack = [shownStack(lines), ...causesOf(error)].join('\n');
  const type = typeof error.name === 'string' ? error.name : undefined;
  const message = shownStack(String(error.message).split('\n'));
  const failure = { kind, type, message, stack };
  const place = placeOfJson(error) || placeOf(lines) || placeOfCause(error.cause);
  if (place !== undefined) failure.place = place;
  const proxied = refusedByProxy(error);
  const address = proxied === undefined ? refusedAddress(error) : undefined;
  if (proxied) failure.proxied = proxied;
  if (proxied && failure.place === undefined) failure.place = proxied.place;
  if (address !== undefined) failure.address = address;
  const module = missingModule(error);
  if (module !== undefined) {
    failure.module = module;
    if (kind === 'load') failure.kind = 'missingModule';
  } else if (kind === 'load' && error.name === 'SyntaxError') {
    failure.kind = 'syntax';
  }
  if (failure.place === undefined && module !== undefined) {
    const importer = placeOfImport(error.message, module);
    if (importer !== undefined) failure.place = importer;
  }
  return failure;
}

/** Without lines of ours and of Node.js; the file that is required first stands twice among those that require. */
function shownStack(lines) {
  return lines
    .filter(
      (line, index) =>
        !(/^- /.test(line) && line === lines[index - 1]) &&
        (!/^\s+at /.test(line) || !(line.includes(ours) || /\((?:node:)?internal\//.test(line))),
    )
    .join('\n');
}

const mostCauses = 5;

/** What an error came of, which its own stack does not tell: "fetch failed" says nothing of why. */
function causesOf(error) {
  const told = [];
  const seen = [error];
  for (let next = below(error); next.length > 0 && told.length < mostCauses;) {
    const [cause, ...others] = next;
    if (seen.includes(cause)) {
      next = others;
      continue;
    }
    seen.push(cause);
    const text =
      cause instanceof Error ? String(cause.stack || cause) : require('util').inspect(cause);
    told.push(`Caused by: ${shownStack(text.split('\n'))}`);
    next = others.concat(below(cause));
  }
  return told;
}

function below(error) {
  if (!(error instanceof Error)) return [];
  const several = Array.isArray(error.errors) ? error.errors : [];
  return several.concat(error.cause === undefined ? [] : [error.cause]);
}

/** Of a file of data that is required: the message names it, the stack who requires it. */
function placeOfJson(error) {
  const found =
    error.name === 'SyntaxError' &&
    /^(.+\.json): .*?(?:position (\d+)|end of JSON)/.exec(error.message);
  if (!found || !isUsers(found[1])) return undefined;
  try {
    const text = fs.readFileSync(found[1], 'utf8').replace(/^\ufeff/, '');
    const before = text
      .slice(0, found[2] === undefined ? text.length : Number(found[2]))
      .split('\n');
    return { file: found[1], line: before.length, column: before[before.length - 1].length + 1 };
  } catch {
    return undefined;
  }
}

/** For an error whose own stack names nothing of the user's, like that of `fetch` in Node.js 24. */
function placeOfCause(cause, depth = 5) {
  if (!(cause instanceof Error) || depth === 0) return undefined;
  return placeOf(String(cause.stack).split('\n')) || placeOfCause(cause.cause, depth - 1);
}

function missingModule(error) {
  if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const found = /Cannot find (?:module|package) '([^']+)'/.exec(error.message);
  return found === null ? undefined : found[1];
}

/** An import that fails has no stack in the user's code; its message names the file. */
function placeOfImport(message, module) {
  const found = / imported from (.+)$/m.exec(message);
  if (found === null) return undefined;
  const file = pathOf(found[1].trim());
  if (!isUsers(file)) return undefined;
  let lines = [];
  try {
    lines = fs.readFileSync(file, 'utf8').split('\n');
  } catch {
    // Gone meanwhile.
  }
  const written = path.basename(module).replace(/\.[cm]?js$/, '');
  const at = lines.findIndex((line) => /\bimport\b|\bfrom\b/.test(line) && line.includes(written));
  return { file, line: at + 1 || 1 };
}

exports.placeOf = (lines) => placeOf(lines);

/** Where the user's code is that runs now. */
exports.placeHere = () => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  try {
    return placeOf(String(new Error().stack).split('\n'));
  } finally {
    Error.stackTraceLimit = limit;
  }
};

/** The innermost place in a file of the user; a syntax error is told ahead of the stack. */
function placeOf(lines) {
  const head = /^(.+?):(\d+)(?::(\d+))?$/.exec(lines[0]);
  if (head !== null) {
    const file = pathOf(head[1]);
    if (isUsers(file)) return { file, line: Number(head[2]) };
  }
  for (const line of lines) {
    const at = /^\s+at (?:.*\()?(.+?):(\d+):(\d+)\)?$/.exec(line);
    if (at === null) continue;
    const file = pathOf(at[1]);
    if (isUsers(file)) return { file, line: Number(at[2]), column: Number(at[3]) };
  }
  return undefined;
}

function pathOf(text) {
  const plain = text.replace(/^async /, '');
  return plain.startsWith('file://') ? fileURLToPath(plain) : plain;
}

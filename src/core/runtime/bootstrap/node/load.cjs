// Finds and loads the handler's file, CommonJS, ES module or TypeScript, and tells which of the user's files it took.
'use strict';
const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');
const { spawnSync } = require('child_process');
const { pathToFileURL, fileURLToPath } = require('url');
const { send } = require('./send.cjs');
const failures = require('./failures.cjs');
const uncaught = require('./uncaught.cjs');

const extensions = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts'];
const files = new Set();
let fresh = [];

function note(file) {
  if (typeof file === 'string' && !files.has(file) && path.isAbsolute(file)) {
    files.add(file);
    if (failures.isUsers(file)) fresh.push(file);
  }
}

/** Tells the files that were loaded since the last time. */
exports.tellFiles = () => {
  if (fresh.length > 0) {
    send(`F ${JSON.stringify(fresh)}\n`);
    fresh = [];
  }
};

function watchLoads() {
  const original = Module.prototype.load;
  Module.prototype.load = function (file) {
    note(file);
    return original.call(this, file);
  };
  if (typeof Module.registerHooks === 'function') {
    Module.registerHooks({
      load(url, context, next) {
        if (url.startsWith('file:')) note(fileURLToPath(url));
        return next(url, context);
      },
    });
  }
}

/** Calls back with (failure, null) or (null, handler). */
exports.loadHandler = (order, debugged, done) => {
  watchLoads();
  const base = path.join(order.folder, ...order.file.split('/'));
  const file = extensions.map((extension) => base + extension).find((name) => fs.existsSync(name));
  if (file === undefined) {
    done({ kind: 'missingFile', message: `${base}.js` }, null);
    return;
  }
  note(file);
  const loaded = (module) => {
    const handler = entryOf(module, order.entry);
    if (typeof handler === 'function') {
      done(null, handler);
      return;
    }
    const names = Object.keys(Object(module)).filter((name) => typeof module[name] === 'function');
    done({ kind: 'missingEntry', message: names.join(', '), place: { file, line: 1 } }, null);
  };
  const failed = (error) => {
    const failure = failures.describe('load', error);
    if (failure.kind === 'syntax' && failure.place === undefined) {
      failure.place = placeOfSyntaxError([...fresh.slice(-10).reverse(), file]);
    }
    exports.tellFiles();
    done(failure, null);
  };
  if (file.endsWith('.mjs') || file.endsWith('.mts')) {
    importFile(file).then(loaded, failed);
    return;
  }
  uncaught.attempt(
    debugged && compiles(file),
    () => (Module.createRequire ? Module.createRequire(file)(file) : require(file)),
    loaded,
    (error) => {
      if (
        error &&
        (error.code === 'ERR_REQUIRE_ESM' ||
          error.code === 'ERR_REQUIRE_ASYNC_MODULE' ||
          wantsImport(file, error))
      ) {
        importFile(file).then(loaded, failed);
      } else {
        failed(error);
      }
    },
  );
};

/** What does not, or is no CommonJS, fails in Node's own code: a debugger has no line of the user's to stop at. */
function compiles(file) {
  try {
    return new vm.Script(Module.wrap(fs.readFileSync(file, 'utf8')), { filename: file }) !== null;
  } catch {
    return false;
  }
}

/** An error in an ES module does not say where it is; the check of Node.js does. */
function placeOfSyntaxError(candidates) {
  for (const file of new Set(candidates)) {
    const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    const line = /^(?:file:\/\/)?[^\n]*:(\d+)\n/.exec(stderr || '');
    if (line !== null) return { file, line: Number(line[1]) };
  }
  return undefined;
}

function entryOf(module, entry) {
  if (module === null || module === undefined) return undefined;
  if (typeof module[entry] === 'function') return module[entry];
  return module.default === null || module.default === undefined
    ? undefined
    : module.default[entry];
}

function wantsImport(file, error) {
  return (
    file.endsWith('ts') &&
    error.name === 'SyntaxError' &&
    /import statement|Unexpected token 'export'/.test(error.message)
  );
}

function importFile(file) {
  return require('./esm.cjs').load(pathToFileURL(file).href);
}

// Looks at a handler without running it: is it there, is it JavaScript, has it the function, are its packages there?
//
// stdin: [{"folder", "project", "modulePath", "file", "entry", "names", "builds"?, "script"?, "built"?, "asked"?}, …] as in
// launch orders; `modulePath` is their NODE_PATH; `names` are the members of event and context; `builds`: the handler is
// built, by `script`, which is looked at instead, and `built` is the folder with what that has made by now; `asked` is the
// older version that the function is for. stdout, for each: {"failures": […], "newer": […], "packages": […], "misnamed": […],
// "files": […]}, failures as failures.cjs describes them, `newer` what `asked` has not, `packages` and `misnamed` as
// engines.cjs and names.cjs describe them. Only what is certain is told: what is required further in than the first column
// may be optional.
'use strict';
const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');
const { spawnSync } = require('child_process');
const { fileURLToPath } = require('url');
const { packageFor } = require('./engines.cjs');
const { misnamed } = require('./names.cjs');
const { newerThan, parse } = require('./newer.cjs');

const extensions = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts'];
let failures;
let newer;
let packages;
let others;
let files;
let asked;
/** What goes to the cloud. */
let deployed;
/** Names of later versions that the project's files bring themselves. */
let given;

function lookAt(order) {
  [failures, newer, packages, others, files, asked] = [[], [], [], [], [], undefined];
  given = new Set();
  process.env.NODE_PATH = order.modulePath;
  Module._initPaths();
  try {
    main(order);
  } catch {
    return { failures: [], newer: [], packages: [], misnamed: [], files: [] }; // What cannot be looked at is not known to be wrong.
  }
  newer = newer.filter(({ isSyntax, what }) => isSyntax || !isGiven(what));
  newer = newer.map(({ what, since, type, file, line }) => ({ what, since, type, file, line }));
  return { failures, newer, packages, misnamed: others, files };
}

/** By another file, which the order of loading may have brought before. */
const isGiven = (what) => given.has('*') || given.has(what.replace(/\(\)$/, ''));

function main(order) {
  const base = path.join(order.folder, ...order.file.split('/'));
  const file = extensions.map((extension) => base + extension).find((name) => fs.existsSync(name));
  if (order.builds) {
    if (order.script) look(order.script, order.project);
    if (file !== undefined) lookAtNames(file, order);
    if (order.built && order.asked) lookAtBuilt(order);
    return;
  }
  if (file === undefined) {
    failures.push({ kind: 'missingFile', message: `${base}.js` });
    return;
  }
  [asked, deployed] = [order.asked, order.folder];
  const source = look(file, order.project);
  if (source === undefined) return;
  checkEntry(source, file, order.entry);
  lookAtNames(file, order);
}

function lookAtNames(file, { entry, names }) {
  let tree;
  try {
    tree = parse(withoutTypes(file, fs.readFileSync(file, 'utf8')));
  } catch {
    return; // TypeScript that more than its types must be taken away from.
  }
  if (tree !== undefined) others = misnamed(tree, entry, names).map((each) => ({ ...each, file }));
}

/**
 * What a build has made is what the cloud gets. Told at the lines that it was made from; of installed packages in it syntax
 * alone, since one that looks for a name before it uses it may do that anywhere.
 */
function lookAtBuilt(order) {
  const base = path.join(order.built, ...order.file.split('/'));
  const file = ['.js', '.cjs', '.mjs']
    .map((each) => base + each)
    .find((name) => fs.existsSync(name));
  const [waiting, seen] = [file === undefined ? [] : [file], new Set()];
  for (const each of waiting) {
    if (seen.has(each)) continue;
    seen.add(each);
    const text = fs.readFileSync(each, 'utf8');
    const placeOf = sourcesOf(each, text);
    for (const { line, column, isSyntax, ...found } of newerThan(order.asked, text, true, given)) {
      const place = placeOf(line, column);
      const isUsers = place !== undefined && !/[\\/]node_modules[\\/]/.test(place.file);
      const shown = place || { file: each, line };
      const isTold = ({ what, file: of }) => what === found.what && of === shown.file;
      if ((isSyntax || isUsers) && !newer.some(isTold))
        newer.push({ ...found, isSyntax, ...shown });
    }
    for (const { name, isImport } of requests(withoutComments(text))) {
      const next = /^\.{1,2}\//.test(name) ? find(name, each, isImport) : undefined;
      if (next && isOwn(next, order.built)) waiting.push(next);
    }
  }
}

/** Leads from a place in what was built to the one that it was made from; undefined: nobody knows, or it is gone. */
function sourcesOf(file, text) {
  const [, address] = /\/\/[#@] sourceMappingURL=(\S+)\s*$/.exec(text) || [];
  if (address === undefined || !Module.SourceMap) return () => undefined;
  try {
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(address);
    const mapFile = inline ? file : path.resolve(path.dirname(file), decodeURI(address));
    const json = inline
      ? Buffer.from(decodeURIComponent(inline[2]), inline[1] ? 'base64' : 'utf8').toString()
      : fs.readFileSync(mapFile, 'utf8');
    const payload = JSON.parse(json);
    const map = new Module.SourceMap(payload);
    return (line, column) => {
      const { originalSource, originalLine } = map.findEntry(line - 1, column);
      if (typeof originalSource !== 'string') return undefined;
      const root = path.resolve(path.dirname(mapFile), payload.sourceRoot || '');
      const source = originalSource.startsWith('file:')
        ? fileURLToPath(originalSource)
        : path.resolve(root, originalSource.replace(/^webpack:\/\/[^/]*\//, ''));
      return fs.existsSync(source) ? { file: source, line: originalLine + 1 } : undefined;
    };
  } catch {
    return () => undefined;
  }
}

/** Its text without comments, after its own modules have been looked at, too; undefined when it is no JavaScript. */
function look(file, project) {
  files.push(file);
  const text = fs.readFileSync(file, 'utf8');
  const problem = syntaxProblem(file, text);
  if (problem !== undefined) {
    failures.push(problem);
    return undefined;
  }
  if (asked !== undefined) {
    // TypeScript is built before it is deployed: then its syntax is the build's.
    const isTyped = /\.[cm]?ts$/.test(file);
    for (const found of newerThan(asked, withoutTypes(file, text), false, given)) {
      if (!isTyped || !found.isSyntax) newer.push({ ...found, file });
    }
  }
  const source = withoutComments(text);
  for (const { name, line, isImport } of requests(source)) {
    const found = find(name, file, isImport);
    if (found === undefined) {
      const message = `Cannot find module '${name}'`;
      const place = { file, line };
      failures.push({ kind: 'missingModule', type: 'Error', message, module: name, place });
    } else if (isOwn(found, project) && !files.includes(found)) {
      look(found, project);
    } else if (asked !== undefined && found.startsWith(deployed + path.sep)) {
      const about = packageFor(asked, name, found);
      const isTold = about !== undefined && packages.some((each) => each.name === about.name);
      if (about !== undefined && !isTold) packages.push({ ...about, file, line });
    }
  }
  return source;
}

function syntaxProblem(file, text) {
  if (/\.[cm]?js$/.test(file)) {
    const wrapped = Module.wrap(text.replace(/^#!.*/, ''));
    try {
      new vm.Script(wrapped, { filename: file });
      return undefined;
    } catch {
      // It may be an ES module: Node.js itself knows.
    }
  }
  if (/\.[cm]?ts$/.test(file) && Module.stripTypeScriptTypes) return typeProblem(file, text);
  const check = spawnSync(process.execPath, [...process.execArgv, '--check', file], {
    encoding: 'utf8',
    windowsHide: true,
  });
  const [, type, message] = /^(\w*Error)(?: \[\w+\])?: (.*)$/m.exec(check.stderr || '') || [];
  return check.status === 0 || type !== 'SyntaxError'
    ? undefined
    : syntaxFailure(file, type, message, check.stderr.trimEnd());
}

/** TypeScript as it runs: each type is blank, and all else where it was. */
function withoutTypes(file, text) {
  return /\.[cm]?ts$/.test(file) && Module.stripTypeScriptTypes
    ? Module.stripTypeScriptTypes(text)
    : text;
}

function syntaxFailure(file, type, message, stack) {
  const line = /^(?:file:\/\/)?[^\n]*:(\d+)\n/.exec(stack);
  const place = { file, line: line === null ? 1 : Number(line[1]) };
  return { kind: 'syntax', type, message, stack, place };
}

/** By what Node.js itself takes types away with: its `--check` passes enums, and knows no types in CommonJS. */
function typeProblem(file, text) {
  try {
    const code = Module.stripTypeScriptTypes(text);
    if (isCommonJs(file)) new vm.Script(Module.wrap(code), { filename: file });
    return undefined;
  } catch (error) {
    return syntaxFailure(file, error.name, error.message, error.stack);
  }
}

/** Whether it is read as CommonJS, whatever is in it. */
function isCommonJs(file) {
  if (!file.endsWith('.ts')) return file.endsWith('.cts');
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    try {
      const { type } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
      return type === 'commonjs';
    } catch (error) {
      if (error.code !== 'ENOENT' || folder === path.dirname(folder)) return false;
    }
  }
}

/** With each line where it was. Quotes, templates and comments; a regular expression with a quote in it is rare. */
function withoutComments(text) {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(token, (found) =>
    found.startsWith('//') || found.startsWith('/*')
      ? found.replace(/[^\n]/g, '')
      : found.startsWith('`')
        ? `\`${found.slice(1, -1).replace(/[^\n]/g, ' ')}\``
        : found,
  );
}

/** What is loaded whenever the file is: statements that begin in the first column. */
function requests(source) {
  const forms = [
    /^(?:(?:const|let|var)\s[^;=]*=\s*|[\w$.]+\s*=\s*)?require\(\s*(['"])([^'"]+)\1\s*\)/gm,
    /^import\s*(?!type\b)(?:[\w$*{}\s,]*\sfrom\s*|\{[^}]*\}\s*from\s*)?(['"])([^'"]+)\1/gm,
    /^export\s*(?!type\b)[\w$*{}\s,]*\bfrom\s*(['"])([^'"]+)\1/gm,
  ];
  const found = [];
  for (const form of forms) {
    for (let match = form.exec(source); match !== null; match = form.exec(source)) {
      const before = source.slice(0, match.index + match[0].length);
      found.push({
        name: match[2],
        line: before.split('\n').length,
        isImport: form !== forms[0],
      });
    }
  }
  return found;
}

/** The file of a module; '' for one that is there and has none to look at. */
function find(name, file, isImport) {
  if (name.startsWith('node:') || Module.builtinModules.includes(name) || name.startsWith('#')) {
    return '';
  }
  if (/^(?:data|https?|file):/.test(name)) return '';
  // Node.js takes the types away from it and nothing more: what it imports is a file with its whole name.
  if (isImport && /\.m?ts$/.test(file) && /^\.{1,2}\//.test(name)) {
    const whole = path.resolve(path.dirname(file), name);
    return fs.existsSync(whole) && fs.statSync(whole).isFile() ? whole : undefined;
  }
  try {
    const from = Module.createRequire ? Module.createRequire(file).resolve : require.resolve;
    return from(name, Module.createRequire ? undefined : { paths: [path.dirname(file)] });
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') return ''; // A package that only `import` may load, for example.
    const base = path.resolve(path.dirname(file), name);
    const there = /^\.{0,2}\//.test(name) && extensions.some((each) => fs.existsSync(base + each));
    return there ? '' : undefined;
  }
}

const isOwn = (file, project) =>
  file.startsWith(project + path.sep) &&
  !file.includes(`${path.sep}node_modules${path.sep}`) &&
  extensions.includes(path.extname(file));

function checkEntry(source, file, entry) {
  const exporting = source.search(/\bexports?\b/);
  const rest = exporting < 0 ? '' : source.slice(exporting);
  const passesOn =
    /exports\s*=\s*(?:await\s|require|new\b|\w+[;\s]*$|\w+\()|\.\.\.|exports\[|\bexport\s*\*|assign\(/m;
  const word = new RegExp(`(?:^|[^\\w$])${escaped(entry)}(?![\\w$])`);
  if (word.test(rest) || passesOn.test(rest)) {
    checkForm(source, file, entry);
    return;
  }
  const named =
    /exports\.([\w$]+)\s*=|\bexport\s+(?:async\s+)?(?:function|const|let)\s*\*?\s*([\w$]+)/g;
  const names = new Set();
  for (let match = named.exec(rest); match !== null; match = named.exec(rest)) {
    names.add(match[1] || match[2]);
  }
  const place = { file, line: 1 };
  failures.push({ kind: 'missingEntry', message: [...names].join(', '), place });
}

const escaped = (name) => name.replace(/\$/g, '\\$');

/** What is exported is there, but no call of it can answer: only where it is exported once, and said which it is. */
function checkForm(source, file, entry) {
  if (/exports\[|assign\(\s*(?:module\.)?exports/.test(source)) return;
  const exported = exportsOf(source, entry);
  const found = exported.length === 1 ? formAt(source, exported[0]) : undefined;
  if (found === undefined) return;
  const place = { file, line: source.slice(0, found.index).split('\n').length };
  failures.push({ kind: 'handlerForm', form: found.form, message: entry, place });
}

/** Where each expression, declaration or method begins that is exported under the name. */
function exportsOf(source, entry) {
  const name = escaped(entry);
  const assigned = `(?:^|[^\\w.$])(?:module\\.)?exports\\.${name}\\s*=(?![=>])\\s*(?!void 0)(?=\\S)`;
  const constant = `^export\\s+(?:const|let|var)\\s+${name}\\s*(?::[^=\\n]+)?=\\s*`;
  const declared = `^export\\s+(?=(?:async\\s+)?function\\s*\\*?\\s*${name}\\b|class\\s+${name}\\b)`;
  const found = [].concat(...[assigned, constant, declared].map((form) => ends(source, form)));
  const objects = '(?:\\bmodule\\.exports\\s*=|^export(?:\\s+default)?)\\s*\\{';
  const member = [
    `${name}\\s*:\\s*`,
    `(?=(?:async\\s*)?\\*\\s*${name}\\s*\\()`,
    `(?=${name}\\s*[,}])`,
    `(?=[\\w$]+\\s+as\\s+${name}\\s*[,}])`,
  ].join('|');
  for (const open of ends(source, objects)) {
    const close = closing(source, open);
    const own = (index) => index >= open && closing(source, index) === close;
    found.push(...ends(source, `(?<=[{,]\\s*)(?:${member})`).filter(own));
  }
  return found;
}

function ends(source, form) {
  const pattern = new RegExp(form, 'gm');
  const found = [];
  for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
    found.push(match.index + match[0].length);
    if (match[0] === '') pattern.lastIndex += 1;
  }
  return found;
}

/** Of the brace before `open`. */
function closing(source, open) {
  let depth = 1;
  for (let index = open; index < source.length; index += 1) {
    if (source[index] === '{') depth += 1;
    else if (source[index] === '}' && (depth -= 1) === 0) return index;
  }
  return source.length;
}

function formAt(source, index) {
  const text = source.slice(index);
  if (/^(?:async\s+)?function\s*\*|^(?:async\s*)?\*/.test(text))
    return { form: 'generator', index };
  if (/^class\b/.test(text)) return { form: 'class', index };
  const literal = /^(?:'[^'\n]*'|"[^"\n]*"|-?\d[\d.]*|null|true|false|undefined)\s*(?:[;,}\n]|$)/;
  if (literal.test(text)) return { form: 'value', index };
  const made = /^new\s+([\w$]+)\s*(?:\([^()]*\))?\s*(?:[;,}\n]|$)/.exec(text);
  if (made !== null) {
    const [open] = ends(source, `^(?:export\\s+)?class\\s+${escaped(made[1])}\\s*\\{`);
    const body = open === undefined ? 'return' : source.slice(open, closing(source, open));
    // What a constructor returns instead may be a function.
    return /\bconstructor\b[^]*\breturn\b|^return$/.test(body)
      ? undefined
      : { form: 'value', index };
  }
  const [, name] = /^([\w$]+)\s*(?:[;,}\n]|\sas\s|$)/.exec(text) || [];
  return name === undefined ? undefined : declaredForm(source, name);
}

function declaredForm(source, name) {
  const word = escaped(name);
  const set = ends(source, `(?:^|[^\\w.$])${word}\\s*=(?![=>])\\s*`).length;
  const declared = ends(
    source,
    `^(?:export\\s+)?(?=(?:async\\s+)?function\\s*\\*\\s*${word}\\b|class\\s+${word}\\b)`,
  );
  if (declared.length === 1 && set === 0) return formAt(source, declared[0]);
  const constants = ends(
    source,
    `^(?:export\\s+)?(?:const|let|var)\\s+${word}\\s*(?::[^=\\n]+)?=\\s*`,
  );
  const [index] = constants;
  // No name of a name: that ends.
  return constants.length === 1 && set <= 1 && !/^[\w$]+\s*(?:[;\n]|$)/.test(source.slice(index))
    ? formAt(source, index)
    : undefined;
}

process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(lookAt)));

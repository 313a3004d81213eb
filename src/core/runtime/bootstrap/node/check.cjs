// Looks at a handler without running it: is it there, is it JavaScript, has it the function, are its packages there?
//
// stdin: {"folder", "project", "file", "entry", "script"?} as in a launch order; `script` is looked at instead of the
// handler, which it builds. stdout: {"failures": […], "files": […]}, failures as failures.cjs describes them. Only what
// is certain is told: what is required further in than the first column may be optional.
'use strict';
const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');
const { spawnSync } = require('child_process');

const extensions = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts'];
const failures = [];
const files = [];

function main(order) {
  if (order.script) {
    look(order.script, order.project);
    return;
  }
  const base = path.join(order.folder, ...order.file.split('/'));
  const file = extensions.map((extension) => base + extension).find((name) => fs.existsSync(name));
  if (file === undefined) {
    failures.push({ kind: 'missingFile', message: `${base}.js` });
    return;
  }
  const source = look(file, order.project);
  if (source !== undefined) checkEntry(source, file, order.entry);
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
  const source = withoutComments(text);
  for (const { name, line } of requests(source)) {
    const found = find(name, file);
    if (found === undefined) {
      const message = `Cannot find module '${name}'`;
      const place = { file, line };
      failures.push({ kind: 'missingModule', type: 'Error', message, module: name, place });
    } else if (isOwn(found, project) && !files.includes(found)) {
      look(found, project);
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
  const check = spawnSync(process.execPath, [...process.execArgv, '--check', file], {
    encoding: 'utf8',
    windowsHide: true,
  });
  const [, type, message] = /^(\w*Error)(?: \[\w+\])?: (.*)$/m.exec(check.stderr || '') || [];
  if (check.status === 0 || type !== 'SyntaxError') return undefined;
  const line = /^(?:file:\/\/)?[^\n]*:(\d+)\n/.exec(check.stderr);
  const place = { file, line: line === null ? 1 : Number(line[1]) };
  return { kind: 'syntax', type, message, stack: check.stderr.trimEnd(), place };
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
  return forms.flatMap((form) => {
    const found = [];
    for (let match = form.exec(source); match !== null; match = form.exec(source)) {
      const before = source.slice(0, match.index + match[0].length);
      found.push({ name: match[2], line: before.split('\n').length });
    }
    return found;
  });
}

/** The file of a module; '' for one that is there and has none to look at. */
function find(name, file) {
  if (name.startsWith('node:') || Module.builtinModules.includes(name) || name.startsWith('#')) {
    return '';
  }
  if (/^(?:data|https?|file):/.test(name)) return '';
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
  const word = new RegExp(`(?:^|[^\\w$])${entry.replace(/\$/g, '\\$')}(?![\\w$])`);
  if (word.test(rest) || passesOn.test(rest)) return;
  const named =
    /exports\.([\w$]+)\s*=|\bexport\s+(?:async\s+)?(?:function|const|let)\s*\*?\s*([\w$]+)/g;
  const names = new Set();
  for (let match = named.exec(rest); match !== null; match = named.exec(rest)) {
    names.add(match[1] || match[2]);
  }
  const place = { file, line: 1 };
  failures.push({ kind: 'missingEntry', message: [...names].join(', '), place });
}

main(JSON.parse(fs.readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify({ failures, files }));

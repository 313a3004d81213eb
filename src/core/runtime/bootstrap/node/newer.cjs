// What a file needs of a newer Node.js than its function's runtime: the Node.js of this machine runs it and says nothing.
// Syntax is certain. Names count only where the file neither declares nor looks for them (`typeof fetch`), and never in a
// file that brings what is missing (a polyfill).
'use strict';
const { builtinModules } = require('module');

/** Version and what the older Node.js makes of it, by the globals, members and modules that came with it. */
const globals = table([
  ['10.4', 'BigInt'],
  ['11.0', 'queueMicrotask TextDecoder TextEncoder'],
  ['12.0', 'globalThis'],
  ['14.6', 'FinalizationRegistry WeakRef'],
  ['15.0', 'AbortController AbortSignal AggregateError Event EventTarget MessageChannel'],
  ['16.0', 'atob btoa performance'],
  ['17.0', 'DOMException structuredClone'],
  [
    '18.0',
    'Blob BroadcastChannel FormData Headers ReadableStream Request Response TransformStream WritableStream fetch',
  ],
  ['19.0', 'CustomEvent crypto'],
  ['20.0', 'File'],
  ['21.0', 'navigator'],
  ['22.0', 'Iterator WebSocket'],
]);
const members = table([
  ['11.0', 'events.once'],
  ['12.0', 'Object.fromEntries'],
  ['12.9', 'Promise.allSettled'],
  ['14.14', 'fs.rm fs.rmSync'],
  ['14.17', 'crypto.randomUUID'],
  ['15.0', 'Promise.any'],
  ['16.7', 'fs.cp fs.cpSync'],
  ['16.9', 'Object.hasOwn'],
  ['17.3', 'AbortSignal.timeout'],
  ['18.3', 'util.parseArgs'],
  ['18.17', 'URL.canParse'],
  ['20.12', 'crypto.hash util.styleText'],
  ['20.3', 'AbortSignal.any'],
  ['21.0', 'Map.groupBy Object.groupBy'],
  ['22.0', 'Array.fromAsync Promise.withResolvers'],
  ['22.1', 'URL.parse'],
]);
const methods = table([
  ['10.0', 'trimEnd trimStart'],
  ['11.0', 'flat flatMap'],
  ['12.0', 'matchAll'],
  ['15.0', 'replaceAll'],
  ['18.0', 'findLast findLastIndex'],
  ['20.0', 'isWellFormed toReversed toSorted toSpliced toWellFormed'],
]);
const modules = table([
  ['14.0', 'fs/promises'],
  ['14.17', 'diagnostics_channel'],
  ['15.0', 'dns/promises stream/promises timers/promises'],
  ['15.3', 'path/posix path/win32 util/types'],
  ['16.5', 'stream/web'],
  ['16.7', 'stream/consumers'],
  ['17.0', 'readline/promises'],
  ['18.0', 'node:test'],
  ['22.5', 'node:sqlite'],
]);

function table(names) {
  const found = new Map();
  for (const [version, of] of names) of.split(' ').forEach((name) => found.set(name, version));
  return found;
}

function isBelow(version, other) {
  const [major, minor = 0] = version.split('.').map(Number);
  const [otherMajor, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

/**
 * `{ what, since, type, line, column, isSyntax }` of each thing in the text that `asked` has not, once, by line. `every`:
 * each time, for a text that was put together from several. `given` gets the names that the file gives to others: globals,
 * `.method`, and `*` for whatever a polyfill brings.
 */
function newerThan(asked, text, every = false, given = new Set()) {
  const tree = parse(text);
  if (tree === undefined) return [];
  const file = survey(tree);
  file.given.forEach((name) => given.add(name));
  if (file.fills) given.add('*');
  const found = new Map();
  const add = (what, since, type, node) => {
    const { line, column } = node.loc.start;
    const key = every ? `${what} ${line} ${column}` : what;
    if (since !== undefined && isBelow(asked, since) && !found.has(key)) {
      // A build changes the first of them to what its target has; names it leaves alone.
      const isSyntax = type === 'SyntaxError' || what === 'import()' || what.startsWith('node:');
      found.set(key, { what, since, type, line, column, isSyntax });
    }
  };
  walk(tree, [], (node, parents) => {
    const syntax = syntaxOf(node, parents);
    if (syntax !== undefined) {
      add(
        syntax[0],
        syntax[1],
        node.type === 'ImportExpression' ? 'TypeError' : 'SyntaxError',
        node,
      );
    }
    const module = moduleOf(node);
    if (module !== undefined && !isInTry(parents)) {
      add(module, modules.get(module.replace(/^node:(?!test|sqlite)/, '')), 'Error', node);
      if (module.startsWith('node:')) {
        const since = node.type === 'ImportDeclaration' ? '12.20' : '14.18';
        add(module, since, 'Error', node);
      }
    }
    if (file.fills || isInTry(parents) || (file.asksVersion && isInCondition(parents))) return;
    const name = nameOf(node, parents, file);
    if (name !== undefined) add(...name, node);
  });
  return [...found.values()].sort((one, other) => one.line - other.line);
}

function parse(text) {
  const acorn = parser();
  if (acorn === undefined) return undefined;
  for (const sourceType of ['commonjs', 'module']) {
    try {
      return acorn.parse(text, { ecmaVersion: 'latest', sourceType, locations: true });
    } catch {
      // It may be the other kind; what is neither is told as such.
    }
  }
  return undefined;
}

/** Beside its source it is a package; in what is exported to the cloud there is none. */
function parser() {
  for (const name of ['../../acorn.js', 'acorn']) {
    try {
      return require(name);
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** `parents`: those around the node, the nearest last; empty before and after. */
function walk(node, parents, visit) {
  visit(node, parents);
  parents.push(node);
  for (const key of Object.keys(node)) {
    const value = node[key];
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child !== null && typeof child === 'object' && typeof child.type === 'string') {
        walk(child, parents, visit);
      }
    }
  }
  parents.pop();
}

/** What the file declares, what it looks for before it uses it, and whether it fills in what is missing. */
function survey(tree) {
  const declared = new Set();
  const doubted = new Set();
  /** Local names of modules that have members of the table: name → module. */
  const bound = new Map();
  /** Globals that it sets, and methods that it has made. */
  const given = new Set();
  let fills = false;
  let asksVersion = false;
  walk(tree, [], (node, parents) => {
    const parent = parents[parents.length - 1];
    if (node.type === 'Identifier' && isDeclaration(node, parents)) declared.add(node.name);
    if (node.type === 'UnaryExpression' && node.operator === 'typeof') {
      doubted.add(dotted(node.argument));
    }
    if (node.type === 'MemberExpression') {
      const isCalled = parent.type === 'CallExpression' && parent.callee === node;
      if (!isCalled || parent.optional) {
        doubted.add(dotted(node));
        if (!node.computed) doubted.add(`.${node.property.name}`);
      }
      if (isGlobal(node.object) && !node.computed) {
        doubted.add(node.property.name);
        if (parent.type === 'AssignmentExpression' && parent.left === node)
          given.add(node.property.name);
      }
      if (/^process\.versions?$/.test(dotted(node))) asksVersion = true;
    }
    if (node.type === 'BinaryExpression' && node.operator === 'in') doubted.add(node.left.value);
    // As in `Object.assign(global, …)`.
    if (parent !== undefined && parent.type === 'CallExpression' && isGlobal(node)) fills = true;
    const made = methodOf(node);
    if (made !== undefined) {
      doubted.add(`.${made}`);
      given.add(`.${made}`);
    }
    if (node.type === 'AssignmentExpression' && /\.prototype\b/.test(dotted(node.left))) {
      fills = true;
    }
    const module = moduleOf(node);
    if (module !== undefined) {
      if (/core-js|polyfill|shim|ponyfill|isomorphic|whatwg/.test(module)) fills = true;
      const plain = module.replace(/^node:/, '');
      if (node.type === 'ImportDeclaration') {
        for (const { type, local } of node.specifiers) {
          if (type !== 'ImportSpecifier') bound.set(local.name, plain);
        }
      } else if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier') {
        bound.set(parent.id.name, plain);
      }
    }
  });
  return { declared, doubted, bound, fills, given, asksVersion };
}

const isGlobal = (node) => /^(global|globalThis)$/.test(dotted(node));

/** The name of a method that classes and objects of the file have. */
function methodOf({ type, key, value, computed }) {
  if (computed || !/^(MethodDefinition|PropertyDefinition|Property)$/.test(type)) return undefined;
  return value && /Function/.test(value.type) ? key.name : undefined;
}

const isInCondition = (parents) =>
  parents.some(({ type }) => /^(IfStatement|ConditionalExpression|LogicalExpression)$/.test(type));

function isDeclaration(node, parents) {
  const parent = parents[parents.length - 1];
  switch (parent.type) {
    case 'VariableDeclarator':
    case 'ClassDeclaration':
    case 'ClassExpression':
      return parent.id === node;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return parent.body !== node;
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return parent.local === node;
    case 'AssignmentExpression':
    case 'AssignmentPattern':
      return parent.left === node;
    case 'CatchClause':
      return parent.param === node;
    case 'ArrayPattern':
    case 'RestElement':
      return true;
    case 'Property':
      return parent.value === node && parents[parents.length - 2].type === 'ObjectPattern';
    default:
      return false;
  }
}

/** `a.b.c` of an expression of names; '' for any other. */
function dotted(node) {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') {
    return '';
  }
  const object = dotted(node.object);
  return object === '' ? '' : `${object}.${node.property.name}`;
}

/** The module that it asks for by a text. */
function moduleOf(node) {
  const source =
    node.type === 'CallExpression' && dotted(node.callee) === 'require'
      ? node.arguments[0]
      : /^(Import|Export(Named|All))Declaration$/.test(node.type)
        ? node.source
        : undefined;
  return source && typeof source.value === 'string' ? source.value : undefined;
}

function isInTry(parents) {
  return parents.some(({ type, handler, block }, index) => {
    return type === 'TryStatement' && handler !== null && parents[index + 1] === block;
  });
}

function syntaxOf(node, parents) {
  const { type } = node;
  switch (type) {
    case 'ChainExpression':
      return ['?.', '14.0'];
    case 'LogicalExpression':
      return node.operator === '??' ? ['??', '14.0'] : undefined;
    case 'AssignmentExpression':
      if (node.operator === '**=') return ['**', '7.0'];
      return /^(\?\?|\|\||&&)=$/.test(node.operator) ? [node.operator, '15.0'] : undefined;
    case 'BinaryExpression':
      if (node.operator === '**') return ['**', '7.0'];
      return node.left.type === 'PrivateIdentifier' ? ['#… in', '16.4'] : undefined;
    case 'PropertyDefinition':
      return [
        node.key.type === 'PrivateIdentifier' ? `#${node.key.name}` : 'class { … = … }',
        '12.0',
      ];
    case 'MethodDefinition':
      return node.key.type === 'PrivateIdentifier' ? [`#${node.key.name}()`, '14.6'] : undefined;
    case 'StaticBlock':
      return ['static { … }', '16.11'];
    case 'ImportExpression':
      return ['import()', '12.17'];
    case 'ImportDeclaration':
      if ((node.attributes || []).length > 0) return ['import … with', '18.20'];
      return ['import', '12.17'];
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
    case 'ExportAllDeclaration':
      return ['export', '12.17'];
    case 'CatchClause':
      return node.param === null ? ['catch { … }', '10.0'] : undefined;
    case 'ForOfStatement':
      if (node.await && !isInFunction(parents)) return ['await', '14.8'];
      return node.await ? ['for await', '10.0'] : undefined;
    case 'AwaitExpression':
      return isInFunction(parents) ? undefined : ['await', '14.8'];
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      if (node.async && node.generator) return ['async function*', '10.0'];
      return node.async ? ['async', '7.6'] : undefined;
    case 'SpreadElement':
      return parents[parents.length - 1].type === 'ObjectExpression'
        ? ['{ ...… }', '8.3']
        : undefined;
    case 'RestElement':
      return parents[parents.length - 1].type === 'ObjectPattern' ? ['{ ...… }', '8.3'] : undefined;
    case 'VariableDeclaration':
      return /using/.test(node.kind) ? [node.kind, '24.0'] : undefined;
    case 'Literal':
      return literalSyntax(node);
    default:
      return undefined;
  }
}

function literalSyntax({ raw = '', regex, bigint, value }) {
  if (regex) {
    if (regex.flags.includes('v')) return ['/…/v', '20.0'];
    if (regex.flags.includes('d')) return ['/…/d', '16.0'];
    if (regex.flags.includes('s')) return ['/…/s', '8.10'];
    return /\(\?<[=!\w]|\\p\{/.test(regex.pattern) ? ['(?<…)', '10.0'] : undefined;
  }
  if ((bigint || typeof value === 'number') && raw.includes('_')) return ['1_000', '12.5'];
  return bigint ? ['1n', '10.4'] : undefined;
}

const isInFunction = (parents) => parents.some(({ type }) => /Function/.test(type));

function nameOf(node, parents, { declared, doubted, bound }) {
  const parent = parents[parents.length - 1];
  if (node.type === 'Identifier' && globals.has(node.name)) {
    const isMember = parent.type === 'MemberExpression' && parent.property === node;
    const isKey = /^(Property|MethodDefinition|PropertyDefinition)$/.test(parent.type);
    const isFree =
      !(isMember && !parent.computed) &&
      !(isKey && parent.key === node && !parent.computed && !parent.shorthand) &&
      !declared.has(node.name) &&
      !doubted.has(node.name);
    return isFree ? [node.name, globals.get(node.name), 'ReferenceError'] : undefined;
  }
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined;
  const { callee } = node;
  const [object, ...rest] = dotted(callee).split('.');
  const module = bound.get(object);
  const name = module === undefined ? dotted(callee) : [module, ...rest].join('.');
  const isKnown = module !== undefined || (!declared.has(object) && !/^[a-z]/.test(object));
  if (members.has(name) && isKnown && !doubted.has(dotted(callee))) {
    return [`${name}()`, members.get(name), 'TypeError'];
  }
  if (callee.computed || callee.property.type !== 'Identifier') return undefined;
  const method = callee.property.name;
  if (node.optional || doubted.has(`.${method}`)) return undefined;
  // A chain of a package has methods of its own, as `_(list).flatMap(…)`.
  const root = bound.get(rootOf(callee));
  if (root !== undefined && !builtinModules.includes(root)) return undefined;
  if (method === 'at' && isNumber(node.arguments)) return ['.at()', '16.6', 'TypeError'];
  return methods.has(method) && module === undefined
    ? [`.${method}()`, methods.get(method), 'TypeError']
    : undefined;
}

/** The name that a chain of calls and members begins with. */
function rootOf(node) {
  const next = node.type === 'CallExpression' ? node.callee : node.object;
  return node.type === 'Identifier' ? node.name : next ? rootOf(next) : undefined;
}

/** Other objects have an `at`, too: one number is what an array or a text takes. */
function isNumber([first, second]) {
  const value = first && first.type === 'UnaryExpression' ? first.argument : first;
  return second === undefined && value !== undefined && typeof value.value === 'number';
}

module.exports = { dotted, newerThan, parse, walk };

// Members of the event and of the context that are not called so here: nothing fails, they are undefined. Told only where
// the handler's own parameters are read, nobody else may have changed them, and the code does not look first.
'use strict';
const { dotted, walk } = require('./newer.cjs');

/** Of the context in this language alone. */
const own = 'getRemainingTimeInMillis callbackWaitsForEmptyEventLoop done succeed fail'.split(' ');
/** Names of other platforms, without case and underscores. */
const elsewhere = {
  websocket: { connectionid: 'secConnectionID' },
  context: { awsrequestid: 'request_id' },
};
/** What there is. */
let known;

/** Whether other platforms call it so: then code for several of them reads both names. */
const isForeign = (object, name, here) =>
  object === 'context'
    ? plain(name) === plain(here) || plain(name) in elsewhere.context
    : object === 'websocket' && plain(name) in elsewhere.websocket;

const plain = (name) => name.toLowerCase().replace(/[_-]/g, '');

/** What is meant by a member that is none of the object's; undefined: nobody knows, or it is right. */
function meant(object, name) {
  const names = known[object];
  if (names.includes(name)) return undefined;
  const other = elsewhere[object];
  const wanted = plain(name);
  if (other && Object.prototype.hasOwnProperty.call(other, wanted)) return other[wanted];
  return (
    names.find((each) => plain(each) === wanted) ||
    (name.length < 8
      ? undefined
      : names.find((each) => each.length >= 8 && isOneOff(plain(each), wanted)))
  );
}

/** One letter is missing, too much, another one, or two have changed places. */
function isOneOff(one, other) {
  let from = 0;
  while (from < one.length && one[from] === other[from]) from += 1;
  const [a, b] = [one.slice(from), other.slice(from)];
  return (
    a.slice(1) === b.slice(1) ||
    a.slice(1) === b ||
    a === b.slice(1) ||
    (a.slice(2) === b.slice(2) && a[0] === b[1] && a[1] === b[0])
  );
}

/**
 * `{ of, what, here, line }` of each misnamed member that the function exported as `entry` reads, once, by line. `names`:
 * those that there are, `{ websocket, context }`.
 */
function misnamed(tree, entry, { websocket, context }) {
  known = { event: ['websocket'], websocket, context: [...context, ...own] };
  const handler = handlerOf(tree, entry);
  if (handler === undefined) return [];
  /** Local names of the event, of its websocket and of the context. */
  const names = new Map();
  /** Where patterns make those names. */
  const made = new Set();
  const reads = [];
  const add = (object, name, what, node, parents) => {
    const right = meant(object, name);
    if (right === undefined) return;
    const of = object === 'context' ? object : 'event';
    const isForeigner = isForeign(object, name, right);
    reads.push({
      ...{ name, right, of, what: `${what}.${name}`, here: `${what}.${right}`, node },
      ...{ isForeigner, isBranch: isInBranch(parents, names) },
    });
  };
  const bind = (pattern, object, what, parents) => {
    if (pattern === undefined || pattern === null) return;
    if (pattern.type === 'Identifier') {
      names.set(pattern.name, { object, what: pattern.name });
      made.add(pattern);
    }
    if (pattern.type !== 'ObjectPattern') return;
    for (const { type, key, value, computed } of pattern.properties) {
      if (type !== 'Property' || computed || key.type !== 'Identifier') continue;
      if (value.type === 'AssignmentPattern') continue; // With a value of its own for where it is not there.
      add(object, key.name, what, key, parents);
      if (object === 'event' && key.name === 'websocket')
        bind(value, 'websocket', `${what}.websocket`, parents);
    }
  };
  const [event, second] = handler.params;
  bind(event, 'event', 'event', []);
  bind(second, 'context', 'context', []);
  // Once more: what stands further down may be an alias of an alias.
  for (let round = 0; round < 2; round += 1) {
    walk(handler.body, [], (node, parents) => {
      if (node.type !== 'VariableDeclarator' || node.init === null) return;
      const object = objectOf(node.init, names);
      if (object !== undefined && (round === 1 || node.id.type === 'Identifier')) {
        bind(node.id, object.object, object.what, parents);
      }
    });
  }
  if (isChanged(handler, names, made)) return [];
  const doubted = new Set();
  /** Names that are read of anything. */
  const read = new Set();
  walk(tree, [], (node, parents) => {
    const name = memberName(node);
    const parent = parents[parents.length - 1];
    if (name !== undefined) read.add(name);
    if (name !== undefined && isDoubt(node, parents)) doubted.add(name);
    // Asked for by its name, as in `'requestId' in context`, or put there by a list of names.
    if (node.type === 'Literal' && parent.property !== node) doubted.add(node.value);
    if (node.type === 'ObjectPattern') {
      node.properties.forEach(({ key, computed }) => key && !computed && read.add(key.name));
    }
  });
  walk(handler.body, [], (node, parents) => {
    const name = memberName(node);
    const object = name === undefined ? undefined : objectOf(node.object, names);
    if (object !== undefined) add(object.object, name, object.what, node, parents);
  });
  const found = new Map();
  for (const { name, right, of, what, here, node, isForeigner, isBranch } of reads) {
    const { line } = node.loc.start;
    // Code that runs elsewhere, too: it reads both names, or this one where a condition tells it where it is.
    const isElsewhere = read.has(right) ? isForeigner || isBranch : isBranch && of === 'context';
    if (!doubted.has(name) && !isElsewhere && !found.has(what))
      found.set(what, { of, what, here, line });
  }
  return [...found.values()].sort((one, other) => one.line - other.line);
}

/** `event`, `event.websocket`, `context`, or a local name of one. */
function objectOf(node, names) {
  if (node.type === 'ChainExpression') return objectOf(node.expression, names);
  if (node.type === 'Identifier') return names.get(node.name);
  const of = memberName(node) === 'websocket' ? objectOf(node.object, names) : undefined;
  return of !== undefined && of.object === 'event'
    ? { object: 'websocket', what: `${of.what}.websocket` }
    : undefined;
}

function memberName(node) {
  if (node.type !== 'MemberExpression') return undefined;
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return typeof node.property.value === 'string' ? node.property.value : undefined;
}

/** Whether it runs under a condition that says nothing of the event: it may tell one platform from another. */
function isInBranch(parents, names) {
  return parents.some((node, index) => {
    const test = node.type === 'SwitchStatement' ? node.discriminant : node.test || node.left;
    if (!/^(IfStatement|ConditionalExpression|SwitchStatement|LogicalExpression)$/.test(node.type))
      return false;
    if (parents[index + 1] === test) return false;
    let isOfEvent = false;
    walk(test, [], ({ type, name }) => {
      const { object = '' } = (type === 'Identifier' && names.get(name)) || {};
      if (/^(event|websocket)$/.test(object) || (type === 'Identifier' && name === 'action'))
        isOfEvent = true;
    });
    return !isOfEvent;
  });
}

/** Whether it is written, asked for, or has a substitute: then somebody knows that it may not be there. */
function isDoubt(node, parents) {
  let child = node;
  for (let index = parents.length - 1; index >= 0; index -= 1) {
    const parent = parents[index];
    switch (parent.type) {
      case 'ChainExpression':
      case 'MemberExpression':
        if (parent.type === 'MemberExpression' && parent.object !== child) return false;
        if (parent.optional) return true;
        child = parent;
        continue;
      case 'AssignmentExpression':
      case 'AssignmentPattern':
        return parent.left === child;
      case 'UnaryExpression':
        return ['typeof', '!', 'delete'].includes(parent.operator);
      case 'LogicalExpression':
      case 'UpdateExpression':
        return true;
      case 'BinaryExpression':
        return /^[=!]==?$/.test(parent.operator) || parent.operator === 'in';
      case 'IfStatement':
      case 'ConditionalExpression':
      case 'WhileStatement':
        return parent.test === child;
      default:
        return false;
    }
  }
  return false;
}

/** Whether one of them may be another object than it was, or have more members: a new value, or in the hands of others. */
function isChanged(handler, names, made) {
  let changed = false;
  walk(handler, [], (node, parents) => {
    if (node.type !== 'Identifier' || !names.has(node.name)) return;
    const above = (steps) => parents[parents.length - steps] || handler;
    let user = above(1);
    const isLabel =
      (user.type === 'MemberExpression' && user.property === node && !user.computed) ||
      (user.type === 'Property' && user.key === node && user.value !== node && !user.computed);
    if (isLabel) return;
    if (/Function|^CatchClause$/.test(user.type) && user !== handler && user.body !== node) {
      changed = true; // Another one of this name.
    } else if (user.type === 'VariableDeclarator' && user.id === node) {
      const of = user.init === null ? undefined : objectOf(user.init, names);
      changed = changed || of === undefined || of.object !== names.get(node.name).object;
    } else if (isInPattern(parents, node)) {
      changed = changed || !made.has(node);
    } else {
      let [child, steps] = [node, 1];
      while (user.object === child && memberName(user) === 'websocket') {
        child = user;
        steps += 1;
        user = above(steps);
      }
      // `event[name] = …`
      const isPut = user.object === child && user.computed && memberName(user) === undefined;
      if (isPut && above(steps + 1).left === user) changed = true;
      changed =
        changed || isGivenAway(user) || (/^For(Of|In)/.test(user.type) && user.left === child);
    }
  });
  return changed;
}

/** A name that a pattern makes. */
function isInPattern(parents, node) {
  const [property, pattern] = [parents[parents.length - 1], parents[parents.length - 2]];
  return (
    property.type === 'Property' &&
    property.value === node &&
    pattern !== undefined &&
    pattern.type === 'ObjectPattern'
  );
}

function isGivenAway(user) {
  switch (user.type) {
    case 'CallExpression':
    case 'NewExpression':
      return !/^(console\.\w+|JSON\.stringify|(util\.)?inspect|Object\.(keys|entries|values))$/.test(
        dotted(user.callee),
      );
    case 'AssignmentExpression':
    case 'ArrayExpression':
    case 'Property':
    case 'PropertyDefinition':
    case 'YieldExpression':
    case 'ArrayPattern':
    case 'RestElement':
    case 'AssignmentPattern':
      return true;
    case 'VariableDeclarator':
      return user.id.type !== 'Identifier' && user.id.type !== 'ObjectPattern';
    case 'SpreadElement':
      return false;
    default:
      return false;
  }
}

/** The function that is exported under the name, where that is certain. */
function handlerOf(tree, entry) {
  const candidates = [];
  let isCertain = true;
  walk(tree, [], (node, parents) => {
    isCertain = isCertain && isPlainExport(node, parents, entry);
    if (node.type === 'AssignmentExpression') {
      const left = dotted(node.left);
      if (left === `exports.${entry}` || left === `module.exports.${entry}`)
        candidates.push(node.right);
      if (left === 'module.exports') candidates.push(...membersOf(node.right, entry));
    }
    if (node.type === 'ExportDefaultDeclaration')
      candidates.push(...membersOf(node.declaration, entry));
    if (node.type !== 'ExportNamedDeclaration') return;
    const { declaration, specifiers, source } = node;
    if (
      declaration &&
      declaration.type === 'FunctionDeclaration' &&
      declaration.id.name === entry
    ) {
      candidates.push(declaration);
    }
    if (declaration && declaration.type === 'VariableDeclaration') {
      candidates.push(
        ...declaration.declarations.filter(({ id }) => id.name === entry).map(({ init }) => init),
      );
    }
    if (!source) {
      candidates.push(
        ...specifiers.filter(({ exported }) => exported.name === entry).map(({ local }) => local),
      );
    }
  });
  const [only] = candidates;
  return isCertain && candidates.length === 1 ? functionOf(only, tree) : undefined;
}

/** Whether nobody takes what is exported to put another function around it: it is written by its name, and once. */
function isPlainExport(node, parents, entry) {
  const parent = parents[parents.length - 1];
  const whole = dotted(node);
  if (whole === 'exports' && parent.type === 'MemberExpression' && parent.property === node)
    return true; // Of `module.exports`, which comes by itself.
  if (whole !== 'exports' && whole !== 'module.exports') return true;
  if (parent.type === 'AssignmentExpression') return parent.left === node;
  if (parent.type !== 'MemberExpression' || parent.object !== node) {
    // What compilers write first.
    return (
      dotted(parent.callee || node) === 'Object.defineProperty' &&
      parent.arguments[1].value === '__esModule'
    );
  }
  if (parent.computed) return false;
  return parent.property.name !== entry || parents[parents.length - 2].left === parent;
}

function membersOf(node, entry) {
  if (node === null || node.type !== 'ObjectExpression') return [];
  return node.properties
    .filter(({ type, key, computed }) => type === 'Property' && !computed && key.name === entry)
    .map(({ value }) => value);
}

function functionOf(node, tree) {
  if (node === null) return undefined;
  if (/Function/.test(node.type)) return node.generator ? undefined : node;
  if (node.type !== 'Identifier') return undefined;
  const found = [];
  for (const statement of tree.body) {
    const declared =
      (statement.type === 'ExportNamedDeclaration' && statement.declaration) || statement;
    if (declared.type === 'FunctionDeclaration' && declared.id.name === node.name)
      found.push(declared);
    if (declared.type !== 'VariableDeclaration' || declared.kind !== 'const') continue;
    for (const { id, init } of declared.declarations) {
      if (id.name === node.name && init !== null && /Function/.test(init.type)) found.push(init);
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

module.exports = { misnamed };

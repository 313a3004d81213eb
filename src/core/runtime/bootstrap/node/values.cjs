// Values of which JSON keeps nothing, such as a Map: JSON.stringify makes {} of them and says nothing; and what is undefined,
// which it leaves out. Told where it is certain what becomes of the text: it is the answer, or the body of a push, or the
// text that a push carries.
'use strict';
const { types } = require('util');
const { send } = require('./send.cjs');
const failures = require('./failures.cjs');

const { stringify } = JSON;
exports.stringify = stringify;

let invocation = () => null;
const told = new Set();
/** Texts that lost something, the newest last: the data of a push is made before its body. */
const texts = [];
const mostTexts = 20;
const longestText = 256 * 1024;

exports.install = (runningInvocation) => {
  invocation = runningInvocation;
  JSON.stringify = function (value, replacer, space) {
    const text = stringify.call(this, value, replacer, space);
    // Whoever brings a replacer may know what it is for.
    if (typeof text === 'string' && !replacer) {
      try {
        if (text.includes('{}')) look(value, text);
        if (text.includes('"websocket"')) lookForMissing(value);
      } catch {
        // An object made to break whoever looks at it.
      }
    }
    return text;
  };
  Object.defineProperty(JSON.stringify, 'name', { value: 'stringify' });
};

function look(value, text) {
  const found = lostIn(value, '', 0);
  if (isPush(value)) {
    const { data } = value.websocket;
    if (found !== undefined) tell('push', found, failures.placeHere());
    const carried = typeof data === 'string' && texts.find((each) => each.text === data);
    if (carried) tell('push', carried.found, carried.place);
  } else if (found !== undefined && text.length <= longestText) {
    texts.push({ text, found, place: failures.placeHere() });
    if (texts.length > mostTexts) texts.shift();
  }
}

/** Members that a push must have: one that is written and undefined was to have a value. */
function lookForMissing(value) {
  if (!isPush(value) && !isClosing(value)) return;
  for (const name of isPush(value) ? ['secConnectionID', 'data'] : ['secConnectionID']) {
    const { websocket } = value;
    if (!Object.prototype.hasOwnProperty.call(websocket, name) || websocket[name] !== undefined)
      continue;
    if (told.has(name)) continue;
    told.add(name);
    const notice = { notice: 'undefinedMember', name, place: failures.placeHere() };
    send(`N ${invocation() || '-'} ${stringify(notice)}\n`);
  }
}

const isClosing = (value) => isMessage(value) && value.websocket.action === 'closing';

const isPush = (value) => isMessage(value) && value.websocket.action === 'data send';

const isMessage = (value) =>
  value !== null &&
  typeof value === 'object' &&
  value.websocket !== null &&
  value.websocket !== undefined &&
  typeof value.websocket === 'object';

/** `isRead`: somebody does something with the answer; as a whole it may be whatever the last call gave. */
exports.lookAtAnswer = (value, json, isRead) => {
  if (!json.includes('{}')) return;
  try {
    const found = lostIn(value, '', 0);
    if (found !== undefined && (isRead || found.where !== '')) tell('answer', found, undefined);
  } catch {
    // As above.
  }
};

function tell(of, { kind, where }, place) {
  const key = `${of} ${kind} ${where}`;
  if (told.has(key)) return;
  told.add(key);
  const notice = { notice: 'lostValue', of, kind, where, place };
  send(`N ${invocation() || '-'} ${stringify(notice)}\n`);
}

/** The first value of which nothing is kept, `{ kind, where }`, such as Map at `.users[0]`. */
function lostIn(value, where, depth) {
  if (
    value === null ||
    typeof value !== 'object' ||
    typeof value.toJSON === 'function' ||
    depth > 50
  )
    return undefined;
  const keys = Object.keys(value);
  if (keys.length === 0) {
    const kind = Array.isArray(value) ? undefined : lostKind(value);
    return kind === undefined ? undefined : { kind, where };
  }
  for (const key of keys) {
    const step = Array.isArray(value) ? `[${key}]` : `.${key}`;
    const found = lostIn(value[key], where + step, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Its name, if there is something in it; a plain object without members is what it looks like. */
function lostKind(value) {
  const kind = Object.getPrototypeOf(value);
  if (kind === null || Object.getPrototypeOf(kind) === null || types.isBoxedPrimitive(value))
    return undefined;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (types.isPromise(value)) return 'Promise';
  if (types.isNativeError(value)) return 'Error';
  if (
    value.size === 0 ||
    value.byteLength === 0 ||
    (tag === 'URLSearchParams' && `${value}` === '')
  )
    return undefined;
  const isLost = types.isGeneratorObject(value) || /Iterator$/.test(tag) || hasMore(value);
  return isLost ? ownConstructor(kind, (made) => made.name) || tag : undefined;
}

function ownConstructor(kind, read) {
  return Object.prototype.hasOwnProperty.call(kind, 'constructor') &&
    typeof kind.constructor === 'function'
    ? read(kind.constructor)
    : '';
}

/** Members that are no data of the object's own: hidden ones, those of its class that are read like data, private ones. */
function hasMore(value) {
  if (Object.getOwnPropertyNames(value).length + Object.getOwnPropertySymbols(value).length > 0)
    return true;
  let kind = Object.getPrototypeOf(value);
  for (
    ;
    kind !== null && Object.getPrototypeOf(kind) !== null;
    kind = Object.getPrototypeOf(kind)
  ) {
    const members = Object.getOwnPropertyDescriptors(kind);
    if (Object.keys(members).some((name) => members[name].get !== undefined)) return true;
    const source = ownConstructor(kind, (made) => Function.prototype.toString.call(made));
    if (/^class\b/.test(source) && /[{};\n]\s*#[\w$]+\s*[=;\n]/.test(source)) return true;
    // Of the language itself: it was made for what is in it.
    if (/\{\s*\[native code\]\s*\}$/.test(source)) return true;
  }
  return false;
}

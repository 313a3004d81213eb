// Values of which JSON keeps nothing, such as a Map: JSON.stringify makes {} of them and says nothing; and what is undefined,
// which it leaves out. Told where it is certain what becomes of the text: it is the answer, or the body of a push, or the
// text that a push carries.
'use strict';
const http = require('http');
const { types } = require('util');
const { send } = require('./send.cjs');
const failures = require('./failures.cjs');

const { stringify } = JSON;
exports.stringify = stringify;

let invocation = () => null;
const told = new Set();
/** Texts that lost something, the newest last: the data of a push is made before its body. */
const texts = [];
/** Texts that would be wrong as the body of a push, with what is to be told then: a log may have an event in the same form. */
const bodies = new Map();
const mostTexts = 20;
const longestText = 256 * 1024;
/** Values that are looked at, of one text. */
const mostValues = 10000;

exports.install = (runningInvocation) => {
  invocation = runningInvocation;
  watchRequests(http.ClientRequest);
  // A method: like the original it is no constructor.
  JSON.stringify = {
    stringify(value, replacer, space) {
      const text = stringify.call(this, value, replacer, space);
      // Whoever brings a replacer may know what it is for.
      if (typeof text === 'string' && text.length <= longestText && !replacer) {
        try {
          look(value, text);
        } catch {
          // An object made to break whoever looks at it.
        }
      }
      return text;
    },
  }.stringify;
};

function look(value, text) {
  const found = text.includes('{}') ? firstLost(value) : undefined;
  if (texts.length > 0) remove(text);
  const isOfSocket = text.includes('"websocket"');
  const notices = isOfSocket ? missingIn(value) : [];
  const place = found === undefined ? undefined : failures.placeHere();
  if (isOfSocket && isPush(value)) {
    const data = own(own(value, 'websocket'), 'data');
    if (found !== undefined) notices.push(lost('push', found, place));
    const carried =
      typeof data === 'string' &&
      texts.find((each) => each.text === data && each.id === invocation());
    if (carried) notices.push(lost('push', carried.found, carried.place));
  } else if (found !== undefined) {
    texts.push({ text, found, place, id: invocation() });
    if (texts.length > mostTexts) texts.shift();
  }
  bodies.delete(text);
  if (notices.length > 0) bodies.set(text, notices);
  if (bodies.size > mostTexts) bodies.delete(bodies.keys().next().value);
}

/** The same text, made of what loses nothing now. */
function remove(text) {
  const index = texts.findIndex((each) => each.text === text);
  if (index >= 0) texts.splice(index, 1);
}

/** What a push sends. */
exports.sent = (body) => {
  if (bodies.size === 0 || !body || body.length > longestText * 3) return;
  const text = types.isUint8Array(body) ? Buffer.from(body).toString() : body;
  (bodies.get(text) || []).forEach(tell);
  bodies.delete(text);
};

/** Requests that push. */
const pushing = new WeakSet();

exports.watch = (request) => pushing.add(request);

/** Once for all requests: for each, it would cost more than the rest of what is done to a push. */
function watchRequests({ prototype }) {
  for (const name of ['write', 'end']) {
    const original = prototype[name];
    const watched = function (chunk) {
      if (bodies.size > 0 && pushing.has(this)) exports.sent(chunk);
      return original.apply(this, arguments);
    };
    Object.defineProperty(watched, 'length', { value: original.length, configurable: true });
    Object.defineProperty(watched, 'name', { value: name, configurable: true });
    const how = { writable: true, configurable: true, enumerable: false };
    Object.defineProperty(prototype, name, { value: watched, ...how });
  }
}

/** Members that a push must have: one that is written and undefined was to have a value. */
function missingIn(value) {
  if (!isPush(value) && !isClosing(value)) return [];
  const websocket = own(value, 'websocket');
  return (isPush(value) ? ['secConnectionID', 'data'] : ['secConnectionID'])
    .map((name) => [name, Object.getOwnPropertyDescriptor(websocket, name)])
    .filter(([, member]) => member !== undefined && 'value' in member && member.value === undefined)
    .map(([name]) => ({ notice: 'undefinedMember', name, place: failures.placeHere() }));
}

const isClosing = (value) => actionOf(value) === 'closing';
const isPush = (value) => actionOf(value) === 'data send';
const actionOf = (value) => own(own(value, 'websocket'), 'action');

/** Without what a getter or a proxy would do: JSON.stringify has asked them already, and once is what the code expects. */
function own(value, name) {
  if (value === null || typeof value !== 'object' || types.isProxy(value)) return undefined;
  const member = Object.getOwnPropertyDescriptor(value, name);
  return member === undefined ? undefined : member.value;
}

/** An answer that somebody does something with: of any other it may be whatever the last calls gave. */
exports.lookAtAnswer = (value, json) => {
  if (!json.includes('{}')) return;
  try {
    const found = firstLost(value);
    if (found !== undefined) tell(lost('answer', found, undefined));
  } catch {
    // As above.
  }
};

const lost = (of, { kind, where }, place) => ({ notice: 'lostValue', of, kind, where, place });

function tell(notice) {
  const key = stringify({ ...notice, place: undefined });
  if (told.has(key)) return;
  told.add(key);
  send(`N ${invocation() || '-'} ${stringify(notice)}\n`);
}

const firstLost = (value) => lostIn(value, '', 0, { left: mostValues });

/** The first value of which nothing is kept, `{ kind, where }`, such as Map at `.users[0]`. */
function lostIn(value, where, depth, count) {
  if (
    value === null ||
    typeof value !== 'object' ||
    types.isProxy(value) ||
    typeof value.toJSON === 'function' ||
    depth > 50 ||
    (count.left -= 1) < 0
  )
    return undefined;
  const keys = Object.keys(value);
  if (keys.length === 0) {
    const kind = Array.isArray(value) ? undefined : lostKind(value);
    return kind === undefined ? undefined : { kind, where };
  }
  for (const key of keys) {
    const step = Array.isArray(value) ? `[${key}]` : `.${key}`;
    const found = lostIn(own(value, key), where + step, depth + 1, count);
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
  if (types.isNativeError(value) || value instanceof Error) return 'Error';
  if (
    value.size === 0 ||
    value.byteLength === 0 ||
    (/^(URLSearchParams|Headers|FormData)$/.test(tag) && value.keys().next().done)
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

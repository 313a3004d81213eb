// Leads requests for the vendor's push hosts to the local push address, and signs pushes with their invocation:
// whatever goes through http or https (axios, request, superagent, got, node-fetch …), fetch, and undici.
'use strict';
const http = require('http');
const https = require('https');
const Module = require('module');
const addresses = require('./addresses.cjs');
const failures = require('./failures.cjs');
const proxies = require('./proxies.cjs');
const values = require('./values.cjs');

const vendor = /^set-[^/]*\.apigateway\.tencentyun\.com\.?$/i;

let push;
let redirecting = false;
let invocation = () => null;
let naming = false;

/** From now on pushes say which line of the user's code makes them: that takes a stack, which takes its time. */
exports.nameLines = () => {
  naming = true;
};

/** The headers that tell the gateway where a push comes from. */
function marks() {
  const id = invocation();
  if (id === null) return {};
  const place = naming ? failures.placeHere() : undefined;
  return place === undefined
    ? { 'x-scfws-invocation': id }
    : {
        'x-scfws-invocation': id,
        'x-scfws-line': `${encodeURIComponent(place.file)}:${place.line}`,
      };
}

/** Whether requests for this host are ours to answer. Remarks on hosts that can be no real ones. */
function isVendor(host) {
  if (typeof host !== 'string') return false;
  if (host === push.hostname) return false;
  addresses.judge(host);
  if (!redirecting || !vendor.test(host)) return false;
  addresses.note(host, 'redirected');
  return true;
}

exports.install = (pushUrl, redirect, runningInvocation) => {
  push = new URL(pushUrl);
  redirecting = redirect;
  invocation = runningInvocation;
  addresses.install(runningInvocation);
  proxies.install(runningInvocation, push);
  const request = http.request;
  http.request = wrap(request, request);
  https.request = wrap(https.request, request);
  http.get = getter(http);
  https.get = getter(https);
  if (Module.syncBuiltinESMExports !== undefined) Module.syncBuiltinESMExports();
  if (typeof globalThis === 'object' && typeof globalThis.fetch === 'function') wrapFetch();
  hookUndici();
};

function getter(module) {
  return function get(...values) {
    const request = module.request(...values);
    request.end();
    return request;
  };
}

/** `plain` is http.request: the local address speaks no TLS. */
function wrap(original, plain) {
  return function request(input, options, callback) {
    const host = hostOf(input, options);
    if (isVendor(host)) {
      const away = plain.apply(this, redirected(host, input, options, callback));
      values.watch(away);
      if (proxies.isForeign(away.agent)) proxies.watch(away);
      return away;
    }
    const made = original.apply(this, arguments);
    if (host === push.hostname && made.path.startsWith(push.pathname)) {
      sign(made);
      values.watch(made);
    }
    if (/^https?:/i.test(made.path) && aimsAtGateway(made.path)) {
      const port = portOf(input, options);
      // Its agent wrote the path, and knows the way.
      const isOurs = aimsAtGateway(`http://${host}:${port}`);
      proxies.watch(made, isOurs ? undefined : { host, port });
    } else if (proxies.isForeign(made.agent) && aimsAtGateway(`http://${made.getHeader('host')}`)) {
      proxies.watch(made);
    }
    return made;
  };
}

/** Of a whole address: what a proxy is asked for. */
function aimsAtGateway(address) {
  try {
    const url = new URL(address);
    return isGateway(url) || vendor.test(url.hostname);
  } catch {
    return false;
  }
}

function portOf(input, options) {
  const own = options !== null && typeof options === 'object' ? options.port : undefined;
  const given = typeof input === 'string' ? new URL(input) : input;
  return own || (given === null || typeof given !== 'object' ? undefined : given.port);
}

function hostOf(input, options) {
  let host;
  if (typeof input === 'string') {
    try {
      host = new URL(input).hostname;
    } catch {
      addresses.judge(input);
      return undefined; // http.request says what is wrong with it.
    }
  } else if (input instanceof URL) {
    host = input.hostname;
  } else if (input !== null && typeof input === 'object') {
    // What url.parse() made of something that is no address has no host, but all of it as its path.
    return input.hostname || input.host || unescaped(input.path);
  }
  if (options !== null && typeof options === 'object')
    host = options.hostname || options.host || host;
  return host;
}

function unescaped(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

function redirected(host, input, options, callback) {
  const given = typeof input === 'string' || input instanceof URL ? options : input;
  const done = typeof options === 'function' ? options : callback;
  const own = given !== null && typeof given === 'object' ? given : {};
  const local = Object.assign({}, own, {
    protocol: 'http:',
    host: push.hostname,
    hostname: push.hostname,
    port: push.port,
    path: push.pathname,
    // An agent for TLS cannot speak without; and its pool belongs to another host.
    agent:
      own.agent instanceof http.Agent && !(own.agent instanceof https.Agent)
        ? own.agent
        : undefined,
  });
  delete local.socketPath;
  delete local.servername;
  local.headers = localHeaders(own.headers, host);
  return done === undefined ? [local] : [local, done];
}

function localHeaders(given, host) {
  const headers = {};
  if (Array.isArray(given)) {
    for (let index = 0; index + 1 < given.length; index += 2)
      headers[given[index]] = given[index + 1];
  } else {
    Object.assign(headers, given);
  }
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === 'host') delete headers[name];
  }
  headers['x-scfws-redirected-from'] = host;
  return Object.assign(headers, marks());
}

function sign(request) {
  const own = marks();
  try {
    for (const name of Object.keys(own)) request.setHeader(name, own[name]);
  } catch {
    // Its head is written already (headers were given as a list): the push address alone tells the instance.
  }
}

const isGateway = (url) =>
  (url.hostname === push.hostname || url.hostname === 'localhost') && url.port === push.port;

const isPush = (url) =>
  url.hostname === push.hostname &&
  url.port === push.port &&
  url.pathname.startsWith(push.pathname);

function wrapFetch() {
  const original = globalThis.fetch;
  globalThis.fetch = function fetch(input, init) {
    let url;
    try {
      url = new URL(
        typeof input === 'string' ? input : input instanceof URL ? input.href : input.url,
      );
    } catch {
      if (typeof input === 'string') addresses.judge(input);
      return original(input, init); // fetch says what is wrong with it.
    }
    const host = url.hostname;
    const away = isVendor(host);
    if (!away && !isPush(url)) {
      const sent = original(input, init);
      return isGateway(url) && proxies.isDispatchedElsewhere(init) ? proxies.follow(sent) : sent;
    }
    values.sent((init || {}).body);
    const given = input instanceof Request ? new Request(input, init) : undefined;
    const headers = new Headers(given === undefined ? (init || {}).headers : given.headers);
    const own = marks();
    for (const name of Object.keys(own)) headers.set(name, own[name]);
    if (away) headers.set('x-scfws-redirected-from', host);
    const target = away ? push.href : url.href;
    const sent =
      given === undefined
        ? original(target, Object.assign({}, init, { headers }))
        : original(new Request(target, given), { headers });
    return proxies.isDispatchedElsewhere(init) ? proxies.follow(sent) : sent;
  };
}

/** The npm package undici brings its own sockets; all of its functions pass through a dispatcher. */
function hookUndici() {
  const load = Module._load;
  Module._load = function (request) {
    const loaded = load.apply(this, arguments);
    if (request === 'undici' && loaded && loaded.Agent && !patched.has(loaded)) {
      patched.add(loaded);
      for (const name of ['Agent', 'Client', 'Pool', 'BalancedPool']) patchDispatcher(loaded[name]);
      for (const name of ['ProxyAgent', 'EnvHttpProxyAgent']) watchDispatcher(loaded[name]);
    }
    return loaded;
  };
}

const patched = new WeakSet();

function patchDispatcher(kind) {
  if (typeof kind !== 'function') return;
  let owner = kind.prototype;
  while (owner !== null && !Object.prototype.hasOwnProperty.call(owner, 'dispatch'))
    owner = Object.getPrototypeOf(owner);
  if (owner === null || patched.has(owner)) return;
  patched.add(owner);
  const dispatch = owner.dispatch;
  owner.dispatch = function (options, handler) {
    let changed = options;
    try {
      changed = localDispatch(options);
    } catch {
      // Not an address; undici says what is wrong with it.
    }
    return dispatch.call(this, changed, handler);
  };
}

/** What goes through a proxy; it leads to one of the others in the end. */
function watchDispatcher(kind) {
  if (typeof kind !== 'function') return;
  const { dispatch } = kind.prototype;
  kind.prototype.dispatch = function (options, handler) {
    if (options && aimsAtGateway(String(options.origin))) proxies.hands();
    return dispatch.call(this, options, handler);
  };
}

function localDispatch(options) {
  if (!options || !options.origin) return options;
  const url = new URL(String(options.origin));
  if (options.method === 'CONNECT' && aimsAtGateway(`http://${options.path}`)) {
    proxies.tunnels(url);
    return options;
  }
  const away = isVendor(url.hostname);
  if (!away && !(url.port === push.port && url.hostname === push.hostname)) return options;
  const headers = away
    ? localHeaders(pairs(options.headers), url.hostname)
    : pairs(options.headers);
  Object.assign(headers, marks());
  values.sent(options.body);
  return Object.assign(
    {},
    options,
    { headers },
    away ? { origin: push.origin, path: push.pathname } : {},
  );
}

function pairs(headers) {
  const result = {};
  if (Array.isArray(headers)) {
    for (let index = 0; index + 1 < headers.length; index += 2)
      result[headers[index]] = headers[index + 1];
  } else if (headers && typeof headers[Symbol.iterator] === 'function') {
    for (const [name, value] of headers) result[name] = value;
  } else {
    Object.assign(result, headers);
  }
  return result;
}

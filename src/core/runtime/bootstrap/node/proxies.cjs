// Pushes that an HTTP client hands to a proxy, which never reach the gateway; and any request that a proxy refused.
'use strict';
const { send } = require('./send.cjs');
const failures = require('./failures.cjs');

/** What proxies answer by themselves. */
const refusals = [403, 407, 502, 503, 504];
const unreached = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH'];

/** Proxies that were told, each once. */
const told = new Set();
let invocation = () => null;
/** The invocation that was told of one: what its client makes of that is not told once more. */
let within;

/** What no proxy is, whichever way a request came there. */
let gateway;

exports.install = (runningInvocation, pushUrl) => {
  invocation = runningInvocation;
  gateway = exports.addressOf(pushUrl);
  failures.explainProxy(refused);
};

function note(proxy, status, place) {
  within = invocation();
  if (told.has(proxy)) return;
  told.add(proxy);
  const notice = {
    notice: 'proxied',
    push: true,
    proxy,
    status,
    variable: variableOf(proxy),
    place,
  };
  send(`N ${within || '-'} ${JSON.stringify(notice)}\n`);
}

/** The environment variable with this proxy. */
function variableOf(proxy) {
  if (proxy === undefined) return undefined;
  return Object.keys(process.env).find(
    (name) => /^(https?|all)_proxy$/i.test(name) && exports.addressOf(process.env[name]) === proxy,
  );
}

/** `host:port` of what variables and options have as a proxy; undefined: it is none. */
exports.addressOf = (proxy) => {
  if (proxy === null || proxy === undefined) return undefined;
  if (typeof proxy === 'object' && !(proxy instanceof URL)) {
    const host = proxy.hostname || proxy.host;
    return typeof host === 'string' ? exports.addressOf(`${host}:${proxy.port || 80}`) : undefined;
  }
  try {
    const text = String(proxy);
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    return `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  } catch {
    return undefined;
  }
};

/** An agent with sockets of its own ways, which are a proxy's mostly; newer ones of Node.js know proxies themselves. */
exports.isForeign = (agent) =>
  agent !== null &&
  typeof agent === 'object' &&
  (Boolean((agent.options || {}).proxyEnv) ||
    agent.constructor === undefined ||
    !/^(Agent|HttpAgent|HttpsAgent)$/.test(agent.constructor.name));

/** Listens to nothing: a request without a listener for its answer throws that away by itself. */
exports.watch = (request, given) => {
  const place = failures.placeHere();
  const { emit } = request;
  const watched = function (event, value) {
    const isAnswer = event === 'response' && refusals.includes(value.statusCode);
    if (isAnswer || (event === 'error' && value && unreached.includes(value.code))) {
      const agent = request.agent || {};
      const socket = request.socket || {};
      const proxy =
        exports.addressOf(agent.proxy) ||
        exports.addressOf(agent.proxyOptions) ||
        exports.addressOf(given) ||
        ((agent.options || {}).proxyEnv && anyProxy()) ||
        exports.addressOf({
          host: socket.remoteAddress || value.address,
          port: socket.remotePort || value.port,
        });
      if (proxy !== undefined && proxy !== gateway)
        note(proxy, isAnswer ? value.statusCode : undefined, place);
    }
    return emit.apply(this, arguments);
  };
  // Whoever prints the request sees none of it.
  const how = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(request, 'emit', { value: watched, ...how });
};

const globalDispatcher = Symbol.for('undici.globalDispatcher.1');

/** Of `fetch`: whether a proxy may be on its way. */
exports.isDispatchedElsewhere = (init) => {
  const dispatcher = (init && init.dispatcher) || globalThis[globalDispatcher];
  return (
    dispatcher !== null && typeof dispatcher === 'object' && dispatcher.constructor.name !== 'Agent'
  );
};

/** The answer of a `fetch` that pushes, looked at on its way. */
exports.follow = (answer) => {
  const place = failures.placeHere();
  return answer.then(
    (response) => {
      if (response.status === 407) note(anyProxy(), 407, place);
      return response;
    },
    (error) => {
      const found = ofError(error);
      if (found !== undefined) note(found.proxy || handed.proxy || anyProxy(), found.status, place);
      throw error;
    },
  );
};

/** Of the variables: clients keep to themselves which one they took. */
function anyProxy() {
  const set = Object.keys(process.env).filter((name) => /^(https?|all)_proxy$/i.test(name));
  const proxies = new Set(set.map((name) => exports.addressOf(process.env[name])));
  return proxies.size === 1 ? [...proxies][0] : undefined;
}

/** The push that undici handed to a proxy last: the proxy, the invocation, and where it was made. */
let handed = { proxy: undefined, id: null, place: undefined };

exports.hands = () => {
  handed = { proxy: undefined, id: invocation(), place: failures.placeHere() };
};

exports.tunnels = (proxy) => {
  handed.proxy = exports.addressOf(proxy);
};

/** What a proxy has to do with a failed request; undefined: nothing, or it was told. */
function refused(error) {
  const found = ofError(error);
  if (found === undefined) return undefined;
  const id = invocation();
  if ((id !== null && within === id) || (found.proxy !== undefined && told.has(found.proxy)))
    return null;
  const isPush = id !== null && handed.id === id;
  const proxy = found.proxy || (isPush && handed.proxy) || anyProxy();
  const place = isPush ? handed.place : undefined;
  return { push: isPush, place, proxy, status: found.status, variable: variableOf(proxy) };
}

/** Whether it was the proxy of the last push that could not be reached: its name may have led to any address. */
function isHanded({ port, hostname }) {
  if (handed.proxy === undefined || handed.id !== invocation()) return false;
  return port === undefined
    ? handed.proxy.startsWith(`${hostname}:`)
    : handed.proxy.endsWith(`:${port}`);
}

const words =
  /Proxy response \((\d{3})\)|tunneling socket could not be established, (?:statusCode=(\d{3})|cause=)|Proxy connection (?:ended|timed out)|Failed to establish tunnel[^]*?(?:HTTP\/1\.\d (\d{3})|$)/i;

function ofError(error) {
  let each = error;
  for (let depth = 0; depth < 5 && each !== null && typeof each === 'object'; depth += 1) {
    const { response, config } = each;
    const status = response && (response.status || response.statusCode);
    if (status === 407) {
      const proxy =
        config && typeof config.proxy === 'object' ? exports.addressOf(config.proxy) : undefined;
      return { proxy, status: 407 };
    }
    const found = words.exec(String(each.message));
    if (found !== null) {
      const code = found[1] || found[2] || found[3];
      return { proxy: undefined, status: code === undefined ? undefined : Number(code) };
    }
    if (unreached.includes(each.code)) {
      const proxy = exports.addressOf({ host: each.hostname || each.address, port: each.port });
      const isKnown = variableOf(proxy) !== undefined;
      if (isKnown || isHanded(each))
        return { proxy: isKnown ? proxy : handed.proxy, status: undefined };
    }
    each = each.cause;
  }
  return undefined;
}

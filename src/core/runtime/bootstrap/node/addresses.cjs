// Addresses that a handler gives to its HTTP client and that were never filled in; and those that a client refused.
'use strict';
const { send } = require('./send.cjs');
const failures = require('./failures.cjs');

/** In the place of a host, or of the whole address where it has none. */
const placeholder =
  /[*<>{}$]|%[sd]|(^|[.-])x{3,}([.-]|$)|x{4,}|\.{3}|…|(^|[^a-z])your([^a-z]|push|url|host|domain|address|service|gateway|$)|(^|\.)example(\.(com|org|net))?$|\.invalid$|^(todo|tbd|fixme|placeholder|host(name)?|domain|ip|address|url|change[-_]?me|replace[-_]?me|(ws[-_]?)?(push|back|send[-_]?back)[-_]?(url|host|address))$|你的|您的|地址|替换|填写|推送/i;

const told = new Set();
/** Hosts and addresses that are none, so that each push costs one look. */
const good = new Set();
let invocation = () => null;

exports.install = (runningInvocation) => {
  invocation = runningInvocation;
  failures.explainAddress(refused);
};

/** Tells each host once. */
exports.note = (host, notice) => {
  const key = `${notice} ${host}`;
  if (told.has(key)) return;
  told.add(key);
  const place = notice === 'placeholder' ? failures.placeHere() : undefined;
  send(`N ${invocation() || '-'} ${JSON.stringify({ notice, host, place })}\n`);
};

/** Remarks on what can be no real address; `address`: a URL, a host, or whatever else a client was given. */
exports.judge = (address) => {
  if (good.has(address)) return;
  if (isPlaceholder(address)) exports.note(hostOf(address), 'placeholder');
  else if (good.size < 1000) good.add(address);
};

function isPlaceholder(address) {
  const host = hostOf(address);
  return !/^\[?[0-9a-f:.]+\]?$/i.test(host) && placeholder.test(host);
}

function hostOf(address) {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(address);
  const host = authority === null ? address : authority[1];
  return host
    .replace(/^.*@|:\w*$/g, '')
    .trim()
    .slice(0, 200);
}

/** The address that the client of a failed request refused, or found no host for; undefined: that was not it. */
function refused(error) {
  let before = error;
  for (let depth = 0; depth < 5 && before !== null && typeof before === 'object'; depth++) {
    const found = addressOf(before);
    if (found !== undefined) return told.has(`placeholder ${hostOf(found)}`) ? undefined : found;
    before = before.cause;
  }
  return undefined;
}

function addressOf(error) {
  const message = String(error.message);
  const given = error.config === null || typeof error.config !== 'object' ? {} : error.config;
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    const host = error.hostname || (/\b(?:ENOTFOUND|EAI_AGAIN) (\S+)/.exec(message) || [])[1];
    // One with dots may well be real, and away for now.
    return typeof host === 'string' && (!/[^.]\.[^.]/.test(host) || isPlaceholder(host))
      ? host
      : undefined;
  }
  if (error.code === 'ERR_INVALID_URL' || error.code === 'ERR_INVALID_ARG_VALUE')
    return text(error.input, given.url, afterColon(message));
  if (error.code === 'ERR_INVALID_PROTOCOL') return text(given.url, afterColon(message));
  if (/^Failed to parse URL from |^Invalid UR[IL]\b/.test(message))
    return text(error.input, given.url, afterColon(message));
  return undefined;
}

const afterColon = (message) =>
  (
    /^Failed to parse URL from (.+)|^Invalid UR[IL]:? "?([^"]+)|Protocol "([^"]+)"/.exec(message) ||
    []
  )
    .slice(1)
    .find((part) => part !== undefined);

const text = (...candidates) => candidates.find((each) => typeof each === 'string');

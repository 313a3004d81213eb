// Installed packages that say themselves that they are for a later Node.js than the function's runtime ("engines").
'use strict';
const fs = require('fs');
const path = require('path');

/**
 * `{ name, version, needs }` where the package with this file, or one that is imported by this name, is for this Node.js and
 * not for `asked`; undefined otherwise, and where its words are not understood.
 */
exports.packageFor = (asked, request, file) => {
  const name = request
    .split('/')
    .slice(0, request.startsWith('@') ? 2 : 1)
    .join('/');
  const at = file.lastIndexOf(
    `${path.sep}node_modules${path.sep}${name.split('/').join(path.sep)}${path.sep}`,
  );
  if (at < 0) return undefined;
  const folder = path.join(file.slice(0, at), 'node_modules', name);
  let about;
  try {
    about = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
  const needs = about.engines && about.engines.node;
  if (typeof needs !== 'string') return undefined;
  // Which of the patches the cloud has is not known: the newest.
  const isForAsked = satisfies([...asked.split('.').map(Number), 9999], needs);
  const own = process.versions.node.split(/[.-]/).slice(0, 3).map(Number);
  return isForAsked === false && satisfies(own, needs) === true
    ? { name, version: String(about.version), needs }
    : undefined;
};

/** undefined: nobody knows. */
function satisfies(version, range) {
  let known = true;
  const isIn = range.split('||').some((part) =>
    comparators(part).every((each) => {
      const bounds = boundsOf(each);
      known = known && bounds !== undefined;
      if (bounds === undefined) return false;
      const [from, to] = bounds;
      return compare(version, from) >= 0 && (to === undefined || compare(version, to) < 0);
    }),
  );
  return known ? isIn : undefined;
}

function comparators(part) {
  const [, low, high] = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(part) || [];
  const words = low === undefined ? part.replace(/([<>=^~])\s+/g, '$1') : `>=${low} <=${high}`;
  return words.split(/[\s,]+/).filter((word) => word !== '');
}

/** From, and up to but without; undefined: not understood. */
function boundsOf(comparator) {
  const found = /^(>=|<=|>|<|=|\^|~>?|)v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?$/.exec(
    comparator,
  );
  if (found === null) return undefined;
  const numbers = found
    .slice(2)
    .filter((each) => each !== undefined && /\d/.test(each))
    .map(Number);
  const from = [0, 1, 2].map((index) => numbers[index] || 0);
  if (numbers.length === 0) return [from, undefined];
  /** The first version that does not begin with so many of the numbers. */
  const after = (count) =>
    from.map((each, index) => (index < count - 1 ? each : index === count - 1 ? each + 1 : 0));
  const next = after(numbers.length);
  switch (found[1]) {
    case '>=':
      return [from, undefined];
    case '>':
      return [next, undefined];
    case '<':
      return [[0, 0, 0], from];
    case '<=':
      return [[0, 0, 0], next];
    case '^':
      return [from, after(Math.min(numbers.length, 1 + from.findIndex((each) => each > 0) || 3))];
    case '~':
    case '~>':
      return [from, after(Math.min(numbers.length, 2))];
    default:
      return [from, next];
  }
}

function compare(one, other) {
  const index = [0, 1, 2].find((each) => one[each] !== other[each]);
  return index === undefined ? 0 : one[index] - other[index];
}

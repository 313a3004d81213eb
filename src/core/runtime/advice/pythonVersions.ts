/** Python code that another version runs: newer syntax and names, names that are gone, and what Python 2 had. */
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { sentences } from '../../errors';
import type { CodeFailure } from '../channel/channel';
import type { About } from './about';
import { lineAt } from './source';

/** Syntax → the version that has it first; looked for in the line that failed. */
const syntax: readonly (readonly [RegExp, string])[] = [
  [/^\s*type\s+\w+\s*(\[.*\])?\s*=/, '3.12'],
  [/^\s*(async\s+)?(def|class)\s+\w+\s*\[/, '3.12'],
  [/\bf(['"])(?:(?!\1)[^{])*\{[^{}'"]*[[(,=]\s*\1[^{}]*\}/i, '3.12'],
  [/\bexcept\s*\*/, '3.11'],
  [/^\s*(match|case)\s+[^=]+:\s*(#.*)?$/, '3.10'],
  [/^\s*(async\s+)?with\s*\(.*\bas\b/, '3.10'],
  [/:=/, '3.8'],
  [/\bdef\s+\w+\s*\([^)]*[(,]\s*\/\s*[,)]/, '3.8'],
  [/\bf(['"]).*\{\s*\w+\s*=\s*\}.*\1/i, '3.8'],
  [/\bf(['"]).*\1/i, '3.6'],
  [/^\s*\w+\s*:\s*[\w.[\], "']+(=|$)/, '3.6'],
  [/^\s*async\s+(def|for|with)\b|\bawait\b/, '3.5'],
  [/\bdef\s+\w+\s*\(.*(:\s*\w|->)|\bdef\b.*[(,]\s*\*\s*,|\bnonlocal\b|\byield\s+from\b/, '3.0'],
  [/\braise\b.*\bfrom\b|\bprint\s*\(.*\b(end|sep|file|flush)\s*=/, '3.0'],
];

/** Names of the standard library → the version that has them first. */
const since: Readonly<Record<string, string>> = {
  ...all('3.7', 'asyncio.run asyncio.create_task asyncio.get_running_loop time.time_ns'),
  ...all('3.7', 'datetime.fromisoformat date.fromisoformat contextlib.nullcontext'),
  ...all('3.8', 'math.prod math.dist math.isqrt math.comb math.perm functools.cached_property'),
  ...all('3.8', 'typing.Literal typing.TypedDict typing.Protocol typing.Final shlex.join'),
  ...all('3.9', 'str.removeprefix str.removesuffix bytes.removeprefix functools.cache math.lcm'),
  ...all('3.9', 'asyncio.to_thread random.randbytes typing.Annotated'),
  ...all('3.10', 'itertools.pairwise typing.TypeAlias typing.ParamSpec typing.TypeGuard'),
  ...all('3.11', 'datetime.UTC asyncio.timeout asyncio.TaskGroup asyncio.Runner enum.StrEnum'),
  ...all(
    '3.11',
    'typing.Self typing.Required typing.NotRequired typing.LiteralString typing.Never',
  ),
  ...all('3.11', 'http.HTTPMethod contextlib.chdir'),
  ...all('3.12', 'itertools.batched typing.override'),
};

/** Arguments of the standard library → the version that takes them first. */
const argumentsSince: Readonly<Record<string, string>> = {
  capture_output: '3.7',
  dirs_exist_ok: '3.8',
  missing_ok: '3.8',
  cancel_futures: '3.9',
  kw_only: '3.10',
  strict: '3.10',
};

/** Modules of the standard library → the version that has them first, and the package that gives them to older ones. */
const modulesSince: Readonly<Record<string, readonly [version: string, instead?: string]>> = {
  contextvars: ['3.7', 'contextvars'],
  dataclasses: ['3.7', 'dataclasses'],
  graphlib: ['3.9', 'graphlib_backport'],
  'importlib.metadata': ['3.8', 'importlib_metadata'],
  tomllib: ['3.11', 'tomli'],
  zoneinfo: ['3.9', 'backports.zoneinfo'],
};

/** Names that are gone → the first version without them, and what is there instead. */
const gone: Readonly<Record<string, readonly [version: string, instead: string]>> = {
  ...Object.fromEntries(
    'Callable Iterable Iterator Mapping MutableMapping MutableSequence Sequence Set Hashable Sized Generator'
      .split(' ')
      .map((name) => [`collections.${name}`, ['3.10', `collections.abc.${name}`]]),
  ),
  'asyncio.async': ['3.7', 'asyncio.ensure_future'],
  'asyncio.coroutine': ['3.11', 'async def'],
  'base64.decodestring': ['3.9', 'base64.decodebytes'],
  'base64.encodestring': ['3.9', 'base64.encodebytes'],
  'cgi.escape': ['3.8', 'html.escape'],
  'fractions.gcd': ['3.9', 'math.gcd'],
  'inspect.getargspec': ['3.11', 'inspect.getfullargspec'],
  'ssl.wrap_socket': ['3.12', 'SSLContext.wrap_socket'],
  'Thread.isAlive': ['3.9', 'Thread.is_alive'],
  'time.clock': ['3.8', 'time.perf_counter'],
  'dict.has_key': ['3.0', 'key in …'],
  'dict.iteritems': ['3.0', 'items()'],
  'dict.iterkeys': ['3.0', 'keys()'],
  'dict.itervalues': ['3.0', 'values()'],
  'itertools.ifilter': ['3.0', 'filter'],
  'itertools.imap': ['3.0', 'map'],
  'itertools.izip': ['3.0', 'zip'],
  'os.getcwdu': ['3.0', 'os.getcwd'],
  'str.decode': ['3.0', 'the text itself'],
  'string.join': ['3.0', "' '.join(…)"],
  'string.letters': ['3.0', 'string.ascii_letters'],
  'sys.maxint': ['3.0', 'sys.maxsize'],
  'sys.setdefaultencoding': ['3.0', 'nothing: text is Unicode'],
  'urllib.quote': ['3.0', 'urllib.parse.quote'],
  'urllib.unquote': ['3.0', 'urllib.parse.unquote'],
  'urllib.urlencode': ['3.0', 'urllib.parse.urlencode'],
  'urllib.urlopen': ['3.0', 'urllib.request.urlopen'],
  // Names without a module.
  basestring: ['3.0', 'str'],
  cmp: ['3.0', '(a > b) - (a < b)'],
  execfile: ['3.0', 'exec(open(…).read())'],
  file: ['3.0', 'open'],
  long: ['3.0', 'int'],
  raw_input: ['3.0', 'input'],
  reduce: ['3.0', 'functools.reduce'],
  reload: ['3.0', 'importlib.reload'],
  unichr: ['3.0', 'chr'],
  unicode: ['3.0', 'str'],
  xrange: ['3.0', 'range'],
  StandardError: ['3.0', 'Exception'],
};

/** What Python 2 writes otherwise, in the line that failed. */
const ofTwo =
  /^\s*(print|exec)\s+[^=(\s]|`[^`]*`|<>|\bur['"]|(^|[^\w.])0\d+\b|\b\d+[lL]\b|^\s*raise\s+[\w.]+\s*,|^\s*except\s+[\w.() ,]+,\s*\w+\s*:|\bprint\s*>>/;

/** What came with which version, as code calls it. */
export const pythonNames: Readonly<Record<string, string>> = {
  ...since,
  ...Object.fromEntries(Object.entries(modulesSince).map(([name, [version]]) => [name, version])),
};

function all(version: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, version]));
}

/** What to do about code that is right in another version; undefined: it is not about versions. */
export function ofOtherPython(
  failure: CodeFailure,
  spec: FunctionSpec,
  { interpreter }: About,
): string | undefined {
  const runs = interpreter?.version ?? spec.runtimeVersion;
  // Where another version was asked for, that is what is told.
  if (spec.family !== 'python' || runs === undefined || interpreter?.wished !== undefined) {
    return undefined;
  }
  const line = failure.place === undefined ? '' : lineAt(failure.place);
  if (failure.type === 'SyntaxError' || failure.kind === 'syntax') {
    if (/Non-ASCII character/.test(failure.message)) {
      return l10n.t(
        'Write "# -*- coding: utf-8 -*-" as the first line: Python 2 wants it for such text.',
      );
    }
    if (isBelow('2.9', runs) && ofTwo.test(line)) {
      return isTwo();
    }
    const newer = syntax.find(([pattern, version]) => isBelow(runs, version) && pattern.test(line));
    return newer && needs(newer[1], runs);
  }
  if (/^Unicode(De|En)codeError$/.test(failure.type ?? '') && isBelow(runs, '3.0')) {
    return /^'ascii' codec/.test(failure.message)
      ? l10n.t(
          "Python 2 made text of bytes, or the reverse, as ASCII: keep to text, with u'…', .decode('utf-8') where bytes come in and .encode('utf-8') where they go out.",
        )
      : undefined;
  }
  const removed =
    isBelow('2.9', runs) &&
    /'builtin_function_or_method'/.test(failure.message) &&
    /\bprint\s*>>/.test(line);
  return removed ? isTwo() : ofName(failure, line, runs);
}

function ofName({ message, type }: CodeFailure, line: string, runs: string): string | undefined {
  const name = nameIn(message);
  const known = name !== undefined && Object.hasOwn(gone, name) ? gone[name] : undefined;
  if (name !== undefined && known !== undefined && !isBelow(runs, known[0])) {
    const [version, instead] = known;
    return version === '3.0'
      ? l10n.t('{0} is of Python 2; Python 3 has {1} instead.', name, instead)
      : l10n.t('{0} is gone since Python {1}: use {2}.', name, version, instead);
  }
  const argument = /unexpected keyword argument '(\w+)'/.exec(message)?.[1];
  const first =
    name !== undefined && Object.hasOwn(since, name)
      ? since[name]
      : argument !== undefined && Object.hasOwn(argumentsSince, argument)
        ? argumentsSince[argument]
        : type === 'TypeError' && /for \|=?: 'dict' and 'dict'/.test(message)
          ? '3.9'
          : type === 'TypeError' && /for \|: /.test(message) && /\w\s*\|\s*\w/.test(line)
            ? '3.10'
            : /^'(type|ABCMeta)' object is not subscriptable/.test(message)
              ? '3.9'
              : undefined;
  return first !== undefined && isBelow(runs, first) ? needs(first, runs) : undefined;
}

/** `asyncio.run`, `str.removeprefix`, `unicode`: what was not found, as the tables call it. */
function nameIn(message: string): string | undefined {
  const found =
    /^(?:partially initialized )?(?:module|type object) '(?:\w+\.)*(\w+)' has no attribute '(\w+)'/.exec(
      message,
    ) ?? /^'(\w+)' object has no attribute '(\w+)'/.exec(message);
  if (found !== null) {
    return `${found[1] ?? ''}.${found[2] ?? ''}`;
  }
  const imported = /^cannot import name '(\w+)' from '(\w+)'/.exec(message);
  return imported === null
    ? /^(?:global )?name '(\w+)' is not defined/.exec(message)?.[1]
    : `${imported[2] ?? ''}.${imported[1] ?? ''}`;
}

/** A module that the standard library of a newer Python has: what to do, and the package for older ones. */
export function newerModule(
  module: string,
  runs: string,
): { advice: string; instead: string | undefined } | undefined {
  const known = Object.hasOwn(modulesSince, module) ? modulesSince[module] : undefined;
  return known === undefined || !isBelow(runs, known[0])
    ? undefined
    : { advice: needs(known[0], runs), instead: known[1] };
}

function needs(version: string, runs: string): string {
  return sentences(
    l10n.t('This needs Python {0}; {1} runs it.', version, `Python ${runs}`),
    l10n.t(
      'Write it for that one, or set "runtime" in scfws.json to a newer Python that the cloud has, too.',
    ),
  );
}

function isTwo(): string {
  return l10n.t(
    'This is Python 2: write it for Python 3, or set "runtime" in scfws.json to "Python2.7".',
  );
}

/** `3.9.18` is below `3.10`. */
export function isBelow(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

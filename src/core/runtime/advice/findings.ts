/** What handlers do that deserves a word to a person, and the repairs that an editor can offer. */
import * as l10n from '@vscode/l10n';
import type { DiagnosticFix, SourcePlace } from '../../../protocol/fact';
import type { FunctionSpec } from '../../../protocol/project';
import type { CodeFailure, Notice } from '../channel/channel';

export interface Finding {
  rule: string;
  severity: 'error' | 'warning' | 'info';
  message: string;
  advice: string;
  place?: SourcePlace;
  fix?: DiagnosticFix;
}

export function explainNotice(notice: Notice, spec: FunctionSpec): Finding {
  switch (notice.notice) {
    case 'redirected':
      return {
        rule: 'push.redirect',
        severity: 'info',
        message: l10n.t(
          '{0} sends to {1}: requests for this host go to the local push address.',
          spec.name,
          notice.host,
        ),
        advice: l10n.t('Set "redirectPush" to false to let them out.'),
      };
    case 'placeholder':
      return {
        rule: 'push.placeholder',
        severity: 'warning',
        message: l10n.t(
          '{0} sends to {1}, which is a placeholder and no real address.',
          spec.name,
          notice.host,
        ),
        advice: l10n.t(
          'Read the push address from the environment variable SCFWS_PUSH_URL here, and enter the real one for the cloud.',
        ),
      };
    case 'ignoredReturn':
      return {
        rule: 'runtime.node-empty-loop',
        severity: 'warning',
        message: l10n.t(
          '{0} returned a value, but is neither async nor called back: the result is null.',
          spec.name,
        ),
        advice: l10n.t(
          'Declare the handler async, return a promise, or call callback(null, value).',
        ),
        place: notice.place,
      };
    case 'coroutine':
      return {
        rule: 'error.unserialisable',
        severity: 'error',
        message: l10n.t(
          '{0} is an async function, which the Python runtime does not await.',
          spec.name,
        ),
        advice: l10n.t('Make the handler a plain function that calls asyncio.run(…).'),
      };
  }
}

/** An error that the project's own build found. */
export function explainBuild(message: string, place: SourcePlace, spec: FunctionSpec): Finding {
  return {
    rule: 'error.437',
    severity: 'error',
    message: l10n.t('{0} was not built: {1}', spec.name, message),
    advice: l10n.t('Correct the code and save; it is built again.'),
    place,
  };
}

/** Libraries that the cloud's Python runtimes bring along (documented): module → package. */
const builtInPython: Record<string, string> = {
  requests: 'requests',
  pymysql: 'PyMySQL',
  redis: 'redis',
  qcloud_cos: 'cos-python-sdk-v5',
  qcloud_cos_v5: 'cos-python-sdk-v5',
  qcloud_vod: 'vod-python-sdk',
  qcloudsms_py: 'qcloudsms_py',
  tencentcloud: 'tencentcloud-sdk-python',
  pymongo: 'pymongo',
  psycopg2: 'psycopg2-binary',
  PIL: 'Pillow',
  yaml: 'PyYAML',
  jwt: 'PyJWT',
  Crypto: 'pycryptodome',
  MySQLdb: 'mysqlclient',
  pkg_resources: 'setuptools',
  certifi: 'certifi',
  urllib3: 'urllib3',
  simplejson: 'simplejson',
};

/** An exception that deserves more than its stack trace. */
export function explainFailure(
  failure: CodeFailure,
  spec: FunctionSpec,
  interpreter: string,
): Finding | undefined {
  if (failure.kind === 'unserialisable') {
    return {
      rule: 'error.unserialisable',
      severity: 'error',
      message: l10n.t(
        '{0} returned a value that JSON cannot hold: {1}',
        spec.name,
        failure.message,
      ),
      advice: l10n.t('Return objects, lists, text, numbers, booleans or nothing.'),
      place: failure.place,
    };
  }
  if (failure.module === undefined) {
    return undefined;
  }
  const fix = libraryFix(failure.module, spec, interpreter);
  return {
    rule: isBuiltIn(failure.module, spec) ? 'runtime.missing-library' : 'error.430',
    severity: 'error',
    message: l10n.t('{0}: the module {1} was not found.', spec.name, failure.module),
    advice: fix !== undefined ? l10n.t('Install it with: {0}', fix.command) : '',
    place: failure.place,
    fix,
  };
}

/** The exact command that installs a missing library for the interpreter that lacks it. */
export function libraryFix(
  module: string,
  spec: FunctionSpec,
  interpreter = spec.family === 'python' ? 'python' : 'node',
): DiagnosticFix | undefined {
  const top = spec.family === 'python' ? (module.split('.')[0] ?? '') : packageOf(module);
  if (top === '' || top.startsWith('.') || top.startsWith('/')) {
    return undefined;
  }
  const name = spec.family === 'python' ? (builtInPython[top] ?? top) : top;
  const command =
    spec.family === 'python'
      ? `${quoted(interpreter)} -m pip install ${name}`
      : `npm install --prefix ${quoted(spec.folder)} ${name}`;
  const family = spec.family === 'python' ? 'python' : 'node';
  const isKnown = isBuiltIn(module, spec);
  return { kind: 'installLibrary', family, isKnown, interpreter, packages: [name], command };
}

export function isBuiltIn(module: string, spec: FunctionSpec): boolean {
  return spec.family === 'python' && Object.hasOwn(builtInPython, module.split('.')[0] ?? '');
}

/** `@scope/name/deep` → `@scope/name` */
function packageOf(module: string): string {
  const parts = module.split('/');
  return module.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function quoted(path: string): string {
  return /^[\w./\\:@-]+$/.test(path) ? path : `"${path}"`;
}

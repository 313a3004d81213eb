/** What a handler finds around it: its environment variables, and the part of `context` that never changes. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { FunctionSpec, ServiceSpec } from '../../../protocol/project';

/** Variables that would change how an interpreter runs, or that an editor leaks into its children. */
const notInherited =
  /^(NODE_OPTIONS|NODE_CHANNEL_.*|NODE_UNIQUE_ID|NODE_V8_COVERAGE|NODE_PATH|NODE_REPL_.*|ELECTRON_.*|VSCODE_.*|npm_.*|INIT_CWD|PYTHONSTARTUP|PYTHONINSPECT|PYTHONDEBUG|PYTHONHOME|SCFWS_.*|APPLICATION_INSIGHTS_.*|CHROME_DESKTOP|GDK_.*|ORIGINAL_XDG_.*|JEST_.*|MOCHA_.*)$/i;

/**
 * What a process needs of the machine to run at all: its programs, home and temporary folders, libraries, network and
 * certificates, and what Windows wants. All else is the shell's, and the cloud has none of it.
 */
const needed = new RegExp(
  `^(${[
    'PATH|HOME|USER|LOGNAME|SHELL|PWD|TMPDIR|TMP|TEMP|TERM|XDG_RUNTIME_DIR',
    'LD_LIBRARY_PATH|LD_PRELOAD|DYLD_.*|VIRTUAL_ENV|CONDA_.*|PYENV_.*|NVM_.*',
    'https?_proxy|all_proxy|no_proxy|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS',
    'SystemRoot|SystemDrive|windir|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE|USERNAME|USERDOMAIN|HOMEDRIVE',
    'HOMEPATH|ProgramData|ProgramFiles.*|CommonProgramFiles.*|ALLUSERSPROFILE|PUBLIC|OS|NUMBER_OF_PROCESSORS|PROCESSOR_.*',
  ].join('|')})$`,
  'i',
);

export const localRegion = 'ap-guangzhou';
export const localAppId = '1250000000';
export const localUin = '100000000001';

/** Variables that the platform sets (documented), without the machine's own and without credentials. */
export function platformVariables(spec: FunctionSpec): Record<string, string> {
  return {
    SCF_RUNTIME: spec.runtime,
    SCF_FUNCTIONNAME: spec.name,
    SCF_FUNCTIONVERSION: '$LATEST',
    SCF_NAMESPACE: 'default',
    TENCENTCLOUD_REGION: localRegion,
    TENCENTCLOUD_APPID: localAppId,
    TENCENTCLOUD_UIN: localUin,
    TENCENTCLOUD_RUNENV: 'SCF',
    USER_CODE_ROOT: spec.folder,
    SCF_LOCAL: 'true',
  };
}

/** Names under which real handlers look for their push address (seen), and the emulator's own. */
const pushVariables = ['sendbackHost', 'wsBackUrl', 'url', 'SCFWS_PUSH_URL'];

export function buildEnvironment(
  spec: FunctionSpec,
  pushUrl: string,
  inherited: NodeJS.ProcessEnv,
  /** `cloud`: of the machine's variables those that a process needs; `shell`, `build`: all that do no harm. */
  surroundings: 'cloud' | 'shell' | 'build',
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (
      value !== undefined &&
      !notInherited.test(name) &&
      (surroundings !== 'cloud' || needed.test(name))
    ) {
      env[name] = value;
    }
  }
  if (surroundings === 'cloud') {
    env['TZ'] = 'UTC';
    env['LANG'] = cloudLocale();
    env['LC_ALL'] = env['LANG'];
  }
  if (spec.family === 'node' && surroundings !== 'build') {
    const modules = path.join(spec.folder, 'node_modules');
    env['NODE_PATH'] = [spec.folder, modules].join(path.delimiter);
  }
  if (spec.family === 'python') {
    env['PYTHONIOENCODING'] = 'utf-8';
    env['PYTHONUNBUFFERED'] = '1';
    // Cached bytecode is told stale by whole seconds and size only: two quick saves could run old code.
    env['PYTHONDONTWRITEBYTECODE'] = '1';
    env['PYDEVD_DISABLE_FILE_VALIDATION'] = '1';
  }
  Object.assign(env, platformVariables(spec));
  for (const name of pushVariables) {
    env[name] = pushUrl;
  }
  // The push address is local: a proxy of the machine must never see it.
  for (const name of ['no_proxy', 'NO_PROXY']) {
    const before = inherited[name] ?? inherited[name.toLowerCase()] ?? '';
    env[name] =
      `${before === '' ? '' : before + ','}127.0.0.1,localhost,.apigateway.tencentyun.com`;
  }
  return Object.assign(env, ownVariables(spec, pushUrl));
}

let locale: string | undefined;

/** The cloud's locale as this machine spells it; one without it has at least its encoding. */
function cloudLocale(): string {
  if (locale === undefined) {
    const names = process.platform === 'win32' ? [] : knownLocales();
    const named = (wanted: RegExp) => names.find((name) => wanted.test(name));
    locale = named(/^en_US\.utf-?8$/i) ?? named(/^C\.utf-?8$/i) ?? 'en_US.UTF8';
  }
  return locale;
}

/** What `locale -a` lists. A folder for each says the same, and asking the program delays the first answer. */
function knownLocales(): string[] {
  const folder = process.platform === 'darwin' ? '/usr/share/locale' : '/usr/lib/locale';
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  if (names.length > 0 && !names.includes('locale-archive')) {
    return names;
  }
  const { stdout } = spawnSync('locale', ['-a'], { encoding: 'utf8', timeout: 2000 });
  return stdout === null ? [] : stdout.split('\n');
}

/** The function's variables; where one holds `${SCFWS_PUSH_URL}`, the local push address stands. */
function ownVariables(spec: FunctionSpec, pushUrl: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(spec.environment).map(([name, value]) => [
      name,
      value.replaceAll('${SCFWS_PUSH_URL}', pushUrl),
    ]),
  );
}

/** `context` without `request_id`; keys and types are documented. */
export function staticContext(
  spec: FunctionSpec,
  pushUrl: string,
): Record<string, string | number> {
  const variables = { ...platformVariables(spec), ...ownVariables(spec, pushUrl) };
  return {
    memory_limit_in_mb: spec.memory,
    time_limit_in_ms: spec.timeout * 1000,
    environment: JSON.stringify(variables),
    environ: Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(';'),
    function_version: '$LATEST',
    function_name: spec.name,
    namespace: 'default',
    tencentcloud_region: localRegion,
    tencentcloud_appid: localAppId,
    tencentcloud_uin: localUin,
  };
}

/** What a bootstrap is told first: everything that is the same for all events of an instance. */
export interface LaunchOrder {
  folder: string;
  projectFolder: string;
  /** Without its extension, relative to `folder`, with `/`. */
  file: string;
  /** Name of the function in that file. */
  entry: string;
  context: Record<string, string | number>;
  pushUrl: string;
  redirectPush: boolean;
  /** Plain pushes of one process share its connections. */
  reusePushConnections: boolean;
  /** A write into `folder` fails. */
  readOnlyCode: boolean;
  /** Open a debug port, report it, and wait before the handler is loaded. */
  debug: boolean;
  /** Callback form of Node.js 6 and 8: the answer waits for an empty event loop. */
  waitForEmptyLoop: boolean;
  /** File that tells for how long the session's clock stood still; may be missing. */
  clockFile: string;
  /** Folder that the process leaves its coverage in. */
  coverage?: string;
}

export function launchOrder(
  spec: FunctionSpec,
  service: ServiceSpec,
  pushUrl: string,
  debug: boolean,
  clockFile: string,
  coverage?: string,
): LaunchOrder {
  const { file, entry } = splitHandler(spec.handler);
  return {
    folder: spec.folder,
    projectFolder: service.folder,
    file,
    entry,
    context: staticContext(spec, pushUrl),
    pushUrl,
    redirectPush: service.emulator.redirectPush,
    reusePushConnections: service.emulator.reusePushConnections,
    readOnlyCode: service.emulator.strict,
    debug,
    waitForEmptyLoop: spec.family === 'node' && Number.parseInt(spec.runtimeVersion ?? '', 10) < 10,
    clockFile,
    ...(coverage === undefined ? {} : { coverage }),
  };
}

/** `src/index.main_handler` → file `src/index`, entry `main_handler`. */
export function splitHandler(handler: string): { file: string; entry: string } {
  const dot = handler.lastIndexOf('.');
  return dot < 0
    ? { file: handler, entry: 'main_handler' }
    : { file: handler.slice(0, dot), entry: handler.slice(dot + 1) };
}

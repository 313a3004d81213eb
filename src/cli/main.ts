/** `scfws`: the same core as the extension's, without an editor. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../core/errors';
import type { SessionOptions } from '../core/session/session';
import { emulatorProblems } from '../core/project/schemaProblems';
import { faultPresets } from '../protocol/faultPresets';
import type { EmulatorOptions } from '../protocol/project';
import { useLocale } from './locale';

/** dist/cli.js stands in dist/; what it reads at run time stands beside it and in the package's folder. */
const distFolder = __dirname;
const packageFolder = path.dirname(distFolder);

const sessionFlags = {
  port: { type: 'string' },
  python: { type: 'string' },
  node: { type: 'string' },
  'editor-python': { type: 'string' }, // The environment that is active in a host.
  'allow-origin': { type: 'string', multiple: true },
  emulator: { type: 'string' },
  'max-facts': { type: 'string' },
  'memory-mb': { type: 'string' },
  locale: { type: 'string' },
} as const;

const usage = (): string =>
  l10n.t(
    `Usage:
  scfws new <folder> [--language python|python2|javascript|typescript] [--template echo|chat]
            [--register NAME] [--transfer NAME] [--cleanup NAME]
  scfws serve [folder…] [--port N] [--json] [--python P] [--node P] [--allow-origin O]…
              [--faults PRESET|FILE [--seed N]]
  scfws invoke [folder] <function> --event <file|-|sample>
  scfws push <pushUrl> --id <id> (--text S | --binary FILE | --close)
  scfws import [folder] [--register NAME] [--transfer NAME] [--cleanup NAME]
  scfws types [folder] [--annotate]
  scfws conformance [--language python|node] [--runtime R] [--python P] [--node P] [--only ROW] [--json]
            [--url URL --push-url URL | --targets FILE] [--mailbox-port N]
  scfws conformance --write-fixtures FOLDER --mailbox URL [--language python|node] [--runtime R]

--port 0 takes any free port. --json prints one fact a line, the first being "listening".
--emulator takes a JSON object with the settings of the emulator; serve and invoke know it.
--faults takes a file with a plan or one of: {0}. Without --seed the seed is 1.`,
    faultPresets.map(({ id }) => id).join(', '),
  );

/** Each command loads what it alone needs: a session is not to wait for an HTTP client or a YAML parser. */
const commands: Record<string, (args: string[]) => Promise<number>> = {
  async new(args) {
    const { values, positionals } = parse(args, {
      language: { type: 'string', default: 'python' },
      template: { type: 'string', default: 'echo' },
      register: { type: 'string' },
      transfer: { type: 'string' },
      cleanup: { type: 'string' },
      locale: { type: 'string' },
    });
    const [folder] = positionals;
    if (folder === undefined || folder === '') {
      throw usageError(l10n.t('"new" needs a folder.'));
    }
    const { create } = await import('./create');
    return create(folder, values, path.join(distFolder, 'templates'));
  },

  async serve(args) {
    const { values, positionals } = parse(args, {
      ...sessionFlags,
      json: { type: 'boolean' },
      stdio: { type: 'boolean' },
      debug: { type: 'string', multiple: true }, // Functions that a host is about to attach to.
      faults: { type: 'string' },
      seed: { type: 'string' },
    });
    const folders = positionals.length === 0 ? ['.'] : positionals;
    const seed =
      values.seed === undefined ? undefined : wholeNumber('--seed', values.seed, 0xffffffff);
    const output = values.stdio === true ? 'stdio' : values.json === true ? 'json' : 'text';
    const options = { ...sessionOptions(folders, values), debug: values.debug ?? [] };
    if (values.seed !== undefined && values.faults === undefined) {
      throw usageError(l10n.t('--seed belongs to --faults.'));
    }
    if (values.faults !== undefined) {
      const { readFaultPlan } = await import('./faultPlan');
      options.faults = readFaultPlan(values.faults, seed);
    }
    const { serve } = await import('./serve');
    return serve(options, output);
  },

  async invoke(args) {
    const { values, positionals } = parse(args, {
      ...sessionFlags,
      event: { type: 'string', default: 'sample' },
    });
    const functionName = positionals.at(-1);
    const onlyFolder =
      positionals.length === 1 && existsSync(path.join(functionName ?? '', 'scfws.json'));
    if (functionName === undefined || positionals.length > 2 || onlyFolder) {
      throw usageError(l10n.t('"invoke" needs a function, and before it at most a folder.'));
    }
    const folder = positionals.length === 2 ? (positionals[0] ?? '.') : '.';
    const { invoke } = await import('./invoke');
    return invoke({
      ...sessionOptions([folder], values),
      functionName,
      event: values.event ?? 'sample',
    });
  },

  async push(args) {
    const { values, positionals } = parse(args, {
      id: { type: 'string' },
      text: { type: 'string' },
      binary: { type: 'string' },
      close: { type: 'boolean' },
      locale: { type: 'string' },
    });
    const [url] = positionals;
    const given = [values.text, values.binary, values.close].filter((each) => each !== undefined);
    if (
      positionals.length !== 1 ||
      url === undefined ||
      values.id === undefined ||
      given.length !== 1
    ) {
      throw usageError(
        l10n.t('"push" needs a push address, --id, and one of --text, --binary and --close.'),
      );
    }
    const { push } = await import('./push');
    return push({ ...values, url, id: values.id });
  },

  async types(args) {
    const { values, positionals } = parse(args, {
      annotate: { type: 'boolean', default: false },
      locale: { type: 'string' },
    });
    useLocale(values.locale, distFolder);
    const { types } = await import('./types');
    return types(positionals[0] ?? '.', { annotate: values.annotate });
  },

  async import(args) {
    const { values, positionals } = parse(args, {
      register: { type: 'string' },
      transfer: { type: 'string' },
      cleanup: { type: 'string' },
      locale: { type: 'string' },
    });
    const { importProject } = await import('./importProject');
    return importProject(positionals[0] ?? '.', values);
  },

  async conformance(args) {
    const { values } = parse(args, {
      language: { type: 'string' },
      runtime: { type: 'string' },
      python: { type: 'string' },
      node: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'boolean' },
      url: { type: 'string' },
      'push-url': { type: 'string' },
      targets: { type: 'string' },
      'mailbox-port': { type: 'string' },
      'write-fixtures': { type: 'string' },
      mailbox: { type: 'string' },
      locale: { type: 'string' },
    });
    const { language, runtime, only, json, url, targets } = values;
    const fixtureFolder = path.join(distFolder, 'conformance');
    const { conformance, writeFixtures } = await import('./conformance');
    if (values['write-fixtures'] !== undefined) {
      const mailbox = values.mailbox ?? 'http://127.0.0.1:9555/';
      return writeFixtures(values['write-fixtures'], { language, runtime, fixtureFolder, mailbox });
    }
    const port = values['mailbox-port'];
    return conformance({
      ...{ language, runtime, only, json, url, targets, fixtureFolder },
      interpreter: language === 'node' ? values.node : values.python,
      pushUrl: values['push-url'],
      mailboxPort: port === undefined ? undefined : wholeNumber('--mailbox-port', port, 65_535),
      bootstrapFolder: path.join(distFolder, 'bootstrap'),
    });
  },
};

function sessionOptions(
  folders: string[],
  values: ReturnType<typeof parse<typeof sessionFlags>>['values'],
): SessionOptions {
  const port = values.port === undefined ? undefined : wholeNumber('--port', values.port, 65_535);
  const facts = wholeNumber('--max-facts', values['max-facts'] ?? '600000', 10_000_000, 1);
  const megabytes = wholeNumber('--memory-mb', values['memory-mb'] ?? '128', 100_000);
  return {
    // Whoever names the file means its folder.
    folders: folders.map((each) =>
      path.basename(each) === 'scfws.json' ? path.dirname(each) : each,
    ),
    bootstrapFolder: path.join(distFolder, 'bootstrap'),
    limits: { facts, payloadBytes: megabytes * 1024 * 1024 },
    allowedOrigins: values['allow-origin'] ?? [],
    interpreters: {
      ...(values.python === undefined ? {} : { python: values.python }),
      ...(values.node === undefined ? {} : { node: values.node }),
      ...(values['editor-python'] === undefined ? {} : { editorPython: values['editor-python'] }),
    },
    ...(port === undefined ? {} : { port }),
    ...(values.emulator === undefined ? {} : { emulator: parseEmulator(values.emulator) }),
  };
}

function wholeNumber(flag: string, text: string, most: number, least = 0): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most || value < least) {
    throw usageError(l10n.t('{0} takes a whole number up to {1}, not "{2}".', flag, most, text));
  }
  return value;
}

function parseEmulator(text: string): Partial<EmulatorOptions> {
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (error) {
    throw usageError(l10n.t('--emulator takes a JSON object: {0}', (error as Error).message));
  }
  const [problem] = emulatorProblems(options);
  if (problem !== undefined) {
    throw usageError(l10n.t('--emulator: {0}', problem));
  }
  return options as Partial<EmulatorOptions>;
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // Node.js goes on with a hint that is about something else.
    throw usageError((error as Error).message.split('. To specify')[0] as string);
  }
}

function usageError(message: string): UserError {
  return new UserError('usage', message, `\n${usage()}`);
}

async function main(): Promise<number> {
  // Nobody reads any more (`scfws … | head`): what is written then is lost, and no error.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => undefined);
  }
  const [, , command = '', ...args] = process.argv;
  const flag = args.indexOf('--locale');
  useLocale(flag < 0 ? undefined : args[flag + 1], packageFolder);
  if (['', 'help', '--help', '-h'].includes(command) || args.includes('--help')) {
    process.stdout.write(`${usage()}\n`);
    return command === '' ? 2 : 0;
  }
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (run === undefined) {
    throw usageError(l10n.t('There is no command "{0}".', command));
  }
  return run(args);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof UserError;
    process.stderr.write(
      `scfws: ${known ? sentenceOf(error) : String((error as Error)?.stack ?? error)}\n`,
    );
    process.exitCode = known && error.code === 'usage' ? 2 : 1;
  },
);

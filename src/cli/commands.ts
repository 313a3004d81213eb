/**
 * Every command of `scfws` with its flags. Parsing, help and completion read this table. Each command loads what it
 * alone needs: a session is not to wait for an HTTP client or a YAML parser.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { CiName, Language, TemplateName } from '../core/scaffold/planScaffold';
import type { UserError } from '../core/errors';
import { emulatorProblems } from '../core/project/schemaProblems';
import type { SessionOptions } from '../core/session/session';
import { faultPresets } from '../protocol/faultPresets';
import type { EmulatorOptions } from '../protocol/project';
import { type Command, command, usageError, type Values, wholeNumber } from './commandTable';
import { shells } from './completion';
import { testFlags } from './testFlags';

/** dist/: what is read at run time stands beside the program. */
const distFolder = __dirname;
const bootstrapFolder = path.join(distFolder, 'bootstrap');

const languages: readonly Language[] = ['python', 'python2', 'javascript', 'typescript'];
const templateNames: readonly TemplateName[] = ['echo', 'chat'];
const ciNames: readonly CiName[] = ['github'];

const locale = {
  locale: {
    type: 'string',
    value: 'en|zh-cn',
    text: () => l10n.t('Language of what is printed; without it the language of the terminal.'),
  },
} as const;

const interpreters = {
  python: {
    type: 'string',
    value: 'PROGRAM',
    text: () => l10n.t('Python that runs Python functions.'),
  },
  node: {
    type: 'string',
    value: 'PROGRAM',
    text: () => l10n.t('Node.js that runs Node.js functions.'),
  },
} as const;

const sessionFlags = {
  port: {
    type: 'string',
    value: 'N',
    text: () =>
      l10n.t('Port of the gateway; 0 takes any free one. Without it the one in scfws.json.'),
  },
  ...interpreters,
  'editor-python': { type: 'string' }, // The environment that is active in a host.
  'allow-origin': {
    type: 'string',
    multiple: true,
    value: 'ORIGIN',
    text: () => l10n.t('Origin of web pages that may connect besides local ones.'),
  },
  emulator: {
    type: 'string',
    value: 'JSON',
    text: () => l10n.t('Settings of the emulator, as in scfws.json, which wins over them.'),
  },
  'max-facts': {
    type: 'string',
    value: 'N',
    initial: '600000',
    text: () => l10n.t('How many facts are kept; the oldest go first.'),
  },
  'memory-mb': {
    type: 'string',
    value: 'N',
    initial: '128',
    text: () => l10n.t('MB of payloads that are kept; the oldest go first.'),
  },
  ...locale,
} as const;

const roleNames = {
  register: {
    type: 'string',
    value: 'NAME',
    text: () => l10n.t('Name of the function that runs when a client connects.'),
  },
  transfer: {
    type: 'string',
    value: 'NAME',
    text: () => l10n.t('Name of the function that runs for each message.'),
  },
  cleanup: {
    type: 'string',
    value: 'NAME',
    text: () => l10n.t('Name of the function that runs when a client has left.'),
  },
} as const;

export const commands: readonly Command[] = [
  command({
    name: 'new',
    synopsis: '<folder>',
    text: () => l10n.t('Creates a project that runs at once. Nothing is overwritten.'),
    flags: {
      language: {
        type: 'string',
        choices: languages,
        initial: 'python',
        text: () => l10n.t('Language of the functions.'),
      },
      template: {
        type: 'string',
        choices: templateNames,
        initial: 'echo',
        text: () => l10n.t('What they do.'),
      },
      ci: {
        type: 'string',
        choices: ciNames,
        text: () => l10n.t('Adds a workflow that runs the scenarios there.'),
      },
      ...roleNames,
      ...locale,
    },
    example: 'new my-chat --language javascript --template chat',
    async run(values, [folder]) {
      if (folder === undefined || folder === '') {
        throw usageError('new', l10n.t('"new" needs a folder.'));
      }
      const { create } = await import('./create');
      const { language, template, ci } = values as {
        language: Language;
        template: TemplateName;
        ci?: CiName;
      };
      const { locale: spoken, register, transfer, cleanup } = values;
      return create(
        folder,
        {
          ...{ language, template },
          ...(ci === undefined ? {} : { ci }),
          ...(spoken === undefined ? {} : { locale: spoken }),
          ...(register === undefined ? {} : { register }),
          ...(transfer === undefined ? {} : { transfer }),
          ...(cleanup === undefined ? {} : { cleanup }),
        },
        path.join(distFolder, 'templates'),
      );
    },
  }),

  command({
    name: 'serve',
    synopsis: '[folder…]',
    text: () => l10n.t('Runs the gateway with the functions of one or more projects.'),
    flags: {
      ...sessionFlags,
      as: {
        type: 'string',
        choices: ['api-gateway', 'web-function'],
        text: () => l10n.t('Also keep the limits of a Web function, and tell what crosses them.'),
      },
      json: { type: 'boolean', text: () => l10n.t('Print one fact a line, as JSON.') },
      stdio: { type: 'boolean' },
      debug: { type: 'string', multiple: true }, // Functions that a host is about to attach to.
      private: { type: 'boolean' }, // For a load: nobody else is to find it.
      faults: {
        type: 'string',
        value: 'PRESET|FILE',
        text: () =>
          l10n.t(
            'Make the network and the functions misbehave, by a file or one of: {0}.',
            faultPresets.map(({ id }) => id).join(', '),
          ),
      },
      seed: {
        type: 'string',
        value: 'N',
        text: () => l10n.t('Repeats the same faults exactly; without it the seed is 1.'),
      },
    },
    example: 'serve my-chat --port 9480',
    async run(values, positionals) {
      const folders = positionals.length === 0 ? ['.'] : positionals;
      const seed =
        values.seed === undefined
          ? undefined
          : wholeNumber('serve', '--seed', values.seed, 0xffffffff);
      const output = values.stdio === true ? 'stdio' : values.json === true ? 'json' : 'text';
      const options: SessionOptions = {
        ...sessionOptions('serve', folders, values),
        debug: values.debug ?? [],
        ...(values.private === true ? { isPrivate: true } : {}),
      };
      if (values.seed !== undefined && values.faults === undefined) {
        throw usageError('serve', l10n.t('--seed belongs to --faults.'));
      }
      if (values.faults !== undefined) {
        const { readFaultPlan } = await import('./faultPlan');
        options.faults = readFaultPlan(values.faults, seed);
      }
      const { serve } = await import('./serve');
      const platform =
        values.as === undefined
          ? undefined
          : values.as === 'web-function'
            ? 'webFunction'
            : 'apiGateway';
      return serve(options, output, platform);
    },
  }),

  command({
    name: 'test',
    synopsis: '[folder|file…]',
    text: () => l10n.t('Runs the scenarios (*.wsflow.yaml) of a project.'),
    flags: { ...testFlags, ...interpreters, emulator: sessionFlags.emulator, ...locale },
    example: 'test my-chat --reporter spec --reporter junit=out/junit.xml',
    async run(values, positionals) {
      const { testOptions } = await import('./testOptions');
      const { runTests } = await import('./runTests');
      const usage = (message: string): UserError => usageError('test', message);
      const { python, node, emulator } = values;
      return runTests(
        testOptions(positionals, values, usage, {
          bootstrapFolder,
          interpreters: {
            ...(python === undefined ? {} : { python }),
            ...(node === undefined ? {} : { node }),
          },
          ...(emulator === undefined ? {} : { emulator: parseEmulator('test', emulator) }),
        }),
      );
    },
  }),

  command({
    name: 'explore',
    synopsis: '[folder|file…]',
    text: () => l10n.t('Looks for an order of events in which a scenario fails.'),
    flags: {
      filter: testFlags.filter,
      id: testFlags.id,
      runs: {
        type: 'string',
        value: 'N',
        text: () => l10n.t('Ends after so many runs, of all scenarios together.'),
      },
      for: {
        type: 'string',
        value: 'TIME',
        text: () => l10n.t('Ends after this time, such as 60s; without both: 60s.'),
      },
      seed: {
        type: 'string',
        value: 'N',
        initial: '1',
        text: () => l10n.t('Seed of the orders that are tried by chance.'),
      },
      faults: {
        type: 'boolean',
        text: () =>
          l10n.t(
            'Also lets one process die at a push, or one push fail; then only what always holds is checked.',
          ),
      },
      save: {
        type: 'string',
        value: 'FILE',
        text: () => l10n.t('Keeps the order as a scenario that runs it again: FILE.wsflow.yaml.'),
      },
      report: {
        type: 'string',
        value: 'FILE',
        text: () => l10n.t('Writes the story with sequence diagrams, as Markdown.'),
      },
      html: {
        type: 'string',
        value: 'FILE',
        text: () => l10n.t('Writes the story as a page, with both orders side by side.'),
      },
      workers: testFlags.workers,
      json: { type: 'boolean', text: () => l10n.t('Prints JSON, one line each.') },
      stdio: { type: 'boolean' },
      ...interpreters,
      emulator: sessionFlags.emulator,
      ...locale,
    },
    example: 'explore my-chat/scenarios/chat.wsflow.yaml --for 60s --save race.wsflow.yaml',
    async run(values, positionals) {
      const { exploreOptions } = await import('./exploreOptions');
      const { runExplore } = await import('./explore');
      const usage = (message: string): UserError => usageError('explore', message);
      const { python, node, emulator } = values;
      return runExplore(
        exploreOptions(positionals, values, usage, {
          bootstrapFolder,
          interpreters: {
            ...(python === undefined ? {} : { python }),
            ...(node === undefined ? {} : { node }),
          },
          ...(emulator === undefined ? {} : { emulator: parseEmulator('explore', emulator) }),
        }),
      );
    },
  }),

  command({
    name: 'orphans',
    synopsis: '<recording>',
    text: () =>
      l10n.t('Lists clients of a recording that functions still pushed to after they had left.'),
    flags: { ...locale },
    example: 'orphans traffic.scfws.jsonl',
    async run(_values, [file, ...rest]) {
      if (file === undefined || rest.length > 0) {
        throw usageError('orphans', l10n.t('"orphans" needs one recording.'));
      }
      const { tellOrphans } = await import('./orphans');
      return tellOrphans(file);
    },
  }),

  command({
    name: 'replay',
    synopsis: '<recording> [folder]',
    text: () =>
      l10n.t(
        "Lets a recording's clients speak again to today's handlers, and tells the difference.",
      ),
    flags: {
      pace: {
        type: 'string',
        choices: ['virtual', 'real'],
        initial: 'virtual',
        text: () => l10n.t('virtual: idle time costs nothing; real: as fast as it was recorded.'),
      },
      limit: {
        type: 'string',
        value: 'SECONDS',
        initial: '30',
        text: () => l10n.t('How long what one message sets off may take.'),
      },
      save: {
        type: 'string',
        value: 'FILE',
        text: () => l10n.t('Keeps the conversations that differ as a scenario (*.wsflow.yaml).'),
      },
      json: { type: 'boolean' }, // For hosts.
      ...interpreters,
      emulator: sessionFlags.emulator,
      ...locale,
    },
    example: 'replay traffic.scfws.jsonl my-chat --save my-chat/scenarios/kept.wsflow.yaml',
    async run(values, [file, folder = '.', ...rest]) {
      const { python, node, emulator, pace, limit, save, json } = values;
      if (file === undefined || rest.length > 0) {
        throw usageError(
          'replay',
          l10n.t('"replay" needs a recording, and after it at most a folder.'),
        );
      }
      const seconds = wholeNumber('replay', '--limit', limit ?? '', 86_400, 1);
      const { runReplay } = await import('./runReplay');
      return runReplay({
        file,
        folder: path.basename(folder) === 'scfws.json' ? path.dirname(folder) : folder,
        pace: pace === 'real' ? 'real' : 'virtual',
        limit: seconds * 1000,
        json: json === true,
        ...(save === undefined ? {} : { save }),
        bootstrapFolder,
        interpreters: {
          ...(python === undefined ? {} : { python }),
          ...(node === undefined ? {} : { node }),
        },
        ...(emulator === undefined ? {} : { emulator: parseEmulator('replay', emulator) }),
      });
    },
  }),

  command({
    name: 'keep',
    synopsis: '<recording> [second recording]',
    text: () =>
      l10n.t(
        'Writes a recorded conversation as a scenario. With a second recording of it, what varies is masked.',
      ),
    flags: {
      to: {
        type: 'string',
        value: 'FILE',
        text: () => l10n.t('The scenario (*.wsflow.yaml); without it, standard output.'),
      },
      ...locale,
    },
    example: 'keep monday.scfws.jsonl tuesday.scfws.jsonl --to my-chat/scenarios/kept.wsflow.yaml',
    async run({ to }, [recording, again, ...rest]) {
      if (recording === undefined || rest.length > 0) {
        throw usageError(
          'keep',
          l10n.t('"keep" needs a recording, and after it at most a second one of the same.'),
        );
      }
      const { keep } = await import('./keep');
      return keep({
        recording,
        ...(again === undefined ? {} : { again }),
        ...(to === undefined ? {} : { to }),
      });
    },
  }),

  command({
    name: 'load',
    synopsis: '<flow>',
    text: () =>
      l10n.t('Runs the scenarios of a flow with many clients at once, and tells latencies.'),
    flags: {
      clients: {
        type: 'string',
        value: 'N',
        initial: '50',
        text: () => l10n.t('How many clients.'),
      },
      ramp: {
        type: 'string',
        value: 'TIME',
        initial: '5s',
        text: () => l10n.t('Until all of them have begun.'),
      },
      for: {
        type: 'string',
        value: 'TIME',
        initial: '30s',
        text: () => l10n.t('How long they go on then.'),
      },
      every: {
        type: 'string',
        value: 'TIME',
        initial: '1s',
        text: () =>
          l10n.t('Time between two messages of a scenario; latency counts from when one is due.'),
      },
      limit: {
        type: 'string',
        value: 'TIME',
        initial: '10s',
        text: () => l10n.t('How long an answer may take.'),
      },
      check: {
        type: 'string',
        multiple: true,
        value: 'CHECK',
        text: () => l10n.t("What must hold, such as 'p99<200ms' or 'reach>=99%'; several."),
      },
      report: { type: 'string', value: 'FILE', text: () => l10n.t('Writes an HTML report.') },
      url: { type: 'string', value: 'URL', text: () => l10n.t('Loads this gateway instead.') },
      stdio: { type: 'boolean' },
      ...interpreters,
      ...locale,
    },
    example: "load my-chat/scenarios/chat.wsflow.yaml --clients 200 --check 'p99<200ms'",
    async run(values, [file, ...rest]) {
      if (file === undefined || rest.length > 0) {
        throw usageError('load', l10n.t('"load" needs one flow (*.wsflow.yaml).'));
      }
      const { parseDuration } = await import('../core/scenario/flow');
      const time = (flag: 'ramp' | 'for' | 'every' | 'limit'): number => {
        const text = values[flag] ?? '';
        const value = parseDuration(text);
        if (value === undefined || (flag !== 'ramp' && value === 0)) {
          throw usageError(
            'load',
            l10n.t('--{0} takes a time such as 10s or 500ms, not "{1}".', flag, text),
          );
        }
        return value;
      };
      const { python, node, url, report } = values;
      if (url !== undefined && !/^wss?:\/\//.test(url)) {
        throw usageError(
          'load',
          l10n.t('--url takes an address that begins with ws:// or wss://.'),
        );
      }
      const { runLoad } = await import('./runLoad');
      return runLoad({
        file,
        clients: wholeNumber('load', '--clients', values.clients ?? '', 100_000, 1),
        ramp: time('ramp'),
        duration: time('for'),
        every: time('every'),
        limit: time('limit'),
        checks: values.check ?? [],
        language: values.locale ?? 'en',
        stdio: values.stdio === true,
        bootstrapFolder,
        command: [
          process.execPath,
          path.join(distFolder, 'cli.js'),
          ...['serve', '--stdio', '--private', '--max-facts', '1000', '--memory-mb', '1'],
          ...(python === undefined ? [] : ['--python', python]),
          ...(node === undefined ? [] : ['--node', node]),
        ],
        ...(url === undefined ? {} : { url }),
        ...(report === undefined ? {} : { report }),
      });
    },
  }),

  command({
    name: 'invoke',
    synopsis: '[folder] <function>',
    text: () => l10n.t('Runs one function once. Its result goes to stdout, its log to stderr.'),
    flags: {
      ...sessionFlags,
      event: {
        type: 'string',
        value: 'FILE|-|sample',
        initial: 'sample',
        text: () => l10n.t('The event: a file, standard input, or a sample for its role.'),
      },
    },
    example: 'invoke my-chat Transmission --event my-chat/events/transfer-text.json',
    async run(values, positionals) {
      const functionName = positionals.at(-1);
      const onlyFolder =
        positionals.length === 1 && existsSync(path.join(functionName ?? '', 'scfws.json'));
      if (functionName === undefined || positionals.length > 2 || onlyFolder) {
        throw usageError(
          'invoke',
          l10n.t('"invoke" needs a function, and before it at most a folder.'),
        );
      }
      const folder = positionals.length === 2 ? (positionals[0] ?? '.') : '.';
      const { invoke } = await import('./invoke');
      const event = values.event ?? 'sample';
      return invoke({ ...sessionOptions('invoke', [folder], values), functionName, event });
    },
  }),

  command({
    name: 'push',
    synopsis: '<pushUrl>',
    text: () => l10n.t('Pushes once to a client, as a handler would.'),
    flags: {
      id: { type: 'string', value: 'ID', text: () => l10n.t('Id of the connection.') },
      text: { type: 'string', value: 'TEXT', text: () => l10n.t('Sends text.') },
      binary: { type: 'string', value: 'FILE', text: () => l10n.t('Sends the bytes of a file.') },
      close: { type: 'boolean', text: () => l10n.t('Closes the connection.') },
      ...locale,
    },
    example: 'push http://127.0.0.1:9480/api-abcdefgh --id 3q2+7wAAkB9/Zk1sCQ1Rew== --text hello',
    async run(values, positionals) {
      const [url] = positionals;
      const given = [values.text, values.binary, values.close].filter((each) => each !== undefined);
      const { id } = values;
      if (positionals.length !== 1 || url === undefined || id === undefined || given.length !== 1) {
        throw usageError(
          'push',
          l10n.t('"push" needs a push address, --id, and one of --text, --binary and --close.'),
        );
      }
      const { push } = await import('./push');
      return push({ ...values, url, id });
    },
  }),

  command({
    name: 'import',
    synopsis: '[folder]',
    text: () => l10n.t('Writes scfws.json for functions that exist. Nothing else is changed.'),
    flags: { ...roleNames, ...locale },
    example: 'import . --transfer Transmission',
    async run(values, [folder = '.']) {
      const { importProject } = await import('./importProject');
      return importProject(folder, values);
    },
  }),

  command({
    name: 'types',
    synopsis: '[folder]',
    text: () => l10n.t('Gives a project the types of its events, answers and pushes.'),
    flags: {
      annotate: {
        type: 'boolean',
        text: () => l10n.t('Also write the types at the handlers.'),
      },
      ...locale,
    },
    example: 'types my-chat --annotate',
    async run(values, [folder = '.']) {
      const { types } = await import('./types');
      return types(folder, { annotate: values.annotate === true });
    },
  }),

  command({
    name: 'gateway',
    synopsis: '[gateway.json or folder]',
    text: () => l10n.t('Serves clients of your own for good: one node of a gateway that stays.'),
    flags: {
      check: { type: 'boolean', text: () => l10n.t('Only check the file and the environment.') },
      ...interpreters,
      ...locale,
    },
    example: 'gateway gateway.json',
    async run(values, [file]) {
      const { runProgram } = await import('./program');
      return runProgram('gateway.js', { ...values, file });
    },
  }),

  command({
    name: 'attach',
    synopsis: 'url',
    text: () =>
      l10n.t('Tells what a node of "gateway" does, without payloads. Nothing is changed.'),
    flags: {
      sample: {
        type: 'string',
        value: 'SHARE',
        text: () => l10n.t('Only this share of the connections, e.g. 0.1.'),
      },
      json: { type: 'boolean', text: () => l10n.t('Facts as JSON, one a line.') },
      ...locale,
    },
    example: 'attach http://127.0.0.1:9490 --sample 0.1',
    async run(values, [url]) {
      const sample = Number(values.sample ?? 1);
      if (url === undefined || !(sample > 0 && sample <= 1)) {
        throw usageError(
          'attach',
          l10n.t('"attach" needs the address of a node, and a --sample above 0 and up to 1.'),
        );
      }
      const secret = process.env['SCFWS_ATTACH_SECRET'] ?? '';
      const { attach } = await import('./attach');
      return attach({ url, secret, sample, json: values.json === true });
    },
  }),

  command({
    name: 'export',
    synopsis: 'web-function [folder]',
    text: () => l10n.t('Writes a folder that hosts the functions, as they are, in a Web function.'),
    flags: {
      out: {
        type: 'string',
        value: 'FOLDER',
        text: () => l10n.t('Where it is written; without it beside the project.'),
      },
      host: {
        type: 'string',
        choices: ['node', 'python'],
        text: () => l10n.t('Language of the host; without it that of the functions.'),
      },
      report: {
        type: 'boolean',
        text: () => l10n.t('Only tell what the project would lose, or must change.'),
      },
      recording: {
        type: 'string',
        value: 'FILE',
        text: () =>
          l10n.t('A recording: which limits its clients cross, and what would be billed.'),
      },
      prices: {
        type: 'string',
        value: 'FILE',
        text: () => l10n.t('Your prices, as JSON, for what would be billed.'),
      },
      ...locale,
    },
    words: ['web-function'],
    example: 'export web-function my-chat --out my-chat-web-function',
    async run(values, [form, folder = '.', ...others]) {
      if (form !== 'web-function' || others.length > 0) {
        throw usageError('export', l10n.t('"export" needs "web-function", and then a folder.'));
      }
      if (values.prices !== undefined && values.recording === undefined) {
        throw usageError('export', l10n.t('--prices belongs to --recording.'));
      }
      const { exportWebFunction } = await import('./exportWebFunction');
      const { out, host, recording, prices } = values;
      return exportWebFunction({
        ...{ folder, out, recording, prices, distFolder },
        host: host as 'node' | 'python' | undefined,
        reportOnly: values.report === true,
      });
    },
  }),

  command({
    name: 'conformance',
    synopsis: '',
    text: () => l10n.t('Checks a gateway against the fidelity ledger, from outside.'),
    flags: {
      language: {
        type: 'string',
        choices: ['python', 'node'],
        initial: 'python',
        text: () => l10n.t('Language of the fixture functions.'),
      },
      runtime: {
        type: 'string',
        value: 'RUNTIME',
        text: () => l10n.t('Their runtime, as in scfws.json.'),
      },
      ...interpreters,
      only: {
        type: 'string',
        value: 'ROW',
        text: () => l10n.t('Only the rows whose id starts so.'),
      },
      json: { type: 'boolean', text: () => l10n.t('Print the results as JSON.') },
      url: {
        type: 'string',
        value: 'URL',
        text: () => l10n.t('Another gateway, at which the fixtures are deployed.'),
      },
      'push-url': { type: 'string', value: 'URL', text: () => l10n.t('Its push address.') },
      targets: {
        type: 'string',
        value: 'FILE',
        text: () => l10n.t('Addresses of several set-ups, as a JSON file.'),
      },
      'mailbox-port': {
        type: 'string',
        value: 'N',
        text: () => l10n.t('Port at which the fixtures report what they got.'),
      },
      'write-fixtures': {
        type: 'string',
        value: 'FOLDER',
        text: () => l10n.t('Only write the fixture functions, to be deployed elsewhere.'),
      },
      mailbox: {
        type: 'string',
        value: 'URL',
        initial: 'http://127.0.0.1:9555/',
        text: () => l10n.t('Address that written fixtures report to.'),
      },
      ...locale,
    },
    example: 'conformance --language node --only push',
    async run(values) {
      const port = values['mailbox-port'];
      const mailboxPort =
        port === undefined ? undefined : wholeNumber('conformance', '--mailbox-port', port, 65_535);
      const { runProgram } = await import('./program');
      return runProgram('conformance.js', { ...values, mailboxPort });
    },
  }),

  command({
    name: 'mcp',
    synopsis: '[folder…]',
    text: () =>
      l10n.t('Serves coding agents over standard input and output (Model Context Protocol).'),
    flags: {
      'allow-run': {
        type: 'boolean',
        text: () =>
          l10n.t('Agents may run the functions in these folders; else they only read recordings.'),
      },
      ...locale,
    },
    example: 'mcp my-chat --allow-run',
    async run(values, positionals) {
      const { serveAgents } = await import('./mcp');
      return serveAgents(positionals, values['allow-run'] === true);
    },
  }),

  command({
    name: 'completion',
    synopsis: shells.join('|'),
    text: () => l10n.t('Prints a script with which a shell completes these commands.'),
    flags: { ...locale },
    words: shells,
    example: 'completion bash',
    async run(_values, [name]) {
      const shell = shells.find((each) => each === name);
      if (shell === undefined) {
        throw usageError('completion', l10n.t('"completion" needs one of {0}.', shells.join(', ')));
      }
      const { completionScript } = await import('./completion');
      process.stdout.write(completionScript(shell, commands));
      return 0;
    },
  }),
];

function sessionOptions(
  name: string,
  folders: string[],
  values: Values<typeof sessionFlags>,
): SessionOptions {
  const { python, node, 'editor-python': editorPython, port, emulator } = values;
  const facts = wholeNumber(name, '--max-facts', values['max-facts'] ?? '', 10_000_000, 1);
  const megabytes = wholeNumber(name, '--memory-mb', values['memory-mb'] ?? '', 100_000);
  return {
    // Whoever names the file means its folder.
    folders: folders.map((each) =>
      path.basename(each) === 'scfws.json' ? path.dirname(each) : each,
    ),
    bootstrapFolder,
    limits: { facts, payloadBytes: megabytes * 1024 * 1024 },
    allowedOrigins: values['allow-origin'] ?? [],
    interpreters: {
      ...(python === undefined ? {} : { python }),
      ...(node === undefined ? {} : { node }),
      ...(editorPython === undefined ? {} : { editorPython }),
    },
    ...(port === undefined ? {} : { port: wholeNumber(name, '--port', port, 65_535) }),
    ...(emulator === undefined ? {} : { emulator: parseEmulator(name, emulator) }),
  };
}

function parseEmulator(name: string, text: string): Partial<EmulatorOptions> {
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (error) {
    throw usageError(name, l10n.t('--emulator takes a JSON object: {0}', (error as Error).message));
  }
  const [problem] = emulatorProblems(options);
  if (problem !== undefined) {
    throw usageError(name, l10n.t('--emulator: {0}', problem));
  }
  return options as Partial<EmulatorOptions>;
}

/** The flags of `scfws test`, beside those that every session has. */
import * as l10n from '@vscode/l10n';

export const testFlags = {
  filter: {
    type: 'string',
    value: 'TEXT|/REGEX/',
    text: () => l10n.t('Only scenarios whose file or name has this in it.'),
  },
  id: { type: 'string', multiple: true }, // Exactly these, as --list prints them: for hosts.
  reporter: {
    type: 'string',
    multiple: true,
    value: 'NAME[=FILE]',
    text: () =>
      l10n.t('How results are told: spec, junit, tap, github or json; several, each with a file.'),
  },
  repeat: { type: 'string', value: 'N', text: () => l10n.t('Runs each scenario so many times.') },
  shard: {
    type: 'string',
    value: 'I/N',
    text: () => l10n.t('Runs part I of N, for a CI with several machines.'),
  },
  bail: { type: 'boolean', text: () => l10n.t('Ends at the first failure.') },
  workers: {
    type: 'string',
    value: 'N',
    text: () => l10n.t('Scenarios at a time; without it one for each core, at most 4.'),
  },
  watch: {
    type: 'boolean',
    text: () => l10n.t('Runs again whenever a flow or a handler is saved.'),
  },
  list: { type: 'boolean', text: () => l10n.t('Only tells what would run.') },
  record: {
    type: 'string',
    value: 'FOLDER',
    text: () => l10n.t('Keeps what the gateway saw of each scenario; Traffic opens it.'),
  },
  coverage: {
    type: 'string',
    value: 'lcov',
    text: () => l10n.t('Counts which lines of the handlers run, for Node.js and Python 3.'),
  },
  'coverage-to': {
    type: 'string',
    value: 'FILE',
    text: () => l10n.t('Where the coverage is written; else coverage/lcov.info.'),
  },
  url: {
    type: 'string',
    value: 'URL',
    text: () =>
      l10n.t('Runs against this gateway; steps that only the emulator can do are left out.'),
  },
  push: { type: 'string', value: 'URL', text: () => l10n.t('Push address of that gateway.') },
  silence: {
    type: 'string',
    value: 'MS',
    text: () =>
      l10n.t('There: how long nothing must come until nothing more is expected; else 400.'),
  },
  stdio: { type: 'boolean' },
  order: { type: 'string' }, // Deviations as JSON, instead of what the scenarios say: for hosts.
  debug: { type: 'string', multiple: true }, // Functions that a host is about to attach to; * for all.
} as const;

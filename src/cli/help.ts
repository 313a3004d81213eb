/** The help of the command line, written from the table that parses it. */
import * as l10n from '@vscode/l10n';
import type { Command, Flag } from './commandTable';

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, text }): [string, string] => [`scfws ${name}`, text()]);
  return [
    l10n.t('Runs the three functions of a Tencent Cloud SCF WebSocket API on this machine.'),
    '',
    ...columns(rows),
    '',
    l10n.t('`scfws <command> --help` shows its flags and an example.'),
    l10n.t('`scfws --version` shows the version and the interpreters that would run functions.'),
  ].join('\n');
}

/** One command: how it is written, what each flag does and what it is without, and one example. */
export function helpOf({ name, synopsis, text, flags, example }: Command): string {
  const shown = Object.entries(flags).filter(([, { text: said }]) => said !== undefined);
  const rows = shown.map(([flag, entry]): [string, string] => [
    written(flag, entry),
    meaning(entry),
  ]);
  return [
    text(),
    '',
    `  scfws ${name}${synopsis === '' ? '' : ` ${synopsis}`}${rows.length === 0 ? '' : ` [${l10n.t('flags')}]`}`,
    ...(rows.length === 0 ? [] : ['', ...columns(rows)]),
    '',
    `${l10n.t('Example')}: scfws ${example}`,
  ].join('\n');
}

function written(name: string, { type, value, choices, multiple }: Flag): string {
  const what = type === 'boolean' ? '' : ` ${choices?.join('|') ?? value ?? 'TEXT'}`;
  return `--${name}${what}${multiple ? ' …' : ''}`;
}

function meaning({ text, initial }: Flag): string {
  const said = text?.() ?? '';
  return initial === undefined ? said : `${said} ${l10n.t('Default: {0}.', initial)}`;
}

/** Two columns; a long left side stands on a line of its own. */
function columns(rows: readonly [string, string][]): string[] {
  const width = Math.min(Math.max(...rows.map(([left]) => left.length)), 30);
  return rows.flatMap(([left, right]) =>
    left.length > width
      ? [`  ${left}`, `  ${' '.repeat(width)}  ${right}`]
      : [`  ${left.padEnd(width)}  ${right}`],
  );
}

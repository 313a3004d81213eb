/**
 * What a command of the command line is: the same entry parses it, prints its help and makes the shells complete it.
 */
import { parseArgs } from 'node:util';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';

export interface Flag {
  type: 'string' | 'boolean';
  multiple?: true;
  /** What stands for the value in the help: `N`, `FILE`. */
  value?: string;
  /** The only values that it takes. */
  choices?: readonly string[];
  /** Taken where nothing is given, as a person would write it. */
  initial?: string;
  /** One line, translated; none: for the editor alone, and not shown. */
  text?: () => string;
}

export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F extends { multiple: true }
  ? F['type'] extends 'boolean'
    ? boolean[]
    : string[]
  : F['type'] extends 'boolean'
    ? boolean
    : string;

export type Values<F extends Flags> = { -readonly [Name in keyof F]?: ValueOf<F[Name]> };

export interface Command {
  name: string;
  /** Its arguments as the help writes them: `[folder] <function>`, with `…` where there may be any number. */
  synopsis: string;
  /** What it does, in one line, translated. */
  text: () => string;
  flags: Flags;
  /** One that works as it stands, after `scfws `. */
  example: string;
  /** Words that may stand first, for completion. */
  words?: readonly string[];
  run(args: readonly string[]): Promise<number>;
}

/** Parses as its flags say, and passes their values on; an unknown flag is a `UserError` with the command's help. */
export function command<const F extends Flags>(
  entry: Omit<Command, 'flags' | 'run'> & {
    flags: F;
    run(values: Values<F>, positionals: string[]): Promise<number>;
  },
): Command {
  const self: Command = {
    ...entry,
    run: (args) => {
      const { values, positionals } = parse(self, args);
      return entry.run(values as Values<F>, positionals);
    },
  };
  return self;
}

function parse(self: Command, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(self.flags).map(([name, { type, multiple, initial }]) => [
      name,
      {
        type,
        ...(multiple && { multiple }),
        ...(initial !== undefined && type === 'string' && !multiple && { default: initial }),
      },
    ]),
  );
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true });
    const more = parsed.positionals[mostArguments(self.synopsis)];
    if (more !== undefined) {
      throw usageError(self.name, l10n.t('"{0}" is one argument too many.', more));
    }
    for (const [name, { choices }] of Object.entries(self.flags)) {
      const value = parsed.values[name];
      if (choices !== undefined && typeof value === 'string' && !choices.includes(value)) {
        const message = l10n.t(
          '--{0} takes one of {1}, not "{2}".',
          name,
          choices.join(', '),
          value,
        );
        throw usageError(self.name, message);
      }
    }
    return parsed;
  } catch (error) {
    if (error instanceof UserError) {
      throw error;
    }
    throw usageError(self.name, wrongFlag(error as NodeJS.ErrnoException));
  }
}

function mostArguments(synopsis: string): number {
  const words = synopsis.replace(/\[[^\]]*\]|<[^>]*>/g, '_').match(/\S+/g) ?? [];
  return synopsis.includes('…') ? Infinity : words.length;
}

/** What Node.js says of a flag, without its hint that is about something else. */
function wrongFlag({ code, message }: NodeJS.ErrnoException): string {
  const [, name = ''] = /'(--?[^\s']+)/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    return l10n.t("Unknown option '{0}'.", name);
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return message.includes('does not take')
      ? l10n.t('{0} takes no value.', name)
      : l10n.t('{0} needs a value; one that begins with a dash is written {0}=-….', name);
  }
  return message.split('. To specify')[0] ?? message;
}

/** The command was written wrongly: what is wrong, and where it says how it is written. Exit code 2. */
export function usageError(command: string, message: string): UserError {
  const help = l10n.t('`scfws {0} --help` shows how it is written.', command);
  return new UserError('usage', message, help);
}

/** A flag's number, or a usage error that names the limits. */
export function wholeNumber(
  command: string,
  flag: string,
  text: string,
  most: number,
  least = 0,
): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most || value < least) {
    throw usageError(
      command,
      l10n.t('{0} takes a whole number up to {1}, not "{2}".', flag, most, text),
    );
  }
  return value;
}

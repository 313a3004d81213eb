/** A command of `scfws` as a child process: JSON comes out of it, one a line; the end of its stdin ends it. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { emulatorSettings, sessionLocale, setting } from './configuration';
import { editorPython } from './editorPython';
import { settings } from './ids';
import { childEnvironment, readLines } from './sessionProcess';

export interface CliListener {
  onValue(value: Record<string, unknown>): void;
  /** A line that is no value: what the command says of itself. */
  onLine(line: string): void;
}

export interface CliProcess {
  /** Resolves with the exit code when the process and its handlers are gone; null: it was killed or never began. */
  ended: Promise<number | null>;
  cancel(): void;
  /** A line for its stdin; one that has ended gets none. */
  write(line: string): void;
}

export function programOf(extensionPath: string): string {
  return path.join(extensionPath, 'dist', 'cli.js');
}

/** What a command that was cancelled may take until it has ended its handlers, in milliseconds. */
const patience = 5000;

/** `args`: the program and what follows. */
export function runCli(args: readonly string[], listener: CliListener): CliProcess {
  const child = spawn(process.execPath, args, {
    env: childEnvironment(process.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let limit: NodeJS.Timeout | undefined;
  readLines(child.stdout, (lines) => lines.forEach((line) => receive(line, listener)));
  readLines(child.stderr, (lines) =>
    lines.filter((line) => line.trim() !== '').forEach((line) => listener.onLine(line)),
  );
  // A write to a child that has just ended fails; that it ended is told by 'close'.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      listener.onLine(error.message);
      resolve(null);
    });
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve(code);
    });
  });
  return {
    ended,
    cancel() {
      child.stdin.end();
      limit ??= setTimeout(() => child.kill('SIGKILL'), patience);
    },
    write(line) {
      if (child.stdin.writable) {
        child.stdin.write(`${line}\n`);
      }
    },
  };
}

/** Flags that tell a command what the editor's settings say. `folder`: whose Python is meant. */
export async function flagsOfSettings(folder: string, emulator: boolean): Promise<string[]> {
  const python = setting<string>(settings.pythonPath, '') || (await editorPython(folder));
  const options = emulatorSettings();
  return flags({
    '--locale': sessionLocale(),
    '--python': python,
    '--node': setting<string>(settings.nodePath, ''),
    '--emulator': emulator && Object.keys(options).length > 0 ? JSON.stringify(options) : undefined,
  });
}

/** Those that have a value. */
export function flags(values: Record<string, string | undefined>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : `${name}=${value}`,
  );
}

function receive(line: string, listener: CliListener): void {
  const value = parse(line);
  if (value !== undefined) {
    listener.onValue(value);
  } else if (line.trim() !== '') {
    listener.onLine(line);
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as never) : undefined;
  } catch {
    return undefined;
  }
}

// What tests written in TypeScript use of toolchain.mjs.
import type { ChildProcess } from 'node:child_process';

export const root: string;
export const browserFlags: readonly string[];
/** The absolute path of a Chromium-like browser, installed when that is possible. */
export function ensureBrowser(): Promise<string>;
/** The absolute path of a Node.js of another major version, in .vscode-test/node/<major>/. */
export function ensureNode(major: number): Promise<string>;
/** A Python 3 that can import debugpy. */
export function ensureDebugpy(): Promise<string>;
/** Waits until `probe` returns something other than undefined. */
export function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  seconds?: number,
): Promise<T>;

/** The first of `names` that is a file, or a program on PATH. */
export function findProgram(names: string[]): string | undefined;

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  quiet?: boolean;
  /** After these, the program is ended. Default 600. */
  seconds?: number;
}
/** Runs a program quietly and returns what it printed; throws with it when the program fails. */
export function must(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string>;
/** npm, as `must`. */
export function npm(args: readonly string[], options?: RunOptions): Promise<string>;
/** Ends a child that was started `detached`, with everything that it started. */
export function endTree(child: ChildProcess, signal?: NodeJS.Signals): void;
/** Makes a detached child end when this process ends, also by Ctrl-C. Returns how to forget it. */
export function endWithUs(child: ChildProcess): () => void;

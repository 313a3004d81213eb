// What tests written in TypeScript use of toolchain.mjs.
export const root: string;
export const browserFlags: readonly string[];
/** The absolute path of a Chromium-like browser, installed when that is possible. */
export function ensureBrowser(): Promise<string>;
/** The absolute path of a Node.js of another major version, in .vscode-test/node/<major>/. */
export function ensureNode(major: number): Promise<string>;
/** A Python 3 that can import debugpy. */
export function ensureDebugpy(): Promise<string>;
/** The absolute path of `go`. */
/** Waits until `probe` returns something other than undefined. */
export function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  seconds?: number,
): Promise<T>;

/** The first of `names` that is a file, or a program on PATH. */
export function findProgram(names: string[]): string | undefined;

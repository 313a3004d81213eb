/** Commands that people are shown: they can be pasted into a shell as they stand. */

/** Joins a program and its arguments; what a shell would take apart or expand is quoted, in the way of this system. */
export function pasteable(...words: readonly string[]): string {
  return words.map(process.platform === 'win32' ? quotedForWindows : quotedForPosix).join(' ');
}

function quotedForPosix(word: string): string {
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** For cmd and PowerShell alike: no file name holds a double quote there. */
function quotedForWindows(word: string): string {
  return /^[\p{L}\p{N}_+=:,.\\/-]+$/u.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
}

import * as l10n from '@vscode/l10n';

/** What people coming from the console, its command lines or other emulators write, and what it is called here. */
const otherNames: Record<string, string> = {
  transmission: 'transfer',
  transport: 'transfer',
  message: 'transfer',
  connect: 'register',
  registration: 'register',
  delete: 'cleanup',
  disconnect: 'cleanup',
  clean: 'cleanup',
  env: 'environment',
  variables: 'environment',
  codeuri: 'folder',
  src: 'folder',
  memorysize: 'memory',
  servicetimeout: 'backendTimeout',
  servicename: 'service',
  auth: 'authentication',
  create: 'new',
  init: 'new',
  generate: 'new',
  start: 'serve',
  run: 'serve',
  dev: 'serve',
  up: 'serve',
  call: 'invoke',
  bench: 'load',
  stress: 'load',
};

/** ` Did you mean "transfer"?`, or nothing when no known name is near. */
export function didYouMean(written: string, known: readonly string[]): string {
  const suggestion = nearest(written, known);
  return suggestion === undefined ? '' : ' ' + l10n.t('Did you mean "{0}"?', suggestion);
}

function nearest(written: string, known: readonly string[]): string | undefined {
  const wanted = written.toLowerCase();
  const other = Object.hasOwn(otherNames, wanted) ? otherNames[wanted] : undefined;
  if (other !== undefined && known.includes(other)) {
    return other;
  }
  if (written.length > 40) {
    return undefined;
  }
  let best: string | undefined;
  let least = Math.min(3, Math.ceil(written.length / 3));
  for (const name of known) {
    const steps = editSteps(wanted, name.toLowerCase());
    if (steps <= least && (best === undefined || steps < least)) {
      best = name;
      least = steps;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours from one word to the other. */
function editSteps(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let steps = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        steps = Math.min(steps, at(beforeLast, j - 2) + 1);
      }
      row.push(steps);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, to.length);
}

function at(row: number[], index: number): number {
  return row[index] ?? 0;
}

/** Numbers and times as people read them. Fixed widths, so that columns do not jump. */
import * as l10n from '@vscode/l10n';

let language = 'en';
let clock = new Intl.DateTimeFormat(language, { hour12: false, timeStyle: 'medium' });

let lastSecond = { second: NaN, text: '' };

export function setLanguage(wanted: string): void {
  language = wanted;
  try {
    clock = new Intl.DateTimeFormat('en-GB', { hour12: false, timeStyle: 'medium' });
    new Intl.NumberFormat(language);
  } catch {
    language = 'en'; // A locale that the browser does not know must not cost the page.
  }
}

/** Wall clock to the millisecond: `09:30:01.250`. */
export function formatTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  // Rows stand close together in time, and Intl is the slowest part of drawing one.
  if (second !== lastSecond.second) {
    lastSecond = { second, text: clock.format(epochMs) };
  }
  return `${lastSecond.text}.${String(Math.floor(epochMs - second * 1000)).padStart(3, '0')}`;
}

/** Time between two rows: `+0.4 ms`, `+12 ms`, `+1.25 s`, `+3:05`. */
export function formatDelta(ms: number): string {
  return `+${formatDuration(ms)}`;
}

export function formatDuration(ms: number): string {
  if (ms < 10) {
    return `${ms.toFixed(1)} ms`;
  }
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 60_000) {
    return `${(ms / 1000).toFixed(2)} s`;
  }
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function formatSize(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  const kilo = bytes / 1024;
  return kilo < 1024
    ? `${kilo < 10 ? kilo.toFixed(1) : Math.round(kilo)} KB`
    : `${(kilo / 1024).toFixed(1)} MB`;
}

export function formatCount(count: number): string {
  return new Intl.NumberFormat(language).format(count);
}

/** Text with halves of characters, which no font can show, as JSON escapes them. */
export function showHalves(text: string): string {
  return text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}

/** Never half of a character. */
function beginning(text: string, length: number): string {
  const cutsPair = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(length - 1, length + 1));
  return text.slice(0, cutsPair ? length - 1 : length);
}

/** One line of at most `length` characters, with what would break the line made visible. */
export function oneLine(text: string, length = 300): string {
  return (
    showHalves(beginning(text, length))
      .replace(/\r?\n/g, '⏎')
      .replace(/\t/g, '⇥')
      // Control and direction characters could rearrange the whole line.
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '·')
  );
}

export function plural(count: number, one: string, many: string): string {
  return l10n.t(count === 1 ? one : many, formatCount(count));
}

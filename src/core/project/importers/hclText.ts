/**
 * Terraform's own syntax, as far as values are written out: blocks become mappings by their labels, as they are in
 * Terraform's JSON, and what must be computed becomes a reference. Data with places, as the readers beside this one give it.
 */
import * as l10n from '@vscode/l10n';
import { sentences } from '../../errors';
import { noteAt } from './notes';
import type { Note, Place } from './notes';
import { placeFinder, type Places } from './places';
import { asWritten, isRecord, notUtf8 } from './yamlText';
import type { TextFile } from './yamlText';

type Body = Record<string, unknown>;

const deepest = 64;

/** The places of the parts go into `places`. */
export function parseHcl({ text, file }: TextFile, places: Places): { body?: Body; notes: Note[] } {
  if (text === undefined) {
    return { notes: [notUtf8(file)] };
  }
  const placeOf = placeFinder(text, file);
  const reader = new Reader(text, places, placeOf);
  try {
    return { body: reader.whole(), notes: [] };
  } catch (error) {
    if (!(error instanceof Unreadable)) {
      throw error;
    }
    const message = sentences(
      l10n.t('This Terraform file cannot be read from here on.'),
      l10n.t('Correct it and import again.'),
    );
    const at = Math.min(reader.at, text.length);
    return { notes: [noteAt(placeOf(at, Math.min(at + 1, text.length)), 'unknown', message)] };
  }
}

class Unreadable extends Error {}

/** No literal begins there, or more than a literal does. */
const none = Symbol('none');

class Reader {
  at = 0;
  #depth = 0;

  constructor(
    private readonly text: string,
    private readonly places: Places,
    private readonly placeOf: (from: number, to: number) => Place,
  ) {}

  whole(): Body {
    const body = this.#body();
    if (this.at < this.text.length) {
      throw new Unreadable();
    }
    return body;
  }

  /** The next text of that form, taken. */
  #take(form: RegExp): string | undefined {
    form.lastIndex = this.at;
    const found = form.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  #deeper(): void {
    if (++this.#depth > deepest) {
      throw new Unreadable();
    }
  }

  #space(lines: 'one' | 'all'): void {
    this.#take(
      lines === 'one'
        ? /(?:[^\S\n]|\/\*[^]*?\*\/)*/y
        : /(?:[\s\ufeff]|\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*)*/y,
    );
  }

  #body(): Body {
    const body: Body = {};
    this.#deeper();
    for (;;) {
      this.#space('all');
      const start = this.at;
      const name = this.#take(/[\p{L}_][\p{L}\p{N}_-]*/uy);
      if (name === undefined) {
        this.#depth--;
        return body;
      }
      this.#space('one');
      if (this.#take(/=(?!=)/y) !== undefined) {
        this.#space('one');
        const key = this.at;
        const value = this.#expression();
        const alone = typeof value !== 'object' && !this.text.slice(key, this.at).includes('\n');
        this.#put(body, name, value, start, alone ? this.at : start + name.length);
      } else {
        this.#block(body, name, start);
      }
    }
  }

  #block(body: Body, type: string, start: number): void {
    const labels = [type];
    for (;;) {
      this.#space('one');
      const label = this.#take(/"[^"\n]*"|[\p{L}_][\p{L}\p{N}_-]*/uy);
      if (label === undefined) {
        break;
      }
      labels.push(label.replace(/^"|"$/g, ''));
    }
    const end = this.at;
    if (this.#take(/\{/y) === undefined) {
      throw new Unreadable();
    }
    const inner = this.#body();
    if (this.#take(/\}/y) === undefined) {
      throw new Unreadable();
    }
    const last = labels.pop() ?? type;
    let holder = body;
    for (const label of labels) {
      const there = Object.hasOwn(holder, label) ? holder[label] : undefined;
      const next: Body = isRecord(there) ? there : {};
      this.#put(holder, label, next, start, end);
      holder = next;
    }
    const before = Object.hasOwn(holder, last) ? holder[last] : undefined;
    if (before === undefined) {
      this.#put(holder, last, inner, start, end);
      return;
    }
    const list = Array.isArray(before) ? (before as unknown[]) : [before];
    list.push(inner);
    this.places.set(list, list.length - 1, this.placeOf(start, end));
    holder[last] = list;
  }

  #put(body: Body, key: string, value: unknown, start: number, end: number): void {
    if (key !== '__proto__' && value !== undefined) {
      body[key] = value;
      this.places.set(body, key, this.placeOf(start, end));
    }
  }

  /** A literal, or what it would take to compute it as a reference. */
  #expression(): unknown {
    const start = this.at;
    const value = this.#literal();
    const end = this.at;
    this.#space('one');
    if (value !== none && /^(?:[\n,}\])]|#|\/\/|$)/.test(this.text.slice(this.at, this.at + 2))) {
      this.at = end;
      return value;
    }
    this.at = start;
    this.#computed();
    return reference(this.text.slice(start, this.at));
  }

  #literal(): unknown {
    const start = this.at;
    const word = this.#take(/-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|(?:true|false|null)(?![\w-])/y);
    if (word !== undefined) {
      return /\d$/.test(word) ? asWritten(Number(word), word) : (JSON.parse(word) as unknown);
    }
    switch (this.text[start]) {
      case '"':
        return this.#quoted();
      case '<':
        return this.#heredoc() ?? none;
      case '[':
        return this.#list();
      case '{':
        return this.#object();
      default:
        return none;
    }
  }

  #quoted(): string {
    let value = '';
    this.#deeper();
    this.at++;
    for (;;) {
      value += this.#take(/[^"\\$%\n]+/y) ?? '';
      const escape = this.#take(/\\(?:u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/y);
      if (escape !== undefined) {
        value += unescaped(escape);
      } else if (/^[$%]\{/.test(this.text.slice(this.at, this.at + 2))) {
        const start = this.at;
        this.at += 2;
        this.#computed();
        if (this.#take(/\}/y) === undefined) {
          throw new Unreadable();
        }
        const inner = this.text.slice(start + 2, this.at - 1);
        value += reference(this.text[start] === '%' ? `%${inner}` : inner);
      } else if (this.#take(/"/y) !== undefined) {
        this.#depth--;
        return value;
      } else {
        const sign = this.#take(/[$%]{2,}(?=\{)|[$%]+(?!\{)/y);
        if (sign === undefined) {
          throw new Unreadable(); // The text has no end.
        }
        value += sign;
      }
    }
  }

  #heredoc(): string | undefined {
    const start = this.at;
    const opening = /^<<-?([\p{L}_][\p{L}\p{N}_-]*)[^\S\n]*\n/u.exec(
      this.#take(/<<[^\n]*\n/y) ?? '',
    );
    if (opening === null) {
      this.at = start;
      return undefined;
    }
    const lines: string[] = [];
    for (;;) {
      const line = this.#take(/[^\n]*/y) ?? '';
      if (line.trim() === opening[1]) {
        break;
      }
      if (this.#take(/\n/y) === undefined) {
        throw new Unreadable();
      }
      lines.push(line.replace(/\r$/, ''));
    }
    const indents = lines.filter((each) => each.trim() !== '').map((each) => each.search(/\S/));
    const indent = opening[0].startsWith('<<-') ? Math.min(...indents, Infinity) : 0;
    return lines.map((each) => `${each.slice(Number.isFinite(indent) ? indent : 0)}\n`).join('');
  }

  #list(): unknown {
    if (this.#take(/\[\s*for\b/y) !== undefined) {
      return none;
    }
    this.#deeper();
    const list: unknown[] = [];
    this.at++;
    for (;;) {
      this.#space('all');
      if (this.#take(/\]/y) !== undefined) {
        this.#depth--;
        return list;
      }
      const start = this.at;
      const value = this.#expression();
      this.places.set(list, list.length, this.placeOf(start, start + 1));
      list.push(value);
      this.#space('all');
      if (this.#take(/,/y) === undefined && this.text[this.at] !== ']') {
        throw new Unreadable();
      }
    }
  }

  #object(): unknown {
    if (this.#take(/\{\s*for\b/y) !== undefined) {
      return none;
    }
    this.#deeper();
    const object: Body = {};
    this.at++;
    for (;;) {
      this.#space('all');
      if (this.#take(/\}/y) !== undefined) {
        this.#depth--;
        return object;
      }
      const start = this.at;
      const key = this.text[start] === '"' ? this.#quoted() : this.#take(/[\p{L}\p{N}_-]+/uy);
      this.#space('one');
      if (key === undefined || this.#take(/[:=](?!=)/y) === undefined) {
        this.#depth--;
        return none; // A key that must be computed.
      }
      this.#space('all');
      const value = this.#expression();
      this.#put(object, key, value, start, typeof value === 'object' ? start + 1 : this.at);
      this.#space('all');
      this.#take(/,/y);
    }
  }

  /** To the end of an expression, whatever it is. */
  #computed(): void {
    let open = 0;
    for (;;) {
      const sign = this.text[this.at];
      if (sign === undefined) {
        if (open > 0) {
          throw new Unreadable();
        }
        return;
      }
      if (sign === '"') {
        this.#quoted();
      } else if (sign === '<' && this.#heredoc() !== undefined) {
        // Its text was passed over.
      } else if (open > 0 && this.#take(/\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*/y) !== undefined) {
        // So was a comment.
      } else if (/[([{]/.test(sign)) {
        open++;
        this.at++;
      } else if (/[)\]}]/.test(sign)) {
        if (open === 0) {
          return;
        }
        open--;
        this.at++;
      } else if (open === 0 && /^(?:[\n,#]|\/\/)/.test(this.text.slice(this.at, this.at + 2))) {
        return;
      } else {
        this.at++;
      }
    }
  }
}

/** Braces other than those of references within it would end it early. */
function reference(expression: string): string {
  const text = expression.trim().replace(/\s+/g, ' ');
  const hasOthers = /[{}]/.test(text.replace(/\$\{[^{}]*\}/g, ''));
  return `\${${hasOthers ? text.replace(/[{}]/g, '') : text}}`;
}

function unescaped(escape: string): string {
  const code = /^\\[uU](.+)/.exec(escape)?.[1];
  if (code !== undefined) {
    const point = Number.parseInt(code, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '';
  }
  const signs: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  const sign = escape.slice(1);
  return signs[sign] ?? sign;
}

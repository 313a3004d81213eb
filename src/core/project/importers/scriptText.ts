/**
 * Settings written as JavaScript or TypeScript: what the file exports, as far as it is written out. Nothing of it is
 * run. What only running it would tell is a note, and a reference that leads nowhere in its place.
 */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { parseExpressionAt } from 'acorn';
import type { CallExpression, Expression, Function, ObjectExpression, Statement } from 'acorn';
import { sentences } from '../../errors';
import { mostProblems } from '../jsonText';
import { noteAt } from './notes';
import type { Note, Place } from './notes';
import { placeFinder, Places } from './places';
import { tokensOf, tooDeepAt, typesBlanked } from './typesBlanked';
import { codeReference } from './written';
import { asWritten, isRecord, notUtf8 } from './yamlText';
import type { Source, TextFile } from './yamlText';

export const isScript = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);

const mostValues = 100_000;
/** Of constants that lead to others. */
const deepest = 50;

/** Where the expressions of its constants and of what it exports begin. */
interface Outline {
  constants: Map<string, number>;
  exported?: number;
}

export function parseScriptText({ text, file }: TextFile): { source?: Source; notes: Note[] } {
  if (text === undefined) {
    return { notes: [notUtf8(file)] };
  }
  const placeOf = placeFinder(text, file);
  try {
    const tooDeep = tooDeepAt(tokensOf(text));
    if (tooDeep !== undefined) {
      const message = sentences(l10n.t('This file is nested too deeply.'), printed());
      return { notes: [noteAt(placeOf(tooDeep, tooDeep + 1), 'unknown', message)] };
    }
    const plain = /ts$/.test(file) ? typesBlanked(text) : text;
    const outline = outlineOf(plain);
    if (outline.exported === undefined) {
      const message = l10n.t('This file exports no object that is written out, and it is not run.');
      return { notes: [noteAt({ file }, 'unknown', sentences(message, printed()))] };
    }
    const reader = new Reader(plain, outline, placeOf);
    const value = reader.exported(outline.exported);
    if (!isRecord(value)) {
      const place = placeOf(outline.exported, outline.exported + 1);
      const [line = ''] = plain.slice(outline.exported).split('\n', 1);
      const message = l10n.t(
        'What this file exports ({0}) is not written out, and it is not run.',
        line.trim().replace(/;$/, '').slice(0, 80),
      );
      return { notes: [noteAt(place, 'unknown', sentences(message, printed()))] };
    }
    return {
      source: { file, value, placeOf: (at) => reader.places.along(value, at, { file }) },
      notes: reader.notes,
    };
  } catch (error) {
    const { message, pos } = error as { message: string; pos?: number };
    const place = pos === undefined ? { file } : placeOf(pos, pos + 1);
    const reason = message.replace(/ \(\d+:\d+\)$/, '').replace(/\.$/, '');
    const said = l10n.t('This code cannot be read: {0}.', reason);
    return { notes: [noteAt(place, 'unknown', sentences(said, printed()))] };
  }
}

function printed(): string {
  return l10n.t(
    'Write what "serverless print" shows into a serverless.yml in its place, and import again.',
  );
}

/** By its words alone, so that a part that cannot be read costs no other. */
function outlineOf(text: string): Outline {
  const outline: Outline = { constants: new Map() };
  const tokens = tokensOf(text);
  const words = tokens.map((each) => each.text);
  const is = (at: number, ...expected: string[]) =>
    expected.every((each, index) => words[at + index] === each);
  let depth = 0;
  tokens.forEach(({ label }, at) => {
    if (/^(\$?\{|[([])$/.test(label)) {
      depth++;
    } else if (/^[})\]]$/.test(label)) {
      depth--;
    }
    if (depth > 0) {
      return;
    }
    const [, name = '', equals] = words.slice(at, at + 3);
    const after = (count: number) => tokens[at + count]?.start;
    if (is(at, 'const') && equals === '=') {
      outline.constants.set(name, after(3) ?? text.length);
    } else if (is(at, 'export', 'default')) {
      outline.exported = after(2);
    } else if (is(at, 'module', '.', 'exports', '=')) {
      outline.exported = after(4);
    } else if (is(at, 'exports', '=')) {
      outline.exported = after(2);
    } else if (is(at, 'exports', '.', 'default', '=')) {
      outline.exported = after(4);
    }
  });
  return outline;
}

/** What changes a value after it was written: `c.a = 1`, `c.list.push(2)`, `Object.assign(c, d)`. */
function changeOf(name: string): RegExp {
  const own = String.raw`(?<![\w$.])${name.replace(/[.$]/g, String.raw`\$&`)}(?![\w$]|\.default\b)`;
  const member = String.raw`(?:\??\.\w+|\[[^\]\n]*\])`;
  return new RegExp(
    String.raw`${own}${member}+\s*[-+*/?|&]{0,2}=(?![=>])|${own}${member}*\.(?:push|unshift|splice|pop|shift|sort|reverse)\(|\bassign\(\s*${own}`,
    'g',
  );
}

class Reader {
  readonly places = new Places();
  readonly notes: Note[] = [];
  readonly #read = new Map<string, { value: unknown; size: number }>();
  #size = 0;
  #depth = 0;
  /** Constants of the function that is exported. */
  readonly #own = new Map<string, Expression>();

  constructor(
    private readonly text: string,
    private readonly outline: Outline,
    private readonly placeOf: (from: number, to: number) => Place,
  ) {}

  exported(at: number): unknown {
    const value = this.#value(this.#unwrapped(this.#at(at)), '');
    for (const name of ['module.exports', 'exports', ...this.#read.keys()]) {
      for (const { index: start } of this.text.matchAll(changeOf(name))) {
        if (this.notes.length >= mostProblems) {
          return value; // Nobody reads more.
        }
        const from = this.text.lastIndexOf('\n', start) + 1;
        const line = this.text.slice(from).split('\n', 1)[0] ?? '';
        const message = l10n.t(
          '{0} is not run, so what it changes is not taken. Say it in scfws.json.',
          line.trim().slice(0, 80),
        );
        this.notes.push(noteAt(this.placeOf(start, from + line.length), 'leftOut', message));
      }
    }
    return value;
  }

  #at(offset: number): Expression {
    return parseExpressionAt(this.text, offset, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowAwaitOutsideFunction: true,
    });
  }

  /** `defineConfig({…})`, `() => ({…})`, `(async () => {…})()`: what is given, or what is returned. */
  #unwrapped(node: Expression): Expression {
    switch (node.type) {
      case 'AwaitExpression':
        return this.#unwrapped(node.argument);
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        return this.#returned(node) ?? node;
      case 'CallExpression': {
        const [only] = node.arguments;
        if (node.arguments.length === 0 && /Function/.test(node.callee.type)) {
          return this.#returned(node.callee as Function) ?? node;
        }
        return node.arguments.length === 1 &&
          only !== undefined &&
          only.type !== 'SpreadElement' &&
          /^(define\w*|Object\.freeze)$/.test(this.#textOf(node.callee))
          ? this.#unwrapped(only)
          : node;
      }
      default:
        return node;
    }
  }

  #returned({ body }: Function): Expression | undefined {
    if (body.type !== 'BlockStatement') {
      return this.#unwrapped(body);
    }
    const last: Statement | undefined = body.body.at(-1);
    for (const statement of body.body) {
      if (statement.type === 'VariableDeclaration' && statement.kind === 'const') {
        for (const { id, init } of statement.declarations) {
          if (id.type === 'Identifier' && init) {
            this.#own.set(id.name, init);
          }
        }
      } else if (statement !== last) {
        return undefined; // What it does in between cannot be told.
      }
    }
    return last?.type === 'ReturnStatement' && last.argument
      ? this.#unwrapped(last.argument)
      : undefined;
  }

  #textOf({ start, end }: { start: number; end: number }): string {
    return this.text.slice(start, end);
  }

  /** What only running the file would tell. `key`: what it is the value of. */
  #code(node: { start: number; end: number }, key: string): string {
    const text = this.#textOf(node).replace(/\s+/g, ' ').slice(0, 80);
    const message =
      key === ''
        ? l10n.t('{0} is code, which is not run to import it.', text)
        : l10n.t('{0} is {1}: code, which is not run to import it.', key, text);
    const next = l10n.t(
      'Say its value in scfws.json, or write what "serverless print" shows into a serverless.yml in its place, and import again.',
    );
    this.notes.push(
      noteAt(this.placeOf(node.start, node.end), 'unknown', sentences(message, next)),
    );
    return codeReference(text);
  }

  #value(node: Expression, key: string): unknown {
    this.#count(1);
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'number'
          ? asWritten(node.value, node.raw ?? '')
          : typeof node.value === 'string' || typeof node.value === 'boolean' || node.raw === 'null'
            ? node.value
            : this.#code(node, key);
      case 'TemplateLiteral':
        return node.quasis
          .map(({ value }, index) => {
            const inner = node.expressions[index];
            return `${value.cooked ?? ''}${inner === undefined ? '' : this.#inText(inner, key)}`;
          })
          .join('');
      case 'ObjectExpression':
        return this.#object(node, key);
      case 'ArrayExpression': {
        const list: unknown[] = [];
        for (const each of node.elements) {
          if (each === null) {
            list.push(null);
          } else if (each.type === 'SpreadElement') {
            const spread = this.#value(each.argument, key);
            list.push(...(Array.isArray(spread) ? (spread as unknown[]) : []));
          } else {
            this.places.set(list, list.length, this.placeOf(each.start, each.start + 1));
            list.push(this.#value(each, key));
          }
        }
        return list;
      }
      case 'Identifier':
        return this.#named(node.name) ?? this.#nameOrCode(node, node.name, key);
      case 'MemberExpression':
        return this.#member(node, key);
      case 'LogicalExpression':
        return this.#alternative(node, key);
      case 'UnaryExpression':
      case 'BinaryExpression':
        return this.#computed(node, key);
      case 'CallExpression':
        return this.#called(node, key);
      default:
        return this.#code(node, key);
    }
  }

  #object(node: ObjectExpression, of: string): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    for (const each of node.properties) {
      if (each.type === 'SpreadElement') {
        const spread = this.#value(each.argument, of);
        for (const [key, value] of Object.entries(isRecord(spread) ? spread : {})) {
          const place = this.places.get(spread as object, key);
          this.#put(object, key, value, place ?? this.placeOf(each.start, each.end));
        }
        continue;
      }
      const { key, value } = each;
      const name = key.type === 'Identifier' && !each.computed ? key.name : this.#value(key, of);
      const isPlain = each.kind === 'init' && !each.method;
      if (typeof name !== 'string' && typeof name !== 'number') {
        continue; // It was told.
      }
      const end = /^(Literal|TemplateLiteral)$/.test(value.type) ? value.end : key.end;
      this.#put(
        object,
        String(name),
        isPlain ? this.#value(value, String(name)) : this.#code(each, of),
        this.placeOf(each.start, end),
      );
    }
    return object;
  }

  #put(object: Record<string, unknown>, key: string, value: unknown, place: Place): void {
    if (key !== '__proto__' && value !== undefined) {
      object[key] = value;
      this.places.set(object, key, place);
    }
  }

  /** Constants of the file; one that is read twice is the same value. */
  #named(name: string): unknown {
    const known = this.#read.get(name);
    if (known !== undefined) {
      this.#count(known.size);
      return known.value;
    }
    const before = this.#size;
    const at = this.outline.constants.get(name);
    const node = this.#own.get(name) ?? (at === undefined ? undefined : this.#at(at));
    if (node === undefined || this.#depth > deepest) {
      return undefined;
    }
    this.#depth++;
    this.#read.set(name, { value: undefined, size: 0 }); // One that leads to itself ends.
    const value = this.#value(this.#unwrapped(node), name);
    this.#depth--;
    this.#read.set(name, { value, size: this.#size - before });
    return value;
  }

  /** Constants within constants can make much of little. */
  #count(values: number): void {
    this.#size += values;
    if (this.#size > mostValues) {
      throw new Error(l10n.t('it holds more than {0} values', mostValues));
    }
  }

  #nameOrCode(node: Expression, name: string, key: string): unknown {
    return name === '__dirname'
      ? '.' // References to folders count from the file.
      : name === 'undefined'
        ? undefined
        : this.#code(node, key);
  }

  #inText(node: Expression, key: string): string {
    const value = this.#value(node, key);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : this.#code(node, key);
  }

  /** `process.env.X` is what `${env:X}` is elsewhere. */
  #member(node: Expression & { type: 'MemberExpression' }, key: string): unknown {
    const variable =
      /^process\.env(?:\.(\w+)|\[\s*(['"])(\w+)\2\s*\])$/.exec(this.#textOf(node)) ?? undefined;
    if (variable !== undefined) {
      return `\${env:${variable[1] ?? variable[3] ?? ''}}`;
    }
    const { object, property, computed } = node;
    if (object.type !== 'Identifier' && object.type !== 'MemberExpression') {
      return this.#code(node, key);
    }
    const root = this.#textOf(object).split(/[.[]/)[0] ?? '';
    if (!this.#own.has(root) && !this.outline.constants.has(root)) {
      return this.#code(node, key);
    }
    const holder = this.#value(object, key);
    const name =
      property.type === 'Identifier' && !computed
        ? property.name
        : this.#value(property as Expression, key);
    const value =
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, String(name))
        ? (holder as Record<string, unknown>)[String(name)]
        : undefined;
    return value ?? this.#code(node, key);
  }

  #alternative(node: Expression & { type: 'LogicalExpression' }, key: string): unknown {
    const left = node.operator === '&&' ? undefined : this.#value(node.left, key);
    const variable = typeof left === 'string' ? /^\$\{(env:\w+)\}$/.exec(left)?.[1] : undefined;
    if (variable === undefined) {
      return typeof left === 'string' && left !== '' && !left.includes('${')
        ? left
        : this.#code(node, key);
    }
    const right = this.#value(node.right, key);
    const inner = typeof right === 'string' ? /^\$\{(.*)\}$/.exec(right)?.[1] : undefined;
    const quote = String(right).includes("'") ? '"' : "'";
    return inner !== undefined && !inner.startsWith('!')
      ? `\${${variable}, ${inner}}`
      : typeof right === 'string' || typeof right === 'number'
        ? `\${${variable}, ${quote}${right}${quote}}`
        : this.#code(node, key);
  }

  /** `'chat-' + stage`, `5 * 60`, `-1`. */
  #computed(
    node: Expression & { type: 'UnaryExpression' | 'BinaryExpression' },
    key: string,
  ): unknown {
    if (node.type === 'UnaryExpression') {
      const value = this.#value(node.argument, key);
      return typeof value === 'number' && /^[-+]$/.test(node.operator)
        ? Number(`${node.operator}${value}`)
        : this.#code(node, key);
    }
    if (node.left.type === 'PrivateIdentifier') {
      return this.#code(node, key);
    }
    const left = this.#value(node.left, key);
    const right = this.#value(node.right, key);
    if (typeof left === 'number' && typeof right === 'number') {
      switch (node.operator) {
        case '+':
          return left + right;
        case '-':
          return left - right;
        case '*':
          return left * right;
        case '/':
          return left / right;
        default:
          return this.#code(node, key);
      }
    }
    const isText = (value: unknown) => typeof value === 'string' || typeof value === 'number';
    return node.operator === '+' && isText(left) && isText(right)
      ? `${left as string}${right as string}`
      : this.#code(node, key);
  }

  /** Only what does nothing but put its parts together: `path.join(__dirname, 'src')`, `Number(process.env.X)`. */
  #called(node: CallExpression, key: string): unknown {
    const callee = this.#textOf(node.callee);
    const given = node.arguments.flatMap((each) => (each.type === 'SpreadElement' ? [] : [each]));
    const [first] = given;
    if (/^(Number|String|parseInt)$/.test(callee) && first !== undefined) {
      return this.#value(first, key);
    }
    const readable = given.every(
      (each) =>
        (each.type === 'Literal' && typeof each.value === 'string') ||
        (each.type === 'Identifier' && each.name === '__dirname'),
    );
    return /^(path\.)?(join|resolve)$/.test(callee) && readable && given.length > 0
      ? path.posix.join(...given.map((each) => String(this.#value(each, key))))
      : this.#code(node, key);
  }
}

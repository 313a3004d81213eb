// What package.json promises is what the code does, in both languages.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as ids from '../../src/extension/ids';
import { ledgerTexts } from '../../src/protocol/ledger';
import { defaultEmulatorOptions } from '../../src/protocol/project';

const root = path.join(__dirname, '..', '..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const readJson = <T>(file: string): T => JSON.parse(read(file)) as T;

interface Manifest {
  readonly main: string;
  readonly icon?: string;
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command?: string }[]>>;
    readonly keybindings: readonly { readonly command: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string }[] };
    readonly viewsWelcome: readonly { readonly view: string }[];
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly modelDescription: string;
      readonly inputSchema: object;
    }[];
    readonly mcpServerDefinitionProviders: readonly { readonly id: string }[];
    readonly debuggers: readonly { readonly type: string }[];
    readonly configuration:
      | { readonly properties: Readonly<Record<string, { readonly default?: unknown }>> }
      | readonly {
          readonly properties: Readonly<Record<string, { readonly default?: unknown }>>;
        }[];
  };
}

const manifest = readJson<Manifest>('package.json');
const { contributes } = manifest;
const sections =
  'properties' in contributes.configuration
    ? [contributes.configuration]
    : contributes.configuration;
const properties = Object.assign({}, ...sections.map((section) => section.properties)) as Record<
  string,
  { readonly default?: unknown }
>;

/** Every string in a JSON value, with the path to it. */
function* strings(value: unknown, where = ''): Generator<[where: string, text: string]> {
  if (typeof value === 'string') {
    yield [where, value];
  } else if (value !== null && typeof value === 'object') {
    for (const [key, child] of Object.entries(value)) {
      yield* strings(child, `${where}.${key}`);
    }
  }
}

/** Fails with the whole list, each on a line of its own. */
function none(list: readonly unknown[], message = 'expected none of these:'): void {
  const lines = list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  assert.ok(list.length === 0, [message, ...lines].join('\n  '));
}

const sorted = (values: Iterable<string>): string[] => [...values].sort();

function sourceFiles(folder: string): string[] {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => path.posix.join(folder, file.replaceAll('\\', '/')))
    .filter((file) => !file.startsWith('src/core/scaffold/templates/'));
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true);
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

describe('package.json', () => {
  it('declares each command of the code, and no other', () => {
    assert.deepEqual(
      sorted(contributes.commands.map(({ command }) => command)),
      sorted(Object.values(ids.commands)),
    );
  });

  it('shows only its own commands in menus and key bindings', () => {
    const own: readonly string[] = Object.values(ids.commands);
    const shown = [...Object.values(contributes.menus).flat(), ...contributes.keybindings];
    const unknown = shown.flatMap(({ command }) => command ?? []).filter((id) => !own.includes(id));
    none(unknown);
  });

  it('declares each view of the code, and no other', () => {
    const { container, ...views } = ids.views;
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      [container],
    );
    assert.deepEqual(Object.keys(contributes.views), [container]);
    assert.deepEqual(
      sorted(Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id))),
      sorted(Object.values(views)),
    );
    const welcoming = new Set(contributes.viewsWelcome.map(({ view }) => view));
    none([...welcoming].filter((view) => !(Object.values(views) as string[]).includes(view)));
  });

  it('declares each setting of the code, and no other', () => {
    const section = ids.settingsSection;
    assert.deepEqual(
      sorted(Object.keys(properties)),
      sorted([
        ...Object.values(ids.settings).map((key) => `${section}.${key}`),
        ...Object.keys(defaultEmulatorOptions).map((key) => `${section}.emulator.${key}`),
      ]),
    );
  });

  it('gives each emulator setting the default of the emulator', () => {
    const declared = Object.keys(defaultEmulatorOptions).map((key) => [
      key,
      properties[`${ids.settingsSection}.emulator.${key}`]?.default,
    ]);
    assert.deepEqual(Object.fromEntries(declared), defaultEmulatorOptions);
  });

  it('declares each debug type of the code, and no other', () => {
    assert.deepEqual(
      sorted(contributes.debuggers.map(({ type }) => type)),
      sorted(Object.values(ids.debugTypes)),
    );
  });

  it('names the server for agents as the code does: else the editor never asks for it', () => {
    assert.deepEqual(
      contributes.mcpServerDefinitionProviders.map(({ id }) => id),
      [ids.agentServerId],
    );
  });

  it('has at most ten tools for agents, whose descriptions and schemas take at most 2,500 tokens', () => {
    const told = contributes.languageModelTools.map((each) => ({
      name: each.name,
      description: each.modelDescription,
      inputSchema: each.inputSchema,
    }));
    assert.ok(told.length > 0 && told.length <= 10, String(told.length));
    // Four characters of English or code are about a token.
    const tokens = Math.ceil(JSON.stringify(told).length / 4);
    assert.ok(tokens <= 2500, String(tokens));
  });

  it('asks in when-clauses only for what the code sets', () => {
    const known = new Set<string>([
      ...Object.values(ids.contexts),
      ...Object.values(ids.views),
      ...Object.values(ids.commands),
      ids.trafficPanel,
      ids.testControllerId,
      ids.orderMessage,
      ...Object.values(ids.recordingEditors),
    ]);
    const clauses = [...strings(manifest)].filter(([where]) => /\.(when|enablement)$/.test(where));
    const unknown = clauses.flatMap(([where, clause]) =>
      (clause.match(/scfWebSocket\.[\w.]+/g) ?? [])
        .filter((key) => !known.has(key) && !(key.replace(/^config\./, '') in properties))
        .map((key) => `${where}: ${key}`),
    );
    none(unknown);
  });

  it('keeps the settings of the emulator for a whole window: one session serves it', () => {
    const other = Object.entries(properties as Record<string, { scope?: string }>).filter(
      ([key, { scope }]) => key.includes('.emulator.') && scope !== 'window',
    );
    none(other.map(([key]) => key));
  });

  it('minds that our debugger runs, not which of its sessions has the focus', () => {
    none(
      [...strings(manifest)].map(([, text]) => text).filter((text) => /\bdebugType\b/.test(text)),
    );
  });

  it('names only files that are there', () => {
    const translated = ['package.nls.json', 'package.nls.zh-cn.json'].map((file) => readJson(file));
    const files = [
      ...strings(contributes),
      ...strings(manifest.icon, '.icon'),
      ...strings(translated),
    ]
      .map(([, text]) => text)
      .filter((text) => /^(\.\/)?(media|snippets|schemas|dist|l10n)\/[^%*]+\.\w+$/.test(text));
    assert.ok(files.length > 0);
    const missing = files.filter((file) => !fs.existsSync(path.join(root, file)));
    none(missing);
  });

  it('speaks of every key of package.nls.json, in both languages', () => {
    const used = new Set(
      [...strings(manifest)].flatMap(([, text]) => /^%(.+)%$/.exec(text)?.[1] ?? []),
    );
    const english = Object.keys(readJson<object>('package.nls.json'));
    const chinese = Object.keys(readJson<object>('package.nls.zh-cn.json'));
    assert.deepEqual(sorted(english), sorted(used));
    assert.deepEqual(sorted(chinese), sorted(used));
  });

  it('shows no text of the contributions that is not translated', () => {
    const plain = [...strings(contributes)].filter(
      ([where, text]) =>
        /\.(title|description|markdownDescription|contents|name|markdownEnumDescriptions\.\d+)$/.test(
          where,
        ) &&
        // What a program is told has one language.
        !/^\.languageModelTools\.\d+\.(name$|inputSchema\.)/.test(where) &&
        !/^%.+%$/.test(text),
    );
    // The product's name is the same in every language.
    none(
      plain
        .filter(([, text]) => text !== 'SCF WebSocket')
        .map(([where, text]) => `${where}: ${text}`),
    );
  });
});

describe('the ids of the code', () => {
  const sources = sourceFiles('src/extension').filter((file) => file !== 'src/extension/ids.ts');

  it('are each used', () => {
    const text = sources.map(read).join('\n');
    const tables = { commands: ids.commands, contexts: ids.contexts, settings: ids.settings };
    const unused = Object.entries(tables).flatMap(([table, entries]) =>
      Object.keys(entries)
        .map((key) => `${table}.${key}`)
        .filter((use) => !new RegExp(`\\b${use.replace('.', '\\s*\\.\\s*')}\\b`).test(text)),
    );
    none(unused);
  });

  it('are written out in one place only', () => {
    const stray = sources.flatMap((file) => {
      const found: string[] = [];
      visit(parse(file), (node) => {
        if (ts.isStringLiteralLike(node) && node.text.startsWith(`${ids.settingsSection}.`)) {
          found.push(`${file}: ${node.text}`);
        }
      });
      return found;
    });
    none(stray);
  });
});

describe('translations', () => {
  /** What the sources say: the English text, and where. Texts that are computed are collected apart. */
  const said = new Map<string, string>();
  const computed: string[] = [];
  const parts = fs
    .readdirSync(path.join(root, 'l10n/parts'))
    .filter((file) => file.endsWith('.json'));
  const chinese = parts.map((file) => readJson<Record<string, string>>(`l10n/parts/${file}`));

  before(() => {
    for (const text of ledgerTexts()) {
      said.set(text, 'src/protocol/ledger');
    }
    for (const file of sourceFiles('src')) {
      const source = parse(file);
      visit(source, (node) => {
        if (
          !ts.isCallExpression(node) ||
          !/^(vscode\.)?l10n\.t$/.test(node.expression.getText(source))
        ) {
          return;
        }
        const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
        const text = literalText(node.arguments[0]);
        if (text === undefined) {
          computed.push(`${file}:${line}`);
        } else {
          said.set(text, `${file}:${line}`);
        }
      });
    }
  });

  it('can find every text that is said', () => {
    assert.ok(said.size > 0);
    // These say texts that the protocol layer, which knows no translations, or a table wrote out elsewhere.
    const passOn =
      /(filterBox|format|frameBreakpoints|act\/breakpoints|act\/faults|report\/main)\.ts:/;
    none(
      computed.filter((place) => !passOn.test(place)),
      'l10n.t takes a text written out, so that it can be translated:',
    );
  });

  it('have each text of the sources', () => {
    const known = new Set(chinese.flatMap((part) => Object.keys(part)));
    const missing = [...said].filter(([text]) => !known.has(text));
    none(missing.map(([text, where]) => `${where}: ${text}`));
  });

  it('have no text that is said no more', () => {
    const sourceText = fs
      .readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => fs.readFileSync(`src/${file}`, 'utf8'))
      .join('\n');
    const stale = chinese.flatMap((part, index) =>
      Object.keys(part)
        .filter((text) => !said.has(text) && !sourceText.includes(text.replace(/'/g, "\\'")))
        .filter((text) => !sourceText.includes(text))
        .map((text) => `${parts[index]}: ${text}`),
    );
    none(stale);
  });

  it('agree between the areas', () => {
    const first = new Map<string, string>();
    const disagreeing = chinese.flatMap((part) =>
      Object.entries(part).filter(([text, translation]) => {
        const other = first.get(text) ?? translation;
        first.set(text, translation);
        return other !== translation;
      }),
    );
    none(disagreeing);
  });

  it('are Chinese, and keep the places to fill in', () => {
    const holes = (text: string): string[] => sorted(text.match(/\{\w+\}/g) ?? []);
    const wrong = chinese
      .flatMap((part) => Object.entries(part))
      .filter(
        ([text, translation]) =>
          // A text of names and numbers alone needs no translation.
          (/[a-z]{2}/.test(text.replaceAll(/\{\w+\}/g, '')) &&
            translation !== text &&
            !/[\u4e00-\u9fff]/.test(translation)) ||
          holes(text).join() !== holes(translation).join(),
      );
    none(wrong);
  });

  it('of package.json keep its commands and links', () => {
    const english = readJson<Record<string, string>>('package.nls.json');
    const other = readJson<Record<string, string>>('package.nls.zh-cn.json');
    const marks = (text = ''): string[] => sorted(text.match(/\]\([^)]*\)|`[^`]+`/g) ?? []);
    for (const [key, text] of Object.entries(english)) {
      assert.deepEqual(marks(other[key]), marks(text), key);
    }
  });
});

function literalText(argument: ts.Expression | undefined): string | undefined {
  if (argument === undefined) {
    return undefined;
  }
  if (ts.isStringLiteralLike(argument)) {
    return argument.text;
  }
  if (ts.isParenthesizedExpression(argument)) {
    return literalText(argument.expression);
  }
  if (ts.isBinaryExpression(argument) && argument.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const left = literalText(argument.left);
    const right = literalText(argument.right);
    return left === undefined || right === undefined ? undefined : left + right;
  }
  if (ts.isObjectLiteralExpression(argument)) {
    const message = argument.properties.find(
      (property): property is ts.PropertyAssignment =>
        ts.isPropertyAssignment(property) && property.name.getText() === 'message',
    );
    return literalText(message?.initializer);
  }
  return undefined;
}

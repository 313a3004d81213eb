// Stands in for the editor's API where code of the extension is tested without one: only what these tests need.
// Import it before anything that imports 'vscode'.
import { EventEmitter as Emitter } from 'node:events';
import Module from 'node:module';
import path from 'node:path';

class EventEmitter<T> {
  private readonly emitter = new Emitter();
  readonly event = (listener: (value: T) => void) => {
    this.emitter.on('event', listener);
    return { dispose: () => this.emitter.off('event', listener) };
  };
  fire(value: T): void {
    this.emitter.emit('event', value);
  }
  dispose(): void {
    this.emitter.removeAllListeners();
  }
}

/** What the person is shown, and what they answer. */
export const person = {
  messages: [] as { text: string; buttons: string[] }[],
  answer: (_text: string): string | undefined => undefined,
  commands: [] as string[],
  /** Of a command. */
  result: (_command: string): unknown => undefined,
};

const show = (text: string, ...buttons: string[]) => {
  person.messages.push({ text, buttons });
  return Promise.resolve(person.answer(text));
};

class Uri {
  readonly scheme = 'file';
  private constructor(readonly fsPath: string) {}
  static file(file: string): Uri {
    return new Uri(file);
  }
  static joinPath(uri: Uri, ...parts: string[]): Uri {
    return new Uri(path.join(uri.fsPath, ...parts));
  }
  get path(): string {
    return this.fsPath;
  }
  toString(): string {
    return `file://${this.fsPath}`;
  }
}

class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState = 0,
  ) {}
}

class MarkdownString {
  value = '';
  appendText(text: string): this {
    this.value += text;
    return this;
  }
  appendMarkdown(text: string): this {
    return this.appendText(text);
  }
}

/** For what is made, and not looked at. */
class Made {
  readonly made: unknown[];
  constructor(...made: unknown[]) {
    this.made = made;
  }
}

class RelativePattern {
  constructor(
    readonly base: Uri,
    readonly pattern: string,
  ) {}
}

const nothing = () => ({ dispose: () => undefined });

export const editor = {
  /** The files that a search in the workspace finds. */
  found: [] as string[],
  /** What was deleted, or came: a folder alone and not what lies in it. */
  deleted: new EventEmitter<Uri>(),
  created: new EventEmitter<Uri>(),
  /** The lists that the person was asked to choose from; they close each. */
  picks: [] as unknown[],
  /** Settings that somebody made, by their names. */
  settings: {} as Record<string, unknown>,
  /** Files that were opened. */
  opened: [] as string[],
  registered: new Map<string, (...words: unknown[]) => unknown>(),
  statusBarItems: [] as { text: string; tooltip: unknown }[],
  EventEmitter,
  Uri,
  TreeItem,
  TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
  ThemeIcon: Made,
  ThemeColor: Made,
  Position: Made,
  Range: Made,
  MarkdownString,
  RelativePattern,
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2 },
  StatusBarAlignment: { Left: 1, Right: 2 },
  ViewColumn: { One: 1 },
  QuickInputButtons: { Back: {} },
  l10n: {
    t: (text: string, ...values: unknown[]) =>
      text.replace(/\{(\d+)\}/g, (_hole, index: string) => String(values[Number(index)])),
  },
  env: { language: 'en' },
  extensions: { getExtension: (): unknown => undefined },
  commands: {
    registerCommand: (id: string, run: (...words: unknown[]) => unknown) => {
      editor.registered.set(id, run);
      return { dispose: () => editor.registered.delete(id) };
    },
    executeCommand: (...words: unknown[]) => {
      person.commands.push(words.join(' '));
      return Promise.resolve(person.result(String(words[0])));
    },
  },
  window: {
    showTextDocument: (uri: Uri) => Promise.resolve(void editor.opened.push(uri.fsPath)),
    showErrorMessage: show,
    showWarningMessage: show,
    showInformationMessage: show,
    showQuickPick: (items: unknown) => Promise.resolve(void editor.picks.push(items)),
    createQuickPick: (): unknown => undefined,
    createStatusBarItem: () => {
      const item = { text: '', tooltip: undefined, show: () => undefined, hide: () => undefined };
      editor.statusBarItems.push(item);
      return item;
    },
    activeTextEditor: undefined as { document: { uri: Uri } } | undefined,
    onDidChangeActiveTextEditor: nothing,
  },
  debug: {
    /** What looks on at debug sessions; the newest last. */
    trackers: [] as { createDebugAdapterTracker(session: object): unknown }[],
    breakpoints: [],
    registerDebugAdapterTrackerFactory: (_type: string, factory: never) => {
      editor.debug.trackers.push(factory);
      return nothing();
    },
    onDidTerminateDebugSession: nothing,
    startDebugging: () => Promise.resolve(true),
  },
  /** What an editor has for agents; one of 1.95 lacks the second. */
  LanguageModelTextPart: class {
    constructor(readonly value: string) {}
  },
  LanguageModelToolResult: class {
    constructor(readonly content: unknown[]) {}
  },
  lm: undefined as Record<string, unknown> | undefined,
  McpStdioServerDefinition: undefined as (new (...given: unknown[]) => unknown) | undefined,
  workspace: {
    isTrusted: true,
    workspaceFolders: undefined as { uri: Uri; name: string; index: number }[] | undefined,
    getConfiguration: () => ({
      get: (name: string, fallback: unknown) => editor.settings[name] ?? fallback,
      inspect: () => undefined,
    }),
    asRelativePath: (file: string) => file,
    findFiles: (place: string | RelativePattern) => {
      const base = typeof place === 'string' ? '' : place.base.fsPath;
      const found = editor.found.filter((file) => file.startsWith(base));
      return Promise.resolve(found.map((file) => Uri.file(file)));
    },
    getWorkspaceFolder: (uri: Uri) =>
      editor.workspace.workspaceFolders?.find((each) => uri.fsPath.startsWith(each.uri.fsPath)),
    workspaceFile: undefined as Uri | undefined,
    onDidChangeConfiguration: nothing,
    onDidGrantWorkspaceTrust: nothing,
    createFileSystemWatcher: (pattern: string) => ({
      onDidChange: nothing,
      onDidCreate: (listener: (uri: Uri) => void) =>
        pattern === '**/*' ? editor.created.event(listener) : nothing(),
      onDidDelete: (listener: (uri: Uri) => void) =>
        pattern === '**/*' ? editor.deleted.event(listener) : nothing(),
      dispose: () => undefined,
    }),
    onDidChangeWorkspaceFolders: nothing,
  },
};

type Load = (request: string, ...rest: unknown[]) => unknown;
const loader = Module as unknown as { _load: Load };
const load = loader._load;
loader._load = (request, ...rest) => (request === 'vscode' ? editor : load(request, ...rest));

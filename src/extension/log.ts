/**
 * The log channel. Each line of user code says which function, which run, which connection and which fact caused
 * it; `#12` is a link to that fact in the Traffic view, and a place in a stack trace is a link to the source.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Fact, FactOf, LogLevel } from '../protocol/fact';
import type { SessionState } from '../protocol/state';
import { commands, logChannelName } from './ids';

export class Log implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel(logChannelName, { log: true });

  /** A line that the session process wrote about itself. */
  session(line: string): void {
    this.channel.info(line);
  }

  info(text: string): void {
    this.channel.info(text);
  }

  error(text: string): void {
    this.channel.error(text);
  }

  show(): void {
    this.channel.show(true);
  }

  /** Writes what the facts say to a person who reads a log. */
  receive(facts: readonly Fact[], state: SessionState): void {
    for (const fact of facts) {
      const line = renderFact(fact, state);
      if (line !== undefined) {
        write(this.channel, line.level, line.text);
      }
    }
  }

  /** Shows the log and puts the lines about a fact or an invocation into view. */
  async reveal(mark: string): Promise<void> {
    this.channel.show(true);
    const editor = await outputEditor();
    const text = editor?.document.getText() ?? '';
    const at = text.lastIndexOf(mark);
    if (editor !== undefined && at >= 0) {
      const position = editor.document.positionAt(at);
      editor.revealRange(
        new vscode.Range(position, position),
        vscode.TextEditorRevealType.InCenter,
      );
    }
  }

  dispose(): void {
    this.channel.dispose();
  }
}

/** The output panel's editor appears a moment after `show`. */
async function outputEditor(): Promise<vscode.TextEditor | undefined> {
  const find = () =>
    vscode.window.visibleTextEditors.find(
      ({ document }) =>
        document.uri.scheme === 'output' && document.uri.path.includes('SCF WebSocket'),
    );
  const there = find();
  if (there !== undefined) {
    return there;
  }
  return new Promise((resolve) => {
    const subscription = vscode.window.onDidChangeVisibleTextEditors(() => finish());
    const limit = setTimeout(() => finish(true), 2000);
    const finish = (giveUp = false) => {
      const editor = find();
      if (editor !== undefined || giveUp) {
        clearTimeout(limit);
        subscription.dispose();
        resolve(editor);
      }
    };
  });
}

function write(channel: vscode.LogOutputChannel, level: LogLevel, text: string): void {
  channel[level](text);
}

interface Line {
  level: LogLevel;
  text: string;
}

/** The line for a fact; undefined when the Traffic view tells it better. Exported for tests. */
export function renderFact(fact: Fact, state: SessionState): Line | undefined {
  switch (fact.kind) {
    case 'listening': {
      const wished = fact.wishedPort;
      const moved =
        wished === undefined || wished === fact.port
          ? ''
          : ` ${l10n.t('Port {0} was taken.', String(wished))}`;
      const text = l10n.t('Listening on {0}; push address {1}.', fact.url, fact.pushUrl);
      return { level: moved === '' ? 'info' : 'warn', text: text + moved };
    }
    case 'stopping':
      return { level: 'info', text: l10n.t('Stopping: {0}', fact.reason) };
    case 'log':
      return {
        level: fact.level,
        text: `${tag(fact, state)} ${fact.text}`,
      };
    case 'instance':
      return renderInstance(fact, state);
    case 'refused':
      return {
        level: 'warn',
        text: l10n.t(
          '#{0} Refused {1} with {2}: {3}',
          fact.seq,
          fact.target,
          fact.status,
          fact.reason,
        ),
      };
    case 'push':
      return fact.errNo === 0
        ? undefined
        : {
            level: 'warn',
            text: l10n.t('#{0} Push answered errNo {1}: {2}', fact.seq, fact.errNo, fact.errMsg),
          };
    case 'diagnostic':
      return {
        level: fact.severity === 'warning' ? 'warn' : fact.severity,
        text: `#${fact.seq} [${fact.rule}] ${fact.message} ${fact.advice}`,
      };
    case 'dropped':
      return {
        level: 'debug',
        text: l10n.t('The recorder dropped {0} facts and {1} payloads.', fact.facts, fact.payloads),
      };
    case 'servicesChanged':
    case 'connecting':
    case 'opened':
    case 'closed':
    case 'frame':
    case 'held':
    case 'releasedFrame':
    case 'invocationStarted':
    case 'invocationEnded':
    case 'diagnosticsCleared':
    case 'clock':
    case 'debugging':
    case 'faults':
    case 'frameBreakpoints':
    case 'client':
      return undefined;
  }
}

function renderInstance(fact: FactOf<'instance'>, state: SessionState): Line | undefined {
  const name = nameOf(fact.function, state);
  if (fact.state === 'starting') {
    const text = l10n.t(
      '[{0}] Starting instance {1}, version {2}.',
      name,
      fact.instance,
      fact.version,
    );
    return {
      level: 'info',
      text: `${text}${fact.interpreter === undefined ? '' : ` ${fact.interpreter}`}`,
    };
  }
  if (fact.state === 'stopped') {
    const text = l10n.t('[{0}] Instance {1} ended.', name, fact.instance);
    return { level: 'info', text: `${text}${fact.reason === undefined ? '' : ` ${fact.reason}`}` };
  }
  return undefined;
}

/** `[Transmission 5f0c0d9e 3q2+7wAA #12]`: function, run, connection, what caused it. */
function tag(fact: FactOf<'log'>, state: SessionState): string {
  const run = fact.invocation === null ? undefined : state.invocations.get(fact.invocation);
  const words = [nameOf(fact.function, state)];
  if (fact.invocation !== null) {
    words.push(fact.invocation.slice(0, 8));
  }
  if (run?.connection) {
    words.push(run.connection.slice(0, 8));
  }
  words.push(`#${run?.cause ?? run?.started ?? fact.seq}`);
  return `[${words.join(' ')}]`;
}

export function nameOf(id: string, state: SessionState): string {
  return state.functions.get(id)?.info.name ?? id;
}

/** Makes `#12`, and places such as `index.py", line 3` or `index.js:3:5`, links. */
export class LogLinks implements vscode.DocumentLinkProvider {
  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    if (!document.uri.path.includes(logChannelName)) {
      return [];
    }
    return findLinks(document.getText()).map(({ start, end, target }) => {
      const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
      const link = new vscode.DocumentLink(range, toUri(target));
      link.tooltip =
        target.kind === 'fact' ? l10n.t('Show in Traffic') : l10n.t('Go to the source line');
      return link;
    });
  }
}

export type LinkTarget =
  { kind: 'fact'; seq: number } | { kind: 'source'; file: string; line: number };

/** Links of a text, with offsets. Exported for tests. */
export function findLinks(text: string): { start: number; end: number; target: LinkTarget }[] {
  const links: { start: number; end: number; target: LinkTarget }[] = [];
  for (const match of text.matchAll(/(?<=[[ ])#(\d+)(?=[\] ])/g)) {
    const target = { kind: 'fact', seq: Number(match[1]) } as const;
    links.push({ start: match.index, end: match.index + match[0].length, target });
  }
  const places =
    /File "([^"\n]+)", line (\d+)|((?:\/|[A-Za-z]:\\)[^\s():]+\.[cm]?[jt]s):(\d+)(?::\d+)?/g;
  for (const match of text.matchAll(places)) {
    const file = match[1] ?? match[3] ?? '';
    const target = { kind: 'source', file, line: Number(match[2] ?? match[4]) } as const;
    links.push({ start: match.index, end: match.index + match[0].length, target });
  }
  return links;
}

function toUri(target: LinkTarget): vscode.Uri {
  if (target.kind === 'source') {
    return vscode.Uri.file(target.file).with({ fragment: `L${target.line}` });
  }
  const argument = encodeURIComponent(JSON.stringify([target.seq]));
  return vscode.Uri.parse(`command:${commands.showFact}?${argument}`);
}

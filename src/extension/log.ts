/**
 * The log channel. Each line of user code says which function, which run, which connection and which fact caused
 * it; `#12` is a link to that fact in the Traffic view, and a place in a stack trace is a link to the source.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Fact, LogLevel } from '../protocol/fact';
import type { SessionState } from '../protocol/state';
import { commands, logChannelName } from './ids';
import { findLinks, renderFact } from './logLines';
import type { LinkTarget } from './logLines';

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

function toUri(target: LinkTarget): vscode.Uri {
  if (target.kind === 'source') {
    return vscode.Uri.file(target.file).with({ fragment: `L${target.line}` });
  }
  const argument = encodeURIComponent(JSON.stringify([target.seq]));
  return vscode.Uri.parse(`command:${commands.showFact}?${argument}`);
}

/** The live lens: beside each handler what its last run got, returned, pushed and took; errors at their line. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { FunctionInfo } from '../protocol/fact';
import { setting } from './configuration';
import { findHandler } from '../core/project/handlerPlace';
import { commands, settings } from './ids';
import type { Parts } from './parts';
import type { Run } from './runs';
import { milliseconds } from './views/functionsView';
import { pretty, shorten } from './commands/invoke';

export class InlineValues implements vscode.Disposable {
  private readonly value = decoration('editorInlayHint.foreground');
  private readonly error = decoration('editorError.foreground');
  private readonly disposables: vscode.Disposable[] = [this.value, this.error];
  /** Events of last runs, by invocation; fetched when they are first shown. */
  private readonly events = new Map<string, Promise<string>>();

  constructor(private readonly parts: Parts) {
    this.disposables.push(
      vscode.window.onDidChangeVisibleTextEditors(() => this.refresh()),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document.uri.scheme === 'file') {
          this.refresh();
        }
      }),
      vscode.workspace.onDidSaveTextDocument(() => this.refresh()),
      vscode.workspace.onDidChangeConfiguration(() => this.refresh()),
    );
  }

  /** A new session: nothing ran in it yet. */
  clear(): void {
    this.events.clear();
    this.refresh();
  }

  refresh(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      void this.show(editor);
    }
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }

  private async show(editor: vscode.TextEditor): Promise<void> {
    const file = editor.document.uri.fsPath;
    if (!setting(settings.inlineValues, true) || editor.document.uri.scheme !== 'file') {
      editor.setDecorations(this.value, []);
      editor.setDecorations(this.error, []);
      return;
    }
    const values: vscode.DecorationOptions[] = [];
    const errors: vscode.DecorationOptions[] = [];
    for (const { info } of this.parts.gateway.state.functions.values()) {
      const run = this.parts.runs.lastOf(info.function);
      if (run === undefined) {
        continue;
      }
      if (info.file === file) {
        values.push(await this.valueOf(editor.document, info, run));
      }
      if (run.place?.file === file && run.error !== undefined && this.isThere(editor, run)) {
        errors.push(errorOf(editor.document, run));
      }
    }
    editor.setDecorations(this.value, values);
    editor.setDecorations(this.error, errors);
  }

  /** Whether the line of the error is as it was: lines move while one types, and are mended by others, too. */
  private isThere({ document }: vscode.TextEditor, run: Run): boolean {
    return !document.isDirty && this.parts.runs.isOf(run, document.uri.fsPath);
  }

  private async valueOf(
    document: vscode.TextDocument,
    info: FunctionInfo,
    run: Run,
  ): Promise<vscode.DecorationOptions> {
    const event = await this.eventOf(run);
    const line = findHandler(document.getText(), info.handler, info.family)?.line ?? 0;
    const words = [
      `← ${shorten(summary(event), 60)}`,
      run.outcome === 'ok'
        ? `→ ${shorten(run.preview ?? 'null', 50)}`
        : `✗ ${run.error?.statusCode ?? ''}`,
      pushes(run.pushes),
      milliseconds(run.durationMs ?? 0),
    ];
    return {
      range: endOf(document, line),
      hoverMessage: hover(event, run),
      renderOptions: { after: { contentText: words.join('\u00a0\u00a0·\u00a0\u00a0') } },
    };
  }

  private eventOf(run: Run): Promise<string> {
    let event = this.events.get(run.invocation);
    if (event === undefined) {
      event = this.parts.gateway.ask('payload', { seq: run.started }).then(
        (payload) => payload?.data ?? '',
        () => '',
      );
      this.events.set(run.invocation, event);
      for (const oldest of this.events.keys()) {
        if (this.events.size <= 100) {
          break;
        }
        this.events.delete(oldest);
      }
    }
    return event;
  }
}

/** What matters of an event at a glance: the data of a message, else the whole. */
function summary(event: string): string {
  try {
    const { websocket } = JSON.parse(event) as { websocket?: { action?: string; data?: string } };
    return websocket?.data ?? websocket?.action ?? event;
  } catch {
    return event;
  }
}

function pushes(count: number): string {
  return count === 1 ? l10n.t('1 push') : l10n.t('{0} pushes', count);
}

function hover(event: string, run: Run): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: [commands.runAgain, commands.showFact, commands.showInLog] };
  text.appendMarkdown(`**${l10n.t('Event')}**\n`);
  text.appendCodeblock(shorten(pretty(event), 2000), 'json');
  text.appendMarkdown(`**${l10n.t('Result')}**\n`);
  text.appendCodeblock(shorten(pretty(run.preview ?? ''), 2000), 'json');
  const link = (label: string, command: string, argument: unknown) =>
    `[${label}](command:${command}?${encodeURIComponent(JSON.stringify([argument]))})`;
  text.appendMarkdown(
    [
      link(l10n.t('Run again'), commands.runAgain, { function: run.function }),
      link(l10n.t('Show in Traffic'), commands.showFact, run.started),
      link(l10n.t('Show in Log'), commands.showInLog, run.invocation),
    ].join(' · '),
  );
  return text;
}

function errorOf(document: vscode.TextDocument, run: Run): vscode.DecorationOptions {
  const trace = run.error?.stackTrace?.trim().split('\n') ?? [];
  // Python says what happened in the last line, Node.js in the first.
  const last = trace.at(-1)?.trim() ?? '';
  const what = last.startsWith('at ') ? trace[0] : last;
  return {
    range: endOf(document, (run.place?.line ?? 1) - 1),
    hoverMessage: new vscode.MarkdownString().appendCodeblock(trace.join('\n'), 'text'),
    renderOptions: {
      after: { contentText: `✗ ${shorten(what || (run.error?.errorMessage ?? ''), 120)}` },
    },
  };
}

function endOf(document: vscode.TextDocument, line: number): vscode.Range {
  const { range } = document.lineAt(Math.min(Math.max(0, line), document.lineCount - 1));
  return new vscode.Range(range.end, range.end);
}

function decoration(color: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
    after: { color: new vscode.ThemeColor(color), margin: '0 0 0 4ch', fontStyle: 'italic' },
  });
}

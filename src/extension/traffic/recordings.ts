/** A recording in an editor of its own: the same page as Traffic, read-only, fed from a file. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { RecordingProblem } from '../../protocol/export/jsonLines';
import type { Ask } from '../../protocol/intent';
import { escapeHtml, htmlDocument } from '../../protocol/page';
import { doDeed } from './deeds';
import { webviewOptions } from './page';
import { frameOfPanel, PageView } from './pageView';
import type { FactSource } from './pageView';
import type { RecordedLines } from './recordedLines';
import { openBytes } from './recordingFile';

interface RecordingDocument extends vscode.CustomDocument {
  /** Or why the file is none. */
  content: RecordedLines | string;
}

export class Recordings implements vscode.CustomReadonlyEditorProvider<RecordingDocument> {
  constructor(private readonly context: vscode.ExtensionContext) {}

  async openCustomDocument(uri: vscode.Uri): Promise<RecordingDocument> {
    const { value, problems } = openBytes(await vscode.workspace.fs.readFile(uri));
    if (value === undefined) {
      // Thrown, it would become "an unexpected error" in the words of the editor.
      const why = reasonOf(problems);
      const content = l10n.t('{0} is not a recording. {1}', path.basename(uri.fsPath), why);
      void this.offerText(uri, content);
      return { uri, content, dispose: () => undefined };
    }
    return { uri, content: value, dispose: () => undefined };
  }

  private async offerText(uri: vscode.Uri, why: string): Promise<void> {
    const asText = l10n.t('Open as Text');
    if ((await vscode.window.showErrorMessage(why, asText)) === asText) {
      await vscode.commands.executeCommand('vscode.openWith', uri, 'default');
    }
  }

  resolveCustomEditor({ uri, content }: RecordingDocument, panel: vscode.WebviewPanel): void {
    if (typeof content === 'string') {
      panel.webview.html = sentencePage(content);
      return;
    }
    panel.webview.options = webviewOptions(this.context.extensionUri);
    const page = new PageView(
      frameOfPanel(panel),
      'editor',
      this.context,
      this.sourceOf(uri, content),
    );
    panel.onDidDispose(() => page.dispose());
  }

  private sourceOf(uri: vscode.Uri, recording: RecordedLines): FactSource {
    let isToldOfProblems = false;
    const fetch: FactSource['fetch'] = (from, limit) => {
      const answer = recording.read(from, limit);
      if (answer.next === null && !isToldOfProblems) {
        isToldOfProblems = true;
        tellProblems(recording.problems);
      }
      return Promise.resolve(answer);
    };
    const ask = async (intent: string, asked: object): Promise<never> => {
      switch (intent) {
        case 'payload':
          return recording.payload((asked as Ask<'payload'>).seq) as never;
        case 'search':
          return (await recording.search(asked as Ask<'search'>)) as never;
        default:
          throw new UserError('readOnly', l10n.t('A recording can only be looked at.'));
      }
    };
    return {
      mode: 'recording',
      title: path.basename(uri.fsPath),
      session: () => 1,
      newest: () => recording.last,
      status: () => ({ state: 'running', url: '', pushUrl: '' }),
      fetch,
      ask,
      do: (message) =>
        doDeed(message, { context: this.context, fetch, ask, libraryChanged: () => undefined }),
    };
  }
}

function reasonOf([first]: readonly RecordingProblem[]): string {
  const translate = l10n.t; // The parser's own sentences are translated with it.
  return first === undefined
    ? ''
    : l10n.t('Line {0}: {1}', first.line, translate(first.message, ...first.values));
}

/** Of lines that were left out, once all were read. */
function tellProblems(problems: readonly RecordingProblem[]): void {
  if (problems.length > 0) {
    void vscode.window.showWarningMessage(
      l10n.t('{0} lines of the recording were left out. {1}', problems.length, reasonOf(problems)),
    );
  }
}

/** A page that says one thing. */
function sentencePage(sentence: string): string {
  return htmlDocument({
    language: vscode.env.language,
    title: sentence,
    policy: "default-src 'none'",
    body: `<p role="alert">${escapeHtml(sentence)}</p>`,
  });
}

/** A recording in an editor of its own: the same page as Traffic, read-only, fed from a file. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import { recordedPayload, searchRecording } from '../../protocol/export/recording';
import type { Recording } from '../../protocol/export/recording';
import type { Ask } from '../../protocol/intent';
import { escapeHtml, htmlDocument } from '../../protocol/page';
import { doDeed } from './deeds';
import { webviewOptions } from './page';
import { frameOfPanel, PageView } from './pageView';
import type { FactSource } from './pageView';
import { parseBytes } from './recordingFile';

interface RecordingDocument extends vscode.CustomDocument {
  /** Or why the file is none. */
  content: Recording | string;
}

export class Recordings implements vscode.CustomReadonlyEditorProvider<RecordingDocument> {
  constructor(private readonly context: vscode.ExtensionContext) {}

  async openCustomDocument(uri: vscode.Uri): Promise<RecordingDocument> {
    const { value, problems } = parseBytes(await vscode.workspace.fs.readFile(uri));
    const [first] = problems;
    const translate = l10n.t; // The parser's own sentences are translated with it.
    const reason =
      first === undefined
        ? ''
        : l10n.t('Line {0}: {1}', first.line, translate(first.message, ...first.values));
    if (value === undefined) {
      // Thrown, it would become "an unexpected error" in the words of the editor.
      const content = l10n.t('{0} is not a recording. {1}', path.basename(uri.fsPath), reason);
      void this.offerText(uri, content);
      return { uri, content, dispose: () => undefined };
    }
    if (first !== undefined) {
      void vscode.window.showWarningMessage(
        l10n.t('{0} lines of the recording were left out. {1}', problems.length, reason),
      );
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

  private sourceOf(uri: vscode.Uri, recording: Recording): FactSource {
    const last = recording.facts.at(-1)?.seq ?? 0;
    const fetch: FactSource['fetch'] = (from, limit) => {
      const start = recording.facts.findIndex(({ seq }) => seq >= from);
      const facts = start < 0 ? [] : recording.facts.slice(start, start + limit);
      const through = facts.at(-1)?.seq ?? last;
      return Promise.resolve({ facts, next: through < last ? through + 1 : null, last });
    };
    const ask = (intent: string, asked: object): Promise<never> => {
      switch (intent) {
        case 'payload':
          return Promise.resolve(
            recordedPayload(recording, (asked as Ask<'payload'>).seq) as never,
          );
        case 'search':
          return Promise.resolve(searchRecording(recording, asked as Ask<'search'>) as never);
        default:
          return Promise.reject(
            new UserError('readOnly', l10n.t('A recording can only be looked at.')),
          );
      }
    };
    return {
      mode: 'recording',
      title: path.basename(uri.fsPath),
      session: () => 1,
      newest: () => last,
      status: () => ({ state: 'running', url: '', pushUrl: '' }),
      fetch,
      ask,
      do: (message) =>
        doDeed(message, { context: this.context, fetch, ask, libraryChanged: () => undefined }),
    };
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

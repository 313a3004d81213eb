/** Read-only documents that are made here: results, payloads, the two sides of a comparison. */
import * as vscode from 'vscode';

export const virtualScheme = 'scfws';

/** How many are remembered; the oldest are forgotten first. */
const kept = 200;

class VirtualText implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private count = 0;

  /** The address of a new document. Its name ends so that the editor finds the language. */
  add(title: string, language: string, content: string): vscode.Uri {
    const extension = language === 'json' ? '.json' : language === 'plaintext' ? '.txt' : '';
    const name = title.replace(/[\\/?#]/g, '-');
    const uri = vscode.Uri.from({
      scheme: virtualScheme,
      path: `/${++this.count}/${name.endsWith(extension) ? name : name + extension}`,
    });
    this.texts.set(uri.path, content);
    for (const oldest of this.texts.keys()) {
      if (this.texts.size <= kept) {
        break;
      }
      this.texts.delete(oldest);
    }
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.texts.get(uri.path);
  }
}

export const virtualText = new VirtualText();

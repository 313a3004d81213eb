// A language server from npm, as its own extension would drive it: what it publishes is underlined in the editor.
import { type ChildProcess, spawn } from 'node:child_process';
import * as vscode from 'vscode';

interface Published {
  uri: string;
  diagnostics: { range: { start: vscode.Position; end: vscode.Position }; message: string }[];
}

export class LanguageServer implements vscode.Disposable {
  private readonly child: ChildProcess;
  private readonly shown: vscode.DiagnosticCollection;
  private rest = Buffer.alloc(0);
  private number = 0;
  private readonly answers = new Map<number, (result: unknown) => void>();

  constructor(name: string, program: string) {
    this.shown = vscode.languages.createDiagnosticCollection(name);
    this.child = spawn('node', [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout?.on('data', (chunk: Buffer) => this.read(chunk));
  }

  /** Opens a file in the server, which tells of it from then on. */
  async open(folder: vscode.Uri, document: vscode.TextDocument): Promise<void> {
    const workspaceFolders = [{ uri: folder.toString(), name: 'project' }];
    await this.ask('initialize', {
      processId: null,
      rootUri: folder.toString(),
      workspaceFolders,
      capabilities: {},
    });
    this.tell('initialized', {});
    this.tell('textDocument/didOpen', {
      textDocument: {
        uri: vscode.Uri.file(document.uri.fsPath).toString(),
        languageId: document.languageId,
        version: 1,
        text: document.getText(),
      },
    });
  }

  dispose(): void {
    this.child.kill();
    this.shown.dispose();
  }

  private ask(method: string, params: unknown): Promise<unknown> {
    this.number += 1;
    const id = this.number;
    this.write({ id, method, params });
    return new Promise((resolve) => this.answers.set(id, resolve));
  }

  private tell(method: string, params: unknown): void {
    this.write({ method, params });
  }

  private write(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  private read(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      const head = /^[^]*?Content-Length: (\d+)[^]*?\r\n\r\n/.exec(this.rest.toString('latin1'));
      const size = Number(head?.[1]);
      if (head === null || this.rest.length < head[0].length + size) {
        return;
      }
      const body = this.rest.subarray(head[0].length, head[0].length + size).toString();
      this.rest = this.rest.subarray(head[0].length + size);
      this.take(
        JSON.parse(body) as { id?: number; method?: string; params?: unknown; result?: unknown },
      );
    }
  }

  private take({
    id,
    method,
    params,
    result,
  }: {
    id?: number;
    method?: string;
    params?: unknown;
    result?: unknown;
  }): void {
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as Published;
      this.shown.set(
        vscode.Uri.file(vscode.Uri.parse(uri).fsPath),
        diagnostics.map(({ range: { start, end }, message }) => {
          const range = new vscode.Range(start.line, start.character, end.line, end.character);
          const made = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
          made.source = this.shown.name;
          return made;
        }),
      );
    } else if (method === 'workspace/configuration') {
      const { items } = params as { items: unknown[] };
      this.write({ id, result: items.map(() => null) });
    } else if (method !== undefined && id !== undefined) {
      this.write({ id, result: null });
    } else if (id !== undefined) {
      this.answers.get(id)?.(result);
    }
  }
}

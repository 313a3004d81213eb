/** The flows of the workspace, read again whenever one changes: in its editor, else on the disk. */
import * as vscode from 'vscode';
import type { ReadFlow } from '../../core/scenario/flow';
import type { ScenarioInfo } from '../../protocol/testEvent';
import { watchFiles } from '../fileWatch';

export const flowPattern = '**/*.wsflow.{yaml,yml}';
/** Where nobody keeps a flow; the command line does not look there either. */
const exclude = '**/{node_modules,.git,.scfws,dist,out,coverage,.venv,__pycache__}/**';
const isExcluded = /[\\/](node_modules|\.git|\.scfws|dist|out|coverage|\.venv|__pycache__)[\\/]/;

export interface FlowFile {
  uri: vscode.Uri;
  read: ReadFlow;
  scenarios: ScenarioInfo[];
}

export class FlowFiles implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<{ uri: vscode.Uri; file?: FlowFile }>();
  /** `file` is absent when it was deleted. */
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[] = [this.changed];
  /** What was begun last for a file wins, however long each takes to read. */
  private readonly turns = new Map<string, number>();

  constructor() {
    const look = (uri: vscode.Uri) => void this.look(uri);
    const lookAt = (document: vscode.TextDocument) => {
      if (isFlow(document.uri)) {
        look(document.uri);
      }
    };
    const known = () => [...this.turns.keys()].map((key) => vscode.Uri.parse(key));
    this.disposables.push(
      watchFiles(flowPattern, known, look),
      vscode.workspace.onDidOpenTextDocument(lookAt),
      vscode.workspace.onDidChangeTextDocument(({ document }) => lookAt(document)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.refresh()),
    );
  }

  async refresh(): Promise<void> {
    const found = await vscode.workspace.findFiles(flowPattern, exclude);
    await Promise.all(found.map((uri) => this.look(uri)));
  }

  private async look(uri: vscode.Uri): Promise<void> {
    if (isExcluded.test(uri.fsPath)) {
      return;
    }
    const key = uri.toString();
    const turn = (this.turns.get(key) ?? 0) + 1;
    this.turns.set(key, turn);
    const text = await textOf(uri);
    // Loaded when it is needed: the parser of YAML is large.
    const { parseFlow } = await import('../../core/scenario/parseFlow');
    const { scenariosOf } = await import('../../core/scenario/loadFlows');
    if (this.turns.get(key) !== turn) {
      return;
    }
    if (text === undefined) {
      this.changed.fire({ uri });
      return;
    }
    const read = parseFlow(text, uri.fsPath);
    const base = baseOf(uri);
    const scenarios =
      read.flow === undefined || base === undefined ? [] : scenariosOf(read.flow, base);
    this.changed.fire({ uri, file: { uri, read, scenarios } });
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }
}

/** The folder of the workspace that ids of its scenarios are relative to. */
export function baseOf(uri: vscode.Uri): string | undefined {
  return vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
}

export function isFlow(uri: vscode.Uri): boolean {
  return uri.scheme === 'file' && /\.wsflow\.ya?ml$/.test(uri.path);
}

async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find(
    (each) => each.uri.toString() === uri.toString() && !each.isClosed,
  );
  if (open !== undefined) {
    return open.getText();
  }
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
  } catch {
    return undefined;
  }
}

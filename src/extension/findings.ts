/**
 * Contract mistakes that were seen at run time, in the Problems panel at the handler, with a link to the row of
 * the fidelity ledger and a repair where there is one. What runs have met goes when a new version of the code serves;
 * what was found without a run goes when the code is good again.
 */
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { DiagnosticFix, Fact, FactOf, FunctionInfo, ProjectChange } from '../protocol/fact';
import { changeProjectText } from './projectChange';
import type { FunctionId } from '../protocol/project';
import type { SessionState } from '../protocol/state';
import { commands } from './ids';
import { locateHandler } from './handlers';

interface Finding {
  /** Found while an event ran, or else by a look at the code, its build or its start. */
  byRun: boolean;
  function: FunctionId;
  rule: string;
  version: number;
  uri: vscode.Uri;
  diagnostic: vscode.Diagnostic;
  fix?: DiagnosticFix;
  change?: ProjectChange;
  /** Whose function it is about. */
  info?: FunctionInfo;
}

export class Findings implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('SCF WebSocket');
  private findings: Finding[] = [];
  /** Newest version of each function that was ready. */
  private readonly served = new Map<FunctionId, number>();
  private readonly templates: string;
  /** A place is looked for on disk: what comes later must not overtake. */
  private order: Promise<void> = Promise.resolve();

  /** `extensionPath`: where the built extension is, with its templates. */
  constructor(extensionPath: string) {
    this.templates = path.join(extensionPath, 'dist', 'templates');
  }

  receive(facts: readonly Fact[], state: SessionState): void {
    for (const fact of facts) {
      if (fact.kind === 'diagnostic') {
        const run =
          fact.invocation === undefined ? undefined : state.invocations.get(fact.invocation);
        const version = fact.version ?? run?.version ?? this.served.get(fact.function ?? '') ?? 0;
        const info =
          fact.function === undefined ? undefined : state.functions.get(fact.function)?.info;
        this.inOrder(() => this.add(fact, version, info));
      }
      if (fact.kind === 'diagnosticsCleared') {
        this.inOrder(() =>
          // The code is good to start: that says nothing of what its runs have met.
          this.remove(({ function: of, byRun }) => of === fact.function && !byRun),
        );
      }
      if (fact.kind === 'instance' && fact.state === 'ready') {
        this.served.set(fact.function, Math.max(fact.version, this.served.get(fact.function) ?? 0));
        this.inOrder(() =>
          this.remove((each) => each.function === fact.function && each.version < fact.version),
        );
      }
    }
  }

  clear(): void {
    this.served.clear();
    this.inOrder(() => this.remove(() => true));
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const actions: vscode.CodeAction[] = [];
    for (const finding of this.findings) {
      const { uri, diagnostic } = finding;
      if (
        uri.toString() === document.uri.toString() &&
        context.diagnostics.some(({ message }) => message === diagnostic.message)
      ) {
        actions.push(...this.actions(finding), ...changes(document, finding));
        actions.push(...(await this.creations(finding)));
      }
    }
    return actions;
  }

  dispose(): void {
    this.collection.dispose();
  }

  private inOrder(work: () => void | Promise<void>): void {
    this.order = this.order.then(work).catch(() => undefined);
  }

  private async add(
    fact: FactOf<'diagnostic'>,
    version: number,
    info: FunctionInfo | undefined,
  ): Promise<void> {
    const file = fact.place?.file ?? info?.file;
    if (file === undefined) {
      return; // Nothing of the user's to point at: the log has said it.
    }
    const line =
      fact.place === undefined
        ? ((info === undefined ? undefined : (await locateHandler(info))?.line) ?? 0)
        : fact.place.line - 1;
    const column = Math.max(0, (fact.place?.column ?? 1) - 1);
    const diagnostic = new vscode.Diagnostic(
      new vscode.Range(line, column, line, 1000),
      // F8 shows each line by itself: in a narrow editor, advice behind a long sentence would be out of sight.
      [fact.message, fact.advice].filter((text) => text !== '').join('\n'),
      severities[fact.severity],
    );
    diagnostic.source = 'SCF WebSocket';
    diagnostic.code = {
      value: fact.rule,
      target: vscode.Uri.parse(
        `command:${commands.openLedger}?${encodeURIComponent(JSON.stringify([fact.rule]))}`,
      ),
    };
    const finding: Finding = {
      byRun: fact.invocation !== undefined || fact.connection !== undefined,
      function: fact.function ?? '',
      rule: fact.rule,
      version,
      uri: vscode.Uri.file(file),
      diagnostic,
      fix: fact.fix,
      change: fact.change,
      info,
    };
    // The same mistake with each message is one finding.
    this.findings = this.findings.filter((each) => !isSame(each, finding));
    this.findings.push(finding);
    this.show(finding.uri);
  }

  private remove(which: (finding: Finding) => boolean): void {
    const gone = this.findings.filter(which);
    if (gone.length > 0) {
      this.findings = this.findings.filter((each) => !which(each));
      gone.forEach(({ uri }) => this.show(uri));
    }
  }

  private show(uri: vscode.Uri): void {
    const here = this.findings.filter((each) => each.uri.toString() === uri.toString());
    this.collection.set(
      uri,
      here.map(({ diagnostic }) => diagnostic),
    );
  }

  private actions(finding: Finding): vscode.CodeAction[] {
    const { fix, diagnostic } = finding;
    if (fix === undefined) {
      return [];
    }
    const action = new vscode.CodeAction(titleOf(fix), vscode.CodeActionKind.QuickFix);
    action.diagnostics = [diagnostic];
    action.isPreferred = fix.isKnown;
    action.command = {
      command: commands.installLibrary,
      title: action.title,
      arguments: [{ ...fix, function: finding.function }],
    };
    return [action];
  }

  /** The handler's file, where it is that which is missing. */
  private async creations({ rule, diagnostic, info }: Finding): Promise<vscode.CodeAction[]> {
    if (rule !== 'error.437' || info === undefined || fs.existsSync(info.file)) {
      return [];
    }
    const { newHandler } = await import('../core/project/functionEdits');
    const { readTemplates, spokenTemplates } = await import('../core/scaffold/templates');
    const runtimeVersion = /\d[\d.]*$/.exec(info.runtime)?.[0];
    const text = newHandler(
      { ...info, runtimeVersion },
      info.file,
      info.roles,
      spokenTemplates(await readTemplates(this.templates), vscode.env.language),
    );
    if (text === undefined) {
      return [];
    }
    const title = l10n.t('Create {0}', vscode.workspace.asRelativePath(info.file));
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.createFile(vscode.Uri.file(info.file), {
      contents: new TextEncoder().encode(text),
    });
    action.command = {
      command: 'vscode.open',
      title,
      arguments: [vscode.Uri.file(info.file)],
    };
    action.diagnostics = [diagnostic];
    return [action];
  }
}

/** Each value that scfws.json could have there instead. */
function changes(
  document: vscode.TextDocument,
  { uri, diagnostic, change }: Finding,
): vscode.CodeAction[] {
  return (change?.values ?? []).map((value, index) => {
    const title = l10n.t('Use {0}', value);
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    const text = document.getText();
    const edit = new vscode.WorkspaceEdit();
    const whole = new vscode.Range(document.positionAt(0), document.positionAt(text.length));
    edit.replace(uri, whole, changeProjectText(text, change?.path ?? [], value));
    action.edit = edit;
    action.diagnostics = [diagnostic];
    action.isPreferred = index === 0;
    return action;
  });
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
} as const;

function isSame(one: Finding, other: Finding): boolean {
  return (
    one.function === other.function &&
    one.rule === other.rule &&
    one.uri.toString() === other.uri.toString() &&
    one.diagnostic.range.start.line === other.diagnostic.range.start.line
  );
}

export function titleOf(fix: DiagnosticFix): string {
  if (fix.packages.length === 0) {
    return l10n.t('Run {0}', fix.command);
  }
  const names = fix.packages.join(', ');
  return fix.family === 'python'
    ? l10n.t('Install {0} into a virtual environment of this project…', names)
    : l10n.t("Install {0} into the function's folder…", names);
}

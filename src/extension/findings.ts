/**
 * Contract mistakes that were seen at run time, in the Problems panel at the handler, with a link to the row of
 * the fidelity ledger and a repair where there is one. A function's findings go when its code is good again or a
 * new version of it serves.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { DiagnosticFix, Fact, FactOf } from '../protocol/fact';
import type { FunctionId } from '../protocol/project';
import type { SessionState } from '../protocol/state';
import { commands, settingsSection } from './ids';
import { locateHandler } from './handlers';

interface Finding {
  function: FunctionId;
  rule: string;
  version: number;
  uri: vscode.Uri;
  diagnostic: vscode.Diagnostic;
  fix?: DiagnosticFix;
}

export class Findings implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('SCF WebSocket');
  private findings: Finding[] = [];

  receive(facts: readonly Fact[], state: SessionState): void {
    for (const fact of facts) {
      if (fact.kind === 'diagnostic') {
        void this.add(fact, state);
      } else if (fact.kind === 'diagnosticsCleared') {
        this.remove((finding) => finding.function === fact.function);
      } else if (fact.kind === 'instance' && fact.state === 'ready') {
        this.remove((each) => each.function === fact.function && each.version < fact.version);
      }
    }
  }

  clear(): void {
    this.remove(() => true);
  }

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return this.findings
      .filter(
        ({ uri, diagnostic }) =>
          uri.toString() === document.uri.toString() &&
          context.diagnostics.some(({ message }) => message === diagnostic.message),
      )
      .flatMap((finding) => this.actions(finding, document));
  }

  dispose(): void {
    this.collection.dispose();
  }

  private async add(fact: FactOf<'diagnostic'>, state: SessionState): Promise<void> {
    const view = fact.function === undefined ? undefined : state.functions.get(fact.function);
    const file = fact.place?.file ?? view?.info.file;
    if (file === undefined) {
      return; // Nothing of the user's to point at: the log has said it.
    }
    const version =
      (fact.invocation === undefined ? undefined : state.invocations.get(fact.invocation))
        ?.version ?? 0;
    const line =
      fact.place === undefined
        ? ((view === undefined ? undefined : (await locateHandler(view.info))?.line) ?? 0)
        : fact.place.line - 1;
    const column = Math.max(0, (fact.place?.column ?? 1) - 1);
    const diagnostic = new vscode.Diagnostic(
      new vscode.Range(line, column, line, 1000),
      `${fact.message} ${fact.advice}`.trim(),
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
      function: fact.function ?? '',
      rule: fact.rule,
      version,
      uri: vscode.Uri.file(file),
      diagnostic,
      fix: fact.fix,
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

  private actions(finding: Finding, document: vscode.TextDocument): vscode.CodeAction[] {
    const { fix, diagnostic } = finding;
    if (fix === undefined) {
      return [];
    }
    const action = new vscode.CodeAction(titleOf(fix), vscode.CodeActionKind.QuickFix);
    action.diagnostics = [diagnostic];
    action.isPreferred = true;
    switch (fix.kind) {
      case 'installLibrary':
        action.command = {
          command: commands.installLibrary,
          title: action.title,
          arguments: [{ ...fix, function: finding.function }],
        };
        return [action];
      case 'setSetting': {
        action.command = {
          command: 'workbench.action.openSettings',
          title: action.title,
          arguments: [`${settingsSection}.${fix.setting}`],
        };
        return [action];
      }
      case 'addErrNo':
        action.edit = addErrNo(document, diagnostic.range.start.line);
        return action.edit === undefined ? [] : [action];
    }
  }
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

function titleOf(fix: DiagnosticFix): string {
  switch (fix.kind) {
    case 'installLibrary':
      return l10n.t(
        'Install {0} into a virtual environment of this project',
        fix.packages.join(', '),
      );
    case 'setSetting':
      return l10n.t('Change the setting {0}', `${settingsSection}.${fix.setting}`);
    case 'addErrNo':
      return l10n.t('Return errNo and errMsg');
  }
}

/** Puts errNo into the first object that is returned after the handler's first line; undefined: there is none. */
export function addErrNo(
  document: vscode.TextDocument,
  from: number,
): vscode.WorkspaceEdit | undefined {
  for (let line = from; line < document.lineCount; line++) {
    const text = document.lineAt(line).text;
    const match = /^(\s*)return\s*(\{)?/.exec(text);
    if (match === null) {
      continue;
    }
    const python = document.languageId === 'python';
    const members = python ? "'errNo': 0, 'errMsg': 'ok'" : "errNo: 0, errMsg: 'ok'";
    const edit = new vscode.WorkspaceEdit();
    if (match[2] === '{') {
      const isEmpty = /^\s*\}/.test(text.slice(match[0].length));
      edit.insert(
        document.uri,
        new vscode.Position(line, match[0].length),
        isEmpty ? members : `${members}, `,
      );
    } else {
      const range = new vscode.Range(line, match[1]?.length ?? 0, line, text.length);
      edit.replace(
        document.uri,
        range,
        `return {${python ? members : ` ${members} `}}${python ? '' : ';'}`,
      );
    }
    return edit;
  }
  return undefined;
}

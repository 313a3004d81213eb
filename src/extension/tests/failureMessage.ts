/** A failure as the editor shows it: at the step, with both sides, and with what explains it. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Failure, TextPlace, TextRange } from '../../protocol/testEvent';

export function failureMessage(failure: Failure): vscode.TestMessage {
  const text = failureText(failure);
  const { expected, got } = failure;
  const message =
    expected === undefined || got === undefined
      ? new vscode.TestMessage(text)
      : vscode.TestMessage.diff(text, expected, got);
  message.location = locationOf(failure.place);
  const frames = (failure.chain ?? []).flatMap(({ text: label, place }) =>
    place === undefined
      ? []
      : new vscode.TestMessageStackFrame(
          label,
          vscode.Uri.file(place.file),
          new vscode.Position(Math.max(0, place.line - 1), Math.max(0, (place.column ?? 1) - 1)),
        ),
  );
  if (frames.length > 0) {
    message.stackTrace = frames;
  }
  return message;
}

/** Plain text, line by line; the terminal of the results and the message show the same. */
export function failureText(failure: Failure): string {
  const { message, nextStep, differences = [], inbox, chain = [] } = failure;
  const lines = [message];
  if (nextStep !== undefined) {
    lines.push(nextStep);
  }
  lines.push(...differences.map((each) => `  ${each}`));
  if (inbox !== undefined) {
    lines.push('', l10n.t('Inbox of {0}:', inbox.client));
    const states = {
      read: l10n.t('read'),
      skipped: l10n.t('skipped'),
      unread: l10n.t('unread'),
    };
    lines.push(
      ...(inbox.lines.length === 0
        ? [`  ${l10n.t('nothing came')}`]
        : inbox.lines.map(({ number, state, text }) => `  ${number}. ${text}  (${states[state]})`)),
    );
  }
  if (chain.length > 0) {
    lines.push('', l10n.t('What happened:'));
    for (const { depth, text, place, logs } of chain) {
      const where =
        place === undefined ? '' : `  ${vscode.workspace.asRelativePath(place.file)}:${place.line}`;
      lines.push(`  ${'  '.repeat(depth)}${text}${where}`);
      lines.push(...logs.map((log) => `  ${'  '.repeat(depth)}  | ${log}`));
    }
  }
  return lines.join('\n');
}

export function locationOf({ file, range }: TextPlace): vscode.Location {
  return new vscode.Location(vscode.Uri.file(file), rangeOf(range));
}

export function rangeOf({ line, column, endLine, endColumn }: TextRange): vscode.Range {
  return new vscode.Range(line, column, endLine, endColumn);
}

/** Make Event from Selection: a line of the cloud's log, or an entry of a HAR file, becomes a file in events/. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import { beginsEvent, eventFromText } from '../../protocol/eventFromText';
import { applyChanges } from '../applyChanges';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { pickProject } from './pickProject';
import { registerCommand } from './register';

export function registerMakeEvent(parts: Parts): vscode.Disposable {
  /** From a program: `{folder, text}`; resolves with the file that was written. */
  return registerCommand(parts.log, commands.makeEvent, async (argument: unknown) => {
    const given = argument as { folder?: string; text?: string } | undefined;
    const text = given?.text ?? selectedText();
    const found = eventFromText(text);
    if (found === undefined && beginsEvent(text)) {
      throw new UserError(
        'noEvent',
        l10n.t('The event in the selection is not whole.'),
        l10n.t('Select all of it; where a log has cut it off, add what is missing, braces too.'),
      );
    }
    if (found === undefined) {
      throw new UserError(
        'noEvent',
        l10n.t('There is no event in the selection.'),
        l10n.t(
          'Select the part in braces that holds "websocket" with its "action" (JSON or Python), or an entry or message of a HAR file.',
        ),
      );
    }
    const project = await pickProject(parts, given?.folder);
    const file = freeFile(path.join(project.folder, 'events'), found.role);
    await applyChanges([{ kind: 'write', file, text: `${found.json}\n` }]);
    if (given?.text === undefined) {
      await vscode.window.showTextDocument(vscode.Uri.file(file));
    }
    return file;
  });
}

/** The selection; without one the line at the cursor. */
function selectedText(): string {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new UserError(
      'noEditor',
      l10n.t('There is no editor with a selection.'),
      l10n.t('Open the log or the HAR file, and select what holds the event.'),
    );
  }
  const { document, selection } = editor;
  return document.getText(
    selection.isEmpty ? document.lineAt(selection.active.line).range : selection,
  );
}

function freeFile(folder: string, role: string): string {
  for (let number = 1; ; number++) {
    const file = path.join(folder, `${role}-captured${number === 1 ? '' : `-${number}`}.json`);
    if (!existsSync(file)) {
      return file;
    }
  }
}

/** A recording that is open beside what is saved as a scenario: what differs in it varies from run to run. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Recording } from '../../protocol/export/recording';
import type { RedactionRule } from '../../protocol/export/redact';
import { epochOf } from '../../protocol/fact';
import { redactRecording } from '../../protocol/export/redactRecording';
import { recordingEditors } from '../ids';
import { parseBytes } from './recordingFile';

/** undefined: none; null: the person thought better of it. `given`: without asking. */
export async function secondRecording(
  first: Recording,
  redact: readonly RedactionRule[],
  given: { file?: string; again?: string },
): Promise<Recording | undefined | null> {
  const read = async (file: vscode.Uri): Promise<Recording | undefined> => {
    const { value } = parseBytes(await vscode.workspace.fs.readFile(file));
    return value && redactRecording(value, [...redact]);
  };
  if (given.again !== undefined) {
    return read(vscode.Uri.file(given.again));
  }
  const open = given.file === undefined ? openRecordings() : [];
  const others = (
    await Promise.all(open.map(async (uri) => ({ uri, recording: await read(uri) })))
  ).filter(({ recording }) => recording !== undefined && !isOf(first, recording));
  if (others.length === 0) {
    return undefined;
  }
  const choices = [
    { label: l10n.t('Expect the values as they were seen'), recording: undefined },
    ...others.map(({ uri, recording }) => ({
      label: l10n.t('Compare with {0}', path.basename(uri.fsPath)),
      detail: l10n.t('Of the same conversation: what differs there is matched by its kind.'),
      recording,
    })),
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: l10n.t('Save as Scenario'),
    placeHolder: l10n.t('Another recording is open. Does it show what varies?'),
  });
  return choice === undefined ? null : choice.recording;
}

function openRecordings(): vscode.Uri[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .flatMap(({ input }) =>
      input instanceof vscode.TabInputCustom && input.viewType === recordingEditors.recording
        ? input.uri
        : [],
    );
}

/** It is that which is saved: the editor that it is saved from. */
function isOf({ facts }: Recording, other: Recording): boolean {
  const [one, two] = [epochOf(facts), epochOf(other.facts)];
  return one === two && facts[0]?.seq === other.facts[0]?.seq;
}

/** _Replay…_: the clients of a recording speak again to today's handlers; what differs opens as a diff. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentences, UserError } from '../../core/errors';
import type { ReplayEvent } from '../../core/replay/events';
import { defaultRedactionRules } from '../../protocol/export/redact';
import { flagsOfSettings, programOf, runCli } from '../cliProcess';
import { commands, recordingEditors, replayExtension } from '../ids';
import type { Parts } from '../parts';
import { askWhereToSave } from '../saveAs';
import { virtualText } from '../virtualText';
import { pickProject } from './pickProject';
import { Cancelled, chosen, registerCommand } from './register';

type Ended = Extract<ReplayEvent, { replay: 'ended' }>;

interface Replayed {
  recording: string;
  project: string;
  result: Ended;
}

export function registerReplay(parts: Parts): vscode.Disposable[] {
  /** Of the diff that was shown last. */
  let last: Replayed | undefined;
  return [
    registerCommand(
      parts.log,
      commands.replay,
      async (target?: vscode.Uri, others?: unknown, given?: { project?: string }) => {
        const recording = await pickRecording(target);
        const project = await pickProject(parts, given?.project);
        const result = await replayed(parts, recording, project.folder);
        last = { recording, project: project.folder, result };
        await tell(last, parts);
        return result;
      },
    ),
    registerCommand(parts.log, commands.keepReplay, (_uri?: unknown, given?: { file: string }) => {
      if (last === undefined || last.result.different.length === 0) {
        throw new UserError(
          'noReplay',
          l10n.t('There is no replay with a difference.'),
          l10n.t('Replay a recording first.'),
        );
      }
      return keep(last, given?.file);
    }),
  ];
}

/** The one that is meant, else the one that is open here, else one of the workspace or of the disk. */
async function pickRecording(target: vscode.Uri | undefined): Promise<string> {
  if (target instanceof vscode.Uri) {
    return target.fsPath;
  }
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const types: string[] = Object.values(recordingEditors);
  if (input instanceof vscode.TabInputCustom && types.includes(input.viewType)) {
    return input.uri.fsPath;
  }
  const found = await vscode.workspace.findFiles(
    '**/*.{scfws.jsonl,har}',
    '**/node_modules/**',
    200,
  );
  const browse = { label: `$(folder-opened) ${l10n.t('Open…')}`, uri: undefined };
  const items = [
    ...found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri })),
    browse,
  ];
  const title = l10n.t('Replay: which recording?');
  const choice =
    found.length === 0 ? browse : chosen(await vscode.window.showQuickPick(items, { title }));
  if (choice.uri !== undefined) {
    return choice.uri.fsPath;
  }
  const filters = { [l10n.t('Recordings')]: ['scfws.jsonl', 'har'] };
  const [file] = chosen(await vscode.window.showOpenDialog({ title, filters }));
  return chosen(file).fsPath;
}

async function replayed(
  { context, log }: Parts,
  recording: string,
  project: string,
): Promise<Ended> {
  if (!vscode.workspace.isTrusted) {
    throw new UserError(
      'untrusted',
      l10n.t('A replay runs the code of this folder: trust the workspace first.'),
    );
  }
  let last: Exclude<ReplayEvent, { replay: 'progress' }> | undefined;
  const args = [
    ...[programOf(context.extensionPath), 'replay', recording, project, '--json'],
    ...(await flagsOfSettings(project, true)),
  ];
  const title = l10n.t('Replaying {0}', path.basename(recording));
  const location = vscode.ProgressLocation.Notification;
  const isCancelled = await vscode.window.withProgress(
    { location, title, cancellable: true },
    async (bar, token) => {
      let shown = 0;
      const child = runCli(args, {
        onValue(value) {
          const event = value as unknown as ReplayEvent;
          if (event.replay !== 'progress') {
            last = event;
            return;
          }
          const { number, done, of } = event;
          const now = (100 * done) / Math.max(1, of);
          const message = l10n.t('time {0}: {1} of {2}', number, done, of);
          bar.report({ message, increment: now - shown });
          shown = now;
        },
        onLine: (line) => log.info(line),
      });
      const cancelling = token.onCancellationRequested(() => child.cancel());
      await child.ended;
      cancelling.dispose();
      return token.isCancellationRequested;
    },
  );
  if (isCancelled) {
    throw new Cancelled();
  }
  if (last?.replay !== 'ended') {
    throw new UserError(
      'replayFailed',
      last?.message ?? l10n.t('The replay ended without a result.'),
      last === undefined ? l10n.t('The log says more.') : undefined,
    );
  }
  return last;
}

async function tell(shown: Replayed, { log }: Parts): Promise<void> {
  const { recording, result } = shown;
  const { same, different, counts, left } = result;
  const name = path.basename(recording);
  [`${name}: ${counts}`, ...left, ...different].forEach((line) => log.info(line));
  const showLog = l10n.t('Show Log');
  const said = (first: string): string => [sentences(first, counts), ...left.slice(0, 2)].join(' ');
  if (different.length === 0) {
    // Nothing compared is no clean result.
    const text = said(same ? l10n.t('No difference.') : l10n.t('Nothing was decided.'));
    const choice = same
      ? vscode.window.showInformationMessage(text, showLog)
      : vscode.window.showWarningMessage(text, showLog);
    void choice.then((button) => (button === showLog ? log.show() : undefined));
    return;
  }
  const document = (what: string, text: string): vscode.Uri =>
    virtualText.add(`${name} (${what})${replayExtension}`, '', text);
  await vscode.commands.executeCommand(
    'vscode.diff',
    document(l10n.t('recorded'), result.recorded),
    document(l10n.t('today'), result.replayed),
    l10n.t('{0}: recorded ↔ today, {1} moves differ', name, different.length),
  );
  const keepIt = l10n.t('Keep as Scenario…');
  const text = said(l10n.t('{0} moves have another outcome.', different.length));
  void vscode.window.showWarningMessage(text, keepIt, showLog).then((button) => {
    if (button === keepIt) {
      void vscode.commands.executeCommand(commands.keepReplay);
    } else if (button === showLog) {
      log.show();
    }
  });
}

/** The conversations that differ, as they were recorded: a scenario that fails until the handlers do so again. */
async function keep(
  { recording, project, result }: Replayed,
  given: string | undefined,
): Promise<{ file: string }> {
  const { readRecording } = await import('../../core/replay/readRecording');
  const { redactRecording } = await import('../../protocol/export/redactRecording');
  const { keepConversation } = await import('../../core/scenario/keep');
  const title = path.basename(recording).replace(/\.(scfws\.jsonl|har)$/, '');
  const uri =
    given === undefined
      ? chosen(
          await askWhereToSave({
            title: l10n.t('Keep as Scenario'),
            kind: l10n.t('Scenario'),
            ending: 'wsflow.yaml',
            file: vscode.Uri.file(path.join(project, 'scenarios', `${title}.wsflow.yaml`)),
          }),
        )
      : vscode.Uri.file(given);
  const read = await readRecording(recording);
  const clean = redactRecording(read.recording, [...defaultRedactionRules]);
  const { text } = keepConversation(clean, title, new Set(result.connections));
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  await vscode.window.showTextDocument(uri);
  return { file: uri.fsPath };
}

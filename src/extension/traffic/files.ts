/** Recordings as files: export, import, and what a page drew. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { needsPayload } from '../../protocol/export/recording';
import type { Recording } from '../../protocol/export/recording';
import type { RedactionRule } from '../../protocol/export/redact';
import { exportExtensions, renderExport } from '../../protocol/export/renderExport';
import type { ExportTools } from '../../protocol/export/renderExport';
import type { ExportFormat, ExportRequest } from '../../protocol/inspector';
import { setting } from '../configuration';
import { recordingEditors, settings } from '../ids';
import type { DeedHost } from './deeds';

/** Asks where to save a text; null when the person thought better of it. */
export async function saveText(name: string, content: string): Promise<{ file: string } | null> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: l10n.t('Save'),
    defaultUri: folder === undefined ? undefined : vscode.Uri.joinPath(folder, path.basename(name)),
  });
  if (file === undefined) {
    return null;
  }
  await vscode.workspace.fs.writeFile(file, Buffer.from(content));
  showSaved(file);
  return { file: file.fsPath };
}

const filterNames: Record<ExportFormat, () => string> = {
  jsonl: () => l10n.t('Recording'),
  har: () => l10n.t('HTTP archive'),
  html: () => l10n.t('Report'),
};

/** Collects facts and whole payloads and writes them in the format that was asked for. */
export async function exportTraffic(
  request: ExportRequest,
  host: DeedHost,
): Promise<{ file: string } | null> {
  const { format } = request;
  // The name makes the editor open it as a recording again.
  const extension = format === 'jsonl' ? 'scfws.jsonl' : exportExtensions[format];
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `traffic-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')}.${extension}`;
  const file = await vscode.window.showSaveDialog({
    title: l10n.t('Export Traffic'),
    defaultUri: folder === undefined ? undefined : vscode.Uri.joinPath(folder, name),
    filters: { [filterNames[format]()]: [extension] },
  });
  if (file === undefined) {
    return null;
  }
  const recording = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Exporting traffic'),
      cancellable: true,
    },
    (progress, token) => collect(request, host, progress, token),
  );
  if (recording === undefined) {
    return null;
  }
  const redact = [...request.redact, ...ownRules()];
  const text = renderExport(recording, { ...request, redact }, await exportTools(host, file));
  await vscode.workspace.fs.writeFile(file, Buffer.from(text));
  showSaved(file);
  return { file: file.fsPath };
}

/** Words of the setting, as rules about names. */
function ownRules(): RedactionRule[] {
  return setting<string[]>(settings.redactionRules, []).map((word) => ({
    id: word,
    enabled: true,
    on: 'name',
    pattern: word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  }));
}

async function collect(
  request: ExportRequest,
  host: DeedHost,
  progress: vscode.Progress<{ message: string }>,
  token: vscode.CancellationToken,
): Promise<Recording | undefined> {
  const wanted = request.seqs === undefined ? undefined : new Set(request.seqs);
  const recording: Recording = { facts: [], payloads: new Map() };
  for (let from: number | null = 1; from !== null;) {
    const page = await host.fetch(from, 2000);
    for (const fact of page.facts) {
      recording.facts.push(fact);
      const chosen = wanted === undefined || wanted.has(fact.seq) || !('preview' in fact);
      if (chosen && needsPayload(fact)) {
        const payload = await host.ask('payload', { seq: fact.seq });
        if (payload !== null) {
          recording.payloads.set(fact.seq, payload);
        }
      }
    }
    if (token.isCancellationRequested) {
      return undefined;
    }
    progress.report({ message: l10n.t('{0} of {1}', recording.facts.at(-1)?.seq ?? 0, page.last) });
    from = page.facts.length === 0 ? null : page.next;
  }
  return recording;
}

async function exportTools(host: DeedHost, file: vscode.Uri): Promise<ExportTools> {
  const read = async (name: string) =>
    Buffer.from(
      await vscode.workspace.fs.readFile(
        vscode.Uri.joinPath(host.context.extensionUri, 'dist', name),
      ),
    ).toString();
  const isReport = file.path.endsWith('.html');
  return {
    version: String((host.context.extension.packageJSON as { version: string }).version),
    report: {
      title: path.basename(file.fsPath),
      script: isReport ? await read('report.js') : '',
      style: isReport ? await read('report.css') : '',
      nonce: randomBytes(16).toString('base64url'),
      language: vscode.env.language,
      translations: vscode.l10n.bundle ?? null,
    },
  };
}

export async function importRecording(): Promise<void> {
  const chosen = await vscode.window.showOpenDialog({
    title: l10n.t('Open Recording'),
    filters: { [l10n.t('Recordings')]: ['scfws.jsonl', 'har'] },
  });
  const file = chosen?.[0];
  if (file !== undefined) {
    const { recording, archive } = recordingEditors;
    const editor = file.path.endsWith('.har') ? archive : recording;
    await vscode.commands.executeCommand('vscode.openWith', file, editor);
  }
}

function showSaved(file: vscode.Uri): void {
  const open = l10n.t('Open');
  void vscode.window
    .showInformationMessage(l10n.t('Saved as {0}.', file.fsPath), open)
    .then((choice) =>
      choice === open ? vscode.commands.executeCommand('vscode.open', file) : undefined,
    );
}

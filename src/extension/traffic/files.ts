/** Recordings as files: export, import, and what a page drew. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { escapePattern } from '../../protocol/escapePattern';
import { countMissing, type Recording } from '../../protocol/export/recording';
import type { RedactionRule } from '../../protocol/export/redact';
import { exportExtensions, renderExport } from '../../protocol/export/renderExport';
import type { ExportTools } from '../../protocol/export/renderExport';
import type { ExportFormat, ExportRequest } from '../../protocol/inspector';
import { setting } from '../configuration';
import { askWhereToSave } from '../saveAs';
import { recordingEditors, settings } from '../ids';
import { collect } from './collect';
import { secondRecording } from './secondRecording';
import type { DeedHost } from './deedHost';

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

const kindNames: Record<ExportFormat, () => string> = {
  jsonl: () => l10n.t('Recording'),
  har: () => l10n.t('HTTP archive'),
  html: () => l10n.t('Report'),
  wsflow: () => l10n.t('Scenario'),
};

/** What is proposed: scenarios lie beside the others of the project. */
async function folderFor(format: ExportRequest['format']): Promise<vscode.Uri | undefined> {
  const [workspace] = vscode.workspace.workspaceFolders ?? [];
  if (workspace === undefined || format !== 'wsflow') {
    return workspace?.uri;
  }
  const pattern = new vscode.RelativePattern(workspace, '**/*.wsflow.yaml');
  const [flow] = await vscode.workspace.findFiles(pattern, '**/node_modules/**', 1);
  return flow === undefined ? workspace.uri : vscode.Uri.joinPath(flow, '..');
}

/**
 * Collects facts and whole payloads and writes them in the format that was asked for. `given`: for a scenario, whose
 * conversation, and where to write it without asking.
 */
export async function exportTraffic(
  request: ExportRequest,
  host: DeedHost,
  given: { connection?: string; file?: string; again?: string } = {},
): Promise<{ file: string } | null> {
  const { format } = request;
  // The name makes the editor open it as a recording again.
  const ending = format === 'jsonl' ? 'scfws.jsonl' : exportExtensions[format];
  const folder = await folderFor(format);
  const name = `traffic-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')}.${ending}`;
  const file =
    given.file === undefined
      ? await askWhereToSave({
          title: format === 'wsflow' ? l10n.t('Save as Scenario') : l10n.t('Export Traffic'),
          kind: kindNames[format](),
          ending,
          file: folder === undefined ? undefined : vscode.Uri.joinPath(folder, name),
        })
      : vscode.Uri.file(given.file);
  if (file === undefined) {
    return null;
  }
  const recording = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Exporting traffic'),
      cancellable: true,
    },
    (progress, token) =>
      collect(format === 'wsflow' ? {} : request, {
        fetch: host.fetch,
        payload: (seq) => host.ask('payload', { seq }),
        progress: (done, of) => progress.report({ message: l10n.t('{0} of {1}', done, of) }),
        isCancelled: () => token.isCancellationRequested,
      }),
  );
  if (recording === undefined) {
    return null;
  }
  const redact = [...request.redact, ...ownRules()];
  const again = format === 'wsflow' ? await secondRecording(recording, redact, given) : undefined;
  if (again === null) {
    return null;
  }
  const text = renderExport(
    recording,
    format === 'wsflow' ? { format, redact } : { ...request, redact },
    await exportTools(
      host,
      file,
      format,
      given.connection === undefined
        ? connectionsOf(recording, request.seqs)
        : new Set([given.connection]),
      again,
    ),
  );
  await vscode.workspace.fs.writeFile(file, Buffer.from(text));
  showSaved(file, countMissing(recording));
  return { file: file.fsPath };
}

/** Words of the setting, as rules about names. */
function ownRules(): RedactionRule[] {
  return setting<string[]>(settings.redactionRules, []).map((word) => ({
    id: word,
    enabled: true,
    on: 'name',
    pattern: escapePattern(word),
  }));
}

/** A scenario holds the whole conversation of each client that was chosen. */
function connectionsOf(
  { facts }: Recording,
  seqs: readonly number[] | undefined,
): ReadonlySet<string> | undefined {
  if (seqs === undefined) {
    return undefined;
  }
  const chosen = new Set(seqs);
  return new Set(
    facts.flatMap((fact) =>
      chosen.has(fact.seq) && 'connection' in fact && typeof fact.connection === 'string'
        ? fact.connection
        : [],
    ),
  );
}

async function exportTools(
  host: DeedHost,
  file: vscode.Uri,
  format: ExportFormat,
  connections: ReadonlySet<string> | undefined,
  again: Recording | undefined,
): Promise<ExportTools> {
  const read = async (name: string) =>
    Buffer.from(
      await vscode.workspace.fs.readFile(
        vscode.Uri.joinPath(host.context.extensionUri, 'dist', name),
      ),
    ).toString();
  const isReport = format === 'html';
  // Loaded when it is needed: what writes YAML is large.
  const keep =
    format === 'wsflow' ? (await import('../../core/scenario/keep')).keepConversation : undefined;
  return {
    scenario: (recording) =>
      keep?.(
        recording,
        path.basename(file.fsPath).replace(/\.wsflow\.ya?ml$/, ''),
        connections,
        again,
      ).text ?? '',
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

/** `missing`: payloads that were given up, or went when the gateway was stopped. */
function showSaved(file: vscode.Uri, missing = 0): void {
  const open = l10n.t('Open');
  const saved = l10n.t('Saved as {0}.', file.fsPath);
  const said =
    missing === 0
      ? vscode.window.showInformationMessage(saved, open)
      : vscode.window.showWarningMessage(
          `${saved} ${l10n.t('{0} payloads are gone; the file has only their beginning. Export while the gateway runs to have them whole.', missing)}`,
          open,
        );
  void said.then((choice) =>
    choice === open ? vscode.commands.executeCommand('vscode.open', file) : undefined,
  );
}

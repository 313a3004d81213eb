/** The fidelity ledger as a page in the editor: searchable, filtered by mark, each row linked to what changes it. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import {
  areaTitles,
  findRow,
  ledger,
  ledgerTexts,
  markTitles,
  translatedRow,
} from '../protocol/ledger';
import { type LedgerAsk, type LedgerWords, ledgerPage } from '../protocol/ledgerHtml';
import { ledgerPanel, projectFileName, settingsSection } from './ids';
import { tabIcon } from './traffic/page';

export class LedgerPage implements vscode.Disposable {
  private readonly icon: { light: vscode.Uri; dark: vscode.Uri };
  private panel: vscode.WebviewPanel | undefined;

  constructor(extensionUri: vscode.Uri) {
    this.icon = tabIcon(extensionUri);
  }

  /** Opens the page, or brings it to the front; `rule` is the id of the row to show. */
  async show(rule?: string): Promise<void> {
    const row = rule === undefined ? undefined : findRow(rule);
    if (this.panel !== undefined) {
      this.panel.reveal();
      if (row !== undefined) {
        await this.panel.webview.postMessage({ reveal: row.id });
      }
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      ledgerPanel,
      l10n.t('Fidelity Ledger'),
      vscode.ViewColumn.Active,
      { enableScripts: true, enableFindWidget: true, localResourceRoots: [] },
    );
    panel.iconPath = this.icon;
    panel.onDidDispose(() => (this.panel = undefined));
    panel.webview.onDidReceiveMessage((ask: Partial<LedgerAsk>) => openWhatChangesIt(ask));
    const translate: (text: string) => string = l10n.t;
    panel.webview.html = ledgerPage({
      nonce: randomBytes(16).toString('base64url'),
      rows: ledger.map((each) => translatedRow(each, translate)),
      words: ledgerWords(translate),
      reveal: row?.id,
    });
    this.panel = panel;
  }

  dispose(): void {
    this.panel?.dispose();
  }
}

async function openWhatChangesIt(ask: Partial<LedgerAsk>): Promise<void> {
  if (ask.open === 'projectFile') {
    await vscode.commands.executeCommand('workbench.action.quickOpen', projectFileName);
  } else if (ask.open === 'setting' && 'name' in ask) {
    const known = ledger.find(({ setting }) => setting === ask.name);
    if (known !== undefined) {
      const query = `@id:${settingsSection}.${known.setting}`;
      await vscode.commands.executeCommand('workbench.action.openSettings', query);
    }
  }
}

function ledgerWords(translate: (text: string) => string): LedgerWords {
  const translated = <K extends string>(texts: Record<K, string>): Record<K, string> =>
    Object.fromEntries(
      Object.entries<string>(texts).map(([key, text]) => [key, translate(text)]),
    ) as Record<K, string>;
  return {
    language: vscode.env.language,
    title: l10n.t('Fidelity Ledger'),
    intro: l10n.t(
      'What the emulator does, row by row, and how it is known. Nothing here has been tried against a live gateway.',
    ),
    search: l10n.t('Search rows'),
    all: l10n.t('all'),
    given: l10n.t('Given'),
    when: l10n.t('When'),
    then: l10n.t('Then'),
    source: l10n.t('Source:'),
    // The page puts the number in.
    shown: l10n.t('{0} rows', '{0}'),
    nothing: l10n.t('No row matches.'),
    setting: l10n.t('Setting:'),
    projectFile: l10n.t('In scfws.json:'),
    areas: translated(areaTitles),
    marks: translated(markTitles),
    sources: Object.fromEntries(ledgerTexts().map((text) => [text, translate(text)])),
  };
}

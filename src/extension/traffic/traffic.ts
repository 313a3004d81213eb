/** The Traffic view and its editors: brings facts to their pages, and what the pages ask to the session. */
import * as vscode from 'vscode';
import { defaultRedactionRules } from '../../protocol/export/redact';
import type { HostStatus, RevealTarget } from '../../protocol/inspector';
import type { Ask } from '../../protocol/intent';
import type { Gateway } from '../gateway';
import { trafficPanel, views } from '../ids';
import type { Projects } from '../projects';
import type { DeedHost } from './deedHost';
import { doDeed } from './deeds';
import { exportTraffic } from './files';
import { tabIcon, webviewOptions } from './page';
import { frameOfPanel, PageView } from './pageView';
import type { FactSource, Frame, Place } from './pageView';

export class Traffic
  implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, vscode.Disposable
{
  private readonly pages = new Set<PageView>();
  /** For a page that is about to load. */
  private pending: RevealTarget | undefined;
  private readonly disposables: vscode.Disposable[] = [];
  private readonly source: FactSource;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly gateway: Gateway,
    private readonly projects: Projects,
    private readonly releaseFrame: (ask: Ask<'releaseFrame'>) => Promise<null>,
  ) {
    this.source = {
      mode: 'live',
      session: () => gateway.session,
      newest: () => gateway.state.lastSeq,
      status: () => this.status(),
      fetch: (from, limit) => gateway.facts(from, limit),
      ask: async (intent, ask) => {
        if (intent === 'releaseFrame') {
          return this.releaseFrame(ask as Ask<'releaseFrame'>);
        }
        return intent === 'clear' ? gateway.clear() : gateway.ask(intent, ask);
      },
      do: (message) => doDeed(message, this.deedHost()),
    };
    this.disposables.push(
      vscode.window.registerWebviewViewProvider(views.traffic, this),
      vscode.window.registerWebviewPanelSerializer(trafficPanel, this),
      gateway.onDidReceiveFacts((facts) => this.pages.forEach((page) => page.receive(facts))),
      gateway.onDidChangeStatus(() => this.statusChanged()),
      projects.onDidChange(() => this.statusChanged()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.statusChanged()),
    );
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    view.webview.options = webviewOptions(this.context.extensionUri);
    const page = this.add(
      {
        webview: view.webview,
        isVisible: () => view.visible,
        onDidChangeVisibility: view.onDidChangeVisibility,
        focus: () => view.show(false),
      },
      'view',
    );
    view.onDidDispose(() => this.remove(page));
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.takePanel(panel);
    return Promise.resolve();
  }

  openEditor(): void {
    const panel = vscode.window.createWebviewPanel(
      trafficPanel,
      vscode.l10n.t('Traffic'),
      vscode.ViewColumn.Active,
      webviewOptions(this.context.extensionUri),
    );
    this.takePanel(panel);
  }

  private deedHost(): DeedHost {
    return {
      context: this.context,
      fetch: (from, limit) => this.gateway.facts(from, limit),
      ask: (intent, ask) => this.gateway.ask(intent, ask),
      libraryChanged: (messages) =>
        this.pages.forEach((each) => each.post({ kind: 'library', messages })),
    };
  }

  /** Of one connection, or of all that was recorded; null: the person thought better of it. */
  saveScenario(given: {
    connection?: string;
    file?: string;
    again?: string;
  }): Promise<{ file: string } | null> {
    const redact = defaultRedactionRules.map((rule) => ({ ...rule }));
    return exportTraffic({ format: 'wsflow', redact }, this.deedHost(), given);
  }

  /** Shows the view (or an editor of it that is there) and points at something. */
  async reveal(target: RevealTarget): Promise<void> {
    const visible = [...this.pages].filter((page) => page.visible);
    const ready = visible.filter((page) => page.ready);
    if (ready.length > 0) {
      ready.forEach((page) => page.reveal(target));
      if ('compose' in target) {
        ready[0]?.focus(); // There is something to write.
      }
      return;
    }
    this.pending = target;
    if (visible.length === 0) {
      await vscode.commands.executeCommand(`${views.traffic}.focus`);
    }
  }

  status(): HostStatus {
    const { status, state, failure } = this.gateway;
    if (!vscode.workspace.isTrusted) {
      return { state: 'untrusted' };
    }
    if (status === 'running') {
      return { state: 'running', url: state.url, pushUrl: state.pushUrl };
    }
    if (status === 'starting') {
      return { state: 'starting' };
    }
    if (this.projects.all.length === 0) {
      return { state: 'noProject' };
    }
    return failure === undefined ? { state: 'stopped' } : { state: 'failed', message: failure };
  }

  dispose(): void {
    this.pages.forEach((page) => page.dispose());
    this.disposables.forEach((each) => each.dispose());
  }

  private takePanel(panel: vscode.WebviewPanel): void {
    const { extensionUri } = this.context;
    panel.iconPath = tabIcon(extensionUri);
    panel.webview.options = webviewOptions(extensionUri);
    const page = this.add(frameOfPanel(panel), 'editor');
    panel.onDidDispose(() => this.remove(page));
  }

  private add(frame: Frame, place: Place): PageView {
    const page = new PageView(frame, place, this.context, this.source, (loaded) => {
      const target = this.pending;
      this.pending = undefined;
      if (target !== undefined) {
        loaded.reveal(target);
      }
    });
    this.pages.add(page);
    return page;
  }

  private remove(page: PageView): void {
    page.dispose();
    this.pages.delete(page);
  }

  private statusChanged(): void {
    this.pages.forEach((page) => page.statusChanged());
  }
}

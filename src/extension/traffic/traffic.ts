/** The Traffic view and its editors: brings facts to their pages, and what the pages ask to the session. */
import * as vscode from 'vscode';
import type { Fact } from '../../protocol/fact';
import type {
  HostMessage,
  HostStatus,
  PageCommand,
  PageMessage,
  RevealTarget,
  SavedMessage,
} from '../../protocol/inspector';
import type { Ask } from '../../protocol/intent';
import { UserError } from '../../core/errors';
import { setting } from '../configuration';
import type { Gateway } from '../gateway';
import { settings, trafficPanel, views } from '../ids';
import type { Projects } from '../projects';
import { doDeed, libraryKey } from './deeds';
import { renderPage, webviewOptions } from './page';
import { Pump } from './pump';

type Place = 'view' | 'editor';

export class Traffic
  implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, vscode.Disposable
{
  private readonly pages = new Set<Page>();
  /** For a page that is about to load. */
  private pending: HostMessage[] = [];
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly gateway: Gateway,
    private readonly projects: Projects,
    private readonly releaseFrame: (ask: Ask<'releaseFrame'>) => Promise<null>,
  ) {
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
    const page = this.add(view.webview, 'view');
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

  /** Shows the view (or an editor of it that is there) and points at something. */
  async reveal(target: RevealTarget): Promise<void> {
    await this.send({ kind: 'reveal', target });
  }

  async command(command: PageCommand): Promise<void> {
    await this.send({ kind: 'command', command });
  }

  /** Tells the pages that the recorder forgot everything. */
  cleared(): void {
    this.pages.forEach((page) => page.post({ kind: 'cleared' }));
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
    if (failure !== undefined) {
      return { state: 'failed', message: failure };
    }
    return { state: this.projects.all.length === 0 ? 'noProject' : 'stopped' };
  }

  dispose(): void {
    this.pages.forEach((page) => page.dispose());
    this.disposables.forEach((each) => each.dispose());
  }

  private async send(message: HostMessage): Promise<void> {
    const visible = [...this.pages].filter((page) => page.ready && page.isVisible());
    if (visible.length > 0) {
      visible.forEach((page) => page.post(message));
      return;
    }
    this.pending.push(message);
    await vscode.commands.executeCommand(`${views.traffic}.focus`);
    const page = [...this.pages].find((each) => each.place === 'view' && each.ready);
    if (page !== undefined) {
      this.pending.splice(0).forEach((each) => page.post(each));
    }
  }

  private takePanel(panel: vscode.WebviewPanel): void {
    const { extensionUri } = this.context;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'activity.svg');
    panel.webview.options = webviewOptions(extensionUri);
    const page = this.add(panel.webview, 'editor', () => panel.visible);
    panel.onDidDispose(() => this.remove(page));
  }

  private add(webview: vscode.Webview, place: Place, isVisible = () => true): Page {
    const page: Page = new Page(webview, place, isVisible, this.context, this.gateway, {
      status: () => this.status(),
      libraryChanged: (messages) =>
        this.pages.forEach((each) => each.post({ kind: 'library', messages })),
      isReady: () => this.pending.splice(0).forEach((each) => page.post(each)),
      cleared: () => this.cleared(),
      releaseFrame: this.releaseFrame,
    });
    this.pages.add(page);
    webview.html = renderPage(webview, this.context.extensionUri);
    return page;
  }

  private remove(page: Page): void {
    page.dispose();
    this.pages.delete(page);
  }

  private statusChanged(): void {
    this.pages.forEach((page) => page.statusChanged());
  }
}

interface PageHost {
  status(): HostStatus;
  libraryChanged(messages: SavedMessage[]): void;
  isReady(): void;
  cleared(): void;
  releaseFrame(ask: Ask<'releaseFrame'>): Promise<null>;
}

/** One webview. It may be loaded more than once: hiding throws the page away, showing it loads it again. */
class Page {
  ready = false;
  private pump: Pump | undefined;
  private session = 0;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly webview: vscode.Webview,
    readonly place: Place,
    readonly isVisible: () => boolean,
    private readonly context: vscode.ExtensionContext,
    private readonly gateway: Gateway,
    private readonly host: PageHost,
  ) {
    this.subscription = webview.onDidReceiveMessage(
      (message: PageMessage) => void this.hear(message),
    );
  }

  post(message: HostMessage): void {
    if (this.ready) {
      void this.webview.postMessage(message);
    }
  }

  receive(facts: readonly Fact[]): void {
    this.pump?.receive(facts);
  }

  statusChanged(): void {
    this.post({ kind: 'status', status: this.host.status() });
    if (this.gateway.session !== this.session && this.gateway.status === 'running') {
      this.beginSession();
    }
  }

  dispose(): void {
    this.ready = false;
    this.pump?.dispose();
    this.subscription.dispose();
  }

  private async hear(message: PageMessage): Promise<void> {
    switch (message.kind) {
      case 'ready':
        this.start();
        return;
      case 'taken':
        this.pump?.taken();
        return;
      case 'state':
        await this.context.workspaceState.update(this.stateKey(), message.ui);
        return;
      case 'ask':
        await this.answer(message.id, async () => {
          if (message.intent === 'releaseFrame') {
            return this.host.releaseFrame(message.ask);
          }
          const value = await this.gateway.ask(message.intent, message.ask as never);
          if (message.intent === 'clear') {
            this.host.cleared();
          }
          return value;
        });
        return;
      case 'do':
        await this.answer(message.id, () =>
          doDeed(message, {
            context: this.context,
            gateway: this.gateway,
            libraryChanged: (messages) => this.host.libraryChanged(messages),
          }),
        );
        return;
    }
  }

  private start(): void {
    this.ready = true;
    this.post({
      kind: 'init',
      translations: (vscode.l10n.bundle as Record<string, string> | undefined) ?? null,
      language: vscode.env.language,
      ui: this.context.workspaceState.get<unknown>(this.stateKey()) ?? null,
      limits: {
        rows: setting<number>(settings.maxFacts, 200_000),
        memoryMb: setting<number>(settings.memoryMb, 256),
      },
      mode: 'live',
      place: this.place,
      library: savedMessages(this.context),
    });
    this.post({ kind: 'status', status: this.host.status() });
    if (this.gateway.session > 0) {
      this.beginSession();
    }
    this.host.isReady();
  }

  private beginSession(): void {
    this.session = this.gateway.session;
    this.pump?.dispose();
    this.post({ kind: 'session', session: this.session });
    this.pump = new Pump(
      {
        post: (batch, facts, progress) => this.post({ kind: 'facts', batch, facts, progress }),
        fetch: (from, limit) => this.gateway.ask('facts', { from, limit }) as Promise<never>,
      },
      this.gateway.state.lastSeq,
    );
  }

  private async answer(id: number, work: () => Promise<unknown>): Promise<void> {
    try {
      this.post({ kind: 'reply', id, value: await work() });
    } catch (error) {
      const { code, message, nextStep } =
        error instanceof UserError
          ? error
          : { code: 'bug', message: String(error), nextStep: undefined };
      this.post({ kind: 'failed', id, error: { code, message, nextStep } });
    }
  }

  private stateKey(): string {
    return `traffic.ui.${this.place}`;
  }
}

function savedMessages(context: vscode.ExtensionContext): SavedMessage[] {
  return context.workspaceState.get<SavedMessage[]>(libraryKey, []);
}

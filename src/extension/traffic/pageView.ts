/** One webview of the inspector. It may be loaded more than once: hiding throws the page away, showing loads it again. */
import * as vscode from 'vscode';
import { UserError } from '../../core/errors';
import type { Fact } from '../../protocol/fact';
import type { HostMessage, HostStatus, PageMessage, SavedMessage } from '../../protocol/inspector';
import type { Ask, IntentKind } from '../../protocol/intent';
import { setting } from '../configuration';
import { settings } from '../ids';
import { libraryKey } from './deeds';
import { renderPage } from './page';
import { Pump } from './pump';
import type { PumpSink } from './pump';

export type Place = 'view' | 'editor';

/** Where a page's facts come from: the running session, or a recording. */
export interface FactSource {
  readonly mode: 'live' | 'recording';
  /** File name of a recording. */
  readonly title?: string;
  /** Counts sessions; 0: there was none yet. */
  session(): number;
  /** Number of the newest fact. */
  newest(): number;
  status(): HostStatus;
  fetch: PumpSink['fetch'];
  ask<K extends IntentKind>(intent: K, ask: Ask<K>): Promise<unknown>;
  do(message: Extract<PageMessage, { kind: 'do' }>): Promise<unknown>;
}

export class PageView {
  ready = false;
  private pump: Pump | undefined;
  private session = 0;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly webview: vscode.Webview,
    readonly place: Place,
    readonly isVisible: () => boolean,
    private readonly context: vscode.ExtensionContext,
    private readonly source: FactSource,
    private readonly onReady: (page: PageView) => void = () => undefined,
  ) {
    this.subscription = webview.onDidReceiveMessage(
      (message: PageMessage) => void this.hear(message),
    );
    webview.html = renderPage(webview, context.extensionUri);
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
    const status = this.source.status();
    this.post({ kind: 'status', status });
    if (this.source.session() !== this.session && status.state === 'running') {
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
        await this.answer(message.id, () => this.source.ask(message.intent, message.ask));
        return;
      case 'do':
        await this.answer(message.id, () => this.source.do(message));
        return;
    }
  }

  private start(): void {
    this.ready = true;
    const { mode, title } = this.source;
    this.post({
      kind: 'init',
      translations: vscode.l10n.bundle ?? null,
      language: vscode.env.language,
      ui: this.context.workspaceState.get<unknown>(this.stateKey()) ?? null,
      limits: {
        rows: setting<number>(settings.maxFacts, 200_000),
        memoryMb: setting<number>(settings.memoryMb, 256),
      },
      mode,
      title,
      place: this.place,
      library: this.context.workspaceState.get<SavedMessage[]>(libraryKey, []),
    });
    this.post({ kind: 'status', status: this.source.status() });
    if (this.source.session() > 0) {
      this.beginSession();
    }
    this.onReady(this);
  }

  private beginSession(): void {
    this.session = this.source.session();
    this.pump?.dispose();
    this.post({ kind: 'session', session: this.session });
    this.pump = new Pump(
      {
        post: (batch, facts, progress) => this.post({ kind: 'facts', batch, facts, progress }),
        fetch: (from, limit) => this.source.fetch(from, limit),
      },
      this.source.newest(),
    );
  }

  private async answer(id: number, work: () => Promise<unknown>): Promise<void> {
    try {
      this.post({ kind: 'reply', id, value: await work() });
    } catch (error) {
      const known = error instanceof UserError;
      this.post({
        kind: 'failed',
        id,
        error: {
          code: known ? error.code : 'bug',
          message: error instanceof Error ? error.message : String(error),
          nextStep: known ? error.nextStep : undefined,
        },
      });
    }
  }

  private stateKey(): string {
    return `traffic.ui.${this.source.mode}.${this.place}`;
  }
}

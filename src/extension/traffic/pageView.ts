/**
 * One webview of the inspector. It may be loaded more than once: hiding throws the page away, showing loads it
 * again, and what is loaded says `ready`.
 */
import * as vscode from 'vscode';
import { UserError } from '../../core/errors';
import type { Fact } from '../../protocol/fact';
import type {
  HostMessage,
  HostStatus,
  PageMessage,
  RevealTarget,
  SavedMessage,
} from '../../protocol/inspector';
import type { Ask, IntentError, IntentKind } from '../../protocol/intent';
import { setting } from '../configuration';
import { settings } from '../ids';
import { libraryKey } from './deeds';
import { renderPage } from './page';
import { Pump } from './pump';
import type { PumpSink } from './pump';

export type Place = 'view' | 'editor';

/** Where a page is shown: a view or an editor. */
export interface Frame {
  readonly webview: vscode.Webview;
  isVisible(): boolean;
  readonly onDidChangeVisibility: vscode.Event<unknown>;
  /** Gives it the keyboard. */
  focus(): void;
}

export function frameOfPanel(panel: vscode.WebviewPanel): Frame {
  return {
    webview: panel.webview,
    isVisible: () => panel.visible,
    onDidChangeVisibility: panel.onDidChangeViewState,
    focus: () => panel.reveal(),
  };
}

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
  /** Counts loads: an answer that a page did not live to see is none for the next. */
  private load = 0;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly frame: Frame,
    readonly place: Place,
    private readonly context: vscode.ExtensionContext,
    private readonly source: FactSource,
    private readonly onReady: (page: PageView) => void = () => undefined,
  ) {
    const { webview } = frame;
    this.subscriptions = [
      webview.onDidReceiveMessage((message: PageMessage) => void this.hear(message)),
      frame.onDidChangeVisibility(() => {
        if (!frame.isVisible()) {
          this.unload();
        }
      }),
    ];
    webview.html = renderPage(webview, context.extensionUri);
  }

  get visible(): boolean {
    return this.frame.isVisible();
  }

  focus(): void {
    this.frame.focus();
  }

  post(message: HostMessage): void {
    if (this.ready) {
      void this.frame.webview.postMessage(message);
    }
  }

  receive(facts: readonly Fact[]): void {
    this.pump?.receive(facts);
  }

  /** Points at something, after the facts that tell of it. */
  reveal(target: RevealTarget): void {
    const point = () => this.post({ kind: 'reveal', target });
    if (this.pump === undefined) {
      point();
    } else {
      this.pump.whenCaughtUp(point);
    }
  }

  statusChanged(): void {
    if (!this.ready) {
      return; // It is told when it is loaded.
    }
    const status = this.source.status();
    this.post({ kind: 'status', status });
    if (this.source.session() !== this.session && status.state === 'running') {
      this.beginSession();
    }
  }

  dispose(): void {
    this.unload();
    this.subscriptions.forEach((each) => each.dispose());
  }

  private unload(): void {
    this.ready = false;
    this.pump?.dispose();
    this.pump = undefined;
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
    this.load++;
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
    const { load } = this;
    const message = await work().then(
      (value): HostMessage => ({ kind: 'reply', id, value }),
      (error: unknown): HostMessage => ({ kind: 'failed', id, error: describe(error) }),
    );
    if (load === this.load) {
      this.post(message);
    }
  }

  private stateKey(): string {
    return `traffic.ui.${this.source.mode}.${this.place}`;
  }
}

function describe(error: unknown): IntentError {
  const known = error instanceof UserError;
  return {
    code: known ? error.code : 'bug',
    message: error instanceof Error ? error.message : String(error),
    nextStep: known ? error.nextStep : undefined,
  };
}

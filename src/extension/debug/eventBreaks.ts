/**
 * "Break" on things that are no frames: a refused client, a push with an errNo, a function that failed. Nothing is
 * in flight that could be held, so the gateway's clock stands until the person has seen it.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { type BackgroundKind, type Fact, leftOut } from '../../protocol/fact';
import type { Gateway } from '../gateway';
import type { Traffic } from '../traffic/traffic';
import { ClockHold } from './clockHold';

export const eventKinds = ['refusal', 'errNo', 'functionError'] as const;
export type EventKind = (typeof eventKinds)[number];

const stateKey = 'eventBreaks';

export class EventBreaks implements vscode.Disposable {
  private readonly clock: ClockHold;
  private readonly subscriptions: vscode.Disposable[];
  private on: Set<EventKind>;
  private asking = false;

  constructor(
    private readonly storage: vscode.Memento,
    private readonly gateway: Gateway,
    private readonly traffic: Traffic,
  ) {
    this.on = new Set(storage.get<EventKind[]>(stateKey, []));
    this.clock = new ClockHold((reason, frozen) => {
      gateway.ask('freezeClock', { reason, frozen }).catch(() => undefined);
    });
    this.subscriptions = [
      gateway.onDidReceiveFacts((facts) => this.receive(facts)),
      gateway.onDidChangeStatus((status) => {
        if (status === 'stopped') {
          this.clock.forget();
        }
      }),
    ];
  }

  get enabled(): ReadonlySet<EventKind> {
    return this.on;
  }

  /** The clock stands until the person lets it go on. */
  get isHolding(): boolean {
    return this.clock.holdsAny;
  }

  async enable(kinds: Iterable<EventKind>): Promise<void> {
    this.on = new Set(kinds);
    await this.storage.update(stateKey, [...this.on]);
  }

  /** Lets the clock go on. */
  resume(): void {
    this.clock.releaseAll('');
  }

  dispose(): void {
    this.subscriptions.forEach((each) => each.dispose());
  }

  private receive(facts: readonly Fact[]): void {
    if (this.on.size === 0) {
      return;
    }
    for (const fact of facts) {
      const what = this.describe(fact);
      if (what !== undefined) {
        this.clock.hold(String(fact.seq), what);
        void this.show(fact.seq, what);
      }
    }
  }

  private describe(fact: Fact): string | undefined {
    switch (fact.kind) {
      case 'refused':
        return this.on.has('refusal') ? l10n.t('refusal #{0}', fact.seq) : undefined;
      case 'push':
        return this.on.has('errNo') && fact.errNo !== 0
          ? l10n.t('errNo {0} #{1}', fact.errNo, fact.seq)
          : undefined;
      case 'invocationEnded':
        return this.on.has('functionError') && fact.outcome !== 'ok'
          ? l10n.t('function error #{0}', fact.seq)
          : undefined;
      default:
        leftOut<
          | BackgroundKind
          | 'connecting'
          | 'opened'
          | 'closed'
          | 'client'
          | 'frame'
          | 'invocationStarted'
          | 'log'
        >(fact);
        return undefined;
    }
  }

  /** One question for all that happens while it is open. */
  private async show(seq: number, what: string): Promise<void> {
    if (this.asking) {
      return;
    }
    this.asking = true;
    try {
      // That it cannot be shown must not keep the question from being asked.
      await this.traffic.reveal({ seq }).catch(() => undefined);
      const go = l10n.t('Continue');
      const message = l10n.t('The gateway is paused at {0}: no timer runs.', what);
      await vscode.window.showWarningMessage(message, go);
    } finally {
      this.asking = false;
      this.resume();
    }
  }
}

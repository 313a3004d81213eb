/** An agent in this window works on the window's own gateway: what it does is seen in Traffic, and the other way round. */
import * as vscode from 'vscode';
import type { Place } from '../../core/agent/place';
import { Witness } from '../../core/agent/witness';
import { UserError } from '../../core/errors';
import type { Fact, ServiceInfo } from '../../protocol/fact';
import type { Answer, Ask, IntentKind } from '../../protocol/intent';
import { setting } from '../configuration';
import type { Gateway } from '../gateway';
import { settings, settingsSection } from '../ids';

/** Facts in one page; as many as a session gives. */
const page = 5000;

export function agentsMayRun(): boolean {
  return vscode.workspace.isTrusted && setting<boolean>(settings.agentsAllowRun, false);
}

export class EditorPlace implements Place, vscode.Disposable {
  witness = new Witness('');
  private session = -1;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly gateway: Gateway) {
    this.subscription = gateway.onDidReceiveFacts((facts) => this.receive(facts));
  }

  get services(): readonly ServiceInfo[] {
    if (this.gateway.status !== 'running') {
      throw new UserError('notRunning', 'No gateway runs.', 'Call start_gateway first.');
    }
    return this.gateway.state.services;
  }

  async ask<K extends IntentKind>(kind: K, ask: Ask<K>): Promise<Answer<K>> {
    try {
      return await this.gateway.ask(kind, ask);
    } finally {
      await this.catchUp();
    }
  }

  mayRun(): void {
    if (!vscode.workspace.isTrusted) {
      throw new UserError(
        'untrusted',
        'This workspace is not trusted, so nothing of it is run.',
        'Only the person can trust it.',
      );
    }
    if (!agentsMayRun()) {
      throw new UserError(
        'readOnly',
        'Agents may not run functions here.',
        `Ask the person to turn on the setting ${settingsSection}.${settings.agentsAllowRun}, if they trust the code.`,
      );
    }
  }

  /** Sees what has happened until now, from its beginning where nobody has asked before. */
  async catchUp(): Promise<void> {
    this.follow();
    const { witness } = this;
    let from: number | null = witness.last + 1;
    while (from !== null && this.witness === witness) {
      const { facts, next } = await this.gateway.facts(from, page);
      this.see(witness, facts);
      from = next;
    }
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private receive(facts: readonly Fact[]): void {
    const next = this.witness.last + 1;
    // Until an agent asks for the first time nothing is kept; what lies before is fetched then.
    if (this.session === this.gateway.session && facts.some(({ seq }) => seq === next)) {
      this.see(this.witness, facts);
    }
  }

  private see(witness: Witness, facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.seq > witness.last) {
        witness.see(fact);
      }
    }
  }

  /** Numbers start again with each session. */
  private follow(): void {
    if (this.session !== this.gateway.session) {
      this.session = this.gateway.session;
      this.witness = new Witness(this.gateway.state.services[0]?.folder ?? '');
    }
  }
}

/**
 * Cleanups that this node owes: each from before its Register until it has run. A Cleanup that could not run (its
 * function cannot be reached, its queue is full) is tried again, with growing pauses, until it has.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Peers, Settlement } from '../core/gateway/peers';
import type { InvocationResult } from '../core/runtime/contract';
import type { Role } from '../protocol/project';
import type { Debt, NodeRegistry } from './registry';

/** Milliseconds before the second try, and at most between two. */
const firstPauseMs = 500;
const longestPauseMs = 60_000;
/** How often a Cleanup is tried that ended without an answer (439): it may have run, and may always end so. */
const mostUnanswered = 3;

export interface DebtPorts {
  registry: NodeRegistry;
  /** Calls the Cleanup function; undefined: the service has none. */
  pay(debt: Debt, invocation: string): Promise<InvocationResult> | undefined;
  onPaid(how: 'first' | 'again' | 'inherited', debt: Debt): void;
}

export class Debts implements Peers {
  private readonly owed = new Map<string, Debt>();
  /** Whose Register was answered when others may have paid already: they are this node's whoever takes its lease. */
  private readonly late = new Set<string>();
  private readonly pauses = new Set<() => void>();
  private life: 'open' | 'closing' = 'open';
  private onEmpty: (() => void) | undefined;

  constructor(private readonly ports: DebtPorts) {}

  get size(): number {
    return this.owed.size;
  }

  /** Of connections that this node holds, for a ledger that has lost its memory. */
  all(): Debt[] {
    return [...this.owed.values()];
  }

  newId(): string {
    return this.ports.registry.newId();
  }

  requestId(role: Role, connection: string): string {
    return role === 'cleanup' ? cleanupId(connection) : randomUUID();
  }

  owe(connection: string, service: string): Promise<string | undefined> | undefined {
    const debt = { connection, service };
    this.owed.set(connection, debt);
    return this.ports.registry.owe(debt)?.then((refused) => {
      if (refused !== undefined) {
        this.forget(connection);
      }
      return refused;
    });
  }

  accepted(connection: string, service: string): void {
    const { registry } = this.ports;
    if (registry.certain && this.owed.has(connection)) {
      return;
    }
    this.late.add(connection);
    if (!this.owed.has(connection)) {
      const debt = { connection, service };
      this.owed.set(connection, debt);
      void registry.owe(debt); // Where that fails, the ledger is compared as soon as it can be reached.
    }
  }

  holds(connection: string): boolean {
    return this.owed.has(connection) && this.ports.registry.holds(connection);
  }

  owes(connection: string): boolean {
    return this.owed.has(connection);
  }

  settle(connection: string, _service: string, how: Settlement): void {
    const debt = this.owed.get(connection);
    if (debt === undefined) {
      return; // Others pay it: this node had lost its lease.
    }
    if (how === 'unknown') {
      void this.payLater(debt, 'again', 'at once');
    } else if (hasRun(how)) {
      if (typeof how !== 'string' || how === 'gatewayTimeout') {
        this.ports.onPaid('first', debt);
      }
      this.done(connection);
    } else {
      void this.payLater(debt, 'again');
    }
  }

  /** This node's connections are others' to pay for: they may have its lease. Returns which. */
  disown(): Debt[] {
    const left = this.all().filter(({ connection }) => !this.late.has(connection));
    left.forEach(({ connection }) => this.forget(connection));
    this.cancel();
    return left;
  }

  forward: Peers['forward'] = (service, request) => this.ports.registry.forward(service, request);

  /** Pays what a dead node owed. Resolves with whether it was paid. */
  async inherit(debt: Debt): Promise<boolean> {
    return this.payLater(debt, 'inherited');
  }

  private async payLater(
    debt: Debt,
    how: 'again' | 'inherited',
    since: 'at once' | 'later' = how === 'again' ? 'later' : 'at once',
  ): Promise<boolean> {
    const own = how === 'again';
    let unanswered = since === 'later' ? 1 : 0;
    for (
      let pause = firstPauseMs, first = since === 'at once';
      ;
      pause = Math.min(pause * 2, longestPauseMs)
    ) {
      if (!first && !(await this.pause(pause)) && (!own || this.life === 'closing')) {
        return false;
      }
      first = false;
      if (own && !this.owed.has(debt.connection)) {
        return false;
      }
      const result = await this.ports.pay(debt, cleanupId(debt.connection));
      unanswered += result?.error?.statusCode === 439 ? 1 : 0;
      if (result === undefined || hasRun(result) || unanswered >= mostUnanswered) {
        this.ports.onPaid(how, debt);
        if (own) {
          this.done(debt.connection);
        }
        return true;
      }
    }
  }

  /** Resolves with false when there is no time left. */
  private pause(ms: number): Promise<boolean> {
    if (this.life === 'closing') {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const end = (): void => {
        this.pauses.delete(end);
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        this.pauses.delete(end);
        resolve(true);
      }, ms);
      this.pauses.add(end);
    });
  }

  private cancel(): void {
    [...this.pauses].forEach((end) => end());
  }

  private done(connection: string): void {
    this.forget(connection);
    this.ports.registry.paid(connection);
  }

  private forget(connection: string): void {
    this.owed.delete(connection);
    this.late.delete(connection);
    if (this.owed.size === 0) {
      this.onEmpty?.();
    }
  }

  /** Resolves when nothing is owed, or after that time, milliseconds; nothing is tried again after that. */
  async close(ms: number): Promise<void> {
    if (this.owed.size > 0) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, ms);
        this.onEmpty = () => {
          clearTimeout(limit);
          resolve();
        };
      });
    }
    this.life = 'closing';
    this.cancel();
  }
}

/** The function ran, however it ended; or there is nothing to run. */
function hasRun(how: Settlement): boolean {
  return (
    typeof how === 'string' || (how.outcome !== 'platformError' && how.error?.statusCode !== 439)
  );
}

/** A UUID (version 8) made of the connection: a Cleanup that is delivered twice has the same request id both times. */
export function cleanupId(connection: string): string {
  const hex = createHash('sha256').update(`cleanup ${connection}`).digest('hex');
  const variant = ((parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

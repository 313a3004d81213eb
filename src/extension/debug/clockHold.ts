/**
 * Freezes the gateway's clock while anything stands at a breakpoint. Each holder has one reason, a text for
 * people such as `Transmission:12`; two holders may have the same one.
 */
export class ClockHold {
  private readonly reasons = new Map<string, string>();
  /** Holders whose reason is not known yet. */
  private readonly asked = new Map<string, Promise<string>>();

  constructor(private readonly freeze: (reason: string, frozen: boolean) => void) {}

  /**
   * For a reason that is about to be known, unless the holder is released before; after `ms` milliseconds for one that
   * is known already, until then.
   */
  async holdWhenKnown(
    holder: string,
    reason: Promise<string>,
    meanwhile: string,
    ms: number,
  ): Promise<void> {
    this.asked.set(holder, reason);
    const isAsked = () => this.asked.get(holder) === reason;
    const late = setTimeout(() => isAsked() && this.take(holder, meanwhile), ms);
    const known = await reason;
    clearTimeout(late);
    if (isAsked()) {
      this.hold(holder, known);
    }
  }

  hold(holder: string, reason: string): void {
    this.asked.delete(holder);
    this.take(holder, reason);
  }

  private take(holder: string, reason: string): void {
    const before = this.reasons.get(holder);
    if (before === reason) {
      return;
    }
    const isNew = !this.isHeld(reason);
    this.reasons.set(holder, reason);
    if (isNew) {
      this.freeze(reason, true);
    }
    // Only now, so that the clock does not run for a moment in between.
    this.lift(before);
  }

  release(holder: string): void {
    this.asked.delete(holder);
    const before = this.reasons.get(holder);
    this.reasons.delete(holder);
    this.lift(before);
  }

  /** Lifts every reason whose holder begins with the prefix. */
  releaseAll(prefix: string): void {
    for (const holder of [...this.asked.keys(), ...this.reasons.keys()]) {
      if (holder.startsWith(prefix)) {
        this.release(holder);
      }
    }
  }

  get holdsAny(): boolean {
    return this.reasons.size > 0;
  }

  /** The session is gone, and with it its clock. */
  forget(): void {
    this.asked.clear();
    this.reasons.clear();
  }

  private lift(reason: string | undefined): void {
    if (reason !== undefined && !this.isHeld(reason)) {
      this.freeze(reason, false);
    }
  }

  private isHeld(reason: string): boolean {
    return [...this.reasons.values()].includes(reason);
  }
}

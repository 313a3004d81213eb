/** Watches over the time and the memory of one handler process: while it starts, and event by event. */
import type { FunctionSpec } from '../../../protocol/project';
import type { Clock, Timer } from '../../clock';
import type { PeakMemory } from './memory';

export interface LimitsListener {
  /** The handler's code is being loaded, or an event runs. */
  isWorking(): boolean;
  onStartTooLong(): void;
  onEventTooLong(): void;
  onTooMuchMemory(): void;
}

/** How often the memory is looked at, milliseconds. */
const sampleMs = 100;

/** A timer may come so much too early, milliseconds: the clock's own tolerance, and what sums of fractions make. */
const early = 1;

export class Limits {
  private timer: Timer | undefined;
  /** Clock time at which the running event was taken up. */
  private eventSince: number | undefined;
  private readonly sampler: NodeJS.Timeout;

  constructor(
    private readonly spec: FunctionSpec,
    private readonly clock: Clock,
    private readonly memory: PeakMemory,
    private readonly listener: LimitsListener,
  ) {
    // What the process has said by now is read first: the memory is that of the event that runs.
    this.sampler = setInterval(() => setImmediate(() => this.sample()), sampleMs);
    this.sampler.unref();
  }

  startBegins(): void {
    const run = () => this.listener.onStartTooLong();
    this.timer = this.clock.setTimer(this.spec.initTimeout * 1000, run);
  }

  startEnded(): void {
    this.stopTimer();
  }

  eventBegins(at: number): void {
    this.eventSince = at;
    this.timer ??= this.eventTimer(this.spec.timeout * 1000);
  }

  eventEnded(): void {
    this.eventSince = undefined;
  }

  stopTimer(): void {
    this.timer?.dispose();
    this.timer = undefined;
  }

  dispose(): void {
    this.stopTimer();
    clearInterval(this.sampler);
  }

  /** Runs on from event to event: setting and clearing one for each would cost more than looking again. */
  private eventTimer(ms: number): Timer {
    return this.clock.setTimer(ms, () => {
      this.timer = undefined;
      if (this.eventSince === undefined) {
        return;
      }
      const left = this.eventSince + this.spec.timeout * 1000 - this.clock.now();
      if (left > early) {
        this.timer = this.eventTimer(left); // It was set for an event that has ended.
      } else {
        this.listener.onEventTooLong();
      }
    });
  }

  private sample(): void {
    if (this.listener.isWorking()) {
      this.memory.measure();
      if (this.memory.exceeded) {
        this.listener.onTooMuchMemory();
      }
    }
  }
}

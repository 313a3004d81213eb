/** The peak of a handler's resident memory against the memory that its function has. */
import fs from 'node:fs';

/** A short event is not worth a look of its own, unless the last one is this long ago. */
const staleMs = 1000;
/** After longer ones a bootstrap looks itself, since the next event may run when this is read; it knows the same number. */
const shortMs = 10;

export class PeakMemory {
  private peakKb = 0;
  private measuredAt = -Infinity;

  constructor(
    private readonly pid: number | undefined,
    private readonly limitMb: number,
    /** False once a debugger lives in the process: its memory is not the function's. */
    private counts: boolean,
  ) {}

  /** MB; 0: not known. */
  get usedMb(): number {
    return Math.round((this.peakKb / 1024) * 100) / 100;
  }

  get exceeded(): boolean {
    return this.counts && this.peakKb > this.limitMb * 1024;
  }

  stopCounting(): void {
    this.counts = false;
  }

  /** The process itself said so, or ran out of memory. */
  note(kb: number): void {
    this.peakKb = Math.max(this.peakKb, kb);
  }

  measure(): void {
    this.measuredAt = performance.now();
    this.note(this.pid === undefined ? 0 : (peakKbOf(this.pid) ?? 0));
  }

  /** After an event of this length. */
  measureAfter(durationMs: number): void {
    if (durationMs > shortMs || performance.now() - this.measuredAt > staleMs) {
      this.measure();
    }
  }
}

/** KiB; undefined where there is no /proc, or when the process is gone. Takes about 20 µs. */
function peakKbOf(pid: number): number | undefined {
  if (process.platform !== 'linux') {
    return undefined;
  }
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
    const found = /^VmHWM:\s+(\d+) kB/m.exec(status);
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

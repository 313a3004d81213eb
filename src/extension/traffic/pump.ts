/**
 * Brings the facts of a session to one page, in order and without gaps. While the page keeps up, facts are handed
 * on as they arrive, a few times in a drawn frame; when it is behind (a burst, or a page that was just loaded),
 * they are fetched from the session's recorder, so that nothing piles up in this process. Knows no editor.
 */
import type { Fact } from '../../protocol/fact';
import type { Answer } from '../../protocol/intent';

export interface PumpSink {
  post(batch: number, facts: Fact[], progress?: { done: number; of: number }): void;
  /** A page of the kept facts, oldest first. */
  fetch(from: number, limit: number): Promise<Answer<'facts'>>;
}

/** Batches that the page has not answered yet. */
const inFlight = 3;
const pageSize = 2000;
/** Milliseconds in which arriving facts are collected. */
const collect = 30;

export class Pump {
  /** Number of the last fact that was posted. */
  private through = 0;
  private newest = 0;
  private waiting: Fact[] = [];
  private batch = 0;
  private unanswered = 0;
  private timer: NodeJS.Timeout | undefined;
  private fetching = false;
  private over = false;
  /** What waits until the page was sent a fact. */
  private waiters: { seq: number; then: () => void }[] = [];

  constructor(
    private readonly sink: PumpSink,
    newest: number,
  ) {
    this.newest = newest;
    this.move();
  }

  receive(facts: readonly Fact[]): void {
    const last = facts.at(-1);
    if (last === undefined || this.over) {
      return;
    }
    const expected = this.waiting.at(-1)?.seq ?? this.through;
    const follows = facts[0]?.seq === expected + 1;
    if (follows && !this.fetching && this.waiting.length < pageSize) {
      this.waiting.push(...facts);
    }
    this.newest = Math.max(this.newest, last.seq);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.move();
    }, collect);
  }

  /** The page took a batch in. */
  taken(): void {
    this.unanswered = Math.max(0, this.unanswered - 1);
    this.move();
  }

  /** Calls back when everything that is known by now was posted. */
  whenCaughtUp(then: () => void): void {
    this.waiters.push({ seq: this.newest, then });
    this.tellWaiters();
  }

  dispose(): void {
    this.over = true;
    this.waiters = [];
    clearTimeout(this.timer);
  }

  private move(): void {
    if (this.over || this.fetching || this.unanswered >= inFlight || this.through >= this.newest) {
      return;
    }
    if (this.waiting.length > 0) {
      this.post(this.waiting.splice(0));
      this.move();
      return;
    }
    this.fetching = true;
    this.sink.fetch(this.through + 1, pageSize).then(
      ({ facts, last }) => {
        this.fetching = false;
        this.newest = Math.max(this.newest, last);
        if (facts.length > 0) {
          this.post(facts);
        } else {
          this.through = this.newest;
          this.tellWaiters();
        }
        this.move();
      },
      () => {
        // The session ended; its end is told elsewhere.
        this.fetching = false;
      },
    );
  }

  private post(facts: Fact[]): void {
    if (this.over) {
      return;
    }
    const last = facts.at(-1);
    this.through = last?.seq ?? this.through;
    this.unanswered++;
    const behind = this.newest - this.through;
    const progress = behind > pageSize ? { done: this.through, of: this.newest } : undefined;
    this.sink.post(++this.batch, facts, progress);
    this.tellWaiters();
  }

  private tellWaiters(): void {
    const due = this.waiters.filter(({ seq }) => seq <= this.through);
    this.waiters = this.waiters.filter(({ seq }) => seq > this.through);
    due.forEach(({ then }) => then());
  }
}

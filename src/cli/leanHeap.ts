/**
 * Gives memory back when traffic pauses. V8 collects when it needs room, not when nothing happens: what a crowd or a load
 * left behind would stay in this process for as long as it idles. A collection takes some tens of milliseconds, so it waits
 * for a pause, and for something that is worth it.
 */
import inspector from 'node:inspector';
import v8 from 'node:v8';
import type { Session } from '../core/session/session';

/** Nothing was recorded between two looks: a pause. Milliseconds. */
const lookEvery = 300;
/** Milliseconds between two collections at least. */
const restMs = 1000;
/** Bytes that the heap must have grown by since the last collection, and the part of itself. */
const worthBytes = 4 * 1024 * 1024;
const worthPart = 0.1;

/** What it looks at and does; tests have their own. */
export interface Heap {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Bytes that it takes from the system. */
  size(): number;
  /** Collects what is not used, and gives it back; calls back afterwards. */
  collect(done: () => void): void;
  later(look: () => void, ms: number): void;
}

/** Returns what is to be called for each thing that happens. */
export function leanHeap(heap: Heap = thisProcess): () => void {
  let state: 'resting' | 'quiet' | 'busy' = 'resting';
  let floor = heap.size();
  let collectedAt = -Infinity;
  const look = (): void => {
    const size = heap.size();
    const worth = size - floor > Math.max(worthBytes, worthPart * floor);
    if (state === 'busy' || (worth && heap.now() - collectedAt < restMs)) {
      state = 'quiet';
      heap.later(look, lookEvery);
      return;
    }
    state = 'resting';
    if (worth) {
      collectedAt = heap.now();
      heap.collect(() => (floor = heap.size()));
    } else {
      floor = Math.min(floor, size);
    }
  };
  return () => {
    if (state === 'resting') {
      heap.later(look, lookEvery);
    }
    state = 'busy';
  };
}

/** `session` is what this process is for. */
export function keepLean(session: Session): void {
  session.onFact(leanHeap());
}

export const thisProcess: Heap = {
  now: () => performance.now(),
  size: () => v8.getHeapStatistics().total_heap_size,
  collect(done) {
    // The documented way to a collection that also gives back; `global.gc` needs a flag and keeps the room.
    const debug = new inspector.Session();
    debug.connect();
    debug.post('HeapProfiler.collectGarbage', () => {
      // Not within its own callback: that stops the event loop for good (Node.js 20).
      setImmediate(() => {
        debug.disconnect();
        done();
      });
    });
  },
  later: (look, ms) => void setTimeout(look, ms).unref(),
};

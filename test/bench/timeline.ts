/** How long the state at a moment of a long session takes: `node -r ./test/register.cjs test/bench/timeline.ts [frames]`. */
import type { Fact } from '../../src/protocol/fact';
import { applyFact, emptyState } from '../../src/protocol/state';
import { Timeline } from '../../src/protocol/timeline';
import { RowStore } from '../../src/webview/rows/store';
import { longStory } from '../webview/story';

const frames = Number(process.argv[2] ?? 200_000);
const { facts } = longStory(frames);
const store = new RowStore(Infinity, Infinity, { touched: () => undefined });
store.startSession(1);
const timeline = new Timeline();
const state = emptyState();
const fold = (each: Fact): void => {
  applyFact(state, each);
  store.add(each);
  timeline.note(state, each, 0);
};
facts.forEach(fold);
const times = Array.from({ length: 2000 }, (_, index) => {
  const seq = 1 + Math.floor(((index * 7919) % 2000) * (facts.length / 2000));
  const began = performance.now();
  timeline.at(seq, (after, upTo) => store.framesBetween(after, upTo));
  return performance.now() - began;
}).sort((one, other) => one - other);
const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(2);
process.stdout.write(
  `${facts.length} facts, ${frames} frames: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(0.9999)} ms\n`,
);

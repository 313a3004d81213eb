/** A trace as bars of time: waiting, starting, running, pushing, delivering. */
import { flatten, seqOf, type Trace, type TraceNode } from '../trace';

export type Phase = 'frame' | 'queue' | 'init' | 'run' | 'push' | 'delivery';

export interface WaterfallBar {
  phase: Phase;
  /** Milliseconds since the beginning of the waterfall. */
  from: number;
  to: number;
}

export interface WaterfallRow {
  seq: number;
  node: TraceNode;
  depth: number;
  bars: WaterfallBar[];
  tone: 'ok' | 'error';
}

export interface Waterfall {
  rows: WaterfallRow[];
  /** Session time of 0, and how many milliseconds it spans. */
  start: number;
  span: number;
}

export function layoutWaterfall(trace: Trace): Waterfall {
  const rows = flatten(trace.root).map(({ node, depth }): WaterfallRow => {
    const seq = seqOf(node);
    switch (node.node) {
      case 'invocation': {
        const { started, ended } = node.facts;
        const queueStart = started.at - started.queuedMs;
        const initStart = started.at - started.initMs;
        const end = ended ? Math.max(ended.at, started.at + ended.durationMs) : started.at;
        const bars: WaterfallBar[] = [
          { phase: 'queue', from: queueStart, to: initStart },
          { phase: 'init', from: initStart, to: started.at },
          { phase: 'run', from: started.at, to: end },
        ];
        return {
          seq,
          node,
          depth,
          bars: bars.filter((bar) => bar.to > bar.from || bar.phase === 'run'),
          tone: ended && ended.outcome !== 'ok' ? 'error' : 'ok',
        };
      }
      case 'push': {
        const delivered = node.children.map((child) => timeOf(child));
        const to = Math.max(node.fact.at, ...delivered);
        return {
          seq,
          node,
          depth,
          bars: [{ phase: 'push', from: node.fact.at, to }],
          tone: node.fact.errNo === 0 ? 'ok' : 'error',
        };
      }
      default: {
        const at = timeOf(node);
        const phase = node.node === 'frame' && node.fact.push !== undefined ? 'delivery' : 'frame';
        return {
          seq,
          node,
          depth,
          bars: [{ phase, from: at, to: at }],
          tone: node.node === 'refusal' ? 'error' : 'ok',
        };
      }
    }
  });
  const times = rows.flatMap((row) => row.bars.flatMap((bar) => [bar.from, bar.to]));
  const start = times.reduce((a, b) => Math.min(a, b), Infinity);
  const end = times.reduce((a, b) => Math.max(a, b), -Infinity);
  rows.forEach((row) =>
    row.bars.forEach((bar) => {
      bar.from -= start;
      bar.to -= start;
    }),
  );
  return { rows, start, span: Math.max(0.1, end - start) };
}

function timeOf(node: TraceNode): number {
  return node.node === 'invocation' ? node.facts.started.at : node.fact.at;
}

/** Round steps for an axis of about `count` marks. */
export function axisSteps(span: number, count: number): number[] {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw)!;
  return Array.from({ length: Math.floor(span / step + 1e-9) + 1 }, (_, index) => index * step);
}

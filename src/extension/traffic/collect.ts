/** Brings facts and their whole payloads together for an export. Knows no editor. */
import { choose, needsPayload } from '../../protocol/export/recording';
import type { Recording } from '../../protocol/export/recording';
import type { ExportRequest } from '../../protocol/inspector';
import type { Answer } from '../../protocol/intent';
import type { PumpSink } from './pump';

export interface CollectSource {
  fetch: PumpSink['fetch'];
  payload(seq: number): Promise<Answer<'payload'>>;
  /** Number of the last fact that was taken, and of the last one there is. */
  progress(done: number, of: number): void;
  isCancelled(): boolean;
}

/** Undefined: it was cancelled. Payloads go with their session: after its end the previews are what is left. */
export async function collect(
  { seqs }: Pick<ExportRequest, 'seqs'>,
  source: CollectSource,
): Promise<Recording | undefined> {
  const all: Recording = { facts: [], payloads: new Map() };
  for (let from: number | null = 1; from !== null;) {
    const page = await source.fetch(from, 2000);
    if (source.isCancelled()) {
      return undefined;
    }
    all.facts.push(...page.facts);
    from = page.facts.length === 0 ? null : page.next;
  }
  const recording = seqs === undefined ? all : choose(all, new Set(seqs));
  const last = recording.facts.at(-1)?.seq ?? 0;
  let sessionAnswers = true;
  for (const fact of recording.facts) {
    if (!sessionAnswers || !needsPayload(fact)) {
      continue;
    }
    const payload = await source.payload(fact.seq).catch(() => {
      sessionAnswers = false;
      return null;
    });
    if (source.isCancelled()) {
      return undefined;
    }
    if (payload !== null) {
      recording.payloads.set(fact.seq, payload);
    }
    source.progress(fact.seq, last);
  }
  return recording;
}

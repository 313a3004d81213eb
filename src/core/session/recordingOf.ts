/** What a session has seen so far, whole: as a recording that can be written, read or compared. */
import { needsPayload, type Recording } from '../../protocol/export/recording';
import type { RecordedPayload } from '../../protocol/payload';
import type { Recorder } from './recorder';

export function recordingOf(recorder: Recorder): Recording {
  recorder.settle();
  const facts = recorder.read(1, Infinity);
  const payloads = new Map<number, RecordedPayload>();
  for (const fact of facts.filter(needsPayload)) {
    const payload = recorder.payload(fact.seq);
    if (payload !== undefined) {
      payloads.set(
        fact.seq,
        typeof payload === 'string'
          ? { data: payload, encoding: 'text' }
          : { data: payload.toString('base64'), encoding: 'base64' },
      );
    }
  }
  return { facts, payloads };
}

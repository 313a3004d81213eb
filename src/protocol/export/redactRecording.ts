/** Takes secrets out of a recording. What is looked at, and how, is said in the table of facts. */
import { previewLength, type Fact } from '../fact';
import type { Outside } from '../facts/shape';
import { mapFact } from '../facts/table';
import type { RecordedPayload } from '../payload';
import type { Recording } from './recording';
import { createRedactor, type RedactionRule, type Redactor } from './redact';

export function redactRecording(recording: Recording, rules: readonly RedactionRule[]): Recording {
  const redactor = createRedactor(rules);
  const payloads = new Map<number, RecordedPayload>();
  recording.payloads.forEach((payload, seq) => {
    const redact = payload.encoding === 'text' ? redactor.text : redactor.base64;
    payloads.set(seq, { ...payload, data: redact(payload.data) });
  });
  return {
    facts: recording.facts.map((fact) => redactFact(fact, redactor, payloads)),
    payloads,
  };
}

function redactFact(
  fact: Fact,
  redactor: Redactor,
  payloads: ReadonlyMap<number, RecordedPayload>,
): Fact {
  // Of a payload that is there, the beginning is that of the payload without its secrets.
  const preview = (text: string, isBinary: boolean) =>
    payloads.get(fact.seq)?.data.slice(0, previewLength) ??
    (isBinary ? redactor.base64(text) : redactor.text(text));
  return mapFact(fact, (text: string, outside: Outside, name, holder) => {
    switch (outside.use) {
      case 'line':
      case 'lines':
      case 'output':
        return redactor.text(text);
      case 'preview':
        return preview(text, holder['type'] === 'binary');
      case 'target':
        return redactor.target(text);
      case 'header':
        return redactor.value(outside.header || name, text);
      case 'keyAddress':
        // Whoever knows a project's push address may push to its clients, also after the next start.
        return text.replace(/[^/]*$/, '…');
    }
  });
}

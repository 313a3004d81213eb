/** What was seen: the facts of a running session or of a recording, bounded, redacted, and with their causes. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentences } from '../errors';
import type { Fact, FactKind, FactOf, SourcePlace } from '../../protocol/fact';
import type { Voice } from '../../protocol/facts/entry';
import { entryOf } from '../../protocol/facts/table';
import { defaultRedactionRules } from '../../protocol/export/redact';
import { redactRecording } from '../../protocol/export/redactRecording';
import { FactIndex } from '../../protocol/trace';
import { applyFact, emptyState, type SessionState } from '../../protocol/state';

/** Facts that are remembered; an agent asks about what has just happened. */
const remembered = 50_000;

export class Witness {
  /** Names of connections: `alice` for a test client, else the beginning of the id. */
  readonly names = new Map<string, string>();
  state: SessionState = emptyState();
  index = new FactIndex();
  private facts: Fact[] = [];
  private lines = new Map<number, string>();
  private waiting: (() => void)[] = [];
  private readonly folder: string;

  /** Paths in `folder` are told relative to it. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Takes a fact in, without its secrets. */
  see(observed: Fact): void {
    const { facts } = redactRecording({ facts: [observed], payloads: new Map() }, [
      ...defaultRedactionRules,
    ]);
    const fact = facts[0] as Fact;
    applyFact(this.state, fact);
    if ((fact.kind === 'connecting' || fact.kind === 'client') && fact.connection !== undefined) {
      if (fact.client !== undefined) {
        this.names.set(fact.connection, fact.client);
      }
    }
    this.index.add(fact);
    this.facts.push(fact);
    const line = this.wordsOf(fact);
    if (line !== undefined) {
      this.lines.set(fact.seq, line);
    }
    if (this.facts.length > remembered * 1.2) {
      this.forgetOldest();
    }
    this.waiting.splice(0).forEach((resolve) => resolve());
  }

  get last(): number {
    return this.state.lastSeq;
  }

  /** The facts after a number, oldest first. */
  *after(seq: number): Generator<Fact> {
    for (const fact of this.facts) {
      if (fact.seq > seq) {
        yield fact;
      }
    }
  }

  /** What a fact says, in a line; undefined for those that say nothing to a reader. */
  line(fact: Fact): string | undefined {
    return this.lines.get(fact.seq);
  }

  /** Resolves with the next fact, when `ms` milliseconds have passed, or when nobody waits any more. */
  async nextFact(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      this.waiting.push(done);
    });
  }

  nameOf(connection: string): string {
    return this.names.get(connection) ?? connection.slice(0, 6);
  }

  placed(place: SourcePlace | undefined): string {
    return place === undefined ? '' : `${path.relative(this.folder, place.file)}:${place.line}`;
  }

  private wordsOf<K extends FactKind>(fact: FactOf<K>): string | undefined {
    const id = 'invocation' in fact ? fact.invocation : null;
    const run = typeof id === 'string' ? this.index.invocation(id)?.started : undefined;
    const voice: Voice = {
      l10n,
      sentences,
      place: (place) => (place === undefined ? '' : `${this.placed(place)}: `),
      name: (connection) => this.nameOf(connection),
      stopping: this.state.status === 'stopping',
      ...(run === undefined ? {} : { run }),
    };
    return entryOf(fact).words?.(fact, voice);
  }

  private forgetOldest(): void {
    this.facts = this.facts.slice(-remembered);
    this.index = new FactIndex(this.facts);
    const oldest = this.facts[0]?.seq ?? 0;
    this.lines = new Map([...this.lines].filter(([seq]) => seq >= oldest));
  }
}

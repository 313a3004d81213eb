/**
 * What came of each move, as a tree of causes cut into lines: which functions ran, what they returned, whom they pushed
 * to, and what arrived. Times and instances are no part of it. Pure.
 */
import type { Recording } from '../../protocol/export/recording';
import type { Fact, FactOf } from '../../protocol/fact';
import { compactJson } from '../../protocol/json';
import { FactIndex, type InvocationFacts } from '../../protocol/trace';
import { keyOf, type Script, wholePayload } from './moves';

/** What is counted; each line is of one kind. */
export type Part = 'handshake' | 'invocation' | 'value' | 'push' | 'data' | 'frame' | 'end';

export interface Leaf {
  part: Part;
  text: string;
  /** Only the beginning of it is there. */
  cut?: true;
  /** It is text of the handlers, in which times and ids may stand. */
  theirs?: true;
}

export interface Tree {
  key: string;
  /** Number of the fact at its root. */
  seq: number;
  leaves: Map<string, Leaf>;
}

interface Roots {
  recording: Recording;
  script: Script;
  /** Names of connections by their ids. */
  names: ReadonlyMap<string, string>;
  framesOnly: boolean;
}

export function treesOf(roots: Roots): Map<string, Tree> {
  return roots.framesOnly ? framesOf(roots) : new Trees(roots).all();
}

/** The frames that each client got, in their order, and how its handshake ended. */
function framesOf({ recording, script }: Roots): Map<string, Tree> {
  const trees = new Map<string, Tree>();
  const byConnection = new Map<string, Tree>();
  for (const { key, seq, connection, deed } of script.moves) {
    if (deed.do === 'connect') {
      const tree: Tree = { key, seq, leaves: new Map() };
      trees.set(key, tree);
      byConnection.set(connection, tree);
    }
  }
  const counts = new Map<string, number>();
  for (const fact of recording.facts) {
    if (fact.kind === 'opened') {
      const leaf: Leaf = { part: 'handshake', text: 'open' };
      byConnection.get(fact.connection)?.leaves.set('handshake', leaf);
    }
    if (fact.kind === 'frame' && fact.direction === 'toClient' && isData(fact)) {
      const count = (counts.get(fact.connection) ?? 0) + 1;
      counts.set(fact.connection, count);
      const { leaves } = byConnection.get(fact.connection) ?? {};
      leaves?.set(`frame ${count}`, { part: 'frame', ...contentOf(recording, fact) });
    }
  }
  return trees;
}

class Trees {
  private readonly recording: Recording;
  private readonly index: FactIndex;
  private readonly names: ReadonlyMap<string, string>;
  private readonly script: Script;
  private readonly endings = new Map<string, FactOf<'closed'>>();
  private readonly answers = new Map<string, FactOf<'opened' | 'refused'>>();

  constructor({ recording, script, names }: Roots) {
    this.recording = recording;
    this.script = script;
    this.names = names;
    this.index = new FactIndex(recording.facts);
    for (const fact of recording.facts) {
      if (fact.kind === 'closed' && fact.cause !== 'gatewayStop') {
        this.endings.set(fact.connection, fact);
      }
      if (fact.kind === 'opened' || fact.kind === 'refused') {
        this.answers.set(fact.connection ?? '', fact);
      }
    }
  }

  all(): Map<string, Tree> {
    const trees = new Map<string, Tree>();
    for (const { key, seq, connection, deed } of this.script.moves) {
      const leaves = new Map<string, Leaf>();
      if (deed.do === 'connect') {
        this.handshake(connection, leaves);
      }
      const fact = this.index.fact(seq);
      if (fact?.kind === 'push') {
        this.push(fact, 'push', leaves);
      } else if (fact?.kind === 'invocationStarted') {
        this.runs([fact.invocation], leaves);
      } else {
        this.runs(this.index.causedBy(seq), leaves);
      }
      if (!['leave', 'fallSilent'].includes(deed.do)) {
        trees.set(key, { key, seq, leaves });
      }
    }
    for (const [connection, closed] of this.endings) {
      const leaves = new Map<string, Leaf>();
      leaves.set('end', { part: 'end', text: endOf(closed) });
      this.runs(this.index.causedBy(closed.seq), leaves);
      const key = keyOf.end(connection);
      trees.set(key, { key, seq: closed.seq, leaves });
    }
    return trees;
  }

  private handshake(connection: string, leaves: Map<string, Leaf>): void {
    const answer = this.answers.get(connection);
    if (answer?.kind === 'opened') {
      const { protocol } = answer;
      const text = protocol === undefined ? 'open' : `open, protocol ${protocol}`;
      leaves.set('handshake', { part: 'handshake', text });
    } else if (answer?.kind === 'refused') {
      const text = `refused ${answer.status} ${answer.body}`;
      leaves.set('handshake', { part: 'handshake', text, theirs: true });
    }
  }

  private runs(invocations: readonly string[], leaves: Map<string, Leaf>): void {
    const counts = new Map<string, number>();
    for (const id of invocations) {
      const run = this.index.invocation(id);
      if (run !== undefined) {
        const name = run.started.function.split('/').at(-1) ?? '';
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        this.run(run, count === 1 ? name : `${name} (${count})`, leaves);
      }
    }
  }

  private run(run: InvocationFacts, path: string, leaves: Map<string, Leaf>): void {
    const { ended } = run;
    const text =
      ended === undefined
        ? 'has not ended'
        : ended.error === undefined
          ? ended.outcome
          : `${ended.error.statusCode} ${ended.error.errorMessage} ${raised(ended.error.stackTrace)}`.trim();
    leaves.set(path, { part: 'invocation', text, theirs: true });
    if (ended?.outcome === 'ok') {
      const { text: value, ...more } = contentOf(this.recording, ended);
      // Nobody gets its white space.
      leaves.set(`${path} → value`, { part: 'value', text: compactJson(value) ?? value, ...more });
    }
    // Pushes to different clients may overtake each other; those to one may not.
    const counts = new Map<string, number>();
    for (const seq of run.pushes) {
      const push = this.index.fact(seq);
      if (push?.kind === 'push') {
        const to = this.names.get(push.connection) ?? JSON.stringify(push.connection);
        const count = (counts.get(to) ?? 0) + 1;
        counts.set(to, count);
        this.push(push, `${path} → push ${count} to ${to}`, leaves);
      }
    }
  }

  private push(push: FactOf<'push'>, path: string, leaves: Map<string, Leaf>): void {
    const action = push.action ?? 'malformed';
    const answer = push.errNo === 0 ? '' : `, answered ${push.errNo} ${push.status}`;
    const text = `${action}${push.type === null ? '' : ` ${push.type}`}${answer}`;
    leaves.set(path, { part: 'push', text });
    const content = contentOf(this.recording, push);
    if (push.action === 'data send') {
      leaves.set(`${path}, data`, { part: 'data', ...content });
    }
    this.index.deliveredBy(push.seq).forEach((seq, index) => {
      const frame = this.index.fact(seq);
      if (frame?.kind === 'frame') {
        const got = contentOf(this.recording, frame);
        const same = got.text === content.text;
        leaves.set(
          `${path} → frame${index === 0 ? '' : ` ${index + 1}`}`,
          same ? { part: 'frame', text: 'as pushed' } : { part: 'frame', ...got },
        );
      }
    });
  }
}

/** What was raised, of a stack trace: places in the code move with every edit. */
function raised(stackTrace = ''): string {
  const lines = stackTrace.split('\n').filter((line) => !/^(\s|Traceback|$)/.test(line));
  return lines.join(' ');
}

function endOf({ cause, code, reason }: FactOf<'closed'>): string {
  return `${cause} ${code}${reason === '' ? '' : ` ${reason}`}`;
}

function isData(fact: FactOf<'frame'>): boolean {
  return fact.type === 'text' || fact.type === 'binary';
}

function contentOf(
  recording: Recording,
  fact: Fact & { preview: string; more?: true; type?: string | null },
): Omit<Leaf, 'part'> {
  const whole = wholePayload(recording, fact);
  return whole === undefined
    ? { text: fact.preview, cut: true, theirs: true }
    : { text: whole.data, theirs: true };
}

/**
 * A recorded conversation as a flow: who did what, and what each got for it. What differs from run to run (ids of
 * connections, request ids, times) is captured or matched by its kind. Secrets are taken out of the recording before,
 * by the caller. Pure.
 */
import * as l10n from '@vscode/l10n';
import { stringify, type ScalarTag } from 'yaml';
import { ExactNumber, readExact, writeJson } from '../../protocol/json';
import { recordedPayload, type Recording } from '../../protocol/export/recording';
import { redactedMark as taken } from '../../protocol/export/redactNamed';
import { type BackgroundKind, epochOf, type Fact, type FactOf, leftOut } from '../../protocol/fact';
import { maskVarying, type StepValue } from './keepTwice';
import { type Masks, masksOf } from './masks';
import { escapeReferences } from './variables';

interface Kept {
  connection: string;
  name: string;
  /** It is in `clients` as this. */
  options: Record<string, unknown>;
}

/** Writes a number as it was sent. */
const exactNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => value instanceof ExactNumber,
  resolve: (text) => text, // Nothing is read with it.
  stringify: ({ value }) => String(value),
};

/** Names for those whose client has none. */
const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy'];
/** Headers that every WebSocket client sends of its own accord. */
const usual =
  /^(host|upgrade|connection|sec-.*|user-agent|accept.*|origin|pragma|cache-control|content-length|dnt)$/i;

/**
 * `only`: the connections that take part. `again`: a second recording of the same conversation; what differs there varies.
 * `left`: what happened and could not be written as a step, a sentence each. Throws a `UserError` where `again` is
 * another conversation.
 */
export function keepConversation(
  recording: Recording,
  name: string,
  only?: ReadonlySet<string>,
  again?: Recording,
): { text: string; steps: number; left: string[] } {
  const keeper = new Keeper(recording, only);
  const first = keeper.steps();
  const { steps, left } =
    again === undefined
      ? { steps: first, left: [] }
      : maskVarying(first, new Keeper(again, only && inPlaceOf(only, recording, again)).steps());
  const flow = {
    clients: Object.fromEntries(keeper.kept.map((each) => [each.name, each.options])),
    scenarios: [{ name, steps }],
  };
  const notes = [...keeper.left, ...left];
  const head = [l10n.t('Kept from recorded traffic. Run it with: scfws test'), ...notes].map(
    (line) => `# ${line.replace(/\s+/g, ' ')}\n`,
  );
  return {
    text:
      head.join('') +
      stringify(flow, { lineWidth: 0, customTags: (tags) => [exactNumber, ...tags] }),
    steps: steps.length,
    left: notes,
  };
}

/** Those of another recording that came in the same places. */
function inPlaceOf(
  only: ReadonlySet<string>,
  { facts }: Recording,
  again: Recording,
): ReadonlySet<string> {
  const arrivals = (all: readonly Fact[]) =>
    all.flatMap((fact) => (fact.kind === 'connecting' ? fact.connection : []));
  const there = arrivals(again.facts);
  return new Set(arrivals(facts).flatMap((id, at) => (only.has(id) ? (there[at] ?? []) : [])));
}

class Keeper {
  readonly kept: Kept[] = [];
  readonly left: string[] = [];
  private readonly byConnection = new Map<string, Kept>();
  private readonly masks: Masks;
  /** Frames to clients, by the number of the fact that set them off. */
  private readonly answers = new Map<number, FactOf<'frame'>[]>();

  /** Not only that of some clients. */
  private readonly all: boolean;

  constructor(
    private readonly recording: Recording,
    only: ReadonlySet<string> | undefined,
  ) {
    this.all = only === undefined;
    const { facts } = recording;
    for (const fact of facts) {
      if (fact.kind === 'connecting' && only?.has(fact.connection) !== false) {
        this.introduce(fact);
      }
    }
    this.link();
    this.masks = masksOf({
      connections: new Map(this.kept.map(({ connection, name }) => [connection, name])),
      requestIds: new Set(
        facts.flatMap((fact) => (fact.kind === 'invocationStarted' ? fact.invocation : [])),
      ),
      sent: facts.flatMap((fact) =>
        fact.kind === 'frame' && fact.direction === 'toServer'
          ? { seq: fact.seq, text: this.dataOf(fact) }
          : [],
      ),
      from: epochOf(facts),
    });
  }

  steps(): StepValue[] {
    return this.recording.facts.flatMap((fact) => this.stepsOf(fact));
  }

  private stepsOf(fact: Fact): StepValue[] {
    switch (fact.kind) {
      case 'opened': {
        const who = this.byConnection.get(fact.connection);
        const began = this.recording.facts.find(
          (each) => each.kind === 'connecting' && each.connection === fact.connection,
        );
        return who === undefined
          ? []
          : [`${who.name} connects`, ...this.received(began?.seq ?? fact.seq)];
      }
      case 'refused': {
        const who = this.byConnection.get(fact.connection ?? '');
        return who === undefined ? [] : [{ [`${who.name} is refused`]: { status: fact.status } }];
      }
      case 'frame':
        return this.sent(fact);
      case 'push':
        return this.pushed(fact);
      case 'closed':
        return this.ended(fact);
      case 'invocationStarted':
        return fact.cause === null && this.all ? this.invoked(fact) : [];
      default:
        leftOut<BackgroundKind | 'connecting' | 'client' | 'invocationEnded' | 'log'>(fact);
        return [];
    }
  }

  private sent(frame: FactOf<'frame'>): StepValue[] {
    const who = this.byConnection.get(frame.connection);
    if (who === undefined || frame.direction === 'toClient') {
      return [];
    }
    if (frame.type === 'ping') {
      return [`${who.name} pings`];
    }
    if (frame.type !== 'text' && frame.type !== 'binary') {
      return [];
    }
    const data = this.dataOf(frame);
    if (frame.more === true && !this.recording.payloads.has(frame.seq)) {
      this.leave(l10n.t('Of some messages only the beginning was still there.'));
    }
    if (data.includes(taken)) {
      this.leave(
        l10n.t(
          'Secrets were taken out and stand as {0}: write values that the test may have.',
          taken,
        ),
      );
    }
    const value = frame.type === 'binary' ? { $bytes: data } : this.masks.send(data, frame.seq);
    const received = this.received(frame.seq);
    return [
      { [`${who.name} sends`]: value },
      ...(received.length === 0 ? [`${who.name} receives nothing`] : received),
    ];
  }

  /** Run by hand, such as again with its last event: a test of one function. */
  private invoked(started: FactOf<'invocationStarted'>): StepValue[] {
    const ended = this.recording.facts.find(
      (fact): fact is FactOf<'invocationEnded'> =>
        fact.kind === 'invocationEnded' && fact.invocation === started.invocation,
    );
    const text = recordedPayload(this.recording, started.seq)?.data;
    // Written anew, since a mapping is kept as such only in our own form.
    const json = readExact(text ?? '');
    const event = json && this.masks.send(writeJson(json.value), started.seq);
    const name = started.function.split('/').at(-1) ?? started.function;
    if (ended === undefined || typeof event !== 'object' || text?.includes(taken) !== false) {
      this.leave(l10n.t('{0} was invoked by hand; that is left out.', started.function));
      return [];
    }
    const result = ended.outcome === 'ok' ? this.returned(ended) : { ended: ended.outcome };
    return [{ [`${name} is invoked`]: { event, ...result } }, ...this.received(started.seq)];
  }

  /** Nothing where only the beginning of it is there. */
  private returned(ended: FactOf<'invocationEnded'>): { returned?: unknown } {
    const text = this.dataOf(ended);
    const json = readExact(text ?? '');
    if (json === undefined) {
      return {};
    }
    const { value } = json;
    if (typeof value === 'string') {
      return { returned: this.masks.expect(value, ended.seq) };
    }
    return {
      returned:
        typeof value === 'object' && value !== null ? this.masks.expect(text, ended.seq) : value,
    };
  }

  private pushed(push: FactOf<'push'>): StepValue[] {
    const who = this.byConnection.get(push.connection);
    if (push.invocation !== null || who === undefined) {
      return []; // The handler of the scenario makes it again.
    }
    const data = this.dataOf(push);
    const what =
      push.action === 'closing'
        ? { close: true }
        : { data: push.type === 'binary' ? { $bytes: data } : this.masks.send(data, push.seq) };
    const answer = push.errNo === 0 ? {} : { errNo: push.errNo };
    return [{ push: { to: who.name, ...what, ...answer } }, ...this.received(push.seq)];
  }

  private ended(closed: FactOf<'closed'>): StepValue[] {
    const who = this.byConnection.get(closed.connection);
    if (who === undefined) {
      return [];
    }
    const after = this.received(closed.seq);
    switch (closed.cause) {
      case 'clientClose': {
        const isPlain =
          closed.code === 1000 || closed.code < 1000 || [1005, 1006].includes(closed.code);
        const { code, reason } = closed;
        const how = isPlain
          ? undefined
          : reason === ''
            ? code
            : { code, reason: escapeReferences(reason) };
        return [
          how === undefined ? `${who.name} closes` : { [`${who.name} closes`]: how },
          ...after,
        ];
      }
      case 'clientVanished':
        return [`${who.name} drops`, ...after];
      case 'pushClosing':
        return [{ [`${who.name} is closed`]: { cause: closed.cause } }, ...after];
      case 'gatewayStop':
      case 'leftDuringRegister':
        return [];
      default:
        this.leave(
          l10n.t(
            'The connection of {0} ended by itself ({1}); that is left out.',
            who.name,
            closed.cause,
          ),
        );
        return [];
    }
  }

  /** What each client got for it, in the order in which it came. */
  private received(cause: number): StepValue[] {
    const byClient = new Map<string, unknown[]>();
    for (const frame of this.answers.get(cause) ?? []) {
      const who = this.byConnection.get(frame.connection);
      if (who !== undefined) {
        const list = byClient.get(who.name) ?? [];
        const data = this.dataOf(frame);
        list.push(
          frame.more === true && !this.recording.payloads.has(frame.seq)
            ? { $size: frame.size }
            : frame.type === 'binary'
              ? { $bytes: data }
              : this.masks.expect(data, frame.seq),
        );
        byClient.set(who.name, list);
      }
    }
    return [...byClient].map(([name, list]) => ({ [`${name} receives exactly`]: list }));
  }

  /** From each frame back to what a client or somebody outside did. */
  private link(): void {
    const pushes = new Map<number, FactOf<'push'>>();
    const causes = new Map<string, number | null>();
    // A browser saw no function: there, what came after something is taken for what came of it.
    const { facts } = this.recording;
    const isForeign = !facts.some(({ kind }) => kind === 'push' || kind === 'invocationStarted');
    let last: number | undefined;
    for (const fact of facts) {
      if (
        isForeign &&
        fact.kind === 'frame' &&
        fact.direction === 'toClient' &&
        last !== undefined
      ) {
        this.answers.set(last, [...(this.answers.get(last) ?? []), fact]);
      }
      if (fact.kind === 'connecting' || (fact.kind === 'frame' && fact.direction === 'toServer')) {
        last = fact.seq;
      }
      if (fact.kind === 'push') {
        pushes.set(fact.seq, fact);
      }
      if (fact.kind === 'invocationStarted') {
        causes.set(fact.invocation, fact.cause ?? fact.seq);
      }
      if (fact.kind === 'frame' && fact.direction === 'toClient' && fact.push !== undefined) {
        const push = pushes.get(fact.push);
        const invocation = push?.invocation ?? null; // null: somebody outside
        const cause = invocation === null ? fact.push : causes.get(invocation);
        if (typeof cause === 'number') {
          this.answers.set(cause, [...(this.answers.get(cause) ?? []), fact]);
        }
      }
    }
  }

  private introduce(fact: FactOf<'connecting'>): void {
    const url = new URL(
      URL.canParse(fact.target, 'ws://localhost') ? fact.target : '/',
      'ws://localhost',
    );
    const query = Object.fromEntries(
      [...url.searchParams].map(([key, value]) => [key, escapeReferences(value)]),
    );
    const headers = Object.entries(fact.headers)
      .filter(([key, value]) => !usual.test(key) && !value.includes(taken))
      .map(([key, value]) => [key, escapeReferences(value)]);
    const stages = this.stagesOf(fact.service);
    const protocols = (fact.protocols ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
    const options = {
      ...(protocols.length === 0 ? {} : { protocols }),
      ...(Object.keys(query).length === 0 ? {} : { query }),
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) as object }),
      ...(stages[0] === undefined || stages[0] === fact.stage ? {} : { stage: fact.stage }),
      ...this.pathOf(fact.service, url.pathname),
    };
    const each = { connection: fact.connection, name: this.nameOf(fact.client), options };
    this.kept.push(each);
    this.byConnection.set(fact.connection, each);
  }

  private service(name: string) {
    for (const fact of this.recording.facts) {
      if (fact.kind === 'listening' || fact.kind === 'servicesChanged') {
        const found = fact.services.find((each) => each.name === name);
        if (found !== undefined) {
          return found;
        }
      }
    }
    return undefined;
  }

  private stagesOf(service: string): string[] {
    return (this.service(service)?.urls ?? []).flatMap((url) =>
      URL.canParse(url) ? (new URL(url).pathname.split('/')[1] ?? '') : [],
    );
  }

  /** Only where the path of the API has parameters. */
  private pathOf(service: string, pathname: string): { path?: string } {
    const template = this.service(service)?.path ?? '';
    return template.includes('{') ? { path: pathname.split('/').slice(2).join('/') } : {};
  }

  private nameOf(client: string | undefined): string {
    const wished = client?.replace(/[^\w-]+/g, '-').replace(/^[^A-Za-z_]+|-+$/g, '') ?? '';
    const isFree = (name: string): boolean => this.kept.every((each) => each.name !== name);
    if (wished === '') {
      return names.find(isFree) ?? `client${this.kept.length + 1}`;
    }
    for (let number = 1; ; number++) {
      const name = number === 1 ? wished : `${wished}-${number}`;
      if (isFree(name)) {
        return name;
      }
    }
  }

  private dataOf({ seq }: { seq: number }): string {
    const payload = recordedPayload(this.recording, seq);
    if (payload !== null) {
      return payload.data;
    }
    const fact = this.recording.facts.find((each) => each.seq === seq);
    return fact !== undefined && 'preview' in fact ? fact.preview : '';
  }

  private leave(sentence: string): void {
    if (!this.left.includes(sentence)) {
      this.left.push(sentence);
    }
  }
}

/**
 * What somebody did in a recording, in an order in which it can be done again: clients connect, speak and leave,
 * programs outside push, people invoke. Everything else in a recording came of that. Pure.
 */
import * as l10n from '@vscode/l10n';
import type { Recording } from '../../protocol/export/recording';
import { redactedMark } from '../../protocol/export/redactNamed';
import { type BackgroundKind, type Fact, type FactOf, leftOut } from '../../protocol/fact';
import type { RecordedPayload } from '../../protocol/payload';
import { FactIndex } from '../../protocol/trace';

/** How a client left: by a Close frame, without a word, or sent away by whoever sat at the gateway. */
export type Leaving =
  { how: 'close'; code: number; reason: string } | { how: 'drop' } | { how: 'operator' };

export interface Move {
  /** The same in every replay: who, and the how manieth time. */
  key: string;
  /** The fact that began it. */
  seq: number;
  /** Number of the last fact of its handler: a place in another order that explains the same recording. */
  ended: number;
  /** Milliseconds of the gateway's clock, breakpoints left out. */
  at: number;
  /** Id of the connection; '' where there is none. */
  connection: string;
  deed:
    | { do: 'connect'; fact: FactOf<'connecting'>; leavesDuringRegister: boolean }
    | { do: 'send'; data: string | Buffer }
    | { do: 'leave'; leaving: Leaving }
    /** It was silent for too long; the clock does it again. */
    | { do: 'fallSilent' }
    | { do: 'push'; data: string | Buffer | null }
    | { do: 'invoke'; function: string; event: string };
}

export interface Script {
  moves: Move[];
  /** What cannot be done again, a sentence each. */
  left: string[];
  /** Keys of moves of which the recording does not tell the end: done again, but not compared. */
  unfinished: ReadonlySet<string>;
  /** It tells frames only, as those of browsers do: no invocation, no push. */
  framesOnly: boolean;
}

/** A name for each connection, by its id: that of its client, or one by its order. */
export function namesOf(facts: Iterable<Fact>): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const fact of facts) {
    if (fact.kind === 'connecting') {
      const name = fact.client ?? l10n.t('client {0}', names.size + 1);
      const count = (taken.get(name) ?? 0) + 1;
      taken.set(name, count);
      names.set(fact.connection, count === 1 ? name : `${name} (${count})`);
    }
  }
  return names;
}

export const keyOf = {
  connect: (connection: string) => `${connection} connect`,
  message: (connection: string, count: number) => `${connection} message ${count}`,
  end: (connection: string) => `${connection} end`,
  push: (connection: string, count: number) => `push ${count} to ${connection}`,
  invoke: (name: string, count: number) => `invoke ${name} ${count}`,
};

/** The whole payload of a fact; undefined: only its beginning is there. */
export function wholePayload(
  { payloads }: Pick<Recording, 'payloads'>,
  fact: { seq: number; preview?: string; more?: true; type?: string | null },
): RecordedPayload | undefined {
  const known = payloads.get(fact.seq);
  if (known !== undefined || fact.more === true || fact.preview === undefined) {
    return known;
  }
  return { data: fact.preview, encoding: fact.type === 'binary' ? 'base64' : 'text' };
}

/** `service`: only what its clients did, where the recording has several. */
export function scriptOf(recording: Recording, service?: string): Script {
  return new Scripting(recording, service).script();
}

class Scripting {
  private readonly index: FactIndex;
  private readonly moves: Move[] = [];
  private readonly left = new Set<string>();
  private readonly gone: ReadonlySet<number>;
  /** Messages that a frame breakpoint made others of. */
  private readonly edited = new Set<number>();
  private readonly chosen: (service: string) => boolean;
  private readonly connections = new Map<string, FactOf<'connecting'>>();
  private readonly closeFrames = new Map<string, FactOf<'frame'>>();
  private readonly opened = new Map<string, number>();
  private readonly closed = new Set<string>();
  /** Messages and pushes from outside by their connection, events by hand by their function. */
  private readonly counts = new Map<string, number>();
  /** Milliseconds in which the clock stood, and since when it stands. */
  private stood = 0;
  private standsSince: number | undefined;

  constructor(
    private readonly recording: Recording,
    service: string | undefined,
  ) {
    const { facts } = recording;
    this.index = new FactIndex(facts);
    this.gone = neverArrived(facts);
    const services = new Set(
      facts.flatMap((fact) => (fact.kind === 'connecting' ? fact.service : [])),
    );
    const only = services.size > 1 && service !== undefined && services.has(service);
    this.chosen = (name) => !only || name === service;
    for (const fact of facts) {
      if (fact.kind === 'opened' || fact.kind === 'refused') {
        this.opened.set(fact.connection ?? '', fact.seq);
      }
      if (fact.kind === 'closed') {
        this.closed.add(fact.connection);
      }
      if (fact.kind === 'releasedFrame' && fact.how === 'edited') {
        this.edited.add(fact.hold);
      }
    }
  }

  script(): Script {
    const { facts } = this.recording;
    facts.forEach((fact) => this.read(fact));
    const framesOnly = !facts.some(({ kind }) => kind === 'invocationStarted');
    const unfinished = framesOnly ? [] : this.moves.filter((move) => this.isUnfinished(move));
    if (unfinished.length > 0) {
      this.left.add(
        l10n.t(
          '{0} moves had not come to their end when the recording ended: they are not compared.',
          unfinished.length,
        ),
      );
    }
    return {
      moves: this.moves,
      left: [...this.left],
      unfinished: new Set(unfinished.map(({ key }) => key)),
      framesOnly,
    };
  }

  /** The recording ends, or was cut, while this was under way. */
  private isUnfinished({ seq, deed, connection }: Move): boolean {
    const runs = this.index.causedBy(seq);
    if (runs.some((id) => this.index.invocation(id)?.ended === undefined)) {
      return true;
    }
    switch (deed.do) {
      case 'connect':
        return !this.opened.has(connection) && !this.closed.has(connection);
      case 'send':
        return runs.length === 0 && !this.closed.has(connection);
      default:
        return seq === this.recording.facts.at(-1)?.seq;
    }
  }

  private read(fact: Fact): void {
    switch (fact.kind) {
      case 'clock':
        if (fact.frozen) {
          this.standsSince ??= fact.at;
        } else {
          this.standsSince = undefined;
          this.stood = fact.frozenMs;
        }
        return;
      case 'connecting':
        this.connect(fact);
        return;
      case 'frame':
        this.frame(fact);
        return;
      case 'closed':
        this.close(fact);
        return;
      case 'push':
        this.push(fact);
        return;
      case 'invocationStarted':
        this.invoke(fact);
        return;
      case 'faultStruck':
        this.left.add(
          l10n.t(
            'The fault lab was at work; what it did is not done again, so results may differ.',
          ),
        );
        return;
      case 'dropped':
        this.left.add(
          l10n.t('The beginning of the recording, or payloads of it, had been given up.'),
        );
        return;
      default:
        leftOut<BackgroundKind | 'opened' | 'refused' | 'client' | 'invocationEnded' | 'log'>(fact);
    }
  }

  private add(fact: Fact, key: string, connection: string, deed: Move['deed']): void {
    const runs = this.index.causedBy(fact.seq).map((id) => this.index.invocation(id));
    const ended = Math.max(
      fact.seq,
      ...runs.map((run) => run?.ended?.seq ?? run?.started.seq ?? 0),
    );
    const at = (this.standsSince ?? fact.at) - this.stood;
    this.moves.push({ key, seq: fact.seq, ended, at, connection, deed });
  }

  private connect(fact: FactOf<'connecting'>): void {
    if (!this.chosen(fact.service)) {
      this.left.add(l10n.t('Clients of other services are left out: {0}.', fact.service));
      return;
    }
    if (fact.headers['authorization'] !== undefined) {
      this.left.add(l10n.t('Credentials are never recorded; clients come without them.'));
    }
    this.connections.set(fact.connection, fact);
    const { seq } = fact;
    const leavesDuringRegister = this.recording.facts.some(
      (each) =>
        each.seq > seq &&
        each.kind === 'closed' &&
        each.cause === 'leftDuringRegister' &&
        each.connection === fact.connection,
    );
    const key = keyOf.connect(fact.connection);
    this.add(fact, key, fact.connection, { do: 'connect', fact, leavesDuringRegister });
    const move = this.moves.at(-1) as Move;
    move.ended = Math.max(move.ended, this.opened.get(fact.connection) ?? 0);
  }

  private frame(fact: FactOf<'frame'>): void {
    const { connection, type } = fact;
    if (fact.direction === 'toClient' || this.gone.has(fact.seq)) {
      return;
    }
    if (type === 'close') {
      this.closeFrames.set(connection, fact);
    }
    if (type !== 'text' && type !== 'binary') {
      return;
    }
    if (!this.connections.has(connection)) {
      this.left.add(
        l10n.t(
          'Messages of clients whose beginning was not recorded are left out: {0}.',
          connection,
        ),
      );
      return;
    }
    const payload = this.edited.has(fact.seq)
      ? this.asDelivered(fact)
      : wholePayload(this.recording, fact);
    if (payload === undefined) {
      this.left.add(
        l10n.t('Messages of which only the beginning is there are left out: number {0}.', fact.seq),
      );
      return;
    }
    if (payload.data.includes(redactedMark)) {
      this.left.add(
        l10n.t('Secrets were taken out of the recording; clients send {0} instead.', redactedMark),
      );
    }
    const count = this.count(connection);
    const data = type === 'binary' ? Buffer.from(payload.data, 'base64') : payload.data;
    this.add(fact, keyOf.message(connection, count), connection, { do: 'send', data });
  }

  /** A message as its handler got it. */
  private asDelivered({ seq }: FactOf<'frame'>): RecordedPayload | undefined {
    const [id = ''] = this.index.causedBy(seq);
    const started = this.index.invocation(id)?.started.seq ?? 0;
    const text = this.recording.payloads.get(started)?.data;
    try {
      const { data, dataType } = (
        JSON.parse(text ?? '') as { websocket: { data: string; dataType: string } }
      ).websocket;
      return { data, encoding: dataType === 'binary' ? 'base64' : 'text' };
    } catch {
      return undefined;
    }
  }

  private close(fact: FactOf<'closed'>): void {
    const { connection, cause } = fact;
    if (!this.connections.has(connection)) {
      return;
    }
    const key = keyOf.end(connection);
    const frame = this.closeFrames.get(connection);
    switch (cause) {
      case 'clientClose': {
        const code = frame?.code ?? fact.code;
        const reason = fact.reason;
        const leaving = { how: 'close' as const, code, reason };
        this.add(fact, key, connection, { do: 'leave', leaving });
        return;
      }
      case 'protocolError':
      case 'notReading':
        this.left.add(l10n.t('A client that broke the protocol just drops its line: {0}.', cause));
        this.add(fact, key, connection, { do: 'leave', leaving: { how: 'drop' } });
        return;
      case 'clientVanished':
        this.add(fact, key, connection, { do: 'leave', leaving: { how: 'drop' } });
        return;
      case 'operator':
        this.add(fact, key, connection, { do: 'leave', leaving: { how: 'operator' } });
        return;
      case 'idle':
        this.add(fact, key, connection, { do: 'fallSilent' });
        return;
      case 'pushClosing':
      case 'platformFailure':
      case 'leftDuringRegister':
      case 'gatewayStop':
        return; // Comes of something else.
    }
  }

  private push(fact: FactOf<'push'>): void {
    if (fact.invocation !== null) {
      return;
    }
    const payload = wholePayload(this.recording, fact);
    if (fact.action === null || (fact.action === 'data send' && payload === undefined)) {
      this.left.add(l10n.t('A push from outside cannot be made again: number {0}.', fact.seq));
      return;
    }
    const data =
      fact.action === 'closing'
        ? null
        : fact.type === 'binary'
          ? Buffer.from(payload?.data ?? '', 'base64')
          : (payload?.data ?? '');
    const count = this.count(`push ${fact.connection}`);
    this.add(fact, keyOf.push(fact.connection, count), fact.connection, { do: 'push', data });
  }

  private invoke(fact: FactOf<'invocationStarted'>): void {
    const event = this.recording.payloads.get(fact.seq)?.data;
    if (fact.cause !== null) {
      return;
    }
    if (event === undefined) {
      this.left.add(l10n.t('An event by hand is not in the recording: number {0}.', fact.seq));
      return;
    }
    const name = fact.function.split('/').at(-1) ?? '';
    const key = keyOf.invoke(name, this.count(`invoke ${name}`));
    this.add(fact, key, '', { do: 'invoke', function: name, event });
  }

  private count(what: string): number {
    const count = (this.counts.get(what) ?? 0) + 1;
    this.counts.set(what, count);
    return count;
  }
}

/** Frames that a breakpoint or a fault kept from their handler. */
function neverArrived(facts: readonly Fact[]): Set<number> {
  const gone = new Set<number>();
  for (const fact of facts) {
    if (fact.kind === 'releasedFrame' && fact.how === 'dropped') {
      gone.add(fact.hold);
    }
    if (fact.kind === 'faultStruck' && fact.fault === 'drop' && fact.cause !== null) {
      gone.add(fact.cause);
    }
  }
  return gone;
}

/**
 * The same moves in the order in which their handlers ended. Where events overlapped, nobody can say which of the two
 * orders the handlers saw; what one of them explains is no difference. Within a connection the order stays.
 */
export function byEnd(moves: readonly Move[]): Move[] {
  const least = new Map<string, number>();
  const places = moves.map((move) => {
    const place = Math.max(move.ended, (least.get(move.connection) ?? 0) + 1e-6);
    least.set(move.connection, place);
    return { move, place };
  });
  return places.sort((one, other) => one.place - other.place).map(({ move }) => move);
}

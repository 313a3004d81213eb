/** Recorded clients speak again, to handlers of today: real clients, a gateway and a store of their own. */
import { randomBytes } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import type { Recording } from '../../protocol/export/recording';
import { redactedMark } from '../../protocol/export/redactNamed';
import type { FactOf } from '../../protocol/fact';
import type { ServiceSpec } from '../../protocol/project';
import type { Timer } from '../clock';
import { UserError } from '../errors';
import { checkClose } from '../gateway/closeFrame';
import { matchPath } from '../gateway/apiPath';
import { Actor } from '../scenario/actor';
import { addressOf, emulatorPlace, type Place } from '../scenario/place';
import { Cancelled, withinLimit } from '../scenario/runSteps';
import { StepFailed } from '../scenario/scene';
import { withEnvironment } from '../project/withEnvironment';
import { makeStore, storeVariable } from '../scenario/setUp';
import { Witness } from '../scenario/witness';
import { recordingOf } from '../session/recordingOf';
import { type Session, type SessionOptions, startSession } from '../session/session';
import type { Leaving, Move } from './moves';

export interface PerformOptions {
  service: ServiceSpec;
  session: Pick<SessionOptions, 'bootstrapFolder' | 'interpreters'>;
  /** `virtual`: each move once nothing more can come of those before it, and idle time costs nothing. */
  pace: 'virtual' | 'real';
  /** Milliseconds that the outcome of one move may take; handlers have their own limits. */
  limit: number;
  signal: AbortSignal;
  /** Moves made so far. */
  onProgress(done: number): void;
}

/** Headers that every WebSocket client sends of its own accord. */
const usual =
  /^(host|upgrade|connection|sec-websocket-(key|version|accept|protocol)|content-length)$/i;
/** 16 bytes in base64, as ids of connections are. */
const idForm = /^[A-Za-z0-9+/]{22}==$/;
const longestAdvance = 30 * 86_400_000;

/** Ids for connections that have none of the gateway's form, the same for all replays. */
export function idsFor(moves: readonly Move[]): Map<string, string> {
  const ids = new Map<string, string>();
  for (const { connection, deed } of moves) {
    if (deed.do === 'connect') {
      const id = idForm.test(connection) ? connection : randomBytes(16).toString('base64');
      ids.set(connection, id);
    }
  }
  return ids;
}

/** What the session saw. Rejects with `Cancelled`, or with a `UserError` when it cannot be brought to its end. */
export async function perform(
  moves: readonly Move[],
  ids: ReadonlyMap<string, string>,
  options: PerformOptions,
): Promise<Recording> {
  const store = await makeStore();
  let session: Session | undefined;
  let stage: Stage | undefined;
  try {
    session = await startSession({
      ...options.session,
      folders: [options.service.folder],
      services: [withEnvironment(options.service, { [storeVariable]: store.folder })],
      isPrivate: true,
      ...(options.pace === 'virtual' ? { idleByHand: true as const } : {}),
    });
    stage = new Stage(session, ids, options);
    await stage.play(moves);
    return recordingOf(session.recorder);
  } catch (error) {
    if (error instanceof StepFailed) {
      const advice = l10n.t(
        'Look at what that function waits for; where it may take longer, replay with a larger --limit.',
      );
      throw new UserError('replayHangs', error.failure.message, advice);
    }
    throw error;
  } finally {
    await session?.dispose('done');
    stage?.dispose();
    await store.dispose();
  }
}

class Stage {
  private readonly actors = new Map<string, Actor>();
  /** Those of which something can still come. */
  private readonly active = new Set<Actor>();
  private readonly place: Place & Timer;
  private readonly witness: Witness;
  private at = 0;

  constructor(
    private readonly session: Session,
    private readonly ids: ReadonlyMap<string, string>,
    private readonly options: PerformOptions,
  ) {
    this.witness = new Witness(session.services[0]?.functions ?? []);
    this.place = emulatorPlace(session, this.witness);
  }

  async play(moves: readonly Move[]): Promise<void> {
    this.at = moves[0]?.at ?? 0;
    await (this.options.pace === 'virtual' ? this.playByTurns(moves) : this.playInTime(moves));
    await this.settle();
  }

  /** Each move once nothing more can come of those before it. */
  private async playByTurns(moves: readonly Move[]): Promise<void> {
    for (const [index, move] of moves.entries()) {
      await this.within(() => this.advance(move.at - this.at));
      this.at = Math.max(this.at, move.at);
      await this.within(() => this.make(move));
      await this.settle();
      this.options.onProgress(index + 1);
    }
  }

  /** Each move at its time; those of one client after one another. */
  private async playInTime(moves: readonly Move[]): Promise<void> {
    const began = performance.now();
    const lanes = new Map<string, Promise<void>>();
    for (const [index, move] of moves.entries()) {
      await this.sleep(began + move.at - this.at - performance.now());
      if (this.options.signal.aborted) {
        throw new Cancelled();
      }
      const before = lanes.get(move.connection) ?? Promise.resolve();
      const made = before.then(() => this.make(move));
      made.catch(() => undefined); // Looked at in the end.
      lanes.set(move.connection, made);
      this.options.onProgress(index + 1);
    }
    await this.within(() => Promise.all(lanes.values()));
  }

  dispose(): void {
    this.actors.forEach((actor) => actor.dispose());
    this.place.dispose();
  }

  private within<T>(work: () => Promise<T>): Promise<T> {
    const { signal, limit } = this.options;
    return withinLimit({ scene: { place: this.place }, signal, limit }, work);
  }

  private async settle(): Promise<void> {
    await this.within(() => this.place.settled(this.active));
    for (const actor of this.active) {
      if (actor.isGone) {
        this.active.delete(actor);
      }
    }
  }

  private async advance(ms: number): Promise<void> {
    if (ms > 0) {
      await this.session.intents.advanceClock({ ms: Math.min(ms, longestAdvance) });
    }
  }

  private sleep(ms: number): Promise<void> {
    const { signal } = this.options;
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, ms));
      signal.addEventListener('abort', wake);
    });
  }

  private async make({ connection, deed }: Move): Promise<void> {
    const actor = this.actors.get(connection);
    const { intents, services } = this.session;
    const id = this.ids.get(connection) ?? connection;
    switch (deed.do) {
      case 'connect':
        await this.connect(deed.fact, deed.leavesDuringRegister);
        return;
      case 'send':
        if (actor?.isOpen) {
          actor.send(deed.data);
        }
        return;
      case 'leave':
        if (actor?.isOpen) {
          await this.leave(actor, id, deed.leaving);
        }
        return;
      case 'fallSilent':
        await this.fallSilent(id);
        return;
      case 'push': {
        const { data } = deed;
        const dataType = typeof data === 'string' ? 'text' : 'binary';
        const text = typeof data === 'string' ? data : (data?.toString('base64') ?? '');
        await intents.push({
          connections: [id],
          ...(data === null
            ? { action: 'closing' }
            : { action: 'data send', dataType, data: text }),
        });
        return;
      }
      case 'invoke': {
        const found = services[0]?.functions.find(({ name }) => name === deed.function);
        if (found !== undefined) {
          await intents.invoke({ function: found.function, event: deed.event });
        }
      }
    }
  }

  /** The clock has done it, unless the recording's own was moved by hand. */
  private async fallSilent(id: string): Promise<void> {
    const { pace } = this.options;
    const isOpen = (): boolean => {
      this.session.recorder.settle();
      const seen = this.witness.connectionOf(id);
      return seen !== undefined && seen.closed === undefined;
    };
    while (pace === 'virtual' && isOpen()) {
      const left = this.session.nextSilence();
      if (left === undefined) {
        return;
      }
      await this.advance(Math.max(left, 1));
    }
  }

  private async leave(actor: Actor, id: string, leaving: Leaving): Promise<void> {
    if (leaving.how === 'operator') {
      await this.session.intents.closeConnection({ connection: id });
    } else if (leaving.how === 'drop') {
      actor.drop();
    } else {
      const { code, reason } = leaving;
      if (isSendable(code, reason)) {
        actor.close(code, reason);
      } else {
        actor.close(); // As whoever gives no code.
      }
    }
  }

  private async connect(fact: FactOf<'connecting'>, leaves: boolean): Promise<void> {
    const id = this.ids.get(fact.connection) ?? fact.connection;
    const actor = new Actor(id, () => this.place.happened());
    this.actors.set(fact.connection, actor);
    this.active.add(actor);
    const protocols = (fact.protocols ?? '').split(',').map((each) => each.trim());
    const connected = actor.connect({
      url: this.addressOf(fact),
      protocols: protocols.filter((each) => each !== ''),
      headers: Object.fromEntries(
        Object.entries(fact.headers).filter(
          ([name, value]) =>
            !usual.test(name) && !name.startsWith(':') && !value.includes(redactedMark),
        ),
      ),
      introduce: (port, name) => this.session.introduce(port, name, id),
    });
    if (leaves) {
      await this.untilRegisterRuns(id);
      actor.abandon();
    }
    await connected;
    if (!actor.wasOpen) {
      this.active.delete(actor);
    }
  }

  private async untilRegisterRuns(id: string): Promise<void> {
    const { runs } = this.witness;
    while (!runs.some(({ started }) => started.connection === id)) {
      await this.place.next();
    }
  }

  /** As it was asked for, if the project still serves it there. */
  private addressOf({ target }: FactOf<'connecting'>): string {
    const { service } = this.options;
    const base = this.session.services[0]?.url ?? '';
    const asked = new URL(target, base.replace(/^ws/, 'http'));
    if (matchPath([service], asked.pathname) !== undefined) {
      return asked.href.replace(/^http/, 'ws');
    }
    return addressOf(base, {}) + asked.search;
  }
}

function isSendable(code: number, reason: string): boolean {
  try {
    checkClose(code, reason);
    return true;
  } catch {
    return false;
  }
}

/** What the clients of a recording ask for that this project does not serve; undefined: all is well. */
export function pathProblem(moves: readonly Move[], service: ServiceSpec): string | undefined {
  for (const { deed } of moves) {
    if (deed.do === 'connect') {
      const [path = ''] = deed.fact.target.split('?');
      if (matchPath([service], path) === undefined) {
        return l10n.t(
          'Clients asked for {0}, which this project does not serve; they come to {1} instead.',
          path.slice(0, 200),
          service.path,
        );
      }
    }
  }
  return undefined;
}

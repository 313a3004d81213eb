/**
 * Which instance holds a connection: its id begins with the instance's name, so that a push needs no look-up. Pushes to
 * others go over Redis: the platform gives no instance an address. Published to the owner, answered to the asker, so that
 * the answer is the owner's; nobody subscribed means that the instance is gone, and with it the connection, unless Redis
 * has just been away: then it may be on its way back.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'redis';
import { sentenceOf } from '../core/errors';
import type { Peers } from '../core/gateway/peers';
import { pushErrors, type PushRequest } from '../core/gateway/pushRequest';

/** Bytes of an id that name the instance; the other 10 cannot be guessed. */
const nameBytes = 6;

/** How long another instance may take for a push, milliseconds: less than the 3 s that a function has by default. */
const answerLimit = 2000;

/** Between two tries to have an answer heard, milliseconds. */
const answerPause = 50;

/** How long a connection to Redis may take, milliseconds. */
const connectLimit = 5000;

/** Between two tries to find it, milliseconds. */
const longestPause = 2000;

/** How long instances may need to find a Redis again that was away, milliseconds. */
const backLimit = 10_000;

type Verdict = { errNo: number; errMsg: string };
type Call = { from: string; ask: string; service: string; request: Wire };
type Wire = { id: string; text?: string; binary?: string; close?: true };

export interface Owners extends Peers {
  /** Resolves once the Cleanup of a connection, which is about to end, has run. */
  cleaned(connection: string): Promise<void>;
  start(): Promise<void>;
  dispose(): void;
}

export interface OwnersPorts {
  redisUrl: string | undefined;
  log(text: string): void;
  /** A push that another instance asks for. */
  push(connection: string, service: string, payload: string | Buffer | null): Verdict;
}

export function startOwners({ redisUrl, log, push }: OwnersPorts): Owners {
  const name = randomBytes(nameBytes);
  const cleanups = new Map<string, () => void>();
  const bus = redisUrl === undefined ? undefined : new Bus(redisUrl, name.toString('hex'), log);
  return {
    newId: () => Buffer.concat([name, randomBytes(16 - nameBytes)]).toString('base64'),
    requestId: () => randomUUID(),
    owe: () => undefined,
    accepted: () => undefined,
    holds: () => true,
    owes: () => true,
    settle(connection) {
      cleanups.get(connection)?.();
      cleanups.delete(connection);
    },
    forward(service, request) {
      const owner = ownerOf(request.connection);
      return bus === undefined || owner === undefined || owner === name.toString('hex')
        ? undefined
        : bus.ask(owner, service, request);
    },
    cleaned: (connection) => new Promise((resolve) => cleanups.set(connection, resolve)),
    async start() {
      await bus?.start(({ request: { id, text, binary, close }, service }) =>
        push(id, service, close === true ? null : (text ?? Buffer.from(binary ?? '', 'base64'))),
      );
    },
    dispose: () => bus?.dispose(),
  };
}

/** Name of the instance in an id; undefined: nobody made this id. */
function ownerOf(connection: string): string | undefined {
  const bytes = Buffer.from(connection, 'base64');
  return bytes.length === 16 && bytes.toString('base64') === connection
    ? bytes.toString('hex', 0, nameBytes)
    : undefined;
}

class Bus {
  private readonly sender: ReturnType<typeof createClient>;
  private readonly receiver: ReturnType<typeof createClient>;
  private readonly asked = new Map<string, (verdict: Verdict) => void>();
  /** When Redis was found again (monotonic). */
  private back = -Infinity;
  private started = false;

  constructor(
    url: string,
    private readonly name: string,
    private readonly log: (text: string) => void,
  ) {
    const socket = {
      connectTimeout: connectLimit,
      // One that cannot be used from the beginning is a mistake, which nobody would hear of while this tries again.
      reconnectStrategy: (tried: number, cause: Error) =>
        this.started ? Math.min(50 * 2 ** tried, longestPause) : cause,
    };
    this.sender = createClient({ url, socket, disableOfflineQueue: true });
    this.receiver = createClient({ url, socket });
    for (const client of [this.sender, this.receiver]) {
      client.on('error', (error: Error) => log(`Redis: ${sentenceOf(error)}`));
    }
    this.receiver.on('ready', () => {
      this.back = this.started ? performance.now() : this.back;
    });
  }

  async start(answer: (call: Call) => Verdict): Promise<void> {
    try {
      await Promise.all([this.sender.connect(), this.receiver.connect()]);
    } catch (error) {
      this.dispose();
      throw new Error(
        `Redis cannot be used (correct REDIS_URL, or take it out): ${sentenceOf(error)}`,
      );
    }
    this.started = true;
    await this.receiver.subscribe(channel(this.name), (text) => {
      const message = read(text);
      if (message === undefined) {
        this.log('Redis: a message that no instance wrote was left out');
      } else if ('answers' in message) {
        this.asked.get(message.answers)?.(message.verdict);
      } else {
        const verdict = answer(message);
        void this.reply(message.from, JSON.stringify({ answers: message.ask, verdict }));
      }
    });
  }

  /**
   * Each of the four connections to Redis that a push needs is found again by itself: what was pushed would have no answer
   * where this instance's sender or the asker's receiver comes last. Resolves when it was heard, or the asker gave up.
   */
  private async reply(asker: string, text: string): Promise<void> {
    const until = performance.now() + answerLimit;
    for (let heard = 0; heard === 0 && performance.now() < until;) {
      heard = await this.sender.publish(channel(asker), text).catch(() => 0);
      if (heard === 0) {
        await wait(answerPause);
      }
    }
  }

  ask(owner: string, service: string, request: PushRequest): Promise<Verdict> {
    if (!this.receiver.isReady) {
      const errMsg = 'Redis cannot be reached: an answer would not be heard';
      return Promise.resolve({ errNo: pushErrors.socketDied, errMsg });
    }
    const ask = randomUUID();
    const call: Call = { from: this.name, ask, service, request: wireOf(request) };
    return new Promise((resolve) => {
      const end = (verdict: Verdict): void => {
        clearTimeout(limit);
        this.asked.delete(ask);
        resolve(verdict);
      };
      const died = (errMsg: string): void => end({ errNo: pushErrors.socketDied, errMsg });
      const limit = setTimeout(
        () => died(`the instance that holds ${request.connection} does not answer`),
        answerLimit,
      );
      this.asked.set(ask, end);
      this.sender.publish(channel(owner), JSON.stringify(call)).then(
        (receivers) => {
          if (receivers === 0 && performance.now() - this.back < backLimit) {
            died(`it is not known yet who holds ${request.connection}: Redis was away`);
          } else if (receivers === 0) {
            const errMsg = `the connection ${request.connection} is unknown or closed`;
            end({ errNo: pushErrors.unknownConnection, errMsg });
          }
        },
        (error: Error) => died(`Redis cannot be reached: ${error.message}`),
      );
    });
  }

  dispose(): void {
    this.sender.destroy();
    this.receiver.destroy();
  }
}

/** undefined: whoever wrote this is no instance. */
function read(text: string): Call | { answers: string; verdict: Verdict } | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { answers, verdict, from, ask, service, request } = objectOf(said);
  const { errNo, errMsg } = objectOf(verdict);
  if (typeof answers === 'string' && typeof errNo === 'number' && typeof errMsg === 'string') {
    return { answers, verdict: { errNo, errMsg } };
  }
  const { id, text: words, binary, close } = objectOf(request);
  const strings = [from, ask, service, id].every((each) => typeof each === 'string');
  return strings && (close === true || typeof (words ?? binary) === 'string')
    ? (said as Call)
    : undefined;
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const channel = (name: string): string => `scfws:webfn:${name}`;

function wireOf(request: PushRequest): Wire {
  const id = request.connection;
  if (request.action === 'closing') {
    return { id, close: true };
  }
  const { payload } = request;
  return typeof payload === 'string'
    ? { id, text: payload }
    : { id, binary: payload.toString('base64') };
}

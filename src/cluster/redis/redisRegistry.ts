/**
 * Several nodes that agree by Redis: leases by its clock, a ledger of what each owes, and a stream of what dead ones
 * owed, which the living share by a consumer group. Pushes go from node to node, not through Redis.
 *
 * A node has one life after the other: each has a name of its own, which is in the ids of its connections. A life ends
 * for good when its lease was taken by another node, or could not be renewed in time while others could renew theirs.
 */
import { randomBytes } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import { reportBug, sentenceOf, UserError } from '../../core/errors';
import { pushErrors, type PushRequest } from '../../core/gateway/pushRequest';
import { PostError } from '../backends/post';
import type { ClusterConfig } from '../config';
import type { Debt, NodeRegistry, PushVerdict, RegistryPorts } from '../registry';
import { openRedis, type Redis } from './client';
import { PeerCalls } from './peerCalls';
import * as steps from './steps';

/** The node that holds a connection cannot be asked; a number of this gateway's own, as all but 0 are. */
export const nodeUnreachable = 9008;

const group = 'payers';
/** Debts of dead nodes that one node pays at the same time at most. */
const paidAtOnce = 32;
/** Milliseconds that another node may take to answer. */
const peerLimit = 5000;
const askLimit = 1000;
/** A node that starts many processes may be late with its first commands. */
const firstTries = 5;

type PeerCall =
  | { op: 'push'; service: string; connection: string; text?: string; base64?: string }
  | { op: 'lease' };

export class RedisRegistry implements NodeRegistry {
  node = randomBytes(4).toString('hex');
  private readonly redis: Redis;
  private readonly peers: PeerCalls;
  private addresses = new Map<string, string>();
  /** Pushes of one connection keep their order also on their way to another node. */
  private readonly ways = new Map<string, Promise<unknown>>();
  private state: 'joining' | 'joined' | 'away' | 'left' = 'joining';
  /** When the lease was last renewed, and since when it is certain that others could have renewed theirs (monotonic). */
  private renewedAt = 0;
  private soundSince = Infinity;
  private paying = 0;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: ClusterConfig & { host: string },
    private readonly ports: RegistryPorts,
  ) {
    this.redis = openRedis(config.redis, config.sentinel, ports.log);
    this.peers = new PeerCalls(config.secret, (call) => this.answer(call as PeerCall));
  }

  get peer(): NonNullable<NodeRegistry['peer']> {
    return this.peers.receive;
  }

  get unready(): string | undefined {
    return this.state === 'joined' ? undefined : `Redis: ${this.state}`;
  }

  get leaseAge(): number {
    return (performance.now() - this.renewedAt) / 1000;
  }

  async start(): Promise<void> {
    try {
      await this.redis.connect();
      for (let tried = 1; this.state !== 'joined'; tried++) {
        await this.renew().catch((error: unknown) => {
          if (tried === firstTries) {
            throw error;
          }
        });
      }
    } catch (error) {
      throw new UserError(
        'noRedis',
        l10n.t('Redis at {0} cannot be used: {1}', this.where(), sentenceOf(error)),
        l10n.t('Start it, or correct "redis" of "cluster" in gateway.json.'),
      );
    }
    const beat = (): void => {
      this.turn = this.tick().catch((error: unknown) => {
        if (this.state !== 'left') {
          reportBug(error);
        }
      });
      void this.turn.then(() => {
        if (this.state !== 'left') {
          this.timer = setTimeout(beat, this.config.leaseMs / 4);
        }
      });
    };
    this.timer = setTimeout(beat, this.config.leaseMs / 4);
  }

  /** Without what may be secret. */
  private where(): string {
    return this.config.redis.map((url) => new URL(url).host).join(', ');
  }

  // -- ids and debts

  newId(): string {
    return Buffer.concat([Buffer.from(this.node, 'hex'), randomBytes(12)]).toString('base64');
  }

  async owe({ connection, service }: Debt): Promise<string | undefined> {
    const { node } = this;
    if (this.state !== 'joined') {
      return 'This node cannot write down what it owes: come again later.';
    }
    try {
      const keys = [this.key('reaped'), this.key(`owed:${node}`)];
      const done = await this.run(steps.owe, keys, [node, connection, service]);
      return done === 1 && node === this.node ? undefined : 'This node starts anew: come again.';
    } catch {
      this.miss();
      return 'This node cannot write down what it owes: come again later.';
    }
  }

  paid(connection: string): void {
    const key = this.key(`owed:${nodeOf(connection)}`);
    // What cannot be said now is said when the ledger is compared (`reconcile`).
    this.redis.command(key, ['HDEL', key, connection]).catch(() => undefined);
  }

  // -- the lease

  private miss(): void {
    this.state = this.state === 'joined' ? 'away' : this.state;
    this.soundSince = Infinity;
  }

  private async tick(): Promise<void> {
    const gap = performance.now() - this.renewedAt;
    if (gap > this.config.leaseMs && this.state === 'joined') {
      // This process stood still, or Redis was away all along: others may have acted meanwhile.
      await this.doubt();
    }
    try {
      await this.renew();
      await this.reapOthers();
      await this.payForOthers();
    } catch (error) {
      if (this.state === 'joined') {
        this.ports.log.warn({ reason: sentenceOf(error) }, 'redisAway');
      }
      this.miss();
      if (performance.now() - this.renewedAt > this.config.leaseMs * 0.7) {
        await this.doubt();
      }
    }
  }

  /**
   * The lease may run out. Where another node could renew its own, this one is cut off and ends its life, before the
   * others act; where nobody can, Redis is away for all, nobody can take anything, and what is open goes on.
   */
  private async doubt(): Promise<void> {
    const others = [...this.addresses].filter(([node]) => node !== this.node);
    const answers = await Promise.all(
      others.map(([, address]) =>
        this.peers.call(address, { op: 'lease' } satisfies PeerCall, askLimit).then(
          (answer) => ((answer as { fresh?: unknown }).fresh === true ? 'fresh' : 'stale'),
          () => 'silent',
        ),
      ),
    );
    const alone = answers.length > 0 && answers.every((each) => each === 'silent');
    if (alone || answers.includes('fresh')) {
      this.endLife('the node lost its lease');
    }
  }

  private endLife(reason: string): void {
    this.ports.log.error({ node: this.node, reason }, 'fenced');
    this.ports.fence(reason);
    this.node = randomBytes(4).toString('hex');
    this.renewedAt = performance.now();
    this.state = 'joining';
  }

  private async renew(): Promise<void> {
    const { node } = this;
    const asked = performance.now();
    const address =
      this.config.address ?? `http://${this.config.host}:${this.ports.operationsPort()}`;
    const keys = ['leases', 'reaped', 'nodes'].map((each) => this.key(each));
    const args = [node, String(this.config.leaseMs), address];
    const answer = await this.run(steps.renew, keys, args);
    if (answer === -1) {
      this.endLife('another node took the lease');
      return this.renew();
    }
    const late = asked - this.renewedAt > this.config.leaseMs / 2;
    const back = this.state !== 'joined' || answer === 2;
    if (late || back) {
      this.soundSince = performance.now();
    }
    this.renewedAt = asked;
    await this.learnAddresses();
    if (back) {
      await this.makeGroup();
      await this.reconcile();
      this.ports.log.info({ node, again: answer === 1 }, 'joined');
      this.state = 'joined';
    }
  }

  /** Redis may have lost what it acknowledged, or missed what was said while it was away. */
  private async reconcile(): Promise<void> {
    const key = this.key(`owed:${this.node}`);
    const mine = this.ports.debts().filter(({ connection }) => nodeOf(connection) === this.node);
    const known = new Set(mine.map(({ connection }) => connection));
    const written = (await this.redis.command(key, ['HKEYS', key])) as string[];
    const stale = written.filter((connection) => !known.has(connection));
    if (stale.length > 0) {
      await this.redis.command(key, ['HDEL', key, ...stale]);
    }
    if (mine.length > 0) {
      const args = mine.flatMap(({ connection, service }) => [connection, service]);
      await this.redis.command(key, ['HSET', key, ...args]);
    }
  }

  private async makeGroup(): Promise<void> {
    const key = this.key('debts');
    await this.redis
      .command(key, ['XGROUP', 'CREATE', key, group, '0', 'MKSTREAM'])
      .catch((error: Error) => {
        if (!error.message.startsWith('BUSYGROUP')) {
          throw error;
        }
      });
  }

  // -- what others owed

  /** Never within the time of a lease after Redis or this node came up: the living must have their chance to renew. */
  private async reapOthers(): Promise<void> {
    if (performance.now() - this.soundSince < this.config.leaseMs) {
      return;
    }
    const dead = (await this.run(steps.expired, [this.key('leases')], [])) as string[];
    for (const node of dead.filter((each) => each !== this.node)) {
      const debts = await this.take(node, 'expired');
      if (debts >= 0) {
        this.ports.log.warn({ dead: node, debts }, 'reaped');
      }
    }
  }

  private async take(node: string, how: 'expired' | 'leave'): Promise<number> {
    const names = ['leases', 'reaped', 'nodes', `owed:${node}`, 'debts'];
    const keys = names.map((each) => this.key(each));
    return (await this.run(steps.reap, keys, [node, how, group])) as number;
  }

  private async payForOthers(): Promise<void> {
    const key = this.key('debts');
    const free = paidAtOnce - this.paying;
    if (free <= 0) {
      return;
    }
    const args = ['XREADGROUP', 'GROUP', group, this.node, 'COUNT', String(free), 'STREAMS'];
    const read = await this.redis.command(key, [...args, key, '>']);
    for (const [entry, fields] of entriesOf(read)) {
      const at = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
      this.paying++;
      void this.ports
        .inherit({ connection: at('connection'), service: at('service') })
        .then(async (paid) => {
          if (paid) {
            await this.redis.command(key, ['XACK', key, group, entry]);
            await this.redis.command(key, ['XDEL', key, entry]);
          }
        })
        .catch(() => undefined) // It is paid again by whoever takes it over: at least once.
        .finally(() => {
          this.paying--;
          if (this.paying === 0 && this.state === 'joined') {
            this.turn = this.turn.then(() => this.payForOthers()).catch(() => undefined);
          }
        });
    }
  }

  // -- pushes

  forward(service: string, request: PushRequest): Promise<PushVerdict | undefined> | undefined {
    const node = nodeOf(request.connection);
    if (node === undefined || node === this.node) {
      return undefined;
    }
    const before = this.ways.get(request.connection);
    const mine = (before ?? Promise.resolve()).then(() => this.sendTo(node, service, request));
    this.ways.set(request.connection, mine);
    void mine.finally(() => {
      if (this.ways.get(request.connection) === mine) {
        this.ways.delete(request.connection);
      }
    });
    return mine;
  }

  /** Never rejects. */
  private async sendTo(
    node: string,
    service: string,
    request: PushRequest,
  ): Promise<PushVerdict | undefined> {
    const unknown = (why: string): PushVerdict => ({ errNo: nodeUnreachable, errMsg: why });
    let address = this.addresses.get(node);
    if (address === undefined) {
      try {
        await this.learnAddresses();
      } catch {
        return unknown('it is not known which node holds this connection: Redis is away');
      }
      address = this.addresses.get(node);
      if (address === undefined) {
        return undefined; // No node of that name lives: there is no such connection.
      }
    }
    const payload = request.action === 'closing' ? undefined : request.payload;
    const call: PeerCall = {
      op: 'push',
      service,
      connection: request.connection,
      ...(payload === undefined
        ? {}
        : typeof payload === 'string'
          ? { text: payload }
          : { base64: payload.toString('base64') }),
    };
    try {
      return (await this.peers.call(address, call, peerLimit)) as PushVerdict;
    } catch (error) {
      await this.learnAddresses().catch(() => undefined);
      const gone = !this.addresses.has(node);
      if (gone) {
        const errMsg = `the node that held connection ${request.connection} has ended`;
        return { errNo: pushErrors.unknownConnection, errMsg };
      }
      const sent =
        error instanceof PostError && error.ran === 'no' ? 'was not sent' : 'may be sent';
      return unknown(`the node that holds this connection does not answer; the push ${sent}`);
    }
  }

  private answer(call: PeerCall): unknown {
    if (call.op === 'lease') {
      const age = performance.now() - this.renewedAt;
      return { fresh: this.state === 'joined' && age < this.config.leaseMs / 2 };
    }
    const payload =
      call.text ?? (call.base64 === undefined ? null : Buffer.from(call.base64, 'base64'));
    return this.ports.push(call.connection, call.service, payload);
  }

  private async learnAddresses(): Promise<void> {
    const key = this.key('nodes');
    const flat = (await this.redis.command(key, ['HGETALL', key])) as
      string[] | Record<string, string>;
    const pairs = Array.isArray(flat)
      ? flat.flatMap((name, n): [string, string][] =>
          n % 2 === 0 ? [[name, flat[n + 1] ?? '']] : [],
        )
      : Object.entries(flat);
    this.addresses = new Map(pairs);
  }

  // -- the end

  async leave(): Promise<void> {
    const joined = this.state === 'joined';
    this.state = 'left';
    clearTimeout(this.timer);
    await this.turn;
    if (joined) {
      await this.take(this.node, 'leave').catch(() => undefined); // The lease runs out by itself.
    }
    this.redis.close();
    this.peers.dispose();
  }

  // -- small things

  /** All keys of one gateway stand in one slot of a cluster. */
  private key(name: string): string {
    return `{${this.config.prefix}}:${name}`;
  }

  private run(script: string, keys: string[], args: string[]): Promise<unknown> {
    const all = ['EVAL', script, String(keys.length), ...keys, ...args];
    return this.redis.command(keys[0] ?? '', all);
  }
}

/** The life of a node that an id names; undefined: it is no id of this gateway. */
function nodeOf(connection: string): string | undefined {
  const bytes = Buffer.from(connection, 'base64');
  return bytes.length === 16 ? bytes.toString('hex', 0, 4) : undefined;
}

/** Of an answer to XREADGROUP, in either version of the protocol. */
function entriesOf(read: unknown): [entry: string, fields: string[]][] {
  if (read === null || read === undefined) {
    return [];
  }
  const streams = (Array.isArray(read) ? read : Object.entries(read)) as [
    string,
    [string, string[]][],
  ][];
  return streams.flatMap(([, entries]) => entries);
}

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
import { group, Payer } from './payer';
import { PeerCalls } from './peerCalls';
import * as rules from './rules';
import * as steps from './steps';

/** The node that holds a connection cannot be asked; a number of this gateway's own, as all but 0 are. */
export const nodeUnreachable = 9008;

/** Milliseconds that another node may take to answer. */
const peerLimit = 5000;
/** Of its lease: how long a node in doubt waits for the others' answers, and how often it asks. */
const askShare = 0.1;
/** A node that starts many processes may be late with its first commands. */
const firstTries = 5;

type PeerCall =
  | { op: 'push'; service: string; connection: string; text?: string; base64?: string }
  | { op: 'lease'; node: string };

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
  private readonly payer: Payer;
  /** Lives of this node that have ended, with what nobody has paid of what they owed: Redis may forget it once more. */
  private former: { node: string; debts: Debt[] }[] = [];
  /** Lives whose lease this node took. */
  private readonly taken = new Set<string>();
  /** Redis does not know the lease of this life any more. */
  private forgotten = false;
  /** What was paid could not be taken out of the ledger. */
  private untold = false;
  private timer: NodeJS.Timeout | undefined;
  private doubtTimer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: ClusterConfig & { host: string },
    private readonly ports: RegistryPorts,
  ) {
    this.redis = openRedis(config.redis, config.sentinel, ports.log);
    this.peers = new PeerCalls(config.secret, (call) => this.answer(call as PeerCall));
    this.payer = new Payer({
      node: () => this.node,
      key: (name) => this.key(name),
      command: (key, args) => this.redis.command(key, args),
      run: (script, keys, args) => this.run(script, keys, args),
      inherit: (debt) => ports.inherit(debt),
      strike: (connection) => this.paid(connection),
      onIdle: () => {
        if (this.state === 'joined') {
          this.turn = this.turn.then(() => this.payer.payForOthers()).catch(() => this.miss());
        }
      },
    });
  }

  get peer(): NonNullable<NodeRegistry['peer']> {
    return this.peers.receive;
  }

  get unready(): string | undefined {
    return this.state === 'joined' ? undefined : `Redis: ${this.state}`;
  }

  get leaseAge(): number {
    return this.age / 1000;
  }

  /** Milliseconds since the last renewal was asked for. */
  private get age(): number {
    return performance.now() - this.renewedAt;
  }

  private get holdsLease(): boolean {
    return this.state === 'joined' || this.state === 'away';
  }

  get certain(): boolean {
    return this.holdsLease && rules.isCertain(this.age, this.config.leaseMs);
  }

  holds(connection: string): boolean {
    return this.holdsLease && nodeOf(connection) === this.node;
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
    const pause = this.config.leaseMs / rules.renewalsInLease;
    const beat = (): void => {
      this.turn = this.tick().catch((error: unknown) => {
        if (this.state !== 'left') {
          reportBug(error);
        }
      });
      void this.turn.then(() => {
        if (this.state !== 'left') {
          this.timer = setTimeout(beat, pause);
        }
      });
    };
    this.timer = setTimeout(beat, pause);
    const watch = (): void => {
      void this.doubtIfDue()
        .catch(reportBug)
        .then(() => {
          if (this.state !== 'left') {
            this.doubtTimer = setTimeout(watch, this.config.leaseMs * askShare);
          }
        });
    };
    watch();
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
    if (this.state !== 'joined' || !this.certain) {
      return 'This node cannot write down what it owes: come again later.';
    }
    try {
      const keys = [this.key('leases'), this.key(`owed:${node}`)];
      const done = await this.run(steps.owe, keys, [node, connection, service]);
      const mine = done === 1 && node === this.node && this.certain;
      this.untold ||= !mine;
      return mine ? undefined : 'This node starts anew: come again.';
    } catch {
      this.untold = true; // It may have been written.
      this.miss();
      return 'This node cannot write down what it owes: come again later.';
    }
  }

  paid(connection: string): void {
    const key = this.key(`owed:${this.node}`);
    this.redis.command(key, ['HDEL', key, connection]).catch(() => {
      this.untold = true;
    });
  }

  // -- the lease

  private miss(): void {
    this.state = this.state === 'joined' ? 'away' : this.state;
    this.soundSince = Infinity;
  }

  private async tick(): Promise<void> {
    try {
      await this.doubtIfDue();
      await this.renew();
      await this.reapOthers();
      await this.payer.payForOthers();
    } catch (error) {
      if (this.state === 'joined') {
        this.ports.log.warn({ reason: sentenceOf(error) }, 'redisAway');
      }
      this.miss();
    }
  }

  /**
   * The lease may run out, or has while this process stood still: ends this life before others act, where it must. Before
   * each renewal, too: a Redis that has forgotten that the lease was taken would give it once more.
   */
  private async doubtIfDue(): Promise<void> {
    const { node } = this;
    if (!this.holdsLease || !rules.inDoubt(this.age, this.config.leaseMs)) {
      return;
    }
    const others = [...this.addresses].filter(([each]) => each !== node);
    const limit = this.config.leaseMs * askShare;
    const answers = await Promise.all(
      others.map(([, address]) =>
        this.peers.call(address, { op: 'lease', node } satisfies PeerCall, limit).then(
          (answer): rules.Answer =>
            (answer as { fresh?: unknown }).fresh === true ? 'fresh' : 'stale',
          (): rules.Answer => 'silent',
        ),
      ),
    );
    const still = this.node === node && rules.inDoubt(this.age, this.config.leaseMs);
    if (still && rules.isCutOff(answers)) {
      this.endLife('the node lost its lease');
    }
  }

  private endLife(reason: string): void {
    const { node } = this;
    this.ports.log.error({ node, reason }, 'fenced');
    this.former.push({ node, debts: [...this.ports.fence(reason), ...this.payer.disown()] });
    this.node = randomBytes(4).toString('hex');
    this.renewedAt = performance.now();
    this.state = 'joining';
    this.forgotten = false;
  }

  /**
   * Ends former lives: others have taken them, or nobody knows any more what they owed. Said again until all of it is
   * paid, because Redis may forget it before.
   */
  private async endFormer(): Promise<void> {
    for (const life of this.former) {
      const still = new Set(await this.handOver(life.node, life.debts));
      life.debts = life.debts.filter(({ connection }) => still.has(connection));
    }
    this.former = this.former.filter(({ debts }) => debts.length > 0);
  }

  private async renew(): Promise<void> {
    const { node } = this;
    const asked = performance.now();
    const address =
      this.config.address ?? `http://${this.config.host}:${this.ports.operationsPort()}`;
    const keys = ['leases', 'reaped', 'nodes', `owed:${node}`].map((each) => this.key(each));
    const joins = this.forgotten || !this.holdsLease;
    const owed = joins ? pairsOf(this.owed) : [];
    const args = [node, String(this.config.leaseMs), address, joins ? 'join' : 'renew', ...owed];
    const answer = await this.run(steps.renew, keys, args);
    if (answer === -1) {
      this.endLife('another node took the lease');
      return this.renew();
    }
    if (this.state === 'left' || node !== this.node) {
      return; // It ended while Redis was asked.
    }
    if (answer === 0) {
      this.forgotten = true;
      this.payer.adopt();
      await this.doubtIfDue(); // This process may have stood still just before it asked.
      return this.renew();
    }
    this.forgotten = false;
    const late = rules.isLate(asked - this.renewedAt, this.config.leaseMs);
    const back = this.state !== 'joined' || joins;
    if (late || back) {
      this.soundSince = performance.now();
    }
    this.renewedAt = asked;
    const known = this.addresses;
    await this.learnAddresses();
    if (back || !rules.mayReap(asked - this.soundSince, this.config.leaseMs)) {
      // Redis may have forgotten the others, who have not told it their addresses again yet.
      this.addresses = new Map([...known, ...this.addresses]);
    }
    if (back) {
      await this.makeGroup();
    }
    await this.endFormer();
    if (back) {
      this.payer.readAgain();
      await this.reconcile();
      this.ports.log.info({ node, again: answer === 1 }, 'joined');
      this.state = 'joined';
    } else if (this.untold) {
      await this.reconcile();
    }
  }

  /** All that must be written down for this life. */
  private get owed(): Debt[] {
    return [...this.ports.debts(), ...this.payer.adoptedDebts];
  }

  /** Redis may have lost what it acknowledged, or missed what was said while it was away. */
  private async reconcile(): Promise<void> {
    const key = this.key(`owed:${this.node}`);
    this.untold = false;
    const written = (await this.redis.command(key, ['HKEYS', key])) as string[];
    // Looked at now, and sent before anything else: what is paid later is taken out later.
    const mine = this.owed;
    const known = new Set(mine.map(({ connection }) => connection));
    const stale = written.filter((connection) => !known.has(connection));
    const owed = pairsOf(mine);
    const [, done] = await Promise.all([
      stale.length > 0 ? this.redis.command(key, ['HDEL', key, ...stale]) : undefined,
      owed.length > 0
        ? this.run(steps.owe, [this.key('leases'), key], [this.node, ...owed])
        : undefined,
    ]);
    if (done === -1) {
      throw new Error('Redis has forgotten the lease of this node');
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
    if (!this.certain || !rules.mayReap(performance.now() - this.soundSince, this.config.leaseMs)) {
      return;
    }
    const dead = (await this.run(steps.expired, [this.key('leases')], [])) as string[];
    for (const node of dead.filter((each) => each !== this.node)) {
      const debts = (await this.take(node, 'expired')) as number;
      if (debts >= 0) {
        this.taken.add(node);
        this.ports.log.warn({ dead: node, debts }, 'reaped');
      }
    }
  }

  /** Ends a life of this node's own. Resolves with the connections among these for which nobody has paid. */
  private async handOver(node: string, known: Debt[]): Promise<string[]> {
    return (await this.take(node, 'leave', known)) as string[];
  }

  private take(node: string, how: 'expired' | 'leave', known: Debt[] = []): Promise<unknown> {
    const names = ['leases', 'reaped', 'nodes', `owed:${node}`, 'debts', 'unpaid'];
    const keys = names.map((each) => this.key(each));
    return this.run(steps.reap, keys, [node, how, group, ...pairsOf(known)]);
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
      const found = await this.find(node);
      if (found === 'gone') {
        return undefined; // No node of that name lives: there is no such connection.
      }
      if (typeof found === 'string') {
        return unknown(
          found === 'away'
            ? 'it is not known which node holds this connection: Redis is away; the push was not sent'
            : 'it is not known yet which node holds this connection: this node or Redis has just begun anew; the push was not sent',
        );
      }
      ({ address } = found);
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
      if ((await this.find(node)) === 'gone') {
        const errMsg = `the node that held connection ${request.connection} has ended`;
        return { errNo: pushErrors.unknownConnection, errMsg };
      }
      const sent =
        error instanceof PostError && error.ran === 'no' ? 'was not sent' : 'may be sent';
      return unknown(`the node that holds this connection does not answer; the push ${sent}`);
    }
  }

  /** Where a node is now; never rejects. `unsure`: nobody of that name is known, and not all who live may be. */
  private async find(node: string): Promise<{ address: string } | 'gone' | 'unsure' | 'away'> {
    const keys = ['leases', 'reaped', 'nodes'].map((each) => this.key(each));
    try {
      const answer = await this.run(steps.find, keys, [node, this.node]);
      const [address, taken, mine] = answer as [string, number, number];
      if (address !== '') {
        this.addresses.set(node, address);
        return { address };
      }
      const sure =
        mine === 1 &&
        this.state === 'joined' &&
        !this.forgotten &&
        rules.knowsAll(performance.now() - this.soundSince, this.config.leaseMs);
      if (taken === 0 && !sure) {
        return 'unsure';
      }
      this.addresses.delete(node);
      return 'gone';
    } catch {
      return 'away';
    }
  }

  private answer(call: PeerCall): unknown {
    if (call.op === 'lease') {
      const sound = performance.now() - this.soundSince;
      const fresh = rules.isFresh(this.age, sound, this.config.leaseMs);
      // Redis may have forgotten whom this node took; this node has not.
      return { fresh: this.taken.has(call.node) || (this.state === 'joined' && fresh) };
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
    clearTimeout(this.doubtTimer);
    await this.turn.catch(() => undefined);
    await this.payer.acknowledge().catch(() => undefined);
    if (joined) {
      const debts = [...this.owed, ...this.payer.disown()];
      await this.handOver(this.node, debts).catch(() => undefined); // The lease runs out by itself.
      await this.endFormer().catch(() => undefined);
    }
    this.redis.close();
    this.peers.dispose();
  }

  // -- small things

  /** All keys of one gateway stand in one slot of a cluster. */
  private key(name: string): string {
    return `{${this.config.prefix}}:${name}`;
  }

  async isFirst(name: string, forMs: number): Promise<boolean> {
    if (this.state !== 'joined') {
      return true; // A Redis that does not answer would hold each push for its limit.
    }
    const key = this.key(`once:${name}`);
    return this.redis.command(key, ['SET', key, '1', 'NX', 'PX', String(forMs)]).then(
      (taken) => taken !== null,
      () => true,
    );
  }

  private run(script: string, keys: string[], args: string[]): Promise<unknown> {
    const all = ['EVAL', script, String(keys.length), ...keys, ...args];
    return this.redis.command(keys[0] ?? '', all);
  }
}

const pairsOf = (debts: Debt[]): string[] =>
  debts.flatMap(({ connection, service }) => [connection, service]);

/** The life of a node that an id names; undefined: it is no id of this gateway. */
function nodeOf(connection: string): string | undefined {
  const bytes = Buffer.from(connection, 'base64');
  return bytes.length === 16 ? bytes.toString('hex', 0, 4) : undefined;
}

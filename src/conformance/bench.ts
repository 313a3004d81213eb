/** What a check works with: clients, pushes, the handlers' reports, and, when the gateway is ours, its facts. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Fact, FactKind, FactOf } from '../protocol/fact';
import type { EventReport, Mailbox, Report, StepReport } from './mailbox';
import { type HandshakeAnswer, opcodes, patience, RawClient, type RawFrame } from './rawClient';
import type { Language, SetupName } from './setups';

/** Where an API is reached. */
export interface Target {
  url: string;
  pushUrl: string;
}

/** The facts of our own gateway, for what cannot be seen from outside: findings, errors, logs. */
export interface OwnGateway {
  facts(): Fact[];
  /** Resolves with the first fact, past or to come, of that kind that satisfies `is`. */
  fact<K extends FactKind>(
    kind: K,
    what: string,
    is: (fact: FactOf<K>) => boolean,
  ): Promise<FactOf<K>>;
  /** Whole payload of a fact as text. */
  payload(fact: Fact & { preview: string }): string;
  /** Ends a connection by hand. */
  closeConnection(connection: string): Promise<void>;
  /** Calls a function by hand with an event's JSON text; resolves with its error or value as JSON text. */
  invoke(role: EventReport['role'], event: string): Promise<string>;
}

export interface PushAnswer {
  status: number;
  errNo: number | undefined;
  errMsg: string;
  body: string;
}

export interface ConnectWish {
  /** What Register is to do. */
  steps?: object[];
  /** `name=value` pairs of the query, as they go out. */
  query?: string;
  protocols?: string;
  headers?: Record<string, string | undefined>;
  /** Path with its stage, instead of the target's own. */
  path?: string;
  early?: Buffer;
}

/** What was observed instead of what the row says. */
export class Mismatch extends Error {}

export function expect(what: string, observed: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(observed, expected)) {
    throw new Mismatch(`${what}: ${show(observed)} instead of ${show(expected)}`);
  }
}

export function expectThat(what: string, holds: boolean, observed: unknown): void {
  if (!holds) {
    throw new Mismatch(`${what}; observed ${show(observed)}`);
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

export class Client extends RawClient {
  readonly nonce: string;
  private readonly mailbox: Mailbox;
  private knownId: string | undefined;

  constructor(wish: ConstructorParameters<typeof RawClient>[0], nonce: string, mailbox: Mailbox) {
    super(wish);
    this.nonce = nonce;
    this.mailbox = mailbox;
  }

  /** The id that the gateway gave to this connection: a Transfer event tells it. */
  async id(): Promise<string> {
    if (this.knownId === undefined) {
      const text = `do:${JSON.stringify([{ return: `who-${this.nonce}` }])}`;
      this.send(text);
      const report = await this.mailbox.report(
        'a Transfer event',
        (each): each is EventReport =>
          each.kind === 'event' &&
          each.role === 'transfer' &&
          each.event.websocket['data'] === text,
      );
      this.knownId = report.connection;
    }
    return this.knownId;
  }

  /** Lets Transfer do something. */
  command(...steps: object[]): void {
    this.send(`do:${JSON.stringify(steps)}`);
  }

  async text(): Promise<string> {
    const frame = await this.next('a text message');
    expect('the type of the frame', frame.opcode, opcodes.text);
    return frame.text;
  }

  async close(): Promise<RawFrame> {
    const frame = await this.next('a Close frame');
    expect('the type of the frame', frame.opcode, opcodes.close);
    return frame;
  }
}

export class Bench {
  readonly target: Target;
  readonly others: readonly Target[];
  readonly setup: SetupName;
  readonly language: Language;
  readonly mailbox: Mailbox;
  readonly own: OwnGateway | undefined;
  private readonly clients: Client[] = [];

  constructor(parts: {
    targets: readonly Target[];
    setup: SetupName;
    language: Language;
    mailbox: Mailbox;
    own: OwnGateway | undefined;
  }) {
    const [target, ...others] = parts.targets;
    if (target === undefined) {
      throw new Error(`no address for the set-up ${parts.setup}`);
    }
    this.target = target;
    this.others = others;
    this.setup = parts.setup;
    this.language = parts.language;
    this.mailbox = parts.mailbox;
    this.own = parts.own;
  }

  /** Starts a handshake and leaves the rest to the check. */
  dial({ steps, query, protocols, headers = {}, path, early }: ConnectWish = {}): Client {
    const nonce = randomBytes(9).toString('hex');
    const url = new URL(path ?? this.target.url, this.target.url);
    const parts = [`n=${nonce}`];
    if (steps !== undefined) {
      parts.push(`do=${encodeURIComponent(JSON.stringify(steps))}`);
    }
    if (query !== undefined) {
      parts.push(query);
    }
    url.search = `?${parts.join('&')}`;
    const more = protocols === undefined ? {} : { 'Sec-WebSocket-Protocol': protocols };
    const wish = {
      url,
      headers: { ...more, ...headers },
      ...(early === undefined ? {} : { early }),
    };
    const client = new Client(wish, nonce, this.mailbox);
    this.clients.push(client);
    return client;
  }

  async connect(wish: ConnectWish = {}): Promise<Client> {
    const client = this.dial(wish);
    const answer = await client.answer();
    expect(`the status of the handshake (${answer.body})`, answer.status, 101);
    return client;
  }

  async refused(wish: ConnectWish = {}): Promise<HandshakeAnswer & { nonce: string }> {
    const client = this.dial(wish);
    const answer = await client.answer();
    expectThat('the handshake is refused', answer.status !== 101, answer.status);
    return { ...answer, nonce: client.nonce };
  }

  /** Register's event for a client. */
  registered(client: { nonce: string }): Promise<EventReport> {
    return this.mailbox.report(
      "Register's event",
      (each): each is EventReport =>
        isEvent(each, 'register') && each.event.queryString?.['n'] === client.nonce,
    );
  }

  event(
    role: EventReport['role'],
    connection: string,
    is: (report: EventReport) => boolean = () => true,
  ): Promise<EventReport> {
    return this.mailbox.report(
      `an event of ${role}`,
      (each): each is EventReport =>
        isEvent(each, role) && each.connection === connection && is(each),
    );
  }

  step(role: EventReport['role'], connection: string, name = 'push'): Promise<StepReport> {
    return this.mailbox.report(
      `the outcome of a step of ${role}`,
      (each): each is StepReport =>
        each.kind === 'step' &&
        each.role === role &&
        each.connection === connection &&
        each.step === name,
    );
  }

  happened(is: (report: Report) => boolean): boolean {
    return this.mailbox.reports.some(is);
  }

  /** Whether Register was asked about a client. */
  wasRegistered({ nonce }: { nonce: string }): boolean {
    return this.happened(
      (each) => isEvent(each, 'register') && each.event.queryString?.['n'] === nonce,
    );
  }

  /** Ends another connection, whose Cleanup comes after all that were due before it. */
  async afterOtherCleanups(): Promise<void> {
    const other = await this.connect();
    const id = await other.id();
    other.sendClose(1000);
    await this.event('cleanup', id);
  }

  hadCleanup(connection: string): boolean {
    return this.happened((each) => isEvent(each, 'cleanup') && each.connection === connection);
  }

  push(websocket: object, headers: Record<string, string> = {}): Promise<PushAnswer> {
    return this.post(this.target.pushUrl, JSON.stringify({ websocket }), headers);
  }

  pushText(connection: string, data: unknown): Promise<PushAnswer> {
    return this.push({
      action: 'data send',
      secConnectionID: connection,
      dataType: 'text',
      data,
    });
  }

  async post(
    url: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<PushAnswer> {
    const answer = await request(url, method, body, headers);
    let parsed: { errNo?: unknown; errMsg?: unknown; message?: unknown } = {};
    try {
      parsed = JSON.parse(answer.body) as typeof parsed;
    } catch {
      // The check compares what there is.
    }
    return {
      status: answer.status,
      body: answer.body,
      errNo: typeof parsed.errNo === 'number' ? parsed.errNo : undefined,
      errMsg: typeof parsed.errMsg === 'string' ? parsed.errMsg : '',
    };
  }

  /** Waits for the finding of a row; nothing to see when the gateway is not ours. */
  async finding(rule: string, connection?: string): Promise<void> {
    await this.own?.fact(
      'diagnostic',
      `a finding ${rule}`,
      (fact) => fact.rule === rule && (connection === undefined || fact.connection === connection),
    );
  }

  dispose(): void {
    for (const client of this.clients) {
      client.dispose();
    }
  }
}

function isEvent(report: Report, role: EventReport['role']): report is EventReport {
  return report.kind === 'event' && report.role === role;
}

function request(
  url: string,
  method: string,
  body: string | Buffer,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      agent: false,
      timeout: patience,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        ...headers,
      },
    };
    const sent = http.request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`${url} did not answer`)));
    sent.end(body);
  });
}

export interface Check {
  /** Id of the ledger's row. */
  row: string;
  setup: SetupName;
  language?: Language;
  /** Says when a language's version cannot show it, e.g. Python 2.7 only. */
  only?: (version: string) => boolean;
  /** Needs the facts of our own gateway. */
  ownOnly?: true;
  run(bench: Bench): Promise<void>;
}

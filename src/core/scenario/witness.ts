/** What the session's facts tell of a scenario: whose connection is whose, what has arrived, what ran and why. */
import { type BackgroundKind, type Fact, type FactOf, leftOut } from '../../protocol/fact';
import type { FunctionInfo } from '../../protocol/fact';
import { FactIndex, type InvocationFacts } from '../../protocol/trace';

export interface SeenConnection {
  id: string;
  client: string;
  /** Messages and pings that the gateway has read. */
  toServer: number;
  /** Messages that it has sent, by their numbers. */
  toClient: number[];
  closed?: FactOf<'closed'>;
}

export class Witness {
  readonly index = new FactIndex();
  private readonly connections = new Map<string, SeenConnection>();
  private readonly latest = new Map<string, SeenConnection>();
  private readonly attempts = new Map<string, number>();
  /** In the order in which they began. */
  readonly runs: InvocationFacts[] = [];
  /** Ends of connections, whoever's. */
  readonly closes: FactOf<'closed'>[] = [];
  /** Of the last thing that a client or somebody outside did. */
  lastCause: number | undefined;
  lastSeq = 0;
  private readonly functions: FunctionInfo[];

  constructor(functions: FunctionInfo[]) {
    this.functions = functions;
  }

  add(fact: Fact): void {
    this.index.add(fact);
    this.lastSeq = fact.seq;
    switch (fact.kind) {
      case 'connecting':
        this.lastCause = fact.seq;
        if (fact.client !== undefined) {
          const { connection: id, client } = fact;
          const seen: SeenConnection = { id, client, toServer: 0, toClient: [] };
          this.connections.set(id, seen);
          this.latest.set(client, seen);
          this.attempts.set(client, this.attemptsOf(client) + 1);
        }
        return;
      case 'frame': {
        const seen = this.connections.get(fact.connection);
        if (fact.direction === 'toServer' && ['text', 'binary', 'ping'].includes(fact.type)) {
          this.lastCause = fact.type === 'ping' ? this.lastCause : fact.seq;
          if (seen !== undefined) {
            seen.toServer++;
          }
        } else if (fact.direction === 'toClient' && ['text', 'binary'].includes(fact.type)) {
          seen?.toClient.push(fact.seq);
        }
        return;
      }
      case 'closed': {
        const seen = this.connections.get(fact.connection);
        this.lastCause = fact.seq;
        this.closes.push(fact);
        if (seen !== undefined) {
          seen.closed = fact;
        }
        return;
      }
      case 'push':
        if (fact.invocation === null) {
          this.lastCause = fact.seq;
        }
        return;
      case 'invocationStarted': {
        const facts = this.index.invocation(fact.invocation);
        if (facts !== undefined) {
          this.runs.push(facts);
        }
        return;
      }
      default:
        leftOut<BackgroundKind | 'opened' | 'refused' | 'client' | 'invocationEnded' | 'log'>(fact);
    }
  }

  /** The last connection of a client. */
  connectionOf(client: string): SeenConnection | undefined {
    return this.latest.get(client);
  }

  /** How often a client has come to ask for a connection. */
  attemptsOf(client: string): number {
    return this.attempts.get(client) ?? 0;
  }

  clientOf(connection: string | null): string | undefined {
    return connection === null ? undefined : this.connections.get(connection)?.client;
  }

  get allConnections(): Iterable<SeenConnection> {
    return this.connections.values();
  }

  /** Register let it in; also without Register. */
  wasAccepted(connection: string): boolean {
    const run = this.runs.find(
      ({ started }) => started.role === 'register' && started.connection === connection,
    );
    if (run === undefined) {
      return true;
    }
    return run.ended?.outcome === 'ok' && /"errNo":\s*0\b/.test(run.ended.preview);
  }

  /** By its name, its id or its role. */
  functionOf(name: string): FunctionInfo | undefined {
    const { functions } = this;
    return (
      functions.find((each) => each.name === name || each.function === name) ??
      functions.find(({ roles }) => roles.some((role) => role === name)) ??
      functions.find((each) => each.name.toLowerCase() === name.toLowerCase())
    );
  }

  functionOfId(id: string): FunctionInfo | undefined {
    return this.functions.find((each) => each.function === id);
  }

  get functionNames(): string[] {
    return this.functions.map(({ name }) => name);
  }
}

/** A short name and a colour for each connection: its test client's name, else the end that tells it apart. */
import type { Fact } from '../../protocol/fact';

/** Number of colours in the style sheet (`.conn-0` …). */
export const connectionColors = 8;

export interface ConnectionName {
  name: string;
  color: number;
}

/** What concerns no connection uses up no colour: each page would count it when it draws it. */
const nobody: ConnectionName = { name: '', color: 0 };

export class ConnectionNames {
  private readonly known = new Map<string, ConnectionName>();
  private readonly taken = new Set<string>();
  private next = 0;

  add(fact: Fact): void {
    if (fact.kind === 'connecting') {
      this.give(fact.connection, fact.client);
    }
    if (fact.kind === 'client' && fact.connection !== undefined) {
      this.give(fact.connection, fact.client);
    }
  }

  private give(connection: string, client?: string): ConnectionName {
    const known = this.known.get(connection);
    if (known && (client === undefined || known.name.startsWith(client))) {
      return known;
    }
    const name = this.unique(client ?? shorten(connection));
    const entry = { name, color: known?.color ?? this.next++ % connectionColors };
    this.known.set(connection, entry);
    this.taken.add(name);
    return entry;
  }

  private unique(name: string): string {
    let candidate = name;
    for (let count = 2; this.taken.has(candidate); count++) {
      candidate = `${name}·${count}`;
    }
    return candidate;
  }

  of(connection: string): ConnectionName {
    return connection === '' ? nobody : (this.known.get(connection) ?? this.give(connection));
  }

  nameOf(connection: string): string {
    return this.of(connection).name;
  }

  clear(): void {
    this.known.clear();
    this.taken.clear();
    this.next = 0;
  }
}

function shorten(connection: string): string {
  const plain = connection.replace(/=+$/, '');
  return plain.length <= 8 ? plain : plain.slice(0, 6);
}

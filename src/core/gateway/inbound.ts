/** What clients have sent and no function has answered yet, each for itself and all together. */
import { allWaitingBytes } from './allWaiting';
import type { Connection } from './connection';

/**
 * A client that sends faster than it is served is not read until half of what waits is over: TCP slows it down, nothing
 * is lost, nothing grows. Many of them can each stay below their limit: then whoever sends is not read for a while.
 */
export class Inbound {
  private bytes = 0;
  private readonly unread = new Set<Connection>();

  constructor(private readonly limit = allWaitingBytes) {}

  /** An event of it waits. */
  add(connection: Connection, bytes: number): void {
    connection.add(bytes);
    this.bytes += bytes;
    if (this.bytes >= this.limit && bytes > 0) {
      this.unread.add(connection);
      connection.stopReading('all');
    }
  }

  /** It waits no more, and does not run. */
  over(connection: Connection, bytes: number): void {
    connection.over(bytes);
    this.bytes -= bytes;
    if (this.unread.size > 0 && this.bytes <= this.limit / 2) {
      this.unread.forEach((each) => each.readAgain('all'));
      this.unread.clear();
    }
  }
}

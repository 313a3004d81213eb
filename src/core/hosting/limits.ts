/** The limits of a Web function with WebSocket (the vendor's page on it, 583/44842), each with its row in the ledger. */
export const webFunctionLimits = {
  /** Bytes of one message, either way. */
  message: 256 * 1024,
  /** Bytes a second that a connection may send. */
  bytesPerSecond: 128 * 1024,
  /** Messages a second that a connection may send. */
  messagesPerSecond: 10,
  /** Seconds. */
  idle: { least: 10, most: 7200 },
} as const;

/** After these close codes the platform counts the connection as a success: 200. */
const good: readonly number[] = [1000, 1010, 1011];

/** Who ended a connection, as far as the platform counts it. */
export type Ender = 'client' | 'server' | 'idle' | 'time';

/** The status code that the platform gives to the invocation that a connection is to it (documented). */
export function statusOf(ender: Ender, code: number): number {
  if (ender === 'idle') {
    return 455;
  }
  if (ender === 'time') {
    return 433;
  }
  return good.includes(code) ? 200 : ender === 'client' ? 456 : 439;
}

interface Spoken {
  /** Milliseconds. */
  at: number;
  size: number;
}

/** What a connection sent within the last second: asked with each message, in their order. */
export class Pace {
  private readonly spoken: Spoken[] = [];
  private bytes = 0;

  /** What the message goes over; undefined: nothing. `at`: milliseconds that never go back. */
  take(at: number, size: number): 'messages' | 'bytes' | undefined {
    this.spoken.push({ at, size });
    this.bytes += size;
    for (
      let [first] = this.spoken;
      first !== undefined && at - first.at >= 1000;
      [first] = this.spoken
    ) {
      this.bytes -= first.size;
      this.spoken.shift();
    }
    if (this.spoken.length > webFunctionLimits.messagesPerSecond) {
      return 'messages';
    }
    return this.bytes > webFunctionLimits.bytesPerSecond ? 'bytes' : undefined;
  }
}

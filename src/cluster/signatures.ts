/** Requests that are signed with a shared secret: HMAC-SHA256 of `<milliseconds since 1970>.<nonce>.<body>`. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Milliseconds that two clocks may differ, and that a request is remembered. */
const freshMs = 60_000;

export class Signatures {
  private readonly seen = new Map<string, number>();

  /** `secrets`: the first one signs, all of them count. */
  constructor(private readonly secrets: readonly string[]) {}

  headers(body: Buffer): Record<string, string> {
    const time = String(Date.now());
    const nonce = randomBytes(12).toString('hex');
    return {
      'x-scfws-time': time,
      'x-scfws-nonce': nonce,
      'x-scfws-signature': sign(this.secrets[0] ?? '', time, nonce, body),
    };
  }

  /** Whether it is signed, fresh, and has not come here before. */
  isGenuine(headers: IncomingHttpHeaders, body: Buffer): boolean {
    const time = String(headers['x-scfws-time']);
    const nonce = String(headers['x-scfws-nonce']);
    const given = Buffer.from(String(headers['x-scfws-signature']));
    const signed = this.secrets.some((secret) => {
      const wanted = Buffer.from(sign(secret, time, nonce, body));
      return wanted.length === given.length && timingSafeEqual(wanted, given);
    });
    if (!signed) {
      return false;
    }
    const now = Date.now();
    for (const [old, at] of this.seen) {
      if (at + 2 * freshMs > now) {
        break; // In the order in which they came.
      }
      this.seen.delete(old);
    }
    if (!(Math.abs(now - Number(time)) <= freshMs) || this.seen.has(nonce)) {
      return false;
    }
    this.seen.set(nonce, now);
    return true;
  }

  /** The same, for all who are asked by `isFirst`: the nonce, and for how many milliseconds it has to be remembered. */
  async isGenuineForAll(
    headers: IncomingHttpHeaders,
    body: Buffer,
    isFirst: (nonce: string, forMs: number) => Promise<boolean>,
  ): Promise<boolean> {
    return this.isGenuine(headers, body) && isFirst(String(headers['x-scfws-nonce']), 2 * freshMs);
  }
}

function sign(secret: string, time: string, nonce: string, body: Buffer): string {
  return createHmac('sha256', secret).update(`${time}.${nonce}.`).update(body).digest('hex');
}

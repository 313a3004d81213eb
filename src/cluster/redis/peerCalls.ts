/**
 * Calls between nodes: JSON over kept-alive HTTP, each signed with the secret that the nodes share. A call is taken once,
 * and only while it is fresh.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { reportBug } from '../../core/errors';
import { Poster } from '../backends/post';

/** Milliseconds that the clocks of two nodes may differ, and that a call is remembered. */
const freshMs = 60_000;
/** A push of the largest size, in base64 and JSON. */
const largestCall = 12 * 1024 * 1024;
const connectionsToEach = 64;

export class PeerCalls {
  private readonly posters = new Map<string, Poster>();
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly secret: string,
    private readonly answer: (call: unknown) => unknown,
  ) {}

  /** Rejects with a `PostError` when there is no answer, with an `Error` when the answer is a refusal. */
  async call(address: string, body: object, timeoutMs: number): Promise<unknown> {
    let poster = this.posters.get(address);
    if (poster === undefined) {
      poster = new Poster(`${address}/peer`, connectionsToEach);
      this.posters.set(address, poster);
    }
    const bytes = Buffer.from(JSON.stringify(body));
    const time = String(Date.now());
    const nonce = randomBytes(12).toString('hex');
    const headers = {
      'content-type': 'application/json',
      'x-scfws-time': time,
      'x-scfws-nonce': nonce,
      'x-scfws-signature': this.sign(time, nonce, bytes),
    };
    const { status, body: text } = await poster.post(bytes, headers, timeoutMs);
    if (status !== 200) {
      throw new Error(`the node answered HTTP ${status}`);
    }
    return JSON.parse(text);
  }

  readonly receive = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largestCall) {
        request.destroy();
      } else {
        chunks.push(chunk);
      }
    });
    request.on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      if (!this.isGenuine(request, body)) {
        response.writeHead(401, { 'content-type': 'application/json' });
        response.end('{"message":"This call is not signed by a node of this gateway."}');
        return;
      }
      try {
        const answer = JSON.stringify(this.answer(JSON.parse(body.toString())));
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(answer);
      } catch (error) {
        reportBug(error);
        response.writeHead(500).end();
      }
    });
  };

  private isGenuine({ headers }: IncomingMessage, body: Buffer): boolean {
    const time = String(headers['x-scfws-time']);
    const nonce = String(headers['x-scfws-nonce']);
    const wanted = Buffer.from(this.sign(time, nonce, body));
    const given = Buffer.from(String(headers['x-scfws-signature']));
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) {
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

  private sign(time: string, nonce: string, body: Buffer): string {
    return createHmac('sha256', this.secret).update(`${time}.${nonce}.`).update(body).digest('hex');
  }

  dispose(): void {
    this.posters.forEach((poster) => poster.dispose());
  }
}

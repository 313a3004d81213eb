/**
 * Calls between nodes: JSON over kept-alive HTTP, each signed with the secret that the nodes share. A call is taken once,
 * and only while it is fresh.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { reportBug } from '../../core/errors';
import { Poster } from '../backends/post';
import { Signatures } from '../signatures';

/** A push of the largest size, in base64 and JSON. */
const largestCall = 12 * 1024 * 1024;
const connectionsToEach = 64;

export class PeerCalls {
  private readonly posters = new Map<string, Poster>();
  private readonly signatures: Signatures;

  constructor(
    secret: string,
    private readonly answer: (call: unknown) => unknown,
  ) {
    this.signatures = new Signatures([secret]);
  }

  /** Rejects with a `PostError` when there is no answer, with an `Error` when the answer is a refusal. */
  async call(address: string, body: object, timeoutMs: number): Promise<unknown> {
    let poster = this.posters.get(address);
    if (poster === undefined) {
      poster = new Poster(`${address}/peer`, connectionsToEach);
      this.posters.set(address, poster);
    }
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = { 'content-type': 'application/json', ...this.signatures.headers(bytes) };
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
      if (!this.signatures.isGenuine(request.headers, body)) {
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

  dispose(): void {
    this.posters.forEach((poster) => poster.dispose());
  }
}

/** One POST with a time limit, that says of a failure whether the other side can have read it. */
import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { largestPayload } from '../../core/runtime/advice/failures';

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

export class PostError extends Error {
  /**
   * @param ran `no`: no connection came about, so nothing can have been read; `maybe`: the request was on its way
   * @param why what happened
   */
  constructor(
    readonly ran: 'no' | 'maybe',
    readonly why: 'timeout' | 'tooLarge' | 'network',
    message: string,
  ) {
    super(message);
  }
}

/** Idle connections are given up before most servers give them up, milliseconds: nothing is sent into a closed one. */
const idleMs = 4000;

export class Poster {
  private readonly url: URL;
  private readonly agent: http.Agent;

  constructor(url: string, connections: number) {
    this.url = new URL(url);
    const options = { keepAlive: true, maxSockets: connections, timeout: idleMs };
    this.agent =
      this.url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
  }

  get host(): string {
    return this.url.host;
  }

  /** Rejects with a `PostError`. `path`: instead of the address's own. */
  post(
    body: Buffer,
    headers: http.OutgoingHttpHeaders,
    timeoutMs: number,
    path?: string,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      let sent: 'no' | 'maybe' = 'no';
      const { request: open } = this.url.protocol === 'https:' ? https : http;
      const target = path === undefined ? this.url : new URL(path, this.url);
      const request = open(target, {
        method: 'POST',
        agent: this.agent,
        headers: { ...headers, 'content-length': body.length },
      });
      const fail = (why: PostError['why'], message: string): void => {
        clearTimeout(limit);
        reject(new PostError(sent, why, message));
        request.destroy();
      };
      const limit = setTimeout(() => fail('timeout', 'timed out'), timeoutMs);
      request.on('socket', (socket) => {
        const event = (socket as TLSSocket).encrypted ? 'secureConnect' : 'connect';
        if (request.reusedSocket) {
          sent = 'maybe';
        } else {
          socket.once(event, () => (sent = 'maybe'));
        }
      });
      request.on('error', (error: NodeJS.ErrnoException) => fail('network', textOf(error)));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > largestPayload * 2) {
            fail('tooLarge', `the answer is larger than ${largestPayload} bytes`);
          } else {
            chunks.push(chunk);
          }
        });
        response.on('error', (error) => fail('network', error.message));
        response.on('end', () => {
          clearTimeout(limit);
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      request.end(body);
    });
  }

  dispose(): void {
    this.agent.destroy();
  }
}

/** An address with several families fails with a list of errors, and no words of its own. */
function textOf(error: NodeJS.ErrnoException): string {
  const [first] = (error as { errors?: Error[] }).errors ?? [];
  return error.message || first?.message || error.code || 'failed';
}

const retries = 3;
const firstPauseMs = 50;

/**
 * Tries again, with growing pauses, as long as the function cannot have run: no connection came about, or `refused`
 * says that the reply is a refusal before the run. `timeoutMs` is for all tries together.
 */
export async function postAgain(
  timeoutMs: number,
  once: (leftMs: number) => Promise<Reply>,
  refused: (reply: Reply) => boolean,
): Promise<Reply> {
  const end = performance.now() + timeoutMs;
  for (let tried = 0, pause = firstPauseMs; ; tried++, pause *= 2) {
    const mayAgain = tried < retries && performance.now() + pause < end;
    try {
      const reply = await once(Math.max(1, end - performance.now()));
      if (!mayAgain || !refused(reply)) {
        return reply;
      }
    } catch (error) {
      if (!mayAgain || !(error instanceof PostError) || error.ran !== 'no') {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

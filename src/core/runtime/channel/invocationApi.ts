/**
 * The conversation with a custom runtime: it asks a local HTTP server for events and posts its answers. One server for
 * each instance, on loopback; a browser page cannot reach it, since it refuses foreign hosts and any `Origin`.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FunctionSpec } from '../../../protocol/project';
import type { ChannelListener, Conversation } from './channel';
import { answerText, largestPayload } from '../advice/failures';

export interface InvocationApi {
  port: number;
  /** To be called once, when the process was spawned. */
  converse(listener: ChannelListener): Conversation;
  dispose(): void;
}

interface Event {
  id: string;
  event: string;
}

export async function startInvocationApi(spec: FunctionSpec): Promise<InvocationApi> {
  let listener: ChannelListener | undefined;
  /** Handed out and not answered yet. */
  let current: Event | undefined;
  let waiting: Event | undefined;
  let asking: http.ServerResponse | undefined;

  const handOut = () => {
    if (waiting === undefined || asking === undefined) {
      return;
    }
    current = waiting;
    waiting = undefined;
    const response = asking;
    asking = undefined;
    response.writeHead(200, {
      'Content-Type': 'application/json',
      Request_Id: current.id,
      Memory_Limit_In_Mb: spec.memory,
      Time_Limit_In_Ms: spec.timeout * 1000,
    });
    response.end(current.event);
  };

  const answer = (kind: 'response' | 'error', body: Buffer, response: http.ServerResponse) => {
    const event = current;
    if (event === undefined) {
      refuse(response, 400, 'no event waits for an answer');
      return;
    }
    current = undefined;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end('{}');
    const text = body.toString();
    if (body.length > largestPayload) {
      const failure = { kind: 'tooLarge', message: '', size: body.length } as const;
      listener?.onFailure(event.id, undefined, failure, false);
    } else if (kind === 'response') {
      listener?.onResult(event.id, undefined, answerText(text), false);
    } else {
      const failure = { kind: 'exception', message: text, stack: text } as const;
      listener?.onFailure(event.id, undefined, failure, false);
    }
  };

  const server = http.createServer((request, response) => {
    const { host, origin } = request.headers;
    if (host !== `127.0.0.1:${port}` || origin !== undefined) {
      refuse(response, 403, 'only the runtime itself may ask');
      return;
    }
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      // What is too large is counted, not kept.
      if (size <= largestPayload + 1) {
        parts.push(part);
      }
    });
    request.on('end', () => {
      switch (`${request.method} ${request.url}`) {
        case 'POST /runtime/init/ready':
          response.end('{}');
          listener?.onReady();
          return;
        case 'GET /runtime/invocation/next':
          asking?.destroy();
          asking = response;
          response.on('close', () => {
            if (asking === response) {
              asking = undefined;
            }
          });
          listener?.onReady(); // Whoever asks is ready, whether it says so or not.
          handOut();
          return;
        case 'POST /runtime/invocation/response':
          answer(
            'response',
            size > largestPayload ? Buffer.alloc(size) : Buffer.concat(parts),
            response,
          );
          return;
        case 'POST /runtime/invocation/error':
          answer('error', Buffer.concat(parts), response);
          return;
        default:
          refuse(response, 404, 'no such path');
      }
    });
  });
  // A runtime may wait for its next event for hours.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const dispose = () => {
    server.close();
    server.closeAllConnections();
  };
  return {
    port,
    dispose,
    converse(given) {
      listener = given;
      return {
        start: () => undefined,
        event(id, _frozenMs, event) {
          waiting = { id, event };
          handOut();
        },
        load: () => undefined,
        debug: () => undefined,
        hold: () => undefined,
        end: dispose,
      };
    },
  };
}

function refuse(response: http.ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ message }));
}

/**
 * The conversation with a Go program that was built with the vendor's library: net/rpc in gob on a local port, the
 * methods `Function.Ping` and `Function.Invoke`.
 */
import net from 'node:net';
import type { FunctionSpec } from '../../../protocol/project';
import type { ChannelListener, CodeFailure, Conversation } from './channel';
import { localAppId, localRegion, localUin, staticContext } from '../launch/environment';
import { answerText, largestPayload } from '../advice/failures';
import { GobReader, GobWriter, type GobField, type GobValue } from './gob';

/** The messages of the vendor's library; fields are matched by name. */
const structs: Record<string, GobField[]> = {
  Request: [
    ['ServiceMethod', 'string'],
    ['Seq', 'uint'],
  ],
  PingRequest: [],
  InvokeRequest: [
    ['Payload', 'bytes'],
    ['RequestId', 'string'],
    ['TraceId', 'string'],
    ['Deadline', 'InvokeRequest_Timestamp'],
    ['InvokedFunctionUnique', 'string'],
    ['ClientContext', 'bytes'],
    ['Namespace', 'string'],
    ['FunctionName', 'string'],
    ['FunctionVersion', 'string'],
    ['MemoryLimitInMb', 'int'],
    ['TimeLimitInMs', 'int'],
    ['Environment', 'string'],
    ['TencentcloudRegion', 'string'],
    ['TencentcloudAppID', 'string'],
    ['TencentcloudUin', 'string'],
    ['FunctionTrace', 'string'],
  ],
  InvokeRequest_Timestamp: [
    ['Seconds', 'int'],
    ['Nanos', 'int'],
  ],
};

interface InvokeError {
  Message?: string;
  Type?: string;
  StackTrace?: { path?: string; Path?: string; Line?: number; Label?: string }[];
  ShouldExit?: boolean;
}

/** How soon a port that nobody listens on yet is tried again. */
const retryMs = 15;

/** A port that is free now. The program that is told to listen on it does so a moment later. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

export function converseWithGo(
  spec: FunctionSpec,
  pushUrl: string,
  port: number,
  listener: ChannelListener,
): Conversation {
  const writer = new GobWriter(structs);
  let socket: net.Socket | undefined;
  let over = false;
  let next = 0;
  /** Calls come back in the order in which they end; there is one at a time. */
  let calling: { seq: number; id: string | undefined } | undefined;
  let head: { [field: string]: GobValue } | undefined;

  const call = (method: string, type: string, argument: object, id?: string) => {
    calling = { seq: next++, id };
    const request = { ServiceMethod: method, Seq: calling.seq };
    socket?.write(
      Buffer.concat([
        writer.message('Request', request),
        writer.message(type, argument as Record<string, unknown>),
      ]),
    );
  };

  const reader = new GobReader((value) => {
    if (head === undefined) {
      head = value as { [field: string]: GobValue };
      return;
    }
    const { Error: rpcError } = head;
    head = undefined;
    const id = calling?.id;
    calling = undefined;
    if (id === undefined) {
      listener.onReady();
    } else if (typeof rpcError === 'string' && rpcError !== '') {
      listener.onFailure(
        id,
        undefined,
        { kind: 'exception', message: rpcError, stack: rpcError },
        false,
      );
    } else {
      answer(id, value as { Payload?: Buffer; Error?: InvokeError });
    }
  });

  const answer = (id: string, reply: { Payload?: Buffer; Error?: InvokeError }) => {
    if (reply.Error !== undefined) {
      // After a panic the program cannot go on: no further event may come before its end.
      const exits = reply.Error.ShouldExit === true;
      listener.onFailure(id, undefined, failureOf(reply.Error), exits);
      if (exits) {
        listener.onSpent();
      }
      return;
    }
    const payload = reply.Payload ?? Buffer.alloc(0);
    if (payload.length > largestPayload) {
      const failure: CodeFailure = { kind: 'tooLarge', message: '', size: payload.length };
      listener.onFailure(id, undefined, failure, false);
    } else {
      listener.onResult(id, undefined, answerText(payload.toString()), false);
    }
  };

  const connect = () => {
    if (over) {
      return;
    }
    const attempt = net.connect(port, '127.0.0.1');
    let connected = false;
    attempt.setNoDelay(true);
    attempt.once('connect', () => {
      connected = true;
      socket = attempt;
      call('Function.Ping', 'PingRequest', {});
    });
    attempt.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        listener.onNonsense(String(error));
      }
    });
    attempt.on('error', () => undefined);
    attempt.on('close', () => {
      if (!connected) {
        setTimeout(connect, retryMs).unref();
      } else if (!over) {
        listener.onNonsense('connection closed');
      }
    });
  };

  const context = staticContext(spec, pushUrl);
  return {
    start: connect,
    event(id, _frozenMs, event) {
      const deadline = Date.now() + spec.timeout * 1000;
      call(
        'Function.Invoke',
        'InvokeRequest',
        {
          Payload: Buffer.from(event),
          RequestId: id,
          Deadline: { Seconds: Math.floor(deadline / 1000), Nanos: (deadline % 1000) * 1e6 },
          Namespace: context['namespace'],
          FunctionName: spec.name,
          FunctionVersion: context['function_version'],
          MemoryLimitInMb: spec.memory,
          TimeLimitInMs: spec.timeout * 1000,
          Environment: context['environment'],
          TencentcloudRegion: localRegion,
          TencentcloudAppID: localAppId,
          TencentcloudUin: localUin,
        },
        id,
      );
    },
    load: () => undefined,
    debug: () => undefined,
    hold(held) {
      if (held) {
        socket?.pause();
      } else {
        socket?.resume();
      }
    },
    end() {
      over = true;
      socket?.destroy();
    },
  };
}

function failureOf(error: InvokeError): CodeFailure {
  const frames = error.StackTrace ?? [];
  const type = error.Type ?? 'error';
  const message = error.Message ?? '';
  const lines = frames.map(
    ({ path, Path, Line = 0, Label = '' }) => `    at ${Label} (${path ?? Path ?? ''}:${Line})`,
  );
  const stack = [`${type}: ${message}`, ...lines].join('\n');
  return { kind: 'exception', type, message, stack };
}

/** The two debug protocols, as far as a test needs them: set a breakpoint, be stopped, read a variable, go on. */
import net from 'node:net';
import path from 'node:path';
import WebSocket from 'ws';
import { bootstrapFolder } from './harness';

export interface TestDebugger {
  /** Sets a breakpoint (line from 1) in a file that may not be loaded yet. */
  breakAt(file: string, line: number): Promise<void>;
  /** To be called once when all breakpoints are set. */
  begin(): Promise<void>;
  /** Resolves at the next stop, with the line. */
  stopped(): Promise<number>;
  evaluate(expression: string): Promise<string>;
  resume(): Promise<void>;
  /** Asks to be stopped at errors that leave the handler, as the boxes of the editor do that are ticked from the start. */
  breakOnUncaught(): Promise<void>;
  /** How often it was stopped. */
  readonly count: number;
  dispose(): void;
}

/** A queue of events that can be awaited before or after they come. */
class Stops {
  private readonly came: number[] = [];
  private readonly waiters: ((line: number) => void)[] = [];

  push(line: number): void {
    const waiter = this.waiters.shift();
    if (waiter === undefined) {
      this.came.push(line);
    } else {
      waiter(line);
    }
  }

  next(): Promise<number> {
    const line = this.came.shift();
    return line === undefined
      ? new Promise((resolve) => this.waiters.push(resolve))
      : Promise.resolve(line);
  }
}

interface CdpMessage {
  id?: number;
  method?: string;
  params?: { callFrames: { callFrameId: string; location: { lineNumber: number } }[] };
  result?: { result?: { value?: unknown } };
}

export async function attachNode(port: number): Promise<TestDebugger> {
  const response = await fetch(`http://127.0.0.1:${port}/json`);
  const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve) => socket.once('open', resolve));
  const stops = new Stops();
  const replies = new Map<number, (message: CdpMessage) => void>();
  let frame = '';
  let next = 0;
  let count = 0;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as CdpMessage;
    if (message.id !== undefined) {
      replies.get(message.id)?.(message);
    } else if (message.method === 'Debugger.paused') {
      const [top] = message.params?.callFrames ?? [];
      frame = top?.callFrameId ?? '';
      count++;
      stops.push((top?.location.lineNumber ?? -2) + 1);
    }
  });
  const send = (method: string, params: object = {}): Promise<CdpMessage> =>
    new Promise((resolve) => {
      const id = ++next;
      replies.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  await send('Debugger.enable');
  return {
    async breakAt(file, line) {
      const urlRegex = `(file://)?${file.replace(/[.\\/]/g, '\\$&')}`;
      await send('Debugger.setBreakpointByUrl', { urlRegex, lineNumber: line - 1 });
    },
    async breakOnUncaught() {
      await send('Debugger.setPauseOnExceptions', { state: 'uncaught' });
    },
    get count() {
      return count;
    },
    async begin() {},
    stopped: () => stops.next(),
    async evaluate(expression) {
      const reply = await send('Debugger.evaluateOnCallFrame', { callFrameId: frame, expression });
      return String(reply.result?.result?.value);
    },
    async resume() {
      await send('Debugger.resume');
    },
    dispose: () => socket.terminate(),
  };
}

interface DapMessage {
  type: string;
  command?: string;
  event?: string;
  request_seq?: number;
  success?: boolean;
  message?: string;
  body?: { threadId?: number; result?: string; stackFrames?: { id: number; line: number }[] };
}

export async function attachPython(port: number): Promise<TestDebugger> {
  const socket = net.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const stops = new Stops();
  const replies = new Map<number, (message: DapMessage) => void>();
  const events = new Map<string, () => void>();
  let received = Buffer.alloc(0);
  let next = 0;
  let thread = 0;
  let frame = 0;
  let count = 0;
  const lines: number[] = [];
  const send = (command: string, args: object = {}): Promise<DapMessage> =>
    new Promise((resolve, reject) => {
      const seq = ++next;
      replies.set(seq, (message) => {
        if (message.success) {
          resolve(message);
        } else {
          reject(new Error(`${command}: ${message.message ?? ''}`));
        }
      });
      const body = JSON.stringify({ seq, type: 'request', command, arguments: args });
      socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  const onStopped = async (threadId: number) => {
    count++;
    thread = threadId;
    const { body } = await send('stackTrace', { threadId, levels: 1 });
    const [top] = body?.stackFrames ?? [];
    frame = top?.id ?? 0;
    stops.push(top?.line ?? -1);
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const head = received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(
        /Content-Length: (\d+)/.exec(received.toString('latin1', 0, head))?.[1],
      );
      const end = head + 4 + length;
      if (received.length < end) return;
      const message = JSON.parse(received.toString('utf8', head + 4, end)) as DapMessage;
      received = received.subarray(end);
      if (message.type === 'response') {
        replies.get(message.request_seq ?? 0)?.(message);
      } else if (message.event === 'stopped') {
        void onStopped(message.body?.threadId ?? 0);
      } else if (message.event !== undefined) {
        events.get(message.event)?.();
      }
    }
  });
  await send('initialize', { adapterID: 'test', pathFormat: 'path' });
  const initialized = new Promise<void>((resolve) => events.set('initialized', resolve));
  const rules = [{ path: path.join(bootstrapFolder, '**'), include: false }];
  const attached = send('attach', { justMyCode: true, rules });
  await initialized;
  return {
    async breakAt(file, line) {
      lines.push(line); // Each list replaces the one before.
      const breakpoints = lines.map((each) => ({ line: each }));
      await send('setBreakpoints', { source: { path: file }, breakpoints });
    },
    async breakOnUncaught() {
      await send('setExceptionBreakpoints', { filters: ['uncaught', 'userUnhandled'] });
    },
    get count() {
      return count;
    },
    async begin() {
      await send('configurationDone');
      await attached;
    },
    stopped: () => stops.next(),
    async evaluate(expression) {
      const { body } = await send('evaluate', { expression, frameId: frame, context: 'repl' });
      return body?.result ?? '';
    },
    async resume() {
      await send('continue', { threadId: thread });
    },
    dispose: () => socket.destroy(),
  };
}

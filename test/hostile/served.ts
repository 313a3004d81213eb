/** `scfws serve` as a process of its own, with a project written for the test, and clients that talk to it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { WebSocket, type ClientOptions } from 'ws';
import type { Fact, FactKind, FactOf } from '../../src/protocol/fact';
import type { Answer, Ask, IntentKind } from '../../src/protocol/intent';

const cli = path.resolve(__dirname, '../../dist/cli.js');

/** A Node.js handler that sends every message back and accepts everybody. */
export const echoHandler = `
const http = require('http');
const agent = new http.Agent({ keepAlive: true });
const target = new URL(process.env.wsBackUrl);
exports.main_handler = async (event) => {
  const { action, secConnectionID, dataType, data } = event.websocket;
  if (action === 'connecting') return { errNo: 0, errMsg: 'ok', websocket: { action, secConnectionID } };
  if (action === 'data send') await exports.push({ action, secConnectionID, dataType, data });
};
exports.push = (websocket) => new Promise((resolve, reject) => {
  const request = http.request(
    { agent, host: target.hostname, port: target.port, path: target.pathname, method: 'POST' },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => resolve(text));
    },
  );
  request.on('error', reject);
  request.end(JSON.stringify({ websocket }));
});
`;

export interface ServeOptions {
  /** Files of the project folder besides scfws.json. */
  files?: Record<string, string>;
  /** Members of scfws.json. */
  project?: Record<string, unknown>;
  /** Members of the one function, which serves every role that it is named for. */
  transfer?: Record<string, unknown>;
  flags?: string[];
  env?: Record<string, string>;
  folder?: string;
  /** Descriptors that the process may have. */
  openFiles?: number;
}

export interface Served {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly folder: string;
  readonly url: string;
  readonly pushUrl: string;
  readonly port: number;
  readonly facts: Fact[];
  readonly stderr: () => string;
  /** In the environment of the process and of everything that it starts. */
  readonly mark: string;
  /** The first fact, past or future, that satisfies. */
  until<K extends FactKind>(kind: K, matches?: (fact: FactOf<K>) => boolean): Promise<FactOf<K>>;
  of<K extends FactKind>(kind: K): FactOf<K>[];
  onFact(listener: (fact: Fact) => void): void;
  ask<K extends IntentKind>(kind: K, ask: Ask<K>): Promise<Answer<K>>;
  /** Ends it as its host does, and checks that nothing is left. */
  stop(): Promise<void>;
  gone(): Promise<number | string>;
}

const all: { dispose(): Promise<void> }[] = [];

export function writeProject(options: ServeOptions): string {
  const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-hostile-'));
  const files: Record<string, string> = {
    'scfws.json': JSON.stringify({
      backendTimeout: 60,
      functions: {
        transfer: {
          folder: '.',
          name: 'echo',
          runtime: 'Nodejs',
          timeout: 30,
          ...options.transfer,
        },
        register: 'transfer',
        cleanup: 'transfer',
      },
      ...options.project,
    }),
    'index.js': echoHandler,
    ...options.files,
  };
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

export async function serve(options: ServeOptions = {}): Promise<Served> {
  const folder = writeProject(options);
  const mark = randomUUID();
  const limit = options.openFiles === undefined ? '' : `ulimit -n ${options.openFiles} && `;
  const child = spawn(
    'sh',
    [
      ...['-c', `${limit}exec "$0" "$@"`, process.execPath, cli, 'serve', folder],
      ...['--stdio', '--port', '0', ...(options.flags ?? [])],
    ],
    { env: { ...process.env, PATH: markedPath(mark), ...options.env } },
  );
  const exit = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  all.push({
    async dispose() {
      child.kill('SIGKILL');
      await exit;
      for (const pid of marked(mark)) {
        process.kill(pid, 'SIGKILL');
      }
      fs.rmSync(folder, { recursive: true, force: true });
    },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const facts: Fact[] = [];
  const lookers = new Set<() => void>();
  const listeners: ((fact: Fact) => void)[] = [];
  const replies = new Map<number, (line: { value: never; error?: unknown }) => void>();
  /** Undefined: half a line, the last that a killed process wrote. */
  const parsed = (line: string): (Fact & { reply?: number; value: never }) | undefined => {
    try {
      return JSON.parse(line) as Fact & { reply?: number; value: never };
    } catch (error) {
      void exit.then((how) => {
        if (how !== 'SIGKILL') {
          throw error;
        }
      });
      return undefined;
    }
  };
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const value = parsed(line);
    if (value === undefined) {
      return;
    }
    if (value.reply !== undefined) {
      replies.get(value.reply)?.(value);
      return;
    }
    facts.push(value);
    listeners.forEach((listener) => listener(value));
    for (const look of lookers) {
      look();
    }
  });
  let asked = 0;
  const served = {
    pid: child.pid as number,
    child,
    folder,
    mark,
    facts,
    stderr: () => said,
    onFact: (listener: (fact: Fact) => void) => void listeners.push(listener),
    of: <K extends FactKind>(kind: K) =>
      facts.filter((fact): fact is FactOf<K> => fact.kind === kind),
    until: <K extends FactKind>(kind: K, matches: (fact: FactOf<K>) => boolean = () => true) =>
      new Promise<FactOf<K>>((resolve) => {
        let seen = 0;
        const look = (): void => {
          for (; seen < facts.length; seen++) {
            const fact = facts[seen] as Fact;
            if (fact.kind === kind && matches(fact as FactOf<K>)) {
              lookers.delete(look);
              resolve(fact as FactOf<K>);
              return;
            }
          }
        };
        lookers.add(look);
        look();
      }),
    ask: <K extends IntentKind>(kind: K, ask: Ask<K>) =>
      new Promise<Answer<K>>((resolve, reject) => {
        const id = ++asked;
        replies.set(id, ({ value, error }) => {
          replies.delete(id);
          if (error === undefined) {
            resolve(value);
          } else {
            reject(new Error(JSON.stringify(error)));
          }
        });
        child.stdin.write(`${JSON.stringify({ id, kind, ...ask })}\n`);
      }),
    gone: () => exit,
    async stop() {
      child.stdin.end();
      await exit;
      await nothingLeft(mark);
    },
  };
  const listening = await Promise.race([
    served.until('listening'),
    exit.then((code) => {
      throw new Error(`scfws serve ended with ${code}: ${said}`);
    }),
  ]);
  const { url, pushUrl, port } = listening;
  return { ...served, url, pushUrl, port };
}

/** To be called after each test: ends whatever it left running. */
export async function disposeServed(): Promise<void> {
  for (const each of all.splice(0)) {
    await each.dispose();
  }
}

/** The search path with a mark in it: of what the shell sets, the handlers get this, too. */
export const markedPath = (mark: string): string =>
  [process.env.PATH, `/nowhere/${mark}`].join(path.delimiter);

/** Processes that run with a mark in their environment. */
export function marked(mark: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark) &&
          !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))
        );
      } catch {
        return false;
      }
    });
}

/** Resolves when no process with the mark runs any more; the test's own time limit is the limit. */
export async function nothingLeft(mark: string): Promise<void> {
  while (marked(mark).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Client {
  socket: WebSocket;
  messages: (string | Buffer)[];
  /** The next message that was not taken yet. */
  next(): Promise<string | Buffer>;
  /** Sends, and waits for one message. */
  say(text: string): Promise<string | Buffer>;
  /** Close code; 1006 for a connection that ended without a Close frame. */
  closed: Promise<number>;
}

export async function connect(url: string, options: ClientOptions = {}): Promise<Client> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  const messages: (string | Buffer)[] = [];
  const waiting: ((message: string | Buffer) => void)[] = [];
  let taken = 0;
  socket.on('message', (data: Buffer, binary: boolean) => {
    messages.push(binary ? data : data.toString());
    if (waiting.length > 0) {
      waiting.shift()?.(messages[taken++] as string);
    }
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await once(socket, 'open');
  socket.on('error', () => undefined);
  const next = (): Promise<string | Buffer> =>
    taken < messages.length
      ? Promise.resolve(messages[taken++] as string)
      : new Promise((resolve) => waiting.push(resolve));
  all.push({
    dispose() {
      socket.terminate();
      return Promise.resolve();
    },
  });
  return {
    socket,
    messages,
    next,
    say(text) {
      socket.send(text);
      return next();
    },
    closed,
  };
}

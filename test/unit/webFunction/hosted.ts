/** An exported folder at work, as the platform would run it: its scf_bootstrap, and clients that connect. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { WebSocket, type ClientOptions } from 'ws';
import { root } from '../../../scripts/toolchain.mjs';
import { Inbox } from '../cluster/bed';

export function exportOf(language: string, out: string): string {
  const args = ['export', 'web-function', path.join(root, 'test/fixtures/webFunction', language)];
  const cli = path.join(root, 'dist/cli.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, ...args, '--out', out, '--locale', 'en'],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(`${stdout}${stderr}`);
  }
  return stdout;
}

/** Every file below a folder, and its bytes. */
export function contents(folder: string): Map<string, string> {
  return new Map(
    (fs.readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => fs.statSync(path.join(folder, name)).isFile())
      .sort()
      .map((name) => [name, fs.readFileSync(path.join(folder, name), 'latin1')]),
  );
}

export interface Instance {
  child: ChildProcess;
  port: number;
  /** What it wrote so far. */
  lines: string[];
  /** Ids whose Cleanup has run, by the file that the function writes. */
  cleanups(): string[];
  connect(target?: string, protocols?: string[], options?: ClientOptions): Promise<Client>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startInstance(
  folder: string,
  interpreter: string,
  cleanups: string,
  env: Record<string, string> = {},
): Promise<Instance> {
  const child = spawn(path.join(folder, 'scf_bootstrap'), [], {
    env: {
      ...process.env,
      ...{ SCFWS_INTERPRETER: interpreter, SCFWS_PORT: '0', CLEANUPS: cleanups },
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let listening: (port: number) => void = () => undefined;
  const port = new Promise<number>((resolve, reject) => {
    listening = resolve;
    child.once('close', (code) => reject(new Error(`it ended with ${code}:\n${lines.join('\n')}`)));
  });
  const keep = (line: string): void => {
    lines.push(line);
    const found = /^listening on 0\.0\.0\.0:(\d+)/.exec(line)?.[1];
    if (found !== undefined) {
      listening(Number(found));
    }
  };
  for (const stream of [child.stdout, child.stderr]) {
    readline.createInterface({ input: stream }).on('line', keep);
  }
  const at = await port;
  return {
    ...{ child, port: at, lines },
    cleanups: () =>
      fs.existsSync(cleanups) ? fs.readFileSync(cleanups, 'utf8').trim().split('\n') : [],
    connect: (target = '/room', protocols = [], options = {}) =>
      connect(`ws://127.0.0.1:${at}${target}`, protocols, options),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
    },
  };
}

export interface Client {
  socket: WebSocket;
  messages: Inbox<string>;
  ask(text: string): Promise<string>;
  closed: Promise<number>;
}

/** Rejects with `{ status, body }` when the handshake is refused. */
export function connect(
  url: string,
  protocols: string[],
  options: ClientOptions = {},
): Promise<Client> {
  const socket = new WebSocket(url, protocols, options);
  const messages = new Inbox<string>();
  socket.on('message', (data: Buffer) => messages.put(data.toString()));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => reject({ status: response.statusCode, body: JSON.parse(body) }));
    });
    socket.once('open', () =>
      resolve({
        ...{ socket, messages, closed },
        ask(text) {
          socket.send(text);
          return messages.next();
        },
      }),
    );
  });
}

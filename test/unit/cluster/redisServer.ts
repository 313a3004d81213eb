/** A real redis-server on this machine, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { findProgram } from '../../../scripts/toolchain.mjs';

/** undefined: none is installed. */
export const redisProgram = findProgram(['redis-server', 'valkey-server']);

export interface RealRedis {
  port: number;
  url: string;
  /** As `kill -9`. */
  kill(): Promise<void>;
  /** The same port again. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `appendOnly`: each acknowledged write outlives the process. */
export async function startRedis({ appendOnly = false } = {}): Promise<RealRedis> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-redis-'));
  const port = await freePort();
  let child: ChildProcess;
  /** Resolves with what it said instead where it ended: something else has its port, for now. */
  const tryToStart = async (): Promise<string | undefined> => {
    const keep = appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    child = spawn(redisProgram as string, [...place, '--save', '', ...keep], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    return new Promise((resolve) =>
      readline
        .createInterface({ input: child.stdout as NodeJS.ReadableStream })
        .on('line', (line) => {
          said.push(line);
          if (line.includes('Ready to accept connections')) {
            resolve(undefined);
          }
        })
        .on('close', () => resolve(said.slice(-3).join('\n'))),
    );
  };
  const start = async (): Promise<void> => {
    let problem = await tryToStart();
    for (let again = 0; problem !== undefined && again < 50; again++) {
      problem = await tryToStart();
    }
    if (problem !== undefined) {
      throw new Error(`redis-server did not start: ${problem}`);
    }
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    dispose: async () => {
      await kill();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A way to a Redis on which single connections can be cut. */
export interface Line {
  port: number;
  /** Of those that listen to a channel, or of the others; and nobody comes in until it is mended. */
  cut(what: 'hears' | 'speaks'): void;
  mend(): void;
  dispose(): void;
}

export async function startLine(redisPort: number): Promise<Line> {
  const sockets = new Map<net.Socket, 'hears' | 'speaks'>();
  let isCut = false;
  const server = net.createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const redis = net.connect(redisPort, '127.0.0.1');
    sockets.set(socket, 'speaks');
    socket.on('data', (bytes) => {
      if (/\r\nSUBSCRIBE\r\n/i.test(bytes.toString('latin1'))) {
        sockets.set(socket, 'hears');
      }
    });
    for (const [each, other] of [
      [socket, redis],
      [redis, socket],
    ] as const) {
      each.on('error', () => undefined);
      each.on('close', () => other.destroy());
      each.pipe(other);
    }
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut(what) {
      isCut = true;
      for (const [socket, kind] of sockets) {
        if (kind === what) {
          socket.destroy();
        }
      }
    },
    mend() {
      isCut = false;
    },
    dispose() {
      server.close();
      for (const socket of sockets.keys()) {
        socket.destroy();
      }
    },
  };
}

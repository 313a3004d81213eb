/** Between a node and Redis: cuts, holds back, and ends in the middle of what is under way. */
import net, { type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

export interface Proxy {
  port: number;
  /** Nothing passes, and nobody is told; `false`: what waited goes on. */
  hold(held: boolean): void;
  /** Ends what is open, after half of the next bytes; nobody new gets through until `mend`. */
  cut(): void;
  mend(): void;
  dispose(): void;
}

export async function startProxy(target: number): Promise<Proxy> {
  let state: 'open' | 'held' | 'cut' = 'open';
  const pairs = new Set<[Socket, Socket]>();
  const server = net.createServer((client) => {
    if (state === 'cut') {
      client.destroy();
      return;
    }
    const inner = net.connect(target, '127.0.0.1');
    const pair: [Socket, Socket] = [client, inner];
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      inner.destroy();
    };
    for (const [from, to] of [
      [client, inner],
      [inner, client],
    ] as const) {
      from.on('data', (bytes: Buffer) => {
        if (state === 'cut') {
          to.write(bytes.subarray(0, Math.floor(bytes.length / 2)), end);
        } else {
          to.write(bytes);
        }
      });
      from.on('error', end);
      from.on('close', end);
    }
    if (state === 'held') {
      pair.forEach((each) => each.pause());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const each = (act: (socket: Socket) => void): void =>
    pairs.forEach((pair) => pair.forEach((socket) => act(socket)));
  return {
    port: (server.address() as AddressInfo).port,
    hold(held) {
      state = held ? 'held' : 'open';
      each((socket) => (held ? socket.pause() : socket.resume()));
    },
    cut() {
      state = 'cut';
    },
    mend() {
      // What was open when it was cut does not come back.
      each((socket) => socket.destroy());
      state = 'open';
    },
    dispose() {
      server.close();
      each((socket) => socket.destroy());
    },
  };
}

/** As much of a Redis server as the chat template needs: passwords, databases, and sets. */
import { once } from 'node:events';
import net from 'node:net';

export interface TinyRedisServer {
  port: number;
  /** Members of a set, sorted. */
  members(database: number, key: string): string[];
  /** Ends every connection, as a server does with idle ones. */
  hangUp(): void;
  dispose(): Promise<void>;
}

export async function startTinyRedisServer(password: string): Promise<TinyRedisServer> {
  const sets = new Map<string, Set<string>>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let received = '';
    let database = 0;
    let known = false;
    const answer = ([command = '', ...rest]: string[]): string => {
      const [key = '', ...members] = rest;
      const set = sets.get(`${database} ${key}`) ?? new Set<string>();
      if (command === 'AUTH') {
        known = rest.at(-1) === password;
        return known ? '+OK\r\n' : '-WRONGPASS invalid password\r\n';
      }
      if (!known) {
        return '-NOAUTH Authentication required.\r\n';
      }
      switch (command) {
        case 'SELECT':
          database = Number(key);
          return '+OK\r\n';
        case 'SADD':
          members.forEach((member) => set.add(member));
          sets.set(`${database} ${key}`, set);
          return `:${members.length}\r\n`;
        case 'SREM':
          members.forEach((member) => set.delete(member));
          return `:${members.length}\r\n`;
        case 'SMEMBERS':
          return `*${set.size}\r\n${[...set].map((each) => `$${each.length}\r\n${each}\r\n`).join('')}`;
        default:
          return `-ERR unknown command '${command}'\r\n`;
      }
    };
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk;
      for (;;) {
        const [, count = ''] = /^\*(\d+)\r\n/.exec(received) ?? [];
        const pattern = new RegExp(`^\\*\\d+\\r\\n((?:\\$\\d+\\r\\n[^\\r]*\\r\\n){${count || 1}})`);
        const [whole, words] = pattern.exec(received) ?? [];
        if (count === '' || whole === undefined || words === undefined) {
          return;
        }
        received = received.slice(whole.length);
        // One byte at a time now and then: a client must not count on whole answers.
        for (const byte of answer(words.split('\r\n').filter((_, index) => index % 2 === 1))) {
          socket.write(byte);
        }
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    members: (database, key) => [...(sets.get(`${database} ${key}`) ?? [])].sort(),
    hangUp: () => sockets.forEach((socket) => socket.destroy()),
    async dispose() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

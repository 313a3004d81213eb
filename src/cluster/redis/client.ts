/** Redis as this gateway uses it: one command at a time, each with a time limit, none kept for later while it is away. */
import { createClient, createCluster, createSentinel } from 'redis';
import type { Log } from '../log';

export interface Redis {
  /** Rejects when it is away, or slow. `key`: the first one, which says where in a cluster. */
  command(key: string, args: string[]): Promise<unknown>;
  connect(): Promise<void>;
  close(): void;
}

/** Milliseconds. */
const commandLimit = 2000;
const longestPause = 1000;

export function openRedis(urls: string[], sentinel: string | undefined, log: Log): Redis {
  const username = process.env['SCFWS_REDIS_USERNAME'];
  const password = process.env['SCFWS_REDIS_PASSWORD'];
  const shared = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    disableOfflineQueue: true,
  };
  let admitted = false;
  const onReady = (): void => void (admitted = true);
  const socket = {
    connectTimeout: commandLimit,
    // One that is away comes back; one that knows another password is a mistake, of which nobody would hear.
    reconnectStrategy: (tried: number, cause: Error) =>
      !admitted && /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)\b/.test(cause.message)
        ? cause
        : Math.min(50 * 2 ** tried, longestPause),
  };
  const onError = (error: Error): void => log.warn({ reason: error.message }, 'redis');
  if (sentinel !== undefined) {
    const sentinelRootNodes = urls.map((url) => {
      const { hostname, port } = new URL(url);
      return { host: hostname, port: Number(port || 26379) };
    });
    const client = createSentinel({ name: sentinel, sentinelRootNodes, nodeClientOptions: shared });
    client.on('error', onError);
    return limited((_key, args) => client.sendCommand(false, args), client);
  }
  if (urls.length > 1) {
    const rootNodes = urls.map((url) => ({ url }));
    const client = createCluster({ rootNodes, defaults: { ...shared, socket } });
    client.on('error', onError);
    client.on('node-ready', onReady);
    return limited((key, args) => client.sendCommand(key, false, args), client);
  }
  const client = createClient({ url: urls[0] ?? '', ...shared, socket });
  client.on('error', onError);
  client.on('ready', onReady);
  return limited((_key, args) => client.sendCommand(args), client);
}

function limited(
  send: (key: string, args: string[]) => Promise<unknown>,
  client: { connect(): Promise<unknown>; destroy(): unknown },
): Redis {
  return {
    command(key, args) {
      return new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error('Redis does not answer')), commandLimit);
        send(key, args)
          .finally(() => clearTimeout(limit))
          .then(resolve, reject);
      });
    },
    async connect() {
      await client.connect();
    },
    close: () => void client.destroy(),
  };
}

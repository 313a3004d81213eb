/** What Node.js 16 and 18 lack, as far as the host's parts use it; put before all else. */
import http from 'node:http';
import net from 'node:net';
import { deserialize, serialize } from 'node:v8';

type Missing = Record<string, (this: never, ...given: never[]) => unknown>;

function add(to: object, missing: Missing): void {
  for (const [name, value] of Object.entries(missing)) {
    if (!(name in to)) {
      Object.defineProperty(to, name, { value, writable: true, configurable: true });
    }
  }
}

const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

add(String.prototype, {
  toWellFormed(this: string) {
    return this.replace(halves, '\ufffd');
  },
  isWellFormed(this: string) {
    return this.search(halves) < 0;
  },
});
add(Array.prototype, {
  findLast<T>(this: T[], wanted: (each: T) => boolean) {
    return [...this].reverse().find(wanted);
  },
});
add(globalThis, {
  structuredClone: (value: unknown) => deserialize(serialize(value)) as unknown,
});
add(http.Server.prototype, {
  closeIdleConnections() {
    // They end by themselves, or with the process.
  },
});
add(net.Socket.prototype, {
  resetAndDestroy(this: net.Socket) {
    return this.destroy();
  },
});

/** Sets of addresses and networks, and the client's own address behind proxies. */
import type http from 'node:http';
import { BlockList, isIP } from 'node:net';

export interface AddressSet {
  has(address: string | undefined): boolean;
}

/** `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`; what is none of these is left out: see `unreadableNetworks`. */
export function addressSet(written: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const each of written.filter(isNetwork)) {
    const [address = '', bits] = each.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) {
      list.addAddress(address, family);
    } else {
      list.addSubnet(address, Number(bits), family);
    }
  }
  return {
    has: (address) => {
      const plain = plainAddress(address ?? '');
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

export function unreadableNetworks(written: readonly string[]): string[] {
  return written.filter((each) => !isNetwork(each));
}

function isNetwork(written: string): boolean {
  const [address = '', bits, ...more] = written.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  return (
    family !== 0 &&
    more.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
}

/** An IPv4 address that came over an IPv6 socket is IPv4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/**
 * `address:port` of the client. X-Forwarded-For is read from its end, as far as trusted proxies wrote it; what a client
 * puts before that is its own invention.
 */
export function clientAddress(
  headers: http.IncomingHttpHeaders,
  socket: { remoteAddress?: string | undefined; remotePort?: number | undefined },
  trusted: AddressSet,
): string {
  let address = plainAddress(socket.remoteAddress ?? '');
  let port = socket.remotePort ?? 0;
  const written = headers['x-forwarded-for'];
  const hops = (Array.isArray(written) ? written.join(',') : (written ?? '')).split(',');
  for (let hop = hops.pop()?.trim(); trusted.has(address) && hop; hop = hops.pop()?.trim()) {
    if (isIP(hop) === 0) {
      break;
    }
    address = plainAddress(hop);
    port = 0;
  }
  return `${address}:${port}`;
}

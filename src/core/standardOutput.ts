/**
 * Where a program writes what others read while it serves. process.stdout would block it while the reader of a pipe
 * stands still; a socket on the same pipe queues instead, and whoever writes looks at `writableLength`.
 */
import net from 'node:net';

/** undefined: it is no pipe but a file or a terminal, where nobody stands still. */
export function standardPipe(): net.Socket | undefined {
  try {
    return new net.Socket({ fd: 1, readable: false, writable: true });
  } catch {
    return undefined;
  }
}

/** WebSocket frames by hand (RFC 6455, section 5.2), right and wrong, over a raw socket. */
import net from 'node:net';

export interface FrameParts {
  fin?: boolean;
  /** 0–7: the three reserved bits. */
  reserved?: number;
  opcode?: number;
  payload?: Buffer;
  masked?: boolean;
  /** Written instead of the payload's own length. */
  length?: bigint;
  /** How the length is written; default: the shortest that fits. */
  lengthForm?: 7 | 16 | 64;
}

export function frame({
  fin = true,
  reserved = 0,
  opcode = 1,
  payload = Buffer.alloc(0),
  masked = true,
  length = BigInt(payload.length),
  lengthForm = length < 126n ? 7 : length < 65_536n ? 16 : 64,
}: FrameParts): Buffer {
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | (opcode & 15)];
  const mask = masked ? 0x80 : 0;
  if (lengthForm === 7) {
    head.push(mask | Number(length & 0x7fn));
  } else {
    head.push(mask | (lengthForm === 16 ? 126 : 127));
    for (let shift = lengthForm - 8; shift >= 0; shift -= 8) {
      head.push(Number((length >> BigInt(shift)) & 0xffn));
    }
  }
  if (!masked) {
    return Buffer.concat([Buffer.from(head), payload]);
  }
  const key = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const hidden = Buffer.from(payload.map((byte, index) => byte ^ (key[index % 4] as number)));
  return Buffer.concat([Buffer.from(head), key, hidden]);
}

export function upgradeRequest(port: number, path: string, headers: string[] = []): Buffer {
  return Buffer.from(
    [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...headers,
      '',
      '',
    ].join('\r\n'),
  );
}

export interface RawClient {
  socket: net.Socket;
  /** Everything that came so far. */
  received(): Buffer;
  /** Resolves when what came contains the text. */
  until(text: string): Promise<void>;
  closed: Promise<void>;
}

export function openRaw(port: number): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: false });
    const chunks: Buffer[] = [];
    const lookers = new Set<() => void>();
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      lookers.forEach((look) => look());
    });
    socket.once('error', reject);
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    const client: RawClient = {
      socket,
      received: () => Buffer.concat(chunks),
      until: (text) =>
        new Promise((done, fail) => {
          const look = (): void => {
            if (client.received().includes(text)) {
              lookers.delete(look);
              done();
            }
          };
          lookers.add(look);
          look();
          void closed.then(() => fail(new Error(`closed before ${text} came`)));
        }),
      closed,
    };
    socket.once('connect', () => {
      socket.on('error', () => undefined);
      resolve(client);
    });
  });
}

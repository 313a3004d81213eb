/** Test clients: real WebSocket clients of the gateway (or of any other address), driven by intents. */
import * as l10n from '@vscode/l10n';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { DataType } from '../../protocol/event';
import type { Ask } from '../../protocol/intent';
import type { Timer } from '../clock';
import { UserError } from '../errors';
import { checkClose } from '../gateway/closeFrame';
import type { RecordFact } from '../runtime/contract';

/** Milliseconds before a client that asked for it connects again. */
const reconnectAfter = 1000;

interface TestClient {
  name: string;
  asked: Ask<'openClient'>;
  /** undefined until it first asked to connect. */
  socket: WebSocket | undefined;
  /** It was open once: only then does it connect again. */
  opened: boolean;
  connection: string | null;
  /** The gateway has ended its last connection; its own socket may not have heard of that yet. */
  ended: boolean;
  over: boolean;
  again: NodeJS.Timeout | undefined;
}

export class TestClients {
  private readonly record: RecordFact;
  private readonly clients = new Map<string, TestClient>();
  private readonly namesByPort = new Map<number, string>();
  private readonly idsByPort = new Map<number, string>();
  private count = 0;

  constructor(record: RecordFact) {
    this.record = record;
  }

  /** The client whose socket has this local port; the gateway asks when a handshake comes in. */
  nameOf(port: number): string | undefined {
    return this.namesByPort.get(port);
  }

  /** The id that a connection from this port is to have. */
  idOf(port: number): string | undefined {
    return this.idsByPort.get(port);
  }

  /** A client that lives elsewhere in this process: the connection from its port has that name, and that id. */
  introduce(port: number, name: string, connection?: string): Timer {
    this.namesByPort.set(port, name);
    if (connection !== undefined) {
      this.idsByPort.set(port, connection);
    }
    return {
      dispose: () => {
        this.namesByPort.delete(port);
        this.idsByPort.delete(port);
      },
    };
  }

  nameOfConnection(connection: string): string | undefined {
    for (const client of this.clients.values()) {
      if (client.connection === connection) {
        return client.name;
      }
    }
    return undefined;
  }

  /** The gateway tells which connection a client became. */
  connected(name: string, connection: string): void {
    const client = this.clients.get(name);
    if (client !== undefined) {
      client.connection = connection;
      client.ended = false;
    }
  }

  /** The gateway tells which connection it has ended. */
  disconnected(connection: string): void {
    for (const client of this.clients.values()) {
      client.ended ||= client.connection === connection;
    }
  }

  /** Resolves when it is open; rejects with what the server answered when the handshake failed. */
  async open(asked: Ask<'openClient'>): Promise<{ client: string; connection: string | null }> {
    const name = asked.name ?? this.freeName();
    const known = this.clients.get(name);
    // One that the server closed has left its name, unless it comes back by itself.
    const isClosed = known?.ended === true || known?.socket?.readyState === WebSocket.CLOSED;
    const gone = isClosed && known?.asked.reconnect !== true;
    if (known !== undefined && !known.over && !gone) {
      throw new UserError(
        'clientExists',
        l10n.t('There is a test client named {0} already.', name),
        l10n.t('Choose another name, or close that one.'),
      );
    }
    const client: TestClient = {
      name,
      asked,
      socket: undefined,
      opened: false,
      connection: null,
      ended: false,
      over: false,
      again: undefined,
    };
    this.clients.set(name, client);
    try {
      await this.connect(client);
    } catch (error) {
      client.over = true;
      throw error;
    }
    return { client: name, connection: client.connection };
  }

  send({
    client: name,
    dataType,
    data,
  }: {
    client: string;
    dataType: DataType;
    data: string;
  }): void {
    const { socket } = this.get(name);
    if (socket?.readyState !== WebSocket.OPEN) {
      throw new UserError('clientNotOpen', l10n.t('The test client {0} is not connected.', name));
    }
    socket.send(dataType === 'binary' ? Buffer.from(data, 'base64') : data);
  }

  close({ client: name, code, reason, abrupt }: Ask<'clientClose'>): void {
    const client = this.get(name);
    checkClose(code, reason);
    client.over = true;
    clearTimeout(client.again);
    if (abrupt) {
      client.socket?.terminate();
    } else {
      client.socket?.close(code ?? 1000, reason ?? '');
    }
  }

  dispose(): void {
    for (const client of this.clients.values()) {
      client.over = true;
      clearTimeout(client.again);
      client.socket?.terminate();
    }
  }

  private connect(client: TestClient): Promise<void> {
    const { url, protocols, headers } = client.asked;
    const tell = (state: 'connecting' | 'open' | 'closed', detail?: string): void => {
      this.record({
        kind: 'client',
        client: client.name,
        state,
        url,
        ...(client.connection === null ? {} : { connection: client.connection }),
        ...(detail === undefined ? {} : { detail }),
      });
    };
    return new Promise((resolve, reject) => {
      let socket: WebSocket;
      try {
        socket = new WebSocket(url, protocols ?? [], {
          headers: headers ?? {},
          perMessageDeflate: false,
          finishRequest: (request) => this.nameBeforeSending(request, client.name),
        });
      } catch (error) {
        reject(
          new UserError(
            'clientRefused',
            l10n.t('The test client cannot connect to {0}: {1}', url, (error as Error).message),
          ),
        );
        return;
      }
      client.socket = socket;
      tell('connecting');
      socket.on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8').slice(0, 1000);
          const said = l10n.t('refused with {0}: {1}', response.statusCode ?? 0, body);
          tell('closed', said);
          reject(
            new UserError(
              'clientRefused',
              l10n.t('The test client {0} was {1}', client.name, said),
            ),
          );
          socket.terminate();
        });
      });
      socket.on('open', () => {
        client.opened = true;
        tell('open');
        resolve();
      });
      socket.on('error', (error) => {
        reject(
          new UserError(
            'clientRefused',
            l10n.t('The test client {0} could not connect: {1}', client.name, error.message),
          ),
        );
      });
      socket.on('close', (code, reason) => {
        tell('closed', `${code} ${reason.toString('utf8')}`.trim());
        client.connection = null;
        if (client.asked.reconnect === true && client.opened && !client.over) {
          client.again = setTimeout(() => {
            this.connect(client).catch(() => undefined); // Its facts say what happened.
          }, reconnectAfter);
        }
      });
    });
  }

  /** The port must be known before the request is on its way, and it is known once the socket is connected. */
  private nameBeforeSending(request: ClientRequest, name: string): void {
    request.once('socket', (socket: Socket) => {
      socket.once('connect', () => {
        const { localPort } = socket;
        if (localPort !== undefined) {
          this.namesByPort.set(localPort, name);
          socket.once('close', () => this.namesByPort.delete(localPort));
        }
      });
    });
    request.end();
  }

  private get(name: string): TestClient {
    const client = this.clients.get(name);
    if (client === undefined) {
      throw new UserError('unknownClient', l10n.t('There is no test client named {0}.', name));
    }
    return client;
  }

  private freeName(): string {
    do {
      this.count++;
    } while (this.clients.has(`client-${this.count}`));
    return `client-${this.count}`;
  }
}

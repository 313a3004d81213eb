/** Sample events for each role: what a function gets to see when nobody is connected. */
import { cleanupEvent, registerEvent, transferEventJson } from './event';
import type { CleanupEvent, Handshake, RegisterEvent, TransferEvent } from './event';
import type { EmulatorOptions, Role, Stage } from './project';

export interface SampleEvent {
  /** Stable and unique within its role; also the stem of the file that a scaffold writes for it. */
  id: string;
  /** English; hosts look its translation up. */
  title: string;
  event: RegisterEvent | TransferEvent | CleanupEvent;
}

/** What the samples say of the service; every part has a default. */
export interface SampleService {
  name?: string;
  serviceId?: string;
  path?: string;
  stage?: Stage;
  emulator?: Pick<EmulatorOptions, 'registerEnvelope' | 'legacyAction'>;
}

/** 16 bytes in base64, as the cloud makes them: such ids hold + and / and end in == (seen). */
export const sampleConnection = '3q2+7wAAkB9/Zk1sCQ1Rew==';

export function sampleEvents(
  role: Role,
  service: SampleService = {},
  connection = sampleConnection,
): SampleEvent[] {
  switch (role) {
    case 'register':
      return [
        { id: 'register', title: 'A client connects', event: register(service, connection, {}) },
        {
          id: 'register-subprotocols',
          title: 'A client offers two sub-protocols',
          event: register(service, connection, {
            protocol: 'chat,binary',
            extensions: 'permessage-deflate; client_max_window_bits',
          }),
        },
        {
          id: 'register-query',
          title: 'A client connects with a query string',
          event: register(service, connection, { query: 'room=7&name=Ann' }),
        },
      ];
    case 'transfer':
      return [
        { id: 'transfer-text', title: 'Text', event: text(service, connection, 'Hello!') },
        {
          id: 'transfer-json',
          title: 'JSON in text',
          event: text(service, connection, '{"type":"greeting","text":"Hello!"}'),
        },
        { id: 'transfer-empty', title: 'Empty text', event: text(service, connection, '') },
        {
          id: 'transfer-binary',
          title: 'Binary',
          event: transfer(service, connection, 'binary', 'AAECA/79/P8='),
        },
      ];
    case 'cleanup':
      return [{ id: 'cleanup', title: 'A client has left', event: cleanupEvent(connection) }];
  }
}

function register(
  service: SampleService,
  connection: string,
  client: Partial<Handshake>,
): RegisterEvent {
  return registerEvent(
    {
      connection,
      requestId: '5f0c0d9e-7a31-4c52-9d1b-2f6a8e4b0c13',
      serviceName: service.name ?? 'chat',
      serviceId: service.serviceId ?? 'service-0a1b2c3d',
      pathTemplate: service.path ?? '/websocket',
      pathParameters: {},
      stage: service.stage ?? 'release',
      sourceIp: '127.0.0.1',
      query: '',
      headers: {},
      ...client,
    },
    service.emulator?.registerEnvelope ?? 'query',
  );
}

function text(service: SampleService, connection: string, data: string): TransferEvent {
  return transfer(service, connection, 'text', data);
}

function transfer(
  service: SampleService,
  connection: string,
  dataType: 'text' | 'binary',
  data: string,
): TransferEvent {
  const legacy = service.emulator?.legacyAction ?? false;
  return JSON.parse(transferEventJson(connection, dataType, data, legacy)) as TransferEvent;
}

/**
 * The events that the gateway hands to the three functions, and what it reads from Register's answer.
 * Every value inside `websocket` is a string: real handlers concatenate them (seen).
 */
import type { EmulatorOptions, Stage } from './project';

export type DataType = 'text' | 'binary';

export interface RegisterEvent {
  requestContext: {
    serviceName: string;
    serviceId: string;
    /** The template of the API path, not the path of the request (documented). */
    path: string;
    httpMethod: 'GET';
    requestId: string;
    identity: { secretId?: string };
    sourceIp: string;
    stage: string;
    websocketEnable: true;
  };
  websocket: {
    action: 'connecting';
    secConnectionID: string;
    /** Raw header value; absent when the client sent none (documented). */
    secWebSocketProtocol?: string;
    secWebSocketExtensions?: string;
  };
  /** A repeated key gives a list, a key without a value gives `true` (seen). */
  queryString?: Record<string, string | true | (string | true)[]>;
  headers?: Record<string, string>;
  pathParameters?: Record<string, string>;
}

export interface TransferEvent {
  websocket: {
    action: 'data send' | 'data recv';
    secConnectionID: string;
    dataType: DataType;
    data: string;
  };
}

export interface CleanupEvent {
  websocket: { action: 'closing'; secConnectionID: string };
}

/** What is known of a client that asks to connect. */
export interface Handshake {
  connection: string;
  requestId: string;
  serviceName: string;
  serviceId: string;
  pathTemplate: string;
  pathParameters: Record<string, string>;
  stage: Stage;
  sourceIp: string;
  secretId?: string;
  protocol?: string;
  extensions?: string;
  /** The part after `?`, undecoded, without the `?`. */
  query: string;
  headers: Record<string, string>;
}

/** `a=1&a=2&b` → `{a: ['1','2'], b: true}` (seen in a captured event). */
export function parseQuery(query: string): NonNullable<RegisterEvent['queryString']> {
  const result: NonNullable<RegisterEvent['queryString']> = Object.create(null) as object as never;
  for (const part of query.split('&')) {
    if (part === '') {
      continue;
    }
    const equals = part.indexOf('=');
    const key = decodeQuery(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? true : decodeQuery(part.slice(equals + 1));
    const before = result[key];
    if (before === undefined) {
      result[key] = value;
    } else if (Array.isArray(before)) {
      before.push(value);
    } else {
      result[key] = [before, value];
    }
  }
  return { ...result };
}

function decodeQuery(text: string): string {
  const spaced = text.replace(/\+/g, ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced; // A lone % is kept as it came: a client's typo must not refuse the connection.
  }
}

export function registerEvent(
  handshake: Handshake,
  envelope: EmulatorOptions['registerEnvelope'],
): RegisterEvent {
  const event: RegisterEvent = {
    requestContext: {
      serviceName: handshake.serviceName,
      serviceId: handshake.serviceId,
      path: handshake.pathTemplate,
      httpMethod: 'GET',
      requestId: handshake.requestId,
      identity: handshake.secretId === undefined ? {} : { secretId: handshake.secretId },
      sourceIp: handshake.sourceIp,
      stage: handshake.stage,
      websocketEnable: true,
    },
    websocket: { action: 'connecting', secConnectionID: handshake.connection },
  };
  if (handshake.protocol !== undefined) {
    event.websocket.secWebSocketProtocol = handshake.protocol;
  }
  if (handshake.extensions !== undefined) {
    event.websocket.secWebSocketExtensions = handshake.extensions;
  }
  if (envelope !== 'documented') {
    event.queryString = parseQuery(handshake.query);
  }
  if (envelope === 'full') {
    event.headers = handshake.headers;
    event.pathParameters = handshake.pathParameters;
  }
  return event;
}

/**
 * The transfer event as JSON text. Built by hand around the payload, because this is the hot path: base64
 * needs no escaping, and the connection id is ours.
 */
export function transferEventJson(
  connection: string,
  dataType: DataType,
  data: string,
  legacyAction: boolean,
): string {
  const encoded = dataType === 'binary' ? `"${data}"` : JSON.stringify(data);
  const action = legacyAction ? 'data recv' : 'data send';
  return `{"websocket":{"action":"${action}","secConnectionID":"${connection}","dataType":"${dataType}","data":${encoded}}}`;
}

export function cleanupEvent(connection: string): CleanupEvent {
  return { websocket: { action: 'closing', secConnectionID: connection } };
}

/**
 * The shapes of events, answers and pushes, described once: declaration files, typed dictionaries and the schema of
 * event files are written from this, each part with what the ledger knows of it. Names of parts are the contract's.
 */

export type ContractType =
  | 'string'
  | 'integer'
  | 'boolean'
  | { literals: readonly string[] }
  | { shape: string }
  /** A mapping from any name. */
  | { values: ContractType }
  | { list: ContractType }
  | { either: readonly ContractType[] }
  | 'true';

export interface ContractField {
  name: string;
  type: ContractType;
  optional?: true;
  /** One or two sentences. */
  doc: string;
  /** Id of the row of the ledger that tells what is known. */
  row: string;
}

export interface ContractShape {
  name: string;
  doc: string;
  row: string;
  fields: readonly ContractField[];
}

const connection = (doc: string): ContractField => ({
  name: 'secConnectionID',
  type: 'string',
  doc,
  row: 'register.id',
});

const protocolFields = (
  protocol: string,
  extensions: string,
  rows: [string, string],
): ContractField[] => [
  { name: 'secWebSocketProtocol', type: 'string', optional: true, doc: protocol, row: rows[0] },
  { name: 'secWebSocketExtensions', type: 'string', optional: true, doc: extensions, row: rows[1] },
];

const dataType: ContractField = {
  name: 'dataType',
  type: { literals: ['text', 'binary'] },
  doc: 'Whether `data` is the text itself or bytes in base64.',
  row: 'transfer.binary',
};

const queryValue: ContractType = { either: ['string', 'true'] };

export const contractShapes: readonly ContractShape[] = [
  {
    name: 'RequestContext',
    doc: 'What the gateway knows of the request that asks to connect.',
    row: 'register.event',
    fields: [
      {
        name: 'serviceName',
        type: 'string',
        doc: 'Name of the API service.',
        row: 'register.event',
      },
      {
        name: 'serviceId',
        type: 'string',
        doc: '`service-` and eight characters.',
        row: 'register.event',
      },
      {
        name: 'path',
        type: 'string',
        doc: 'The template of the API path, not the path of the request.',
        row: 'register.event',
      },
      { name: 'httpMethod', type: 'string', doc: 'Always `GET`.', row: 'register.event' },
      { name: 'requestId', type: 'string', doc: 'Names this request.', row: 'register.event' },
      {
        name: 'identity',
        type: { values: 'string' },
        doc: 'Empty without authentication; `secretId` with a key pair.',
        row: 'register.event',
      },
      { name: 'sourceIp', type: 'string', doc: 'Address of the client.', row: 'register.event' },
      {
        name: 'stage',
        type: 'string',
        doc: '`release`, `prepub` or `test`.',
        row: 'register.event',
      },
      { name: 'websocketEnable', type: 'boolean', doc: 'Always true.', row: 'register.boolean' },
    ],
  },
  {
    name: 'Connecting',
    doc: 'A client that asks to connect.',
    row: 'register.event',
    fields: [
      {
        name: 'action',
        type: { literals: ['connecting'] },
        doc: 'Says what the event is about.',
        row: 'register.event',
      },
      connection('Names the connection; keep it to push to the client.'),
      ...protocolFields(
        'The sub-protocols that the client offers, as it wrote them: `chat, binary`. Absent when it offers none.',
        'The extensions that the client offers, as it wrote them. Absent when it offers none.',
        ['register.protocol-header', 'register.extensions-header'],
      ),
    ],
  },
  {
    name: 'RegisterEvent',
    doc: 'The event of Register: a client asks to connect.',
    row: 'register.event',
    fields: [
      {
        name: 'requestContext',
        type: { shape: 'RequestContext' },
        doc: 'Only Register gets it.',
        row: 'register.event',
      },
      {
        name: 'websocket',
        type: { shape: 'Connecting' },
        doc: 'The client that asks to connect.',
        row: 'register.strings',
      },
      {
        name: 'queryString',
        type: { values: { either: [...queryValue.either, { list: queryValue }] } },
        optional: true,
        doc: 'The query string of the handshake. Only Register gets it: keep what later events need. A repeated key gives a list, a key without a value gives true.',
        row: 'register.query',
      },
      {
        name: 'headers',
        type: { values: 'string' },
        optional: true,
        doc: 'Only with the setting `registerEnvelope: full`.',
        row: 'register.envelope-full',
      },
      {
        name: 'pathParameters',
        type: { values: 'string' },
        optional: true,
        doc: 'Only with the setting `registerEnvelope: full`.',
        row: 'register.envelope-full',
      },
    ],
  },
  {
    name: 'ConnectingAnswer',
    doc: 'What Register gives back about the client.',
    row: 'register.no-websocket',
    fields: [
      {
        name: 'action',
        type: { literals: ['connecting'] },
        doc: 'As in the event.',
        row: 'register.no-websocket',
      },
      connection('As in the event.'),
      ...protocolFields(
        'Exactly one of the sub-protocols that the client offers. A browser fails the handshake for anything else.',
        'Leave it out: no extension goes out.',
        ['register.protocol-answer', 'register.extensions'],
      ),
    ],
  },
  {
    name: 'RegisterAnswer',
    doc: 'The answer of Register: it decides whether the client is let in.',
    row: 'register.accepts',
    fields: [
      {
        name: 'errNo',
        type: 'integer',
        doc: 'A whole number. 0 lets the client in, any other number refuses it.',
        row: 'register.errno-not-integer',
      },
      {
        name: 'errMsg',
        type: 'string',
        doc: 'Why the client is refused.',
        row: 'register.no-errmsg',
      },
      {
        name: 'websocket',
        type: { shape: 'ConnectingAnswer' },
        optional: true,
        doc: 'The client and its sub-protocol.',
        row: 'register.no-websocket',
      },
    ],
  },
  {
    name: 'Message',
    doc: 'A message of a client.',
    row: 'transfer.event',
    fields: [
      {
        name: 'action',
        type: { literals: ['data send', 'data recv'] },
        doc: '`data send`; `data recv` only with the setting `legacyAction`.',
        row: 'transfer.action',
      },
      connection('The client that sent the message.'),
      dataType,
      {
        name: 'data',
        type: 'string',
        doc: 'The text, or the bytes in base64.',
        row: 'transfer.text',
      },
    ],
  },
  {
    name: 'TransmissionEvent',
    doc: 'The event of Transmission: a client sent a message.',
    row: 'transfer.event',
    fields: [
      {
        name: 'websocket',
        type: { shape: 'Message' },
        doc: 'The message.',
        row: 'register.strings',
      },
    ],
  },
  {
    name: 'Closing',
    doc: 'A connection that ended.',
    row: 'cleanup.event',
    fields: [
      {
        name: 'action',
        type: { literals: ['closing'] },
        doc: 'Says what the event is about.',
        row: 'cleanup.event',
      },
      connection('The client that has left. A push to it is answered with an errNo.'),
    ],
  },
  {
    name: 'DeleteEvent',
    doc: 'The event of Delete: a client has left.',
    row: 'cleanup.event',
    fields: [
      {
        name: 'websocket',
        type: { shape: 'Closing' },
        doc: 'The connection that ended.',
        row: 'register.strings',
      },
    ],
  },
  {
    name: 'DataPush',
    doc: 'A push that sends a message to a client.',
    row: 'push.text',
    fields: [
      {
        name: 'action',
        type: { literals: ['data send'] },
        doc: 'Sends a message.',
        row: 'push.text',
      },
      connection('The client that gets the message.'),
      { ...dataType, row: 'push.no-data-type' },
      {
        name: 'data',
        type: 'string',
        doc: 'The text, or the bytes in base64.',
        row: 'push.data-not-string',
      },
    ],
  },
  {
    name: 'ClosingPush',
    doc: 'A push that closes a connection.',
    row: 'push.closing',
    fields: [
      {
        name: 'action',
        type: { literals: ['closing'] },
        doc: 'Closes the connection.',
        row: 'push.closing',
      },
      connection('The client whose connection is closed.'),
    ],
  },
  {
    name: 'Push',
    doc: 'The body of a POST to the reverse push address, as JSON.',
    row: 'push.text',
    fields: [
      {
        name: 'websocket',
        type: { either: [{ shape: 'DataPush' }, { shape: 'ClosingPush' }] },
        doc: 'What is to be done, and with which client.',
        row: 'push.9004',
      },
    ],
  },
  {
    name: 'PushAnswer',
    doc: 'What the push address answers.',
    row: 'push.answer',
    fields: [
      {
        name: 'errNo',
        type: 'integer',
        doc: '0 when it was done. Other numbers are made up by the emulator: 9001 for a client that is gone.',
        row: 'push.9001',
      },
      { name: 'errMsg', type: 'string', doc: '`ok`, or what is wrong.', row: 'push.answer' },
    ],
  },
  {
    name: 'Context',
    doc: 'What a function is told of itself.',
    row: 'runtime.context',
    fields: [
      { name: 'request_id', type: 'string', doc: 'Names this invocation.', row: 'runtime.context' },
      { name: 'memory_limit_in_mb', type: 'integer', doc: 'Memory in MB.', row: 'runtime.context' },
      {
        name: 'time_limit_in_ms',
        type: 'integer',
        doc: 'Timeout in milliseconds.',
        row: 'runtime.context',
      },
      {
        name: 'environment',
        type: 'string',
        doc: 'The environment variables as JSON text.',
        row: 'runtime.context-environment',
      },
      {
        name: 'environ',
        type: 'string',
        doc: 'The environment variables as `k=v;k=v`.',
        row: 'runtime.context-environment',
      },
      { name: 'function_version', type: 'string', doc: '`$LATEST`.', row: 'runtime.context' },
      {
        name: 'function_name',
        type: 'string',
        doc: 'Name of the function.',
        row: 'runtime.context',
      },
      {
        name: 'namespace',
        type: 'string',
        doc: 'Namespace of the function.',
        row: 'runtime.context',
      },
      {
        name: 'tencentcloud_region',
        type: 'string',
        doc: 'Region, as `ap-guangzhou`.',
        row: 'runtime.context',
      },
      {
        name: 'tencentcloud_appid',
        type: 'string',
        doc: 'Id of the account.',
        row: 'runtime.context',
      },
      {
        name: 'tencentcloud_uin',
        type: 'string',
        doc: 'Number of the account.',
        row: 'runtime.context',
      },
    ],
  },
];

/** What there is to read: of an event's `websocket`, whatever its action, and of the context. */
export const memberNames = {
  websocket: namesOf('Connecting', 'Message', 'Closing'),
  context: namesOf('Context'),
};

function namesOf(...shapes: string[]): string[] {
  const fields = contractShapes
    .filter(({ name }) => shapes.includes(name))
    .flatMap((each) => each.fields);
  return [...new Set(fields.map(({ name }) => name))];
}

/** The shape of the event that each role gets. */
export const eventShapes = {
  register: 'RegisterEvent',
  transfer: 'TransmissionEvent',
  cleanup: 'DeleteEvent',
} as const;

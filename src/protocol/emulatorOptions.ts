/**
 * The settings of the emulator: what nobody documented, each with our choice as its default. This table is the only
 * place that lists them: the types, the JSON schema of scfws.json, the settings in package.json and their texts in both
 * languages are made of it (`npm run generate`). Each option has a row in the fidelity ledger that names it.
 */

/** Why a connection ended; `cleanupOn` lists those after which Cleanup runs. */
export const closeCauses = [
  'clientClose',
  'clientVanished',
  'protocolError',
  'notReading',
  'pushClosing',
  'idle',
  'platformFailure',
  'leftDuringRegister',
  'gatewayStop',
  'operator',
] as const;
export type CloseCause = (typeof closeCauses)[number];

type Scalar = string | number;

/** What may be written for an option. `values` with `several`: a list of them, each at most once. */
export interface OptionTable {
  [name: string]: {
    /** English, Markdown; translated in l10n/contributed.zh-cn.json. */
    text: string;
    initial: boolean | Scalar | readonly Scalar[];
    values?: readonly Scalar[];
    /** What each value means, where its name does not say it. */
    meanings?: Readonly<Record<string, string>>;
    several?: true;
    minimum?: number;
    maximum?: number;
  };
}

const closeCodes = [1000, 1001, 1008, 1011, 1012, 1013, 4000] as const;
const errorStatus = { minimum: 400, maximum: 599 } as const;

export const emulatorOptions = {
  registerEnvelope: {
    text: 'What the register event holds: the documented fields, also the query string, or also headers and path parameters.',
    values: ['documented', 'query', 'full'],
    meanings: {
      documented: 'Only the documented fields.',
      query: 'The documented fields and `queryString`, as seen in captured events.',
      full: 'Also headers and path parameters.',
    },
    initial: 'query',
  },
  legacyAction: {
    text: 'Name the upstream action `data recv`, as in pages of 2018–19, instead of `data send`.',
    initial: false,
  },
  strict: {
    text: 'Refuse what is otherwise accepted with a warning.',
    initial: false,
  },
  transferConcurrency: {
    text: 'Messages of one connection one after the other, or at the same time.',
    values: ['ordered', 'parallel'],
    meanings: {
      ordered: 'One message of a connection after the other.',
      parallel: 'Messages of a connection may run at the same time.',
    },
    initial: 'ordered',
  },
  closeOnUserError: {
    text: 'Drop the client when the transfer function raises an error or takes too long.',
    initial: false,
  },
  cleanupOn: {
    text: 'Ends of a connection after which the cleanup function runs.',
    values: closeCauses,
    several: true,
    initial: ['clientClose', 'clientVanished', 'protocolError', 'notReading', 'leftDuringRegister'],
  },
  pushErrorStatus: {
    text: 'HTTP status of a push answer whose `errNo` is not 0.',
    minimum: 200,
    maximum: 599,
    initial: 200,
  },
  queueUntilOpen: {
    text: 'Keep a push to a connection that is still connecting until it is open, instead of answering `errNo` 9002.',
    initial: false,
  },
  idleResetOn: {
    text: 'What starts the idle time of a connection anew.',
    values: ['toServer', 'toClient', 'ping'],
    several: true,
    initial: ['toServer', 'toClient'],
  },
  redirectPush: {
    text: "Redirect requests of the handlers to the cloud's push hosts to the local push address.",
    initial: true,
  },
  reusePushConnections: {
    text: 'Send plain pushes that a Python handler makes with `requests` over connections that are kept, where the handler cannot tell.',
    initial: true,
  },
  coldStart: {
    text: 'Start a new instance for every event.',
    initial: false,
  },
  inheritEnvironment: {
    text: "Give handlers the variables, time zone and language of the shell instead of the cloud's.",
    initial: false,
  },
  refusalStatus: {
    text: 'HTTP status of a handshake that Register refuses with an `errNo`.',
    ...errorStatus,
    initial: 403,
  },
  failureStatus: {
    text: 'HTTP status of a handshake whose Register fails or answers something useless.',
    ...errorStatus,
    initial: 502,
  },
  timeoutStatus: {
    text: 'HTTP status of a handshake whose Register outlasts the backend timeout.',
    ...errorStatus,
    initial: 504,
  },
  pushCloseCode: {
    text: 'Close code that a client gets when a push with the action `closing` ends its connection.',
    values: closeCodes,
    initial: 1000,
  },
  idleCloseCode: {
    text: 'Close code that a client gets when its connection is idle for too long.',
    values: closeCodes,
    initial: 1001,
  },
  platform: {
    text: 'Whose limits are kept: those of API Gateway, or those of a Web function with WebSocket.',
    values: ['apiGateway', 'webFunction'],
    meanings: {
      apiGateway: 'The contract of API Gateway.',
      webFunction:
        'Also the limits of a Web function: 256 KB a message, 128 KB and 10 messages a second, its idle and execution timeouts, its status codes.',
    },
    initial: 'apiGateway',
  },
  webFunctionIdle: {
    text: 'Idle timeout of a Web function, seconds; in force with the platform `webFunction`.',
    minimum: 10,
    maximum: 7200,
    initial: 60,
  },
  webFunctionTimeout: {
    text: 'Execution timeout of a Web function, seconds: the longest life of a connection; in force with the platform `webFunction`.',
    minimum: 10,
    maximum: 86_400,
    initial: 900,
  },
  webFunctionOverLimit: {
    text: 'What a Web function does with a message that is too large, or comes too fast.',
    values: ['close', 'pass'],
    meanings: {
      close: 'The connection is closed: 1009 for size, 1008 for pace.',
      pass: 'It passes, and a finding tells of it.',
    },
    initial: 'close',
  },
} as const satisfies OptionTable;

type Table = typeof emulatorOptions;

/** Strings keep their choices; numbers are numbers, checked at run time. */
type ValueOf<O> = O extends { values: readonly (infer V)[]; several: true }
  ? V[]
  : O extends { values: readonly (infer V)[] }
    ? V extends number
      ? number
      : V
    : O extends { minimum: number }
      ? number
      : boolean;

export type EmulatorOptions = { -readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** A fresh copy: lists in it may be changed. */
export function defaultOptions(): EmulatorOptions {
  const options = Object.entries(emulatorOptions).map(([name, { initial }]) => [
    name,
    Array.isArray(initial) ? [...(initial as readonly Scalar[])] : initial,
  ]);
  return Object.fromEntries(options) as EmulatorOptions;
}

export const defaultEmulatorOptions: EmulatorOptions = defaultOptions();

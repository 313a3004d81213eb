/**
 * The table of steps: the one place that says which there are, what each takes, and what each means. The reader, the
 * JSON schema, completion and hovers come from it.
 */
import * as l10n from '@vscode/l10n';
import { closeCauses } from '../../protocol/project';
import { faultPresets } from '../../protocol/faultPresets';
import type { StepKind } from './flow';
import type { Schema } from './schema';

export interface StepEntry {
  kind: StepKind;
  /** What stands before the words: the name of a client or of a function; undefined: nothing. */
  subject?: 'client' | 'function';
  words: string;
  takes: 'nothing' | 'optional' | 'value';
  shape: Schema;
  /** Whether `as` may stand beside it. */
  captures?: true;
  /** Only the emulator can do or tell it; against another gateway the step is left out. */
  emulatorOnly?: true;
  /** For people; Markdown. */
  says: string;
  /** Lines of YAML, as they stand under `steps`. */
  example: string;
}

const duration = (): Schema => ({
  type: ['string', 'number'],
  description: l10n.t('A time such as `20m`, `1h 30m`, `15s` or `500ms`; a number counts seconds.'),
});

const text = (description: string): Schema => ({ type: 'string', description });

export const clientShape = (): Schema => ({
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    protocols: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: l10n.t('Sub-protocols that the client offers.'),
    },
    headers: {
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean'] },
      description: l10n.t('Headers of the handshake.'),
    },
    query: {
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean'] },
      description: l10n.t('Parameters of the query.'),
    },
    stage: text(l10n.t('`release`, `prepub` or `test`; default: the first stage of the project.')),
    path: text(l10n.t('Path of this client, for an API whose path has parameters.')),
  },
});

const runShape = (): Schema => ({
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    for: text(l10n.t('Only events of this client.')),
    as: {
      type: 'string',
      enum: ['register', 'transfer', 'cleanup'],
      description: l10n.t('Only events in this role.'),
    },
    times: {
      type: 'integer',
      minimum: 0,
      description: l10n.t(
        'How many such runs there were since the scenario began. Without it the next one is looked for.',
      ),
    },
    start: {
      type: 'string',
      enum: ['cold', 'warm'],
      description: l10n.t('Whether a fresh process took the event.'),
    },
    ended: {
      type: ['string', 'integer'],
      description: l10n.t('`ok`, `error`, or the status of the error, e.g. 430 or 433.'),
    },
    error: { description: l10n.t('What the message of the error must match.') },
    returned: { description: l10n.t('What the returned value must match.') },
    logged: {
      description: l10n.t('What a line of its log must match; a list: each of them.'),
    },
    pushes: {
      type: ['array', 'integer'],
      description: l10n.t('The pushes that it made, in their order, or how many.'),
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          to: text(l10n.t('The client.')),
          data: { description: l10n.t('What the payload must match.') },
          action: { type: 'string', enum: ['data send', 'closing'] },
          errNo: { type: 'integer', description: l10n.t('The answer; default: 0.') },
        },
      },
    },
  },
});

const refusal = (): Schema => {
  const { properties } = clientShape();
  return {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      ...properties,
      status: { type: 'integer', description: l10n.t('HTTP status of the answer.') },
      body: { description: l10n.t('What the body of the answer must match.') },
    },
  };
};

/** Evaluated anew for each language. */
export function stepTable(): StepEntry[] {
  return [
    {
      kind: 'connects',
      subject: 'client',
      words: 'connects',
      takes: 'optional',
      shape: {
        ...clientShape(),
        properties: {
          ...clientShape().properties,
          protocol: text(l10n.t('The sub-protocol that the handshake must agree on.')),
        },
      },
      says: l10n.t('The client connects, and Register must let it in. Its inbox begins anew.'),
      example: '- alice connects\n- bob connects: { query: { room: lobby }, protocol: chat }',
    },
    {
      kind: 'isRefused',
      subject: 'client',
      words: 'is refused',
      takes: 'optional',
      shape: refusal(),
      says: l10n.t('The client tries to connect and must be refused, with this status and body.'),
      example: '- mallory is refused: { query: { token: bad }, status: 403, body: { errNo: 7 } }',
    },
    {
      kind: 'sends',
      subject: 'client',
      words: 'sends',
      takes: 'value',
      shape: {},
      says: l10n.t(
        'Sends one message. Text is sent as it is, anything else as JSON. `$bytes` (base64), `$hex` and `$file` send binary, `$fragments` a message in several frames, `$repeat` a long text.',
      ),
      example:
        '- alice sends: hello\n- alice sends: { type: join, room: lobby }\n- alice sends: { $hex: "00 ff 10" }\n- alice sends: { $fragments: [hel, lo] }',
    },
    {
      kind: 'pings',
      subject: 'client',
      words: 'pings',
      takes: 'optional',
      shape: { type: ['string', 'null'] },
      says: l10n.t('Sends a ping; the pong with the same data must come back.'),
      example: '- alice pings',
    },
    {
      kind: 'receivesNext',
      subject: 'client',
      words: 'receives next',
      takes: 'value',
      shape: {},
      captures: true,
      says: l10n.t('The next message in the inbox must match: nothing may come before it.'),
      example: '- bob receives next: hello',
    },
    {
      kind: 'receivesInAnyOrder',
      subject: 'client',
      words: 'receives in any order',
      takes: 'value',
      shape: { type: 'array', minItems: 1 },
      captures: true,
      says: l10n.t(
        'A message for each of these must come, in whichever order. What lies between them is skipped and shown.',
      ),
      example: '- bob receives in any order:\n    - { type: joined }\n    - { type: welcome }',
    },
    {
      kind: 'receivesExactly',
      subject: 'client',
      words: 'receives exactly',
      takes: 'value',
      shape: { type: 'array', minItems: 1 },
      captures: true,
      says: l10n.t('These messages must come in this order, and nothing else.'),
      example: '- bob receives exactly: [one, two]',
    },
    {
      kind: 'receivesNothing',
      subject: 'client',
      words: 'receives nothing',
      takes: 'nothing',
      shape: { type: 'null' },
      says: l10n.t(
        'There must be no unread message once nothing more can come. The gateway knows when that is: nothing is waited for.',
      ),
      example: '- carol receives nothing',
    },
    {
      kind: 'receives',
      subject: 'client',
      words: 'receives',
      takes: 'value',
      shape: {},
      captures: true,
      says: l10n.t(
        'Looks forward in the inbox, from where the last step stopped, for a message that matches. What it goes past is shown. Text must be equal; a mapping or list must be part of the JSON of the message. Matchers: `$type`, `$regex`, `$absent`, `$any`, `$not`, `$oneOf`, `$contains`, `$size`, `$above`, `$below`, `$exactly`, `$bytes`, `$hex`, `$capture`.',
      ),
      example:
        '- bob receives: hello\n- bob receives: { type: said, id: { $capture: id }, at: { $type: number } }\n- bob receives: { $regex: "^hello (?<name>\\\\w+)" }',
    },
    {
      kind: 'closes',
      subject: 'client',
      words: 'closes',
      takes: 'optional',
      shape: {
        type: ['integer', 'object', 'null'],
        minimum: 1000,
        maximum: 4999,
        additionalProperties: false,
        properties: {
          code: { type: 'integer', minimum: 1000, maximum: 4999 },
          reason: { type: 'string' },
        },
      },
      says: l10n.t('The client closes its connection, with 1000 or this code.'),
      example: '- alice closes\n- bob closes: { code: 4001, reason: tired }',
    },
    {
      kind: 'drops',
      subject: 'client',
      words: 'drops',
      takes: 'nothing',
      shape: { type: 'null' },
      says: l10n.t(
        'The line of the client is cut: no Close frame, as when a phone loses its network.',
      ),
      example: '- alice drops',
    },
    {
      kind: 'isClosed',
      subject: 'client',
      words: 'is closed',
      takes: 'optional',
      shape: {
        type: ['integer', 'object', 'null'],
        additionalProperties: false,
        properties: {
          code: {
            type: 'integer',
            description: l10n.t('Close code; 1006: without a Close frame.'),
          },
          reason: { description: l10n.t('What the reason must match.') },
          cause: {
            type: 'string',
            enum: closeCauses,
            description: l10n.t('Why the gateway says it ended.'),
          },
        },
      },
      says: l10n.t('The other side must have closed the connection of the client.'),
      example: '- bob is closed: { code: 1001, cause: idle }',
    },
    {
      kind: 'isOpen',
      subject: 'client',
      words: 'is open',
      takes: 'nothing',
      shape: { type: 'null' },
      says: l10n.t('The connection of the client must still be there.'),
      example: '- bob is open',
    },
    {
      kind: 'didNotRun',
      subject: 'function',
      words: 'did not run',
      takes: 'optional',
      shape: runShape(),
      emulatorOnly: true,
      says: l10n.t('There was no such run since the scenario began.'),
      example: '- Delete did not run: { for: bob }',
    },
    {
      kind: 'ran',
      subject: 'function',
      words: 'ran',
      takes: 'optional',
      shape: runShape(),
      emulatorOnly: true,
      says: l10n.t(
        'A run of the function: the next one that matches, or with `times` how many there were. It sees what no client can: cold or warm, the value, the log, the pushes and their errNo.',
      ),
      example:
        '- Transmission ran: { for: alice, returned: { errNo: 0 }, pushes: [{ to: bob }] }\n- Delete ran: { for: alice, times: 1 }',
    },
    {
      kind: 'restarts',
      subject: 'function',
      words: 'restarts',
      takes: 'optional',
      shape: { type: ['string', 'null'], enum: ['now'] },
      emulatorOnly: true,
      says: l10n.t(
        'The processes of the function are thrown away: the next event starts cold. With `now` also the running event ends, with error 439.',
      ),
      example: '- Transmission restarts',
    },
    {
      kind: 'isInvoked',
      subject: 'function',
      words: 'is invoked',
      takes: 'optional',
      shape: {
        type: ['object', 'null'],
        additionalProperties: false,
        properties: {
          event: {
            description: l10n.t(
              'The event: a mapping, the path of a JSON file beside this one, or the id of a sample.',
            ),
          },
          ended: { type: ['string', 'integer'] },
          returned: {},
          error: {},
        },
      },
      captures: true,
      emulatorOnly: true,
      says: l10n.t('Runs the function by hand, without a client, and checks what it returned.'),
      example: '- Transmission is invoked: { event: sample, returned: { errNo: 0 } }',
    },
    {
      kind: 'push',
      words: 'push',
      takes: 'value',
      shape: {
        type: 'object',
        additionalProperties: false,
        required: ['to'],
        properties: {
          to: text(l10n.t('A client, or an id of a connection.')),
          data: { description: l10n.t('What is pushed, as in `sends`.') },
          close: { type: 'boolean', description: l10n.t('Ends the connection instead.') },
          errNo: { type: 'integer', description: l10n.t('The answer; default: 0.') },
        },
      },
      says: l10n.t(
        'A push from outside, through the push address, as another server would make it.',
      ),
      example: '- push: { to: alice, data: { type: news } }\n- push: { to: bob, close: true }',
    },
    {
      kind: 'advance',
      words: 'advance',
      takes: 'value',
      shape: duration(),
      emulatorOnly: true,
      says: l10n.t(
        'Moves the clock of the gateway ahead, in no time: idle timeouts and all other limits run on it. Between two `advance` a connection is never idle, however busy the machine is. A function that still runs, because a step before had `wait: false`, reaches its limit.',
      ),
      example: '- advance: 20m',
    },
    {
      kind: 'faults',
      words: 'faults',
      takes: 'value',
      shape: {
        type: ['string', 'object'],
        description: [...faultPresets.map(({ id }) => id), 'off'].join(', '),
      },
      emulatorOnly: true,
      says: l10n.t('The fault lab disturbs what follows: a preset, a plan with a seed, or `off`.'),
      example:
        '- faults: { seed: 7, rules: [{ fault: pushFails, rate: 1, errNo: 9001 }] }\n- faults: off',
    },
    {
      kind: 'options',
      words: 'options',
      takes: 'value',
      shape: { type: 'object' },
      emulatorOnly: true,
      says: l10n.t(
        'Changes settings of the emulator for what follows, as `emulator` in scfws.json.',
      ),
      example: '- options: { closeOnUserError: true }',
    },
    {
      kind: 'set',
      words: 'set',
      takes: 'value',
      shape: { type: 'object' },
      says: l10n.t('Sets variables; `${name}` in any text of a later step becomes its value.'),
      example: '- set: { greeting: "hello ${name}" }',
    },
    {
      kind: 'include',
      words: 'include',
      takes: 'value',
      shape: { type: 'string', minLength: 1 },
      says: l10n.t(
        'The steps of another flow stand here: `file.wsflow.yaml`, or with `#name` one scenario of it. `with` beside it sets variables.',
      ),
      example: '- include: join.wsflow.yaml#joins\n  with: { who: alice }',
    },
    {
      kind: 'together',
      words: 'together',
      takes: 'value',
      shape: { type: 'array', minItems: 1 },
      says: l10n.t('These steps begin at once; the next one when all of them have ended.'),
      example: '- together:\n    - alice sends: one\n    - bob sends: two',
    },
  ];
}

const kinds = new Map<StepKind, boolean>();

/** Whether only the emulator can do or tell it. */
export function isEmulatorOnly(kind: StepKind): boolean {
  if (kinds.size === 0) {
    for (const entry of stepTable()) {
      kinds.set(entry.kind, entry.emulatorOnly === true);
    }
  }
  return kinds.get(kind) ?? false;
}

/** The JSON schema of `*.wsflow.yaml`, made from the table of steps: for the reader and for editors. */
import * as l10n from '@vscode/l10n';
import type { Schema } from './schema';
import { clientShape, type StepEntry, stepTable } from './stepTable';

const matrixShape = (): Schema => ({
  type: 'object',
  additionalProperties: { type: 'array', minItems: 1 },
  description: l10n.t('Names and the values that each takes: every combination runs on its own.'),
});

const eventShape = (): Schema => ({
  type: 'string',
  minLength: 1,
  description: l10n.t(
    'An event: `Register of alice starts`, `… pushes to bob`, `… has pushed to bob`, `… ends`, or the step of a client: `bob closes`. ` #2` behind it means the second one.',
  ),
});

const orderShape = (): Schema => ({
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    properties: {
      hold: { ...eventShape(), description: l10n.t('This event is held back …') },
      until: { ...eventShape(), description: l10n.t('… until this one has happened.') },
      fresh: { ...eventShape(), description: l10n.t('A new process takes this event.') },
      dies: {
        ...eventShape(),
        description: l10n.t('The process dies when it comes to this push.'),
      },
      fails: { ...eventShape(), description: l10n.t('This push is answered with errNo 9007.') },
    },
  },
  description: l10n.t(
    'Pins the order of events: what differs from the plain order. `scfws explore` finds such orders and writes them.',
  ),
});

const alwaysShape = (): Schema => ({
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    additionalProperties: false,
    properties: {
      frames: { description: l10n.t('What each message to a client must match.') },
      to: { type: 'string', description: l10n.t('Only messages to this client.') },
      returned: { description: l10n.t('What the value of each run must match.') },
      of: { type: 'string', description: l10n.t('Only runs of this function.') },
      store: {
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
        description: l10n.t(
          'A program and its arguments, run without a shell in the project folder when nothing moves any more; it prints the store as JSON.',
        ),
      },
      matches: { description: l10n.t('What that JSON must match.') },
    },
  },
  description: l10n.t('What holds after each scenario of this file, in every order of events.'),
});

/** The frame around the steps; the steps themselves are read by their words. */
export function flowShape(): Schema {
  const vars: Schema = {
    type: 'object',
    description: l10n.t('Variables: `${name}` in any text becomes the value.'),
  };
  const steps: Schema = {
    type: 'array',
    minItems: 1,
    description: l10n.t('What happens, in order.'),
  };
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      name: { type: 'string', minLength: 1, description: l10n.t('What this file is about.') },
      project: {
        type: 'string',
        description: l10n.t(
          'Folder with the scfws.json, relative to this file. Default: the nearest one above.',
        ),
      },
      clients: {
        type: ['object', 'array'],
        additionalProperties: clientShape(),
        items: { type: 'string' },
        description: l10n.t('Who takes part, and how each connects. A list of names is enough.'),
      },
      vars,
      matrix: matrixShape(),
      setup: {
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
        description: l10n.t(
          'A program and its arguments, run in the project folder before each scenario, without a shell; with the environment of the functions.',
        ),
      },
      env: {
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean'] },
        description: l10n.t(
          'Environment variables of the functions. `SCFWS_STORE` is always set: a folder that is new for each scenario.',
        ),
      },
      functions: {
        type: 'string',
        enum: ['fresh', 'warm'],
        default: 'fresh',
        description: l10n.t(
          '`fresh`: each scenario has handler processes, gateway and store of its own. `warm`: those of this file share them, one after the other.',
        ),
      },
      timeout: {
        type: ['string', 'number'],
        description: l10n.t(
          'How long a step may take until nothing more can come; default 30s. It only bounds real work: no step waits for it.',
        ),
      },
      always: alwaysShape(),
      order: orderShape(),
      scenarios: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'steps'],
          properties: {
            name: { type: 'string', minLength: 1, description: l10n.t('What is shown.') },
            skip: {
              type: ['boolean', 'string'],
              description: l10n.t('Not run; say why.'),
            },
            vars,
            matrix: matrixShape(),
            order: orderShape(),
            steps,
          },
        },
        description: l10n.t('Conversations; each begins with nobody connected.'),
      },
      steps,
    },
  };
}

/** What an editor needs to complete and to check a file. */
export function flowSchema(): Schema {
  const shape = flowShape();
  const step: Schema = { $ref: '#/definitions/step' };
  const stepList = (list: Schema | undefined): Schema => ({ ...list, items: step });
  const { scenarios } = shape.properties ?? {};
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: l10n.t('Scenarios of an SCF WebSocket API'),
    ...shape,
    properties: {
      ...shape.properties,
      steps: stepList(shape.properties?.['steps']),
      scenarios: {
        ...scenarios,
        items: {
          ...scenarios?.items,
          properties: {
            ...scenarios?.items?.properties,
            steps: stepList(scenarios?.items?.properties?.['steps']),
          },
        },
      },
    },
    definitions: { step: stepSchema(stepTable()) },
  };
}

const name = '[^\\s:]+';

function stepSchema(table: StepEntry[]): Schema {
  const keyOf = ({ subject, words }: StepEntry): string =>
    subject === undefined ? `^${words}$` : `^${name} ${words}$`;
  const lines = table.filter(({ takes }) => takes !== 'value');
  return {
    description: l10n.t('One step: who does what.'),
    anyOf: [
      { type: 'string', pattern: lines.map(keyOf).join('|') },
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          as: {
            type: 'string',
            pattern: '^[A-Za-z_]\\w*$',
            description: l10n.t('Keeps what was received in a variable.'),
          },
          wait: {
            type: 'boolean',
            default: true,
            description: l10n.t(
              'With `false` the next step begins before everything that this one caused has ended.',
            ),
          },
          with: { type: 'object', description: l10n.t('Variables for what is included.') },
          note: { type: 'string', description: l10n.t('For readers only.') },
        },
        patternProperties: Object.fromEntries(
          table.map((entry) => [
            keyOf(entry),
            {
              ...(entry.kind === 'together'
                ? { ...entry.shape, items: { $ref: '#/definitions/step' } }
                : withNothing(entry)),
              description: `${entry.says}\n\n\`\`\`yaml\n${entry.example}\n\`\`\``,
            },
          ]),
        ),
      },
    ],
  };
}

/** `- alice connects:` with nothing behind it is a step, too. */
function withNothing({ takes, shape }: StepEntry): Schema {
  return takes === 'value' || shape.type === undefined
    ? shape
    : { ...shape, type: [...new Set([shape.type, 'null' as const].flat())] };
}

/** Writes the description of the contract as files that language servers read. Pure. */
import { contractShapes, eventShapes } from './contractTypes';
import type { ContractField, ContractShape, ContractType } from './contractTypes';
import { ledger } from './ledger';
import type { LedgerRow } from './ledger';

export { markTitles } from './ledger';

/** How texts are said: as they are written, or in another language. */
export interface Speech {
  text(english: string): string;
  /** What the ledger knows, with its mark and source. */
  known(row: LedgerRow): string;
}

const english: Speech = {
  text: (text) => text,
  known: ({ id, mark, source, when, then }) =>
    `${mark} (${source}): when ${when}, ${then}. [${id}]`,
};

function known(row: string, speech = english): string {
  const found = ledger.find(({ id }) => id === row);
  if (found === undefined) {
    throw new Error(`The ledger has no row ${row}`);
  }
  return speech.known(found);
}

const origin = [
  'Types of the three functions of an SCF WebSocket API, written by SCF WebSocket ("Add Types").',
  'Nothing of it is needed when the functions run, and nothing of it was tried against the cloud.',
];

/** `scfws.d.ts`: for TypeScript by `import type`, for JavaScript by `import('../scfws')` in JSDoc. */
export function renderDeclarations(): string {
  const shapes = contractShapes.map((shape) =>
    [
      docComment([shape.doc, known(shape.row)], ''),
      `export interface ${shape.name} {`,
      ...shape.fields.flatMap((field) => [
        docComment([field.doc, known(field.row)], '  '),
        `  ${field.name}${field.optional === true ? '?' : ''}: ${typeScript(field.type)};`,
      ]),
      ...(shape.name === 'Context' ? nodeOnly : []),
      '}',
      '',
    ].join('\n'),
  );
  return [...origin.map((line) => `// ${line}`), '', ...shapes, handlers].join('\n');
}

const nodeOnly = [
  docComment(['Milliseconds until the timeout.', known('runtime.node-context')], '  '),
  '  getRemainingTimeInMillis(): number;',
  docComment(
    [
      'Set it to false to let the answer out before the event loop is empty.',
      known('runtime.node-context'),
    ],
    '  ',
  ),
  '  callbackWaitsForEmptyEventLoop: boolean;',
  docComment(['Ends the invocation, as a callback would.', known('runtime.node-context')], '  '),
  '  done(error?: unknown, result?: unknown): void;',
  '  succeed(result?: unknown): void;',
  '  fail(error?: unknown): void;',
];

const handlers = `/** Register: runs when a client asks to connect, and decides whether it is let in. */
export type RegisterHandler = (
  event: RegisterEvent,
  context: Context,
) => RegisterAnswer | Promise<RegisterAnswer>;

/** Transmission: runs for each message. Nobody reads what it returns: push what a client shall get. */
export type TransmissionHandler = (event: TransmissionEvent, context: Context) => unknown;

/** Delete: runs when a client has left. Nobody reads what it returns. */
export type DeleteHandler = (event: DeleteEvent, context: Context) => unknown;

/** One function for all roles: \`event.websocket.action\` tells them apart. */
export type AnyHandler = (
  event: RegisterEvent | TransmissionEvent | DeleteEvent,
  context: Context,
) => unknown;
`;

function docComment(paragraphs: readonly string[], indent: string): string {
  const text = paragraphs
    .map((each) => each.replaceAll('*/', '* /'))
    .join(`\n${indent} *\n${indent} * `);
  return `${indent}/**\n${indent} * ${text}\n${indent} */`;
}

function typeScript(type: ContractType): string {
  if (typeof type === 'string') {
    return type === 'integer' ? 'number' : type;
  }
  if ('literals' in type) {
    return type.literals.map((each) => `'${each}'`).join(' | ');
  }
  if ('shape' in type) {
    return type.shape;
  }
  if ('list' in type) {
    return `(${typeScript(type.list)})[]`;
  }
  return 'values' in type
    ? `Record<string, ${typeScript(type.values)}>`
    : type.either.map(typeScript).join(' | ');
}

/** `scfws_types.py`: read by language servers alone, under `if TYPE_CHECKING`; never imported by what runs. */
export function renderTypedDicts(): string {
  const lines = [
    ...origin.map((line) => `# ${line}`),
    '# Use it under "if TYPE_CHECKING:", so that it is never imported when the functions run.',
    'from typing import Dict, List, Literal, TypedDict, Union',
  ];
  for (const shape of contractShapes) {
    const optional = shape.fields.filter((field) => field.optional === true);
    const always = shape.fields.filter((field) => field.optional !== true);
    const base = optional.length === 0 ? undefined : `_${shape.name}Always`;
    if (base !== undefined) {
      lines.push('', '', `class ${base}(TypedDict):`, ...always.flatMap(pythonField));
      lines.push('', '', `class ${shape.name}(${base}, total=False):`);
    } else {
      lines.push('', '', `class ${shape.name}(TypedDict):`);
    }
    lines.push(...docString([shape.doc, known(shape.row)], '    '), '');
    lines.push(...(base === undefined ? always : optional).flatMap(pythonField));
  }
  return lines.join('\n') + '\n';
}

function pythonField({ name, type, doc, row }: ContractField): string[] {
  return [`    ${name}: ${python(type)}`, ...docString([doc, known(row)], '    ')];
}

function docString(paragraphs: readonly string[], indent: string): string[] {
  const text = paragraphs.join(`\n\n${indent}`).replaceAll('\\', '\\\\').replaceAll('"""', "'''");
  return [`${indent}"""${text.endsWith('"') ? `${text} ` : text}"""`];
}

function python(type: ContractType): string {
  if (typeof type === 'string') {
    return { string: 'str', integer: 'int', boolean: 'bool', true: 'Literal[True]' }[type];
  }
  if ('literals' in type) {
    return `Literal[${type.literals.map((each) => `'${each}'`).join(', ')}]`;
  }
  if ('shape' in type) {
    return `'${type.shape}'`;
  }
  if ('list' in type) {
    return `List[${python(type.list)}]`;
  }
  return 'values' in type
    ? `Dict[str, ${python(type.values)}]`
    : `Union[${type.either.map(python).join(', ')}]`;
}

/** JSON schema of the files in `events/`; what is no event of these functions is left alone. */
export function renderEventSchema(speech: Speech = english): string {
  const shape = (name: string): ContractShape =>
    contractShapes.find((each) => each.name === name) as ContractShape;
  const inner = { register: 'Connecting', transfer: 'Message', cleanup: 'Closing' } as const;
  const roles = ['register', 'transfer', 'cleanup'] as const;
  const rules = roles.map((role) => ({
    if: {
      properties: {
        websocket: {
          properties: { action: { enum: actionsOf(shape(inner[role])) } },
          required: ['action'],
        },
      },
      required: ['websocket'],
    },
    then: schemaOf(shape(eventShapes[role]), shape, speech),
  }));
  const actions = roles.flatMap((role) => actionsOf(shape(inner[role])));
  return (
    JSON.stringify(
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        title: speech.text('Event of an SCF WebSocket function'),
        type: 'object',
        properties: {
          websocket: {
            if: { required: ['secConnectionID'] },
            then: { required: ['action'] },
            properties: {
              action: {
                enum: actions,
                description: speech.text('Which of the three functions the event is for.'),
              },
            },
          },
        },
        allOf: rules,
        defaultSnippets: roles.map((role) => ({
          label: shape(eventShapes[role]).name,
          description: speech.text(shape(eventShapes[role]).doc),
          body: exampleOf({ shape: eventShapes[role] }, shape),
        })),
      },
      null,
      2,
    ) + '\n'
  );
}

function actionsOf({ fields }: ContractShape): readonly string[] {
  const type = fields.find(({ name }) => name === 'action')?.type;
  return typeof type === 'object' && 'literals' in type ? type.literals : [];
}

type Find = (name: string) => ContractShape;

function schemaOf(shape: ContractShape, find: Find, speech: Speech): object {
  return {
    description: speech.text(shape.doc),
    properties: Object.fromEntries(
      shape.fields.map(({ name, type, doc, row }) => [
        name,
        {
          ...typeSchema(type, find, speech),
          description: `${speech.text(doc)}\n\n${known(row, speech)}`,
        },
      ]),
    ),
    required: shape.fields.filter(({ optional }) => optional !== true).map(({ name }) => name),
    // The vendor may add parts to what surrounds an event; inside `websocket` a further one is a slip.
    ...(find('Connecting') === shape || find('Message') === shape || find('Closing') === shape
      ? { additionalProperties: false }
      : {}),
  };
}

function typeSchema(type: ContractType, find: Find, speech: Speech): object {
  if (typeof type === 'string') {
    return type === 'true' ? { const: true } : { type };
  }
  if ('literals' in type) {
    return { enum: type.literals };
  }
  if ('shape' in type) {
    return { type: 'object', ...schemaOf(find(type.shape), find, speech) };
  }
  if ('list' in type) {
    return { type: 'array', items: typeSchema(type.list, find, speech) };
  }
  return 'values' in type
    ? { type: 'object', additionalProperties: typeSchema(type.values, find, speech) }
    : { anyOf: type.either.map((each) => typeSchema(each, find, speech)) };
}

function exampleOf(type: ContractType, find: Find): unknown {
  if (typeof type === 'string') {
    return { string: '', integer: 0, boolean: true, true: true }[type];
  }
  if ('literals' in type) {
    return type.literals[0];
  }
  if ('shape' in type) {
    return Object.fromEntries(
      find(type.shape)
        .fields.filter(({ optional }) => optional !== true)
        .map((field) => [
          field.name,
          field.name === 'secConnectionID'
            ? '3q2+7wAAkB9/Zk1sCQ1Rew=='
            : exampleOf(field.type, find),
        ]),
    );
  }
  return 'list' in type
    ? []
    : 'values' in type
      ? {}
      : exampleOf(type.either[0] as ContractType, find);
}

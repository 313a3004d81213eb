/**
 * What an agent can do with a gateway, wherever that runs. A table: name, what it is for, its arguments, whether it only
 * reads. Descriptions say what to do next; all schemas together stay below 2,500 tokens (a test counts them).
 */
// As a namespace: the other way a bundle gets the messages of all languages.
import * as z from 'zod';
import { sentenceOf, UserError } from '../errors';
import type { Fact, ServiceInfo } from '../../protocol/fact';
import { sampleEvents } from '../../protocol/samples';
import { openConnections } from '../../protocol/state';
import { answerBudget, fitLines, short } from './answer';
import { explain } from './explain';
import type { Place } from './place';

export interface Tool<S extends z.ZodRawShape = z.ZodRawShape> {
  name: string;
  description: string;
  input: S;
  readOnly: boolean;
  /** `signal`: the agent does not wait any more. */
  run(input: z.output<z.ZodObject<S>>, place: Place, signal: AbortSignal): Promise<string>;
}

export function tool<S extends z.ZodRawShape>(entry: Tool<S>): Tool {
  return entry;
}

const after = z
  .number()
  .int()
  .min(0)
  .optional()
  .describe('Only facts after this number (the cursor of an earlier answer)');
const connection = z.string().describe('A client name or a connection id');

export const gatewayTools: readonly Tool[] = [
  tool({
    name: 'connect_client',
    description: 'Connects a WebSocket client. Says whether Register let it in; then send.',
    input: {
      name: z.string().min(1).max(40),
      query: z.string().optional().describe('For example room=7'),
      protocols: z.array(z.string()).optional(),
      headers: z.record(z.string(), z.string()).optional(),
      service: z.string().optional().describe('Where several are served'),
    },
    readOnly: false,
    async run({ name, query, protocols, headers, service: wanted }, place) {
      const from = place.witness.last;
      const { url: address } = serviceOf(place, wanted);
      const url = `${address}${query === undefined ? '' : `?${query}`}`;
      const asked = { name, url, ...(protocols && { protocols }), ...(headers && { headers }) };
      try {
        await place.ask('openClient', asked);
      } catch (error) {
        const told = factLines(place, from, ({ kind }) => kind !== 'log');
        return answer(place, [`not connected: ${(error as Error).message}`, ...told]);
      }
      return answer(place, factLines(place, from));
    },
  }),

  tool({
    name: 'send',
    description:
      'A client sends one message (Transmission runs), or leaves (Delete runs). Then wait_for what it should cause.',
    input: {
      client: z.string(),
      text: z.string().optional(),
      base64: z.string().optional().describe('Binary instead of text'),
      leave: z.enum(['close', 'drop']).optional().describe('With a Close frame, or without'),
    },
    readOnly: false,
    async run({ client, text, base64, leave }, place) {
      if ([text, base64, leave].filter((each) => each !== undefined).length !== 1) {
        throw new UserError('usage', 'Give one of text, base64 and leave.');
      }
      const from = place.witness.last;
      if (leave !== undefined) {
        await place.ask('clientClose', { client, abrupt: leave === 'drop' });
        return `left. cursor ${from}`;
      }
      const dataType = base64 === undefined ? 'text' : 'binary';
      await place.ask('clientSend', { client, dataType, data: base64 ?? text ?? '' });
      return `sent. cursor ${from}`;
    },
  }),

  tool({
    name: 'wait_for',
    description:
      'Waits until something happened and returns it: a message to a client, the end of an invocation, a push, a close. Pass the cursor of the call that caused it as `after`.',
    input: {
      what: z.enum(['message', 'invocation', 'push', 'close', 'problem']),
      connection: connection.optional(),
      contains: z.string().optional(),
      after,
      seconds: z.number().min(0).max(60).default(10).describe('A limit, no pause'),
    },
    readOnly: true,
    async run({ what, connection: who, contains, after: from = 0, seconds }, place, signal) {
      const { witness } = place;
      const end = Date.now() + seconds * 1000;
      for (let looked = from; ;) {
        for (const fact of witness.after(looked)) {
          looked = fact.seq;
          if (isA[what](fact) && concerns(place, fact, who) && says(fact, contains)) {
            return `${told(place, fact)}\ncursor ${fact.seq}`;
          }
        }
        const left = end - Date.now();
        if (left <= 0 || signal.aborted) {
          const seen = factLines(place, from).slice(-20);
          const message = `Nothing such came within ${seconds} s. Since #${from}:`;
          return answer(place, [message, ...(seen.length === 0 ? ['nothing at all'] : seen)]);
        }
        await witness.nextFact(left, signal);
      }
    },
  }),

  tool({
    name: 'invoke',
    description: 'Runs one function once with an event, without a client.',
    input: {
      function: z.string().describe('Name or role: register, transfer, cleanup'),
      event: z.string().optional().describe('JSON; without it a sample of the role'),
    },
    readOnly: false,
    async run({ function: named, event }, place) {
      const all = place.services.flatMap((service) =>
        service.functions.map((each) => ({ service, ...each })),
      );
      const found =
        all.find(({ name }) => name === named) ??
        all.find(({ roles }) => (roles as string[]).includes(named));
      if (found === undefined) {
        const known = all.map(({ name }) => name).join(', ');
        throw new UserError('noFunction', `There is no function ${named}.`, `Known: ${known}.`);
      }
      const [role = 'transfer'] = found.roles;
      const sample = sampleEvents(role, { name: found.service.name })[0]?.event;
      const from = place.witness.last;
      const result = await place.ask('invoke', {
        function: found.function,
        event: event ?? JSON.stringify(sample),
      });
      const lines = [`${result.outcome}: ${short(result.result, 1500)}`];
      return answer(place, [...lines, ...factLines(place, from)]);
    },
  }),

  tool({
    name: 'push',
    description: 'Pushes to a client as a function would: text, or close. Answers with errNo.',
    input: { connection, text: z.string().optional(), close: z.boolean().optional() },
    readOnly: false,
    async run({ connection: who, text, close }, place) {
      const { results } = await place.ask('push', {
        connections: [idOf(place, who)],
        action: close === true ? 'closing' : 'data send',
        ...(close === true ? {} : { dataType: 'text' as const, data: text ?? '' }),
      });
      return results.map(({ errNo, errMsg }) => `errNo ${errNo}: ${errMsg}`).join('\n');
    },
  }),

  tool({
    name: 'list',
    description:
      'Lists facts (what happened, in order), connections, functions or problems. A fact is numbered #n: explain it.',
    input: {
      what: z.enum(['facts', 'connections', 'functions', 'problems']).default('facts'),
      contains: z.string().optional(),
      after,
      limit: z.number().int().min(1).max(200).default(50),
    },
    readOnly: true,
    async run({ what, contains, after: from = 0, limit }, place) {
      const { witness } = place;
      switch (what) {
        case 'connections':
          return answer(
            place,
            openConnections(witness.state).map(
              ({ connection: id, service, toServer, toClient }) =>
                `${witness.nameOf(id)} ${id} ${service} got ${toClient.frames} sent ${toServer.frames}`,
            ),
          );
        case 'functions':
          return answer(
            place,
            [...witness.state.functions.values()].map(
              ({ info, ended, failed, running }) =>
                `${info.name} (${info.roles.join(', ')}) ${info.runtime}: ${ended} runs, ${failed} failed, ${running} running`,
            ),
          );
        case 'facts':
        case 'problems': {
          const lines = factLines(
            place,
            from,
            (fact) => (what === 'facts' || isA.problem(fact)) && says(fact, contains),
          );
          const page = fitLines(lines.slice(0, limit), answerBudget - 100);
          const left = lines.length - (Math.min(limit, lines.length) - page.left);
          const last = /^#(\d+)/.exec(page.text.split('\n').at(-1) ?? '')?.[1];
          const more = left > 0 && last !== undefined ? `\n… ${left} more: after ${last}` : '';
          return page.text === '' ? `nothing. cursor ${witness.last}` : `${page.text}${more}`;
        }
      }
    },
  }),

  tool({
    name: 'explain',
    description:
      'Why a fact happened and what came of it: the chain frame → invocation → push → frame, with the line of source, the error, the log and advice of what failed.',
    input: { fact: z.number().int().min(1) },
    readOnly: true,
    async run({ fact }, place) {
      const text = explain(place.witness, fact);
      if (text === undefined) {
        throw new UserError('noFact', `There is no fact #${fact}.`, 'List facts to see numbers.');
      }
      return text;
    },
  }),
];

/** What is served, for an agent that has just started it. */
export function startedLines({ services }: Place, problems: readonly string[]): string[] {
  const lines = services.map(
    ({ name, url, functions }) =>
      `${name}: ${url}  functions ${functions
        .map(({ name: each, roles, runtime }) => `${each} (${roles.join(', ')}; ${runtime})`)
        .join(', ')}`,
  );
  return [...lines, ...problems.map((message) => `problem: ${message}`)];
}

function serviceOf({ services }: Place, wanted: string | undefined): ServiceInfo {
  const found = wanted === undefined ? services[0] : services.find(({ name }) => name === wanted);
  if (found === undefined) {
    const known = services.map(({ name }) => name).join(', ');
    throw new UserError('noService', `There is no service ${wanted}.`, `Known: ${known}.`);
  }
  return found;
}

/** What each word of `wait_for` and `list` means. */
const isA: Record<
  'message' | 'invocation' | 'push' | 'close' | 'problem',
  (fact: Fact) => boolean
> = {
  message: (fact) =>
    fact.kind === 'frame' &&
    fact.direction === 'toClient' &&
    (fact.type === 'text' || fact.type === 'binary'),
  invocation: ({ kind }) => kind === 'invocationEnded',
  push: ({ kind }) => kind === 'push',
  close: ({ kind }) => kind === 'closed',
  problem: (fact) =>
    fact.kind === 'diagnostic' ||
    fact.kind === 'refused' ||
    (fact.kind === 'invocationEnded' && fact.outcome !== 'ok') ||
    (fact.kind === 'push' && (fact.errNo !== 0 || fact.warnings !== undefined)),
};

function concerns(place: Place, fact: Fact, who: string | undefined): boolean {
  if (who === undefined) {
    return true;
  }
  const { witness } = place;
  const id =
    'connection' in fact
      ? fact.connection
      : fact.kind === 'invocationEnded'
        ? witness.index.invocation(fact.invocation)?.started.connection
        : undefined;
  return typeof id === 'string' && (id === who || witness.nameOf(id) === who);
}

function says(fact: Fact, contains: string | undefined): boolean {
  return (
    contains === undefined || JSON.stringify(fact).includes(JSON.stringify(contains).slice(1, -1))
  );
}

function told({ witness }: Place, fact: Fact): string {
  const said = witness.line(fact);
  if (said !== undefined) {
    return `#${fact.seq} ${short(said, 400)}`;
  }
  return `#${fact.seq} ${short(JSON.stringify(fact), 400)}`;
}

function factLines(
  place: Place,
  from: number,
  wanted: (fact: Fact) => boolean = () => true,
): string[] {
  const lines: string[] = [];
  for (const fact of place.witness.after(from)) {
    if (wanted(fact) && (place.witness.line(fact) !== undefined || isA.problem(fact))) {
      lines.push(told(place, fact));
    }
  }
  return lines;
}

/** The beginning of what there is, within the budget, with the cursor. */
export function answer({ witness }: Place, lines: readonly string[]): string {
  const { text, left } = fitLines(lines, answerBudget - 100);
  const more = left > 0 ? `\n… ${left} more lines: list facts` : '';
  return `${text === '' ? 'nothing' : text}${more}\ncursor ${witness.last}`;
}

function idOf({ witness }: Place, who: string): string {
  const named = [...witness.names].filter(([, name]) => name === who).at(-1);
  return named?.[0] ?? who;
}

/** The arguments of a tool as a JSON schema, for whoever offers it. */
export function inputSchema({ input }: Tool): Record<string, unknown> {
  const schema = z.toJSONSchema(z.object(input), { io: 'input' });
  delete schema.$schema;
  return schema;
}

/** Calls a tool with what an agent gave; never rejects, and never answers more than the budget. */
export async function callTool(
  tools: readonly Tool[],
  name: string,
  given: unknown,
  place: Place,
  signal: AbortSignal,
): Promise<{ text: string; failed: boolean }> {
  try {
    const found = tools.find((each) => each.name === name);
    if (found === undefined) {
      const known = tools.map((each) => each.name).join(', ');
      throw new UserError('noTool', `There is no tool ${name}.`, `Known: ${known}.`);
    }
    const { data, error } = z.object(found.input).safeParse(given ?? {});
    if (error !== undefined) {
      throw new UserError('wrongArguments', `${name}: ${z.prettifyError(error)}`);
    }
    if (!found.readOnly) {
      place.mayRun();
    }
    const text = await found.run(data, place, signal);
    return { text: text.slice(0, answerBudget), failed: false };
  } catch (error) {
    const text = error instanceof UserError ? sentenceOf(error) : String(error);
    return { text: text.slice(0, answerBudget), failed: true };
  }
}

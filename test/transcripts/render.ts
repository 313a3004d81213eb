// Facts as text that reads the same in every run. Each stands below its cause; what has no cause among the facts of its
// step stands in the order of its connection, and processes come last: the order of facts that do not know of each
// other is nobody's promise. Ids get names, times and places go.
import type { Fact } from '../../src/protocol/fact';
import { entryOf } from '../../src/protocol/facts/table';
import type { Session } from '../../src/core/session/session';
import type { Scene, Told } from './scene';

/** Another one in every run, or on every machine; where somebody shows one, that it is there is told. */
const measured = ['queuedMs', 'initMs', 'durationMs', 'memoryMb', 'frozenMs', 'eventSize'];
const local = ['pid', 'epoch', 'port', 'remote', 'headers', 'services', 'url', 'pushUrl'];
/** Numbers of facts and of requests: the place in the tree says it. */
const links = ['cause', 'push', 'hold', 'before', 'invocation', 'requestId'];
const left = new Set([...measured, ...local, ...links]);
/** The cause of an end is a word. */
const isLeft = (name: string, value: unknown): boolean =>
  left.has(name) && !(name === 'cause' && typeof value === 'string');
const shown = new Set(['interpreter', 'debugPort']);

export async function render(scene: Scene): Promise<string> {
  const facts = scene.steps.flatMap((step) => step.facts);
  const parts: string[] = [];
  for (const step of scene.steps) {
    parts.push(await renderStep(scene.session, step, facts));
  }
  return mask(parts.join('\n'), scene.folder, facts);
}

async function renderStep(session: Session, step: Told, all: Fact[]): Promise<string> {
  const here = new Set(step.facts.map(({ seq }) => seq));
  const children = new Map<number, Fact[]>();
  for (const fact of step.facts) {
    const cause = causeOf(fact, all);
    const parent = cause !== undefined && here.has(cause) ? cause : 0;
    children.set(parent, [...(children.get(parent) ?? []), fact]);
  }
  const connections = all.flatMap((fact) => (fact.kind === 'connecting' ? [fact.connection] : []));
  const lines: string[] = [];
  const write = async (parent: number, indent: string): Promise<void> => {
    const order = (children.get(parent) ?? []).map((fact) => ({
      fact,
      place: placeOf(fact, connections, parent === 0),
    }));
    order.sort((one, other) => compare(one.place, other.place) || one.fact.seq - other.fact.seq);
    for (const { fact } of order) {
      lines.push(...(await linesOf(session, fact)).map((line) => indent + line));
      await write(fact.seq, `${indent}  `);
    }
  };
  await write(0, '  ');
  return `# ${step.title}\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** Number of the fact that it stands below. */
function causeOf(fact: Fact, all: Fact[]): number | undefined {
  const startOf = (invocation: string | null | undefined): number | undefined =>
    all.find((each) => each.kind === 'invocationStarted' && each.invocation === invocation)?.seq;
  switch (fact.kind) {
    case 'frame':
      return fact.edited?.before ?? fact.push;
    case 'held':
      return fact.frame.hold;
    case 'releasedFrame':
      return fact.hold;
    case 'invocationStarted':
    case 'faultStruck':
      return fact.cause ?? undefined;
    case 'invocationEnded':
    case 'log':
    case 'push':
    case 'diagnostic':
      return startOf(fact.invocation);
    case 'opened':
    case 'refused':
      return all.find((each) => each.kind === 'connecting' && each.connection === fact.connection)
        ?.seq;
    default:
      return undefined;
  }
}

/** Where it stands among its neighbours; equal places keep the order in which they were seen. */
function placeOf(fact: Fact, connections: string[], isRoot: boolean): (number | string)[] {
  if (!isRoot) {
    // What a process prints and what it pushes come on different ways; its end comes last.
    const rank = { invocationStarted: 0, log: 1, push: 2, diagnostic: 3, invocationEnded: 4 };
    const place = rank[fact.kind as keyof typeof rank] ?? 5;
    return fact.kind === 'log' ? [place, fact.stream] : [place];
  }
  if (fact.kind === 'instance' || (fact.kind === 'log' && fact.invocation === null)) {
    return [2, fact.function, fact.instance, fact.kind, fact.kind === 'log' ? fact.stream : ''];
  }
  const connection = 'connection' in fact ? (fact.connection ?? '') : '';
  return connection === '' ? [0] : [1, connections.indexOf(connection)];
}

function compare(one: (number | string)[], other: (number | string)[]): number {
  for (const [index, each] of one.entries()) {
    const against = other[index];
    if (against === undefined || each !== against) {
      return against === undefined || each > against ? 1 : -1;
    }
  }
  return 0;
}

/** The kind and the members in the order of the table; texts of several lines stand below. */
async function linesOf(session: Session, fact: Fact): Promise<string[]> {
  const entry = entryOf(fact);
  const values = fact as unknown as Record<string, unknown>;
  const words: string[] = [fact.kind];
  const below: string[] = [];
  for (const name of Object.keys(entry.members)) {
    if (name === 'preview' && fact.kind === 'invocationEnded' && fact.error !== undefined) {
      continue; // Says the same.
    }
    const value = name === 'preview' ? ((await payloadOf(session, fact)) ?? fact) : values[name];
    if (value === undefined || isLeft(name, value) || name === 'more') {
      continue;
    }
    const whole = name === 'preview' && value === fact ? values['preview'] : value;
    // Each language writes JSON with its own blanks.
    const text = fact.kind === 'invocationEnded' && name === 'preview' ? compact(whole) : whole;
    words.push(shown.has(name) ? `${name}=…` : `${name}=${word(text)}`);
    const stack = name === 'error' ? (value as { stackTrace?: string }).stackTrace : undefined;
    below.push(...placesOf(stack));
  }
  if (entry.payload === 'event') {
    below.push(`event ${(await payloadOf(session, fact)) ?? '(gone)'}`);
  }
  return [words.join(' '), ...below.map((line) => `    ${line.trim()}`)];
}

/** Of a stack only the lines of the user's file: the rest is the interpreter's, and each version has its own. */
function placesOf(stack = ''): string[] {
  return [...stack.matchAll(/(index\.(?:js|py))(?::|", line )(\d+)/g)].map(
    ([, file, line]) => `at ${file}:${line}`,
  );
}

async function payloadOf(session: Session, fact: Fact): Promise<string | undefined> {
  const cut = 'more' in fact && fact.more === true;
  if (!cut && entryOf(fact).payload !== 'event') {
    return undefined;
  }
  return (await session.intents.payload({ seq: fact.seq }))?.data;
}

function compact(json: unknown): unknown {
  return json === '' ? json : JSON.stringify(JSON.parse(String(json)));
}

function word(value: unknown): string {
  return typeof value === 'string' && /^[\w./:=+-]+$/.test(value)
    ? value
    : JSON.stringify(value, (name, each: unknown) =>
        isLeft(name, each) || name === 'stackTrace' ? undefined : each,
      );
}

function mask(text: string, folder: string, facts: Fact[]): string {
  let masked = text.replaceAll(folder, '<folder>');
  for (const fact of facts) {
    if (fact.kind === 'connecting') {
      masked = masked.replaceAll(fact.connection, `<${fact.client ?? 'somebody'}>`);
    } else if (fact.kind === 'listening') {
      masked = masked.replaceAll(`:${fact.port}`, ':<port>');
    }
  }
  const runs = new Map<string, string>();
  return masked
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => {
      runs.set(id, runs.get(id) ?? `<run ${runs.size + 1}>`);
      return runs.get(id) ?? id;
    })
    .replace(/\bservice-[a-z0-9]{8}\b/g, 'service-<id>')
    .replace(/\b1\d{9}(?:\d{3})?\b/g, '<time>')
    .replace(/\b\d+(?:\.\d+)? ?(ms|MB)\b/gi, '<n> $1');
}

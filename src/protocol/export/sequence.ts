/**
 * A trace as a sequence diagram: clients, gateway and functions as lifelines. One layout serves the page, the
 * exported picture and the Mermaid text.
 */
import { flatten, seqOf, type Trace } from '../trace';
import { escapeHtml } from '../page';

export type Names = (connection: string) => string;

export interface Lifeline {
  id: string;
  kind: 'client' | 'external' | 'gateway' | 'function';
  name: string;
  x: number;
}

export interface SequenceMessage {
  seq: number;
  /** Indices of lifelines. */
  from: number;
  to: number;
  y: number;
  label: string;
  /** Milliseconds since the beginning of the trace. */
  at: number;
  tone: Tone;
  /** An answer, not a call. */
  dashed: boolean;
}

/** `moved`: it stands elsewhere in the order that this one is compared with. */
export type Tone = 'ok' | 'error' | 'moved';

export interface Sequence {
  lifelines: Lifeline[];
  messages: SequenceMessage[];
  /** A function at work; those that run beside each other stand beside each other. */
  bars: { x: number; from: number; to: number; seq: number; tone: Tone }[];
  width: number;
  height: number;
  /** Width of the box with a lifeline's name. */
  box: number;
  /** Messages that were left out. */
  omitted: number;
}

/** Pixels between two lifelines. */
const wideGap = 150;
const top = 56;
const step = 26;
const maxMessages = 400;

/** `from`, `to`: ids of lifelines, `c:` before a connection, `f:` before a function; `gateway`; `external`. */
export interface Happening {
  seq: number;
  at: number;
  from: string;
  to: string;
  label: string;
  tone: Tone;
  dashed: boolean;
  /** Id of the run that begins, or ends, with it. */
  starts?: string;
  ends?: string;
}

export function layoutSequence(trace: Trace, names: Names): Sequence {
  return layoutHappenings(
    tell(trace).sort((a, b) => a.at - b.at || a.seq - b.seq),
    names,
  );
}

/** From top to bottom in the order given. `gap`: pixels between two lifelines. */
export function layoutHappenings(
  happenings: readonly Happening[],
  names: Names,
  gap = wideGap,
): Sequence {
  const shown = happenings.slice(0, maxMessages);
  const box = gap * 0.8;
  const margin = box / 2 + 10;
  const lifelines = lifelinesOf(shown, names, gap, margin);
  const indexOf = new Map(lifelines.map((lifeline, index) => [lifeline.id, index]));
  const begin = shown[0]?.at ?? 0;
  const open = new Map<string, { x: number; y: number; seq: number }>();
  const beside = (x: number): number =>
    [...open.values()].some((bar) => bar.x === x) ? beside(x + 6) : x;
  const bars: Sequence['bars'] = [];
  const messages = shown.map((each, index): SequenceMessage => {
    const y = top + 24 + index * step;
    const from = indexOf.get(each.from)!;
    const to = indexOf.get(each.to)!;
    if (each.starts !== undefined) {
      open.set(each.starts, { x: beside(lifelines[to]!.x - 5), y, seq: each.seq });
    }
    if (each.ends !== undefined) {
      const bar = open.get(each.ends);
      open.delete(each.ends);
      if (bar) {
        const tone = each.tone === 'error' ? 'error' : 'ok';
        bars.push({ x: bar.x, from: bar.y, to: y, seq: bar.seq, tone });
      }
    }
    return {
      seq: each.seq,
      from,
      to,
      y,
      label: each.label,
      at: each.at - begin,
      tone: each.tone,
      dashed: each.dashed,
    };
  });
  const height = top + 24 + shown.length * step + 16;
  open.forEach((bar) =>
    bars.push({ x: bar.x, from: bar.y, to: height - 12, seq: bar.seq, tone: 'ok' }),
  );
  return {
    lifelines,
    messages,
    bars,
    width: margin * 2 + Math.max(0, lifelines.length - 1) * gap,
    height,
    box,
    omitted: happenings.length - shown.length,
  };
}

function tell(trace: Trace): Happening[] {
  return flatten(trace.root).flatMap(({ node }): Happening[] => {
    const plain = { tone: 'ok' as const, dashed: false };
    switch (node.node) {
      case 'frame': {
        const { fact } = node;
        const client = `c:${fact.connection}`;
        const label = fact.type === 'text' ? fact.preview : `${fact.type} · ${fact.size} B`;
        return fact.direction === 'toServer'
          ? [{ ...plain, seq: fact.seq, at: fact.at, from: client, to: 'gateway', label }]
          : [{ ...plain, seq: fact.seq, at: fact.at, from: 'gateway', to: client, label }];
      }
      case 'handshake': {
        const { fact } = node;
        const from = `c:${fact.connection}`;
        return [
          {
            ...plain,
            seq: fact.seq,
            at: fact.at,
            from,
            to: 'gateway',
            label: `GET ${fact.target}`,
          },
        ];
      }
      case 'closed': {
        const { fact } = node;
        const label = `close ${fact.code} ${fact.reason}`.trim();
        const from = `c:${fact.connection}`;
        return [{ ...plain, seq: fact.seq, at: fact.at, from, to: 'gateway', label }];
      }
      case 'refusal': {
        const { fact } = node;
        const to = fact.connection === undefined ? 'external' : `c:${fact.connection}`;
        return [
          {
            seq: fact.seq,
            at: fact.at,
            from: 'gateway',
            to,
            label: String(fact.status),
            tone: 'error',
            dashed: true,
          },
        ];
      }
      case 'push': {
        const { fact } = node;
        const from = fact.function === null ? 'external' : `f:${fact.function}`;
        const label =
          fact.errNo === 0
            ? fact.action === 'closing'
              ? 'closing'
              : `push · ${fact.size} B`
            : `push · errNo ${fact.errNo}`;
        const tone = fact.errNo === 0 ? 'ok' : 'error';
        return [{ seq: fact.seq, at: fact.at, from, to: 'gateway', label, tone, dashed: false }];
      }
      case 'invocation': {
        const { started, ended } = node.facts;
        const fn = `f:${started.function}`;
        const id = started.invocation;
        const begin: Happening = {
          ...plain,
          seq: started.seq,
          at: started.at,
          from: 'gateway',
          to: fn,
          label: `${started.role ?? 'invoke'}${started.cold ? ' · cold' : ''}`,
          starts: id,
        };
        if (!ended) {
          return [begin];
        }
        const failed = ended.outcome !== 'ok';
        const label = failed
          ? (ended.error?.errorMessage ?? ended.outcome)
          : `${ended.preview.slice(0, 40)} · ${ended.durationMs.toFixed(1)} ms`;
        return [
          begin,
          {
            seq: ended.seq,
            at: ended.at,
            from: fn,
            to: 'gateway',
            label,
            tone: failed ? 'error' : 'ok',
            dashed: true,
            ends: id,
          },
        ];
      }
    }
  });
}

function lifelinesOf(
  happenings: readonly Happening[],
  names: Names,
  gap: number,
  margin: number,
): Lifeline[] {
  const ids = new Set(happenings.flatMap((each) => [each.from, each.to]));
  ids.add('gateway');
  const rank = (id: string) =>
    id === 'external' ? 0 : id.startsWith('c:') ? 1 : id === 'gateway' ? 2 : 3;
  return [...ids]
    .sort((a, b) => rank(a) - rank(b))
    .map((id, index) => ({
      id,
      kind: (['external', 'client', 'gateway', 'function'] as const)[rank(id)],
      name: id.startsWith('c:')
        ? names(id.slice(2))
        : id.startsWith('f:')
          ? id.slice(id.indexOf('/') + 1)
          : id,
      x: margin + index * gap,
    }));
}

/** `text` as it fits into `width` pixels of a 11 px font. */
export function fit(text: string, width: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ');
  const room = Math.max(4, Math.floor(width / 6.1));
  return line.length <= room ? line : `${line.slice(0, room - 1)}…`;
}

export function labelWidth(sequence: Sequence, message: SequenceMessage): number {
  const [from, to] = [sequence.lifelines[message.from]!.x, sequence.lifelines[message.to]!.x];
  return Math.max(60, Math.abs(from - to) - 24);
}

/** Colours of a picture, as CSS. */
export interface SequenceLook {
  ground: string;
  lifeline: string;
  box: string;
  work: string;
  fill: Record<Lifeline['kind'], string>;
  /** Of a lifeline's name; each message has that of its tone. */
  name: string;
  tone: Record<Tone, string>;
  /** Pixels of the letters of messages. */
  font: number;
  bar: Record<Tone, string>;
}

const onWhite: SequenceLook = {
  ground: '#ffffff',
  lifeline: '#b0b0b0',
  box: '#9a9a9a',
  work: '#7a7a7a',
  fill: { client: '#e8f1fb', external: '#f0f0f0', gateway: '#fdf3e1', function: '#e9f5ea' },
  name: '#000000',
  font: 11,
  tone: { ok: '#333333', error: '#b3261e', moved: '#8a4b00' },
  bar: { ok: '#bfe0c3', error: '#f2b8b5', moved: '#bfe0c3' },
};

/** A picture that stands alone, on white. */
export function renderSequenceSvg(trace: Trace, names: Names): string {
  return sequenceSvg(layoutSequence(trace, names), onWhite);
}

export function sequenceSvg(sequence: Sequence, look: SequenceLook): string {
  const { lifelines, messages, bars, width, height, box } = sequence;
  const parts: string[] = [];
  for (const { x, name, kind } of lifelines) {
    parts.push(
      `<line x1="${x}" y1="40" x2="${x}" y2="${height - 8}" stroke="${look.lifeline}" stroke-dasharray="2 3"/>`,
      `<rect x="${x - box / 2}" y="12" width="${box}" height="26" rx="4" fill="${look.fill[kind]}" stroke="${look.box}"/>`,
      `<text x="${x}" y="29" text-anchor="middle" font-weight="600" fill="${look.name}">${escapeHtml(fit(name, box - 8))}</text>`,
    );
  }
  for (const bar of bars) {
    parts.push(
      `<rect x="${bar.x}" y="${bar.from}" width="10" height="${Math.max(4, bar.to - bar.from)}" fill="${look.bar[bar.tone]}" stroke="${look.work}"/>`,
    );
  }
  for (const message of messages) {
    const from = lifelines[message.from]!.x;
    const to = lifelines[message.to]!.x;
    const color = look.tone[message.tone];
    const tip = to > from ? -1 : 1;
    const weight = message.tone === 'moved' ? ' font-weight="700"' : '';
    const room = (labelWidth(sequence, message) * 11) / look.font;
    parts.push(
      `<line x1="${from}" y1="${message.y}" x2="${to}" y2="${message.y}" stroke="${color}"${
        message.dashed ? ' stroke-dasharray="4 3"' : ''
      }/>`,
      `<path d="M${to} ${message.y}l${8 * tip} -4v8z" fill="${color}"/>`,
      `<text x="${(from + to) / 2}" y="${message.y - 5}" text-anchor="middle" font-size="${look.font}" fill="${color}"${weight}>${escapeHtml(
        fit(message.label, room),
      )}</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11"><rect width="100%" height="100%" fill="${look.ground}"/>${parts.join('')}</svg>\n`;
}

/** The same as text that Mermaid draws. */
export function renderMermaid(trace: Trace, names: Names): string {
  const { lifelines, messages } = layoutSequence(trace, names);
  const lines = ['sequenceDiagram'];
  lifelines.forEach((lifeline, index) => {
    const keyword =
      lifeline.kind === 'client' || lifeline.kind === 'external' ? 'actor' : 'participant';
    lines.push(`  ${keyword} L${index} as ${mermaidText(lifeline.name)}`);
  });
  for (const message of messages) {
    const arrow = message.tone === 'error' ? '--x' : message.dashed ? '-->>' : '->>';
    lines.push(
      `  L${message.from}${arrow}L${message.to}: ${mermaidText(fit(message.label, 360)) || ' '}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Mermaid ends a message at a semicolon and reads `#…;` as a character. */
function mermaidText(text: string): string {
  return text.replace(/[#;<>&]/g, (character) => `#${character.charCodeAt(0)};`);
}

/** The trace as indented text, for an issue or a chat. */
export function renderTraceText(trace: Trace, names: Names): string {
  const begin = flatten(trace.root)[0]!;
  const start = timeOf(begin.node);
  return flatten(trace.root)
    .map(({ node, depth }) => {
      const at = `+${(timeOf(node) - start).toFixed(1)} ms`.padStart(12);
      return `${at}  #${String(seqOf(node)).padEnd(5)} ${'  '.repeat(depth)}${describe(node, names)}`;
    })
    .join('\n');
}

function timeOf(node: Trace['root']): number {
  return node.node === 'invocation' ? node.facts.started.at : node.fact.at;
}

function describe(node: Trace['root'], names: Names): string {
  switch (node.node) {
    case 'frame': {
      const arrow = node.fact.direction === 'toServer' ? '→' : '←';
      return `${arrow} ${names(node.fact.connection)} ${node.fact.type} ${node.fact.size} B ${node.fact.preview}`;
    }
    case 'handshake':
      return `connect ${names(node.fact.connection)} ${node.fact.target}`;
    case 'closed':
      return `closed ${names(node.fact.connection)} ${node.fact.code} ${node.fact.reason}`.trim();
    case 'refusal':
      return `refused ${node.fact.status} ${node.fact.reason}`;
    case 'push':
      return `push to ${names(node.fact.connection)} ${node.fact.size} B${
        node.fact.errNo === 0 ? '' : ` errNo ${node.fact.errNo} ${node.fact.errMsg}`
      }${node.fact.invocation === null ? ' (external)' : ''}`;
    case 'invocation': {
      const { started, ended } = node.facts;
      const end = ended ? `${ended.durationMs.toFixed(1)} ms ${ended.outcome}` : 'running';
      return `${started.function.split('/').pop()} ${started.cold ? 'cold ' : ''}${end}`;
    }
  }
}

/**
 * The pipe conversation with a bootstrap: fd 3 leads to the child, fd 4 back. One message a line; payloads are
 * raw JSON text behind a short head, so that they are never parsed or serialised again on the way.
 *
 * In:  `S <launch order>` first · `G` load the handler (a debugger is attached) · `B 1|0` debugging on or off ·
 *      `W` pushes name the line that makes them from now on ·
 *      `I <id> <ms that the clock has been frozen so far> <event>`, which waits there while another one runs
 * Out: `P <json>` debug port · `Y` handler loaded · `X <failure>` it cannot be loaded · `R <id> <KiB|-> <value>` the
 *      answer, nothing goes on · `r …` the answer, un-awaited work goes on · `D <id>` that work is done ·
 *      `E <id> <KiB|-> <failure>` the user's code failed (`e`: and its work goes on) · `L <id|-> <stream> <level> <text>` · `F <files>` user files
 *      that were loaded · `O` output may come past the language's print · `T 1|0` threads of events
 *      that are answered still work, none does any more · `N <id|-> <notice>` something worth a finding
 */
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { LogLevel, LogStream, SourcePlace } from '../../../protocol/fact';
import type { LaunchOrder } from '../launch/environment';
import { LineSplitter } from './lines';

/** What a bootstrap says about a failure of the user's code. */
export interface CodeFailure {
  /**
   * `missingFile`, `missingEntry`: nothing to call · `load`: loading raised · `syntax` · `missingModule` ·
   * `exception`: the handler raised · `unserialisable`: its value is no JSON · `badEvent`: the event is no JSON ·
   * `tooLarge`: the value is larger than 6 MB · `handlerForm`: no call of it can give an answer, as `form` says
   */
  kind: FailureKind;
  /** Class of the exception, e.g. `ZeroDivisionError`. */
  type?: string;
  message: string;
  stack?: string;
  place?: SourcePlace;
  /** Name of the module that could not be found. */
  module?: string;
  /** Name of the one that the code had tried before that. */
  first?: string;
  /** A file of the user's and the module of that name: `by` says which of the two is imported. */
  hidden?: { module: string; file: string; by: 'file' | 'module' };
  /** What an HTTP client was given as an address, and refused, or found no host of that name. */
  address?: string;
  /** A proxy refused a request, or could not be reached. */
  proxied?: Proxied;
  /** Bytes, for `tooLarge`. */
  size?: number;
  /** Why no call of the handler could give an answer. */
  form?: HandlerForm;
}

/** A request that an HTTP client handed to a proxy, in vain. */
export interface Proxied {
  /** It was a push, which was to go to the gateway. */
  push: boolean;
  /** `host:port`, where the client tells it. */
  proxy?: string;
  /** What it was answered with; undefined: the proxy could not be reached. */
  status?: number;
  /** The environment variable that has the proxy. */
  variable?: string;
}

/**
 * `async` in Python: nothing awaits it · `awaitable`: a plain function gave what should be awaited · `generator`: a call
 * runs nothing of it · `class` · `value`: nothing that can be called · `arguments`: it does not take two
 */
export const handlerForms = [
  'async',
  'awaitable',
  'generator',
  'class',
  'value',
  'arguments',
] as const;
export type HandlerForm = (typeof handlerForms)[number];

export type FailureKind =
  | 'missingFile'
  | 'missingEntry'
  | 'load'
  | 'syntax'
  | 'missingModule'
  | 'exception'
  | 'unserialisable'
  | 'badEvent'
  | 'tooLarge'
  | 'handlerForm';

export type Notice =
  | { notice: 'redirected'; host: string }
  | { notice: 'placeholder'; host: string; place?: SourcePlace }
  | ({ notice: 'proxied'; place?: SourcePlace } & Proxied)
  /** JSON keeps nothing of a value, and there is something in it. */
  | {
      notice: 'lostValue';
      of: 'answer' | 'push';
      /** Its class, and its path, such as `.users[0]`; empty: the whole. */
      kind: string;
      where: string;
      place?: SourcePlace;
    }
  /** A push was made without a member that it must have: its value is undefined. */
  | { notice: 'undefinedMember'; name: string; place?: SourcePlace }
  | { notice: 'ignoredReturn'; form?: HandlerForm; place?: SourcePlace }
  | { notice: 'codeWrite'; path: string; refused: boolean; place?: SourcePlace }
  /** The user's code ends its own process, there. */
  | { notice: 'exits'; place: SourcePlace };

export interface ChannelListener {
  onReady(): void;
  onLoadFailed(failure: CodeFailure): void;
  /** `more`: un-awaited work goes on until `onDone`. */
  onResult(id: string, peakKb: number | undefined, json: string, more: boolean): void;
  onDone(id: string): void;
  onFailure(id: string, peakKb: number | undefined, failure: CodeFailure, more: boolean): void;
  onLog(id: string | null, stream: LogStream, level: LogLevel, text: string): void;
  /** Output may wait on the standard streams when an event ends. */
  onRawOutput(): void;
  onFiles(files: string[]): void;
  /** Threads that events started, and left behind, still work; they hold nobody up. */
  onThreads(work: boolean): void;
  onNotice(id: string | null, notice: Notice): void;
  /** `error` instead of a port: why debugging is impossible. */
  onDebugPort(answer: { port: number } | { error: 'missing' | 'failed'; message: string }): void;
  /** The process cannot go on after this event and is to be replaced. */
  onSpent(): void;
  /** The child says what no bootstrap says. */
  onNonsense(text: string): void;
}

/** How one talks with a handler process; the families differ in this alone. */
export interface Conversation {
  /** An event that comes while another one runs waits in the process, which takes it up after that. */
  readonly queues?: true;
  /** Called once, right after the process was spawned. */
  start(): void;
  /** Hands over an event; `event` contains no line feed. */
  event(id: string, frozenMs: number, event: string): void;
  /** Loads the handler of an instance that waited for its debugger. */
  load(): void;
  debug(enabled: boolean): void;
  /** Pushes say from now on which line of the user's code made them. */
  namePushes?(): void;
  /** Stops or goes on reading what the process sends. */
  hold(held: boolean): void;
  /** Nothing will come any more: the process should end by itself. */
  end(): void;
}

/** 6 MB of value as documented, and room for the head. */
const longestLine = 8 * 1024 * 1024;
/** How long the exit of a child that reads no more is waited for, milliseconds. */
const exitGrace = 500;
/** Bytes taken from a child in one turn of the loop; then everybody else has theirs. */
const bytesPerTurn = 256 * 1024;

export class Channel implements Conversation {
  readonly queues = true;
  private readonly splitter: LineSplitter;
  private taken = 0;
  /** What stood before the text of the line of output before, and what that means. */
  private lastHead = '';
  private lastLog: [id: string | null, stream: LogStream, level: LogLevel] = [
    null,
    'stdout',
    'info',
  ];

  constructor(
    private readonly input: Writable,
    private readonly output: Readable,
    private readonly listener: ChannelListener,
    private readonly order: LaunchOrder,
  ) {
    this.splitter = new LineSplitter(this.receive, longestLine, () =>
      listener.onNonsense('a line longer than 8 MB'),
    );
    // Mostly the child is gone, and its exit tells the story; else it goes on without ever hearing of an event again.
    input.on('error', () => undefined);
    input.once('close', () => {
      setTimeout(() => listener.onNonsense('it reads no more'), exitGrace).unref();
    });
    output.on('error', () => undefined);
    output.on('data', (chunk: Buffer) => {
      this.splitter.push(chunk);
      this.taken += chunk.length;
      if (this.taken > bytesPerTurn && !output.isPaused()) {
        output.pause();
        setImmediate(() => {
          this.taken = 0;
          if (!this.held) {
            output.resume();
          }
        });
      }
    });
  }

  private held = false;

  /** Stops reading for a while: the child blocks when its pipe is full, and nothing is lost. */
  hold(held: boolean): void {
    this.held = held;
    if (held) {
      this.output.pause();
    } else {
      this.output.resume();
    }
  }

  start(): void {
    this.input.write(`S ${JSON.stringify(this.order)}\n`);
  }

  /** `event` must not contain a line feed. */
  event(id: string, frozenMs: number, event: string): void {
    this.input.write(`I ${id} ${Math.round(frozenMs)} ${event}\n`);
  }

  load(): void {
    this.input.write('G\n');
  }

  debug(enabled: boolean): void {
    this.input.write(enabled ? 'B 1\n' : 'B 0\n');
  }

  namePushes(): void {
    this.input.write('W\n');
  }

  /** The bootstrap ends by itself when nothing can come any more. */
  end(): void {
    this.input.end();
  }

  private readonly receive = (bytes: Buffer, start: number, end: number): void => {
    const kind = bytes[start];
    if (kind === 0x52 /* R */ || kind === 0x72 /* r */) {
      const afterId = bytes.indexOf(32, start + 2);
      const afterPeak = bytes.indexOf(32, afterId + 1);
      if (afterId < 0 || afterPeak < 0 || afterPeak >= end) {
        this.listener.onNonsense(bytes.toString('utf8', start, Math.min(end, start + 80)));
        return;
      }
      this.listener.onResult(
        bytes.toString('latin1', start + 2, afterId),
        peakOf(bytes.toString('latin1', afterId + 1, afterPeak)),
        bytes.toString('utf8', afterPeak + 1, end),
        kind === 0x72,
      );
      return;
    }
    if (kind === 0x4c /* L */ && this.receiveLog(bytes, start, end)) {
      return;
    }
    const line = bytes.toString('utf8', start, end);
    try {
      this.receiveRare(line);
    } catch {
      this.listener.onNonsense(line.slice(0, 80));
    }
  };

  /** A line of output, of which there may be millions; false: not as bootstraps write it. */
  private receiveLog(bytes: Buffer, start: number, end: number): boolean {
    const text = bytes.indexOf(0x22, start);
    if (text < 0 || text >= end) {
      return false;
    }
    const head = bytes.toString('latin1', start, text);
    if (head !== this.lastHead) {
      const [, id = '', stream = '', level = '', none] = head.split(' ');
      if (none !== '' || !streams.has(stream) || !levels.has(level)) {
        return false;
      }
      this.lastHead = head;
      this.lastLog = [id === '-' ? null : id, stream as LogStream, level as LogLevel];
    }
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8', text, end));
    } catch {
      return false;
    }
    const [id, stream, level] = this.lastLog;
    this.listener.onLog(id, stream, level, value as string); // It begins with a quotation mark.
    return true;
  }

  private receiveRare(line: string): void {
    const { listener } = this;
    const [kind, first = ''] = line.split(' ', 2);
    const rest = line.slice(2);
    const afterFirst = rest.slice(first.length + 1);
    const id = first === '-' ? null : first;
    switch (kind) {
      case 'D':
        listener.onDone(first);
        return;
      case 'E':
      case 'e': {
        const space = afterFirst.indexOf(' ');
        const failure = failureOf(afterFirst.slice(space + 1));
        listener.onFailure(first, peakOf(afterFirst.slice(0, space)), failure, kind === 'e');
        return;
      }
      case 'O':
        listener.onRawOutput();
        return;
      case 'T':
        listener.onThreads(first === '1');
        return;
      case 'F':
        listener.onFiles(filesOf(rest));
        return;
      case 'N':
        listener.onNotice(id, noticeOf(afterFirst));
        return;
      case 'Y':
        listener.onReady();
        return;
      case 'X':
        listener.onLoadFailed(failureOf(rest));
        return;
      case 'P':
        listener.onDebugPort(debugPortOf(rest));
        return;
      default:
        throw new Error(line);
    }
  }
}

/** Throws when it is not what a bootstrap says: the handler can write to the channel, too. */
function failureOf(json: string): CodeFailure {
  const failure = JSON.parse(json) as Record<string, unknown> | null;
  const texts = ['type', 'stack', 'module', 'first', 'address'].map((key) => failure?.[key]);
  if (
    failure === null ||
    typeof failure['kind'] !== 'string' ||
    typeof failure['message'] !== 'string' ||
    texts.some((text) => text !== undefined && typeof text !== 'string') ||
    (failure['place'] !== undefined && !isPlace(failure['place'])) ||
    (failure['hidden'] !== undefined && !isHidden(failure['hidden'])) ||
    (failure['proxied'] !== undefined && !isProxied(failure['proxied']))
  ) {
    throw new Error(json);
  }
  return failure as unknown as CodeFailure;
}

function isHidden(value: unknown): boolean {
  const { module, file, by } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof module === 'string' && typeof file === 'string' && (by === 'file' || by === 'module')
  );
}

/** Absolute paths. */
function filesOf(json: string): string[] {
  const files: unknown = JSON.parse(json);
  if (!Array.isArray(files) || !files.every(isAbsolutePath)) {
    throw new Error(json);
  }
  return files;
}

function isAbsolutePath(value: unknown): value is string {
  return typeof value === 'string' && path.isAbsolute(value);
}

function noticeOf(json: string): Notice {
  const value = (JSON.parse(json) ?? {}) as Record<string, unknown>;
  const { notice, host, form, place } = value;
  const known =
    notice === 'redirected' || notice === 'placeholder'
      ? typeof host === 'string' && (place === undefined || isPlace(place))
      : notice === 'exits'
        ? isPlace(place)
        : ((notice === 'ignoredReturn' && (form === undefined || isForm(form))) ||
            (notice === 'proxied' && isProxied(value)) ||
            (notice === 'undefinedMember' && typeof value['name'] === 'string') ||
            (notice === 'lostValue' &&
              (value['of'] === 'answer' || value['of'] === 'push') &&
              typeof value['kind'] === 'string' &&
              typeof value['where'] === 'string') ||
            (notice === 'codeWrite' && typeof value['path'] === 'string')) &&
          (place === undefined || isPlace(place));
  if (!known) {
    throw new Error(json);
  }
  return value as unknown as Notice;
}

function isProxied(value: unknown): value is Proxied {
  const { push, proxy, status, variable } = (value ?? {}) as Record<string, unknown>;
  const isText = (each: unknown): boolean => each === undefined || typeof each === 'string';
  return (
    typeof push === 'boolean' &&
    (status === undefined || Number.isInteger(status)) &&
    isText(proxy) &&
    isText(variable)
  );
}

function isForm(value: unknown): value is HandlerForm {
  return handlerForms.some((form) => form === value);
}

function debugPortOf(json: string): Parameters<ChannelListener['onDebugPort']>[0] {
  const value = (JSON.parse(json) ?? {}) as Record<string, unknown>;
  const { port, error, message } = value;
  if (Number.isInteger(port)) {
    return { port: port as number };
  }
  if (error === 'missing' || error === 'failed') {
    return { error, message: typeof message === 'string' ? message : '' };
  }
  throw new Error(json);
}

function isPlace(value: unknown): boolean {
  const { file, line } = (value ?? {}) as Record<string, unknown>;
  return typeof file === 'string' && typeof line === 'number';
}

const streams = new Set<string>(['stdout', 'stderr', 'platform']);
const levels = new Set<string>(['trace', 'debug', 'info', 'warn', 'error']);

function peakOf(text: string): number | undefined {
  const peak = Number(text);
  return Number.isFinite(peak) ? peak : undefined;
}

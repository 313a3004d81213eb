/**
 * A handler's output on its way to `log` facts: raw bytes of fd 1 and 2 become lines, long lines are cut with a
 * mark, and a flood is put together into fewer, longer facts and slowed down by not reading, never dropped.
 */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { FunctionId } from '../../../protocol/project';
import type { LogLevel, LogStream } from '../../../protocol/fact';
import type { RecordFact } from '../contract';

/** Characters of a line that travel with its fact. */
export const longestText = 4000;
/** Characters of a line without an end that are waited for; the bootstraps cut their lines at as many. */
const longestKept = 256 * 1024;
/** From so many facts in a window on, the lines that follow are put together. */
const factsPerWindow = 500;
/** The same, while windows before were full, too: a fact costs more than the lines in it. */
const factsPerFloodedWindow = 20;
/** Characters in a window after which the handler's pipes are left to fill for a while. */
const charactersPerWindow = 1024 * 1024;
const windowMs = 100;
const shortestRest = 5;

interface Held {
  invocation: string | null;
  stream: LogStream;
  level: LogLevel;
  text: string;
}

export class OutputLog {
  private windowStart = 0;
  private facts = 0;
  private mostFacts = factsPerWindow;
  private characters = 0;
  private worked = process.cpuUsage();
  private held: Held | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly functionId: FunctionId,
    private readonly instance: number,
    private readonly record: RecordFact,
    /** Told to stop or to go on reading the handler's output. */
    private readonly setHeld: (held: boolean) => void,
  ) {}

  line(invocation: string | null, stream: LogStream, level: LogLevel, text: string): void {
    const now = performance.now();
    if (now - this.windowStart > windowMs) {
      this.windowStart = now;
      this.mostFacts = this.facts < this.mostFacts ? factsPerWindow : factsPerFloodedWindow;
      this.facts = 0;
      this.characters = 0;
      this.worked = process.cpuUsage();
    }
    this.characters += text.length;
    if (this.facts < this.mostFacts) {
      this.flush();
      this.facts++;
      this.write({ invocation, stream, level, text });
    } else {
      this.hold({ invocation, stream, level, text });
    }
    if (this.characters > charactersPerWindow) {
      // Everybody else gets as much time as this piece has taken.
      const rest = Math.min(windowMs, Math.max(shortestRest, this.work()));
      this.windowStart = now;
      this.characters = 0;
      this.setHeld(true);
      setTimeout(() => this.setHeld(false), rest);
    }
  }

  /** Milliseconds that this process has worked since it was asked last: what it waited was no work. */
  private work(): number {
    const { user, system } = process.cpuUsage(this.worked);
    this.worked = process.cpuUsage();
    return (user + system) / 1000;
  }

  /** Writes what was put together; to be called before an invocation ends. */
  flush(): void {
    if (this.held !== undefined) {
      const held = this.held;
      this.held = undefined;
      this.write(held);
    }
  }

  private hold(line: Held): void {
    const { held } = this;
    if (
      held !== undefined &&
      held.invocation === line.invocation &&
      held.stream === line.stream &&
      held.level === line.level &&
      held.text.length + line.text.length < longestText
    ) {
      held.text += '\n' + line.text;
      return;
    }
    this.flush();
    this.held = line;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, windowMs);
  }

  private write({ invocation, stream, level, text }: Held): void {
    const fact = {
      kind: 'log',
      function: this.functionId,
      instance: this.instance,
      invocation,
    } as const;
    if (text.length <= longestText) {
      this.record({ ...fact, stream, level, text });
      return;
    }
    this.record({ ...fact, stream, level, text: text.slice(0, longestText), more: true }, text);
  }
}

/** Bytes that a handler wrote to fd 1 or 2 behind the back of its language. */
export class RawLines {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (text: string) => void) {}

  push(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.write(chunk)).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      this.onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
    if (this.rest.length > longestKept) {
      this.flush();
    }
  }

  /** Delivers a last line without a line feed. */
  flush(): void {
    const rest = this.rest + this.decoder.end();
    this.rest = '';
    if (rest !== '') {
      this.onLine(rest);
    }
  }
}

const takenAtOnce = Buffer.allocUnsafeSlow(65536);
/** Bytes: a process that goes on writing must not keep its own event from ending. */
const mostTaken = 4 * 1024 * 1024;

/** Reads what is in a pipe now, without waiting for the loop to find it. Windows knows no descriptor to do so. */
function takeWaiting(stream: Readable, lines: RawLines | undefined): void {
  const descriptor = (stream as { _handle?: { fd?: number } })._handle?.fd ?? -1;
  if (descriptor < 0 || lines === undefined || stream.readableLength > 0) {
    return;
  }
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0; // An empty pipe is told by an error, mostly.
  try {
    for (let taken = 0; taken < mostTaken;) {
      const size = fs.readSync(descriptor, takenAtOnce, 0, takenAtOnce.length, null);
      if (size === 0) {
        break;
      }
      lines.push(Buffer.from(takenAtOnce.subarray(0, size)));
      taken += size;
    }
  } catch {
    // Empty, or gone.
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** What Node.js itself writes about its inspector. */
const debuggerChatter =
  /^(Debugger (listening on|attached|ending on)|For help, see: https:\/\/nodejs\.org|Waiting for the debugger to disconnect)/;

/** All that a process writes to its standard streams, and the log that this and its channel go to. */
export class InstanceOutput {
  readonly log: OutputLog;
  /** Node.js said that it ran out of heap. */
  heapExhausted = false;
  /** Output may wait in the pipes when an event ends. */
  comesRaw = false;
  private readonly raw: RawLines[] = [];
  private readonly streams: Readable[];

  constructor(
    functionId: FunctionId,
    instance: number,
    child: ChildProcess,
    record: RecordFact,
    /** What raw output belongs to: the event that runs, or the one that ended last. */
    invocation: () => string | null,
    holdChannel: (held: boolean) => void,
  ) {
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    this.streams = streams;
    this.log = new OutputLog(functionId, instance, record, (held) => {
      holdChannel(held);
      for (const stream of streams) {
        if (held) {
          stream.pause();
        } else {
          stream.resume();
        }
      }
    });
    for (const stream of streams) {
      const [name, level] =
        stream === child.stdout ? (['stdout', 'info'] as const) : (['stderr', 'error'] as const);
      const lines = new RawLines((text) => {
        if (!debuggerChatter.test(text)) {
          this.heapExhausted ||= text.includes('JavaScript heap out of memory');
          this.log.line(invocation(), name, level, text);
        }
      });
      this.raw.push(lines);
      stream.on('data', (chunk: Buffer) => lines.push(chunk));
      stream.on('error', () => undefined); // The process is gone; its exit tells the story.
    }
  }

  /** What was written until now belongs to what runs now: takes it from the pipes, and all that waited for more. */
  settle(): void {
    if (this.comesRaw) {
      this.streams.forEach((stream, index) => takeWaiting(stream, this.raw[index]));
    }
    this.flush();
  }

  /** Delivers what waited for more. */
  flush(): void {
    for (const lines of this.raw) {
      lines.flush();
    }
    this.log.flush();
  }
}

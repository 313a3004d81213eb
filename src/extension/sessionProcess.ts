/**
 * The session as a child process: facts come out of it, intents go in. Knows the wire, nothing of the editor.
 * When this process ends, for whatever reason, the child's stdin ends, and the child ends with all its handlers.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import type { Fact } from '../protocol/fact';
import type { Answer, Ask, IntentKind, Reply } from '../protocol/intent';
import type { EmulatorOptions, FunctionId } from '../protocol/project';
import { parseLine, readAnswer } from '../protocol/wire';

export interface SessionOptions {
  /** dist/cli.js. */
  program: string;
  /** Project folders, each with a scfws.json. */
  folders: string[];
  port?: number;
  /** `zh-cn`; undefined: English. */
  locale?: string;
  python?: string;
  /** Of the environment that is active in the editor. */
  editorPython?: string;
  node?: string;
  maxFacts?: number;
  memoryMb?: number;
  allowedOrigins: string[];
  emulator: Partial<EmulatorOptions>;
  /** Functions that wait for a debugger from the first event on. */
  debug: readonly FunctionId[];
}

export interface SessionPlan {
  args: string[];
  env: NodeJS.ProcessEnv;
}

/**
 * How the child is started. `ELECTRON_RUN_AS_NODE` makes the editor's own program behave as Node.js; the other
 * variables of the extension host are none of the session's business, and must never reach a handler.
 */
export function planSession(options: SessionOptions, env: NodeJS.ProcessEnv): SessionPlan {
  const args = [options.program, 'serve', ...options.folders, '--stdio'];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') {
      args.push(name, value);
    }
  };
  add('--port', options.port?.toString());
  add('--locale', options.locale);
  add('--python', options.python);
  add('--editor-python', options.editorPython);
  add('--node', options.node);
  add('--max-facts', options.maxFacts?.toString());
  add('--memory-mb', options.memoryMb?.toString());
  for (const origin of options.allowedOrigins) {
    add('--allow-origin', origin);
  }
  for (const id of options.debug) {
    add('--debug', id);
  }
  if (Object.keys(options.emulator).length > 0) {
    args.push('--emulator', JSON.stringify(options.emulator));
  }
  // For whoever works on the session itself: .vscode/launch.json attaches there.
  const inspect = env['SCFWS_SESSION_INSPECT'];
  return {
    args: inspect === undefined ? args : [`--inspect=127.0.0.1:${inspect}`, ...args],
    env: childEnvironment(env),
  };
}

/** Of a child that runs our command line: the editor's own program, and none of its variables. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const clean: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(env)) {
    if (!/^(VSCODE_|ELECTRON_|NODE_OPTIONS$|NODE_INSPECT)/i.test(name)) {
      clean[name] = value;
    }
  }
  clean['ELECTRON_RUN_AS_NODE'] = '1';
  return clean;
}

export interface SessionListener {
  /** Facts that arrived together, in order. */
  onFacts(facts: Fact[]): void;
  /** A line that the session wrote for its log. */
  onLog(line: string): void;
  /** Called once. `said` is what it wrote last, for a person. */
  onExit(code: number | null, said: string): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** How long a session that was asked to stop may take before it is ended, in milliseconds. */
const patience = 5000;

export class SessionProcess {
  readonly pid: number | undefined;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly pending = new Map<number, Pending>();
  private readonly ended: Promise<void>;
  private nextId = 1;
  private over = false;
  private said: string[] = [];

  constructor(
    plan: SessionPlan,
    private readonly listener: SessionListener,
  ) {
    // No flag of V8's: with one it refuses the compiled code that Node.js brings along, and each start costs more.
    this.child = spawn(process.execPath, plan.args, {
      env: plan.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.pid = this.child.pid;
    readLines(this.child.stdout, (lines) => this.receive(lines));
    readLines(this.child.stderr, (lines) => lines.forEach((line) => this.hear(line)));
    // A write to a session that has just ended fails; that it ended is told by 'close'.
    this.child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      const finish = (code: number | null) => {
        if (!this.over) {
          this.over = true;
          this.rejectAll();
          this.listener.onExit(code, this.said.join('\n'));
          resolve();
        }
      };
      this.child.on('error', (error) => {
        this.hear(error.message);
        finish(null);
      });
      this.child.on('close', finish);
    });
  }

  /** Rejects with a `UserError` whose sentence can be shown. */
  ask<K extends IntentKind>(kind: K, ask: Ask<K>): Promise<Answer<K>> {
    if (this.over) {
      return Promise.reject(sessionEnded());
    }
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const answer = (value: unknown) => resolve(readAnswer(kind, value));
      this.pending.set(id, { resolve: answer, reject });
      this.child.stdin.write(`${JSON.stringify({ id, kind, ...ask })}\n`);
    });
  }

  /** Ends the session; resolves when the process is gone. */
  async stop(): Promise<void> {
    if (!this.over) {
      this.ask('stop', {}).catch(() => undefined);
      this.child.stdin.end();
      const limit = setTimeout(() => this.child.kill('SIGKILL'), patience);
      await this.ended;
      clearTimeout(limit);
    }
  }

  /** For the end of the editor: says goodbye without waiting. The end of stdin does the rest. */
  dispose(): void {
    this.child.stdin.end();
  }

  private receive(lines: string[]): void {
    const facts: Fact[] = [];
    for (const line of lines) {
      const message = parseLine(line);
      if (message === undefined) {
        this.hear(line);
      } else if ('reply' in message) {
        // What is said before an answer is known before the answer.
        this.flush(facts);
        this.settle(message);
      } else {
        facts.push(message);
      }
    }
    this.flush(facts);
  }

  private flush(facts: Fact[]): void {
    if (facts.length > 0) {
      this.listener.onFacts(facts.splice(0));
    }
  }

  private settle(reply: Reply): void {
    const pending = this.pending.get(reply.reply);
    this.pending.delete(reply.reply);
    if (pending === undefined) {
      return;
    }
    if ('error' in reply) {
      const { code, message, nextStep, fix } = reply.error;
      pending.reject(new UserError(code, message, nextStep, undefined, fix));
    } else {
      pending.resolve(reply.value);
    }
  }

  private hear(line: string): void {
    if (line.trim() !== '') {
      this.said.push(line);
      this.said = this.said.slice(-20);
      this.listener.onLog(line);
    }
  }

  private rejectAll(): void {
    for (const pending of this.pending.values()) {
      pending.reject(sessionEnded());
    }
    this.pending.clear();
  }
}

function sessionEnded(): UserError {
  return new UserError('sessionEnded', l10n.t('The session ended before it answered.'));
}

/** Calls back with the whole lines of each chunk; a last line without an end counts too. */
export function readLines(stream: Readable, onLines: (lines: string[]) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) {
      onLines(lines);
    }
  });
  stream.on('end', () => {
    rest += decoder.end();
    if (rest !== '') {
      onLines([rest]);
    }
  });
}

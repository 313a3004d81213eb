// What the suites have in common: projects in the open folder, real clients, and facts that really happened.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import WebSocket from 'ws';
import * as ids from '../../src/extension/ids';
import type { Fact, FactKind, FactOf } from '../../src/protocol/fact';

export const run = <T>(command: string, ...args: unknown[]): Promise<T> =>
  Promise.resolve(vscode.commands.executeCommand<T>(command, ...args));

export async function activate(): Promise<void> {
  const extension = vscode.extensions.getExtension('scf-websocket.scf-websocket');
  assert.ok(extension, 'the editor does not know the extension');
  await extension.activate();
  // The folders of a workspace file can come after the extensions have started.
  await until('the folders of the window', () => vscode.workspace.workspaceFolders?.[0]);
}

/** A folder that the launcher opened. */
export function workspaceFolder(index = 0): string {
  const folder = vscode.workspace.workspaceFolders?.[index];
  assert.ok(folder, 'no folder is open');
  return folder.uri.fsPath;
}

/** Seconds; against waiting for ever, and less than Mocha's own limit, so that it is said what was waited for. */
const patience = 90;

/** Waits for what the probe sees; there is no other way to know when an editor has drawn or written something. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | null | Promise<T | undefined | false | null>,
): Promise<T> {
  const end = Date.now() + patience * 1000;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false && value !== null) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`Waited ${patience} s in vain for ${what}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The facts of the sessions that are started from now on, read from the trace that each session writes. */
export class Trace {
  readonly file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-trace-')), 'facts.jsonl');
  /** Where the next `next` looks on. */
  private at = 0;

  constructor() {
    process.env['SCFWS_TRACE'] = this.file;
  }

  all(): Fact[] {
    if (!fs.existsSync(this.file)) {
      return [];
    }
    const text = fs.readFileSync(this.file, 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Fact);
  }

  /** From here on: what was recorded before does not count for `next`. */
  mark(): void {
    this.at = this.all().length;
  }

  /** The first fact after the mark that fits, now or later; the mark moves behind it. */
  next<K extends FactKind>(
    kind: K,
    fits: (fact: FactOf<K>) => boolean = () => true,
  ): Promise<FactOf<K>> {
    return until(`a fact ${kind} ${fits}`, () => {
      const facts = this.all();
      const index = facts.findIndex(
        (fact, position) => position >= this.at && fact.kind === kind && fits(fact as FactOf<K>),
      );
      if (index < 0) {
        return undefined;
      }
      this.at = index + 1;
      return facts[index] as FactOf<K>;
    }).catch((error: Error) => {
      const last = this.all().filter((fact) => fact.kind === kind);
      const told = last.slice(-5).map((fact) => `\n${JSON.stringify(fact).slice(0, 300)}`);
      throw new Error(`${error.message} From ${this.at} on; the last of them:${told.join('')}`);
    });
  }

  /** Waits until the clock runs, whatever else happened around it. */
  async runs(): Promise<void> {
    await until('a clock that runs', () => {
      const clocks = this.all().filter((fact) => fact.kind === 'clock');
      return clocks.at(-1)?.frozen !== true;
    });
  }

  has<K extends FactKind>(kind: K, fits: (fact: FactOf<K>) => boolean = () => true): boolean {
    return this.all()
      .slice(this.at)
      .some((fact) => fact.kind === kind && fits(fact as FactOf<K>));
  }
}

/** Saves a change of a handler, and waits until a process of the new version is ready. */
export async function save(trace: Trace, project: TestProject, files: Files): Promise<number> {
  const facts = trace.all();
  // Each session counts versions anew.
  const session = facts.slice(facts.findLastIndex(({ kind }) => kind === 'listening'));
  const versions = session.flatMap((fact) => (fact.kind === 'instance' ? fact.version : []));
  const before = Math.max(...versions);
  if (Object.entries(files).every(([name, text]) => project.read(name) === text)) {
    return before;
  }
  project.write(files);
  const { version } = await trace.next(
    'instance',
    (fact) => fact.state === 'ready' && fact.version > before,
  );
  return version;
}

export type Files = Record<string, string>;

/** Writes a project into the open folder; `remove` takes it away again. */
export class TestProject {
  readonly folder: string;

  constructor(name: string, files: Files = {}, root = workspaceFolder()) {
    this.folder = path.join(root, name);
    this.write(files);
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  uri(name: string): vscode.Uri {
    return vscode.Uri.file(this.file(name));
  }

  read(name: string): string {
    return fs.readFileSync(this.file(name), 'utf8');
  }

  write(files: Files): void {
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(this.file(name)), { recursive: true });
      fs.writeFileSync(this.file(name), text);
    }
  }

  /** Number of the line, from 1, that contains the text. */
  line(name: string, text: string): number {
    const index = this.read(name)
      .split('\n')
      .findIndex((line) => line.includes(text));
    assert.ok(index >= 0, `${name} has no line with ${text}`);
    return index + 1;
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface Addresses {
  url: string;
  pushUrl: string;
}

export async function start(): Promise<Addresses> {
  const addresses = await run<Addresses>(ids.commands.start);
  assert.ok(addresses, 'the gateway did not start; see the log');
  return addresses;
}

export async function stop(): Promise<void> {
  await run(ids.commands.stop);
}

/** A WebSocket client whose messages are waited for one after the other. */
export class Client {
  readonly socket: WebSocket;
  private readonly received: { data: Buffer; binary: boolean }[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly opened: Promise<void>;

  constructor(url: string, protocols: string[] = []) {
    this.socket = new WebSocket(url, protocols);
    this.socket.on('message', (data: Buffer, binary) => this.received.push({ data, binary }));
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', resolve);
      this.socket.on('error', reject);
      this.socket.on('unexpected-response', (_request, response) =>
        reject(new Error(`refused with ${response.statusCode}`)),
      );
    });
    this.opened.catch(() => undefined);
  }

  static async connect(url: string, protocols: string[] = []): Promise<Client> {
    const client = new Client(url, protocols);
    await client.open();
    return client;
  }

  open(): Promise<void> {
    return this.opened;
  }

  send(data: string | Buffer): void {
    this.socket.send(data);
  }

  /** The next message: text as a string, bytes as a buffer. */
  async next(): Promise<string | Buffer> {
    const message = await until('a message', () => this.received.shift());
    return message.binary ? message.data : message.data.toString();
  }

  close(): void {
    this.socket.close();
  }
}

/** An HTTP push as functions make it. */
export async function push(pushUrl: string, websocket: object): Promise<{ errNo: number }> {
  const response = await fetch(pushUrl, { method: 'POST', body: JSON.stringify({ websocket }) });
  return (await response.json()) as { errNo: number };
}

export const pythonHandler = (body: string, top = ''): string =>
  `# -*- coding: utf8 -*-
import json
import os
import urllib.request
${top}

def push(websocket):
    body = json.dumps({"websocket": websocket}).encode()
    urllib.request.urlopen(os.environ["sendbackHost"], body).read()


def main_handler(event, context):
    websocket = event["websocket"]
${body
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;

export const nodeHandler = (body: string, top = ''): string =>
  `const http = require('node:http');
${top}

function push(websocket) {
  return new Promise((resolve, reject) => {
    const request = http.request(process.env.sendbackHost, { method: 'POST' }, (response) => {
      response.resume().on('end', resolve);
    });
    request.on('error', reject);
    request.end(JSON.stringify({ websocket }));
  });
}

exports.main_handler = async (event, context) => {
  const { websocket } = event;
${body
  .trim()
  .split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}
};
`;

/** A project whose three functions answer; each handler has a line that ends in `# stop` or `// stop`. */
export function echoFiles(language: 'python' | 'javascript', options: object = {}): Files {
  const python = language === 'python';
  const handler = python ? pythonHandler : nodeHandler;
  const file = python ? 'index.py' : 'index.js';
  const accept = python
    ? `answer = {"errNo": 0, "errMsg": "ok", "websocket": {"action": "connecting", "secConnectionID": websocket["secConnectionID"]}}
return answer  # stop`
    : `const answer = { errNo: 0, errMsg: 'ok', websocket: { action: 'connecting', secConnectionID: websocket.secConnectionID } };
return answer; // stop`;
  const echo = python
    ? `text = websocket["data"]
push({"action": "data send", "secConnectionID": websocket["secConnectionID"], "dataType": websocket["dataType"], "data": text})  # stop
return "send success"`
    : `const text = websocket.data;
await push({ action: 'data send', secConnectionID: websocket.secConnectionID, dataType: websocket.dataType, data: text }); // stop
return 'send success';`;
  const leave = python
    ? `left = websocket["secConnectionID"]
print("left " + left)  # stop
return "bye"`
    : `const left = websocket.secConnectionID;
console.log('left ' + left); // stop
return 'bye';`;
  return {
    'scfws.json': JSON.stringify({
      service: language,
      path: `/${language}`,
      functions: {
        register: { folder: 'Register', runtime: python ? 'Python3' : 'Nodejs' },
        transfer: { folder: 'Transmission', runtime: python ? 'Python3' : 'Nodejs' },
        cleanup: { folder: 'Delete', runtime: python ? 'Python3' : 'Nodejs' },
      },
      ...options,
    }),
    [`Register/${file}`]: handler(accept),
    [`Transmission/${file}`]: handler(echo),
    [`Delete/${file}`]: handler(leave),
  };
}

// -- the debugger

/** Makes sessions that are started from now on take a Python that has debugpy. */
export function usePythonWithDebugpy(): void {
  const python = [process.env['SCFWS_PYTHON'], 'python3', '/usr/bin/python3', 'python'].find(
    (program) => program && spawnSync(program, ['-c', 'import debugpy']).status === 0,
  );
  assert.ok(python, 'no Python here has debugpy');
  process.env['SCFWS_PYTHON'] = python;
}

/** Sets a breakpoint on a line, from 1. */
export function setBreakpoint(file: string, line: number): vscode.SourceBreakpoint {
  const position = new vscode.Position(line - 1, 0);
  const location = new vscode.Location(vscode.Uri.file(file), position);
  const breakpoint = new vscode.SourceBreakpoint(location);
  vscode.debug.addBreakpoints([breakpoint]);
  return breakpoint;
}

export function removeBreakpoints(): void {
  vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
}

interface Stop {
  session: vscode.DebugSession;
  thread: number;
  file: string;
  line: number;
  frame: number;
}

/** Stops of every debug session, in the order in which they happened. */
export class Stops implements vscode.Disposable {
  private readonly stopped: { session: vscode.DebugSession; thread: number }[] = [];
  private readonly tracker: vscode.Disposable;

  constructor() {
    this.tracker = vscode.debug.registerDebugAdapterTrackerFactory('*', {
      createDebugAdapterTracker: (session) => ({
        onDidSendMessage: (message: {
          type: string;
          event?: string;
          body?: { threadId?: number };
        }) => {
          if (message.type === 'event' && message.event === 'stopped') {
            this.stopped.push({ session, thread: message.body?.threadId ?? 0 });
          }
        },
      }),
    });
  }

  get count(): number {
    return this.stopped.length;
  }

  async next(): Promise<Stop> {
    const { session, thread } = await until('a stop', () => this.stopped.shift());
    const { stackFrames } = (await session.customRequest('stackTrace', {
      threadId: thread,
      startFrame: 0,
      levels: 1,
    })) as { stackFrames: { id: number; line: number; source?: { path?: string } }[] };
    const [frame] = stackFrames;
    assert.ok(frame, 'a stop without a frame');
    const named = frame.source?.path ?? '';
    const file = named.includes('://') ? vscode.Uri.parse(named).fsPath : named;
    return { session, thread, file, line: frame.line, frame: frame.id };
  }

  /**
   * Sets a breakpoint in a process that runs already, and waits until it is bound there: every debugpy binds any file that
   * exists, also one that only another function loads, so the function in whose folder it is has to say so.
   */
  async bind(file: string, line: number): Promise<void> {
    const breakpoint = setBreakpoint(file, line);
    await until(`a bound breakpoint at ${file}:${line}`, async () => {
      const all = debuggedSessions().filter(({ type }) => type !== ids.debugTypes.container);
      const own = all.filter(({ name }) => name.includes(path.basename(path.dirname(file))));
      const asked = own.length > 0 ? own : all;
      const bound = await Promise.all(asked.map((session) => isBound(session, breakpoint)));
      return bound.includes(true);
    });
  }

  async evaluate(stop: Stop, expression: string): Promise<string> {
    const { result } = (await stop.session.customRequest('evaluate', {
      expression,
      frameId: stop.frame,
      context: 'watch',
    })) as { result: string };
    return result;
  }

  async go(stop: Stop): Promise<void> {
    await stop.session.customRequest('continue', { threadId: stop.thread });
  }

  dispose(): void {
    this.tracker.dispose();
  }
}

async function isBound(
  session: vscode.DebugSession,
  breakpoint: vscode.Breakpoint,
): Promise<boolean> {
  const bound: unknown = await Promise.resolve(
    session.getDebugProtocolBreakpoint(breakpoint),
  ).catch(() => undefined);
  return (bound as { verified?: boolean } | undefined)?.verified === true;
}

/** Debug sessions that began and have not ended. The editor's active one may be one that is over. */
const debugSessions = new Set<vscode.DebugSession>();
vscode.debug.onDidStartDebugSession((session) => debugSessions.add(session));
vscode.debug.onDidTerminateDebugSession((session) => debugSessions.delete(session));

/** Those that are there now: containers, and what they have for each process. */
export function debuggedSessions(): vscode.DebugSession[] {
  return [...debugSessions];
}

export function isDebugging(): boolean {
  return debugSessions.size > 0;
}

/** Ends debugpy's adapters as a crash would: those of this window, where the system tells the folder of a process. */
export function killPythonAdapters(): void {
  const pids = execFileSync('pgrep', ['-f', 'debugpy.*adapter']).toString().trim().split('\n');
  const isOurs = (pid: string): boolean =>
    process.platform !== 'linux' ||
    fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(fs.realpathSync(workspaceFolder()));
  const ours = pids.filter(isOurs);
  assert.ok(ours.length > 0, `no adapter of this window among ${pids.join(', ')}`);
  ours.forEach((pid) => process.kill(Number(pid), 'SIGKILL'));
}

/** Ends every debug session, and waits until they are gone. */
export async function stopDebugging(): Promise<void> {
  await vscode.debug.stopDebugging();
  const left = (): string =>
    [...debugSessions].map(({ name, type }) => `${name} (${type})`).join(', ');
  await until('the end of debugging', () => left() === '').catch((error: unknown) => {
    throw new Error(`${(error as Error).message} Still there: ${left()}`);
  });
}

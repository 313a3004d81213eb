/**
 * Facts as a real session would tell them: a chat with several clients, where everything that one says is
 * pushed to all others. Used by tests, screenshots and the benchmark, so it is deterministic.
 */
import type { Fact, FactBody, FunctionInfo, ServiceInfo } from '../../src/protocol/fact';
import { previewLength } from '../../src/protocol/fact';

const people = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
const words =
  'hello there can you see this message the build is green again lunch at noon who broke staging ' +
  'nice work ship it tomorrow 好的 明天见 agreed thanks a lot let me check the logs';

function functionInfo(name: string, role: 'register' | 'transfer' | 'cleanup'): FunctionInfo {
  return {
    function: `chat/${name}`,
    name,
    roles: [role],
    runtime: 'Python3.9',
    family: 'python',
    folder: `/project/${name}`,
    handler: 'index.main_handler',
    file: `/project/${name}/index.py`,
    timeout: 3,
    memory: 128,
  };
}

export const chatService: ServiceInfo = {
  name: 'chat',
  folder: '/project',
  path: '/chat',
  url: 'ws://127.0.0.1:9480/release/chat',
  urls: ['ws://127.0.0.1:9480/release/chat'],
  pushUrl: 'http://127.0.0.1:9480/api-k3x8q2m1',
  functions: [
    functionInfo('Register', 'register'),
    functionInfo('Transmission', 'transfer'),
    functionInfo('Delete', 'cleanup'),
  ],
};

/** Writes facts with numbers and times that grow; every method tells one thing that happens. */
export class Story {
  readonly facts: Fact[] = [];
  /** Whole payloads by number, where the preview is not all. */
  readonly payloads = new Map<number, string>();
  private seq = 0;
  private at = 0;
  private invocations = 0;
  private random: () => number;

  constructor(seed = 7) {
    this.random = mulberry32(seed);
    this.tell({
      kind: 'listening',
      url: chatService.url,
      pushUrl: chatService.pushUrl,
      port: 9480,
      pid: 4242,
      epoch: Date.UTC(2026, 10, 20, 9, 30, 0),
      services: [chatService],
    });
  }

  tell(body: FactBody, afterMs = 0.1 + this.random() * 0.4): number {
    this.at += afterMs;
    this.seq += 1;
    this.facts.push({ seq: this.seq, at: Math.round(this.at * 1000) / 1000, ...body });
    return this.seq;
  }

  clear(): void {
    this.tell({ kind: 'trafficCleared', epoch: Date.UTC(2026, 10, 20, 9, 30, 0) });
  }

  pause(ms: number): void {
    this.at += ms;
  }

  /** Connection ids as the gateway makes them. */
  idOf(person: string): string {
    const code = [...person].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
    return `${code.toString(36).padStart(7, 'q')}${person.slice(0, 2)}Xw=`;
  }

  connect(person: string, extra: { refused?: boolean } = {}): string {
    const connection = this.idOf(person);
    const cause = this.tell(
      {
        kind: 'connecting',
        connection,
        service: 'chat',
        stage: 'release',
        target: `/release/chat?name=${person}&token=s3cr3t-${person}`,
        remote: '127.0.0.1:51234',
        protocols: 'chat.v1',
        headers: {
          host: '127.0.0.1:9480',
          authorization: `Bearer abcdef0123456789-${person}`,
          'user-agent': 'test',
        },
        client: person,
      },
      40,
    );
    this.invoke('Register', 'register', connection, cause, {
      result: extra.refused ? '{"errNo":401,"errMsg":"no such user"}' : '{"errNo":0,"errMsg":"ok"}',
      logs: [`register ${person}`],
    });
    if (extra.refused) {
      this.tell({
        kind: 'refused',
        connection,
        service: 'chat',
        status: 403,
        body: '{"errNo":401,"errMsg":"no such user"}',
        reason: 'Register answered errNo 401: no such user',
        target: '/release/chat',
        remote: '127.0.0.1:51234',
      });
    } else {
      this.tell({ kind: 'opened', connection, protocol: 'chat.v1' });
      this.tell({
        kind: 'client',
        client: person,
        state: 'open',
        url: chatService.url,
        connection,
      });
    }
    return connection;
  }

  frame(
    connection: string,
    direction: 'toServer' | 'toClient',
    data: string,
    more: { type?: 'text' | 'binary' | 'ping' | 'pong'; push?: number } = {},
  ): number {
    const { preview, cut } = previewOf(data);
    const seq = this.tell({
      kind: 'frame',
      connection,
      direction,
      type: more.type ?? 'text',
      size: more.type === 'binary' ? (data.length * 3) >> 2 : Buffer.byteLength(data),
      preview,
      ...(cut ? { more: true as const } : {}),
      ...(more.push === undefined ? {} : { push: more.push }),
    });
    if (cut) {
      this.payloads.set(seq, data);
    }
    return seq;
  }

  invoke(
    name: string,
    role: 'register' | 'transfer' | 'cleanup',
    connection: string,
    cause: number | null,
    run: {
      logs?: string[];
      result?: string;
      pushes?: [string, string][];
      fails?: string;
      cold?: boolean;
    },
  ): string {
    this.invocations += 1;
    const invocation = `${this.invocations.toString(16).padStart(8, '0')}-5d3c-4b7e-9a01-000000000000`;
    const cold = run.cold ?? this.invocations === 1;
    const started = this.at;
    this.tell({
      kind: 'invocationStarted',
      invocation,
      function: `chat/${name}`,
      role,
      connection,
      cause,
      instance: 1,
      cold,
      queuedMs: cold ? 182 : 0.4,
      initMs: cold ? 181 : 0,
      version: 1,
      eventSize: 180,
    });
    for (const text of run.logs ?? []) {
      this.tell({
        kind: 'log',
        function: `chat/${name}`,
        instance: 1,
        invocation,
        stream: 'stdout',
        level: 'info',
        text,
      });
    }
    for (const [to, data] of run.pushes ?? []) {
      this.push(to, data, invocation, `chat/${name}`);
    }
    const error = run.fails
      ? {
          errorCode: -1,
          errorMessage: run.fails,
          requestId: invocation,
          statusCode: 430,
          stackTrace: `Traceback (most recent call last):\n  File "/project/${name}/index.py", line 12, in main_handler\n    raise KeyError('to')\n${run.fails}`,
        }
      : undefined;
    this.tell(
      {
        kind: 'invocationEnded',
        invocation,
        outcome: error ? 'userError' : 'ok',
        durationMs: Math.round((this.at - started + 2 + this.random() * 20) * 100) / 100,
        memoryMb: 21,
        preview: error
          ? JSON.stringify({ errorCode: -1, statusCode: 430 })
          : (run.result ?? 'null'),
        ...(error ? { error, place: { file: `/project/${name}/index.py`, line: 12 } } : {}),
      },
      1 + this.random() * 10,
    );
    return invocation;
  }

  push(
    to: string,
    data: string,
    invocation: string | null,
    from: string | null,
    errNo = 0,
    type: 'text' | 'binary' = 'text',
  ): number {
    const { preview, cut } = previewOf(data);
    const push = this.tell({
      kind: 'push',
      service: 'chat',
      connection: to,
      action: 'data send',
      type,
      size: type === 'binary' ? (data.length * 3) >> 2 : Buffer.byteLength(data),
      preview,
      ...(cut ? { more: true as const } : {}),
      invocation,
      function: from,
      status: 200,
      errNo,
      errMsg: errNo === 0 ? 'ok' : 'connection not found',
    });
    if (cut) {
      this.payloads.set(push, data);
    }
    if (errNo === 0) {
      this.frame(to, 'toClient', data, { push, type });
    }
    return push;
  }

  /** One says something: a frame in, a run, and a push to each of the others. */
  say(from: string, to: readonly string[], text?: string): number {
    const body = JSON.stringify({ type: 'say', from, text: text ?? this.sentence() });
    const connection = this.idOf(from);
    const cause = this.frame(connection, 'toServer', body);
    this.invoke('Transmission', 'transfer', connection, cause, {
      logs: [`say from ${from} to ${to.length}`],
      pushes: to.map((person) => [this.idOf(person), body]),
    });
    return cause;
  }

  leave(person: string, code = 1000): void {
    const connection = this.idOf(person);
    const cause = this.tell({
      kind: 'closed',
      connection,
      cause: code === 1006 ? 'clientVanished' : 'clientClose',
      code,
      reason: code === 1000 ? 'bye' : '',
    });
    this.invoke('Delete', 'cleanup', connection, cause, { logs: [`${person} left`] });
  }

  /** Both sides say Close before the connection ends. */
  closeHandshake(person: string): void {
    const connection = this.idOf(person);
    for (const direction of ['toServer', 'toClient'] as const) {
      this.tell({
        kind: 'frame',
        ...{ connection, direction, type: 'close', size: 5, preview: 'bye', code: 1000 },
      });
    }
  }

  sentence(): string {
    const list = words.split(' ');
    return Array.from(
      { length: 3 + Math.floor(this.random() * 6) },
      () => list[Math.floor(this.random() * list.length)],
    ).join(' ');
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }
}

function previewOf(data: string): { preview: string; cut: boolean } {
  return { preview: data.slice(0, previewLength), cut: data.length > previewLength };
}

/** The conversation of the screenshots: a bit of everything. */
export function chatStory(): Story {
  const story = new Story();
  const present = people.slice(0, 4);
  present.forEach((person) => story.connect(person));
  story.connect('mallory', { refused: true });
  const others = (person: string) => present.filter((each) => each !== person);
  for (let round = 0; round < 6; round++) {
    const from = present[round % present.length]!;
    story.pause(300 + round * 170);
    story.say(from, others(from));
  }
  story.frame(story.idOf('bob'), 'toServer', '', { type: 'ping' });
  story.frame(story.idOf('bob'), 'toClient', '', { type: 'pong' });
  story.pause(900);
  const picture = Buffer.from(Uint8Array.from({ length: 900 }, (_, index) => (index * 7) % 256));
  const seq = story.frame(story.idOf('carol'), 'toServer', picture.toString('base64'), {
    type: 'binary',
  });
  story.invoke('Transmission', 'transfer', story.idOf('carol'), seq, {
    logs: ['binary of 900 bytes'],
    fails: "KeyError: 'to'",
  });
  story.pause(400);
  const whisper = story.frame(
    story.idOf('dave'),
    'toServer',
    JSON.stringify({ type: 'whisper', to: 'zoe', text: 'psst' }),
  );
  const invocation = story.invoke('Transmission', 'transfer', story.idOf('dave'), whisper, {
    logs: ['whisper to zoe'],
    result: '{"delivered":0}',
  });
  story.push(
    story.idOf('zoe'),
    '{"type":"whisper","text":"psst"}',
    invocation,
    'chat/Transmission',
    9001,
  );
  story.pause(500);
  story.push(
    story.idOf('alice'),
    JSON.stringify({
      type: 'notice',
      text: 'maintenance at six',
      rooms: ['lobby', 'games', 'music'],
      by: { name: 'ops', id: 42, admin: true, since: null },
      details:
        'All rooms close for ten minutes. Messages sent in between are kept and delivered after.',
    }),
    null,
    null,
  );
  story.pause(700);
  story.leave('dave');
  story.say('alice', ['bob', 'carol'], 'dave has left');
  return story;
}

/** `frames` frames of chat among eight. */
export function longStory(frames: number): Story {
  const story = new Story(11);
  people.forEach((person) => story.connect(person));
  let count = 0;
  while (count < frames) {
    const from = story.pick(people);
    const to = people.filter((each) => each !== from).slice(0, 3);
    story.pause(5);
    story.say(from, to);
    count += 1 + to.length;
  }
  return story;
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

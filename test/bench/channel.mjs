// The way to a handler and back, one event outstanding: a raw pipe with the same lines, the product's channel with its
// bootstrap, and its whole runtime (facts, limits, memory).
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/toolchain.mjs';
import { median, quantile } from './load.mjs';
import { importSource } from './source.mjs';

const event = JSON.stringify({
  websocket: {
    action: 'data send',
    secConnectionID: '3q2+7wAAkB9/Zk1sCQ1Rew==',
    dataType: 'text',
    data: 'x'.repeat(64),
  },
});

const programs = {
  node: [
    process.execPath,
    [
      '-e',
      `const fs = require('fs'), net = require('net');
       let rest = '';
       new net.Socket({ fd: 3, writable: false }).setEncoding('utf8').on('data', (chunk) => {
         const lines = (rest + chunk).split('\\n');
         rest = lines.pop();
         for (const line of lines) fs.writeSync(4, JSON.stringify(JSON.parse(line).websocket.action) + '\\n');
       }).on('end', () => process.exit(0));`,
    ],
  ],
  python: [
    'python3',
    [
      '-c',
      `import json, os
for line in os.fdopen(3, 'rb'):
    os.write(4, json.dumps(json.loads(line)['websocket']['action']).encode() + b'\\n')`,
    ],
  ],
};

const handlers = {
  node: ['index.js', 'exports.main_handler = async (event) => event.websocket.action;'],
  python: [
    'index.py',
    'def main_handler(event, context):\n    return event["websocket"]["action"]\n',
  ],
};

async function startRaw(family) {
  const [program, args] = programs[family];
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'] });
  let answered;
  let rest = '';
  child.stdio[4].setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) answered(line);
  });
  return {
    invoke: () =>
      new Promise((resolve) => {
        answered = resolve;
        child.stdio[3].write(`${event}\n`);
      }),
    dispose: () => child.kill(),
  };
}

const bootstraps = {
  node: [process.execPath, 'node/bootstrap.cjs'],
  python: ['python3', 'python/bootstrap.py'],
};

async function startChannel(family) {
  const { Channel } = importSource('src/core/runtime/channel/channel.ts');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-channel-'));
  fs.writeFileSync(path.join(folder, handlers[family][0]), handlers[family][1]);
  const [program, bootstrap] = bootstraps[family];
  const child = spawn(program, [path.join(root, 'dist', 'bootstrap', bootstrap)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
  });
  let answered;
  const fail = (problem) => {
    throw new Error(`the bootstrap said ${JSON.stringify(problem)}`);
  };
  const nothing = () => undefined;
  const order = {
    folder,
    file: 'index',
    entry: 'main_handler',
    projectFolder: folder,
    context: { time_limit_in_ms: 10_000 },
    pushUrl: 'http://127.0.0.1:9/api-00000000',
    redirectPush: true,
    debug: false,
    clockFile: path.join(folder, 'clock'),
    waitForEmptyLoop: true,
  };
  const channel = await new Promise((resolve) => {
    const listener = {
      onReady: () => resolve(made),
      onResult: (_id, _peak, json) => answered(json),
      onLoadFailed: fail,
      onFailure: (_id, _peak, failure) => fail(failure),
      onNonsense: nothing, // When it is killed.
      ...{ onDone: nothing, onLog: nothing, onFiles: nothing, onNotice: nothing },
      ...{ onDebugPort: nothing, onSpent: nothing },
    };
    const made = new Channel(child.stdio[3], child.stdio[4], listener, order);
    made.start();
  });
  return {
    invoke: () =>
      new Promise((resolve) => {
        answered = resolve;
        channel.event(randomUUID(), 0, event);
      }),
    dispose() {
      child.kill();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

async function startRuntime(family) {
  const { startFunctionRuntime } = importSource('src/core/runtime/dispatch/functionRuntime.ts');
  const { Dispatcher } = importSource('src/core/runtime/dispatch/dispatcher.ts');
  const { Recorder } = importSource('src/core/session/recorder.ts');
  const { Clock } = importSource('src/core/clock.ts');
  const { defaultEmulatorOptions } = importSource('src/protocol/project.ts');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-channel-'));
  fs.writeFileSync(path.join(folder, handlers[family][0]), handlers[family][1]);
  const clock = new Clock();
  const recorder = new Recorder(clock);
  const spec = {
    name: 'echo',
    folder,
    handler: 'index.main_handler',
    runtime: family === 'node' ? 'Nodejs' : 'Python3',
    family,
    ...(family === 'python' ? { runtimeVersion: '3' } : {}),
    timeout: 10,
    initTimeout: 30,
    memory: 512,
    maxInstances: 1,
    environment: {},
  };
  let instances = 0;
  const runtime = startFunctionRuntime('bench/echo', spec, {
    service: { name: 'bench', folder, functions: [spec], emulator: { ...defaultEmulatorOptions } },
    clock,
    clockFile: path.join(folder, 'clock'),
    dispatcher: new Dispatcher(),
    record: recorder.record,
    pushUrl: () => 'http://127.0.0.1:9/api-00000000',
    nextInstance: () => ++instances,
    interpreters: {},
    bootstrapFolder: path.join(root, 'dist', 'bootstrap'),
  });
  return {
    invoke: () =>
      runtime.invoke({
        invocation: randomUUID(),
        eventJson: event,
        role: 'transfer',
        connection: '3q2+7wAAkB9/Zk1sCQ1Rew==',
        cause: 1,
      }),
    async dispose() {
      await runtime.dispose();
      clock.dispose();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

async function p50(start, family, count) {
  const channel = await start(family);
  for (let n = 0; n < 500; n++) await channel.invoke();
  const times = [];
  for (let n = 0; n < count; n++) {
    const started = performance.now();
    await channel.invoke();
    times.push(1000 * (performance.now() - started));
  }
  await channel.dispose();
  return quantile(times, 0.5);
}

export async function measureChannel({ rounds, count }) {
  const starts = { raw: startRaw, channel: startChannel, runtime: startRuntime };
  const samples = {};
  for (let round = 0; round < rounds; round++) {
    for (const family of ['node', 'python']) {
      for (const [name, start] of Object.entries(starts)) {
        (samples[`${name}-${family}`] ??= []).push(await p50(start, family, count));
      }
    }
  }
  const medians = Object.fromEntries(
    Object.entries(samples).map(([name, values]) => [name, median(values)]),
  );
  const goals = ['node', 'python'].map((family) => {
    const [of, to] = [`channel-${family}`, `raw-${family}`];
    const ratio = medians[of] / medians[to];
    return { of, to, relation: '≤', limit: 1.1, ratio, met: ratio <= 1.1 };
  });
  return {
    title: 'handler channel, one event, p50',
    unit: 'µs',
    samples,
    medians,
    troubles: {},
    goals,
  };
}

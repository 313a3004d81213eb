// The recorder alone: what a frame costs to keep, in time and in memory, and how long the longest append takes.
import { performance } from 'node:perf_hooks';
import v8 from 'node:v8';
import vm from 'node:vm';
import { importSource } from './source.mjs';
import { quantile } from './load.mjs';

const size = 200;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

/** Twice: buffers are freed after the collection that found them. */
async function collectGarbage() {
  for (let n = 0; n < 2; n++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function measureRecorder({ frames = 100_000, limit = 600_000 } = {}) {
  const { Recorder } = await importSource('src/core/session/recorder.ts');
  const { previewOf } = await importSource('src/protocol/fact.ts');
  const { Clock } = await importSource('src/core/clock.ts');
  const recorder = new Recorder(new Clock(), { facts: limit, payloadBytes: 128 * 1024 * 1024 });
  const connections = Array.from({ length: 50 }, (_, n) => `conn${String(n).padStart(18, 'A')}==`);
  // Made beforehand, so that only the recorder is timed.
  const payloads = Array.from({ length: 1000 }, (_, n) => `${n} `.padEnd(size, 'some text '));
  const times = new Float64Array(frames);
  await collectGarbage();
  const before = held();
  let total = 0;
  let spent = cpu();
  for (let n = 0; n < frames; n++) {
    const payload = payloads[n % 1000];
    const started = performance.now();
    recorder.record(
      {
        kind: 'frame',
        connection: connections[n % 50],
        direction: n % 2 === 0 ? 'toServer' : 'toClient',
        type: 'text',
        size,
        ...previewOf(payload),
      },
      payload,
    );
    recorder.settle();
    times[n] = performance.now() - started;
    total += times[n];
    // Other programs take the processor away now and then: what they took is not the recorder's.
    if (times[n] > 1) times[n] = Math.min(times[n], (cpu() - spent) / 1000);
    if (n % 20 === 0 || times[n] > 1) spent = cpu();
  }
  await collectGarbage();
  const bytes = held() - before;
  const kept = recorder.last - recorder.oldest + 1;
  return {
    frames,
    kept,
    megabytes: bytes / 1e6,
    bytesPerFrame: bytes / kept,
    microsPerAppend: (1000 * total) / frames,
    p50Micros: 1000 * quantile(times, 0.5),
    worstMs: quantile(times, 1),
  };
}

/** Processor time of this process so far, µs. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function held() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

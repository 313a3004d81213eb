/**
 * What a recording of many frames costs the extension host when it is opened: until its first page, until the last, the
 * longest that one page holds the event loop, a payload, a search. `node -r ./test/register.cjs test/bench/recordings.ts
 * [frames]`.
 */
import { openBytes } from '../../src/extension/traffic/recordingFile';
import { longStory } from '../webview/story';

const frames = Number(process.argv[2] ?? 200_000);

function bytesOf(): Buffer {
  const parts = [Buffer.from('{"recording":1,"generator":"scf-websocket"}\n')];
  for (const fact of longStory(frames).facts) {
    parts.push(Buffer.from(`${JSON.stringify(fact)}\n`));
  }
  return Buffer.concat(parts);
}

const timed = <T>(work: () => T): [T, number] => {
  const began = performance.now();
  const value = work();
  return [value, performance.now() - began];
};

async function main(): Promise<void> {
  const bytes = bytesOf();
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const [{ value }, open] = timed(() => openBytes(bytes));
  if (value === undefined) {
    throw new Error('It is no recording.');
  }
  let [all, longest, count] = [0, 0, 0];
  for (let next: number | null = 1; next !== null;) {
    const [answer, ms] = timed(() => value.read(next ?? 0, 2000));
    [all, longest, count] = [all + ms, Math.max(longest, ms), count + answer.facts.length];
    next = answer.next;
  }
  global.gc?.();
  const after = process.memoryUsage().heapUsed;
  const payloads = Array.from({ length: 200 }, (_, n) => {
    const [, ms] = timed(() => value.payload(1 + Math.floor((n * value.last) / 200)));
    return ms;
  }).sort((one, other) => one - other);
  const began = performance.now();
  await value.search({ text: 'lunch', regex: false, caseSensitive: false });
  const search = performance.now() - began;
  console.log({
    frames,
    facts: count,
    megabytes: bytes.length / 1e6,
    'until its first page, ms': open,
    'all pages, ms': all,
    'the longest page, ms': longest,
    'a payload, p50 and longest, ms': [payloads[100], payloads[199]],
    'search in payloads, ms': search,
    'heap, MB': (after - before) / 1e6,
  });
}

void main();

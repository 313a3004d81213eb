/**
 * The inspector under load, in a real browser: frames of animation, long tasks and heap while facts pour in,
 * while one scrolls, and while one filters. Prints a table; a file, if one is named, keeps the figures.
 */
import { writeFileSync } from 'node:fs';
import { mochaHooks } from '../../webview/browser';
import { type Inspector, type InspectorOptions, openInspector } from '../../webview/inspector';
import { longStory } from '../../webview/story';

interface Figures {
  what: string;
  seconds: number;
  frames: number;
  /** Milliseconds between frames of animation. */
  median: number;
  p95: number;
  p99: number;
  worst: number;
  longTasks: number;
  longest: number;
  heapMb: number;
}

async function measure(
  inspector: Inspector,
  what: string,
  act: () => Promise<void>,
): Promise<Figures> {
  const { page } = inspector;
  await page.evaluate(() => {
    const record = { times: [] as number[], tasks: [] as number[], on: true };
    (window as unknown as { record: typeof record }).record = record;
    const step = (time: number) => {
      record.times.push(time);
      if (record.on) {
        requestAnimationFrame(step);
      }
    };
    requestAnimationFrame(step);
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => record.tasks.push(entry.duration)),
    ).observe({ entryTypes: ['longtask'] });
  });
  const started = performance.now();
  await act();
  const seconds = (performance.now() - started) / 1000;
  const { times, tasks } = await page.evaluate(() => {
    const { record } = window as unknown as {
      record: { times: number[]; tasks: number[]; on: boolean };
    };
    record.on = false;
    return record;
  });
  const client = await page.context().newCDPSession(page);
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize } = await client.send('Runtime.getHeapUsage');
  const gaps = times
    .slice(1)
    .map((time, index) => time - times[index]!)
    .sort((a, b) => a - b);
  const at = (share: number) => Math.round((gaps[Math.floor(gaps.length * share)] ?? 0) * 10) / 10;
  return {
    what,
    seconds: Math.round(seconds * 10) / 10,
    frames: times.length,
    median: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    worst: Math.round(gaps.at(-1) ?? 0),
    longTasks: tasks.length,
    longest: Math.round(Math.max(0, ...tasks)),
    heapMb: Math.round(usedSize / 1e5) / 10,
  };
}

/** Facts of the story that is told again and again; a driver would take minutes to carry them all. */
const chapterFrames = 16_000;

/** Makes `window.pour(facts, every)`: posts the next facts of an endless story, `every` ms a batch. */
async function fillPage(inspector: Inspector): Promise<number> {
  const { facts } = longStory(chapterFrames);
  for (let at = 0; at < facts.length; at += 5000) {
    await inspector.page.evaluate(
      (json) => {
        const page = window as unknown as { chapter?: object[] };
        page.chapter = [...(page.chapter ?? []), ...(JSON.parse(json) as object[])];
      },
      JSON.stringify(facts.slice(at, at + 5000)),
    );
  }
  await inspector.page.evaluate(() => {
    interface Loose {
      seq: number;
      at: number;
      push?: number;
      cause?: number | null;
      invocation?: string | null;
    }
    const page = window as unknown as {
      chapter: Loose[];
      pour: (total: number, perBatch: number, every: number) => Promise<void>;
    };
    const { chapter } = page;
    const span = chapter.at(-1)!.at + 10;
    let next = 0;
    const fact = (): Loose => {
      const round = Math.floor(next / chapter.length);
      const from = chapter[next++ % chapter.length]!;
      const shift = round * chapter.length;
      return {
        ...from,
        seq: from.seq + shift,
        at: from.at + round * span,
        ...(from.push === undefined ? {} : { push: from.push + shift }),
        ...(from.cause === undefined || from.cause === null ? {} : { cause: from.cause + shift }),
        ...(from.invocation ? { invocation: `${round}-${from.invocation}` } : {}),
      };
    };
    let batch = 10_000_000;
    page.pour = async (total, perBatch, every) => {
      for (let sent = 0; sent < total; sent += perBatch) {
        const facts = Array.from({ length: Math.min(perBatch, total - sent) }, fact);
        window.postMessage({ kind: 'facts', batch: ++batch, facts }, '*');
        await new Promise((resolve) => setTimeout(resolve, every));
      }
    };
  });
  return facts.length;
}

/** A page that is opened on a session that has its frames already: the batches come as the page takes them. */
async function firstPaint(options: InspectorOptions, frames: number): Promise<object> {
  const began = performance.now();
  const inspector = await openInspector(options);
  const loaded = performance.now() - began;
  const perFrame = (await fillPage(inspector)) / chapterFrames;
  const filled = performance.now();
  const pouring = inspector.page.evaluate(
    ([total]) =>
      (window as unknown as { pour: (...args: number[]) => Promise<void> }).pour(total!, 2000, 0),
    [Math.round(frames * perFrame)],
  );
  await inspector.page.locator('.grid [role=row] [role=gridcell]').first().waitFor();
  const painted = performance.now() - filled;
  await pouring;
  await inspector.settled();
  const figures = {
    frames,
    'page loaded, ms': Math.round(loaded),
    'then its first rows, ms': Math.round(painted),
    'then all, ms': Math.round(performance.now() - filled),
  };
  await mochaHooks.afterEach();
  return figures;
}

async function main(): Promise<void> {
  const frames = Number(process.env.SCFWS_FRAMES ?? 200_000);
  const options: InspectorOptions = {
    width: 1200,
    height: 800,
    init: { limits: { rows: 1_000_000, memoryMb: 512 } },
  };
  const opening = await firstPaint(options, frames);
  console.table([opening]);
  const inspector = await openInspector(options);
  const { page } = inspector;
  page.setDefaultTimeout(240_000);
  const perFrame = (await fillPage(inspector)) / chapterFrames;
  const pour = (count: number, perBatch: number, every: number) =>
    page.evaluate(
      ([total, size, pause]) =>
        (window as unknown as { pour: (...args: number[]) => Promise<void> }).pour(
          total!,
          size!,
          pause!,
        ),
      [count, perBatch, every],
    );
  const results: Figures[] = [];
  results.push(await measure(inspector, 'idle', () => page.waitForTimeout(2000)));
  const burst = 34_000;
  const before = Math.round((frames - burst) * perFrame);
  results.push(
    await measure(inspector, `${before} facts (${frames - burst} frames), 1,000 every 16 ms`, () =>
      pour(before, 1000, 16),
    ),
  );
  for (const rate of [500, 1000, 2000, 5000]) {
    results.push(
      await measure(inspector, `${rate} frames a second, for 4 s`, () =>
        pour(Math.round(4 * rate * perFrame), Math.round(0.03 * rate * perFrame), 30),
      ),
    );
  }
  await page.locator('.grid').hover();
  results.push(
    await measure(inspector, 'scrolling: 120 turns of the wheel', async () => {
      for (let turn = 0; turn < 120; turn++) {
        await page.mouse.wheel(0, turn % 40 < 20 ? -1200 : 900);
      }
    }),
  );
  results.push(
    await measure(inspector, 'dragging through everything', async () => {
      for (let step = 0; step <= 60; step++) {
        await page.locator('.grid').evaluate((grid, share) => {
          grid.scrollTop = grid.scrollHeight * share;
        }, step / 60);
      }
    }),
  );
  for (const filter of ['lunch', 'conn:alice dir:in', "$.from == 'bob'", '/s[ht]ip/ size:>60']) {
    results.push(
      await measure(inspector, `filter ${filter}`, async () => {
        await page.getByRole('combobox', { name: 'Filter' }).fill(filter);
        await page.getByRole('combobox', { name: 'Filter' }).press('Enter');
        await page.waitForFunction(() => !document.querySelector('.progress-line progress'));
      }),
    );
  }
  console.table(results);
  const [, , file] = process.argv;
  if (file !== undefined) {
    writeFileSync(file, `${JSON.stringify({ frames, opening, results }, null, 2)}\n`);
  }
  await mochaHooks.afterEach();
  await mochaHooks.afterAll();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

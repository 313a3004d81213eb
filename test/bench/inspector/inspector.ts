/**
 * The inspector under load, in a real browser: frames of animation, long tasks and heap while facts pour in,
 * while one scrolls, and while one filters. Prints a table; `--json FILE` keeps the figures.
 */
import { writeFileSync } from 'node:fs';
import { mochaHooks } from '../../webview/browser';
import { openInspector, type Inspector } from '../../webview/inspector';
import { longStory } from '../../webview/story';

interface Figures {
  what: string;
  seconds: number;
  frames: number;
  /** Milliseconds between frames of animation. */
  median: number;
  p95: number;
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
    worst: Math.round(gaps.at(-1) ?? 0),
    longTasks: tasks.length,
    longest: Math.round(Math.max(0, ...tasks)),
    heapMb: Math.round(usedSize / 1e5) / 10,
  };
}

async function main(): Promise<void> {
  const frames = Number(process.env.SCFWS_FRAMES ?? 200_000);
  const story = longStory(frames);
  const inspector = await openInspector({
    width: 1200,
    height: 800,
    init: { limits: { rows: 1_000_000, memoryMb: 512 } },
  });
  const { page } = inspector;
  page.setDefaultTimeout(120_000);
  const results: Figures[] = [];
  results.push(await measure(inspector, 'idle', () => page.waitForTimeout(2000)));
  const burst = story.facts.length > 60_000 ? story.facts.length - 60_000 : 0;
  results.push(
    await measure(
      inspector,
      `${story.facts.length - 60_000} facts, as fast as they are taken`,
      () => inspector.tell(story.facts.slice(0, burst), 2000),
    ),
  );
  results.push(
    await measure(inspector, 'burst: 5,000 frames a second, for 4 s', async () => {
      // A frame of the story is about three facts; a batch every 30 ms, as the host sends them.
      let at = burst;
      for (let tick = 0; tick < 130 && at < story.facts.length; tick++) {
        const next = Math.min(story.facts.length, at + 450);
        await inspector.send({
          kind: 'facts',
          batch: 1_000_000 + tick,
          facts: story.facts.slice(at, next),
        });
        at = next;
        await page.waitForTimeout(22);
      }
    }),
  );
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
  const file = process.argv.indexOf('--json');
  if (file > 0) {
    writeFileSync(
      process.argv[file + 1]!,
      `${JSON.stringify({ frames, facts: story.facts.length, results }, null, 2)}\n`,
    );
  }
  await mochaHooks.afterEach();
  await mochaHooks.afterAll();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

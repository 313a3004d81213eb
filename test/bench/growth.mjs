// Whether cost grows linearly: connections, frames kept, message sizes, instances, functions, hours.
import { answered, connect, firstAnswer, flood, hold, roundTrips } from './load.mjs';
import { measureRecorder } from './recorder.mjs';
import { ownKib, settle, treeKib, targets } from './targets.mjs';

export async function growthTables({ quick }) {
  return {
    connections: await table('connections', connections(quick ? 2000 : 19_000)),
    frames: await table('frames offered', frames(quick ? 100_000 : 1_000_000)),
    sizes: await table('message size', sizes(quick)),
    instances: await table('instances', instances(quick)),
    functions: await table('functions', functions(quick)),
    hours: await table('hours of light traffic', hours(quick ? 4 : 24)),
  };
}

async function table(title, rows) {
  console.log(`\ngrowth: ${title}`);
  const all = [];
  for await (const row of rows) {
    all.push(row);
    console.log(
      '  ' +
        Object.entries(row)
          .map(([name, value]) => `${name} ${round(value)}`)
          .join('   '),
    );
  }
  return all;
}

const round = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(3)));

async function* connections(most) {
  // 20,000 descriptors are what a process may often have, here and in the gateway.
  for (const count of [10, 100, 1000, 2000, 10_000, 19_000].filter((each) => each <= most)) {
    const running = await targets['scfws-node']();
    await firstAnswer(running.url);
    const before = treeKib(running.pid);
    const started = performance.now();
    const held = await hold(running.url, count);
    const openMs = performance.now() - started;
    const kib = (treeKib(running.pid) - before) / count;
    const { p50 } = await roundTrips(running.url, { count: 300, warmUp: 100 });
    yield {
      connections: count,
      'ms to open each': openMs / count,
      'KiB each': kib,
      'round trip beside them, ms': p50,
    };
    held.dispose();
    await running.dispose();
  }
}

async function* frames(most) {
  for (let count = 1000; count <= most; count *= 10) {
    const measured = await measureRecorder({ frames: count });
    yield {
      offered: count,
      kept: measured.kept,
      'µs an append': measured.microsPerAppend,
      MB: measured.megabytes,
      'B a frame': measured.bytesPerFrame,
    };
  }
}

async function* sizes(quick) {
  const running = await targets['scfws-node']();
  // 4 MiB of text make an event of less than 6 MB, the documented limit.
  for (const size of [64, 1024, 16_384, 262_144, 1_048_576, 4_194_304, 6_200_000]) {
    const count = Math.max(quick ? 5 : 20, Math.min(500, Math.floor(20_000_000 / size)));
    const { p50 } = await roundTrips(running.url, { count, warmUp: Math.ceil(count / 5), size });
    yield { bytes: size, 'round trip, ms': p50, 'MB/s': size / p50 / 1000 };
  }
  await running.dispose();
}

async function* instances(quick) {
  for (const count of quick ? [1, 2, 4, 8] : [1, 2, 4, 8, 16, 64]) {
    const running = await targets['scfws-node']({
      project(project) {
        project.functions.transfer.maxInstances = count;
        // Work that waits, as for a database: instances, not the processor, are what there is too little of.
        project.functions.transfer.environment = { BENCH_WAIT_MS: '10' };
      },
    });
    await flood(running.url, { count: 100, seconds: 3 });
    const { perSecond } = await flood(running.url, {
      count: (quick ? 100 : 300) * count,
      outstanding: 2,
      seconds: 8,
    });
    yield { instances: count, 'messages/s': perSecond, 'for each instance': perSecond / count };
    await running.dispose();
  }
}

/** Each in a project of its own, and used: so many processes stand beside the one that is measured. */
async function* functions(quick) {
  for (const count of quick ? [1, 10] : [1, 10, 100]) {
    const running = await targets['scfws-node']({ projects: count });
    for (const url of running.urls) await firstAnswer(url);
    const { p50 } = await roundTrips(running.urls.at(-1), { count: 500 });
    await settle(running.pid);
    yield {
      functions: count,
      'ms until listening': running.startMs,
      'round trip of the last, ms': p50,
      'MiB each': treeKib(running.pid) / 1024 / count,
    };
    await running.dispose();
  }
}

/**
 * Ten clients that say something each minute of the gateway's clock, one of whom leaves and comes again each hour. So few
 * facts are kept that the oldest go after some hours: what grows from then on would grow for ever.
 */
async function* hours(most) {
  const running = await targets['scfws-node']({ flags: ['--max-facts', '20000'] });
  const clients = [];
  for (let n = 0; n < 10; n++) clients.push(await connect(running.url));
  let messages = 0;
  for (let hour = 1; hour <= most; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      await running.ask('advanceClock', { ms: 60_000 });
      await Promise.all(clients.map((client) => answered(client, `${++messages} of this day`)));
    }
    clients.shift().close();
    clients.push(await connect(running.url));
    if (hour % 2 === 0) {
      await settle(running.pid);
      yield { hours: hour, messages, MiB: ownKib(running.pid) / 1024 };
    }
  }
  await running.dispose();
}

/**
 * The Node.js host of an exported folder (dist/webFunction.js, there `host/host.cjs`): the emulator's gateway and
 * runtimes as one instance of a Web function, with the three functions in processes of their own.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Clock } from '../core/clock';
import { reportBug, sentenceOf } from '../core/errors';
import { noDisturbances } from '../core/gateway/disturbances';
import { Gateway } from '../core/gateway/gateway';
import { startServer } from '../core/gateway/server';
import type { RecordFact, Run } from '../core/runtime/contract';
import { Dispatcher } from '../core/runtime/dispatch/dispatcher';
import { startFunctionRuntime } from '../core/runtime/dispatch/functionRuntime';
import { startClockFile } from '../core/runtime/process/clockFile';
import { RunningService } from '../core/session/runningService';
import { type HostFile, hostFileName } from '../core/hosting/hostFile';
import { startOutput } from './output';
import { startOwners } from './owners';
import { serviceOf, targetOf } from './service';

/** The platform's (documented). A test that runs two of them has others. */
const defaultPort = 9000;

/** Bytes of its log that may wait for whoever reads it. */
const mostWaiting = 1024 * 1024;

/** How long Cleanups may run once the instance is told to stop, milliseconds. */
const lastCleanupsMs = 30_000;

async function run(): Promise<void> {
  /** host/host.cjs stands in host/, in the exported folder. */
  const folder = path.dirname(__dirname);
  const file = JSON.parse(fs.readFileSync(path.join(folder, hostFileName), 'utf8')) as HostFile;
  const spec = serviceOf(file, folder, process.env);
  const write = (line: string): void => {
    if (process.stdout.writable && process.stdout.writableLength < mostWaiting) {
      process.stdout.write(`${line}\n`);
    }
  };
  const clock = new Clock();
  const clockFile = startClockFile(clock);
  const dispatcher = new Dispatcher<Run>();
  const output = startOutput(write, spec.roles.cleanup !== undefined);
  let seq = 0;
  let instances = 0;
  let pushPort = 0;
  const record: RecordFact = (body) => {
    const fact = { seq: ++seq, at: clock.real(), ...body };
    try {
      output(fact);
    } catch (error) {
      reportBug(error); // A log must not stop what it tells of.
    }
    return fact;
  };
  const redisUrl = process.env['REDIS_URL'];
  const owners = startOwners({
    redisUrl: redisUrl === '' ? undefined : redisUrl,
    log: write,
    push: (connection, service, payload) => gateway.pushes.byHand(connection, payload, service),
  });
  const service = new RunningService(spec, (own, each, predecessor) =>
    startFunctionRuntime(
      `${spec.name}/${each.name}`,
      each,
      {
        ...{ service: own.spec, clock, clockFile: clockFile.path, dispatcher, record },
        pushUrl: (functionOf, instance) =>
          `http://127.0.0.1:${pushPort}/${gateway.pushes.addAddress(own, functionOf, instance)}`,
        nextInstance: () => ++instances,
        interpreters: {},
        bootstrapFolder: path.join(__dirname, 'bootstrap'),
      },
      predecessor,
    ),
  );
  const gateway: Gateway = new Gateway({
    ...{ clock, record, dispatcher, services: [service], disturbances: noDisturbances },
    peers: owners,
    // The instance may stop with its last connection: Cleanup runs before that ends.
    holdClose: (connection) => owners.cleaned(connection),
  });
  // The functions push from inside; nobody outside may, and no web page.
  const inner = await startServer(gateway, {
    ...{ port: 0, host: '127.0.0.1' },
    access: { allowedOrigins: [] },
  });
  pushPort = inner.port;
  await owners.start();
  // Ahead of the first client, as part of what the platform calls initialization.
  service.functions.forEach(({ pool }) => pool.start());
  const outer = await startServer(gateway, {
    port: Number(process.env['SCFWS_PORT'] ?? defaultPort),
    host: '0.0.0.0',
    access: { allowedOrigins: ['*'], anyHost: true, pushFrom: () => false },
    targetOf: targetOf(spec),
  });
  const reach =
    redisUrl === undefined || redisUrl === ''
      ? 'REDIS_URL is not set: pushes reach the connections of this instance only'
      : 'pushes reach all instances over Redis';
  write(`listening on 0.0.0.0:${outer.port}; ${reach}`);

  const stop = async (): Promise<void> => {
    // 1011, from the server, is among the codes after which the platform counts a connection as a success.
    await gateway.drain(1011, 'the instance stops', 0);
    await gateway.dispose(lastCleanupsMs);
    await Promise.all([outer.dispose(), inner.dispose(), service.dispose()]);
    owners.dispose();
    clockFile.dispose();
    clock.dispose();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

// A log that nobody takes must not end the instance.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => undefined);
}

run().catch((error: unknown) => {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(1);
});

/** Nodes of `scfws gateway` that serve the fixtures, with their functions where one wishes. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from '../../scripts/toolchain.mjs';
import { loadService } from '../../src/core/project/loadService';
import {
  type CheckResult,
  runConformance,
  type Targets,
} from '../../src/conformance/runConformance';
import { type SetupName, setups, writeSetup } from '../../src/conformance/setups';
import type { GatewayNode } from '../../src/cluster/node';
import { nodeUnreachable } from '../../src/cluster/redis/redisRegistry';
import { nodeOf, push } from '../unit/cluster/bed';
import { freePort, startRedis } from '../unit/cluster/redisServer';
import { testCredentials } from '../unit/cluster/scfStandIn';
import { type Elsewhere, startElsewhere } from './elsewhere';

export type BackendKind = 'process' | 'http' | 'scf';
export const backendKinds: readonly BackendKind[] = ['process', 'http', 'scf'];

const env = {
  SCFWS_CLUSTER_SECRET: 'a secret of the nodes',
  SCFWS_PUSH_SECRETS: 'a secret of the pushes',
  TENCENTCLOUD_SECRET_ID: testCredentials.id,
  TENCENTCLOUD_SECRET_KEY: testCredentials.key,
};
const bootstrapFolder = path.join(root, 'dist/bootstrap');
const fixtureFolder = path.join(root, 'dist/conformance');

/** Short, because nodes deny nothing before; long enough for a busy machine. */
export const leaseSeconds = 4;

export interface NodesOptions {
  backend: BackendKind;
  /** Two: clients at one, pushes at the other. */
  nodes: 1 | 2;
  setups?: readonly SetupName[];
  /** Only rows whose id contains one of these. */
  only?: readonly string[];
  /** Also the options in which nodes differ on purpose are the cloud's. */
  asInCloud?: boolean;
  onResult?(result: CheckResult): void;
}

export async function checkNodes(options: NodesOptions): Promise<CheckResult[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-nodes-'));
  const redis = options.nodes === 2 ? await startRedis() : undefined;
  const mailboxPort = await freePort();
  const names = options.setups ?? (Object.keys(setups) as SetupName[]);
  const pushUrls = new Map<string, string>();
  const started: GatewayNode[] = [];
  let elsewhere: Elsewhere | undefined;
  try {
    if (options.backend !== 'process') {
      elsewhere = await startElsewhere(options.backend, {
        bootstrapFolder,
        node: process.execPath,
        pushUrl: (service) => pushUrls.get(service) ?? '',
      });
    }
    const services: object[] = [];
    const serviceNames = new Map<SetupName, string[]>();
    for (const setup of names) {
      const projects = await writeSetup(setup, folder, {
        language: 'node',
        runtime: 'Nodejs',
        interpreter: process.execPath,
        mailbox: `http://127.0.0.1:${mailboxPort}/`,
        fixtureFolder,
      });
      for (const project of projects) {
        const { service, problems } = await loadService(project);
        if (service === undefined) {
          throw new Error(problems.map(({ message }) => message).join('\n'));
        }
        serviceNames.set(setup, [...(serviceNames.get(setup) ?? []), service.name]);
        const { cleanupOn } = service.emulator;
        services.push({
          project,
          ...(options.asInCloud === true ? { options: { cleanupOn } } : {}),
          ...(elsewhere === undefined ? {} : { functions: elsewhere.functionsOf(service) }),
        });
      }
    }
    const config = {
      listen: { port: 0 },
      operations: { port: 0 },
      drainSeconds: 0,
      pingSeconds: 3600, // A slow machine would see one among the frames that a check counts.
      services,
      ...(redis === undefined ? {} : { cluster: { redis: redis.url, leaseSeconds } }),
    };
    const start = async (): Promise<GatewayNode> => {
      const interpreters = { node: process.execPath };
      const node = await nodeOf(config, { bootstrapFolder, interpreters }, env);
      started.push(node);
      return node;
    };
    const first = await start();
    const last = options.nodes === 2 ? await start() : first;
    last.services.forEach(({ spec, pushUrl }) => pushUrls.set(spec.name, pushUrl));
    if (redis !== undefined) {
      await knowsAll(last.services[0]?.pushUrl ?? '');
    }
    const targets: Targets = {};
    for (const [setup, list] of serviceNames) {
      targets[setup] = list.map((name) => ({
        url: first.services.find(({ spec }) => spec.name === name)?.urls[0] ?? '',
        pushUrl: pushUrls.get(name) ?? '',
      }));
    }
    const results: CheckResult[] = [];
    for (const only of options.only ?? [undefined]) {
      results.push(
        ...(await runConformance({
          language: 'node',
          runtime: 'Nodejs',
          fixtureFolder,
          bootstrapFolder,
          targets,
          mailboxPort,
          ...(only === undefined ? {} : { only }),
          ...(options.onResult === undefined ? {} : { onResult: options.onResult }),
        })),
      );
    }
    return results;
  } finally {
    await Promise.all(started.map((node) => node.drain()));
    await elsewhere?.dispose();
    await redis?.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves once a node denies what nobody holds: until then others may not have told Redis of themselves. */
export async function knowsAll(pushUrl: string): Promise<void> {
  const nobody = Buffer.alloc(16).toString('base64');
  while ((await push(pushUrl, nobody, 'x')).errNo === nodeUnreachable) {
    await wait(200);
  }
}

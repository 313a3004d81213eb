/** One node: the emulator's gateway with limits, functions wherever they run, and what it owes written down. */
import { cleanupEvent } from '../protocol/event';
import { functionId, type ServiceSpec } from '../protocol/project';
import { Clock } from '../core/clock';
import type { Access } from '../core/gateway/access';
import { serviceInfo } from '../core/session/serviceInfo';
import type { Fact } from '../protocol/fact';
import { Gateway } from '../core/gateway/gateway';
import { type GatewayServer, type ServerOptions, startServer } from '../core/gateway/server';
import type { InvocationResult, Run, RuntimeDependencies } from '../core/runtime/contract';
import { Dispatcher } from '../core/runtime/dispatch/dispatcher';
import { startFunctionRuntime } from '../core/runtime/dispatch/functionRuntime';
import { startClockFile } from '../core/runtime/process/clockFile';
import { RunningService } from '../core/session/runningService';
import { clientAddress } from './addresses';
import { Admission } from './admission';
import { RemoteFunction } from './backends/remoteFunction';
import type { GatewayConfig } from './config';
import { Debts } from './debts';
import { factLog, type Log } from './log';
import { startMetrics } from './metrics';
import { Observer } from './observer';
import { type Operations, startOperations } from './operations';
import { Pinger } from './pinger';
import { RedisRegistry } from './redis/redisRegistry';
import { startAttach } from './attach';
import { memoryRegistry, type NodeRegistry, type RegistryPorts } from './registry';

/** How long Cleanups may still run once the last connection is closed, milliseconds. */
const lastCleanupsMs = 30_000;

export interface NodeOptions {
  config: GatewayConfig;
  log: Log;
  bootstrapFolder: string;
  interpreters?: RuntimeDependencies['interpreters'];
  registry?: (ports: RegistryPorts) => NodeRegistry;
}

export interface GatewayNode {
  readonly name: string;
  /** Of clients and pushes. */
  readonly port: number;
  readonly operationsPort: number;
  readonly services: readonly { spec: ServiceSpec; urls: string[]; pushUrl: string }[];
  /** Resolves when nothing is open, owed, or running any more. */
  drain(): Promise<void>;
}

/** Rejects with a `UserError` when it cannot listen. */
export async function startNode(options: NodeOptions): Promise<GatewayNode> {
  const { config } = options;
  const clock = new Clock();
  const clockFile = startClockFile(clock);
  const dispatcher = new Dispatcher<Run>();
  const observer = new Observer(clock);
  const admission = new Admission(config.limits);
  let draining = false;
  let operations: Operations | undefined;
  let functionPort = 0;
  let instances = 0;

  const registry = (options.registry ?? registryOf(config))({
    log: options.log,
    operationsPort: () => operations?.port ?? 0,
    push: (connection, service, payload) => gateway.pushes.byHand(connection, payload, service),
    debts: () => debts.all(),
    inherit: (debt) => debts.inherit(debt),
    fence: (reason) => {
      const left = debts.disown();
      for (const { id } of [...gateway.connections.values()]) {
        gateway.close(id, 1012, reason, false);
      }
      return left;
    },
  });
  const log = options.log.child({ node: registry.node });
  const services = config.services.map(
    ({ spec, backends }) =>
      new RunningService(spec, (service, each, predecessor) => {
        const id = functionId(spec.name, each.name);
        const backend = backends.get(each.name);
        if (backend !== undefined) {
          const { record, traceOf } = observer;
          return new RemoteFunction(id, each, backend, { clock, dispatcher, record, traceOf });
        }
        const dependencies: RuntimeDependencies = {
          service: service.spec,
          clock,
          clockFile: clockFile.path,
          dispatcher,
          record: observer.record,
          pushUrl: (functionOf, instance) => {
            const key = gateway.pushes.addAddress(service, functionOf, instance);
            return `http://127.0.0.1:${functionPort}/${key}`;
          },
          nextInstance: () => ++instances,
          interpreters: options.interpreters ?? {},
          bootstrapFolder: options.bootstrapFolder,
        };
        return startFunctionRuntime(id, each, dependencies, predecessor);
      }),
  );
  const serviceOf = (name: string): RunningService | undefined =>
    services.find(({ spec }) => spec.name === name);
  const debts: Debts = new Debts({
    registry,
    pay: ({ connection, service }, invocation): Promise<InvocationResult> | undefined =>
      serviceOf(service)
        ?.runtimeOf('cleanup')
        ?.invoke({
          invocation,
          eventJson: JSON.stringify(cleanupEvent(connection)),
          role: 'cleanup',
          connection,
          cause: null,
        }),
    onPaid: (how, { connection, service }) => {
      metrics.cleanupPaid(how);
      if (how !== 'first') {
        log.info({ connection, service, how }, 'cleanupPaid');
      }
    },
  });
  const gateway: Gateway = new Gateway({
    clock,
    record: observer.record,
    services,
    dispatcher,
    disturbances: admission.disturbances((id, code, reason) => {
      const connection = gateway.connection(id);
      if (connection !== undefined) {
        gateway.closeByGateway(connection, 'protocolError', code, reason);
      }
    }),
    peers: debts,
    inboundBytes: config.limits.allWaitingBytes,
    outbound: { one: config.limits.waitingBytes, all: config.limits.allWaitingBytes },
  });
  for (const [index, { pushKeys }] of config.services.entries()) {
    const service = services[index];
    if (service !== undefined) {
      pushKeys.forEach((key) => gateway.pushes.addOwnAddress(service, key));
    }
  }
  const pinger = new Pinger(() => gateway.connections.values(), config.pingSeconds);
  const metrics = startMetrics({
    connections: () => gateway.connections.size,
    queues: () =>
      services.flatMap(({ functions }) =>
        [...functions.values()].map(({ id, pool }): [string, number] => [id, pool.waiting]),
      ),
    owed: () => debts.size,
    leaseAge: () => registry.leaseAge,
  });
  for (const listener of [
    metrics.listener,
    admission.listener,
    pinger.listener,
    factLog(log, config.log),
  ]) {
    observer.onFact(listener);
  }

  const access: Access = { allowedOrigins: config.origins, anyHost: true };
  const { pushNetworks, pushSignatures } = config;
  const publicOptions: ServerOptions = {
    ...config.listen,
    access: {
      ...access,
      ...(pushNetworks === undefined
        ? {}
        : {
            pushFrom: ({ headers, socket }) =>
              pushNetworks.has(
                clientAddress(headers, socket, config.trustedProxies).replace(/:\d+$/, ''),
              ),
          }),
      ...(pushSignatures === undefined
        ? {}
        : {
            pushSigned: (headers, body) =>
              pushSignatures.isGenuineForAll(headers, body, (nonce, forMs) =>
                registry.isFirst(nonce, forMs),
              ),
          }),
    },
    remoteOf: ({ headers }, socket) => clientAddress(headers, socket, config.trustedProxies),
    refuseHandshake: (asked) => admission.refuse(asked),
  };
  const hello = (): Fact => {
    const port = servers[0]?.port ?? 0;
    const infos = services.map((service) => serviceInfo(service, port));
    const [first] = infos;
    const addresses = { url: first?.url ?? '', pushUrl: first?.pushUrl ?? '', port };
    const epoch = Date.now() - clock.real();
    const about = { pid: process.pid, epoch: Math.round(epoch), services: infos };
    return { seq: 0, at: 0, kind: 'listening', ...addresses, ...about };
  };
  const disposals: (() => unknown)[] = [
    () => pinger.dispose(),
    () => Promise.all(services.map((service) => service.dispose())),
    () => metrics.dispose(),
    () => clockFile.dispose(),
    () => clock.dispose(),
  ];
  const servers: GatewayServer[] = [];
  try {
    const open = await startServer(gateway, publicOptions);
    servers.push(open);
    functionPort = open.port;
    if (!reachesLoopback(config)) {
      const inner = await startServer(gateway, { port: 0, host: '127.0.0.1', access });
      servers.push(inner);
      functionPort = inner.port;
    }
    operations = await startOperations(config.operations, {
      unready: () => (draining ? 'draining' : registry.unready),
      metrics: () => metrics.text(),
      metricsType: metrics.contentType,
      ...(registry.peer === undefined ? {} : { peer: registry.peer }),
      ...(config.attachSecret === undefined
        ? {}
        : { attach: startAttach({ secret: config.attachSecret, observer, hello }) }),
    });
    await registry.start();
  } catch (error) {
    await registry.leave();
    await Promise.all(servers.map((server) => server.dispose()));
    await operations?.dispose();
    await disposeAll(disposals);
    throw error;
  }
  const port = servers[0]?.port ?? 0;
  const scheme = config.listen.tls === undefined ? '' : 's';
  const base = `${config.listen.host}:${port}`;

  let drained: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    draining = true;
    log.info({ connections: gateway.connections.size, owed: debts.size }, 'draining');
    await gateway.drain(1012, 'the node is restarted', config.drainSeconds * 1000);
    await gateway.dispose(lastCleanupsMs);
    await debts.close(lastCleanupsMs);
    await registry.leave();
    await Promise.all(servers.map((server) => server.dispose()));
    await operations?.dispose();
    await disposeAll(disposals);
    log.info({ owed: debts.size }, 'stopped');
  };
  return {
    name: registry.node,
    port,
    operationsPort: operations.port,
    services: config.services.map(({ spec }) => ({
      spec,
      urls: spec.stages.map((stage) => `ws${scheme}://${base}/${stage}${spec.path}`),
      pushUrl: `${config.pushUrl ?? `http${scheme}://${base}`}/${spec.pushKey}`,
    })),
    drain: () => (drained ??= drain()),
  };
}

/** Functions of this machine push over plain HTTP on loopback: whether the public address is that, too. */
function reachesLoopback({ listen, pushNetworks, pushSignatures }: GatewayConfig): boolean {
  return (
    listen.tls === undefined &&
    pushNetworks === undefined &&
    pushSignatures === undefined &&
    ['127.0.0.1', '0.0.0.0', 'localhost', '::'].includes(listen.host)
  );
}

function registryOf({
  cluster,
  operations,
}: GatewayConfig): (ports: RegistryPorts) => NodeRegistry {
  return cluster === undefined
    ? memoryRegistry
    : (ports) => new RedisRegistry({ ...cluster, host: operations.host }, ports);
}

async function disposeAll(disposals: readonly (() => unknown)[]): Promise<void> {
  for (const dispose of disposals) {
    await dispose();
  }
}

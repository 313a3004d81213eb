/** `gateway.json`: what one node serves, read and checked as a whole; secrets come from the environment, never from it. */
import { createHmac } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { getNodeValue } from 'jsonc-parser';
import {
  closeCauses,
  defaultEmulatorOptions,
  type EmulatorOptions,
  type FunctionSpec,
  type Problem,
  type Role,
  roles,
  type ServiceSpec,
  type Stage,
} from '../protocol/project';
import { newIdentity } from '../core/project/identity';
import { type JsonText, mostProblems, parseJsonText, problemAt } from '../core/project/jsonText';
import { loadService } from '../core/project/loadService';
import { hasErrors, projectFileName } from '../core/project/projectFile';
import { emulatorProblems, problemsOf } from '../core/project/schemaProblems';
import { outboundLimits } from '../core/gateway/outbound';
import { readText } from '../core/textFile';
import { validateGateway } from './compiled/gatewaySchema';
import { Signatures } from './signatures';
import { addressSet, type AddressSet, unreadableNetworks } from './addresses';
import { httpBackend } from './backends/http';
import type { Backend } from './backends/backend';
import { scfBackend } from './backends/scf';

export interface Limits {
  connections: number;
  connectionsPerAddress: number;
  handshakesPerSecond: number;
  messagesPerSecond: number;
  waitingBytes: number;
  allWaitingBytes: number;
}

export interface ClusterConfig {
  redis: string[];
  sentinel: string | undefined;
  prefix: string;
  leaseMs: number;
  /** Of the operations port, as other nodes reach it; undefined: where it listens. */
  address: string | undefined;
  secret: string;
}

export interface ServiceConfig {
  spec: ServiceSpec;
  /** Secret parts of its push addresses; the first one is told to people. */
  pushKeys: string[];
  /** Functions that run elsewhere, by name. */
  backends: Map<string, Backend>;
}

export interface GatewayConfig {
  listen: { host: string; port: number; tls?: { cert: string; key: string } };
  trustedProxies: AddressSet;
  origins: string[];
  operations: { host: string; port: number };
  /** undefined: where it listens. */
  pushUrl: string | undefined;
  pushNetworks: AddressSet | undefined;
  /** undefined: pushes need not be signed. */
  pushSignatures: Signatures | undefined;
  limits: Limits;
  /** Who attaches must know it; undefined: nobody can. */
  attachSecret: string | undefined;
  pingSeconds: number;
  drainSeconds: number;
  log: { level: 'debug' | 'info' | 'warn' | 'error'; output: boolean };
  cluster: ClusterConfig | undefined;
  services: ServiceConfig[];
}

interface WrittenFunction {
  backend: 'process' | 'http' | 'scf';
  instances?: number;
  url?: string;
  headers?: Record<string, string>;
  secretEnv?: string;
  region?: string;
  namespace?: string;
  function?: string;
  qualifier?: string;
  endpoint?: string;
  timeout?: number;
  concurrency?: number;
  queue?: number;
}

interface WrittenService {
  project?: string;
  name?: string;
  path?: string;
  stages?: Stage[];
  backendTimeout?: number;
  options?: Partial<EmulatorOptions>;
  functions?: Partial<Record<Role, WrittenFunction | Role>>;
}

/** The file's shape after the schema has been satisfied. */
interface Written {
  listen?: {
    host?: string;
    port?: number;
    tls?: { cert: string; key: string };
    trustedProxies?: string[];
    origins?: string[];
  };
  operations?: { host?: string; port?: number };
  push?: { url?: string; keyEnv?: string; networks?: string[]; signatureEnv?: string };
  limits?: Partial<Limits>;
  pingSeconds?: number;
  drainSeconds?: number;
  log?: Partial<GatewayConfig['log']>;
  cluster?: {
    redis: string;
    sentinel?: string;
    prefix?: string;
    leaseSeconds?: number;
    address?: string;
    secretEnv?: string;
  };
  services: WrittenService[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter secrets can be guessed. */
const shortestSecret = 16;

export async function readConfig(
  file: string,
  env: Environment,
): Promise<{ value?: GatewayConfig; problems: Problem[] }> {
  const place = path.resolve(file);
  let text: string;
  try {
    text = readText(await fs.readFile(place), place);
  } catch (error) {
    const message = l10n.t('{0} cannot be read: {1}', place, (error as Error).message);
    return { problems: [{ file: place, path: '', message, severity: 'error' }] };
  }
  return parseConfig(text, place, env);
}

/** Without a file: the project of a folder, on one node. */
export async function folderConfig(
  folder: string,
  env: Environment,
): Promise<{ value?: GatewayConfig; problems: Problem[] }> {
  const text = JSON.stringify({ services: [{ project: '.' }] });
  const file = path.join(path.resolve(folder), 'gateway.json');
  const { value, problems } = await parseConfig(text, file, env);
  // Nobody wrote that file: what is wrong has a place in the project.
  const written = problems.filter((problem) => problem.file !== file);
  return {
    ...(value === undefined ? {} : { value }),
    problems: written.length === 0 ? problems : written,
  };
}

export async function parseConfig(
  text: string,
  file: string,
  env: Environment,
): Promise<{ value?: GatewayConfig; problems: Problem[] }> {
  const { json, problems } = parseJsonText(text, file);
  if (json.root === undefined || hasErrors(problems)) {
    return { problems };
  }
  const written = getNodeValue(json.root) as Written;
  validateGateway(written);
  problems.push(...problemsOf(json, written, validateGateway.errors ?? []).slice(0, mostProblems));
  if (hasErrors(problems)) {
    return { problems };
  }
  const value = await new Reader(json, env, problems).read(written);
  return hasErrors(problems) ? { problems } : { value, problems };
}

class Reader {
  private readonly folder: string;

  constructor(
    private readonly json: JsonText,
    private readonly env: Environment,
    private readonly problems: Problem[],
  ) {
    this.folder = path.dirname(json.file);
  }

  async read(written: Written): Promise<GatewayConfig> {
    const { listen = {}, operations = {}, push = {}, limits = {}, log = {} } = written;
    const secrets = this.secrets(push.keyEnv ?? 'SCFWS_PUSH_SECRETS');
    const services: ServiceConfig[] = [];
    for (const [index, each] of written.services.entries()) {
      const service = await this.service(each, ['services', index], secrets);
      if (service !== undefined) {
        if (services.some(({ spec }) => spec.name === service.spec.name)) {
          const message = l10n.t('Another service is called "{0}".', service.spec.name);
          this.error(['services', index], message);
        }
        services.push(service);
      }
    }
    const pushNetworks = push.networks && this.networks(push.networks, ['push', 'networks']);
    const tls = listen.tls && (await this.tls(listen.tls));
    return {
      listen: {
        host: listen.host ?? '127.0.0.1',
        port: listen.port ?? 9480,
        ...(tls === undefined ? {} : { tls }),
      },
      trustedProxies: this.networks(listen.trustedProxies ?? [], ['listen', 'trustedProxies']),
      origins: listen.origins ?? ['*'],
      operations: { host: operations.host ?? '127.0.0.1', port: operations.port ?? 9490 },
      pushUrl: push.url?.replace(/\/$/, ''),
      pushNetworks,
      pushSignatures:
        push.signatureEnv === undefined ? undefined : this.signatures(push.signatureEnv),
      limits: {
        connections: 50_000,
        connectionsPerAddress: 1000,
        handshakesPerSecond: 500,
        messagesPerSecond: 200,
        waitingBytes: outboundLimits.one,
        allWaitingBytes: outboundLimits.all,
        ...limits,
      },
      attachSecret: this.attachSecret(),
      pingSeconds: written.pingSeconds ?? 25,
      drainSeconds: written.drainSeconds ?? 20,
      log: { level: log.level ?? 'info', output: log.output ?? true },
      cluster: written.cluster && this.cluster(written.cluster, operations.host),
      services,
    };
  }

  private error(at: (string | number)[], message: string, place: 'value' | 'key' = 'value'): void {
    this.problems.push(problemAt(this.json, at, 'error', message, place));
  }

  private networks(written: string[], at: string[]): AddressSet {
    for (const wrong of unreadableNetworks(written)) {
      const message = l10n.t('"{0}" is no address and no network such as 10.0.0.0/8.', wrong);
      this.error([...at, written.indexOf(wrong)], message);
    }
    return addressSet(written);
  }

  private async tls(written: {
    cert: string;
    key: string;
  }): Promise<{ cert: string; key: string }> {
    const read = async (name: 'cert' | 'key'): Promise<string> => {
      const file = path.resolve(this.folder, written[name]);
      return fs.readFile(file, 'utf8').catch((error: Error) => {
        const message = l10n.t('{0} cannot be read: {1}', file, error.message);
        this.error(['listen', 'tls', name], message);
        return '';
      });
    };
    return { cert: await read('cert'), key: await read('key') };
  }

  private signatures(name: string): Signatures {
    const secrets = this.secrets(name);
    if (secrets.length === 0) {
      const message = l10n.t('The environment variable {0} is not set.', name);
      this.error(['push', 'signatureEnv'], message);
    }
    return new Signatures(secrets);
  }

  private attachSecret(): string | undefined {
    const [first] = this.secrets('SCFWS_ATTACH_SECRET');
    return first;
  }

  /** Of an environment variable, separated by commas. */
  private secrets(name: string): string[] {
    const secrets = (this.env[name] ?? '').split(',').filter((each) => each !== '');
    if (secrets.some((each) => each.length < shortestSecret)) {
      const message = l10n.t(
        'Each secret in {0} needs at least {1} characters, drawn at random.',
        name,
        shortestSecret,
      );
      this.error(['push'], message, 'key');
    }
    return secrets;
  }

  private cluster(
    written: NonNullable<Written['cluster']>,
    host: string | undefined,
  ): ClusterConfig {
    const name = written.secretEnv ?? 'SCFWS_CLUSTER_SECRET';
    const secret = this.env[name] ?? '';
    if (secret.length < shortestSecret) {
      const message = l10n.t(
        'Set the environment variable {0} to at least {1} random characters, the same on each node.',
        name,
        shortestSecret,
      );
      this.error(['cluster'], message, 'key');
    }
    const address = written.address ?? this.env['SCFWS_NODE_ADDRESS'];
    if (address === undefined && (host === '0.0.0.0' || host === '::')) {
      const message = l10n.t(
        'Say with "address" or the environment variable SCFWS_NODE_ADDRESS where the other nodes reach this one: "{0}" is no address that they can use.',
        host,
      );
      this.error(['cluster'], message, 'key');
    }
    return {
      redis: written.redis.split(',').map((each) => each.trim()),
      sentinel: written.sentinel,
      prefix: written.prefix ?? 'scfws',
      leaseMs: (written.leaseSeconds ?? 10) * 1000,
      // One file serves all nodes: what differs comes from the environment.
      address: address?.replace(/\/$/, ''),
      secret,
    };
  }

  private async service(
    written: WrittenService,
    at: (string | number)[],
    secrets: string[],
  ): Promise<ServiceConfig | undefined> {
    const base = await this.base(written, at);
    if (base === undefined) {
      return undefined;
    }
    if (written.options !== undefined) {
      for (const message of emulatorProblems(written.options)) {
        this.error([...at, 'options'], message);
      }
    }
    const backends = new Map<string, Backend>();
    const named: Partial<Record<Role, string>> = { ...base.roles };
    let functions = [...base.functions];
    for (const role of roles) {
      const entry = written.functions?.[role];
      if (entry === undefined || typeof entry === 'string') {
        continue;
      }
      const place = [...at, 'functions', role];
      const own = functions.find(({ name }) => name === base.roles[role]);
      if (entry.backend === 'process') {
        if (own === undefined) {
          const message = l10n.t('"process" needs a "project" whose scfws.json has this function.');
          this.error(place, message, 'key');
        } else {
          own.maxInstances = entry.instances ?? own.maxInstances;
        }
        continue;
      }
      const name = entry.function ?? role;
      const unique = functions.some((other) => other.name === name) ? `${name}-${role}` : name;
      const backend = this.backend(entry, place);
      if (backend !== undefined) {
        functions.push(remoteSpec(unique, entry, this.folder));
        backends.set(unique, backend);
        named[role] = unique;
      }
    }
    for (const role of roles) {
      const entry = written.functions?.[role];
      if (typeof entry === 'string') {
        named[role] = named[entry];
        if (named[role] === undefined) {
          const message = l10n.t('"{0}" refers to a role that has no function.', role);
          this.error([...at, 'functions', role], message);
        }
      }
    }
    functions = functions.filter(({ name }) => roles.some((role) => named[role] === name));
    if (named.transfer === undefined || named.transfer === '') {
      this.error(at, l10n.t('A service needs a function for "transfer", or a "project".'), 'key');
      return undefined;
    }
    // What this gateway promises is a Cleanup for every connection; who wants the cloud's habit says so.
    const own = written.options;
    const emulator = { ...base.emulator, cleanupOn: [...closeCauses], ...own };
    const spec: ServiceSpec = {
      ...base,
      path: written.path ?? base.path,
      stages: written.stages ?? base.stages,
      backendTimeout: written.backendTimeout ?? base.backendTimeout,
      functions,
      roles: { ...named, transfer: named.transfer },
      emulator,
    };
    const keys = secrets.map((secret) => pushKey(secret, spec.name));
    spec.pushKey = keys[0] ?? spec.pushKey;
    return { spec, pushKeys: keys.length === 0 ? [spec.pushKey] : keys, backends };
  }

  private async base(
    written: WrittenService,
    at: (string | number)[],
  ): Promise<ServiceSpec | undefined> {
    if (written.project !== undefined) {
      const folder = path.resolve(this.folder, written.project);
      const { service, problems } = await loadService(folder);
      this.problems.push(...problems);
      if (service === undefined) {
        const message = l10n.t('{0} cannot be served.', path.join(folder, projectFileName));
        this.error([...at, 'project'], message);
      } else {
        service.name = written.name ?? service.name;
      }
      return service;
    }
    if (written.name === undefined) {
      this.error(at, l10n.t('A service without a "project" needs a "name".'), 'key');
      return undefined;
    }
    const { serviceId } = newIdentity();
    return {
      name: written.name,
      serviceId,
      pushKey: pushKey(serviceId, written.name),
      folder: this.folder,
      path: '/websocket',
      stages: ['release'],
      port: 0,
      backendTimeout: 15,
      authentication: { type: 'none' },
      integrationResponse: false,
      functions: [],
      roles: { transfer: '' },
      emulator: { ...defaultEmulatorOptions },
    };
  }

  private backend(entry: WrittenFunction, at: (string | number)[]): Backend | undefined {
    const missing = (name: string): undefined => {
      this.error(at, l10n.t('The backend "{0}" needs "{1}".', entry.backend, name), 'key');
      return undefined;
    };
    const limits = { concurrency: entry.concurrency ?? 100, queue: entry.queue ?? 1000 };
    if (entry.backend === 'http') {
      if (entry.url === undefined) {
        return missing('url');
      }
      const secret = entry.secretEnv === undefined ? undefined : this.env[entry.secretEnv];
      if (entry.secretEnv !== undefined && (secret ?? '') === '') {
        const message = l10n.t('The environment variable {0} is not set.', entry.secretEnv);
        this.error([...at, 'secretEnv'], message);
      }
      return httpBackend({ url: entry.url, headers: entry.headers ?? {}, secret }, limits);
    }
    if (entry.region === undefined || entry.function === undefined) {
      return missing(entry.region === undefined ? 'region' : 'function');
    }
    const { TENCENTCLOUD_SECRET_ID: id, TENCENTCLOUD_SECRET_KEY: key } = this.env;
    if ((id ?? '') === '' || (key ?? '') === '') {
      const message = l10n.t(
        'Set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY in the environment: this backend calls the cloud.',
      );
      this.error([...at, 'backend'], message);
    }
    return scfBackend(
      {
        endpoint: entry.endpoint ?? 'https://scf.tencentcloudapi.com',
        region: entry.region,
        namespace: entry.namespace ?? 'default',
        functionName: entry.function,
        qualifier: entry.qualifier,
      },
      { id: id ?? '', key: key ?? '', token: this.env['TENCENTCLOUD_SESSION_TOKEN'] },
      limits,
    );
  }
}

/** The same on every node, from a secret that they share. */
function pushKey(secret: string, service: string): string {
  return `api-${createHmac('sha256', secret).update(`push ${service}`).digest('hex').slice(0, 32)}`;
}

function remoteSpec(name: string, entry: WrittenFunction, folder: string): FunctionSpec {
  return {
    name,
    folder,
    handler: entry.url ?? entry.function ?? '',
    runtime: entry.backend,
    family: 'custom',
    timeout: entry.timeout ?? 3,
    initTimeout: 60,
    memory: 128,
    maxInstances: entry.concurrency ?? 100,
    environment: {},
  };
}

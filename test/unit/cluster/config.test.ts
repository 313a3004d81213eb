// gateway.json: every problem at its place, secrets from the environment alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { clientAddress, addressSet } from '../../../src/cluster/addresses';
import { parseConfig } from '../../../src/cluster/config';
import { configOf } from './bed';

const read = (config: object, env: Record<string, string> = {}) =>
  parseConfig(JSON.stringify(config, undefined, 1), '/nowhere/gateway.json', env);

async function problemsOf(config: object, env: Record<string, string> = {}): Promise<string[]> {
  const { value, problems } = await read(config, env);
  assert.ok(value === undefined || problems.every(({ severity }) => severity === 'warning'));
  return problems.map(({ message, range }) => `${(range?.line ?? 0) + 1}: ${message}`);
}

describe('gateway.json', () => {
  it('tells every problem at its place', async () => {
    const config = { listen: { port: 'x', hots: 1 }, limits: { connections: 0 }, services: [] };
    assert.deepEqual(await problemsOf(config), [
      '3: "port" must be a whole number.',
      '4: "hots" means nothing here. Did you mean "host"?',
      '7: "connections" must be between 1 and 10000000.',
      '9: "services" must not be empty.',
    ]);
  });

  it('says what a backend lacks', async () => {
    const functions = {
      register: { backend: 'http' },
      transfer: { backend: 'scf', region: 'ap-guangzhou', function: 'Transmission' },
      cleanup: { backend: 'process' },
    };
    assert.deepEqual(await problemsOf({ services: [{ name: 'chat', functions }] }), [
      '6: The backend "http" needs "url".',
      '10: Set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY in the environment: this backend calls the cloud.',
      '14: "process" needs a "project" whose scfws.json has this function.',
    ]);
  });

  it('wants secrets that cannot be guessed', async () => {
    const cluster = { redis: 'redis://127.0.0.1' };
    const env = { SCFWS_PUSH_SECRETS: 'short' };
    const push = { signatureEnv: 'SIGNING' };
    assert.deepEqual(
      (await problemsOf(configOf('http://127.0.0.1:1/', { cluster, push }), env)).map((each) =>
        each.replace(/^\d+: /, ''),
      ),
      [
        'Each secret in SCFWS_PUSH_SECRETS needs at least 16 characters, drawn at random.',
        'The environment variable SIGNING is not set.',
        'Set the environment variable SCFWS_CLUSTER_SECRET to at least 16 random characters, the same on each node.',
      ],
    );
  });

  it('wants an address that other nodes can use', async () => {
    const cluster = { redis: 'redis://127.0.0.1' };
    const config = configOf('http://127.0.0.1:1/', { cluster, operations: { host: '0.0.0.0' } });
    const env = { SCFWS_CLUSTER_SECRET: 'a secret of the nodes' };
    const [problem = ''] = await problemsOf(config, env);
    assert.match(problem, /Say with "address" or .* "0\.0\.0\.0" is no address/);
    const told = await read(config, { ...env, SCFWS_NODE_ADDRESS: 'http://10.0.0.5:9490/' });
    assert.equal(told.value?.cluster?.address, 'http://10.0.0.5:9490');
  });

  it('checks networks and the settings of a service', async () => {
    const config = configOf(
      'http://127.0.0.1:1/',
      { push: { networks: ['10.0.0.0/33'] } },
      { options: { cleanupOn: ['never'] } },
    );
    const [options = '', network = ''] = await problemsOf(config);
    assert.match(options, /"cleanupOn" must be one of/);
    assert.match(network, /"10\.0\.0\.0\/33" is no address and no network/);
  });

  it('lets one function serve several roles, and cleans up after every end by default', async () => {
    const { value } = await read({
      services: [
        {
          name: 'one',
          functions: {
            transfer: { backend: 'http', url: 'http://127.0.0.1:1/' },
            cleanup: 'transfer',
          },
        },
      ],
    });
    const spec = value?.services[0]?.spec;
    assert.deepEqual(spec?.roles, { transfer: 'transfer', cleanup: 'transfer' });
    assert.ok(spec?.emulator.cleanupOn.includes('idle'));
  });
});

describe('scfws gateway --check', () => {
  const cli = path.resolve(__dirname, '../../../dist/cli.js');
  let folder: string;
  const check = (...args: string[]) =>
    spawnSync(process.execPath, [cli, 'gateway', ...args, '--check'], { encoding: 'utf8' });

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-gateway-'));
    const functions = { transfer: { folder: '.', runtime: 'Nodejs' } };
    fs.writeFileSync(path.join(folder, 'scfws.json'), JSON.stringify({ functions }));
    fs.writeFileSync(path.join(folder, 'index.js'), 'exports.main_handler = async () => 1;');
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('takes the folder of a project', () => {
    const { status, stdout, stderr } = check(folder);
    assert.equal(status, 0, stderr);
    assert.ok(stdout.includes(folder));
  });

  it('takes the gateway.json of a folder, and says what is wrong with it', () => {
    const file = path.join(folder, 'gateway.json');
    fs.writeFileSync(file, '{ "services": [] }');
    for (const given of [folder, file]) {
      const { status, stderr } = check(given);
      assert.equal(status, 1);
      assert.match(stderr, /gateway\.json:1:\d+: error: "services" must not be empty/);
    }
  });
});

describe('the address of a client', () => {
  const trusted = addressSet(['10.0.0.0/8', 'fd00::/8']);
  const of = (remoteAddress: string, forwarded?: string) =>
    clientAddress(
      forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      { remoteAddress, remotePort: 5 },
      trusted,
    );

  it('is what the last trusted proxy wrote', () => {
    assert.equal(of('192.0.2.9', '198.51.100.1'), '192.0.2.9:5', 'no proxy of ours');
    assert.equal(of('::ffff:10.0.0.1', '198.51.100.1'), '198.51.100.1:0');
    assert.equal(of('10.0.0.1', '203.0.113.7, 198.51.100.1, 10.0.0.2'), '198.51.100.1:0');
    assert.equal(of('fd00::1', '2001:db8::1'), '2001:db8::1:0');
    assert.equal(of('10.0.0.1', 'nonsense'), '10.0.0.1:5');
    assert.equal(of('10.0.0.1'), '10.0.0.1:5');
  });
});

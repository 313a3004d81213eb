/** From an exported folder's host.json to the service that this instance hosts. */
import path from 'node:path';
import type { HostFile } from '../core/hosting/hostFile';
import { newPushKey } from '../core/project/identity';
import { matchPath } from '../core/gateway/apiPath';
import type { ServiceSpec } from '../protocol/project';

/** Variables that the platform sets: what it says is truer than what an emulator makes up. */
const platforms = /^(SCF|TENCENTCLOUD|QCLOUD)_/;

export function serviceOf(file: HostFile, folder: string, env: NodeJS.ProcessEnv): ServiceSpec {
  const { functions, emulator, ...rest } = file;
  const given = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const instances = Number(env['SCFWS_INSTANCES'] ?? '');
  return {
    ...rest,
    folder,
    pushKey: newPushKey(),
    port: 0,
    // What is set in the console is there for the functions to see.
    emulator: { ...emulator, inheritEnvironment: true },
    functions: functions.map((each) => ({
      name: each.name,
      folder: path.join(folder, ...each.folder.split('/')),
      handler: each.handler,
      runtime: each.runtime,
      family: 'node',
      timeout: each.timeout,
      initTimeout: each.initTimeout,
      memory: each.memory,
      maxInstances: Number.isInteger(instances) && instances > 0 ? instances : each.instances,
      environment: {
        SCF_LOCAL: '',
        ...each.environment,
        ...Object.fromEntries(
          given.filter(([name]) => platforms.test(name) || name in each.environment),
        ),
        SCF_FUNCTIONNAME: each.name,
      },
      interpreter: process.execPath,
    })),
  };
}

/**
 * The platform passes on the path that the client asked for, and knows no stages: `/websocket`, or `/`, stand for the
 * path of the API at its first stage.
 */
export function targetOf(spec: ServiceSpec): (sent: string) => string {
  return (sent) => {
    const at = sent.indexOf('?');
    const [path, query] = at < 0 ? [sent, ''] : [sent.slice(0, at), sent.slice(at)];
    if (matchPath([spec], path) !== undefined) {
      return sent;
    }
    const stage = spec.stages[0] ?? 'release';
    const meant = path === '/' && !spec.path.includes('{') ? spec.path : path;
    return matchPath([spec], `/${stage}${meant}`) === undefined
      ? sent
      : `/${stage}${meant}${query}`;
  };
}

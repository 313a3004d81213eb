/** What an exported folder holds: the host, its description, and the code of the functions as it is. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { closeCauses, type FunctionSpec } from '../../protocol/project';
import { type Identity, newIdentity } from '../project/identity';
import type { ProjectFile } from '../project/projectFile';
import { type HostFile, hostFileName } from './hostFile';
import { type HostLanguage, imageFor } from './images';
import { readme } from './readme';

/** A file of the exported folder; `path` with `/`. */
export type PlannedFile = { path: string; executable?: true } & (
  { text: string } | { from: string }
);

export interface WebFunctionPlan {
  language: HostLanguage;
  /** Of the function that is to be made, such as `Nodejs18.15`. */
  runtime: string;
  host: HostFile;
  files: PlannedFile[];
  /** Bytes of the functions' code. */
  codeSize: number;
}

export interface PlanOptions {
  /** With what is copied: the Node.js host, the Python host and the bootstraps. */
  distFolder: string;
  language: HostLanguage;
  /** Absolute: what was exported before is not exported again. */
  outFolder: string;
  /** What the project wrote for `cleanupOn`, where it did. */
  ownCleanupOn?: HostFile['emulator']['cleanupOn'];
  identity?: Identity;
}

/** What belongs to tools, or is made anew by itself. */
const notCode = new Set(['.git', '.scfws', '.vscode', '__pycache__', '.venv', 'venv']);

/** Where the functions' code stands in the exported folder, in the places that it has in the project. */
const codeFolder = 'project';

export async function planWebFunction(
  project: ProjectFile,
  { distFolder, language, outFolder, ownCleanupOn, identity = newIdentity() }: PlanOptions,
): Promise<WebFunctionPlan> {
  const used = project.functions.filter(({ name }) => Object.values(project.roles).includes(name));
  const { image } = imageFor(
    language,
    used.map((each) => each.runtimeVersion),
  );
  const host: HostFile = {
    name: project.name,
    serviceId: identity.serviceId,
    path: project.path,
    stages: project.stages,
    backendTimeout: project.backendTimeout,
    authentication: project.authentication,
    integrationResponse: project.integrationResponse,
    roles: project.roles,
    // A Cleanup for every connection that Register let in, unless the project says otherwise; and an end of the host's
    // making is no failure to the platform.
    emulator: {
      ...project.emulator,
      cleanupOn: ownCleanupOn ?? [...closeCauses],
      idleCloseCode: 1000,
    },
    functions: used.map((each) => ({
      name: each.name,
      folder: `${codeFolder}/${below(project.folder, codeOf(each))}`.replace(/\/$/, ''),
      handler: each.handler,
      runtime: image.runtime,
      timeout: each.timeout,
      initTimeout: each.initTimeout,
      memory: each.memory,
      instances: each.maxInstances,
      environment: each.environment,
    })),
  };
  const code = new Map<string, string>();
  let codeSize = 0;
  for (const folder of new Set(used.map(codeOf))) {
    for (const { file, size } of await filesBelow(folder, outFolder)) {
      const place = `${codeFolder}/${below(project.folder, file)}`;
      codeSize += code.has(place) ? 0 : size;
      code.set(place, file);
    }
  }
  const files: PlannedFile[] = [
    { path: 'scf_bootstrap', text: bootstrap(language, image.program), executable: true },
    { path: hostFileName, text: `${JSON.stringify(host, null, 2)}\n` },
    ...(await hostFiles(language, distFolder)),
    ...(language === 'python'
      ? [{ path: 'requirements.txt', text: requirements(image.version) }]
      : []),
    { path: 'README.md', text: readme('en', { host, language, runtime: image.runtime }) },
    { path: 'README.zh-CN.md', text: readme('zh', { host, language, runtime: image.runtime }) },
    ...[...code].sort().map(([place, from]) => ({ path: place, from })),
  ];
  return { language, runtime: image.runtime, host, files, codeSize };
}

/** Where the handler is loaded from: what was built of it, or the code directory. */
export function codeOf(spec: FunctionSpec): string {
  return spec.build?.folder ?? spec.folder;
}

function below(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}

async function filesBelow(
  folder: string,
  without: string,
): Promise<{ file: string; size: number }[]> {
  const found: { file: string; size: number }[] = [];
  const entries = await fs.readdir(folder).catch(() => []);
  for (const name of entries.sort()) {
    const file = path.join(folder, name);
    // A link stands for what it leads to, as in an archive.
    const stat = await fs.stat(file).catch(() => undefined);
    if (notCode.has(name) || file === without || stat === undefined || name.endsWith('.pyc')) {
      continue;
    }
    if (stat.isDirectory()) {
      found.push(...(await filesBelow(file, without)));
    } else if (stat.isFile()) {
      found.push({ file, size: stat.size });
    }
  }
  return found;
}

async function hostFiles(language: HostLanguage, distFolder: string): Promise<PlannedFile[]> {
  const copies = async (from: string, to: string): Promise<PlannedFile[]> =>
    (await filesBelow(from, '')).map(({ file }) => ({
      path: `${to}/${below(from, file)}`,
      from: file,
    }));
  const bootstraps = path.join(distFolder, 'bootstrap');
  return language === 'node'
    ? [
        { path: 'host/host.cjs', from: path.join(distFolder, 'webFunction.js') },
        { path: 'host/bootstrap/guardian.cjs', from: path.join(bootstraps, 'guardian.cjs') },
        ...(await copies(path.join(bootstraps, 'node'), 'host/bootstrap/node')),
      ]
    : [
        ...(await copies(path.join(distFolder, 'webFunction'), 'host')),
        ...(await copies(path.join(bootstraps, 'python'), 'host/bootstrap/python')),
      ];
}

/** bash, an absolute interpreter, LF (documented). A test, or another machine, names its interpreter. */
function bootstrap(language: HostLanguage, program: string): string {
  const host = language === 'node' ? 'host/host.cjs' : 'host/host.py';
  return [
    '#!/bin/bash',
    'cd "$(dirname "$0")" || exit 1',
    ...(language === 'python' ? ['export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1'] : []),
    `exec "\${SCFWS_INTERPRETER:-${program}}" ${host}`,
    '',
  ].join('\n');
}

/** Pure Python all of them, with what they need: they can be installed into the folder on any machine. */
function requirements(version: string): string {
  const old = ['wsproto==1.0.0', 'h11==0.12.0', 'redis==3.5.3'];
  const pins: Record<string, string[]> = {
    '3.6': [...old, 'dataclasses==0.8'],
    '3.7': old,
  };
  const current = ['wsproto==1.2.0', 'h11==0.14.0', 'redis==5.0.8', 'async-timeout==4.0.3'];
  return `${(pins[version] ?? current).join('\n')}\n`;
}

/** `scfws gateway`, a program of its own (dist/gateway.js): one node, until it is told to stop. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../core/errors';
import { useLocale } from '../core/locale';
import { pasteable } from '../core/pasteable';
import { hasErrors } from '../core/project/projectFile';
import { mustBeProject } from '../core/project/projectSearch';
import { problemLine } from '../core/session/problemText';
import { folderConfig, readConfig } from './config';
import { startLog } from './log';
import { startNode } from './node';

/** What the command line passes on; see its table of commands. */
interface GatewayWish {
  /** A gateway.json, or a folder with one or with a project. */
  file?: string;
  check?: boolean;
  python?: string;
  node?: string;
  locale?: string;
}

const distFolder = __dirname;

async function run(wish: GatewayWish): Promise<number> {
  const place = path.resolve(placeOf(wish.file ?? '.'));
  if (!fs.existsSync(place)) {
    throw new UserError(
      'noConfig',
      l10n.t('There is no {0}.', place),
      l10n.t('Give a gateway.json, or a folder with one or with a project.'),
    );
  }
  if (isFolder(place)) {
    mustBeProject(place, (each) => pasteable('scfws', 'gateway', each));
  }
  const { value: config, problems } = await (isFolder(place)
    ? folderConfig(place, process.env)
    : readConfig(place, process.env));
  for (const problem of problems) {
    process.stderr.write(`${problemLine(problem)}\n`);
  }
  if (config === undefined || hasErrors(problems)) {
    throw new UserError(
      'badConfig',
      l10n.t('The gateway was not started: {0} has problems.', place),
      l10n.t('Correct what is listed above and start again.'),
    );
  }
  if (wish.check === true) {
    process.stdout.write(`${l10n.t('{0} is in order.', place)}\n`);
    return 0;
  }
  const log = startLog(config.log);
  const interpreters = {
    ...(wish.python === undefined ? {} : { python: wish.python }),
    ...(wish.node === undefined ? {} : { node: wish.node }),
  };
  const bootstrapFolder = path.join(distFolder, 'bootstrap');
  const node = await startNode({ config, log, bootstrapFolder, interpreters });
  for (const { spec, urls, pushUrl } of node.services) {
    const { port, operationsPort } = node;
    log.info({ service: spec.name, urls, pushUrl, port, operationsPort }, 'listening');
  }
  await signal();
  const ended = node.drain().then(() => 0);
  return Promise.race([ended, signal().then(() => 1)]);
}

/** The gateway.json of a folder, where it has one. */
function placeOf(given: string): string {
  const file = path.join(given, 'gateway.json');
  return isFolder(given) && fs.existsSync(file) ? file : given;
}

function isFolder(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The next signal to stop. */
function signal(): Promise<void> {
  return new Promise((resolve) => {
    const names = ['SIGINT', 'SIGTERM'] as const;
    const once = (): void => {
      names.forEach((name) => process.off(name, once));
      resolve();
    };
    names.forEach((name) => process.on(name, once));
  });
}

const wish = JSON.parse(process.argv[2] ?? '{}') as GatewayWish;
useLocale(wish.locale, path.dirname(distFolder));
process.stderr.on('error', () => undefined); // Whoever reads it is gone, or its disk is full.
run(wish).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known = error instanceof UserError;
    process.stderr.write(
      `scfws: ${known ? sentenceOf(error) : String((error as Error)?.stack ?? error)}\n`,
    );
    process.exit(1);
  },
);

/** `scfws --version`: which program this is, and which interpreters would run functions here. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf } from '../core/errors';
import {
  findInterpreter,
  planInterpreters,
  type ScriptFamily,
  thisMachine,
} from '../core/runtime/launch/interpreters';

export async function version(packageFolder: string): Promise<string> {
  const manifest = JSON.parse(
    fs.readFileSync(path.join(packageFolder, 'package.json'), 'utf8'),
  ) as { version: string };
  const lines = await Promise.all((['python', 'node'] as const).map(interpreterOf));
  return [`scfws ${manifest.version} (Node.js ${process.versions.node})`, ...lines].join('\n');
}

async function interpreterOf(family: ScriptFamily): Promise<string> {
  const title = family === 'python' ? 'Python' : 'Node.js';
  try {
    // As for a function that names no version, in a project in this folder.
    const plan = planInterpreters({ family }, process.cwd(), undefined, thisMachine(family));
    const { program, version: found } = await findInterpreter(plan);
    return `${title} ${found} (${program})`;
  } catch (error) {
    return `${title}: ${l10n.t('none')}. ${sentenceOf(error)}`;
  }
}

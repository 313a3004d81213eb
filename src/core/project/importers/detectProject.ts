/** Looks for projects of other tools in a folder. Reads files; changes nothing. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { roles } from '../../../protocol/project';
import { insideFolder, parseRuntime } from '../projectFile';
import { guessRole } from './detected';
import type { DetectedFunction, DetectedProject, Finding, RoleQuestion } from './detected';
import { parseServerlessYml } from './serverlessYml';
import type { YamlFile } from './serverlessYml';
import { parseSiblingFolders } from './siblingFolders';
import type { SiblingFolder } from './siblingFolders';
import { parseTemplateYaml } from './templateYaml';

const largestFile = 500_000;
const mostFolders = 100;

/** What the folder holds, the most telling first; empty when there is nothing to import. Never rejects. */
export async function detectProject(folder: string): Promise<DetectedProject[]> {
  const root = path.resolve(folder);
  const subfolders = await foldersIn(root);
  const written = [
    parseServerlessYml(await serverlessFiles(root, subfolders)),
    ...(await readAll(root, ['template.yaml', 'template.yml'])).map(({ file, text }) =>
      parseTemplateYaml(text, file),
    ),
  ].filter((finding) => finding !== undefined);
  if (written.length > 0) {
    return written.map((each) => complete(each, root));
  }
  // Only a guess, so only where no file says more.
  const guessed = parseSiblingFolders(await siblingFolders(root, subfolders));
  return guessed === undefined ? [] : [complete(guessed, root)];
}

/** Keeps the functions that can be served from this folder, and asks for the roles that nobody assigned. */
function complete(finding: Finding, root: string): DetectedProject {
  const problems = finding.problems.map((each) => ({ ...each, file: path.join(root, each.file) }));
  const functions: DetectedFunction[] = [];
  const [source = ''] = finding.sources;
  const warn = (message: string) =>
    problems.push({ file: path.join(root, source), path: '', message, severity: 'warning' });
  for (const each of finding.functions) {
    const absolute = insideFolder(root, each.folder);
    if (absolute === undefined || /\.(zip|jar)$/i.test(each.folder)) {
      warn(l10n.t('{0} is left out: its code is not a folder of this project.', each.name));
    } else if (each.runtime !== undefined && parseRuntime(each.runtime) === undefined) {
      warn(l10n.t('{0} is left out: {1} cannot be run here.', each.name, each.runtime));
    } else if (functions.some((other) => other.name === each.name)) {
      warn(l10n.t('{0} is there twice; the first one counts.', each.name));
    } else {
      const relative = path.relative(root, absolute).split(path.sep).join('/');
      functions.push({ ...each, folder: relative === '' ? '.' : relative });
    }
  }
  const known = { ...finding.roles };
  for (const role of roles) {
    if (!functions.some((each) => each.name === known[role])) {
      delete known[role];
    }
  }
  // A file that names Transfer and no Register means that there is none.
  const questions = known.transfer === undefined ? questionsFor(functions, known) : [];
  return { ...finding, folder: root, functions, roles: known, questions, problems };
}

function questionsFor(
  functions: readonly DetectedFunction[],
  known: DetectedProject['roles'],
): RoleQuestion[] {
  const candidates = functions.map((each) => each.name);
  const only = candidates.length === 1 ? candidates[0] : undefined;
  return roles
    .filter((role) => known[role] === undefined)
    .map((role) => {
      const suggested = functions.find((each) => guessRole(each) === role)?.name;
      return { role, candidates, guess: only ?? suggested ?? null };
    });
}

async function serverlessFiles(root: string, subfolders: readonly string[]): Promise<YamlFile[]> {
  const names = ['serverless.yml', 'serverless.yaml'];
  const inside = subfolders.flatMap((folder) => names.map((name) => `${folder}/${name}`));
  return readAll(root, [...names, ...inside]);
}

async function siblingFolders(
  root: string,
  subfolders: readonly string[],
): Promise<SiblingFolder[]> {
  const folders: SiblingFolder[] = [];
  for (const name of subfolders) {
    const files = await fs.readdir(path.join(root, name)).catch(() => [] as string[]);
    const [config] = files.includes('config.json')
      ? await readAll(root, [`${name}/config.json`])
      : [];
    folders.push({ name, files, config: config?.text });
  }
  return folders;
}

async function foldersIn(root: string): Promise<string[]> {
  const entries = await fs.readdir(root, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|__pycache__$)/.test(entry.name))
    .map((entry) => entry.name)
    .sort()
    .slice(0, mostFolders);
}

async function readAll(root: string, names: readonly string[]): Promise<YamlFile[]> {
  const files: YamlFile[] = [];
  for (const name of names) {
    const file = path.join(root, name);
    const stat = await fs.lstat(file).catch(() => undefined);
    if (stat?.isFile() === true && stat.size <= largestFile) {
      const text = await fs.readFile(file, 'utf8').catch(() => undefined);
      if (text !== undefined) {
        files.push({ file: name, text });
      }
    }
  }
  return files;
}

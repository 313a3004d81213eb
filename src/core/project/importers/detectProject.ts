/** Looks for projects of other tools in a folder. Reads files; changes nothing. */
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import * as l10n from '@vscode/l10n';
import { roles } from '../../../protocol/project';
import { insideFolder, parseRuntime, projectFileName } from '../projectFile';
import { checkHandler } from './checkHandler';
import { newFinding } from './detected';
import type { DetectedFunction, DetectedProject, Finding } from './detected';
import { findFolderLayout } from './folderLayouts';
import { noteAt } from './notes';
import { readTextFile } from './readTextFile';
import { roleQuestions } from './roleGuess';
import { parseServerlessYml } from './serverlessYml';
import { parseTemplateYaml } from './templateYaml';
import { isTerraform, parseTerraform } from './terraform';
import type { TextFile } from './yamlText';

const mostFolders = 100;
const mostTerraformFiles = 100;
const templates = ['template.yaml', 'template.yml', 'template.json'];
const scripts = ['js', 'cjs', 'mjs', 'ts', 'cts', 'mts'];
// JSON is YAML, too.
const serverless = ['serverless', 'serverless.config'].flatMap((name) =>
  ['yml', 'yaml', 'json', ...scripts].map((ending) => `${name}.${ending}`),
);

/**
 * What the folder holds, the most telling first; empty when there is nothing to import. A file that cannot be
 * imported is there, too, without functions: its notes say what was seen. Never rejects.
 */
export async function detectProject(folder: string): Promise<DetectedProject[]> {
  const root = path.resolve(folder);
  const subfolders = await foldersIn(root);
  const files = await readAll(root, ['.', ...subfolders], called(serverless));
  const env = await environments(root, [...files.map(({ file }) => file), ...templates]);
  const written = [
    parseServerlessYml(files, env),
    await readTemplates(root, subfolders, env),
    ...(await readTerraform(root, subfolders)),
  ].filter((finding) => finding !== undefined);
  const readable = written.filter(({ functions }) => functions.length > 0);
  // Only a guess, so only where no file says more.
  const guessed =
    readable.length > 0 || written.some(({ kind }) => kind !== 'unreadable')
      ? undefined
      : await findFolderLayout(root, subfolders, (each) => foldersIn(path.join(root, each)));
  // What is served comes of the folders; the files beside them were looked at all the same.
  guessed?.notes.push(
    ...written.flatMap(({ notes }) => notes.map((note) => ({ ...note, kind: 'leftOut' as const }))),
  );
  const all = [...readable, ...(guessed === undefined ? [] : [guessed]), ...written];
  return Promise.all([...new Set(all)].map((each) => complete(each, root)));
}

/** Templates of the folder, or else of the folders in it, where the vendor's samples keep one for each function. */
async function readTemplates(
  root: string,
  subfolders: readonly string[],
  env: (file: string) => Readonly<Record<string, string>>,
): Promise<Finding | undefined> {
  const own = await readAll(root, ['.'], called(templates));
  const files = own.length > 0 ? own : await readAll(root, subfolders, called(templates));
  const found = files.flatMap((each) => parseTemplateYaml(each, env(each.file)) ?? []);
  const [first] = found;
  if (first === undefined || found.length === 1) {
    return first;
  }
  const together = newFinding(
    found.some(({ kind }) => kind !== 'unreadable') ? 'templateYaml' : 'unreadable',
  );
  for (const each of found) {
    together.sources.push(...each.sources);
    together.functions.push(...each.functions.map((one) => renamed(one, found)));
    together.notes.push(...each.notes);
  }
  return together;
}

/** Each folder of Terraform files is one description of all that is in it. */
async function readTerraform(root: string, subfolders: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const folder of ['.', ...subfolders]) {
    const files = await readAll(root, [folder], (there) =>
      there.filter(isTerraform).sort().slice(0, mostTerraformFiles),
    );
    const found = parseTerraform(files, (each) => existsSync(path.join(root, each)));
    findings.push(...(found === undefined ? [] : [found]));
  }
  return findings;
}

/** Each template calls its only function the same: the folder tells them apart. */
function renamed(one: DetectedFunction, found: readonly Finding[]): DetectedFunction {
  const twice =
    found.flatMap(({ functions }) => functions).filter(({ name }) => name === one.name).length > 1;
  const folder = path.posix.dirname(one.place?.file ?? '.');
  return twice && folder !== '.' ? { ...one, name: folder } : one;
}

/** Keeps the functions that can be served from this folder, and asks for the roles that nobody assigned. */
async function complete(finding: Finding, root: string): Promise<DetectedProject> {
  const notes = [...finding.notes];
  const functions: DetectedFunction[] = [];
  const [source = ''] = finding.sources;
  for (const each of finding.functions) {
    const place = each.place ?? { file: source };
    const leaveOut = (message: string) => notes.push(noteAt(place, 'leftOut', message));
    const absolute = insideFolder(root, each.folder);
    if (/\.(zip|jar)$/i.test(each.folder)) {
      leaveOut(
        l10n.t(
          '{0}: its code is packed in {1}. Unpack it into a folder, name that, and import again.',
          each.name,
          each.folder,
        ),
      );
    } else if (absolute === undefined) {
      leaveOut(
        l10n.t(
          '{0}: its code ({1}) is not a folder of this project. Import the folder that holds both.',
          each.name,
          each.folder,
        ),
      );
    } else if (each.runtime !== undefined && parseRuntime(each.runtime) === undefined) {
      leaveOut(
        l10n.t(
          '{0}: {1} cannot be run here. Runtimes are Python, Nodejs, Go1 and CustomRuntime.',
          each.name,
          each.runtime,
        ),
      );
    } else if (functions.some((other) => other.name === each.name)) {
      leaveOut(l10n.t('{0} is there twice; the first one counts.', each.name));
    } else {
      const relative = path.relative(root, absolute).split(path.sep).join('/');
      functions.push(
        await checkHandler({ ...each, folder: relative === '' ? '.' : relative }, root, notes),
      );
    }
  }
  const known = { ...finding.roles };
  for (const role of roles) {
    if (!functions.some((each) => each.name === known[role])) {
      delete known[role];
    }
  }
  // A file that names Transfer and no Register means that there is none; one that names what is not there does not.
  const questions = (functions.length > 0 ? roleQuestions(functions, known) : []).filter(
    ({ role }) => known.transfer === undefined || finding.open?.includes(role) === true,
  );
  const absolute = notes.map((each) => ({ ...each, file: path.resolve(root, each.file) }));
  return { ...finding, folder: root, functions, roles: known, questions, notes: absolute };
}

/** For a file the variables of the `.env` in its folder and of the one in the project's. */
async function environments(
  root: string,
  files: readonly string[],
): Promise<(file: string) => Readonly<Record<string, string>>> {
  const known = new Map<string, Record<string, string>>();
  for (const folder of new Set(['.', ...files.map((file) => path.posix.dirname(file))])) {
    const read = await readTextFile(root, path.posix.join(folder, '.env'));
    known.set(folder, parseEnv(read?.text ?? '') as Record<string, string>);
  }
  return (file) => ({ ...known.get('.'), ...known.get(path.posix.dirname(file)) });
}

/** A folder with a scfws.json is a project of its own: what is in it has its roles. */
async function foldersIn(root: string): Promise<string[]> {
  const entries = await fs.readdir(root, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(
      (entry) =>
        entry.isDirectory() &&
        !/^(\..*|node_modules|__pycache__|venv|events|dist|test|tests|docs?)$/.test(entry.name) &&
        !existsSync(path.join(root, entry.name, projectFileName)),
    )
    .map((entry) => entry.name)
    .sort()
    .slice(0, mostFolders);
}

async function readAll(
  root: string,
  folders: readonly string[],
  wanted: (there: readonly string[]) => readonly string[],
): Promise<TextFile[]> {
  const files: TextFile[] = [];
  for (const folder of folders) {
    const there = await fs.readdir(path.join(root, folder)).catch(() => []);
    for (const name of wanted(there)) {
      const read = await readTextFile(root, path.posix.join(folder, name));
      if (read !== undefined) {
        files.push(read);
      }
    }
  }
  return files;
}

/** In the order of `names`. */
function called(names: readonly string[]): (there: readonly string[]) => string[] {
  return (there) => names.filter((name) => there.includes(name));
}

/** From a folder to a service that can be started. */
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { findNodeAtLocation } from 'jsonc-parser';
import { roles } from '../../protocol/project';
import type { EmulatorOptions, FunctionSpec, Problem, ServiceSpec } from '../../protocol/project';
import { sentenceOf, sentences } from '../errors';
import { handlerFiles } from './handlerFile';
import { handlerFilesIn, handlerOf } from './handlerSearch';
import { loadIdentity, newIdentity } from './identity';
import { longestJsonText, parseJsonText, problemAt } from './jsonText';
import { contains, hasErrors, parseProjectFile, projectFileName } from './projectFile';
import type { ProjectFile } from './projectFile';
import { withEnvironment } from './withEnvironment';

export interface ServiceOverrides {
  /** Settings of the host: scfws.json wins over them. */
  emulator?: Partial<EmulatorOptions>;
  /** Wins over scfws.json, as `--port` does. */
  port?: number;
  /** Variables of every function, over those of scfws.json. */
  environment?: Record<string, string>;
}

/**
 * Reads `<folder>/scfws.json` and looks at the folders that it names. Never rejects; there is a value exactly when
 * no problem is an error.
 */
export async function readProject(
  folder: string,
  emulator?: Partial<EmulatorOptions>,
): Promise<{ value?: ProjectFile; problems: Problem[] }> {
  const root = path.resolve(folder);
  const read = await readProjectText(root);
  if (read.text === undefined) {
    return { problems: [read.problem] };
  }
  const { value, problems } = parseProjectFile(read.text, root, { emulator, exists: existsSync });
  if (value === undefined) {
    return { problems };
  }
  problems.push(...(await folderProblems(value, read.text)));
  return hasErrors(problems) ? { problems } : { value, problems };
}

/** The project with its identity, which is kept in its folder. There is a service exactly when there is a value. */
export async function loadService(
  folder: string,
  overrides: ServiceOverrides = {},
): Promise<{ service?: ServiceSpec; problems: Problem[] }> {
  const root = path.resolve(folder);
  const { value, problems } = await readProject(root, overrides.emulator);
  if (value === undefined) {
    return { problems };
  }
  let identity = newIdentity();
  try {
    identity = await loadIdentity(root);
  } catch (error) {
    const message = l10n.t(
      'The push address cannot be kept and changes with each start: {0}',
      sentenceOf(error),
    );
    problems.push(wholeFileProblem(root, 'warning', message));
  }
  const { port = value.port, environment } = overrides;
  const service = { ...value, ...identity, port };
  return {
    service: environment === undefined ? service : withEnvironment(service, environment),
    problems,
  };
}

async function readProjectText(
  root: string,
): Promise<{ text: string } | { text: undefined; problem: Problem }> {
  const file = path.join(root, projectFileName);
  const failed = (message: string) => ({
    text: undefined,
    problem: wholeFileProblem(root, 'error', message),
  });
  try {
    // stat first: a pipe or a device by that name would be waited for without end.
    const stat = await fs.stat(file);
    if (!stat.isFile()) {
      return failed(l10n.t('{0} is not a file.', file));
    }
    if (!contains(await fs.realpath(root), await fs.realpath(file))) {
      return failed(l10n.t('{0} is a link that leaves the project folder.', file));
    }
    if (stat.size > longestJsonText * 4) {
      return failed(l10n.t('This file is too large: more than 1 MB.'));
    }
    const bytes = await fs.readFile(file);
    if (bytes.includes(0)) {
      return failed(l10n.t('This file is not UTF-8: save it with that encoding.'));
    }
    return { text: bytes.toString('utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') {
      return failed(l10n.t('{0} is not a folder.', root));
    }
    return code === 'ENOENT'
      ? failed(l10n.t('There is no {0} in {1}.', projectFileName, root))
      : failed(l10n.t('{0} cannot be read: {1}', file, sentenceOf(error)));
  }
}

/** What the file alone cannot tell: folders that are missing or lead elsewhere, handlers that are not there. */
async function folderProblems(project: ProjectFile, text: string): Promise<Problem[]> {
  const { json } = parseJsonText(
    text.replace(/^\uFEFF/, ''),
    path.join(project.folder, projectFileName),
  );
  // Whatever is looked at may go away meanwhile.
  const realRoot = (await realPathOf(project.folder)) ?? project.folder;
  const problems: Problem[] = [];
  for (const spec of project.functions) {
    const role = roles.find((candidate) => {
      const entry = json.root && findNodeAtLocation(json.root, ['functions', candidate]);
      return project.roles[candidate] === spec.name && entry?.type === 'object';
    });
    const add = (key: string, severity: Problem['severity'], message: string) =>
      problems.push(problemAt(json, ['functions', role ?? 'transfer', key], severity, message));
    const realFolder = await realPathOf(spec.folder);
    const stat = realFolder && (await fs.stat(realFolder).catch(() => undefined));
    if (realFolder === undefined || !stat) {
      add('folder', 'warning', l10n.t('There is no folder {0}.', spec.folder));
      continue;
    }
    if (!stat.isDirectory()) {
      add('folder', 'error', l10n.t('{0} is not a folder.', spec.folder));
      continue;
    }
    if (!contains(realRoot, realFolder)) {
      add('folder', 'error', l10n.t('"folder" is a link that leaves the project folder.'));
      continue;
    }
    const built =
      spec.build?.folder === undefined ? undefined : await realPathOf(spec.build.folder);
    if (built !== undefined && !contains(realRoot, built)) {
      add('build', 'error', l10n.t('"folder" is a link that leaves the project folder.'));
    }
    const file = handlerFiles(spec).find((candidate) => existsSync(candidate));
    if (file === undefined) {
      add('handler', 'warning', await missingHandler(spec));
    } else if (!contains(realRoot, (await realPathOf(file)) ?? file)) {
      add('handler', 'error', l10n.t('{0} is a link that leaves the project folder.', file));
    }
  }
  return problems;
}

/** Names the file that holds such a handler instead, where there is one. */
async function missingHandler(spec: FunctionSpec): Promise<string> {
  const [file] = handlerFiles(spec);
  const missing = l10n.t('There is no {0} for the function {1}.', file, spec.name);
  const wanted = spec.handler.slice(spec.handler.lastIndexOf('.') + 1);
  const holder = (await handlerFilesIn(spec.folder)).find(
    (each) => each.family === spec.family && each.names.includes(wanted),
  );
  return holder === undefined
    ? missing
    : sentences(
        missing,
        l10n.t(
          '{0} has {1}: write "handler": "{2}".',
          holder.file,
          wanted,
          handlerOf(holder, wanted),
        ),
      );
}

async function realPathOf(file: string): Promise<string | undefined> {
  return fs.realpath(file).catch(() => undefined);
}

function wholeFileProblem(root: string, severity: Problem['severity'], message: string): Problem {
  return { file: path.join(root, projectFileName), path: '', message, severity };
}

/** Gathers what handler processes left of their coverage in a folder of a scenario's own. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { FileCoverage } from '../../protocol/coverage';
import type { ServiceSpec } from '../../protocol/project';
import { coverageOfPython, type PythonReport } from './pythonCoverage';

export interface CoverageFolder {
  folder: string;
  /** Once the processes have ended. `notes`: what could not be counted, and what to do. */
  collect(service: ServiceSpec): Promise<{ files: FileCoverage[]; notes: string[] }>;
  dispose(): Promise<void>;
}

/** Name of the files that the Python bootstrap writes; the others are V8's. */
const pythonFile = /^scfws-python-.*\.json$/;

export async function makeCoverageFolder(): Promise<CoverageFolder> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'scfws-coverage-'));
  const dispose = () => fs.rm(folder, { recursive: true, force: true });
  return {
    folder,
    dispose,
    async collect(service) {
      // Only where there is something to read: nobody else pays for it.
      const [{ coverageOfV8 }, { CoverageSum }] = await Promise.all([
        import('./v8Coverage'),
        import('./sum'),
      ]);
      const sum = new CoverageSum();
      const notes = new Set<string>();
      const isWanted = wantedIn(service);
      try {
        for (const name of (await fs.readdir(folder)).filter((each) => each.endsWith('.json'))) {
          const report = await readJson(path.join(folder, name));
          if (report === undefined) {
            continue; // Cut off with its process.
          }
          if (!pythonFile.test(name)) {
            const { files, unread } = await coverageOfV8(report as never, isWanted);
            sum.add(files);
            unread.forEach((each) => notes.add(adviceForScript(each)));
            continue;
          }
          const { missing } = report as PythonReport;
          sum.add(coverageOfPython(report as PythonReport).filter(({ path: file }) => isWanted(file)));
          if (missing !== undefined) {
            notes.add(adviceFor(missing));
          }
        }
      } finally {
        await dispose();
      }
      return { files: sum.files(), notes: [...notes] };
    },
  };
}

/** The project's own code: no packages, no environments. */
function wantedIn({ folder, functions }: ServiceSpec): (file: string) => boolean {
  const roots = [folder, ...functions.map((each) => each.folder)].map((each) => path.resolve(each));
  return (file) =>
    roots.some((root) => file.startsWith(root + path.sep)) &&
    !/[\\/](node_modules|\.venv|venv|site-packages)[\\/]/.test(file);
}

function adviceForScript({ file, reason }: { file: string; reason: string }): string {
  return l10n.t('The coverage of {0} was not counted: it cannot be read as JavaScript ({1}).', file, reason);
}

function adviceFor({ program, version }: { program: string; version: string }): string {
  return version.startsWith('2.')
    ? l10n.t('The coverage of Python {0} is not counted; Python 3 is.', version)
    : l10n.t(
        'The coverage of Python handlers was not counted: {0} has no "coverage". Install it: {1}',
        program,
        `${program} -m pip install coverage`,
      );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

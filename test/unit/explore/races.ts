/** The twelve seeded races and their correct twins, each as a project of its own. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { explore, type Explored } from '../../../src/core/explore/explore';
import { planRun } from '../../../src/core/scenario/runFlows';

const root = path.join(__dirname, '..', '..', '..');
const races = path.join(root, 'test', 'fixtures', 'races');

export const toolchain = {
  bootstrapFolder: path.join(root, 'dist', 'bootstrap'),
  interpreters: {},
};

export const kinds = [
  'speaks-early',
  'leaves-in-register',
  'two-join',
  'push-meets-close',
  'delete-first',
  'dies-between',
] as const;
export const languages = { python: 'py', javascript: 'js' } as const;
export type Kind = (typeof kinds)[number];
export type Language = keyof typeof languages;

export interface RaceProject {
  folder: string;
  flow: string;
  /** Its handlers are those of the race, or of its twin, from now on. */
  use(which: 'race' | 'twin'): void;
  dispose(): void;
}

/**
 * With one function for all roles a run starts one or two processes instead of three or four, and starting them is most
 * of its time; orders and stories are the same.
 */
export function raceProject(
  kind: Kind,
  language: Language,
  first: 'race' | 'twin',
  functions: 'one' | 'three' = 'one',
): RaceProject {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-race-')));
  const extension = languages[language];
  const copy = (from: string, to: string): void =>
    fs.copyFileSync(path.join(races, from), path.join(folder, to));
  copy(`shared/room.${extension}`, `room.${extension}`);
  copy('shared/store.js', 'store.js');
  const use = (which: 'race' | 'twin'): void =>
    copy(`${kind}/${which}.${extension}`, `index.${extension}`);
  use(first);
  copy(`${kind}/${language}.wsflow.yaml`, 'race.wsflow.yaml');
  const runtime = language === 'python' ? 'Python3' : 'Nodejs';
  const spec = (name: string): object => ({
    name,
    folder: '.',
    handler: 'index.main_handler',
    runtime,
    timeout: 20,
  });
  const project = {
    service: 'race',
    functions:
      functions === 'one'
        ? { register: spec('Room'), transfer: 'register', cleanup: 'register' }
        : { register: spec('Register'), transfer: spec('Transmission'), cleanup: spec('Delete') },
  };
  fs.writeFileSync(path.join(folder, 'scfws.json'), JSON.stringify(project));
  return {
    folder,
    flow: path.join(folder, 'race.wsflow.yaml'),
    use,
    dispose: () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export async function exploreFlow(
  flow: string,
  options: { runs: number; faults: boolean; again?: number; workers?: number },
): Promise<Explored> {
  const { plans, problems, projects } = await planRun({ from: [flow], ...toolchain });
  const [plan] = plans;
  if (plan === undefined) {
    throw new Error(problems.map(({ message }) => message).join('\n'));
  }
  try {
    return await explore(plan, projects.get(plan.project)?.service, {
      session: toolchain,
      signal: new AbortController().signal,
      budget: { runs: options.runs },
      seed: 1,
      faults: options.faults,
      again: options.again ?? 1,
      ...(options.workers === undefined ? {} : { workers: options.workers }),
    });
  } finally {
    projects.forEach((each) => each.dispose());
  }
}

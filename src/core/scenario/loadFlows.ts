/** From folders and files to the scenarios that are to run: found, read, with what they include, case by case. */
import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { writeJson } from '../../protocol/json';
import type { Problem } from '../../protocol/project';
import type { ScenarioInfo } from '../../protocol/testEvent';
import { UserError } from '../errors';
import { type Flow, type Scenario, type Step } from './flow';
import { parseFlow } from './parseFlow';

/** One scenario with one case of its matrix. */
export interface Plan {
  info: ScenarioInfo;
  flow: Flow;
  scenario: Scenario;
  /** Absolute path of the project folder. */
  project: string;
}

const notSearched = new Set([
  'node_modules',
  '.git',
  '.scfws',
  'dist',
  'out',
  'coverage',
  '.venv',
  '__pycache__',
]);
const deepestInclude = 10;
const isFlow = (name: string): boolean => /\.wsflow\.ya?ml$/.test(name);

/** Paths of the flows in a folder and below it, in order; of a file, itself. Rejects with a `UserError`. */
export async function findFlows(from: string): Promise<string[]> {
  const root = path.resolve(from);
  const stat = await fs.stat(root).catch(() => undefined);
  if (stat === undefined) {
    throw new UserError(
      'noFlow',
      l10n.t('There is no {0}.', root),
      l10n.t('Give a folder with *.wsflow.yaml files, or one of those.'),
    );
  }
  if (stat.isFile()) {
    if (!isFlow(root)) {
      throw new UserError(
        'noFlow',
        l10n.t('{0} is not a flow.', root),
        l10n.t('Its name must end with .wsflow.yaml.'),
      );
    }
    return [root];
  }
  const found: string[] = [];
  const search = async (folder: string): Promise<void> => {
    const entries: Dirent[] = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory() && !notSearched.has(entry.name)) {
        await search(full);
      } else if (entry.isFile() && isFlow(entry.name)) {
        found.push(full);
      }
    }
  };
  await search(root);
  return found;
}

/** `base`: ids of scenarios tell the file relative to it. Never rejects: what is wrong is a problem. */
export async function loadFlow(
  file: string,
  base: string,
): Promise<{ plans: Plan[]; problems: Problem[] }> {
  const problems: Problem[] = [];
  const flow = await readFlow(file, problems);
  if (flow === undefined) {
    return { plans: [], problems };
  }
  const project = await projectOf(flow, problems);
  const plans: Plan[] = [];
  for (const scenario of flow.scenarios) {
    const steps = await expand(scenario.steps, flow, [file], problems);
    const whole = { ...scenario, steps };
    for (const parameters of casesOf({ ...flow.matrix, ...scenario.matrix })) {
      const info = infoOf(flow, whole, parameters, base);
      plans.push({ info, flow, scenario: whole, project: project ?? path.dirname(file) });
    }
  }
  return problems.some(({ severity }) => severity === 'error')
    ? { plans: [], problems }
    : { plans, problems };
}

async function readFlow(file: string, problems: Problem[]): Promise<Flow | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    const message = l10n.t('{0} cannot be read: {1}', file, (error as Error).message);
    problems.push({ file, path: '', severity: 'error', message });
    return undefined;
  }
  const read = parseFlow(text, file);
  problems.push(...read.problems);
  return read.flow;
}

/** What can be run of a flow, case by case, whatever it includes. Ids tell its path relative to `base`. */
export function scenariosOf(flow: Flow, base: string): ScenarioInfo[] {
  return flow.scenarios.flatMap((scenario) =>
    casesOf({ ...flow.matrix, ...scenario.matrix }).map((parameters) =>
      infoOf(flow, scenario, parameters, base),
    ),
  );
}

function infoOf(
  flow: Flow,
  scenario: Scenario,
  parameters: Record<string, unknown>,
  base: string,
): ScenarioInfo {
  const where = path.relative(base, flow.file).split(path.sep).join('/');
  const values = Object.entries(parameters).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : writeJson(value)}`,
  );
  const name = `${scenario.name}${values.length === 0 ? '' : ` [${values.join(', ')}]`}`;
  return {
    id: `${where}#${name}`,
    file: flow.file,
    name,
    ...(values.length === 0 ? {} : { parameters }),
    range: scenario.range,
    steps: scenario.steps.length,
  };
}

/** Every combination; one without parameters when there are none. */
export function casesOf(matrix: Record<string, unknown[]>): Record<string, unknown>[] {
  return Object.entries(matrix).reduce<Record<string, unknown>[]>(
    (cases, [name, values]) =>
      cases.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
    [{}],
  );
}

async function projectOf(flow: Flow, problems: Problem[]): Promise<string | undefined> {
  const exists = (folder: string): Promise<boolean> =>
    fs.access(path.join(folder, 'scfws.json')).then(
      () => true,
      () => false,
    );
  const folder = path.dirname(flow.file);
  if (flow.project !== undefined) {
    return path.resolve(folder, flow.project);
  }
  for (let at = folder; ; at = path.dirname(at)) {
    if (await exists(at)) {
      return at;
    }
    if (path.dirname(at) === at) {
      problems.push({
        file: flow.file,
        path: '',
        severity: 'warning',
        message: l10n.t('There is no scfws.json beside or above this file: write "project:".'),
      });
      return undefined;
    }
  }
}

/** Puts the steps of included flows in place. */
async function expand(
  steps: Step[],
  flow: Flow,
  above: string[],
  problems: Problem[],
): Promise<Step[]> {
  const expanded: Step[] = [];
  for (const step of steps) {
    if (step.kind === 'together') {
      expanded.push({ ...step, steps: await expand(step.steps ?? [], flow, above, problems) });
    } else if (step.kind === 'include') {
      expanded.push({ ...step, steps: await included(step, flow, above, problems) });
    } else {
      expanded.push(step);
    }
  }
  return expanded;
}

async function included(
  step: Step,
  flow: Flow,
  above: string[],
  problems: Problem[],
): Promise<Step[]> {
  const { file, range } = step.place;
  const add = (message: string): Step[] => {
    problems.push({ file, path: '', severity: 'error', message, range });
    return [];
  };
  const [relative = '', name] = String(step.value).split('#', 2);
  const target = relative === '' ? file : path.resolve(path.dirname(file), relative);
  const mark = name === undefined ? target : `${target}#${name}`;
  if (above.includes(mark) || above.length > deepestInclude) {
    return add(l10n.t('{0} includes itself.', String(step.value)));
  }
  const before = problems.length;
  const other = await readFlow(target, problems);
  if (other === undefined) {
    const [first] = problems.splice(before);
    const line = first?.range === undefined ? '' : `:${first.range.line + 1}`;
    return add(
      l10n.t('{0} cannot be included: {1}', `${String(step.value)}${line}`, first?.message ?? ''),
    );
  }
  const names = other.scenarios.map((each) => each.name);
  const scenario =
    name === undefined
      ? other.scenarios.length === 1
        ? other.scenarios[0]
        : undefined
      : other.scenarios.find((each) => each.name === name);
  if (scenario === undefined) {
    return add(
      name === undefined
        ? l10n.t('{0} has several scenarios: say which, as in {0}#{1}', relative, names[0] ?? '')
        : l10n.t('{0} has no scenario "{1}". There are: {2}.', relative, name, names.join(', ')),
    );
  }
  for (const [client, options] of Object.entries(other.clients)) {
    flow.clients[client] ??= options;
  }
  // Its own variables come first, those that `with` gives win.
  step.with = { ...other.vars, ...scenario.vars, ...step.with };
  return expand(scenario.steps, flow, [...above, mark], problems);
}

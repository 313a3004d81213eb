/** What a project loses, or must change, as a Web function: from its files, with their lines. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { findNodeAtLocation } from 'jsonc-parser';
import { type Problem, type Role, roles } from '../../protocol/project';
import { handlerFiles } from '../project/handlerFile';
import { type JsonText, parseJsonText, problemAt } from '../project/jsonText';
import { type ProjectFile, projectFileName } from '../project/projectFile';
import { readText } from '../textFile';
import { type HostLanguage, imageFor, images } from './images';
import { codeOf, type WebFunctionPlan } from './plan';

/** `blocks`: it cannot be exported so; `change`: it will not work as before; `loses`: what is different. */
export type Weight = 'blocks' | 'change' | 'loses';

export interface Finding {
  weight: Weight;
  file: string;
  /** Counts from 1; 0: the whole file. */
  line: number;
  message: string;
}

/** Bytes of code and layers that the platform takes, before they are packed (documented). */
const largestCode = 500 * 1024 * 1024;
/** Bytes of a source file that is looked through. */
const largestSource = 1_000_000;
/** Seconds: the least idle limit of the platform (documented). */
const leastIdle = 10;

/** The language of the host; undefined: the findings say why none fits. */
export async function languageOf(
  project: ProjectFile,
  wished: HostLanguage | undefined,
): Promise<{ language: HostLanguage | undefined; findings: Finding[] }> {
  const places = await projectPlaces(project);
  const findings: Finding[] = [];
  const used = usedFunctions(project);
  for (const { role, spec } of used) {
    if (spec.family !== 'python' && spec.family !== 'node') {
      findings.push(
        places(
          [role, 'runtime'],
          'blocks',
          l10n.t(
            '{0} is a {1} function; only Python and Node.js ones can be hosted.',
            spec.name,
            spec.runtime,
          ),
        ),
      );
    } else if (wished !== undefined && spec.family !== wished) {
      findings.push(
        places(
          [role, 'runtime'],
          'blocks',
          l10n.t('{0} is not of the language of the host ({1}).', spec.name, wished),
        ),
      );
    } else if (spec.family === 'python' && spec.runtimeVersion?.startsWith('2') === true) {
      findings.push(
        places(
          [role, 'runtime'],
          'blocks',
          l10n.t(
            '{0} is written for Python 2.7, which the host does not run on: port it to Python 3.',
            spec.name,
          ),
        ),
      );
    }
  }
  const families = [...new Set(used.map(({ spec }) => spec.family))];
  if (families.length > 1 && findings.length === 0) {
    const [first] = used;
    findings.push(
      places(
        [first?.role ?? 'transfer', 'runtime'],
        'blocks',
        l10n.t(
          'The functions are of different languages; an image of the platform has one of them.',
        ),
      ),
    );
  }
  const [family] = families;
  const language = family === 'node' || family === 'python' ? family : undefined;
  return { language: findings.length === 0 ? language : undefined, findings };
}

export async function reportOn(project: ProjectFile, plan: WebFunctionPlan): Promise<Finding[]> {
  const places = await projectPlaces(project);
  const findings: Finding[] = [];
  const used = usedFunctions(project);
  const { instead } = imageFor(
    plan.language,
    used.map(({ spec }) => spec.runtimeVersion),
  );
  for (const { role, spec } of used) {
    if (spec.runtimeVersion !== undefined && instead.includes(spec.runtimeVersion)) {
      const known = images
        .filter(({ language }) => language === plan.language)
        .map(({ runtime }) => runtime);
      findings.push(
        places(
          [role, 'runtime'],
          'change',
          l10n.t(
            '{0} asks for {1} and is run by {2}: the host knows {3}, and all functions share one.',
            spec.name,
            spec.runtime,
            plan.runtime,
            known.join(', '),
          ),
        ),
      );
    }
    if (!(await exists(handlerFiles({ ...spec, folder: codeOf(spec) })))) {
      findings.push(
        places(
          [role, spec.build === undefined ? 'handler' : 'build'],
          'blocks',
          spec.build === undefined
            ? l10n.t('The handler of {0} is not there.', spec.name)
            : l10n.t('{0} is not built: run {1} first.', spec.name, spec.build.command.join(' ')),
        ),
      );
    } else if (
      !(await exists(
        handlerFiles({ ...spec, folder: codeOf(spec) }).filter((each) => !each.endsWith('ts')),
      ))
    ) {
      findings.push(
        places(
          [role, 'handler'],
          'blocks',
          l10n.t(
            '{0} is TypeScript, which no Node.js of the platform runs as it is: name a "build".',
            spec.name,
          ),
        ),
      );
    }
  }
  if (project.roles.cleanup === undefined) {
    findings.push(
      places(
        ['transfer'],
        'loses',
        l10n.t('There is no Cleanup: what a connection leaves behind stays.'),
      ),
    );
  }
  if (plan.language === 'python' && project.emulator.transferConcurrency === 'parallel') {
    findings.push(
      places(
        [],
        'loses',
        l10n.t(
          'Messages of one connection run one after the other: the Python host knows no other order.',
        ),
        ['emulator', 'transferConcurrency'],
      ),
    );
  }
  if (project.backendTimeout < leastIdle) {
    findings.push(
      places(
        [],
        'loses',
        l10n.t(
          'The idle limit of {0} s is kept by the host; the platform itself knows none below {1} s.',
          project.backendTimeout,
          leastIdle,
        ),
        ['backendTimeout'],
      ),
    );
  }
  if (plan.codeSize > largestCode) {
    findings.push(
      places(
        ['transfer'],
        'blocks',
        l10n.t(
          'The code has {0} MB; the platform takes 500 MB.',
          Math.ceil(plan.codeSize / 1024 / 1024),
        ),
      ),
    );
  }
  for (const file of plan.files) {
    if ('from' in file && file.path.startsWith('project/')) {
      findings.push(...(await lookThrough(file.from)));
    }
  }
  return findings;
}

interface Pattern {
  weight: Weight;
  names: RegExp;
  line: RegExp;
  /** A folder that makes it good, beside the file. */
  unless?: string;
  message(): string;
}

/** What stands in handlers and means something else there. Looked for line by line: a hint, not a proof. */
const patterns: readonly Pattern[] = [
  {
    weight: 'loses',
    names: /\.(py|[cm]?js)$/,
    line: /apigateway\.tencentyun\.com/i,
    message: () =>
      l10n.t(
        'A push host of API Gateway: the host leads such requests to itself, others of that name are not reached.',
      ),
  },
  {
    weight: 'change',
    names: /\.(py|[cm]?js)$/,
    line: /['"]?sourceIp['"]?/,
    message: () =>
      l10n.t('"sourceIp" is what connects to the instance, which is the platform, not the client.'),
  },
  {
    weight: 'change',
    names: /\.(py|[cm]?js)$/,
    line: /requestContext['")\]]*[.[]\s*['"]?(identity|serviceId)/,
    message: () =>
      l10n.t(
        'A field that API Gateway fills: the host repeats what the project says ("identity" only with a key pair).',
      ),
  },
  {
    weight: 'change',
    names: /\.py$/,
    line: /^\s*(import|from)\s+requests\b/,
    unless: 'requests',
    message: () =>
      l10n.t(
        'The runtime of event functions has "requests"; whether that of Web functions has it is not documented: put it beside the handler.',
      ),
  },
  {
    weight: 'change',
    names: /\.py$/,
    line: /\bopen\(\s*[rbuf]*['"](?!\/tmp\/|\/dev\/)[^'"]*['"]\s*,\s*(mode\s*=\s*)?['"][wax]/,
    message: () => l10n.t('Writes outside /tmp, where the platform allows none.'),
  },
  {
    weight: 'change',
    names: /\.[cm]?js$/,
    line: /\b(writeFile|appendFile|createWriteStream|mkdir)(Sync)?\(\s*['"`](?!\/tmp\/|\/dev\/)/,
    message: () => l10n.t('Writes outside /tmp, where the platform allows none.'),
  },
];

async function lookThrough(file: string): Promise<Finding[]> {
  if (/[\\/](node_modules|site-packages)[\\/]/.test(file)) {
    return [];
  }
  const wanted = patterns.filter(({ names }) => names.test(file));
  const stat = wanted.length === 0 ? undefined : await fs.stat(file).catch(() => undefined);
  if (stat === undefined || stat.size > largestSource) {
    return [];
  }
  const lines = (await fs.readFile(file, 'utf8')).split('\n');
  const beside = await fs.readdir(path.dirname(file));
  return lines.flatMap((text, index) =>
    wanted
      .filter(({ unless }) => unless === undefined || !beside.includes(unless))
      .filter(({ line }) => line.test(text) && !/^\s*(#|\/\/)/.test(text))
      .map(({ weight, message }) => ({ weight, file, line: index + 1, message: message() })),
  );
}

async function exists(files: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) =>
      fs.access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

function usedFunctions(
  project: ProjectFile,
): { role: Role; spec: ProjectFile['functions'][number] }[] {
  return project.functions.flatMap((spec) => {
    const role = roles.find((each) => project.roles[each] === spec.name);
    return role === undefined ? [] : [{ role, spec }];
  });
}

type Place = (
  below: readonly (Role | string)[],
  weight: Weight,
  message: string,
  whole?: readonly string[],
) => Finding;

/** Findings at their place in scfws.json. */
async function projectPlaces(project: ProjectFile): Promise<Place> {
  const file = path.join(project.folder, projectFileName);
  const text = readText(await fs.readFile(file), file);
  const { json } = parseJsonText(text.replace(/^\uFEFF/, ''), file);
  return (below, weight, message, whole) => ({
    ...{ weight, file, message },
    line: lineOf(json, whole ?? ['functions', ...below]),
  });
}

/** Of the value, or of the nearest one around it that is written. */
function lineOf(json: JsonText, wanted: readonly string[]): number {
  let at = [...wanted];
  while (
    at.length > 0 &&
    json.root !== undefined &&
    findNodeAtLocation(json.root, at) === undefined
  ) {
    at = at.slice(0, -1);
  }
  const { range }: Problem = problemAt(json, at, 'warning', '');
  return (range?.line ?? -1) + 1;
}

/** Worst first, then by place. */
export function sorted(findings: readonly Finding[]): Finding[] {
  const weights: readonly Weight[] = ['blocks', 'change', 'loses'];
  return [...findings].sort(
    (a, b) =>
      weights.indexOf(a.weight) - weights.indexOf(b.weight) ||
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line,
  );
}

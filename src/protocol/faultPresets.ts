/** Ready-made plans of the fault lab, and the check of plans that people write. */
import type { Direction, FaultPlan, FaultRule } from './fact';

export interface FaultPreset {
  /** As on the command line: `scfws serve --faults flaky-wifi`. */
  id: string;
  /** English; hosts translate both. */
  title: string;
  detail: string;
  rules: readonly FaultRule[];
}

export const faultPresets: readonly FaultPreset[] = [
  {
    id: 'slow-phone',
    title: 'Slow phone network',
    detail: 'Every frame arrives late, some much later than others. Nothing is lost.',
    rules: [{ fault: 'latency', rate: 1, ms: 300, jitterMs: 700 }],
  },
  {
    id: 'flaky-wifi',
    title: 'Flaky Wi-Fi',
    detail: 'Short delays; now and then a connection breaks or goes silent without a word.',
    rules: [
      { fault: 'latency', rate: 0.3, ms: 50, jitterMs: 450 },
      { fault: 'close', rate: 0.02, code: 1006 },
      { fault: 'halfOpen', rate: 0.01 },
    ],
  },
  {
    id: 'tunnel',
    title: 'Train in a tunnel',
    detail: 'Connections go silent: both sides believe that they are open, and hear nothing more.',
    rules: [{ fault: 'halfOpen', rate: 0.1 }],
  },
  {
    id: 'twice-and-shuffled',
    title: 'Twice and shuffled',
    detail: 'Frames arrive doubled and in another order, as after a retry in the middle.',
    rules: [
      { fault: 'duplicate', rate: 0.15 },
      { fault: 'reorder', rate: 0.25, window: 2 },
    ],
  },
  {
    id: 'lost-pushes',
    title: 'Lost pushes',
    detail: 'The push service fails, hangs, or says ok and loses what it was given.',
    rules: [
      { fault: 'pushFails', rate: 0.15, errNo: 9007 },
      { fault: 'pushHangs', rate: 0.1, ms: 5000 },
      { fault: 'drop', rate: 0.1, direction: 'toClient' },
    ],
  },
  {
    id: 'rush-hour',
    title: 'Rush hour',
    detail: 'Register takes long, functions run into their time limit, pushes wait.',
    rules: [
      { fault: 'slowRegister', rate: 0.8, ms: 2500 },
      { fault: 'functionTimeout', rate: 0.05 },
      { fault: 'pushHangs', rate: 0.2, ms: 1000 },
    ],
  },
  {
    id: 'failing-functions',
    title: 'Failing functions',
    detail: 'One event in five ends in an error, as with a bug that only some data meets.',
    rules: [{ fault: 'functionError', rate: 0.2 }],
  },
  {
    id: 'restarts',
    title: 'Server restarts',
    detail: 'The server closes connections with 1012 (restart) and expects clients to come back.',
    rules: [{ fault: 'close', rate: 0.05, code: 1012 }],
  },
];

/** The plan of a preset; undefined when there is none of that name. */
export function planOfPreset(id: string, seed: number): FaultPlan | undefined {
  const preset = faultPresets.find((each) => each.id === id);
  return preset && { seed, preset: id, rules: preset.rules.map((rule) => ({ ...rule })) };
}

export interface FaultProblem {
  /** JSON path, e.g. `rules[2].code`. */
  path: string;
  message: string;
}

interface Limits {
  least: number;
  most: number;
  whole: boolean;
  optional?: true;
}

const milliseconds: Limits = { least: 0, most: 900_000, whole: false };

/** Figures of each fault besides its rate. */
const figures: Record<FaultRule['fault'], Record<string, Limits>> = {
  latency: { ms: milliseconds, jitterMs: { ...milliseconds, optional: true } },
  drop: {},
  duplicate: {},
  reorder: { window: { least: 1, most: 1000, whole: true } },
  close: { code: { least: 1000, most: 4999, whole: true } },
  halfOpen: {},
  pushFails: { errNo: { least: 1, most: 1_000_000, whole: true } },
  pushHangs: { ms: milliseconds },
  slowRegister: { ms: milliseconds },
  functionError: {},
  functionTimeout: {},
};

const directions: readonly Direction[] = ['toServer', 'toClient'];

/** Whether a Close frame may carry the code (RFC 6455, 7.4); 1006 stands for an end without one. */
export function isCloseCode(code: number): boolean {
  return code >= 3000 || (code >= 1000 && code <= 1014 && ![1004, 1005].includes(code));
}

/** A plan that a person wrote; there is a value exactly when there is no problem. */
export function parseFaultPlan(value: unknown): { value?: FaultPlan; problems: FaultProblem[] } {
  const problems: FaultProblem[] = [];
  const tell = (path: string, message: string): void => void problems.push({ path, message });
  if (!isRecord(value)) {
    return { problems: [{ path: '', message: 'must be an object {"seed": 1, "rules": […]}' }] };
  }
  const { seed = 1, rules, preset } = value;
  if (!isWithin(seed, { least: 0, most: 0xffffffff, whole: true })) {
    tell('seed', 'must be a whole number from 0 to 4294967295');
  }
  if (preset !== undefined && typeof preset !== 'string') {
    tell('preset', 'must be a string');
  }
  if (!Array.isArray(rules) || rules.length > 100) {
    tell('rules', 'must be a list of at most 100 rules');
    return { problems };
  }
  const good = rules.map((rule, index) => parseRule(rule, `rules[${index}]`, tell));
  return problems.length > 0
    ? { problems }
    : {
        value: {
          seed: seed as number,
          ...(preset === undefined ? {} : { preset: preset as string }),
          rules: good as FaultRule[],
        },
        problems,
      };
}

function parseRule(
  rule: unknown,
  path: string,
  tell: (path: string, message: string) => void,
): Record<string, unknown> {
  if (
    !isRecord(rule) ||
    typeof rule['fault'] !== 'string' ||
    !Object.hasOwn(figures, rule['fault'])
  ) {
    tell(`${path}.fault`, `must be one of ${Object.keys(figures).join(', ')}`);
    return {};
  }
  const { fault, rate, direction } = rule;
  const parsed: Record<string, unknown> = { fault, rate };
  if (!isWithin(rate, { least: 0, most: 1, whole: false })) {
    tell(`${path}.rate`, 'must be a number from 0 to 1');
  }
  if (direction !== undefined && direction !== null) {
    parsed['direction'] = direction;
    if (!directions.includes(direction as Direction)) {
      tell(`${path}.direction`, `must be one of ${directions.join(', ')}`);
    }
  }
  for (const [name, limits] of Object.entries(figures[fault as FaultRule['fault']])) {
    const figure = rule[name];
    if (figure === undefined && limits.optional) {
      continue;
    }
    parsed[name] = figure;
    if (!isWithin(figure, limits)) {
      const kind = limits.whole ? 'a whole number' : 'a number';
      tell(`${path}.${name}`, `must be ${kind} from ${limits.least} to ${limits.most}`);
    } else if (name === 'code' && !isCloseCode(figure)) {
      tell(`${path}.code`, `is ${figure}, which no Close frame may carry`);
    }
  }
  return parsed;
}

function isWithin(value: unknown, { least, most, whole }: Limits): value is number {
  return (
    typeof value === 'number' &&
    value >= least &&
    value <= most &&
    (!whole || Number.isInteger(value))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

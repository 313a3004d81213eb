/** Reads a `*.wsflow.yaml`: a flow and everything that is wrong with the file, each at its place. Pure. */
import * as l10n from '@vscode/l10n';
import { writeJson } from '../../protocol/json';
import type { Problem } from '../../protocol/project';
import type { TextRange } from '../../protocol/testEvent';
import { didYouMean } from '../project/suggestion';
import { flowShape } from './flowSchema';
import {
  type Always,
  type ClientOptions,
  type Flow,
  parseDuration,
  type ReadFlow,
  type Scenario,
  type Step,
} from './flow';
import { checkMatcher } from './match';
import { type Deviation, type EventName, eventText, parseEvent } from './order/eventName';
import { checkShape, isRecord, type ValuePath } from './schema';
import { type StepEntry, stepTable } from './stepTable';
import { type PlacedYaml, readYaml } from './yamlPlaces';

/** Problems told of one file at most. */
const mostProblems = 100;
export const defaultLimit = 30_000;
/** Words that may stand beside a step. */
const besides = ['as', 'wait', 'with', 'note'];

export function parseFlow(text: string, file: string): ReadFlow {
  const { yaml, problems } = readYaml(text.replace(/^\uFEFF/, ''), file);
  return yaml === undefined ? { problems } : new FlowReader(yaml, file, problems).read();
}

class FlowReader {
  private readonly table = stepTable();
  private clientNames: string[] | undefined;

  constructor(
    private readonly yaml: PlacedYaml,
    private readonly file: string,
    private readonly problems: Problem[],
  ) {}

  read(): ReadFlow {
    const { value } = this.yaml;
    if (value === null || value === undefined) {
      this.add(
        [],
        'value',
        l10n.t('This file is empty: write "scenarios:" and below it what happens.'),
      );
      return { problems: this.problems };
    }
    if (!isRecord(value)) {
      this.add([], 'value', l10n.t('A flow is a mapping with "scenarios" or "steps" in it.'));
      return { problems: this.problems };
    }
    this.check(flowShape(), value, []);
    if (value['scenarios'] === undefined && value['steps'] === undefined) {
      this.add([], 'value', l10n.t('There is nothing to run: write "scenarios" or "steps".'));
    }
    if (value['scenarios'] !== undefined && value['steps'] !== undefined) {
      this.add(['steps'], 'key', l10n.t('Write either "scenarios" or "steps", not both.'));
    }
    const clients = this.clients(value['clients']);
    this.clientNames = Object.keys(clients).length === 0 ? undefined : Object.keys(clients);
    const scenarios = this.scenarios(value);
    const { name, project, setup, functions } = value;
    const limit = value['timeout'] === undefined ? defaultLimit : parseDuration(value['timeout']);
    if (limit === undefined) {
      this.add(['timeout'], 'value', notADuration());
    }
    const flow: Flow = {
      file: this.file,
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof project === 'string' ? { project } : {}),
      clients,
      vars: recordOf(value['vars']),
      matrix: this.matrix(value['matrix'], ['matrix']),
      ...(Array.isArray(setup) ? { setup: setup.map(String) } : {}),
      env: textsOf(value['env']),
      functions: functions === 'warm' ? 'warm' : 'fresh',
      limit: limit ?? defaultLimit,
      scenarios,
      always: this.always(value['always']),
    };
    const isBroken = this.problems.some(({ severity }) => severity === 'error');
    return { ...(isBroken ? {} : { flow }), problems: this.problems };
  }

  private always(value: unknown): Always[] {
    const list = Array.isArray(value) ? (value as unknown[]) : [];
    return list.flatMap((each, index): Always[] => {
      const path = ['always', index];
      if (!isRecord(each)) {
        return [];
      }
      const range = this.yaml.rangeOf(path);
      const { frames, returned, store, matches, to, of } = each;
      const kinds = ['frames', 'returned', 'store'].filter((key) => key in each);
      const [kind] = kinds;
      if (kinds.length !== 1 || kind === undefined || (kind === 'store') !== 'matches' in each) {
        const message = l10n.t(
          'Write either "frames", or "returned", or "store" with "matches" beside it.',
        );
        this.add(path, 'value', message);
        return [];
      }
      const key = kind === 'store' ? 'matches' : kind;
      checkMatcher(each[key], (inside, message) =>
        this.add([...path, key, ...inside], 'key', message),
      );
      if (kind === 'store') {
        return Array.isArray(store) ? [{ store: store.map(String), matches, range }] : [];
      }
      return kind === 'frames'
        ? [{ frames, ...(to === undefined ? {} : { to: String(to) }), range }]
        : [{ returned, ...(of === undefined ? {} : { of: String(of) }), range }];
    });
  }

  private order(value: unknown, path: ValuePath): Deviation[] | undefined {
    if (value === undefined) {
      return undefined;
    }
    const list = Array.isArray(value) ? (value as unknown[]) : [];
    return list.flatMap((each, index): Deviation[] => {
      const written = recordOf(each);
      const at = [...path, index];
      for (const [key, name] of Object.entries(written)) {
        if (['hold', 'until', 'fresh', 'dies', 'fails'].includes(key)) {
          if (typeof name !== 'string' || parseEvent(name) === undefined) {
            this.add([...at, key], 'value', noEvent(name));
            return [];
          }
        }
      }
      const keys = Object.keys(written).sort().join(' ');
      if (!['hold until', 'fresh', 'dies', 'fails'].includes(keys)) {
        this.add(
          at,
          'value',
          l10n.t('Write "hold" and "until" beside it, or "fresh", "dies" or "fails".'),
        );
        return [];
      }
      const normal = Object.entries(written).map(([key, name]) => [
        key,
        eventText(parseEvent(String(name)) as EventName),
      ]);
      return [Object.fromEntries(normal) as Deviation];
    });
  }

  private clients(value: unknown): Record<string, ClientOptions> {
    const names = Array.isArray(value)
      ? Object.fromEntries(value.map((name) => [String(name), null]))
      : recordOf(value);
    const clients: Record<string, ClientOptions> = {};
    for (const [name, options] of Object.entries(names)) {
      if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name)) {
        this.add(
          ['clients', ...(Array.isArray(value) ? [value.indexOf(name)] : [name])],
          'key',
          l10n.t('"{0}" cannot be the name of a client: letters, digits, _ and - only.', name),
        );
      }
      clients[name] = clientOptions(options);
    }
    return clients;
  }

  private scenarios(value: Record<string, unknown>): Scenario[] {
    if (Array.isArray(value['steps'])) {
      const name = typeof value['name'] === 'string' ? value['name'] : baseName(this.file);
      const range = this.yaml.rangeOf(['steps'], 'key');
      const steps = this.steps(value['steps'], ['steps']);
      const order = this.order(value['order'], ['order']);
      return [
        { name, range, steps, vars: {}, matrix: {}, ...(order === undefined ? {} : { order }) },
      ];
    }
    const list = Array.isArray(value['scenarios']) ? (value['scenarios'] as unknown[]) : [];
    const names = new Set<string>();
    return list.flatMap((each, index): Scenario[] => {
      if (!isRecord(each)) {
        return [];
      }
      const path = ['scenarios', index];
      const name = typeof each['name'] === 'string' ? each['name'] : '';
      if (names.has(name) && name !== '') {
        this.add(
          [...path, 'name'],
          'value',
          l10n.t('Another scenario of this file is called "{0}".', name),
        );
      }
      names.add(name);
      const { skip } = each;
      const order = this.order(each['order'], [...path, 'order']);
      return [
        {
          name,
          range: this.yaml.rangeOf([...path, 'name']),
          steps: Array.isArray(each['steps'])
            ? this.steps(each['steps'] as unknown[], [...path, 'steps'])
            : [],
          vars: recordOf(each['vars']),
          matrix: this.matrix(each['matrix'], [...path, 'matrix']),
          ...(order === undefined ? {} : { order }),
          ...(skip === undefined || skip === false ? {} : { skip: String(skip) }),
        },
      ];
    });
  }

  private matrix(value: unknown, path: ValuePath): Record<string, unknown[]> {
    const matrix: Record<string, unknown[]> = {};
    let cases = 1;
    for (const [name, values] of Object.entries(recordOf(value))) {
      matrix[name] = Array.isArray(values) ? values : [values];
      cases *= matrix[name].length;
    }
    if (cases > 1000) {
      this.add(path, 'key', l10n.t('This matrix has {0} cases; at most 1000 are run.', cases));
    }
    return matrix;
  }

  private steps(list: unknown[], path: ValuePath): Step[] {
    return list.flatMap((each, index) => this.step(each, [...path, index]) ?? []);
  }

  private step(written: unknown, path: ValuePath): Step | undefined {
    if (typeof written === 'string') {
      return this.namedStep(written, null, path, {}, true);
    }
    if (!isRecord(written)) {
      this.add(
        path,
        'value',
        l10n.t('A step is a line such as "alice connects" or "alice sends: hello".'),
      );
      return undefined;
    }
    const keys = Object.keys(written);
    const steps = keys.filter((key) => !besides.includes(key));
    const [key, second] = steps;
    if (key === undefined) {
      this.add(path, 'value', l10n.t('There is no step here, only words that stand beside one.'));
      return undefined;
    }
    if (second !== undefined) {
      const isTwo = this.find(second) !== undefined;
      this.add(
        [...path, second],
        'key',
        isTwo
          ? l10n.t('Each step needs a line of its own that begins with "- ".')
          : l10n.t('"{0}" means nothing beside a step.', second) + didYouMean(second, besides),
      );
      return undefined;
    }
    return this.namedStep(key, written[key], path, written, false);
  }

  private namedStep(
    words: string,
    value: unknown,
    path: ValuePath,
    written: Record<string, unknown>,
    isLine: boolean,
  ): Step | undefined {
    const found = this.find(words);
    const keyPath = isLine ? path : [...path, words];
    if (found === undefined) {
      this.add(keyPath, isLine ? 'value' : 'key', this.noStep(words));
      return undefined;
    }
    const { entry, subject } = found;
    const isEmpty = value === null || value === undefined;
    if (entry.takes === 'value' && isEmpty) {
      this.add(
        keyPath,
        isLine ? 'value' : 'key',
        l10n.t('"{0}" needs a value: {1}', entry.words, firstLine(entry.example)),
      );
      return undefined;
    }
    if (entry.takes === 'nothing' && !isEmpty) {
      this.add(keyPath, 'value', l10n.t('"{0}" takes no value.', entry.words));
      return undefined;
    }
    if (entry.subject === 'client' && subject !== undefined) {
      this.knownClient(subject, keyPath, isLine);
    }
    if (!isEmpty) {
      this.check(entry.shape, value, keyPath);
      this.checkValue(entry, value, keyPath);
    }
    return {
      kind: entry.kind,
      ...(subject === undefined ? {} : { subject }),
      value: value ?? null,
      ...this.besides(entry, written, path),
      place: { file: this.file, range: this.yaml.rangeOf(keyPath, isLine ? 'value' : 'key') },
      text: this.yaml.lineAt(this.yaml.rangeOf(keyPath, isLine ? 'value' : 'key')),
      ...(entry.kind === 'together' && Array.isArray(value)
        ? { steps: this.steps(value, keyPath) }
        : {}),
    };
  }

  private besides(
    entry: StepEntry,
    written: Record<string, unknown>,
    path: ValuePath,
  ): Pick<Step, 'as' | 'wait' | 'waits' | 'with'> {
    const as = written['as'];
    const wait = written['wait'];
    const given = written['with'];
    if (as !== undefined && entry.captures !== true) {
      this.add(
        [...path, 'as'],
        'key',
        l10n.t('"{0}" has nothing to keep in a variable.', entry.words),
      );
    } else if (as !== undefined && !/^[A-Za-z_]\w*$/.test(String(as))) {
      this.add([...path, 'as'], 'value', l10n.t('A variable has a name of letters, digits and _.'));
    }
    if (wait !== undefined && typeof wait !== 'boolean') {
      this.add([...path, 'wait'], 'value', l10n.t('"{0}" must be true or false.', 'wait'));
    }
    if (given !== undefined && (entry.kind !== 'include' || !isRecord(given))) {
      this.add([...path, 'with'], 'key', l10n.t('"with" is a mapping beside "include".'));
    }
    return {
      wait: wait !== false,
      ...(wait === true ? { waits: 'always' } : {}),
      ...(as === undefined ? {} : { as: String(as) }),
      ...(isRecord(given) ? { with: given } : {}),
    };
  }

  /** What a shape alone does not tell. */
  private checkValue(entry: StepEntry, value: unknown, path: ValuePath): void {
    const matcher = (expected: unknown, at: ValuePath): void =>
      checkMatcher(expected, (inside, message) => this.add([...at, ...inside], 'key', message));
    switch (entry.kind) {
      case 'receives':
      case 'receivesNext':
        matcher(value, path);
        return;
      case 'receivesInAnyOrder':
      case 'receivesExactly':
        for (const [index, each] of (Array.isArray(value) ? value : []).entries()) {
          matcher(each, [...path, index]);
        }
        return;
      case 'isRefused':
        matcher(recordOf(value)['body'], [...path, 'body']);
        return;
      case 'ran':
      case 'didNotRun':
      case 'isInvoked':
        for (const key of ['returned', 'error', 'logged']) {
          matcher(recordOf(value)[key], [...path, key]);
        }
        return;
      case 'advance':
        if (parseDuration(value) === undefined && !String(value).includes('${')) {
          this.add(path, 'value', notADuration());
        }
        return;
      case 'push': {
        const { to, data, close } = recordOf(value);
        if (
          typeof to === 'string' &&
          this.clientNames !== undefined &&
          /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(to)
        ) {
          const hint = didYouMean(to, this.clientNames);
          if (!this.clientNames.includes(to) && hint !== '') {
            this.add([...path, 'to'], 'value', l10n.t('There is no client "{0}".', to) + hint);
          }
        }
        if ((data === undefined) === (close !== true)) {
          this.add(path, 'key', l10n.t('A push has either "data" or "close: true".'));
        }
        return;
      }
      default:
    }
  }

  private find(words: string): { entry: StepEntry; subject?: string } | undefined {
    const said = words.trim().replace(/\s+/g, ' ');
    for (const entry of this.table) {
      if (entry.subject === undefined) {
        if (said === entry.words) {
          return { entry };
        }
      } else if (said.endsWith(` ${entry.words}`)) {
        const subject = said.slice(0, -entry.words.length - 1);
        if (!subject.includes(' ')) {
          return { entry, subject };
        }
      }
    }
    return undefined;
  }

  private noStep(words: string): string {
    const said = words.trim().replace(/\s+/g, ' ');
    const [subject = '', ...rest] = said.split(' ');
    const whole = this.table.filter((each) => each.subject === undefined).map((each) => each.words);
    const verbs = this.table.filter((each) => each.subject !== undefined).map((each) => each.words);
    const verb = rest.join(' ');
    const hint =
      verb === ''
        ? didYouMean(subject, whole)
        : didYouMean(verb, verbs) || didYouMean(rest[0] ?? '', verbs);
    const known =
      verb === ''
        ? l10n.t('Steps without a client: {0}.', whole.join(', '))
        : l10n.t('After a name there can be: {0}.', verbs.join(', '));
    return `${l10n.t('"{0}" is not a step.', said)}${hint === '' ? ` ${known}` : hint}`;
  }

  private knownClient(name: string, path: ValuePath, isLine: boolean): void {
    if (this.clientNames !== undefined && !this.clientNames.includes(name)) {
      const hint = didYouMean(name, this.clientNames);
      this.add(
        path,
        isLine ? 'value' : 'key',
        l10n.t('There is no client "{0}" under "clients".', name) +
          (hint === '' ? ` ${l10n.t('There are: {0}.', this.clientNames.join(', '))}` : hint),
      );
    }
  }

  private check(schema: Parameters<typeof checkShape>[0], value: unknown, path: ValuePath): void {
    checkShape(schema, value, path, (at, place, message) => this.add(at, place, message));
  }

  private add(path: ValuePath, at: 'key' | 'value', message: string): void {
    if (this.problems.length < mostProblems) {
      const range: TextRange = this.yaml.rangeOf(path, at);
      this.problems.push({
        file: this.file,
        path: path.join('.'),
        message,
        severity: 'error',
        range,
      });
    }
  }
}

export function clientOptions(value: unknown): ClientOptions {
  const { protocols, headers, query, stage, path } = recordOf(value);
  return {
    ...(Array.isArray(protocols) ? { protocols: protocols.map(String) } : {}),
    ...(isRecord(headers) ? { headers: textsOf(headers) } : {}),
    ...(isRecord(query) ? { query: textsOf(query) } : {}),
    ...(typeof stage === 'string' ? { stage } : {}),
    ...(typeof path === 'string' ? { path } : {}),
  };
}

function notADuration(): string {
  return l10n.t(
    'This is not a time. Write it like 20m, 1h 30m, 15s or 500ms; a number counts seconds.',
  );
}

function noEvent(name: unknown): string {
  return l10n.t(
    '{0} is not an event. Write one like "Register of alice starts", "Transmission of alice #2 pushes to bob", "Delete of bob ends" or "bob closes".',
    JSON.stringify(name),
  );
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recordOf(value)).map(([name, each]) => [
      name,
      typeof each === 'string' ? each : writeJson(each),
    ]),
  );
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/^- /, '');
}

function baseName(file: string): string {
  return (file.split(/[\\/]/).at(-1) ?? file).replace(/\.wsflow\.ya?ml$/, '');
}

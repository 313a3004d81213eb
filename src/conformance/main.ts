/**
 * `scfws conformance`, a program of its own (dist/conformance.js): checks a gateway against the fidelity ledger, from outside. Without addresses it is our own;
 * with them it is any other implementation at which the fixture projects (`--write-fixtures`) were deployed.
 */
import * as l10n from '@vscode/l10n';
import fs from 'node:fs/promises';
import path from 'node:path';
import { type CheckResult, isSetupName, runConformance, type Targets } from './runConformance';
import { type Language, type SetupName, setups, writeSetup } from './setups';
import { summarise } from './summary';
import { sentenceOf, UserError } from '../core/errors';
import { useLocale } from '../core/locale';
import { padColumns } from '../core/textColumns';
import { readText } from '../core/textFile';
import { markTitles, marks, translatedRow } from '../protocol/ledger';

/** What the command line passes on; see its table of commands. */
interface ConformanceWish {
  /** Of the fixture handlers. */
  language?: string;
  /** As in scfws.json, e.g. `Python2.7`. */
  runtime?: string;
  python?: string;
  node?: string;
  only?: string;
  json?: boolean;
  url?: string;
  'push-url'?: string;
  /** A JSON file: name of a set-up → list of {url, pushUrl}. */
  targets?: string;
  mailboxPort?: number;
  'write-fixtures'?: string;
  mailbox?: string;
  locale?: string;
}

const distFolder = __dirname;
const fixtureFolder = path.join(distFolder, 'conformance');

async function conformance(wish: ConformanceWish): Promise<number> {
  const language = parseLanguage(wish.language);
  const interpreter = wish[language];
  const results = await runConformance({
    language,
    runtime: wish.runtime ?? defaultRuntime(language),
    fixtureFolder,
    bootstrapFolder: path.join(distFolder, 'bootstrap'),
    ...(interpreter === undefined ? {} : { interpreter }),
    ...(wish.only === undefined ? {} : { only: wish.only }),
    ...(wish.mailboxPort === undefined ? {} : { mailboxPort: wish.mailboxPort }),
    ...(await chosenTargets(wish)),
    onResult: (result) => {
      if (wish.json !== true) {
        print(result);
      }
    },
  });
  const { counts, rows } = summarise(results);
  if (wish.json === true) {
    const checks = results.map(({ row, setup, verdict, detail, durationMs }) => ({
      row: row.id,
      mark: row.mark,
      setup,
      verdict,
      ...(detail === undefined ? {} : { detail }),
      durationMs: Math.round(durationMs),
    }));
    process.stdout.write(`${JSON.stringify({ counts, checks }, undefined, 2)}\n`);
  } else {
    printCounts(counts);
  }
  const ran = results.some(({ verdict }) => verdict === 'passed');
  return ran && rows.every(({ verdict }) => verdict !== 'failed') ? 0 : 1;
}

/** Writes every fixture project below `folder`, for deployment elsewhere. */
async function writeFixtures(folder: string, wish: ConformanceWish): Promise<number> {
  const language = parseLanguage(wish.language);
  for (const setup of Object.keys(setups) as SetupName[]) {
    const projects = await writeSetup(setup, path.resolve(folder), {
      language,
      runtime: wish.runtime ?? defaultRuntime(language),
      mailbox: wish.mailbox ?? 'http://127.0.0.1:9555/',
      fixtureFolder,
    });
    process.stdout.write(projects.map((project) => `${project}\n`).join(''));
  }
  return 0;
}

function parseLanguage(name = 'python'): Language {
  if (name !== 'python' && name !== 'node') {
    throw new UserError('usage', l10n.t('--language is python or node, not "{0}".', name));
  }
  return name;
}

function defaultRuntime(language: Language): string {
  return language === 'python' ? 'Python3' : 'Nodejs';
}

async function chosenTargets({ url, 'push-url': pushUrl, targets }: ConformanceWish): Promise<{
  targets?: Targets;
}> {
  if (targets !== undefined) {
    return { targets: await readTargets(targets) };
  }
  if (url === undefined && pushUrl === undefined) {
    return {};
  }
  if (url === undefined || pushUrl === undefined) {
    throw new UserError('usage', l10n.t('--url and --push-url belong together.'));
  }
  return { targets: { default: [{ url, pushUrl }] } };
}

async function readTargets(file: string): Promise<Targets> {
  const wrong = (why: string): UserError =>
    new UserError(
      'targets',
      l10n.t('{0} does not name addresses: {1}', file, why),
      l10n.t('It should look like {0}.', '{"default": [{"url": "ws://…", "pushUrl": "http://…"}]}'),
    );
  let value: unknown;
  try {
    value = JSON.parse(readText(await fs.readFile(file), file));
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const targets: Targets = {};
  for (const [name, list] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const valid =
      Array.isArray(list) &&
      list.length === setups[name as SetupName]?.length &&
      list.every(
        (each: { url?: unknown; pushUrl?: unknown } | null) =>
          typeof each?.url === 'string' && typeof each.pushUrl === 'string',
      );
    if (!isSetupName(name) || !valid) {
      throw wrong(name);
    }
    targets[name] = list;
  }
  return targets;
}

function print({ row, setup, verdict, detail = '', durationMs }: CheckResult): void {
  const place = `${row.id} (${setup})`;
  if (verdict === 'passed') {
    process.stdout.write(`✓ ${place} ${Math.round(durationMs)} ms\n`);
    return;
  }
  if (verdict === 'skipped') {
    process.stdout.write(`- ${place}: ${detail}\n`);
    return;
  }
  const { given, when, then } = translatedRow(row, l10n.t);
  process.stdout.write(
    [
      `✗ ${place}`,
      `    ${l10n.t('Given: {0}', given)}`,
      `    ${l10n.t('When: {0}', when)}`,
      `    ${l10n.t('Then: {0}', then)}`,
      `    ${l10n.t('Observed: {0}', detail)}`,
      '',
    ].join('\n'),
  );
}

function printCounts(counts: ReturnType<typeof summarise>['counts']): void {
  process.stdout.write('\n');
  for (const mark of marks) {
    const { passed, failed, none } = counts[mark];
    const name = padColumns(translatedMark(mark), 10);
    process.stdout.write(
      `${l10n.t('{0}: {1} rows agree, {2} do not, {3} could not be checked here', name, passed, failed, none)}\n`,
    );
  }
}

function translatedMark(mark: (typeof marks)[number]): string {
  const translate: (text: string) => string = l10n.t;
  return translate(markTitles[mark]);
}

function run(): Promise<number> {
  const wish = JSON.parse(process.argv[2] ?? '{}') as ConformanceWish;
  useLocale(wish.locale, path.dirname(distFolder));
  const folder = wish['write-fixtures'];
  return folder === undefined ? conformance(wish) : writeFixtures(folder, wish);
}

// Nobody reads any more (`scfws conformance | head`): what is written then is lost, and no error.
process.stdout.on('error', () => undefined);

run().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof UserError;
    process.stderr.write(
      `scfws: ${known ? sentenceOf(error) : String((error as Error)?.stack ?? error)}\n`,
    );
    process.exitCode = known && error.code === 'usage' ? 2 : 1;
  },
);

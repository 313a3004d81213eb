/** `scfws export web-function`: a folder that hosts a project in a Web function, and what that means for it. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import { pasteable } from '../core/pasteable';
import { loadIdentity } from '../core/project/identity';
import { readProject } from '../core/project/loadService';
import { type ProjectFile, projectFileName } from '../core/project/projectFile';
import { mustBeProject } from '../core/project/projectSearch';
import { parseJsonText } from '../core/project/jsonText';
import { readRecording } from '../core/replay/readRecording';
import { problemLine } from '../core/session/problemText';
import { columnsOf, padColumns } from '../core/textColumns';
import { readText } from '../core/textFile';
import type { HostLanguage } from '../core/hosting/images';
import { planWebFunction, type WebFunctionPlan } from '../core/hosting/plan';
import { install, idleToSet, memoryToSet } from '../core/hosting/readme';
import { type Finding, languageOf, reportOn, sorted } from '../core/hosting/report';
import { bills, measure, priceOf, type Prices, trafficFindings } from '../core/hosting/traffic';
import { writeFolder } from '../core/hosting/write';
import { closeCauses, type CloseCause } from '../protocol/project';
import { getNodeValue } from 'jsonc-parser';

export interface ExportOptions {
  folder: string;
  out: string | undefined;
  host: HostLanguage | undefined;
  /** Nothing is written. */
  reportOnly: boolean;
  recording: string | undefined;
  prices: string | undefined;
  distFolder: string;
}

/** Exit code: 0, or 1 where something stands in the way of an export. */
export async function exportWebFunction(options: ExportOptions): Promise<number> {
  const { distFolder } = options;
  if (!fs.existsSync(path.join(distFolder, 'webFunction.js'))) {
    throw new UserError(
      'notPacked',
      l10n.t('{0} is not part of the extension.', 'scfws export'),
      l10n.t('Run it from the npm package or from a clone of the repository.'),
    );
  }
  const project = await projectOf(options.folder);
  const prices = options.prices === undefined ? undefined : readPrices(options.prices);
  const { language, findings } = await languageOf(project, options.host);
  const outFolder = path.resolve(
    options.out ??
      path.join(path.dirname(project.folder), `${path.basename(project.folder)}-web-function`),
  );
  const plan =
    language === undefined
      ? undefined
      : await planWebFunction(project, {
          ...{ distFolder, language, outFolder },
          ...ownCleanupOn(project),
          identity: await loadIdentity(project.folder).catch(() => undefined),
        });
  if (plan !== undefined) {
    findings.push(...(await reportOn(project, plan)));
  }
  printFindings(sorted(findings));
  if (options.recording !== undefined) {
    await printTraffic(options.recording, project, plan, prices);
  }
  const blocked = findings.some(({ weight }) => weight === 'blocks');
  if (blocked || plan === undefined) {
    say('', l10n.t('Nothing was written: correct what blocks the export first.'));
    return 1;
  }
  if (!options.reportOnly) {
    await writeFolder(plan.files, outFolder);
    printWritten(plan, outFolder);
  }
  return 0;
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function projectOf(folder: string): Promise<ProjectFile> {
  mustBeProject(folder, (each) => pasteable('scfws', 'export', 'web-function', each));
  const { value, problems } = await readProject(folder);
  if (value === undefined) {
    throw new UserError('badProject', problems.map(problemLine).join('\n'));
  }
  return value;
}

/** What the project itself says of `cleanupOn`: the host's own default is another than the emulator's. */
function ownCleanupOn({ folder }: ProjectFile): { ownCleanupOn?: CloseCause[] } {
  const file = path.join(folder, projectFileName);
  const { json } = parseJsonText(readText(fs.readFileSync(file), file), file);
  const written = json.root && (getNodeValue(json.root) as { emulator?: { cleanupOn?: unknown } });
  const own = written?.emulator?.cleanupOn;
  return Array.isArray(own)
    ? { ownCleanupOn: closeCauses.filter((cause) => own.includes(cause)) }
    : {};
}

function printFindings(findings: readonly Finding[]): void {
  const titles: Record<Finding['weight'], string> = {
    blocks: l10n.t('blocks'),
    change: l10n.t('change'),
    loses: l10n.t('differs'),
  };
  say(
    findings.length === 0
      ? l10n.t('Nothing in the files speaks against a Web function.')
      : l10n.t('What a Web function means for this project ({0}):', findings.length),
    ...findings.map(({ file, line, weight, message }) => {
      const shown = path.relative(process.cwd(), file);
      return `  ${shown}:${line}: ${titles[weight]}: ${message}`;
    }),
  );
}

async function printTraffic(
  file: string,
  project: ProjectFile,
  plan: WebFunctionPlan | undefined,
  prices: Prices | undefined,
): Promise<void> {
  const { recording, problems } = await readRecording(file);
  problems.forEach((problem) => process.stderr.write(`${problem}\n`));
  const traffic = measure(recording.facts);
  const found = trafficFindings(traffic);
  say(
    '',
    l10n.t(
      '{0}: {1} connections, {2} refused; the longest lived {3} s.',
      file,
      traffic.connections,
      traffic.refused,
      (traffic.longestLife / 1000).toFixed(1),
    ),
    ...(found.length === 0 ? [`  ${l10n.t('All within the limits of a Web function.')}`] : []),
    ...found.map((text) => `  ${text}`),
  );
  const memory = plan === undefined ? 256 : memoryToSet(plan.host, plan.language);
  const head = ['', 'GB·s', l10n.t('calls'), l10n.t('GB out')];
  const rows = bills(traffic, project.functions, memory).map((bill) => [
    bill.name,
    bill.gbSeconds.toFixed(4),
    String(bill.calls),
    bill.outboundGb.toFixed(6),
    ...(prices === undefined ? [] : [priceOf(bill, prices).toFixed(6)]),
  ]);
  if (prices !== undefined) {
    head.push(prices.currency);
  }
  const widths = head.map((_, at) =>
    Math.max(...[head, ...rows].map((row) => columnsOf(row[at] ?? ''))),
  );
  const shown = [head, ...rows].map((row) =>
    row
      .map((cell, at) => {
        const room = widths[at] ?? 0;
        return at === 0 ? padColumns(cell, room) : ' '.repeat(room - columnsOf(cell)) + cell;
      })
      .join('  '),
  );
  say(
    '',
    l10n.t('What would be billed for this recording, with {0} MB for the Web function:', memory),
    ...shown.map((line) => `  ${line}`),
    l10n.t(
      'Without rounding, free tier and packages; what went to clients of event functions was billed by API Gateway.',
    ),
    ...(prices === undefined
      ? [
          l10n.t(
            'With --prices FILE also in money: no prices are built in, since none can be vouched for.',
          ),
        ]
      : []),
  );
}

const priceNames = ['gbSecond', 'tenThousandCalls', 'outboundGb'] as const;

function readPrices(file: string): Prices {
  let value: Partial<Record<string, unknown>>;
  try {
    value = JSON.parse(readText(fs.readFileSync(file), file)) as typeof value;
  } catch (error) {
    throw new UserError(
      'badPrices',
      l10n.t('{0} cannot be read: {1}', file, (error as Error).message),
      pricesForm(),
    );
  }
  const wrong = priceNames.find((name) => {
    const price = value[name];
    return typeof price !== 'number' || !(price >= 0);
  });
  const { currency = '' } = value;
  if (wrong !== undefined || typeof currency !== 'string') {
    throw new UserError(
      'badPrices',
      l10n.t('{0}: "{1}" is not a price.', file, wrong ?? 'currency'),
      pricesForm(),
    );
  }
  return { ...(value as unknown as Prices), currency };
}

function pricesForm(): string {
  return l10n.t(
    'Write your prices as {0}.',
    '{"currency": "CNY", "gbSecond": 0, "tenThousandCalls": 0, "outboundGb": 0}',
  );
}

function printWritten(plan: WebFunctionPlan, folder: string): void {
  const { language, runtime, host, files } = plan;
  const code = files.filter(({ path: name }) => name.startsWith('project/'));
  const steps = [
    ...(language === 'python'
      ? [l10n.t('Install what the host needs, in that folder: {0}', install)]
      : []),
    l10n.t(
      'Pack its contents with their modes: {0}',
      `cd ${pasteable(folder)} && zip -r ../web-function.zip .`,
    ),
    l10n.t(
      'Create a Web function: runtime {0}, memory {1} MB, WebSocket on with an idle timeout of {2} s or more, execution timeout at least that.',
      runtime,
      memoryToSet(host, language),
      idleToSet(host),
    ),
    l10n.t(
      'Set REDIS_URL there if connections of several instances are to reach each other; without it pushes stay within an instance.',
    ),
    l10n.t('Give it a function URL, and connect a client to wss://<host>{0}.', host.path),
  ];
  say(
    '',
    l10n.t('Written to {0}:', folder),
    ...files.filter((file) => !code.includes(file)).map(({ path: name }) => `  ${name}`),
    `  project/ (${l10n.t('{0} files of the functions, as they are', code.length)})`,
    '',
    l10n.t('Next:'),
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    '',
    l10n.t('Nothing of this was tried in the cloud.'),
  );
}

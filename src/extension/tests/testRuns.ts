/** Runs what was chosen in the Test Explorer, and shows what the runs tell. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { TestEvent } from '../../protocol/testEvent';
import type { Deviation } from '../../core/scenario/order/eventName';
import { programOf } from '../cliProcess';
import type { Log } from '../log';
import { RunCoverage } from './coverage';
import { failureMessage, failureText, locationOf, rangeOf } from './failureMessage';
import { TestDebugging } from './testDebugging';
import { runTestProcess } from './testProcess';
import type { Runnable, TestTree } from './testTree';

type Ended = Extract<TestEvent, { test: 'scenarioEnded' }>;

export interface RunPlace {
  extensionPath: string;
  /** Folder for recordings. */
  recordings: string;
  /** Path of the recording of the last run, by `recordingKey`. */
  recorded: Map<string, string>;
  log: Log;
}

/** `order`: instead of what the scenarios say. Resolves when everything has ended; several folders of a workspace run one after the other. */
export async function runChosen(
  controller: vscode.TestController,
  tree: TestTree,
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
  place: RunPlace,
  order?: readonly Deviation[],
): Promise<void> {
  const run = controller.createTestRun(request);
  const kind = request.profile?.kind;
  const coverage = kind === vscode.TestRunProfileKind.Coverage ? new RunCoverage() : undefined;
  try {
    const chosen = tree.chosen(request);
    if (!vscode.workspace.isTrusted) {
      const message = new vscode.TestMessage(
        l10n.t('Scenarios run the code of this folder: trust the workspace first.'),
      );
      chosen.forEach(({ item }) => run.errored(item, message));
      return;
    }
    chosen.forEach(({ item }) => run.enqueued(item));
    for (const base of new Set(chosen.map((each) => each.base))) {
      const runnables = chosen.filter((each) => each.base === base);
      if (token.isCancellationRequested || run.token.isCancellationRequested) {
        return;
      }
      const whole = request.include === undefined && (request.exclude?.length ?? 0) === 0;
      await runInFolder(base, runnables, whole, run, token, place, kind, coverage, order);
    }
  } finally {
    coverage?.show(run);
    run.end();
  }
}

async function runInFolder(
  base: string,
  runnables: Runnable[],
  whole: boolean,
  run: vscode.TestRun,
  token: vscode.CancellationToken,
  place: RunPlace,
  kind: vscode.TestRunProfileKind | undefined,
  coverage: RunCoverage | undefined,
  order: readonly Deviation[] | undefined,
): Promise<void> {
  const debugs = kind === vscode.TestRunProfileKind.Debug;
  const view = new RunView(run, runnables, place.recorded, coverage);
  const child = await runTestProcess(
    {
      program: programOf(place.extensionPath),
      base,
      ...(whole ? {} : { ids: runnables.map(({ id }) => id) }),
      recordings: path.join(place.recordings, folderName(base)),
      ...(debugs ? { debug: true as const } : {}),
      ...(coverage === undefined ? {} : { coverage: true as const }),
      ...(order === undefined ? {} : { order }),
    },
    {
      onEvent: (event) => view.receive(event),
      onFact: (fact) => debugging?.receive(fact),
      onLine: (line) => view.hear(line),
    },
  );
  const debugging = debugs
    ? new TestDebugging(place.extensionPath, run, child.ask, place.log, (text) => view.hear(text))
    : undefined;
  const cancelling = [token, run.token].map((each) =>
    each.onCancellationRequested(() => child.cancel()),
  );
  if (token.isCancellationRequested || run.token.isCancellationRequested) {
    child.cancel();
  }
  const code = await child.ended;
  cancelling.forEach((each) => each.dispose());
  await debugging?.end();
  view.finish(code);
}

/** Folders of a workspace may have scenarios of the same name. */
export function recordingKey({ uri, id }: Pick<vscode.TestItem, 'uri' | 'id'>): string {
  return `${uri?.toString() ?? ''} ${id}`;
}

function folderName(base: string): string {
  return createHash('sha256').update(base).digest('hex').slice(0, 12);
}

class RunView {
  private readonly items: Map<string, vscode.TestItem>;
  private readonly open: Set<string>;
  /** What the run said that is no event; shown where it explains why something did not run. */
  private said: string[] = [];
  private cancelled = false;

  constructor(
    private readonly run: vscode.TestRun,
    runnables: Runnable[],
    private readonly recorded: Map<string, string>,
    private readonly coverage: RunCoverage | undefined,
  ) {
    this.items = new Map(runnables.map(({ id, item }) => [id, item]));
    this.open = new Set(this.items.keys());
  }

  receive(event: TestEvent): void {
    switch (event.test) {
      case 'problem': {
        const { file, message, range, severity } = event.problem;
        if (severity !== 'error') {
          return;
        }
        const location =
          range === undefined
            ? new vscode.Location(vscode.Uri.file(file), new vscode.Position(0, 0))
            : new vscode.Location(vscode.Uri.file(file), rangeOf(range));
        this.wrong(message, location);
        return;
      }
      case 'scenarioStarted': {
        const item = this.items.get(event.scenario);
        if (item !== undefined) {
          this.run.started(item);
        }
        return;
      }
      case 'stepFailed':
        this.print(failureText(event.failure), this.items.get(event.scenario), event.failure.place);
        return;
      case 'scenarioEnded':
        this.end(event);
        return;
      case 'covered': {
        const items = event.scenarios.flatMap((id) => this.items.get(id) ?? []);
        this.coverage?.add(event.files, items);
        event.notes.filter((note) => !this.said.includes(note)).forEach((note) => this.hear(note));
        return;
      }
      case 'runEnded':
        this.cancelled = event.cancelled === true;
        return;
      default:
        return;
    }
  }

  hear(line: string): void {
    this.said = [...this.said, line].slice(-20);
    this.print(line);
  }

  /** A file that is wrong takes its scenarios with it; a project that is wrong those of all its files. */
  private wrong(message: string, location: vscode.Location): void {
    const items = [...this.items].filter(
      ([id, item]) => this.open.has(id) && item.uri?.fsPath === location.uri.fsPath,
    );
    for (const [id, item] of items) {
      const told = new vscode.TestMessage(message);
      told.location = location;
      this.open.delete(id);
      this.run.errored(item, told);
    }
    if (items.length === 0) {
      const where = `${location.uri.fsPath}:${location.range.start.line + 1}`;
      this.hear(`${where}: ${message}`);
    }
  }

  private end({ scenario, outcome, ms, notes, failure, recording }: Ended): void {
    const item = this.items.get(scenario);
    if (item === undefined) {
      return;
    }
    this.open.delete(scenario);
    if (recording !== undefined) {
      this.recorded.set(recordingKey(item), recording);
    }
    notes.forEach((note) => this.print(note, item));
    switch (outcome) {
      case 'passed':
        this.run.passed(item, ms);
        return;
      case 'failed':
        this.run.failed(
          item,
          failure === undefined ? new vscode.TestMessage('') : failureMessage(failure),
          ms,
        );
        return;
      default:
        this.run.skipped(item);
    }
  }

  /** Whatever has no result by now: the run was cancelled, or it never came so far. */
  finish(code: number | null): void {
    for (const id of this.open) {
      const item = this.items.get(id);
      if (item === undefined) {
        continue;
      }
      if (this.cancelled || this.run.token.isCancellationRequested) {
        this.run.skipped(item);
      } else {
        const why =
          this.said.join('\n') ||
          l10n.t(
            'The run ended with code {0} before this scenario. Save the file and run again.',
            String(code),
          );
        this.run.errored(item, new vscode.TestMessage(why));
      }
    }
  }

  private print(
    text: string,
    item?: vscode.TestItem,
    place?: Parameters<typeof locationOf>[0],
  ): void {
    const lines = `${text.replace(/\r?\n/g, '\r\n')}\r\n`;
    this.run.appendOutput(lines, place === undefined ? undefined : locationOf(place), item);
  }
}

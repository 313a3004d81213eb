/** Looks for orders of events in which chosen scenarios fail, and shows what was found at its step. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ExploreEvent, FoundOrder } from '../../core/explore/events';
import type { Looked } from '../../core/explore/explore';
import { setting } from '../configuration';
import { commands, orderMessage, settings } from '../ids';
import { flags, flagsOfSettings, programOf, runCli } from '../cliProcess';
import { failureText, locationOf } from './failureMessage';
import { recordingKey } from './testRuns';
import type { Runnable, TestTree } from './testTree';

export interface ExplorePlace {
  extensionPath: string;
  /** What was found last, by `recordingKey`. */
  found: Map<string, Found>;
}

export interface Found extends FoundOrder {
  runnable: Runnable;
  looked: Looked;
}

type Ended = Extract<ExploreEvent, { explore: 'ended' }>;

/** Resolves when all that was chosen has been searched; several folders of a workspace one after the other. */
export async function exploreChosen(
  controller: vscode.TestController,
  tree: TestTree,
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
  place: ExplorePlace,
): Promise<void> {
  const run = controller.createTestRun(request, l10n.t('Explore Orders'));
  const chosen = tree.chosen(request);
  try {
    if (!vscode.workspace.isTrusted) {
      const message = new vscode.TestMessage(
        l10n.t('Scenarios run the code of this folder: trust the workspace first.'),
      );
      chosen.forEach(({ item }) => run.errored(item, message));
      return;
    }
    chosen.forEach(({ item }) => run.enqueued(item));
    const location = vscode.ProgressLocation.Notification;
    const title = l10n.t('Exploring orders');
    await vscode.window.withProgress({ location, title, cancellable: true }, async (bar, stop) => {
      const tokens = [token, run.token, stop];
      for (const base of new Set(chosen.map((each) => each.base))) {
        if (!tokens.some((each) => each.isCancellationRequested)) {
          const runnables = chosen.filter((each) => each.base === base);
          await exploreInFolder(base, runnables, run, tokens, place, (message) =>
            bar.report({ message }),
          );
        }
      }
    });
  } finally {
    run.end();
  }
}

async function exploreInFolder(
  base: string,
  runnables: readonly Runnable[],
  run: vscode.TestRun,
  tokens: readonly vscode.CancellationToken[],
  place: ExplorePlace,
  onProgress: (text: string) => void,
): Promise<void> {
  const { lookedText } = await import('../../core/explore/tell');
  const view = new ExploreView(run, runnables, place.found, lookedText, onProgress);
  const seconds = setting<number>(settings.exploreSeconds, 60);
  const child = runCli(
    [
      ...[programOf(place.extensionPath), 'explore', base, '--stdio'],
      ...flags({ '--for': `${seconds * runnables.length}s` }),
      ...(setting<boolean>(settings.exploreFaults, false) ? ['--faults'] : []),
      ...runnables.map(({ id }) => `--id=${id}`),
      ...(await flagsOfSettings(base, true)),
    ],
    {
      onValue: (value) => view.receive(value as unknown as ExploreEvent),
      onLine: (line) => view.hear(line),
    },
  );
  const cancelling = tokens.map((each) => each.onCancellationRequested(() => child.cancel()));
  if (tokens.some((each) => each.isCancellationRequested)) {
    child.cancel();
  }
  await child.ended;
  cancelling.forEach((each) => each.dispose());
  view.finish(tokens.some((each) => each.isCancellationRequested));
}

class ExploreView {
  private readonly open: Map<string, Runnable>;
  private said: string[] = [];

  constructor(
    private readonly run: vscode.TestRun,
    runnables: readonly Runnable[],
    private readonly found: Map<string, Found>,
    private readonly lookedText: (looked: Looked) => string,
    private readonly onProgress: (text: string) => void,
  ) {
    this.open = new Map(runnables.map((each) => [each.id, each]));
    runnables.forEach(({ item }) => found.delete(recordingKey(item)));
  }

  receive(event: ExploreEvent): void {
    const runnable = this.open.get(event.scenario);
    if (runnable === undefined) {
      return;
    }
    if (event.explore === 'progress') {
      this.run.started(runnable.item);
      this.onProgress(`${runnable.item.label}: ${this.lookedText(event)}`);
    } else {
      this.open.delete(event.scenario);
      this.end(runnable, event);
    }
  }

  hear(line: string): void {
    this.said = [...this.said, line].slice(-20);
    this.run.appendOutput(`${line}\r\n`);
  }

  private end(runnable: Runnable, event: Ended): void {
    const { item } = runnable;
    const { cancelled, ms } = event;
    const looked = this.lookedText(event);
    this.print(`${runnable.id}\n${looked}`, item);
    if (!isFound(event)) {
      if (cancelled) {
        this.run.skipped(item);
      } else {
        this.print(l10n.t('No order was found in which it fails.'), item);
        this.run.passed(item, ms);
      }
      return;
    }
    const found: Found = { ...event, runnable, looked: event };
    const { order, failure, diagram } = found;
    const failed = failure === undefined ? '' : failureText(failure);
    const first =
      order.length === 0
        ? [l10n.t('It fails in the plain order already: mend that first.')]
        : found.story;
    // Without the drawing, which is in the output and in the story: the buttons stand below the text, and are seen then.
    const message = new vscode.TestMessage([...first, '', failed].join('\n'));
    if (failure !== undefined) {
      message.location = locationOf(failure.place);
    }
    message.contextValue = orderMessage;
    this.found.set(recordingKey(item), found);
    this.print([...first, '', ...diagram, '', failed].join('\n'), item);
    this.run.failed(item, message, ms);
    offer(item, first);
  }

  /** Whatever has no result by now: the search was cancelled, or never came so far. */
  finish(cancelled: boolean): void {
    for (const { item } of this.open.values()) {
      if (cancelled) {
        this.run.skipped(item);
      } else {
        const why =
          this.said.join('\n') ||
          l10n.t('The search ended by itself. Save the file and try again.');
        this.run.errored(item, new vscode.TestMessage(why));
      }
    }
  }

  private print(text: string, item: vscode.TestItem): void {
    this.run.appendOutput(`${text.replace(/\r?\n/g, '\r\n')}\r\n`, undefined, item);
  }
}

/** Not everybody finds the menu of a message. */
function offer(item: vscode.TestItem, story: readonly string[]): void {
  const buttons = new Map([
    [l10n.t('Show Story'), commands.showStory],
    [l10n.t('Debug This Order'), commands.debugOrder],
    [l10n.t('Keep as Scenario…'), commands.keepOrder],
  ]);
  const text = `${item.label}: ${story.join(' ')}`;
  void vscode.window.showWarningMessage(text, ...buttons.keys()).then((choice) => {
    const command = choice === undefined ? undefined : buttons.get(choice);
    if (command !== undefined) {
      void vscode.commands.executeCommand(command, { key: recordingKey(item) });
    }
  });
}

function isFound(event: Ended): event is Ended & FoundOrder {
  return event.order !== undefined;
}

/** Where a pinned order is kept, unless somebody says otherwise: beside its flow, under a name that is free. */
export async function pinnedFile({ item }: Runnable): Promise<string> {
  const flow = item.uri?.fsPath ?? '';
  const name = path.basename(flow).replace(/\.wsflow\.ya?ml$/, '');
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const file = path.join(path.dirname(flow), `${name}-race${suffix}.wsflow.yaml`);
    try {
      await vscode.workspace.fs.stat(vscode.Uri.file(file));
    } catch {
      return file;
    }
  }
}

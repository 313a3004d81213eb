/** What can be done with an order in which a scenario fails: its story, a scenario that pins it, debugging in it. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { Deviation } from '../../core/scenario/order/eventName';
import { chosen, registerCommand } from '../commands/register';
import { commands, storyPanel } from '../ids';
import type { Log } from '../log';
import { askWhereToSave } from '../saveAs';
import { tabIcon } from '../traffic/page';
import { type Found, pinnedFile } from './exploring';
import { failureText } from './failureMessage';
import { recordingKey } from './testRuns';
import type { TestTree } from './testTree';

export interface OrderParts {
  log: Log;
  extensionUri: vscode.Uri;
  tree: TestTree;
  found: ReadonlyMap<string, Found>;
  explore(items: vscode.TestItem[]): Promise<void>;
  debug(item: vscode.TestItem, order: readonly Deviation[]): Promise<void>;
}

/** A message of the Test Explorer, its item, or the key that a page's link has. */
type Target = { test?: vscode.TestItem } | vscode.TestItem | { key: string } | undefined;

export function registerOrderCommands(parts: OrderParts): vscode.Disposable[] {
  const { log, tree } = parts;
  const foundAt = (target: Target): Found => {
    const key =
      target === undefined
        ? [...parts.found.keys()].at(-1)
        : 'key' in target
          ? target.key
          : recordingKey('id' in target ? target : (target.test ?? { uri: undefined, id: '' }));
    const found = parts.found.get(key ?? '');
    if (found === undefined) {
      throw new UserError(
        'noOrder',
        l10n.t('No order is known in which this scenario fails.'),
        l10n.t('Explore its orders first.'),
      );
    }
    return found;
  };
  return [
    registerCommand(log, commands.exploreOrders, async (target?: Partial<vscode.TestItem>) => {
      await parts.explore([await pickScenario(tree, target)]);
    }),
    registerCommand(log, commands.showStory, (target: Target) =>
      showStory(foundAt(target), parts.extensionUri),
    ),
    registerCommand(log, commands.keepOrder, (target: Target, given?: { file: string }) =>
      keepOrder(foundAt(target), given?.file),
    ),
    registerCommand(log, commands.debugOrder, (target: Target) => {
      const { runnable, order } = foundAt(target);
      return parts.debug(runnable.item, order);
    }),
  ];
}

/** The one that is meant, or that the person picks. */
export async function pickScenario(
  tree: TestTree,
  target: Partial<vscode.TestItem> | undefined,
): Promise<vscode.TestItem> {
  const all = tree.chosen({ include: undefined, exclude: undefined });
  const { id, uri } = target ?? {};
  if (id !== undefined) {
    const meant = tree.find(uri, id);
    if (meant !== undefined) {
      return meant;
    }
  }
  if (all.length === 0) {
    throw new UserError(
      'noFlow',
      l10n.t('There is no scenario in this workspace.'),
      l10n.t('Save traffic as a scenario, or write a *.wsflow.yaml file.'),
    );
  }
  const picks = all.map(({ item }) => ({
    label: item.label,
    description: item.uri === undefined ? '' : vscode.workspace.asRelativePath(item.uri),
    item,
  }));
  return chosen(await vscode.window.showQuickPick(picks, { title: l10n.t('Explore Orders') })).item;
}

/** One panel: a new story takes the place of the one before. */
let panel: vscode.WebviewPanel | undefined;

async function showStory(found: Found, extensionUri: vscode.Uri): Promise<void> {
  const { renderStoryPage } = await import('../../core/explore/storyPage');
  const { againText, cannotOrder, lookedText } = await import('../../core/explore/tell');
  const { runnable, looked, failure, story, events, order, again } = found;
  const link = (title: string, command: string): { title: string; href: string } => ({
    title,
    href: `command:${command}?${encodeURIComponent(JSON.stringify([{ key: recordingKey(runnable.item) }]))}`,
  });
  if (panel === undefined) {
    const enableCommandUris = [commands.debugOrder, commands.keepOrder];
    panel = vscode.window.createWebviewPanel(
      storyPanel,
      l10n.t('Order'),
      vscode.ViewColumn.Active,
      { enableCommandUris, enableFindWidget: true, localResourceRoots: [] },
    );
    panel.iconPath = tabIcon(extensionUri);
    panel.onDidDispose(() => (panel = undefined));
  }
  panel.title = l10n.t('Order: {0}', runnable.item.label);
  panel.webview.html = renderStoryPage({
    title: runnable.item.label,
    language: vscode.env.language,
    story,
    looked: [lookedText(looked), againText(again), ...cannotOrder(looked)],
    failure: failure === undefined ? [] : failureText(failure).split('\n'),
    events,
    order,
    actions: [
      link(l10n.t('Debug This Order'), commands.debugOrder),
      link(l10n.t('Keep as Scenario…'), commands.keepOrder),
    ],
  });
  panel.reveal();
}

/** Writes the scenario that pins it, and opens that; `given`: do not ask where. */
async function keepOrder(found: Found, given: string | undefined): Promise<{ file: string }> {
  const { runnable, order, story } = found;
  const flow = runnable.item.uri;
  const { loadFlow } = await import('../../core/scenario/loadFlows');
  const { pinned } = await import('../../core/explore/pin');
  const { plans } = await loadFlow(flow?.fsPath ?? '', runnable.base);
  const plan = plans.find(({ info }) => info.id === runnable.id);
  if (flow === undefined || plan === undefined) {
    throw new UserError(
      'noFlow',
      l10n.t('This scenario is not there any more.'),
      l10n.t('Explore its orders again.'),
    );
  }
  const file =
    given ??
    chosen(
      await askWhereToSave({
        title: l10n.t('Keep as Scenario'),
        kind: l10n.t('Scenario'),
        ending: 'wsflow.yaml',
        file: vscode.Uri.file(await pinnedFile(runnable)),
      }),
    ).fsPath;
  const text = Buffer.from(await vscode.workspace.fs.readFile(flow)).toString('utf8');
  const uri = vscode.Uri.file(file);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(pinned(text, plan, order, story, file)));
  await vscode.window.showTextDocument(uri);
  return { file };
}

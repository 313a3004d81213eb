/** Attach to Gateway Node…: Traffic of a node of `scfws gateway`, as it passes; nothing of it can be changed. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { attachNode, nodeAddress } from '../../core/attachNode';
import { UserError } from '../../core/errors';
import type { Fact } from '../../protocol/fact';
import { searchRecording } from '../../protocol/export/recording';
import type { Ask } from '../../protocol/intent';
import { commands, nodePanel } from '../ids';
import type { Parts } from '../parts';
import { doDeed } from '../traffic/deeds';
import { tabIcon, webviewOptions } from '../traffic/page';
import { type FactSource, frameOfPanel, PageView } from '../traffic/pageView';
import { mustBeReachable } from './reach';
import { chosen, registerCommand } from './register';

/** Facts that are kept; the oldest go. */
const mostFacts = 50_000;

export function registerAttachNode({ context, log }: Parts): vscode.Disposable {
  /** From a program: `{url, secret, sample}`. */
  return registerCommand(log, commands.attachNode, async (argument: unknown) => {
    const given = argument as { url?: string; secret?: string; sample?: number } | undefined;
    const title = l10n.t('Attach to Gateway Node');
    const url = given?.url ?? (await pickAddress(title));
    const secret =
      given?.secret ??
      chosen(
        await vscode.window.showInputBox({
          title,
          prompt: l10n.t('The secret that the node has in SCFWS_ATTACH_SECRET'),
          password: true,
          ignoreFocusOut: true,
        }),
      );
    await open(context, { url, secret, sample: given?.sample ?? 1 });
  });
}

/** Rejects with a `UserError` for one at which no node can be, before its secret is asked for. */
async function pickAddress(title: string): Promise<string> {
  const url = chosen(
    await vscode.window.showInputBox({
      title,
      prompt: l10n.t('Address of its operations port, on this machine or through a tunnel'),
      value: 'http://127.0.0.1:9490',
      ignoreFocusOut: true,
    }),
  );
  await mustBeReachable(nodeAddress(url).href);
  return url;
}

async function open(
  context: vscode.ExtensionContext,
  node: { url: string; secret: string; sample: number },
): Promise<void> {
  const facts: Fact[] = [];
  const pages: PageView[] = [];
  const attached = await attachNode({
    ...node,
    onFact(fact) {
      facts.push(fact);
      if (facts.length > mostFacts) {
        facts.splice(0, mostFacts / 10);
      }
      pages.forEach((page) => page.receive([fact]));
    },
  });
  const title = nodeAddress(node.url).host;
  const { extensionUri } = context;
  const panel = vscode.window.createWebviewPanel(
    nodePanel,
    l10n.t('Node {0}', title),
    vscode.ViewColumn.Active,
    webviewOptions(extensionUri),
  );
  panel.iconPath = tabIcon(extensionUri);
  const page = new PageView(
    frameOfPanel(panel),
    'editor',
    context,
    sourceOf(context, title, facts),
  );
  pages.push(page);
  let closed = false;
  panel.onDidDispose(() => {
    closed = true;
    attached.detach();
    page.dispose();
  });
  void attached.ended.then(async () => {
    if (closed) {
      return;
    }
    panel.title = l10n.t('Node {0} (ended)', title);
    const again = l10n.t('Attach Again');
    const chosen = await vscode.window.showWarningMessage(
      l10n.t('Node {0} tells nothing more: it stopped, or the way to it broke.', title),
      again,
    );
    if (chosen === again) {
      await vscode.commands.executeCommand(commands.attachNode, node);
    }
  });
}

function sourceOf(context: vscode.ExtensionContext, title: string, facts: Fact[]): FactSource {
  const newest = (): number => facts.at(-1)?.seq ?? 0;
  const fetch: FactSource['fetch'] = (from, limit) => {
    const start = facts.findIndex(({ seq }) => seq >= from);
    const some = start < 0 ? [] : facts.slice(start, start + limit);
    const through = some.at(-1)?.seq ?? newest();
    const next = through < newest() ? through + 1 : null;
    return Promise.resolve({ facts: some, next, last: newest() });
  };
  const ask = (intent: string, asked: object): Promise<never> => {
    switch (intent) {
      case 'payload':
        return Promise.resolve(null as never); // A node keeps what is said to itself.
      case 'search': {
        const recording = { facts, payloads: new Map() };
        return Promise.resolve(searchRecording(recording, asked as Ask<'search'>) as never);
      }
      default:
        return Promise.reject(
          new UserError(
            'readOnly',
            l10n.t('A node that you are attached to can only be looked at.'),
          ),
        );
    }
  };
  return {
    mode: 'recording',
    title,
    session: () => 1,
    newest,
    status: () => ({ state: 'running', url: '', pushUrl: '' }),
    fetch,
    ask,
    do: (message) => doDeed(message, { context, fetch, ask, libraryChanged: () => undefined }),
  };
}

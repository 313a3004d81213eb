/** _Run as Load…_: the scenarios of a flow with many clients at once, with a chart that lives while it runs. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { LoadEvent } from '../../core/load/events';
import type { Second } from '../../core/load/live';
import type { LiveAsk, LivePart } from '../../core/load/livePage';
import type { Row } from '../../core/load/rows';
import { type CliProcess, flags, flagsOfSettings, programOf, runCli } from '../cliProcess';
import { commands, loadPanel } from '../ids';
import type { Parts } from '../parts';
import { flowPattern, isFlow } from '../tests/flowFiles';
import { tabIcon } from '../traffic/page';
import { chosen, registerCommand } from './register';

/** As the command line takes them. */
export interface LoadShape {
  clients: string;
  ramp: string;
  for: string;
  every: string;
}

const shapeKey = 'load.shape';
const presets: readonly LoadShape[] = [
  { clients: '20', ramp: '2s', for: '20s', every: '1s' },
  { clients: '200', ramp: '10s', for: '60s', every: '1s' },
  { clients: '1000', ramp: '20s', for: '60s', every: '2s' },
];

export function registerLoad(parts: Parts): vscode.Disposable {
  return registerCommand(
    parts.log,
    commands.runLoad,
    async (target?: vscode.Uri, _others?: unknown, given?: LoadShape) => {
      if (!vscode.workspace.isTrusted) {
        throw new UserError(
          'untrusted',
          l10n.t('A load runs the code of this folder: trust the workspace first.'),
        );
      }
      const flow = await pickFlow(target);
      const shape = given ?? (await pickShape(parts.context.workspaceState));
      await new LoadRun(parts, flow, shape).start();
    },
  );
}

async function pickFlow(target: vscode.Uri | undefined): Promise<vscode.Uri> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const meant = target instanceof vscode.Uri ? target : active;
  if (meant !== undefined && isFlow(meant)) {
    return meant;
  }
  const found = await vscode.workspace.findFiles(flowPattern, '**/node_modules/**', 200);
  if (found.length === 0) {
    throw new UserError(
      'noFlow',
      l10n.t('There is no scenario in this workspace.'),
      l10n.t('Save traffic as a scenario, or write a *.wsflow.yaml file.'),
    );
  }
  const items = found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  const title = l10n.t('Run as Load: which scenarios?');
  return chosen(await vscode.window.showQuickPick(items, { title })).uri;
}

async function pickShape(memory: vscode.Memento): Promise<LoadShape> {
  const last = memory.get<LoadShape>(shapeKey);
  const label = (shape: LoadShape): string =>
    l10n.t(
      '{0} clients, all there after {1}, then {2}; a message every {3}',
      shape.clients,
      shape.ramp,
      shape.for,
      shape.every,
    );
  const known = last === undefined ? presets : [last, ...presets];
  const items: { label: string; shape?: LoadShape }[] = [
    ...new Map(known.map((shape) => [label(shape), { label: label(shape), shape }])).values(),
    { label: l10n.t('Other…') },
  ];
  const title = l10n.t('Run as Load');
  const choice = chosen(await vscode.window.showQuickPick(items, { title }));
  const shape = choice.shape ?? (await askShape(title, last ?? presets[0]));
  await memory.update(shapeKey, shape);
  return shape;
}

async function askShape(title: string, from: LoadShape | undefined): Promise<LoadShape> {
  const text = chosen(
    await vscode.window.showInputBox({
      title,
      prompt: l10n.t('Clients, until all are there, how long then, and time between two messages'),
      value: Object.values(from ?? {}).join(' '),
      validateInput: (value) =>
        parseShape(value) === undefined ? l10n.t('Write it like this: 200 10s 60s 1s') : undefined,
    }),
  );
  return chosen(parseShape(text));
}

function parseShape(text: string): LoadShape | undefined {
  const match = /^\s*([1-9]\d{0,4})\s+(\d+(?:ms|s|m))\s+(\d+(?:ms|s|m))\s+(\d+(?:ms|s|m))\s*$/.exec(
    text,
  );
  const [, clients, ramp, duration, every] = match ?? [];
  return clients === undefined ||
    ramp === undefined ||
    duration === undefined ||
    every === undefined
    ? undefined
    : { clients, ramp, for: duration, every };
}

/** One panel, and the load that it shows; closing it ends that. */
class LoadRun {
  private readonly panel: vscode.WebviewPanel;
  private readonly title: string;
  private child: CliProcess | undefined;
  private over: Second[] = [];
  private rows: Row[] = [];
  private lines: string[] = [];
  private warnings: string[] = [];
  private report: string | undefined;
  private running = false;
  private isClosed = false;

  constructor(
    private readonly parts: Parts,
    private readonly flow: vscode.Uri,
    private readonly shape: LoadShape,
  ) {
    this.title = l10n.t('Load: {0}', path.basename(flow.fsPath));
    this.panel = vscode.window.createWebviewPanel(loadPanel, this.title, vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [],
    });
    this.panel.iconPath = tabIcon(parts.context.extensionUri);
    this.panel.onDidDispose(() => {
      this.isClosed = true;
      this.child?.cancel();
    });
    this.panel.webview.onDidReceiveMessage((ask: LiveAsk) => void this.hear(ask));
  }

  async start(): Promise<void> {
    const { renderLivePage } = await import('../../core/load/livePage');
    const nonce = randomBytes(16).toString('base64url');
    const { language } = vscode.env;
    this.panel.webview.html = renderLivePage({ title: this.title, language, nonce });
    await this.run();
  }

  private async run(): Promise<void> {
    const { context, log } = this.parts;
    const storage = (context.storageUri ?? context.globalStorageUri).fsPath;
    const name = path.basename(this.flow.fsPath).replace(/\.wsflow\.ya?ml$/, '');
    this.over = [];
    this.rows = [];
    this.lines = [l10n.t('The gateway of the load starts…')];
    this.warnings = [];
    this.report = undefined;
    this.running = true;
    await this.show();
    const said: string[] = [];
    const args = [
      ...[programOf(context.extensionPath), 'load', this.flow.fsPath, '--stdio'],
      ...flags({
        '--clients': this.shape.clients,
        '--ramp': this.shape.ramp,
        '--for': this.shape.for,
        '--every': this.shape.every,
        '--report': path.join(storage, 'loads', `${name}-${Date.now()}.html`),
      }),
      ...(await flagsOfSettings(path.dirname(this.flow.fsPath), false)),
    ];
    this.child = runCli(args, {
      onValue: (value) => void this.receive(value as unknown as LoadEvent),
      onLine(line) {
        said.push(line);
        log.info(line);
      },
    });
    if (this.isClosed) {
      this.child.cancel();
    }
    await this.child.ended;
    this.running = false;
    if (this.report === undefined && this.warnings.length === 0) {
      this.warnings = said.length > 0 ? said.slice(-5) : [l10n.t('The load ended by itself.')];
    }
    await this.show();
  }

  private async receive(event: LoadEvent): Promise<void> {
    switch (event.load) {
      case 'second':
        this.over.push(event.second);
        this.rows = event.rows;
        this.lines = event.lines;
        break;
      case 'ended':
        this.rows = event.rows;
        this.lines = event.lines;
        this.warnings = event.warnings;
        this.report = event.report;
        this.running = false;
        break;
      case 'failed':
        this.warnings = [event.message];
        this.running = false;
        break;
    }
    await this.show();
  }

  private async show(): Promise<void> {
    if (this.isClosed) {
      return;
    }
    const { livePart } = await import('../../core/load/livePage');
    const { over, rows, lines, warnings, running, report } = this;
    const hasReport = report !== undefined;
    const part: LivePart = livePart({ over, rows, lines, warnings, running, hasReport });
    void this.panel.webview.postMessage(part);
  }

  private async hear(ask: LiveAsk): Promise<void> {
    switch (ask) {
      case 'ready': // It is loaded anew whenever it comes back into sight.
        await this.show();
        return;
      case 'stop':
        this.child?.cancel();
        return;
      case 'again':
        if (!this.running) {
          await this.run();
        }
        return;
      case 'report':
        if (this.report !== undefined) {
          await vscode.env.openExternal(vscode.Uri.file(this.report));
        }
        return;
    }
  }
}

/** Activation: makes the parts, wires them, registers what package.json declares. Nothing of the user's runs here. */
import * as coreL10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Fact } from '../protocol/fact';
import { registerLanguageModelTools } from './agents/languageModelTools';
import { registerMcpServer } from './agents/mcpServer';
import { registerAddTypes } from './commands/addTypes';
import { registerAttachNode } from './commands/attachNode';
import { registerCreateProject } from './commands/createProject';
import { registerDebugCommands } from './commands/debugCommands';
import { registerGatewayCommands, startGateway } from './commands/gatewayCommands';
import { registerImportProject } from './commands/importProject';
import { welcomeOpened } from './commands/openProject';
import { registerFunctionEdits } from './commands/functionEdits';
import { registerInstallLibrary } from './commands/installLibrary';
import { registerInvokeCommands } from './commands/invoke';
import { registerLedger } from './commands/ledger';
import { registerLoad } from './commands/load';
import { registerMakeEvent } from './commands/makeEvent';
import { registerPushCommands } from './commands/push';
import { registerReplay } from './commands/replay';
import { registerRunAgain } from './commands/runAgain';
import { registerTestClientCommands } from './commands/testClient';
import { registerWhatIfCommands } from './commands/whatIf';
import { Configurations } from './debug/configuration';
import { Debugging } from './debug/debugging';
import { EventBreaks } from './debug/eventBreaks';
import {
  keepFrameBreakpoints,
  registerFrameBreakpoints,
  releaseFrame,
} from './debug/frameBreakpoints';
import { EditorContexts } from './editorContexts';
import { Findings } from './findings';
import { beginWhenTrusted } from './firstLook';
import { Gateway } from './gateway';
import { debugTypes, projectFileName, recordingEditors, views } from './ids';
import { InlineValues } from './inlineValues';
import { Lenses } from './lenses';
import { Log, LogLinks } from './log';
import type { Parts } from './parts';
import { ProjectProblems } from './projectProblems';
import { Projects } from './projects';
import { Runs } from './runs';
import { Served } from './served';
import { watchEditorPython, watchSettings } from './settingsWatch';
import { registerTesting } from './tests/testing';
import { Recordings } from './traffic/recordings';
import { Traffic } from './traffic/traffic';
import { throttle } from './throttle';
import { ConnectionsView } from './views/connectionsView';
import { FunctionsView } from './views/functionsView';
import { StatusBar } from './views/statusBar';
import { virtualScheme, virtualText } from './virtualText';
import { Warnings } from './warnings';

export function activate(context: vscode.ExtensionContext): void {
  if (vscode.l10n.bundle !== undefined) {
    // What the core says is said in the editor's language.
    coreL10n.config({ contents: vscode.l10n.bundle });
  }
  const parts = makeParts(context);
  const { projects, gateway, log } = parts;
  const registrations = [
    ...registerGatewayCommands(parts),
    registerCreateProject(parts),
    registerImportProject(parts),
    registerAddTypes(parts),
    ...registerFunctionEdits(parts),
    registerMakeEvent(parts),
    ...registerWhatIfCommands(parts),
    ...registerInvokeCommands(parts),
    registerRunAgain(parts),
    ...registerReplay(parts),
    registerLoad(parts),
    ...registerPushCommands(parts),
    ...registerTestClientCommands(parts),
    ...registerDebugCommands(parts),
    ...registerFrameBreakpoints(parts),
    keepFrameBreakpoints(context.workspaceState, gateway, log),
    registerInstallLibrary(parts),
    registerLedger(parts),
    registerAttachNode(parts),
    ...registerTesting(parts),
    ...registerLanguageModelTools(parts),
    ...registerMcpServer(parts),
    watchSettings(parts),
    watchEditorPython(parts),
    vscode.workspace.registerTextDocumentContentProvider(virtualScheme, virtualText),
    ...Object.values(recordingEditors).map((id) =>
      vscode.window.registerCustomEditorProvider(id, new Recordings(context)),
    ),
    vscode.languages.registerDocumentLinkProvider({ scheme: 'output' }, new LogLinks()),
  ];
  context.subscriptions.push(log, projects, gateway, ...registrations, ...wireViews(parts));

  void projects.refresh().then(async () => {
    const opened = await welcomeOpened(parts);
    context.subscriptions.push(beginWhenTrusted(parts, opened));
  });
}

function makeParts(context: vscode.ExtensionContext): Parts {
  const log = new Log();
  const projects = new Projects();
  const gateway = new Gateway(context.extensionPath, projects, log);
  const runs = new Runs();
  const debugging = new Debugging(
    ...([context.extensionPath, gateway, projects, log] as const),
    (debug) => startGateway(parts, debug),
    (...of) => runs.isOlder(...of),
  );
  const traffic = new Traffic(context, gateway, projects, (ask) => releaseFrame(parts, ask));
  const eventBreaks = new EventBreaks(context.workspaceState, gateway, traffic);
  const parts: Parts = {
    ...{ context, projects, gateway, runs, log },
    ...{ traffic, debugging, eventBreaks },
  };
  context.subscriptions.push(debugging, traffic, eventBreaks);
  return parts;
}

/** Everything that only looks: one listener hands the facts on, in the order in which things depend on them. */
function wireViews(parts: Parts): vscode.Disposable[] {
  const { projects, gateway, runs, log, debugging, context } = parts;
  const functions = new FunctionsView(gateway, projects, runs);
  const functionsTree = vscode.window.createTreeView(views.functions, {
    treeDataProvider: functions,
  });
  const connections = new ConnectionsView(gateway);
  const statusBar = new StatusBar(gateway, projects);
  const lenses = new Lenses(parts);
  const values = new InlineValues(parts);
  const findings = new Findings(context.extensionPath);
  const warnings = new Warnings();
  const problems = new ProjectProblems(projects);
  const refresh = throttle(250, () => {
    functions.refresh();
    connections.refresh();
    statusBar.refresh();
    lenses.refresh();
  });
  const soon = throttle(20, () => statusBar.refresh());
  let session = 0;
  const receive = (facts: Fact[]) => {
    if (gateway.session !== session) {
      session = gateway.session;
      runs.clear();
      findings.clear();
      warnings.clear();
      values.clear();
    }
    log.receive(facts, gateway.state);
    findings.receive(facts, gateway.state);
    warnings.receive(facts);
    const ran = runs.receive(facts, gateway.state);
    if (ran.size > 0) {
      values.refresh();
    }
    if (facts.some(({ kind }) => kind === 'clock' || kind === 'held' || kind === 'releasedFrame')) {
      soon();
    }
    refresh();
  };
  // The ages of connections go on without facts.
  const clock = setInterval(() => {
    if (gateway.status === 'running' && gateway.state.connections.size > 0) {
      connections.refresh();
    }
  }, 5000);
  const files: vscode.DocumentSelector = [
    { scheme: 'file', language: 'python' },
    { scheme: 'file', language: 'javascript' },
    { scheme: 'file', language: 'typescript' },
  ];
  const withFindings = [...files, { scheme: 'file', pattern: `**/${projectFileName}` }];
  const configurations = new Configurations(projects, debugging, log);
  const { Dynamic, Initial } = vscode.DebugConfigurationProviderTriggerKind;
  return [
    gateway.onDidReceiveFacts(receive),
    gateway.onDidChangeStatus(() => {
      refresh();
      soon();
    }),
    projects.onDidChange(refresh),
    vscode.workspace.onDidChangeConfiguration(refresh),
    vscode.workspace.onDidGrantWorkspaceTrust(refresh),
    functionsTree,
    functionsTree.onDidChangeVisibility(({ visible }) => {
      // A busy machine or a network drive can lose what its watcher was to tell.
      if (visible) void projects.refresh();
    }),
    vscode.window.registerTreeDataProvider(views.connections, connections),
    vscode.languages.registerCodeLensProvider(files, lenses),
    vscode.languages.registerCodeActionsProvider(withFindings, findings, {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
    vscode.debug.registerDebugConfigurationProvider(debugTypes.container, configurations, Initial),
    vscode.debug.registerDebugConfigurationProvider(debugTypes.container, configurations, Dynamic),
    new EditorContexts(parts),
    new Served(gateway, projects),
    statusBar,
    values,
    findings,
    problems,
    refresh,
    soon,
    new vscode.Disposable(() => clearInterval(clock)),
  ];
}

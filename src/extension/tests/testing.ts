/** Scenarios in the Test Explorer: found, shown, run; run again on save; their recordings in Traffic. */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { registerCommand } from '../commands/register';
import { commands, recordingEditors, settingsSection, testControllerId } from '../ids';
import { UserError } from '../../core/errors';
import type { Parts } from '../parts';
import { loadCoverage } from './coverage';
import { exploreChosen, type Found } from './exploring';
import { registerFlowAssist } from './flowAssist';
import { FlowFiles } from './flowFiles';
import { registerFlowLenses } from './flowLenses';
import { FlowProblems } from './flowProblems';
import { registerOrderCommands } from './orderCommands';
import { recordingKey, runChosen, type RunPlace } from './testRuns';
import { TestTree } from './testTree';

/** Files whose save can change what a scenario does. */
const matters = /\.(py|js|mjs|cjs|ts|mts|cts|json|ya?ml|env)$/;

export function registerTesting({ context, log, projects }: Parts): vscode.Disposable[] {
  const controller = vscode.tests.createTestController(testControllerId, l10n.t('SCF WebSocket'));
  const tree = new TestTree(controller);
  const files = new FlowFiles();
  const problems = new FlowProblems();
  const place: RunPlace = {
    extensionPath: context.extensionPath,
    recordings: path.join((context.storageUri ?? context.globalStorageUri).fsPath, 'test-runs'),
    recorded: new Map(),
    log,
  };
  const showing = files.onDidChange(({ uri, file }) => {
    if (file === undefined) {
      tree.remove(uri);
      problems.clear(uri);
    } else {
      tree.show(file);
      problems.show(file);
    }
  });
  controller.refreshHandler = () => files.refresh();
  const run = (request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> =>
    runChosen(controller, tree, request, token, place);
  const found = new Map<string, Found>();
  const explore = (request: vscode.TestRunRequest, token: vscode.CancellationToken) =>
    exploreChosen(controller, tree, request, token, { ...place, found });
  const begin = async (request: vscode.TestRunRequest, token: vscode.CancellationToken) => {
    if (request.continuous === true) {
      runOnSave(request, token, run);
    } else {
      await run(request, token);
    }
  };
  const { Run, Debug, Coverage } = vscode.TestRunProfileKind;
  const profiles = [
    controller.createRunProfile(l10n.t('Run'), Run, begin, true, undefined, true),
    controller.createRunProfile(l10n.t('Debug'), Debug, run, true),
    controller.createRunProfile(l10n.t('Coverage'), Coverage, begin, true, undefined, true),
  ];
  profiles.forEach(loadCoverage);
  const exploreProfile = controller.createRunProfile(l10n.t('Explore Orders'), Run, explore, false);
  exploreProfile.configureHandler = () =>
    void vscode.commands.executeCommand(
      'workbench.action.openSettings',
      `${settingsSection}.explore`,
    );
  void files.refresh();
  return [
    controller,
    files,
    problems,
    ...registerFlowAssist(projects),
    showing,
    ...profiles,
    exploreProfile,
    ...registerOrderCommands({
      log,
      tree,
      found,
      extensionUri: context.extensionUri,
      explore: (items) =>
        withToken((token) =>
          explore(new vscode.TestRunRequest(items, undefined, exploreProfile), token),
        ),
      debug: (item, order) =>
        withToken((token) => {
          const request = new vscode.TestRunRequest([item], undefined, profiles[1]);
          return runChosen(controller, tree, request, token, place, order);
        }),
    }),
    ...registerFlowLenses(files),
    registerCommand(log, commands.openTestRun, (item?: vscode.TestItem) =>
      openRecording(item, place.recorded),
    ),
  ];
}

/** A run that no profile began ends with its own token, by the button of the Test Explorer. */
async function withToken(run: (token: vscode.CancellationToken) => Promise<void>): Promise<void> {
  const source = new vscode.CancellationTokenSource();
  await run(source.token).finally(() => source.dispose());
}

/** Until the token says so. What still runs tests what was there before, so it is cancelled. */
function runOnSave(
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
  run: (request: vscode.TestRunRequest, token: vscode.CancellationToken) => Promise<void>,
): void {
  let current: vscode.CancellationTokenSource | undefined;
  let last: Promise<void> = Promise.resolve();
  const saving = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
    if (uri.scheme !== 'file' || !matters.test(uri.path)) {
      return;
    }
    current?.cancel();
    const mine = new vscode.CancellationTokenSource();
    current = mine;
    last = last.then(async () => {
      if (!mine.token.isCancellationRequested) {
        await run(
          new vscode.TestRunRequest(request.include, request.exclude, request.profile, true),
          mine.token,
        );
      }
    });
  });
  token.onCancellationRequested(() => {
    saving.dispose();
    current?.cancel();
  });
}

async function openRecording(
  item: vscode.TestItem | undefined,
  recorded: ReadonlyMap<string, string>,
): Promise<void> {
  const file = item === undefined ? undefined : recorded.get(recordingKey(item));
  if (file === undefined) {
    throw new UserError(
      'noRecording',
      l10n.t('There is no recording of this scenario yet.'),
      l10n.t('Run it first; then its frames and events open in Traffic.'),
    );
  }
  await vscode.commands.executeCommand(
    'vscode.openWith',
    vscode.Uri.file(file),
    recordingEditors.recording,
  );
}

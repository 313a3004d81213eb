/** What a page asks of its host: things that only an editor can do. */
import * as vscode from 'vscode';
import type { HostCommand, PageMessage } from '../../protocol/inspector';
import { commands } from '../ids';
import { openPlace } from '../handlers';
import { virtualText } from '../virtualText';
import type { DeedHost } from './deedHost';
import { exportTraffic, importRecording, saveText } from './files';

const hostCommands: Record<HostCommand, string> = {
  createProject: commands.createProject,
  startGateway: commands.start,
  restartGateway: commands.restart,
  connectTestClient: commands.connectClient,
  copyUrl: commands.copyUrl,
  showLog: commands.showLog,
  openInEditor: commands.openTraffic,
  manageTrust: 'workbench.trust.manage',
};

type Deed = Extract<PageMessage, { kind: 'do' }>;

export const libraryKey = 'traffic.library';

export async function doDeed(message: Deed, host: DeedHost): Promise<unknown> {
  switch (message.deed) {
    case 'openText':
      await openText(message.ask.title, message.ask.language, message.ask.content);
      return null;
    case 'openDiff': {
      const { title, language, left, right } = message.ask;
      await vscode.commands.executeCommand(
        'vscode.diff',
        virtualText.add(left.title, language, left.content),
        virtualText.add(right.title, language, right.content),
        title,
      );
      return null;
    }
    case 'openSource':
      await openPlace(message.ask);
      return null;
    case 'copy':
      await vscode.env.clipboard.writeText(message.ask.text);
      return null;
    case 'export':
      return exportTraffic(message.ask, host);
    case 'save':
      return saveText(message.ask.name, message.ask.content);
    case 'import':
      await importRecording();
      return null;
    case 'saveLibrary':
      await host.context.workspaceState.update(libraryKey, message.ask.messages);
      host.libraryChanged(message.ask.messages);
      return null;
    case 'run':
      await vscode.commands.executeCommand(hostCommands[message.ask.command]);
      return null;
  }
}

async function openText(title: string, language: string, content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(
    virtualText.add(title, language, content),
  );
  await vscode.languages
    .setTextDocumentLanguage(document, language)
    .then(undefined, () => document);
  await vscode.window.showTextDocument(document, { preview: false });
}

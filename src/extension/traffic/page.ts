/** The page of the inspector in this editor: where it may load from. Everything from the wire is data, never here. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { inspectorPage } from '../../protocol/page';

export function webviewOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist')],
  };
}

/** Of our editors' tabs. A file is drawn in its own colours there, unlike in the activity bar: one for each ground. */
export function tabIcon(extensionUri: vscode.Uri): { light: vscode.Uri; dark: vscode.Uri } {
  const file = (name: string) => vscode.Uri.joinPath(extensionUri, 'media', name);
  return { light: file('tab-light.svg'), dark: file('tab-dark.svg') };
}

export function renderPage(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const file = (name: string) =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', name)).toString();
  return inspectorPage({
    nonce: randomBytes(16).toString('base64url'),
    cspSource: webview.cspSource,
    scriptUri: file('webview.js'),
    styleUri: file('webview.css'),
    language: vscode.env.language,
    title: 'SCF WebSocket',
  });
}

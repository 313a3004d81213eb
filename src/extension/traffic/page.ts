/** The page of the inspector: its HTML, and where it may load from. Everything from the wire is data, never here. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

export function webviewOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    localResourceRoots: [
      vscode.Uri.joinPath(extensionUri, 'dist'),
      vscode.Uri.joinPath(extensionUri, 'media'),
    ],
  };
}

export function renderPage(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64url');
  const file = (...words: string[]) =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, ...words)).toString();
  const source = webview.cspSource;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `font-src ${source}`,
    `img-src ${source}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${file('dist', 'codicon.css')}" id="vscode-codicon-stylesheet" nonce="${nonce}">
    <link rel="stylesheet" href="${file('dist', 'webview.css')}" nonce="${nonce}">
    <title>SCF WebSocket</title>
  </head>
  <body>
    <script nonce="${nonce}" src="${file('dist', 'webview.js')}"></script>
  </body>
</html>`;
}

/** The Connections tree: clients that connect or are connected, newest first. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ConnectionState } from '../../protocol/state';
import type { Gateway } from '../gateway';

export interface ConnectionNode {
  kind: 'connection';
  connection: string;
}

/** More rows would help nobody, and the tree takes its time for each. */
const shown = 500;

export class ConnectionsView implements vscode.TreeDataProvider<ConnectionNode> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly gateway: Gateway) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  getChildren(node?: ConnectionNode): ConnectionNode[] {
    if (node !== undefined || this.gateway.status !== 'running') {
      return [];
    }
    return liveConnections(this.gateway)
      .reverse()
      .slice(0, shown)
      .map(({ connection }) => ({ kind: 'connection', connection }));
  }

  getTreeItem(node: ConnectionNode): vscode.TreeItem {
    const item = new vscode.TreeItem(shortId(node.connection));
    item.id = node.connection;
    const state = this.gateway.state.connections.get(node.connection);
    if (state === undefined) {
      return item;
    }
    if (state.client !== undefined) {
      item.label = state.client;
    }
    const age = this.ageOf(state);
    const frames = l10n.t('↑{0} ↓{1}', state.toServer.frames, state.toClient.frames);
    const words = state.client === undefined ? [] : [shortId(node.connection)];
    words.push(age, frames);
    item.description = words.join(' · ');
    item.iconPath = new vscode.ThemeIcon(state.status === 'open' ? 'plug' : 'loading~spin');
    item.contextValue = `connection ${state.status}`;
    item.tooltip = tooltip(state);
    item.accessibilityInformation = {
      label: l10n.t(
        'Connection {0}, {1}, {2} frames to the server, {3} frames to the client',
        String(item.label),
        age,
        state.toServer.frames,
        state.toClient.frames,
      ),
    };
    return item;
  }

  private ageOf(state: ConnectionState): string {
    const now = Date.now() - this.gateway.state.epoch;
    const seconds = Math.max(0, Math.floor((now - state.since) / 1000));
    return seconds < 60
      ? l10n.t('{0} s', seconds)
      : seconds < 3600
        ? l10n.t('{0} min', Math.floor(seconds / 60))
        : l10n.t('{0} h', Math.floor(seconds / 3600));
  }
}

/** Open or about to open, oldest first. */
export function liveConnections(gateway: Gateway): ConnectionState[] {
  return [...gateway.state.connections.values()].filter(
    ({ status }) => status === 'open' || status === 'connecting',
  );
}

export function shortId(connection: string): string {
  return connection.length > 10 ? `${connection.slice(0, 8)}…` : connection;
}

function tooltip(state: ConnectionState): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const row = (name: string, value: string) =>
    text.appendText(`${name}: ${value}`).appendMarkdown('\n\n');
  row(l10n.t('Connection'), state.connection);
  row(l10n.t('Path'), state.target);
  row(l10n.t('From'), state.remote);
  if (state.protocol !== undefined) {
    row(l10n.t('Sub-protocol'), state.protocol);
  }
  row(
    l10n.t('To the server'),
    l10n.t('{0} frames, {1} bytes', state.toServer.frames, state.toServer.bytes),
  );
  row(
    l10n.t('To the client'),
    l10n.t('{0} frames, {1} bytes', state.toClient.frames, state.toClient.bytes),
  );
  return text;
}

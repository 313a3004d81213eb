/** One status-bar item for the gateway, and one that appears while frames are held. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { commands, contexts } from '../ids';
import type { Gateway } from '../gateway';
import type { Projects } from '../projects';
import { liveConnections } from './connectionsView';

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'gateway',
    vscode.StatusBarAlignment.Left,
    50,
  );
  private readonly held = vscode.window.createStatusBarItem(
    'held',
    vscode.StatusBarAlignment.Left,
    49,
  );
  private contextBefore = '';

  constructor(
    private readonly gateway: Gateway,
    private readonly projects: Projects,
  ) {
    this.item.name = 'SCF WebSocket';
    this.item.command = commands.showMenu;
    this.held.name = l10n.t('SCF WebSocket: held frames');
    this.held.command = commands.heldFrames;
    this.held.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    this.refresh();
  }

  /** What the item says, for tests and for the accessible label. */
  get text(): string {
    return this.item.text;
  }

  refresh(): void {
    const { status, state } = this.gateway;
    const running = status === 'running';
    const open = running ? liveConnections(this.gateway).length : 0;
    this.setContexts(open, running ? state.held.size : 0);
    if (this.projects.all.length === 0 && !running) {
      this.item.hide();
      this.held.hide();
      return;
    }
    this.item.text = this.render(open);
    this.item.tooltip = this.tooltip();
    this.item.accessibilityInformation = {
      label: `SCF WebSocket, ${this.item.text.replace(/\$\([^)]+\)/g, '').trim()}`,
    };
    this.item.backgroundColor =
      this.gateway.failure !== undefined && status === 'stopped'
        ? new vscode.ThemeColor('statusBarItem.errorBackground')
        : undefined;
    this.item.show();
    this.showHeld(running ? state.held.size : 0);
  }

  dispose(): void {
    this.item.dispose();
    this.held.dispose();
  }

  private render(open: number): string {
    const { status, state } = this.gateway;
    switch (status) {
      case 'running':
        return state.clock.frozen
          ? `$(debug-pause) ${l10n.t('SCF paused at {0}', state.clock.by.join(', '))}`
          : `$(radio-tower) SCF ws:${state.port} · ${open}`;
      case 'starting':
        return `$(loading~spin) ${l10n.t('SCF starting')}`;
      case 'stopping':
        return `$(loading~spin) ${l10n.t('SCF stopping')}`;
      case 'stopped':
        return `$(circle-slash) ${l10n.t('SCF stopped')}`;
    }
  }

  private tooltip(): vscode.MarkdownString {
    const text = new vscode.MarkdownString(undefined, true);
    const { copyUrl, copyPushUrl, start, stop, manageTrust } = commands;
    text.isTrusted = { enabledCommands: [copyUrl, copyPushUrl, start, stop, manageTrust] };
    const { status, state, failure } = this.gateway;
    const say = (sentence: string, label: string, command: string) =>
      text.appendText(sentence).appendMarkdown(`\n\n[${label}](command:${command})`);
    switch (status) {
      case 'starting':
        return say(l10n.t('The gateway is starting.'), l10n.t('Cancel'), stop);
      case 'stopping':
        return text.appendText(l10n.t('The gateway is stopping.'));
      case 'stopped':
        return vscode.workspace.isTrusted
          ? say(failure ?? l10n.t('The gateway is not running.'), l10n.t('Start Gateway'), start)
          : say(
              l10n.t('This workspace is not trusted, so none of its functions are run.'),
              l10n.t('Manage Workspace Trust'),
              manageTrust,
            );
      case 'running':
    }
    text.appendText(state.url);
    text.appendMarkdown(
      ` [$(copy)](command:${commands.copyUrl} "${l10n.t('Copy WebSocket URL')}")\n\n`,
    );
    text.appendText(state.pushUrl);
    text.appendMarkdown(` [$(copy)](command:${commands.copyPushUrl} "${l10n.t('Copy Push URL')}")`);
    if (state.clock.frozen) {
      text.appendMarkdown('\n\n').appendText(l10n.t('Every timer of the gateway stands still.'));
    }
    return text;
  }

  private showHeld(count: number): void {
    if (count === 0) {
      this.held.hide();
      return;
    }
    this.held.text = `$(debug-pause) ${
      count === 1 ? l10n.t('1 frame held') : l10n.t('{0} frames held', count)
    }`;
    this.held.show();
  }

  private setContexts(open: number, held: number): void {
    const now = `${open > 0} ${held > 0}`;
    if (now !== this.contextBefore) {
      this.contextBefore = now;
      void vscode.commands.executeCommand('setContext', contexts.hasConnections, open > 0);
      void vscode.commands.executeCommand('setContext', contexts.hasHeldFrames, held > 0);
    }
  }
}

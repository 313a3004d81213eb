/** Projects that come or go while the gateway runs: a restart takes them up, and is offered once for each change. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Gateway } from './gateway';
import { commands } from './ids';
import type { Projects } from './projects';

export class Served implements vscode.Disposable {
  private offered = '';
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly gateway: Gateway,
    private readonly projects: Projects,
  ) {
    this.subscription = projects.onDidChange(() => void this.compare());
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private async compare(): Promise<void> {
    const message = this.change();
    if (message === this.offered) {
      return;
    }
    this.offered = message;
    if (message === '') {
      return;
    }
    const restart = l10n.t('Restart Gateway');
    const choice = await vscode.window.showInformationMessage(message, restart);
    if (choice === restart) {
      await vscode.commands.executeCommand(commands.restart);
    }
  }

  /** What differs between the projects of the workspace and those served; '' for nothing. */
  private change(): string {
    if (this.gateway.status !== 'running') {
      return '';
    }
    const added = this.projects.folders.filter((folder) => !this.gateway.serves(folder));
    if (added.length > 0) {
      return l10n.t(
        'Not served yet: {0}. The gateway was started before; a restart serves it.',
        names(added),
      );
    }
    // A project whose file is wrong for the moment is still there, and served as it was.
    const there = new Set(this.projects.all.map(({ folder }) => folder));
    const gone = this.gateway.state.services.flatMap(({ folder }) =>
      there.has(folder) ? [] : folder,
    );
    return gone.length === 0
      ? ''
      : l10n.t('Still served though its scfws.json is gone: {0}. A restart ends it.', names(gone));
  }
}

function names(folders: string[]): string {
  return folders.map((folder) => vscode.workspace.asRelativePath(folder)).join(', ');
}

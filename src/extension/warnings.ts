/**
 * What a person must know before the first client comes: a port that was taken, a function that cannot run. Said once
 * for each session, with the button that mends it; all of it stays in the Problems panel and in the log.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentences } from '../core/errors';
import {
  leftOut,
  type BackgroundKind,
  type ConnectionKind,
  type Fact,
  type FactOf,
  type TransferKind,
} from '../protocol/fact';
import { titleOf } from './findings';
import { commands } from './ids';

/** Milliseconds: the functions of a project are looked at one beside the other. */
const gatherMs = 700;

export class Warnings {
  private said = false;
  private met = false;
  private readonly found: FactOf<'diagnostic'>[] = [];

  clear(): void {
    this.said = this.met = false;
    this.found.length = 0;
  }

  receive(facts: readonly Fact[]): void {
    for (const fact of facts) {
      switch (fact.kind) {
        case 'listening':
          if (fact.wishedPort !== undefined) {
            void tellPort(fact.wishedPort, fact.port);
          }
          break;
        case 'connecting':
          this.met = true; // From here on, Traffic tells what fails.
          break;
        case 'diagnosticsCleared':
          this.remove(fact.function);
          break;
        case 'diagnostic': {
          const isNew = !this.met && !this.said;
          if (fact.severity === 'error' && fact.invocation === undefined && isNew) {
            this.add(fact);
          }
          break;
        }
        default:
          leftOut<BackgroundKind | ConnectionKind | TransferKind>(fact);
      }
    }
  }

  private add(fact: FactOf<'diagnostic'>): void {
    this.found.push(fact);
    if (this.found.length === 1) {
      setTimeout(() => void this.tell(), gatherMs);
    }
  }

  private remove(name: string): void {
    const rest = this.found.filter((each) => each.function !== name);
    this.found.splice(0, this.found.length, ...rest);
  }

  private async tell(): Promise<void> {
    const [first, ...others] = this.found;
    if (first === undefined || this.said) {
      return;
    }
    this.said = true;
    const more = others.length === 0 ? '' : l10n.t('And {0} more.', others.length);
    const problems = l10n.t('Show Problems');
    const mend = first.fix === undefined ? undefined : titleOf(first.fix);
    const choice = await vscode.window.showWarningMessage(
      sentences(sentences(first.message, first.advice), more),
      ...(mend === undefined ? [problems] : [mend, problems]),
    );
    // The editor takes no message back; what it offers is not done once there is nothing to do.
    const isOver = choice === problems ? this.found.length === 0 : !this.found.includes(first);
    if (choice !== undefined && isOver) {
      vscode.window.setStatusBarMessage(l10n.t('This is no longer wrong: nothing was done.'), 4000);
      return;
    }
    if (choice === problems) {
      await vscode.commands.executeCommand('workbench.panel.markers.view.focus');
    } else if (choice !== undefined && choice === mend) {
      await vscode.commands.executeCommand(commands.installLibrary, {
        ...first.fix,
        function: first.function,
      });
    }
  }
}

async function tellPort(wished: number, port: number): Promise<void> {
  const copy = l10n.t('Copy WebSocket URL');
  const choice = await vscode.window.showWarningMessage(
    l10n.t('Port {0} is taken by another program; the gateway listens on {1}.', wished, port),
    copy,
  );
  if (choice === copy) {
    await vscode.commands.executeCommand(commands.copyUrl);
  }
}

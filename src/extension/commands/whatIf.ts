/** Dry-Run Broadcast and Show Orphans: whom pushes would reach, and to whom they go in vain. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { orphansText } from '../../core/orphansText';
import type { Fact } from '../../protocol/fact';
import type { Answer } from '../../protocol/intent';
import { findOrphans } from '../../protocol/orphans';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { milliseconds } from '../views/functionsView';
import { virtualText } from '../virtualText';
import { startGateway } from './gatewayCommands';
import { pickEvent } from './invoke';
import { pickFunction } from './pick';
import { Instruction, registerCommand } from './register';

export function registerWhatIfCommands(parts: Parts): vscode.Disposable[] {
  return [
    /** From a program: `{function, event}`; resolves with the session's answer. */
    registerCommand(parts.log, commands.dryRun, async (argument: unknown) => {
      const info = await pickFunction(parts, argument, l10n.t('Dry-Run Broadcast'));
      const given = (argument as { event?: unknown } | undefined)?.event;
      const event = typeof given === 'string' ? given : await pickEvent(parts, info);
      if (parts.gateway.status !== 'running') {
        await startGateway(parts);
      }
      const answer = await parts.gateway.ask('dryRun', { function: info.function, event });
      await show(l10n.t('Dry run of {0}', info.name), dryRunText(info.name, answer));
      return answer;
    }),
    /** Resolves with the orphans. */
    registerCommand(parts.log, commands.showOrphans, async () => {
      const facts = await allFacts(parts);
      const orphans = findOrphans(facts);
      if (orphans.length === 0) {
        throw new Instruction(l10n.t('No function pushed to a client that had left.'));
      }
      await show(l10n.t('Orphans'), orphansText(orphans, facts));
      return orphans;
    }),
  ];
}

async function show(title: string, text: string): Promise<void> {
  await vscode.window.showTextDocument(virtualText.add(title, 'plaintext', text), {
    preview: true,
  });
}

async function allFacts(parts: Parts): Promise<Fact[]> {
  const all: Fact[] = [];
  for (let from: number | null = 1; from !== null;) {
    const page: Answer<'facts'> = await parts.gateway.facts(from, 5000);
    all.push(...page.facts);
    from = page.next;
  }
  return all;
}

/** Pushes as they were asked for, beside the live connections that they would reach or miss. */
export function dryRunText(name: string, answer: Answer<'dryRun'>): string {
  const { pushes, live, outcome, durationMs, result } = answer;
  const reached = new Set(pushes.filter(({ errNo }) => errNo === 0).map((push) => push.connection));
  const lines = [
    l10n.t('Dry run of {0}: nothing was sent.', name),
    outcome === 'ok'
      ? l10n.t('It returned {0} in {1}.', result, milliseconds(durationMs))
      : l10n.t('It failed after {0}: {1}', milliseconds(durationMs), result),
    '',
    l10n.t('Pushes: {0}', pushes.length),
    ...pushes.map(({ connection, action, type, preview, errNo, errMsg }) => {
      const what = action === 'closing' ? l10n.t('close') : `${type ?? '?'} ${preview}`;
      const fate = errNo === 0 ? l10n.t('would arrive') : `errNo ${errNo}: ${errMsg}`;
      return `  ${connection || '–'}  ${what}  → ${fate}`;
    }),
    '',
    l10n.t(
      'Live connections: {0}, of which {1} get nothing',
      live.length,
      live.length - reached.size,
    ),
    ...live.map(
      (id) => `  ${id}  ${reached.has(id) ? l10n.t('gets a push') : l10n.t('gets nothing')}`,
    ),
  ];
  return lines.join('\n') + '\n';
}

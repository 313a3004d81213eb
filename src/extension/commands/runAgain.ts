/** Run Again with the Last Event: the same event once more, and what differs in result and pushes. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { FactOf, FunctionInfo } from '../../protocol/fact';
import { compactJson, JsonText, writeJson } from '../../protocol/json';
import { commands } from '../ids';
import type { Parts } from '../parts';
import type { Run } from '../runs';
import { milliseconds } from '../views/functionsView';
import { virtualText } from '../virtualText';
import { defaultEvent, lastEvent, pretty, runInvocation } from './invoke';
import { functionOfEditor, pickFunction } from './pick';
import { Instruction, registerCommand } from './register';

export function registerRunAgain(parts: Parts): vscode.Disposable {
  /** Resolves with whether anything differs, and the two outcomes as text. */
  return registerCommand(parts.log, commands.runAgain, async (argument: unknown) => {
    const here = argument === undefined ? functionOfEditor(parts) : undefined;
    const info = here ?? (await pickFunction(parts, argument, l10n.t('Run Again')));
    return runAgain(parts, info);
  });
}

async function runAgain(parts: Parts, info: FunctionInfo) {
  const before = parts.runs.lastOf(info.function);
  const event = (before && (await eventOf(parts, before))) ?? (await lastEvent(parts, info));
  // What ran before is fetched before the new run makes it the one before the last.
  const left = before === undefined ? undefined : await describeRun(parts, before);
  const answer = await runInvocation(parts, info, event ?? defaultEvent(parts, info));
  const after = parts.runs.lastOf(info.function);
  if (after?.invocation !== answer.invocation) {
    throw new Instruction(l10n.t('Another event ran meanwhile, so nothing was compared.'));
  }
  const right = await describeRun(parts, after);
  const took = `${milliseconds(before?.durationMs ?? 0)} → ${milliseconds(after.durationMs ?? 0)}`;
  if (left === undefined || left === right) {
    const text =
      left === undefined
        ? l10n.t('{0} ran for the first time.', info.name)
        : l10n.t('{0}: same result and pushes. {1}', info.name, took);
    vscode.window.setStatusBarMessage(`$(check) ${text}`, 8000);
    return { differs: false, left, right };
  }
  await vscode.commands.executeCommand(
    'vscode.diff',
    virtualText.add(l10n.t('{0}, before', info.name), 'json', left),
    virtualText.add(l10n.t('{0}, now', info.name), 'json', right),
    l10n.t('{0}: run before ↔ run now ({1})', info.name, took),
    { preview: true, preserveFocus: true, viewColumn: vscode.ViewColumn.Beside },
  );
  return { differs: true, left, right };
}

async function eventOf(parts: Parts, run: Run): Promise<string | null> {
  const payload = await parts.gateway.ask('payload', { seq: run.started });
  return payload?.data ?? null;
}

/** Outcome, result and pushes of a run, without what differs by nature: ids, times, paths of the process. */
async function describeRun(parts: Parts, run: Run): Promise<string> {
  const payload = async (seq: number | undefined) =>
    seq === undefined ? null : await parts.gateway.ask('payload', { seq });
  const result = (await payload(run.ended))?.data ?? run.preview ?? 'null';
  const pushes = await Promise.all(
    run.pushSeqs.map(async (seq) => {
      const push = await factOf(parts, seq);
      const data = (await payload(seq))?.data ?? push?.preview ?? '';
      return {
        connection: push?.connection,
        action: push?.action,
        type: push?.type ?? undefined,
        data: push?.action === 'closing' ? undefined : jsonOrText(data),
        errNo: push?.errNo,
      };
    }),
  );
  const ok = run.outcome === 'ok';
  const description = {
    outcome: run.outcome,
    ...(ok
      ? { result: jsonOrText(result) }
      : { error: run.error?.errorMessage, stackTrace: run.error?.stackTrace?.split('\n') }),
    pushes,
    ...(run.pushes > pushes.length ? { morePushes: run.pushes - pushes.length } : {}),
  };
  return pretty(writeJson(description).replaceAll(run.invocation, '<request id>'));
}

async function factOf(parts: Parts, seq: number): Promise<FactOf<'push'> | undefined> {
  const [fact] = (await parts.gateway.ask('facts', { from: seq, limit: 1 })).facts;
  return fact?.kind === 'push' && fact.seq === seq ? fact : undefined;
}

function jsonOrText(text: string): unknown {
  const json = compactJson(text);
  return json === undefined ? text : new JsonText(json);
}

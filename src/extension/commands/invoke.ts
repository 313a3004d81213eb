/** Invoke Function…: which function, which event, then the result. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { readText } from '../../core/textFile';
import type { FunctionInfo } from '../../protocol/fact';
import type { Answer } from '../../protocol/intent';
import { sampleEvents } from '../../protocol/samples';
import { prettyJson } from '../../protocol/json';
import { commands } from '../ids';
import { openPlace } from '../handlers';
import type { Parts } from '../parts';
import { milliseconds } from '../views/functionsView';
import { virtualText } from '../virtualText';
import { startGateway } from './gatewayCommands';
import { pickFunction } from './pick';
import { chosen, Instruction, registerCommand } from './register';

export type InvokeAnswer = Answer<'invoke'>;

export function registerInvokeCommands(parts: Parts): vscode.Disposable[] {
  return [
    /**
     * From a program: `{function, event}`, with `event` as JSON text, or `default` for the one that was used last,
     * else a sample; resolves with the session's answer.
     */
    registerCommand(parts.log, commands.invoke, async (argument: unknown) => {
      const info = await pickFunction(parts, argument, l10n.t('Invoke Function'));
      const given = givenEvent(argument);
      const event =
        given === 'default' ? defaultEvent(parts, info) : (given ?? (await pickEvent(parts, info)));
      return invoke(parts, info, event);
    }),
    registerCommand(parts.log, commands.invokeWithEvent, async (argument: unknown) => {
      const info = await pickFunction(parts, argument, l10n.t('Invoke Function'));
      return invoke(parts, info, await pickEvent(parts, info));
    }),
  ];
}

function givenEvent(argument: unknown): string | undefined {
  const event = (argument as { event?: unknown } | undefined)?.event;
  return typeof event === 'string' ? event : undefined;
}

/** The event chosen last for each function: a lens invokes with it, without a question. */
const lastChosen = new Map<string, string>();

export function defaultEvent(parts: Parts, info: FunctionInfo): string {
  return lastChosen.get(info.function) ?? JSON.stringify(samplesOf(parts, info)[0]?.event ?? {});
}

export async function invoke(
  parts: Parts,
  info: FunctionInfo,
  event: string,
): Promise<InvokeAnswer> {
  const answer = await runInvocation(parts, info, event);
  void showAnswer(parts, info, answer);
  return answer;
}

/** Runs it with progress; cancelling ends the function's instance, since nothing else ends a handler. */
export async function runInvocation(
  parts: Parts,
  info: FunctionInfo,
  event: string,
): Promise<InvokeAnswer> {
  if (parts.gateway.status !== 'running') {
    await startGateway(parts);
  }
  lastChosen.set(info.function, event);
  const title = l10n.t('Running {0} …', info.name);
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (_progress, token) => {
      token.onCancellationRequested(() => {
        parts.gateway
          .ask('restartFunction', { function: info.function, now: true })
          .catch(() => undefined); // The gateway has ended, and the function with it.
      });
      return parts.gateway.ask('invoke', { function: info.function, event });
    },
  );
}

async function showAnswer(parts: Parts, info: FunctionInfo, answer: InvokeAnswer): Promise<void> {
  const showResult = l10n.t('Show Result');
  const showLog = l10n.t('Show Log');
  const goToLine = l10n.t('Go to Line');
  const took = milliseconds(answer.durationMs);
  const place = parts.runs.lastOf(info.function)?.place;
  const choice =
    answer.outcome === 'ok'
      ? await vscode.window.showInformationMessage(
          l10n.t('{0} returned {1} in {2}.', info.name, shorten(answer.result), took),
          showResult,
          showLog,
        )
      : await vscode.window.showErrorMessage(
          l10n.t(
            '{0} failed with {1} after {2}: {3}',
            info.name,
            answer.error?.statusCode ?? '',
            took,
            shorten(lastLine(answer.error)),
          ),
          ...(place === undefined ? [showResult, showLog] : [goToLine, showResult, showLog]),
        );
  if (choice === showResult) {
    const uri = virtualText.add(l10n.t('Result of {0}', info.name), 'json', pretty(answer.result));
    await vscode.window.showTextDocument(uri);
  } else if (choice === showLog) {
    await parts.log.reveal(answer.invocation.slice(0, 8));
  } else if (choice === goToLine && place !== undefined) {
    await openPlace(place);
  }
}

/** The line that says what went wrong: the last one of the stack trace, else the message. */
function lastLine(error: InvokeAnswer['error']): string {
  const trace = error?.stackTrace?.trim().split('\n');
  const python = trace?.at(-1)?.trim();
  const node = trace?.[0]?.trim();
  return (python?.startsWith('at ') ? node : python) ?? error?.errorMessage ?? '';
}

export function pretty(json: string): string {
  const text = prettyJson(json);
  return text === undefined ? json : `${text}\n`;
}

export function shorten(text: string, length = 80): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function samplesOf(parts: Parts, info: FunctionInfo) {
  const project = parts.projects.ofFile(info.file)?.value;
  const service =
    project === undefined
      ? {}
      : {
          name: project.name,
          path: project.path,
          stage: project.stages[0],
          emulator: project.emulator,
        };
  return info.roles.flatMap((role) => sampleEvents(role, service));
}

function sampleTitles(): Record<string, string> {
  return {
    register: l10n.t('A client connects'),
    'register-subprotocols': l10n.t('A client offers two sub-protocols'),
    'register-query': l10n.t('A client connects with a query string'),
    'transfer-text': l10n.t('Text'),
    'transfer-json': l10n.t('JSON in text'),
    'transfer-empty': l10n.t('Empty text'),
    'transfer-binary': l10n.t('Binary'),
    cleanup: l10n.t('A client has left'),
  };
}

interface EventItem extends vscode.QuickPickItem {
  event?: () => Promise<string> | string;
}

/** Built-in samples, files from `events/`, the last real event, and the JSON in the active editor. */
export async function pickEvent(parts: Parts, info: FunctionInfo): Promise<string> {
  const edit: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('edit'),
    tooltip: l10n.t('Edit First'),
  };
  const separator = (label: string): EventItem => ({
    label,
    kind: vscode.QuickPickItemKind.Separator,
  });
  const items: EventItem[] = [];
  const last = await lastEvent(parts, info);
  if (last !== null) {
    items.push(separator(l10n.t('Real traffic')));
    const label = `$(history) ${l10n.t('The last real event')}`;
    items.push({ label, detail: shorten(last, 120), event: () => last, buttons: [edit] });
  }
  items.push(separator(l10n.t('Samples')));
  for (const { id, title, event } of samplesOf(parts, info)) {
    const json = JSON.stringify(event);
    const label = `$(symbol-event) ${sampleTitles()[id] ?? title}`;
    items.push({ label, detail: shorten(json, 120), event: () => json, buttons: [edit] });
  }
  items.push(separator(l10n.t('Files')));
  items.push(...(await eventFiles(parts, info)).map((item) => ({ ...item, buttons: [edit] })));
  const editor = vscode.window.activeTextEditor?.document;
  if (editor?.languageId === 'json' || editor?.languageId === 'jsonc') {
    const label = `$(file-code) ${l10n.t('The JSON in the active editor')}`;
    items.push({ label, event: () => editor.getText() });
  }
  const choice = await showEventPick(items, l10n.t('Event for {0}', info.name));
  const event = await chosen(choice.item.event)();
  if (choice.edit) {
    const uri = await vscode.workspace.openTextDocument({
      language: 'json',
      content: pretty(event),
    });
    await vscode.window.showTextDocument(uri);
    throw new Instruction(
      l10n.t(
        'Edit the event, then run "Invoke Function…" and choose "The JSON in the active editor".',
      ),
    );
  }
  return event;
}

function showEventPick(
  items: EventItem[],
  title: string,
): Promise<{ item: EventItem; edit: boolean }> {
  const pick = vscode.window.createQuickPick<EventItem>();
  pick.items = items;
  pick.title = title;
  pick.matchOnDetail = true;
  return new Promise<{ item: EventItem; edit: boolean } | undefined>((resolve) => {
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item !== undefined) {
        resolve({ item, edit: false });
      }
    });
    pick.onDidTriggerItemButton(({ item }) => resolve({ item, edit: true }));
    pick.onDidHide(() => resolve(undefined));
    pick.show();
  })
    .then(chosen)
    .finally(() => pick.dispose());
}

export async function lastEvent(parts: Parts, info: FunctionInfo): Promise<string | null> {
  if (parts.gateway.status !== 'running') {
    return null;
  }
  return (await parts.gateway.ask('lastEvent', { function: info.function })).event;
}

/** JSON files of `events/`; those named like the function or its roles come first. */
async function eventFiles(parts: Parts, info: FunctionInfo): Promise<EventItem[]> {
  const project = parts.projects.ofFile(info.file);
  const root = path.join(project?.folder ?? info.folder, 'events');
  const names = await fs.readdir(root, { recursive: true }).catch(() => []);
  const words = [info.name, ...info.roles].map((word) => word.toLowerCase());
  const fits = (name: string) => words.some((word) => name.toLowerCase().includes(word));
  return names
    .filter((name) => name.endsWith('.json'))
    .sort((one, other) => Number(fits(other)) - Number(fits(one)) || one.localeCompare(other))
    .map((name) => ({
      label: `$(json) ${name}`,
      description: 'events/',
      event: async () => readText(await fs.readFile(path.join(root, name)), name),
    }));
}

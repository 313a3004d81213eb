/** Frame breakpoints and held frames: adding, listing, and what to do with a frame that is held. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sentenceOf, UserError } from '../../core/errors';
import type { FrameBreakpoint, HeldFrame } from '../../protocol/fact';
import type { Ask } from '../../protocol/intent';
import { problemOfCondition } from '../../protocol/filter';
import { functionId } from '../../protocol/project';
import { chosen, registerCommand, showError } from '../commands/register';
import { locateHandler } from '../handlers';
import type { Gateway } from '../gateway';
import { commands } from '../ids';
import type { Log } from '../log';
import type { Parts } from '../parts';
import { eventKinds } from './eventBreaks';
import type { EventKind } from './eventBreaks';
import { shortId } from '../views/connectionsView';

const stateKey = 'frameBreakpoints';

/** Keeps the breakpoints of this workspace, and gives them to each session before its first client comes. */
export function keepFrameBreakpoints(
  storage: vscode.Memento,
  gateway: Gateway,
  log: Log,
): vscode.Disposable {
  return gateway.onDidReceiveFacts((facts) => {
    for (const fact of facts) {
      if (fact.kind === 'frameBreakpoints') {
        void storage.update(stateKey, fact.breakpoints);
      }
      if (fact.kind === 'listening') {
        const breakpoints = storage.get<FrameBreakpoint[]>(stateKey, []);
        if (breakpoints.length > 0) {
          gateway
            .ask('setFrameBreakpoints', { breakpoints })
            .catch((error: unknown) => log.error(sentenceOf(error)));
        }
      }
    }
  });
}

export function registerFrameBreakpoints(parts: Parts): vscode.Disposable[] {
  const { log, gateway } = parts;
  return [
    /** From a program: `{condition, direction}`, or `{on, enabled}` with a kind of event. */
    registerCommand(log, commands.addFrameBreakpoint, async (argument: unknown) => {
      const given = argument as (Partial<FrameBreakpoint> & { on?: EventKind }) | undefined;
      const on = given === undefined ? await askKind(parts) : (given.on ?? 'frame');
      if (on !== 'frame') {
        const others = [...parts.eventBreaks.enabled].filter((each) => each !== on);
        await parts.eventBreaks.enable(given?.enabled === false ? others : [...others, on]);
        return;
      }
      const condition = given?.condition ?? (await askCondition());
      const direction = given?.direction ?? (await askDirection());
      const id = newId(gateway.state.frameBreakpoints);
      await set(parts, [
        ...gateway.state.frameBreakpoints,
        { id, condition, direction, enabled: true },
      ]);
    }),
    /** From a program: all of them, as the `setFrameBreakpoints` intent takes them. */
    registerCommand(log, commands.editFrameBreakpoints, (argument: unknown) => {
      const given = argument as Partial<Ask<'setFrameBreakpoints'>> | undefined;
      return given?.breakpoints === undefined
        ? editBreakpoints(parts)
        : set(parts, given.breakpoints);
    }),
    /** From a program: what the `releaseFrame` intent takes. */
    registerCommand(log, commands.heldFrames, (argument: unknown) => {
      const given = argument as Ask<'releaseFrame'> | undefined;
      return given?.hold === undefined ? showHeld(parts) : releaseFrame(parts, given);
    }),
  ];
}

async function set(parts: Parts, breakpoints: FrameBreakpoint[]): Promise<void> {
  for (const { condition } of breakpoints) {
    const problem = conditionProblem(condition);
    if (problem !== undefined) {
      throw new UserError('badCondition', `${condition}: ${problem}`);
    }
  }
  await parts.gateway.ask('setFrameBreakpoints', { breakpoints });
}

function newId(breakpoints: readonly FrameBreakpoint[]): string {
  const numbers = breakpoints.map(({ id }) => Number(/^b(\d+)$/.exec(id)?.[1] ?? 0));
  return `b${Math.max(0, ...numbers) + 1}`;
}

async function askKind(parts: Parts): Promise<EventKind | 'frame'> {
  const items: (vscode.QuickPickItem & { on: EventKind | 'frame' })[] = [
    { label: `$(filter) ${l10n.t('A frame that matches a condition')}`, on: 'frame' },
    { label: `$(circle-slash) ${l10n.t('A client is refused')}`, on: 'refusal' },
    { label: `$(error) ${l10n.t('A push answers an errNo that is not 0')}`, on: 'errNo' },
    { label: `$(bug) ${l10n.t('A function fails')}`, on: 'functionError' },
  ];
  const off = items.filter(({ on }) => on === 'frame' || !parts.eventBreaks.enabled.has(on));
  const title = l10n.t('Add Frame Breakpoint: break on what?');
  return chosen(await vscode.window.showQuickPick(off, { title })).on;
}

/** Checked while one types, so that the error says where. */
async function askCondition(value = ''): Promise<string> {
  return chosen(
    await vscode.window.showInputBox({
      title: l10n.t('Add Frame Breakpoint'),
      prompt: l10n.t(
        "Frames that match are held. Written as in the filter of the Traffic view, e.g. conn:alice, $.type == 'join', /regex/ or size:>1k.",
      ),
      placeHolder: "conn:alice $.type == 'join'",
      value,
      ignoreFocusOut: true,
      validateInput: conditionProblem,
    }),
  ).trim();
}

function conditionProblem(condition: string): string | undefined {
  const problem = problemOfCondition(condition);
  if (problem === undefined) {
    return undefined;
  }
  const translate = l10n.t; // The filter's own sentences are translated with it.
  const sentence = translate(problem.message, ...problem.values);
  return condition.trim() === '' ? sentence : `${problem.start + 1}: ${sentence}`;
}

async function askDirection(): Promise<FrameBreakpoint['direction']> {
  const items: (vscode.QuickPickItem & { direction: FrameBreakpoint['direction'] })[] = [
    { label: `$(arrow-up) ${l10n.t('From clients to the server')}`, direction: 'toServer' },
    { label: `$(arrow-down) ${l10n.t('From the server to clients')}`, direction: 'toClient' },
    { label: `$(arrow-both) ${l10n.t('Both')}`, direction: 'both' },
  ];
  const title = l10n.t('Add Frame Breakpoint: direction');
  return chosen(await vscode.window.showQuickPick(items, { title })).direction;
}

interface BreakItem extends vscode.QuickPickItem {
  breakpoint?: FrameBreakpoint;
  on?: EventKind;
}

/** All breakpoints, with those on events; checked ones are on. */
async function editBreakpoints(parts: Parts): Promise<void> {
  const all = parts.gateway.state.frameBreakpoints;
  const arrows = { toServer: '↑', toClient: '↓', both: '↕' };
  const remove = { iconPath: new vscode.ThemeIcon('trash'), tooltip: l10n.t('Remove') };
  const events: Record<EventKind, string> = {
    refusal: l10n.t('A client is refused'),
    errNo: l10n.t('A push answers an errNo that is not 0'),
    functionError: l10n.t('A function fails'),
  };
  const items: BreakItem[] = [
    ...all.map((breakpoint) => ({
      label: `${arrows[breakpoint.direction]} ${breakpoint.condition}`,
      buttons: [remove],
      breakpoint,
    })),
    ...eventKinds.map((on) => ({ label: events[on], on })),
  ];
  const isOn = ({ breakpoint, on }: BreakItem) =>
    breakpoint?.enabled === true || (on !== undefined && parts.eventBreaks.enabled.has(on));
  const { left, checked } = await pickBreakpoints(parts, items, items.filter(isOn));
  await parts.eventBreaks.enable(checked.flatMap(({ on }) => on ?? []));
  await set(
    parts,
    left.flatMap((item) =>
      item.breakpoint === undefined ? [] : { ...item.breakpoint, enabled: checked.includes(item) },
    ),
  );
}

/** Resolves with the items that were not removed, and those of them that are on. A removed one is gone at once. */
async function pickBreakpoints(
  parts: Parts,
  items: BreakItem[],
  selected: BreakItem[],
): Promise<{ left: BreakItem[]; checked: BreakItem[] }> {
  const pick = vscode.window.createQuickPick<BreakItem>();
  pick.title = l10n.t('Frame Breakpoints');
  pick.placeholder = l10n.t('Checked ones are on');
  pick.canSelectMany = true;
  pick.items = items;
  pick.selectedItems = selected;
  pick.onDidTriggerItemButton(({ item }) => {
    const checked = pick.selectedItems.filter((each) => each !== item);
    pick.items = pick.items.filter((each) => each !== item);
    pick.selectedItems = checked;
    const rest = parts.gateway.state.frameBreakpoints.filter(
      ({ id }) => id !== item.breakpoint?.id,
    );
    set(parts, rest).catch((error: unknown) => showError(parts.log, error));
  });
  const accepted = await new Promise<boolean>((resolve) => {
    pick.onDidAccept(() => resolve(true));
    pick.onDidHide(() => resolve(false));
    pick.show();
  });
  const result = { left: [...pick.items], checked: [...pick.selectedItems] };
  pick.dispose();
  return chosen(accepted ? result : undefined);
}

type How = Ask<'releaseFrame'>['how'];

async function showHeld(parts: Parts): Promise<void> {
  const held = [...parts.gateway.state.held.values()];
  const [first] = held;
  if (first === undefined) {
    vscode.window.setStatusBarMessage(l10n.t('No frame is held.'), 4000);
    return;
  }
  const frame =
    held.length === 1
      ? first
      : chosen(
          await vscode.window.showQuickPick(
            held.map((each) => ({ ...item(parts, each), frame: each })),
            { title: l10n.t('Held Frames') },
          ),
        ).frame;
  const actions: (vscode.QuickPickItem & { how: How })[] = [
    { label: `$(debug-continue) ${l10n.t('Release')}`, how: 'released' },
    { label: `$(edit) ${l10n.t('Edit and release…')}`, how: 'edited' },
    { label: `$(trash) ${l10n.t('Drop')}`, how: 'dropped' },
  ];
  if (frame.direction === 'toServer') {
    const label = `$(debug-step-into) ${l10n.t('Step into the handler')}`;
    actions.push({ label, how: 'steppedInto' });
  }
  const { label } = item(parts, frame);
  const { how } = chosen(
    await vscode.window.showQuickPick(actions, { title: label, ignoreFocusOut: true }),
  );
  const data = how === 'edited' ? await editData(parts, frame) : undefined;
  await releaseFrame(parts, { hold: frame.hold, how, data });
}

function item(parts: Parts, frame: HeldFrame): vscode.QuickPickItem {
  const client = parts.gateway.state.connections.get(frame.connection)?.client;
  const arrow = frame.direction === 'toServer' ? '↑' : '↓';
  return {
    label: `${arrow} ${client ?? shortId(frame.connection)}: ${frame.preview}`,
    description: frame.type,
  };
}

async function editData(parts: Parts, frame: HeldFrame): Promise<string> {
  const payload = await parts.gateway.ask('payload', { seq: frame.hold });
  return chosen(
    await vscode.window.showInputBox({
      title: frame.type === 'binary' ? l10n.t('Bytes, as base64') : l10n.t('Text'),
      value: payload?.data ?? frame.preview,
      ignoreFocusOut: true,
    }),
  );
}

/** Releases a held frame; stepping into it makes the debugger stop on the first line of the handler. */
export async function releaseFrame(parts: Parts, ask: Ask<'releaseFrame'>): Promise<null> {
  if (ask.how === 'steppedInto') {
    await prepareStepInto(parts, ask.hold);
  }
  return parts.gateway.ask('releaseFrame', ask);
}

async function prepareStepInto(parts: Parts, hold: number): Promise<void> {
  const { state } = parts.gateway;
  if (!state.held.has(hold)) {
    // A program may know of it before the editor does; an answer comes after all facts that were told before it.
    await parts.gateway.ask('payload', { seq: hold });
  }
  const frame = state.held.get(hold);
  const connection = frame && state.connections.get(frame.connection);
  const service = state.services.find(({ name }) => name === connection?.service);
  const info = service?.functions.find(({ roles }) => roles.includes('transfer'));
  if (service === undefined || info === undefined) {
    throw new UserError('notHeld', l10n.t('The frame is not held any more.'));
  }
  await parts.debugging.debug([info]);
  const place = await locateHandler(info);
  if (place === undefined) {
    throw new UserError(
      'noHandler',
      l10n.t('{0} has no handler {1} to stop in.', info.file, info.handler),
    );
  }
  const { line, column } = place.body;
  const location = new vscode.Location(
    vscode.Uri.file(info.file),
    new vscode.Position(line, column),
  );
  await parts.debugging.stopOnceAt(functionId(service.name, info.name), location);
}

/** Frame breakpoints and held frames: adding, listing, and what to do with a frame that is held. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { UserError } from '../../core/errors';
import type { FrameBreakpoint, HeldFrame } from '../../protocol/fact';
import type { Ask } from '../../protocol/intent';
import { functionId } from '../../protocol/project';
import { chosen, registerCommand } from '../commands/register';
import { locateHandler } from '../handlers';
import { commands } from '../ids';
import type { Parts } from '../parts';
import { shortId } from '../views/connectionsView';

export function registerFrameBreakpoints(parts: Parts): vscode.Disposable[] {
  const { log, gateway } = parts;
  return [
    /** From a program: `{condition, direction}`. */
    registerCommand(log, commands.addFrameBreakpoint, async (argument: unknown) => {
      const given = argument as Partial<FrameBreakpoint> | undefined;
      const condition = given?.condition ?? (await askCondition(parts));
      const direction = given?.direction ?? (await askDirection());
      const id = newId(gateway.state.frameBreakpoints);
      await set(parts, [
        ...gateway.state.frameBreakpoints,
        { id, condition, direction, enabled: true },
      ]);
    }),
    registerCommand(log, commands.editFrameBreakpoints, () => editBreakpoints(parts)),
    registerCommand(log, commands.heldFrames, () => showHeld(parts)),
  ];
}

async function set(parts: Parts, breakpoints: FrameBreakpoint[]): Promise<void> {
  const { problems } = await parts.gateway.ask('setFrameBreakpoints', { breakpoints });
  const [first] = problems;
  if (first !== undefined) {
    throw new UserError('badCondition', first.message);
  }
}

function newId(breakpoints: readonly FrameBreakpoint[]): string {
  const numbers = breakpoints.map(({ id }) => Number(/^b(\d+)$/.exec(id)?.[1] ?? 0));
  return `b${Math.max(0, ...numbers) + 1}`;
}

/** Asked of the session while one types, so that the error says where. */
async function askCondition(parts: Parts, value = ''): Promise<string> {
  const before = parts.gateway.state.frameBreakpoints;
  return chosen(
    await vscode.window.showInputBox({
      title: l10n.t('Add Frame Breakpoint'),
      prompt: l10n.t(
        "Frames that match are held. As in the filter of the Traffic view: conn:alice, $.type == 'join', /regex/, size:>1k; kind:refusal, errno:!=0 and kind:error break on those.",
      ),
      placeHolder: "conn:alice $.type == 'join'",
      value,
      ignoreFocusOut: true,
      validateInput: (condition) => {
        void before;
        return condition.trim() === '' ? l10n.t('A condition; * holds every frame.') : undefined;
      },
    }),
  ).trim();
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

async function editBreakpoints(parts: Parts): Promise<void> {
  const all = parts.gateway.state.frameBreakpoints;
  const add = { label: `$(add) ${l10n.t('Add Frame Breakpoint…')}`, breakpoint: undefined };
  const names = { toServer: '↑', toClient: '↓', both: '↕' };
  const items = all.map((breakpoint) => ({
    label: `${names[breakpoint.direction]} ${breakpoint.condition}`,
    picked: breakpoint.enabled,
    breakpoint,
  }));
  if (items.length === 0) {
    await vscode.commands.executeCommand(commands.addFrameBreakpoint);
    return;
  }
  const pick = vscode.window.createQuickPick<(typeof items)[number] | typeof add>();
  const remove = { iconPath: new vscode.ThemeIcon('trash'), tooltip: l10n.t('Remove') };
  pick.title = l10n.t('Frame Breakpoints');
  pick.placeholder = l10n.t('Checked ones are on');
  pick.canSelectMany = true;
  pick.items = items.map((item) => ({ ...item, buttons: [remove] }));
  pick.selectedItems = pick.items.filter(({ breakpoint }) => breakpoint?.enabled === true);
  pick.onDidTriggerItemButton(({ item }) => {
    const rest = parts.gateway.state.frameBreakpoints.filter(
      ({ id }) => id !== item.breakpoint?.id,
    );
    pick.hide();
    void set(parts, rest);
  });
  const accepted = await new Promise<boolean>((resolve) => {
    pick.onDidAccept(() => resolve(true));
    pick.onDidHide(() => resolve(false));
    pick.show();
  });
  const on = new Set(pick.selectedItems.map(({ breakpoint }) => breakpoint?.id));
  pick.dispose();
  if (accepted) {
    await set(
      parts,
      all.map((each) => ({ ...each, enabled: on.has(each.id) })),
    );
  }
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
  const { how } = chosen(await vscode.window.showQuickPick(actions, { title: label }));
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

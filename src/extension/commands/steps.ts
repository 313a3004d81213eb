/** Inputs one after the other, with a way back. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { Cancelled } from './register';

const back = Symbol('back');

export interface Step<T> {
  show(answers: T, position: StepPosition): Promise<Partial<T> | typeof back>;
}

export interface StepPosition {
  title: string;
  step: number;
  totalSteps: number;
}

/** Goes through the steps; Back returns to the one before. Throws `Cancelled` when an input is closed. */
export async function runSteps<T extends object>(
  title: string,
  steps: Step<T>[],
  initial: T,
): Promise<T> {
  const answers = { ...initial };
  let index = 0;
  while (index < steps.length) {
    const position = { title, step: index + 1, totalSteps: steps.length };
    const result = await steps[index]!.show(answers, position);
    if (result === back) {
      index = Math.max(0, index - 1);
    } else {
      Object.assign(answers, result);
      index++;
    }
  }
  return answers;
}

export interface Choice<V> extends vscode.QuickPickItem {
  value: V;
}

/** What Enter takes is marked from the start: the value `active`, else the first. */
export function pickStep<V>(
  position: StepPosition,
  placeholder: string,
  items: Choice<V>[],
  active?: V,
): Promise<V | typeof back> {
  const pick = vscode.window.createQuickPick<Choice<V>>();
  Object.assign(pick, position, { placeholder, items, ignoreFocusOut: true });
  const marked = items.find(({ value }) => value === active) ?? items[0];
  pick.activeItems = marked === undefined ? [] : [marked];
  return show(pick, position.step > 1, (finish) =>
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item !== undefined) {
        finish(item.value);
      }
    }),
  );
}

/** Belongs to the step of a pick before it, to which Back returns. */
export function inputStep(
  position: StepPosition,
  prompt: string,
  value: string,
  problemOf: (text: string) => string | undefined,
): Promise<string | typeof back> {
  const input = vscode.window.createInputBox();
  Object.assign(input, position, { prompt, value, ignoreFocusOut: true });
  return show(input, true, (finish) => {
    const check = () => (input.validationMessage = problemOf(input.value.trim()));
    return vscode.Disposable.from(
      input.onDidChangeValue(check),
      input.onDidAccept(() => {
        if (check() === undefined) {
          finish(input.value.trim());
        }
      }),
    );
  });
}

function show<V>(
  input: vscode.QuickInput & {
    buttons: readonly vscode.QuickInputButton[];
    onDidTriggerButton: vscode.Event<vscode.QuickInputButton>;
  },
  hasBack: boolean,
  listen: (finish: (value: V) => void) => vscode.Disposable,
): Promise<V | typeof back> {
  return new Promise<V | typeof back>((resolve, reject) => {
    input.buttons = hasBack ? [vscode.QuickInputButtons.Back] : [];
    input.onDidTriggerButton(() => resolve(back));
    input.onDidHide(() => reject(new Cancelled(l10n.t('Cancelled'))));
    listen(resolve);
    input.show();
  }).finally(() => input.dispose());
}

export function isBack(result: unknown): result is typeof back {
  return result === back;
}

export function answered<V, T>(
  result: V | typeof back,
  take: (value: V) => Partial<T>,
): Partial<T> | typeof back {
  return result === back ? back : take(result);
}

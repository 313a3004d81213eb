/** Inputs one after the other, with a way back. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { Cancelled } from './register';

const back = Symbol('back');

export interface Step<T> {
  /** Undefined: nothing had to be asked, given what was answered before. */
  show(answers: T, position: StepPosition): Promise<Partial<T> | typeof back | undefined>;
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
  const shown: number[] = [];
  let index = 0;
  while (index < steps.length) {
    const position = { title, step: index + 1, totalSteps: steps.length };
    const result = await steps[index]?.show(answers, position);
    if (result === back) {
      index = shown.pop() ?? 0;
    } else {
      if (result !== undefined) {
        Object.assign(answers, result);
        shown.push(index);
      }
      index++;
    }
  }
  return answers;
}

export interface Choice<V> extends vscode.QuickPickItem {
  value: V;
}

export function pickStep<V>(
  position: StepPosition,
  placeholder: string,
  items: Choice<V>[],
  active?: V,
): Promise<V | typeof back> {
  const pick = vscode.window.createQuickPick<Choice<V>>();
  Object.assign(pick, position, { placeholder, items, ignoreFocusOut: true });
  pick.activeItems = items.filter(({ value }) => value === active);
  return show(pick, position, (finish) => {
    const accepted = pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item !== undefined) {
        finish(item.value);
      }
    });
    return accepted;
  });
}

export function inputStep(
  position: StepPosition,
  prompt: string,
  value: string,
  problemOf: (text: string) => string | undefined,
): Promise<string | typeof back> {
  const input = vscode.window.createInputBox();
  Object.assign(input, position, { prompt, value, ignoreFocusOut: true });
  return show(input, position, (finish) => {
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
  { step }: StepPosition,
  listen: (finish: (value: V) => void) => vscode.Disposable,
): Promise<V | typeof back> {
  return new Promise<V | typeof back>((resolve, reject) => {
    input.buttons = step > 1 ? [vscode.QuickInputButtons.Back] : [];
    input.onDidTriggerButton(() => resolve(back));
    input.onDidHide(() => reject(new Cancelled(l10n.t('Cancelled'))));
    listen(resolve);
    input.show();
  }).finally(() => input.dispose());
}

export function answered<V, T>(
  result: V | typeof back,
  take: (value: V) => Partial<T>,
): Partial<T> | typeof back {
  return result === back ? back : take(result);
}

/** `--faults <preset|file> --seed N`: the plan of the fault lab to start with. */
import fs from 'node:fs';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import { readText } from '../core/textFile';
import { checkedFaultPlan } from '../core/session/intents';
import type { FaultPlan } from '../protocol/fact';
import { faultPresets, planOfPreset } from '../protocol/faultPresets';

/** `name`: a preset's id, else a JSON file with a plan; `seed` wins over the file's. */
export function readFaultPlan(name: string, seed: number | undefined): FaultPlan {
  const preset = planOfPreset(name, seed ?? 1);
  if (preset !== undefined) {
    return preset;
  }
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(name);
  } catch {
    throw new UserError(
      'usage',
      l10n.t('There is no fault preset and no file called {0}.', name),
      l10n.t('Presets: {0}', faultPresets.map(({ id }) => id).join(', ')),
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(readText(bytes, name));
  } catch (error) {
    throw new UserError(
      'badFaultPlan',
      l10n.t('The fault plan is wrong: {0}.', (error as Error).message),
    );
  }
  const plan = checkedFaultPlan(value);
  return seed === undefined ? plan : { ...plan, seed };
}

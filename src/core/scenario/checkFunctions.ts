/** Functions that steps name but the project does not have: told before anything runs, at their place. */
import * as l10n from '@vscode/l10n';
import { type Problem, roles, type ServiceSpec } from '../../protocol/project';
import { didYouMean } from '../project/suggestion';
import type { Step } from './flow';
import type { Plan } from './loadFlows';

const ofFunctions = new Set<Step['kind']>(['ran', 'didNotRun', 'restarts', 'isInvoked']);

export function checkFunctions({ scenario }: Plan, service: ServiceSpec): Problem[] {
  const names = service.functions.map(({ name }) => name);
  const known = new Set([...names, ...roles].map((name) => name.toLowerCase()));
  const problems: Problem[] = [];
  const look = (steps: readonly Step[]): void => {
    for (const { kind, subject = '', place, steps: inner = [] } of steps) {
      if (ofFunctions.has(kind) && !subject.includes('${') && !known.has(subject.toLowerCase())) {
        const hint = didYouMean(subject, names) || ` ${l10n.t('Functions: {0}', names.join(', '))}`;
        const message = l10n.t('There is no function {0}.', subject) + hint;
        problems.push({
          file: place.file,
          path: '',
          severity: 'error',
          message,
          range: place.range,
        });
      }
      look(inner);
    }
  };
  look(scenario.steps);
  return problems;
}

/** `scfws new`: a new project in a folder. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import {
  type CiName,
  defaultFunctionNames,
  functionNameProblem,
  type Language,
  planScaffold,
  type TemplateName,
} from '../core/scaffold/planScaffold';
import { readTemplates } from '../core/scaffold/templates';
import { findClashes, writeScaffold } from '../core/scaffold/writeScaffold';
import { pasteable } from '../core/pasteable';
import { roles } from '../protocol/project';

export interface CreateOptions {
  language: Language;
  template: TemplateName;
  register?: string;
  transfer?: string;
  cleanup?: string;
  locale?: string;
  ci?: CiName;
}

export async function create(
  folder: string,
  options: CreateOptions,
  templateFolder: string,
): Promise<number> {
  const { language, template } = options;
  const functionNames = { ...defaultFunctionNames };
  for (const role of roles) {
    functionNames[role] = options[role] ?? functionNames[role];
  }
  for (const role of roles) {
    const others = roles.filter((other) => other !== role).map((other) => functionNames[other]);
    const problem = functionNameProblem(functionNames[role], others);
    if (problem !== undefined) {
      throw new UserError('badName', `--${role}: ${problem}`);
    }
  }
  const target = path.resolve(folder);
  const plan = planScaffold(
    {
      service: path.basename(target),
      language,
      template,
      functionNames,
      ...(options.ci === undefined ? {} : { ci: options.ci }),
      ...(options.locale === undefined ? {} : { locale: options.locale }),
    },
    await readTemplates(templateFolder),
  );
  const clashes = await findClashes(plan, target);
  if (clashes.length > 0) {
    throw new UserError(
      'exists',
      l10n.t('Nothing was written, because these exist in {0}: {1}.', target, clashes.join(', ')),
      l10n.t('Choose an empty folder.'),
    );
  }
  await writeScaffold(plan, target);
  process.stdout.write(
    `${plan.files.map((file) => `  ${file.path}`).join('\n')}\n${l10n.t('Created {0}. Start it with: {1}', folder, pasteable('scfws', 'serve', folder))}\n`,
  );
  return 0;
}

/** Packages that the project itself lists: installed as it lists them, not as the newest of that name. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { DiagnosticFix } from '../../../protocol/fact';
import type { FunctionSpec } from '../../../protocol/project';
import { pasteable } from '../../pasteable';
import { sourceOf } from './source';

export interface Listed {
  advice: string;
  fix?: DiagnosticFix;
}

type Base = Pick<DiagnosticFix, 'kind' | 'family' | 'isKnown' | 'interpreter'>;

/** `names`: what the package may be called. undefined: the project does not list it. */
export function ofList(
  names: readonly string[],
  spec: FunctionSpec,
  project: string,
  interpreter: string,
): Listed | undefined {
  const family = spec.family === 'python' ? 'python' : 'node';
  const base: Base = { kind: 'installLibrary', family, isKnown: true, interpreter };
  const folders = [...new Set([spec.folder, project])];
  for (const folder of folders) {
    const found =
      family === 'python'
        ? ofRequirements(names, folder, base)
        : ofPackageJson(names, folder, spec, base);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function ofRequirements(names: readonly string[], folder: string, base: Base): Listed | undefined {
  const file = path.join(folder, 'requirements.txt');
  const wanted = new Set(names.map(plain));
  for (const line of sourceOf(file).split(/\r?\n/)) {
    // Version and extras belong to it; markers, hashes and comments do not.
    const [, asked = '', name = ''] =
      /^\s*((?:([A-Za-z\d][\w.-]*)\s*(?:\[[^\]]*\])?)[^;#\\]*?)\s*(?:--hash.*)?(?:[;#\\].*)?$/.exec(
        line,
      ) ?? [];
    if (wanted.has(plain(name))) {
      const command = pasteable(base.interpreter, '-m', 'pip', 'install', '-r', file);
      const packages = [asked.replace(/\s*([<>=!~,])\s*/g, '$1')];
      return {
        advice: l10n.t(
          '{0} lists it. Install what it lists with: {1}',
          'requirements.txt',
          command,
        ),
        fix: { ...base, packages, command },
      };
    }
  }
  return undefined;
}

/** As package indexes compare names (PEP 503). */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

function ofPackageJson(
  names: readonly string[],
  folder: string,
  spec: FunctionSpec,
  base: Base,
): Listed | undefined {
  const listed = dependenciesIn(folder);
  const name = names.find((each) => listed[each] !== undefined);
  if (name === undefined) {
    return undefined;
  }
  const told = (command: string): string =>
    l10n.t('{0} lists it. Install what it lists with: {1}', 'package.json', command);
  const has = (file: string): boolean => fs.existsSync(path.join(folder, file));
  if (has('pnpm-lock.yaml') || has('yarn.lock')) {
    return {
      advice: told(
        has('yarn.lock')
          ? pasteable('yarn', '--cwd', folder, 'install')
          : pasteable('pnpm', '--dir', folder, 'install'),
      ),
    };
  }
  const range = listed[name] ?? '';
  // The cloud gets the folder of the function alone; what lies in the project is linked from its root.
  const whole = folder === spec.folder || /^(workspace|file|link|portal):/.test(range);
  const asked = `${name}@${range}`;
  const command = whole
    ? pasteable('npm', 'install', '--prefix', folder)
    : pasteable('npm', 'install', '--prefix', spec.folder, asked);
  return {
    advice: whole ? told(command) : l10n.t('Install it with: {0}', command),
    fix: whole
      ? { ...base, packages: [], folder, command }
      : { ...base, packages: [asked], command },
  };
}

function dependenciesIn(folder: string): Record<string, string> {
  try {
    const read = JSON.parse(
      sourceOf(path.join(folder, 'package.json')).replace(/^\ufeff/, ''),
    ) as Record<string, Record<string, unknown> | undefined> | null;
    const all = kinds.flatMap((kind) => Object.entries(read?.[kind] ?? {}));
    return Object.fromEntries(
      all.filter((each): each is [string, string] => typeof each[1] === 'string').reverse(),
    );
  } catch {
    return {};
  }
}

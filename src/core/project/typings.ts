/** Gives a project the types of its events, answers and pushes, and its handlers the lines that use them. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { roles } from '../../protocol/project';
import type { FunctionSpec, Role, RuntimeFamily } from '../../protocol/project';
import { renderDeclarations, renderTypedDicts } from '../../protocol/renderTypes';
import { UserError } from '../errors';
import { handlerFile, moduleOf } from './handlerFile';
import type { ProjectFile } from './projectFile';

export const declarationFile = 'scfws.d.ts';
export const typedDictFile = 'scfws_types.py';

export interface TypesPlan {
  /** Files with the types, relative to the project. */
  files: { path: string; text: string }[];
  /** Handlers that shall use them: absolute path, and the text with the types. Those that cannot be are left alone. */
  handlers: { file: string; before: string; after: string }[];
}

const handlerTypes: Record<Role, { type: string; event: string; answer: string }> = {
  register: { type: 'RegisterHandler', event: 'RegisterEvent', answer: 'RegisterAnswer' },
  transfer: { type: 'TransmissionHandler', event: 'TransmissionEvent', answer: 'object' },
  cleanup: { type: 'DeleteHandler', event: 'DeleteEvent', answer: 'object' },
};

/** The files that the languages of a project need. */
export function typeFiles(families: ReadonlySet<RuntimeFamily>): TypesPlan['files'] {
  return [
    ...(families.has('node') ? [{ path: declarationFile, text: renderDeclarations() }] : []),
    ...(families.has('python') ? [{ path: typedDictFile, text: renderTypedDicts() }] : []),
  ];
}

/** Throws a `UserError` when no language of the project has types, or another file is in the way. */
export async function planTypes(project: ProjectFile): Promise<TypesPlan> {
  const files = typeFiles(new Set(project.functions.map(({ family }) => family)));
  if (files.length === 0) {
    throw new UserError(
      'noTypes',
      l10n.t(
        'There are types for Python, JavaScript and TypeScript; this project has none of them.',
      ),
    );
  }
  for (const each of files) {
    const there = await textOf(path.join(project.folder, each.path));
    if (there !== undefined && !/Add Types/.test(there.slice(0, 200))) {
      throw new UserError(
        'exists',
        l10n.t(
          '{0} exists already, and is not of this tool.',
          path.join(project.folder, each.path),
        ),
        l10n.t('Move it away and add the types again.'),
      );
    }
  }
  const handlers: TypesPlan['handlers'] = [];
  for (const spec of project.functions) {
    const file = handlerFile(spec);
    const before = await textOf(file);
    const played = roles.filter((role) => project.roles[role] === spec.name);
    const after = before === undefined ? undefined : annotated(before, file, spec, played, project);
    if (before !== undefined && after !== undefined && after !== before) {
      handlers.push({ file, before, after });
    }
  }
  return { files, handlers };
}

function annotated(
  text: string,
  file: string,
  spec: FunctionSpec,
  played: readonly Role[],
  project: ProjectFile,
): string | undefined {
  const [role, ...others] = played;
  if (role === undefined || project.integrationResponse) {
    return undefined;
  }
  const name = spec.handler.slice(moduleOf(spec.handler).length + 1);
  if (spec.family === 'python') {
    return annotatePython(text, name, others.length === 0 ? role : undefined);
  }
  if (spec.family !== 'node' || !/\.[cm]?js$/.test(file)) {
    return undefined; // TypeScript says its types itself; where it does not, nobody but its author should.
  }
  const to = path.relative(path.dirname(file), path.join(project.folder, 'scfws'));
  const from = to.split(path.sep).join('/');
  const type = others.length === 0 ? handlerTypes[role].type : 'AnyHandler';
  return annotateJavaScript(text, name, type, from.startsWith('.') ? from : `./${from}`);
}

/** `// @ts-check`, and a JSDoc type above the handler. Undefined where there are types, or no handler to see. */
export function annotateJavaScript(
  text: string,
  handler: string,
  type: string,
  from: string,
): string | undefined {
  if (/@type\b|@param\b|@ts-(no)?check/.test(text)) {
    return undefined;
  }
  const name = handler.replace(/[$]/g, '\\$&');
  const place = new RegExp(
    `^(?:(?:module\\.)?exports\\.${name}\\s*=|export\\s+(?:const|let|var)\\s+${name}\\b|export\\s+(?:async\\s+)?function\\s+${name}\\b)`,
    'm',
  ).exec(text);
  if (place === null) {
    return undefined;
  }
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const comment = `/** @type {import('${from}').${type}} */${end}`;
  const typed = text.slice(0, place.index) + comment + text.slice(place.index);
  const bang = /^\uFEFF?(#!.*\r?\n)?/.exec(typed)?.[0] ?? '';
  return `${bang}// @ts-check${end}${typed.slice(bang.length)}`;
}

/** A type comment under the handler, which every Python reads, and the import that only language servers follow. */
export function annotatePython(
  text: string,
  handler: string,
  role: Role | undefined,
): string | undefined {
  if (/scfws_types|# type: \(/.test(text)) {
    return undefined;
  }
  const { event, answer } =
    role === undefined
      ? { event: 'Union[RegisterEvent, TransmissionEvent, DeleteEvent]', answer: 'object' }
      : handlerTypes[role];
  const place = new RegExp(
    `^((?:async[ \\t]+)?def[ \\t]+${handler}[ \\t]*\\([ \\t]*\\w+[ \\t]*,[ \\t]*\\w+[ \\t]*\\)[ \\t]*:)[ \\t]*(\\r?\\n)([ \\t]+)`,
    'm',
  ).exec(text);
  if (place === null) {
    return undefined; // On one line, or with types of its own.
  }
  const [whole, signature = '', end = '\n', indent = '    '] = place;
  const comment = `${signature}${end}${indent}# type: (${event}, Context) -> ${answer}${end}${indent}`;
  const typed = text.slice(0, place.index) + comment + text.slice(place.index + whole.length);
  const names = [...new Set(['Context', ...event.matchAll(/\w+Event/g)].map(String))];
  const imported = [...names, ...(answer === 'object' ? [] : [answer])].sort();
  const lines = [
    ...(role === undefined ? [] : []),
    'TYPE_CHECKING = False  # Language servers take it for true.',
    'if TYPE_CHECKING:',
    ...(role === undefined ? ['    from typing import Union', ''] : []),
    `    from scfws_types import ${imported.join(', ')}`,
    '',
  ].map((line) => line + end);
  const at = importPlace(typed);
  return (
    typed.slice(0, at) +
    lines.join('') +
    (typed.slice(at).startsWith(end) ? '' : end) +
    typed.slice(at)
  );
}

/** After the last import at the start of a line that stands before the first definition, or after the docstring. */
function importPlace(text: string): number {
  const first = /^(?:async\s+def|def|class|@|if\s|try\s*:)/m.exec(text)?.index ?? text.length;
  const head = text.slice(0, first);
  const imports = [...head.matchAll(/^(?:import|from)\s[^(\n]*(?:\([^)]*\)[^\n]*)?\r?\n/gm)];
  const last = imports.at(-1);
  if (last !== undefined) {
    return last.index + last[0].length;
  }
  const start =
    /^\uFEFF?(?:[ \t]*#[^\n]*\n|[ \t]*\r?\n)*(?:[rRuU]?("""|''')[\s\S]*?\1[ \t]*\r?\n)?/.exec(
      head,
    )?.[0] ?? '';
  return start.length;
}

async function textOf(file: string): Promise<string | undefined> {
  return fs.readFile(file, 'utf8').catch(() => undefined);
}

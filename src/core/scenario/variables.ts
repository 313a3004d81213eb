/** `${name}` in the texts of a step: filled in when the step runs. */
import * as l10n from '@vscode/l10n';
import { writeJson } from '../../protocol/json';
import { UserError } from '../errors';
import { isRecord } from './schema';

/** `${alice.id}`, `${room}`, `${message.items[0]}`; `$${` stands for `${` itself. */
const reference = /\$?\$\{\s*([A-Za-z_][\w-]*)((?:\.[A-Za-z_]\w*|\[\d+\])*)\s*\}/g;

/** So that `fillIn` gives the text itself. */
export function escapeReferences(text: string): string {
  return text.replace(reference, (written) => `$${written}`);
}

/** Fills in every text of a value. A text that is nothing but a reference becomes the value itself. */
export function fillIn(value: unknown, variables: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string') {
    return fillText(value, variables);
  }
  if (Array.isArray(value)) {
    return value.map((each) => fillIn(each, variables));
  }
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        String(fillText(key, variables)),
        fillIn(each, variables),
      ]),
    );
  }
  return value;
}

function fillText(text: string, variables: ReadonlyMap<string, unknown>): unknown {
  const whole = new RegExp(`^${reference.source}$`).exec(text);
  if (whole !== null && !text.startsWith('$$')) {
    return lookUp(whole[1] ?? '', whole[2] ?? '', variables);
  }
  return text.replace(reference, (written: string, name: string, path: string) => {
    if (written.startsWith('$$')) {
      return written.slice(1);
    }
    const value = lookUp(name, path, variables);
    return typeof value === 'string' ? value : writeJson(value);
  });
}

function lookUp(name: string, path: string, variables: ReadonlyMap<string, unknown>): unknown {
  if (!variables.has(name)) {
    throw new UserError(
      'unknownVariable',
      l10n.t('There is no variable "{0}".', name),
      variables.size === 0
        ? l10n.t('Define it under "vars", or capture it in an earlier step.')
        : l10n.t('There are: {0}.', [...variables.keys()].join(', ')),
    );
  }
  let value = variables.get(name);
  for (const [, key, index] of path.matchAll(/\.(\w+)|\[(\d+)\]/g)) {
    const part = key ?? Number(index);
    const inside = isRecord(value) || Array.isArray(value);
    if (!inside || !Object.hasOwn(value as object, part)) {
      throw new UserError(
        'unknownVariable',
        l10n.t('"{0}" has no "{1}": it is {2}.', name, part, writeJson(variables.get(name))),
      );
    }
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Names that a value refers to. */
export function namesIn(value: unknown): string[] {
  if (typeof value === 'string') {
    return [...value.matchAll(reference)]
      .filter(([written]) => !written.startsWith('$$'))
      .map(([, name]) => name ?? '');
  }
  if (Array.isArray(value)) {
    return value.flatMap(namesIn);
  }
  return isRecord(value) ? [...Object.keys(value), ...Object.values(value)].flatMap(namesIn) : [];
}

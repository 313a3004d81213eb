/** Values of which JSON keeps nothing, and what to write instead. */
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import type { Notice } from '../channel/channel';
import { isBelow } from './pythonVersions';

type LostValue = Extract<Notice, { notice: 'lostValue' }>;

export function explainLost(
  { of, kind, where }: LostValue,
  spec: FunctionSpec,
): { message: string; advice: string } {
  const [name, path] = [spec.name, where.replace(/^\./, '')];
  const message =
    of === 'answer'
      ? where === ''
        ? l10n.t('{0} answers with an object of class {1}: JSON makes {} of it.', name, kind)
        : l10n.t(
            '{0} answers with an object of class {1} at {2}: JSON makes {} of it.',
            ...[name, kind, path],
          )
      : where === ''
        ? l10n.t('{0} pushes an object of class {1}: JSON makes {} of it.', name, kind)
        : l10n.t(
            '{0} pushes an object of class {1} at {2}: JSON makes {} of it.',
            ...[name, kind, path],
          );
  return { message, advice: adviceFor(kind, spec) };
}

function adviceFor(kind: string, { runtimeVersion = '' }: FunctionSpec): string {
  switch (kind) {
    case 'Promise':
      return l10n.t('Write await before it.');
    case 'Error':
      return l10n.t('Take what is to be kept out of it: {0}.', '{ message: error.message }');
    case 'Response':
    case 'Request':
      return l10n.t('Take what is to be kept out of it: {0}.', 'await response.json()');
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return l10n.t('Write {0} instead.', "Buffer.from(it).toString('base64')");
    case 'RegExp':
      return l10n.t('Write {0} instead.', 'String(it)');
    case 'Map':
    case 'URLSearchParams':
    case 'Headers':
    case 'FormData':
      return l10n.t(
        'Write {0} instead.',
        /^\d/.test(runtimeVersion) && isBelow(runtimeVersion, '12.0')
          ? '[...it]'
          : 'Object.fromEntries(it)',
      );
    default:
      return kind === 'Set' || / Iterator$|^Generator$/.test(kind)
        ? l10n.t('Write {0} instead.', '[...it]')
        : l10n.t('Give the class a method {0}, or write a plain object instead.', 'toJSON()');
  }
}

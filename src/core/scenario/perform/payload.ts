/** What a step sends or pushes: text, JSON, bytes, a file, fragments. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { writeJson } from '../../../protocol/json';
import { isRecord } from '../schema';
import { StepFailed } from '../scene';

export type Payload = { data: string | Buffer } | { parts: (string | Buffer)[] };

/** `base`: folder of the flow, for `$file`. */
export function payloadOf(value: unknown, base: string): Payload {
  if (typeof value === 'string') {
    return { data: value };
  }
  if (isRecord(value)) {
    const [operator = '', second] = Object.keys(value);
    const given = value[operator];
    if (operator.startsWith('$')) {
      if (second !== undefined) {
        throw new StepFailed({ message: l10n.t('"{0}" stands alone.', operator) });
      }
      return special(operator, given, base);
    }
  }
  return { data: writeJson(value) };
}

/** As one piece. */
export function wholeOf(value: unknown, base: string): string | Buffer {
  const payload = payloadOf(value, base);
  if ('data' in payload) {
    return payload.data;
  }
  return payload.parts.every((part) => typeof part === 'string')
    ? payload.parts.join('')
    : Buffer.concat(payload.parts.map((part) => Buffer.from(part)));
}

function special(operator: string, given: unknown, base: string): Payload {
  switch (operator) {
    case '$text':
      return { data: String(given) };
    case '$json':
      return { data: writeJson(given) };
    case '$bytes':
      return { data: Buffer.from(String(given), 'base64') };
    case '$hex':
      return { data: Buffer.from(String(given).replace(/\s/g, ''), 'hex') };
    case '$file':
      try {
        return { data: fs.readFileSync(path.resolve(base, String(given))) };
      } catch (error) {
        throw new StepFailed({
          message: l10n.t('{0} cannot be read: {1}', String(given), (error as Error).message),
          nextStep: l10n.t('The path is relative to this flow.'),
        });
      }
    case '$fragments':
      if (Array.isArray(given) && given.length > 0) {
        return { parts: given.map((each) => wholeOf(each, base)) };
      }
      throw new StepFailed({ message: l10n.t('"{0}" takes a list.', operator) });
    case '$repeat': {
      const { text, times } = isRecord(given) ? given : {};
      const count = Number(times);
      if (typeof text === 'string' && count >= 0 && text.length * count <= 64 * 1024 * 1024) {
        return { data: text.repeat(count) };
      }
      throw new StepFailed({
        message: l10n.t('"$repeat" takes { text, times }, of 64 MB at most.'),
      });
    }
    default:
      throw new StepFailed({
        message: l10n.t('"{0}" cannot be sent.', operator),
        nextStep: l10n.t('There are: {0}.', sendable.join(', ')),
      });
  }
}

export const sendable = ['$text', '$json', '$bytes', '$hex', '$file', '$fragments', '$repeat'];

/** Source that no interpreter reads: its encoding, signs of an input method, marks of a merge. */
import fs from 'node:fs';
import * as l10n from '@vscode/l10n';
import type { FunctionSpec } from '../../../protocol/project';
import { handlerFile } from '../../project/handlerFile';
import { encodingOf } from '../../textFile';
import type { CodeFailure } from '../channel/channel';
import { lineOf } from './source';

/** Signs that look like those of code → what code has. */
const signs: Readonly<Record<string, string>> = {
  ...{ '（': '(', '）': ')', '，': ',', '：': ':', '；': ';', '。': '.', '！': '!', '？': '?' },
  ...{ '【': '[', '】': ']', '［': '[', '］': ']', '｛': '{', '｝': '}', '《': '<', '》': '>' },
  ...{ '“': '"', '”': '"', '„': '"', '＂': '"', '‘': "'", '’': "'", '＇': "'", '、': ',' },
  ...{ '＝': '=', '＋': '+', '－': '-', '–': '-', '—': '-', '−': '-', '＊': '*', '／': '/' },
  ...{ '＜': '<', '＞': '>', '｜': '|', '＆': '&', '％': '%', '＃': '#', '．': '.', '…': '...' },
};
const unseen = /[\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]/u;

/** undefined: the failure has another cause. */
export function ofCharacters(failure: CodeFailure, spec: FunctionSpec): string | undefined {
  if (failure.kind !== 'syntax' && failure.type !== 'SyntaxError') {
    return undefined;
  }
  if (failure.kind === 'exception') {
    return undefined; // It was a text that was parsed.
  }
  const file = failure.place?.file ?? handlerFile(spec);
  const encoding = encodingIn(file);
  if (encoding !== 'utf8') {
    return l10n.t('The file {0} is not UTF-8: save it with that encoding.', file);
  }
  const line = lineOf(failure.place);
  if (/^(<{7}|={7}|>{7}|\|{7})( |\r?$)/.test(line)) {
    return l10n.t(
      'A merge was not finished: keep one of the two versions, and take its marks (<<<<<<<, =======, >>>>>>>) out.',
    );
  }
  const code = withoutTexts(line);
  const isTold =
    /invalid (non-printable )?character|Invalid or unexpected token|Non-ASCII character|invalid syntax/i.test(
      failure.message,
    );
  // Where it is part of a name, or between two, the error is another one.
  if (!isTold && !/[\u00ad\u200b-\u200f\u2060-\u2064]/u.test(code)) {
    return undefined;
  }
  const named = /character '(.+)' \(U\+/.exec(failure.message)?.[1];
  const sign =
    named !== undefined && Object.hasOwn(signs, named)
      ? named
      : [...code].find((each) => Object.hasOwn(signs, each));
  if (sign !== undefined) {
    return l10n.t(
      'Write {0} instead of {1}, which is a sign of an input method.',
      signs[sign] ?? '',
      sign,
    );
  }
  const hidden = unseen.exec(code);
  return hidden === null
    ? undefined
    : l10n.t(
        'A character that is not seen (U+{0}) stands at column {1}: take it out.',
        hidden[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '',
        hidden.index + 1,
      );
}

function encodingIn(file: string): ReturnType<typeof encodingOf> {
  try {
    return encodingOf(fs.readFileSync(file));
  } catch {
    return 'utf8';
  }
}

/** With every text and comment blank, so that columns stay. */
function withoutTexts(line: string): string {
  return line.replace(
    /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|#.*|\/\/.*/g,
    (found) => ' '.repeat(found.length),
  );
}

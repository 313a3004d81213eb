/** What a Close frame can carry (RFC 6455, sections 5.5.1 and 7.4). */
import * as l10n from '@vscode/l10n';
import { UserError } from '../errors';

/** Bytes: a control frame has 125, of which the code takes two. */
const longestReason = 123;

/** Throws a `UserError` for a code or a reason that no Close frame can carry. */
export function checkClose(code = 1000, reason = ''): void {
  const sendable =
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999);
  if (!Number.isInteger(code) || !sendable) {
    throw new UserError(
      'badCloseCode',
      l10n.t('{0} cannot be sent as a close code.', String(code)),
      l10n.t('Use 1000–1003, 1007–1014 or 3000–4999.'),
    );
  }
  if (Buffer.byteLength(reason) > longestReason) {
    throw new UserError(
      'longCloseReason',
      l10n.t('The reason of a close may have {0} bytes.', longestReason),
      l10n.t('Shorten it.'),
    );
  }
}

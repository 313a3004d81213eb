/** What a status code of a Web function's connection means, as the end of a sentence. */
import * as l10n from '@vscode/l10n';

export function statusText(status: number): string {
  switch (status) {
    case 456:
      return l10n.t(
        'the client closed with another code than 1000 (a browser that leaves a page sends 1001).',
      );
    case 439:
      return l10n.t('the server closed with another code than 1000 or 1011.');
    case 455:
      return l10n.t('nothing was said for longer than the idle limit.');
    default:
      return l10n.t('it lived longer than the execution timeout.');
  }
}

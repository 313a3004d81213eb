/** Chooses the language of everything that is printed: the editor's, or the terminal's. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';

/** `zh-cn`, `zh_CN.UTF-8` … → the Chinese bundle; anything else is English. */
export function useLocale(locale: string | undefined, packageFolder: string): void {
  const wanted = (locale ?? process.env['LC_ALL'] ?? process.env['LANG'] ?? '').toLowerCase();
  if (!wanted.startsWith('zh')) {
    return;
  }
  const bundle = path.join(packageFolder, 'l10n', 'bundle.l10n.zh-cn.json');
  if (fs.existsSync(bundle)) {
    l10n.config({ contents: fs.readFileSync(bundle, 'utf8') });
  }
}

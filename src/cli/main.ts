/** `scfws`: the same core as the extension's, without an editor. */
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { sentenceOf, UserError } from '../core/errors';
import { useLocale } from '../core/locale';
import { didYouMean } from '../core/project/suggestion';
import { commands } from './commands';
import { helpOf, overview } from './help';

/** dist/cli.js stands in dist/, in the package's folder. */
const packageFolder = path.dirname(__dirname);

async function main([name = '', ...args]: string[]): Promise<number> {
  tellOfLostOutput();
  const flag = args.indexOf('--locale');
  useLocale(flag < 0 ? undefined : args[flag + 1], packageFolder);
  const asked = ['help', '--help', '-h'].includes(name) ? (args[0] ?? '') : name;
  const chosen = commands.find((each) => each.name === asked);
  if (['--version', '-v', 'version'].includes(name)) {
    const { version } = await import('./version');
    process.stdout.write(`${await version(packageFolder)}\n`);
    return 0;
  }
  if (chosen === undefined) {
    if (asked !== '' && asked !== '--locale') {
      const names = commands.map((each) => each.name);
      const unknown = asked.startsWith('-')
        ? l10n.t("Unknown option '{0}'.", asked)
        : l10n.t('There is no command "{0}".', asked) + didYouMean(asked, names);
      throw new UserError('usage', unknown, `\n\n${overview(commands)}`);
    }
    process.stdout.write(`${overview(commands)}\n`);
    return name === '' ? 2 : 0;
  }
  if (asked !== name || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${helpOf(chosen)}\n`);
    return 0;
  }
  return chosen.run(args);
}

/** Nobody reads any more (`scfws … | head`): what is written then is lost, and no error. A full disk is one. */
function tellOfLostOutput(): void {
  let isLost = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code !== 'EPIPE' && !isLost) {
        isLost = true;
        process.stderr.write(`scfws: ${l10n.t('The output could not be written: {0}', message)}\n`);
      }
    });
  }
  process.on('exit', () => {
    if (isLost) {
      process.exitCode ||= 1;
    }
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof UserError;
    process.stderr.write(
      `scfws: ${known ? sentenceOf(error) : String((error as Error)?.stack ?? error)}\n`,
    );
    process.exitCode = known && error.code === 'usage' ? 2 : 1;
  },
);

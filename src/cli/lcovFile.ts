/** `--coverage lcov`: sums up what scenarios tell of their coverage and writes it. */
import fs from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors';
import { CoverageSum } from '../core/coverage/sum';
import { renderLcov } from '../core/coverage/lcov';
import type { TestEvent } from '../protocol/testEvent';

export class LcovFile {
  private readonly file: string;
  private readonly sum = new CoverageSum();
  private readonly notes = new Set<string>();

  /** @param file relative to the working directory; names in it are, too, as CI services want them. */
  constructor(file: string) {
    this.file = path.resolve(file);
  }

  /** Takes coverage out of what is told: a reporter has no use for each part of it. */
  listen(tell: (event: TestEvent) => void): (event: TestEvent) => void {
    return (event) => {
      if (event.test === 'covered') {
        this.sum.add(event.files);
        event.notes.forEach((note) => this.notes.add(note));
      } else {
        tell(event);
      }
    };
  }

  /** Throws a `UserError` where it cannot be written. */
  write(tell: (event: TestEvent) => void): void {
    const files = this.sum.files();
    const name = (file: string): string => {
      const relative = path.relative('', file);
      return (relative.startsWith('..') ? file : relative).split(path.sep).join('/');
    };
    try {
      fs.mkdirSync(path.dirname(this.file), { recursive: true });
      fs.writeFileSync(this.file, renderLcov(files, name));
    } catch (error) {
      throw new UserError(
        'cannotWrite',
        l10n.t('The coverage cannot be written to {0}: {1}', this.file, (error as Error).message),
        l10n.t('Name another file with --coverage-to.'),
      );
    }
    const notes = [...this.notes];
    tell({ test: 'coverageWritten', file: this.file, ...this.sum.counts(), notes });
  }
}

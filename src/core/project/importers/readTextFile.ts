/** Files of a project that is looked at: text in UTF-8 or UTF-16, of no great size, and no link. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { encodingOf, readText } from '../../textFile';
import type { TextFile } from './yamlText';

const largestFile = 500_000;

/** undefined: there is no such file, or none of that kind. `file` is relative to `root`. */
export async function readTextFile(root: string, file: string): Promise<TextFile | undefined> {
  const whole = path.join(root, file);
  try {
    const stat = await fs.lstat(whole);
    if (!stat.isFile() || stat.size > largestFile) {
      return undefined;
    }
    const bytes = await fs.readFile(whole);
    return { file, text: encodingOf(bytes) === undefined ? undefined : readText(bytes, file) };
  } catch {
    return undefined;
  }
}

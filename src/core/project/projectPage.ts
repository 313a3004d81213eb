/** The web page with which a project can be tried; the gateway shows it at `/`, so that its origin is a local one. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { contains } from './projectFile';

const largestPage = 2_000_000;

/** `index.html` of the first folder that has one. Never rejects. */
export async function readProjectPage(folders: readonly string[]): Promise<Buffer | undefined> {
  for (const folder of folders) {
    const file = path.join(folder, 'index.html');
    try {
      const stat = await fs.stat(file);
      const inside = contains(await fs.realpath(folder), await fs.realpath(file));
      if (stat.isFile() && stat.size <= largestPage && inside) {
        return await fs.readFile(file);
      }
    } catch {
      continue; // It has none, or none that can be read.
    }
  }
  return undefined;
}

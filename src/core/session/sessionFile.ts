/**
 * `.scfws/session.json` in a served project: where its gateway listens, for scripts and other programs. It
 * holds the push address, so only its owner may read it.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { ServiceInfo } from '../../protocol/fact';
import { privateFolder, writeDraft } from '../project/privateFolder';

export interface SessionFile {
  url: string;
  pushUrl: string;
  pid: number;
}

const fileOf = (folder: string): string => path.join(folder, '.scfws', 'session.json');

/** A read-only project is served all the same: then there is just no file. */
export async function writeSessionFile(info: ServiceInfo): Promise<void> {
  const content: SessionFile = { url: info.url, pushUrl: info.pushUrl, pid: process.pid };
  try {
    const folder = await privateFolder(info.folder);
    await writeDraft(folder, `${JSON.stringify(content, null, 2)}\n`, (draft) =>
      fs.rename(draft, fileOf(info.folder)),
    );
  } catch {
    return;
  }
}

/** Removes the file if it is still ours: a second gateway on the same project may have replaced it. */
export async function forgetSessionFile(folder: string): Promise<void> {
  try {
    await privateFolder(folder);
    const content = JSON.parse(await fs.readFile(fileOf(folder), 'utf8')) as Partial<SessionFile>;
    if (content.pid === process.pid) {
      await fs.rm(fileOf(folder));
    }
  } catch {
    return; // It was never written, or somebody removed it.
  }
}

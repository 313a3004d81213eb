// Packs the extension into out/scf-websocket.vsix. Everything is bundled, so no node_modules travel along.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePackages, must, root } from './toolchain.mjs';

/** @returns {Promise<string>} the absolute path of the packed extension */
export async function packExtension() {
  await ensurePackages();
  const file = path.join(root, 'out', 'scf-websocket.vsix');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  await must(process.execPath, [
    path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce'),
    ...[
      'package',
      '--no-dependencies',
      '--no-rewrite-relative-links',
      '--allow-missing-repository',
    ],
    ...['--out', file],
  ]);
  return file;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = await packExtension();
  const kilobytes = (fs.statSync(file).size / 1024).toFixed(0);
  console.log(`${path.relative(root, file)} (${kilobytes} KB)`);
}

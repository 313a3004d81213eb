// Packs the extension into out/scf-websocket.vsix. Everything is bundled, so no node_modules travel along.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { noticesName, writeNotices } from './notices.mjs';
import { ensurePackages, must, readJson, root, run } from './toolchain.mjs';

/** What .vscodeignore leaves out anyway, and is large. */
const unpacked = /^(\.git|\.vscode-test|node_modules|out|dist|sample|coverage|src|test)$/;

/**
 * Packs from a folder of its own, so that dist/ stays what was built for debugging.
 * @returns {Promise<string>} the absolute path of the packed extension
 */
export async function packExtension() {
  await ensurePackages();
  const file = path.join(root, 'out', 'scf-websocket.vsix');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const stage = fs.mkdtempSync(path.join(root, 'out', 'package-'));
  try {
    const dist = path.join(stage, 'dist');
    const inputs = path.join(stage, 'inputs.json');
    const build = ['scripts/build.mjs', '--production', '--out', dist, '--inputs', inputs];
    await must(process.execPath, build);
    const bundles = ['extension', 'cli', 'commands', 'acorn', 'mcp', 'webview', 'report'];
    writeNotices(readJson(inputs), bundles, path.join(stage, noticesName));
    const names = fs.readdirSync(root).filter((name) => !unpacked.test(name));
    for (const name of names) {
      fs.cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
    }
    const manifest = readJson(path.join(stage, 'package.json'));
    delete manifest.scripts;
    delete manifest.devDependencies;
    fs.writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
    await must(
      process.execPath,
      [
        path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce'),
        ...['package', '--no-dependencies', '--no-rewrite-relative-links'],
        ...['--allow-missing-repository', '--out', file],
      ],
      // The packer writes this time into the archive, as the clock of a zone shows it: the same commit makes the same
      // bytes everywhere.
      { cwd: stage, env: { SOURCE_DATE_EPOCH: await commitTime(), TZ: 'UTC' } },
    );
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
  return file;
}

/** Seconds since the epoch; what is not committed has none of its own. */
async function commitTime() {
  const { code, output } = await run('git', ['log', '-1', '--format=%ct'], { quiet: true });
  return code === 0 ? output.trim() : '1';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = await packExtension();
  const kilobytes = (fs.statSync(file).size / 1024).toFixed(0);
  console.log(`${path.relative(root, file)} (${kilobytes} KB)`);
}

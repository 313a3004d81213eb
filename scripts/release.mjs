// npm run release             checks what a release needs, then writes it to out/release/: the extension, the npm
//                             packages, and their SHA-256 sums. The same commit gives the same bytes.
// npm run release -- --draft  writes them although a check failed, to try them
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { besides, packBeside, packNpm } from './npmPackage.mjs';
import { packExtension } from './package.mjs';
import { ensurePackages, readJson, root, run } from './toolchain.mjs';

const mostBytes = 1.5 * 1024 * 1024;

const text = (...names) => fs.readFileSync(path.join(root, ...names), 'utf8');
const git = async (...args) => {
  const { code, output } = await run('git', args, { quiet: true });
  return code === 0 ? output.trim() : '';
};

/**
 * What must be true before anything is published. Each gives undefined, or what is wrong and what to do.
 * @type {Record<string, (manifest: object) => Promise<string | undefined>>}
 */
export const checks = {
  'everything is committed': async () => {
    const changed = await git('status', '--porcelain');
    return changed === '' ? undefined : `Commit or remove:\n${changed}`;
  },
  'the changelog tells of this version': async ({ version }) => {
    const [, title = ''] = /^## (.*)$/m.exec(text('CHANGELOG.md')) ?? [];
    return title.startsWith(`${version} `) && /\d{4}-\d\d-\d\d/.test(title)
      ? undefined
      : `Its first heading is "${title}"; write "${version} (year-month-day)".`;
  },
  'the repository is the one that this is': async ({ repository }) => {
    const origin = await git('remote', 'get-url', 'origin');
    const plain = (url) => url.replace(/^git\+|\.git$/g, '').toLowerCase();
    return plain(origin) === plain(repository.url)
      ? undefined
      : `package.json says ${repository.url}, and git ${origin || 'knows no origin'}. Set repository, bugs and ` +
          'publisher in package.json to yours, and add the remote.';
  },
  'both languages have every text that package.json names': async () => {
    const keys = (name) => Object.keys(JSON.parse(text(name)));
    const [english, chinese] = [keys('package.nls.json'), keys('package.nls.zh-cn.json')];
    const missing = english.filter((key) => !chinese.includes(key));
    return missing.length === 0 ? undefined : `Translate: ${missing.join(', ')}`;
  },
  'the gallery has what it shows': async (manifest) => {
    const missing = [
      'icon',
      'galleryBanner',
      'categories',
      'keywords',
      'license',
      'bugs',
      'publisher',
    ].filter((key) => manifest[key] === undefined);
    return missing.length === 0 ? undefined : `Add to package.json: ${missing.join(', ')}`;
  },
  'keywords are in both languages': async ({ keywords = [] }) =>
    keywords.some((word) => /\p{Script=Han}/u.test(word)) &&
    keywords.some((word) => /^[\w -]+$/.test(word))
      ? undefined
      : 'Add Chinese and English keywords to package.json.',
};

function sumOf(file) {
  return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

/** @returns {Promise<string[]>} the files written, the list of sums last */
export async function writeRelease(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const { name, version } = readJson(path.join(root, 'package.json'));
  const made = [
    [await packExtension(), `${name}-${version}.vsix`],
    [await packNpm(), `scfws-${version}.tgz`],
  ];
  for (const each of besides) made.push([await packBeside(each), `${each}-${version}.tgz`]);
  const files = made.map(([from, to]) => {
    const file = path.join(folder, to);
    fs.copyFileSync(from, file);
    return file;
  });
  if (fs.statSync(files[0]).size > mostBytes) {
    throw new Error(`${path.basename(files[0])} is larger than 1.5 MB.`);
  }
  const sums = path.join(folder, 'SHA256SUMS');
  fs.writeFileSync(sums, files.map((file) => `${sumOf(file)}  ${path.basename(file)}\n`).join(''));
  return [...files, sums];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await ensurePackages();
  const manifest = readJson(path.join(root, 'package.json'));
  let failed = 0;
  for (const [what, check] of Object.entries(checks)) {
    const wrong = await check(manifest);
    console.log(
      wrong === undefined
        ? `  ✔ ${what}`
        : `  ✖ ${what}\n      ${wrong.replaceAll('\n', '\n      ')}`,
    );
    failed += Number(wrong !== undefined);
  }
  if (failed > 0 && !process.argv.includes('--draft')) {
    console.error(
      `\n${failed} of these must be mended first; --draft writes the files all the same.`,
    );
    process.exitCode = 1;
  } else {
    for (const file of await writeRelease(path.join(root, 'out', 'release'))) {
      console.log(
        `  ${path.relative(root, file)} (${(fs.statSync(file).size / 1024).toFixed(0)} KB)`,
      );
    }
    console.log('\nTested? npm test. Then publish as CONTRIBUTING says.');
  }
}

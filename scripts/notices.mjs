// The licences of the libraries that are bundled, as their texts ask for.
import fs from 'node:fs';
import path from 'node:path';
import { readJson, root } from './toolchain.mjs';

export const noticesName = 'THIRD-PARTY-NOTICES.txt';

/**
 * Writes the notice of each package of node_modules that went into the bundles.
 * @param {Record<string, string[]>} inputs folders of the packages of each bundle, relative to the repository
 * @throws when a package has no licence text: then it may not be bundled
 */
export function writeNotices(inputs, bundles, file) {
  const folders = [...new Set(bundles.flatMap((name) => inputs[name]))].sort();
  const notices = folders.map((folder) => {
    const manifest = readJson(path.join(root, folder, 'package.json'));
    const { name, version, license } = manifest;
    return `${name} ${version} (${license})\n\n${licenceOf(folder, manifest)}\n`;
  });
  const line = '-'.repeat(80);
  fs.writeFileSync(file, notices.join(`\n${line}\n\n`));
}

function licenceOf(folder, { name, license, author }) {
  const text = fs
    .readdirSync(path.join(root, folder))
    .find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each));
  if (text !== undefined) {
    return fs
      .readFileSync(path.join(root, folder, text), 'utf8')
      .replaceAll('\r', '')
      .trim();
  }
  // Some say "MIT" in their package.json and leave the text out. It is the same one, with their name.
  const owner = (author?.name ?? author ?? `the authors of ${name}`).replace(/\s*[<(].*$/, '');
  if (license !== 'MIT') throw new Error(`${folder} has no licence text.`);
  const own = fs.readFileSync(path.join(root, 'LICENSE'), 'utf8').trim();
  return own.replace(/^Copyright.*$/m, `Copyright (c) ${owner}`);
}

/** The folders of the packages that a bundle was made of, by esbuild's own account. */
export function packagesOf(metafile) {
  const folders = Object.keys(metafile.inputs).flatMap((input) => {
    const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
    return found === null ? [] : [found[0]];
  });
  return [...new Set(folders)].sort();
}

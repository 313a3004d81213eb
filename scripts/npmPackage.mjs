// Packs the command line and its API into out/scfws-<version>.tgz: everything is bundled, so nothing is fetched when
// it is installed.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { noticesName, writeNotices } from './notices.mjs';
import { ensurePackages, must, npm, readJson, root } from './toolchain.mjs';

/** The bundles of the package, and the folders that they read at run time. */
export const packed = {
  bundles: ['cli', 'commands', 'acorn', 'mcp', 'conformance', 'gateway', 'webFunction', 'api'],
  folders: ['bootstrap', 'templates', 'conformance', 'webFunction'],
};

/** @returns {Promise<string>} the absolute path of the packed package */
export async function packNpm() {
  await ensurePackages();
  const out = path.join(root, 'out');
  fs.mkdirSync(out, { recursive: true });
  const stage = fs.mkdtempSync(path.join(out, 'npm-'));
  try {
    const built = path.join(stage, 'built');
    const inputs = path.join(stage, 'inputs.json');
    const build = ['scripts/build.mjs', '--production', '--out', built, '--inputs', inputs];
    await must(process.execPath, build);
    const folder = path.join(stage, 'package');
    const copy = (from, to = path.basename(from)) =>
      fs.cpSync(from, path.join(folder, to), { recursive: true });
    for (const name of packed.bundles) copy(path.join(built, `${name}.js`), `dist/${name}.js`);
    for (const name of packed.folders) copy(path.join(built, name), `dist/${name}`);
    for (const name of ['LICENSE', 'CHANGELOG.md', 'schemas', 'skills'])
      copy(path.join(root, name));
    copy(path.join(root, 'l10n', 'bundle.l10n.zh-cn.json'), 'l10n/bundle.l10n.zh-cn.json');
    copy(path.join(root, 'docs', 'npm.md'), 'README.md');
    writeNotices(readJson(inputs), packed.bundles, path.join(folder, noticesName));
    await declare(path.join(folder, 'types'), stage);
    const manifest = manifestOf(readJson(path.join(root, 'package.json')));
    fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await npm(['pack', '--pack-destination', out], { cwd: folder });
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
  const { version } = readJson(path.join(root, 'package.json'));
  return path.join(out, `scfws-${version}.tgz`);
}

/** Packages that stand beside the command line, in a folder of their own. */
export const besides = ['artillery-engine-wsflow'];

/** @returns {Promise<string>} the absolute path of the packed package */
export async function packBeside(name) {
  const out = path.join(root, 'out');
  fs.mkdirSync(out, { recursive: true });
  const stage = fs.mkdtempSync(path.join(out, 'npm-'));
  try {
    const folder = path.join(stage, 'package');
    fs.cpSync(path.join(root, 'packages', name), folder, { recursive: true });
    fs.cpSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
    const { version, repository, bugs } = readJson(path.join(root, 'package.json'));
    const own = readJson(path.join(folder, 'package.json'));
    // The releases belong together.
    const manifest = {
      ...{ ...own, version, repository, bugs },
      peerDependencies: { ...own.peerDependencies, scfws: version },
    };
    fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await npm(['pack', '--pack-destination', out], { cwd: folder });
    return path.join(out, `${name}-${version}.tgz`);
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}

function manifestOf({ version, license, repository, bugs, engines }) {
  return {
    name: 'scfws',
    version,
    description:
      'Runs, tests and debugs Tencent Cloud SCF WebSocket functions on your machine: a gateway emulator with your real handlers.',
    keywords: ['tencent-cloud', 'scf', 'serverless', 'websocket', 'emulator', 'testing'],
    license,
    repository,
    bugs,
    engines: { node: engines.node },
    bin: { scfws: 'dist/cli.js' },
    main: 'dist/api.js',
    types: 'types/api/index.d.ts',
    exports: {
      '.': { types: './types/api/index.d.ts', default: './dist/api.js' },
      './package.json': './package.json',
    },
  };
}

/** Declarations of the API and of what they name, and no others. */
async function declare(to, stage) {
  const all = path.join(stage, 'declarations');
  const tsc = path.join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
  await must(process.execPath, [
    ...[tsc, '-p', path.join(root, 'src', 'api')],
    ...['--noEmit', 'false', '--emitDeclarationOnly', '--declaration'],
    ...['--rootDir', path.join(root, 'src'), '--outDir', all],
  ]);
  const todo = [path.join(all, 'api', 'index.d.ts')];
  const done = new Set();
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (done.has(file)) continue;
    done.add(file);
    const text = fs.readFileSync(file, 'utf8');
    const target = path.join(to, path.relative(all, file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
    for (const [, name] of text.matchAll(/(?:from|import)\s*\(?'(\.[^']*)'/g)) {
      todo.push(path.resolve(path.dirname(file), `${name}.d.ts`));
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = await packNpm();
  console.log(
    `${path.relative(root, file)} (${(fs.statSync(file).size / 1024).toFixed(0)} KB)\n` +
      `Try it in an empty folder: npm install ${file} && npx scfws --version`,
  );
}

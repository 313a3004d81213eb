// Builds dist/: the extension host bundle, the command line (which is also the session process), the
// webview page, and the files that are read at run time (bootstraps, templates, translations).
import esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'info',
  legalComments: 'none',
};
const node = { ...common, platform: 'node', target: 'node20', format: 'cjs' };

const bundles = [
  { ...node, entryPoints: ['src/extension/extension.ts'], outfile: 'dist/extension.js', external: ['vscode'] },
  // No 'vscode' external here: a core that reaches for the editor does not build.
  {
    ...node,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
    external: ['bufferutil', 'utf-8-validate'],
  },
  {
    ...common,
    entryPoints: ['src/webview/main.ts'],
    outfile: 'dist/webview.js',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
  },
].filter((bundle) => fs.existsSync(bundle.entryPoints[0]));

/** Each area keeps its translations in a file of its own; the editor wants one bundle a language. */
function mergeTranslations() {
  const merged = {};
  for (const name of fs.readdirSync('l10n/parts').sort()) {
    if (name.endsWith('.zh-cn.json')) {
      Object.assign(merged, JSON.parse(fs.readFileSync(path.join('l10n/parts', name), 'utf8')));
    }
  }
  fs.writeFileSync('l10n/bundle.l10n.zh-cn.json', JSON.stringify(merged, null, 2) + '\n');
}

function copy(from, to) {
  if (fs.existsSync(from)) {
    fs.rmSync(to, { recursive: true, force: true });
    fs.cpSync(from, to, { recursive: true, filter: (file) => !file.includes('__pycache__') });
  }
}

fs.mkdirSync('dist', { recursive: true });
mergeTranslations();
copy('src/core/runtime/bootstrap', 'dist/bootstrap');
copy('src/core/scaffold/templates', 'dist/templates');

for (const options of bundles) {
  if (watch) {
    await (await esbuild.context(options)).watch();
  } else {
    await esbuild.build(options);
  }
}

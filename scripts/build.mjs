// Builds dist/: the extension host bundle, the command line (which is also the session process), the webview page, and
// the files that are read at run time (bootstraps, templates, translations). `--production` leaves out source maps;
// `--out FOLDER` builds somewhere else, `--inputs FILE` writes which packages each bundle is made of.
import esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Ajv from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { apart, commandLine } from './commandLine.mjs';
import { contributedTexts, eventSchemaInChinese, flowSchema, inChinese } from './generate.mjs';
import { icons } from './icons.mjs';
import { packagesOf } from './notices.mjs';

const common = {
  bundle: true,
  logLevel: 'info',
  legalComments: 'none',
  write: false,
  plugins: [{ name: 'write', setup: (build) => build.onEnd(writeOutputs) }],
};
const node = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  alias: {
    // Its other build loads its parts in a way that cannot be bundled.
    'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
    // What `ws` asks for; the package of that name is native.
    bufferutil: './src/core/gateway/wideMask.ts',
    'form-data': './scripts/formData.cjs',
  },
};

export const bundles = {
  extension: {
    ...node,
    entryPoints: ['src/extension/extension.ts'],
    outfile: 'dist/extension.js',
    external: ['vscode'],
    plugins: [...node.plugins, apart],
  },
  // No 'vscode' external here: a core that reaches for the editor does not build.
  ...commandLine(node),
  mcp: {
    ...node,
    entryPoints: ['src/mcp/main.ts'],
    outfile: 'dist/mcp.js',
  },
  // The parser of JavaScript: for the command line, and for what looks at handlers, by whatever Node.js they have.
  acorn: {
    ...node,
    target: 'node10',
    entryPoints: ['acorn'],
    outfile: 'dist/acorn.js',
  },
  // A program of its own, which the command line starts; not packed into the extension.
  conformance: {
    ...node,
    entryPoints: ['src/conformance/main.ts'],
    outfile: 'dist/conformance.js',
    external: ['utf-8-validate'],
  },
  gateway: {
    ...node,
    entryPoints: ['src/cluster/main.ts'],
    outfile: 'dist/gateway.js',
    external: ['utf-8-validate'],
  },
  // The host of an exported Web function, whose Node.js is the platform's: 18.15 at least.
  webFunction: {
    ...node,
    target: 'node18',
    entryPoints: ['src/webFunction/main.ts'],
    outfile: 'dist/webFunction.js',
    inject: ['src/webFunction/olderNode.ts'],
    external: ['utf-8-validate'],
  },
  // What the npm package gives to programs.
  api: {
    ...node,
    entryPoints: ['src/api/index.ts'],
    outfile: 'dist/api.js',
    external: ['utf-8-validate'],
  },
  webview: {
    ...common,
    entryPoints: ['src/webview/main.ts'],
    outfile: 'dist/webview.js',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    loader: { '.ttf': 'file' },
    plugins: [...common.plugins, icons],
    assetNames: '[name]',
    tsconfigRaw: {
      compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false },
    },
  },
  // Goes into exported reports; always small, since every report carries it.
  report: {
    ...common,
    entryPoints: ['src/webview/report/main.ts'],
    outfile: 'dist/report.js',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    minify: true,
    sourcemap: false,
  },
};

/** Replaces a file in one step and only when it changes: a session that runs from dist/ never reads half of one. */
function writeFile(file, contents, mode) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(contents)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}.new`;
  fs.writeFileSync(fresh, contents, { mode });
  fs.renameSync(fresh, file);
}

function writeOutputs({ outputFiles = [] }) {
  for (const { path: file, contents } of outputFiles) {
    const program = path.basename(file) === 'cli.js';
    writeFile(file, Buffer.from(contents), program ? 0o755 : 0o644);
  }
}

/** Each area keeps its translations in a file of its own; the editor wants one bundle a language. */
function mergeTranslations() {
  const merged = {};
  for (const name of fs.readdirSync('l10n/parts').sort()) {
    if (name.endsWith('.zh-cn.json')) {
      Object.assign(merged, JSON.parse(fs.readFileSync(path.join('l10n/parts', name), 'utf8')));
    }
  }
  writeFile('l10n/bundle.l10n.zh-cn.json', Buffer.from(JSON.stringify(merged, null, 2) + '\n'));
}

/** The schemas and snippets once more, for an editor that speaks Chinese. */
function translateContributions() {
  const chinese = contributedTexts();
  for (const folder of ['schemas', 'snippets']) {
    for (const name of fs.readdirSync(folder)) {
      if (!name.endsWith('.json') || name.endsWith('.zh-cn.json')) continue;
      // Below: their texts are made of others.
      if (name === 'event.schema.json' || name === 'wsflow.schema.json') continue;
      const value = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
      const text = JSON.stringify(inChinese(value, chinese), null, 2) + '\n';
      const file = path.join(folder, name.replace(/\.json$/, '.zh-cn.json'));
      writeFile(file, Buffer.from(text));
    }
  }
}

async function translateFlowSchema() {
  const bundle = JSON.parse(fs.readFileSync('l10n/bundle.l10n.zh-cn.json', 'utf8'));
  const text = JSON.stringify(await flowSchema(bundle), null, 2) + '\n';
  writeFile('schemas/wsflow.schema.zh-cn.json', Buffer.from(text));
}

async function translateEventSchema() {
  writeFile('schemas/event.schema.zh-cn.json', Buffer.from(await eventSchemaInChinese()));
}

/** ajv's own code for our schemas: compiling one takes a tenth of a second, which no start should pay for. */
function compileSchemas() {
  const schema = JSON.parse(fs.readFileSync('schemas/scfws.schema.json', 'utf8'));
  const ajv = new Ajv({
    ...{ allErrors: true, verbose: true, ownProperties: true, strict: false },
    code: { source: true },
    schemas: [{ ...schema, $id: 'scfws' }],
  });
  const code = standaloneCode(ajv, {
    validateProject: 'scfws',
    validateEmulator: 'scfws#/properties/emulator',
  });
  writeFile('src/core/project/compiled/scfwsSchema.js', Buffer.from(code));
  const gateway = JSON.parse(fs.readFileSync('schemas/gateway.schema.json', 'utf8'));
  ajv.addSchema({ ...gateway, $id: 'gateway' });
  const gatewayCode = standaloneCode(ajv, { validateGateway: 'gateway' });
  writeFile('src/cluster/compiled/gatewaySchema.js', Buffer.from(gatewayCode));
}

/** Makes `to` a copy of the folder `from`: writes what differs, removes what is no longer there. */
function mirror(from, to) {
  const list = (folder) =>
    fs.existsSync(folder)
      ? fs
          .readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
          .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      : [];
  const wanted = list(from);
  for (const file of list(to)) {
    if (!wanted.includes(file)) fs.rmSync(path.join(to, file));
  }
  for (const file of wanted) {
    const { mode } = fs.statSync(path.join(from, file));
    writeFile(path.join(to, file), fs.readFileSync(path.join(from, file)), mode);
  }
}

const assetFolders = [
  'l10n',
  'schemas',
  'snippets',
  'src/core/runtime/bootstrap',
  'src/core/scaffold/templates',
  'src/conformance/fixtures',
  'src/webFunction/python',
];

/** All that esbuild does not make: translations, compiled schemas, and what is read as it is at run time. */
async function copyAssets(out) {
  mergeTranslations();
  translateContributions();
  await translateEventSchema();
  await translateFlowSchema();
  compileSchemas();
  mirror('src/core/runtime/bootstrap', path.join(out, 'bootstrap'));
  mirror('src/core/scaffold/templates', path.join(out, 'templates'));
  mirror('src/conformance/fixtures', path.join(out, 'conformance'));
  mirror('src/webFunction/python', path.join(out, 'webFunction'));
}

/** Copies the assets again when one of them changes, and checks types all along. */
async function watchAssets(out) {
  const { spawn } = await import('node:child_process');
  let waiting;
  const again = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      try {
        void copyAssets(out);
      } catch (error) {
        console.error(error.message); // Half a file was saved; the next save is looked at again.
      }
    }, 100);
  };
  for (const folder of assetFolders) {
    // What it writes there itself changes nothing the second time.
    fs.watch(folder, { recursive: true }, again);
  }
  const tsc = path.join('node_modules', 'typescript-7', 'bin', 'tsc');
  spawn(process.execPath, [tsc, '-p', '.', '--watch', '--preserveWatchOutput'], {
    stdio: 'inherit',
  });
}

async function build({ watch, production, out, inputs }) {
  await copyAssets(out);
  if (watch) await watchAssets(out);
  let failed = false;
  const packages = {};
  for (const [name, options] of Object.entries(bundles)) {
    const context = await esbuild.context({
      ...options,
      outfile: path.join(out, path.basename(options.outfile)),
      minify: options.minify ?? production,
      sourcemap: options.sourcemap ?? (production ? false : 'linked'),
      metafile: inputs !== undefined,
    });
    if (watch) {
      await context.watch();
      continue;
    }
    // A broken one is printed by esbuild; the others are built all the same.
    const result = await context.rebuild().catch(() => (failed = true));
    if (result.metafile) packages[name] = packagesOf(result.metafile);
    await context.dispose();
  }
  if (inputs !== undefined) fs.writeFileSync(inputs, JSON.stringify(packages));
  if (failed) process.exitCode = 1;
}

function argument(name) {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.chdir(path.dirname(import.meta.dirname));
  await build({
    watch: process.argv.includes('--watch'),
    production: process.argv.includes('--production'),
    out: argument('--out') ?? 'dist',
    inputs: argument('--inputs'),
  });
}

// The command line as two files: dist/cli.js is what a start of the gateway needs, dist/commands.js the rest, which only
// some commands load. Compiling what is not used took a third of the time to the first answer. Nothing is in both: what
// cli.js has, commands.js takes from there, so that each module lives once.
import esbuild from 'esbuild';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const entry = path.join(root, 'src', 'cli', 'main.ts');
const table = path.join(root, 'src', 'cli', 'commands.ts');

/** What the command table loads when it is asked to, and a start of the gateway needs. */
const near = ['./serve', './faultPlan'];

const nameOf = (file) => path.relative(root, file).replaceAll('\\', '/');

/** Calls what is in a file beside this one: the library of `scfws mcp`, which is large, and the parser, which others use. */
export const apart = {
  name: 'apart',
  setup(build) {
    build.onResolve({ filter: /^\.\.\/mcp\/main$/ }, () => ({ path: './mcp.js', external: true }));
    build.onResolve({ filter: /^acorn$/ }, () => ({ path: './acorn.js', external: true }));
  },
};

/** Leads what the command table loads only for some commands to commands.js; `found` gets their names. */
function later(found = new Set()) {
  return {
    name: 'later',
    setup(build) {
      build.onResolve(
        { filter: /^\.\.?\// },
        async ({ path: asked, importer, kind, resolveDir }) => {
          if (kind !== 'dynamic-import' || importer !== table || near.includes(asked)) return;
          const resolved = await build.resolve(asked, { kind: 'import-statement', resolveDir });
          found.add(nameOf(resolved.path));
          return { path: nameOf(resolved.path), namespace: 'later' };
        },
      );
      build.onResolve({ filter: /^\.\/commands\.js$/ }, external);
      build.onLoad({ filter: /.*/, namespace: 'later' }, ({ path: name }) => ({
        contents: `module.exports = require('./commands.js')[${JSON.stringify(name)}];`,
        resolveDir: root,
      }));
    },
  };
}

const external = ({ path: asked }) => ({ path: asked, external: true });

/**
 * By esbuild's own account: the modules of cli.js that commands.js takes from there, and those that begin commands.js. A
 * module that is given away keeps all of its exports, so no others are.
 */
async function divide(options) {
  const account = async (plugins) => {
    const how = { write: false, metafile: true, sourcemap: false, logLevel: 'silent' };
    const build = { ...options, ...how, absWorkingDir: root, plugins };
    const { metafile } = await esbuild.build({ ...build, entryPoints: ['made'] });
    return Object.keys(metafile.inputs);
  };
  const left = new Set();
  const first = await account([made(() => `require('./${nameOf(entry)}');`), later(left), apart]);
  const own = new Set(first);
  const begun = made(() => `module.exports = ${members([...left])};`);
  const rest = await account([begun, shared(() => own), apart]);
  return { given: rest.filter((name) => own.has(name) && isGiven(name)), left: [...left] };
}

/** A file of that name cannot be CommonJS; what it imports can. */
const isGiven = (name) => /\.([cm]?ts|c?js|json)$/.test(name);

/** An object whose members are modules, loaded when they are first asked for. */
const members = (names) =>
  `{${names.map((name) => `get ${JSON.stringify(name)}() { return require(${JSON.stringify(`./${name}`)}); }`).join(',\n')}}`;

/** The entry of a bundle, made by `contents`. */
function made(contents) {
  return {
    name: 'made',
    setup(build) {
      build.onResolve({ filter: /^made$/ }, () => ({ path: 'made', namespace: 'made' }));
      build.onLoad({ filter: /.*/, namespace: 'made' }, async () => ({
        contents: await contents(),
        resolveDir: root,
      }));
    },
  };
}

/** Takes what cli.js has from there; `own` tells the names of it. */
function shared(own) {
  return {
    name: 'shared',
    setup(build) {
      let names = new Set();
      build.onStart(async () => {
        names = await own();
      });
      build.onResolve({ filter: /^\.\/cli\.js$/ }, external);
      build.onLoad({ filter: /.*/ }, ({ path: file }) =>
        names.has(nameOf(file)) && isGiven(file)
          ? {
              contents: `module.exports = require('./cli.js').modules[${JSON.stringify(nameOf(file))}];`,
              loader: 'js',
              resolveDir: path.dirname(file),
            }
          : undefined,
      );
    },
  };
}

/** Both bundles; `options` are esbuild's for such programs, with `plugins` that each build is to have. */
export function commandLine(options) {
  const common = { ...options, external: ['utf-8-validate'] };
  const { plugins } = options;
  return {
    cli: {
      ...common,
      entryPoints: ['made'],
      outfile: 'dist/cli.js',
      banner: { js: '#!/usr/bin/env node' },
      plugins: [
        ...plugins,
        made(async () => {
          const { given } = await divide(common);
          return `require('./src/cli/main.ts');\nexports.modules = ${members(given)};`;
        }),
        later(),
        apart,
      ],
    },
    commands: {
      ...common,
      entryPoints: ['made'],
      outfile: 'dist/commands.js',
      plugins: [
        ...plugins,
        made(async () => `module.exports = ${members((await divide(common)).left)};`),
        shared(async () => new Set((await divide(common)).given)),
        apart,
      ],
    },
  };
}

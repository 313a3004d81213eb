// Lets mocha load the TypeScript sources directly, compiled in memory by the same esbuild that makes dist/.
const fs = require('node:fs');
const Module = require('node:module');
const esbuild = require('esbuild');

process.setSourceMapsEnabled(true);

function load(module, file) {
  const { code } = esbuild.transformSync(fs.readFileSync(file, 'utf8'), {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
    sourcefile: file,
    sourcemap: 'inline',
    tsconfigRaw: {
      compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false },
    },
  });
  // Node.js looks for modules of its own kind there, and these are none.
  const asked = code.replace(/\bawait import\((['"]\.[^'"]*['"])\)/g, (all, name) =>
    /\.mjs['"]$/.test(name) ? all : `await require(${name})`,
  );
  module._compile(asked, file);
}

Module._extensions['.ts'] = load;

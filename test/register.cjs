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
  module._compile(code, file);
}

Module._extensions['.ts'] = load;

// Makes dist/<function>/index.js of <function>/index.ts: for the cloud, and for a Node.js that does not run TypeScript.
//
//   node build.mjs                      all functions, once
//   node build.mjs Register --watch     one function, and again whenever a source changes
import fs from 'node:fs';
import { context } from 'esbuild';

const watch = process.argv.includes('--watch');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const functions = named.length > 0 ? named : {{function folders}};

fs.mkdirSync('dist', { recursive: true });
fs.writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');

const build = await context({
  entryPoints: functions.map((name) => ({ in: `${name}/index.ts`, out: `${name}/index` })),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node16',
  format: 'cjs',
  sourcemap: true,
  logLevel: 'info',
});

if (watch) {
  await build.watch();
  process.stdin.resume().on('end', () => process.exit()); // Whoever started this has gone.
} else {
  await build.rebuild();
  await build.dispose();
}

// Checks each layer with its own tsconfig (a protocol without DOM or Node, a core without the editor), then everything
// at once with the root's. Writes the counts to the file that SCFWS_RESULT names.
import fs from 'node:fs';
import path from 'node:path';
import { root, run } from './toolchain.mjs';

const hasSources = (folder) =>
  fs.readdirSync(folder, { recursive: true }).some((file) => file.endsWith('.ts'));
const projects = [
  ...fs
    .readdirSync(path.join(root, 'src'))
    .map((layer) => `src/${layer}`)
    .filter((layer) => fs.existsSync(path.join(root, layer, 'tsconfig.json')))
    .filter((layer) => hasSources(path.join(root, layer))),
  '.',
];

const counts = { passed: 0, failed: 0, skipped: 0, whatFailed: [] };
// TypeScript 7 checks the whole in seconds; the `typescript` beside it is older, for the tools that need its API.
const tsc = path.join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
for (const project of projects) {
  const started = performance.now();
  const { code, output } = await run(process.execPath, [tsc, '--noEmit', '-p', project], {
    quiet: true,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`  ${code === 0 ? '✔' : '✖'} ${project} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  counts[code === 0 ? 'passed' : 'failed'] += 1;
  if (code !== 0) counts.whatFailed.push(project);
}

if (process.env.SCFWS_RESULT) fs.writeFileSync(process.env.SCFWS_RESULT, JSON.stringify(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;

// Proves that a fresh clone starts and passes its tests: clones what is committed into an empty folder, hides the home
// folder and every cache, and runs `npm start -- --check` and `npm test` there without standard input.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { must, root, run } from './toolchain.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-fresh-'));
const clone = path.join(folder, 'clone');
const home = path.join(folder, 'home');
fs.mkdirSync(home);
const env = {
  CI: 'true',
  HOME: home,
  USERPROFILE: home,
  XDG_CACHE_HOME: path.join(home, 'cache'),
  XDG_CONFIG_HOME: path.join(home, 'config'),
  npm_config_cache: path.join(home, 'npm'),
};
await must('git', ['clone', '--quiet', root, clone]);
let failed = 0;
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
for (const words of [['start', '--', '--check'], ['test']]) {
  const started = performance.now();
  console.log(`\n════ npm ${words.join(' ')}`);
  const { code } = await run(npm, words, { cwd: clone, env, seconds: 3000 });
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(`════ npm ${words.join(' ')}: exit code ${code} after ${minutes} minutes`);
  if (code !== 0) failed += 1;
}
fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
process.exitCode = failed;

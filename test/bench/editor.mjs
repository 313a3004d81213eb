// Figures of the extension inside a real VS Code: several starts of the editor, one after the other.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packExtension } from '../../scripts/package.mjs';
import { ensureBrowser, run } from '../../scripts/toolchain.mjs';
import { median } from './load.mjs';

export async function measureEditor({ rounds }) {
  await ensureBrowser();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-bench-'));
  const samples = {};
  for (let round = 0; round < rounds; round++) {
    const file = path.join(folder, `${round}.json`);
    const env = { SCFWS_SUITES: 'test/bench/editor', SCFWS_FIGURES: file };
    const { code, output } = await run(process.execPath, ['test/host/run.mjs'], {
      env,
      quiet: true,
    });
    if (code !== 0) throw new Error(output);
    for (const [name, value] of Object.entries(JSON.parse(fs.readFileSync(file, 'utf8')))) {
      (samples[name] ??= []).push(value);
    }
  }
  fs.rmSync(folder, { recursive: true, force: true });
  const medians = Object.fromEntries(
    Object.entries(samples).map(([name, values]) => [name, median(values)]),
  );
  return {
    samples,
    medians,
    vsixBytes: fs.statSync(await packExtension()).size,
    met: { activation: medians.activateMs <= 30, delay: medians['pushed 5000/s: host p99'] <= 20 },
  };
}

/**
 * Puts the pictures of out/screenshots that the tests took onto one sheet for each state: four themes, two
 * widths. Run it after the picture tests (SCFWS_PICTURES=1; needs ffmpeg): node -r ./test/register.cjs test/webview/contactSheets.ts
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { mochaHooks, openPage } from './browser';
import { themeNames } from './themes';

const shots = path.join(__dirname, '..', '..', 'out', 'screenshots');
const target = path.join(__dirname, '..', '..', 'media', 'inspector');
/** Width of a sheet in pixels: two pairs of a wide and a narrow picture side by side. */
const width = 1240;

/** A third of the size, and no difference that can be seen. */
function reduceColours(file: string): void {
  const palette =
    'split[a][b];[a]palettegen=max_colors=48:stats_mode=full[p];[b][p]paletteuse=dither=none';
  const reduced = `${file}.reduced.png`;
  const { error, status } = spawnSync(
    'ffmpeg',
    ['-y', '-v', 'error', '-i', file, '-vf', palette, reduced],
    { stdio: 'inherit' },
  );
  if (error !== undefined || status !== 0) {
    throw new Error('ffmpeg is needed to make the sheets small.', { cause: error });
  }
  fs.renameSync(reduced, file);
}

async function main(): Promise<void> {
  const states = fs
    .readdirSync(shots)
    .flatMap((name) => /^(.+)-dark-wide\.png$/.exec(name)?.[1] ?? [])
    .filter((state) => !state.endsWith('-hc'));
  fs.mkdirSync(target, { recursive: true });
  for (const state of states) {
    const picture = (theme: string, size: string) =>
      `<img src="/out/screenshots/${state}-${theme}-${size}.png">`;
    const pairs = themeNames.map(
      (theme) => `<div>${picture(theme, 'wide')}${picture(theme, 'narrow')}</div>`,
    );
    const page = await openPage({
      width,
      height: 560,
      html: `<!DOCTYPE html><style>
        body { margin: 0; display: grid; grid-template-columns: 1fr 1fr; gap: 8px; background: #888; padding: 8px; }
        div { display: flex; gap: 6px; justify-content: center; }
        img { height: 262px; }
      </style>${pairs.join('')}`,
    });
    const file = path.join(target, `${state}.png`);
    await page.screenshot({ path: file, fullPage: true });
    reduceColours(file);
    await mochaHooks.afterEach();
    console.log(state, fs.statSync(file).size);
  }
  await mochaHooks.afterAll();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

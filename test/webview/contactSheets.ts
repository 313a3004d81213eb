/**
 * Puts the pictures of out/screenshots that the tests took onto one sheet for each state: four themes, two
 * widths. Run it after the picture tests (SCFWS_PICTURES=1): node -r ./test/register.cjs test/webview/contactSheets.ts
 */
import fs from 'node:fs';
import path from 'node:path';
import { mochaHooks, openPage } from './browser';
import { themeNames } from './themes';

const shots = path.join(__dirname, '..', '..', 'out', 'screenshots');
const target = path.join(__dirname, '..', '..', 'media', 'inspector');
/** Width of a sheet in pixels: two pairs of a wide and a narrow picture side by side. */
const width = 1240;

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
    await page.screenshot({ path: path.join(target, `${state}.png`), fullPage: true });
    await mochaHooks.afterEach();
    console.log(state, fs.statSync(path.join(target, `${state}.png`)).size);
  }
  await mochaHooks.afterAll();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

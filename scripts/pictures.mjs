// Takes the pictures of README and of the walkthrough, of the real editor, with English and with Chinese texts: npm run
// pictures. Needs ffmpeg.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ensureBrowser, root } from './toolchain.mjs';

const shots = path.join(root, 'out', 'screenshots');
const media = path.join(root, 'media');

function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

// Seconds that each picture stands; few colours, and only what changed, keep it small.
const frames = [
  ['push-1', 1.6],
  ['push-2', 2.6],
  ['push-3', 2],
  ['push-4', 3],
];
const colours =
  'fps=5,scale=960:-1:flags=lanczos,split[a][b];[a]palettegen=max_colors=64:stats_mode=diff[p];[b][p]paletteuse=dither=none:diff_mode=rectangle';
const quiet = ['-y', '-v', 'error'];

function moving(suffix, target) {
  const list = path.join(shots, 'frame-to-push.txt');
  const lines = frames.map(([name, seconds]) => `file '${name}${suffix}.png'\nduration ${seconds}`);
  fs.writeFileSync(list, `${lines.join('\n')}\nfile '${frames.at(-1)[0]}${suffix}.png'\n`);
  run('ffmpeg', [...quiet, '-f', 'concat', '-i', list, '-vf', colours, target]);
}

await ensureBrowser();
fs.mkdirSync(path.join(media, 'tour'), { recursive: true });
for (const [language, suffix] of [
  ['', ''],
  ['zh-cn', '.zh-cn'],
]) {
  run(process.execPath, ['test/host/run.mjs'], {
    SCFWS_SUITES: 'test/host/pictures',
    SCFWS_PICTURES: '1',
    ...(language === '' ? {} : { SCFWS_LANGUAGE: language }),
  });
  const shot = (name) => path.join(shots, `${name}${suffix}.png`);
  const kept = (name) => path.join(media, name);
  moving(suffix, kept(`frame-to-push${suffix}.gif`));
  fs.copyFileSync(shot('traffic-light'), kept(`traffic${suffix}.png`));
  fs.copyFileSync(shot('lens'), kept(`lens${suffix}.png`));
  if (language === '') {
    for (const name of ['types-python', 'types-typescript'])
      fs.copyFileSync(shot(name), kept(`${name}.png`));
  }
  for (const step of ['connect', 'debug', 'push']) {
    for (const theme of ['light', 'dark']) {
      // Packed into the extension: small before all.
      const small = ['-vf', 'scale=600:-1:flags=lanczos', '-c:v', 'libwebp', '-quality', '30'];
      const name = `${step}-${theme}`;
      run('ffmpeg', [...quiet, '-i', shot(name), ...small, kept(`tour/${name}${suffix}.webp`)]);
    }
  }
}
for (const name of fs.readdirSync(path.join(media, 'tour'))) {
  console.log(name, fs.statSync(path.join(media, 'tour', name)).size);
}

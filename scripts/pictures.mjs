// Takes README's pictures of the real editor, and makes the moving one of them: npm run pictures. Needs ffmpeg.
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

await ensureBrowser();
run(process.execPath, ['test/host/run.mjs'], {
  SCFWS_SUITES: 'test/host/pictures',
  SCFWS_PICTURES: '1',
});

// Seconds that each picture stands; few colours, and only what changed, keep it small.
const frames = [
  ['push-1', 1.6],
  ['push-2', 2.6],
  ['push-3', 2],
  ['push-4', 3],
];
const list = path.join(shots, 'frame-to-push.txt');
const lines = frames.map(([name, seconds]) => `file '${name}.png'\nduration ${seconds}`);
fs.writeFileSync(list, `${lines.join('\n')}\nfile '${frames.at(-1)[0]}.png'\n`);
const colours =
  'fps=5,scale=960:-1:flags=lanczos,split[a][b];[a]palettegen=max_colors=64:stats_mode=diff[p];[b][p]paletteuse=dither=none:diff_mode=rectangle';
const gif = path.join(media, 'frame-to-push.gif');
run('ffmpeg', ['-y', '-v', 'error', '-f', 'concat', '-i', list, '-vf', colours, gif]);
fs.copyFileSync(path.join(shots, 'traffic-light.png'), path.join(media, 'traffic.png'));
for (const name of ['frame-to-push.gif', 'traffic.png']) {
  console.log(name, fs.statSync(path.join(media, name)).size);
}

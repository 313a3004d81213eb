// The product with a recorder that keeps nothing and tells nothing but what a host must know to connect: what is left
// out is the price of recording.
import esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { root, toolsFolder } from '../../scripts/toolchain.mjs';
import { bundles } from '../../scripts/build.mjs';

const silentRecorder = `
export class Recorder extends LoudRecorder {
  // Who only wants to hear that something happens still does: the heap is kept lean in both.
  beats = [];
  onFact(listener) {
    if (listener.length === 0) this.beats.push(listener);
    return { dispose() {} };
  }
  record = (body) => {
    this.beats.forEach((beat) => beat());
    const fact = { seq: ++this.seq, at: 0, ...body };
    if (body.kind === 'listening') this.listening = fact;
    return fact;
  };
  read() { return this.listening ? [this.listening] : []; }
}`;

/** Returns the file of the command line. */
export async function buildSilent() {
  const dist = path.join(toolsFolder, 'bench', 'silent', 'dist');
  const outfile = path.join(dist, 'cli.js');
  const recorder = path.join(root, 'src', 'core', 'session', 'recorder.ts');
  fs.cpSync(path.join(root, 'dist', 'bootstrap'), path.join(dist, 'bootstrap'), {
    recursive: true,
  });
  await esbuild.build({
    ...bundles.cli,
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    write: true,
    minify: true,
    logLevel: 'error',
    plugins: [
      {
        name: 'silent',
        setup(build) {
          build.onLoad({ filter: /session[\\/]recorder\.ts$/ }, () => ({
            contents:
              fs
                .readFileSync(recorder, 'utf8')
                .replace('export class Recorder', 'class LoudRecorder') + silentRecorder,
            loader: 'ts',
            resolveDir: path.dirname(recorder),
          }));
        },
      },
    ],
  });
  return outfile;
}

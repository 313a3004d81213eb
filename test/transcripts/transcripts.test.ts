// Plays every `<name>.script.ts` of this folder and holds what it leaves against `<name>.txt`. After a change that was
// meant, SCFWS_UPDATE=1 writes the texts anew; the diff then says what has changed for people.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseLine } from '../../src/protocol/wire';
import { render } from './render';
import { Scene, type Script } from './scene';

const ending = '.script.ts';
const names = fs
  .readdirSync(__dirname)
  .filter((file) => file.endsWith(ending))
  .map((file) => file.slice(0, -ending.length));
const load = createRequire(__filename);
const again = process.env['SCFWS_UPDATE'] === '1';

describe('transcripts', () => {
  it('have a script for every text', () => {
    const texts = fs.readdirSync(__dirname).filter((file) => file.endsWith('.txt'));
    assert.deepEqual(
      texts.filter((text) => !names.includes(text.slice(0, -4))),
      [],
    );
    assert.ok(names.length > 0);
  });

  for (const name of names) {
    const { script } = load(path.join(__dirname, `${name}${ending}`)) as { script: Script };
    script.languages.forEach((language, index) =>
      it(`${name} (${language})`, async () => {
        const scene = await Scene.start(language, script.emulator);
        try {
          await script.play(scene);
          await scene.end();
          for (const fact of scene.session.recorder.read(1, Infinity)) {
            assert.deepEqual(parseLine(JSON.stringify(fact)), JSON.parse(JSON.stringify(fact)));
          }
          const text = await render(scene);
          const file = path.join(__dirname, `${name}.txt`);
          if (again && index === 0) {
            fs.writeFileSync(file, text);
          }
          const known = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
          assert.equal(text, known, `${file} says something else; SCFWS_UPDATE=1 writes it anew.`);
        } finally {
          await scene.dispose();
        }
      }).timeout(120_000),
    );
  }
});

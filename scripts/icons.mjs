// The icons of the pages: what our code names of the editor's font and its style sheet, a fifth of both.
import fs from 'node:fs';
import path from 'node:path';
import subsetFont from 'subset-font';

const root = path.dirname(import.meta.dirname);
/** Where icons are named; a word that is an icon's name by chance costs a glyph. */
const sources = ['src/webview', 'src/protocol'];
const rule = /^\.codicon-([a-z0-9-]+):before \{ content: "\\([0-9a-f]+)" \}\n/gm;

function wordsOfSources() {
  const words = new Set();
  for (const folder of sources) {
    for (const file of fs.readdirSync(path.join(root, folder), { recursive: true })) {
      if (!/\.(ts|css)$/.test(file)) continue;
      const text = fs.readFileSync(path.join(root, folder, file), 'utf8');
      for (const [word] of text.matchAll(/[a-z][a-z0-9-]*/g)) {
        words.add(word.replace(/^codicon-/, ''));
      }
    }
  }
  return words;
}

/** Keeps the rules of the icons that are named; `characters` are theirs in the font. */
export function iconsOf(css, words = wordsOfSources()) {
  let characters = '';
  const kept = css.replace(rule, (whole, name, code) => {
    if (!words.has(name)) return '';
    characters += String.fromCodePoint(Number.parseInt(code, 16));
    return whole;
  });
  if (characters === '') throw new Error('The style sheet of the icons has another form now.');
  return { css: kept, characters };
}

export const icons = {
  name: 'icons',
  setup(build) {
    build.onLoad({ filter: /codicon\.css$/ }, ({ path: file }) => ({
      contents: iconsOf(fs.readFileSync(file, 'utf8')).css,
      loader: 'css',
    }));
    build.onLoad({ filter: /codicon\.ttf$/ }, async ({ path: file }) => {
      const css = fs.readFileSync(file.replace(/ttf$/, 'css'), 'utf8');
      const { characters } = iconsOf(css);
      const font = await subsetFont(fs.readFileSync(file), characters, {
        targetFormat: 'truetype',
      });
      return { contents: font, loader: 'file' };
    });
  },
};

// The icons that the build leaves in the font of the pages, and in its style sheet.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { iconsOf } from '../../scripts/icons.mjs';
import { root } from '../../scripts/toolchain.mjs';

const css = fs.readFileSync(
  path.join(root, 'node_modules/@vscode/codicons/dist/codicon.css'),
  'utf8',
);

describe('the icons of the pages', () => {
  it('are those that the sources name, and few others', () => {
    const kept = iconsOf(css);
    const folder = path.join(root, 'src/webview');
    const named = fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...fs
          .readFileSync(path.join(folder, file), 'utf8')
          .matchAll(/\bicon(?:\(|: | = )'([a-z0-9-]+)'|codicon-([a-z0-9-]+)/g),
      ])
      .map(([, name, other]) => name ?? other ?? '')
      .filter((name) => css.includes(`.codicon-${name}:before`));
    assert.ok(new Set(named).size > 20, named.join());
    for (const name of named) {
      assert.ok(kept.css.includes(`.codicon-${name}:before`), name);
    }
    const all = css.match(/:before/g)?.length ?? 0;
    assert.ok((kept.css.match(/:before/g)?.length ?? 0) < all / 3);
  });

  it('keep the character of each, and the rest of the style sheet', () => {
    const kept = iconsOf(css, new Set(['add', 'trash']));
    assert.equal(kept.css.match(/:before/g)?.length, 2);
    assert.equal([...kept.characters].length, 2);
    assert.match(kept.css, /@font-face/);
    assert.match(kept.css, /codicon-modifier-spin/);
  });

  it('say so when the style sheet has another form', () => {
    assert.throws(() => iconsOf(css.replaceAll('content:', 'content :')), /another form/);
  });
});

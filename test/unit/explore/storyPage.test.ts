/** The story of an order as a page. */
import assert from 'node:assert/strict';
import { renderStoryPage } from '../../../src/core/explore/storyPage';

const plain = [
  'alice sends',
  'Transmission of alice starts',
  'Transmission of alice pushes to bob',
  'Transmission of alice has pushed to bob',
  'Transmission of alice ends',
  'bob closes',
];
const found = [...plain.slice(0, 2), 'bob closes', ...plain.slice(2, 5)];

describe('the page of a story', () => {
  const page = renderStoryPage({
    title: 'a <race>',
    language: 'en',
    story: ['bob left while Transmission of alice was running.'],
    looked: ['5 runs'],
    failure: ['carol did not receive "<b>"'],
    events: { plain, found },
    order: [{ hold: 'Transmission of alice pushes to bob', until: 'bob closes' }],
    actions: [{ title: 'Debug', href: 'command:x?"y"' }],
  });

  it('draws both orders with their lifelines, and marks only what moved', () => {
    const [, one = '', other = ''] = page.split('class="drawing"');
    for (const drawing of [one, other]) {
      for (const name of ['alice', 'bob', 'gateway', 'Transmission']) {
        assert.match(drawing, new RegExp(`font-weight="600"[^>]*>${name}<`));
      }
    }
    const marked = (drawing: string) =>
      [...drawing.matchAll(/font-weight="700">([^<]+)</g)].map(([, label]) => label);
    assert.deepEqual(marked(one), []);
    assert.deepEqual(marked(other), ['closes']);
  });

  it('draws the plain order alone where that fails already', () => {
    const parts = { title: '', language: 'en', story: [], looked: [], failure: [] };
    const alone = renderStoryPage({ ...parts, events: { plain, found: plain }, order: [] });
    assert.equal(alone.split('class="drawing"').length, 2);
  });

  it('tells the order to those who cannot see it', () => {
    assert.ok(page.includes(`aria-label="this order: ${found.join(', ')}"`));
  });

  it('runs no script and takes nothing for markup', () => {
    assert.match(page, /content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"/);
    assert.ok(!page.includes('<script') && !page.includes('<race>') && !page.includes('<b>'));
    assert.ok(page.includes('href="command:x?&quot;y&quot;"'));
  });
});

/** The list in a side bar: what is short must still tell one thing from another. */
import assert from 'node:assert/strict';
import { openInspector } from './inspector';
import { chatStory, longStory, Story } from './story';
import { themeNames } from './themes';

const narrow = { width: 300, height: 640 };

describe('traffic in a narrow view', () => {
  it('shows no two connections by the same text, and the whole name to whoever points at it', async () => {
    const story = new Story();
    const names = ['client-1', 'client-2', 'client-12', 'customer-phone-1', 'customer-table-1'];
    names.forEach((name) => story.connect(name));
    const { column, page } = await openOn(story);
    const shown = await column('connection');
    assert.equal(shown.length, names.length);
    assert.equal(new Set(shown).size, names.length, shown.join());
    const cells = page.locator('.line:not([hidden]) .cell-connection');
    const cut = await cells.evaluateAll((all) =>
      all.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
    );
    assert.deepEqual(cut, []);
    assert.match((await cells.last().getAttribute('title'))!, /^customer-table-1\n/);
  });

  it('shows the whole errNo of a refused push', async () => {
    const story = new Story();
    story.connect('alice');
    story.push(story.idOf('zoe'), 'psst', null, null, 9001);
    const { page } = await openOn(story);
    const label = page.locator('.line:not([hidden]) .cell-status .label').last();
    assert.equal(await label.textContent(), '9001');
    const { wanted, given } = await label.evaluate((each) => {
      const text = document.createRange();
      text.selectNodeContents(each);
      const cell = each.closest('.cell-status')!;
      const { right } = cell.getBoundingClientRect();
      const padding = Number.parseFloat(getComputedStyle(cell).paddingRight);
      return { wanted: text.getBoundingClientRect().right, given: right - padding };
    });
    assert.ok(wanted > 0 && wanted <= given, `${wanted} of ${given}`);
  });

  it('tells the end of a connection in one row, with the Close frames in its detail', async () => {
    const story = new Story();
    story.connect('alice');
    story.closeHandshake('alice');
    const { column, page, tell, settled } = await openOn(story);
    // The handshake of closing, while it goes on.
    assert.equal((await column('preview')).filter((text) => text.includes('close')).length, 2);
    const from = story.facts.length;
    story.leave('alice');
    await tell(story.facts.slice(from));
    const ends = (await column('preview')).filter((text) => text.includes('close'));
    assert.equal(ends.length, 1, ends.join());
    assert.match(ends[0]!, /1000 · bye · closed by the client/);
    // Beside the two of them there are the runs of Register and Delete, and no more.
    assert.equal(await page.locator('.foot-count').textContent(), '2 of 4 rows');
    await page.locator('.line.kind-close:not([hidden])').click();
    await settled();
    const detail = (await page.locator('.detail-body').textContent())!;
    assert.match(detail, /client to server\s*Close 1000 · bye · 5 B/);
    assert.match(detail, /server to client\s*Close 1000 · bye · 5 B/);
  });

  it('counts as new what it shows, and covers no row with the count', async () => {
    const story = longStory(200);
    const { page, filter, tell, settled, locator } = await openOn(story);
    await filter('dir:in kind:text');
    await page.locator('.grid').hover();
    await page.mouse.wheel(0, -1000);
    await settled();
    const from = story.facts.length;
    story.say('alice', ['bob', 'carol', 'dave'], 'one');
    story.say('alice', ['bob', 'carol', 'dave'], 'two');
    await tell(story.facts.slice(from));
    const tail = locator('.tail');
    assert.equal((await tail.textContent())!.trim(), '2 new');
    const [button, grid] = [(await tail.boundingBox())!, (await locator('.grid').boundingBox())!];
    assert.ok(grid.y + grid.height <= button.y + 0.5, 'the rows end where it begins');
  });

  it('offers the newest row only where it is out of sight', async () => {
    const story = chatStory();
    const { filter, tell, locator } = await openOn(story);
    await filter('conn:alice dir:in kind:text');
    await locator('.line:not([hidden])').first().click();
    await locator('detail-pane .detail-head').waitFor();
    assert.equal(await locator('.tail').isVisible(), false);
    const from = story.facts.length;
    story.say('alice', ['bob', 'carol'], 'one');
    await tell(story.facts.slice(from));
    await locator('.line:not([hidden])').filter({ hasText: 'one' }).waitFor();
    assert.equal(await locator('.tail').isVisible(), false, 'it came into sight');
  });

  it('counts while paused what it will show', async () => {
    const story = chatStory();
    const { page, filter, tell } = await openOn(story);
    await filter('dir:in kind:text');
    await page.getByRole('button', { name: 'Pause' }).click();
    const from = story.facts.length;
    story.say('alice', ['bob', 'carol'], 'one');
    await tell(story.facts.slice(from));
    await page.getByText('Paused · 1 new').waitFor();
  });

  it('brings the detail of the selected row back by a click on it', async () => {
    const { page, filter, settled, locator } = await openOn(chatStory());
    await filter('conn:alice dir:in kind:text');
    const first = locator('.line:not([hidden])').first();
    await first.click();
    await locator('detail-pane .detail-head').waitFor();
    await page.getByRole('button', { name: 'Compose' }).click();
    await locator('compose-pane').waitFor();
    await first.click();
    await locator('detail-pane .detail-head').waitFor();
    await locator('.line:not([hidden])')
      .nth(1)
      .click({ modifiers: ['Control'] });
    await page.getByRole('tab', { name: 'Compare', selected: true }).waitFor();
    await first.click();
    await settled();
    assert.equal(await page.getByRole('tab', { name: 'Compare' }).count(), 0);
    await locator('detail-pane .payload, detail-pane payload-view').first().waitFor();
  });

  it('says what a client met that vanished after its handshake', async () => {
    const story = new Story();
    const connection = story.connect('alice');
    const opened = story.facts.findIndex(({ kind }) => kind === 'opened');
    story.facts.splice(opened, 0, {
      ...{ seq: story.facts[opened]!.seq - 0.5, at: story.facts[opened]!.at },
      kind: 'diagnostic',
      ...{ rule: 'register.protocol-echoed', severity: 'warning', connection },
      ...{ function: 'chat/Register', message: 'Register echoed the whole list of sub-protocols.' },
      advice: 'Answer with exactly one.',
    });
    story.facts.forEach((fact, index) => (fact.seq = index + 1));
    const { column, page, tell } = await openOn(story);
    await tell([
      {
        ...{ seq: story.facts.length + 1, at: 900, kind: 'closed', connection },
        ...{ cause: 'clientVanished', code: 1006, reason: '' },
      },
    ]);
    assert.match((await column('preview')).at(-1)!, /vanished · Register echoed the whole list/);
    await page.locator('.line.kind-close:not([hidden])').click();
    await page.locator('.detail-body .hint', { hasText: 'Answer with exactly one.' }).waitFor();
    await page.locator('.line.kind-handshake:not([hidden])').click();
    await page.locator('.detail-body .hint', { hasText: 'Answer with exactly one.' }).waitFor();
  });
});

describe('the waterfall', () => {
  it('has a colour of its own for each phase in every theme, a legend that names them, and a status that can be read', async () => {
    const inspector = await openInspector({ story: chatStory(), width: 900 });
    const { page } = inspector;
    await inspector.filter('conn:alice kind:handshake');
    await page.locator('.line:not([hidden])').first().click();
    await page.getByRole('tab', { name: 'Trace' }).click();
    await page.getByRole('tab', { name: 'Waterfall' }).click();
    await page.locator('.waterfall').waitFor();
    const bars = await page
      .locator('.bar')
      .evaluateAll((all) => [
        ...new Set(all.map((bar) => /phase-(\w+)/.exec(bar.getAttribute('class')!)![1]!)),
      ]);
    assert.equal(await page.locator('.legend .swatch').count(), bars.length);
    for (const theme of themeNames) {
      await inspector.dress(theme);
      const looks = await page.evaluate(() => {
        const holder = document.querySelector('.legend')!;
        const found = ['frame', 'queue', 'init', 'run', 'push', 'delivery'].map((phase) => {
          const swatch = document.createElement('span');
          swatch.className = `swatch phase-${phase}`;
          holder.append(swatch);
          const color = getComputedStyle(swatch).backgroundColor;
          swatch.remove();
          return { phase, color };
        });
        return { found, behind: getComputedStyle(document.body).backgroundColor };
      });
      const badge = await page
        .locator('.badge[class*=tone-]')
        .first()
        .evaluate((each) => {
          const { color, backgroundColor } = getComputedStyle(each);
          return { color, backgroundColor };
        });
      assert.ok(contrast(rgb(badge.color), rgb(badge.backgroundColor)) >= 3, `${theme}: badge`);
      const behind = rgb(looks.behind);
      for (const [index, { phase, color }] of looks.found.entries()) {
        assert.ok(contrast(rgb(color), behind) >= 3, `${theme}: ${phase} ${color}`);
        for (const other of looks.found.slice(index + 1)) {
          const apart = Math.hypot(...rgb(color).map((part, at) => part - rgb(other.color)[at]!));
          assert.ok(apart > 60, `${theme}: ${phase} and ${other.phase}`);
        }
      }
    }
  });
});

async function openOn(story: Story) {
  const inspector = await openInspector({ story, ...narrow });
  return {
    page: inspector.page,
    column: (id: string) => inspector.column(id),
    tell: (...args: Parameters<typeof inspector.tell>) => inspector.tell(...args),
    filter: (text: string) => inspector.filter(text),
    settled: () => inspector.settled(),
    locator: (selector: string) => inspector.page.locator(selector),
  };
}

function rgb(text: string): number[] {
  return text
    .match(/\d+(\.\d+)?/g)!
    .slice(0, 3)
    .map(Number);
}

function contrast(one: number[], other: number[]): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

function luminance(color: number[]): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

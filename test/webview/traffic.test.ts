/** The list, the filter and the detail, as someone at the keyboard and the mouse meets them. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { screenshot } from './browser';
import { openInspector } from './inspector';
import { chatStory, longStory, Story } from './story';

const line = (page: Page, text: string): Locator =>
  page.locator('.line:not([hidden])', { hasText: text });

describe('traffic', () => {
  it('shows frames as they arrive, newest in sight, and stays put when one scrolls up', async () => {
    const story = longStory(600);
    const inspector = await openInspector({ story });
    const { page } = inspector;
    const [first] = await inspector.column('preview');
    const texts = await inspector.column('preview');
    assert.match(texts.at(-1)!, /"type":"say"/);
    assert.notEqual(first, undefined);

    await page.locator('.grid').hover();
    await page.mouse.wheel(0, -2000);
    await inspector.settled();
    const before = await page.locator('.grid').evaluate((grid) => grid.scrollTop);
    const more = story.facts.length;
    story.say('alice', ['bob'], 'a late word');
    await inspector.tell(story.facts.slice(more));
    assert.equal(await page.locator('.grid').evaluate((grid) => grid.scrollTop), before);
    assert.match((await page.locator('.tail').textContent())!, /\d+ new/);

    await page.locator('.tail').click();
    await inspector.settled();
    await line(page, 'a late word').first().waitFor();

    // Nothing is left to stay at once the rows are gone.
    await page.locator('.grid').hover();
    await page.mouse.wheel(0, -2000);
    await inspector.settled();
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await inspector.asked('clear');
    const cleared = story.facts.length;
    story.clear();
    story.say('alice', ['bob'], 'after clearing');
    await inspector.tell(story.facts.slice(cleared));
    await line(page, 'after clearing').first().waitFor();
    assert.ok(await page.locator('.tail').isHidden());
  });

  it('says what each of the three nothings means, and what to do', async () => {
    const inspector = await openInspector();
    const { page } = inspector;
    await page.getByText('Waiting for a client').waitFor();
    await page.getByText('Connect Test Client').click();
    assert.deepEqual(await inspector.asked('run'), { command: 'connectTestClient' });

    const story = chatStory();
    await inspector.tell(story.facts);
    await inspector.filter('nothing has this text');
    await page.getByText('The filter hides all').waitFor();
    await page.getByText('Clear filter', { exact: true }).click();
    await line(page, 'dave has left').first().waitFor();

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    assert.deepEqual(await inspector.asked('clear'), {});
    const from = story.facts.length;
    story.clear();
    story.say('alice', ['bob'], 'said while paused');
    await inspector.tell(story.facts.slice(from));
    await page.getByRole('heading', { name: 'Paused' }).waitFor();
    await page.locator('.empty').getByText('Resume').click();
    await line(page, 'said while paused').first().waitFor();
  });

  for (const [state, words] of [
    ['untrusted', 'This workspace is not trusted'],
    ['noProject', 'No project yet'],
    ['stopped', 'The gateway is stopped'],
    ['starting', 'The gateway starts'],
  ] as const) {
    it(`explains ${state}`, async () => {
      const inspector = await openInspector({ status: { state } });
      await inspector.page.getByRole('heading', { name: words }).waitFor();
    });
  }

  it('pauses the list while the rows are kept', async () => {
    const story = chatStory();
    const inspector = await openInspector({ story });
    await inspector.page.getByRole('button', { name: 'Pause' }).click();
    const from = story.facts.length;
    story.say('bob', ['alice'], 'not yet');
    await inspector.tell(story.facts.slice(from));
    assert.equal(await line(inspector.page, 'not yet').count(), 0);
    await inspector.page.getByText(/Paused · \d+ new/).waitFor();
    await inspector.page.getByRole('button', { name: 'Resume' }).click();
    await line(inspector.page, 'not yet').first().waitFor();
  });

  it('filters by text, by key and by JSON, and keeps the place when the filter goes', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await inspector.filter('conn:alice dir:in');
    assert.deepEqual(new Set(await inspector.column('connection')), new Set(['alice']));
    // Without the pushes of it: one of them failed, and what failed is shown whatever kinds are chosen.
    await inspector.filter("$.type == 'whisper' -kind:push");
    assert.equal((await inspector.column('preview')).length, 1);
    await line(page, 'psst').click();
    const top = async () => (await line(page, 'psst').first().boundingBox())!.y;
    const before = await top();
    await inspector.filter('');
    assert.ok((await inspector.column('preview')).length > 10);
    assert.equal(await line(page, 'psst').first().getAttribute('aria-selected'), 'true');
    const room = (await page.locator('.grid').boundingBox())!;
    assert.ok((await top()) >= room.y && (await top()) < room.y + room.height);
    assert.ok(before > 0);
  });

  it('finds text beyond the previews by asking the session', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await inspector.filter('kept and delivered');
    await line(inspector.page, 'maintenance at six').first().waitFor();
    const [ask] = inspector.asks('search') as { text: string }[];
    assert.deepEqual(ask?.text, 'kept');
  });

  it('says where a filter is wrong and goes on with the rest', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await inspector.filter('kind:binary size:big');
    const alert = inspector.page.getByRole('alert');
    assert.match((await alert.textContent())!, /big is no number.*at 18/s);
    assert.equal(await inspector.page.locator('.wave').textContent(), 'big');
    assert.equal((await inspector.column('preview')).length, 1);
  });

  it('completes keys and values from the keyboard', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const box = inspector.page.getByRole('combobox', { name: 'Filter' });
    await box.click();
    await box.pressSequentially('con');
    await box.press('ArrowDown');
    await box.press('Enter');
    assert.equal(await box.inputValue(), 'conn:');
    await box.pressSequentially('ca');
    await box.press('ArrowDown');
    await box.press('Tab');
    assert.equal(await box.inputValue(), 'conn:carol ');
    await inspector.page.waitForFunction(() =>
      [...document.querySelectorAll('.line:not([hidden]) .cell-connection')].every(
        (cell) => cell.textContent === 'carol',
      ),
    );
  });

  it('highlights instead of hiding', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await inspector.page.getByRole('button', { name: 'Highlight instead of hiding' }).click();
    await inspector.filter('dave has left');
    const lines = inspector.page.locator('.line:not([hidden])');
    assert.ok((await lines.count()) > 10);
    assert.equal(await inspector.page.locator('.line.marked:not([hidden])').count(), 3);
  });

  it('shows other kinds by their chips', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    for (const name of ['text', 'binary', 'ping/pong', 'close', 'handshake']) {
      await page.getByRole('button', { name, exact: true }).click();
    }
    // Pushes that failed are there whatever is chosen.
    await inspector.settled();
    const shown = page.locator('.line:not([hidden])');
    assert.ok((await shown.count()) > 0);
    assert.equal(await shown.count(), await page.locator('.line.is-error:not([hidden])').count());
    await page.locator('.chips').getByRole('button', { name: 'push' }).click();
    await inspector.settled();
    assert.ok((await inspector.column('direction')).every((text) => text === 'server to client'));
    await line(page, 'connection not found').first().waitFor({ state: 'detached' });
    assert.ok((await page.locator('.line.is-error:not([hidden])').count()) > 0);
  });

  it('groups by connection, and closes a group from the keyboard', async () => {
    const inspector = await openInspector({ story: chatStory(), height: 1200 });
    const { page } = inspector;
    await page.getByRole('button', { name: 'Group by connection' }).click();
    await inspector.settled();
    const heads = page.locator('.line.group:not([hidden])');
    assert.match((await heads.first().textContent())!, /alice {2}· {2}\d+/);
    const count = await page.locator('.line:not([hidden])').count();
    await heads.first().click();
    await inspector.settled();
    assert.ok((await page.locator('.line:not([hidden])').count()) < count);
    await page.keyboard.press('ArrowRight');
    await inspector.settled();
    assert.equal(await heads.first().getAttribute('aria-expanded'), 'true');
  });

  it('shows the newest of what a full page keeps, and how many it gave up', async () => {
    const story = longStory(8600);
    const inspector = await openInspector({
      story,
      init: { limits: { rows: 1000, memoryMb: 64 } },
    });
    await inspector.page.getByText(/[\d,]+ dropped/).waitFor();
    assert.match((await inspector.column('preview')).at(-1)!, /"type":"say"/);
  });

  it('marks the place where facts are missing that were told faster than read', async () => {
    const { facts } = chatStory();
    const middle = facts.findIndex(
      (fact) => fact.kind === 'frame' && /maintenance/.test(fact.preview),
    );
    // The mark has the number of the last fact that is missing.
    const { seq, at } = facts[middle - 1]!;
    const mark = { seq, at, kind: 'dropped', facts: 0, payloads: 0, missed: 1234 } as const;
    const inspector = await openInspector();
    await inspector.tell([...facts.slice(0, middle - 1), mark, ...facts.slice(middle)]);
    const { page } = inspector;
    const marks = page.locator('.line:not([hidden]) .gap-mark');
    await inspector.filter('maintenance');
    assert.deepEqual(await marks.allInnerTexts(), ['1,234 missed']);
    assert.match(
      (await marks.first().getAttribute('title')) ?? '',
      /1,234 facts are missing before/,
    );
    await inspector.filter('');
    await page.locator('.line:not([hidden])', { has: page.locator('.gap-mark') }).waitFor();
    const marked = await page.locator('.line:not([hidden]).after-gap').innerText();
    assert.match(marked, /1,234 missed/);
    await screenshot(page, 'missed-dark-wide');
    await inspector.dress('light');
    await screenshot(page, 'missed-light-wide');
    await page.setViewportSize({ width: 320, height: 640 });
    await inspector.settled();
    await screenshot(page, 'missed-light-narrow');
  });

  for (const { theme, width, language } of [
    { theme: 'dark', width: 1000, language: 'en' },
    { theme: 'light', width: 1000, language: 'zh-cn' },
    { theme: 'dark', width: 320, language: 'zh-cn' },
    { theme: 'light', width: 320, language: 'en' },
  ] as const) {
    it(`says how a Web function counts an end (${language}, ${theme}, ${width} px)`, async () => {
      const story = new Story();
      const ends = [
        { cause: 'protocolError', code: 1008, reason: 'more than 10 messages within a second' },
        { cause: 'idle', code: 1001, reason: 'idle timeout' },
        { cause: 'clientClose', code: 1001, reason: '' },
        { cause: 'clientClose', code: 1000, reason: 'bye' },
      ] as const;
      const counted = [439, 455, 456, undefined];
      ends.forEach((end, index) => {
        const connection = story.connect(`client${index}`);
        const status = counted[index];
        const how = status === undefined ? {} : { counted: status };
        story.tell({ kind: 'closed', connection, ...end, ...how });
      });
      const inspector = await openInspector({ story, theme, width, language });
      await inspector.filter('kind:close');
      const words =
        language === 'en'
          ? [
              '1008 · more than 10 messages within a second · the client went over a limit · a Web function counts 439',
              '1001 · idle timeout · idle for too long · a Web function counts 455',
              '1001 · closed by the client · a Web function counts 456',
              '1000 · bye · closed by the client',
            ]
          : [
              '1008 · more than 10 messages within a second · 客户端超出限制 · Web 函数计为 439',
              '1001 · idle timeout · 空闲过久 · Web 函数计为 455',
              '1001 · 由客户端关闭 · Web 函数计为 456',
              '1000 · bye · 由客户端关闭',
            ];
      const previews = await inspector.page
        .locator('.line:not([hidden]) .cell-preview .label')
        .allInnerTexts();
      assert.deepEqual(previews, words);
      await inspector.page.locator('.line:not([hidden])').nth(1).click();
      await inspector.settled();
      const detail = await inspector.page.locator('dl.facts').first().innerText();
      assert.match(
        detail,
        language === 'en' ? /Status of a Web function\s+455/ : /Web 函数的状态码\s+455/,
      );
      await screenshot(inspector.page, `web-function-${theme}-${width}-${language}`);
    });
  }

  it('keeps rows of an earlier session when asked to', async () => {
    const inspector = await openInspector({ story: chatStory(), init: { ui: { preserve: true } } });
    await inspector.send({ kind: 'session', session: 2 });
    const next = new Story();
    next.connect('zora');
    await inspector.tell(next.facts);
    await line(inspector.page, 'dave has left').first().waitFor();
    await line(inspector.page, 'name=zora').first().waitFor();
    assert.equal(await inspector.page.locator('.line.first-of-session').count(), 1);
  });

  it('forgets an earlier session otherwise', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await inspector.send({ kind: 'session', session: 2 });
    const next = new Story();
    next.connect('zora');
    await inspector.tell(next.facts);
    assert.equal((await inspector.column('preview')).length, 1);
  });

  it('remembers what was chosen, for the next load', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await inspector.filter('conn:bob');
    const state = await inspector.next<{ kind: 'state'; ui: { filter: string } }>(
      (message) =>
        message.kind === 'state' && (message.ui as { filter: string }).filter === 'conn:bob',
    );
    const again = await openInspector({ story: chatStory(), init: { ui: state.ui } });
    assert.deepEqual(new Set(await again.column('connection')), new Set(['bob']));
  });

  it('widens a column by its handle and remembers it', async () => {
    const inspector = await openInspector({ story: chatStory(), width: 1200 });
    const { page } = inspector;
    const handle = page.locator('.resize[data-column=connection]');
    const box = (await handle.boundingBox())!;
    await page.mouse.move(box.x + 3, box.y + 8);
    await page.mouse.down();
    await page.mouse.move(box.x + 63, box.y + 8);
    await page.mouse.up();
    const state = await inspector.next<{ kind: 'state'; ui: { widths: { connection: number } } }>(
      (message) => message.kind === 'state',
    );
    assert.equal(state.ui.widths.connection, 152);
  });

  it('adds a connection that is pointed at to the filter, whatever its name', async () => {
    const story = new Story();
    const id = story.connect('alice smith');
    const inspector = await openInspector({
      story,
      init: { ui: { filter: 'kind:text conn:bob' } },
    });
    await inspector.send({ kind: 'reveal', target: { connection: id } });
    const state = await inspector.next<{ kind: 'state'; ui: { filter: string } }>(
      (message) => message.kind === 'state',
    );
    assert.equal(state.ui.filter, 'kind:text conn:"alice smith"');
  });

  it('opens the menu of the active row from the keyboard', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await page.locator('.grid').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: 'Copy connection id' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('menu').count(), 0);
    // A screen reader asks in this way.
    await page.locator('.grid').dispatchEvent('contextmenu', { button: 0 });
    await page.getByRole('menuitem', { name: 'Copy connection id' }).waitFor();
  });

  it('compares two rows from the keyboard', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await page.locator('.grid').focus();
    await page.keyboard.press('Home');
    await inspector.settled();
    const selected = await page.locator('.line.selected').getAttribute('id');
    await page.keyboard.press('Control+ArrowDown');
    await page.keyboard.press('Control+ArrowDown');
    await inspector.settled();
    assert.equal(await page.locator('.line.selected').getAttribute('id'), selected);
    const active = await page.locator('.grid').getAttribute('aria-activedescendant');
    assert.notEqual(active, selected);
    await page.keyboard.press('Control+Enter');
    await page.locator(`.line.compared#${active}`).waitFor();
  });

  it('compares two rows from the menu', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await page.locator('.grid').focus();
    await page.keyboard.press('Home');
    await inspector.settled();
    await page.locator('#line-3').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Compare with the selected row' }).click();
    await page.locator('#line-3.compared').waitFor();
    await page.locator('#line-0.selected').waitFor();
    await page.getByRole('tab', { name: 'Compare', selected: true }).waitFor();
  });

  it('reveals what a link elsewhere points at', async () => {
    const story = chatStory();
    const inspector = await openInspector({ story });
    const run = story.facts.find((fact) => fact.kind === 'invocationStarted' && fact.cold)!;
    await inspector.send({
      kind: 'reveal',
      target: { invocation: (run as { invocation: string }).invocation },
    });
    await inspector.page.locator('.trace-tree').waitFor();
    assert.match((await inspector.page.locator('.trace-tree').textContent())!, /register alice/);
  });
});

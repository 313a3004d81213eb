// Time travel: list, connections and values of a moment, by slider, keyboard and menu; and back to now.
import assert from 'node:assert/strict';
import { screenshot } from './browser';
import { openInspector } from './inspector';
import { longStory } from './story';

describe('time travel', () => {
  it('shows the rows, connections and values of the chosen moment, and says that it is the past; then now again', async () => {
    const inspector = await openInspector({ story: longStory(400), width: 1000, height: 600 });
    const { page } = inspector;
    const slider = page.locator('.travel input');
    const lines = () =>
      page.evaluate(() =>
        Number(document.querySelector('#traffic-grid')?.getAttribute('aria-rowcount')),
      );
    const all = await lines();
    await page.click('[aria-label="Time travel"]');
    assert.equal(await page.locator('.travel.past').count(), 0);
    await slider.focus();
    await page.keyboard.press('Home');
    await inspector.settled();
    assert.equal(await lines(), 2); // The head, and the first handshake.
    assert.match(await page.locator('.travel-place').innerText(), /In the past:/);
    const pane = page.locator('.moment');
    assert.match(await pane.innerText(), /Connections then 1[^]*connecting[^]*had not run/);
    assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /^#\d+, .*, 1 of /);
    const half = await slider.evaluate((input: HTMLInputElement) => {
      input.value = String((Number(input.min) + Number(input.max)) / 2);
      input.dispatchEvent(new Event('input', { bubbles: true }));
      return Number(input.value);
    });
    await inspector.settled();
    assert.ok((await lines()) > 2 && (await lines()) < all);
    assert.match(await pane.innerText(), /since \d\d:/);
    await page.keyboard.press('ArrowRight');
    await inspector.settled();
    assert.equal(Number(await slider.inputValue()), half + 1);
    await screenshot(page, 'time-travel-dark-wide');
    await inspector.dress('light');
    await screenshot(page, 'time-travel-light-wide');
    await page.setViewportSize({ width: 360, height: 700 });
    await inspector.settled();
    await screenshot(page, 'time-travel-light-narrow');

    await page.click('.travel .act >> text=Live');
    await inspector.settled();
    assert.equal(await page.locator('.travel.past').count(), 0);
    assert.equal(await page.locator('.moment').count(), 0);
  });

  for (const width of [1000, 360]) {
    it(`goes where the pointer drags the slider to, which stays in its place (${width} px)`, async () => {
      const inspector = await openInspector({ story: longStory(400), width, height: 700 });
      const { page } = inspector;
      await page.click('[aria-label="Time travel"]');
      const slider = page.locator('.travel input');
      const box = async () => {
        const found = await slider.boundingBox();
        assert.ok(found);
        return found;
      };
      const { min, max } = await slider.evaluate(({ min, max }: HTMLInputElement) => ({
        min: Number(min),
        max: Number(max),
      }));
      const before = await box();
      const y = before.y + before.height / 2;
      await page.mouse.move(before.x + before.width - 4, y);
      await page.mouse.down();
      for (const share of [0.9, 0.75, 0.5, 0.2, 0.6, 0.3]) {
        await page.mouse.move(before.x + before.width * share, y, { steps: 4 });
        await inspector.settled();
        assert.deepEqual(await box(), before, `the slider moved at ${share}`);
        const value = Number(await slider.inputValue());
        const wanted = min + (max - min) * share;
        // The knob is wider than a row of the list is: its middle is at the pointer but for half its width at the ends.
        assert.ok(
          Math.abs(value - wanted) < (max - min) * 0.08,
          `${value} at ${share}, not ${wanted}`,
        );
        const [, seen] =
          /, ([\d,]+) of /.exec(await page.locator('.travel-place').innerText()) ?? [];
        assert.equal(Number(seen?.replaceAll(',', '')), value - min + 1);
      }
      await page.mouse.up();
      const left = Number(await slider.inputValue());
      await page.keyboard.press('ArrowLeft');
      assert.equal(Number(await slider.inputValue()), left - 1, 'the keys go on from there');
      await screenshot(page, `time-travel-dragged-dark-${width}`);
      await inspector.dress('light');
      await screenshot(page, `time-travel-dragged-light-${width}`);
      // Facts that come meanwhile change nothing of the moment.
      const moment = await page.locator('.moment').innerText();
      const story = longStory(440);
      await inspector.tell(story.facts.filter(({ seq }) => seq > longStory(400).facts.at(-1)!.seq));
      assert.equal(Number(await slider.inputValue()), left - 1);
      assert.equal(await page.locator('.moment').innerText(), moment);
    });
  }
});

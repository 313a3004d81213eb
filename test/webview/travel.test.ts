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
});

/** For everyone: names and roles that axe accepts, the keyboard alone, other languages, hostile payloads. */
import assert from 'node:assert/strict';
import AxeBuilder from '@axe-core/playwright';
import { openInspector, type Inspector } from './inspector';
import { chatStory, Story } from './story';
import { themeNames } from './themes';

/** `within`: only there; what stands beside it was looked at before, and looking is what takes the time. */
async function findings(
  inspector: Inspector,
  rules?: string[],
  within?: string,
): Promise<string[]> {
  const axe = new AxeBuilder({ page: inspector.page });
  if (within !== undefined) {
    axe.include(within);
  }
  // A page inside the editor is no document of its own: the editor has the heading and the landmarks.
  const result = await (
    rules ? axe.withRules(rules) : axe.disableRules(['page-has-heading-one'])
  ).analyze();
  return result.violations.map(
    (violation) =>
      `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`,
  );
}

const press = (inspector: Inspector, key: string) =>
  inspector.page.keyboard.press(key).then(() => inspector.settled());

/** Waits until the keyboard is where it should be. */
const reached = (inspector: Inspector, place: 'filter' | 'list' | 'side') =>
  inspector.page.waitForFunction(
    (selector) => Boolean(document.activeElement?.closest(selector)),
    { filter: 'filter-box', list: 'traffic-list', side: '.side-pane' }[place],
  );

describe('access', function () {
  // axe looks at every element for every rule: seconds for each state, minutes on a busy machine.
  this.timeout(300_000);
  for (const theme of themeNames) {
    // Themes differ in colours alone.
    const rules = theme === 'dark' ? undefined : ['color-contrast'];
    it(`has nothing that axe finds${rules ? ' in its colours' : ''}, in ${theme}`, async () => {
      const inspector = await openInspector({ story: chatStory(), theme, width: 1200 });
      const { page } = inspector;
      assert.deepEqual(await findings(inspector, rules), [], 'list');
      await inspector.filter('dave has left');
      await page.locator('.line:not([hidden])').first().click();
      await inspector.settled();
      assert.deepEqual(await findings(inspector, rules), [], 'payload');
      await page.getByRole('tab', { name: 'Trace' }).click();
      for (const form of ['Tree', 'Sequence', 'Waterfall']) {
        await page.getByRole('tab', { name: form }).click();
        await inspector.settled();
        assert.deepEqual(await findings(inspector, rules, '.side-pane'), [], form);
      }
      for (const pane of ['Compose', 'Frame breakpoints', 'Fault lab', 'Export']) {
        await page.locator('.toolbar').getByRole('button', { name: pane, exact: true }).click();
        await inspector.settled();
        assert.deepEqual(await findings(inspector, rules, '.side-pane'), [], pane);
      }
    });
  }

  it('has nothing that axe finds in its empty states and in Chinese', async () => {
    const inspector = await openInspector({ language: 'zh-cn' });
    assert.deepEqual(await findings(inspector), []);
    await inspector.tell(chatStory().facts);
    await inspector.filter('size:big kind:ping');
    assert.deepEqual(await findings(inspector), []);
  });

  it('is a grid with counts and positions', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const grid = inspector.page.getByRole('grid', { name: 'Traffic' });
    const rows = Number(await grid.getAttribute('aria-rowcount'));
    assert.ok(rows > 30);
    await grid.focus();
    await press(inspector, 'End');
    const active = await grid.getAttribute('aria-activedescendant');
    const line = inspector.page.locator(`#${active}`);
    assert.equal(await line.getAttribute('aria-rowindex'), String(rows));
    assert.equal(await line.getAttribute('aria-selected'), 'true');
    await press(inspector, 'Home');
    const first = await grid.getAttribute('aria-activedescendant');
    assert.equal(await inspector.page.locator(`#${first}`).getAttribute('aria-rowindex'), '2');
  });

  it('is worked by the keyboard alone', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await press(inspector, '/');
    await reached(inspector, 'filter');
    await inspector.page.keyboard.type('conn:bob');
    await press(inspector, 'Enter');
    await press(inspector, 'F6');
    await reached(inspector, 'list');
    await press(inspector, 'ArrowDown');
    await press(inspector, 'Enter');
    await inspector.settled();
    await reached(inspector, 'side');
    await press(inspector, 'F6');
    await reached(inspector, 'filter');
    await press(inspector, 'Shift+F6');
    await reached(inspector, 'side');
    await press(inspector, 'Escape');
    await inspector.settled();
    await reached(inspector, 'list');
    assert.equal(await inspector.page.locator('.side-pane').count(), 0);
  });

  it('resizes the panes from the keyboard', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await inspector.page.locator('.line:not([hidden])').last().click();
    const splitter = inspector.page.getByRole('separator', { name: 'Size of the list' });
    await splitter.focus();
    await press(inspector, 'ArrowLeft');
    assert.equal(await splitter.getAttribute('aria-valuenow'), '50');
  });

  it('announces new rows in a live region, not each of them', async () => {
    const story = chatStory();
    const inspector = await openInspector({ story });
    const region = inspector.page.locator('.foot [aria-live=polite]');
    assert.equal(await region.count(), 1);
    const texts = await inspector.page.evaluate(() => {
      const seen = new Set<string>();
      const target = document.querySelector('.foot [aria-live=polite]')!;
      new MutationObserver(() => seen.add(target.textContent ?? '')).observe(target, {
        characterData: true,
        childList: true,
        subtree: true,
      });
      (window as unknown as { seen: Set<string> }).seen = seen;
      return target.textContent;
    });
    assert.match(texts ?? '', /^$|new row/);
    for (let round = 0; round < 10; round++) {
      const from = story.facts.length;
      story.say('alice', ['bob']);
      await inspector.tell(story.facts.slice(from));
    }
    const count = await inspector.page.evaluate(
      () => (window as unknown as { seen: Set<string> }).seen.size,
    );
    assert.ok(count <= 3, `${count} announcements of 10 bursts`);
  });

  it('speaks Chinese', async () => {
    const inspector = await openInspector({ story: chatStory(), language: 'zh-cn' });
    const text = await inspector.page.locator('inspector-app').innerText();
    for (const word of ['时间', '连接', '预览', '握手']) {
      assert.ok(text.includes(word), word);
    }
    assert.equal(/\b(Time|Connection|Preview|handshake)\b/.test(text), false);
  });

  it('fits at twice the zoom and 280 pixels', async () => {
    // 280 pixels at 200 % are 140 of the page's own.
    const inspector = await openInspector({ story: chatStory(), width: 140, height: 600 });
    await inspector.page.locator('.line:not([hidden])').last().click();
    await inspector.settled();
    const wide = await inspector.page.evaluate(() =>
      [...document.querySelectorAll('header *, main > *, footer')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => `${element.tagName}.${element.className}`),
    );
    assert.deepEqual(wide, []);
  });

  it('takes everything from the wire as data', async () => {
    const story = new Story();
    const hostile = [
      '<img src=x onerror="window.pwned=1">',
      '<script>window.pwned=1</script>',
      '"><svg onload=window.pwned=1>',
      "{{constructor.constructor('window.pwned=1')()}}",
      'javascript:window.pwned=1',
      '\u202Egnp.exe\u2066\u0007\u0000',
      `{"__proto__":{"pwned":1},"constructor":{"prototype":{"pwned":1}},"<b>":"<i>"}`,
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
      'x'.repeat(300_000),
      '𝕏́'.repeat(80) + '\uD800',
    ];
    const name = '<img src=x onerror=window.pwned=1>';
    const connection = story.connect(name);
    for (const data of hostile) {
      const seq = story.frame(connection, 'toServer', data);
      story.invoke('Transmission', 'transfer', connection, seq, {
        logs: [data.slice(0, 2000)],
        result: JSON.stringify(data.slice(0, 100)),
        pushes: [[connection, data]],
        fails: `<b onmouseover=window.pwned=1>${data.slice(0, 50)}</b>`,
      });
    }
    const inspector = await openInspector({ story, width: 1200 });
    const { page } = inspector;
    await page.getByRole('grid').focus();
    await press(inspector, 'Home');
    const tabs = ['Payload', 'Trace', 'Event', 'Log'];
    for (let at = 0; at < hostile.length + 1; at++) {
      for (const tab of at < 2 ? tabs : tabs.slice(0, 2)) {
        const found = page.getByRole('tab', { name: new RegExp(`^${tab}`) });
        if ((await found.count()) > 0) {
          await found.first().click();
          await inspector.settled();
        }
      }
      await page.getByRole('grid').focus();
      await press(inspector, 'ArrowDown');
      await press(inspector, 'ArrowDown');
    }
    const found = await page.evaluate(() => ({
      pwned: (window as unknown as { pwned?: unknown }).pwned,
      polluted: ({} as { pwned?: unknown }).pwned,
      strangers: document.querySelectorAll(
        'inspector-app img, inspector-app script, inspector-app b',
      ).length,
      violations: (window as unknown as { violations: string[] }).violations,
    }));
    assert.deepEqual(found, {
      pwned: undefined,
      polluted: undefined,
      strangers: 0,
      violations: [],
    });
    assert.equal(
      (await page.locator('.line:not([hidden])').allTextContents()).some((text) =>
        /[\u202a-\u202e\u2066-\u2069\u0000]/.test(text),
      ),
      false,
    );
  });
});

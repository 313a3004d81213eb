#!/usr/bin/env node
// Stands in for the desktop VS Code program: takes the same arguments from @vscode/test-electron, starts the
// npm-shipped VS Code server and a headless browser as its window, and exits with the code of the test run.
// While the tests run it answers their requests about the window (see window.ts) on a loopback address.
import { createServer } from 'node:http';
import { startServer } from '../../scripts/vscode-server.mjs';
import { openWindow } from '../../scripts/vscode-window.mjs';

const option = (name) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const folder = process.argv.slice(2).find((word) => !word.startsWith('-'));

/**
 * Milliseconds that a test waits for something to be seen, against waiting for ever; less than Mocha's own limit, so that
 * it can say what. And after which the place is looked up anew.
 */
const patience = 90_000;
const lookAgain = 3000;

/** One entry for each thing that a test can ask of the window. */
const requests = {
  async resize(window, size) {
    await window.resize(size);
  },
  screenshot: (window, { name }) => window.screenshot(name),
  /** What a person would see of it, in words: for the report of a test that failed. */
  async describe(window) {
    const texts = (selector) =>
      window.page.evaluate(
        (wanted) =>
          [...document.querySelectorAll(wanted)].map((each) =>
            (each.getAttribute('aria-label') ?? each.textContent).trim().slice(0, 200),
          ),
        selector,
      );
    const seen = { 'side bar': await texts('.part.sidebar .composite.title') };
    seen.tabs = await texts('.tabs-container .tab');
    seen.notifications = await texts('.notification-list-item');
    seen.dialogs = await texts('.monaco-dialog-box, .quick-input-widget:not([style*="none"])');
    seen.webviews = await window.webviewTexts();
    seen.console = said.slice(-8);
    return Object.entries(seen).flatMap(([what, all]) => all.map((text) => `${what}: ${text}`));
  },
  async evaluate(window, { place, index, source }) {
    return window.evaluate(source, place, index);
  },
  async open(window, { address }) {
    await (await window.place('page')).goto(address);
  },
  async click(window, { place, index, selector, options }) {
    await (await window.place(place, index)).locator(selector).first().click(options);
  },
  /** From one share of its width to another, with the button down; on each way some moves. */
  async drag(window, { place, index, selector, shares }) {
    const target = (await window.place(place, index)).locator(selector).first();
    const { x, y, width, height } = await target.boundingBox();
    const { mouse } = window.page;
    const at = (share) => [x + width * share, y + height / 2];
    await mouse.move(...at(shares[0]));
    await mouse.down();
    for (const share of shares.slice(1)) {
      await mouse.move(...at(share), { steps: 5 });
    }
    await mouse.up();
  },
  async fill(window, { place, index, selector, text }) {
    await (await window.place(place, index)).locator(selector).first().fill(text);
  },
  async press(window, { keys }) {
    await window.page.keyboard.press(keys);
  },
  async type(window, { text }) {
    await window.page.keyboard.type(text);
  },
  async text(window, { place, index, selector }) {
    return (await window.place(place, index)).locator(selector).first().innerText();
  },
  async waitFor(window, { place, index, selector, state = 'visible' }) {
    // In a frame that is replaced meanwhile Playwright can wait in vain: it is looked up again and again.
    for (let left = patience; ; left -= lookAgain) {
      const all = (await window.place(place, index)).locator(selector);
      // A list keeps rows that are scrolled away: the first that matches need not be one that is seen.
      const meant = state === 'visible' ? all.filter({ visible: true }) : all;
      try {
        return await meant.first().waitFor({ state, timeout: Math.min(left, lookAgain) });
      } catch (error) {
        if (error.name !== 'TimeoutError' || left <= lookAgain) throw error;
      }
    }
  },
};

const window = await openWindow();
window.page.setDefaultTimeout(patience);
/** What the workbench and its frames complained of; without what each start of this server complains of. */
const said = [];
window.page.on('console', (message) => {
  const text = message.text();
  const usual = /spdlog\.node|open-vsx|ERR_NAME_NOT_RESOLVED/.test(text);
  if (!usual && (['error', 'warning'].includes(message.type()) || /service worker/.test(text))) {
    said.push(`${message.type()}: ${text}`);
  }
});

const answers = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  let answer;
  try {
    const { kind, ...rest } = JSON.parse(body);
    answer = { value: await requests[kind](window, rest) };
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
});
await new Promise((resolve) => answers.listen(0, '127.0.0.1', resolve));

const server = await startServer({
  forTests: true,
  language: process.env.SCFWS_LANGUAGE,
  env: { SCFWS_WINDOW: `http://127.0.0.1:${answers.address().port}/` },
});

let code = 1;
try {
  const exit = new Promise((resolve) => {
    void window.page.exposeFunction('codeAutomationExit', resolve);
    window.page.on('crash', () => resolve(1));
  });
  await window.page.exposeFunction('codeAutomationLog', () => undefined);
  await window.load(
    server.address(folder, [
      ['extensionDevelopmentPath', option('extensionDevelopmentPath')],
      ['extensionTestsPath', option('extensionTestsPath')],
    ]),
  );
  code = await exit;
} catch (error) {
  console.error(error);
  console.error(server.log().slice(-3000));
  await window.screenshot('host-start-failed').catch(() => undefined);
} finally {
  answers.close();
  await window.dispose();
  await server.dispose();
}
process.exit(typeof code === 'number' ? code : 1);

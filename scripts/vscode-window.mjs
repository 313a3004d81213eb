// The window of a VS Code server: a headless browser, with the few things that tests and the start check do in it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { browserFlags, ensureBrowser, readJson, root } from './toolchain.mjs';

const { publisher, name } = readJson(path.join(root, 'package.json'));
export const extensionId = `${publisher}.${name}`;
export const screenshotFolder = path.join(root, 'out', 'screenshots');

/**
 * Opens a browser with an empty profile. Nothing is loaded yet, so that callers can expose functions first.
 * @returns {Promise<Window>}
 */
export async function openWindow({ width = 1280, height = 800 } = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-window-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await ensureBrowser(),
    headless: true,
    args: browserFlags,
    viewport: { width, height },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  return new Window(context, page, profile);
}

/** Our webviews that have loaded; each floats over the place that it belongs to, and names it. */
const ours = `iframe.webview.ready[src*="extensionId=${extensionId}" i]`;
const inEditorTab = `[data-parent-flow-to-element-id^="webview-editor-element"] > ${ours}:visible >> nth=0`;

export class Window {
  #blank;

  constructor(context, page, profile) {
    this.context = context;
    this.page = page;
    this.profile = profile;
  }

  /** Loads the workbench and waits until its parts are shown. */
  async load(address) {
    await this.page.goto(address);
    await this.page.locator('.monaco-workbench .part.activitybar').waitFor({ timeout: 90_000 });
  }

  /** The page inside one of our webviews; `index` counts those that are open, views and editor tabs. */
  webview(index = 0) {
    return this.#inside(`${ours} >> nth=${index}`);
  }

  #inside(frame) {
    return this.page.frameLocator(frame).frameLocator('iframe#active-frame');
  }

  /** How the text of each of our webviews begins, in the order in which they were opened. */
  async webviewTexts() {
    const count = await this.page.locator(ours).count();
    const text = async (index) =>
      (await this.webview(index).locator('body').innerText({ timeout: 1000 })).slice(0, 300);
    const unready = (error) => `(${String(error.message).split('\n')[0]})`;
    return Promise.all(Array.from({ length: count }, (_, index) => text(index).catch(unready)));
  }

  /**
   * The place that a test names: the workbench, one of our webviews by its number, our webview in the editor tab that
   * is shown (whatever the side bar shows), or a plain page of its own. A webview loads its page in a frame that takes
   * the place of another one: it is looked up anew for each thing that is done in it.
   */
  async place(where = 'workbench', index = 0) {
    if (where === 'workbench') return this.page;
    if (where === 'webview') return this.webview(index);
    if (where === 'editor') return this.#inside(inEditorTab);
    if (this.#blank === undefined) {
      this.#blank = await this.context.newPage();
      // A browser draws a page that lies behind another one once a second.
      await this.page.bringToFront();
    }
    return this.#blank;
  }

  /** The value of an expression there; a promise is awaited. */
  async evaluate(source, where, index) {
    return (await this.place(where, index)).locator('html').evaluate(source);
  }

  /** Waits until VS Code asks whether the opened folder is trusted, and leaves the question open. */
  async asksForTrust() {
    const yes = this.page.getByRole('button', { name: 'Yes, I trust the authors' });
    await yes.waitFor({ timeout: 60_000 });
  }

  /** Answers the question whether the opened folder is trusted, which VS Code asks once for each folder. */
  async trust(answer = true) {
    const name = answer ? 'Yes, I trust the authors' : "No, I don't trust the authors";
    await this.page.getByRole('button', { name }).click({ timeout: 60_000 });
  }

  /** Clicks our icon in the activity bar, so that our views are shown. */
  async showViews() {
    const icon = this.page.locator('.part.activitybar .action-item', {
      has: this.page.locator('[aria-label^="SCF WebSocket"]'),
    });
    await icon.first().waitFor({ timeout: 60_000 });
    if (!(await icon.first().getAttribute('class')).includes('checked')) await icon.first().click();
  }

  async resize({ width, height }) {
    await this.page.setViewportSize({ width, height });
    // The workbench lays itself out in animation frames after a resize.
    await this.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
  }

  /** A picture in out/screenshots/; returns its path. */
  async screenshot(name) {
    fs.mkdirSync(screenshotFolder, { recursive: true });
    const file = path.join(screenshotFolder, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  async dispose() {
    await this.context.close();
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

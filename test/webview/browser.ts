// One headless Chromium for all webview tests, and pages on a loopback server in it.
//
//   const page = await openPage({ html: '<script src="/dist/webview.js"></script>' });
//
// The server gives out `html` at / and the files of the repository by their path. A page whose scripts throw fails
// its test at the end (`page.on('pageerror')`), and every page is closed after its test.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';

const root = path.join(__dirname, '..', '..');
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
};

let browser: Browser | undefined;
const errors: Error[] = [];
const closing: (() => Promise<void>)[] = [];

async function startBrowser(): Promise<Browser> {
  const { browserFlags, ensureBrowser } = await import('../../scripts/toolchain.mjs');
  return chromium.launch({
    executablePath: await ensureBrowser(),
    headless: true,
    args: [...browserFlags],
  });
}

export interface PageOptions {
  readonly html: string;
  readonly width?: number;
  readonly height?: number;
  /** Runs in the page before its own scripts, for example a stand-in for acquireVsCodeApi. */
  readonly before?: string;
}

export async function openPage(options: PageOptions): Promise<Page> {
  browser ??= await startBrowser();
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(options.html);
      return;
    }
    const file = path.join(root, decodeURIComponent(pathname));
    if (!file.startsWith(root + path.sep) || !fs.existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream');
    response.end(fs.readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1000, height: options.height ?? 700 },
  });
  const page = await context.newPage();
  closing.push(async () => {
    await context.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  page.on('pageerror', (error) => errors.push(error));
  if (options.before !== undefined) {
    await page.addInitScript(options.before);
  }
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return page;
}

/** Saves out/screenshots/<name>.png. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const file = path.join(root, 'out', 'screenshots', `${name}.png`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  await page.screenshot({ path: file });
  return file;
}

export const mochaHooks = {
  async afterEach(): Promise<void> {
    for (const close of closing.splice(0)) {
      await close();
    }
    const [first] = errors.splice(0);
    if (first !== undefined) {
      throw first;
    }
  },
  async afterAll(): Promise<void> {
    await browser?.close();
  },
};

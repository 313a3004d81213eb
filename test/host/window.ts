// What a test in the extension host can do in the window that shows it.
//
//   await window.screenshot('traffic', { width: 1280, height: 800, theme: 'light' });  with SCFWS_PICTURES=1
//   await window.webview('document.querySelectorAll("[role=row]").length')             → JSON value of the last line
//   await window.waitFor('text=hello', { in: 'webview' });     Playwright selectors; waits up to 90 s
//   await window.click('button', { in: 'webview' });           also fill, text, press, type
//   await window.page('new Promise(…)')                        in a plain page: the browser's own WebSocket, fetch
//
// A request is one POST of JSON to the loopback address in SCFWS_WINDOW, and its answer is {value} or {error}; the
// launcher carries it out with Playwright (shim.mjs). In a desktop VS Code nobody listens: tests that need the
// window call `window.skipUnlessThere(this)` first.
import type { Context } from 'mocha';
import * as vscode from 'vscode';

/**
 * `editor` is our webview in the editor tab that is shown; `index` counts all our open webviews, in the order in which
 * they were opened (a view that the side bar shows counts, too).
 */
export interface Place {
  readonly in?: 'workbench' | 'webview' | 'editor' | 'page';
  readonly index?: number;
}

const themes = {
  light: { name: 'Default Light Modern', css: 'vs' },
  dark: { name: 'Default Dark Modern', css: 'vs-dark' },
  highContrast: { name: 'Default High Contrast', css: 'hc-black' },
  highContrastLight: { name: 'Default High Contrast Light', css: 'hc-light' },
} as const;

export type Theme = keyof typeof themes;

async function ask(kind: string, rest: Record<string, unknown>): Promise<unknown> {
  const address = process.env['SCFWS_WINDOW'];
  if (address === undefined) {
    throw new Error('This VS Code was started without a launcher that answers for its window.');
  }
  const response = await fetch(address, {
    method: 'POST',
    body: JSON.stringify({ kind, ...rest }),
  });
  const answer = (await response.json()) as { value?: unknown; error?: string };
  if (answer.error !== undefined) {
    throw new Error(`${kind} ${JSON.stringify(rest)}: ${answer.error}`);
  }
  return answer.value;
}

function placed(place: Place): Record<string, unknown> {
  return { place: place.in, index: place.index };
}

export const window = {
  skipUnlessThere(context: Context): void {
    if (process.env['SCFWS_WINDOW'] === undefined) {
      context.skip();
    }
  },

  /** Shows the editor in a colour theme. */
  async theme(theme: Theme): Promise<void> {
    const settings = vscode.workspace.getConfiguration('workbench');
    await settings.update('colorTheme', themes[theme].name, vscode.ConfigurationTarget.Global);
    await ask('waitFor', { selector: `.monaco-workbench.${themes[theme].css}` });
  },

  /**
   * Shows the editor in a size (CSS pixels; it stays set). With SCFWS_PICTURES=1 also in a theme, and a picture is taken,
   * for people, into out/screenshots/<name>.png: a whole run has some fifty, some seconds each.
   */
  async screenshot(
    name: string,
    options: { readonly width?: number; readonly height?: number; readonly theme?: Theme } = {},
  ): Promise<void> {
    const { theme, width, height } = options;
    const wanted = process.env['SCFWS_PICTURES'] === '1';
    if (wanted && theme !== undefined) {
      await window.theme(theme);
    }
    if (width !== undefined && height !== undefined) {
      await ask('resize', { width, height });
    }
    await (wanted ? window.take(name) : window.hideToasts());
  },

  /** A picture whether asked for or not. */
  async take(name: string): Promise<void> {
    await window.hideToasts();
    await ask('screenshot', { name });
  },

  /** What pops up in a corner is about what was done before, and lies over what is shown and clicked on. */
  async hideToasts(): Promise<void> {
    await vscode.commands.executeCommand('notifications.hideToasts');
    await ask('waitFor', { selector: '.notifications-toasts.visible', state: 'hidden' });
  },

  /** What it shows, in words, a line for each tab, notification, dialog, webview and complaint. */
  async describe(): Promise<readonly string[]> {
    return (await ask('describe', {})) as string[];
  },

  /** Evaluates an expression in our webview; a promise is awaited. */
  async webview(source: string, place: Place = { in: 'webview' }): Promise<unknown> {
    return ask('evaluate', { ...placed(place), source });
  },

  /** Evaluates an expression in the workbench page. */
  async workbench(source: string): Promise<unknown> {
    return ask('evaluate', { place: 'workbench', source });
  },

  /** Evaluates an expression in a plain page (see `open`). */
  async page(source: string): Promise<unknown> {
    return ask('evaluate', { place: 'page', source });
  },

  /** Loads an address in the plain page. */
  async open(address: string): Promise<void> {
    await ask('open', { address });
  },

  async click(
    selector: string,
    place: Place = {},
    options: { readonly button?: 'left' | 'right'; readonly clickCount?: number } = {},
  ): Promise<void> {
    await ask('click', { ...placed(place), selector, options });
  },

  /** Drags across the first match, from one share of its width (0 to 1) to the next. */
  async drag(selector: string, shares: readonly number[], place: Place = {}): Promise<void> {
    await ask('drag', { ...placed(place), selector, shares });
  },

  /** Replaces the text of an input. */
  async fill(selector: string, text: string, place: Place = {}): Promise<void> {
    await ask('fill', { ...placed(place), selector, text });
  },

  /** Presses keys where the focus is, for example `Enter` or `Control+A`. */
  async press(keys: string): Promise<void> {
    await ask('press', { keys });
  },

  /** Types text where the focus is. */
  async type(text: string): Promise<void> {
    await ask('type', { text });
  },

  /** The text that a person sees in the first match. */
  async text(selector: string, place: Place = {}): Promise<string> {
    return (await ask('text', { ...placed(place), selector })) as string;
  },

  async waitFor(
    selector: string,
    place: Place = {},
    state: 'visible' | 'hidden' | 'attached' | 'detached' = 'visible',
  ): Promise<void> {
    await ask('waitFor', { ...placed(place), selector, state });
  },
};

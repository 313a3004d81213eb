import type { FrameLocator, Page } from 'playwright-core';

export interface Window {
  readonly page: Page;
  load(address: string): Promise<void>;
  asksForTrust(): Promise<void>;
  trust(answer?: boolean): Promise<void>;
  showViews(): Promise<void>;
  webview(index?: number): FrameLocator;
  screenshot(name: string): Promise<string>;
  dispose(): Promise<void>;
}
/** Opens a headless browser with an empty profile. */
export function openWindow(size?: {
  readonly width: number;
  readonly height: number;
}): Promise<Window>;

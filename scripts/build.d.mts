import type { BuildOptions } from 'esbuild';
/** What is bundled into dist/, by name. */
export const bundles: Readonly<
  Record<'extension' | 'cli' | 'commands' | 'acorn' | 'mcp' | 'webview' | 'report', BuildOptions>
>;

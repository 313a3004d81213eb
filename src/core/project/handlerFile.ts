/** From `index.main_handler` to the file that holds it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { FunctionSpec, RuntimeFamily } from '../../protocol/project';

const extensions: Record<RuntimeFamily, readonly string[]> = {
  python: ['.py'],
  node: ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts'],
  custom: [''],
  go: [''],
};

/** Absolute paths that can hold the handler, the likeliest first. */
export function handlerFiles(
  spec: Pick<FunctionSpec, 'folder' | 'handler' | 'family'>,
): [string, ...string[]] {
  const executes = spec.family === 'custom' || spec.family === 'go';
  const stem = executes ? spec.handler : moduleOf(spec.handler);
  const [first = '', ...others] = extensions[spec.family];
  const at = (extension: string) => path.join(spec.folder, stem + extension);
  return [at(first), ...others.map(at)];
}

/** The file that holds the handler, or should: the first that exists, else the likeliest. */
export function handlerFile(spec: Pick<FunctionSpec, 'folder' | 'handler' | 'family'>): string {
  const files = handlerFiles(spec);
  return files.find((file) => existsSync(file)) ?? files[0];
}

/** `index` of `index.main_handler`. */
export function moduleOf(handler: string): string {
  const dot = handler.lastIndexOf('.');
  return dot < 0 ? handler : handler.slice(0, dot);
}

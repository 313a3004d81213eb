// Loads a TypeScript source of the product, as the tests do.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../../scripts/toolchain.mjs';

const require = createRequire(import.meta.url);
require(path.join(root, 'test', 'register.cjs'));

export function importSource(file) {
  return require(path.join(root, file));
}

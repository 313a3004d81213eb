// npm run sample: builds dist/ and makes the sample project in sample/, for the launch configurations in .vscode/.
import path from 'node:path';
import { ensurePackages, must, root } from './toolchain.mjs';

await ensurePackages();
await must(process.execPath, ['scripts/build.mjs']);
const { scaffoldSample } = await import('./demo.mjs');
scaffoldSample(path.join(root, 'sample'));
console.log('sample/ is ready.');

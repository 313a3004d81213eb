// Starts the suites of test/host/suite, or of the folder that SCFWS_SUITES names, in a real extension host: in the
// desktop VS Code that SCFWS_VSCODE names, else in the npm-shipped one through shim.mjs. `--grep WORDS` runs the tests
// whose title contains them. The window shows one folder, or a workspace of those that SCFWS_FOLDERS names.
import esbuild from 'esbuild';
import { runTests } from '@vscode/test-electron';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/toolchain.mjs';

const suiteFolder = process.env.SCFWS_SUITES ?? 'test/host/suite';
// One for each folder of suites: two can run at the same time.
const program = path.join(root, 'out', 'host', `${path.basename(suiteFolder)}.js`);

/** Bundles all suites into one program; each is loaded by Mocha's turn, so that a broken one has a name. */
async function bundle() {
  const suites = fs
    .readdirSync(path.join(root, suiteFolder), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
    .map((file) => `${suiteFolder}/${file.replaceAll('\\', '/')}`);
  const lines = suites.map((file) => `${JSON.stringify(file)}: () => require('./${file}'),`);
  await esbuild.build({
    stdin: {
      contents: `import { runSuites } from './test/host/index';
        export const run = () => runSuites(${JSON.stringify(root)}, { ${lines.join('\n')} });`,
      resolveDir: root,
      loader: 'ts',
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    packages: 'external',
    external: ['vscode'],
    sourcemap: 'inline',
    tsconfigRaw: {
      compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false },
    },
  });
}

/** Prints what is appended to a file; returns how to stop, after the rest. */
function follow(file) {
  let printed = 0;
  const more = () => {
    if (!fs.existsSync(file)) return;
    const text = fs.readFileSync(file, 'utf8');
    process.stdout.write(text.slice(printed));
    printed = text.length;
  };
  const timer = setInterval(more, 250);
  return () => {
    clearInterval(timer);
    more();
  };
}

await bundle();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-host-'));
const workspace = path.join(folder, 'workspace');
fs.mkdirSync(workspace);
let opened = workspace;
if (process.env.SCFWS_FOLDERS !== undefined) {
  const folders = process.env.SCFWS_FOLDERS.split(',').map((name) => ({ path: name }));
  folders.forEach(({ path: name }) => fs.mkdirSync(path.join(workspace, name)));
  opened = path.join(workspace, 'several.code-workspace');
  fs.writeFileSync(opened, JSON.stringify({ folders }));
}
const result = process.env.SCFWS_RESULT ?? path.join(folder, 'result.json');
const grep = process.argv.indexOf('--grep');

const stop = follow(path.join(folder, 'report.txt'));
let failure;
try {
  await runTests({
    vscodeExecutablePath: process.env.SCFWS_VSCODE ?? path.join(root, 'test', 'host', 'shim.mjs'),
    extensionDevelopmentPath: process.env.SCFWS_EXTENSION ?? root,
    extensionTestsPath: program,
    launchArgs: [opened],
    extensionTestsEnv: {
      SCFWS_RESULTS: folder,
      SCFWS_RESULT: result,
      SCFWS_GREP: grep === -1 ? '' : process.argv[grep + 1],
    },
  });
} catch (error) {
  failure = error;
}
stop();
const counts = fs.existsSync(result) ? JSON.parse(fs.readFileSync(result, 'utf8')) : undefined;
fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
if (counts === undefined) {
  console.error(
    `The tests in the extension host did not come to an end: ${failure?.message ?? 'no result'}`,
  );
  process.exitCode = 1;
} else if (failure !== undefined || counts.failed > 0 || (counts.passed === 0 && grep === -1)) {
  process.exitCode = 1;
}

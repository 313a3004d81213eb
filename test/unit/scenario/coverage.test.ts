// `scfws test --coverage`: real handlers, their lines as lcov.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import esbuild from 'esbuild';
import { makeProject, type Project } from './parts';

const source = [
  'export const main_handler = async (event: { websocket: { data: string } }) => {', // 1
  '  // What is never said, is never done.', // 2
  "  if (event.websocket.data === 'never') {", // 3
  '    return refuse();', // 4
  '  } else {', // 5
  "    console.log('heard');", // 6
  '  }', // 7
  '', // 8
  '  return { errNo: 0 };', // 9
  '};', // 10
  '', // 11
  'function refuse() {', // 12
  '  return { errNo: 7 };', // 13
  '}', // 14
].join('\n');
const expected: Record<number, number> = { 3: 3, 4: 0, 6: 3, 9: 3, 13: 0 };

const flow = `name: it
scenarios:
  - name: once
    steps: [ann connects, { ann sends: hello }]
  - name: twice
    steps: [ann connects, { ann sends: hello }, { ann sends: hello }]
`;

describe('scfws test --coverage', function () {
  let project: Project;
  beforeEach(() => {
    project = makeProject();
    project.write('main.wsflow.yaml', flow);
  });
  afterEach(() => project.dispose());

  async function run(...flags: string[]) {
    const child = spawn(process.execPath, [path.resolve('dist/cli.js'), 'test', ...flags], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
    });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { out, err, code };
  }

  function partOf(file: string, lcov = 'coverage/lcov.info'): string {
    const all = fs.readFileSync(path.join(project.folder, lcov), 'utf8').split('end_of_record\n');
    const part = all.find((each) => each.includes(`SF:${file}\n`));
    assert.ok(part !== undefined, `${file} is not in:\n${all.join('')}`);
    return part;
  }

  function linesOf(file: string, lcov?: string): Record<number, number> {
    return Object.fromEntries(
      [...partOf(file, lcov).matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, hits]) => [
        Number(line),
        Number(hits),
      ]),
    );
  }

  /** How often each way was taken, by the line that decides. */
  function branchesOf(file: string): Record<number, number[]> {
    const found: Record<number, number[]> = {};
    for (const [, line, hits] of partOf(file).matchAll(/^BRDA:(\d+),\d+,\d+,(\d+)$/gm)) {
      (found[Number(line)] ??= []).push(Number(hits));
    }
    return found;
  }

  it('counts the lines of JavaScript over all scenarios', async () => {
    const js = source.replace(/: \{ websocket.*?\} \}/, '').replace('export const ', 'exports.');
    project.write('Transmission/index.js', js);
    const { code, out, err } = await run('--coverage', 'lcov');
    assert.equal(code, 0, out + err);
    const lines = linesOf('Transmission/index.js');
    for (const [line, hits] of Object.entries(expected)) {
      assert.equal(lines[Number(line)], hits, `line ${line}: ${JSON.stringify(lines)}`);
    }
    assert.equal(lines[2], undefined);
    assert.equal(lines[8], undefined);
    assert.match(out, /branches \d+\/\d+, functions \d+\/\d+ \(coverage.lcov\.info\)/);
    assert.deepEqual(branchesOf('Transmission/index.js'), { 3: [0, 3] });
    const functions = partOf('Transmission/index.js').match(/^FNDA:.*$/gm);
    assert.deepEqual(functions, ['FNDA:3,main_handler', 'FNDA:0,refuse']);
  });

  it('counts the lines of what a script was built from', async () => {
    project.write('src/index.ts', source);
    esbuild.buildSync({
      entryPoints: [path.join(project.folder, 'src/index.ts')],
      outfile: path.join(project.folder, 'Transmission/index.js'),
      ...{ bundle: true, platform: 'node', format: 'cjs', sourcemap: 'linked' },
    });
    const { code, out, err } = await run('--coverage', 'lcov', '--coverage-to', 'out/c.info');
    assert.equal(code, 0, out + err);
    const lines = linesOf('src/index.ts', 'out/c.info');
    for (const [line, hits] of Object.entries(expected)) {
      assert.equal(lines[Number(line)], hits, `line ${line}: ${JSON.stringify(lines)}`);
    }
    const lcov = fs.readFileSync(path.join(project.folder, 'out/c.info'), 'utf8');
    assert.doesNotMatch(lcov, /SF:Transmission/);
    // No more functions than somebody wrote.
    const functions = partOf('src/index.ts', 'out/c.info').match(/^FNDA:.*$/gm);
    assert.deepEqual(functions, ['FNDA:3,main_handler', 'FNDA:0,refuse']);
  });

  it('finds sources beside a map that lies elsewhere, and leaves packages out', async () => {
    project.write('src/index.ts', `import { shout } from 'shout';\n${source}\nshout('x');\n`);
    project.write('node_modules/shout/index.js', 'exports.shout = (text) => text.trim();\n');
    esbuild.buildSync({
      entryPoints: [path.join(project.folder, 'src/index.ts')],
      outfile: path.join(project.folder, 'Transmission/index.js'),
      ...{ bundle: true, platform: 'node', format: 'cjs', sourcemap: 'linked', minify: true },
    });
    fs.mkdirSync(path.join(project.folder, 'maps', 'deep'), { recursive: true });
    const map = path.join(project.folder, 'Transmission/index.js.map');
    const moved = JSON.parse(fs.readFileSync(map, 'utf8')) as { sources: string[] };
    moved.sources = moved.sources.map((each) => `../${each}`);
    fs.writeFileSync(path.join(project.folder, 'maps/deep/it.map'), JSON.stringify(moved));
    fs.rmSync(map);
    const script = path.join(project.folder, 'Transmission/index.js');
    const text = fs.readFileSync(script, 'utf8');
    fs.writeFileSync(script, text.replace(/(sourceMappingURL=).*/, '$1../maps/deep/it.map'));
    const { code, out, err } = await run('--coverage', 'lcov');
    assert.equal(code, 0, out + err);
    // Names are short in what was minified; nothing is counted that nobody wrote.
    assert.deepEqual(partOf('src/index.ts').match(/^FNDA:\d+/gm), ['FNDA:3', 'FNDA:0']);
    assert.deepEqual(branchesOf('src/index.ts'), { 4: [0, 3] });
    const lcov = fs.readFileSync(path.join(project.folder, 'coverage/lcov.info'), 'utf8');
    assert.deepEqual(lcov.match(/^SF:.*(src|shout|Transmission).*$/gm), ['SF:src/index.ts']);
  });

  it('names what it cannot read, and counts the rest', async () => {
    project.write('Transmission/changed.js', 'exports.it = 1;\n');
    project.write(
      'Transmission/index.js',
      `require('./changed');
exports.main_handler = async () => {
  require('fs').writeFileSync(__dirname + '/changed.js', '}');
  return { errNo: 0 };
};
`,
    );
    const { code, out, err } = await run('--coverage', 'lcov', '--filter', 'once');
    assert.equal(code, 0, out + err);
    assert.match(out, /The coverage of .*changed\.js was not counted: it cannot be read/);
    assert.equal(linesOf('Transmission/index.js')[4], 1);
  });

  const python = `def main_handler(event, context):
    if event['websocket']['data'] == 'never':
        return {'errNo': 7}
    return {'errNo': 0}
`;
  function speakPython(): void {
    project.write('Transmission/index.py', python);
    const file = path.join(project.folder, 'scfws.json');
    const spec = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      functions: Record<string, { runtime: string }>;
    };
    spec.functions['transfer']!.runtime = 'Python3';
    fs.writeFileSync(file, JSON.stringify(spec));
  }

  it('counts the lines of Python', async function () {
    const program = [process.env['SCFWS_PYTHON'], 'python3', '/usr/bin/python3'].find(
      (each) => each && spawnSync(each, ['-c', 'import coverage']).status === 0,
    );
    if (program === undefined) {
      this.skip();
    }
    speakPython();
    const { code, out, err } = await run('--coverage', 'lcov', '--python', program);
    assert.equal(code, 0, out + err);
    // Of two processes, each tells that a line ran.
    assert.deepEqual(linesOf('Transmission/index.py'), { 1: 2, 2: 2, 3: 0, 4: 2 });
    assert.deepEqual(branchesOf('Transmission/index.py'), { 2: [0, 2] });
  });

  it('says how to install what Python lacks, and runs the scenarios all the same', async function () {
    const environment = path.join(project.folder, 'bare');
    try {
      execFileSync('python3', ['-m', 'venv', '--without-pip', environment], { stdio: 'pipe' });
    } catch {
      this.skip();
    }
    speakPython();
    const program = path.join(environment, 'bin', 'python');
    const { code, out, err } = await run('--coverage', 'lcov', '--python', program);
    assert.equal(code, 0, out + err);
    assert.ok(out.includes(`${program} -m pip install coverage`), out);
  });

  for (const [flags, said] of [
    [['--coverage', 'html'], /--coverage takes lcov, not "html"/],
    [['--coverage-to', 'x'], /--coverage-to belongs to --coverage/],
    [['--coverage', 'lcov', '--url', 'ws://127.0.0.1:1'], /does not go with --url/],
  ] as const) {
    it(`refuses ${flags.join(' ')}`, async () => {
      const { code, err } = await run(...flags);
      assert.equal(code, 2);
      assert.match(err, said);
    });
  }
});

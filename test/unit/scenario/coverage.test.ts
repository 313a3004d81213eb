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
const expected: Record<number, number> = { 3: 3, 4: 0, 5: 3, 6: 3, 9: 3, 13: 0 };

const flow = `name: it
scenarios:
  - name: once
    steps: [ann connects, { ann sends: hello }]
  - name: twice
    steps: [ann connects, { ann sends: hello }, { ann sends: hello }]
`;

describe('scfws test --coverage', function () {
  this.timeout(120_000);
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

  function linesOf(file: string, lcov = 'coverage/lcov.info'): Record<number, number> {
    const all = fs.readFileSync(path.join(project.folder, lcov), 'utf8').split('end_of_record\n');
    const part = all.find((each) => each.includes(`SF:${file}\n`));
    assert.ok(part !== undefined, `${file} is not in:\n${all.join('')}`);
    return Object.fromEntries(
      [...part.matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, hits]) => [
        Number(line),
        Number(hits),
      ]),
    );
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
    assert.match(out, /Coverage: \d+ of \d+ lines, coverage.lcov\.info/);
    const lcov = fs.readFileSync(path.join(project.folder, 'coverage/lcov.info'), 'utf8');
    assert.match(lcov, /FNDA:3,exports\.main_handler|FNDA:3,main_handler/);
    assert.match(lcov, /FNDA:0,refuse/);
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
    for (const line of [3, 4, 6, 9, 13]) {
      assert.equal(lines[line], expected[line], `line ${line}: ${JSON.stringify(lines)}`);
    }
    const lcov = fs.readFileSync(path.join(project.folder, 'out/c.info'), 'utf8');
    assert.doesNotMatch(lcov, /SF:Transmission/);
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

// From a folder on disk to a service: what is found, what is missing, and what must not be reached.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadIdentity } from '../../../src/core/project/identity';
import { loadService, readProject } from '../../../src/core/project/loadService';

const posix = process.platform !== 'win32';

describe('loadService', () => {
  let folder: string;
  let elsewhere: string;
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-project-')));
    elsewhere = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-elsewhere-')));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
    fs.rmSync(elsewhere, { recursive: true });
  });

  const put = (name: string, text: string, root = folder) => {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  const transfer = (entry: object) => JSON.stringify({ functions: { transfer: entry } });
  const good = () => {
    put('scfws.json', transfer({ folder: 'Transmission' }));
    put('Transmission/index.py', 'def main_handler(event, context): pass');
  };
  const complaints = async () =>
    (await loadService(folder)).problems.map(
      ({ severity, path: place, message }) => `${severity} ${place}: ${message}`,
    );

  it('gives a service with an identity that stays', async () => {
    good();
    const { service, problems } = await loadService(folder);
    assert.deepEqual(problems, []);
    assert.match(service?.serviceId ?? '', /^service-[a-z0-9]{8}$/);
    assert.match(service?.pushKey ?? '', /^api-[a-z0-9]{8}$/);
    const again = await loadService(folder);
    assert.deepEqual(again.service, service);
  });

  it('rejects nothing when the project goes away while it is read', async () => {
    const project = path.join(folder, 'project');
    for (let n = 0; n < 60; n++) {
      put('scfws.json', transfer({ folder: 'Transmission' }), project);
      put('Transmission/index.py', '', project);
      const reading = readProject(project, {});
      const left = new Promise<void>((resolve) => {
        const wait = (turns: number): void => {
          if (turns === 0) {
            fs.rmSync(project, { recursive: true });
            resolve();
          } else {
            setImmediate(wait, turns - 1);
          }
        };
        wait(n);
      });
      await Promise.all([reading, left]);
    }
  });

  it('takes a port over that of the file, and settings under it', async () => {
    put(
      'scfws.json',
      JSON.stringify({
        port: 1234,
        functions: { transfer: { folder: 'f', runtime: 'Go1' } },
        emulator: { strict: false },
      }),
    );
    const { service } = await loadService(folder, {
      port: 0,
      emulator: { strict: true, coldStart: true },
    });
    assert.equal(service?.port, 0);
    assert.equal(service?.emulator.strict, false);
    assert.equal(service?.emulator.coldStart, true);
  });

  it('says when there is no project', async () => {
    assert.deepEqual(await complaints(), [`error : There is no scfws.json in ${folder}.`]);
  });

  it('serves a project whose handler is not there yet, and says so', async () => {
    put('scfws.json', transfer({ folder: 'Transmission', runtime: 'Python3' }));
    const missingFolder = path.join(folder, 'Transmission');
    assert.deepEqual(await complaints(), [
      `warning functions.transfer.folder: There is no folder ${missingFolder}.`,
    ]);
    fs.mkdirSync(missingFolder);
    assert.deepEqual(await complaints(), [
      `warning functions.transfer.handler: There is no ${path.join(missingFolder, 'index.py')} for the function Transmission.`,
    ]);
    assert.ok((await loadService(folder)).service !== undefined);
  });

  describe('paths', () => {
    for (const outside of [
      '..',
      '../x',
      'a/../../x',
      '/etc',
      'C:\\Windows',
      '..\\x',
      'a\\..\\..\\x',
    ]) {
      it(`refuses the folder ${outside}`, async () => {
        put('scfws.json', transfer({ folder: outside, runtime: 'Python3' }));
        assert.deepEqual(await complaints(), [
          'error functions.transfer.folder: "folder" must stay inside the project folder.',
        ]);
      });
    }

    for (const [runtime, handler] of [
      ['Python3', '../secret.main'],
      ['Python3', '/etc/secret.main'],
      ['Nodejs', '..\\secret.main'],
      ['Nodejs', 'a:b.main'],
      ['CustomRuntime', '../../bin/sh'],
      ['Go1', '/bin/sh'],
    ] as const) {
      it(`refuses the handler ${handler} of ${runtime}`, async () => {
        put('scfws.json', transfer({ folder: 'f', runtime, handler }));
        const [first = ''] = await complaints();
        assert.match(first, /^error functions\.transfer\.handler: "handler" must be/);
      });
    }

    it('refuses a build folder outside', async () => {
      const build = { command: ['true'], folder: '../out' };
      put('scfws.json', transfer({ folder: 'f', runtime: 'Nodejs', build }));
      assert.match((await complaints())[0] ?? '', /build\.folder: "folder" must stay inside/);
    });

    it('takes a folder name that only begins with dots', async () => {
      put('scfws.json', transfer({ folder: '..f' }));
      put('..f/index.js', '');
      assert.deepEqual(await complaints(), []);
    });

    if (posix) {
      it('does not follow links out of the project', async () => {
        put('index.py', 'def main_handler(event, context): pass', elsewhere);
        put('scfws.json', transfer({ folder: 'f', runtime: 'Python3' }));
        fs.symlinkSync(elsewhere, path.join(folder, 'f'));
        assert.deepEqual(await complaints(), [
          'error functions.transfer.folder: "folder" is a link that leaves the project folder.',
        ]);

        fs.rmSync(path.join(folder, 'f'));
        fs.mkdirSync(path.join(folder, 'f'));
        const file = path.join(folder, 'f', 'index.py');
        fs.symlinkSync(path.join(elsewhere, 'index.py'), file);
        assert.deepEqual(await complaints(), [
          `error functions.transfer.handler: ${file} is a link that leaves the project folder.`,
        ]);

        fs.rmSync(file);
        put('f/index.py', '');
        put('scfws.json', transfer({ folder: 'f', build: { command: ['x'], folder: 'out' } }));
        fs.symlinkSync(elsewhere, path.join(folder, 'out'));
        assert.match((await complaints())[0] ?? '', /^error functions\.transfer\.build: .*leaves/);
      });

      it('follows links within the project, and a link to the project', async () => {
        good();
        fs.renameSync(path.join(folder, 'Transmission'), path.join(folder, 'real'));
        fs.symlinkSync('real', path.join(folder, 'Transmission'));
        assert.deepEqual(await complaints(), []);
        const link = path.join(elsewhere, 'link');
        fs.symlinkSync(folder, link);
        assert.deepEqual((await loadService(link)).problems, []);
      });

      it('does not read a scfws.json that lies elsewhere, is a folder, or a pipe', async () => {
        put('scfws.json', '{}', elsewhere);
        const file = path.join(folder, 'scfws.json');
        fs.symlinkSync(path.join(elsewhere, 'scfws.json'), file);
        assert.deepEqual(await complaints(), [
          `error : ${file} is a link that leaves the project folder.`,
        ]);
        fs.rmSync(file);
        fs.mkdirSync(file);
        assert.deepEqual(await complaints(), [`error : ${file} is not a file.`]);
        fs.rmdirSync(file);
        execFileSync('mkfifo', [file]);
        assert.deepEqual(await complaints(), [`error : ${file} is not a file.`]);
      });
    }

    it('does not read a huge file', async () => {
      put('scfws.json', ' '.repeat(5_000_000));
      assert.deepEqual(await complaints(), ['error : This file is too large: more than 1 MB.']);
      put('scfws.json', `${' '.repeat(1_100_000)}{}`);
      assert.deepEqual(await complaints(), ['error : This file is too large: more than 1 MB.']);
    });
  });

  describe('identity', () => {
    const file = () => path.join(folder, '.scfws', 'identity.json');

    it('is for its owner alone, and stays out of version control', async () => {
      await loadIdentity(folder);
      if (posix) {
        assert.equal(fs.statSync(file()).mode & 0o777, 0o600);
        assert.equal(fs.statSync(path.dirname(file())).mode & 0o777, 0o700);
      }
      assert.equal(fs.readFileSync(path.join(folder, '.scfws', '.gitignore'), 'utf8'), '*\n');
    });

    it('is one for all who ask at once, also where a broken one is in its place', async () => {
      fs.mkdirSync(path.dirname(file()), { recursive: true });
      for (let round = 0; round < 20; round++) {
        fs.writeFileSync(file(), '{}');
        const asked = Array.from({ length: 20 }, () => loadIdentity(folder));
        const identities = await Promise.all(asked);
        assert.equal(new Set(identities.map((each) => each.pushKey)).size, 1);
      }
    });

    it('is one for all who ask at once', async () => {
      const identities = await Promise.all(Array.from({ length: 20 }, () => loadIdentity(folder)));
      assert.equal(new Set(identities.map((each) => each.pushKey)).size, 1);
      assert.deepEqual(fs.readdirSync(path.join(folder, '.scfws')).sort(), [
        '.gitignore',
        'identity.json',
      ]);
    });

    for (const broken of ['', '{', '[]', 'null', '{"serviceId":"x","pushKey":"api-aaaaaaaa"}']) {
      it(`is made anew when the file holds ${broken === '' ? 'nothing' : broken}`, async () => {
        fs.mkdirSync(path.join(folder, '.scfws'));
        fs.writeFileSync(file(), broken, { mode: 0o600 });
        const made = await loadIdentity(folder);
        assert.deepEqual(await loadIdentity(folder), made);
      });
    }

    if (posix) {
      it('is made anew when others could read it: it came with the project', async () => {
        const known = { serviceId: 'service-aaaaaaaa', pushKey: 'api-aaaaaaaa' };
        fs.mkdirSync(path.join(folder, '.scfws'));
        fs.writeFileSync(file(), JSON.stringify(known), { mode: 0o644 });
        const made = await loadIdentity(folder);
        assert.notEqual(made.pushKey, known.pushKey);
      });

      it('never goes through a link', async () => {
        good();
        fs.symlinkSync(elsewhere, path.join(folder, '.scfws'));
        assert.match((await complaints())[0] ?? '', /^warning : The push address cannot be kept/);
        assert.deepEqual(fs.readdirSync(elsewhere), []);

        fs.rmSync(path.join(folder, '.scfws'));
        fs.mkdirSync(path.join(folder, '.scfws'));
        const target = path.join(elsewhere, 'mine.txt');
        fs.writeFileSync(target, 'mine', { mode: 0o600 });
        fs.symlinkSync(target, file());
        await loadIdentity(folder);
        assert.equal(fs.readFileSync(target, 'utf8'), 'mine');
        assert.ok(fs.lstatSync(file()).isFile());
      });
    }
  });
});

// The packed extension: what is in it, and that an editor without any development flag runs it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');

/** Relative paths of all files below a folder, with `prefix` before them. */
function below(folder: string, prefix = folder): string[] {
  const absolute = path.resolve(root, folder);
  if (!fs.existsSync(absolute)) {
    return [];
  }
  return fs
    .readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
    .map((entry) => path.relative(absolute, path.join(entry.parentPath, entry.name)))
    .map((file) => path.posix.join(prefix, file.replaceAll('\\', '/')));
}

describe('the package', function () {
  this.timeout(240_000);
  let vsix: string;
  /** Where an editor put what was in the package. */
  let installed: string;
  let data: string;

  before(async () => {
    const { packExtension } = await import('../../scripts/package.mjs');
    const { installExtension } = await import('../../scripts/vscode-server.mjs');
    vsix = await packExtension();
    data = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-vsix-'));
    await installExtension(vsix, data);
    const extensions = path.join(data, 'extensions');
    const [name] = fs.readdirSync(extensions).filter((file) => file.startsWith('scf-websocket.'));
    installed = path.join(extensions, name ?? '');
  });

  after(() => fs.rmSync(data, { recursive: true, force: true, maxRetries: 5 }));

  it('holds what runs and what the marketplace shows, and nothing else', async () => {
    const { bundles } = await import('../../scripts/build.mjs');
    // The other programs are in the npm package only.
    const { extension, cli, commands, acorn, mcp, webview, report } = bundles;
    const programs = [extension, cli, commands, acorn, mcp, webview, report].map(
      (each) => each?.outfile ?? '',
    );
    const expected = [
      'package.json',
      'package.nls.json',
      'package.nls.zh-cn.json',
      // The packer gives these three their names.
      'readme.md',
      'changelog.md',
      'LICENSE.txt',
      'THIRD-PARTY-NOTICES.txt',
      ...programs,
      // Pages have their styles beside them.
      ...programs
        .filter((file) => !/(extension|cli|commands|acorn|mcp)\.js$/.test(file))
        .map((file) => file.replace(/js$/, 'css')),
      'dist/codicon.ttf',
      'l10n/bundle.l10n.zh-cn.json',
      ...below('src/core/runtime/bootstrap', 'dist/bootstrap'),
      ...below('src/core/scaffold/templates', 'dist/templates'),
      'media/activity.svg',
      'media/icon.png',
      'media/tab-dark.svg',
      'media/tab-light.svg',
      ...below('media/tour'),
      ...below('media/walkthrough'),
      ...below('schemas'),
      ...below('snippets'),
    ];
    const packed = below(installed, '').filter((file) => file !== '.vsixmanifest');
    assert.deepEqual(packed.sort(), expected.sort());
  });

  it('is the same, byte for byte, when it is packed again', async () => {
    const { packExtension } = await import('../../scripts/package.mjs');
    const first = fs.readFileSync(vsix);
    fs.rmSync(vsix);
    assert.ok(first.equals(fs.readFileSync(await packExtension())));
  });

  it('is the same, byte for byte, when it is packed again in another time zone', async () => {
    const { packExtension } = await import('../../scripts/package.mjs');
    const first = fs.readFileSync(vsix);
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Shanghai';
    try {
      assert.ok(first.equals(fs.readFileSync(await packExtension())));
    } finally {
      if (zone === undefined) {
        delete process.env['TZ'];
      } else {
        process.env['TZ'] = zone;
      }
    }
  });

  it('holds the licence of the parser, which is a program of its own', () => {
    const notices = fs.readFileSync(path.join(installed, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    assert.match(notices, /^acorn \d.* \(MIT\)$/m);
  });

  it('is smaller than 1.5 MB', () => {
    assert.ok(fs.statSync(vsix).size < 1.5 * 1024 * 1024, `${fs.statSync(vsix).size} bytes`);
  });

  it('carries no source map and no mention of one', () => {
    for (const name of below(path.join(installed, 'dist'), '').filter((file) =>
      /^\w+\.js$/.test(file),
    )) {
      assert.ok(
        !/^\/\/# sourceMappingURL=/m.test(
          fs.readFileSync(path.join(installed, 'dist', name), 'utf8'),
        ),
        name,
      );
    }
  });

  it('runs nothing of a folder that is not trusted, and says why', async () => {
    const { startServer } = await import('../../scripts/vscode-server.mjs');
    const { openWindow } = await import('../../scripts/vscode-window.mjs');
    const { runningSession, scaffoldSample } = await import('../../scripts/demo.mjs');
    const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-vsix-')), 'sample');
    scaffoldSample(folder);
    const server = await startServer({ vsix, env: { SCFWS_AUTOSTART: '1' } });
    const window = await openWindow();
    try {
      await window.load(server.address(folder));
      await window.trust(false);
      await window.showViews();
      const views = window.page.locator('.part.sidebar');
      await views
        .getByText(/not trusted|trust this/i)
        .first()
        .waitFor();
      await window.screenshot('untrusted');
      assert.equal(runningSession(folder), undefined);
    } finally {
      await window.dispose();
      await server.dispose();
      fs.rmSync(path.dirname(folder), { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it('starts where a setting wants it, also when the trust comes later', async () => {
    const { startServer } = await import('../../scripts/vscode-server.mjs');
    const { openWindow } = await import('../../scripts/vscode-window.mjs');
    const { runningSession, scaffoldSample } = await import('../../scripts/demo.mjs');
    const { until } = await import('../../scripts/toolchain.mjs');
    const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-vsix-')), 'sample');
    scaffoldSample(folder);
    const settings = path.join(folder, '.vscode', 'settings.json');
    fs.mkdirSync(path.dirname(settings), { recursive: true });
    fs.writeFileSync(settings, JSON.stringify({ 'scfWebSocket.autoStart': true }));
    const server = await startServer({ vsix });
    const window = await openWindow();
    try {
      await window.load(server.address(folder));
      await window.asksForTrust();
      await window.page.locator('.part.statusbar').getByText('SCF stopped').waitFor();
      assert.equal(runningSession(folder), undefined);
      await window.trust();
      await until('the gateway to run', () => runningSession(folder), 60);
    } finally {
      await window.dispose();
      await server.dispose();
      fs.rmSync(path.dirname(folder), { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it('speaks Chinese in a Chinese editor', async () => {
    const { startServer } = await import('../../scripts/vscode-server.mjs');
    const { openWindow } = await import('../../scripts/vscode-window.mjs');
    const { scaffoldSample } = await import('../../scripts/demo.mjs');
    const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-vsix-')), 'sample');
    scaffoldSample(folder); // Without a project there is one view, whose name the editor leaves out.
    const server = await startServer({ vsix, language: 'zh-cn' });
    const window = await openWindow();
    try {
      await window.load(server.address(folder));
      await window.trust();
      await window.showViews();
      const translated = JSON.parse(
        fs.readFileSync(path.join(root, 'package.nls.zh-cn.json'), 'utf8'),
      ) as Record<string, string>;
      const views = window.page.locator('.part.sidebar');
      for (const key of ['view.functions', 'view.connections', 'view.traffic']) {
        await views
          .getByText(translated[key] ?? '', { exact: true })
          .first()
          .waitFor();
      }
      await window.screenshot('chinese');
    } finally {
      await window.dispose();
      await server.dispose();
      fs.rmSync(path.dirname(folder), { recursive: true, force: true, maxRetries: 5 });
    }
  });

  it('runs in an editor: trusts, serves, and shows a conversation', async () => {
    const { lookAtPanel } = await import('../../scripts/check.mjs');
    const { scaffoldSample } = await import('../../scripts/demo.mjs');
    const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws vsix 目录-'));
    const folder = path.join(parent, 'sample');
    try {
      scaffoldSample(folder);
      const picture = await lookAtPanel({ vsix, folder, name: 'packed', say: () => undefined });
      assert.ok(fs.statSync(picture).size > 10_000);
    } finally {
      fs.rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

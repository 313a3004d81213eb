// The page of a project at the gateway's own address, and what is never shown there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readProjectPage } from '../../../src/core/project/projectPage';
import { serveScaffold } from '../scaffold/conversation';

describe('the page of a project', () => {
  it('is shown at the address of the gateway, and nothing else of the project is', async () => {
    const served = await serveScaffold('javascript', 'echo');
    try {
      const address = new URL(served.session.services[0]?.url ?? '');
      const ask = async (target: string, options: RequestInit = {}) => {
        const response = await fetch(`http://${address.host}${target}`, options);
        return {
          status: response.status,
          type: response.headers.get('content-type'),
          text: await response.text(),
        };
      };
      const page = await ask('/');
      assert.equal(page.status, 200);
      assert.equal(page.type, 'text/html; charset=utf-8');
      assert.equal(page.text, fs.readFileSync(path.join(served.folder, 'index.html'), 'utf8'));
      assert.equal((await ask('/', { method: 'POST' })).status, 404);
      for (const target of ['/index.html', '/scfws.json', '/.scfws/identity.json', '//']) {
        assert.equal((await ask(target)).status, 404, target);
      }
      fs.rmSync(path.join(served.folder, 'index.html'));
      assert.equal((await ask('/')).status, 404);
    } finally {
      await served.dispose();
    }
  });

  it('is no link out of the project, no folder, and not huge', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-page-'));
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-elsewhere-'));
    const file = path.join(folder, 'index.html');
    try {
      fs.writeFileSync(path.join(elsewhere, 'secret'), 'secret');
      fs.symlinkSync(path.join(elsewhere, 'secret'), file);
      assert.equal(await readProjectPage([folder]), undefined);
      fs.rmSync(file);
      fs.mkdirSync(file);
      assert.equal(await readProjectPage([folder]), undefined);
      fs.rmdirSync(file);
      fs.writeFileSync(file, 'x'.repeat(2_000_001));
      assert.equal(await readProjectPage([folder]), undefined);
      fs.writeFileSync(file, 'page');
      assert.equal(String(await readProjectPage([elsewhere, folder])), 'page');
    } finally {
      fs.rmSync(folder, { recursive: true });
      fs.rmSync(elsewhere, { recursive: true });
    }
  });
});

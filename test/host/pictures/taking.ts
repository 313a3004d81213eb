// What taking pictures of the editor needs.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { window } from '../window';
import { run, type Files } from '../support';

export const chinese = process.env['SCFWS_LANGUAGE'] === 'zh-cn';

export function extensionPath(): string {
  return vscode.extensions.all.find(({ id }) => id.endsWith('.scf-websocket'))!.extensionPath;
}

/** The files of a new project, as a person gets it. */
export function newProject(language: string, template: string): Files {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-pictures-'));
  const cli = path.join(extensionPath(), 'dist', 'cli.js');
  const { status, stderr } = spawnSync(
    'node',
    [cli, 'new', path.join(folder, 'chat'), '--language', language, '--template', template],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(stderr);
  }
  const files: Files = {};
  for (const name of fs.readdirSync(path.join(folder, 'chat'), { recursive: true }) as string[]) {
    const whole = path.join(folder, 'chat', name);
    if (fs.statSync(whole).isFile() && !name.startsWith('.vscode')) {
      files[name] = fs.readFileSync(whole, 'utf8');
    }
  }
  fs.rmSync(folder, { recursive: true });
  return files;
}

/** Without what other extensions have to say. */
export async function shot(
  ...[name, options]: Parameters<typeof window.screenshot>
): Promise<void> {
  await run('notifications.clearAll');
  await window.screenshot(chinese ? `${name}.zh-cn` : name, options);
}

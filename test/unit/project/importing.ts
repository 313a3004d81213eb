// Files of a project in a folder of their own, and what importing them gives.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { detectProject } from '../../../src/core/project/importers/detectProject';
import { placeText } from '../../../src/core/project/importers/notes';
import { planProjectFile } from '../../../src/core/project/importers/planProjectFile';
import type { RoleAnswers } from '../../../src/core/project/importers/planProjectFile';
import { loadService } from '../../../src/core/project/loadService';

export interface Imported {
  questions: string[];
  /** `kind file:line message` */
  notes: string[];
  project: {
    service?: string;
    path?: string;
    stages?: string[];
    integrationResponse?: boolean;
    backendTimeout?: number;
    functions: Partial<Record<'register' | 'transfer' | 'cleanup', Written | string>>;
  };
  /** What serving it would complain about. */
  problems: string[];
  folder: string;
}

export interface Written {
  name: string;
  folder: string;
  handler?: string;
  runtime?: string;
  timeout?: number;
  memory?: number;
  environment?: Record<string, string>;
}

/** For one `describe`: its folders are removed after each test. */
export function importing() {
  const folders: string[] = [];
  afterEach(() => folders.splice(0).forEach((each) => fs.rmSync(each, { recursive: true })));

  function write(files: Record<string, string | Buffer>): string {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-notes-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    return folder;
  }

  async function bring(
    files: Record<string, string | Buffer>,
    answers: RoleAnswers = {},
  ): Promise<Imported> {
    const folder = write(files);
    const [detected] = await detectProject(folder);
    assert.ok(detected !== undefined, 'nothing was found');
    const { text, notes } = planProjectFile(detected, answers);
    fs.writeFileSync(path.join(folder, 'scfws.json'), text);
    const { problems } = await loadService(folder);
    return {
      folder,
      questions: detected.questions.map(({ role, guess }) => `${role}: ${guess ?? '–'}`),
      notes: notes.map(
        (note) =>
          `${note.kind} ${placeText({ ...note, file: path.relative(folder, note.file) })} ${note.message}`,
      ),
      project: JSON.parse(text) as Imported['project'],
      problems: problems.map(({ message }) => message),
    };
  }

  /** What is told of files that cannot be imported. */
  async function refused(files: Record<string, string>): Promise<string[]> {
    const folder = write(files);
    const [detected] = await detectProject(folder);
    assert.ok(detected !== undefined, 'nothing was said');
    assert.throws(() => planProjectFile(detected), { code: 'nothingToImport' });
    return detected.notes.map(
      (note) => `${placeText({ ...note, file: path.relative(folder, note.file) })} ${note.message}`,
    );
  }

  return { write, bring, refused };
}

export function written(imported: Imported, role: 'register' | 'transfer' | 'cleanup'): Written {
  const entry = imported.project.functions[role];
  assert.ok(typeof entry === 'object', `${role} is ${entry}`);
  return entry;
}

/** Exactly one of the lines says it. */
export function one(lines: string[], pattern: RegExp): void {
  const found = lines.filter((line) => pattern.test(line));
  assert.equal(found.length, 1, `${pattern} in\n${lines.join('\n')}`);
}

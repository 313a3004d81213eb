/** The projects of the workspace: every folder, or folder one level below, that holds a scfws.json. */
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { handlerFiles } from '../core/project/handlerFile';
import { parseProjectFile } from '../core/project/projectFile';
import type { ProjectFile } from '../core/project/projectFile';
import type { FunctionInfo } from '../protocol/fact';
import { functionId, roles } from '../protocol/project';
import type { FunctionSpec, Problem } from '../protocol/project';
import { emulatorSettings } from './configuration';
import { contexts, projectFileName } from './ids';

export interface Project {
  /** Absolute path. */
  folder: string;
  file: vscode.Uri;
  /** Absent while the file has errors. */
  value?: ProjectFile;
  problems: Problem[];
}

export class Projects implements vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  private projects: Project[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[] = [this.changed];
  private reading: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor() {
    this.onDidChange = this.changed.event;
    const refresh = () => void this.refresh();
    for (const pattern of [projectFileName, `*/${projectFileName}`]) {
      const watcher = vscode.workspace.createFileSystemWatcher(`**/${pattern}`);
      watcher.onDidChange(refresh);
      watcher.onDidCreate(refresh);
      watcher.onDidDelete(refresh);
      this.disposables.push(watcher);
    }
    this.disposables.push(vscode.workspace.onDidChangeWorkspaceFolders(refresh));
  }

  get all(): readonly Project[] {
    return this.projects;
  }

  /** Folders that can be served: their file has no errors. */
  get folders(): string[] {
    return this.projects.filter((each) => each.value !== undefined).map((each) => each.folder);
  }

  /** The project that a file belongs to. */
  ofFile(file: string): Project | undefined {
    return this.projects.find(({ folder }) => file.startsWith(folder + path.sep));
  }

  /** Functions as the running gateway would describe them. */
  functions(): FunctionInfo[] {
    return this.projects.flatMap(({ value }) =>
      value === undefined ? [] : value.functions.map((spec) => describe(value, spec)),
    );
  }

  /** Reads everything again. What is asked for while it runs may be newer than what it saw, so it runs once more. */
  refresh(): Promise<void> {
    if (this.reading === undefined) {
      this.reading = this.read().finally(() => (this.reading = undefined));
      return this.reading;
    }
    this.next ??= this.reading.then(() => {
      this.next = undefined;
      return this.refresh();
    });
    return this.next;
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }

  private async read(): Promise<void> {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(
      ({ uri }) => uri.scheme === 'file',
    );
    const found = await Promise.all(folders.map(({ uri }) => projectFolders(uri.fsPath)));
    const unique = [...new Set(found.flat())];
    this.projects = (await Promise.all(unique.map(readProject))).filter((each) => each !== null);
    const has = this.projects.length > 0;
    await vscode.commands.executeCommand('setContext', contexts.hasProject, has);
    this.changed.fire();
  }
}

async function projectFolders(root: string): Promise<string[]> {
  const entries = await fs.readdir(root, { withFileTypes: true }).catch(() => []);
  const below = entries
    .filter(
      (each) => each.isDirectory() && each.name !== 'node_modules' && !each.name.startsWith('.'),
    )
    .map((each) => path.join(root, each.name));
  return [root, ...below].filter((folder) => existsSync(path.join(folder, projectFileName)));
}

async function readProject(folder: string): Promise<Project | null> {
  const file = vscode.Uri.file(path.join(folder, projectFileName));
  const text = await fs.readFile(file.fsPath, 'utf8').catch(() => undefined);
  return text === undefined
    ? null
    : {
        folder,
        file,
        ...parseProjectFile(text, folder, {
          emulator: emulatorSettings(),
          exists: existsSync,
        }),
      };
}

function describe(project: ProjectFile, spec: FunctionSpec): FunctionInfo {
  const files = handlerFiles(spec);
  return {
    function: functionId(project.name, spec.name),
    name: spec.name,
    roles: roles.filter((role) => project.roles[role] === spec.name),
    runtime: spec.runtime,
    family: spec.family,
    folder: spec.folder,
    handler: spec.handler,
    file: files.find((file) => existsSync(file)) ?? files[0],
    timeout: spec.timeout,
    memory: spec.memory,
  };
}

/** The projects of the workspace: every folder that holds a scfws.json. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { distinct } from '../core/project/distinct';
import { handlerFiles } from '../core/project/handlerFile';
import { readProject } from '../core/project/loadService';
import type { ProjectFile } from '../core/project/projectFile';
import type { FunctionInfo } from '../protocol/fact';
import { functionId, roles } from '../protocol/project';
import type { FunctionSpec, Problem } from '../protocol/project';
import { emulatorSettings } from './configuration';
import { watchFiles } from './fileWatch';
import { contexts, projectFileName } from './ids';

export interface Project {
  /** Absolute path. */
  folder: string;
  file: vscode.Uri;
  /** Absent while the file has errors. */
  value?: ProjectFile;
  problems: Problem[];
}

/** Where nobody keeps a project: what others made or installed. */
const exclude = '**/{node_modules,bower_components,site-packages,.git,.venv,venv,dist,out}/**';
/** More are not looked for: each is read at every change of one. */
const mostProjects = 100;

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
    const known = () => this.projects.map(({ file }) => file);
    this.disposables.push(watchFiles(`**/${projectFileName}`, known, refresh));
    this.disposables.push(vscode.workspace.onDidChangeWorkspaceFolders(refresh));
  }

  get all(): readonly Project[] {
    return this.projects;
  }

  /** Folders that can be served: their file has no errors. */
  get folders(): string[] {
    return this.projects.filter((each) => each.value !== undefined).map((each) => each.folder);
  }

  /** The project that a file belongs to: the inner one where one lies in another. */
  ofFile(file: string): Project | undefined {
    return this.projects
      .filter(({ folder }) => file.startsWith(folder + path.sep))
      .sort((one, other) => other.folder.length - one.folder.length)[0];
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
    const again = () => {
      this.next = undefined;
      return this.refresh();
    };
    // Also after one that failed: else what is asked for during a later one would not be read.
    this.next ??= this.reading.then(again, again);
    return this.next;
  }

  dispose(): void {
    this.disposables.forEach((each) => each.dispose());
  }

  private async read(): Promise<void> {
    const read = await Promise.all((await projectFolders()).map(readFolder));
    const projects = read.filter((each) => each !== null);
    // As the session does it, so that both call a project the same.
    const named: ProjectFile[] = [];
    for (const project of projects) {
      if (project.value !== undefined) {
        project.value = distinct(project.value, named, project.problems);
        named.push(project.value);
      }
    }
    this.projects = projects;
    const has = this.projects.length > 0;
    await vscode.commands.executeCommand('setContext', contexts.hasProject, has);
    await vscode.commands.executeCommand('setContext', contexts.looked, true);
    this.changed.fire();
  }
}

/** In the order of the workspace folders, an outer one before those in it: the first one gives the port. */
async function projectFolders(): Promise<string[]> {
  const files = await vscode.workspace.findFiles(`**/${projectFileName}`, exclude, mostProjects);
  const found = files
    .filter(({ scheme }) => scheme === 'file')
    .map((uri) => ({
      folder: path.dirname(uri.fsPath),
      root: vscode.workspace.getWorkspaceFolder(uri)?.index ?? 0,
    }));
  found.sort((one, other) => one.root - other.root || (one.folder < other.folder ? -1 : 1));
  return [...new Set(found.map(({ folder }) => folder))];
}

async function readFolder(folder: string): Promise<Project | null> {
  const file = vscode.Uri.file(path.join(folder, projectFileName));
  const read = await readProject(folder, emulatorSettings());
  return existsSync(file.fsPath) ? { folder, file, ...read } : null;
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

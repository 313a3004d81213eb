/**
 * The Functions tree: one row for each function, grouped by project when there are several, and one for each project
 * that is not served, with the reason.
 */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { FunctionInfo } from '../../protocol/fact';
import type { FunctionId, Role } from '../../protocol/project';
import type { InstanceInfo } from '../../protocol/state';
import { commands, projectFileName } from '../ids';
import type { Gateway } from '../gateway';
import type { Project, Projects } from '../projects';
import type { Run, Runs } from '../runs';

export interface FunctionNode {
  kind: 'function';
  info: FunctionInfo;
}
interface ServiceNode {
  kind: 'service';
  name: string;
  functions: FunctionInfo[];
}
interface ProjectNode {
  kind: 'project';
  project: Project;
}
type Node = FunctionNode | ServiceNode | ProjectNode;

export class FunctionsView implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly gateway: Gateway,
    private readonly projects: Projects,
    private readonly runs: Runs,
  ) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  getChildren(node?: Node): Node[] {
    if (node !== undefined) {
      return node.kind === 'service' ? node.functions.map(functionNode) : [];
    }
    return [...this.functionNodes(), ...this.projectNodes()];
  }

  private functionNodes(): Node[] {
    const functions = knownFunctions(this.gateway, this.projects);
    const names = [...new Set(functions.map((info) => serviceOf(info.function)))];
    if (names.length < 2) {
      return functions.map(functionNode);
    }
    return names.map((name) => ({
      kind: 'service',
      name,
      functions: functions.filter((info) => serviceOf(info.function) === name),
    }));
  }

  /** Projects whose file is wrong, and those that the running gateway does not know. */
  private projectNodes(): Node[] {
    const running = this.gateway.status === 'running';
    return this.projects.all
      .filter(
        ({ value, folder }) => value === undefined || (running && !this.gateway.serves(folder)),
      )
      .map((project) => ({ kind: 'project', project }));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'function':
        return this.functionItem(node.info);
      case 'service':
        return serviceItem(node);
      case 'project':
        return node.project.value === undefined
          ? brokenItem(node.project)
          : unservedItem(node.project);
    }
  }

  private functionItem(info: FunctionInfo): vscode.TreeItem {
    const running = this.gateway.status === 'running';
    const state = running ? this.gateway.state.functions.get(info.function) : undefined;
    const last = this.runs.lastOf(info.function);
    const busy = (state?.running ?? 0) > 0;
    const item = new vscode.TreeItem(info.name);
    item.id = info.function;
    const words = [roleNames(info.roles)];
    if (last !== undefined && !busy) {
      words.push(lastRun(last));
    }
    if (state?.debugging === true) {
      words.push(l10n.t('debugging'));
    } else if (busy) {
      words.push(l10n.t('running'));
    } else if (state !== undefined && state.instances.size > 0) {
      words.push(l10n.t('warm'));
    }
    words.push(info.runtime);
    item.description = words.join(' · ');
    item.iconPath = functionIcon(busy, state?.debugging === true, last);
    item.contextValue = `function${running ? ' running' : ''}`;
    item.command = {
      command: commands.openHandler,
      title: l10n.t('Go to Handler'),
      arguments: [functionNode(info)],
    };
    item.tooltip = this.tooltip(info, last);
    item.accessibilityInformation = { label: `${info.name}, ${words.join(', ')}` };
    return item;
  }

  private tooltip(info: FunctionInfo, last: Run | undefined): vscode.MarkdownString {
    const text = new vscode.MarkdownString();
    const row = (name: string, value: string) =>
      text.appendText(`${name}: ${value}`).appendMarkdown('\n\n');
    text.appendMarkdown('**').appendText(info.name).appendMarkdown('**\n\n');
    row(l10n.t('Roles'), roleNames(info.roles));
    row(l10n.t('Handler'), `${info.handler} (${info.file})`);
    row(l10n.t('Runtime'), info.runtime);
    row(l10n.t('Timeout'), l10n.t('{0} s', info.timeout));
    const instances = this.gateway.state.functions.get(info.function)?.instances.values() ?? [];
    for (const each of instances) {
      row(
        l10n.t('Instance {0}', each.instance),
        [instanceState(each), l10n.t('version {0}', each.version), each.interpreter]
          .filter((word) => word !== undefined)
          .join(', '),
      );
    }
    if (last?.error !== undefined) {
      row(l10n.t('Last error'), last.error.errorMessage);
    }
    return text;
  }
}

/** Functions of the running gateway, else those of the project files. */
export function knownFunctions(gateway: Gateway, projects: Projects): FunctionInfo[] {
  return gateway.status === 'running'
    ? [...gateway.state.functions.values()].map(({ info }) => info)
    : projects.functions();
}

function instanceState({ state, invocation }: InstanceInfo): string {
  const names = { starting: l10n.t('starting'), ready: l10n.t('ready') };
  return invocation === undefined ? names[state] : l10n.t('busy');
}

export function roleNames(each: readonly Role[]): string {
  const names: Record<Role, string> = {
    register: l10n.t('connect'),
    transfer: l10n.t('message'),
    cleanup: l10n.t('leave'),
  };
  return each.map((role) => names[role]).join(' + ');
}

/** `31 ms ✓`. */
export function lastRun(run: Run): string {
  return `${milliseconds(run.durationMs ?? 0)} ${run.outcome === 'ok' ? '✓' : '✗'}`;
}

export function milliseconds(ms: number): string {
  return l10n.t('{0} ms', ms < 10 ? ms.toFixed(1) : Math.round(ms));
}

function functionIcon(busy: boolean, debugging: boolean, last: Run | undefined): vscode.ThemeIcon {
  if (debugging) {
    return new vscode.ThemeIcon('debug-alt', new vscode.ThemeColor('debugIcon.startForeground'));
  }
  if (busy) {
    return new vscode.ThemeIcon('loading~spin');
  }
  if (last !== undefined && last.outcome !== 'ok') {
    return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  }
  return new vscode.ThemeIcon('symbol-method');
}

function serviceItem(service: ServiceNode): vscode.TreeItem {
  const item = new vscode.TreeItem(service.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `service:${service.name}`;
  item.iconPath = new vscode.ThemeIcon('radio-tower');
  item.contextValue = 'service';
  return item;
}

function projectItem({ folder }: Project, icon: string, words: string): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.workspace.asRelativePath(folder));
  item.id = `project:${folder}`;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = 'project';
  item.description = words;
  item.tooltip = words;
  return item;
}

function brokenItem(project: Project): vscode.TreeItem {
  const problem = project.problems.find(({ severity }) => severity === 'error');
  const item = projectItem(project, 'error', problem?.message ?? '');
  const { line = 0, column = 0 } = problem?.range ?? {};
  const selection = new vscode.Range(line, column, line, column);
  item.command = {
    command: 'vscode.open',
    title: l10n.t('Open {0}', projectFileName),
    arguments: [project.file, { selection }],
  };
  return item;
}

function unservedItem(project: Project): vscode.TreeItem {
  const words = l10n.t('not served: the gateway was started before');
  const item = projectItem(project, 'circle-slash', words);
  item.command = { command: commands.restart, title: l10n.t('Restart Gateway') };
  return item;
}

export function functionNode(info: FunctionInfo): FunctionNode {
  return { kind: 'function', info };
}

function serviceOf(id: FunctionId): string {
  return id.slice(0, id.lastIndexOf('/'));
}

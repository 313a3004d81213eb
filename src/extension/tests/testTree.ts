/** Test Explorer's tree: files, their scenarios, and the cases of a matrix below each. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { ScenarioInfo } from '../../protocol/testEvent';
import { rangeOf } from './failureMessage';
import { baseOf, type FlowFile } from './flowFiles';

/** One that can be run, and the folder that its id is relative to. */
export interface Runnable {
  base: string;
  id: string;
  item: vscode.TestItem;
}

export class TestTree {
  private readonly runnables = new WeakMap<vscode.TestItem, Runnable>();

  constructor(private readonly controller: vscode.TestController) {}

  remove(uri: vscode.Uri): void {
    this.controller.items.delete(uri.toString());
  }

  /** A file that cannot be read keeps what it had, and says what is wrong. */
  show({ uri, read, scenarios }: FlowFile): void {
    const base = baseOf(uri);
    if (base === undefined) {
      this.remove(uri); // Not of this workspace: nobody knows its project.
      return;
    }
    const { items } = this.controller;
    const known = items.get(uri.toString());
    const item = known ?? this.controller.createTestItem(uri.toString(), labelOf(uri), uri);
    const wrong = read.problems.find(({ severity }) => severity === 'error');
    item.error = wrong?.message;
    item.description = read.flow?.name;
    if (wrong === undefined) {
      item.children.replace(this.scenarioItems(uri, base, scenarios));
    }
    if (known === undefined) {
      items.add(item);
    }
  }

  private scenarioItems(
    uri: vscode.Uri,
    base: string,
    scenarios: ScenarioInfo[],
  ): vscode.TestItem[] {
    const make = (info: ScenarioInfo, label: string, sort: number): vscode.TestItem => {
      const item = this.controller.createTestItem(info.id, label, uri);
      item.range = rangeOf(info.range);
      item.sortText = String(sort).padStart(6, '0'); // As in the file.
      return item;
    };
    const runnable = (info: ScenarioInfo, item: vscode.TestItem): vscode.TestItem => {
      this.runnables.set(item, { base, id: info.id, item });
      return item;
    };
    const items: vscode.TestItem[] = [];
    const groups = new Map<string, vscode.TestItem>();
    scenarios.forEach((info, index) => {
      if (info.parameters === undefined) {
        items.push(runnable(info, make(info, info.name, index)));
        return;
      }
      const cut = info.name.lastIndexOf(' [');
      const name = info.name.slice(0, cut);
      const key = `${info.range.line} ${name}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = make({ ...info, id: `${info.id} *` }, name, index);
        groups.set(key, group);
        items.push(group);
      }
      group.children.add(runnable(info, make(info, info.name.slice(cut + 2, -1), index)));
    });
    return items;
  }

  /** Everything below these items, or all there is. */
  chosen(request: Pick<vscode.TestRunRequest, 'include' | 'exclude'>): Runnable[] {
    const excluded = new Set(request.exclude ?? []);
    const found: Runnable[] = [];
    const collect = (item: vscode.TestItem): void => {
      if (excluded.has(item)) {
        return;
      }
      const runnable = this.runnables.get(item);
      if (runnable !== undefined) {
        found.push(runnable);
      }
      item.children.forEach(collect);
    };
    if (request.include === undefined) {
      this.controller.items.forEach(collect);
    } else {
      // A file may have been read again since they were chosen.
      request.include.forEach((item) => collect(this.current(item)));
    }
    return found;
  }

  /** The item with that id in that file. */
  find(uri: vscode.Uri | undefined, id: string): vscode.TestItem | undefined {
    return this.chosen({ include: undefined, exclude: undefined }).find(
      ({ item }) => item.id === id && item.uri?.toString() === uri?.toString(),
    )?.item;
  }

  private current(item: vscode.TestItem): vscode.TestItem {
    if (item.parent === undefined) {
      return this.controller.items.get(item.id) ?? item;
    }
    return this.current(item.parent).children.get(item.id) ?? item;
  }
}

function labelOf(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri).split(path.sep).join('/');
}

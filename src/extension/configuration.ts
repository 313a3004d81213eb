/** The editor's settings, as the session and the views take them. */
import * as vscode from 'vscode';
import { emulatorProblems } from '../core/project/schemaProblems';
import { defaultEmulatorOptions } from '../protocol/project';
import type { EmulatorOptions } from '../protocol/project';
import { settingsSection } from './ids';

export function setting<T>(name: string, fallback: T): T {
  return vscode.workspace.getConfiguration(settingsSection).get<T>(name, fallback);
}

/** Only what somebody set: scfws.json and the defaults of the core decide the rest. */
export function emulatorSettings(): Partial<EmulatorOptions> {
  const configuration = vscode.workspace.getConfiguration(settingsSection);
  const chosen: Record<string, unknown> = {};
  for (const name of Object.keys(defaultEmulatorOptions)) {
    const value = configuration.inspect(`emulator.${name}`);
    const set = value?.workspaceValue ?? value?.globalValue ?? undefined;
    // The settings editor marks what is wrong; it must not reach the session.
    if (set !== undefined && emulatorProblems({ [name]: set }).length === 0) {
      chosen[name] = set;
    }
  }
  return chosen;
}

/** `zh-cn` as the session's `--locale` takes it; undefined for English. */
export function sessionLocale(): string | undefined {
  return vscode.env.language.toLowerCase().startsWith('zh') ? 'zh-cn' : undefined;
}

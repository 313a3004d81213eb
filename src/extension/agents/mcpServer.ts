/** Tells the editor of our Model Context Protocol server, where it can be told (it came in 1.101). */
import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { agentServerId, settings, settingsSection } from '../ids';
import type { Parts } from '../parts';
import { childEnvironment } from '../sessionProcess';
import { agentsMayRun } from './editorPlace';
import { version } from '../../../package.json';

/** What of the editor's later interface is used. */
interface Provider {
  onDidChangeMcpServerDefinitions: vscode.Event<void>;
  provideMcpServerDefinitions(): unknown[];
}
interface LaterEditor {
  lm?: { registerMcpServerDefinitionProvider?(id: string, provider: Provider): vscode.Disposable };
  McpStdioServerDefinition?: new (
    label: string,
    command: string,
    args: string[],
    env: Record<string, string | number | null>,
    version: string,
  ) => object;
}

export function registerMcpServer({ context, projects }: Parts): vscode.Disposable[] {
  const { lm, McpStdioServerDefinition: Definition } = vscode as LaterEditor;
  if (lm?.registerMcpServerDefinitionProvider === undefined || Definition === undefined) {
    return [];
  }
  const changed = new vscode.EventEmitter<void>();
  const registerProvider = (provider: Provider): vscode.Disposable[] => {
    try {
      return [lm.registerMcpServerDefinitionProvider?.(agentServerId, provider) ?? []].flat();
    } catch {
      return []; // 1.100 has an unfinished one, which refuses what later ones take.
    }
  };
  return [
    changed,
    projects.onDidChange(() => changed.fire()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${settingsSection}.${settings.agentsAllowRun}`)) {
        changed.fire();
      }
    }),
    ...registerProvider({
      onDidChangeMcpServerDefinitions: changed.event,
      provideMcpServerDefinitions() {
        const { folders } = projects;
        if (!vscode.workspace.isTrusted || folders.length === 0) {
          return [];
        }
        const program = path.join(context.extensionPath, 'dist', 'cli.js');
        const args = [program, 'mcp', ...folders, ...(agentsMayRun() ? ['--allow-run'] : [])];
        return [
          new Definition(
            l10n.t('SCF WebSocket functions'),
            process.execPath,
            args,
            serverEnvironment(process.env),
            version,
          ),
        ];
      },
    }),
  ];
}

/** The editor adds it to its own variables: what must not be there is taken away. */
export function serverEnvironment(env: NodeJS.ProcessEnv): Record<string, string | null> {
  const wanted = childEnvironment(env);
  const taken = Object.keys(env).filter((name) => wanted[name] === undefined);
  return {
    ...Object.fromEntries(taken.map((name) => [name, null])),
    ELECTRON_RUN_AS_NODE: '1',
  };
}

/** Language-model tools: agents of the editor act on the gateway of this window, where the editor has such tools. */
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Parts } from '../parts';
import { agentsMayRun, EditorPlace } from './editorPlace';

/** Editors that are made of this one may lack it. */
type LanguageModels = Partial<Pick<typeof vscode.lm, 'registerTool'>>;

interface Manifest {
  contributes: { languageModelTools: { name: string }[] };
}

export function registerLanguageModelTools({ context, gateway }: Parts): vscode.Disposable[] {
  const models = (vscode as { lm?: LanguageModels }).lm;
  if (typeof models?.registerTool !== 'function') {
    return [];
  }
  const place = new EditorPlace(gateway);
  // What checks arguments takes its time to load: the first agent that asks pays for it, not every start.
  const load = async () => {
    const { editorTools, toolPrefix } = await import('./toolTable');
    const { callTool } = await import('../../core/agent/tools');
    const tools = editorTools(async () => {
      await gateway.start();
      await place.catchUp();
    });
    const find = (name: string) => tools.find((each) => toolPrefix + each.name === name);
    return { tools, find, callTool };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const table = () => (loaded ??= load());
  const { contributes } = context.extension.packageJSON as Manifest;
  return [
    place,
    ...contributes.languageModelTools.map(({ name }) =>
      vscode.lm.registerTool<object>(name, {
        async prepareInvocation({ input }) {
          const { find } = await table();
          // What would be refused anyway is not asked for.
          const asks = find(name)?.readOnly === false && agentsMayRun();
          return asks ? { confirmationMessages: question(name, input) } : {};
        },
        async invoke({ input }, token) {
          const { tools, find, callTool } = await table();
          const stopped = new AbortController();
          const subscription = token.onCancellationRequested(() => stopped.abort());
          try {
            await place.catchUp();
            const plain = find(name)?.name ?? name;
            const { text, failed } = await callTool(tools, plain, input, place, stopped.signal);
            if (failed) {
              throw new Error(text);
            }
            return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
          } finally {
            subscription.dispose();
          }
        },
      }),
    ),
  ];
}

function question(name: string, input: object): vscode.LanguageModelToolConfirmationMessages {
  return {
    title: l10n.t('Run the functions of this workspace?'),
    message: l10n.t('An agent asks for {0}: {1}', name, JSON.stringify(input)),
  };
}

/** Completion and hovers in flows; what they say comes from the core. */
import * as vscode from 'vscode';
import type { Projects } from '../projects';
import { flowPattern } from './flowFiles';

const flows: vscode.DocumentSelector = { scheme: 'file', pattern: flowPattern };

export function registerFlowAssist(projects: Projects): vscode.Disposable[] {
  return [
    vscode.languages.registerCompletionItemProvider(
      flows,
      {
        async provideCompletionItems(document, position) {
          const { suggestAt } = await import('../../core/scenario/assist');
          const names = [...new Set(projects.functions().map(({ name }) => name))];
          const { line, character } = position;
          return suggestAt(document.getText(), line, character, names).map((each, index) => {
            const suggestion = new vscode.CompletionItem(
              each.label,
              vscode.CompletionItemKind.Property,
            );
            suggestion.insertText = new vscode.SnippetString(each.insert);
            suggestion.documentation = new vscode.MarkdownString(each.says);
            suggestion.range = new vscode.Range(line, each.from, line, character);
            suggestion.sortText = String(index).padStart(4, '0');
            return suggestion;
          });
        },
      },
      ' ',
      '$',
    ),
    vscode.languages.registerHoverProvider(flows, {
      async provideHover(document, { line, character }) {
        const { explainAt } = await import('../../core/scenario/assist');
        const found = explainAt(document.getText(), line, character);
        return (
          found &&
          new vscode.Hover(
            new vscode.MarkdownString(found.says),
            new vscode.Range(line, found.from, line, found.to),
          )
        );
      },
    }),
  ];
}

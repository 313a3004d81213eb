/** What the deeds of a page need of the view that shows it. */
import type * as vscode from 'vscode';
import type { SavedMessage } from '../../protocol/inspector';
import type { Answer, Ask, IntentKind } from '../../protocol/intent';
import type { PumpSink } from './pump';

export interface DeedHost {
  context: vscode.ExtensionContext;
  fetch: PumpSink['fetch'];
  ask<K extends IntentKind>(intent: K, ask: Ask<K>): Promise<Answer<K>>;
  libraryChanged(messages: SavedMessage[]): void;
}

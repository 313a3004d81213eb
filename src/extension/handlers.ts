/** Where handlers are on disk and in open editors, and how to go there. */
import fs from 'node:fs/promises';
import * as vscode from 'vscode';
import type { FunctionInfo, SourcePlace } from '../protocol/fact';
import { findHandler } from '../core/project/handlerPlace';
import type { HandlerPlace } from '../core/project/handlerPlace';

/** The handler's place, read from an open editor when there is one, so that unsaved lines count. */
export async function locateHandler(info: FunctionInfo): Promise<HandlerPlace | undefined> {
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === info.file);
  const text = open?.getText() ?? (await fs.readFile(info.file, 'utf8').catch(() => undefined));
  return text === undefined ? undefined : findHandler(text, info.handler, info.family);
}

/** Opens a file at a place whose line counts from 1. */
export async function openPlace(place: SourcePlace): Promise<void> {
  const position = new vscode.Position(
    Math.max(0, place.line - 1),
    Math.max(0, (place.column ?? 1) - 1),
  );
  await vscode.window.showTextDocument(vscode.Uri.file(place.file), {
    selection: new vscode.Range(position, position),
  });
}

/**
 * The whole conversation between a host and the inspector page: two tagged unions, one `switch` for each
 * direction. The page owns selection, filter and scroll; everything else it learns from facts.
 */
import type { Fact, SourcePlace } from './fact';
import type { Ask, IntentError, IntentKind } from './intent';
import type { RedactionRule } from './export/redact';

// -- host → page

export type HostMessage =
  /** The answer to `ready`, once, before anything else. */
  | {
      kind: 'init';
      /** What @vscode/l10n's `config({contents})` takes; null for English. */
      translations: Record<string, string> | null;
      /** BCP 47, for dates and numbers. */
      language: string;
      /** What the page last sent in `state`; null the first time. */
      ui: unknown;
      limits: InspectorLimits;
      /** `recording`: read-only, every act is hidden. */
      mode: 'live' | 'recording';
      /** File name of a recording. */
      title?: string;
      /** In the side bar, or in an editor of its own. */
      place: 'view' | 'editor';
      library: SavedMessage[];
    }
  /** What the page says when there is nothing to show. */
  | { kind: 'status'; status: HostStatus }
  /**
   * A session begins; its facts follow. `session` counts up. The page forgets the facts of earlier sessions
   * unless the user asked to keep them. Numbers of facts start again at 1.
   */
  | { kind: 'session'; session: number }
  /** Facts in order. Those that the page knows already are ignored, so a snapshot may overlap the stream. */
  | { kind: 'facts'; batch: number; facts: Fact[]; progress?: { done: number; of: number } }
  | { kind: 'reply'; id: number; value: unknown }
  | { kind: 'failed'; id: number; error: IntentError }
  | { kind: 'library'; messages: SavedMessage[] }
  /** A command, a tree or a link in the log points at something. */
  | { kind: 'reveal'; target: RevealTarget };

export type HostStatus =
  /** The workspace is not trusted, so nothing of it is run. */
  | { state: 'untrusted' }
  | { state: 'noProject' }
  | { state: 'stopped' }
  | { state: 'starting' }
  | { state: 'running'; url: string; pushUrl: string }
  | { state: 'failed'; message: string };

export interface InspectorLimits {
  /** Rows that the page keeps. */
  rows: number;
  /** Megabytes that the page may use for them. */
  memoryMb: number;
}

export type RevealTarget =
  | { seq: number }
  | { connection: string }
  | { invocation: string }
  | { compose: { connection?: string; client?: string } };

// -- page → host

export type PageMessage =
  /** The page listens. Sent once after each load; the host starts over with `init` and all kept facts. */
  | { kind: 'ready' }
  /** Back-pressure: the batch was taken in. The host keeps at most a few batches unanswered. */
  | { kind: 'taken'; batch: number }
  /** To be kept for the next load. */
  | { kind: 'state'; ui: unknown }
  /** An intent, forwarded to the session as it is; answered by `reply` or `failed`. */
  | { [K in IntentKind]: { kind: 'ask'; id: number; intent: K; ask: Ask<K> } }[IntentKind]
  /** Something only the host can do; answered by `reply` or `failed`. */
  | { [K in DeedKind]: { kind: 'do'; id: number; deed: K; ask: DeedMap[K]['ask'] } }[DeedKind];

/** Deeds of the host, outside the session. */
export interface DeedMap {
  /** Opens text in an editor tab. */
  openText: { ask: { title: string; language: string; content: string }; answer: null };
  /** Opens a diff of two texts. */
  openDiff: {
    ask: {
      title: string;
      language: string;
      left: { title: string; content: string };
      right: { title: string; content: string };
    };
    answer: null;
  };
  openSource: { ask: SourcePlace; answer: null };
  copy: { ask: { text: string }; answer: null };
  /** Asks for a file, collects facts and payloads and writes `renderExport` of them. */
  export: { ask: ExportRequest; answer: { file: string } | null };
  /** Writes what the page made itself: the drawing of a trace. */
  save: { ask: { name: string; content: string }; answer: { file: string } | null };
  /** Asks for a file and opens it as a recording. */
  import: { ask: Record<string, never>; answer: null };
  /** Replaces the message library of the workspace; answered by `library` too. */
  saveLibrary: { ask: { messages: SavedMessage[] }; answer: null };
  /** One of the extension's commands that an empty state offers. */
  run: { ask: { command: HostCommand }; answer: null };
}

export type DeedKind = keyof DeedMap;
export type DeedAnswer<K extends DeedKind> = DeedMap[K]['answer'];

export type HostCommand =
  | 'createProject'
  | 'startGateway'
  | 'restartGateway'
  | 'connectTestClient'
  | 'copyUrl'
  | 'showLog'
  | 'openInEditor'
  | 'manageTrust';

export const exportFormats = ['jsonl', 'har', 'html', 'wsflow'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportRequest {
  format: ExportFormat;
  /** Only these facts and what belongs to them; all when absent. */
  seqs?: number[];
  /** The filter that chose them, for the report's head. */
  filter?: string;
  /** Applied to payloads, headers and query strings. */
  redact: RedactionRule[];
}

/** A message of the library: saved in the workspace, usable from any client. */
export interface SavedMessage {
  name: string;
  dataType: 'text' | 'binary';
  /** May hold `${variables}`. Base64 for binary. */
  data: string;
}

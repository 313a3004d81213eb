/**
 * What the page knows and what the user chose: it listens to the host, feeds facts to the fold and to the
 * rows in slices, and tells its elements, at most once for each frame of animation, what changed.
 */
import * as l10n from '@vscode/l10n';
import type { Fact, SourcePlace } from '../protocol/fact';
import { parseFilter, quoteValue, rowKinds, withKey, type FilterProblem } from '../protocol/filter';
import { compileFilter } from '../protocol/filterMatch';
import type {
  DeedKind,
  DeedMap,
  HostMessage,
  HostStatus,
  InspectorLimits,
  RevealTarget,
  SavedMessage,
} from '../protocol/inspector';
import { applyFact, emptyState, type SessionState } from '../protocol/state';
import { Timeline } from '../protocol/timeline';
import { DeepSearch } from './deepSearch';
import type { Host } from './host';
import { RowCursor } from './rows/lookup';
import { ConnectionNames } from './rows/names';
import { RowStore } from './rows/store';
import { TrafficView } from './rows/view';
import { defaultUi, parseUi, type UiState } from './ui';

/**
 * ready: init arrived. rows: the list has other lines. state: connections, functions, breakpoints …
 * selection: another row, or something of its story. ui: what the user chose. notice: a message.
 */
export type Topic = 'ready' | 'rows' | 'state' | 'selection' | 'ui' | 'notice' | 'status';

export type Pane = 'detail' | 'compose' | 'breakpoints' | 'faults' | 'export' | 'moment' | null;

/** A moment of the past: the row that had just come, and what was true then. */
export interface Moment {
  row: number;
  state: SessionState;
}

/** Milliseconds of one frame of animation that may be spent on facts and filtering. */
const slice = 6;

export class InspectorModel {
  state: SessionState = emptyState();
  readonly names = new ConnectionNames();
  readonly store: RowStore;
  readonly view: TrafficView;
  ui: UiState = defaultUi();
  mode: 'live' | 'recording' = 'live';
  title = '';
  place: 'view' | 'editor' = 'view';
  limits: InspectorLimits = { rows: 200_000, memoryMb: 256 };
  library: SavedMessage[] = [];
  status: HostStatus = { state: 'starting' };
  ready = false;
  hydrating: { done: number; of: number } | null = null;
  paused = false;
  /** What is looked at instead of now. */
  moment: Moment | null = null;
  /** The slider is shown. */
  traveling = false;
  private readonly timeline = new Timeline();
  /** The selected row, and a second one to compare it with. */
  selected: number | null = null;
  compared: number | null = null;
  pane: Pane = null;
  /** The pane was there before the page was loaded: nobody asks for the focus. */
  restored = false;
  problems: FilterProblem[] = [];
  notice: { text: string; tone: 'info' | 'error' } | null = null;
  /** What the compose pane starts with. */
  draft: Draft | null = null;
  private readonly epochs = new Map<number, number>();
  private readonly deep: DeepSearch;
  private readonly inbox: { batch: number; facts: Fact[]; at: number }[] = [];
  private readonly topics = new Map<Topic, Set<() => void>>();
  private readonly dirty = new Set<Topic>();
  private scheduled = false;
  private saving: ReturnType<typeof setTimeout> | undefined;
  private pendingReveal: RevealTarget | null = null;

  constructor(readonly host: Host) {
    this.store = new RowStore(this.limits.rows, this.limits.memoryMb * 1e6, {
      touched: (row) => this.touched(row),
    });
    this.view = new TrafficView(this.store, new RowCursor(this.store, this.names));
    this.deep = new DeepSearch({
      host,
      newest: () => this.state.lastSeq,
      session: () => this.store.session,
      found: (seqs) => this.matched(seqs),
    });
    host.listen((message) => this.take(message));
  }

  watch(topic: Topic, listener: () => void): () => void {
    const set = this.topics.get(topic) ?? new Set();
    this.topics.set(topic, set.add(listener));
    return () => set.delete(listener);
  }

  changed(topic: Topic): void {
    this.dirty.add(topic);
    this.schedule();
  }

  // -- from the host

  private take(message: HostMessage): void {
    switch (message.kind) {
      case 'init':
        this.ui = parseUi(message.ui);
        this.mode = message.mode;
        this.title = message.title ?? '';
        this.place = message.place;
        this.limits = message.limits;
        this.store.maxRows = message.limits.rows;
        this.store.maxBytes = message.limits.memoryMb * 1e6;
        this.library = message.library;
        this.ready = true;
        this.view.setGrouped(this.ui.grouped ? 'byConnection' : 'off');
        this.applyFilter();
        this.changed('ready');
        break;
      case 'status':
        this.status = message.status;
        this.composeAgain();
        this.changed('status');
        break;
      case 'session':
        this.startSession(message.session);
        break;
      case 'facts':
        this.hydrating =
          message.progress && message.progress.done < message.progress.of ? message.progress : null;
        this.inbox.push({ batch: message.batch, facts: message.facts, at: 0 });
        this.schedule();
        break;
      case 'library':
        this.library = message.messages;
        this.changed('ui');
        break;
      case 'reveal':
        this.pendingReveal = message.target;
        this.schedule();
        break;
      case 'reply':
      case 'failed':
        break; // `Host` has taken them.
    }
  }

  private startSession(session: number): void {
    this.inbox.length = 0;
    this.travel(null);
    this.timeline.clear();
    this.state = emptyState();
    this.deep.forget();
    if (this.ui.preserve && this.store.count > 0) {
      this.store.startSession(session);
    } else {
      this.forget();
      this.names.clear();
      this.store.startSession(session);
    }
    this.changed('state');
  }

  private forget(): void {
    this.travel(null);
    this.store.clear();
    this.view.clear();
    this.view.limit = this.paused ? this.store.end : Infinity;
    this.selected = null;
    this.compared = null;
    this.changed('rows');
    this.changed('selection');
  }

  // -- the loop

  private schedule(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      const run = () => {
        this.scheduled = false;
        this.tick();
      };
      // A hidden page has no frames of animation, but its host waits for its answers.
      if (document.hidden) {
        setTimeout(run, 16);
      } else {
        requestAnimationFrame(run);
      }
    }
  }

  private tick(): void {
    const deadline = performance.now() + slice;
    const before = this.view.revision;
    const fed = this.feed(deadline);
    const done = this.view.step(deadline);
    if (this.view.revision !== before || fed) {
      this.dirty.add('rows');
    }
    if (this.pendingReveal && this.inbox.length === 0) {
      this.reveal(this.pendingReveal);
    }
    if (!done || this.inbox.length > 0) {
      this.schedule();
    }
    const topics = [...this.dirty];
    this.dirty.clear();
    topics.forEach((topic) => this.topics.get(topic)?.forEach((listener) => listener()));
  }

  private feed(deadline: number): boolean {
    let fed = false;
    for (let entry = this.inbox[0]; entry; entry = this.inbox[0]) {
      fed = true;
      while (entry.at < entry.facts.length) {
        const stop = Math.min(entry.facts.length, entry.at + 64);
        for (; entry.at < stop; entry.at++) {
          this.add(entry.facts[entry.at]!);
        }
        if (performance.now() > deadline) {
          return true;
        }
      }
      this.inbox.shift();
      this.host.post({ kind: 'taken', batch: entry.batch });
    }
    return fed;
  }

  private add(fact: Fact): void {
    if (fact.seq <= this.state.lastSeq) {
      return;
    }
    applyFact(this.state, fact);
    if ('epoch' in fact) {
      this.epochs.set(this.store.session, fact.epoch);
    }
    if (fact.kind === 'trafficCleared' && this.mode === 'live') {
      this.forget(); // A recording shows all that is in it.
    }
    this.names.add(fact);
    this.store.add(fact);
    const oldest = this.store.firstOfSession;
    this.timeline.note(this.state, fact, this.store.has(oldest) ? this.store.seq(oldest) : 0);
    if ((fact.kind === 'frame' || fact.kind === 'push') && fact.more) {
      this.deep.add(fact.seq);
    }
    if (fact.kind !== 'frame' && fact.kind !== 'push' && fact.kind !== 'log') {
      this.dirty.add('state');
    }
  }

  private touched(row: number): void {
    this.view.touched(row);
    if (this.selected !== null) {
      const selected = this.selected;
      const near = row - selected;
      if (near >= 0 && near < 5000) {
        this.dirty.add('selection');
      }
    }
  }

  // -- what the user chooses

  update(change: Partial<UiState>): void {
    this.ui = { ...this.ui, ...change };
    if (
      'filter' in change ||
      'kinds' in change ||
      'directions' in change ||
      'highlight' in change
    ) {
      this.applyFilter();
    }
    if (change.grouped !== undefined) {
      this.view.setGrouped(change.grouped ? 'byConnection' : 'off');
      this.changed('rows');
    }
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.host.post({ kind: 'state', ui: this.ui }), 300);
    this.changed('ui');
  }

  showAll(): void {
    this.update({ kinds: [...rowKinds], directions: ['in', 'out'] });
  }

  private applyFilter(): void {
    const { terms, problems } = parseFilter(this.ui.filter);
    this.problems = problems;
    this.view.setCriteria({
      match: compileFilter(terms, (term, seq) => this.deep.has(term, seq)),
      open: terms.length === 0,
      kinds: this.ui.kinds.reduce((bits, kind) => bits | (1 << rowKinds.indexOf(kind)), 0),
      // Rows without a direction, such as runs, are a matter of their kind only.
      directions:
        1 |
        (this.ui.directions.includes('in') ? 2 : 0) |
        (this.ui.directions.includes('out') ? 4 : 0),
      highlight: this.ui.highlight,
    });
    this.changed('rows');
    this.deep.setTerms(terms, this.ui.filter);
  }

  /** Payloads of these facts match beyond their previews. */
  private matched(seqs: readonly number[]): void {
    for (const seq of seqs) {
      const row = this.store.rowOf(seq);
      if (row !== undefined) {
        this.view.touched(row);
      }
    }
    this.changed('rows');
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    this.view.limit = paused ? this.store.end : Infinity;
    this.changed('rows');
    this.changed('ui');
  }

  setTraveling(on: boolean): void {
    this.traveling = on;
    if (!on) {
      this.travel(null);
    }
    this.changed('ui');
  }

  /** Shows list, connections and values as they were when that row had come; null: as they are now. */
  travel(to: number | null): void {
    const { store, view } = this;
    const row = to === null ? -1 : Math.min(Math.max(to, store.firstOfSession), store.end - 1);
    if (row < 0 || !store.has(row)) {
      if (this.moment === null) {
        return;
      }
      this.moment = null;
      store.until = Infinity;
      view.setCut(Infinity);
      if (this.pane === 'moment') {
        this.pane = null;
      }
    } else {
      store.until = Infinity; // Facts are folded whole.
      const seq = store.seq(row);
      const state = this.timeline.at(seq, (after, upTo) => store.framesBetween(after, upTo));
      if (this.moment === null && this.pane === null) {
        this.pane = 'moment';
      }
      this.moment = { row, state };
      store.until = seq;
      view.setCut(row + 1);
    }
    this.changed('rows');
    this.changed('state');
    this.changed('selection');
    this.changed('ui');
  }

  get pausedRows(): number {
    return this.paused ? this.view.countWaiting() : 0;
  }

  clear(): void {
    if (this.mode === 'live') {
      this.host.ask('clear', {}).catch((error: unknown) => this.fail(error));
    } else {
      this.forget();
    }
  }

  select(row: number | null): void {
    if (this.selected !== row) {
      this.selected = row;
      this.compared = null;
      this.changed('selection');
      this.changed('rows');
    } else if (this.compared !== null) {
      this.compare(null);
    }
    if (row !== null && this.pane !== 'detail') {
      this.show('detail');
    }
  }

  compare(row: number | null): void {
    this.compared = row === this.selected ? null : row;
    if (this.compared !== null) {
      this.pane = 'detail';
      this.update({ tab: 'diff' });
    }
    this.changed('selection');
    this.changed('rows');
  }

  show(pane: Pane, draft: Draft | null = null): void {
    this.pane = pane;
    this.draft = draft;
    if ((pane === 'compose') !== this.ui.composing) {
      this.update({ composing: pane === 'compose' });
    }
    if (pane === null) {
      this.selected = null;
      this.compared = null;
      this.changed('selection');
    }
    this.changed('ui');
    this.changed('rows');
  }

  /** An editor drops a page that is out of sight, as F5 puts it: who was writing goes on where the pane was left. */
  private composeAgain(): void {
    if (this.ui.composing && this.pane === null && this.status.state === 'running') {
      this.pane = 'compose';
      this.restored = true;
    }
  }

  private reveal(target: RevealTarget): void {
    this.pendingReveal = null;
    if ('compose' in target) {
      this.show('compose', { to: target.compose });
      return;
    }
    if ('connection' in target) {
      this.onlyConnection(target.connection);
      return;
    }
    const row =
      'seq' in target
        ? this.store.rowOf(target.seq)
        : this.store.invocations.get(target.invocation)?.row;
    if (row !== undefined) {
      const cause = this.store.cause(row);
      const isShown = this.ui.kinds.includes(this.store.kind(row)) || this.store.isFailedPush(row);
      const shown = isShown ? this.store.tellerOf(row) : (cause ?? row);
      this.select(shown);
      if ('invocation' in target) {
        this.update({ tab: 'trace' });
      }
    }
  }

  /** Narrows the filter to a connection; what else it says stays. */
  onlyConnection(connection: string): void {
    const name = quoteValue(this.names.nameOf(connection));
    this.update({ filter: withKey(this.ui.filter, 'conn', name) });
  }

  // -- deeds of the host

  private doIt<K extends DeedKind>(deed: K, ask: DeedMap[K]['ask'], done?: string): void {
    this.host.do(deed, ask).then(
      () => done !== undefined && this.say(done),
      (error: unknown) => this.fail(error),
    );
  }

  copy(text: string): void {
    this.doIt('copy', { text }, l10n.t('Copied'));
  }

  openText(title: string, language: string, content: string): void {
    this.doIt('openText', { title, language, content });
  }

  openSource(place: SourcePlace): void {
    this.doIt('openSource', place);
  }

  // -- messages

  say(text: string): void {
    this.notice = { text, tone: 'info' };
    this.changed('notice');
  }

  fail(error: unknown): void {
    this.notice = { text: error instanceof Error ? error.message : String(error), tone: 'error' };
    this.changed('notice');
  }

  /** Milliseconds since the epoch of a row. */
  timeOf(row: number): number {
    return (this.epochs.get(this.store.sessionOf(row)) ?? 0) + this.store.at(row);
  }
}

/** What to write into the compose pane. */
export interface Draft {
  to?: { connection?: string; client?: string };
  dataType?: 'text' | 'binary';
  data?: string;
}

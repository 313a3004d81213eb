/** Writing a message and sending it: as a test client, or as a push to one, several or all connections. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import { prettyJson } from '../../protocol/json';
import { openConnections, type ConnectionState } from '../../protocol/state';
import { fillTemplate, variablesOf } from '../../protocol/template';
import { fromBase64, toBase64 } from '../detail/payload';
import { define, PageElement } from '../element';
import { button, checkbox, field } from '../forms';
import { plural } from '../format';
import { icon, tabs, tool } from '../icon';
import './clients';
import { messageLibrary } from './library';

type Way = 'client' | 'push';
export type Kind = 'text' | 'binary' | 'close';

class ComposePane extends PageElement {
  protected override readonly topics = ['state', 'ui'] as const;
  private way: Way = 'client';
  private kind: Kind = 'text';
  private data = '';
  private client = '';
  private targets = new Set<string>();
  private toAll = false;
  private values: Record<string, string> = {};
  private name = '';
  private counter = 0;
  private problem = '';
  private seenDraft: unknown = null;
  /** It was opened to write something. */
  private wantsFocus = true;

  override willUpdate(): void {
    const { draft, state } = this.model;
    if (!this.hasUpdated && this.model.restored) {
      this.wantsFocus = false;
      this.model.restored = false;
    }
    if (draft && draft !== this.seenDraft) {
      this.seenDraft = draft;
      this.wantsFocus = true;
      this.data = draft.data ?? this.data;
      this.kind = draft.dataType ?? this.kind;
      if (draft.to?.client !== undefined) {
        this.way = 'client';
        this.client = draft.to.client;
      } else if (draft.to?.connection !== undefined) {
        this.way = 'push';
        this.targets = new Set([draft.to.connection]);
      }
    }
    const [only, ...others] = openConnections(state);
    if (only !== undefined && others.length === 0) {
      this.targets.add(only.connection); // Nobody else can be meant.
    }
    const clients = this.clients();
    if (!clients.includes(this.client)) {
      this.client = clients[0] ?? '';
    }
    for (const target of this.targets) {
      if (state.connections.get(target)?.status !== 'open') {
        this.targets.delete(target);
      }
    }
  }

  /** Test clients that can send now. */
  private clients(): string[] {
    return [...this.model.state.clients.values()]
      .filter((each) => each.state === 'open')
      .map((each) => each.client);
  }

  override updated(): void {
    if (this.wantsFocus) {
      this.wantsFocus = false;
      this.mark();
    }
  }

  private mark(): void {
    const message = this.querySelector<HTMLTextAreaElement>('.message');
    message?.focus();
    message?.select();
  }

  override render() {
    const { model } = this;
    const open = openConnections(model.state);
    const variables = this.kind === 'text' ? variablesOf(this.data) : [];
    return html`<header class="pane-head compose-head">
        ${tabs<Way>(
          l10n.t('Way'),
          [
            { id: 'client', text: l10n.t('As a client') },
            { id: 'push', text: l10n.t('As a push') },
          ],
          this.way,
          (way) => this.set({ way }),
          'segments',
        )}
        <span class="gap"></span>
        ${tool({ icon: 'close', label: l10n.t('Close'), onClick: () => model.show(null) })}
      </header>
      <div class="pane-body compose">
        ${this.line(open)}
        ${
          this.problem === ''
            ? nothing
            : html`<p class="hint error" role="alert">${icon('error')} ${this.problem}</p>`
        }
        ${
          variables.length === 0
            ? nothing
            : html`<div class="variables" role="group" aria-label=${l10n.t('Variables')}>
                ${variables.map((name) =>
                  field({
                    label: name,
                    mono: true,
                    value: this.values[name] ?? '',
                    onInput: (value) => this.set({ values: { ...this.values, [name]: value } }),
                  }),
                )}
              </div>`
        }
        ${this.way === 'push' ? this.targetList(open) : nothing}
        <div class="compose-options">
          ${tabs<Kind>(
            l10n.t('Type'),
            [
              { id: 'text', text: l10n.t('Text') },
              { id: 'binary', text: l10n.t('Base64') },
              { id: 'close', text: l10n.t('Close') },
            ],
            this.kind,
            (kind) => this.set({ kind }),
            'segments',
          )}
          ${
            this.kind === 'text' && /^\s*[[{]/.test(this.data)
              ? html`<button type="button" class="link" @click=${() => this.pretty()}>
                  ${l10n.t('Format JSON')}
                </button>`
              : nothing
          }
        </div>
        <details>
          <summary>${l10n.t('Test clients')} ${count(model.state.clients.size)}</summary>
          <test-clients .model=${model}></test-clients>
        </details>
        <details>
          <summary>${l10n.t('Message library')} ${count(model.library.length)}</summary>
          ${messageLibrary(model, {
            message: { name: this.name, data: this.data, kind: this.kind },
            onName: (name) => this.set({ name }),
            onTake: ({ name, data, dataType }) => {
              this.set({ name, data, kind: dataType });
              this.wantsFocus = true;
            },
          })}
        </details>
      </div>`;
  }

  /** All that an everyday message needs, on one line: who, what, send. */
  private line(open: ConnectionState[]) {
    const clients = this.clients();
    if (this.way === 'client' && clients.length === 0) {
      return html`<div class="compose-line">
        <p class="quiet">${l10n.t('No test client is connected.')}</p>
        ${button(l10n.t('Connect Test Client'), () => {
          this.model.host
            .do('run', { command: 'connectTestClient' })
            .catch((error: unknown) => this.model.fail(error));
        })}
      </div>`;
    }
    if (this.way === 'push' && open.length === 0) {
      return html`<p class="quiet">${l10n.t('No connection is open.')}</p>`;
    }
    return html`<div class="compose-line">
      ${
        this.way === 'client'
          ? html`<select
              class="native-select"
              aria-label=${l10n.t('Client')}
              @change=${(event: Event) =>
                this.set({ client: (event.target as HTMLSelectElement).value })}
            >
              ${clients.map(
                (client) =>
                  html`<option value=${client} ?selected=${client === this.client}>
                    ${client}
                  </option>`,
              )}
            </select>`
          : nothing
      }
      ${
        this.kind === 'close'
          ? nothing
          : html`<textarea
              class="message"
              aria-label=${l10n.t('Message')}
              title=${l10n.t('Enter sends; Shift+Enter begins a new line')}
              rows=${Math.min(8, this.data.split('\n').length)}
              spellcheck="false"
              placeholder=${this.kind === 'text' ? l10n.t('Message') : 'AAEC/w=='}
              .value=${this.data}
              @input=${(event: Event) =>
                this.set({ data: (event.target as HTMLTextAreaElement).value })}
              @keydown=${(event: KeyboardEvent) => {
                // Enter also ends the choice of a Chinese character; that one is not meant for us.
                if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
                  event.preventDefault();
                  void this.send(openConnections(this.model.state));
                }
              }}
            ></textarea>`
      }
      ${button(this.sendText(open), () => void this.send(open), { disabled: !this.canSend(open) })}
    </div>`;
  }

  private canSend(open: ConnectionState[]): boolean {
    return this.way === 'client' ? this.client !== '' : this.chosen(open).length > 0;
  }

  private targetList(open: ConnectionState[]) {
    if (open.length === 0) {
      return nothing;
    }
    return html`<div class="targets" role="group" aria-label=${l10n.t('To')}>
      ${checkbox({
        label: plural(open.length, 'All, {0} connection', 'All, {0} connections'),
        checked: this.toAll,
        onChange: (toAll) => this.set({ toAll }),
      })}
      ${
        this.toAll
          ? nothing
          : open.slice(0, 200).map(({ connection }) => {
              const name = this.model.names.of(connection);
              return checkbox({
                label: name.name,
                content: html`<span class="conn-name"
                  ><span class="dot conn-${name.color}"></span>${name.name}</span
                >`,
                checked: this.targets.has(connection),
                onChange: (checked) => {
                  if (checked) {
                    this.targets.add(connection);
                  } else {
                    this.targets.delete(connection);
                  }
                  this.requestUpdate();
                },
              });
            })
      }
    </div>`;
  }

  private set(
    change: Partial<{
      way: Way;
      kind: Kind;
      data: string;
      client: string;
      toAll: boolean;
      values: Record<string, string>;
      name: string;
    }>,
  ): void {
    Object.assign(this, change);
    this.problem = '';
    this.requestUpdate();
  }

  private pretty(): void {
    try {
      JSON.parse(this.data); // For what it says of a text that is no JSON.
      this.set({ data: prettyJson(this.data) ?? this.data });
    } catch (error) {
      this.problem = (error as Error).message;
      this.requestUpdate();
    }
  }

  private chosen(open: ConnectionState[]): string[] {
    return open
      .map((each) => each.connection)
      .filter((connection) => this.toAll || this.targets.has(connection));
  }

  private sendText(open: ConnectionState[]): string {
    if (this.way === 'client') {
      return this.kind === 'close' ? l10n.t('Close') : l10n.t('Send');
    }
    const count = this.chosen(open).length;
    return this.kind === 'close'
      ? plural(count, 'Close {0} connection', 'Close {0} connections')
      : plural(count, 'Push to {0} connection', 'Push to {0} connections');
  }

  /** The message for one receiver; null when it is not what it says it is. */
  private fill(who: { connection: string; client: string }): string | null {
    if (this.kind === 'binary') {
      const bytes = fromBase64(this.data);
      return bytes === null ? null : toBase64(bytes);
    }
    return fillTemplate(this.data, {
      ...this.values,
      ...who,
      uuid: crypto.randomUUID(),
      now: new Date().toISOString(),
      counter: String(this.counter),
    });
  }

  private async send(open: ConnectionState[]): Promise<void> {
    const { host, names, state } = this.model;
    const { kind } = this;
    if (!this.canSend(open)) {
      return;
    }
    this.counter += 1;
    this.mark(); // At once: what is typed while it is on its way replaces it.
    try {
      if (this.way === 'client') {
        const connection = state.clients.get(this.client)?.connection ?? '';
        const data = this.fill({ connection, client: this.client });
        if (kind === 'close') {
          await host.ask('clientClose', { client: this.client, code: 1000 });
        } else if (data === null) {
          this.problem = l10n.t('This is no base64.');
        } else {
          await host.ask('clientSend', { client: this.client, dataType: kind, data });
        }
      } else if (kind === 'close') {
        await host.ask('push', { connections: this.chosen(open), action: 'closing' });
      } else {
        const failed: string[] = [];
        for (const connection of this.chosen(open)) {
          const data = this.fill({ connection, client: names.nameOf(connection) });
          if (data === null) {
            this.problem = l10n.t('This is no base64.');
            break;
          }
          const { results } = await host.ask('push', {
            connections: [connection],
            action: 'data send',
            dataType: kind,
            data,
          });
          failed.push(
            ...results
              .filter((result) => result.errNo !== 0)
              .map((result) => `${names.nameOf(result.connection)}: ${result.errMsg}`),
          );
        }
        if (failed.length > 0) {
          this.problem = failed.join(', ');
        }
      }
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this.requestUpdate();
  }
}

function count(number: number) {
  return number === 0 ? nothing : html`<span class="count">${number}</span>`;
}

define('compose-pane', ComposePane);

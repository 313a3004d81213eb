/** Writing a message and sending it: as a test client, or as a push to one, several or all connections. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import { openConnections, type ConnectionState } from '../../protocol/state';
import { fillTemplate, variablesOf } from '../../protocol/template';
import { fromBase64, toBase64 } from '../detail/payload';
import { define, PageElement } from '../element';
import { area, button, checkbox, field, select } from '../forms';
import { plural } from '../format';
import { icon, tabs, tool } from '../icon';
import './clients';
import { paneHead } from './pane';

type Way = 'client' | 'push';
type Kind = 'text' | 'binary' | 'close';

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

  override willUpdate(): void {
    const { draft, state } = this.model;
    if (draft && draft !== this.seenDraft) {
      this.seenDraft = draft;
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

  override render() {
    const { model } = this;
    const open = openConnections(model.state);
    const variables = this.kind === 'text' ? variablesOf(this.data) : [];
    return html`${paneHead(model, 'send', l10n.t('Compose'))}
      <div class="pane-body compose">
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
        ${this.way === 'client' ? this.clientFields() : this.pushFields(open)}
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
          this.kind === 'close'
            ? nothing
            : area({
                label: l10n.t('Message'),
                hideLabel: true,
                rows: 7,
                value: this.data,
                placeholder:
                  this.kind === 'text' ? '{"type": "say", "text": "${text}"}' : 'AAEC/w==',
                onInput: (data) => this.set({ data }),
              })
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
        ${
          this.problem === ''
            ? nothing
            : html`<p class="hint error" role="alert">${icon('error')} ${this.problem}</p>`
        }
        <div class="form-row">
          ${button(this.sendText(open), () => void this.send(open), {
            disabled: this.way === 'client' ? this.client === '' : this.chosen(open).length === 0,
          })}
          ${
            this.kind === 'text' && this.data !== ''
              ? button(l10n.t('Format JSON'), () => this.pretty(), { look: 'secondary' })
              : nothing
          }
        </div>
        ${this.library()}
      </div>`;
  }

  private clientFields() {
    const clients = this.clients();
    return html`${
        clients.length === 0
          ? html`<p class="quiet">${l10n.t('No test client is connected.')}</p>`
          : select({
              label: l10n.t('Client'),
              value: this.client,
              choices: clients.map((value) => ({ value, text: value })),
              onChange: (client) => this.set({ client }),
            })
      } <test-clients .model=${this.model}></test-clients>`;
  }

  private pushFields(open: ConnectionState[]) {
    if (open.length === 0) {
      return html`<p class="quiet">${l10n.t('No connection is open.')}</p>`;
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

  private library() {
    const { library } = this.model;
    return html`<h3>${l10n.t('Message library')}</h3>
      ${
        library.length === 0
          ? html`<p class="quiet">
              ${l10n.t('Messages saved here belong to the workspace and may hold {0}.', '${variables}')}
            </p>`
          : html`<ul class="items" aria-label=${l10n.t('Message library')}>
              ${library.map(
                (message, index) =>
                  html`<li class="item">
                    <button
                      type="button"
                      class="link ellipsis"
                      title=${message.data.slice(0, 300)}
                      @click=${() =>
                        this.set({
                          data: message.data,
                          kind: message.dataType,
                          name: message.name,
                        })}
                    >
                      ${message.name}
                    </button>
                    <span class="gap"></span>
                    ${tool({
                      icon: 'trash',
                      label: l10n.t('Remove {0}', message.name),
                      onClick: () => this.save(library.filter((_, other) => other !== index)),
                    })}
                  </li>`,
              )}
            </ul>`
      }
      <div class="form-row">
        ${field({
          label: l10n.t('Name'),
          value: this.name,
          onInput: (name) => this.set({ name }),
        })}
        ${button(
          l10n.t('Save'),
          () => {
            const { name, data, kind } = this;
            const rest = library.filter((each) => each.name !== name.trim());
            this.save([
              ...rest,
              { name: name.trim(), data, dataType: kind === 'binary' ? 'binary' : 'text' },
            ]);
          },
          {
            look: 'secondary',
            disabled: this.name.trim() === '' || this.data === '' || this.kind === 'close',
          },
        )}
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
      this.set({ data: JSON.stringify(JSON.parse(this.data), null, 2) });
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
    this.counter += 1;
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

  private save(messages: typeof this.model.library): void {
    this.model.host
      .do('saveLibrary', { messages })
      .catch((error: unknown) => this.model.fail(error));
  }
}

define('compose-pane', ComposePane);

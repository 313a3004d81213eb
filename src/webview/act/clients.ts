/** Test clients: real WebSocket clients in the session, opened from here with what a handshake can carry. */
import * as l10n from '@vscode/l10n';
import { html, nothing } from 'lit';
import type { TestClientState } from '../../protocol/state';
import { define, PageElement } from '../element';
import { area, button, checkbox, field, select } from '../forms';
import { icon, tool } from '../icon';

class TestClients extends PageElement {
  protected override readonly topics = ['state'] as const;
  private open = false;
  private name = '';
  private url = '';
  private query = '';
  private protocols = '';
  private headers = '';
  private count = '1';
  private reconnect = false;
  private problem = '';
  private busy = false;

  override render() {
    const clients = [...this.model.state.clients.values()];
    const urls = this.model.state.services.flatMap((service) => service.urls);
    this.open ||= clients.length === 0;
    return html`${
        clients.length === 0
          ? nothing
          : html`<ul class="items" aria-label=${l10n.t('Test clients')}>
              ${clients.map((client) => this.client(client))}
            </ul>`
      }
      <details
        ?open=${this.open}
        @toggle=${(event: Event) => {
          this.open = (event.target as HTMLDetailsElement).open;
        }}
      >
        <summary>${l10n.t('New test client')}</summary>
        <div class="form">
          ${
            urls.length === 0
              ? nothing
              : select({
                  label: l10n.t('Address'),
                  value: urls.includes(this.url) ? this.url : urls[0]!,
                  choices: urls.map((value) => ({ value, text: value })),
                  onChange: (value) => this.set({ url: value }),
                })
          }
          <div class="form-row">
            ${field({
              label: l10n.t('Name'),
              value: this.name,
              placeholder: 'alice',
              onInput: (name) => this.set({ name }),
            })}
            ${field({
              label: l10n.t('How many'),
              type: 'number',
              value: this.count,
              onInput: (count) => this.set({ count }),
            })}
          </div>
          ${field({
            label: l10n.t('Query'),
            mono: true,
            value: this.query,
            placeholder: 'room=lobby&token=…',
            onInput: (query) => this.set({ query }),
          })}
          ${field({
            label: l10n.t('Sub-protocols'),
            mono: true,
            value: this.protocols,
            placeholder: 'chat.v1, chat.v2',
            onInput: (protocols) => this.set({ protocols }),
          })}
          ${area({
            label: l10n.t('Headers'),
            rows: 2,
            value: this.headers,
            placeholder: 'Authorization: Bearer …',
            onInput: (headers) => this.set({ headers }),
          })}
          ${checkbox({
            label: l10n.t('Reconnect when the connection is lost'),
            checked: this.reconnect,
            onChange: (reconnect) => this.set({ reconnect }),
          })}
          ${
            this.problem === ''
              ? nothing
              : html`<p class="hint error" role="alert">${icon('error')} ${this.problem}</p>`
          }
          ${button(l10n.t('Connect'), () => void this.connect(urls), {
            disabled: urls.length === 0 || this.busy,
          })}
        </div>
      </details>`;
  }

  private client(client: TestClientState) {
    const closed = client.state === 'closed';
    const end = (abrupt: boolean) =>
      this.model.host
        .ask('clientClose', { client: client.client, ...(abrupt ? { abrupt } : { code: 1000 }) })
        .catch((error: unknown) => this.model.fail(error));
    return html`<li class="item">
      <span
        class="codicon codicon-${closed ? 'circle-outline' : 'circle-filled'} client-${client.state}"
        aria-hidden="true"
      ></span>
      <span class="ellipsis" title=${client.url}>${client.client}</span>
      <span class="quiet ellipsis">${closed ? (client.detail ?? l10n.t('closed')) : nothing}</span>
      <span class="gap"></span>
      ${
        closed
          ? nothing
          : html`${tool({
              icon: 'debug-disconnect',
              label: l10n.t('Close {0}', client.client),
              onClick: () => void end(false),
            })}${tool({
              icon: 'zap',
              label: l10n.t('Drop {0} abruptly', client.client),
              onClick: () => void end(true),
            })}`
      }
    </li>`;
  }

  private set(
    change: Partial<{
      name: string;
      url: string;
      query: string;
      protocols: string;
      headers: string;
      count: string;
      reconnect: boolean;
    }>,
  ): void {
    Object.assign(this, change);
    this.problem = '';
    this.requestUpdate();
  }

  private async connect(urls: string[]): Promise<void> {
    const base = urls.includes(this.url) ? this.url : urls[0]!;
    const query = this.query.trim().replace(/^\?/, '');
    const url = query === '' ? base : `${base}${base.includes('?') ? '&' : '?'}${query}`;
    const headers = parseHeaders(this.headers);
    if (typeof headers === 'string') {
      this.problem = l10n.t('A header is written as Name: value, unlike {0}', headers);
      this.requestUpdate();
      return;
    }
    const protocols = this.protocols.split(/[\s,]+/).filter((each) => each !== '');
    const count = Math.min(200, Math.max(1, Math.floor(Number(this.count) || 1)));
    const name = this.name.trim();
    this.busy = true;
    this.requestUpdate();
    try {
      for (let index = 1; index <= count; index++) {
        await this.model.host.ask('openClient', {
          url,
          ...(name === '' ? {} : { name: count === 1 ? name : `${name}-${index}` }),
          ...(protocols.length === 0 ? {} : { protocols }),
          ...(Object.keys(headers).length === 0 ? {} : { headers }),
          ...(this.reconnect ? { reconnect: true } : {}),
        });
      }
      this.name = '';
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this.busy = false;
    this.requestUpdate();
  }
}

/** The wrong line, when there is one. */
function parseHeaders(text: string): Record<string, string> | string {
  const headers: Record<string, string> = {};
  for (const line of text.split('\n').map((each) => each.trim())) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/.exec(line);
    if (match) {
      headers[match[1]!] = match[2]!;
    } else if (line !== '') {
      return line;
    }
  }
  return headers;
}

define('test-clients', TestClients);

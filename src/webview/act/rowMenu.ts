/** What can be done with a row. */
import * as l10n from '@vscode/l10n';
import { copyAs, copyForms, type CopyForm } from '../../protocol/copyAs';
import { loadPayload, toBase64 } from '../detail/payload';
import type { MenuItem } from '../menu';
import type { InspectorModel } from '../model';
import { rowFlag as flag } from '../../protocol/facts/row';

function formName(form: CopyForm): string {
  switch (form) {
    case 'text':
      return l10n.t('Copy as text');
    case 'json':
      return l10n.t('Copy as JSON');
    case 'event':
      return l10n.t('Copy as event');
    case 'curl':
      return l10n.t('Copy as curl (push)');
    case 'wscat':
      return l10n.t('Copy as wscat');
    case 'python':
      return l10n.t('Copy as Python');
    case 'node':
      return l10n.t('Copy as Node.js');
  }
}

/** Frames and pushes carry data that can be sent again. */
export function carriesData(model: InspectorModel, row: number): boolean {
  const kind = model.store.kind(row);
  return kind === 'text' || kind === 'binary' || kind === 'push';
}

export async function dataOf(
  model: InspectorModel,
  row: number,
): Promise<{ dataType: 'text' | 'binary'; data: string }> {
  const payload = await loadPayload(model, row);
  return payload.text === undefined
    ? { dataType: 'binary', data: toBase64(payload.bytes) }
    : { dataType: 'text', data: payload.text };
}

export function rowMenu(model: InspectorModel, row: number, which: 'copy' | 'all'): MenuItem[] {
  const { store } = model;
  const connection = store.connection(row);
  const data = carriesData(model, row);
  const copies: MenuItem[] = data
    ? copyForms.map((form) => ({
        text: formName(form),
        run: () => void copyRow(model, row, form),
      }))
    : [
        {
          text: l10n.t('Copy as JSON'),
          run: () => model.copy(JSON.stringify(store.factOf(row), null, 2)),
        },
      ];
  if (which === 'copy') {
    return copies;
  }
  const live = model.mode === 'live';
  const record = store.invocationOf(row);
  const items: MenuItem[] = [];
  if (data && live) {
    items.push({ text: l10n.t('Edit and send again…'), run: () => void resend(model, row) });
  }
  if (record && live) {
    items.push({
      text: l10n.t('Run again with this event'),
      disabled: record.session !== store.session,
      run: () => void runAgain(model, record.started.function, record.started.seq),
    });
  }
  if (data) {
    items.push({ text: l10n.t('Open in Editor'), run: () => void openInEditor(model, row) });
  }
  if (record) {
    items.push({ text: l10n.t('Show trace'), run: () => model.update({ tab: 'trace' }) });
  }
  if (connection !== '') {
    items.push('line', {
      text: l10n.t('Only this connection'),
      run: () => model.onlyConnection(connection),
    });
    items.push({ text: l10n.t('Copy connection id'), run: () => model.copy(connection) });
    if (live && model.state.connections.get(connection)?.status === 'open') {
      items.push(
        {
          text: l10n.t('Push to this connection…'),
          run: () => model.show('compose', { to: { connection } }),
        },
        { text: l10n.t('Close connection'), run: () => close(model, connection, 'frame') },
        { text: l10n.t('Drop connection'), run: () => close(model, connection, 'reset') },
      );
    }
  }
  items.push('line', ...copies);
  if (store.sessionOf(row) === store.session) {
    items.push('line', { text: l10n.t('Go to this moment'), run: () => model.travel(row) });
  }
  return items;
}

function close(model: InspectorModel, connection: string, how: 'frame' | 'reset'): void {
  model.host
    .ask('closeConnection', {
      connection,
      ...(how === 'frame' ? { code: 1000, reason: '' } : { abrupt: true }),
    })
    .catch((error: unknown) => model.fail(error));
}

async function copyRow(model: InspectorModel, row: number, form: CopyForm): Promise<void> {
  const { store, state } = model;
  const connection = store.connection(row);
  const { service, stage } = state.connections.get(connection) ?? {};
  const info = state.services.find((each) => each.name === service) ?? state.services[0];
  const url = info?.urls.find((each) => each.includes(`/${stage ?? ''}`)) ?? info?.url ?? '';
  const data = await dataOf(model, row);
  model.copy(
    copyAs(form, {
      ...data,
      connection,
      direction: store.direction(row),
      url,
      pushUrl: info?.pushUrl ?? '',
    }),
  );
}

async function resend(model: InspectorModel, row: number): Promise<void> {
  const { store } = model;
  const connection = store.connection(row);
  const data = await dataOf(model, row);
  const client = model.state.connections.get(connection)?.client;
  const asClient = store.direction(row) === 'toServer' && client !== undefined;
  model.show('compose', { ...data, to: asClient ? { client } : { connection } });
}

async function runAgain(model: InspectorModel, fn: string, seq: number): Promise<void> {
  try {
    const payload = await model.host.ask('payload', { seq });
    if (!payload) {
      model.fail(new Error(l10n.t('The session has given this up.')));
      return;
    }
    await model.host.ask('invoke', { function: fn, event: payload.data });
  } catch (error) {
    model.fail(error);
  }
}

async function openInEditor(model: InspectorModel, row: number): Promise<void> {
  const { dataType, data } = await dataOf(model, row);
  const binary = dataType === 'binary' || (model.store.flags(row) & flag.binary) !== 0;
  const json = !binary && /^\s*[{[]/.test(data);
  model.openText(`frame-${model.store.seq(row)}`, json ? 'json' : 'plaintext', data);
}

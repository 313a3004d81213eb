/** How the nodes of a trace look in words and icons, in every form that shows them. */
import * as l10n from '@vscode/l10n';
import type { TraceNode } from '../../protocol/trace';
import { formatDuration, formatSize, oneLine } from '../format';
import type { InspectorModel } from '../model';

export interface NodeLook {
  icon: string;
  /** Class of the icon. */
  tone: string;
  title: string;
  /** Connection that the node is about. */
  connection: string | null;
  detail: string;
  tags: string[];
  bad: boolean;
}

export function lookOf(node: TraceNode): NodeLook {
  switch (node.node) {
    case 'frame': {
      const { fact } = node;
      return {
        icon: fact.direction === 'toServer' ? 'arrow-right' : 'arrow-left',
        tone: fact.direction,
        title: '',
        connection: fact.connection,
        detail:
          fact.type === 'text' ? oneLine(fact.preview) : `${fact.type} · ${formatSize(fact.size)}`,
        tags: fact.edited ? [l10n.t('edited')] : [],
        bad: false,
      };
    }
    case 'handshake':
      return {
        icon: 'plug',
        tone: 'toServer',
        title: l10n.t('connects'),
        connection: node.fact.connection,
        detail: oneLine(node.fact.target),
        tags: [],
        bad: false,
      };
    case 'closed':
      return {
        icon: 'debug-disconnect',
        tone: '',
        title: l10n.t('ends'),
        connection: node.fact.connection,
        detail: oneLine(`${node.fact.code} ${node.fact.reason}`),
        tags: [],
        bad: node.fact.code === 1006,
      };
    case 'refusal':
      return {
        icon: 'error',
        tone: 'tone-error',
        title: l10n.t('refused'),
        connection: node.fact.connection ?? null,
        detail: oneLine(node.fact.reason),
        tags: [String(node.fact.status)],
        bad: true,
      };
    case 'push': {
      const { fact } = node;
      const bad = fact.errNo !== 0;
      return {
        icon: 'broadcast',
        tone: bad ? 'tone-error' : '',
        title: fact.action === 'closing' ? l10n.t('push: close') : l10n.t('push'),
        connection: fact.connection,
        detail: bad ? oneLine(fact.errMsg) : formatSize(fact.size),
        tags: [
          ...(bad ? [`errNo ${fact.errNo}`] : []),
          ...(fact.invocation === null ? [l10n.t('external')] : []),
        ],
        bad,
      };
    }
    case 'invocation': {
      const { started, ended } = node.facts;
      const bad = ended !== undefined && ended.outcome !== 'ok';
      return {
        icon: bad ? 'error' : ended ? 'symbol-method' : 'loading',
        tone: bad ? 'tone-error' : 'tone-run',
        title: started.function.slice(started.function.indexOf('/') + 1),
        connection: null,
        detail: ended
          ? oneLine(ended.error?.errorMessage ?? `→ ${ended.preview}`)
          : l10n.t('running'),
        tags: [
          ...(ended ? [formatDuration(ended.durationMs)] : []),
          started.cold ? l10n.t('cold') : l10n.t('warm'),
          ...(started.version > 1 ? [`v${started.version}`] : []),
        ],
        bad,
      };
    }
  }
}

export function nameOf(model: InspectorModel): (connection: string) => string {
  return (connection) => model.names.nameOf(connection);
}

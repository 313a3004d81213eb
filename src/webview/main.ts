/** Starts the page: translations first, then the elements, then the first message to the host. */
import * as l10n from '@vscode/l10n';
import './style.css';
import './list/list.css';
import './detail/detail.css';
import './trace/trace.css';
import './act/act.css';
import './travel/travel.css';
import type { HostMessage } from '../protocol/inspector';
import './app';
import type { PageElement } from './element';
import { setLanguage } from './format';
import { Host } from './host';
import { InspectorModel } from './model';

// Before the model listens, so that nothing is ever rendered in the wrong language.
window.addEventListener('message', (event: MessageEvent<HostMessage>) => {
  if (event.data.kind === 'init') {
    setLanguage(event.data.language);
    if (event.data.translations) {
      l10n.config({ contents: event.data.translations });
    }
  }
});

const host = new Host();
const app = document.createElement('inspector-app') as PageElement;
app.model = new InspectorModel(host);
document.body.append(app);
host.post({ kind: 'ready' });

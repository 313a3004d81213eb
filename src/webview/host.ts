/** The page's end of the conversation with its host. */
import type {
  DeedAnswer,
  DeedKind,
  DeedMap,
  HostMessage,
  PageMessage,
} from '../protocol/inspector';
import type { Answer, Ask, IntentError, IntentKind } from '../protocol/intent';

interface EditorApi {
  postMessage(message: PageMessage): void;
}
declare function acquireVsCodeApi(): EditorApi;

/** What the host or the session could not do, with a sentence for people. */
export class RefusedError extends Error {
  override name = 'RefusedError';
  constructor(readonly detail: IntentError) {
    super(detail.nextStep ? `${detail.message} ${detail.nextStep}` : detail.message);
  }
}

export class Host {
  private readonly editor = acquireVsCodeApi();
  private readonly waiting = new Map<
    number,
    { resolve: (value: never) => void; reject: (error: Error) => void }
  >();
  private nextId = 1;

  post(message: PageMessage): void {
    this.editor.postMessage(message);
  }

  listen(take: (message: HostMessage) => void): void {
    window.addEventListener('message', (event: MessageEvent<HostMessage>) => {
      const message = event.data;
      if (message.kind === 'reply' || message.kind === 'failed') {
        const waiter = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (message.kind === 'reply') {
          waiter?.resolve(message.value as never);
        } else {
          waiter?.reject(new RefusedError(message.error));
        }
      } else {
        take(message);
      }
    });
  }

  /** An intent for the session. */
  ask<K extends IntentKind>(intent: K, ask: Ask<K>): Promise<Answer<K>> {
    return this.send((id) => ({ kind: 'ask', id, intent, ask }) as PageMessage);
  }

  /** A deed of the host itself. */
  do<K extends DeedKind>(deed: K, ask: DeedMap[K]['ask']): Promise<DeedAnswer<K>> {
    return this.send((id) => ({ kind: 'do', id, deed, ask }) as PageMessage);
  }

  private send<T>(message: (id: number) => PageMessage): Promise<T> {
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post(message(id));
    });
  }
}

/**
 * The inspector page in a real browser, with a host that plays the extension's part: it sends what a story
 * tells, answers what the page asks, and remembers every message.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Fact } from '../../src/protocol/fact';
import type { HostMessage, PageMessage } from '../../src/protocol/inspector';
import { searchRecording, type Recording } from '../../src/protocol/export/recording';
import type { Ask } from '../../src/protocol/intent';
import { inspectorPage } from '../../src/protocol/page';
import { openPage } from './browser';
import type { Story } from './story';
import { themeOf, type ThemeName } from './themes';

export interface InspectorOptions {
  story?: Story;
  theme?: ThemeName;
  width?: number;
  height?: number;
  language?: 'en' | 'zh-cn';
  init?: Partial<Extract<HostMessage, { kind: 'init' }>>;
  status?: Extract<HostMessage, { kind: 'status' }>['status'];
  /** Answers of the session and the host, by intent or deed. */
  answers?: Record<string, (ask: never) => unknown>;
}

type AskOrDo = Extract<PageMessage, { kind: 'ask' | 'do' }>;

export class Inspector {
  private batch = 0;
  private readonly received: PageMessage[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor(readonly page: Page) {}

  take(message: PageMessage): void {
    this.received.push(message);
    this.waiting.splice(0).forEach((wake) => wake());
  }

  async send(message: HostMessage): Promise<void> {
    // As text: the browser driver takes many times longer for the same as objects.
    await this.page.evaluate(
      (json) => window.postMessage(JSON.parse(json), '*'),
      JSON.stringify(message),
    );
  }

  /** Sends facts as the host would, and waits until the page has taken them in. */
  async tell(facts: readonly Fact[], perBatch = 1000): Promise<void> {
    for (let at = 0; at < facts.length; at += perBatch) {
      this.batch += 1;
      const { batch } = this;
      await this.send({ kind: 'facts', batch, facts: facts.slice(at, at + perBatch) });
      await this.next((message) => message.kind === 'taken' && message.batch === batch);
    }
    await this.settled();
  }

  /** Waits for a message of the page, past ones included. */
  async next<T extends PageMessage>(
    test: (message: PageMessage) => boolean | undefined,
  ): Promise<T> {
    for (;;) {
      const found = this.received.find(test);
      if (found) {
        return found as T;
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** What the page asked for under this name so far. */
  asks(name: string): unknown[] {
    return this.received
      .filter((message): message is AskOrDo => message.kind === 'ask' || message.kind === 'do')
      .filter((message) => (message.kind === 'ask' ? message.intent : message.deed) === name)
      .map((message) => message.ask);
  }

  async asked(name: string): Promise<unknown> {
    const message = await this.next<AskOrDo>(
      (each) =>
        (each.kind === 'ask' && each.intent === name) || (each.kind === 'do' && each.deed === name),
    );
    return message.ask;
  }

  forget(): void {
    this.received.length = 0;
  }

  /** Two frames of animation: everything that was due is drawn. */
  async settled(): Promise<void> {
    await this.page.evaluate(
      () =>
        new Promise<void>((resolve) =>
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))),
        ),
    );
  }

  /** Texts of a column of the lines in sight, top to bottom. */
  async column(id: string): Promise<string[]> {
    return this.page.evaluate((name) => {
      const lines = [...document.querySelectorAll<HTMLElement>('.line:not([hidden])')];
      return lines
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((line) => line.querySelector(`.cell-${name}`)?.textContent ?? '');
    }, id);
  }

  async dress(theme: ThemeName): Promise<void> {
    await this.page.evaluate(({ variables, bodyClass }) => {
      for (const [name, value] of variables) {
        document.documentElement.style.setProperty(name, value);
      }
      document.body.className = bodyClass;
    }, themeOf(theme));
  }

  async filter(text: string): Promise<void> {
    await this.page.getByRole('combobox', { name: /Filter|筛选/ }).fill(text);
    await this.page.getByRole('combobox', { name: /Filter|筛选/ }).press('Enter');
    await this.settled();
  }
}

export async function openInspector(options: InspectorOptions = {}): Promise<Inspector> {
  const theme = themeOf(options.theme ?? 'dark');
  const translations =
    options.language === 'zh-cn'
      ? (JSON.parse(
          fs.readFileSync(
            path.join(__dirname, '..', '..', 'l10n', 'bundle.l10n.zh-cn.json'),
            'utf8',
          ),
        ) as Record<string, string>)
      : null;
  const held: PageMessage[] = [];
  const opened: { inspector?: Inspector } = {};
  const answer = async (message: AskOrDo) => {
    const name = message.kind === 'ask' ? message.intent : message.deed;
    const reply = options.answers?.[name];
    const value = reply
      ? (reply as (ask: unknown) => unknown)(message.ask)
      : defaultAnswer(name, message.ask, options.story);
    const refusal = value instanceof Error ? value : undefined;
    await opened.inspector!.send(
      refusal
        ? { kind: 'failed', id: message.id, error: { code: 'test', message: refusal.message } }
        : { kind: 'reply', id: message.id, value },
    );
  };
  const page = await openPage({
    html: inspectorPage({
      nonce: 'test',
      cspSource: "'self'",
      scriptUri: '/dist/webview.js',
      styleUri: '/dist/webview.css',
      language: options.language ?? 'en',
      title: 'Traffic',
    }),
    width: options.width ?? 1000,
    height: options.height ?? 700,
    before: `
      window.heard = [];
      window.acquireVsCodeApi = () => ({ postMessage: (message) => {
        const copy = structuredClone(message);
        window.toHost ? window.toHost(copy) : window.heard.push(copy);
      } });
      window.violations = [];
      addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));
      const theme = ${JSON.stringify(theme)};
      const dress = () => {
        for (const [name, value] of theme.variables) document.documentElement.style.setProperty(name, value);
        document.body.className = theme.bodyClass;
      };
      document.addEventListener('DOMContentLoaded', dress);
    `,
  });
  const receive = (message: PageMessage) => {
    if (!opened.inspector) {
      held.push(message);
      return;
    }
    opened.inspector.take(message);
    if (message.kind === 'ask' || message.kind === 'do') {
      void answer(message);
    }
  };
  page.setDefaultTimeout(90_000);
  await page.exposeFunction('toHost', receive);
  const inspector = new Inspector(page);
  opened.inspector = inspector;
  const early = await page.evaluate(() =>
    (window as unknown as { heard: PageMessage[] }).heard.splice(0),
  );
  [...early, ...held].forEach(receive);
  await inspector.next((message) => message.kind === 'ready');
  await inspector.send({
    kind: 'init',
    translations,
    language: options.language ?? 'en',
    ui: null,
    limits: { rows: 200_000, memoryMb: 256 },
    mode: 'live',
    place: 'view',
    library: [],
    ...options.init,
  });
  await inspector.send({
    kind: 'status',
    status: options.status ?? {
      state: 'running',
      url: 'ws://127.0.0.1:9480/release/chat',
      pushUrl: 'http://127.0.0.1:9480/api-k3x8q2m1',
    },
  });
  await inspector.send({ kind: 'session', session: 1 });
  if (options.story) {
    await inspector.tell(options.story.facts, 5000);
  }
  await inspector.settled();
  return inspector;
}

function defaultAnswer(name: string, ask: unknown, story: Story | undefined): unknown {
  switch (name) {
    case 'payload': {
      const { seq } = ask as { seq: number };
      const fact = story?.facts.find((each) => each.seq === seq);
      if (fact?.kind === 'frame' || fact?.kind === 'push') {
        return {
          data: story!.payloads.get(seq) ?? fact.preview,
          encoding: fact.type === 'binary' ? 'base64' : 'text',
        };
      }
      if (fact?.kind === 'invocationStarted') {
        const data = JSON.stringify({
          websocket: {
            action: 'data send',
            secConnectionID: fact.connection,
            dataType: 'text',
            data: '{"type":"say"}',
          },
        });
        return { data, encoding: 'text' };
      }
      return null;
    }
    case 'search':
      return searchRecording(recordingOf(story), ask as Ask<'search'>);
    case 'setFrameBreakpoints':
      return { problems: [] };
    case 'push':
      return { results: [] };
    default:
      return null;
  }
}

function recordingOf(story: Story | undefined): Recording {
  return {
    facts: story?.facts ?? [],
    payloads: new Map(
      [...(story?.payloads ?? [])].map(([seq, data]) => [seq, { data, encoding: 'text' }]),
    ),
  };
}

/**
 * Each state fits into every width, in every theme. With SCFWS_PICTURES=1 it is also taken, for people, into
 * out/screenshots: more than a hundred pictures take most of a minute.
 */
import assert from 'node:assert/strict';
import { screenshot } from './browser';
import { openInspector, type Inspector, type InspectorOptions } from './inspector';
import { chatStory } from './story';
import { themeNames } from './themes';

const sizes = [
  { name: 'narrow', width: 280, height: 640 },
  { name: 'wide', width: 1400, height: 760 },
];

async function pick(inspector: Inspector, text: string): Promise<void> {
  // Every line of the story fits on no screen: the filter brings it into sight, and goes again.
  await inspector.filter(JSON.stringify(text));
  await inspector.page.locator('.line:not([hidden])', { hasText: text }).last().click();
  await inspector.filter('');
}

async function tab(inspector: Inspector, name: string): Promise<void> {
  await inspector.page.getByRole('tab', { name }).first().click();
  await inspector.settled();
}

interface State extends InspectorOptions {
  name: string;
  then?: (inspector: Inspector) => Promise<void>;
}

const states: State[] = [
  { name: 'list', story: chatStory() },
  {
    name: 'payload',
    story: chatStory(),
    then: (inspector) => pick(inspector, 'maintenance at six'),
  },
  {
    name: 'trace-tree',
    story: chatStory(),
    then: async (inspector) => {
      await pick(inspector, 'dave has left');
      await tab(inspector, 'Trace');
    },
  },
  {
    name: 'trace-sequence',
    story: chatStory(),
    then: async (inspector) => {
      await pick(inspector, 'dave has left');
      await tab(inspector, 'Trace');
      await tab(inspector, 'Sequence');
    },
  },
  {
    name: 'trace-waterfall',
    story: chatStory(),
    then: async (inspector) => {
      await pick(inspector, 'name=alice');
      await tab(inspector, 'Trace');
      await tab(inspector, 'Waterfall');
    },
  },
  {
    name: 'failure',
    story: chatStory(),
    then: (inspector) => pick(inspector, 'AAcOFR'),
  },
  {
    name: 'empty',
    status: { state: 'running', url: 'ws://127.0.0.1:9480/release/chat', pushUrl: '' },
  },
  {
    name: 'filtered-out',
    story: chatStory(),
    then: (inspector) => inspector.filter('conn:nobody size:>1m'),
  },
  {
    name: 'filter-error',
    story: chatStory(),
    then: (inspector) => inspector.filter('kind:text size:big'),
  },
  {
    name: 'highlight',
    story: chatStory(),
    init: { ui: { highlight: true, filter: 'conn:alice' } },
  },
  { name: 'grouped', story: chatStory(), init: { ui: { grouped: true } } },
  {
    name: 'compose',
    story: chatStory(),
    init: { library: [{ name: 'join a room', dataType: 'text', data: '{"room":"${room}"}' }] },
    then: async (inspector) => {
      await inspector.page.getByRole('button', { name: 'Compose' }).click();
      await inspector.settled();
    },
  },
  {
    name: 'export',
    story: chatStory(),
    then: async (inspector) => {
      await inspector.page.getByRole('button', { name: 'Export' }).click();
      await inspector.settled();
    },
  },
  {
    name: 'faults',
    story: chatStory(),
    then: async (inspector) => {
      await inspector.page.getByRole('button', { name: 'Fault lab' }).click();
      await inspector.page.getByText('Add', { exact: true }).click();
      await inspector.settled();
    },
  },
];

describe('pictures', () => {
  for (const { name, then, ...options } of states) {
    it(`of ${name} fit into each width and theme, within the policy`, async () => {
      const inspector = await openInspector({ ...options, ...sizes[1]! });
      await then?.(inspector);
      for (const theme of themeNames) {
        await inspector.dress(theme);
        for (const size of sizes) {
          await inspector.page.setViewportSize(size);
          await inspector.settled();
          if (process.env['SCFWS_PICTURES'] === '1') {
            await screenshot(inspector.page, `${name}-${theme}-${size.name}`);
          }
          const found = await inspector.page.evaluate(() => ({
            wide: document.documentElement.scrollWidth > innerWidth,
            violations: (window as unknown as { violations: string[] }).violations,
          }));
          assert.deepEqual(found, { wide: false, violations: [] }, `${theme} ${size.name}`);
        }
      }
    });
  }
});

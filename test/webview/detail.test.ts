/** What the pane beside the list tells of a row, and what can be done with it. */
import assert from 'node:assert/strict';
import { encode } from '@msgpack/msgpack';
import type { Page } from 'playwright-core';
import type { PageMessage } from '../../src/protocol/inspector';
import { openInspector, type Inspector } from './inspector';
import { chatStory, Story } from './story';

async function pick(inspector: Inspector, filter: string): Promise<void> {
  await inspector.filter(filter);
  await inspector.page.locator('.line:not([hidden])').first().click();
  await inspector.settled();
}

const tab = (page: Page, name: string | RegExp) => page.getByRole('tab', { name }).click();
const side = (page: Page) => page.locator('.side-pane');

describe('detail', () => {
  it('shows JSON as a tree, fetched whole, to be searched and copied from', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await pick(inspector, 'maintenance');
    await page.getByText('delivered after').waitFor();
    await page.getByRole('textbox', { name: 'Search in JSON' }).fill('music');
    await page.locator('.json-line.match').waitFor();
    assert.match((await page.locator('.json-line.match').textContent())!, /2:\s*"music"/);
    await page.locator('.json-line.match').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Copy path' }).click();
    assert.deepEqual(await inspector.asked('copy'), { text: '$.rooms[2]' });
  });

  it('shows text as it came, and bytes with their offsets', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await pick(inspector, 'psst');
    await tab(page, 'Text');
    assert.equal(
      (await page.locator('pre.text').textContent())!.trim(),
      '{"type":"whisper","to":"zoe","text":"psst"}',
    );
    await tab(page, 'Hex');
    assert.match((await page.locator('pre.hex').textContent())!, /000000 {2}7b 22 74 79 70 65/);
  });

  it('decodes MessagePack', async () => {
    const story = new Story();
    const id = story.connect('alice');
    story.frame(id, 'toServer', Buffer.from(encode({ hello: ['wörld', 1] })).toString('base64'), {
      type: 'binary',
    });
    const inspector = await openInspector({ story });
    await pick(inspector, 'kind:binary');
    await tab(inspector.page, 'MessagePack');
    assert.match((await inspector.page.locator('.json-tree').textContent())!, /"wörld"/);
  });

  it('traces a delivered frame back to the run, its lines and the frame that caused it', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await pick(inspector, '"dave has left" conn:carol');
    await tab(page, 'Trace');
    const lines = (await page.locator('.trace-line').allTextContents()).map((text) =>
      text.replace(/\s+/g, ' ').trim(),
    );
    assert.equal(lines.length, 6);
    assert.match(lines[0]!, /^alice \{"type":"say"/);
    assert.match(lines[1]!, /^Transmission → null say from alice to 2/);
    assert.match(lines[2]!, /^bob push/);
    assert.match(lines[5]!, /^carol/);
    assert.equal(await page.locator('.trace-line.focus').count(), 1);
    await page.locator('.trace-line').first().click();
    await inspector.settled();
    assert.match((await page.locator('.detail-title').textContent())!, /alice/);
  });

  it('draws the trace as a sequence and saves it as SVG and Mermaid', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await pick(inspector, '"dave has left" dir:in');
    await tab(page, 'Trace');
    await tab(page, 'Sequence');
    await page.locator('.message').nth(6).waitFor();
    assert.equal(await page.locator('.message').count(), 7);
    await page.getByRole('button', { name: 'Export trace' }).click();
    await page.getByRole('menuitem', { name: 'Save as SVG…' }).click();
    const saved = (await inspector.asked('save')) as { name: string; content: string };
    assert.equal(saved.name, 'trace.svg');
    assert.match(saved.content, /^<svg xmlns/);
    await tab(page, 'Waterfall');
    await page.locator('.water-row').nth(5).waitFor();
    assert.equal(await page.locator('.water-row').count(), 6);
  });

  it('links an error to its line', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await pick(inspector, 'kind:binary');
    await inspector.page.getByRole('button', { name: 'index.py:12' }).click();
    assert.deepEqual(await inspector.asked('openSource'), {
      file: '/project/Transmission/index.py',
      line: 12,
    });
    await tab(inspector.page, /Log/);
    assert.match((await inspector.page.locator('.log').textContent())!, /binary of 900 bytes/);
  });

  it('shows the event as the handler got it', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await pick(inspector, 'psst');
    await tab(inspector.page, 'Event');
    await side(inspector.page).getByText('"data send"').waitFor();
    await side(inspector.page).getByText('delivered').waitFor();
  });

  it('compares two frames', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await inspector.filter('dir:in kind:text');
    const lines = page.locator('.line:not([hidden])');
    await lines.nth(0).click();
    await lines.nth(1).click({ modifiers: ['Control'] });
    await page.getByText(/\d lines differ/).waitFor();
    assert.ok((await page.locator('.diff-line.in-left').count()) > 0);
  });

  it('copies a frame as a command', async () => {
    const inspector = await openInspector({ story: chatStory() });
    await pick(inspector, 'psst');
    await inspector.page.getByRole('button', { name: 'Copy as…' }).click();
    await inspector.page.getByRole('menuitem', { name: 'Copy as wscat' }).click();
    const { text } = (await inspector.asked('copy')) as { text: string };
    assert.equal(
      text,
      `wscat -c 'ws://127.0.0.1:9480/release/chat' -x '{"type":"whisper","to":"zoe","text":"psst"}'`,
    );
  });

  it('sends a frame again, edited, as the client that sent it', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await pick(inspector, 'conn:alice dir:in kind:text');
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Edit and send again…' }).click();
    const box = page.getByRole('textbox', { name: 'Message' });
    await box.fill('{"type":"say","text":"${text}"}');
    await page.getByRole('textbox', { name: 'text', exact: true }).fill('with "quotes"');
    await page.getByText('Send', { exact: true }).click();
    assert.deepEqual(await inspector.asked('clientSend'), {
      client: 'alice',
      dataType: 'text',
      data: '{"type":"say","text":"with \\"quotes\\""}',
    });
  });

  it('pushes to chosen connections and tells what failed', async () => {
    const story = chatStory();
    const inspector = await openInspector({
      story,
      answers: {
        push: (ask: { connections: string[] }) => ({
          results: ask.connections.map((connection) => ({
            connection,
            errNo: 9001,
            errMsg: 'connection not found',
          })),
        }),
      },
    });
    const { page } = inspector;
    await page.getByRole('button', { name: 'Compose' }).click();
    await tab(page, 'As a push');
    await page.locator('vscode-checkbox', { hasText: 'bob' }).click();
    await page.getByRole('textbox', { name: 'Message' }).fill('hi');
    await page.getByText('Push to 1 connection').click();
    assert.deepEqual(await inspector.asked('push'), {
      connections: [story.idOf('bob')],
      action: 'data send',
      dataType: 'text',
      data: 'hi',
    });
    await page.getByText('bob: connection not found').waitFor();
  });

  it('goes on composing in a page that was out of sight, and takes no focus for that', async () => {
    const story = chatStory();
    const first = await openInspector({ story });
    await first.page.getByRole('button', { name: 'Compose' }).click();
    const kept = await first.next<Extract<PageMessage, { kind: 'state' }>>(
      (message) => message.kind === 'state',
    );
    const { page } = await openInspector({ story, init: { ui: kept.ui } });
    const message = page.getByRole('textbox', { name: 'Message' });
    await message.waitFor();
    assert.equal(await message.evaluate((box) => document.activeElement === box), false);
    await page.locator('compose-pane').getByRole('button', { name: 'Close' }).click();
    await message.waitFor({ state: 'detached' });
  });

  it('has the message and Send in sight in a low side bar; Enter and Ctrl+Enter send', async () => {
    const story = chatStory();
    const inspector = await openInspector({ story, width: 300, height: 320 });
    const { page } = inspector;
    await inspector.send({ kind: 'reveal', target: { compose: { client: 'bob' } } });
    const message = page.getByRole('textbox', { name: 'Message' });
    await message.waitFor();
    await inspector.settled();
    for (const part of [message, page.getByText('Send', { exact: true })]) {
      const box = (await part.boundingBox())!;
      assert.ok(box.y > 0 && box.y + box.height <= 320, JSON.stringify(box));
    }
    // Nothing was clicked: it has the focus.
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    const sent = { client: 'bob', dataType: 'text', data: 'one\ntwo' };
    assert.deepEqual(await inspector.asked('clientSend'), sent);
    inspector.forget();
    // What was sent is marked: typing replaces it.
    await page.keyboard.type('three');
    await page.keyboard.press('Control+Enter');
    assert.deepEqual(await inspector.asked('clientSend'), { ...sent, data: 'three' });
  });

  it('is quiet where there is nothing to use tools on', async () => {
    for (const [state, place, buttons] of [
      ['stopped', 'view', 1],
      ['noProject', 'view', 0], // The view of the functions, above it, has that button.
      ['noProject', 'editor', 1],
    ] as const) {
      const { page } = await openInspector({ status: { state }, init: { place } });
      assert.equal(await page.locator('.chip, .tool, input').count(), 0, state);
      assert.equal(await page.locator('vscode-button').count(), buttons, `${state} ${place}`);
    }
    const inspector = await openInspector();
    assert.equal(await inspector.page.locator('.chip').count(), 0);
    await inspector.tell(chatStory().facts);
    assert.ok((await inspector.page.locator('.chip').count()) > 5);
  });

  it('comes back with a click on the row that is selected', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await pick(inspector, 'psst');
    await page.getByRole('tab', { name: 'Payload' }).waitFor();
    await page.getByRole('button', { name: 'Compose' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await inspector.filter('psst');
    await page.locator('.line.selected').click();
    await page.getByRole('tab', { name: 'Payload' }).waitFor();
  });

  it('opens test clients with what a handshake can carry', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await page.getByRole('button', { name: 'Compose' }).click();
    await page.getByText('Test clients').click();
    await page.getByText('New test client').click();
    await page.getByRole('textbox', { name: 'Query' }).fill('room=1');
    await page.getByRole('textbox', { name: 'Sub-protocols' }).fill('a, b');
    await page.getByRole('textbox', { name: 'Headers' }).fill('X-Me: 7');
    await page.getByText('Connect', { exact: true }).click();
    assert.deepEqual(await inspector.asked('openClient'), {
      url: 'ws://127.0.0.1:9480/release/chat?room=1',
      protocols: ['a', 'b'],
      headers: { 'X-Me': '7' },
    });
  });

  it('keeps messages in the library of the workspace', async () => {
    const inspector = await openInspector({ story: chatStory() });
    const { page } = inspector;
    await page.getByRole('button', { name: 'Compose' }).click();
    await page.getByRole('textbox', { name: 'Message' }).fill('hello ${name}');
    await page.getByText('Message library').click();
    await side(page).getByRole('textbox', { name: 'Name' }).last().fill('greeting');
    await page.getByText('Save', { exact: true }).click();
    const message = { name: 'greeting', data: 'hello ${name}', dataType: 'text' as const };
    assert.deepEqual(await inspector.asked('saveLibrary'), { messages: [message] });
    await inspector.send({ kind: 'library', messages: [message] });
    await page.getByRole('button', { name: 'greeting', exact: true }).waitFor();
  });

  it('lets a held frame be edited, and sends it on', async () => {
    const story = chatStory();
    const hold = story.frame(story.idOf('alice'), 'toServer', '{"type":"join"}');
    story.tell({
      kind: 'held',
      frame: {
        hold,
        connection: story.idOf('alice'),
        direction: 'toServer',
        type: 'text',
        size: 15,
        preview: '{"type":"join"}',
        breakpoint: 'b1',
      },
    });
    const inspector = await openInspector({ story });
    const { page } = inspector;
    await page.getByText('1 frame is held').waitFor();
    assert.equal(await page.locator('.line.is-held').count(), 1);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('textbox', { name: 'Payload' }).fill('{"type":"leave"}');
    await page.getByRole('button', { name: 'Send edited' }).click();
    assert.deepEqual(await inspector.asked('releaseFrame'), {
      hold,
      how: 'edited',
      data: '{"type":"leave"}',
    });
    const from = story.facts.length;
    story.tell({ kind: 'releasedFrame', hold, how: 'edited' });
    await inspector.tell(story.facts.slice(from));
    await page.getByText('1 frame is held').waitFor({ state: 'detached' });
  });

  it('sets a frame breakpoint from the filter, and refuses a wrong one', async () => {
    const inspector = await openInspector({
      story: chatStory(),
      init: { ui: { filter: "conn:alice $.type == 'join'" } },
    });
    const { page } = inspector;
    await page.getByRole('button', { name: 'Frame breakpoints' }).click();
    const condition = page.getByRole('textbox', { name: 'Condition' });
    await condition.fill('size:big');
    await page.getByText('Add', { exact: true }).click();
    await side(page).getByText('big is no number').waitFor();
    await condition.fill("conn:alice $.type == 'join'");
    await page.getByText('Add', { exact: true }).click();
    const { breakpoints } = (await inspector.asked('setFrameBreakpoints')) as {
      breakpoints: { condition: string; direction: string; enabled: boolean }[];
    };
    assert.equal(breakpoints[0]!.condition, "conn:alice $.type == 'join'");
    assert.equal(breakpoints[0]!.direction, 'toServer');
  });

  it('keeps a condition that the session did not take, and refuses an empty one', async () => {
    const inspector = await openInspector({
      story: chatStory(),
      answers: { setFrameBreakpoints: () => new Error('The gateway is not running.') },
    });
    const { page } = inspector;
    await page.getByRole('button', { name: 'Frame breakpoints' }).click();
    await page.getByText('Add', { exact: true }).click();
    await side(page).getByText('A condition, e.g. kind:text').waitFor();
    assert.deepEqual(inspector.asks('setFrameBreakpoints'), []);
    const condition = page.getByRole('textbox', { name: 'Condition' });
    await condition.fill('kind:text');
    await page.getByText('Add', { exact: true }).click();
    await page.getByText('The gateway is not running.').waitFor();
    assert.equal(await condition.inputValue(), 'kind:text');
  });

  it('exports the shown rows with rules that one sees', async () => {
    const inspector = await openInspector({
      story: chatStory(),
      answers: { export: () => ({ file: '/tmp/x.har' }) },
    });
    const { page } = inspector;
    await inspector.filter('conn:alice');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await tab(page, 'HAR');
    await page.getByText('Bearer tokens').click();
    await page.getByText('Export…').click();
    const ask = (await inspector.asked('export')) as { format: string; redact: { id: string }[] };
    assert.equal(ask.format, 'har');
    assert.deepEqual(
      ask.redact.map((rule) => rule.id),
      ['credentials', 'secrets', 'jwt', 'cloudKeys'],
    );
    await page.getByText('Saved as /tmp/x.har').waitFor();
  });

  it('tells when the session refuses', async () => {
    const inspector = await openInspector({
      story: chatStory(),
      answers: { clientSend: () => new Error('The client alice is gone.') },
    });
    await inspector.page.getByRole('button', { name: 'Compose' }).click();
    await inspector.page.getByRole('textbox', { name: 'Message' }).fill('x');
    await inspector.page.getByText('Send', { exact: true }).click();
    await inspector.page.getByText('The client alice is gone.').waitFor();
  });

  it('shows a recording without anything to act with', async () => {
    const inspector = await openInspector({
      story: chatStory(),
      init: { mode: 'recording', title: 'x.jsonl' },
    });
    const { page } = inspector;
    for (const name of ['Pause', 'Compose', 'Fault lab', 'Frame breakpoints']) {
      assert.equal(await page.getByRole('button', { name }).count(), 0, name);
    }
    await pick(inspector, 'psst');
    await page.getByRole('button', { name: 'Actions' }).click();
    assert.equal(await page.getByRole('menuitem', { name: /send again/ }).count(), 0);
  });
});

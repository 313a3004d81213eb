// What the status-bar item says and offers in each state of the gateway.
import assert from 'node:assert/strict';
import { editor } from './editor';
import { registerGatewayCommands } from '../../../src/extension/commands/gatewayCommands';
import { StatusBar } from '../../../src/extension/views/statusBar';

describe('the status-bar item', () => {
  const gateway = {
    status: 'stopped',
    state: {
      url: 'ws://x',
      pushUrl: 'http://x',
      clock: { frozen: false },
      held: new Map(),
      connections: new Map(),
    },
    failure: undefined,
  };
  const eventBreaks = { isHolding: false, resumed: 0, resume: () => eventBreaks.resumed++ };

  beforeEach(() => {
    gateway.status = 'stopped';
    editor.workspace.isTrusted = true;
    editor.picks = [];
  });
  afterEach(() => (editor.workspace.isTrusted = true));

  const tooltip = () => {
    const bar = new StatusBar(gateway as never, { all: [{}] } as never);
    bar.refresh();
    const [item] = editor.statusBarItems.slice(-2);
    return (item?.tooltip as { value: string } | undefined)?.value ?? '';
  };

  it('says what happens, and offers what can be done about it', () => {
    assert.match(tooltip(), /not running.*Start Gateway.*scfWebSocket.start/s);
    gateway.status = 'starting';
    assert.match(tooltip(), /is starting.*Cancel.*scfWebSocket.stop/s);
    gateway.status = 'stopping';
    assert.match(tooltip(), /^The gateway is stopping\.$/);
    gateway.status = 'stopped';
    editor.workspace.isTrusted = false;
    assert.match(tooltip(), /not trusted.*scfWebSocket.manageTrust/s);
  });

  it('has a menu of what can be done now', async () => {
    registerGatewayCommands({ gateway, eventBreaks, log: {}, traffic: {} } as never);
    const menu = async () => {
      await editor.registered.get('scfWebSocket.showMenu')!();
      const items = editor.picks.pop() as { label: string; run(): unknown }[];
      return items.map(({ label, run }) => ({ label: label.replace(/^\$\([^)]+\) /, ''), run }));
    };
    const labels = async () => (await menu()).map(({ label }) => label);
    assert.deepEqual(await labels(), ['Start Gateway', 'Debug All Functions', 'Show Log']);
    gateway.status = 'starting';
    assert.deepEqual(await labels(), ['Cancel', 'Show Log']);
    gateway.status = 'stopping';
    assert.deepEqual(await labels(), ['Show Log']);
    gateway.status = 'running';
    assert.ok(!(await labels()).includes('Continue'));
    eventBreaks.isHolding = true;
    const [first] = await menu();
    assert.equal(first?.label, 'Continue');
    first.run();
    assert.equal(eventBreaks.resumed, 1);
    gateway.status = 'stopped';
    editor.workspace.isTrusted = false;
    assert.deepEqual(await labels(), ['Manage Workspace Trust', 'Show Log']);
  });
});

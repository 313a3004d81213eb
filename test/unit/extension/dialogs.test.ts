// What makes the rest of a dialog vain is told where it is typed, or before anything else is asked.
import assert from 'node:assert/strict';
import net from 'node:net';
import { editor, person } from './editor';
import { registerAttachNode } from '../../../src/extension/commands/attachNode';
import { registerPushCommands } from '../../../src/extension/commands/push';
import { registerTestClientCommands } from '../../../src/extension/commands/testClient';
import { commands } from '../../../src/extension/ids';

interface Box {
  title: string;
  validateInput?(text: string): string | undefined;
}

describe('a dialog of several steps', () => {
  const { showQuickPick } = editor.window;
  let boxes: Box[] = [];
  let answers: string[] = [];
  let port = 0;
  const gateway = {
    status: 'running',
    state: {
      services: [],
      pushUrl: '',
      connections: new Map([['open', {}]]),
      clients: new Map([
        ['alice', { client: 'alice', state: 'open' }],
        ['bob', { client: 'bob', state: 'closed' }],
      ]),
    },
  };
  const parts = { gateway, log: { error: () => undefined } } as never;

  before((done) => {
    Object.assign(editor.window, {
      showQuickPick: (items: { other?: true; customize?: true }[]) =>
        Promise.resolve(items.find((each) => each.other ?? each.customize)),
      showInputBox: (box: Box) => {
        boxes.push(box);
        return Promise.resolve(answers.shift());
      },
    });
    registerPushCommands(parts);
    registerTestClientCommands(parts);
    registerAttachNode(parts);
    // A port that nobody listens on any more.
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      ({ port } = server.address() as net.AddressInfo);
      server.close(done);
    });
  });
  after(() => Object.assign(editor.window, { showQuickPick, showInputBox: undefined }));
  beforeEach(() => {
    boxes = [];
    person.messages.length = 0;
  });

  for (const [what, command, scheme] of [
    ['a push', commands.push, 'http'],
    ['a test client', commands.connectClient, 'ws'],
  ] as const) {
    it(`of ${what} asks nothing more when its address cannot be reached`, async () => {
      answers = [`${scheme}://127.0.0.1:${port}/`];
      await Promise.resolve(editor.registered.get(command)!()).catch(() => undefined);
      assert.equal(boxes.length, 1);
      assert.match(person.messages[0]!.text, /cannot be reached: ECONNREFUSED/);
      assert.equal(boxes[0]!.validateInput!(`${scheme}://[`) === undefined, false);
    });
  }

  it('of a node asks for no secret where no node can be', async () => {
    for (const [address, told] of [
      [`127.0.0.1:${port}`, /cannot be reached: ECONNREFUSED/],
      ['http://192.0.2.1:9490', /another machine, and http would show the secret/],
      ['a node', /no address of a node/],
    ] as const) {
      boxes = [];
      answers = [address, 'a secret'];
      person.messages.length = 0;
      await Promise.resolve(editor.registered.get(commands.attachNode)!()).catch(() => undefined);
      assert.equal(boxes.length, 1, address);
      assert.match(person.messages[0]!.text, told);
    }
  });

  describe('where the address can be reached', () => {
    const server = net.createServer((socket) => socket.destroy());
    before((done) => void server.listen(0, '127.0.0.1', done));
    after((done) => void server.close(done));
    const address = (scheme: string) =>
      `${scheme}://127.0.0.1:${(server.address() as net.AddressInfo).port}/`;

    it('says in the box that a connection is none of the gateway', async () => {
      answers = [(gateway.state.pushUrl = address('http'))];
      await Promise.resolve(editor.registered.get(commands.push)!()).catch(() => undefined);
      const check = boxes[1]!.validateInput!;
      assert.match(check('gone')!, /no connection/);
      assert.match(check(' ')!, /secConnectionID/);
      assert.equal(check('open'), undefined);
    });

    it('says in the box that a name is taken', async () => {
      answers = [address('ws'), ''];
      await Promise.resolve(editor.registered.get(commands.connectClient)!()).catch(
        () => undefined,
      );
      const check = boxes[2]!.validateInput!;
      assert.match(check('alice')!, /alice already/);
      assert.equal(check('bob'), undefined);
      assert.equal(check('carol'), undefined);
    });
  });
});

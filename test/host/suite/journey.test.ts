// From an empty folder to a conversation: create, start, connect with three kinds of clients, push, invoke, look.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import * as ids from '../../../src/extension/ids';
import type { InvokeAnswer } from '../../../src/extension/commands/invoke';
import { sampleEvents } from '../../../src/protocol/samples';
import { window } from '../window';
import {
  activate,
  Client,
  push,
  run,
  start,
  stop,
  Trace,
  usePythonWithDebugpy,
  workspaceFolder,
} from '../support';

/** A WebSocket client of Python's standard library: sends a text, prints what comes back until it is closed. */
const pythonClient = `
import base64, os, socket, struct, sys
host, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.create_connection((host, port))
key = base64.b64encode(os.urandom(16)).decode()
s.sendall(("GET %s HTTP/1.1\\r\\nHost: %s:%d\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
           "Sec-WebSocket-Key: %s\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n" % (path, host, port, key)).encode())
f = s.makefile("rb")
assert b"101" in f.readline()
while f.readline() not in (b"\\r\\n", b""):
    pass
def send(opcode, data):
    mask = os.urandom(4)
    s.sendall(struct.pack("!BB", 0x80 | opcode, 0x80 | len(data)) + mask
              + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))
def receive():
    opcode, length = struct.unpack("!BB", f.read(2))
    if length == 126:
        length = struct.unpack("!H", f.read(2))[0]
    return opcode & 15, f.read(length)
send(1, u"from Python".encode())
print(receive()[1].decode())
send(2, bytes([0, 1, 255]))
print(list(receive()[1]))
send(1, b"close me")
receive()
print("closed %d" % struct.unpack("!H", receive()[1][:2]))
`;

describe('from an empty folder', () => {
  for (const language of ['python', 'javascript', 'typescript', 'python2'] as const) {
    describe(`to a conversation in ${language}`, function () {
      this.bail(true);
      let trace: Trace;
      let folder: string;
      let url: string;
      let pushUrl: string;

      before(async () => {
        await activate();
        usePythonWithDebugpy();
        if (language === 'python2') {
          delete process.env['SCFWS_PYTHON'];
        }
        trace = new Trace();
      });

      after(async () => {
        await run('workbench.action.closeAllEditors');
        await stop();
        fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      });

      it('creates the project', async () => {
        folder = await run<string>(ids.commands.createProject, {
          folder: path.join(workspaceFolder(), language),
          language,
          template: 'echo',
        });
        assert.ok(fs.existsSync(path.join(folder, ids.projectFileName)));
        if (language === 'typescript') {
          // What "npm install" in the project would fetch.
          fs.symlinkSync(
            path.join(
              vscode.extensions.getExtension('scf-websocket.scf-websocket')!.extensionPath,
              'node_modules',
            ),
            path.join(folder, 'node_modules'),
          );
        }
      });

      it('never overwrites', async () => {
        const before = fs.readFileSync(path.join(folder, ids.projectFileName), 'utf8');
        assert.equal(
          await run(ids.commands.createProject, { folder, language: 'python', template: 'chat' }),
          undefined,
        );
        assert.equal(fs.readFileSync(path.join(folder, ids.projectFileName), 'utf8'), before);
      });

      it('starts', async () => {
        ({ url, pushUrl } = await start());
        assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+\/release\//);
      });

      it('exchanges text and bytes with a client, and closes it by a push', async () => {
        const client = await Client.connect(url);
        client.send('hello');
        assert.match(String(await client.next()), /hello/);
        client.send(Buffer.from([0, 1, 255]));
        const bytes = await client.next();
        assert.deepEqual(bytes, Buffer.from([0, 1, 255]));
        const { connection } = await trace.next('opened');
        assert.deepEqual(await push(pushUrl, { action: 'closing', secConnectionID: connection }), {
          errNo: 0,
          errMsg: 'ok',
        });
        assert.equal((await client.closed).code, 1000);
      });

      it('invokes each function with each sample', async () => {
        for (const [name, role] of [
          ['Register', 'register'],
          ['Transmission', 'transfer'],
          ['Delete', 'cleanup'],
        ] as const) {
          for (const { event, id } of sampleEvents(role)) {
            const answer = await run<InvokeAnswer>(ids.commands.invoke, {
              function: `${language}/${name}`,
              event: JSON.stringify(event),
            });
            assert.ok(answer, `${name} was not invoked`);
            assert.equal(answer.outcome, 'ok', `${name} with ${id}: ${answer.result}`);
          }
        }
      });

      if (language === 'python') {
        it('talks to a browser', async function () {
          window.skipUnlessThere(this);
          await window.open(`http://${new URL(url).host}/`);
          const said = await window.page(`new Promise((resolve, reject) => {
            const socket = new WebSocket(${JSON.stringify(url)});
            socket.binaryType = 'arraybuffer';
            const said = [];
            socket.onopen = () => socket.send('from a browser');
            socket.onerror = () => reject(new Error('the socket failed'));
            socket.onmessage = ({ data }) => {
              said.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
              if (said.length === 1) socket.send(new Uint8Array([0, 1, 255]));
              else socket.close();
            };
            socket.onclose = () => resolve(said);
          })`);
          assert.deepEqual(said, ['from a browser', [0, 1, 255]]);
        });

        it('talks to a client in Python, and pushes to it from the tree', async () => {
          trace.mark();
          const { hostname, port, pathname } = new URL(url);
          const done = promisify(execFile)(process.env['SCFWS_PYTHON']!, [
            '-c',
            pythonClient,
            hostname,
            port,
            pathname,
          ]);
          const { connection } = await trace.next('opened');
          await trace.next(
            'frame',
            ({ direction, preview }) => direction === 'toClient' && preview === 'close me',
          );
          const results = await run<{ errNo: number }[]>(ids.commands.push, {
            kind: 'connection',
            connection,
            content: { action: 'closing' },
          });
          assert.deepEqual(
            results.map(({ errNo }) => errNo),
            [0],
          );
          const { stdout } = await done;
          assert.deepEqual(stdout.trim().split('\n'), [
            'from Python',
            '[0, 1, 255]',
            'closed 1000',
          ]);
        });

        it('shows it all in its views', async function () {
          window.skipUnlessThere(this);
          const client = await Client.connect(url);
          client.send('{"type":"greeting","text":"look at me"}');
          await client.next();
          await run(`workbench.view.extension.${ids.views.container}`);
          await window.waitFor('text=look at me', { in: 'webview' });
          await window.waitFor('[aria-label*="Transmission"] >> nth=0');
          await run('notifications.clearAll');
          await window.screenshot('traffic-view-dark', { width: 1280, height: 900, theme: 'dark' });
          await window.screenshot('traffic-view-light', { theme: 'light' });
          await run(ids.commands.openTraffic);
          await window.waitFor('text=look at me', { in: 'editor' });
          await window.screenshot('traffic-editor-light', { width: 1400, height: 900 });
          await window.theme('dark');
          client.close();
        });
      }
    });
  }
});

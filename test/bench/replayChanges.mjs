/**
 * Which small changes of handlers a replay finds: the chat sample's own scenarios are recorded, then each change is made and the
 * recordings are replayed. Prints a Markdown table. `node test/bench/replayChanges.mjs [--cli dist/cli.js]`
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { cli: { type: 'string', default: 'dist/cli.js' } } });
const cli = path.resolve(values.cli);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-changes-'));
const project = path.join(folder, 'chat');
const recordings = path.join(folder, 'recordings');

/** File, what is there, and what is there instead. */
const changes = [
  ['Register forgets the member', 'Register/index.js', 'await members.add(secConnectionID);', ''],
  ['Register refuses', 'Register/index.js', 'errNo: 0,', 'errNo: 1,'],
  ['another errMsg of Register', 'Register/index.js', "errMsg: 'ok'", "errMsg: 'welcome'"],
  ['Register answers without websocket', 'Register/index.js', ', websocket: answer }', ' }'],
  ['no sub-protocol', 'Register/index.js', 'if (secWebSocketProtocol)', 'if (false)'],
  ['the last sub-protocol', 'Register/index.js', "split(',')[0]", "split(',').pop()"],
  ['the whole list of sub-protocols', 'Register/index.js', "split(',')[0].trim()", 'trim()'],
  [
    'the speaker hears it, too',
    'Transmission/index.js',
    'member !== message.secConnectionID',
    'true',
  ],
  ['one of the others hears it', 'Transmission/index.js', 'others.map(', 'others.slice(0, 1).map('],
  [
    'messages are trimmed',
    'Transmission/index.js',
    'sendText(member, data)',
    'sendText(member, data.trim())',
  ],
  [
    'messages in capitals',
    'Transmission/index.js',
    'sendText(member, data)',
    'sendText(member, data.toUpperCase())',
  ],
  [
    'empty messages are left out',
    'Transmission/index.js',
    'const errNo =',
    'if (!data) return true;\n  const errNo =',
  ],
  ['bytes as text', 'Transmission/index.js', 'push.sendBinary(', 'push.sendText('],
  ['who is gone stays a member', 'Transmission/index.js', 'await members.remove(member);', ''],
  ['an errNo instead of 0', 'Transmission/index.js', 'return { errNo: 0,', 'return { errNo: 7,'],
  [
    'one member more in the answer',
    'Transmission/index.js',
    "errMsg: 'ok' }",
    "errMsg: 'ok', sent: others.length }",
  ],
  [
    'an error after the pushes',
    'Transmission/index.js',
    '  // Nobody reads',
    "  if (others.length > 1) throw new Error('no');\n  // Nobody reads",
  ],
  [
    'who is still connecting counts as gone',
    'Transmission/index.js',
    ' || errNo === push.stillConnecting',
    '',
  ],
  [
    "dataType !== 'text' for dataType === 'binary'",
    'Transmission/index.js',
    "dataType === 'binary'",
    "dataType !== 'text'",
  ],
  [
    'Delete removes nobody',
    'Delete/index.js',
    'await members.remove(event.websocket.secConnectionID);',
    '',
  ],
  ['another errNo of Delete', 'Delete/index.js', 'errNo: 0', 'errNo: 1'],
];

function scfws(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, text: `${stdout}${stderr}` };
}

/** How many of the recordings differ. */
function differ() {
  return fs.readdirSync(recordings).filter((name) => {
    const { status, text } = scfws('replay', path.join(recordings, name), project);
    if (status !== 0 && status !== 1) {
      throw new Error(`${name}: ${text}`);
    }
    return status === 1;
  }).length;
}

try {
  scfws('new', project, '--language', 'javascript', '--template', 'chat');
  const recorded = scfws('test', project, '--record', recordings);
  if (recorded.status !== 0) {
    throw new Error(recorded.text);
  }
  console.log('| change | recordings that differ |\n| --- | ---: |');
  console.log(`| none | ${differ()} of ${fs.readdirSync(recordings).length} |`);
  let found = 0;
  for (const [name, file, before, after] of changes) {
    const place = path.join(project, file);
    const text = fs.readFileSync(place, 'utf8');
    if (text.split(before).length !== 2) {
      throw new Error(
        `${file} does not have "${before}" once: the change "${name}" needs another place.`,
      );
    }
    fs.writeFileSync(
      place,
      text.replace(before, () => after),
    );
    const count = differ();
    fs.writeFileSync(place, text);
    found += count > 0 ? 1 : 0;
    console.log(`| ${name} | ${count || 'not found'} |`);
  }
  console.log(`\n${found} of ${changes.length} found.`);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

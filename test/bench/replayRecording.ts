/**
 * Writes a recording of the chat sample for `scfws replay` to be timed on: four clients, 2,500 messages, 10,000 frames.
 * node -r ./test/register.cjs test/bench/replayRecording.ts <project> <file>
 */
import fs from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { recordingOf } from '../../src/core/session/recordingOf';
import { startSession } from '../../src/core/session/session';
import { renderJsonLines } from '../../src/protocol/export/jsonLines';

async function main(): Promise<void> {
  const [folder = '.', file = 'out.scfws.jsonl'] = process.argv.slice(2);
  process.env['SCFWS_STORE'] = fs.mkdtempSync(path.join(os.tmpdir(), 'scfws-bench-'));
  const session = await startSession({
    folders: [folder],
    port: 0,
    bootstrapFolder: path.resolve('src/core/runtime/bootstrap'),
  });
  const { url = '' } = session.services[0] ?? {};
  const clients: WebSocket[] = [];
  for (let index = 0; index < 4; index++) {
    const client = new WebSocket(url);
    await once(client, 'open');
    clients.push(client);
  }
  for (let index = 0; index < 2500; index++) {
    clients[index % 4]?.send(JSON.stringify({ number: index, text: `message ${index}` }));
    if (index % 8 === 7) {
      await session.quiet.until(); // Eight at a time: some overlap.
    }
  }
  await session.quiet.until();
  for (const client of clients) {
    client.close(1000);
    await once(client, 'close');
  }
  await session.quiet.until();
  const recording = recordingOf(session.recorder);
  fs.writeFileSync(file, renderJsonLines(recording));
  const frames = recording.facts.filter(
    (fact) => fact.kind === 'frame' && ['text', 'binary'].includes(fact.type),
  );
  process.stdout.write(`${frames.length} frames\n`);
  await session.dispose();
}

void main();

/** A frame or push as something that can be pasted elsewhere: text, an event, or a command that repeats it. */
import type { Direction } from './fact';
import { transferEventJson } from './event';
import { prettyJson } from './json';

export const copyForms = ['text', 'json', 'event', 'curl', 'wscat', 'python', 'node'] as const;
export type CopyForm = (typeof copyForms)[number];

export interface CopySource {
  connection: string;
  direction: Direction | null;
  dataType: 'text' | 'binary';
  /** Base64 for binary. */
  data: string;
  /** Addresses of the service. */
  url: string;
  pushUrl: string;
}

export function copyAs(form: CopyForm, source: CopySource): string {
  const { data, dataType, connection } = source;
  switch (form) {
    case 'text':
      return data;
    case 'json':
      return prettyJson(data) ?? JSON.stringify(data);
    case 'event':
      return prettyJson(transferEventJson(connection, dataType, data, false)) ?? '';
    case 'curl':
      return `curl -X POST ${shell(source.pushUrl)} -H 'content-type: application/json' --data-binary ${shell(
        pushBody(source),
      )}`;
    case 'wscat':
      return dataType === 'binary'
        ? `echo ${shell(data)} | base64 -d | websocat -b -n1 ${shell(source.url)}`
        : `wscat -c ${shell(source.url)} -x ${shell(data)}`;
    case 'python':
      return source.direction === 'toClient' ? pythonPush(source) : pythonClient(source);
    case 'node':
      return source.direction === 'toClient' ? nodePush(source) : nodeClient(source);
  }
}

function pushBody({ connection, dataType, data }: CopySource): string {
  return JSON.stringify({
    websocket: { action: 'data send', secConnectionID: connection, dataType, data },
  });
}

/** Single quotes, so that a shell changes nothing. */
function shell(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** JSON strings are Python strings, except for escapes of lone surrogates, which Python reads the same. */
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u2028\u2029\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function pythonPush(source: CopySource): string {
  return [
    'import requests',
    '',
    `answer = requests.post(${literal(source.pushUrl)}, json={`,
    '    "websocket": {',
    '        "action": "data send",',
    `        "secConnectionID": ${literal(source.connection)},`,
    `        "dataType": ${literal(source.dataType)},`,
    `        "data": ${literal(source.data)},`,
    '    }',
    '})',
    'print(answer.json())',
    '',
  ].join('\n');
}

function pythonClient({ url, dataType, data }: CopySource): string {
  const message = dataType === 'binary' ? `base64.b64decode(${literal(data)})` : literal(data);
  return [
    'import asyncio',
    ...(dataType === 'binary' ? ['import base64'] : []),
    'import websockets',
    '',
    '',
    'async def main():',
    `    async with websockets.connect(${literal(url)}) as socket:`,
    `        await socket.send(${message})`,
    '        print(await socket.recv())',
    '',
    '',
    'asyncio.run(main())',
    '',
  ].join('\n');
}

function nodePush(source: CopySource): string {
  return [
    `const answer = await fetch(${literal(source.pushUrl)}, {`,
    "  method: 'POST',",
    "  headers: { 'content-type': 'application/json' },",
    '  body: JSON.stringify({',
    '    websocket: {',
    "      action: 'data send',",
    `      secConnectionID: ${literal(source.connection)},`,
    `      dataType: ${literal(source.dataType)},`,
    `      data: ${literal(source.data)},`,
    '    },',
    '  }),',
    '});',
    'console.log(await answer.json());',
    '',
  ].join('\n');
}

function nodeClient({ url, dataType, data }: CopySource): string {
  const message = dataType === 'binary' ? `Buffer.from(${literal(data)}, 'base64')` : literal(data);
  return [
    "import WebSocket from 'ws';",
    '',
    `const socket = new WebSocket(${literal(url)});`,
    `socket.on('open', () => socket.send(${message}));`,
    "socket.on('message', (data, isBinary) => console.log(isBinary ? data : data.toString()));",
    '',
  ].join('\n');
}

/**
 * Reads the body of a reverse push. The vendor documents `errNo` 0 only; the other numbers are this emulator's
 * own, and their messages name the field that is wrong.
 */
import type { DataType } from '../../protocol/event';
import { compactJson, memberOf, readJson } from '../../protocol/json';

export const pushErrors = {
  ok: 0,
  unknownConnection: 9001,
  notOpenYet: 9002,
  notJson: 9003,
  wrongField: 9004,
  invalidBase64: 9005,
  tooLarge: 9006,
  socketDied: 9007,
} as const;

/** Largest body of a push, bytes (the event limit of a function: 6 MB, documented). */
export const largestPush = 6 * 1024 * 1024;

export type PushWarning = 'dataTypeMissing' | 'dataNotString' | 'halfCharacter' | 'charsetDoubted';

export type PushRequest =
  | { action: 'closing'; connection: string }
  | {
      action: 'data send';
      connection: string;
      dataType: DataType;
      /** Text as text, binary already decoded. */
      payload: string | Buffer;
      warnings: PushWarning[];
    };

export interface PushRefusal {
  errNo: number;
  errMsg: string;
  /** As far as it could be read, for the record. */
  connection: string;
  action: 'data send' | 'closing' | null;
}

export type ParsedPush = { request: PushRequest } | { refusal: PushRefusal };

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Ids have 24 characters; of a longer one, which nobody has, this much is kept and shown. */
const longestId = 128;

/** `strict`: what would be sent with a warning is refused. */
export function parsePush(body: string, strict = false, doubted = false): ParsedPush {
  let value: unknown;
  if (body.trim() === '') {
    return refusePush(pushErrors.notJson, 'the body is empty; expected {"websocket":{…}}');
  }
  try {
    value = JSON.parse(body);
  } catch (error) {
    if (body.startsWith('\ufeff')) {
      return refusePush(
        pushErrors.notJson,
        'the body starts with a byte order mark; send UTF-8 without one',
      );
    }
    const likely = likelyBody(body);
    return refusePush(
      pushErrors.notJson,
      `the body is not JSON: ${(error as Error).message}${likely === '' ? '' : ` (${likely})`}`,
    );
  }
  if (!isRecord(value)) {
    const twice = typeof value === 'string' && readJson(value)?.kind === 'object';
    return refusePush(
      pushErrors.wrongField,
      twice
        ? 'the body is JSON within a JSON string: it was encoded twice; send the object {"websocket":{…}}'
        : 'the body must be an object {"websocket":{…}}',
    );
  }
  const websocket = value['websocket'];
  if (!isRecord(websocket)) {
    return refusePush(
      pushErrors.wrongField,
      `field "websocket" is missing or not an object${insteadOf('websocket', value)}`,
    );
  }
  const { action, secConnectionID, dataType, data } = websocket;
  const connection = typeof secConnectionID === 'string' ? secConnectionID.slice(0, longestId) : '';
  if (action !== 'data send' && action !== 'closing') {
    return refusePush(
      pushErrors.wrongField,
      action === undefined
        ? `field "websocket.action" is missing${insteadOf('action', websocket)}; it must be "data send" or "closing"`
        : `field "websocket.action" is ${brief(action)}; it must be "data send" or "closing"`,
      connection,
    );
  }
  if (typeof secConnectionID !== 'string') {
    return refusePush(
      pushErrors.wrongField,
      secConnectionID === undefined
        ? `field "websocket.secConnectionID" is missing${insteadOf('secConnectionID', websocket)}`
        : `field "websocket.secConnectionID" must be a string, and is ${brief(secConnectionID)}`,
      '',
      action,
    );
  }
  if (action === 'closing') {
    return { request: { action, connection } };
  }
  return parseData(
    connection,
    dataType,
    data,
    strict,
    doubted,
    () => dataSource(body),
    (name) => insteadOf(name, websocket),
  );
}

function parseData(
  connection: string,
  dataType: unknown,
  data: unknown,
  strict: boolean,
  doubted: boolean,
  source: () => string,
  instead: (name: string) => string,
): ParsedPush {
  const warnings: PushWarning[] = [];
  const refuseData = (errNo: number, message: string): ParsedPush =>
    refusePush(errNo, message, connection, 'data send');
  if (doubted) {
    if (strict) {
      return refuseData(
        pushErrors.notJson,
        'Content-Type names another charset than UTF-8, but the body is UTF-8: name utf-8',
      );
    }
    warnings.push('charsetDoubted');
  }
  if (dataType === undefined || dataType === null) {
    if (strict) {
      return refuseData(
        pushErrors.wrongField,
        `field "websocket.dataType" is missing${instead('dataType')}; it must be "text" or "binary"`,
      );
    }
    warnings.push('dataTypeMissing');
  } else if (dataType !== 'text' && dataType !== 'binary') {
    return refuseData(
      pushErrors.wrongField,
      `field "websocket.dataType" is ${brief(dataType)}; it must be "text" or "binary"`,
    );
  }
  if (data === undefined || data === null) {
    return refuseData(pushErrors.wrongField, `field "websocket.data" is missing${instead('data')}`);
  }
  if (dataType === 'binary') {
    if (typeof data !== 'string') {
      return refuseData(
        pushErrors.wrongField,
        'field "websocket.data" must be a base64 string when dataType is "binary"',
      );
    }
    const compact = data.replace(/[\r\n]/g, ''); // Line-wrapped base64 (MIME style) is base64 too.
    if (!base64.test(compact)) {
      return refuseData(
        pushErrors.invalidBase64,
        `field "websocket.data" is not valid base64${likelyBytes(compact)}`,
      );
    }
    const payload = Buffer.from(compact, 'base64');
    return {
      request: { action: 'data send', connection, dataType: 'binary', payload, warnings },
    };
  }
  if (typeof data !== 'string') {
    if (strict) {
      return refuseData(pushErrors.wrongField, 'field "websocket.data" must be a string');
    }
    warnings.push('dataNotString');
  }
  const payload = typeof data === 'string' ? data : source();
  if (!payload.isWellFormed()) {
    if (strict) {
      return refuseData(
        pushErrors.wrongField,
        `field "websocket.data" holds half of a character: ${loneHalf(payload)}`,
      );
    }
    warnings.push('halfCharacter');
  }
  return { request: { action: 'data send', connection, dataType: 'text', payload, warnings } };
}

/** What is written for `data`, without the space between its parts: numbers keep all their digits. */
function dataSource(body: string): string {
  const data = memberOf(memberOf(readJson(body), 'websocket'), 'data');
  return data === undefined ? '' : (compactJson(body.slice(data.start, data.end)) ?? '');
}

/** The first half of a pair of UTF-16 that stands alone, as JSON writes it, e.g. of an emoji that was cut in two. */
export function loneHalf(text: string): string {
  const half = /\p{Surrogate}/u.exec(text);
  return half === null
    ? ''
    : `\\u${half[0].charCodeAt(0).toString(16)} (character ${half.index + 1})`;
}

/** What a body that is no JSON was meant as; empty: nobody knows. */
function likelyBody(body: string): string {
  if (/^\s*\{\s*u?'/.test(body)) {
    return 'it is written as Python writes a dict: make it with json.dumps';
  }
  if (/^[\w.%[\]-]+=/.test(body)) {
    return 'it is form data: send JSON, with json=… instead of data=… in requests';
  }
  if (/^--\S+\r?\nContent-Disposition/i.test(body)) {
    return 'it is a multipart form: send JSON';
  }
  if (/^\[object \w+\]/.test(body)) {
    return 'it is an object of JavaScript that was made text: use JSON.stringify';
  }
  if (/^\0?[{"]\0/.test(body)) {
    return 'it is UTF-16: send UTF-8';
  }
  return '';
}

/** How bytes that are no base64 were written; empty: nobody knows. */
function likelyBytes(text: string): string {
  if (/^b(['"]).*\1$/.test(text)) {
    return ' (it is written as Python writes bytes: add .decode() to what base64.b64encode gives)';
  }
  if (/^data:[^,]*,/.test(text)) {
    return ' (it is a data: address: send what follows the comma)';
  }
  if (base64.test(text.replace(/-/g, '+').replace(/_/g, '/'))) {
    return ' (it is the form for addresses, with - and _: send the standard one, with + and /)';
  }
  if (base64.test(text.trim().replace(/ /g, '+'))) {
    return ' (it holds spaces, which + becomes where it is read as form data)';
  }
  return /^\d{1,3}(,\d{1,3})*$/.test(text) ? ' (it is a list of numbers that was made text)' : '';
}

/** ` (there is "secConnectionId")`: another name that only letter case or an underscore keeps from being this one. */
function insteadOf(name: string, there: Record<string, unknown>): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[_-]/g, '');
  const near = Object.keys(there).find((key) => plain(key) === plain(name) && key !== name);
  if (near !== undefined) {
    return ` (there is ${brief(near)})`;
  }
  return name === 'websocket' && there['action'] !== undefined
    ? ' (its members stand at the top: put them into "websocket")'
    : '';
}

export function refusePush(
  errNo: number,
  errMsg: string,
  connection = '',
  action: PushRefusal['action'] = null,
): ParsedPush {
  return { refusal: { errNo, errMsg, connection, action } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

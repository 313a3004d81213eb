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

export type PushWarning = 'dataTypeMissing' | 'dataNotString' | 'halfCharacter';

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
export function parsePush(body: string, strict = false): ParsedPush {
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
    return refusePush(pushErrors.notJson, `the body is not JSON: ${(error as Error).message}`);
  }
  if (!isRecord(value)) {
    return refusePush(pushErrors.wrongField, 'the body must be an object {"websocket":{…}}');
  }
  const websocket = value['websocket'];
  if (!isRecord(websocket)) {
    return refusePush(pushErrors.wrongField, 'field "websocket" is missing or not an object');
  }
  const { action, secConnectionID, dataType, data } = websocket;
  const connection = typeof secConnectionID === 'string' ? secConnectionID.slice(0, longestId) : '';
  if (action !== 'data send' && action !== 'closing') {
    return refusePush(
      pushErrors.wrongField,
      action === undefined
        ? 'field "websocket.action" is missing; it must be "data send" or "closing"'
        : `field "websocket.action" is ${brief(action)}; it must be "data send" or "closing"`,
      connection,
    );
  }
  if (typeof secConnectionID !== 'string') {
    return refusePush(
      pushErrors.wrongField,
      secConnectionID === undefined
        ? 'field "websocket.secConnectionID" is missing'
        : 'field "websocket.secConnectionID" must be a string',
      '',
      action,
    );
  }
  if (action === 'closing') {
    return { request: { action, connection } };
  }
  return parseData(connection, dataType, data, strict, () => dataSource(body));
}

function parseData(
  connection: string,
  dataType: unknown,
  data: unknown,
  strict: boolean,
  source: () => string,
): ParsedPush {
  const warnings: PushWarning[] = [];
  const refuseData = (errNo: number, message: string): ParsedPush =>
    refusePush(errNo, message, connection, 'data send');
  if (dataType === undefined || dataType === null) {
    if (strict) {
      return refuseData(
        pushErrors.wrongField,
        'field "websocket.dataType" is missing; it must be "text" or "binary"',
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
    return refuseData(pushErrors.wrongField, 'field "websocket.data" is missing');
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
      return refuseData(pushErrors.invalidBase64, 'field "websocket.data" is not valid base64');
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

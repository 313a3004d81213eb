/**
 * Key-pair authentication of an API (documented for HTTP APIs, assumed for WebSocket ones): `Authorization: hmac
 * id="…", algorithm="hmac-sha1", headers="x-date source", signature="…"`. The signature is over the named
 * headers as `name: value` lines, in that order; `X-Date` may be 15 minutes off.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const windowMs = 15 * 60 * 1000;

export type KeyPairResult = { ok: true; secretId: string } | { ok: false; reason: string };

export function checkKeyPair(
  headers: Readonly<Record<string, string | undefined>>,
  keys: { secretId: string; secretKey: string },
  nowEpoch: number,
): KeyPairResult {
  const header = headers['authorization'];
  if (header === undefined || !/^hmac\s/i.test(header)) {
    return { ok: false, reason: 'HMAC authorization header is missing' };
  }
  const fields = new Map<string, string>();
  for (const [, name, value] of header.matchAll(/([a-z]+)="([^"]*)"/g)) {
    fields.set(name ?? '', value ?? '');
  }
  const names = (fields.get('headers') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  if (fields.get('algorithm') !== 'hmac-sha1') {
    return { ok: false, reason: 'algorithm must be hmac-sha1' };
  }
  if (!names.includes('x-date')) {
    return { ok: false, reason: 'x-date must be among the signed headers' };
  }
  const date = Date.parse(headers['x-date'] ?? '');
  if (Number.isNaN(date) || Math.abs(nowEpoch - date) > windowMs) {
    return { ok: false, reason: 'X-Date is missing or more than 15 minutes off' };
  }
  const missing = names.find((name) => headers[name] === undefined);
  if (missing !== undefined) {
    return { ok: false, reason: `signed header ${missing} is missing` };
  }
  const text = names.map((name) => `${name}: ${headers[name] ?? ''}`).join('\n');
  const expected = createHmac('sha1', keys.secretKey).update(text).digest();
  const given = Buffer.from(fields.get('signature') ?? '', 'base64');
  const matches = given.length === expected.length && timingSafeEqual(given, expected);
  if (!matches || fields.get('id') !== keys.secretId) {
    return { ok: false, reason: 'HMAC signature cannot be verified' };
  }
  return { ok: true, secretId: keys.secretId };
}

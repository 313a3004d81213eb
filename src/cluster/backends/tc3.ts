/** The signature of the vendor's API, version 3 (TC3-HMAC-SHA256), for a POST of JSON. */
import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  id: string;
  key: string;
  /** Of temporary credentials. */
  token?: string | undefined;
}

const contentType = 'application/json; charset=utf-8';

/** Headers of the request but for those that name action, region and version. `seconds` since 1970. */
export function sign(
  { id, key, token }: Credentials,
  {
    host,
    service,
    body,
    seconds,
  }: { host: string; service: string; body: string; seconds: number },
): Record<string, string> {
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  const signed = 'content-type;host';
  const request = [
    ...['POST', '/', '', `content-type:${contentType}`, `host:${host}`, '', signed],
    sha256(body),
  ].join('\n');
  const scope = `${date}/${service}/tc3_request`;
  const text = ['TC3-HMAC-SHA256', String(seconds), scope, sha256(request)].join('\n');
  const signingKey = [date, service, 'tc3_request'].reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `TC3${key}`,
  );
  const signature = createHmac('sha256', signingKey).update(text).digest('hex');
  return {
    'content-type': contentType,
    host,
    'x-tc-timestamp': String(seconds),
    authorization: `TC3-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    ...(token === undefined || token === '' ? {} : { 'x-tc-token': token }),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

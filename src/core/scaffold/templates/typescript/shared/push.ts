// Sends to a client through the reverse push address of the API.
import http from 'node:http';
import type { Push } from '../scfws.d.ts';

// On your machine the emulator sets SCFWS_PUSH_URL. For the cloud, fill in the reverse push address that
// the API Gateway console shows for this API, or set the same environment variable there.
const pushUrl =
  process.env.SCFWS_PUSH_URL ||
  'http://set-xxxxxxxx.cb-xxxxxxxx.apigateway.tencentyun.com/api-xxxxxxxx';

/** The emulator's errNo for a client that Register has not let in yet. */
export const stillConnecting = 9002;

// Each function returns the errNo of the answer: 0 when the client got it, anything else when it did not.
export function sendText(secConnectionID: string, text: string): Promise<number> {
  return post({ action: 'data send', secConnectionID, dataType: 'text', data: text });
}

export function sendBinary(secConnectionID: string, buffer: Buffer): Promise<number> {
  const data = buffer.toString('base64');
  return post({ action: 'data send', secConnectionID, dataType: 'binary', data });
}

export function close(secConnectionID: string): Promise<number> {
  return post({ action: 'closing', secConnectionID });
}

const agent = new http.Agent({ keepAlive: true });

function post(websocket: Push['websocket']): Promise<number> {
  const body = JSON.stringify({ websocket });
  const options = {
    method: 'POST',
    agent,
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
  };
  return new Promise((resolve, reject) => {
    const request = http.request(pushUrl, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve((JSON.parse(text) as { errNo: number }).errNo);
        } catch {
          reject(new Error(`The push address answered ${response.statusCode}: ${text}`));
        }
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A connection is kept between pushes, and the other side may have closed it meanwhile.
      const stale = request.reusedSocket && error.code === 'ECONNRESET';
      stale ? resolve(post(websocket)) : reject(error);
    });
    request.setTimeout(2000, () => request.destroy(new Error('The push address does not answer')));
    request.end(body);
  });
}

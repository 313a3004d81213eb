'use strict';

// Sends to a client through the reverse push address of the API.
const http = require('http');

// On your machine the emulator sets SCFWS_PUSH_URL. For the cloud, fill in the reverse push address that
// the API Gateway console shows for this API, or set the same environment variable there.
const pushUrl =
  process.env.SCFWS_PUSH_URL ||
  'http://set-xxxxxxxx.cb-xxxxxxxx.apigateway.tencentyun.com/api-xxxxxxxx';

// The emulator's errNo for a client that Register has not let in yet.
exports.stillConnecting = 9002;

// Each function returns the errNo of the answer: 0 when the client got it, anything else when it did not.
/** @type {(secConnectionID: string, text: string) => Promise<number>} */
exports.sendText = (secConnectionID, text) =>
  post({ action: 'data send', secConnectionID, dataType: 'text', data: text });

/** @type {(secConnectionID: string, base64: string) => Promise<number>} */
exports.sendBinary = (secConnectionID, base64) =>
  post({ action: 'data send', secConnectionID, dataType: 'binary', data: base64 });

/** @type {(secConnectionID: string) => Promise<number>} */
exports.close = (secConnectionID) => post({ action: 'closing', secConnectionID });

const agent = new http.Agent({ keepAlive: true });

/**
 * @param {import('../scfws').Push['websocket']} websocket
 * @returns {Promise<number>}
 */
function post(websocket) {
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
      response.on('data', (chunk) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve(JSON.parse(text).errNo);
        } catch (error) {
          reject(new Error(`The push address answered ${response.statusCode}: ${text}`));
        }
      });
    });
    request.on('error', (error) => {
      // A connection is kept between pushes, and the other side may have closed it meanwhile.
      const stale = request.reusedSocket && error.code === 'ECONNRESET';
      stale ? resolve(post(websocket)) : reject(error);
    });
    request.setTimeout(2000, () => request.destroy(new Error('The push address does not answer')));
    request.end(body);
  });
}

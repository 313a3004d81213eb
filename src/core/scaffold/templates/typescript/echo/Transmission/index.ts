import type { Context, TransmissionEvent } from '../scfws.d.ts';
import * as push from '../shared/push.ts';

// Transmission runs for each message of a client. This one sends the message back.
export async function main_handler(event: TransmissionEvent, context: Context) {
  const { secConnectionID, dataType, data } = event.websocket;

  if (dataType === 'binary') {
    await push.sendBinary(secConnectionID, Buffer.from(data, 'base64'));
  } else if (data === 'bye') {
    await push.close(secConnectionID);
  } else {
    await push.sendText(secConnectionID, data);
  }

  // Nobody reads this answer: whatever the client shall get must be pushed.
  return { errNo: 0, errMsg: 'ok' };
}

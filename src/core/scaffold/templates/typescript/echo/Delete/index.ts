import type { Context, DeleteEvent } from '../scfws.d.ts';

// Delete runs when a client has left. Nothing can be sent to it any more.
export async function main_handler(event: DeleteEvent, context: Context) {
  console.log(`${event.websocket.secConnectionID} has left`);
  return { errNo: 0, errMsg: 'ok' };
}

import type { Context, DeleteEvent } from '../scfws.d.ts';
import * as members from '../shared/members.ts';

// Delete runs when a client has left. Nothing can be sent to it any more.
export async function main_handler(event: DeleteEvent, context: Context) {
  await members.remove(event.websocket.secConnectionID);
  return { errNo: 0, errMsg: 'ok' };
}

import type { Context, TransmissionEvent } from '../scfws.d.ts';
import * as members from '../shared/members.ts';
import * as push from '../shared/push.ts';

// Transmission runs for each message of a client. This one sends it to everybody else.
export async function main_handler(event: TransmissionEvent, context: Context) {
  const message = event.websocket;
  const everyone = await members.everyone();
  const others = everyone.filter((member) => member !== message.secConnectionID);

  await Promise.all(
    others.map(async (member) => {
      if (!(await deliver(message, member))) {
        console.log(`${member} is gone`);
        await members.remove(member);
      }
    }),
  );

  // Nobody reads this answer: whatever a client shall get must be pushed.
  return { errNo: 0, errMsg: 'ok' };
}

/** Tells whether the member is still there. */
async function deliver(
  { dataType, data }: TransmissionEvent['websocket'],
  member: string,
): Promise<boolean> {
  const errNo =
    dataType === 'binary'
      ? await push.sendBinary(member, Buffer.from(data, 'base64'))
      : await push.sendText(member, data);
  return errNo === 0 || errNo === push.stillConnecting;
}

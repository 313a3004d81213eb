// @ts-check
'use strict';

const members = require('./members');
const push = require('./push');

// Transmission runs for each message of a client. This one sends it to everybody else.
/** @type {import('../scfws').TransmissionHandler} */
exports.main_handler = async (event, context) => {
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
};

// Tells whether the member is still there.
async function deliver({ dataType, data }, member) {
  const errNo =
    dataType === 'binary'
      ? await push.sendBinary(member, data)
      : await push.sendText(member, data);
  return errNo === 0 || errNo === push.stillConnecting;
}

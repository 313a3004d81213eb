// @ts-check
'use strict';

const push = require('./push');

// Transmission runs for each message of a client. This one sends the message back.
/** @type {import('../scfws').TransmissionHandler} */
exports.main_handler = async (event, context) => {
  const { secConnectionID, dataType, data } = event.websocket;

  if (dataType === 'binary') {
    await push.sendBinary(secConnectionID, data);
  } else if (data === 'bye') {
    await push.close(secConnectionID);
  } else {
    await push.sendText(secConnectionID, data);
  }

  // Nobody reads this answer: whatever the client shall get must be pushed.
  return { errNo: 0, errMsg: 'ok' };
};

// @ts-check
'use strict';

// Delete runs when a client has left. Nothing can be sent to it any more.
/** @type {import('../scfws').DeleteHandler} */
exports.main_handler = async (event, context) => {
  console.log(`${event.websocket.secConnectionID} has left`);
  return { errNo: 0, errMsg: 'ok' };
};

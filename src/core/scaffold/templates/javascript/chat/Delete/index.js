// @ts-check
'use strict';

const members = require('./members');

// Delete runs when a client has left. Nothing can be sent to it any more.
/** @type {import('../scfws').DeleteHandler} */
exports.main_handler = async (event, context) => {
  await members.remove(event.websocket.secConnectionID);
  return { errNo: 0, errMsg: 'ok' };
};

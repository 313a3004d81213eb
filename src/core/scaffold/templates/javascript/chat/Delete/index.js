'use strict';

const members = require('./members');

// Delete runs when a client has left. Nothing can be sent to it any more.
exports.main_handler = async (event, context) => {
  await members.remove(event.websocket.secConnectionID);
  return { errNo: 0, errMsg: 'ok' };
};

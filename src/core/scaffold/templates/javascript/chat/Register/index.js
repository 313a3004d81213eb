// @ts-check
'use strict';

const members = require('./members');

// Register runs when a client connects. It lets everybody in and remembers who is there.
/** @type {import('../scfws').RegisterHandler} */
exports.main_handler = async (event, context) => {
  const { secConnectionID, secWebSocketProtocol } = event.websocket;
  await members.add(secConnectionID);

  /** @type {import('../scfws').ConnectingAnswer} */
  const answer = { action: 'connecting', secConnectionID };
  if (secWebSocketProtocol) {
    // A client may offer several sub-protocols. Exactly one goes back: here the first.
    answer.secWebSocketProtocol = secWebSocketProtocol.split(',')[0].trim();
  }

  // errNo 0 lets the client in. Any other number refuses it, and errMsg tells it why.
  return { errNo: 0, errMsg: 'ok', websocket: answer };
};

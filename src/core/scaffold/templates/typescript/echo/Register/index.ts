import type { Context, RegisterAnswer, RegisterEvent } from '../scfws.d.ts';

// Register runs when a client connects, before it is let in.
export async function main_handler(event: RegisterEvent, context: Context): Promise<RegisterAnswer> {
  const { secConnectionID, secWebSocketProtocol } = event.websocket;
  console.log(`${secConnectionID} wants to connect`);

  const answer: RegisterAnswer['websocket'] = { action: 'connecting', secConnectionID };
  if (secWebSocketProtocol) {
    // A client may offer several sub-protocols. Exactly one goes back: here the first.
    answer.secWebSocketProtocol = secWebSocketProtocol.split(',')[0]?.trim();
  }

  // errNo 0 lets the client in. Any other number refuses it, and errMsg tells it why.
  return { errNo: 0, errMsg: 'ok', websocket: answer };
}

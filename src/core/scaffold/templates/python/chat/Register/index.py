"""Register runs when a client connects. It lets everybody in and remembers who is there."""
from typing import TYPE_CHECKING

import members

if TYPE_CHECKING:
    from scfws_types import ConnectingAnswer, Context, RegisterAnswer, RegisterEvent


def main_handler(event: 'RegisterEvent', context: 'Context') -> 'RegisterAnswer':
    websocket = event['websocket']
    members.add(websocket['secConnectionID'])

    answer: 'ConnectingAnswer' = {
        'action': 'connecting',
        'secConnectionID': websocket['secConnectionID'],
    }
    offered = websocket.get('secWebSocketProtocol')
    if offered:
        # A client may offer several sub-protocols. Exactly one goes back: here the first.
        answer['secWebSocketProtocol'] = offered.split(',')[0].strip()

    # errNo 0 lets the client in. Any other number refuses it, and errMsg tells it why.
    return {'errNo': 0, 'errMsg': 'ok', 'websocket': answer}

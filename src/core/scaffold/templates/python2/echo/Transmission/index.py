"""Transmission runs for each message of a client. This one sends the message back."""
import base64

import push

TYPE_CHECKING = False  # Language servers take it for true.
if TYPE_CHECKING:
    from scfws_types import Context, TransmissionEvent


def main_handler(event, context):
    # type: (TransmissionEvent, Context) -> object
    message = event['websocket']
    connection = message['secConnectionID']

    if message['dataType'] == 'binary':
        data = base64.b64decode(message['data'])
        push.send_binary(connection, data)
    elif message['data'] == 'bye':
        push.close(connection)
    else:
        push.send_text(connection, message['data'])

    # Nobody reads this answer: whatever the client shall get must be pushed.
    return {'errNo': 0, 'errMsg': 'ok'}

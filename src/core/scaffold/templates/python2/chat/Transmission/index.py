"""Transmission runs for each message of a client. This one sends it to everybody else."""
import base64

import members
import push

TYPE_CHECKING = False  # Language servers take it for true.
if TYPE_CHECKING:
    from scfws_types import Context, TransmissionEvent


def main_handler(event, context):
    # type: (TransmissionEvent, Context) -> object
    message = event['websocket']
    for member in members.everyone():
        if member != message['secConnectionID'] and not deliver(message, member):
            print('%s is gone' % member)
            members.remove(member)

    # Nobody reads this answer: whatever a client shall get must be pushed.
    return {'errNo': 0, 'errMsg': 'ok'}


def deliver(message, member):
    """Returns whether the member is still there."""
    if message['dataType'] == 'binary':
        err_no = push.send_binary(member, base64.b64decode(message['data']))
    else:
        err_no = push.send_text(member, message['data'])
    return err_no in (0, push.STILL_CONNECTING)

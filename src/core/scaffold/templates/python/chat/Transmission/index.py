"""Transmission runs for each message of a client. This one sends it to everybody else."""
import base64
from typing import TYPE_CHECKING

import members
import push

if TYPE_CHECKING:
    from scfws_types import Context, TransmissionEvent


def main_handler(event: 'TransmissionEvent', context: 'Context') -> object:
    message = event['websocket']
    for member in members.everyone():
        if member != message['secConnectionID'] and not deliver(message, member):
            print(f'{member} is gone')
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

"""Delete runs when a client has left. Nothing can be sent to it any more."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scfws_types import Context, DeleteEvent


def main_handler(event: 'DeleteEvent', context: 'Context') -> object:
    print(f'{event["websocket"]["secConnectionID"]} has left')
    return {'errNo': 0, 'errMsg': 'ok'}

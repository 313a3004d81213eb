"""Delete runs when a client has left. Nothing can be sent to it any more."""
TYPE_CHECKING = False  # Language servers take it for true.
if TYPE_CHECKING:
    from scfws_types import Context, DeleteEvent


def main_handler(event, context):
    # type: (DeleteEvent, Context) -> object
    print('%s has left' % event['websocket']['secConnectionID'])
    return {'errNo': 0, 'errMsg': 'ok'}

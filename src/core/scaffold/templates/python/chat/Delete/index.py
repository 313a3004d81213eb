"""Delete runs when a client has left. Nothing can be sent to it any more."""
import members


def main_handler(event, context):
    members.remove(event['websocket']['secConnectionID'])
    return {'errNo': 0, 'errMsg': 'ok'}

"""Delete runs when a client has left. Nothing can be sent to it any more."""


def main_handler(event, context):
    print('%s has left' % event['websocket']['secConnectionID'])
    return {'errNo': 0, 'errMsg': 'ok'}

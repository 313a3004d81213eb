"""Delete runs when a client has left. Nothing can be sent to it any more."""


def main_handler(event, context):
    print(f'{event["websocket"]["secConnectionID"]} has left')
    return {'errNo': 0, 'errMsg': 'ok'}

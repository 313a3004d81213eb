"""What Register's outcome means for the handshake."""
import base64
import json

PRINTABLE = set(map(chr, range(0x20, 0x7f)))


class Refused(Exception):
    def __init__(self, status, body):
        Exception.__init__(self, json.dumps(body, ensure_ascii=False))
        self.status = status
        self.body = body


def decide(service, result):
    """The sub-protocol that goes out verbatim, or None; raises `Refused`."""
    options = service['emulator']
    failed = options['failureStatus']
    if result.outcome == 'gatewayTimeout':
        raise Refused(options['timeoutStatus'], {'message': 'Register: %s' % result.message})
    if result.outcome != 'ok':
        raise Refused(failed, {'message': 'Register: %s' % result.message, 'statusCode': result.status})
    answer = result.value
    if service['integrationResponse']:
        status, text = unwrapped(answer)
        if not 200 <= status <= 299:
            raise Refused(options['refusalStatus'], {'errNo': status, 'errMsg': text})
        answer = parsed(text)
    if isinstance(answer, str) and isinstance(parsed(answer), dict) and not options['strict']:
        answer = parsed(answer)
    if not isinstance(answer, dict):
        raise Refused(failed, {'message': 'Register: the answer is not an object'})
    number = answer.get('errNo')
    if not is_integer(number):
        what = 'has no "errNo"' if number is None else 'has an "errNo" that is no integer'
        raise Refused(failed, {'message': 'Register: the answer %s' % what})
    message = answer.get('errMsg')
    if number != 0:
        raise Refused(options['refusalStatus'],
                      {'errNo': int(number), 'errMsg': message if isinstance(message, str) else ''})
    inner = answer.get('websocket')
    if options['strict'] and not (isinstance(message, str) and isinstance(inner, dict)):
        raise Refused(failed, {'message': 'Register: the answer lacks "errMsg" or "websocket"'})
    protocol = inner.get('secWebSocketProtocol') if isinstance(inner, dict) else None
    if not isinstance(protocol, str) or protocol == '':
        return None
    if not set(protocol) <= PRINTABLE:
        raise Refused(failed, {'message': 'Register: no header can carry that sub-protocol'})
    return protocol


def is_integer(value):
    return not isinstance(value, bool) and (
        isinstance(value, int) or isinstance(value, float) and value.is_integer())


def unwrapped(answer):
    good = (isinstance(answer, dict) and is_integer(answer.get('statusCode')) and isinstance(answer.get('body'), str)
            and isinstance(answer.get('isBase64Encoded'), bool) and isinstance(answer.get('headers'), dict))
    if not good:
        raise Refused(403, {'message': 'Register: the integration response is malformed'})
    body = answer['body']
    if answer['isBase64Encoded']:
        try:
            body = base64.b64decode(body).decode('utf-8', 'replace')
        except ValueError:
            raise Refused(403, {'message': 'Register: the integration response is malformed'})
    return int(answer['statusCode']), body


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None

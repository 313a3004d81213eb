"""The events that the functions get, field by field as API Gateway's (every value inside `websocket` is a string)."""
import base64
import hashlib
import hmac
import re
import time
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

# Seconds that the clock of a client with a key pair may be off.
WINDOW = 15 * 60


def register(service, handshake):
    envelope = service['emulator']['registerEnvelope']
    websocket = {'action': 'connecting', 'secConnectionID': handshake['id']}
    headers = handshake['headers']
    for name, header in (('secWebSocketProtocol', 'sec-websocket-protocol'),
                         ('secWebSocketExtensions', 'sec-websocket-extensions')):
        if header in headers:
            websocket[name] = headers[header]
    secret = handshake['secretId']
    event = {
        'requestContext': {
            'serviceName': service['name'],
            'serviceId': service['serviceId'],
            'path': service['path'],
            'httpMethod': 'GET',
            'requestId': handshake['requestId'],
            'identity': {} if secret is None else {'secretId': secret},
            'sourceIp': handshake['sourceIp'],
            'stage': handshake['stage'],
            'websocketEnable': True,
        },
        'websocket': websocket,
    }
    if envelope != 'documented':
        event['queryString'] = parse_query(handshake['query'])
    if envelope == 'full':
        event['headers'] = headers
        event['pathParameters'] = handshake['parameters']
    return event


def transfer(service, connection, data):
    binary = isinstance(data, bytes)
    return {'websocket': {
        'action': 'data recv' if service['emulator']['legacyAction'] else 'data send',
        'secConnectionID': connection,
        'dataType': 'binary' if binary else 'text',
        'data': base64.b64encode(data).decode('ascii') if binary else data,
    }}


def cleanup(connection):
    return {'websocket': {'action': 'closing', 'secConnectionID': connection}}


def parse_query(query):
    """`a=1&a=2&b` is {'a': ['1', '2'], 'b': True}."""
    result = {}
    for part in query.split('&'):
        if not part:
            continue
        key, equals, value = part.partition('=')
        key, value = decoded(key), decoded(value) if equals else True
        if key not in result:
            result[key] = value
        elif isinstance(result[key], list):
            result[key].append(value)
        else:
            result[key] = [result[key], value]
    return result


def decoded(text):
    spaced = text.replace('+', ' ')
    if re.search('%(?![0-9A-Fa-f]{2})', spaced):
        return spaced  # A lone % is kept as it came.
    try:
        return unquote_to_bytes(spaced).decode('utf-8')
    except UnicodeDecodeError:
        return spaced


def find_path(service, path):
    """(stage, parameters) of a path, or None. The platform knows no stages: a path without one is of the first."""
    parts = path.split('/')[1:]
    if parts and parts[0] in service['stages']:
        found = match(service['path'], parts[1:])
        if found is not None:
            return parts[0], found
    if path == '/' and '{' not in service['path']:
        return service['stages'][0], {}
    found = match(service['path'], parts)
    return None if found is None else (service['stages'][0], found)


def match(template, given):
    """`/p` is also a prefix; `/p/{id}` is dynamic."""
    wanted = [part for part in template.split('/') if part]
    if given and given[-1] == '':
        given = given[:-1]
    if len(given) < len(wanted):
        return None
    parameters = {}
    for part, value in zip(wanted, map(decoded_part, given)):
        name = re.match(r'^\{(.+)\}$', part)
        if name:
            parameters[name.group(1)] = value
        elif part != value:
            return None
    return parameters


def decoded_part(text):
    try:
        return unquote_to_bytes(text).decode('utf-8')
    except UnicodeDecodeError:
        return text


def check_key_pair(headers, keys):
    """(secretId, None), or (None, why not)."""
    header = headers.get('authorization', '')
    if not re.match(r'^hmac\s', header, re.I):
        return None, 'HMAC authorization header is missing'
    fields = dict(re.findall('([a-z]+)="([^"]*)"', header))
    names = fields.get('headers', '').lower().split()
    if fields.get('algorithm') != 'hmac-sha1':
        return None, 'algorithm must be hmac-sha1'
    if 'x-date' not in names:
        return None, 'x-date must be among the signed headers'
    try:
        date = parsedate_to_datetime(headers.get('x-date', '')).timestamp()
    except (TypeError, ValueError):
        date = 0
    if abs(time.time() - date) > WINDOW:
        return None, 'X-Date is missing or more than 15 minutes off'
    for name in names:
        if name not in headers:
            return None, 'signed header %s is missing' % name
    text = '\n'.join('%s: %s' % (name, headers[name]) for name in names)
    expected = hmac.new(keys['secretKey'].encode('utf-8'), text.encode('utf-8'), hashlib.sha1).digest()
    right = base64.b64encode(expected)
    if not hmac.compare_digest(right, fields.get('signature', '').encode('utf-8')) or fields.get('id') != keys['secretId']:
        return None, 'HMAC signature cannot be verified'
    return keys['secretId'], None

"""Reverse pushes: JSON by POST to an address inside the instance; what is wrong with one is answered by its errNo."""
import base64
import http.server
import json
import re
import socketserver
import sys

OK, UNKNOWN, NOT_OPEN, NOT_JSON, WRONG_FIELD, INVALID_BASE64, TOO_LARGE, DIED = 0, 9001, 9002, 9003, 9004, 9005, 9006, 9007
LARGEST = 6 * 1024 * 1024
BASE64 = re.compile('^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$')
LONGEST_ID = 128
# Another name leads here only by the trick of somebody's DNS.
LOCAL = ('127.0.0.1', 'localhost')


class Wrong(Exception):
    def __init__(self, number, message):
        Exception.__init__(self, message)
        self.number = number


def parse(body, strict):
    """(connection, payload): text, bytes, or None to close it. Raises `Wrong`."""
    try:
        value = json.loads(body.decode('utf-8'))
    except ValueError as error:
        raise Wrong(NOT_JSON, 'the body is not JSON: %s' % error)
    websocket = value.get('websocket') if isinstance(value, dict) else None
    if not isinstance(websocket, dict):
        raise Wrong(WRONG_FIELD, 'field "websocket" is missing or not an object')
    action = websocket.get('action')
    if action not in ('data send', 'closing'):
        raise Wrong(WRONG_FIELD, 'field "websocket.action" must be "data send" or "closing"')
    connection = websocket.get('secConnectionID')
    if not isinstance(connection, str):
        raise Wrong(WRONG_FIELD, 'field "websocket.secConnectionID" is missing or not a string')
    connection = connection[:LONGEST_ID]
    if action == 'closing':
        return connection, None
    kind, data = websocket.get('dataType'), websocket.get('data')
    if kind not in ('text', 'binary') and (kind is not None or strict):
        raise Wrong(WRONG_FIELD, 'field "websocket.dataType" must be "text" or "binary"')
    if data is None:
        raise Wrong(WRONG_FIELD, 'field "websocket.data" is missing')
    if kind == 'binary':
        if not isinstance(data, str):
            raise Wrong(WRONG_FIELD, 'field "websocket.data" must be a base64 string when dataType is "binary"')
        compact = data.replace('\r', '').replace('\n', '')
        if not BASE64.match(compact):
            raise Wrong(INVALID_BASE64, 'field "websocket.data" is not valid base64')
        return connection, base64.b64decode(compact + '=' * (-len(compact) % 4))
    if not isinstance(data, str):
        if strict:
            raise Wrong(WRONG_FIELD, 'field "websocket.data" must be a string')
        data = json.dumps(data, ensure_ascii=False, separators=(',', ':'))
    # Half of a character has no bytes of its own.
    return connection, data.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, key, service, push):
        """`push(connection, payload)` returns (errNo, errMsg)."""
        self.path, self.service, self.push = '/' + key, service, push
        http.server.HTTPServer.__init__(self, ('127.0.0.1', 0), Handler)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # A function that did not wait for its answer.
            socketserver.BaseServer.handle_error(self, request, client_address)

    @property
    def url(self):
        return 'http://127.0.0.1:%d%s' % (self.server_address[1], self.path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        server = self.server
        try:
            body = self.body()
        except ValueError:
            self.close_connection = True
            self.say(400, {'message': 'The body has a length that is no number.'})
            return
        foreign = self.headers.get('Host', '').partition(':')[0] not in LOCAL
        if foreign or 'Origin' in self.headers or 'Sec-Fetch-Site' in self.headers:
            self.say(403, {'message': 'Pushes come from the functions of this instance, not from web pages.'})
            return
        if self.path.rstrip('/') != server.path:
            self.say(404, {'message': 'There is no such push address.'})
            return
        try:
            if body is None:
                raise Wrong(TOO_LARGE, 'the body is larger than %d bytes' % LARGEST)
            number, message = server.push(*parse(body, server.service['emulator']['strict']))
        except Wrong as wrong:
            number, message = wrong.number, str(wrong)
        status = 200 if number == 0 else server.service['emulator']['pushErrorStatus']
        self.say(status, {'errNo': number, 'errMsg': message})

    def body(self):
        """All of it; None where it is too large: read all the same, since who still sends hears no answer."""
        parts, size = [], 0
        for length in self.lengths():
            while length > 0:
                part = self.rfile.read(min(length, 65536))
                length = length - len(part) if part else 0
                size += len(part)
                if size <= LARGEST:
                    parts.append(part)
        return b''.join(parts) if size <= LARGEST else None

    def lengths(self):
        """Of the pieces that it comes in."""
        if 'chunked' not in self.headers.get('Transfer-Encoding', '').lower():
            yield int(self.headers.get('Content-Length') or 0)
            return
        while True:
            length = int(self.rfile.readline(100).split(b';')[0] or b'0', 16)
            yield length
            self.rfile.readline(8192)  # The end of the piece; after the last one, of the trailers.
            if length == 0:
                return

    def refuse(self):
        self.close_connection = True
        self.say(405, {'message': 'The push address takes POST only.'})

    do_GET = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = refuse

    def say(self, status, value):
        text = json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode('utf-8')
        self.send_response_only(status)
        self.send_header('Content-Type', 'application/json; charset=utf-8')
        self.send_header('Content-Length', str(len(text)))
        if self.close_connection:
            self.send_header('Connection', 'close')
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass

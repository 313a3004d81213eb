# -*- coding: utf-8 -*-
"""Sends plain pushes of `requests.post` over connections that are kept, where the handler cannot tell. Python 3.

`requests.post` makes a session, its pools and a TCP connection for each push. The session stays; the pools below its
adapter are left out: the request is written to a connection of this process, and the answer is read by http.client and
wrapped by urllib3 as ever. Whatever is not plain (a session that lasts, proxies, retries, streams, certificates, large
bodies, a library that somebody else has changed, ...) goes the library's own way, and so does what cannot connect.
"""
import functools
import http.client
import inspect
import logging
import os
import re
import socket
import sys
import time
from importlib import import_module

# The gateway keeps a silent connection for 65 s: well before that nobody sends on it any more.
LONGEST_IDLE = 30
MOST_KEPT = 10
# Bytes that a silent connection takes without waiting for its reader.
LARGEST = 64 * 1024
# What replaces sockets, or wants to stop inside of the library.
STRANGERS = ('gevent', 'eventlet', 'debugpy')
# Without these urllib3 adds its own; with those it writes another head.
NEEDED = ('user-agent', 'accept-encoding', 'content-length')
FOREIGN = ('host', 'transfer-encoding', 'expect')
PORTS = {'http': 80, 'https': 443}
# Of an answer with a body whose length is told, on a connection that stays.
LINE = br'(?:\r\n(?!Content-Length|Transfer-Encoding|Connection: (?!keep-alive\r))[!-9;-~]+: [!-~][ -~]*)*'
HEAD = re.compile(br'HTTP/1\.1 ((?!204|304)[2-5]\d\d) ([!-~][ -~]*)'
                  br'(' + LINE + br'\r\nContent-Length: \d{1,9}(?=\r)' + LINE + br')\r\n\r\n', re.I)
monotonic = time.monotonic


class Kept(object):
    """Silent connections and since when they are, of this process alone: a fork has none."""
    connections = []
    process = os.getpid()


def patch(adapters, push, is_vendor, local_headers):
    """`push`: where pushes go; the others are what each push of a handler is led and signed with."""
    try:
        adapter = adapters.HTTPAdapter
        layers = Layers(adapter, adapters.PoolManager)
        original = adapter.send
    except (ImportError, AttributeError, ValueError):
        return  # Of another age, or somebody's own of that name.
    if not layers.are_known():
        return

    @functools.wraps(original)
    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        limits = seconds(timeout)
        if (limits and type(self) is adapter and not (stream or cert or proxies) and layers.are_plain(self)
                and is_made_for_one(sys._getframe(1)) and (verify is True or request.url.startswith('http:'))):
            where = target(request)
            message = where and written(request, where)
            connection = message and connect(push, limits[0], layers.is_readable)
            if connection:
                layers.tell('_new_conn', 'Starting new %s connection (%%d): %%s:%%s' % where[0].upper(), 1, *where[1:3])
                if send_all(connection, message):
                    return receive(self, request, connection, limits[1], where)
        return original(self, request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies)

    def target(request):
        """Scheme, host and port as urllib3 tells them, and the name of the vendor's host; None: no push."""
        url = request.url
        if request.method != 'POST':
            return None
        if url == 'http://%s:%d%s' % (push.host, push.port, push.path):
            return 'http', push.host, push.port, None
        scheme, _, rest = url.partition('://set-')
        name, _, port = ('set-' + rest.partition('/')[0]).partition(':')
        if scheme not in PORTS or not is_vendor(name) or port and not port.isdigit():
            return None
        return scheme, name, int(port) if port else PORTS[scheme], name

    def written(request, where):
        """The whole of a plain request, as http.client would write it; None: it is not plain."""
        body = request.body
        lines = ['POST %s HTTP/1.1' % push.path, 'Host: %s:%d' % (push.host, push.port)]
        lines.extend('%s: %s' % header for header in local_headers(where[3]).items())
        names = set()
        try:
            if isinstance(body, str):
                body = body.encode('ascii')
            for name, value in request.headers.items():
                if not (isinstance(name, str) and isinstance(value, str)):
                    return None
                names.add(name.lower())
                lines.append('%s: %s' % (name, value))
            head = '\r\n'.join(lines)
            breaks = len(lines) - 1
            if (names.issuperset(NEEDED) and names.isdisjoint(FOREIGN)
                    and head.count('\r') == head.count('\n') == breaks and isinstance(body, bytes) and len(body) <= LARGEST
                    and request.headers['Content-Length'] == str(len(body))):
                return (head + '\r\n\r\n').encode('latin-1') + body
        except UnicodeError:
            pass
        return None

    def receive(self, request, connection, timeout, where):
        path = request.path_url
        answer = HTTPResponse(connection, 'POST')
        try:
            try:
                connection.settimeout(timeout)
                answer.begin()
            except socket.timeout as error:
                text = 'Read timed out. (read timeout=%s)' % timeout
                raise layers.ReadTimeoutError(Pool(self, request).whole(), path, text) from error
            except (OSError, http.client.HTTPException) as error:
                raise layers.ProtocolError('Connection aborted.', error) from error
        except BaseException as error:
            answer.close()
            if isinstance(error, layers.ReadTimeoutError):
                raise adapters.ReadTimeout(error, request=request)
            if isinstance(error, layers.ProtocolError):
                raise adapters.ConnectionError(error, request=request)
            raise
        layers.tell('_make_request', '%s://%s:%s "%s %s %s" %s %s', *where[:3],
                    'POST', path, 'HTTP/1.1', answer.status, answer.length)
        return self.build_response(request, layers.wrap(answer, Pool(self, request), self.max_retries, path))

    adapter.send = send


def is_made_for_one(frame):
    """Whether the session is that of `requests.post`, which ends with it: others keep their connection themselves."""
    once = sys.modules['requests.api'].request.__code__
    for _ in range(6):
        if frame is None or frame.f_code is once:
            return frame is not None
        frame = frame.f_back
    return False


class Layers(object):
    """The layers of `requests` and urllib3 that are left out, and what they make of an answer."""

    def __init__(self, adapter, manager):
        root = manager.__module__.rpartition('.')[0]
        errors = import_module(root + '.exceptions')
        self.ReadTimeoutError, self.ProtocolError = errors.ReadTimeoutError, errors.ProtocolError
        self.is_readable = import_module(root + '.util').wait_for_read
        self.headers = import_module(root + '._collections').HTTPHeaderDict
        self.response = import_module(root + '.response').HTTPResponse
        self.parameters = inspect.signature(self.response.__init__).parameters
        self.pools = import_module(root + '.connectionpool')
        self.logger = logging.getLogger(self.pools.__name__)
        self.manager = manager
        self.version = [int(part) for part in import_module(root).__version__.split('.')[:2]]
        pool, secure = self.pools.HTTPConnectionPool, self.pools.HTTPSConnectionPool
        owners = (
            (adapter, 'get_connection get_connection_with_tls_context cert_verify request_url add_headers'),
            (manager, 'connection_from_url connection_from_host connection_from_context'),
            (pool, 'urlopen _make_request _new_conn ConnectionCls ResponseCls'),
            (secure, 'urlopen _make_request _new_conn ConnectionCls'),
            (pool.ConnectionCls, 'connect request getresponse _new_conn'),
            (http.client.HTTPConnection, 'connect request putrequest putheader endheaders send getresponse'),
            (http.client.HTTPResponse, 'begin read'),
            (socket, 'socket create_connection getaddrinfo'))
        self.parts = [(vars(owner), name, vars(owner).get(name)) for owner, names in owners for name in names.split()]

    def are_known(self):
        """Whether this urllib3 tells what `send` tells, and nobody but us has changed it so far."""
        allowed = (self.manager.__module__.partition('.')[0], 'requests', 'http', 'socket')
        modules = [getattr(part, '__module__', None) or 'http' for _, _, part in self.parts]
        return self.version >= [1, 25] and all(
            module.partition('.')[0] in allowed or module.startswith('scfws_') for module in modules)

    def are_plain(self, adapter):
        """Whether they do what they do by default, and nobody has changed them since."""
        retries, pools = adapter.max_retries, adapter.poolmanager
        for owner, name, part in self.parts:
            if owner.get(name) is not part:
                return False
        return (retries.total == 0 and retries.read is False and not retries.status_forcelist
                and type(pools) is self.manager and not pools.connection_pool_kw.get('block')
                and {'maxsize', 'block', 'strict'}.issuperset(pools.connection_pool_kw)
                and not http.client.HTTPConnection.debuglevel and sys.modules.keys().isdisjoint(STRANGERS))

    def tell(self, function, text, *values):
        """Logs what the function that is left out would, in its name."""
        if self.logger.isEnabledFor(logging.DEBUG):
            line = getattr(self.pools.HTTPConnectionPool, function).__code__.co_firstlineno
            self.logger.handle(self.logger.makeRecord(
                self.logger.name, logging.DEBUG, self.pools.__file__, line, text, values, None, function))

    def wrap(self, answer, pool, retries, path):
        options = {'body': answer, 'headers': self.headers(answer.msg.items()), 'status': answer.status,
                   'version': answer.version, 'version_string': 'HTTP/1.%d' % (answer.version % 10),
                   'reason': answer.reason, 'preload_content': False, 'decode_content': False,
                   'original_response': answer, 'pool': pool, 'retries': retries, 'request_method': 'POST',
                   'request_url': path}
        return self.response(**{name: value for name, value in options.items() if name in self.parameters})


class Pool(object):
    """What errors name, made when one does."""

    def __init__(self, adapter, request):
        self.adapter, self.request = adapter, request

    def whole(self):
        if hasattr(self.adapter, 'get_connection_with_tls_context'):
            return self.adapter.get_connection_with_tls_context(self.request, True)
        return self.adapter.get_connection(self.request.url)

    def __str__(self):
        return str(self.whole())

    def __getattr__(self, name):
        return getattr(self.whole(), name)


class HTTPResponse(http.client.HTTPResponse):
    """Gives its connection back once it is read to its end, and ends it when it is left before."""

    def __init__(self, connection, method):
        http.client.HTTPResponse.__init__(self, connection, method=method)
        self._scfws_connection = connection

    def begin(self):
        """The gateway's head comes in one piece, and need not pass a parser of mail."""
        found = HEAD.match(self.fp.peek(1))
        if found is None:
            http.client.HTTPResponse.begin(self)
            return
        self.fp.read(found.end())
        status, reason, lines = found.groups()
        self.version, self.status, self.reason = 11, int(status), reason.decode('ascii')
        self.code = self.status
        self.headers = self.msg = http.client.HTTPMessage()
        for line in lines.decode('ascii').split('\r\n')[1:]:
            name, _, value = line.partition(': ')
            self.msg[name] = value
        self.msg.set_payload('')
        self.length, self.chunked, self.will_close = int(self.msg['Content-Length']), False, False

    def _close_conn(self):
        http.client.HTTPResponse._close_conn(self)
        connection, self._scfws_connection = self._scfws_connection, None
        if connection is None:
            return
        if self.length == 0 and not self.will_close and not self.chunked and len(Kept.connections) < MOST_KEPT:
            Kept.connections.append((connection, monotonic()))
        else:
            connection.close()


def connect(push, timeout, is_readable):
    """A connection of this process that is silent; None: none can be had."""
    if Kept.process != os.getpid():
        inherited, Kept.connections, Kept.process = Kept.connections, [], os.getpid()
        for connection, _ in inherited:
            connection.close()
    while Kept.connections:
        try:
            connection, since = Kept.connections.pop()
        except IndexError:  # Another thread was faster.
            break
        # What can be read of a silent connection is its end.
        if monotonic() - since < LONGEST_IDLE and not is_readable(connection, timeout=0):
            return connection
        connection.close()
    try:
        connection = socket.create_connection((push.host, push.port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    except OSError:
        return None


def send_all(connection, message):
    """Whether it took the whole; a part of a request is none to the gateway."""
    try:
        connection.sendall(message)
        return True
    except OSError:
        connection.close()
        return False


def seconds(timeout):
    """How long to connect and to read may take; None: what was asked for is not plain."""
    pair = timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (timeout, timeout)
    return pair if all(limit is None or type(limit) in (int, float) and limit > 0 for limit in pair) else None

"""As much of a Redis client as a chat needs, without a library.

redis://user:password@host:6379/0, or rediss:// for TLS; all but the host may be left out.
"""
import socket
import ssl

try:
    from urllib.parse import unquote, urlsplit
except ImportError:  # Python 2
    from urllib import unquote
    from urlparse import urlsplit

_stream = None


def command(url, *words):
    """Sends one command and returns its answer: bytes, a number, a list, or None."""
    global _stream
    try:
        if _stream is None:
            _stream = _connect(url)
        return _ask(_stream, words)
    except EnvironmentError:
        # The connection is kept between events, and the server may have closed it meanwhile.
        _stream = _connect(url)
        return _ask(_stream, words)


def _connect(url):
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port or 6379), timeout=2)
    if address.scheme == 'rediss':
        connection = ssl.create_default_context().wrap_socket(
            connection, server_hostname=address.hostname)
    stream = connection.makefile('rwb')
    if address.password:
        user = [unquote(address.username)] if address.username else []
        _ask(stream, ['AUTH'] + user + [unquote(address.password)])
    if address.path.strip('/'):
        _ask(stream, ['SELECT', address.path.strip('/')])
    return stream


def _ask(stream, words):
    request = ['*%d' % len(words)]
    for word in words:
        request += ['$%d' % len(word.encode('utf-8')), word]
    stream.write(('\r\n'.join(request) + '\r\n').encode('utf-8'))
    stream.flush()
    return _read(stream)


def _read(stream):
    line = stream.readline()
    if not line.endswith(b'\r\n'):
        raise EnvironmentError('Redis closed the connection')
    kind, rest = line[:1], line[1:-2]
    if kind == b'-':
        raise RuntimeError('Redis says: ' + rest.decode('utf-8'))
    if kind == b':':
        return int(rest)
    if kind == b'$':
        return None if rest == b'-1' else stream.read(int(rest) + 2)[:-2]
    if kind == b'*':
        return [_read(stream) for _ in range(int(rest))]
    return rest

"""As much of a Redis client as a chat needs, without a library.

redis://user:password@host:6379/0, or rediss:// for TLS; all but the host may be left out.
"""
import socket
import ssl
from urllib.parse import unquote, urlsplit

_stream = None


def command(url, *words):
    """Sends one command and returns its answer: bytes, a number, a list, or None."""
    global _stream
    try:
        if _stream is None:
            _stream = _connect(url)
        return _ask(_stream, words)
    except OSError:
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
    encoded = [word.encode() for word in words]
    parts = [b'$%d\r\n%s\r\n' % (len(word), word) for word in encoded]
    stream.write(b'*%d\r\n' % len(parts) + b''.join(parts))
    stream.flush()
    return _read(stream)


def _read(stream):
    line = stream.readline()
    if not line.endswith(b'\r\n'):
        raise ConnectionError('Redis closed the connection')
    kind, rest = line[:1], line[1:-2]
    if kind == b'-':
        raise RuntimeError('Redis says: ' + rest.decode())
    if kind == b':':
        return int(rest)
    if kind == b'$':
        return None if rest == b'-1' else stream.read(int(rest) + 2)[:-2]
    if kind == b'*':
        return [_read(stream) for _ in range(int(rest))]
    return rest

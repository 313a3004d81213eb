"""Who is in the room: the connection ids of everybody.

The three functions run apart and share no memory, so the ids live outside of them: in Redis when REDIS_URL
is set, else in a folder with one small file for each. Use Redis in the cloud, where they share no disk either.
"""
import binascii
import os
import sys

REDIS_URL = os.environ.get('REDIS_URL')  # redis://:password@host:6379/0
REDIS_KEY = 'chat:members'
_client = None

# SCFWS_STORE: each scenario of `scfws test` has a folder of its own.
HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(os.environ.get('SCFWS_STORE') or os.path.join(HERE, '..', '.scfws'), 'members')


def add(connection):
    if REDIS_URL:
        _redis().sadd(REDIS_KEY, connection)
    else:
        if not os.path.isdir(FOLDER):
            try:
                os.makedirs(FOLDER)
            except OSError:
                pass  # Another function was quicker.
        open(_file(connection), 'w').close()


def remove(connection):
    if REDIS_URL:
        _redis().srem(REDIS_KEY, connection)
    else:
        try:
            os.remove(_file(connection))
        except OSError:
            pass  # Another function was quicker.


def everyone():
    if REDIS_URL:
        return list(_redis().smembers(REDIS_KEY))
    if not os.path.isdir(FOLDER):
        return []
    names = [name for name in os.listdir(FOLDER) if name.endswith('.id')]
    return [binascii.unhexlify(name[:-3]).decode('utf-8') for name in names]


def _file(connection):
    # Ids hold "/", which no file name can, so they are spelled in hexadecimal.
    name = binascii.hexlify(connection.encode('utf-8')).decode('ascii')
    return os.path.join(FOLDER, name + '.id')


def _redis():
    """One client, kept between events; it connects again by itself."""
    global _client
    if _client is None:
        try:
            import redis
        except ImportError:
            raise RuntimeError(
                'REDIS_URL is set, but the package redis is missing. Install it: '
                '"%s" -m pip install "redis<4"' % sys.executable
            )
        _client = redis.from_url(REDIS_URL, decode_responses=True, socket_timeout=2)
    return _client

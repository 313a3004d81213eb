"""Who is in the room: the connection ids of everybody.

The three functions run apart and share no memory, so the ids live outside of them: in Redis when REDIS_URL
is set, else in a folder with one small file for each. Use Redis in the cloud, where they share no disk either.
"""
import os

import tiny_redis

REDIS_URL = os.environ.get('REDIS_URL')  # redis://:password@host:6379/0
REDIS_KEY = 'chat:members'

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '.scfws', 'members')


def add(connection):
    if REDIS_URL:
        tiny_redis.command(REDIS_URL, 'SADD', REDIS_KEY, connection)
    else:
        os.makedirs(FOLDER, exist_ok=True)
        open(_file(connection), 'w').close()


def remove(connection):
    if REDIS_URL:
        tiny_redis.command(REDIS_URL, 'SREM', REDIS_KEY, connection)
    else:
        try:
            os.remove(_file(connection))
        except FileNotFoundError:
            pass  # Another function was quicker.


def everyone():
    if REDIS_URL:
        return [member.decode() for member in tiny_redis.command(REDIS_URL, 'SMEMBERS', REDIS_KEY)]
    if not os.path.isdir(FOLDER):
        return []
    names = [name for name in os.listdir(FOLDER) if name.endswith('.id')]
    return [bytes.fromhex(name[:-3]).decode() for name in names]


def _file(connection):
    # Ids hold "/", which no file name can, so they are spelled in hexadecimal.
    return os.path.join(FOLDER, connection.encode().hex() + '.id')

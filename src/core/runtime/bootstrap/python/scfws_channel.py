# -*- coding: utf-8 -*-
"""Writes whole lines to fd 4, blocking, from any thread."""
import errno
import os
import sys
import threading

lock = threading.Lock()
PY2 = sys.version_info[0] == 2


def send(*words):
    line = ' '.join(words) + '\n'
    send_bytes(line if PY2 and isinstance(line, str) else line.encode('utf-8'))


def send_bytes(line):
    with lock:
        while line:
            try:
                written = os.write(4, line)
            except OSError as error:
                if error.errno == errno.EINTR:
                    continue
                if error.errno in (errno.EPIPE, errno.EBADF, errno.ECONNRESET):
                    os._exit(0)  # Nobody listens any more.
                raise
            if written == len(line):
                return
            line = line[written:]


def _after_fork():
    global lock
    lock = threading.Lock()  # Another thread may have held it.


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_after_fork)

# -*- coding: utf-8 -*-
"""Writes whole lines to fd 4, blocking, from any thread.

At once, so that nothing is lost at a crash; but a flood of output is put together into pieces, for each write costs more
than the lines in it. A piece waits for FLUSH_AFTER at most, and leaves before anything else does.
"""
import errno
import os
import sys
import threading
from time import sleep, time

lock = threading.Lock()
PY2 = sys.version_info[0] == 2
# A fork would write what its parent holds once more; only where that can be kept from it is anything held.
HOLDS = hasattr(os, 'register_at_fork')
# So many lines leave at once in each WINDOW; seconds and bytes.
WINDOW, AT_ONCE = 0.1, 200
FLUSH_AFTER, PIECE = 0.02, 32 * 1024


class Flood(object):
    since = 0
    lines = 0
    pieces = []
    size = 0
    ticks = False


def send(*words):
    line = ' '.join(words) + '\n'
    send_bytes(line if PY2 and isinstance(line, str) else line.encode('utf-8'))


def send_bytes(line):
    with lock:
        write_held()
        write(line)


def send_output(line):
    """A line of the user's output."""
    with lock:
        if not HOLDS or not floods():
            write_held()
            write(line)
            return
        Flood.pieces.append(line)
        Flood.size += len(line)
        if Flood.size >= PIECE:
            write_held()
        elif not Flood.ticks:
            Flood.ticks = True
            start_new_thread(tick, ())


def floods():
    now = time()
    if not 0 <= now - Flood.since <= WINDOW:
        Flood.since = now
        Flood.lines = 0
    Flood.lines += 1
    return Flood.lines > AT_ONCE


def tick():
    """Nobody may write the line that would take the held ones along."""
    while True:
        sleep(FLUSH_AFTER)
        with lock:
            if not Flood.pieces:
                Flood.ticks = False
                return
            write_held()


def write_held():
    if Flood.pieces:
        piece = b''.join(Flood.pieces)
        Flood.pieces = []
        Flood.size = 0
        write(piece)


def write(line):
    while line:
        try:
            written = os.write(4, line)
        except OSError as error:
            if error.errno == errno.EINTR:
                continue
            if error.errno in (errno.EPIPE, errno.EBADF, errno.ECONNRESET):
                end(0)  # Nobody listens any more.
            raise
        if written == len(line):
            return
        line = line[written:]


def flush():
    with lock:
        write_held()


end = os._exit
if PY2:
    from thread import start_new_thread
else:
    from _thread import start_new_thread


def _exit_with_output(status):
    if lock.acquire(False):  # Else it is held by who will never let it go, or by the thread that writes.
        write_held()
    end(status)


def _after_fork():
    global lock
    lock = threading.Lock()  # Another thread may have held it.
    Flood.pieces = []  # Written by the parent.
    Flood.size = 0
    Flood.ticks = False


if HOLDS:
    os._exit = _exit_with_output
    os.register_at_fork(before=flush, after_in_child=_after_fork)

# -*- coding: utf-8 -*-
"""Takes over sys.stdout, sys.stderr and logging: each line goes to the channel with its invocation and level."""
import io
import sys
import threading
import weakref
from json.encoder import encode_basestring_ascii as quote

import scfws_channel as channel
import scfws_hooks as hooks

PY2 = sys.version_info[0] == 2
if PY2:
    from thread import get_ident
else:
    from threading import get_ident
LONGEST = 256 * 1024
EMPTY = (u'', 0)


class State(object):
    """The invocation that the main thread runs; None between two."""
    current = None
    streams = ()
    raw = False
    # What invocations gave to pools and is not done yet, by its id.
    queued = {}


def invocation():
    """The invocation that this thread works for: what it was started in, else what runs now."""
    thread = threading.current_thread()
    bound = getattr(thread, '_scfws_work', None) or getattr(thread, '_scfws_invocation', None)
    return bound or State.current


def begin(request):
    State.current = request


def end():
    flush_all()
    wait_until_read()
    State.current = None


if sys.platform.startswith('linux'):
    import fcntl
    import time
    UNREAD = 0x5411  # SIOCOUTQ: bytes in a socket that its reader has not taken.
    NONE = b'\0\0\0\0'

    def wait_until_read():
        """What was written past print, here or by a child process, belongs to this event: the answer comes after it."""
        try:
            for descriptor in (1, 2):
                for _ in range(500):
                    if fcntl.ioctl(descriptor, UNREAD, NONE) == NONE:
                        break
                    time.sleep(0.001)
        except (IOError, OSError):
            pass  # Closed, or led elsewhere.
else:
    def wait_until_read():
        if not State.raw:
            State.raw = True
            channel.send('O')  # The other side looks itself.


def flush_all():
    for stream in State.streams:
        stream.flush_rest()


def message(stream, level, text):
    return 'L %s %s %s %s\n' % (invocation() or '-', stream, level, quote(text))


def send(stream, level, text):
    channel.send_output(message(stream, level, text).encode('ascii'))


def shortened(line, cut):
    return (line, cut) if len(line) <= LONGEST else (line[:LONGEST], cut + len(line) - LONGEST)


class Lines(object):
    """Cuts what is written into lines; a rest waits, for each thread, for its line feed or the end."""

    def __init__(self, name, level):
        self.name = name
        self.level = level
        self.rests = {}
        self.request = self.head = None

    def add(self, text):
        if not text:
            return
        thread = get_ident()
        # As print writes: a line, then its end. All else below is for the rare.
        if text == u'\n':
            line, cut = self.rests.pop(thread, EMPTY)
            self.send(line[:-1] if line.endswith(u'\r') else line, cut)
            return
        if u'\n' not in text and thread not in self.rests and len(text) <= LONGEST:
            self.rests[thread] = (text, 0)
            return
        line, cut = self.rests.pop(thread, (u'', 0))
        # What one call writes leaves in one piece: each costs more than the lines in it.
        whole = []
        lines = text.split(u'\n')
        last = lines.pop()
        for more in lines:
            line, cut = shortened(line + more if line else more, cut)
            whole.append(self.message(line[:-1] if line.endswith(u'\r') else line, cut))
            line, cut = u'', 0
        if line or last:
            self.rests[thread] = shortened(line + last, cut)
        if whole:
            channel.send_output(''.join(whole).encode('ascii'))

    def message(self, line, cut):
        request = invocation() or '-'
        if request != self.request:
            self.request = request
            self.head = 'L %s %s %s ' % (request, self.name, self.level)
        return self.head + quote(line + u' \u2026 [+%d]' % cut if cut else line) + '\n'

    def send(self, line, cut):
        channel.send_output(self.message(line, cut).encode('ascii'))

    def flush_rest(self):
        for thread in list(self.rests):
            rest = self.rests.pop(thread, None)
            if rest is not None:
                self.send(*rest)


class Bytes(io.RawIOBase if not PY2 else object):
    """sys.stdout.buffer"""

    def __init__(self, lines, descriptor):
        self._lines = lines
        self._descriptor = descriptor

    def write(self, data):
        data = bytes(data)
        self._lines.add(data.decode('utf-8', 'replace'))
        return len(data)

    def writable(self):
        return True

    def flush(self):
        pass

    def fileno(self):
        return self._descriptor

    def isatty(self):
        return False


class Stream(io.TextIOBase if not PY2 else object):
    """sys.stdout"""
    encoding = 'utf-8'
    errors = 'backslashreplace'
    softspace = 0
    newlines = None

    def __init__(self, name, level, descriptor, original):
        self._lines = Lines(name, level)
        self._descriptor = descriptor
        self._original = original
        self.buffer = Bytes(self._lines, descriptor)
        self.name = '<%s>' % name
        self.mode = 'w'

    def write(self, text):
        if PY2 and isinstance(text, (str, bytearray, buffer)):  # noqa: F821
            self._lines.add(bytes(text).decode('utf-8', 'replace'))
        elif isinstance(text, str if not PY2 else unicode):  # noqa: F821
            self._lines.add(text)
        else:
            raise TypeError('write() argument must be str, not %s' % type(text).__name__)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def writable(self):
        return True

    def flush(self):
        pass

    def flush_rest(self):
        self._lines.flush_rest()

    def fileno(self):
        return self._descriptor

    def isatty(self):
        return False

    def reconfigure(self, **_options):
        pass

    def close(self):
        pass


def install():
    sys.stdout = sys.__stdout__ = Stream('stdout', 'info', 1, sys.stdout)
    sys.stderr = sys.__stderr__ = Stream('stderr', 'error', 2, sys.stderr)
    State.streams = (sys.stdout, sys.stderr)
    bind_threads()
    hooks.after_import('logging', take_logging)
    hooks.after_import('concurrent.futures.thread', bind_pool)


def bind_threads():
    """A thread works for the invocation in which it was started, also after that one has answered."""
    start = threading.Thread.start

    def start_bound(self):
        self._scfws_invocation = invocation()
        return start(self)

    threading.Thread.start = start_bound


def bind_pool(module):
    """The threads of a pool live longer than what they are given to do: that is bound one by one."""
    item = module._WorkItem
    make, run = item.__init__, item.run

    def make_bound(self, *arguments, **options):
        self._scfws_work = invocation()
        if self._scfws_work is not None:
            key = id(self)
            # One that is cancelled is never run, but it is forgotten.
            State.queued[key] = weakref.ref(self, lambda _: State.queued.pop(key, None))
        make(self, *arguments, **options)

    def run_bound(self, *arguments):
        thread = threading.current_thread()
        thread._scfws_work = self._scfws_work
        try:
            return run(self, *arguments)
        finally:
            thread._scfws_work = None
            State.queued.pop(id(self), None)

    item.__init__ = make_bound
    item.run = run_bound


def take_logging(logging):
    """The root logger writes everything from DEBUG on to stdout, as the platform's does."""
    class Handler(logging.Handler):
        def emit(self, record):
            try:
                message = self.format(record)
                if isinstance(message, bytes):
                    message = message.decode('utf-8', 'replace')
                send('stdout', level_of(record.levelno), message)
            except Exception:
                self.handleError(record)

    def level_of(number):
        if number >= logging.ERROR:
            return 'error'
        if number >= logging.WARNING:
            return 'warn'
        return 'info' if number >= logging.INFO else 'debug'

    handler = Handler()
    formatter = logging.Formatter('[%(levelname)s]\t%(asctime)s.%(msecs)03d\t%(name)s\t%(message)s', '%Y-%m-%d %H:%M:%S')
    handler.setFormatter(formatter)
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.DEBUG)

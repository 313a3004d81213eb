# -*- coding: utf-8 -*-
"""Runs one Python function, 2.7 and 3.6 or newer: loads the handler once, then one event after the other.

fd 3 brings events, fd 4 takes answers and logs away, both one message a line; what the lines look like is told in
channel.ts. fd 1 and 2 stay the user's. Everything is written at once and whole, so nothing is lost at a crash.
"""
import sys

# Only the user's code directory belongs on the path, first.
HERE = sys.path.pop(0)

import io
import json
import os
import time

sys.path.insert(0, HERE)
import scfws_channel as channel
import scfws_coverage as coverage
import scfws_debugger as debugger
import scfws_failures as failures
import scfws_hooks as hooks
import scfws_output as output
import scfws_redirect as redirect
import scfws_threads as threads
import scfws_writes as writes
sys.path.remove(HERE)

PY2 = sys.version_info[0] == 2
LARGEST = 6 * 1024 * 1024
# Seconds; after a shorter event, the parent looks at the memory now and then.
SHORT = 0.01
clock = time.time
MAIN = os.getpid()


class Loaded(object):
    """What the first line said, and the function that it led to."""
    handler = None
    context = None
    # Takes the counted lines away, at the end.
    uncover = staticmethod(lambda: None)


def main():
    stdin = io.open(3, 'rb', buffering=65536)
    order = json.loads(stdin.readline()[2:].decode('utf-8'))
    folder = order['folder'].encode(sys.getfilesystemencoding() or 'utf-8') if PY2 else order['folder']
    failures.configure(HERE, order['projectFolder'], folder)
    output.install()
    redirect.install(order['pushUrl'], order['redirectPush'], order.get('reusePushConnections'))
    Loaded.uncover = staticmethod(coverage.begin(order.get('coverage'), folder))
    sys.path.insert(0, folder)
    sys.argv = [os.path.join(folder, order['file'] + '.py')]
    stand_in_for_main(sys.argv[0])
    writes.install(folder, order['readOnlyCode'])
    Loaded.context = order['context']
    if order['debug']:
        debugger.begin()
        while True:
            line = stdin.readline()
            if not line:
                leave(0)
            if line[:1] == b'W':
                redirect.Push.naming = True
            if line[:1] == b'G':
                break
    if not load(folder, order['file'], order['entry']):
        leave(1)
    while True:
        line = stdin.readline()
        if not line:
            leave(0)
        kind = line[:1]
        if kind == b'I':
            _, request, _, event = line.split(b' ', 3)
            run(request.decode('ascii'), event)
        elif kind == b'B' and line[2:3] == b'1':
            debugger.begin()
        elif kind == b'W':
            redirect.Push.naming = True


def stand_in_for_main(path):
    """What runs __main__ again, such as multiprocessing with spawn, gets the handler's file, never this one."""
    main = type(sys)('__main__')
    main.__file__ = path
    main.__builtins__ = __builtins__
    sys.modules['scfws_bootstrap'] = sys.modules['__main__']  # Kept: this code runs in it.
    sys.modules['__main__'] = main


def leave(code):
    """Ends without waiting for the user's threads."""
    try:
        atexit = sys.modules.get('atexit')
        if atexit is not None and hasattr(atexit, '_run_exitfuncs'):
            atexit._run_exitfuncs()
        Loaded.uncover()
    finally:
        output.flush_all()
        os._exit(code)


def leave_fork(code):
    """A fork that came back from the handler: the event, and its answer, are its parent's."""
    output.flush_all()
    os._exit(code)


def leave_as_asked(request):
    """sys.exit() in the user's code: a message goes to stderr, as the interpreter would print it."""
    place = failures.place_of(request, sys.exc_info()[2])
    if place is not None and os.getpid() == MAIN:
        channel.send('N', output.invocation() or '-', json.dumps({'notice': 'exits', 'place': place}))
    code = request.code
    if code is not None and not isinstance(code, int):
        sys.stderr.write('%s\n' % (code,))
        code = 1
    leave((code or 0) & 255)


def load(folder, file, entry):
    """Loads the handler; says `Y` or `X`."""
    path = os.path.join(folder, *file.split('/')) + '.py'
    if not os.path.isfile(path):
        channel.send('X', json.dumps({'kind': 'missingFile', 'message': path}))
        return False
    try:
        module = failures.user_code(import_file, folder, file, path)
    except SystemExit as request:
        leave_as_asked(request)
    except BaseException:
        output.flush_all()
        channel.send('X', failures.describe('load'))
        return False
    handler = getattr(module, entry, None)
    if not callable(handler):
        names = sorted(name for name, value in vars(module).items()
                       if callable(value) and getattr(value, '__module__', None) == module.__name__)
        channel.send('X', json.dumps({'kind': 'missingEntry', 'message': ', '.join(names),
                                      'place': {'file': path, 'line': 1}}))
        return False
    Loaded.handler = staticmethod(handler)
    output.flush_all()
    send_files()
    channel.send('Y')
    return True


def import_file(folder, file, path):
    name = file.replace('/', '.')
    if '.' in name:
        __import__(name)
        return sys.modules[name]
    # By its path, not its name: a handler may be called like a module of the standard library.
    if PY2:
        import imp
        return imp.load_source(str(name), path)
    import importlib.util
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def run(request, payload):
    try:
        event = json.loads(payload.decode('utf-8'))
    except (ValueError, RuntimeError) as error:  # RecursionError, where it is nested too deeply for Python.
        channel.send('E', request, '-', json.dumps({'kind': 'badEvent', 'message': str(error)}))
        return
    context = dict(Loaded.context)
    context['request_id'] = request
    output.begin(request)
    peak.since = clock()
    kind = 'exception'
    try:
        value = failures.user_code(Loaded.handler, event, context)
        if os.getpid() != MAIN:
            leave_fork(0)
        kind = 'unserialisable'
        text = serialise(value)
    except SystemExit as wish:
        leave_as_asked(wish)
    except BaseException:
        if os.getpid() != MAIN:
            sys.stderr.write(json.loads(failures.describe(kind))['stack'] + '\n')
            leave_fork(1)
        form = (failures.form_of_value(Loaded.handler, value) if kind == 'unserialisable'
                else failures.form_of_call(Loaded.handler))
        where = culprit(value) if kind == 'unserialisable' and form is None else None
        answer = failures.describe(kind, where, form)
        output.end()
        threads.tell()
        channel.send('E', request, peak(), answer)
    else:
        output.end()
        threads.tell()
        if len(text) > LARGEST:
            channel.send('E', request, peak(),
                         json.dumps({'kind': 'tooLarge', 'message': '', 'size': len(text)}))
        else:
            channel.send_bytes(b'R ' + request.encode('ascii') + b' ' + peak().encode('ascii') + b' ' + text + b'\n')
    if len(sys.modules) != send_files.known:
        send_files()


def culprit(value, path='', above=()):
    """Where in an answer the first value is that JSON cannot hold, such as `.items[2]`; None: nowhere below."""
    if isinstance(value, float):
        return path if value != value or value in (float('inf'), float('-inf')) else None
    if PY2 and isinstance(value, str):
        return path if u'\ufffd' in value.decode('utf-8', 'replace') else None
    if value is None or is_decimal(value) or isinstance(value, (type(u''), int) + ((long,) if PY2 else ())):  # noqa: F821
        return None
    if id(value) in above or not isinstance(value, (list, tuple, dict)):
        return path
    inside = above + (id(value),)
    if isinstance(value, dict):
        for key, item in value.items():
            if not (key is None or isinstance(key, (str, type(u''), int, float))):
                return '%s{%r}' % (path, key)
            found = culprit(item, '%s.%s' % (path, key), inside)
            if found is not None:
                return found
        return None
    for index, item in enumerate(value):
        found = culprit(item, '%s[%d]' % (path, index), inside)
        if found is not None:
            return found
    return None


def is_decimal(value):
    return any(kind.__name__ == 'Decimal' for kind in type(value).__mro__)


def default(value):
    if is_decimal(value):
        return str(value)
    raise TypeError('Object of type %s is not JSON serializable' % type(value).__name__)


if PY2:
    import re
    # Half of a pair: only an escape can carry it.
    LONE = re.compile(u'[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]')

    def serialise(value):
        # Byte strings with other than UTF-8 in them have no JSON; mixed ones need to be decoded first.
        text = json.dumps(decoded(value), ensure_ascii=False, default=default, allow_nan=False)
        if LONE.search(text):
            text = json.dumps(decoded(value), default=default, allow_nan=False)
        return text.encode('utf-8') if isinstance(text, unicode) else text  # noqa: F821

    def decoded(value):
        if isinstance(value, str):
            return value.decode('utf-8')
        if isinstance(value, (list, tuple)):
            return [decoded(item) for item in value]
        if isinstance(value, dict):
            return dict((decoded(key), decoded(item)) for key, item in value.items())
        return value
else:
    encode = json.JSONEncoder(ensure_ascii=False, default=default, allow_nan=False).encode

    def serialise(value):
        try:
            return encode(value).encode('utf-8')
        except UnicodeEncodeError:  # A lone surrogate: only an escape can carry it.
            return json.dumps(value, default=default, allow_nan=False).encode('utf-8')


if sys.platform.startswith('linux'):
    def peak():
        """KiB so far; read here, since the parent may look when the next event runs already."""
        if clock() - peak.since <= SHORT:
            return '-'
        try:
            with open('/proc/self/status') as status:
                for line in status:
                    if line.startswith('VmHWM:'):
                        return line.split()[1]
        except Exception:
            pass
        return '-'
else:
    def peak():
        try:
            import resource
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            return str(used // 1024 if sys.platform == 'darwin' else used)
        except ImportError:
            return '-'


def send_files():
    """Tells which of the user's files are loaded now, so that they can be watched."""
    send_files.known = len(sys.modules)
    fresh = []
    for module in list(sys.modules.values()):
        try:
            file = getattr(module, '__file__', None)
        except Exception:  # A module that loads itself when it is looked at, and cannot.
            continue
        if not isinstance(file, str) or file in send_files.told:
            continue
        send_files.told.add(file)
        if failures.is_users(file):
            fresh.append(failures.text(file[:-1] if file.endswith('.pyc') else file))
    if fresh:
        channel.send('F', json.dumps(fresh))


send_files.known = 0
send_files.told = set()


if __name__ == '__main__':
    main()

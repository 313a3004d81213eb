# -*- coding: utf-8 -*-
"""Describes exceptions of the user's code with the user's own files and lines."""
import json
import os
import re
import sys
import traceback

PY2 = sys.version_info[0] == 2


class Folders(object):
    ours = ''
    users = ''
    code = ''


def configure(ours, users, code):
    Folders.code = code
    Folders.ours = os.path.join(ours, '')
    Folders.users = os.path.join(users, '')


class Address(object):
    refused = staticmethod(lambda error: None)


class Proxy(object):
    refused = staticmethod(lambda error: None)


def explain_proxy(find):
    """`find` tells what a proxy has to do with a failed request; empty: that was told, and there is nothing else to it."""
    Proxy.refused = staticmethod(find)


def explain_address(find):
    """`find` tells which address the client of a failed request refused."""
    Address.refused = staticmethod(find)


def user_code(function, *arguments):
    return function(*arguments)


def text(value):
    """Text of whatever an exception carries, also of bytes in Python 2."""
    if isinstance(value, bytes):
        return value.decode('utf-8', 'replace')
    return value


# Of the interpreter, or installed; a path of the user's may be anywhere, since a link or sys.path may lead there.
OTHERS = re.compile(r'[/\\](site-packages|dist-packages|\.venv|debugpy)[/\\]')
STANDARD = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), '')


def is_users(file):
    if file.startswith('<'):
        return False  # Frozen, or made from a string.
    name = text(os.path.abspath(file))
    return (not name.startswith(Folders.ours) and OTHERS.search(name) is None
            and (name.startswith(Folders.users) or not name.startswith(STANDARD)))


def describe(kind, where=None, form=None):
    """The current exception as JSON text; `where`: the place in the answer that it is about; `form`: see channel.ts."""
    kind_of, error, trace = sys.exc_info()
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    lines = [text(line) for line in traceback.format_exception(kind_of, error, trace)]
    try:
        message = text(str(error))
    except UnicodeError:
        message = error.message if PY2 else repr(error)
    except Exception:
        message = '<no message: str() raised>'
    if where:
        message = u'%s (%s)' % (message, text(where))
    answer = {'kind': kind, 'type': kind_of.__name__, 'message': message, 'stack': u''.join(lines).rstrip(u'\n')}
    if kind == 'load' and isinstance(error, SyntaxError):
        answer['kind'] = 'syntax'
    module, first = missing_modules(error, message)
    if module is None:
        module = folder_instead(error, message)
    if module is not None:
        answer['kind'] = 'missingModule' if kind == 'load' else kind
        answer['module'] = module
        if first is not None and first != module:
            answer['first'] = first
    proxied = Proxy.refused(error)
    if proxied:
        answer['proxied'] = proxied
    address = Address.refused(error) if proxied is None else None
    if address is not None:
        answer['address'] = address
    hidden = hidden_module(error, message, trace)
    if hidden is not None:
        answer['hidden'] = hidden
    place = place_of(error, trace)
    if form is not None:
        answer['form'], place = form
    if place is not None:
        answer['place'] = place
    return json.dumps(answer)


if PY2:
    class OldStyle:
        pass

CLASSES = (type,) if not PY2 else (type, type(OldStyle))
GENERATORS = 0x20 | 0x200
COROUTINE = 0x80


def form_of_value(handler, value):
    """(form, place) where it is the handler's form that an answer cannot be JSON; else None."""
    function = function_of(handler)
    flags = getattr(getattr(function, '__code__', None), 'co_flags', 0)
    if hasattr(value, 'gi_code') or hasattr(value, '__anext__'):
        return ('generator', place_of_code(function)) if flags & GENERATORS else None
    if hasattr(value, '__await__') or hasattr(value, 'cr_code'):
        if hasattr(value, 'close'):
            value.close()  # Nobody awaits it: Python need not complain of that, too.
        return ('async' if flags & COROUTINE else 'awaitable'), place_of_code(function)
    if isinstance(handler, CLASSES) and isinstance(value, handler):
        return 'class', place_of_code(function)
    return None


def form_of_call(handler):
    """The same for the current exception, where the call itself failed and nothing of the handler ran."""
    kind_of, error, trace = sys.exc_info()
    while trace.tb_next is not None:
        trace = trace.tb_next
    if kind_of is not TypeError or trace.tb_frame.f_code is not user_code.__code__:
        return None
    if isinstance(handler, CLASSES) and not re.search('takes|missing', text(str(error))):
        return None
    return ('class' if isinstance(handler, CLASSES) else 'arguments'), place_of_code(function_of(handler))


def function_of(handler):
    """What has the code: of a class its __init__, of an object that can be called its __call__."""
    if hasattr(handler, '__code__') or hasattr(handler, '__func__'):
        return handler
    return getattr(handler, '__init__' if isinstance(handler, CLASSES) else '__call__', handler)


def place_of_code(function):
    code = getattr(function, '__code__', None)
    return None if code is None else {'file': text(os.path.abspath(code.co_filename)), 'line': code.co_firstlineno}


def is_ours(file):
    return file.startswith(Folders.ours) or file.startswith('<frozen importlib') or os.sep + 'importlib' + os.sep in file


def missing_modules(error, message):
    """(the module that was not found, the one that the code had tried before), each None when there is none."""
    own = missing_module(error, message)
    earlier = []
    cause = getattr(error, '__cause__', None)
    seen = error
    while len(earlier) < 8:
        before = getattr(seen, '__cause__', None) or getattr(seen, '__context__', None)
        if before is None:
            break
        name = missing_module(before, text(str(before))) if isinstance(before, ImportError) else None
        if name is not None:
            earlier.append((name, before))
        seen = before
    if own is not None:
        return own, earlier[-1][0] if earlier else None
    for name, before in earlier:
        # Raised because of it: said so, or in its words. What merely failed meanwhile is something else.
        if isinstance(error, ImportError) or before is cause or name.split('.')[0].lower() in message.lower():
            return name, None
    return None, None


def missing_module(error, message):
    if not isinstance(error, ImportError):
        return None
    name = getattr(error, 'name', None)
    if name and type(error).__name__ == 'ModuleNotFoundError':
        return name
    found = re.match(r"No module named '?([\w.]+)'?", message)
    return found.group(1) if found else None


def hidden_module(error, message, trace):
    """A module of the user's that has the name of another one, where the error may come of that."""
    if not isinstance(error, (ImportError, AttributeError, TypeError, NameError)):
        return None
    names = re.findall(r"module '([\w.]+)'|from '([\w.]+)'|named '?([\w]+)\.|'([\w.]+)' is not a package", message)
    names = [name for group in names for name in group if name]
    # Before 3.7 the messages do not name it.
    if not names and re.match(r"^'module' object has no attribute|^cannot import name|^No module named \w+$", message):
        names = modules_in(trace)
    for name in names:
        top = name.split('.')[0]
        file = user_module(top)
        if file is None or not has_other(top):
            continue
        loaded = text(getattr(sys.modules.get(top), '__file__', None) or '')
        loaded = loaded[:-1] if loaded.endswith('.pyc') else loaded
        by = 'file' if loaded == file or top not in sys.modules else 'module'
        return {'module': top, 'file': file, 'by': by}
    return None


def folder_instead(error, message):
    """A module that is nothing but a folder of the user's without code: the package of that name is not there."""
    if PY2 or not isinstance(error, (ImportError, AttributeError)):
        return None
    found = re.search(r"module '(\w+)' has no attribute|from '(\w+)' \(unknown location\)", message)
    name = found and (found.group(1) or found.group(2))
    loaded = sys.modules.get(name)
    if loaded is None or getattr(loaded, '__file__', None) is not None or not hasattr(loaded, '__path__'):
        return None
    folder = os.path.join(Folders.code, name)
    if not any(os.path.abspath(place) == os.path.abspath(folder) for place in list(loaded.__path__)):
        return None
    return None if any(file.endswith('.py') for file in os.listdir(folder)) else name


def modules_in(trace):
    """Names that the failing line, and the frames that led there, are about."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        for name in code.co_names:
            if name in sys.modules and name not in found:
                found.append(name)
        trace = trace.tb_next
    return found


def user_module(name):
    """The file beside the handler that is a module of this name."""
    for base in (os.path.join(Folders.code, name + '.py'), os.path.join(Folders.code, name, '__init__.py')):
        if os.path.isfile(base):
            return text(base)
    return None


def has_other(name):
    """Whether there is a module of this name without the user's, too."""
    if name in sys.builtin_module_names:
        return True
    places = [place for place in sys.path if os.path.abspath(place) != os.path.abspath(Folders.code)]
    try:
        if PY2:
            import imp
            found = imp.find_module(name, places)
            if found[0] is not None:
                found[0].close()
            return True
        from importlib.machinery import PathFinder
        return PathFinder.find_spec(name, places) is not None
    except ImportError:
        return False


def users_place(frame):
    """The innermost place in the user's code, from a frame that runs now."""
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return {'file': text(os.path.abspath(frame.f_code.co_filename)), 'line': frame.f_lineno}
        frame = frame.f_back
    return None


def place_of(error, trace):
    if isinstance(error, SyntaxError) and error.filename and error.lineno and os.path.isfile(error.filename):
        return {'file': text(error.filename), 'line': error.lineno, 'column': error.offset or 1}
    place = None
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if is_users(file):
            place = {'file': text(os.path.abspath(file)), 'line': trace.tb_lineno}
        trace = trace.tb_next
    return place

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


def describe(kind, where=None):
    """The current exception as JSON text; `where`: the place in the answer that it is about."""
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
    if module is not None:
        answer['kind'] = 'missingModule' if kind == 'load' else kind
        answer['module'] = module
        if first is not None and first != module:
            answer['first'] = first
    address = Address.refused(error)
    if address is not None:
        answer['address'] = address
    hidden = hidden_module(error, message, trace)
    if hidden is not None:
        answer['hidden'] = hidden
    place = place_of(error, trace)
    if place is not None:
        answer['place'] = place
    return json.dumps(answer)


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

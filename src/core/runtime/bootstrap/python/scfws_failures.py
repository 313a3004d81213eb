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


def configure(ours, users):
    Folders.ours = os.path.join(ours, '')
    Folders.users = os.path.join(users, '')


def user_code(function, *arguments):
    return function(*arguments)


def text(value):
    """Text of whatever an exception carries, also of bytes in Python 2."""
    if isinstance(value, bytes):
        return value.decode('utf-8', 'replace')
    return value


def is_users(file):
    name = text(os.path.abspath(file))
    return (name.startswith(Folders.users) and not name.startswith(Folders.ours)
            and 'site-packages' not in name and os.sep + '.venv' + os.sep not in name)


def describe(kind):
    """The current exception as JSON text."""
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
    answer = {'kind': kind, 'type': kind_of.__name__, 'message': message, 'stack': u''.join(lines).rstrip(u'\n')}
    if kind == 'load' and isinstance(error, SyntaxError):
        answer['kind'] = 'syntax'
    if isinstance(error, ImportError):
        module = missing_module(error, message)
        if module is not None:
            answer['kind'] = 'missingModule' if kind == 'load' else kind
            answer['module'] = module
    place = place_of(error, trace)
    if place is not None:
        answer['place'] = place
    return json.dumps(answer)


def is_ours(file):
    return file.startswith(Folders.ours) or file.startswith('<frozen importlib') or os.sep + 'importlib' + os.sep in file


def missing_module(error, message):
    name = getattr(error, 'name', None)
    if name and type(error).__name__ == 'ModuleNotFoundError':
        return name
    found = re.match(r"No module named '?([\w.]+)'?", message)
    return found.group(1) if found else None


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

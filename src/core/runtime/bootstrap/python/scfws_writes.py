# -*- coding: utf-8 -*-
"""Tells of writes into the code directory, which is read-only in the cloud; forbids them where that is asked for."""
import errno
import io
import json
import os
import sys

import scfws_channel as channel
import scfws_failures as failures
import scfws_output as output

PY2 = sys.version_info[0] == 2
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Audit event, and name in os → which arguments are paths that are written.
CHANGES = {'mkdir': (0,), 'remove': (0,), 'rename': (0, 1), 'rmdir': (0,), 'truncate': (0,), 'symlink': (1,),
           'link': (1,), 'chmod': (0,)}


class Code(object):
    folder = ''
    forbids = False
    busy = False
    told = set()


def install(folder, forbids):
    Code.folder = os.path.join(os.path.abspath(folder), '')
    Code.forbids = forbids
    if hasattr(sys, 'addaudithook'):
        sys.addaudithook(audit)
        return
    for name, paths in CHANGES.items():
        if hasattr(os, name):
            setattr(os, name, watched(getattr(os, name), paths))
    os.unlink = os.remove
    os.open = opening(os.open, lambda flags='': isinstance(flags, int) and flags & WRITES)
    writing = lambda mode='r', *_: isinstance(mode, type('')) and any(letter in mode for letter in 'wax+')  # noqa: E731
    io.open = opening(io.open, writing)
    if PY2:
        import __builtin__
        __builtin__.open = opening(__builtin__.open, writing)
    else:
        import builtins
        builtins.open = io.open


def audit(event, arguments):
    if event == 'open':
        if arguments and isinstance(arguments[-1], int) and arguments[-1] & WRITES:
            note(arguments[0])
    elif event[:3] == 'os.' and event[3:] in CHANGES:
        for index in CHANGES[event[3:]]:
            note(arguments[index])
    elif event == 'sqlite3.connect' and arguments and not exists(arguments[0]):
        note(arguments[0])


def exists(path):
    return isinstance(path, str) and (path == ':memory:' or path.startswith('file:') or os.path.exists(path))


def watched(original, paths):
    def change(*arguments, **options):
        for index in paths:
            if index < len(arguments):
                note(arguments[index])
        return original(*arguments, **options)
    return change


def opening(original, writes):
    def open(path, *arguments, **options):
        mode = options.get('mode', options.get('flags'))
        if writes(*(arguments[:1] if mode is None else (mode,))):
            note(path)
        return original(path, *arguments, **options)
    return open


def note(path):
    if Code.busy:
        return
    Code.busy = True
    try:
        file = absolute(path)
        if file is None or not file.startswith(Code.folder):
            return
        place = failures.users_place(sys._getframe(1))
        key = (file, place and (place['file'], place['line']))
        if key not in Code.told:
            Code.told.add(key)
            notice = {'notice': 'codeWrite', 'path': failures.text(file), 'refused': Code.forbids}
            if place is not None:
                notice['place'] = place
            channel.send('N', output.invocation() or '-', json.dumps(notice))
    finally:
        Code.busy = False
    if Code.forbids:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


def absolute(path):
    """None for descriptors, and whatever else is no path."""
    if hasattr(path, '__fspath__'):
        path = path.__fspath__()
    if isinstance(path, bytes) and not PY2:
        path = os.fsdecode(path)
    return os.path.abspath(path) if isinstance(path, (type(''), type(u''))) else None

# -*- coding: utf-8 -*-
"""Packages beside the handler, which go to the cloud with it, and the Pythons that they say they are for."""
import os
import re
import sys


def packages(folder):
    """Name of a module -> (package, version, what it requires)."""
    found = {}
    for entry in os.listdir(folder):
        if not entry.endswith('.dist-info'):
            continue
        try:
            with open(os.path.join(folder, entry, 'METADATA'), encoding='utf-8') as stream:
                head = stream.read().split('\n\n')[0]
        except (IOError, UnicodeDecodeError):
            continue
        fields = dict(re.findall(r'(?m)^(Name|Version|Requires-Python): *(.+?)\s*$', head))
        for name in modules(folder, entry, fields.get('Name', '')):
            found.setdefault(name, []).append(
                (fields.get('Name', name), fields.get('Version', ''), fields.get('Requires-Python', '')))
    # Several have a part in it (google, tencentcloud), or another version was there before: which one is meant is not known.
    return {name: owners[0] if len(owners) == 1 else (name, '', '') for name, owners in found.items()}


def modules(folder, entry, name):
    try:
        with open(os.path.join(folder, entry, 'top_level.txt'), encoding='utf-8') as stream:
            return stream.read().split()
    except (IOError, UnicodeDecodeError):
        return [re.sub(r'[-.]+', '_', name).lower()]


def is_newer(asked, requires):
    """Whether it is for this Python, and not for the one that was asked for. What is not understood is no."""
    numbers = [int(part) for part in asked.split('.')[:2]]
    # Which of the patches the cloud has is not known: the newest.
    return requires != '' and satisfies(numbers + [9999], requires) is False and \
        satisfies(list(sys.version_info[:3]), requires) is True


def satisfies(version, requires):
    """None: nobody knows."""
    answers = [fits(version, each.strip()) for each in requires.split(',') if each.strip()]
    return None if None in answers else all(answers)


def fits(version, specifier):
    found = re.match(r'^(>=|<=|>|<|==|!=|~=)\s*(\d+(?:\.\d+){0,2})(\.\*)?$', specifier)
    if found is None:
        return None
    sign, numbers = found.group(1), [int(part) for part in found.group(2).split('.')]
    whole = (numbers + [0, 0])[:3]
    if sign in ('==', '!='):
        same = version[:len(numbers)] == numbers if found.group(3) else version == whole
        return same == (sign == '==')
    if sign == '~=':
        return version >= whole and version[:len(numbers) - 1] == numbers[:-1]
    return {'>=': version >= whole, '<=': version <= whole, '>': version > whole, '<': version < whole}[sign]

# -*- coding: utf-8 -*-
"""Looks at a handler without running it: is it there, is it Python, has it the function, are its modules there?

stdin: {"folder", "project", "file", "entry"} as in a launch order. stdout: {"failures": […], "files": […]}, failures
as scfws_failures.py describes them. Only what is certain is told: what is imported inside of `try`, `if` or a function
may be optional.
"""
import sys

sys.path.pop(0)

import ast
import json
import os
import pkgutil

PY2 = sys.version_info[0] == 2
FAILURES = []
FILES = []
UNKNOWN = ('globals', 'exec', 'eval', 'setattr', '__getattr__')


def main():
    stdin = sys.stdin if PY2 else sys.stdin.buffer
    order = json.loads(stdin.read().decode('utf-8'))
    folder = order['folder'].encode(sys.getfilesystemencoding() or 'utf-8') if PY2 else order['folder']
    sys.path.insert(0, folder)
    file = os.path.join(folder, *order['file'].split('/')) + '.py'
    if not os.path.isfile(file):
        FAILURES.append({'kind': 'missingFile', 'message': text(file)})
    else:
        tree = look(file, os.path.join(order['project'], ''))
        if tree is not None:
            check_entry(tree, file, order['entry'])
    print(json.dumps({'failures': FAILURES, 'files': FILES}))


def text(value):
    return value.decode('utf-8', 'replace') if isinstance(value, bytes) else value


def look(file, project):
    """Its tree, after its own modules have been looked at, too; None when it is no Python."""
    FILES.append(text(file))
    with open(file, 'rb') as stream:
        source = stream.read()
    try:
        tree = compile(source, file, 'exec', ast.PyCF_ONLY_AST, True)
    except SyntaxError as error:
        place = {'file': text(file), 'line': error.lineno or 1, 'column': error.offset or 1}
        tell('syntax', type(error).__name__, error.msg, place)
        return None
    except (TypeError, ValueError) as error:
        tell('syntax', 'SyntaxError', str(error), {'file': text(file), 'line': 1})
        return None
    for name, line in imports(tree.body):
        found, origin = find(name)
        if not found:
            place = {'file': text(file), 'line': line}
            tell('missingModule', 'ModuleNotFoundError', "No module named '%s'" % name, place, name)
        elif origin and text(origin) not in FILES and is_own(text(os.path.abspath(origin)), project):
            look(origin, project)
    return tree


def tell(kind, kind_of, message, place, module=None):
    failure = {'kind': kind, 'type': kind_of, 'message': message, 'place': place}
    if module is not None:
        failure['module'] = module
    FAILURES.append(failure)


def is_own(file, project):
    return file.startswith(project) and 'site-packages' not in file and os.sep + '.venv' + os.sep not in file


def imports(body):
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split('.')[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module != '__future__':
            yield node.module.split('.')[0], node.lineno


def find(name):
    """Whether there is such a module, and its source where it has one. Nothing is loaded."""
    if name in sys.builtin_module_names:
        return True, None
    try:
        if PY2:
            loader = pkgutil.find_loader(name)
            origin = loader.get_filename() if loader is not None and hasattr(loader, 'get_filename') else None
            found = loader is not None
        else:
            from importlib.util import find_spec
            spec = find_spec(name)
            found = spec is not None
            origin = spec.origin if found else None
    except Exception:
        return True, None  # Whatever it is, it is something.
    return found, origin if origin and origin.endswith('.py') else None


def check_entry(tree, file, entry):
    names = set()
    functions = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == '*' for alias in node.names):
            return
        if getattr(node, 'id', getattr(node, 'name', None)) in UNKNOWN:
            return
        if type(node).__name__ in ('FunctionDef', 'AsyncFunctionDef', 'ClassDef'):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.split('.')[0])
    if entry in names:
        return
    for node in tree.body:
        if type(node).__name__ in ('FunctionDef', 'AsyncFunctionDef'):
            functions.append(node.name)
    FAILURES.append({'kind': 'missingEntry', 'message': ', '.join(functions),
                     'place': {'file': text(file), 'line': 1}})


main()

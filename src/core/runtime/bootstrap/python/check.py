# -*- coding: utf-8 -*-
"""Looks at a handler without running it: is it there, is it Python, has it the function, are its modules there?

stdin: [{"folder", "project", "file", "entry", "names", "asked"?, "since"?}, …] as in launch orders; `names` are the members
of event and context, `asked` is the older version that the function is for, `since` the versions that names of the standard
library came with. stdout, for each:
{"failures": […], "newer": […], "packages": […], "misnamed": […], "files": […]}, failures as scfws_failures.py describes
them, `newer` what `asked` has not, `packages` that are not for it, `misnamed` members of event and context that have other
names.
Only what is certain is told: what is imported inside of `try`, `if` or a function may be optional.
"""
import sys

OWN = sys.path.pop(0)

import ast
import json
import os
import pkgutil

PY2 = sys.version_info[0] == 2
FAILURES = []
NEWER = []
PACKAGES = []
MISNAMED = []
BESIDE = {}
FILES = []
ASKED = {}
UNKNOWN = ('globals', 'exec', 'eval', 'setattr', '__getattr__')


def main():
    stdin = sys.stdin if PY2 else sys.stdin.buffer
    print(json.dumps([look_at(order) for order in json.loads(stdin.read().decode('utf-8'))]))


def look_at(order):
    for found in (FAILURES, NEWER, PACKAGES, MISNAMED, FILES):
        del found[:]
    ASKED.clear()
    BESIDE.clear()
    path = sys.path[:]
    try:
        find_all(order)
    except Exception:
        return {'failures': [], 'newer': [], 'packages': [], 'misnamed': [], 'files': []}  # What cannot be looked at is not known to be wrong.
    finally:
        sys.path[:] = path
    return {'failures': FAILURES[:], 'newer': NEWER[:], 'packages': PACKAGES[:], 'misnamed': MISNAMED[:],
            'files': FILES[:]}


def find_all(order):
    folder = order['folder'].encode(sys.getfilesystemencoding() or 'utf-8') if PY2 else order['folder']
    sys.path.insert(0, folder)
    ASKED.update({key: order[key] for key in ('asked', 'since') if key in order})
    if ASKED and not PY2:
        BESIDE.update(own('scfws_requires').packages(folder))
    file = os.path.join(folder, *order['file'].split('/')) + '.py'
    if not os.path.isfile(file):
        FAILURES.append({'kind': 'missingFile', 'message': text(file)})
    else:
        tree = look(file, os.path.join(order['project'], ''))
        if tree is not None:
            check_entry(tree, file, order['entry'])
            tell_misnamed(tree, file, order['entry'], order['names'])


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
    if ASKED and not PY2:
        tell_newer(file, source, tree)
    for name, line in imports(tree.body):
        found, origin = find(name)
        if not found:
            place = {'file': text(file), 'line': line}
            tell('missingModule', 'ModuleNotFoundError', "No module named '%s'" % name, place, name)
            continue
        tell_package(file, name, line)
        if origin and text(origin) not in FILES and is_own(text(os.path.abspath(origin)), project):
            look(origin, project)
    return tree


def own(name):
    """A module of ours, which must hide none of the user's."""
    sys.path.insert(0, OWN)
    try:
        return __import__(name)
    finally:
        sys.path.pop(0)


def tell_newer(file, source, tree):
    newer_than = own('scfws_newer').newer_than
    for what, version, kind_of, line in newer_than(ASKED['asked'], source, tree, ASKED.get('since', {})):
        NEWER.append({'what': what, 'since': version, 'type': kind_of, 'line': line, 'file': file})


def tell_package(file, module, line):
    """One that the handler's own files import; what a package imports in turn is its business."""
    package, version, requires = BESIDE.get(module, ('', '', ''))
    around = os.path.relpath(file, sys.path[0]).replace('.py', '').split(os.sep)
    if any(name in around for name in BESIDE) or any(told['name'] == package for told in PACKAGES):
        return
    if requires and own('scfws_requires').is_newer(ASKED['asked'], requires):
        PACKAGES.append({'name': package, 'version': version, 'needs': requires, 'file': text(file), 'line': line})


def tell_misnamed(tree, file, entry, names):
    found = list(bindings(tree.body, entry))
    if len(found) != 1 or type(found[0]).__name__ != 'FunctionDef':
        return
    for of, what, here, line in own('scfws_names').misnamed(found[0], names):
        MISNAMED.append({'of': of, 'what': what, 'here': here, 'line': line, 'file': text(file)})


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
        check_form(tree, file, entry)
        return
    for node in tree.body:
        if type(node).__name__ in ('FunctionDef', 'AsyncFunctionDef'):
            functions.append(node.name)
    FAILURES.append({'kind': 'missingEntry', 'message': ', '.join(functions),
                     'place': {'file': text(file), 'line': 1}})


def check_form(tree, file, entry):
    """It is there, but no call of it can answer: only where it is bound once, and nothing may make it another thing."""
    found = form_of(tree, entry, 2)
    if found is not None:
        form, node = found
        FAILURES.append({'kind': 'handlerForm', 'form': form, 'message': text(entry),
                         'place': {'file': text(file), 'line': node.lineno}})


def form_of(tree, name, depth):
    """(form as channel.ts lists them, node)."""
    found = list(bindings(tree.body, name))
    if len(found) != 1 or getattr(found[0], 'decorator_list', None):
        return None
    node = found[0]
    kind = type(node).__name__
    if kind in ('FunctionDef', 'AsyncFunctionDef'):
        return form_of_function(tree, node, 2)
    if kind == 'ClassDef':
        return ('class', node) if is_plain(node) else None
    return form_of_expression(tree, node, depth) if kind == 'Assign' else None


def bindings(body, name):
    """What gives the name its value in these statements, and in those of their blocks."""
    for node in body:
        kind = type(node).__name__
        if kind in ('FunctionDef', 'AsyncFunctionDef', 'ClassDef'):
            if node.name == name:
                yield node
            if any(isinstance(inner, ast.Global) and name in inner.names for inner in ast.walk(node)):
                yield node
            continue
        if kind in ('Import', 'ImportFrom'):
            if any((alias.asname or alias.name.split('.')[0]) == name for alias in node.names):
                yield node
            continue
        blocks = [getattr(node, block, None) or [] for block in ('body', 'orelse', 'finalbody')]
        blocks += [handler.body for handler in getattr(node, 'handlers', [])]
        blocks += [case.body for case in getattr(node, 'cases', [])]
        inner = set(id(each) for block in blocks for statement in block for each in ast.walk(statement))
        for each in ast.walk(node):
            bound = isinstance(each, ast.Name) and each.id == name and not isinstance(each.ctx, ast.Load)
            if bound and id(each) not in inner:
                yield node
        for block in blocks:
            for each in bindings(block, name):
                yield each


def form_of_expression(tree, node, depth):
    value = node.value
    kind = type(value).__name__
    if kind in ('Num', 'Str', 'Bytes', 'Constant', 'NameConstant', 'Dict', 'List', 'Tuple', 'Set', 'JoinedStr'):
        return 'value', node
    if kind == 'Name' and value.id == 'None':
        return 'value', node
    if kind == 'Name' and depth > 0:
        return form_of(tree, value.id, depth - 1)
    if kind == 'Lambda':
        return form_of_function(tree, value, 2)
    if kind == 'Call' and isinstance(value.func, ast.Name):
        made = list(bindings(tree.body, value.func.id))
        if len(made) == 1 and isinstance(made[0], ast.ClassDef) and is_plain(made[0]):
            calls = list(bindings(made[0].body, '__call__'))
            if not calls:
                return 'value', node
            if len(calls) == 1 and type(calls[0]).__name__ in ('FunctionDef', 'AsyncFunctionDef'):
                return None if calls[0].decorator_list else form_of_function(tree, calls[0], 3)
    return None


def is_plain(node):
    """A class whose instances are what it says: no other class, decorator or metaclass has a part in it."""
    bases = [getattr(base, 'id', None) for base in node.bases]
    special = any(list(bindings(node.body, name)) for name in ('__new__', '__metaclass__', '__getattr__'))
    return not (node.decorator_list or getattr(node, 'keywords', None) or special) and bases in ([], ['object'])


def form_of_function(tree, node, given):
    """`given`: how many arguments it is called with."""
    own = list(own_nodes(node))
    if any(isinstance(each, (ast.Yield, getattr(ast, 'YieldFrom', ast.Yield))) for each in own):
        return 'generator', node
    if type(node).__name__ == 'AsyncFunctionDef':
        return 'async', node
    arguments = node.args
    most = len(getattr(arguments, 'posonlyargs', [])) + len(arguments.args)
    least = most - len(arguments.defaults)
    named = [default for default in getattr(arguments, 'kw_defaults', []) if default is None]
    if least > given or (most < given and arguments.vararg is None) or named:
        return 'arguments', node
    for each in own:
        call = each.value if isinstance(each, ast.Return) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id not in names_of(node):
            called = form_of(tree, call.func.id, 0)
            if called is not None and called[0] == 'async':
                return 'awaitable', each
    return None


def names_of(function):
    """Those that mean something else in a function than in its module."""
    for node in ast.walk(function):
        yield getattr(node, 'arg', None)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif type(node).__name__ in ('FunctionDef', 'AsyncFunctionDef', 'ClassDef') and node is not function:
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.split('.')[0]


def own_nodes(function):
    """Those of a function, without those of functions and classes in it."""
    body = function.body if isinstance(function.body, list) else [function.body]
    left = list(body)
    while left:
        node = left.pop(0)
        yield node
        if type(node).__name__ not in ('FunctionDef', 'AsyncFunctionDef', 'ClassDef', 'Lambda'):
            left.extend(ast.iter_child_nodes(node))


main()

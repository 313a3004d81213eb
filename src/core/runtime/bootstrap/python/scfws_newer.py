# -*- coding: utf-8 -*-
"""What a file needs of a newer Python than its function's runtime: the Python of this machine runs it and says nothing.

Syntax is certain. Names of the standard library count only outside of `try` and of conditions, where they may be
optional.
"""
import ast
import io
import re
import tokenize


def newer_than(asked, source, tree, since):
    """[(what, version, error, line)] of each thing that `asked` has not, once, by line. `since`: name -> version."""
    found = {}

    def add(what, version, error, line):
        if version and below(asked, version) and what not in found:
            found[what] = (what, version, error, line)

    for what, version, line in syntax(tree):
        add(what, version, 'SyntaxError', line)
    for what, version, line in texts(source):
        add(what, version, 'SyntaxError', line)
    if not found:
        for what, version, line in grammar(source, asked):
            add(what, version, 'SyntaxError', line)
    for what, error, line in names(tree):
        add(what, since.get(what), error, line)
    return sorted(found.values(), key=lambda each: each[3])


def below(version, other):
    return [int(part) for part in version.split('.')[:2]] < [int(part) for part in other.split('.')[:2]]


KINDS = {
    'NamedExpr': (':=', '3.8'),
    'Match': ('match', '3.10'),
    'TryStar': ('except*', '3.11'),
    'TypeAlias': ('type … =', '3.12'),
    'TemplateStr': ("t'…'", '3.14'),
    'AnnAssign': ('x: int = …', '3.6'),
    'JoinedStr': ("f'…'", '3.6'),
    'AsyncFunctionDef': ('async def', '3.5'),
    'Await': ('await', '3.5'),
    'MatMult': ('@', '3.5'),
    'YieldFrom': ('yield from', '3.3'),
    'Nonlocal': ('nonlocal', '3.0'),
}


def syntax(tree):
    for node in ast.walk(tree):
        line = getattr(node, 'lineno', 1)
        kind = type(node).__name__
        if kind in KINDS:
            yield KINDS[kind] + (line,)
        if kind in ('FunctionDef', 'AsyncFunctionDef', 'Lambda'):
            arguments = node.args
            if getattr(arguments, 'posonlyargs', []):
                yield '(…, /)', '3.8', line
            if arguments.kwonlyargs:
                yield '(*, …)', '3.0', line
            every = arguments.args + arguments.kwonlyargs
            if getattr(node, 'returns', None) is not None or any(each.annotation is not None for each in every):
                yield 'def …(…: …) -> …', '3.0', line
        if getattr(node, 'type_params', []):
            yield '[…]', '3.12', line
        if kind == 'Raise' and node.cause is not None:
            yield 'raise … from', '3.0', line
        if kind == 'ImportFrom' and any(alias.name == 'annotations' for alias in node.names) and node.module == '__future__':
            yield 'from __future__ import annotations', '3.7', line
        if kind == 'Subscript' and has_star(node.slice):
            yield '[*…]', '3.11', line
        if kind in ('Return', 'Yield') and isinstance(node.value, ast.Tuple) and has_star(node.value):
            if getattr(node.value, 'col_offset', 0) == node.value.elts[0].col_offset:
                yield 'return *…, …', '3.8', line
        for decorator in getattr(node, 'decorator_list', []):
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            while isinstance(target, ast.Attribute):
                target = target.value
            if not isinstance(target, ast.Name):
                yield '@(…)', '3.9', decorator.lineno


def has_star(node):
    return isinstance(node, ast.Tuple) and any(isinstance(each, ast.Starred) for each in node.elts)


def texts(source):
    """What is inside of formatted texts: the tree does not tell how they were written."""
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(source).readline))
    except Exception:
        return
    around = []
    for token in tokens:
        kind = tokenize.tok_name[token.type]
        line = token.start[0]
        quote = re.sub(r'^[A-Za-z]*', '', token.string)
        if around and (kind in ('STRING', 'FSTRING_START') and quote[:len(around[-1])] == around[-1]
                       or kind == 'COMMENT' or kind == 'STRING' and '\\' in token.string):
            yield "f'{…'…'…}'", '3.12', line
        if kind == 'FSTRING_START':
            around.append(quote)
        elif kind == 'FSTRING_END' and around:
            around.pop()
        elif kind == 'STRING' and re.match(r'[rR]?[fF]', token.string) and shows_itself(token.string):
            yield "f'{…=}'", '3.8', line
        elif kind == 'NUMBER' and '_' in token.string:
            yield '1_000', '3.6', line
    for before, token, after in zip(tokens, tokens[1:], tokens[2:]):
        is_end = after.string in ('}', '!', ':')
        if token.string == '=' and is_end and tokenize.tok_name[after.type] == 'OP' and is_in_text(tokens, token):
            yield "f'{…=}'", '3.8', token.start[0]


def shows_itself(text):
    return re.search(r'(?<!\{)\{[^{}!=<>]*[^{}!=<>\s]\s*=\s*(?:[!:][^{}]*)?\}', text) is not None


def is_in_text(tokens, token):
    depth = 0
    for each in tokens:
        if each is token:
            return depth > 0
        kind = tokenize.tok_name[each.type]
        depth += {'FSTRING_START': 1, 'FSTRING_END': -1}.get(kind, 0)
    return False


def grammar(source, asked):
    """What Python itself knows of an older grammar: little, and it names no line that can be relied on beyond its own."""
    major, minor = [int(part) for part in (asked + '.0').split('.')[:2]]
    if major != 3:
        return
    try:
        ast.parse(source, feature_version=(major, minor))
    except SyntaxError as error:
        known = re.match(r'(.*) (?:is|are) only supported in Python (\d+\.\d+)', str(error.msg))
        if known is not None:
            yield known.group(1), known.group(2), error.lineno or 1
    except Exception:
        return


def names(tree):
    """(name, error, line): `asyncio.run`, `str.removeprefix`, `zoneinfo`, as the table calls them."""
    modules = {}
    members = {}
    # Its own ones of that name; and texts in tables of pandas have them, too: `column.str.removeprefix`.
    own = set(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    for node in certain(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, 'ModuleNotFoundError', node.lineno
                modules[alias.asname or alias.name.split('.')[0]] = alias.name if alias.asname else alias.name.split('.')[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, 'ModuleNotFoundError', node.lineno
            for alias in node.names:
                whole = node.module + '.' + alias.name
                yield whole, 'ImportError', node.lineno
                members[alias.asname or alias.name] = whole
    for node in certain(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_table = getattr(node.func.value, 'attr', None) == 'str'
            if node.func.attr in ('removeprefix', 'removesuffix') and node.func.attr not in own and not is_table:
                yield 'str.' + node.func.attr, 'AttributeError', node.lineno
        if isinstance(node, ast.Attribute):
            path = dotted(node)
            root = path.split('.')[0]
            whole = modules.get(root, members.get(root))
            if whole is not None:
                parts = (whole + path[len(root):]).split('.')
                yield '.'.join(parts[-2:]), 'AttributeError', node.lineno


def dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    before = dotted(node.value) if isinstance(node, ast.Attribute) else ''
    return before + '.' + node.attr if before else ''


def certain(tree):
    """Nodes that run whatever the version is."""
    left = [tree]
    while left:
        node = left.pop(0)
        yield node
        if isinstance(node, ast.Try) and node.handlers:
            left.extend(node.finalbody)
        elif not isinstance(node, (ast.If, ast.IfExp)) or not mentions(node.test):
            left.extend(ast.iter_child_nodes(node))


def mentions(test):
    """Whether a condition asks for the version, or for a name."""
    words = [getattr(each, 'attr', getattr(each, 'id', '')) for each in ast.walk(test)]
    return bool(set(words) & {'version_info', 'hexversion', 'version', 'hasattr', 'TYPE_CHECKING', 'PY2', 'PY3'})

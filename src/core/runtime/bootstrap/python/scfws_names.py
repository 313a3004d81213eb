# -*- coding: utf-8 -*-
"""Keys of the event and of the context that are not called so here: `get` gives None for them, and nothing fails.

Told only where the handler's own arguments are read, nobody else may have changed them, and the code does not look first.
"""
import ast

# What there is; the rest comes with the order.
KNOWN = {'event': ['websocket']}
ELSEWHERE = {'websocket': {'connectionid': 'secConnectionID'}, 'context': {'awsrequestid': 'request_id'}, 'event': {}}
# What may be handed an event and leaves it as it is.
READERS = ('print', 'str', 'repr', 'len', 'type', 'json.dumps', 'logging.info', 'logging.debug', 'logger.info',
           'logger.debug', 'pprint', 'pprint.pprint')


def plain(name):
    return name.lower().replace('_', '').replace('-', '')


def meant(of, name):
    if name in KNOWN[of]:
        return None
    wanted = plain(name)
    if wanted in ELSEWHERE[of]:
        return ELSEWHERE[of][wanted]
    for each in KNOWN[of]:
        if plain(each) == wanted:
            return each
    if len(name) >= 8:
        for each in KNOWN[of]:
            if len(each) >= 8 and one_off(plain(each), wanted):
                return each
    return None


def one_off(one, other):
    """One letter is missing, too much, another one, or two have changed places."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    return (one[1:] == other[1:] or one[1:] == other or one == other[1:]
            or (one[2:] == other[2:] and one[:2] == other[1::-1]))


def misnamed(function, known):
    """[(of, what, here, line)] of each key that is read under another name than the `known` ones, once, by line."""
    KNOWN.update(known)
    if function.decorator_list:
        return []  # Which may hand it another event.
    names = {}
    for argument, of in zip(function.args.args, ('event', 'context')):
        names[getattr(argument, 'arg', getattr(argument, 'id', None))] = (of, getattr(argument, 'arg', of))
    parents = {}
    for node in ast.walk(function):
        for child in ast.iter_child_nodes(node):
            parents[child] = node
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found = object_of(node.value, names)
            if found is not None and node.targets[0].id not in names:
                names[node.targets[0].id] = (found[0], node.targets[0].id)
    if is_changed(function, names, parents):
        return []
    found, doubted, keys, written = {}, set(), [], []
    for node in ast.walk(function):
        name, holder = read(node)
        if name is None:
            # Looked for by its name, or in a list of names.
            if type(node).__name__ != 'Index':
                written.append((text_of(node), node))
            continue
        keys.append(key_of(node))
        if is_doubt(node, parents):
            doubted.add(name)
            continue
        of = object_of(holder, names)
        here = None if of is None else meant(of[0], name)
        if here is not None:
            what = '%s["%s"]' % (of[1], name)
            kind = 'context' if of[0] == 'context' else 'event'
            one = (kind, what, '%s["%s"]' % (of[1], here), node.lineno, name)
            found.setdefault(what, (one, here, is_foreign(of[0], name, here), in_branch(node, parents, names)))
    doubted.update(name for name, node in written if not any(node is key for key in keys))
    known = set(text_of(key) for key in keys)
    return sorted([one[:4] for one, here, foreign, branch in found.values() if one[4] not in doubted
                   # Code that runs elsewhere, too: it reads both keys, or this one where a condition tells it where it is.
                   and not ((foreign or branch) if here in known else (branch and one[0] == 'context'))],
                  key=lambda each: each[3])


def is_foreign(of, name, here):
    """Whether other platforms call it so."""
    return plain(name) in ELSEWHERE[of] or of == 'context' and plain(name) == plain(here)


def in_branch(node, parents, names):
    """Whether it runs under a condition that says nothing of the event: it may tell one platform from another."""
    child, parent = node, parents.get(node)
    while parent is not None:
        if type(parent).__name__ in ('If', 'IfExp', 'While') and parent.test is not child:
            words = [each.id for each in ast.walk(parent.test) if isinstance(each, ast.Name)]
            if not any(word == 'action' or names.get(word, ('',))[0] in ('event', 'websocket') for word in words):
                return True
        child, parent = parent, parents.get(parent)
    return False


def key_of(node):
    key = node.slice if isinstance(node, ast.Subscript) else node.args[0]
    return key.value if type(key).__name__ == 'Index' else key  # Before 3.9.


def text_of(node):
    if type(node).__name__ == 'Index':  # Before 3.9.
        node = node.value
    value = getattr(node, 'value', None) if type(node).__name__ == 'Constant' else getattr(node, 's', None)
    return value if isinstance(value, (type(''), type(u''))) else None


def read(node):
    """(key, what is looked into) of `x["key"]` and `x.get("key")`."""
    if isinstance(node, ast.Subscript):
        return text_of(node.slice), node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == 'get' and node.args:
        key = text_of(node.args[0])
        # A substitute of its own: somebody knows that it may not be there. An empty dict is one for the sake of the chain.
        substitute = node.args[1] if len(node.args) > 1 else None
        if substitute is None or (isinstance(substitute, ast.Dict) and not substitute.keys):
            return key, node.func.value
    return None, None


def object_of(node, names):
    """(of, how it is written) of event, event["websocket"], context, or of a local name of one."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    key, holder = read(node)
    if key != 'websocket':
        return None
    found = object_of(holder, names)
    return ('websocket', '%s["websocket"]' % found[1]) if found is not None and found[0] == 'event' else None


def is_doubt(node, parents):
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return True
    child, parent = node, parents.get(node)
    while parent is not None:
        kind = type(parent).__name__
        if kind in ('BoolOp', 'Try', 'TryExcept', 'TryFinally'):
            return True
        if kind == 'Compare' and any(text_of(other) is None for other in parent.comparators):
            return True
        if kind == 'UnaryOp' and isinstance(parent.op, ast.Not):
            return True
        if kind in ('If', 'IfExp', 'While', 'Assert') and parent.test is child:
            return True
        child, parent = parent, parents.get(parent)
    return False


def is_changed(function, names, parents):
    """Whether one of them may be another object than it was, or have more keys."""
    for node in ast.walk(function):
        kind = type(node).__name__
        if kind in ('FunctionDef', 'AsyncFunctionDef', 'Lambda') and node is not function:
            every = node.args.args + getattr(node.args, 'kwonlyargs', [])
            if any(getattr(each, 'arg', getattr(each, 'id', None)) in names for each in every):
                return True
        if not isinstance(node, ast.Name) or node.id not in names:
            continue
        child, parent = node, parents.get(node)
        if not isinstance(node.ctx, ast.Load):
            value = getattr(parent, 'value', None)
            found = object_of(value, names) if isinstance(parent, ast.Assign) and value is not None else None
            if isinstance(node.ctx, ast.Param):
                continue
            if found is None or found[0] != names[node.id][0]:
                return True
            continue
        while True:
            step = parent
            if isinstance(parent, ast.Attribute) and isinstance(parents.get(parent), ast.Call):
                step = parents.get(parent)
            key, holder = read(step) if step is not None else (None, None)
            if key != 'websocket' or holder is not child:
                break
            child, parent = step, parents.get(step)
        kind = type(parent).__name__
        is_put = kind == 'Subscript' and not isinstance(parent.ctx, ast.Load) and text_of(parent.slice) is None
        if is_put and parent.value is child:
            return True
        if kind == 'Call' and child in parent.args + [each.value for each in parent.keywords]:
            if dotted(parent.func) not in READERS:
                return True
        elif kind in ('Dict', 'List', 'Tuple', 'Set', 'Yield', 'keyword', 'Starred', 'AugAssign'):
            return True
        elif kind == 'Attribute' and parent.attr in ('update', 'setdefault', 'pop', 'clear'):
            return True
        elif kind == 'Assign' and not isinstance(parent.targets[0], ast.Name):
            return True
    return False


def dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return '%s.%s' % (dotted(node.value), node.attr)
    return ''

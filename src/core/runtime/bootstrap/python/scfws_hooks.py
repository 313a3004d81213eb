# -*- coding: utf-8 -*-
"""Runs a function right after a module is imported, so that nothing is imported for the sake of a patch."""
import sys

PY2 = sys.version_info[0] == 2


class Finder(object):
    def __init__(self):
        self.hooks = {}
        self.busy = set()

    def run(self, name, module):
        for hook in self.hooks.pop(name, ()):
            hook(module)

    if PY2:
        def find_module(self, name, path=None):
            return self if name in self.hooks and name not in self.busy else None

        def load_module(self, name):
            self.busy.add(name)
            try:
                __import__(name)
                module = sys.modules[name]
            finally:
                self.busy.discard(name)
            self.run(name, module)
            return module
    else:
        def find_spec(self, name, path=None, target=None):
            if name not in self.hooks or name in self.busy:
                return None
            import importlib.util
            self.busy.add(name)
            try:
                spec = importlib.util.find_spec(name)
            finally:
                self.busy.discard(name)
            if spec is None or not hasattr(spec.loader, 'exec_module'):
                return spec
            loader = spec.loader
            execute = loader.exec_module

            def exec_module(module):
                execute(module)
                self.run(name, module)

            try:
                loader.exec_module = exec_module
            except AttributeError:
                pass
            return spec


finder = Finder()
sys.meta_path.insert(0, finder)


def after_import(name, hook):
    module = sys.modules.get(name)
    if module is not None:
        hook(module)
    else:
        finder.hooks.setdefault(name, []).append(hook)

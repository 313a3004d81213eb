# -*- coding: utf-8 -*-
"""Which lines of the handler ran: the interpreter's own `coverage` counts, one file a process takes it away at its end."""
import io
import json
import os
import sys


def begin(folder, code):
    """Before the handler is loaded; returns what to call at the end of the process."""
    if not folder:
        return lambda: None
    try:
        if sys.version_info[0] == 2:
            raise ImportError
        import coverage
    except ImportError:
        write(folder, {'missing': {'program': sys.executable, 'version': '%d.%d' % sys.version_info[:2]}})
        return lambda: None
    counted = coverage.Coverage(data_file=None, config_file=False, source=[code], messages=False)
    counted.start()

    def end():
        counted.stop()
        files = {}
        for file in counted.get_data().measured_files():
            try:
                _, statements, _, missing, _ = counted.analysis2(file)
            except coverage.CoverageException:  # Its source is gone or cannot be read.
                continue
            files[file] = {'statements': statements, 'missing': missing}
        write(folder, {'files': files})
    return end


def write(folder, report):
    text = json.dumps(report)
    with io.open(os.path.join(folder, 'scfws-python-%d.json' % os.getpid()), 'w', encoding='utf-8') as out:
        out.write(text if isinstance(text, type(u'')) else text.decode('ascii'))

# -*- coding: utf-8 -*-
"""Which parts of the handler ran: the interpreter's own `coverage` counts, one file a process takes it away at its end."""
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
    # Its report names files from here.
    here = os.getcwd()
    counted = coverage.Coverage(data_file=None, config_file=False, source=[code], messages=False, branch=True)
    counted.start()

    def end():
        counted.stop()
        report = os.path.join(folder, 'scfws-report-%d.part' % os.getpid())
        try:
            counted.json_report(outfile=report, ignore_errors=True)
        except coverage.CoverageException:  # Nothing ran.
            return
        with io.open(report, encoding='utf-8') as told:
            write(folder, {'folder': here, 'files': json.load(told)['files']})
        os.remove(report)
    return end


def write(folder, report):
    text = json.dumps(report)
    with io.open(os.path.join(folder, 'scfws-python-%d.json' % os.getpid()), 'w', encoding='utf-8') as out:
        out.write(text if isinstance(text, type(u'')) else text.decode('ascii'))

# -*- coding: utf-8 -*-
"""Tells whether threads that an event started still work after its answer: `T 1`, and `T 0` once the last has ended."""
import sys
import threading

import scfws_channel as channel
import scfws_output as output

# Seconds: what a pool's thread was given to do ends without the thread.
LOOK = 0.05


class Watch(object):
    lock = threading.Lock()
    pause = threading.Event()
    running = False


def at_work():
    """Threads of the user's that still run, and whether a pool has something to do: its threads live on without."""
    if len(threading._active) < 2:
        return [], False
    pool = getattr(sys.modules.get('concurrent.futures.thread'), '_threads_queues', ())
    return [thread for thread in threading.enumerate()
            if thread is not threading.current_thread() and thread not in pool
            and getattr(thread, '_scfws_invocation', None) is not None], len(output.State.queued) > 0


def tell():
    """Before an answer, so that nobody takes that for the end."""
    if not any(at_work()):
        return
    with Watch.lock:
        if Watch.running:
            return
        Watch.running = True
    channel.send('T', '1')
    watcher = threading.Thread(target=watch, name='scfws')
    watcher.daemon = True
    watcher.start()


def watch():
    threading.current_thread()._scfws_invocation = None
    while True:
        working, queued = at_work()
        if working or queued:
            working[0].join(LOOK) if working else Watch.pause.wait(LOOK)
            continue
        with Watch.lock:
            if not any(at_work()):
                Watch.running = False
                channel.send('T', '0')
                return

# -*- coding: utf-8 -*-
"""Tells whether threads that an event started still work after its answer: `T 1`, and `T 0` once the last has ended."""
import sys
import threading

import scfws_channel as channel

# Seconds: what a pool's thread was given to do ends without the thread.
LOOK = 0.05


class Watch(object):
    lock = threading.Lock()
    running = False


def at_work():
    """Threads of the user's that have something to do; a pool's that waits for more has not."""
    if len(threading._active) < 2:
        return []
    pool = getattr(sys.modules.get('concurrent.futures.thread'), '_threads_queues', ())
    return [thread for thread in threading.enumerate()
            if thread is not threading.current_thread()
            and getattr(thread, '_scfws_work' if thread in pool else '_scfws_invocation', None) is not None]


def tell():
    """After an answer. What was queued in a pool is taken up by its threads."""
    if not at_work():
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
        working = at_work()
        if working:
            working[0].join(LOOK)
            continue
        with Watch.lock:
            if not at_work():
                Watch.running = False
                channel.send('T', '0')
                return

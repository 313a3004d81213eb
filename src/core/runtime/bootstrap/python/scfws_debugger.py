# -*- coding: utf-8 -*-
"""Opens the debug port, and makes debugpy stop once at an error, and at pdb."""
import json
import sys
import threading

import scfws_channel as channel
import scfws_hooks as hooks
import scfws_output as output

COROUTINE = 0x80
# debugpy's own number for a thread that does not stand.
RUNS = 1


class State(object):
    answer = None
    # Who was attached is gone, and nobody has come since.
    left = False
    # Of each thread: it is told of an error that needs no stop.
    thread = threading.local()


def begin():
    """Opens a debug port, once, and tells where; the handler runs in this same thread."""
    if State.answer is None:
        try:
            import debugpy
            # The port is taken from the system; the adapter is started with this same interpreter.
            host, port = debugpy.listen(('127.0.0.1', 0))
            State.answer = json.dumps({'port': port})
        except ImportError as error:
            channel.send('P', json.dumps({'error': 'missing', 'message': str(error)}))
            return
        except Exception as error:
            channel.send('P', json.dumps({'error': 'failed', 'message': str(error)}))
            return
        debugger = getattr(sys.modules.get('pydevd'), 'PyDB', None)
        stop_once(debugger)
        know_who_left(debugger)
        hooks.after_import('pdb', stop_at_pdb)
    channel.send('P', State.answer)


def stop_once(debugger):
    """
    An error that goes through a library and back, as asyncio's or a pool's, leaves the user's code several times, and one
    that ends a thread is uncaught beside: debugpy stops at each of them. Its stops at errors begin with `send_…` and do
    the other two next; one that works otherwise is left as it is.
    """
    if not all(hasattr(debugger, name) for name in ('send_caught_exception_stack', 'set_suspend', 'do_wait_suspend')):
        return
    send, suspend, wait = debugger.send_caught_exception_stack, debugger.set_suspend, debugger.do_wait_suspend

    def send_caught_exception_stack(self, thread, arg, *rest):
        State.thread.passes = not self.break_on_caught_exceptions and (was_stopped_at(arg[1]) or is_cancelled(*arg))
        if not State.thread.passes:
            send(self, thread, arg, *rest)

    def set_suspend(self, *rest, **named):
        if not getattr(State.thread, 'passes', False):
            suspend(self, *rest, **named)

    def do_wait_suspend(self, thread, frame, event, arg, *rest, **named):
        if getattr(State.thread, 'passes', False):
            State.thread.passes = False
            return None
        if State.left:
            # Who left while this stop was being made has let all threads go before: nobody would let this one go.
            thread.additional_info.pydev_state = RUNS
            return None
        try:
            return wait(self, thread, frame, event, arg, *rest, **named)
        finally:
            if event == 'exception':
                note_stop(arg[1])

    debugger.send_caught_exception_stack = send_caught_exception_stack
    debugger.set_suspend = set_suspend
    debugger.do_wait_suspend = do_wait_suspend


def know_who_left(debugger):
    """Whoever leaves is heard of before all threads are let go; whoever comes says so first."""
    if not all(hasattr(debugger, name) for name in ('on_initialize', 'on_disconnect')):
        return
    come, leave = debugger.on_initialize, debugger.on_disconnect

    def on_initialize(self):
        State.left = False
        come(self)

    def on_disconnect(self):
        State.left = True
        leave(self)

    debugger.on_initialize = on_initialize
    debugger.on_disconnect = on_disconnect


def note_stop(error):
    try:
        error.__scfws_stopped__ = (output.invocation(),)
    except Exception:
        pass  # It takes no attributes: debugpy stops again.


def was_stopped_at(error):
    """In the same event: an error may be made once and raised in each."""
    try:
        return error.__scfws_stopped__ == (output.invocation(),)
    except Exception:
        return False


def is_cancelled(kind, _, trace):
    """A task that was cancelled ends with an error that asyncio waits for."""
    return kind.__name__ == 'CancelledError' and trace.tb_frame.f_code.co_flags & COROUTINE != 0


def stop_at_pdb(pdb):
    """
    pdb would wait at a terminal, which no function has, and in its end take the tracing away from the debugger. Once that
    is attached it stops there, as it does at breakpoint().
    """
    debugger = getattr(pdb, 'Pdb', None)
    if debugger is None:
        return  # A module of the user's.
    at_terminal = debugger.set_trace

    def set_trace(self, frame=None, *rest, **named):
        frame = frame or sys._getframe(1)
        if sys.modules['debugpy'].is_client_connected():
            sys.modules['pydevd'].settrace(suspend=True, trace_only_current_thread=True, patch_multiprocessing=False,
                                           stop_at_frame=frame)
        else:
            at_terminal(self, frame, *rest, **named)

    debugger.set_trace = set_trace

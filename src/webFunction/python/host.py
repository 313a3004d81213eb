"""The Python host of an exported folder: one instance of a Web function, with the three functions in processes of
their own. `host.json` says what it hosts; 3.6 or newer."""
import json
import os
import queue
import random
import select
import signal
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
# Where requirements.txt is installed to.
sys.path.insert(1, os.path.join(ROOT, 'lib'))

try:
    import client
except ImportError as error:
    sys.exit('%s: install requirements.txt into lib/ before you pack the folder (README.md says how)' % error)
import functions
import owners
import pushes

# The platform's (documented). A test that runs two of them has others.
PORT = 9000
# Seconds that Cleanups may run once the instance is told to stop.
LAST_CLEANUPS = 30
# Texts that may wait for whoever reads the log, and seconds that the last ones may take.
MOST_WAITING = 1000
LAST_LINES = 1


class Log(object):
    """Written by a thread of its own: who reads it may stand still or be gone, and a disk be full, which must neither stop
    nor end the instance. What comes when too much waits is left out."""
    def __init__(self):
        self.waiting = queue.Queue(MOST_WAITING)
        threading.Thread(target=self.write, daemon=True).start()

    def add(self, text):
        try:
            self.waiting.put_nowait(text)
        except queue.Full:
            pass

    def write(self):
        while True:
            text = self.waiting.get()
            try:
                print(text, flush=True)
            except (OSError, ValueError):
                pass
            self.waiting.task_done()

    def end(self):
        until = time.monotonic() + LAST_LINES
        while self.waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.01)


class Host(object):
    def __init__(self):
        with open(os.path.join(ROOT, 'host.json'), encoding='utf-8') as file:
            self.service = json.load(file)
        self.clients = {}
        self.leaving = set()
        self.stopping = False
        self.lines = Log()
        self.owners = owners.Owners()
        key = 'api-' + ''.join(random.SystemRandom().choice('abcdefghijklmnopqrstuvwxyz0123456789') for _ in range(8))
        self.pushes = pushes.Server(key, self.service, self.push)
        self.functions = {spec['name']: functions.Function(self.service, spec, ROOT, self.pushes.url, self.log)
                          for spec in self.service['functions']}

    def function(self, role):
        return self.functions.get(self.service['roles'].get(role))

    def log(self, tag, text):
        """With several connections the platform cannot tell whose a line is."""
        self.lines.add('\n'.join('[%s] %s' % (tag, line) if tag else line for line in text.split('\n')))

    def push_here(self, connection, payload):
        held = self.clients.get(connection)
        return client.unknown(connection) if held is None else held.push(payload)

    def push(self, connection, payload):
        if connection not in self.clients:
            answer = self.owners.forward(connection, payload, self.service['name'])
            if answer is not None:
                return answer
        return self.push_here(connection, payload)

    def run(self):
        threading.Thread(target=self.pushes.serve_forever, daemon=True).start()
        for function in self.functions.values():
            function.warm_up()
        url = os.environ.get('REDIS_URL', '')
        if url:
            try:
                self.owners.join(url, self.push_here, self.log)
            except Exception as error:  # Whatever the library says of a wrong address, name or password.
                self.lines.end()
                sys.exit('Redis cannot be used (correct REDIS_URL, or take it out): %s' % error)
            reach = 'pushes reach all instances over Redis'
        else:
            reach = 'REDIS_URL is not set: pushes reach the connections of this instance only'
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(('0.0.0.0', int(os.environ.get('SCFWS_PORT', PORT))))
        server.listen(256)
        told = listen_to_signals()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: threading.Thread(target=self.stop, daemon=True).start())
        self.log('', 'listening on 0.0.0.0:%d; %s' % (server.getsockname()[1], reach))
        while True:
            try:
                ready = select.select([server, told], [], [])[0]
                if told in ready:
                    told.recv(64)
                if server not in ready:
                    continue
                sock, address = server.accept()
            except OSError as error:  # No descriptor is left: those who are there go on, and leave some.
                self.log('', 'nobody can come in: %s' % error)
                time.sleep(0.1)
                continue
            try:
                one = client.Client(sock, address[0], self)
                threading.Thread(target=one.run, daemon=True).start()
            except (OSError, RuntimeError) as error:
                self.log('', 'a client was turned away: %s' % error)
                sock.close()

    def stop(self):
        """1011, from the server, is among the codes after which the platform counts a connection as a success."""
        if self.stopping:
            return
        self.stopping = True
        for each in list(self.clients.values()):
            each.end('gatewayStop', 1011)
        until = time.monotonic() + LAST_CLEANUPS
        while (self.clients or self.leaving) and time.monotonic() < until:
            time.sleep(0.02)
        for function in self.functions.values():
            function.dispose()
        self.lines.end()
        os._exit(0)


def listen_to_signals():
    """A socket that has something to read when a signal came. Python runs what is to be done then in the main thread, and
    only between two of its instructions: a signal that comes just before that thread waits, or to another thread, would
    be heard with the next client."""
    told, tell = socket.socketpair()
    tell.setblocking(False)
    signal.set_wakeup_fd(tell.detach())
    return told


Host().run()

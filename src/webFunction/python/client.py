"""One client: its handshake, its messages in their order, its end. wsproto and h11 know the wire."""
import collections
import json
import queue
import re
import select
import socket
import struct
import threading
import time
import traceback
import uuid

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Request, TextMessage)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

import events
import pushes
import register

# Bytes of one message; above, the client is closed with 1009.
LARGEST = 8 * 1024 * 1024
FRAGMENTS = 16384
# Messages of a client that wait (or LARGEST bytes of them); while so many do, it is not read.
WAITING = 256
# Seconds: for a request's headers, for a client that does not read, and for its answer to a Close frame.
HEADERS, UNREAD, FAREWELL = 20, 3, 2
HEAD = 16 * 1024
KEY = re.compile('^[+/0-9A-Za-z]{22}==$')

End = collections.namedtuple('End', 'cause code')


class Client(object):
    def __init__(self, sock, address, host):
        self.sock = sock
        self.address = address
        self.host = host
        self.service = host.service
        self.ws = WSConnection(ConnectionType.SERVER)
        self.lock = threading.RLock()
        self.inbox = queue.Queue()
        self.room = threading.Condition()
        self.waiting = self.waiting_bytes = 0
        self.id = None
        self.tag = ''
        # connecting, open, ending (a Cleanup is to come, or runs), gone
        self.state = 'connecting'
        self.early = []
        self.close_came = None
        self.close_sent = False
        self.spoke = time.monotonic()
        # What came together with the handshake.
        self.rest = b''
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', UNREAD, 0))

    def run(self):
        try:
            asked = self.read_request()
            if asked is not None and self.let_in(*asked):
                threading.Thread(target=self.work, daemon=True).start()
                self.read_messages()
        except OSError:
            self.end('clientVanished')
        except Exception:  # A fault of the host's costs this client, with its Cleanup.
            self.host.log(self.tag, traceback.format_exc())
            self.end('protocolError', 1002)
        finally:
            if self.state == 'connecting':
                self.host.clients.pop(self.id, None)
            if self.state in ('connecting', 'gone'):
                self.sock.close()

    # -- the handshake

    def read_request(self):
        """(request, bytes that came after it), or None when it was answered already."""
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD)
        until = time.monotonic() + HEADERS
        came = 0
        while True:
            try:
                event = http.next_event()
            except h11.RemoteProtocolError as error:
                return self.refuse(error.error_status_hint, {'message': str(error)})
            if event is h11.NEED_DATA:
                self.sock.settimeout(max(until - time.monotonic(), 0.001))
                data = self.sock.recv(65536)
                if not data:
                    return None
                came += len(data)
                http.receive_data(data)
            elif isinstance(event, h11.Request):
                self.sock.settimeout(None)
                rest = http.trailing_data[0]
                if came - len(rest) > HEAD:
                    return self.refuse(431, {'message': 'The headers are larger than %d bytes.' % HEAD})
                return event, rest
            else:
                return None

    def let_in(self, request, rest):
        headers = {}
        for name, value in request.headers:
            name, value = name.decode('ascii').lower(), value.decode('latin-1')
            headers[name] = headers[name] + ', ' + value if name in headers else value
        target = request.target.decode('latin-1')
        path, _, query = target.partition('?')
        offers = [offer.strip().lower() for offer in headers.get('upgrade', '').split(',')]
        if request.method != b'GET' or 'websocket' not in offers:
            return self.refuse(426, {'message': 'This address speaks WebSocket: send Upgrade: websocket.'})
        if 'transfer-encoding' in headers or headers.get('content-length', '0') != '0':
            return self.refuse(400, {'message': 'A handshake has no body.'})
        if not KEY.match(headers.get('sec-websocket-key', '')):
            return self.refuse(403, {'message': 'Header Sec-WebSocket-Key is missing or malformed.'})
        if headers.get('sec-websocket-version') != '13':
            return self.refuse(426, {'message': 'Header Sec-WebSocket-Version must be 13.'})
        try:
            # Of several protocols that were offered, the library knows no list.
            others = [each for each in request.headers if each[0].lower() != b'upgrade']
            self.ws.initiate_upgrade_connection(others + [(b'upgrade', b'websocket')], request.target)
        except RemoteProtocolError as error:
            return self.refuse(403, {'message': str(error)})
        except ValueError as error:  # The library decodes more than it checks.
            return self.refuse(400, {'message': 'This is no handshake: %s' % error})
        for event in self.ws.events():
            if not isinstance(event, Request):
                return self.refuse(400, {'message': 'This is no handshake.'})
        found = events.find_path(self.service, path)
        if found is None:
            return self.refuse(404, {'message': 'There is no API at %s.' % path[:200]})
        secret = None
        if self.service['authentication']['type'] == 'keyPair':
            secret, reason = events.check_key_pair(headers, self.service['authentication'])
            if reason is not None:
                return self.refuse(401, {'message': reason})
        if self.host.stopping:
            return self.refuse(503, {'message': 'The instance stops.'})
        self.id = self.host.owners.new_id()
        self.tag = headers.get('x-scf-request-id', self.id)
        self.host.clients[self.id] = self
        handshake = {'id': self.id, 'requestId': str(uuid.uuid4()), 'headers': headers, 'query': query,
                     'sourceIp': self.address, 'stage': found[0], 'parameters': found[1], 'secretId': secret}
        try:
            protocol = self.ask_register(handshake)
        except register.Refused as refused:
            del self.host.clients[self.id]
            return self.refuse(refused.status, refused.body)
        if self.has_left():
            self.leave('leftDuringRegister')
            return False
        return self.open(protocol, rest)

    def ask_register(self, handshake):
        function = self.host.function('register')
        if function is None:
            return None
        return register.decide(self.service, function.invoke(events.register(self.service, handshake),
                                                             str(uuid.uuid4()), self.tag))

    def open(self, protocol, rest):
        headers = [] if protocol is None else [(b'Sec-WebSocket-Protocol', protocol.encode('ascii'))]
        try:
            with self.lock:
                self.sock.sendall(self.ws.send(AcceptConnection(extra_headers=headers)))
                self.state = 'open'
                self.spoke = time.monotonic()
                for payload in self.early:
                    self.send(payload)
        except OSError:
            self.leave('leftDuringRegister')
            return False
        self.rest = rest
        return True

    def has_left(self):
        ready = select.select([self.sock], [], [], 0)[0]
        try:
            return bool(ready) and self.sock.recv(1, socket.MSG_PEEK) == b''
        except OSError:
            return True

    def refuse(self, status, body):
        self.host.log(self.tag, 'refused: %d %s' % (status, json.dumps(body, ensure_ascii=False)))
        text = json.dumps(body, ensure_ascii=False, separators=(',', ':')).encode('utf-8')
        reason = http_reason(status)
        lines = ['HTTP/1.1 %d %s' % (status, reason), 'Content-Type: application/json; charset=utf-8',
                 'Content-Length: %d' % len(text), 'Connection: close']
        if status == 426:
            lines += ['Upgrade: websocket', 'Sec-WebSocket-Version: 13']
        self.sock.sendall('\r\n'.join(lines + ['', '']).encode('latin-1') + text)
        self.end_tcp()
        return None

    # -- messages

    def read_messages(self):
        """Until the connection has ended, and the client's Close frame is here, where one is to be."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        idle = self.service['backendTimeout']
        if self.rest:
            self.take(self.rest)
        while self.state != 'gone' and self.close_came is None:
            left = self.spoke + (idle if self.state == 'open' else FAREWELL) - time.monotonic()
            if not poll.poll(max(left, 0) * 1000 + 1 if self.state == 'open' else 100):
                if self.state == 'open' and time.monotonic() - self.spoke >= idle:
                    self.end('idle', self.service['emulator']['idleCloseCode'])
                continue
            data = self.sock.recv(65536)
            if not data:
                self.end('clientVanished')
                return
            self.take(data)

    def take(self, data):
        try:
            with self.lock:
                self.ws.receive_data(data)
            self.take_events()
        except RemoteProtocolError as error:
            self.end('protocolError', getattr(error.event_hint, 'code', 1002))

    parts = size = None

    def wait_for_room(self, size):
        with self.room:
            while self.waiting >= WAITING or self.waiting > 0 and self.waiting_bytes + size > LARGEST:
                self.room.wait()
            self.waiting += 1
            self.waiting_bytes += size

    def make_room(self, size):
        with self.room:
            self.waiting -= 1
            self.waiting_bytes -= size
            self.room.notify()

    def take_events(self):
        for event in self.ws.events():
            if isinstance(event, Ping):
                with self.lock:
                    self.sock.sendall(self.ws.send(event.response()))
            elif isinstance(event, CloseConnection) and self.ws.state is ConnectionState.OPEN:
                self.end('protocolError', event.code)  # The library's own word on a broken frame.
            elif isinstance(event, CloseConnection):
                self.close_came = event
                self.end('clientClose', event.code)
            elif isinstance(event, Message) and self.state == 'open':
                text = isinstance(event, TextMessage)
                if self.parts is None:
                    self.parts, self.size = [], 0
                self.parts.append(event.data if text else bytes(event.data))
                self.size += len(event.data.encode('utf-8') if text else event.data)
                if self.size > LARGEST or len(self.parts) > FRAGMENTS:
                    self.end('protocolError', 1009 if self.size > LARGEST else 1008)
                    return
                if event.message_finished:
                    whole, size = ('' if text else b'').join(self.parts), self.size
                    self.parts = self.size = None
                    self.touch('toServer')
                    self.wait_for_room(size)
                    self.inbox.put((whole, size))

    def touch(self, direction):
        if direction in self.service['emulator']['idleResetOn']:
            self.spoke = time.monotonic()

    def work(self):
        """The events of this client, one after the other; the last one is its Cleanup, and then its Close frame."""
        function = self.host.function('transfer')
        while True:
            item = self.inbox.get()
            if isinstance(item, End):
                self.leave(item.cause, item.code)
                return
            message, size = item
            try:
                result = function.invoke(events.transfer(self.service, self.id, message), str(uuid.uuid4()), self.tag)
                drops = result.outcome in ('platformError', 'gatewayTimeout') or (
                    result.outcome == 'userError' and self.service['emulator']['closeOnUserError'])
            except Exception:  # A fault of the host's costs this client, with its Cleanup.
                self.host.log(self.tag, traceback.format_exc())
                drops = True
            self.make_room(size)
            if drops:
                self.end('platformFailure')

    # -- pushes

    def push(self, payload):
        """(errNo, errMsg); payload None closes."""
        with self.lock:
            if self.state == 'connecting':
                if payload is not None and self.service['emulator']['queueUntilOpen']:
                    self.early.append(payload)
                    return pushes.OK, 'ok'
                return pushes.NOT_OPEN, 'the handshake of %s is not finished' % self.id
            if self.state != 'open':
                return unknown(self.id)
            if payload is None:
                self.end('pushClosing', self.service['emulator']['pushCloseCode'])
                return pushes.OK, 'ok'
            try:
                self.send(payload)
                return pushes.OK, 'ok'
            except OSError:
                self.end('clientVanished')
                return pushes.DIED, 'the socket of %s died while sending' % self.id

    def send(self, payload):
        message = BytesMessage(data=payload) if isinstance(payload, bytes) else TextMessage(data=payload)
        self.sock.sendall(self.ws.send(message))
        self.touch('toClient')

    # -- the end

    def end(self, cause, code=None):
        """No more messages; what came before runs, then the Cleanup."""
        with self.lock:
            if self.state != 'open':
                return
            self.state = 'ending'
            self.spoke = time.monotonic()
        self.inbox.put(End(cause, code))

    def leave(self, cause, code=None):
        """Runs the Cleanup, and only then lets the client go: the instance may stop with its last connection."""
        function = self.host.function('cleanup')
        with self.lock:
            self.state = 'ending'
        self.host.clients.pop(self.id, None)
        self.host.leaving.add(self)
        try:
            if function is not None and cause in self.service['emulator']['cleanupOn']:
                function.invoke(events.cleanup(self.id), str(uuid.uuid4()), self.tag)
            self.say_goodbye(cause, code)
        finally:
            self.state = 'gone'
            self.host.leaving.discard(self)
            self.sock.close()

    def say_goodbye(self, cause, code):
        try:
            with self.lock:
                if self.close_came is not None:
                    self.sock.sendall(self.ws.send(self.close_came.response()))
                elif cause not in ('platformFailure', 'clientVanished', 'leftDuringRegister'):
                    self.sock.sendall(self.ws.send(CloseConnection(code=code)))
                    self.spoke = time.monotonic()
            if cause != 'clientVanished':
                self.end_tcp()
        except (OSError, ValueError, LocalProtocolError):
            pass  # The client did not wait for it, or has been told.

    def end_tcp(self):
        """Waits a little for the client to end its side: what it still sends must not cut off what it is told."""
        self.sock.shutdown(socket.SHUT_WR)
        until = time.monotonic() + FAREWELL
        while time.monotonic() < until:
            if select.select([self.sock], [], [], 0.1)[0] and not self.sock.recv(65536):
                return


def unknown(connection):
    return pushes.UNKNOWN, 'the connection %s is unknown or closed' % connection


def http_reason(status):
    from http.client import responses
    return responses.get(status, 'Refused')

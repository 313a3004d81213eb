"""Which instance holds a connection: its id begins with the instance's name. Pushes to connections of others are
published to their owner over Redis, who answers; the same as in the Node.js host. Nobody subscribed means that the
instance is gone, unless Redis has just been away: then it may be on its way back."""
import base64
import json
import os
import threading
import time
import uuid

import pushes

NAME_BYTES = 6
# Seconds that another instance may take for a push: less than the 3 that a function has by default.
ANSWER_LIMIT = 2
# Seconds between two tries to have an answer heard.
ANSWER_PAUSE = 0.05
# Seconds that instances may need to find a Redis again that was away.
BACK_LIMIT = 10


class Owners(object):
    def __init__(self):
        self.name = os.urandom(NAME_BYTES)
        self.redis = None
        self.asked = {}
        # When Redis was found again.
        self.back = None
        # Whether an answer can come.
        self.hears = False

    def new_id(self):
        return base64.b64encode(self.name + os.urandom(16 - NAME_BYTES)).decode('ascii')

    def join(self, url, push, log):
        """Raises when Redis cannot be reached. `push(connection, payload)` is for those that others ask for."""
        import redis
        self.redis = redis.Redis.from_url(url, socket_keepalive=True, health_check_interval=15)
        owners = self

        class Messages(redis.client.PubSub):
            def on_connect(self, connection):  # Not for the first time.
                owners.back = time.monotonic()
                redis.client.PubSub.on_connect(self, connection)
                owners.hears = True

        messages = Messages(self.redis.connection_pool, ignore_subscribe_messages=True)
        messages.subscribe(channel(self.name.hex()))
        self.hears = True
        threading.Thread(target=self.listen, args=(messages, push, log), daemon=True).start()

    def listen(self, messages, push, log):
        while True:
            try:
                message = messages.get_message(timeout=60)
            except Exception as error:  # Redis is away: the library connects and subscribes again.
                self.back, self.hears = time.monotonic(), False
                log('', 'Redis: %s' % error)
                time.sleep(1)
                continue
            if message is not None:
                try:
                    self.receive(json.loads(message['data'].decode('utf-8')), push)
                except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
                    log('', 'Redis: a message that no instance wrote was left out')
                except Exception as error:  # Whatever happens to one push, the next ones are heard.
                    log('', 'Redis: %s' % error)

    def receive(self, message, push):
        if 'answers' in message:
            waiting = self.asked.get(message['answers'])
            if waiting is not None:
                verdict = message['verdict']
                waiting.verdict = int(verdict['errNo']), verdict['errMsg'] + ''
                waiting.event.set()
            return
        wire, asker, ask = message['request'], channel(message['from']), message['ask']
        if wire.get('close'):
            payload = None
        elif 'text' in wire:
            payload = wire['text'] + ''
        else:
            payload = base64.b64decode(wire['binary'])
        number, text = push(wire['id'], payload)
        self.reply(asker, json.dumps({'answers': ask, 'verdict': {'errNo': number, 'errMsg': text}}))

    def reply(self, asker, text):
        """Each connection to Redis that a push needs is found again by itself: what was pushed would have no answer where
        this instance's, or the one on which the asker listens, comes last. So it is said until it is heard."""
        def again():
            until = time.monotonic() + ANSWER_LIMIT
            while not self.said(asker, text) and time.monotonic() < until:
                time.sleep(ANSWER_PAUSE)
        if not self.said(asker, text):
            threading.Thread(target=again, daemon=True).start()

    def said(self, asker, text):
        try:
            return self.redis.publish(asker, text) > 0
        except Exception:  # Redis is away, which the listener tells.
            return False

    def forward(self, connection, payload, service):
        """(errNo, errMsg) of the instance that holds it; None: no other does."""
        try:
            raw = base64.b64decode(connection.encode('ascii'), validate=True)
        except ValueError:
            return None
        owner = raw[:NAME_BYTES]
        if self.redis is None or len(raw) != 16 or owner == self.name:
            return None
        if not self.hears:
            return pushes.DIED, 'Redis cannot be reached: an answer would not be heard'
        wire = {'id': connection}
        if payload is None:
            wire['close'] = True
        elif isinstance(payload, bytes):
            wire['binary'] = base64.b64encode(payload).decode('ascii')
        else:
            wire['text'] = payload
        ask, waiting = str(uuid.uuid4()), Waiting()
        self.asked[ask] = waiting
        try:
            call = {'from': self.name.hex(), 'ask': ask, 'service': service, 'request': wire}
            if self.redis.publish(channel(owner.hex()), json.dumps(call)) == 0:
                if self.back is not None and time.monotonic() - self.back < BACK_LIMIT:
                    return pushes.DIED, 'it is not known yet who holds %s: Redis was away' % connection
                return pushes.UNKNOWN, 'the connection %s is unknown or closed' % connection
            if not waiting.event.wait(ANSWER_LIMIT):
                return pushes.DIED, 'the instance that holds %s does not answer' % connection
            return waiting.verdict
        except Exception as error:
            return pushes.DIED, 'Redis cannot be reached: %s' % error
        finally:
            del self.asked[ask]


class Waiting(object):
    def __init__(self):
        self.event = threading.Event()
        self.verdict = None


def channel(name):
    return 'scfws:webfn:' + name

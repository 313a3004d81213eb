"""Which instance holds a connection: its id begins with the instance's name. Pushes to connections of others are
published to their owner over Redis, who answers; the same as in the Node.js host."""
import base64
import json
import os
import threading
import uuid

import pushes

NAME_BYTES = 6
# Seconds that another instance may take for a push.
ANSWER_LIMIT = 5


class Owners(object):
    def __init__(self):
        self.name = os.urandom(NAME_BYTES)
        self.redis = None
        self.asked = {}

    def new_id(self):
        return base64.b64encode(self.name + os.urandom(16 - NAME_BYTES)).decode('ascii')

    def join(self, url, push, log):
        """Raises when Redis cannot be reached. `push(connection, payload)` is for those that others ask for."""
        import redis
        self.redis = redis.Redis.from_url(url, socket_keepalive=True, health_check_interval=15)
        messages = self.redis.pubsub(ignore_subscribe_messages=True)
        messages.subscribe(channel(self.name.hex()))
        threading.Thread(target=self.listen, args=(messages, push, log), daemon=True).start()

    def listen(self, messages, push, log):
        while True:
            try:
                message = messages.get_message(timeout=60)
                if message is not None:
                    self.receive(json.loads(message['data'].decode('utf-8')), push)
            except Exception as error:  # Redis is away: the library connects and subscribes again.
                log('', 'Redis: %s' % error)
                threading.Event().wait(1)

    def receive(self, message, push):
        if 'answers' in message:
            waiting = self.asked.get(message['answers'])
            if waiting is not None:
                waiting.verdict = message['verdict']
                waiting.event.set()
            return
        wire = message['request']
        payload = wire.get('text')
        if wire.get('close'):
            payload = None
        elif payload is None:
            payload = base64.b64decode(wire['binary'])
        number, text = push(wire['id'], payload)
        answer = {'answers': message['ask'], 'verdict': {'errNo': number, 'errMsg': text}}
        self.redis.publish(channel(message['from']), json.dumps(answer))

    def forward(self, connection, payload, service):
        """(errNo, errMsg) of the instance that holds it; None: no other does."""
        try:
            raw = base64.b64decode(connection.encode('ascii'), validate=True)
        except ValueError:
            return None
        owner = raw[:NAME_BYTES]
        if self.redis is None or len(raw) != 16 or owner == self.name:
            return None
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
                return pushes.UNKNOWN, 'the connection %s is unknown or closed' % connection
            if not waiting.event.wait(ANSWER_LIMIT):
                return pushes.DIED, 'the instance that holds %s does not answer' % connection
            return waiting.verdict['errNo'], waiting.verdict['errMsg']
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

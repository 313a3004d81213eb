# Sends every message back through the push address, on a connection that is kept alive.
import http.client
import json
import os
import socket
from urllib.parse import urlsplit

target = urlsplit(os.environ["wsBackUrl"])
client = http.client.HTTPConnection(target.hostname, target.port)
headers = {"Content-Type": "application/json"}


def connect():
    client.connect()
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def main_handler(event, context):
    websocket = event["websocket"]
    if websocket["action"] == "connecting":
        return {"errNo": 0, "errMsg": "ok", "websocket": websocket}
    if websocket["action"] == "data send":
        if client.sock is None:
            connect()
        client.request("POST", target.path, json.dumps({"websocket": websocket}), headers)
        client.getresponse().read()
    return "ok"

# Sends every message back through the push address: on a connection that is kept alive, or, with BENCH_CLIENT=requests,
# on a new one each time, as the vendor's samples do. The message `all` goes to everyone who is connected.
import http.client
import json
import os
import socket
from urllib.parse import urlsplit

target = urlsplit(os.environ["wsBackUrl"])
client = http.client.HTTPConnection(target.hostname, target.port)
headers = {"Content-Type": "application/json"}
everyone = set()
if os.environ.get("BENCH_CLIENT") == "requests":
    import requests
else:
    requests = None


def connect():
    client.connect()
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def push(message):
    if requests is not None:
        requests.post(os.environ["wsBackUrl"], json=message)
        return
    if client.sock is None:
        connect()
    client.request("POST", target.path, json.dumps(message), headers)
    client.getresponse().read()


def main_handler(event, context):
    websocket = event["websocket"]
    if websocket["action"] == "connecting":
        everyone.add(websocket["secConnectionID"])
        return {"errNo": 0, "errMsg": "ok", "websocket": websocket}
    if websocket["action"] == "data send":
        for id in list(everyone) if websocket["data"] == "all" else [websocket["secConnectionID"]]:
            push({"websocket": dict(websocket, secConnectionID=id)})
    return "ok"

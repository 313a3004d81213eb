# The same for serverless-offline: an AWS WebSocket handler that answers through the management API; with
# BENCH_CLIENT=requests on a new connection each time.
import http.client
import os
from urllib.parse import quote

client = http.client.HTTPConnection("127.0.0.1", int(os.environ["BENCH_PORT"]))
if os.environ.get("BENCH_CLIENT") == "requests":
    import requests
else:
    requests = None


def main(event, context):
    request = event["requestContext"]
    if request["routeKey"] == "$default":
        path = "/@connections/" + quote(request["connectionId"], safe="")
        if requests is not None:
            requests.post("http://127.0.0.1:" + os.environ["BENCH_PORT"] + path, event["body"])
        else:
            client.request("POST", path, event["body"])
            client.getresponse().read()
    return {"statusCode": 200, "body": "ok"}

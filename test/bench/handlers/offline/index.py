# The same for serverless-offline: an AWS WebSocket handler that answers through the management API.
import http.client
import os
from urllib.parse import quote

client = http.client.HTTPConnection("127.0.0.1", int(os.environ["BENCH_PORT"]))


def main(event, context):
    request = event["requestContext"]
    if request["routeKey"] == "$default":
        client.request("POST", "/@connections/" + quote(request["connectionId"], safe=""), event["body"])
        client.getresponse().read()
    return {"statusCode": 200, "body": "ok"}

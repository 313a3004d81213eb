"""Sends to a client through the reverse push address of the API."""
import base64
import json
import os
import socket

try:
    from http.client import BadStatusLine, HTTPConnection
    from urllib.parse import urlsplit
except ImportError:  # Python 2
    from httplib import BadStatusLine, HTTPConnection  # type: ignore
    from urlparse import urlsplit  # type: ignore

TYPE_CHECKING = False  # Language servers take it for true.
if TYPE_CHECKING:
    from typing import Union

    from scfws_types import ClosingPush, DataPush

# On your machine the emulator sets SCFWS_PUSH_URL. For the cloud, fill in the reverse push address that
# the API Gateway console shows for this API, or set the same environment variable there.
PUSH_URL = os.environ.get(
    'SCFWS_PUSH_URL',
    'http://set-xxxxxxxx.cb-xxxxxxxx.apigateway.tencentyun.com/api-xxxxxxxx',
)

STILL_CONNECTING = 9002  # The emulator's errNo for a client that Register has not let in yet.

_address = urlsplit(PUSH_URL)
_http = HTTPConnection(_address.hostname or '', _address.port, timeout=2)


def send_text(connection, text):
    return _post({
        'action': 'data send', 'secConnectionID': connection, 'dataType': 'text', 'data': text,
    })


def send_binary(connection, data):
    encoded = base64.b64encode(data).decode('ascii')
    return _post({
        'action': 'data send', 'secConnectionID': connection, 'dataType': 'binary', 'data': encoded,
    })


def close(connection):
    return _post({'action': 'closing', 'secConnectionID': connection})


def _post(websocket):
    # type: (Union[DataPush, ClosingPush]) -> int
    """Returns the errNo of the answer: 0 when the client got it, anything else when it did not."""
    body = json.dumps({'websocket': websocket}).encode('ascii')
    try:
        answer = _request(body)
    except socket.timeout:
        raise
    except (BadStatusLine, EnvironmentError):
        # The connection is kept between pushes, and the other side may have closed it meanwhile.
        answer = _request(body)
    return json.loads(answer.decode('utf-8'))['errNo']


def _request(body):
    try:
        _http.request('POST', _address.path, body, {'Content-Type': 'application/json'})
        return _http.getresponse().read()
    except Exception:
        _http.close()
        raise

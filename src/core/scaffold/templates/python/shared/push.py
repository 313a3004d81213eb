"""Sends to a client through the reverse push address of the API."""
import base64
import http.client
import json
import os
from typing import TYPE_CHECKING, Union
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scfws_types import ClosingPush, DataPush

# On your machine the emulator sets SCFWS_PUSH_URL. For the cloud, fill in the reverse push address that
# the API Gateway console shows for this API, or set the same environment variable there.
PUSH_URL = os.environ.get(
    'SCFWS_PUSH_URL',
    'http://set-xxxxxxxx.cb-xxxxxxxx.apigateway.tencentyun.com/api-xxxxxxxx',
)

STILL_CONNECTING = 9002  # The emulator's errNo for a client that Register has not let in yet.

_address = urlsplit(PUSH_URL)
_http = http.client.HTTPConnection(_address.hostname or '', _address.port, timeout=2)


def send_text(connection: str, text: str) -> int:
    return _post({
        'action': 'data send', 'secConnectionID': connection, 'dataType': 'text', 'data': text,
    })


def send_binary(connection: str, data: bytes) -> int:
    encoded = base64.b64encode(data).decode()
    return _post({
        'action': 'data send', 'secConnectionID': connection, 'dataType': 'binary', 'data': encoded,
    })


def close(connection: str) -> int:
    return _post({'action': 'closing', 'secConnectionID': connection})


def _post(websocket: 'Union[DataPush, ClosingPush]') -> int:
    """Returns the errNo of the answer: 0 when the client got it, anything else when it did not."""
    body = json.dumps({'websocket': websocket}).encode()
    try:
        answer = _request(body)
    except ConnectionError:
        # The connection is kept between pushes, and the other side may have closed it meanwhile.
        answer = _request(body)
    return json.loads(answer.decode())['errNo']


def _request(body):
    try:
        _http.request('POST', _address.path, body, {'Content-Type': 'application/json'})
        return _http.getresponse().read()
    except Exception:
        _http.close()
        raise

# -*- coding: utf-8 -*-
"""Pushes that an HTTP client hands to a proxy, which never reach the gateway; and any request that a proxy refused."""
import json
import os
import re
import sys

import scfws_channel as channel
import scfws_failures as failures
import scfws_hooks as hooks
import scfws_output as output

PY2 = sys.version_info[0] == 2
# What proxies answer by themselves.
REFUSALS = (403, 407, 502, 503, 504)
VARIABLE = re.compile('^(https?|all)_proxy$', re.I)
TUNNEL = re.compile(r'Tunnel connection failed: (\d{3})')
KINDS = ('ProxyError', 'ClientHttpProxyError', 'ClientProxyConnectionError', 'ProxyConnectionError')


class Told(object):
    """Proxies that were told, each once; and the invocation that was: what its client makes of it is not told again."""
    proxies = set()
    within = None


class Aim(object):
    # Whether an address is the push address, or the vendor's.
    is_push = staticmethod(lambda address: False)


def install(is_push):
    Aim.is_push = staticmethod(is_push)
    failures.explain_proxy(refused)
    hooks.after_import('httplib' if PY2 else 'http.client', patch_http)
    hooks.after_import('urllib3.connection', patch_urllib3)


def note(proxy, status, frame):
    Told.within = output.invocation()
    if proxy in Told.proxies:
        return
    Told.proxies.add(proxy)
    said = {'notice': 'proxied', 'push': True}
    said.update(facts(proxy, status))
    place = failures.users_place(frame)
    if place is not None:
        said['place'] = place
    channel.send('N', output.invocation() or '-', json.dumps(said))


def facts(proxy, status):
    """Without what is not known."""
    name = variable_of(proxy)
    known = (('proxy', proxy), ('status', status), ('variable', name))
    return {key: value for key, value in known if value is not None}


def address_of(proxy):
    """host:port of what a variable has as a proxy; None: it has none."""
    found = re.match(u'^(?:([a-z][a-z0-9+.-]*)://)?(?:[^@/]*@)?(\\[[^\\]]*\\]|[^:/]+)(?::(\\d+))?/?', proxy or u'', re.I)
    if found is None:
        return None
    return '%s:%s' % (found.group(2).lower(), found.group(3) or (443 if found.group(1) == 'https' else 80))


def variables():
    return [(name, address_of(failures.text(value))) for name, value in os.environ.items() if VARIABLE.match(name)]


def variable_of(proxy):
    """The environment variable with this proxy."""
    found = [name for name, address in sorted(variables()) if address is not None and address == proxy]
    return found[0] if found else None


def any_proxy():
    """Of the variables: clients keep to themselves which one they took."""
    found = set(address for _, address in variables())
    return found.pop() if len(found) == 1 else None


def patch_http(http):
    connection = http.HTTPConnection
    endheaders, getresponse = connection.endheaders, connection.getresponse

    def endheaders_watched(self, *arguments, **options):
        try:
            return endheaders(self, *arguments, **options)
        except Exception:
            if self.sock is None and (getattr(self, '_scfws_proxied', False) or tunnels(self)):
                note(of_connection(self), None, sys._getframe(1))
            raise

    def getresponse_watched(self, *arguments, **options):
        response = getresponse(self, *arguments, **options)
        if getattr(self, '_scfws_proxied', False) and response.status in REFUSALS:
            note(of_connection(self), response.status, sys._getframe(1))
        return response

    connection.endheaders = endheaders_watched
    connection.getresponse = getresponse_watched
    watch_tunnel(connection)


def patch_urllib3(module):
    # Some versions bring a way of their own.
    if '_tunnel' in vars(module.HTTPConnection):
        watch_tunnel(module.HTTPConnection)


def tunnels(connection):
    host = getattr(connection, '_tunnel_host', None)
    return bool(host) and Aim.is_push('http://%s:%s' % (failures.text(host), connection._tunnel_port))


def watch_tunnel(connection):
    original = connection._tunnel

    def tunnel(self):
        is_push = tunnels(self)  # Closed, it may have forgotten.
        try:
            return original(self)
        except Exception as error:
            found = TUNNEL.search(str(error))
            if found is not None and is_push:
                note(of_connection(self), int(found.group(1)), sys._getframe(1))
            raise

    connection._tunnel = tunnel


def of_connection(connection):
    return '%s:%s' % (connection.host.lower(), connection.port)


def look(response, address):
    """At an answer of a client that writes its requests itself: the gateway never says this by itself."""
    if response is not None and getattr(response, 'status_code', getattr(response, 'status', 0)) == 407:
        if Aim.is_push(address):
            note(any_proxy(), 407, sys._getframe(1))
    return response


def refused(error):
    """What a proxy has to do with a failed request; None: nothing. Empty where it was told already.

    What an error came of counts, and not what was merely caught before it: a way without the proxy may have failed then.
    """
    request = output.invocation()
    for _ in range(6):
        if error is None:
            return None
        found = of_error(error)
        if found is not None:
            proxy, status, address = found
            if Told.within is not None and Told.within == request or proxy in Told.proxies:
                return {}
            proxy = proxy or any_proxy()
            answer = facts(proxy, status)
            answer['push'] = bool(address) and Aim.is_push(address)
            return answer
        error = getattr(error, 'reason', None) if isinstance(getattr(error, 'reason', None), Exception) else \
            getattr(error, '__cause__', None)
    return None


def of_error(error):
    """(proxy, status, address of the request) where a proxy refused it or could not be reached."""
    try:
        message = failures.text(str(error))
    except Exception:
        message = u''
    name = type(error).__name__
    status = getattr(getattr(error, 'response', None), 'status_code', None)
    if name in ('HTTPError', 'ClientResponseError'):
        status = status or getattr(error, 'code', getattr(error, 'status', None))
    address = getattr(getattr(error, 'request', None), 'url', None) or getattr(error, 'url', None)
    address = None if address is None else u'%s' % (address,)
    tunnel = TUNNEL.search(message)
    if status == 407 or tunnel is not None:
        return None, 407 if status == 407 else int(tunnel.group(1)), address
    return (None, None, address) if name in KINDS else None

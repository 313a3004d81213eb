# -*- coding: utf-8 -*-
"""Leads requests for the vendor's push hosts to the local push address, and signs pushes with their invocation.

Below the HTTP clients: names are resolved to the local gateway, TLS is left out, and http.client (which requests,
urllib and urllib3 use) writes the local path and Host. aiohttp and httpx write their requests themselves; they are
changed where they take one.
"""
import os
import re
import sys

import scfws_addresses as addresses
import scfws_failures as failures
import scfws_hooks as hooks
import scfws_output as output
import scfws_proxies as proxies

PY2 = sys.version_info[0] == 2
if PY2:
    from urllib import quote
else:
    from urllib.parse import quote
    from scfws_awaited import looked_at
VENDOR = re.compile(r'^set-[^/]*\.apigateway\.tencentyun\.com$', re.I)


class Push(object):
    redirect = True
    # Whether pushes say which line of the user's code makes them.
    naming = False
    host = ''
    port = 0
    path = ''


def install(url, redirect, reuse):
    found = re.match(r'^http://([^/:]+):(\d+)(/.*)$', url)
    Push.host, Push.port, Push.path = str(found.group(1)), int(found.group(2)), str(found.group(3))
    Push.redirect = redirect
    addresses.install()
    proxies.install(is_push)
    hooks.after_import('socket', patch_socket)
    hooks.after_import('ssl', patch_ssl)
    hooks.after_import('httplib' if PY2 else 'http.client', patch_http)
    if not PY2:
        if reuse:
            hooks.after_import('requests.adapters', keep_connections)
        hooks.after_import('aiohttp.client', patch_aiohttp)
        hooks.after_import('httpx._client', patch_httpx)


def keep_connections(adapters):
    """Loaded here, since what it imports would cost each handler that does not push in this way."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    try:
        import scfws_connections
    finally:
        sys.path.remove(here)
    scfws_connections.patch(adapters, Push, is_vendor, local_headers)


def is_vendor(host):
    """Whether requests for this host are ours to answer."""
    if not host:
        return False
    if isinstance(host, bytes):
        host = host.decode('latin-1')
    host = host.rstrip('.')
    if not Push.redirect or not VENDOR.match(host):
        return False
    addresses.note(host, 'redirected')
    return True


def is_push(address):
    """Whether a whole address is one of the gateway's, or of the vendor's push hosts."""
    found = re.match(r'^https?://([^/:?#]+)(?::(\d+))?(?:/|$)', address)
    if found is None:
        return False
    host, port = found.groups()
    return VENDOR.match(host) is not None or host in (Push.host, 'localhost') and port == str(Push.port)


def patch_socket(socket):
    original = socket.getaddrinfo

    def getaddrinfo(host, port, *arguments, **options):
        if host and host != Push.host:
            addresses.judge_host(host)
        if is_vendor(host):
            host, port = Push.host, Push.port
        return original(host, port, *arguments, **options)

    socket.getaddrinfo = getaddrinfo


def patch_ssl(ssl):
    import socket
    context = getattr(ssl, 'SSLContext', None)
    if context is None:
        return
    original = context.wrap_socket

    class Plain(socket.socket if not PY2 else object):
        """What a client expects of an encrypted socket, as far as it asks before the first byte."""

        def getpeercert(self, binary_form=False):
            return b'' if binary_form else {'subjectAltName': (('DNS', self.peer_name),)}

        def version(self):
            return None

        def cipher(self):
            return None

        def selected_alpn_protocol(self):
            return None

        def selected_npn_protocol(self):
            return None

    def wrap_socket(self, sock, *arguments, **options):
        name = options.get('server_hostname')
        if not is_vendor(name):
            return original(self, sock, *arguments, **options)
        if PY2:
            return sock
        timeout = sock.gettimeout()
        plain = Plain(sock.family, sock.type, sock.proto, fileno=sock.detach())
        plain.settimeout(timeout)
        plain.peer_name = name
        return plain

    context.wrap_socket = wrap_socket


def patch_http(http):
    connection = http.HTTPConnection
    putrequest, putheader = connection.putrequest, connection.putheader

    def putrequest_local(self, method, url, skip_host=False, skip_accept_encoding=False):
        vendor = is_vendor(self.host)
        self._scfws_host = None
        host = self.host
        is_gateway = self.host in (Push.host, 'localhost') and self.port == Push.port
        self._scfws_proxied = is_push(url) and not vendor and not is_gateway
        if vendor:
            self._scfws_host = '%s:%d' % (Push.host, Push.port)
            putrequest(self, method, Push.path, True, skip_accept_encoding)
            putheader(self, 'Host', self._scfws_host)
        else:
            putrequest(self, method, url, skip_host, skip_accept_encoding)
        if vendor or (self.port == Push.port and url.startswith(Push.path)):
            for name, value in local_headers(host if vendor else None).items():
                putheader(self, name, value)

    def putheader_local(self, name, *values):
        if getattr(self, '_scfws_host', None) is not None and is_host(name):
            return
        putheader(self, name, *values)

    connection.putrequest = putrequest_local
    connection.putheader = putheader_local


def is_host(name):
    return (name.decode('latin-1') if isinstance(name, bytes) else name).lower() == 'host'


def local_headers(vendor):
    headers = {}
    request = output.invocation()
    if request is not None:
        headers['x-scfws-invocation'] = request
        place = failures.users_place(sys._getframe(1)) if Push.naming else None
        if place is not None:
            headers['x-scfws-line'] = '%s:%d' % (quote(place['file'].encode('utf-8')), place['line'])
    if vendor is not None:
        headers['x-scfws-redirected-from'] = vendor
    return headers


def watched(answer, address):
    """An answer, or what will bring one, with a look at it on its way."""
    if hasattr(answer, '__await__'):
        return looked_at(answer, lambda response: proxies.look(response, address))
    return proxies.look(answer, address)


def patch_aiohttp(aiohttp):
    session = aiohttp.ClientSession
    original = session._request

    def _request(self, method, url, **options):
        addresses.judge(url)
        address = aiohttp.URL(str(url)) if not isinstance(url, aiohttp.URL) else url
        vendor = address.host if is_vendor(address.host) else None
        if vendor is not None:
            url = aiohttp.URL('http://%s:%d%s' % (Push.host, Push.port, Push.path))
        if vendor is not None or (address.port == Push.port and address.path.startswith(Push.path)):
            headers = dict(options.get('headers') or {})
            headers = {name: value for name, value in headers.items() if not (vendor and is_host(name))}
            headers.update(local_headers(vendor))
            options['headers'] = headers
        answer = original(self, method, url, **options)
        return watched(answer, str(url)) if is_push(str(url)) else answer

    session._request = _request


def patch_httpx(httpx):
    def change(request):
        vendor = request.url.host if is_vendor(request.url.host) else None
        if vendor is not None:
            request.url = request.url.copy_with(scheme='http', host=Push.host, port=Push.port,
                                                raw_path=Push.path.encode('ascii'))
            request.headers['host'] = '%s:%d' % (Push.host, Push.port)
        if vendor is not None or (request.url.port == Push.port and request.url.path.startswith(Push.path)):
            request.headers.update(local_headers(vendor))

    addresses.judging(httpx.BaseClient, 'build_request', (1, 'url'))

    def wrap(original):
        def send(self, request, *arguments, **options):
            change(request)
            answer, address = original(self, request, *arguments, **options), str(request.url)
            return watched(answer, address) if is_push(address) else answer
        return send

    for client in (httpx.Client, httpx.AsyncClient):
        client.send = wrap(client.send)

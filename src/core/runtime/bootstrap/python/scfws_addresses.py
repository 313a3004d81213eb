# -*- coding: utf-8 -*-
"""Addresses that a handler gives to its HTTP client and that were never filled in; and those that a client refused."""
import json
import re
import sys
import threading

import scfws_channel as channel
import scfws_failures as failures
import scfws_hooks as hooks
import scfws_output as output

PY2 = sys.version_info[0] == 2
# In the place of a host, or of the whole address where it has none.
PLACEHOLDER = re.compile(
    u'[*<>{}$]|%[sd]|(^|[.-])x{3,}([.-]|$)|x{4,}|\\.{3}|\u2026'
    u'|(^|[^a-z])your([^a-z]|push|url|host|domain|address|service|gateway|$)'
    u'|(^|\\.)example(\\.(com|org|net))?$|\\.invalid$'
    u'|^(todo|tbd|fixme|placeholder|host(name)?|domain|ip|address|url|change[-_]?me|replace[-_]?me'
    u'|(ws[-_]?)?(push|back|send[-_]?back)[-_]?(url|host|address))$'
    u'|\u4f60\u7684|\u60a8\u7684|\u5730\u5740|\u66ff\u6362|\u586b\u5199|\u63a8\u9001', re.I)
# Classes with which clients refuse an address before they connect.
REFUSALS = ('MissingSchema', 'InvalidSchema', 'InvalidURL', 'LocationParseError', 'LocationValueError',
            'URLSchemeUnknown', 'NonHttpUrlClientError', 'InvalidUrlClientError', 'UnsupportedProtocol',
            'NonHttpUrlRedirectClientError')


class Noted(object):
    """The invocation that used a placeholder last: what its client makes of it is not told once more."""
    within = None


class Seen(threading.local):
    """What this thread gave to a client last."""
    address = None


seen = Seen()
told = set()
# Hosts and addresses that are none, so that each push costs one look.
good = set()


def note(host, notice):
    """Tells each host once."""
    if (host, notice) in told:
        return
    told.add((host, notice))
    said = {'notice': notice, 'host': host}
    place = failures.users_place(sys._getframe(1)) if notice == 'placeholder' else None
    if place is not None:
        said['place'] = place
    channel.send('N', output.invocation() or '-', json.dumps(said))


def judge(address):
    """Remarks on what can be no real address: a URL, a host, or whatever else a client was given."""
    if address is None:
        return
    try:
        address = failures.text(address if isinstance(address, bytes) else u'%s' % (address,))
    except Exception:
        return  # The client says what is wrong with it.
    seen.address = address
    if address in good:
        return
    if is_placeholder(address):
        Noted.within = output.invocation()
        note(host_of(address), 'placeholder')
    elif len(good) < 1000:
        good.add(address)


def judge_host(host):
    """The same for a name that is looked up; what the client was given tells more, and is kept."""
    if host is not None and (Noted.within is None or Noted.within != output.invocation()):
        before = seen.address
        judge(host)
        seen.address = before or seen.address


def is_placeholder(address):
    host = host_of(address)
    return re.match(u'^\\[?[0-9a-f:.]+\\]?$', host, re.I) is None and PLACEHOLDER.search(host) is not None


def host_of(address):
    authority = re.match(u'^[a-z][a-z0-9+.-]*://([^/?#]*)', address, re.I)
    return re.sub(u'^.*@|:\\w*$', u'', authority.group(1) if authority else address).strip()[:200]


def refused(error):
    """The address that the client of a failed request refused, or found no host for; None: that was not it."""
    address = seen.address
    if address is None or Noted.within == output.invocation() or not is_refusal(error):
        return None
    return address


def is_refusal(error):
    for _ in range(6):
        if error is None:
            return False
        name = type(error).__name__
        if name in REFUSALS:
            return True
        if name == 'gaierror' or isinstance(getattr(error, 'reason', None), IOError) and \
                type(error.reason).__name__ == 'gaierror':
            # A host with dots may well be real, and away for now.
            host = re.sub(u'^[a-z]+://|[:/?#].*$', u'', seen.address, flags=re.I)
            return re.search(u'[^.]\\.[^.]', host) is None
        if isinstance(error, ValueError) and re.match('unknown url type|no host given|label empty or too long'
                                                      '|encoding with .idna. codec failed', str(error)):
            return True
        if 'no host given' in str(error):
            return True
        error = getattr(error, '__cause__', None) or getattr(error, '__context__', None)
    return False


def install():
    failures.explain_address(refused)
    hooks.after_import('requests.sessions', patch_requests)
    hooks.after_import('urllib2' if PY2 else 'urllib.request', patch_urllib)
    hooks.after_import('urllib3.poolmanager', patch_urllib3)
    hooks.after_import('httplib' if PY2 else 'http.client', patch_http)


def judging(owner, name, which, look=judge):
    """`which`: index of the address among the arguments, and its name."""
    original = getattr(owner, name)
    index, word = which

    def judged(self, *arguments, **options):
        look(options[word] if word in options else arguments[index] if index < len(arguments) else None)
        return original(self, *arguments, **options)

    setattr(owner, name, judged)


def patch_requests(sessions):
    judging(sessions.Session, 'request', (1, 'url'))


def patch_urllib3(manager):
    judging(manager.PoolManager, 'urlopen', (1, 'url'))


def patch_http(client):
    judging(client.HTTPConnection, '__init__', (0, 'host'), judge_host)


def patch_urllib(request):
    original = request.OpenerDirector.open

    def judged(self, fullurl, *arguments, **options):
        judge(fullurl if isinstance(fullurl, (type(''), type(u''))) else getattr(fullurl, 'full_url', None))
        return original(self, fullurl, *arguments, **options)

    request.OpenerDirector.open = judged
    judging(request.Request, '__init__', (0, 'url'))

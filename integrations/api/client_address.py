"""Where a request comes from, told by those proxies alone that the operator has named."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of the caller.

    Each proxy appends the address it was called from to X-Forwarded-For, so with n of our own
    (settings.TRUSTED_PROXIES) the n-th from the end is the caller; everything before it is what
    the caller wrote. With fewer entries somebody has called past the proxies.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    trusted = settings.TRUSTED_PROXIES
    forwarded = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
    if trusted < 1 or len(forwarded) < trusted:
        return peer
    return _without_port(forwarded[-trusted]) or peer


def _without_port(text: str) -> str:
    """ "203.0.113.7:4711", "[2001:db8::1]:4711" → the address; "" if it is none."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""

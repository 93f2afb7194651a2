"""Which addresses may be called, now that outsiders name them: none inside our own network.

Checked when an address is saved and again at each delivery, where the connection goes to exactly
the address that was checked: a name may point elsewhere a moment later. Source of the rules: OWASP
"Server Side Request Forgery Prevention", IANA's special-purpose address registries.

The library requests-hardened does something like it, but looks only at the first address of a
name, takes any port and plain http, and knows no exceptions that an operator may grant.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

IPAddress = IPv4Address | IPv6Address
# (host, port) → its addresses as text; raises OSError. Tests bring their own.
Resolver = Callable[[str, int], list[str]]

_PLAIN = re.compile(r"[\x21-\x7e]+")
_PORTS = {"https": 443, "http": 80}
_NAT64 = ip_network("64:ff9b::/96")
# All that is given out for use in the internet; the rest is link-local, private, multicast …
_GLOBAL_V6 = ip_network("2000::/3")
# Not global either, though Python 3.11 thinks so, or not for us.
_REFUSED = (
    ip_network("192.0.0.0/24"),  # IETF protocol assignments
    ip_network("192.88.99.0/24"),  # 6to4 relays
    ip_network("168.63.129.16/32"),  # Azure's own services, seen from its machines
    ip_network("3fff::/20"),  # documentation
)


class AddressRefused(Exception):
    """We do not call this address; the text says why, in the language active when raised."""


class AddressUnknown(Exception):
    """The name cannot be resolved at present; the text is for people."""


class Target(NamedTuple):
    """Where a message goes; `addresses` are all that the name has, each of them allowed."""

    scheme: str
    host: str
    port: int
    addresses: list[str]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name as the system knows them, each once. "2130706433" and "0x7f.1" are
    names for 127.0.0.1 here, as for every program that would connect."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_rest, sockaddr in found))


def check_address(url: str, *, resolve: Resolver = resolve) -> Target:
    """Where `url` leads. Raises AddressRefused and AddressUnknown."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused(_("This is not an address of the web.")) from error
    # A backslash or a blank would be read differently by different programs.
    if not _PLAIN.fullmatch(url) or "\\" in url:
        raise AddressRefused(_("The address contains characters that addresses do not have."))
    if not host or parts.scheme not in _PORTS:
        raise AddressRefused(_("The address must begin with https://."))
    if "@" in parts.netloc:
        raise AddressRefused(_("The address must not contain a user name or password."))
    port = port or _PORTS[parts.scheme]
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise AddressUnknown(_("“%(host)s” cannot be found in the internet.") % {"host": host})
    _check(parts.scheme, host, port, addresses)
    return Target(parts.scheme, host, port, addresses)


def check_host(host: str, addresses: list[str]) -> None:
    """For what the dealers' administrators enter as the address of a partner, at any port: `host`
    has these addresses. Raises AddressRefused unless all of them may be called."""
    for address in map(ip_address, addresses):
        is_here = settings.OUTBOUND_ALLOW_LOOPBACK and address.is_loopback
        if not is_here and not _is_allowed(address):
            raise AddressRefused(_not_public(host))


def _check(scheme: str, host: str, port: int, addresses: list[str]) -> None:
    found = [ip_address(address) for address in addresses]
    if settings.OUTBOUND_ALLOW_LOOPBACK and all(address.is_loopback for address in found):
        return
    if scheme != "https":
        raise AddressRefused(_("The address must begin with https://."))
    if port not in settings.WEBHOOK_PORTS:
        raise AddressRefused(_("The port %(port)d is not allowed.") % {"port": port})
    if not all(_is_allowed(address) for address in found):
        raise AddressRefused(_not_public(host))


def _not_public(host: str) -> str:
    return _("“%(host)s” is not an address of the public internet.") % {"host": host}


def _is_allowed(address: IPAddress) -> bool:
    if any(address in network for network in settings.OUTBOUND_PRIVATE_NETWORKS):
        return True
    return all(_is_public(one) for one in _unwrapped(address))


def _is_public(address: IPAddress) -> bool:
    if any(address in network for network in _REFUSED):
        return False
    is_in_use = address.version == 4 or address in _GLOBAL_V6
    return is_in_use and address.is_global and not address.is_multicast


def _unwrapped(address: IPAddress) -> Iterator[IPAddress]:
    """Where packets for this address end: some IPv6 addresses contain an IPv4 address."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo  # the server and the client
    elif address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
    else:
        yield address

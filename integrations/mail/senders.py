"""Who a mail is from: whether that is a person, allowed to write here, and really who it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum

from leads.models.identity import office_domain

# They send the mails of many people, or of nobody.
_PORTALS = (
    *("autoscout24.com", "autoscout24.de", "mobile.de", "juhu.auto", "bdk-bank.de"),
    *("ju-connect.org", "kleinanzeigen.de", "heycar.com", "heycar.de", "carwow.de", "pkw.de"),
    *("autohero.com", "facebookmail.com", "google.com", "autouncle.de", "dein.auto"),
)
_NOBODY = re.compile(
    r"(?:no|do[._-]?not|nicht)[._-]?(?:reply|answer|antworten)|mailer-daemon|postmaster|bounces?"
    r"|notifications?|newsletter|wordpress|www-data|root|automailer",
    re.I,
)
_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]{1,20})([^;]{0,500})", re.I)
_DOMAIN = re.compile(
    r"(?:header\.(?:d|i|from)|smtp\.mailfrom)\s*=\s*\"?(?:[^@\s;\"]{0,200}@)?([a-z0-9.-]{1,253})",
    re.I,
)


class Verdict(Enum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def is_within(domain: str, other: str) -> bool:
    """Whether the domain is the other one or below it."""
    return domain == other or domain.endswith(f".{other}")


def is_person(address: str, *, own: Sequence[str] = ()) -> bool:
    """Whether somebody may be behind this address: neither a portal nor a machine nor ourselves.
    `own` are addresses of the office; a form on its website writes from its domain."""
    if not address:
        return False
    name, domain = address.partition("@")[0], domain_of(address)
    if _NOBODY.match(name) or any(is_within(domain, one) for one in _PORTALS):
        return False
    offices = {office_domain(one) for one in own} - {""}
    return address not in own and not any(is_within(domain, one) for one in offices)


def is_allowed(address: str, allowed: Iterable[str]) -> bool:
    """`allowed` are addresses and domains, "@" before a domain or not; none: everybody."""
    lines = [line.strip().lower() for line in allowed if line.strip()]
    if not lines:
        return True
    domain = domain_of(address)
    return any(
        address == line or ("@" not in line.lstrip("@") and is_within(domain, line.lstrip("@")))
        for line in lines
    )


def verdict(checks: Iterable[str], address: str, *, checked_by: str) -> Verdict:
    """What the dealer's mail server says of the sender (Authentication-Results, RFC 8601).

    Anybody can write such a header: only the topmost one of `checked_by` is believed. Without
    that name nothing is confirmed; that it failed is believed all the same.
    """
    written = [one for one in checks if one]
    server = checked_by.strip().lower()
    theirs = [one for one in written if (one.split(";")[0].split() or [""])[0].lower() == server]
    if server and not theirs:
        return Verdict.UNKNOWN
    results = _RESULT.findall((theirs if server else written or [""])[0])
    domain = domain_of(address)
    if server and any(_confirms(kind, word, rest, domain) for kind, word, rest in results):
        return Verdict.PASSED
    said = {(kind.lower(), result.lower()) for kind, result, _rest in results}
    if ("dmarc", "fail") in said or (("spf", "fail") in said and ("dkim", "pass") not in said):
        return Verdict.FAILED
    return Verdict.UNKNOWN


def _confirms(kind: str, result: str, rest: str, domain: str) -> bool:
    """Whether it says yes of the domain that people see."""
    if result.lower() != "pass" or not domain:
        return False
    named = [one.lower() for one in _DOMAIN.findall(rest)]
    if kind.lower() == "dmarc":
        return not named or domain in named
    return any(is_within(domain, one) or is_within(one, domain) for one in named)

"""From which marketplace an enquiry comes, where its mail says so; README.md, "Source"."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.mail.senders import domain_of, is_within
from leads.models.keys import catalog_key


@dataclass(frozen=True, slots=True)
class Marketplace:
    """`source` is a key of our sources, or the name of one. A form may call it by its source, by
    `names` (in lower case) or by its domains."""

    source: str
    domains: tuple[str, ...]
    names: tuple[str, ...] = ()


MARKETPLACES = (
    Marketplace("mobile_de", ("mobile.de",), ("mobile",)),
    Marketplace(
        "autoscout24",
        ("autoscout24.de", "autoscout24.com"),
        ("autoscout24", "autoscout 24", "autoscout", "as24"),
    ),
    # mobile.de tells its leads from there apart (Lead API, source KLEINANZEIGEN).
    Marketplace("Kleinanzeigen", ("kleinanzeigen.de",), ("kleinanzeigen",)),
    Marketplace("juhu_auto", ("juhu.auto",), ("juhu",)),
    Marketplace("ju_connect", ("ju-connect.org",), ("ju-connect",)),
)
_BY_NAME = {
    name: one.source
    for one in MARKETPLACES
    for name in (catalog_key(one.source), *one.names, *one.domains)
}


def source_of_sender(address: str) -> str:
    """ "noreply@team.mobile.de" → "mobile_de"; "" if no marketplace writes from there."""
    domain = domain_of(address)
    found = (
        one.source for one in MARKETPLACES if any(is_within(domain, own) for own in one.domains)
    )
    return next(found, "")


def source_called(name: str) -> str:
    """What the line "Quelle" of a form says, if that is a marketplace; "" otherwise."""
    return _BY_NAME.get(catalog_key(name), "")

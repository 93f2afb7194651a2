"""A mail as the ledger keeps it: as it came, with what the mailbox said about its leads then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from django.utils.translation import gettext as _

from integrations.mail.schema import Letter
from integrations.models.connection import Connection
from integrations.reading import fitting_id
from leads.models.intake import IntakeEntry
from leads.services.intake import Message, Unusable

_SENDER = "mail:"


def sender_of(connection_id: int) -> str:
    return f"{_SENDER}{connection_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What was said of the mailbox when the mail came: reading it again later must not depend
    on today's settings."""

    location: str = ""
    partner_number: str = ""
    source: str = ""
    campaign: str = ""
    addresses: tuple[str, ...] = ()  # our own
    allowed: tuple[str, ...] = ()
    checked_by: str = ""

    @classmethod
    def of(cls, connection: Connection) -> Self:
        location = connection.location
        own = [connection.client_id, connection.dealer.email]
        return cls(
            location=location.name if location else "",
            partner_number=location.bdk_partner_number if location else "",
            source=connection.default_source,
            campaign=connection.default_campaign,
            addresses=tuple(one.strip().lower() for one in own if "@" in one),
            allowed=tuple(filter(None, map(str.strip, connection.mail_senders.splitlines()))),
            checked_by=connection.mail_checked_by,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        texts = ("location", "partner_number", "source", "campaign", "checked_by")
        return cls(
            **{name: str(data.get(name) or "") for name in texts},
            addresses=tuple(data.get("addresses") or ()),
            allowed=tuple(data.get("allowed") or ()),
        )

    def as_json(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Post:
    """A mail taken out of its envelope. `is_cut`: too large, only its beginning was kept.
    `is_released`: a person has asked for it to be read although something speaks against it."""

    letter: Letter
    settings: Settings
    raw: bytes
    is_cut: bool = False
    is_released: bool = False


def message_from(raw: bytes, settings: Settings, *, is_cut: bool) -> Message:
    """A mail for the ledger, named by its Message-ID and what it says: the same mail delivered
    twice is one, and another one under the same Message-ID is not lost."""
    letter = Letter.from_bytes(raw)
    content = {"mailbox": settings.as_json(), "is_cut": is_cut, "mail": raw.decode("latin-1")}
    number = fitting_id(letter.message_id)
    return Message(
        message_id=f"{number}:{letter.fingerprint}" if number else letter.fingerprint,
        raw=json.dumps(content, ensure_ascii=False),
        outside_id=number,
    )


def open_entry(entry: IntakeEntry) -> Post:
    """What a person has corrected is the text of the mail, instead of all it said. Raises
    Unusable."""
    post = open_text(entry.raw)
    letter = post.letter
    if entry.corrected:
        letter = replace(letter, text=entry.corrected, html="", comments="", attachments=())
    # Whatever spoke against it was said the first time.
    return replace(post, letter=letter, is_released=entry.attempts > 0 or bool(entry.corrected))


def open_text(kept: str) -> Post:
    """What the ledger keeps of a mail. Raises Unusable."""
    try:
        data = json.loads(kept)
        raw = data["mail"].encode("latin-1")
        settings = Settings.from_json(data.get("mailbox") or {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(_("This is not a mail as it is kept here.")) from error
    return Post(Letter.from_bytes(raw), settings, raw, is_cut=data.get("is_cut") is True)

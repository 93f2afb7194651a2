"""What websites send, nested as programs do or flat as HTML forms do → one shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

Json = Any  # whatever JSON can hold

# The trap, how long it took, and what our own page adds; none of them belongs to the enquiry.
TRAP = "website"
ELAPSED = "elapsed_ms"
TOKEN = "token"  # noqa: S105
_TECHNICAL = {TRAP, ELAPSED, TOKEN, "form_key"}

CONSENT_PREFIX = "consent_"
_TEXTS = (
    "salutation",
    "first_name",
    "last_name",
    "name",
    "company",
    "email",
    "phone",
    "street",
    "postal_code",
    "city",
    "message",
    "location",
)
# Objects within the message; flat clients send "vehicle_ref", "test_drive_date" …
SECTIONS = {
    "vehicle": ("ref", "vin", "url"),
    "test_drive": ("date", "daypart"),
    "callback": ("from", "to"),
    "trade_in": ("make", "model", "first_registration", "mileage_km"),
}
# Saying the section's name alone ("test_drive=on") is a wish.
WISHED_SECTIONS = ("test_drive", "callback", "trade_in")
_TRACKING = ("gclid", "fbclid", "referrer")
_UTM = "utm_"
_WISHES = ("wishes", "wishes[]")  # PHP reads lists only by the second name
_YES = ("on", "yes", "ja", "true", "1")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentItem:
    """One consent as sent; `granted` only if it was said plainly."""

    purpose: str
    granted: bool
    text: str = ""
    version: str = ""
    at: Json = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FormPayload:
    """The values as sent, each whatever JSON can hold, None if it was not sent.

    `values` has the flat names of all known fields; `further` is everything else.
    """

    values: Mapping[str, Json] = field(default_factory=dict)
    wishes: tuple[Json, ...] = ()
    consents: tuple[ConsentItem, ...] = ()
    tracking: Mapping[str, Json] = field(default_factory=dict)
    further: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def from_payload(cls, data: Mapping[str, Json]) -> Self:
        values: dict[str, Json] = {}
        further: dict[str, Json] = {}
        tracking: dict[str, Json] = {}
        wishes: list[Json] = []
        consents: list[ConsentItem] = []
        for name, value in _flat(data):
            if name in _TECHNICAL:
                continue
            if name in FIELDS:
                values[name] = value
            elif name in WISHED_SECTIONS:
                wishes += [name] if says_yes(value) else []
            elif name in _WISHES:
                wishes += _listed(value)
            elif name == "consents":
                consents += _consents(value)
            elif name.startswith(CONSENT_PREFIX):
                purpose = name.removeprefix(CONSENT_PREFIX)
                consents.append(ConsentItem(purpose=purpose, granted=says_yes(value)))
            elif name in _TRACKING or name.startswith(_UTM):
                tracking[name] = value
            else:
                further[name] = value
        return cls(
            values=values,
            wishes=tuple(wishes),
            consents=tuple(consents),
            tracking=tracking,
            further=further,
        )


FIELDS = (
    *_TEXTS,
    *(f"{section}_{name}" for section, names in SECTIONS.items() for name in names),
)


def says_yes(value: Json) -> bool:
    """A ticked box, as browsers and programs say it."""
    if isinstance(value, str):
        return value.strip().casefold() in _YES
    return value is True or value == 1


def _flat(data: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Without the levels of objects that we know; what is within others stays together."""
    for name, value in data.items():
        if name in SECTIONS and isinstance(value, dict):
            yield from ((f"{name}_{inner}", one) for inner, one in value.items())
        elif name == "tracking" and isinstance(value, dict):
            yield from value.items()
        elif name == "vehicle":
            yield "vehicle_ref", value
        else:
            yield name, value


def _listed(value: Json) -> list[Json]:
    """ "test_drive, finance", a list, or one word."""
    if isinstance(value, str):
        return [word for part in value.split(",") if (word := part.strip())]
    return value if isinstance(value, list) else [] if value is None else [value]


def _consents(value: Json) -> Iterator[ConsentItem]:
    for one in _listed(value):
        if isinstance(one, str):
            yield ConsentItem(purpose=one, granted=True)
        elif isinstance(one, dict) and isinstance(one.get("purpose"), str):
            yield ConsentItem(
                purpose=one["purpose"],
                granted=says_yes(one.get("granted")),
                text=_text(one.get("text")),
                version=_text(one.get("version")),
                at=one.get("at"),
            )


def _text(value: Json) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value if isinstance(value, str) else ""

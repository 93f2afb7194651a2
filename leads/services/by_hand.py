"""Leads typed in by staff take the same road as all others: booked, then received."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import translation
from django.utils.translation import gettext as _

from leads.models.dealer import Dealer
from leads.models.intake import Channel, IntakeEntry
from leads.models.user import User
from leads.models.warning import WarningCode
from leads.services.drafts import LeadDraft
from leads.services.intake import Message, Unusable, book, json_of, process

SENDER = "manual"


def receive_by_hand(
    dealer: Dealer, draft: LeadDraft, *, token: str, by: User, now: datetime
) -> IntakeEntry:
    """Book and receive what somebody typed; the entry says what became of it.

    `token` names the form that was filled in: sent twice, it makes one lead.
    """
    raw = json.dumps(asdict(draft), cls=DjangoJSONEncoder, ensure_ascii=False)
    draft = _looked_at(draft)
    message = Message(message_id=token, raw=raw)
    [entry] = book(dealer, channel=Channel.MANUAL, sender=SENDER, messages=[message], now=now)
    if not entry.outcome:
        process(dealer, [entry], lambda _entry: draft, now=now, actor=by)
    return entry


def parse(entry: IntakeEntry) -> LeadDraft:
    """What somebody has typed in before, read from its entry. Raises Unusable."""
    with translation.override(settings.LANGUAGE_CODE):
        said = json_of(entry)
        try:
            return _looked_at(_read(LeadDraft, said))
        except (TypeError, ValueError, ArithmeticError) as error:
            # Not the error's own words: they quote the value.
            raise Unusable(_("It does not have the form in which leads are kept.")) from error


def _looked_at(draft: LeadDraft) -> LeadDraft:
    """Who types in a lead has looked; it is a case of its own."""
    return replace(draft, sender=SENDER, attaches=False, overrides_staff=True)


def _read(cls: type[Any], said: Any) -> Any:
    """What `asdict` and JSON made of a dataclass, as that dataclass again."""
    types = get_type_hints(cls)
    return cls(**{name: _value(types[name], value) for name, value in _named(said, types)})


def _named(said: Any, types: Mapping[str, Any]) -> list[tuple[str, Any]]:
    if not isinstance(said, dict) or not said.keys() <= types.keys():
        raise TypeError
    return list(said.items())


def _value(wanted: Any, value: Any) -> Any:
    kinds = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
    if value is None and NoneType in kinds:
        return None
    kind = next(one for one in kinds if one is not NoneType)
    if is_dataclass(kind) and isinstance(kind, type):
        return _read(kind, value)
    if read := _READERS.get(kind):
        return read(value)
    if get_origin(kind) is tuple:
        return tuple(_value(get_args(kind)[0], one) for one in value)
    if not isinstance(value, _CLASSES.get(kind, object)):
        raise TypeError
    return value


_READERS: dict[Any, Callable[[Any], Any]] = {
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    WarningCode: WarningCode,
}
_CLASSES: dict[Any, type] = {str: str, bool: bool, int: int}

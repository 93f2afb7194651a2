"""Leads typed in by staff take the same road as all others: booked, then received."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder

from leads.models.dealer import Dealer
from leads.models.intake import Channel, IntakeEntry
from leads.models.user import User
from leads.services.drafts import LeadDraft
from leads.services.intake import Message, book, process

SENDER = "manual"


def receive_by_hand(
    dealer: Dealer, draft: LeadDraft, *, token: str, by: User, now: datetime
) -> IntakeEntry:
    """Book and receive what somebody typed; the entry says what became of it.

    `token` names the form that was filled in: sent twice, it makes one lead.
    """
    raw = json.dumps(asdict(draft), cls=DjangoJSONEncoder, ensure_ascii=False)
    message = Message(message_id=token, raw=raw)
    [entry] = book(dealer, channel=Channel.MANUAL, sender=SENDER, messages=[message], now=now)
    if not entry.outcome:
        process(dealer, [entry], lambda _entry: draft, now=now, actor=by)
    return entry

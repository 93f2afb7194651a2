"""Messages that partners bring to our door: booked, committed, then made into leads.

The sender hears "received" as soon as its message is on disk. Whatever happens to it after that
is ours: a person finds it in quarantine, or a round takes it up again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation

from integrations import letters
from integrations.adf import mapping as adf
from integrations.bdk import sync as bdk
from integrations.google_ads import mapping as google_ads
from integrations.website_form import mapping as website_form
from leads.models.dealer import Dealer
from leads.models.intake import Channel, IntakeEntry
from leads.services.api_keys import as_key_may
from leads.services.drafts import LeadDraft
from leads.services.intake import Message, Parse, Unusable, book, process
from leads.services.replaying import arrival_order

logger = logging.getLogger(__name__)

# Channels whose messages are processed after their sender has been answered. What Meta announces
# is still to be fetched (meta/sync.py); a Dr. Klein Vorgang is answered with its lead.
PARSE: dict[str, Parse] = {
    Channel.ADF: adf.parse,
    Channel.FORM: website_form.parse,
    Channel.GOOGLE_ADS: google_ads.parse,
    Channel.MAIL: letters.parse,
}
# The same for those whose sender is not on the line any more; BDK's leads, too, whether it brought
# them or a run that was killed has fetched them, if this comes before the next run.
_PARSE_LATER = {**PARSE, Channel.ADF: as_key_may(adf.parse), Channel.BDK: bdk.parse_alone}
# Whoever has just booked a message is about to process it.
_PATIENCE = timedelta(minutes=1)
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message of a call. `is_repeat`: processed before, or named twice in the call."""

    entry: IntakeEntry
    is_repeat: bool


def take_in(
    dealer: Dealer,
    *,
    channel: Channel,
    sender: str,
    messages: Sequence[Message],
    now: datetime,
    creates_entries: bool = True,
    parse: Parse | None = None,
) -> list[Arrival]:
    """Book the messages and make leads of those that are new; one arrival per message.

    `creates_entries`: whether they may add to the catalogues (LeadDraft). `parse`: instead of the
    channel's usual one. When it returns they are on disk; it raises only if they are not.
    """
    read = parse or PARSE[channel]

    def draft_of(entry: IntakeEntry) -> LeadDraft:
        return replace(read(entry), creates_entries=creates_entries)

    with translation.override(settings.LANGUAGE_CODE):
        with transaction.atomic(durable=True):
            entries = book(dealer, channel=channel, sender=sender, messages=messages, now=now)
        arrivals: list[Arrival] = []
        new: dict[int, IntakeEntry] = {}
        for entry in entries:
            arrivals.append(Arrival(entry, bool(entry.outcome) or entry.pk in new))
            if not entry.outcome:
                new.setdefault(entry.pk, entry)
        _make_leads(dealer, list(new.values()), draft_of, now=now)
    return arrivals


def keep(
    dealer: Dealer, *, channel: Channel, sender: str, message: Message, reason: str, now: datetime
) -> None:
    """Book a message that no lead may be made of by itself: it waits in quarantine for a person.

    `reason` is a sentence in the language of the office, without personal data.
    """

    def refuse(_entry: IntakeEntry) -> LeadDraft:
        raise Unusable(reason)

    with transaction.atomic(durable=True):
        entries = book(dealer, channel=channel, sender=sender, messages=[message], now=now)
        process(dealer, [one for one in entries if not one.outcome], refuse, now=now)


def finish_interrupted(*, now: datetime) -> int:
    """Make leads of what was booked and left behind, by a crash or because the database was
    away; how many there were, at most a batch."""
    waiting = IntakeEntry.objects.unprocessed().filter(
        channel__in=_PARSE_LATER, received_at__lt=now - _PATIENCE, dealer__is_active=True
    )
    entries = list(waiting.select_related("dealer").order_by("pk")[:_BATCH])
    entries.sort(key=arrival_order)
    with translation.override(settings.LANGUAGE_CODE):
        for dealer, channel in {(one.dealer, one.channel) for one in entries}:
            theirs = [one for one in entries if (one.dealer, one.channel) == (dealer, channel)]
            _make_leads(dealer, theirs, _PARSE_LATER[channel], now=now)
    return sum(1 for one in entries if one.outcome)


def _make_leads(
    dealer: Dealer, entries: Sequence[IntakeEntry], parse: Parse, *, now: datetime
) -> None:
    if not entries:
        return
    try:
        process(dealer, entries, parse, now=now)
    except (OperationalError, InterfaceError) as error:
        # Not the sender's business: the messages are on disk, `finish_interrupted` comes back.
        logger.warning("%d messages wait to be processed: %s", len(entries), type(error).__name__)

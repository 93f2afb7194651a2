"""How the messages of each channel are read, and processing them again with all that follows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction

from integrations import letters, outbox
from integrations.adf import mapping as adf
from integrations.bdk import sync as bdk
from integrations.drklein import mapping as drklein
from integrations.google_ads import mapping as google_ads
from integrations.meta import mapping as meta
from integrations.website_form import mapping as website_form
from leads.api.replaying import draft_of_entry
from leads.models import Channel, Dealer, IntakeEntry, User
from leads.services import by_hand
from leads.services.api_keys import as_key_may
from leads.services.replaying import Parsers, is_replayable, replay
from leads.services.retrying import retried


def parsers(now: datetime) -> Parsers:
    """By channel, the function that reads its messages. Excel is not among them: a row is corrected
    in its list, and the list uploaded once more."""
    return {
        Channel.ADF: as_key_may(adf.parse),
        Channel.API: as_key_may(partial(draft_of_entry, now=now)),
        Channel.BDK: bdk.parse_alone,
        Channel.DRKLEIN: as_key_may(drklein.parse),
        Channel.FORM: website_form.parse,
        Channel.GOOGLE_ADS: google_ads.parse,
        Channel.MAIL: letters.parse,
        Channel.MANUAL: by_hand.parse,
        Channel.META: meta.parse,
    }


@retried
@transaction.atomic
def process_again(
    dealer: Dealer, pks: Collection[int], *, by: User | None, now: datetime
) -> list[IntakeEntry]:
    """Replay the dealer's entries with these ids and let their receipts go out again, so that a
    partner who was told "rejected" hears "stored". The entries that were processed, as they are
    now; what cannot be processed again is left out."""
    rows = IntakeEntry.objects.for_dealer(dealer).filter(pk__in=pks).select_related("dealer")
    found = parsers(now)
    entries = [entry for entry in rows if is_replayable(entry, found)]
    replay(dealer, entries, found, by=by, now=now)
    outbox.acknowledge_again(dealer, entries, now=now)
    return entries

"""Messages of the ledger once more: as they came, or as a person corrected them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry, IntakeEntryQuerySet, Outcome
from leads.models.user import User
from leads.services.drafts import Receipt
from leads.services.intake import Parse, process

# Nothing came of these yet. What became a lead is changed there, not here.
REPLAYABLE = (
    "",
    Outcome.QUARANTINED,
    Outcome.REJECTED,
    Outcome.SET_ASIDE,
    Outcome.UNDONE,
)
# By channel; a channel that is not in it cannot be processed again.
Parsers = Mapping[str, Parse]

_TOGETHER = 100  # entries made into leads in one transaction


class Deed(models.TextChoices):
    """What the log tells of people and a message."""

    OPENED = "opened", gettext_lazy("Message opened")
    CORRECTED = "corrected", gettext_lazy("Message corrected")
    PROCESSED = "processed", gettext_lazy("Processed again")
    SET_ASIDE = "set_aside", pgettext_lazy("what was done", "Set aside")


class NotReplayable(Exception):
    """Something came of the message meanwhile, or its text was deleted."""


@transaction.atomic
def correct_entry(entry: IntakeEntry, text: str, *, by: User, now: datetime) -> None:
    """Keep what a person made of a message, to be processed instead of it; the message itself
    stays as it came. Raises NotReplayable."""
    rows = IntakeEntry.objects.for_dealer(entry.dealer_id)
    rows = rows.filter(raw_deleted_at=None, is_change=False)
    if not rows.select_for_update().filter(pk=entry.pk, outcome__in=REPLAYABLE).exists():
        raise NotReplayable
    entry.corrected, entry.corrected_by, entry.corrected_at = text, by, now
    entry.save(update_fields=["corrected", "corrected_by", "corrected_at"])
    note(by, [entry], Deed.CORRECTED)


def replay(
    dealer: Dealer,
    entries: Sequence[IntakeEntry],
    parsers: Parsers,
    *,
    by: User | None,
    now: datetime,
) -> list[Receipt | None]:
    """Process these entries again; for each its receipt, or None where there still is no lead.

    Only what is quarantined, rejected, set aside or not processed yet: the others, changes of
    leads, those whose text is deleted and those of a channel without a parser stay as they are.
    Each outcome and reason stands on its entry afterwards, in the language of the office; the log
    says who did it, and which parser read it before and now.
    """
    waiting = [one for one in entries if is_replayable(one, parsers)]
    before = {one.pk: one.parser for one in waiting}
    receipts: dict[int, Receipt | None] = {}
    with translation.override(settings.LANGUAGE_CODE):
        for channel in dict.fromkeys(one.channel for one in waiting):
            of_channel = sorted(
                (one for one in waiting if one.channel == channel), key=arrival_order
            )
            for start in range(0, len(of_channel), _TOGETHER):
                batch = of_channel[start : start + _TOGETHER]
                found = process(dealer, batch, parsers[channel], now=now)
                receipts |= {one.pk: got for one, got in zip(batch, found, strict=True)}
    by_words: dict[str, list[IntakeEntry]] = {}
    for one in waiting:
        by_words.setdefault(_readers(before[one.pk], one.parser), []).append(one)
    for words, same in by_words.items():
        note(by, same, Deed.PROCESSED, more=words)
    return [receipts.get(one.pk) for one in entries]


def _readers(before: str, after: str) -> str:
    """ "mail/adf 1", "mail/adf 1 → mail/adf 2"; "" where there is but one way to read it."""
    return " → ".join(dict.fromkeys(filter(None, [before, after])))


def is_replayable(entry: IntakeEntry, parsers: Parsers) -> bool:
    if entry.outcome not in REPLAYABLE or entry.is_change or entry.channel not in parsers:
        return False
    return entry.raw_deleted_at is None


def arrival_order(entry: IntakeEntry) -> tuple[datetime, int, str]:
    """In which order messages came. Those of one page came at one time; of the versions of one
    lead ("…:9:…", "…:10:…") the one with the shorter name is the older."""
    return entry.received_at, len(entry.message_id), entry.message_id


@transaction.atomic
def set_aside(
    entries: IntakeEntryQuerySet, *, by: User | None, now: datetime, reason: str = ""
) -> int:
    """Take quarantined messages out of what waits for a person: nothing will come of them. They
    can still be processed again. How many there were. `reason`: why, if not a person said so."""
    rows = entries.filter(outcome=Outcome.QUARANTINED).order_by("pk")
    chosen = list(rows.select_for_update().only("pk", "channel", "outside_id"))
    same = IntakeEntry.objects.filter(pk__in=[one.pk for one in chosen])
    with translation.override(settings.LANGUAGE_CODE):
        reason = reason or _("Set aside by a person.")
    same.update(outcome=Outcome.SET_ASIDE, reason=reason, processed_at=now)
    note(by, chosen, Deed.SET_ASIDE)
    return len(chosen)


def note(by: User | None, entries: Iterable[IntakeEntry], deed: Deed, *, more: str = "") -> None:
    """Write into the log who did what, in the language of the office; the log is never changed."""
    rows = list(entries)
    if by is not None and rows:
        with translation.override(settings.LANGUAGE_CODE):
            words = " · ".join(filter(None, [str(deed.label), more]))
            LogEntry.objects.log_actions(by.pk, rows, CHANGE, words)

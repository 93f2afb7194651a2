"""Our steps in BDK's words (contract §4.5). Pure.

What a dealer has chosen wins: connection.status_words, {"statuses": {"17": "OFFER"}, "reasons":
{"4": "PRICE"}}, where an empty word means that nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.catalog import CloseReason, Stage, Status


class StatusWord(models.TextChoices):
    RECEIVED = "RECEIVED", _("arrived")
    ASSIGNED = "ASSIGNED", _("assigned")
    CONTACTED = "CONTACTED", _("contacted")
    NOT_REACHED = "NOT_REACHED", _("not reached")
    APPOINTMENT = "APPOINTMENT", _("appointment")
    TEST_DRIVE = "TEST_DRIVE", _("test drive")
    OFFER = "OFFER", _("offer")
    WON = "WON", _("won")
    LOST = "LOST", _("lost")
    INVALID = "INVALID", _("invalid")
    DUPLICATE = "DUPLICATE", _("duplicate")


class ReasonWord(models.TextChoices):
    """Why a lead was lost."""

    PRICE = "PRICE", _("price")
    BOUGHT_ELSEWHERE = "BOUGHT_ELSEWHERE", _("bought elsewhere")
    NO_INTEREST = "NO_INTEREST", _("no interest")
    FINANCE_DECLINED = "FINANCE_DECLINED", _("financing declined")
    NOT_REACHABLE = "NOT_REACHABLE", _("not reachable")


_USUAL: dict[str, StatusWord] = {
    Stage.NEW: StatusWord.RECEIVED,
    Stage.IN_WORK: StatusWord.ASSIGNED,
    Stage.CONTACTED: StatusWord.CONTACTED,
    Stage.NOT_REACHED: StatusWord.NOT_REACHED,
    Stage.APPOINTMENT: StatusWord.APPOINTMENT,
    Stage.TEST_DRIVE: StatusWord.TEST_DRIVE,
    Stage.OFFER: StatusWord.OFFER,
    Stage.WON: StatusWord.WON,
    Stage.LOST: StatusWord.LOST,
    Stage.INVALID: StatusWord.INVALID,
}
_DUPLICATE_KEY = "duplicate"


class Said(NamedTuple):
    status: str  # empty: nothing is said
    reason: str = ""


# What BDK takes a lead for that nobody has told it anything about: its receipt was enough.
AT_FIRST = Said(StatusWord.RECEIVED)


def words_for(
    status: Status,
    reason: CloseReason | None,
    *,
    is_assigned: bool,
    chosen: Mapping[str, Mapping[str, str]],
) -> Said:
    """What BDK hears about a lead in this status."""
    word = chosen.get("statuses", {}).get(str(status.pk))
    if word is None:
        word = usual_word(status)
        if word == StatusWord.RECEIVED and is_assigned:
            word = StatusWord.ASSIGNED
        if word == StatusWord.INVALID and reason and reason.key == _DUPLICATE_KEY:
            word = StatusWord.DUPLICATE
    if word != StatusWord.LOST or reason is None:
        return Said(str(word))
    code = chosen.get("reasons", {}).get(str(reason.pk))
    return Said(str(word), usual_reason(reason) if code is None else code)


def usual_word(status: Status) -> str:
    return str(_USUAL[status.stage])


def usual_reason(reason: CloseReason) -> str:
    """The seeded reasons are named like BDK's codes; of others it hears none."""
    code = reason.key.upper()
    return code if code in ReasonWord.values else ""


def chosen_words(statuses: Mapping[int, Any], reasons: Mapping[int, Any]) -> dict[str, Any]:
    """What differs from the usual, to be kept with the connection; None: the usual."""

    def kept(words: Mapping[int, Any]) -> dict[str, str]:
        return {str(pk): word for pk, word in words.items() if word is not None}

    return {"statuses": kept(statuses), "reasons": kept(reasons)}

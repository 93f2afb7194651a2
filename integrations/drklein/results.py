"""What an answer, or none, means for a case that was sent. Pure; the table stands in README.md.

When in doubt it may have arrived: a case too many cannot be taken back by us.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from integrations.http import Answer, PartnerError, PartnerUnavailable
from integrations.models import Handover
from leads.models.keys import clean_text

State = Handover.State

# The case's number under all names that it ever had in the documents, the best known first.
_NUMBER_KEYS = (
    "europaceVorgangsnummer",
    "vorgangsnummer",
    "drkleinrkVorgangsnummer",
    "crmKennung",
    "vorgangsId",
    "vorgangUuid",
)
_MAX_NUMBER, _MAX_NOTES, _MAX_NOTE = 64, 100, 500
_KEPT = 64 * 1024  # bytes of an answer
_TRY_LATER, _NOT_NOW = 429, 503
_NOT_SIGNED_IN, _FORBIDDEN = 401, 403
_REQUEST_TIMEOUT = 408


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`problem` is a sentence in the language active when it was made, without personal data;
    `notes` are the partner's own words. `retry_after` as sent."""

    state: Handover.State
    problem: str = ""
    case_number: str = ""
    notes: Sequence[str] = ()
    retry_after: str = ""


def judge(answer: Answer) -> Verdict:
    status = answer.status
    if 200 <= status < 300:
        return _taken(answer)
    if status in (_NOT_SIGNED_IN, _FORBIDDEN) or 300 <= status < 400:
        return Verdict(state=State.BLOCKED, problem=_why_blocked(status))
    is_put_off = status == _TRY_LATER or (status == _NOT_NOW and answer.retry_after)
    if is_put_off:
        text = _("Dr. Klein asks to try again later (error %(status)d).")
        return Verdict(
            state=State.WAITING, problem=text % {"status": status}, retry_after=answer.retry_after
        )
    if 400 <= status < 500 and status != _REQUEST_TIMEOUT:
        text = _("Dr. Klein does not accept the details (error %(status)d).")
        return Verdict(state=State.REJECTED, problem=text % {"status": status})
    text = _("Dr. Klein answered with error %(status)d. The case may have been made all the same.")
    return Verdict(state=State.UNKNOWN, problem=text % {"status": status})


def judge_failure(error: PartnerError) -> Verdict:
    """There was no answer to the case itself."""
    if not isinstance(error, PartnerUnavailable):
        return Verdict(state=State.BLOCKED, problem=f"{error} {error.advice}")
    if error.may_have_arrived:
        problem = _("No answer of Dr. Klein came back. The case may have arrived all the same.")
        return Verdict(state=State.UNKNOWN, problem=problem)
    problem = _("%(problem)s Nothing was sent.") % {"problem": error}
    return Verdict(state=State.WAITING, problem=problem, retry_after=error.retry_after)


def kept_text(answer: Answer) -> str:
    """What is kept of an answer, as text."""
    return clean_text(answer.body[:_KEPT].decode(errors="replace"), multiline=True)


def _taken(answer: Answer) -> Verdict:
    content = _content(answer.body)
    number, notes = _number(content), _notes(content.get("messages"))
    if number:
        return Verdict(state=State.FORWARDED, case_number=number, notes=notes)
    text = _("Dr. Klein has taken the lead (%(status)d), but named no case number.")
    problem = text % {"status": answer.status}
    return Verdict(state=State.UNCONFIRMED, problem=problem, notes=notes)


def _why_blocked(status: int) -> str:
    if status == _NOT_SIGNED_IN:
        return _("Dr. Klein does not accept the sign-in (401). Nothing was taken over.")
    if status == _FORBIDDEN:
        return _("Dr. Klein has not granted this account the right to it (403).")
    return _("Dr. Klein's address has moved (%(status)d). Nothing was taken over.") % {
        "status": status
    }


def _content(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _number(content: dict[str, Any]) -> str:
    for key in _NUMBER_KEYS:
        value = content.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            number = clean_text(str(value)).strip()
            if 0 < len(number) <= _MAX_NUMBER:
                return number
    return ""


def _notes(given: Any) -> list[str]:
    """Free text by their documents; whatever else comes is shown as it is."""
    if given is None:
        return []
    listed = given if isinstance(given, list) else [given]
    texts = (one if isinstance(one, str) else json.dumps(one) for one in listed[:_MAX_NOTES])
    cleaned = (" ".join(clean_text(one).split())[:_MAX_NOTE] for one in texts)
    return [one for one in cleaned if one]

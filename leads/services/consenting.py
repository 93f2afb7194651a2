"""Consents that staff write down: what for, in which words, when, and how it was given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from leads.models.lead import Lead
from leads.models.user import User
from leads.services.handling import lock_present, record_change
from leads.services.retrying import retried

# To pass a customer's details on to a broker of loans.
FINANCE_FORWARDING = "finance_forwarding"


@retried
@transaction.atomic
def record_consent(
    lead: Lead, purpose: str, *, text: str, given_at: datetime, via: str, by: User, now: datetime
) -> None:
    """Add a consent to the lead; `text` is the wording the customer agreed to, `via` how
    ("phone"). Earlier ones stay. Raises LeadGone."""
    stored = lock_present(lead)
    consent = {
        "purpose": purpose,
        "granted": True,
        "granted_at": given_at.isoformat(),
        "text": text,
        "via": via,
        "recorded_by": by.pk,
        "recorded_at": now.isoformat(),
    }
    stored.consents = [*stored.consents, consent]
    record_change(stored, ["consents"], by=by, now=now)


def consent_for(lead: Lead, purpose: str) -> dict[str, Any] | None:
    """The consent in force, or None: the newest word of its purpose counts, and only with the
    wording and the time that prove it."""
    said = [one for one in lead.consents if isinstance(one, dict) and _purpose(one) == purpose]
    if not said or said[-1].get("granted") is not True:
        return None
    return said[-1] if said[-1].get("text") and _time(said[-1]) else None


def given_at(consent: dict[str, Any]) -> datetime:
    """When a consent in force was given."""
    at = _time(consent)
    if at is None:
        raise ValueError("a consent without a time proves nothing")
    return at


def _purpose(consent: dict[str, Any]) -> str:
    return str(consent.get("purpose") or "").casefold()


def _time(consent: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(consent.get("granted_at")))
    except ValueError:
        return None
    return at if at.tzinfo else None

"""API keys: made for an outside system, and renewed without an hour in which none is valid."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from leads.models.api_key import ApiKey
from leads.models.intake import IntakeEntry
from leads.models.user import User
from leads.services.drafts import LeadDraft
from leads.services.intake import Parse

DEFAULT_OVERLAP = 7  # days


class NewKey(NamedTuple):
    """The key as stored, and the text for the outside system, which is kept nowhere."""

    key: ApiKey
    secret: str


class KeyRevoked(ValueError):
    """Who was shut out is not let in again by a new key of the same name."""


def make_key(key: ApiKey, *, by: User, form_token: str = "") -> NewKey:
    """Store a new key. `form_token` names the form that it was made with: a second key with the
    same one is an IntegrityError."""
    key.created_by = by
    key.form_token = form_token
    secret = ApiKey.objects.assign_key(key)
    key.save()
    return NewKey(key, secret)


@transaction.atomic
def renew_key(
    key: ApiKey, *, overlap: timedelta, by: User, now: datetime, form_token: str = ""
) -> NewKey:
    """A new key for the same system, with the same rights. Both are valid until `overlap` has
    passed, then the older one expires; where it was to expire before that, it still does.

    A key with an end is followed by one that lives as long. Raises KeyRevoked.
    """
    older = ApiKey.objects.for_dealer(key.dealer_id).select_for_update(no_key=True).get(pk=key.pk)
    if older.revoked:
        raise KeyRevoked
    newer = ApiKey(
        dealer_id=older.dealer_id,
        name=older.name,
        system=older.system,
        scopes=list(older.scopes),
        rate_per_minute=older.rate_per_minute,
        creates_entries=older.creates_entries,
        vorgang_always_real=older.vorgang_always_real,
        vorgang_is_strict=older.vorgang_is_strict,
        expiry_date=older.expiry_date and now + (older.expiry_date - older.created),
        renewed_from=older,
    )
    made = make_key(newer, by=by, form_token=form_token)
    end = now + overlap
    older.expiry_date = min(end, older.expiry_date or end)
    older.save(update_fields=["expiry_date"])
    return made


def as_key_may(parse: Parse) -> Parse:
    """`parse` for messages that a key has brought ("api:portal", "adf:portal") and that are
    processed after its call: what the system may not add to the catalogues is not added then
    either. The newest of its keys says so; a query per message."""

    def parse_within_limits(entry: IntakeEntry) -> LeadDraft:
        system = entry.sender.partition(":")[2]
        keys = ApiKey.objects.for_dealer(entry.dealer_id).filter(system=system).order_by("-pk")
        newest = keys.values_list("creates_entries", flat=True).first()
        return replace(parse(entry), creates_entries=newest is not False)

    return parse_within_limits


def is_made(form_token: str) -> bool:
    """Whether a key was made with this form before."""
    return bool(form_token) and ApiKey.objects.filter(form_token=form_token).exists()

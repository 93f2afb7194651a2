"""A body becomes a draft: names, then fields, then meaning; and what it refers to must exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from leads.api.drafting import draft_change, draft_lead
from leads.api.errors import error_detail
from leads.api.field_names import CHANGE_FIELD_NAMES, FIELD_NAMES, Renaming, Tables
from leads.api.filters import location_names
from leads.api.serializers import LeadChangeSerializer, LeadCreateSerializer
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.enquiry import Enquiry
from leads.models.keys import catalog_key
from leads.models.warning import WarningCode
from leads.services.drafts import DraftWarning, LeadDraft


class UnknownCustomerId(ValidationError):
    """Well-formed, but there is no such customer (any more)."""

    status_code = 422


class Read(NamedTuple):
    """A draft, and the names that its client used for the fields."""

    draft: LeadDraft
    renaming: Renaming


def read_lead(body: dict[str, Any], *, now: datetime, **options: Any) -> Read:
    """A new enquiry; `options` are those of draft_lead. Raises ValidationError with names as the
    client wrote them. No query."""
    values, renaming = _read(body, LeadCreateSerializer, FIELD_NAMES)
    draft = draft_lead(values, now=now, **options)
    if not (_is_enough(draft) or draft.external_id):
        raise _too_little()
    return Read(draft, renaming)


def read_change(body: dict[str, Any], *, now: datetime, **options: Any) -> Read:
    """What shall be different about a lead; `options` are those of draft_change."""
    values, renaming = _read(body, LeadChangeSerializer, CHANGE_FIELD_NAMES)
    return Read(draft_change(values, now=now, **options), renaming)


def check_references(dealer: Dealer, read: Read) -> LeadDraft:
    """The draft, with a warning for a location that nobody knows. Raises UnknownCustomerId, and
    ValidationError for a new enquiry that says too little."""
    [checked] = check_all_references(dealer, [read])
    if isinstance(checked, ValidationError):
        raise checked
    return checked


def check_all_references(
    dealer: Dealer, everything: Sequence[Read]
) -> list[LeadDraft | ValidationError]:
    """For each its draft or its error, in the same order; three queries at most."""
    customers = _known_customers(dealer, everything)
    numbers = _known_numbers(dealer, everything)
    named = any(read.draft.location for read in everything)
    locations = location_names(dealer) if named else set()
    checked: list[LeadDraft | ValidationError] = []
    for draft, renaming in everything:
        if draft.customer_id is not None and draft.customer_id not in customers:
            detail = error_detail(_("There is no customer with this id."), "unknown_customer")
            checked.append(UnknownCustomerId({renaming.spell("customer.id"): [detail]}))
        elif _needs_a_lead(draft) and draft.external_id not in numbers:
            checked.append(_too_little())
        else:
            checked.append(_with_location_judged(draft, locations))
    return checked


def _known_customers(dealer: Dealer, everything: Sequence[Read]) -> set[int]:
    wanted = {read.draft.customer_id for read in everything if read.draft.customer_id}
    if not wanted:
        return set()
    rows = Customer.objects.for_dealer(dealer).order_by()
    return set(rows.filter(pk__in=wanted).values_list("pk", flat=True))


def _known_numbers(dealer: Dealer, everything: Sequence[Read]) -> set[str]:
    """Of the numbers whose drafts say too little for a new lead, those that name one."""
    wanted = [read.draft for read in everything if _needs_a_lead(read.draft)]
    if not wanted:
        return set()
    rows = Enquiry.objects.for_dealer(dealer).order_by().filter(~Q(external_id=""))
    named = rows.filter(
        sender__in={draft.sender for draft in wanted},
        external_id__in={draft.external_id for draft in wanted},
    )
    return set(named.values_list("external_id", flat=True))


def _needs_a_lead(draft: LeadDraft) -> bool:
    """Whether it can only say more about an enquiry that is here already."""
    return bool(draft.external_id) and not _is_enough(draft)


def _is_enough(draft: LeadDraft) -> bool:
    return bool(draft.subject or draft.customer_id) or not draft.contact.is_empty


def _too_little() -> ValidationError:
    message = _("Give at least a subject or contact data that can be used.")
    return ValidationError([error_detail(message, "subject_or_contact_required")])


def _with_location_judged(draft: LeadDraft, known: set[str]) -> LeadDraft:
    if not draft.location or catalog_key(draft.location) in known:
        return draft
    odd = DraftWarning(WarningCode.VALUE_UNKNOWN, draft.location, "location")
    return replace(draft, warnings=(*draft.warnings, odd))


def _read(
    body: dict[str, Any], serializer_class: type[serializers.Serializer], names: Tables
) -> tuple[dict[str, Any], Renaming]:
    renaming = Renaming(body, names)
    errors = dict(renaming.errors)
    values: dict[str, Any] = {}
    try:
        values = _one(serializer_class).run_validation(renaming.body)
    except ValidationError as invalid:
        for error in flatten_errors(invalid.detail):
            detail = error_detail(error.detail, error.code)
            errors.setdefault(renaming.spell(error.attr or ""), []).append(detail)
    if errors:
        raise ValidationError(errors)
    return values, renaming


@cache
def _one(serializer_class: type[serializers.Serializer]) -> serializers.Serializer:
    """One for all: it holds nothing of a request, and a new one copies its ninety fields, which
    costs more than reading them."""
    return serializer_class()

"""A draft's values on a lead's columns: what they become, what changed, what is odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone

from leads.models.contact import ContactData
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.models.warning import WarningCode
from leads.models.wishes import Urgency
from leads.services.catalogue import Catalogue
from leads.services.drafts import DraftWarning, LeadDraft

# Columns with the same name on draft and lead, owned by the sender: a complete draft of a
# higher version clears those it no longer says.
_SENDERS_COLUMNS = (
    "subject",
    "message",
    "campaign",
    "preferred_channel",
    "preferred_time",
    "test_drive_on",
    "test_drive_time",
    "callback_from",
    "callback_to",
    "down_payment",
    "term_months",
    "annual_mileage_km",
    "final_payment",
    "monthly_rate",
    "effective_rate",
    "contract_number",
    "contract_ends_on",
)
# Columns that staff work with: only a draft that names them changes them.
_STAFF_COLUMNS = (
    "expected_value",
    "probability",
    "budget_from",
    "budget_to",
    "expected_close_on",
    "desired_start_on",
    "follow_up_at",
)
# Wishes that a draft may leave to its lead type.
_TYPED_COLUMNS = (
    "test_drive_wished",
    "callback_wished",
    "precheck",
    "finance_kind",
    "finance_interest",
)
_EMPTY = ("", None)


@dataclass(frozen=True, slots=True)
class Change:
    """One column of a lead that a draft changed; texts for people."""

    field: str
    label: str
    before: str
    after: str


def fill_lead(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> list[Change]:
    """Set the lead's columns from the draft and tell which of them changed. No query."""
    changes = []
    for name, value in _values(lead, draft, catalogue):
        before = getattr(lead, name)
        if before != value:
            setattr(lead, name, value)
            changes.append(_change(lead, name, before, value))
    return changes


def _values(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    """(column, new value) for everything the draft decides."""
    given = [(name, getattr(draft.contact, name)) for name in ContactData.CONTACT_FIELDS]
    given += [(name, getattr(draft, name)) for name in _SENDERS_COLUMNS]
    given += _vehicle_values(draft)
    for name, value in given:
        if value not in _EMPTY or (draft.is_complete and name not in ("country", "subject")):
            yield name, value
    yield from _given_only(draft)
    yield from _references(draft, catalogue)
    yield from _typed(lead, draft, catalogue)


def _vehicle_values(draft: LeadDraft) -> list[tuple[str, Any]]:
    return [
        ("vehicle_name", draft.vehicle.name[:300]),
        ("vehicle_price", draft.vehicle.price),
        ("offer_number", draft.vehicle.offer_number),
    ]


def _given_only(draft: LeadDraft) -> Iterator[tuple[str, Any]]:
    for name in _STAFF_COLUMNS:
        if getattr(draft, name) not in _EMPTY:
            yield name, getattr(draft, name)
    if draft.urgency:
        yield "urgency", draft.urgency
    if draft.trade_in_wished is not None:
        yield "trade_in_wished", draft.trade_in_wished
    if draft.consents:
        yield "consents", [dict(consent) for consent in draft.consents]
    if draft.custom_values:
        yield "custom_values", dict(draft.custom_values)
    if draft.is_test:
        yield "is_test", True


def _references(draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    if draft.source:
        yield "source", catalogue.source(draft.source)
    if draft.status:
        yield "status", catalogue.status(draft.status)
    if draft.category:
        yield "category", catalogue.category(draft.category)
    if draft.close_reason:
        yield "close_reason", catalogue.close_reason(draft.close_reason)
    if location := catalogue.location(draft.location):
        yield "location", location
    if owner := catalogue.owner(draft.owner_email):
        yield "owner", owner


def _typed(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    """The lead type fills in what the draft leaves open; what the draft says wins."""
    lead_type = catalogue.lead_type(draft.lead_type)
    if draft.lead_type or draft.is_complete:
        yield "lead_type", lead_type
        yield "lead_type_raw", draft.lead_type[:40]
        yield "lead_type_family", lead_type.family if lead_type else _family(draft.lead_type)
    for name in _TYPED_COLUMNS:
        said = getattr(draft, name)
        if said not in _EMPTY:
            yield name, said
        elif lead_type:
            yield name, getattr(lead_type, name)
    if lead_type:
        yield "customer_kind", lead_type.customer_kind
        yield "contract_expiring", lead_type.contract_expiring
        yield "reservation_hint", lead_type.reservation_hint
        if not draft.urgency and (lead.pk is None or lead.lead_type_id != lead_type.pk):
            yield "urgency", lead_type.suggested_urgency or Urgency.NORMAL


def _family(raw: str) -> str:
    """An unknown id still tells its family by its leading digit ("9z" → "9")."""
    return raw[0] if raw[:1].isdigit() else ""


def _change(lead: Lead, name: str, before: Any, after: Any) -> Change:
    label = str(Lead._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return Change(name, label, _shown(lead, name, before), _shown(lead, name, after))


def _shown(lead: Lead, name: str, value: Any) -> str:
    """A column's value as people read it."""
    if value in _EMPTY:
        return ""
    if isinstance(value, str):
        labels = dict(Lead._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
        return str(labels.get(value, value))
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return str(formats.localize(value))


def judge(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> list[DraftWarning]:
    """What is odd about the draft: its own warnings and those only the office can see."""
    warnings = list(draft.warnings)
    if not lead.is_contactable:
        warnings.append(DraftWarning(WarningCode.NOT_CONTACTABLE))
    if draft.owner_email and catalogue.owner(draft.owner_email) is None:
        warnings.append(DraftWarning(WarningCode.OWNER_UNKNOWN, draft.owner_email, "owner"))
    if lead.lead_type is None and (draft.lead_type or draft.is_complete):
        warnings.append(DraftWarning(WarningCode.TYPE_UNKNOWN, draft.lead_type, "lead_type"))
    if lead.lead_type:
        warnings += _contradictions(draft, lead.lead_type)
    return list(dict.fromkeys(warnings))


def _contradictions(draft: LeadDraft, lead_type: LeadType) -> Iterator[DraftWarning]:
    """Structured values win over the type (BDK contract §4.3); both are kept and it is said."""
    for name in _TYPED_COLUMNS:
        said, typed = getattr(draft, name), getattr(lead_type, name)
        if said in _EMPTY or typed in _EMPTY or said == typed:
            continue
        if name == "precheck":
            continue  # would tell everyone who sees warnings about creditworthiness
        yield DraftWarning(WarningCode.CONTRADICTS_TYPE, lead_type.key, name)

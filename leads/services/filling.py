"""A draft's values on a lead's columns: what they become, and what staff have set stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from leads.models.catalog import CatalogEntry, Source, Status
from leads.models.contact import ContactData
from leads.models.keys import catalog_key
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.models.warning import WarningCode
from leads.models.wishes import Urgency
from leads.services.catalogue import Catalogue
from leads.services.drafts import DraftWarning, LeadDraft
from leads.services.inserting import refer
from leads.services.lead_changes import Change, set_column

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
TYPED_COLUMNS = (
    "test_drive_wished",
    "callback_wished",
    "precheck",
    "finance_kind",
    "finance_interest",
)
# What only the lead type knows.
_TYPES_OWN_COLUMNS = ("customer_kind", "contract_expiring", "reservation_hint")
EMPTY = ("", None)
# All of them at once.
_contact_of = attrgetter(*ContactData.CONTACT_FIELDS)
_senders_columns_of = attrgetter(*_SENDERS_COLUMNS)
_staff_columns_of = attrgetter(*_STAFF_COLUMNS)
_REFERENCES = frozenset(one.name for one in Lead._meta.concrete_fields if one.is_relation)
# What a case has from its first enquiry or from staff, whatever comes later.
_NEVER_FILLED = ("status", "close_reason", "source", "subject", "message", "urgency", "is_test")


@dataclass(frozen=True, slots=True)
class Filled:
    """What a draft did to a lead: columns that changed, and those that staff have set meanwhile
    and that therefore stayed."""

    changes: list[Change]
    kept: list[str]

    @property
    def warnings(self) -> list[DraftWarning]:
        return [DraftWarning(WarningCode.STAFF_VALUE_KEPT, "", name) for name in self.kept]


def fill_new(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> None:
    """Set the columns of a lead that is only being made: nobody has set any of them, and nobody is
    told what changes, so nothing has to be compared. No query."""
    refer(lead, "source", catalogue.source(draft.source))
    refer(lead, "status", catalogue.status(draft.status))
    for name, value in _values(lead, draft, catalogue):
        if name not in _REFERENCES:
            setattr(lead, name, value)
        elif name not in ("source", "status"):
            refer(lead, name, value)


def fill_lead(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Filled:
    """Set a stored lead's columns from the draft. No query."""
    filled = Filled([], [])
    named = set()
    for name, value in _values(lead, draft, catalogue):
        named.add(name)
        fill_column(filled, lead, draft, name, value)
    for name in draft.cleared:
        if name not in named and name != "tags":  # those are rows of their own
            fill_column(filled, lead, draft, name, _nothing(name))
    return filled


def fill_gaps(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Filled:
    """Set only what the lead does not know yet: for another enquiry of the same case. Its status,
    and whatever was said before, stays."""
    filled = Filled([], [])
    for name, value in _values(lead, draft, catalogue):
        if name not in _NEVER_FILLED and getattr(lead, name) in (*EMPTY, False):
            fill_column(filled, lead, draft, name, value)
    return filled


def fill_named(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Filled:
    """Set what the draft names of the columns that staff work with; gaps are filled as well. For
    a later version of an enquiry that was added to a case begun by another one."""
    filled = fill_gaps(lead, draft, catalogue)
    for name, value in [*_given_only(draft), *_references(lead, draft, catalogue)]:
        if name in (*_STAFF_COLUMNS, "urgency", "status", "close_reason", "owner"):
            fill_column(filled, lead, draft, name, value)
    return filled


def follow_type(lead: Lead, lead_type: LeadType) -> list[Change]:
    """A person has said which lead type an unknown id means: what follows from it is set, as far
    as nothing is said there yet and staff have not set it. What was said stays."""
    filled = Filled([], [])
    draft = LeadDraft(sender=lead.sender)
    fill_column(filled, lead, draft, "lead_type", lead_type)
    fill_column(filled, lead, draft, "lead_type_family", lead_type.family)
    for name in (*TYPED_COLUMNS, *_TYPES_OWN_COLUMNS):
        if getattr(lead, name) == _nothing(name):
            fill_column(filled, lead, draft, name, getattr(lead_type, name))
    if lead.urgency == Urgency.NORMAL:
        fill_column(filled, lead, draft, "urgency", lead_type.suggested_urgency or Urgency.NORMAL)
    return [change for change in filled.changes if change.field != "lead_type_family"]


def fill_column(filled: Filled, lead: Lead, draft: LeadDraft, name: str, value: Any) -> None:
    """Set one column, unless staff have set it later."""
    if getattr(lead, name) == value:
        return
    if staff_wins(lead, draft, name):
        filled.kept.append(name)
        return
    filled.changes.extend(set_column(lead, name, value))
    if name in lead.staff_values:
        lead.staff_values = {key: at for key, at in lead.staff_values.items() if key != name}


def staff_wins(lead: Lead, draft: LeadDraft, name: str) -> bool:
    """Whether a colleague has set this column later than the sender changed it (guide, §3:
    an update must not undo newer staff work)."""
    set_at = lead.staff_values.get(name)
    if set_at is None or draft.overrides_staff:
        return False
    return draft.changed_at is None or draft.changed_at <= datetime.fromisoformat(set_at)


def _values(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    """(column, new value) for everything the draft decides."""
    given = [
        *zip(ContactData.CONTACT_FIELDS, _contact_of(draft.contact), strict=True),
        *zip(_SENDERS_COLUMNS, _senders_columns_of(draft), strict=True),
        *_vehicle_values(draft),
    ]
    for name, value in given:
        if value not in EMPTY or (draft.is_complete and name not in ("country", "subject")):
            yield name, value
    yield from _given_only(draft)
    yield from _references(lead, draft, catalogue)
    yield from _typed(lead, draft, catalogue)


def _vehicle_values(draft: LeadDraft) -> list[tuple[str, Any]]:
    return [
        ("vehicle_name", draft.vehicle.name[:300]),
        ("vehicle_price", draft.vehicle.price),
        ("offer_number", draft.vehicle.offer_number),
    ]


def _given_only(draft: LeadDraft) -> Iterator[tuple[str, Any]]:
    for name, value in zip(_STAFF_COLUMNS, _staff_columns_of(draft), strict=True):
        if value not in EMPTY:
            yield name, value
    if draft.urgency:
        yield "urgency", draft.urgency
    if draft.trade_in_wished is not None:
        yield "trade_in_wished", draft.trade_in_wished
    if draft.consents or draft.is_complete:  # a consent that is gone must not be relied on
        yield "consents", [dict(consent) for consent in draft.consents]
    if draft.custom_values:
        yield "custom_values", dict(draft.custom_values)
    if draft.is_test:
        yield "is_test", True
    if draft.is_spam:
        yield "is_spam", True


def _references(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    status = lead.status
    if _says(Status, draft.status, catalogue):
        status = catalogue.status(draft.status)
        yield "status", status
    if _says(Source, draft.source, catalogue):
        yield "source", catalogue.source(draft.source)
    if category := catalogue.category(draft.category):
        yield "category", category
    # An open lead has none; otherwise the same list would change it again and again.
    if not status.is_open and (reason := catalogue.close_reason(draft.close_reason)):
        yield "close_reason", reason
    if location := catalogue.location(draft.location):
        yield "location", location
    if owner := catalogue.owner(draft.owner_email):
        yield "owner", owner


def _says(model: type[CatalogEntry], name: str, catalogue: Catalogue) -> bool:
    """Whether the name decides the column: one that means nothing gives a new lead the usual
    entry, but takes away none that a lead has."""
    return bool(catalog_key(name)) and not catalogue.is_refused(model, name)


def _typed(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    """The lead type fills in what the draft leaves open; what the draft says wins."""
    lead_type = catalogue.lead_type(draft.lead_type)
    # Asked before the type below is set.
    is_new_type = lead_type is not None and lead.lead_type_id != lead_type.pk
    if draft.lead_type or draft.is_complete:
        yield "lead_type", lead_type
        yield "lead_type_raw", draft.lead_type[:40]
        yield "lead_type_family", lead_type.family if lead_type else _family(draft.lead_type)
    for name in TYPED_COLUMNS:
        said = getattr(draft, name)
        if said not in EMPTY:
            yield name, said
        elif lead_type or draft.is_complete:
            yield name, _according_to(lead_type, name)
    if lead_type or draft.is_complete:
        for name in _TYPES_OWN_COLUMNS:
            yield name, _according_to(lead_type, name)
    if lead_type and is_new_type and not draft.urgency:
        yield "urgency", lead_type.suggested_urgency or Urgency.NORMAL


def _according_to(lead_type: LeadType | None, name: str) -> Any:
    """What the type says, or what stands for "not said" where it is unknown."""
    return _nothing(name) if lead_type is None else getattr(lead_type, name)


def _nothing(name: str) -> Any:
    """What a column holds when nothing is known."""
    return Lead._meta.get_field(name).get_default()  # type: ignore[union-attr]


def _family(raw: str) -> str:
    """An unknown id still tells its family by its leading digit ("9z" → "9")."""
    return raw[0] if raw[:1].isdigit() else ""

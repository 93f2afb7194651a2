"""A draft's values on a lead's columns: what they become, what changed, what is odd."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Status
from leads.models.contact import ContactData
from leads.models.keys import catalog_key
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
# What only the lead type knows.
_TYPES_OWN_COLUMNS = ("customer_kind", "contract_expiring", "reservation_hint")
# Previews are also shown to people who may not see results of credit pre-checks; the id of some
# lead types tells them as well.
_SENSITIVE_COLUMNS = ("precheck", "lead_type_raw")
_HIDDEN = "•••"
_EMPTY = ("", None)
# All of them at once.
_contact_of = attrgetter(*ContactData.CONTACT_FIELDS)
_senders_columns_of = attrgetter(*_SENDERS_COLUMNS)
_staff_columns_of = attrgetter(*_STAFF_COLUMNS)
# Catalogues to which senders may add, and the columns they are named in.
_CREATABLE = (
    (Source, "source"),
    (Status, "status"),
    (Category, "category"),
    (CloseReason, "close_reason"),
)
# What a case has from its first enquiry or from staff, whatever comes later.
_NEVER_FILLED = ("status", "close_reason", "source", "subject", "message", "urgency", "is_test")


@dataclass(frozen=True, slots=True)
class Change:
    """One column of a lead that a draft changed. Texts for people are made when somebody asks:
    nobody does for a new lead, where every column is a change."""

    field: str
    was: Any
    is_now: Any
    title: str = ""  # of what is not a column; both values are texts then

    @property
    def label(self) -> str:
        return self.title or str(Lead._meta.get_field(self.field).verbose_name)  # type: ignore[union-attr]

    @property
    def before(self) -> str:
        return self.was if self.title else _shown(self.field, _apart(self.was, self.is_now))

    @property
    def after(self) -> str:
        return self.is_now if self.title else _shown(self.field, _apart(self.is_now, self.was))


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
    lead.source = catalogue.source(draft.source)
    lead.status = catalogue.status(draft.status)
    for name, value in _values(lead, draft, catalogue):
        if name not in ("source", "status"):
            setattr(lead, name, value)


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
        if name not in _NEVER_FILLED and getattr(lead, name) in (*_EMPTY, False):
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
    for name in (*_TYPED_COLUMNS, *_TYPES_OWN_COLUMNS):
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


def set_column(lead: Lead, name: str, value: Any) -> list[Change]:
    """Set one column of the lead; no change if it has this value already."""
    before = getattr(lead, name)
    if before == value:
        return []
    setattr(lead, name, value)
    return [Change(name, before, value)]


def _values(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    """(column, new value) for everything the draft decides."""
    given = [
        *zip(ContactData.CONTACT_FIELDS, _contact_of(draft.contact), strict=True),
        *zip(_SENDERS_COLUMNS, _senders_columns_of(draft), strict=True),
        *_vehicle_values(draft),
    ]
    for name, value in given:
        if value not in _EMPTY or (draft.is_complete and name not in ("country", "subject")):
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
        if value not in _EMPTY:
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
    for name in _TYPED_COLUMNS:
        said = getattr(draft, name)
        if said not in _EMPTY:
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


def _apart(value: Any, other: Any) -> Any:
    """Of further values those that differ; anything else as it is."""
    if not (isinstance(value, dict) and isinstance(other, dict)):
        return value
    return {key: one for key, one in value.items() if other.get(key) != one}


def _shown(name: str, value: Any) -> str:
    """A column's value as people read it."""
    if value in _EMPTY or value == {}:
        return ""
    if name in _SENSITIVE_COLUMNS:
        return _HIDDEN
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        labels = dict(Lead._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
        return str(labels.get(value, value))
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    if name == "custom_values":
        return ", ".join(f"{key}: {told(one)}" for key, one in value.items())
    return str(formats.localize(value))


def told(value: Any) -> str:
    """A further value as people read it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def judge(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> list[DraftWarning]:
    """What is odd about the draft: its own warnings and those only the office can see."""
    warnings = list(draft.warnings)
    if not lead.is_contactable:
        warnings.append(DraftWarning(WarningCode.NOT_CONTACTABLE))
    if draft.owner_email and catalogue.owner(draft.owner_email) is None:
        warnings.append(DraftWarning(WarningCode.OWNER_UNKNOWN, draft.owner_email, "owner"))
    for model, name in _CREATABLE if catalogue.refused else ():
        said = getattr(draft, name)
        if catalogue.is_refused(model, said):
            warnings.append(DraftWarning(WarningCode.NAME_NOT_CREATED, said[:80], name))
    if lead.lead_type_id and lead.lead_type:  # asking for a row that is not there takes long
        warnings += _contradictions(draft, lead.lead_type)
    elif draft.lead_type or draft.is_complete:
        warnings.append(DraftWarning(WarningCode.TYPE_UNKNOWN, draft.lead_type, "lead_type"))
    return list(dict.fromkeys(warnings))


def _contradictions(draft: LeadDraft, lead_type: LeadType) -> Iterator[DraftWarning]:
    """Structured values win over the type (BDK contract §4.3); both are kept and it is said."""
    for name in _TYPED_COLUMNS:
        said, typed = getattr(draft, name), getattr(lead_type, name)
        if said in _EMPTY or typed in _EMPTY or said == typed:
            continue
        if name == "precheck":
            continue  # would tell everyone who sees warnings about creditworthiness
        # Its harmless title: the id of some types tells the result of a credit pre-check.
        yield DraftWarning(WarningCode.CONTRADICTS_TYPE, str(lead_type), name)


def is_settled(warning: Mapping[str, str], lead: Lead, draft: LeadDraft) -> bool:
    """Whether an earlier warning is out of date, since the draft says what was missing or odd.

    `judge` has found anew whatever is still odd about what the draft says.
    """
    if warning["code"] == WarningCode.NOT_CONTACTABLE:
        return lead.is_contactable
    if warning["code"] == WarningCode.NO_PHONE:
        return bool(lead.phone or lead.mobile)
    name = warning.get("field", "").rpartition(".")[2]  # "contact.email" → "email"
    name = "owner_email" if name == "owner" else name
    parts = (draft, draft.contact, draft.vehicle)
    return any(getattr(part, name, None) not in _EMPTY for part in parts)

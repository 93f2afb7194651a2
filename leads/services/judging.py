"""What is odd about a draft, and which of its earlier warnings are out of date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leads.models.catalog import Category, CloseReason, Source, Status
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.models.warning import WarningCode
from leads.services.catalogue import Catalogue
from leads.services.drafts import DraftWarning, LeadDraft
from leads.services.filling import EMPTY, TYPED_COLUMNS

# Catalogues to which senders may add, and the columns they are named in.
_CREATABLE = (
    (Source, "source"),
    (Status, "status"),
    (Category, "category"),
    (CloseReason, "close_reason"),
)


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
    for name in TYPED_COLUMNS:
        said, typed = getattr(draft, name), getattr(lead_type, name)
        if said in EMPTY or typed in EMPTY or said == typed:
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
    return any(getattr(part, name, None) not in EMPTY for part in parts)

"""What Meta sends about lead ads: the notification (ids only) and the lead from the Graph API.

A tolerant reader: unknown properties stay, values are kept as they came and judged by mapping.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Self

from django.utils.translation import gettext as _

from integrations.http import PartnerRefused

# Any JSON value: nobody has promised us types.
Json = Any

# The parts of a message in the ledger: what Meta announced, what it then gave, and what the
# connection says about its leads.
NOTICE, LEAD, DEFAULTS = "leadgen", "lead", "leadoffice"

# What is asked of the Graph API.
LEAD_FIELDS = (
    "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,"
    "field_data,custom_disclaimer_responses,is_organic,platform,vehicle,retailer_item_id,"
    "partner_name"
)

# The parameter that proves whose token it is, by which errors about it are told apart.
PROOF = "appsecret_proof"
_INVALID_PARAMETER = "100"
_ID = re.compile(r"[0-9]{1,40}")


def id_text(value: Json) -> str:
    """An id as text, whether it came as number or text; "" if it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One announced lead. `raw` is Meta's own value."""

    leadgen_id: str
    page_id: str
    form_id: str
    raw: Json

    @classmethod
    def all_in(cls, data: dict[str, Json]) -> Iterator[Self]:
        """Those of a call; what concerns something else is left out."""
        if data.get("object") != "page":
            return
        for entry in _objects(data.get("entry")):
            for change in _objects(entry.get("changes")):
                value = change.get("value")
                if change.get("field") != "leadgen" or not isinstance(value, dict):
                    continue
                if leadgen_id := id_text(value.get("leadgen_id")):
                    yield cls(
                        leadgen_id=leadgen_id,
                        page_id=id_text(value.get("page_id")) or id_text(entry.get("id")),
                        form_id=id_text(value.get("form_id")),
                        raw=value,
                    )


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphLead:
    """A lead as the Graph API gives it."""

    id: Json = None
    created_time: Json = None  # 2026-03-02T12:29:58+0000
    ad_id: Json = None
    ad_name: Json = None
    adset_name: Json = None
    campaign_name: Json = None
    form_id: Json = None
    is_organic: Json = None
    platform: Json = None  # fb, ig
    field_data: Json = None  # [{"name", "values": […]}]
    custom_disclaimer_responses: Json = None  # [{"checkbox_key", "is_checked"}]
    vehicle: Json = None
    retailer_item_id: Json = None
    partner_name: Json = None

    @classmethod
    def from_payload(cls, data: dict[str, Json]) -> Self:
        return cls(**{one.name: data.get(one.name) for one in fields(cls)})

    def answers(self) -> Iterator[tuple[str, list[Json]]]:
        """(name of the question, answers); questions without any answer are left out."""
        for one in _objects(self.field_data):
            name, values = one.get("name"), one.get("values")
            given = values if isinstance(values, list) else [values]
            given = [value for value in given if value not in (None, "")]
            if isinstance(name, str) and given:
                yield name, given


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadPage:
    """A page of the leads of one form; `after` leads to the next one, "" if there is none."""

    leads: list[dict[str, Json]]
    after: str = ""

    @classmethod
    def from_payload(cls, data: Json) -> Self:
        leads = data.get("data") if isinstance(data, dict) else None
        if not isinstance(leads, list):
            raise PartnerRefused(_("Meta's answer holds no list of leads."))
        paging = data.get("paging")
        paging = paging if isinstance(paging, dict) else {}
        cursors = paging.get("cursors")
        after = cursors.get("after") if isinstance(cursors, dict) else None
        has_more = bool(paging.get("next")) and isinstance(after, str)
        return cls(leads=list(_objects(leads)), after=str(after) if has_more else "")


def checked_lead(data: Json, leadgen_id: str) -> dict[str, Json]:
    """The Graph API's answer, if it is the lead that was asked for; else PartnerRefused."""
    if not isinstance(data, dict) or id_text(data.get("id")) != leadgen_id:
        raise PartnerRefused(_("Meta answered with something else than the lead asked for."))
    return data


def error_code(body: Json) -> str:
    """ "100/33": code and subcode of a Graph error; "190" where there is no subcode. A wrong proof
    has code 100 like much else and is told by its words alone: "100/appsecret_proof"."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    code, subcode = (id_text(error.get(name)) for name in ("code", "error_subcode"))
    if code == _INVALID_PARAMETER and PROOF in str(error.get("message", "")):
        subcode = PROOF
    return f"{code}/{subcode}" if code and subcode else code


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())

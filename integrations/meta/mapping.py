"""Meta's words → ours. Pure: what is odd becomes a warning, what is unusable raises Unusable."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.db.models import Field
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.answers import Answers
from integrations.http import PartnerError, PartnerMisconfigured, PartnerUnavailable
from integrations.meta.schema import DEFAULTS, LEAD, NOTICE, PROOF, GraphLead, Json, id_text
from integrations.reading import Reader, column_of, whole_name
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.intake import Message, Unusable, json_of

SOURCE = "meta"
_SENDER = "meta:"
_SIGNATURE = "sha256="
_CHECKED = ("1", "true", 1, True)
_MAX_CONSENTS = 50
_TEST_DATA = "<test lead:"
_PLATFORMS = {"fb": "Facebook", "ig": "Instagram", "msg": "Messenger", "wa": "WhatsApp"}

# Codes of the Graph API.
_TOKEN = "190"  # noqa: S105 (a code, not a token)
_TOO_MANY = ("4", "17", "32", "613")
_PASSES = ("1", "2")
# Waits after the first, second … attempt without an answer: 36 hours together.
_WAITS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 240, 360, 360, 360, 369)
)
# Waits after "there is no such lead": three attempts within a day.
_WAITS_IF_GONE: tuple[timedelta, ...] = (timedelta(hours=6), timedelta(hours=18))


# --- messages --------------------------------------------------------------------------------


def is_signed(body: bytes, header: str, secrets: list[str]) -> bool:
    """Whether one of the app's secrets has signed exactly these bytes (X-Hub-Signature-256)."""
    if not header.startswith(_SIGNATURE):
        return False
    sent = header.removeprefix(_SIGNATURE).encode(errors="replace")
    return any(
        hmac.compare_digest(sent, hmac.new(one.encode(), body, hashlib.sha256).hexdigest().encode())
        for one in secrets
    )


def sender_of(page_id: str) -> str:
    return f"{_SENDER}{page_id}"


def message_from(
    leadgen_id: str, *, notice: Json = None, lead: Json = None, defaults: Mapping[str, str]
) -> Message:
    """A lead as a message, announced or fetched; named by its id, so each is one message."""
    raw = raw_from({NOTICE: notice, LEAD: lead, DEFAULTS: dict(defaults)})
    return Message(message_id=leadgen_id, raw=raw, outside_id=leadgen_id)


def raw_from(parts: Mapping[str, Json]) -> str:
    given = {name: value for name, value in parts.items() if value is not None}
    text = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Half a character (a lone surrogate) cannot be stored; as an escape it can.
    return text.encode("utf-8", "backslashreplace").decode()


def with_lead(raw: str, lead: dict[str, Json]) -> str:
    """An announced message with what the Graph API gave for it."""
    return raw_from({**_parts(raw), LEAD: lead})


def _parts(raw: str) -> dict[str, Json]:
    try:
        parts = json.loads(raw)
    except ValueError:  # deleted, since it is old
        return {}
    return parts if isinstance(parts, dict) else {}


def hash_of(lead: dict[str, Json]) -> str:
    return hashlib.sha256(raw_from(lead).encode()).hexdigest()


# --- leads -----------------------------------------------------------------------------------


def parse(entry: IntakeEntry) -> LeadDraft:
    """A booked message as a draft, in the language of the office. Raises Unusable."""
    with translation.override(settings.LANGUAGE_CODE):
        data = json_of(entry)
        if not isinstance(data, dict):
            raise Unusable(_("This is a single value, not a lead."))
        lead = data if "field_data" in data else data.get(LEAD)
        if not isinstance(lead, dict):
            raise Unusable(_("Meta has announced it, but it could not be fetched."))
        if not id_text(lead.get("id")):
            raise Unusable(_("It has no usable id."))
        return _draft(lead, _texts(data.get(DEFAULTS)), entry)


def _draft(data: dict[str, Json], defaults: Mapping[str, str], entry: IntakeEntry) -> LeadDraft:
    lead, read, answers = GraphLead.from_payload(data), Reader(), Answers()
    given = dict(lead.answers())
    contact = _contact(given, read, answers)
    enquired_at = read.asked_at(lead.created_time, entry.received_at)
    for name, values in given.items():  # what nobody has taken
        answers.add(name.replace("_", " "), ", ".join(map(_as_text, values)))
    _add_origin(lead, answers)
    return LeadDraft(
        sender=entry.sender,
        external_id=id_text(lead.id),
        content_hash=entry.content_hash,
        source=defaults.get("source") or SOURCE,
        location=defaults.get("location", ""),
        campaign=read.text(
            lead.campaign_name or defaults.get("campaign"), _lead_column("campaign")
        ),
        contact=contact,
        vehicle=VehicleDraft(
            model=read.text(_vehicle_name(lead.vehicle), column_of(Vehicle, "model")),
            internal_number=read.code(lead.retailer_item_id, column_of(Vehicle, "internal_number")),
        ),
        consents=tuple(_consents(lead, enquired_at or entry.received_at)),
        is_test=_is_test(lead),
        enquired_at=enquired_at,
        custom_values=answers.as_dict(),
        warnings=tuple(dict.fromkeys(read.warnings)),
    )


def _contact(given: dict[str, list[Json]], read: Reader, answers: Answers) -> ContactDraft:
    """Takes what it reads out of `given`."""

    def take(*names: str) -> Any:
        values = [value for name in names for value in given.pop(name, [])]
        return values[0] if values else None

    def text(field: str, *names: str) -> str:
        return read.text(take(*names), _lead_column(field))

    whole = whole_name(text("last_name", "full_name"))
    numbers = [*given.pop("phone_number", []), *given.pop("work_phone_number", [])]
    phone, mobile, others = read.sorted_phones(numbers)
    for other in others:
        answers.add(_("Further phone number"), other)
    country = _country(take("country"), read, answers)
    return ContactDraft(
        salutation=whole.salutation,
        title=whole.title,
        first_name=text("first_name", "first_name") or whole.first_name,
        last_name=text("last_name", "last_name") or whole.last_name,
        company=text("company", "company_name") or whole.company,
        email=read.email(take("email", "work_email")),
        phone=phone,
        mobile=mobile,
        street=text("street", "street_address"),
        postal_code=read.postal_code(take("post_code", "zip", "zip_code"), country or "DE"),
        city=text("city", "city"),
        country=country,
    )


def _country(value: Json, read: Reader, answers: Answers) -> str:
    """Forms give a code or a name; a name is a further answer."""
    if isinstance(value, str) and len(value.strip()) != 2:
        answers.add(_("Country"), value)
        return ""
    return read.country(value)


def _add_origin(lead: GraphLead, answers: Answers) -> None:
    platform = str(lead.platform or "")
    answers.add(_("Platform"), _PLATFORMS.get(platform, platform))
    answers.add(_("Ad"), lead.ad_name)
    answers.add(_("Ad set"), lead.adset_name)
    answers.add(_("Partner"), lead.partner_name)
    answers.add("ad_id", id_text(lead.ad_id))
    answers.add("form_id", id_text(lead.form_id))


def _consents(lead: GraphLead, at: Any) -> Iterator[Mapping[str, Any]]:
    given = lead.custom_disclaimer_responses
    for one in given[:_MAX_CONSENTS] if isinstance(given, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("checkbox_key"), str):
            continue
        granted = one.get("is_checked") in _CHECKED
        yield {
            "purpose": one["checkbox_key"][:100],
            "granted": granted,
            "granted_at": at.isoformat() if granted else None,
            "text": "",
        }


def _is_test(lead: GraphLead) -> bool:
    """Meta's testing tool fills the form with "<test lead: dummy data for full_name>"."""
    return any(
        isinstance(value, str) and value.lower().startswith(_TEST_DATA)
        for _name, values in lead.answers()
        for value in values
    )


def _vehicle_name(value: Json) -> Json:
    """ "Golf", also where it comes as an object."""
    if isinstance(value, dict):
        return " ".join(str(one) for one in value.values() if isinstance(one, str))
    return value


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _texts(value: Json) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _lead_column(name: str) -> Field[Any, Any]:
    return column_of(Lead, name)


# --- errors of the Graph API -----------------------------------------------------------------


class Reaction(Enum):
    """What an error means for what is to be fetched."""

    PAUSE = "a person must act, usually enter a new token or secret"
    SLOW_DOWN = "too many calls: the whole page waits"
    WAIT = "it may work later"
    GONE = "no such lead, or not for us"


def reaction_to(error: PartnerError) -> Reaction:
    code = error.code.partition("/")[0]
    if code == _TOKEN or error.status == 401 or error.code.endswith(f"/{PROOF}"):
        return Reaction.PAUSE
    if code in _TOO_MANY or error.status == 429:
        return Reaction.SLOW_DOWN
    if isinstance(error, PartnerUnavailable) or code in _PASSES:
        return Reaction.WAIT
    if isinstance(error, PartnerMisconfigured) and error.status is None:
        return Reaction.PAUSE  # an address that we do not call
    return Reaction.GONE


def wait_after(reaction: Reaction, *, attempts: int, refusals: int) -> timedelta | None:
    """Until the next attempt, after so many of which so many were refused; None: give up."""
    is_gone = reaction == Reaction.GONE
    waits = _WAITS_IF_GONE if is_gone else _WAITS
    number = (refusals if is_gone else attempts - refusals) - 1
    return waits[number] if number < len(waits) else None

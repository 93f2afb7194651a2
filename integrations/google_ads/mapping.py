"""Google's words → ours. Pure: what is odd becomes a warning, what is unusable raises Unusable."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Field
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.answers import Answers
from integrations.google_ads.schema import (
    DEFAULTS,
    Column,
    FormLead,
    Json,
    canonical,
    without_key,
)
from integrations.reading import Reader, column_of, fitting_id, whole_name
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.wishes import ContactChannel, FinanceKind
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.intake import Message, Unusable, json_of

SOURCE = "google_ads"
_SENDER = "google_ads:"
_MAX_ID = 120  # characters; Google promises about 100

# What words in an answer mean; the first that is found counts.
_PAYMENTS = {
    re.compile(r"leas", re.I): FinanceKind.LEASING,
    re.compile(r"finan|kredit|credit|\bloan|\braten", re.I): FinanceKind.FINANCE,
    re.compile(r"\bbar|cash|überweis", re.I): FinanceKind.CASH,
}
_CHANNELS = {
    re.compile(r"whats", re.I): ContactChannel.WHATSAPP,
    re.compile(r"mail", re.I): ContactChannel.EMAIL,
    re.compile(r"telef|phone|anruf|\bcall", re.I): ContactChannel.PHONE,
    re.compile(r"\bpost|brief", re.I): ContactChannel.POST,
}
_CONDITIONS = {
    re.compile(r"vorführ|\bdemo", re.I): Vehicle.Condition.DEMO,
    re.compile(r"tageszul", re.I): Vehicle.Condition.PRE_REGISTERED,
    re.compile(r"gebraucht|\bused", re.I): Vehicle.Condition.USED,
    re.compile(r"\bneu|\bnew", re.I): Vehicle.Condition.NEW,
}
_TRACKING = (
    "gcl_id",
    "form_id",
    "campaign_id",
    "adgroup_id",
    "creative_id",
    "asset_group_id",
    "lead_stage",
)


# --- messages --------------------------------------------------------------------------------


def sender_of(connection_id: int) -> str:
    return f"{_SENDER}{connection_id}"


def lead_id_of(data: dict[str, Json]) -> str:
    """The id as we can store it, or "" if there is none."""
    value = data.get("lead_id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value.strip()) > _MAX_ID:
        return ""
    return value.strip()


def message_from(data: dict[str, Json], defaults: Mapping[str, str]) -> Message:
    """A lead as a message for the ledger, without the key.

    Named lead_id:hash, so that a repeat is recognised and other content under the same id, as
    test data may have it, is not lost. What the connection says about its leads goes with it:
    reading it again later must not depend on today's settings.
    """
    content = without_key(data)
    digest = hashlib.sha256(canonical(content).encode()).hexdigest()
    lead_id = lead_id_of(data)
    return Message(
        message_id=f"{lead_id}:{digest}" if lead_id else digest,
        raw=canonical({**content, DEFAULTS: dict(defaults)}),
        outside_id=fitting_id(lead_id),
    )


# --- leads -----------------------------------------------------------------------------------


def parse(entry: IntakeEntry) -> LeadDraft:
    """A booked message as a draft, in the language of the office. Raises Unusable."""
    with translation.override(settings.LANGUAGE_CODE):
        data = json_of(entry)
        if not isinstance(data, dict):
            raise Unusable(_("This is a single value, not a lead."))
        if not lead_id_of(data):
            raise Unusable(_("It has no usable lead_id."))
        return _draft(data, entry)


def _draft(data: dict[str, Json], entry: IntakeEntry) -> LeadDraft:
    lead, read, answers = FormLead.from_payload(data), Reader(), Answers()
    defaults = _defaults(data)
    form = _Form(lead, read, answers)
    contact, vehicle = _contact(form), _vehicle(form)
    payment = form.keyword("VEHICLE_PAYMENT_TYPE", _PAYMENTS)
    channel = form.keyword("PREFERRED_CONTACT_METHOD", _CHANNELS)
    enquired_at = read.asked_at(lead.lead_submit_time, entry.received_at)
    return LeadDraft(
        sender=entry.sender,
        external_id=fitting_id(lead_id_of(data)),
        content_hash=entry.content_hash,
        source=defaults.get("source") or SOURCE,
        location=_location(form) or defaults.get("location", ""),
        campaign=read.text(
            defaults.get("campaign") or _id(lead.campaign_id), _lead_column("campaign")
        ),
        contact=contact,
        preferred_channel=channel,
        preferred_time=form.text("PREFERRED_CONTACT_TIME", "preferred_time"),
        vehicle=vehicle,
        finance_kind=payment,
        finance_interest=payment != FinanceKind.CASH if payment else None,
        consents=_consents(defaults, enquired_at or entry.received_at),
        is_test=lead.is_test is True or lead.is_test == "true",
        enquired_at=enquired_at,
        custom_values=form.further_answers(),
        warnings=tuple(dict.fromkeys(read.warnings)),
    )


class _Form:
    """The answers of one form: each is taken once, what nobody takes is a further answer."""

    def __init__(self, lead: FormLead, read: Reader, answers: Answers) -> None:
        self.lead, self.read, self.answers = lead, read, answers
        self._columns: list[Column] = list(lead.columns())

    def take(self, *names: str) -> list[Json]:
        """The answers to these columns, in this order; several only where a column repeats."""
        taken = [column for name in names for column in self._columns if column.id.upper() == name]
        self._columns = [column for column in self._columns if column not in taken]
        return [column.value for column in taken if column.value not in (None, "")]

    def text(self, name: str, field: str) -> str:
        """One answer in a column of leads; more of them are further answers."""
        return self.first([name], field)

    def first(self, names: list[str], field: str, model: Any = Lead) -> str:
        column = column_of(model, field)
        given = self.take(*names)
        for other in given[1:]:
            self.answers.add(str(column.verbose_name), other)
        return self.read.text(given[0], column) if given else ""

    def keyword(self, name: str, meanings: Mapping[re.Pattern[str], str]) -> str:
        """What an answer means, told by a word in it. Without one it is a further answer."""
        for column in [one for one in self._columns if one.id.upper() == name]:
            said = column.value if isinstance(column.value, str) else ""
            for word, ours in meanings.items():
                if word.search(said):
                    self.take(name)
                    return str(ours)
        return ""

    def further_answers(self) -> dict[str, str]:
        labels = _labels()
        for column in self._columns:
            label = labels.get(column.id.upper()) or column.name or column.id.replace("_", " ")
            self.answers.add(label, column.value)
        for name in _TRACKING:
            self.answers.add(name, _id(getattr(self.lead, name)))
        return self.answers.as_dict()


def _contact(form: _Form) -> ContactDraft:
    read = form.read
    whole = whole_name(read.text(next(iter(form.take("FULL_NAME")), ""), _lead_column("last_name")))
    emails = form.take("EMAIL", "WORK_EMAIL")
    for other in emails[1:]:
        form.answers.add(_("Further e-mail address"), other)
    phone, mobile, others = read.sorted_phones(
        form.take("PHONE_NUMBER", "PHONE_NUMBER_VERIFIED", "WORK_PHONE")
    )
    for other in others:
        form.answers.add(_("Further phone number"), other)
    country = read.country(next(iter(form.take("COUNTRY")), ""))
    return ContactDraft(
        salutation=whole.salutation,
        title=whole.title,
        first_name=form.text("FIRST_NAME", "first_name") or whole.first_name,
        last_name=form.text("LAST_NAME", "last_name") or whole.last_name,
        company=form.text("COMPANY_NAME", "company") or whole.company,
        email=read.email(emails[0] if emails else ""),
        phone=phone,
        mobile=mobile,
        street=form.text("STREET_ADDRESS", "street"),
        postal_code=read.postal_code(next(iter(form.take("POSTAL_CODE")), ""), country or "DE"),
        city=form.text("CITY", "city"),
        country=country,
    )


def _vehicle(form: _Form) -> VehicleDraft:
    return VehicleDraft(
        model=form.first(["VEHICLE_MODEL"], "model", Vehicle),
        condition=form.keyword("VEHICLE_CONDITION", _CONDITIONS),
    )


def _location(form: _Form) -> str:
    """Where the customer would like to go, as written: an assignment tells which of our
    locations is meant."""
    given = form.take("PREFERRED_DEALERSHIP", "PREFERRED_LOCATION")
    for wish in given:
        form.answers.add(_("Preferred location"), wish)
    return form.read.cleaned(given[0], "location") if given else ""


def _consents(defaults: Mapping[str, str], at: Any) -> tuple[Mapping[str, Any], ...]:
    """Google tells nothing about consents: what people agree to stands in the form."""
    text = defaults.get("consent_text")
    if not text:
        return ()
    consent = {"purpose": "contact", "granted": True, "granted_at": at.isoformat(), "text": text}
    return (consent,)


def _defaults(data: dict[str, Json]) -> dict[str, str]:
    given = data.get(DEFAULTS)
    return {
        name: value
        for name, value in (given.items() if isinstance(given, dict) else ())
        if isinstance(value, str)
    }


def _id(value: Json) -> str:
    """A number or text as text; 0 stands for none in test data."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return "" if value in (0, "0") else str(value)[:200]


def _labels() -> dict[str, str]:
    """How Google's columns are called where no column of ours holds them."""
    return {
        "JOB_TITLE": _("Job title"),
        "COMPANY_SIZE": _("Size of the company"),
        "REGION": _("Region"),
        "VEHICLE_TYPE": _("Type of vehicle"),
        "VEHICLE_CONDITION": _("Condition of the vehicle"),
        "VEHICLE_PAYMENT_TYPE": _("Payment"),
        "VEHICLE_PURCHASE_TIMELINE": _("Purchase planned"),
        "PURCHASE_TIMELINE": _("Purchase planned"),
        "VEHICLE_OWNERSHIP": _("Car owned at present (trade-in?)"),
        "PREFERRED_CONTACT_METHOD": _("Preferred contact"),
        "PRODUCT": _("Product"),
        "OFFER": _("Offer"),
        "CATEGORY": _("Category"),
        "PRICE_RANGE": _("Price range"),
    }


def _lead_column(name: str) -> Field[Any, Any]:
    return column_of(Lead, name)

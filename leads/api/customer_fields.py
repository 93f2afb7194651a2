"""A customer on the wire: what a client may say, and what it gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from leads.api.errors import invalid
from leads.api.fields import TextField, WordField
from leads.api.representation import LeadAddressSerializer, Moment, Text
from leads.api.serializers import AddressSerializer
from leads.models.contact import Salutation
from leads.services.contact_reading import read_email, read_phones, read_postal_code

# As in field_names.py: object → canonical name → German name
CUSTOMER_NAMES: Mapping[str, Mapping[str, str]] = {
    "": {
        "external_number": "kundennummer",
        "salutation": "anrede",
        "title": "titel",
        "first_name": "vorname",
        "last_name": "nachname",
        "company": "firma",
        "email": "email",
        "phone": "telefon",
        "mobile": "mobil",
        "address": "adresse",
        "note": "notiz",
    },
    "address": {
        "street": "strasse",
        "postal_code": "plz",
        "city": "ort",
        "country": "land",
    },
}
_TEXTS = tuple(name for name in CUSTOMER_NAMES[""] if name != "address")
_COUNTRY = "DE"  # where nothing is said


class CustomerWriteSerializer(serializers.Serializer):
    """A customer. A name, company, e-mail or phone is enough; everything else may be left out.

    Other than with leads, contact data that cannot be used are an error: nobody looks at them
    again.
    """

    default_error_messages = {"invalid": _("This must be an object.")}

    external_number = TextField(64, help_text=_("Your number for the customer; unique."))
    salutation = WordField(Salutation, {"herr": "mr", "frau": "ms", "divers": "diverse"})
    title = TextField(40, help_text=_("Academic title."))
    first_name = TextField(100)
    last_name = TextField(100)
    company = TextField(200)
    email = TextField(254)
    phone = TextField(100, help_text=_("As written; numbers without country code are German."))
    mobile = TextField(100)
    address = AddressSerializer()
    note = TextField(20_000, multiline=True)

    def validate_email(self, value: str | None) -> str | None:
        if value and not read_email(value).text:
            raise serializers.ValidationError(_("This is not an e-mail address."), "invalid")
        return read_email(value or "").text

    def validate_phone(self, value: str | None) -> str | None:
        if value and read_phones(value).odd:
            raise serializers.ValidationError(_("This is not one phone number."), "invalid")
        return value

    validate_mobile = validate_phone

    def validate_address(self, value: dict[str, Any] | None) -> dict[str, Any] | None:
        postal_code = (value or {}).get("postal_code")
        if not value or not postal_code:
            return value
        country = (value.get("country") or _COUNTRY).strip().upper()
        read = read_postal_code(postal_code, country=country)
        if not read.text:
            raise invalid("postal_code", _("This is not a postal code."))
        return {**value, "postal_code": read.text}


def columns_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Valid fields → columns of a customer: only those that were named; null is empty."""
    columns = {name: fields[name] or "" for name in _TEXTS if name in fields}
    if "address" in fields:
        given = fields["address"]
        # Nothing at all clears the whole address.
        names = CUSTOMER_NAMES["address"] if given is None else given
        columns |= {name: ((given or {}).get(name) or "").strip() for name in names}
    if "country" in columns:
        columns["country"] = columns["country"].upper() or _COUNTRY
    return columns


class CustomerSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    version = serializers.IntegerField(read_only=True, help_text=_("Part of the ETag."))
    external_number = Text(help_text=_("The customer's number at the bank or in your system."))
    salutation = Text()
    title = Text()
    first_name = Text()
    last_name = Text()
    name = Text(source="full_name", help_text=_("First and last name and company in one."))
    company = Text()
    email = Text()
    phone = Text()
    mobile = Text()
    address = LeadAddressSerializer(source="*", read_only=True)
    note = Text()
    created_at = Moment()
    updated_at = Moment()


REQUEST = {
    "external_number": "K-10815",
    "salutation": "ms",
    "first_name": "Erika",
    "last_name": "Musterfrau",
    "email": "erika.musterfrau@example.org",
    "phone": "0171 3920012",
    "address": {"street": "Beispielweg 7", "postal_code": "50667", "city": "Köln"},
}
REQUEST_GERMAN = {
    "kundennummer": "K-10816",
    "anrede": "Frau",
    "vorname": "Erika",
    "nachname": "Musterfrau",
    "email": "erika.musterfrau@example.org",
    "telefon": "0171 3920012",
    "adresse": {"strasse": "Beispielweg 7", "plz": "50667", "ort": "Köln"},
}
EXAMPLE = {
    "id": 815,
    "version": 1,
    "external_number": "K-10815",
    "salutation": "ms",
    "title": None,
    "first_name": "Erika",
    "last_name": "Musterfrau",
    "name": "Erika Musterfrau",
    "company": None,
    "email": "erika.musterfrau@example.org",
    "phone": "0171 3920012",
    "mobile": None,
    "address": {
        "street": "Beispielweg 7",
        "postal_code": "50667",
        "city": "Köln",
        "country": "DE",
    },
    "note": None,
    "created_at": "2026-03-02T09:15:00+01:00",
    "updated_at": "2026-03-02T09:15:00+01:00",
}

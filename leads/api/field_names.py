"""Two names for each field of a body: the canonical English one and the German one of the guide
„Anfragen über externe Systeme einspielen“. This table is the only place that knows both."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ErrorDetail

from leads.api.errors import error_detail

# object (path without list positions) → canonical name → German name
FIELD_NAMES: dict[str, dict[str, str]] = {
    "": {
        "subject": "titel",
        "contact": "kontakt",
        "customer": "kunde",
        "address": "adresse",
        "status": "status",
        "source": "quelle",
        "close_reason": "abschlussgrund",
        "category": "kategorie",
        "tags": "tags",
        "location": "standort",
        "lead_type": "leadart",
        "expected_value": "erwarteter_wert",
        "probability": "wahrscheinlichkeit",
        "urgency": "dringlichkeit",
        "owner": "mitarbeiter",
        "follow_up_on": "nachfassen_am",
        "follow_up_at": "nachfassen_um",
        "expected_close_on": "erwarteter_abschluss",
        "desired_start_on": "gewuenschter_start",
        "budget_from": "budget_von",
        "budget_to": "budget_bis",
        "note": "notizen",
        "message": "nachricht",
        "campaign": "kampagne",
        "external_id": "externe_id",
        "vehicle": "fahrzeug",
        "wishes": "wuensche",
        "consents": "einwilligungen",
        "custom_values": "weitere_werte",
        "is_test": "testanfrage",
        "enquired_at": "angefragt_am",
        "changed_at": "geaendert_am",
    },
    "contact": {
        "salutation": "anrede",
        "title": "titel",
        "first_name": "vorname",
        "last_name": "nachname",
        "name": "name",
        "company": "firma",
        "email": "email",
        "phone": "telefon",
        "mobile": "mobil",
    },
    "customer": {
        "id": "id",
        "salutation": "anrede",
        "title": "titel",
        "first_name": "vorname",
        "last_name": "nachname",
        "company": "firma",
    },
    "address": {
        "street": "strasse",
        "postal_code": "plz",
        "city": "ort",
        "country": "land",
    },
    "vehicle": {
        "internal_number": "interne_nummer",
        "vin": "fin",
        "make": "marke",
        "model": "modell",
        "variant": "variante",
        "condition": "zustand",
        "first_registration": "erstzulassung",
        "mileage_km": "kilometerstand",
        "power_kw": "leistung_kw",
        "fuel": "kraftstoff",
        "price": "preis",
        "url": "link",
        "offer_number": "angebotsnummer",
    },
    "wishes": {
        "test_drive": "probefahrt",
        "test_drive_on": "probefahrt_am",
        "test_drive_time": "probefahrt_um",
        "callback": "rueckruf",
        "callback_from": "rueckruf_von",
        "callback_to": "rueckruf_bis",
        "trade_in": "inzahlungnahme",
        "finance_kind": "zahlungsart",
        "finance_interest": "finanzierungsinteresse",
        "down_payment": "anzahlung",
        "term_months": "laufzeit_monate",
        "annual_mileage_km": "jahresfahrleistung_km",
        "final_payment": "schlussrate",
        "monthly_rate": "monatsrate",
        "contract_number": "vertragsnummer",
        "contract_ends_on": "vertragsende",
        "preferred_channel": "kontaktweg",
        "preferred_time": "erreichbarkeit",
    },
    "consents": {
        "purpose": "zweck",
        "granted": "erteilt",
        "at": "zeitpunkt",
        "text": "wortlaut",
        "version": "fassung",
    },
}
# A change names the lead in the address, and can add and take away single tags.
CHANGE_FIELD_NAMES: dict[str, dict[str, str]] = {
    **FIELD_NAMES,
    "": {
        **{
            name: german
            for name, german in FIELD_NAMES[""].items()
            if name not in ("external_id", "enquired_at")
        },
        "tags_add": "tags_dazu",
        "tags_remove": "tags_weg",
    },
}
Tables = Mapping[str, Mapping[str, str]]

Errors = dict[str, list[ErrorDetail]]
_NESTED = (dict, list)
# More of them help nobody, and a body of nothing else must not cost more.
MAX_ERRORS = 20


class Renaming:
    """A body with canonical names only, and how the client had spelled them.

    `errors` lists unknown names and fields that were given under both names, by the client's
    path. `spelled` leads from a canonical path ("contact.email", "consents.0.text") to it.
    """

    def __init__(self, body: dict[str, Any], tables: Tables = FIELD_NAMES) -> None:
        self.tables = tables
        self.errors: Errors = {}
        self.spelled: dict[str, str] = {}
        self.body = self._object(body, "", "", "")

    def _object(self, given: dict[str, Any], table: str, path: str, spelled: str) -> dict[str, Any]:
        """`path` and `spelled` end with a dot where the object is not the body itself."""
        found: dict[str, Any] = {}
        for name, value in given.items():
            if len(self.errors) == MAX_ERRORS:
                break
            as_written = spelled + name[:80]
            canonical = _canonical_name(name, self.tables[table])
            if canonical is None:
                self.errors[as_written] = [_unknown(name, self.tables[table])]
            elif canonical in found:
                self.errors[as_written] = [_twice(canonical)]
            else:
                self.spelled[path + canonical] = as_written
                if isinstance(value, _NESTED):
                    inner = f"{table}.{canonical}".lstrip(".")
                    value = self._value(value, inner, path + canonical, as_written)
                found[canonical] = value
        return found

    def _value(self, value: Any, table: str, path: str, spelled: str) -> Any:
        if table not in self.tables:
            return value
        if isinstance(value, dict):
            return self._object(value, table, f"{path}.", f"{spelled}.")
        if isinstance(value, list):
            return [
                self._value(item, table, f"{path}.{n}", f"{spelled}.{n}")
                for n, item in enumerate(value)
            ]
        return value

    def spell(self, path: str) -> str:
        """The client's own path for a canonical one; unknown ends stay as they are."""
        head, tail = path, ""
        while head and head not in self.spelled:
            head, _dot, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return (self.spelled[head] + tail) if head else path


def _canonical_name(name: str, names: Mapping[str, str]) -> str | None:
    if name in names:
        return name
    return next((english for english, german in names.items() if german == name), None)


def _unknown(name: str, names: Mapping[str, str]) -> ErrorDetail:
    known = [*names, *names.values()]
    if similar := difflib.get_close_matches(name[:80], known, n=1, cutoff=0.75):
        message = _("Unknown field. Did you mean “%(name)s”?") % {"name": similar[0]}
        return error_detail(message, "unknown_field")
    return error_detail(_("Unknown field."), "unknown_field")


def _twice(canonical: str) -> ErrorDetail:
    message = _("The field “%(name)s” is given under both of its names.") % {"name": canonical}
    return error_detail(message, "field_given_twice")

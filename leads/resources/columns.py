"""The columns of a lead list: their headers, how their cells are read, and which column of a lead
they show. One table serves both directions, so that an export is understood when it comes back.
"""

from __future__ import annotations

from datetime import time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.wishes import ContactChannel, FinanceKind, Urgency
from leads.resources.column_table import Column, ColumnTable
from leads.resources.contact_readers import (
    read_country,
    read_email,
    read_first_name,
    read_house_number,
    read_last_name,
    read_name,
    read_place,
    read_postal_code,
    read_salutation,
    read_street,
    read_title,
    reads_phone,
)
from leads.resources.readers import (
    Reader,
    read_effective_rate,
    read_further_values,
    read_lead_type,
    read_location,
    read_nothing,
    read_number,
    read_owner,
    read_probability,
    read_tags,
    read_time_of_day,
    read_vehicle,
    read_version,
    reads_catalogue_name,
    reads_choice,
    reads_day,
    reads_moment,
    reads_money,
    reads_text,
    reads_whole,
    reads_yes_or_no,
)
from leads.services.drafts import ContactDraft

# In the morning of the day that a list names for the next contact.
_FOLLOW_UP_TIME = time(9)


def _label(name: str) -> str | Promise:
    return Lead._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def _own(name: str, read: Reader | None = None, *synonyms: str, **options: Any) -> Column:
    """A column of the lead with its own name and label; a text if nothing else is said."""
    return Column(
        name,
        _label(name),
        read or reads_text(name),
        **{"path": name, "synonyms": synonyms, **options},
    )


_URGENCY_WORDS = {
    "niedrig": "low",
    "hoch": "high",
    "sofort": "immediate",
    "gering": "low",
    "mittel": "normal",
    "eilig": "high",
    "dringend": "high",
    "sehrdringend": "immediate",
    "sehrhoch": "immediate",
}
_FINANCE_WORDS = {
    "bar": "cash",
    "barkauf": "cash",
    "barzahlung": "cash",
    "kauf": "cash",
    "finanzierung": "finance",
    "kredit": "finance",
    "leasing": "leasing",
}
_CHANNEL_WORDS = {
    "telefon": "phone",
    "telefonisch": "phone",
    "anruf": "phone",
    "mail": "email",
    "email": "email",
    "peremail": "email",
    "whatsapp": "whatsapp",
    "post": "post",
    "brief": "post",
}

# In this order cells are read (what is specific before what is composed) and exported. The
# synonyms are what German and English lists call a column; our own labels need not be repeated.
COLUMNS: tuple[Column, ...] = (
    Column("dealer", _label("dealer"), read_nothing, "dealer__name", fixed=True, shown=True),
    _own(
        "number",
        read_number,
        "Nummer",
        "Leadnummer",
        "Lead-Nr.",
        "LeadOffice-Nr.",
        "LeadOffice number",
    ),
    _own(
        "external_id",
        reads_text("external_id", exact=True),
        *("Anfrage-Nr.", "Anfragenummer", "Anfrage-ID", "Vorgangsnummer", "Vorgang", "Lead-ID"),
        *("ID", "Externe Nummer", "Externe ID", "Nr.", "Lfd. Nr.", "Laufende Nummer"),
        fixed=True,
    ),
    _own(
        "received_at",
        reads_moment("received_at"),
        *("Eingang", "Eingangsdatum", "Eingegangen", "Eingegangen am", "Received on"),
        fixed=True,
    ),
    _own(
        "enquired_at",
        reads_moment("enquired_at"),
        *("Datum", "Anfragedatum", "Angefragt am", "Anfrage vom", "Erstellt", "Erstellt am"),
        *(
            "Anfr.-Dat.",
            "Anfr.-Datum",
            "Erfasst am",
            "Erfassungsdatum",
            "Angelegt am",
            "Anlagedatum",
        ),
        *("Date", "Created", "Created at", "Timestamp"),
        fixed=True,
    ),
    Column("time_of_day", _("time"), read_time_of_day, synonyms=("Uhrzeit", "Zeit")),
    _own(
        "status",
        reads_catalogue_name("status"),
        *("Bearbeitungsstand", "Bearbeitungsstatus", "Leadstatus", "Anfragestatus", "Stat."),
        path="status__name",
    ),
    _own(
        "close_reason",
        reads_catalogue_name("close_reason"),
        *("Abschlussgrund", "Absagegrund", "Verlustgrund"),
        path="close_reason__name",
    ),
    _own(
        "source",
        reads_catalogue_name("source"),
        *("Quelle", "Herkunft", "Kanal", "Leadquelle", "Börse", "Channel"),
        path="source__name",
    ),
    _own(
        "category",
        reads_catalogue_name("category"),
        *("Kategorie", "Projektkategorie", "Fahrzeugart"),
        path="category__name",
    ),
    _own(
        "lead_type",
        read_lead_type,
        "Leadart",
        "Anfrageart",
        path="lead_type__public_title",
        fixed=True,
    ),
    _own(
        "owner",
        read_owner,
        *("Verkäufer", "Verkäuferin", "Zuständig", "Zuständiger Mitarbeiter", "Mitarbeiter"),
        *("Bearbeiter", "Berater", "Ansprechpartner", "Salesperson", "Assigned to", "Seller"),
        *("Verkaufsberater", "Verkaufsberaterin", "VK-Berater", "Betreuer", "Betreuerin"),
        path="owner__email",
    ),
    _own(
        "location",
        read_location,
        *("Standort", "Filiale", "Betrieb", "Haus", "Branch"),
        path="location__name",
    ),
    _own("salutation", read_salutation, "Anrede", "Geschlecht"),
    _own("title", read_title, "Titel", "Akad. Titel", "Akademischer Titel"),
    _own("first_name", read_first_name, "Vorname", "Vornamen", "Given name"),
    _own(
        "last_name", read_last_name, "Nachname", "Familienname", "Zuname", "Surname", "Family name"
    ),
    _own("company", None, "Firma", "Firmenname", "Unternehmen"),
    _own(
        "email",
        read_email,
        *("E-Mail", "Mail", "E-Mail-Adresse", "Mailadresse", "E-mail address", "E-Mail 1"),
        "E-Mail privat",
    ),
    _own("country", read_country, "Land"),
    _own(
        "street",
        read_street,
        *("Straße", "Str.", "Adresse", "Anschrift", "Straße/Nr.", "Straße Hausnummer", "Address"),
        *("Straße + Hausnr.", "Straße und Hausnr.", "Straße u. Hausnr.", "Straße u. Nr.", "Street"),
    ),
    Column(
        "house_number",
        _("house number"),
        read_house_number,
        synonyms=("Hausnummer", "Hausnr.", "Haus-Nr."),
    ),
    _own("postal_code", read_postal_code, "PLZ", "Postleitzahl", "ZIP", "Zip code", "Postcode"),
    _own("city", None, "Ort", "Stadt", "Wohnort", "Town"),
    _own(
        "mobile",
        reads_phone("mobile"),
        *("Mobil", "Handy", "Mobiltelefon", "Mobilnummer", "Handynummer", "Telefon mobil"),
        *("Telefon 2", "Mobile phone", "Cell", "Mobil-Nr.", "Handy-Nr.", "Mobilfunk"),
    ),
    _own(
        "phone",
        reads_phone("phone"),
        *("Telefon", "Tel.", "Telefonnummer", "Rufnummer", "Festnetz", "Telefon privat"),
        *("Telefon 1", "Telephone", "Phone number", "Tel. privat", "Tel.-Nr.", "Telefon-Nr."),
    ),
    Column(
        "name",
        _("name"),
        read_name,
        synonyms=(
            *("Name", "Kunde", "Kundenname", "Interessent", "Name, Vorname", "Nachname, Vorname"),
            *("Vorname Nachname", "Vor- und Nachname", "Vorname und Name", "Full name"),
            *("Firma / Name", "Name / Firma", "Firma / Kunde", "Kunde / Firma"),
        ),
    ),
    Column("place", _("postal code and city"), read_place, synonyms=("PLZ/Ort", "PLZ Ort")),
    _own("subject", None, "Betreff", "Titel der Anfrage", "Anfrage", "Thema"),
    _own(
        "message",
        reads_text("message", multiline=True),
        *("Wunsch/Notiz", "Wunsch", "Nachricht", "Anfragetext", "Freitext", "Text"),
    ),
    Column(
        "note",
        _("note"),
        reads_text("note", multiline=True),
        synonyms=(
            *("Notiz", "Notizen", "Bemerkung", "Bemerkungen", "Kommentar", "Comment", "Notes"),
            *("Interne Notiz", "Anmerkung", "Anmerkungen", "Vermerk", "Bem."),
        ),
    ),
    Column(
        "variant",
        Vehicle._meta.get_field("variant").verbose_name,
        reads_text("variant"),
        "",
        ("Ausstattung", "Version"),
    ),
    Column(
        "make", Vehicle._meta.get_field("make").verbose_name, reads_text("make"), "", ("Marke",)
    ),
    _own(
        "vehicle_name",
        read_vehicle,
        *("Fahrzeug", "Modell", "Wunschfahrzeug", "Wunschmodell", "Fzg.", "Interesse an"),
        *("Fahrzeuginteresse", "Wunschfzg.", "Car", "Vehicle", "Model"),
    ),
    Column(
        "internal_number",
        _("vehicle number"),
        reads_text("internal_number", exact=True),
        "vehicle__internal_number",
        ("Fahrzeugnummer", "Interne Nummer", "Bestandsnummer", "Fzg.-Nr.", "Stock number"),
    ),
    Column(
        "vin",
        Vehicle._meta.get_field("vin").verbose_name,
        reads_text("vin", exact=True),
        "vehicle__vin",
        ("FIN", "Fahrgestellnummer", "Fahrzeugidentnummer", "FIN/VIN", "VIN"),
    ),
    _own(
        "vehicle_price",
        reads_money("price", "vehicle_price"),
        *("Preis", "Fahrzeugpreis", "Verkaufspreis", "Angebotspreis", "VK-Preis", "Price"),
    ),
    _own("offer_number", reads_text("offer_number", exact=True), "Angebotsnummer", "Angebots-Nr."),
    _own("urgency", reads_choice("urgency", Urgency, _URGENCY_WORDS), "Dringlichkeit", "Priorität"),
    _own(
        "expected_value",
        reads_money("expected_value"),
        *("Erwarteter Wert", "Wert", "Auftragswert", "Umsatz", "Value"),
    ),
    _own(
        "probability",
        read_probability,
        "Wahrscheinlichkeit",
        "Chance",
        "Abschlusswahrscheinlichkeit",
        *("Abschl.-Wahrsch.", "Wahrsch.", "Probability"),
    ),
    _own("budget_from", reads_money("budget_from"), "Budget von", "Budget min."),
    _own("budget_to", reads_money("budget_to"), "Budget bis", "Budget", "Budget max.", "Preis bis"),
    _own("expected_close_on", reads_day("expected_close_on"), "Erwarteter Abschluss"),
    _own(
        "desired_start_on",
        reads_day("desired_start_on"),
        *("Gewünschter Start", "Wunschtermin", "Lieferwunsch", "Gewünschte Lieferung"),
    ),
    _own(
        "follow_up_at",
        reads_moment("follow_up_at", time_of_day=_FOLLOW_UP_TIME),
        *("Nächster Kontakt", "Wiedervorlage", "Nachfassen am", "Nachfass-Datum", "Nachfassen"),
        *("Wiedervorlage am", "WVL", "WVL-Datum", "WVL am", "Wiedervorl."),
        *("Next contact", "Follow up"),
    ),
    _own("preferred_channel", reads_choice("preferred_channel", ContactChannel, _CHANNEL_WORDS)),
    _own("preferred_time", None, "Erreichbarkeit", "Erreichbar"),
    _own(
        "test_drive_wished",
        reads_yes_or_no("test_drive_wished"),
        "Probefahrt",
        "Probefahrtwunsch",
        "Probefahrt gew.",
        "Test drive",
    ),
    _own("test_drive_on", reads_day("test_drive_on"), "Probefahrt am"),
    _own("test_drive_time", None, "Probefahrt um"),
    _own("callback_wished", reads_yes_or_no("callback_wished"), "Rückruf", "Rückrufwunsch"),
    _own("callback_from", reads_moment("callback_from"), "Rückruf ab"),
    _own("callback_to", reads_moment("callback_to"), "Rückruf bis"),
    _own("trade_in_wished", reads_yes_or_no("trade_in_wished"), "Inzahlungnahme"),
    _own(
        "finance_kind",
        reads_choice("finance_kind", FinanceKind, _FINANCE_WORDS),
        *("Zahlungsart", "Zahlweise", "Finanzierungsart"),
    ),
    _own(
        "finance_interest",
        reads_yes_or_no("finance_interest"),
        *("Finanzierung", "Finanzierungswunsch", "Finanzierungsinteresse"),
    ),
    _own("down_payment", reads_money("down_payment"), "Anzahlung"),
    _own("term_months", reads_whole("term_months", 32_767, "Monate", "Mon."), "Laufzeit"),
    _own(
        "annual_mileage_km",
        reads_whole("annual_mileage_km", 1_000_000, "km"),
        *("Laufleistung pro Jahr", "km pro Jahr", "Jahreslaufleistung"),
    ),
    _own("final_payment", reads_money("final_payment"), "Schlussrate"),
    _own("monthly_rate", reads_money("monthly_rate"), "Rate", "Monatsrate", "Wunschrate"),
    _own("effective_rate", read_effective_rate, "Effektiver Jahreszins", "Effektivzins"),
    _own("contract_number", reads_text("contract_number", exact=True), "Vertragsnummer"),
    _own("contract_ends_on", reads_day("contract_ends_on"), "Vertragsende"),
    _own("campaign", None, "Kampagne", "Aktion"),
    Column("tags", _label("tags"), read_tags, "", ("Tags", "Schlagworte", "Stichworte")),
    _own("custom_values", read_further_values),
    _own("score", read_nothing, fixed=True, shown=True),
    _own("first_response_at", read_nothing, fixed=True, shown=True),
    _own("closed_at", read_nothing, fixed=True, shown=True),
    # By which a list that comes back is compared with what it said when it was exported.
    Column("version", _("revision"), read_version, "version", ("Stand",), fixed=True, shown=True),
)

LEADS = ColumnTable(
    COLUMNS,
    telling=frozenset(
        {"number", "name", "subject", "message", "note", "vehicle_name", "make", "variant", "vin"}
        | {"internal_number"}
        | set(ContactDraft.__dataclass_fields__) - {"salutation", "title", "country"}
    ),
    fixable=("source", "status", "owner", "location", "category", "lead_type", "campaign", "tags"),
    valued=(
        *("status", "source", "owner", "location", "lead_type", "category", "close_reason"),
        *("salutation", "urgency", "finance_kind", "preferred_channel"),
    ),
    days=(
        *("received_at", "enquired_at", "follow_up_at", "expected_close_on", "desired_start_on"),
        *("test_drive_on", "callback_from", "callback_to", "contract_ends_on"),
    ),
    keeps_further=True,
)
BY_NAME = LEADS.by_name

"""The Vorgang of Dr. Klein and Europace (KEX), flat or as an envelope, and what is wrong in it.

Lenient as the original: a value that is not as agreed is dropped and named in `messages`, unknown
properties are nobody's business. Source: README.md here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.utils.translation import gettext as _

from integrations.checking import COUNTRY, DATE, FLAG, NUMBER, TEXT, WHOLE, Check, Choice, ListOf

# Any JSON value: nobody has promised us types.
Json = Any

# Ours, beside the sender's own properties: {"environment": "PRODUCTION"}
ENVELOPE = "leadoffice"
PRODUCTION = "PRODUCTION"

# --- the tree of KEX: property → kind, or a dict for an object --------------------------------

_PARTNER = {"partnerId": TEXT}
_ADDRESS = {"strasse": TEXT, "hausnummer": TEXT, "plz": TEXT, "ort": TEXT, "land": COUNTRY}
_HOME = _ADDRESS | {"wohnhaftSeit": DATE}
_COMPANY = {
    "name": TEXT,
    "anschrift": _ADDRESS,
    "branche": Choice.of(
        "BAUGEWERBE DIENSTLEISTUNGEN ENERGIE_WASSERVERSORGUNG_BERGBAU ERZIEHUNG_UNTERRICHT"
        " GEBIETSKOERPERSCHAFTEN GEMEINNUETZIGE_ORGANISATION GESUNDHEIT_SOZIALWESEN HANDEL"
        " HOTEL_GASTRONOMIE INFORMATION_KOMMUNIKATION KREDITINSTITUTE_VERSICHERUNGEN"
        " KULTUR_SPORT_UNTERHALTUNG LANDWIRTSCHAFT_FORSTWIRTSCHAFT_FISCHEREI OEFFENTLICHER_DIENST"
        " PRIVATE_HAUSHALTE VERARBEITENDES_GEWERBE VERKEHR_LOGISTIK"
    ),
}
_EMPLOYED = {
    "beschaeftigungsverhaeltnis": {
        "arbeitgeber": _COMPANY,
        "berufsbezeichnung": TEXT,
        "befristung": Choice.of("BEFRISTET UNBEFRISTET"),
        "befristetBis": DATE,
        "beschaeftigtSeit": DATE,
        "inProbezeit": FLAG,
        "nettoeinkommenMonatlich": NUMBER,
        "verbeamtetSeit": DATE,
    },
    "vorherigesBeschaeftigungsverhaeltnis": {
        "arbeitgeber": _COMPANY,
        "beschaeftigtSeit": DATE,
        "beschaeftigtBis": DATE,
    },
}
_YEARS = ("LaufendesJahr", "LetztesJahr", "Vor2Jahren", "Vor3Jahren")
_SELF_EMPLOYED = {
    "berufsbezeichnung": TEXT,
    "firma": _COMPANY,
    "selbststaendigSeit": DATE,
    "nettoeinkommenJaehrlich": NUMBER,
    **{
        f"{what}{year}": NUMBER
        for what in ("bruttoEinkommen", "einkommenssteuer", "abschreibungen")
        for year in _YEARS
    },
}
# Which one counts says beschaeftigungsart, in upper case.
_JOBS = {
    "angestellter": _EMPLOYED,
    "arbeiter": _EMPLOYED,
    "beamter": _EMPLOYED,
    "arbeitsloser": {"sonstigesEinkommenMonatlich": NUMBER},
    "hausfrau": {"sonstigesEinkommenMonatlich": NUMBER},
    "rentner": {
        "rentenversicherung": {"name": TEXT, "anschrift": _ADDRESS},
        "rentnerSeit": DATE,
        "staatlicheRenteMonatlich": NUMBER,
    },
    "freiberufler": _SELF_EMPLOYED,
    "selbststaendiger": _SELF_EMPLOYED,
}
_APPLICANT = {
    "personendaten": {
        "anrede": Choice.of("FRAU HERR"),
        "titel": ListOf(Choice.of("DOKTOR PROFESSOR")),
        "vorname": TEXT,
        "nachname": TEXT,
        "geburtsname": TEXT,
        "geburtsort": TEXT,
        "email": TEXT,
        "telefonPrivat": TEXT,
        "telefonGeschaeftlich": TEXT,
        "geburtsdatum": DATE,
        "geburtsland": COUNTRY,
        "familienstand": Choice.of(
            "LEDIG VERHEIRATET GESCHIEDEN VERWITWET GETRENNT_LEBEND"
            " EHEAEHNLICHE_LEBENSGEMEINSCHAFT EINGETRAGENE_LEBENSPARTNERSCHAFT"
        ),
    },
    "wohnsituation": {
        "anschrift": _HOME,
        "voranschrift": _HOME,
        "anzahlPersonenImHaushalt": WHOLE,
        "anzahlPkw": WHOLE,
        "gemeinsamerHaushalt": FLAG,
        "wohnart": Choice.of("ZUR_MIETE ZUR_UNTERMIETE IM_EIGENEN_HAUS BEI_DEN_ELTERN"),
    },
    "beschaeftigung": {
        "beschaeftigungsart": Choice(frozenset(name.upper() for name in _JOBS)),
        **_JOBS,
    },
    "herkunft": {
        "staatsangehoerigkeit": COUNTRY,
        "weitereStaatsangehoerigkeiten": ListOf(COUNTRY),
        "arbeitserlaubnisVorhanden": FLAG,
        "arbeitserlaubnisBefristetBis": DATE,
        "aufenthaltBefristetBis": DATE,
        "inDeutschlandSeit": DATE,
        "aufenthaltstitel": Choice.of(
            "VISUM AUFENTHALTSERLAUBNIS NIEDERLASSUNGSERLAUBNIS ERLAUBNIS_ZUM_DAUERAUFENTHALT_EU"
        ),
        "steuerId": TEXT,
    },
}
_ONE = Choice.of("ANTRAGSTELLER_1 ANTRAGSTELLER_2")
_BOTH = Choice(_ONE.words | {"BEIDE"})
_OWNER = "gehoertZuAntragsteller"
_MONTHLY = {"betragMonatlich": NUMBER, _OWNER: _BOTH}
_MONTHLY_OF_ONE = {"betragMonatlich": NUMBER, _OWNER: _ONE}
_CREDITOR = {"glaeubiger": TEXT, "iban": TEXT, "bic": TEXT, "kreditinstitut": TEXT, _OWNER: _BOTH}
_OVERDRAFT = _CREDITOR | {
    "abloesen": FLAG,
    "beanspruchterBetrag": NUMBER,
    "verfuegungsrahmen": NUMBER,
    "zinssatz": NUMBER,
}
_LOAN = _CREDITOR | {
    "abloesen": FLAG,
    "rateMonatlich": NUMBER,
    "restschuld": NUMBER,
    "schlussrate": NUMBER,
    "urspruenglicherKreditbetrag": NUMBER,
    "datumErsteZahlung": DATE,
    "datumLetzteRate": DATE,
}
_HOUSEHOLD = {
    "ausgaben": {
        "mietausgaben": ListOf(_MONTHLY),
        "sonstigeAusgaben": ListOf(_MONTHLY),
        "privateKrankenversicherungen": ListOf(_MONTHLY_OF_ONE),
        "unterhaltsverpflichtungen": ListOf(_MONTHLY_OF_ONE),
    },
    "einnahmen": {
        "ehegattenunterhalt": ListOf(_MONTHLY_OF_ONE),
        "sonstigeEinnahmen": ListOf(_MONTHLY_OF_ONE),
        "unbefristeteZusatzrenten": ListOf(_MONTHLY_OF_ONE),
        "einkuenfteAusNebentaetigkeit": ListOf(_MONTHLY_OF_ONE | {"beginnDerTaetigkeit": DATE}),
    },
    "verbindlichkeiten": {
        "dispositionskredite": ListOf(_OVERDRAFT),
        "kreditkarten": ListOf(_OVERDRAFT | {"rateMonatlich": NUMBER}),
        "leasings": ListOf(
            {
                "rateMonatlich": NUMBER,
                "schlussrate": NUMBER,
                "datumLetzteRate": DATE,
                "glaeubiger": TEXT,
                _OWNER: _BOTH,
            }
        ),
        "ratenkredite": ListOf(_LOAN),
        "sonstigeVerbindlichkeiten": ListOf(_LOAN),
    },
    "vermoegen": {
        "bausparvertraege": ListOf({"sparbeitragMonatlich": NUMBER, _OWNER: _BOTH}),
        "lebensversicherungen": ListOf({"praemieMonatlich": NUMBER, _OWNER: _BOTH}),
    },
    "immobilien": ListOf(
        {
            "bezeichnung": TEXT,
            "immobilienart": Choice.of(
                "EIGENTUMSWOHNUNG EINFAMILIENHAUS MEHRFAMILIENHAUS BUEROGEBAEUDE"
            ),
            "nutzungsart": Choice.of("EIGENGENUTZT VERMIETET EIGENGENUTZT_UND_VERMIETET"),
            "wohnflaeche": WHOLE,
            "vermieteteWohnflaeche": WHOLE,
            "wert": NUMBER,
            "mieteinnahmenKaltMonatlich": NUMBER,
            "mieteinnahmenWarmMonatlich": NUMBER,
            "nebenkostenMonatlich": NUMBER,
            "darlehen": ListOf(
                {"restschuld": NUMBER, "rateMonatlich": NUMBER, "zinsbindungBis": DATE}
            ),
            _OWNER: _BOTH,
        }
    ),
    "kinder": ListOf(
        {
            "name": TEXT,
            "kindergeldFuer": Choice.of("ERSTES_ODER_ZWEITES_KIND DRITTES_KIND AB_VIERTEM_KIND"),
            "unterhaltseinnahmenMonatlich": NUMBER,
            _OWNER: _BOTH,
        }
    ),
    "kontoverbindung": {"iban": TEXT, "bic": TEXT, "kreditinstitut": TEXT},
}
_RISK = {"gewuenscht": FLAG, "vorhanden": FLAG, "wichtig": FLAG, "kommentar": TEXT}
_RISKS = {
    "arbeitslosigkeitAbsicherung": _RISK,
    "arbeitsunfaehigkeitAbsicherung": _RISK,
    "todesfallAbsicherung": _RISK,
}
_NEED = {
    "finanzierungszweck": Choice.of("UMSCHULDUNG FAHRZEUGKAUF MODERNISIEREN FREIE_VERWENDUNG"),
    "fahrzeugkauf": {
        "anbieter": Choice.of("HAENDLER PRIVAT"),
        "marke": TEXT,
        "modell": TEXT,
        "kaufpreis": NUMBER,
        "beglicheneKosten": NUMBER,
        "erstzulassungsdatum": DATE,
        "laufleistung": WHOLE,
        "kw": WHOLE,
        "ps": WHOLE,
    },
    "finanzierungswunsch": {
        "kreditbetrag": NUMBER,
        "rateMonatlich": NUMBER,
        "laufzeitInMonaten": WHOLE,
        "provisionswunschInProzent": NUMBER,
        "ratenzahlungstermin": Choice.of("MONATSENDE MONATSMITTE"),
    },
    "ratenschutzAntragsteller1": _RISKS,
    "ratenschutzAntragsteller2": _RISKS,
}
_VORGANG = {
    "kundenbetreuer": _PARTNER,
    "bearbeiter": _PARTNER,
    "leadquelle": TEXT,
    "benachrichtigung": {"aktiv": FLAG},
    "eigeneVorgangsnummer": TEXT,
    "baufiSmartVorgangsnummer": TEXT,
    "antragsteller1": _APPLICANT,
    "antragsteller2": _APPLICANT,
    "haushalt": _HOUSEHOLD,
    "finanzbedarf": _NEED,
}
# Dr. Klein's tipster is a person, that of plain KEX a partner.
_TIPSTER = {
    "partnerId": TEXT,
    "externeMitarbeiternummer": TEXT,
    "vorname": TEXT,
    "nachname": TEXT,
    "anrede": Choice.of("HERR FRAU"),
    "telefon": TEXT,
    "email": TEXT,
}
_VEHICLE_PURCHASE = "FAHRZEUGKAUF"
# Both spellings of the documents.
_SALES_KEYS = ("vertriebsschlüssel", "vertriebsschluessel")
# Additional values whose kind is known.
_FLAGS = ("einwilligungUnterschrieben",)
_MAX_PAIRS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Vorgang:
    """One Vorgang as far as it is as agreed; objects are dicts with the properties of the tree.

    `custom` holds the additional values of Dr. Klein's partners by their key.
    """

    applicant: Mapping[str, Any] = field(default_factory=dict)
    second_applicant: Mapping[str, Any] = field(default_factory=dict)
    need: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    own_number: str = ""
    comments: tuple[str, ...] = ()
    tipster: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Json] = field(default_factory=dict)
    is_real: bool = False
    # What was dropped, each with its path within the Vorgang.
    messages: tuple[str, ...] = ()

    @classmethod
    def from_payload(cls, data: dict[str, Json]) -> Self:
        """Flat (profile A), or an envelope (profile B) if there is an object `vorgang`."""
        check = Check()
        inner = data.get("vorgang")
        kex = inner if isinstance(inner, dict) else data
        read = check.read(kex, _VORGANG)
        _drop_superfluous(kex, read, check)
        tipster = data.get("tippgeber", kex.get("tippgeber"))
        ours = data.get(ENVELOPE)
        return cls(
            applicant=read.get("antragsteller1", {}),
            second_applicant=read.get("antragsteller2", {}),
            need=read.get("finanzbedarf", {}),
            source=read.get("leadquelle", ""),
            own_number=read.get("eigeneVorgangsnummer", "").strip(),
            comments=tuple(_comments(data, kex, check)),
            tipster=check.read(tipster, _TIPSTER, "tippgeber") or {},
            custom=dict(_custom(data, kex, check)),
            is_real=isinstance(ours, dict) and ours.get("environment") == PRODUCTION,
            messages=tuple(check.messages),
        )


def _drop_superfluous(kex: dict[str, Json], read: dict[str, Any], check: Check) -> None:
    """Values that mean nothing where they stand."""
    first = "antragsteller1"
    if read.get(first, {}).get("wohnsituation", {}).pop("gemeinsamerHaushalt", None) is not None:
        path = f"{first}.wohnsituation.gemeinsamerHaushalt"
        check.say(path, _("only for antragsteller2, dropped"))
    for name in (first, "antragsteller2"):
        job = read.get(name, {}).get("beschaeftigung", {})
        kind = str(job.get("beschaeftigungsart", "")).lower()
        for other in [one for one in _JOBS if one in job and one != kind]:
            del job[other]
            check.say(
                f"{name}.beschaeftigung.{other}", _("does not fit beschaeftigungsart, dropped")
            )
    need = read.get("finanzbedarf", {})
    if "fahrzeugkauf" in need and need.get("finanzierungszweck") != _VEHICLE_PURCHASE:
        del need["fahrzeugkauf"]
        check.say("finanzbedarf.fahrzeugkauf", _("only with the purpose FAHRZEUGKAUF, dropped"))


def _comments(data: dict[str, Json], kex: dict[str, Json], check: Check) -> Iterator[str]:
    """At both levels; a single text instead of a list is a comment all the same."""
    for place in (kex, data) if kex is not data else (data,):
        given = place.get("kommentare")
        if isinstance(given, str):
            check.say("kommentare", _("list expected, the text was taken as the only entry"))
            given = [given]
        yield from check.read(given, ListOf(TEXT), "kommentare") or []


def _custom(
    data: dict[str, Json], kex: dict[str, Json], check: Check
) -> Iterator[tuple[str, Json]]:
    """`data` and `custom` as a list of {key, value}, `custom` also as an object."""
    partner = data.get("partner")
    places = [("data", data.get("data")), ("custom", data.get("custom"))]
    if isinstance(partner, dict):
        places.append(("partner.custom", partner.get("custom")))
    for name in _SALES_KEYS:
        for place in (data, kex):
            if isinstance(place.get(name), str):
                yield _SALES_KEYS[1], place[name]
    for path, given in places:
        for key, value, where in _pairs(given, path, check):
            if key == _SALES_KEYS[0]:
                key = _SALES_KEYS[1]
            if key in _FLAGS and not isinstance(value, bool):
                check.say(where, _("true or false expected, value dropped"))
            elif isinstance(value, str | int | float | bool):
                yield key, value
            elif value is not None:
                check.say(where, _("single value expected, dropped"))


def _pairs(given: Json, path: str, check: Check) -> Iterator[tuple[str, Json, str]]:
    """(key, value, path)"""
    if isinstance(given, dict):
        for key, value in list(given.items())[:_MAX_PAIRS]:
            yield key, value, f"{path}.{key}"
    elif isinstance(given, list):
        for place, entry in enumerate(given[:_MAX_PAIRS]):
            key = entry.get("key") if isinstance(entry, dict) else None
            if isinstance(key, str) and key:
                yield key, entry.get("value"), f"{path}[{place}].value"
            else:
                check.say(f"{path}[{place}]", _("without a key, dropped"))
    elif given is not None:
        check.say(path, _("list expected, value dropped"))

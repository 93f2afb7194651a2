"""The tree of a Vorgang as KEX knows it: property → kind, or a dict for an object. Source:
README.md here."""

from __future__ import annotations

from integrations.checking import COUNTRY, DATE, FLAG, NUMBER, TEXT, WHOLE, Choice, ListOf

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
_EMPLOYMENT = {
    "arbeitgeber": _COMPANY,
    "berufsbezeichnung": TEXT,
    "beschaeftigtSeit": DATE,
    "inProbezeit": FLAG,
    "nettoeinkommenMonatlich": NUMBER,
}
_EMPLOYMENT_BEFORE = {"arbeitgeber": _COMPANY, "beschaeftigtSeit": DATE, "beschaeftigtBis": DATE}
_TERM = {"befristung": Choice.of("BEFRISTET UNBEFRISTET"), "befristetBis": DATE}
_EMPLOYED = {
    "beschaeftigungsverhaeltnis": _EMPLOYMENT | _TERM,
    "vorherigesBeschaeftigungsverhaeltnis": _EMPLOYMENT_BEFORE,
}
_CIVIL_SERVANT = {
    "beschaeftigungsverhaeltnis": _EMPLOYMENT | {"verbeamtetSeit": DATE},
    "vorherigesBeschaeftigungsverhaeltnis": _EMPLOYMENT_BEFORE,
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
JOBS = {
    "angestellter": _EMPLOYED,
    "arbeiter": _EMPLOYED,
    "beamter": _CIVIL_SERVANT,
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
        "beschaeftigungsart": Choice(frozenset(name.upper() for name in JOBS)),
        **JOBS,
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
VORGANG = {
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
TIPSTER = {
    "partnerId": TEXT,
    "externeMitarbeiternummer": TEXT,
    "vorname": TEXT,
    "nachname": TEXT,
    "anrede": Choice.of("HERR FRAU"),
    "telefon": TEXT,
    "email": TEXT,
}

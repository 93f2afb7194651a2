"""Makes alte_leads.xlsx: 300 old enquiries in a list as a dealer keeps it, with all its habits.

Run it from anywhere: `python -m tests.samples.make_alte_leads`. The same list comes out each time.
Persons, cars and enquiries are invented; phone numbers are from the ranges that the
Bundesnetzagentur keeps free for films, mail addresses at example.org and the like.
"""

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import xlsxwriter

TARGET = Path(__file__).with_name("alte_leads.xlsx")
HEADERS = (
    "Anfrage-Nr.", "Datum", "Anrede", "Vorname", "Nachname", "Firma", "Straße", "PLZ", "Ort",
    "Telefon", "Mobil", "E-Mail", "Quelle", "Status", "Verkäufer", "Fahrzeug", "Preis",
    "Probefahrt", "Wunsch/Notiz", "Nächster Kontakt", "Wunschfarbe",
)  # fmt: skip

ROWS = 300
REPEATED_ROWS = 4  # the same row twice
SAME_EMAIL, SAME_PHONE, SAME_NAME = 6, 4, 2  # the same person once more, and how one can tell
WITHOUT_CONTACT = 2  # somebody called and left nothing but a wish
WITHOUT_NUMBER = 5
LOST_ZEROS = 8  # postal codes that Excel turned into numbers
BLANK_ROW_AFTER = 150  # somebody left a line free

FIRST_NAMES = {
    "Herr": ["Jürgen", "Björn", "Ömer", "Hans-Peter", "Łukasz", "Günther", "René", "Søren", "Uwe"],
    "Frau": ["Jana", "Käthe", "Özlem", "Anne-Sophie", "Małgorzata", "Zoë", "Bärbel", "Ines", "Ute"],
}
LAST_NAMES = [
    "Müller-Groß", "Weißenfels", "Öztürk", "Krämer", "von der Heide", "Schüßler", "Dąbrowski",
    "Jäger", "Süß", "Kühn", "Löwe", "Nüßlein", "Börner", "Größling", "Ähren", "Strauß", "Zöllner",
    "Hölzl", "Rüther", "Faßbender", "Yıldız", "Mäder", "Çelik", "Bräuer", "Höß", "Wörner",
    "Kästner", "Lübcke", "Tröger", "Vögele", "Plößl",
]  # fmt: skip
PLACES = [
    ("01067", "Dresden"), ("04109", "Leipzig"), ("06108", "Halle (Saale)"), ("07743", "Jena"),
    ("09111", "Chemnitz"), ("58507", "Lüdenscheid"), ("50667", "Köln"), ("80331", "München"),
    ("82467", "Garmisch-Partenkirchen"), ("23552", "Lübeck"), ("99084", "Erfurt"),
]  # fmt: skip
STREETS = ["Übungsweg", "Musterstraße", "Am Mühlbach", "Beispielallee", "An der Schießstätte"]
SOURCES = ["mobile.de", "AutoScout", "Homepage", "Telefon", "Laufkundschaft", "Gelbe Seiten", ""]
STATUSES = ["offen", "in Bearbeitung", "Angebot", "verkauft", "nicht verkauft", "Rückruf offen", ""]
SELLERS = ["Köhler", "Sabine Köhler", "Jörg Brüggemann", "Brüggemann, Jörg", ""]
FORMER_SELLER = "Horst Altmann"
CARS = [
    ("VW Golf VIII 1.5 eTSI Life", 24_490), ("Škoda Octavia Combi 2.0 TDI", 27_950),
    ("Opel Corsa Elegance", 17_990), ("Mercedes-Benz C 220 d T-Modell", 41_200),
    ("Citroën C3 Aircross", 19_480), ("Hyundai i30 Kombi Trend", 18_750), ("", 0),
]  # fmt: skip
WISHES = [
    "Hätte gerne eine Probefahrt am Wochenende.",
    "Nimmt seinen alten Škoda in Zahlung, bitte Bewertung.",
    "Bittet um Rückruf nach 17 Uhr.\nFragt nach Winterrädern.",
    "Ist das Fahrzeug noch verfügbar?",
    "Möchte finanzieren, 48 Monate, Anzahlung 3.000 €.",
    "",
]
COLOURS = ["rot", "weiß", "schwarz-metallic", "", "", ""]


class Maker:
    """Draws the rows; everything is decided by the seed."""

    def __init__(self):
        self.random = random.Random(20251121)
        self.mobiles = [f"0171/39200{n:02}" for n in range(100)]
        self.mobiles += [f"0176 040690 {n:02}" for n in range(100)]
        self.landlines = [
            f"{prefix}{n:03}"
            for n in range(1000)
            for prefix in ("030/23125", "069-90009", "(040) 66969", "0221 4710", "+49 89 99998")
        ]
        names = [(first, last) for first in FIRST_NAMES.items() for last in LAST_NAMES]
        self.people = [
            (salutation, name, last) for (salutation, firsts), last in names for name in firsts
        ]
        self.random.shuffle(self.people)
        self.next_number = 1000

    def choose(self, options):
        return self.random.choice(options)

    def number(self):
        self.next_number += self.random.randint(1, 4)
        return f"A-{self.next_number}"

    def day(self):
        """True dates and typed ones, as one finds them in a list that several people keep."""
        day = date(2025, 1, 8) + timedelta(days=self.random.randrange(640))
        return day if self.random.random() < 0.6 else f"{day:%d.%m.%Y}"

    def price(self, price):
        if not price:
            return ""
        price += 10 * self.random.randrange(200)
        text = f"{price:,}".replace(",", ".")
        return self.choose([float(price), float(price), f"{text},00 €", f"{text},- €", f"{text} €"])

    def contact(self):
        salutation, first, last = self.people.pop()
        code, city = self.choose(PLACES)
        number = len(self.people)
        row = {
            "Anrede": salutation,
            "Vorname": first,
            "Nachname": last,
            "Straße": f"{self.choose(STREETS)} {self.random.randint(1, 120)}",
            "PLZ": code,
            "Ort": city,
            "Telefon": self.landlines.pop(self.random.randrange(len(self.landlines))),
            "E-Mail": f"kunde{number}@example.{self.choose(['org', 'de', 'com'])}",
        }
        if number % 2 and self.mobiles:
            row["Mobil"] = self.mobiles.pop()
        if number % 9 == 0:
            row |= {"Firma": f"{last} Bedachungen GmbH"}
        if number % 7 == 0:
            row["E-Mail"] = ""
        return row

    def enquiry(self):
        car, price = self.choose(CARS)
        follow_up = date(2026, 12, 1) + timedelta(days=self.random.randrange(120))
        return {
            "Anfrage-Nr.": self.number(),
            "Datum": self.day(),
            "Quelle": self.choose(SOURCES),
            "Status": self.choose(STATUSES),
            "Verkäufer": self.choose(SELLERS),
            "Fahrzeug": car,
            "Preis": self.price(price),
            "Probefahrt": self.choose(["x", "ja", "nein", "", ""]),
            "Wunsch/Notiz": self.choose(WISHES),
            "Nächster Kontakt": self.choose([follow_up, f"{follow_up:%d.%m.%Y}", "", ""]),
            "Wunschfarbe": self.choose(COLOURS),
        }

    def row(self):
        return {**self.contact(), **self.enquiry()}


def list_rows():
    """The 300 rows in the order of the list."""
    maker = Maker()
    special = [*odd_rows(maker), *bad_rows(maker)]
    again = SAME_EMAIL + SAME_PHONE + SAME_NAME
    plain = [maker.row() for _ in range(ROWS - len(special) - again - REPEATED_ROWS)]
    for row in plain[:LOST_ZEROS]:
        row |= {"PLZ": 1067, "Ort": "Dresden"}
    for row in plain[20 : 20 + WITHOUT_NUMBER]:
        row["Anfrage-Nr."] = ""
    rows = plain + special
    maker.random.shuffle(rows)
    known = [row for row in rows if row in plain]
    twice = [row for row in known if row.get("E-Mail")]
    rows += [same_person(maker, row, by_email=True) for row in twice[:SAME_EMAIL]]
    rows += [same_person(maker, row, by_phone=True) for row in twice[10 : 10 + SAME_PHONE]]
    rows += [same_person(maker, row) for row in twice[20 : 20 + SAME_NAME]]
    # One of the repeated rows has no number: only its content shows that it is a repeat.
    unnumbered = next(row for row in known if not row["Anfrage-Nr."])
    return [*rows, *known[30 : 30 + REPEATED_ROWS - 1], unnumbered]


def same_person(maker, row, *, by_email=False, by_phone=False):
    fresh = maker.row()
    fresh |= {name: row[name] for name in ("Anrede", "Vorname", "Nachname")}
    fresh.pop("Firma", None)
    fresh |= {"Mobil": "", "E-Mail": ""}
    if by_email:
        fresh["E-Mail"] = row["E-Mail"].upper()
    if by_phone:
        fresh["Telefon"] = row["Telefon"]
    return fresh


def odd_rows(maker):
    """Odd, but a lead can be made of each."""
    yield maker.row() | {"E-Mail": "max@"}
    yield maker.row() | {"Wunsch/Notiz": "=1+1 ist zwei, sagt er"}
    yield maker.row() | {"Nachname": "  Blank  ", "Firma": ""}
    yield maker.row() | {"Anrede": "Frau Dr.", "Vorname": "Erika", "Nachname": "Musterfrau"}
    yield maker.row() | {"Vorname": "", "Nachname": "Dr. Müller, Hans", "Firma": ""}
    yield maker.row() | {"Anrede": "Firma", "Vorname": "", "Nachname": "", "Firma": "Übungs-Bau AG"}
    yield maker.row() | {"Verkäufer": FORMER_SELLER}
    yield maker.row() | {"Anrede": "Familie"}
    for _ in range(WITHOUT_CONTACT):
        yield maker.enquiry() | {"Fahrzeug": "Opel Corsa Elegance", "Verkäufer": ""}


def bad_rows(maker):
    """Nothing usable can be made of these without asking."""
    yield maker.row() | {"Datum": "31.02.2025"}
    yield maker.row() | {"Preis": "auf Anfrage"}
    yield maker.row() | {"Mobil": "1,76041E+11"}
    yield maker.row() | {"Nächster Kontakt": "nach Ostern"}
    yield maker.row() | {"Datum": "gestern"}
    yield {"Anfrage-Nr.": maker.number(), "Datum": maker.day(), "Status": "offen"}


def write(path=TARGET):
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": datetime(2025, 11, 21), "author": "Autohaus"})
        sheet = workbook.add_worksheet("Anfragen")
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "dd.mm.yyyy"})
        money = workbook.add_format({"num_format": '#,##0.00 "€"'})
        for column, header in enumerate(HEADERS):
            sheet.write_string(0, column, header, bold)
        for position, row in enumerate(list_rows()):
            line = position + 1 + (position >= BLANK_ROW_AFTER)
            for column, header in enumerate(HEADERS):
                match row.get(header, ""):
                    case "":
                        pass
                    case float() as amount:
                        sheet.write_number(line, column, amount, money)
                    case int() as number:
                        sheet.write_number(line, column, number)
                    case date() as moment:
                        sheet.write_datetime(line, column, moment, day)
                    case text:
                        sheet.write_string(line, column, text)


if __name__ == "__main__":
    write()

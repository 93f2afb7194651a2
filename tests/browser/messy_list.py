"""A long list as offices keep them for years: everything in it that goes wrong in lists, at known
places. Persons and cars are invented; mail addresses are at example.org."""

from datetime import date, datetime, timedelta

import xlsxwriter

ROWS = 5000
FIRST_ROW = 5  # as Excel counts: below a title, a blank row, a remark and the headers
HEADERS = (
    *("Lfd. Nr.", "Anfragedatum", "Anrede", "Kunde", "Straße/Nr.", "PLZ", "Ort", "Telefon"),
    *("Handy", "Mail", "Quelle", "Bearbeitungsstand", "Verkäufer", "Wunschfahrzeug", "Preis"),
    *("Probefahrt", "Bemerkung", "Bemerkung", "", "Farbe"),
)
STATUSES = ("offen", "in Bearbeitung", "verkauft", "auf Halde")
PRICES = (21990, "21.990,00 €", "21990.00", "EUR 21.990,-", None)
# Every so many rows: the row itself is no good, its date or its price.
BAD_DATE_EVERY, BAD_PRICE_EVERY, TWICE_EVERY, BLANK_EVERY = 500, 700, 400, 1000


def write(path):
    with xlsxwriter.Workbook(path, {"strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Kundenliste")
        book.add_worksheet("Archiv").write_column(0, 0, ["Nachname", "Altmann"])
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.merge_range(0, 0, 0, 8, "Autohaus Muster – alle Anfragen")
        sheet.write(2, 0, "Stand: letzte Woche, bitte nicht löschen")
        for column, header in enumerate(HEADERS):
            if header:
                sheet.write_string(3, column, header)
        sheet.set_column(19, 19, None, None, {"hidden": True})
        at = FIRST_ROW - 1
        for number in range(ROWS):
            for column, cell in enumerate(_cells(number)):
                _write(sheet, at, column, cell, day)
            at += 2 if number % BLANK_EVERY == 17 else 1
        sheet.set_row(40, None, None, {"hidden": True})
        sheet.merge_range(60, 16, 61, 16, "gilt für beide")


def _write(sheet, row, column, cell, day):
    if isinstance(cell, str) and cell.startswith("="):
        sheet.write_formula(row, column, cell, None, "#DIV/0!" if "/0" in cell else 19990)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif isinstance(cell, date | datetime):
        sheet.write_datetime(row, column, cell, day)
    elif cell is not None:
        sheet.write(row, column, cell)


def _cells(number):
    if number % TWICE_EVERY == TWICE_EVERY - 1:
        number -= 1  # the row above once more
    return [
        f"K-{number}",
        _day(number),
        ("Herr", "Frau", "Fr.", "divers")[number % 4],
        (f"Dr. Muster{number}, Hans", f"Käthe Öztürk{number}", f"\u200bNuß{number}, Uwe")[
            number % 3
        ],
        f"Übungsweg {number % 90 + 1} a",
        1067 if number % 9 == 0 else "04109",  # Excel has taken the zero away
        "Leipzig",
        f"0341/{2_000_000 + number}",
        1.76041e11 if number % 1250 == 600 else f"+49 (0)170 {3_000_000 + number}",
        "keine" if number % 300 == 50 else f"kunde{number}@example.org",
        ("mobile.de", "AutoScout", "Messe Leipzig", "")[number % 4],
        STATUSES[number % 4],
        ("Köhler", "Horst Altmann", "")[number % 3],
        f"Golf Variante {number}",
        _price(number),
        ("ja", "x", "nein", "")[number % 4],
        "Ruft zurück\nam Abend" if number % 5 == 0 else None,
        "zweite Bemerkung" if number % 50 == 0 else None,
        "ohne Überschrift" if number % 100 == 0 else None,
        "\u202erot" if number % 10 == 0 else "blau",
    ]


def _day(number):
    if number % BAD_DATE_EVERY == 100:
        return "31.02.2025"
    day = date(2024, 1, 1) + timedelta(days=number % 600)
    return (day, f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day:%y}", f"{day:%Y-%m-%d}")[
        number % 4
    ]


def _price(number):
    if number % BAD_PRICE_EVERY == 200:
        return "auf Anfrage"
    if number % 800 == 10:
        return "=1/0"
    return "=10000+9990" if number % 800 == 20 else PRICES[number % 5]

"""Stock lists as mobile.de takes them, for tests: one line per car, ";", ISO-8859-15."""

WIDTH = 130
PLACES = {
    "kundennummer": 0,
    "interne_nummer": 1,
    "kategorie": 2,
    "marke": 3,
    "modell": 4,
    "leistung": 5,
    "hu": 6,
    "ez": 8,
    "kilometer": 9,
    "preis": 10,
    "mwst": 11,
    "vin": 14,
    "neufahrzeug": 21,
    "bemerkung": 25,
    "waehrung": 28,
    "reserviert": 94,
    "kraftstoffart": 109,
}
GOLF = {
    "interne_nummer": "A-1001",
    "kategorie": "Car.Limousine",
    "marke": "Škoda",
    "modell": "Octavia für Österreich",
    "leistung": "110",
    "ez": "05.2022",
    "kilometer": "31500",
    "preis": "18990,00",
    "mwst": "1",
    "neufahrzeug": "0",
    "bemerkung": 'Felgen 17"\\Zoll; 4 Stück für 400 €',
    "waehrung": "EUR",
    "kraftstoffart": "2",
}
HEADER = ";".join(PLACES)


def cells_of(account="471100", **said):
    """A car; what is not said is like the Octavia."""
    values = {"kundennummer": account, **GOLF, **said}
    cells = [""] * WIDTH
    for name, text in values.items():
        cells[PLACES[name]] = text
    return cells


def line(account="471100", **said):
    return ";".join(map(quoted, cells_of(account, **said)))


def named_line(**said):
    """Below HEADER, which names some of the columns."""
    values = {"kundennummer": "471100", **GOLF, **said}
    return ";".join(quoted(values.get(name, "")) for name in PLACES)


def quoted(text):
    return '"{}"'.format(text.replace('"', '""')) if text and not text.isdecimal() else text


def stock(*lines, encoding="iso8859-15"):
    return ("\r\n".join(lines) + "\r\n").encode(encoding) if lines else b""


def cars(*numbers, **said):
    return [line(interne_nummer=f"A-{number}", **said) for number in numbers]

"""Workbooks as they should not be, made on the spot: no bad file lies in the repository."""

import io
import zipfile
from datetime import date

import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

HEADERS = ("Nachname", "E-Mail", "PLZ")
ROWS = (("Groß", "gross@example.org", "01067"), ("Klein", "klein@example.org", "50667"))


def workbook(fill=None, options=None):
    """An xlsx with the sheet „Anfragen“, filled by `fill(workbook, sheet)`."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **(options or {})}) as book:
        (fill or plain)(book, book.add_worksheet("Anfragen"))
    return buffer.getvalue()


def plain(book, sheet, first=0):
    for number, cells in enumerate((HEADERS, *ROWS), first):
        sheet.write_row(number, 0, cells)


def table(*rows):
    def fill(book, sheet):
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(number, column, cell)

    return workbook(fill)


def with_parts(data, **parts):
    """The workbook with further parts, or with other contents of those it has."""
    old, new = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as container:
        for name in old.namelist():
            if name not in parts:
                container.writestr(name, old.read(name))
        for name, content in parts.items():
            container.writestr(name, content)
    return new.getvalue()


def part_of(data, name="xl/worksheets/sheet1.xml"):
    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()


def edited(data, before, after, name="xl/worksheets/sheet1.xml"):
    """The workbook with one part of its XML replaced."""
    xml = part_of(data, name)
    assert before in xml
    return with_parts(data, **{name: xml.replace(before, after)})


def far_corner():
    """A valid file of 5 KB that makes readers ask for hundreds of gigabytes."""

    def fill(book, sheet):
        sheet.write(0, 0, "A1")
        sheet.write(1_048_575, 16_383, "XFD1048576")

    return workbook(fill)


def bomb(megabytes):
    """Zeros that shrink to nothing."""
    buffer = io.BytesIO(workbook())
    with (
        zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as container,
        container.open("xl/media.bin", "w") as part,
    ):
        for _ in range(megabytes):
            part.write(bytes(1024**2))
    return buffer.getvalue()


def with_password(data):
    """The workbook as Excel saves it with a password: encrypted, in a container of its own."""
    target = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt("Probefahrt", target)
    return target.getvalue()


def million_empty_rows():
    """Formatted down to the last row, as a click on a column's head leaves it."""
    blank = "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(4, 1_000_001))
    return edited(workbook(), "</sheetData>", f"{blank}</sheetData>")


def styled_to_the_edge():
    """A format without a value in every column, and in the last row of all."""
    cells = "".join(f'<c r="{letters}2" s="0"/>' for letters in ("GZ", "ZZ", "XFD"))
    blank = '<row r="1048576"><c r="XFD1048576" s="0"></c></row>'
    xml = part_of(workbook())
    second = xml.index("</row>", xml.index('<row r="2"'))
    xml = xml[:second] + cells + xml[second:].replace("</sheetData>", f"{blank}</sheetData>")
    return with_parts(workbook(), **{"xl/worksheets/sheet1.xml": xml})


def hidden(book, sheet):
    plain(book, sheet)
    sheet.set_column(1, 1, None, None, {"hidden": True})
    sheet.set_row(2, None, None, {"hidden": True})


def merged(book, sheet):
    """A title over all columns, and a place for two rows."""
    sheet.merge_range(0, 0, 0, 2, "Unsere Interessenten")
    sheet.write_row(2, 0, ["Nachname", "E-Mail", "Ort"])
    sheet.write_row(3, 0, ["Groß", "gross@example.org"])
    sheet.write_row(4, 0, ["Klein", "klein@example.org"])
    sheet.write_row(5, 0, ["Mittel", "mittel@example.org"])
    sheet.merge_range(3, 2, 4, 2, "Dresden")


def formulas(book, sheet):
    sheet.write_row(0, 0, ["Nachname", "Preis", "Budget", "Notiz"])
    sheet.write_string(1, 0, "Groß")
    sheet.write_formula(1, 1, "=10000+1990", None, 11990)
    sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    sheet.write_formula(1, 3, "=B2", None, "")


def dates(book, sheet):
    sheet.write_row(0, 0, ["Nachname", "Datum", "Wiedervorlage"])
    sheet.write_string(1, 0, "Groß")
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write_datetime(1, 1, date(2025, 2, 3), day)
    sheet.write_number(1, 2, (date(2025, 3, 4) - date(1904, 1, 1)).days)  # without a format

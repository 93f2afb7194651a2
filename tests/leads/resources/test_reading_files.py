"""Files in: what is read, and what is refused."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
import xlsxwriter
from django.core.exceptions import ValidationError

from leads.resources.header_row import HEAD_ROWS
from tests.leads.resources.taking import read


def workbook(fill):
    """An xlsx made by `fill(workbook, first sheet)`."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        fill(book, book.add_worksheet("Anfragen"))
    return buffer.getvalue()


def table(*rows):
    def fill(book, sheet):
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(number, column, cell)

    return workbook(fill)


def refusal(data):
    with pytest.raises(ValidationError) as caught:
        read(data)
    assert caught.value.messages[0].strip()
    return caught.value.code


# --- xlsx in --------------------------------------------------------------------------------------


def test_reads_numbers_dates_and_text_as_what_they_are():
    def fill(book, sheet):
        sheet.write_row(0, 0, ["PLZ", "Nummer", "Preis", "Tag", "Zeit", "Moment", "Wahr", "Leer"])
        sheet.write_string(1, 0, "01067")
        sheet.write_number(1, 1, 40210)
        sheet.write_number(1, 2, 1234.5)
        sheet.write_datetime(1, 3, datetime(2025, 2, 3), book.add_format({"num_format": "d.m.yy"}))
        sheet.write_datetime(1, 4, time(14, 5), book.add_format({"num_format": "hh:mm"}))
        moment = datetime(2025, 2, 3, 14, 5, 9)
        sheet.write_datetime(1, 5, moment, book.add_format({"num_format": "d.m.yy hh:mm:ss"}))
        sheet.write_boolean(1, 6, True)

    [row] = read(workbook(fill))

    assert list(row) == [
        "01067",
        40210,
        1234.5,
        date(2025, 2, 3),
        time(14, 5),
        datetime(2025, 2, 3, 14, 5, 9),
        True,
        None,
    ]
    assert isinstance(row[1], int)


def test_a_formula_counts_as_the_value_that_excel_saw():
    def fill(book, sheet):
        sheet.write_row(0, 0, ["Summe", "Fehler"])
        sheet.write_formula(1, 0, "=1+2", None, 3)
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")

    [row] = read(workbook(fill))

    assert list(row) == [3, None]


def test_rows_keep_the_number_that_excel_shows():
    sheet = read(table([], ["Nachname"], ["Groß"], [], ["Klein"]))

    assert sheet.headers == ["Nachname"]
    assert sheet.row_numbers == [3, 5]


def test_no_cell_is_lost_for_want_of_a_header():
    sheet = read(table(["Telefon", None, "Telefon"], ["1", "2", "3", "4"]))

    assert len(set(sheet.headers)) == 4
    assert sheet.headers[0] == "Telefon"
    assert list(sheet[0]) == ["1", "2", "3", "4"]


def test_reads_the_first_visible_sheet_and_names_the_others():
    def fill(book, sheet):
        sheet.hide()
        for name in ("Liste", "Archiv"):
            book.add_worksheet(name).write_column(0, 0, ["Nachname", name])
        book.worksheets()[1].activate()

    sheet = read(workbook(fill))

    assert list(sheet[0]) == ["Liste"]
    assert [one.name for one in sheet.info.sheets if one.name != sheet.info.sheet] == [
        "Anfragen",
        "Archiv",
    ]


def test_the_format_of_a_file_is_told_by_its_content():
    assert read(table(["a"], ["b"])).info.kind == "xlsx"
    assert read(b"a;b\n1;2\n").info.kind == "csv"


# --- refused --------------------------------------------------------------------------------------


def rezipped(data, **parts):
    """The workbook with further parts."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return buffer.getvalue()


def corners(book, sheet):
    sheet.write(0, 0, "A1")
    sheet.write(1_048_575, 16_383, "XFD1048576")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SMALL = table(["Nachname"], ["Groß"])
BAD_FILES = {
    "empty": (b"", "empty"),
    "only blanks": (b"  \n ; ; \n", "empty"),
    "only headers": (table(["Nachname"]), "no_rows"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "not_xlsx"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_xlsx"),
    "web page": (b"<html><table><tr><td>1</td></tr></table></html>", "not_xlsx"),
    "text with NUL": (b"Nachname\n\x00\n", "not_xlsx"),
    "other zip": (rezipped(b"", **{"a.txt": "a"}), "not_xlsx"),
    "broken zip": (SMALL[: len(SMALL) // 2], "damaged"),
    "old Excel": (OLE + bytes(600), "old"),
    "macros": (rezipped(SMALL, **{"xl/vbaProject.bin": b"x"}), "macros"),
    "entities": (rezipped(SMALL, **{"xl/x.xml": b"<!DOCTYPE x>"}), "damaged"),
    "many parts": (rezipped(SMALL, **{f"xl/{n}.xml": b"" for n in range(500)}), "too_complex"),
    "path upwards": (rezipped(SMALL, **{"xl/../../x": b""}), "too_complex"),
    "two far corners": (workbook(corners), "far_cell"),
    "millions of empty cells": (b"Nachname;Ort\n" + b";" * 7_000_000, "too_many_columns"),
    "open quotation mark": (b'Nachname;Ort\n"Gro\xc3\x9f;K\xc3\xb6ln\n', "quotes"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence(name):
    data, reason = BAD_FILES[name]

    assert refusal(data) == reason


@pytest.mark.parametrize("junk", [b"<c ", b'<row hidden="1" '])
def test_a_text_made_to_keep_the_search_for_oddities_busy_does_not(settings, junk):
    settings.IMPORT_READER_SECONDS = 3  # of the processor
    text = b"<!--" + junk * 30_000 + b"-->"
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SMALL)) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"</sheetData>", text + b"</sheetData>"))

    assert len(read(data.getvalue())) == 1


@pytest.mark.parametrize("make", [lambda rows: table(*rows), lambda rows: csv_of(rows)])
def test_limits_of_rows_columns_and_bytes(settings, make):
    settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_COLUMNS = 3, 4

    assert len(read(make([["Nachname"], *[["x"]] * 3]))) == 3
    assert refusal(make([["Nachname"], *[["x"]] * 4])) == "too_many_rows"
    assert refusal(make([["Nachname"], ["x"] * 5])) == "too_many_columns"
    settings.IMPORT_MAX_BYTES = 9
    assert refusal(make([["Nachname"], ["x"]])) == "too_large"


def test_blank_rows_without_end_are_not_read_to_their_end(settings):
    settings.IMPORT_MAX_ROWS = 3
    blank = b"\n" * 10 * (3 + HEAD_ROWS)

    assert len(read(b"Nachname\nx" + blank[10:])) == 1
    assert refusal(b"Nachname\nx" + blank) == "too_many_rows"


def csv_of(rows):
    return "\n".join(";".join(row) for row in rows).encode()


# --- CSV in ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "Name;Ort\nGroß;Köln\n".encode(),
        "Name;Ort\nGroß;Köln\n".encode("utf-8-sig"),
        "Name;Ort\r\nGroß;Köln\r\n".encode("cp1252"),
        "Name;Ort\nGroß;Köln\n".encode("utf-16"),
        "Name,Ort\nGroß,Köln\n".encode(),
        "Name\tOrt\nGroß\tKöln\n".encode(),
        '"Name;"\t"Ort"\nGroß\tKöln\n'.encode(),
        "sep=,\nName,Ort\nGroß,Köln\n".encode(),
        "Name;Ort\rGroß;Köln\r".encode("cp1252"),
    ],
)
def test_finds_encoding_and_delimiter(data):
    sheet = read(data)

    assert sheet.headers[1] == "Ort"
    assert list(sheet[0]) == ["Groß", "Köln"]


def test_counts_csv_rows_as_excel_does():
    sheet = read(b'Name;Wunsch\nA;"two\nlines"\n\nB;one\n')

    assert sheet.row_numbers == [2, 4]
    assert sheet[0][1] == "two\nlines"

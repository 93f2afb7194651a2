"""Lists as dealers have them: what is found in a file, what is said about it, what is refused."""

import dataclasses
import io
import resource
import sys
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from leads.models.keys import clean_text
from leads.resources import xlsx_marks
from leads.resources.column_contents import headers_of_days
from leads.resources.invisible import has_invisible
from leads.resources.list_info import Choice
from leads.resources.list_remarks import remarks_on
from leads.resources.reading import open_list
from tests.leads.resources import making_lists as lists

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def opened(data, **choice):
    """(what was found, the rows)"""
    with open_list(data, Choice(**choice)) as found:
        return found.info, list(found.rows(date_headers=headers_of_days(found.info.headers)))


def refused(data, **choice):
    """(code, German sentence)"""
    with (
        override("de"),
        pytest.raises(ValidationError) as caught,
        open_list(data, Choice(**choice)),
    ):
        pass
    return caught.value.code, caught.value.messages[0]


def said(data, **choice):
    """Everything the page says about the list, in German."""
    with override("de"):
        info, _rows = opened(data, **choice)
        return "\n".join(remarks_on(info))


def csv_of(*lines, encoding="utf-8", newline="\r\n"):
    return newline.join(lines).encode(encoding)


# --- the whole of it ------------------------------------------------------------------------------


def test_a_plain_workbook_has_nothing_to_remark():
    info, rows = opened(lists.workbook())

    assert info.headers == lists.HEADERS
    assert (info.kind, info.sheet, info.header_row, info.row_count) == ("xlsx", "Anfragen", 1, 2)
    assert rows == [(2, list(lists.ROWS[0])), (3, list(lists.ROWS[1]))]
    assert remarks_on(info) == []


def test_a_first_row_of_data_is_pointed_out():
    rows = "Eva;Groß;eva@example.org", "Uwe;Klein;uwe@example.org"

    assert "Zeile 1 zählt als Überschriften und wird nicht importiert" in said(csv_of(*rows))
    assert "zählt als Überschriften" not in said(csv_of("Vorname;Nachname;Mail", *rows))


def test_rows_can_be_read_again_and_from_a_file():
    with open_list(io.BytesIO(lists.workbook())) as found:
        assert list(found.rows()) == list(found.rows())


def test_what_was_found_cannot_be_changed_by_accident():
    info, _rows = opened(lists.workbook())

    with pytest.raises(dataclasses.FrozenInstanceError):
        info.header_row = 7


# --- sheets ---------------------------------------------------------------------------------------


def several(book, sheet):
    """An empty first sheet, two lists and a hidden one."""
    for name, who in (("Liste", "Groß"), ("Archiv", "Klein"), ("Codes", "Geheim")):
        other = book.add_worksheet(name)
        other.write_column(0, 0, ["Nachname", who])
        other.write_column(0, 1, ["Ort", "Köln"])
    other.hide()


def test_names_all_sheets_with_their_sizes_and_reads_the_first_that_holds_something():
    info, rows = opened(lists.workbook(several))

    assert [(one.name, one.rows, one.columns, one.is_hidden) for one in info.sheets] == [
        ("Anfragen", 0, 0, False),
        ("Liste", 2, 2, False),
        ("Archiv", 2, 2, False),
        ("Codes", 2, 2, True),
    ]
    assert (info.sheet, rows) == ("Liste", [(2, ["Groß", "Köln"])])
    assert "Archiv (2 Zeilen), Codes (2 Zeilen, ausgeblendet)" in said(lists.workbook(several))


def with_covers(book, sheet):
    """A cover sheet, words, a table of something else, and then the list."""
    sheet.write_column(0, 0, ["Autohaus Groß", "Kundenliste 2025", "Stand: 1.3.2025"])
    sheet.write_column(5, 0, ["Bitte nichts ändern, sondern anrufen."] * 2_000)
    for name, *rows in (
        ("Info", ["Bearbeiter", "Telefon"]),
        ("Änderungen", ["Nr.", "Datum", "Bearbeiter"], ["1", "1.3.2025", "Klein"]),
        ("Kunden", ["Nachname", "E-Mail"], ["Groß", "gross@example.org"]),
        ("Alt", ["Nachname", "E-Mail"], ["Klein", "klein@example.org"]),
    ):
        other = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            other.write_row(number, 0, cells)


def test_the_first_sheet_that_looks_like_a_list_is_read():
    data = lists.workbook(with_covers)

    info, rows = opened(data)

    assert (info.sheet, rows) == ("Kunden", [(2, ["Groß", "gross@example.org"])])
    assert "Gelesen wurde das Blatt „Kunden“. Nicht gelesen: Anfragen (2003 Zeilen)" in said(data)
    assert opened(data, sheet="Alt")[0].sheet == "Alt"


def test_a_table_of_unknown_headers_is_rather_read_than_a_cover_sheet():
    def fill(book, sheet):
        sheet.write_column(0, 0, ["Autohaus Groß", "Stand: 1.3.2025"])
        other = book.add_worksheet("Daten")
        for number, cells in enumerate([["Feld A", "Feld B"], ["x", 1], ["y", 2]]):
            other.write_row(number, 0, cells)

    assert opened(lists.workbook(fill))[0].sheet == "Daten"


@pytest.mark.parametrize("name", ["Archiv", "Codes"])
def test_another_sheet_can_be_chosen(name):
    info, rows = opened(lists.workbook(several), sheet=name)

    assert info.sheet == name
    assert rows != [(2, ["Groß", "Köln"])]


def test_a_sheet_that_is_not_there_is_named():
    code, text = refused(lists.workbook(several), sheet="Fort")

    assert code == "no_such_sheet"
    assert "„Fort“" in text


# --- the row of the headers -----------------------------------------------------------------------

HEAD = ["Name", "Telefon", "E-Mail"]
DATA = ["Erika Groß", "0171 3920012", "gross@example.org"]
NOTED = ["Kunden", None, "Stand 1.3.2026"]


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([HEAD, DATA], 1),
        ([[], HEAD, DATA], 2),
        ([["Unsere Kunden 2026"], [], ["bitte nicht ändern!"], HEAD, DATA, DATA], 4),
        ([NOTED, [], HEAD, DATA], 3),
        # Groups of columns above the columns.
        ([["Kunde", None, None, "Fahrzeug"], [*HEAD, "Marke", "Modell"], [*DATA, "VW", "Golf"]], 2),
        # Headers that nobody knows, below a title.
        ([["Export"], ["Feld A", "Feld B", "Feld C"], ["1", "2", "3"], ["4", "5", "6"]], 2),
        # A word of ours in a cell of somebody's list is no header.
        ([["Wer", "Wie"], ["Groß", "Telefon"], ["Klein", "E-Mail"]], 1),
        ([["Nachname"], ["Groß"], ["Telefon"]], 1),
        # One row of many headers beats a title that names one of them.
        ([["Kunde", "geheim"], HEAD, DATA], 2),
    ],
)
def test_finds_the_row_of_the_headers(rows, number):
    for data in (lists.table(*rows), csv_of(*(";".join(c or "" for c in row) for row in rows))):
        info, body = opened(data)
        assert info.header_row == number
        assert [row for row, _cells in body] == list(range(number + 1, len(rows) + 1))


def test_what_stands_above_the_headers_is_shown():
    text = said(lists.table(["Unsere Kunden", "2026"], [], HEAD, DATA))

    assert "Zeile 3" in text
    assert "Zeile 1: Unsere Kunden 2026" in text


def test_the_row_of_the_headers_can_be_chosen():
    info, rows = opened(lists.table(HEAD, ["Name 2", "Tel. 2", "Mail 2"], DATA), header_row=2)

    assert info.headers == ("Name 2", "Tel. 2", "Mail 2")
    assert rows == [(3, DATA)]


@pytest.mark.parametrize("row", [2, 99])
def test_a_row_that_cannot_hold_headers_is_refused(row):
    code, text = refused(lists.table(HEAD, [], DATA), header_row=row)

    assert code == "no_such_row"
    assert f"Zeile {row}" in text


def test_duplicate_and_missing_headers_lose_no_cell():
    info, rows = opened(lists.table(["Telefon", None, "telefon", "Telefon"], ["1", "2", "3", "4"]))

    assert info.headers == ("Telefon", "Spalte B", "telefon", "Telefon (2)")
    assert rows == [(2, ["1", "2", "3", "4"])]


def test_columns_and_rows_without_any_cell_are_left_out():
    info, rows = opened(lists.table([], [None, "Nachname", None, "Ort"], [], [None, "Groß"]))

    assert (info.headers, info.positions) == (("Nachname", "Ort"), (1, 3))
    assert rows == [(4, ["Groß", None])]


# --- what workbooks hide --------------------------------------------------------------------------


def test_hidden_columns_and_rows_are_read_and_said():
    data = lists.workbook(lists.hidden)
    info, rows = opened(data)

    assert len(rows) == 2
    assert info.hidden_columns == ("E-Mail",)
    assert info.hidden_rows.first == ("3",)
    assert "Ausgeblendete Spalten werden mitgelesen: E-Mail." in said(data)


def test_a_merged_cell_counts_for_each_of_its_rows():
    data = lists.workbook(lists.merged)
    info, rows = opened(data)

    assert [cells[2] for _number, cells in rows] == ["Dresden", "Dresden", None]
    assert info.header_row == 3
    assert info.merged.first == ("C4:C5",)  # the title is none of our business
    assert "C4:C5" in said(data)


def test_a_formula_counts_as_its_value_and_never_as_a_formula():
    data = lists.workbook(lists.formulas)
    _info, [(_number, cells)] = opened(data)

    assert cells[:3] == ["Groß", 11990, None]
    assert "C2 (#DIV/0!)" in said(data)
    assert "1 Formel zählt mit dem Ergebnis" in said(data)


def test_formulas_that_excel_never_computed_are_named():
    xml_value = "<v>11990</v>"
    data = lists.edited(lists.workbook(lists.formulas), xml_value, "")
    info, [(_number, cells)] = opened(data)

    assert cells[1] is None
    assert info.unsolved.first == ("B2", "D2")
    assert "B2, D2" in said(data)


def test_dates_of_1904_are_the_same_days():
    data = lists.workbook(lists.dates, {"date_1904": True})
    info, [(_number, cells)] = opened(data)

    assert info.is_1904
    assert cells[1:] == [date(2025, 2, 3), date(2025, 3, 4)]
    assert "1904" in said(data)


def test_a_number_below_another_header_is_no_date_of_1904():
    def fill(book, sheet):
        sheet.write_row(0, 0, ["Nachname", "Preis"])
        sheet.write_row(1, 0, ["Groß", 44000])

    _info, [(_number, cells)] = opened(lists.workbook(fill, {"date_1904": True}))

    assert cells == ["Groß", 44000]


def test_a_wrong_dimension_loses_nothing():
    right = lists.workbook()
    for wrong in ("A1", "A1:B2", "C5:D6", "A1:XFD1048576"):
        data = lists.edited(right, '<dimension ref="A1:C3"/>', f'<dimension ref="{wrong}"/>')
        assert opened(data)[1] == opened(right)[1]


def test_a_million_empty_rows_are_no_rows():
    info, rows = opened(lists.million_empty_rows())

    assert (info.row_count, len(rows)) == (2, 2)


def test_formats_without_values_are_no_cells():
    info, rows = opened(lists.styled_to_the_edge())

    assert (info.headers, len(rows)) == (lists.HEADERS, 2)


def test_mixed_types_in_one_column_stay_what_they_are():
    values = ["01067", 1067, 1067.5, True, "1.234,56"]

    _info, rows = opened(lists.table(["Wert"], *[[value] for value in values]))

    assert [cells[0] for _number, cells in rows] == values


def test_a_workbook_with_prefixed_elements_tells_its_marks_too():
    data = lists.workbook(lists.hidden)
    xml = lists.part_of(data)
    for name in ("row", "c", "v", "cols", "col", "sheetData", "worksheet"):
        for sign in "<>":
            xml = xml.replace(f"<{name} ", f"<x:{name} ").replace(f"<{name}{sign}", f"<x:{name}>")
            xml = xml.replace(f"</{name}>", f"</x:{name}>")
    xml = xml.replace("xmlns=", "xmlns:x=")
    for name in ("dimension", "sheetViews", "sheetView", "sheetFormatPr", "pageMargins"):
        xml = xml.replace(f"<{name}", f"<x:{name}").replace(f"</{name}>", f"</x:{name}>")
    info, rows = opened(lists.with_parts(data, **{"xl/worksheets/sheet1.xml": xml}))

    assert len(rows) == 2
    assert info.hidden_rows.first == ("3",)


def test_marks_do_not_depend_on_where_a_piece_of_the_file_ends():
    xml = lists.part_of(lists.workbook(lists.formulas)).encode()
    whole = xlsx_marks.Marks(200)
    whole.feed(xml, is_last=True)
    for size in (40, 97, 300):
        pieces = xlsx_marks.Marks(200)
        for start in range(0, len(xml), size):
            pieces.feed(xml[start : start + size], is_last=start + size >= len(xml))
        for name in ("rows", "columns", "last_row", "formulas"):
            assert getattr(pieces, name) == getattr(whole, name), name
        assert vars(pieces.errors) == vars(whole.errors)


# --- CSV ------------------------------------------------------------------------------------------

LINES = ("Name;Ort", "Groß;Köln", "Jürgen;Böblingen")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (csv_of(*LINES), "utf-8"),
        (csv_of(*LINES, encoding="utf-8-sig"), "utf-8-sig"),
        (csv_of(*LINES, encoding="cp1252"), "cp1252"),
        (b"\xff\xfe" + csv_of(*LINES, encoding="utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + csv_of(*LINES, encoding="utf-16-be"), "utf-16-be"),
        (csv_of(*LINES, encoding="utf-16-le"), "utf-16-le"),
        (csv_of(*LINES, encoding="utf-16-be"), "utf-16-be"),
    ],
)
def test_finds_the_encoding(data, encoding):
    info, rows = opened(data)

    assert info.encoding == encoding
    assert rows == [(2, ["Groß", "Köln"]), (3, ["Jürgen", "Böblingen"])]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_finds_the_delimiter(delimiter):
    info, rows = opened(csv_of(*(line.replace(";", delimiter) for line in LINES)))

    assert info.delimiter == delimiter
    assert rows[0] == (2, ["Groß", "Köln"])


@pytest.mark.parametrize(
    "lines",
    [
        ("Name;Preis", "Groß;1,50", "Klein;2,50", "Mittel;3,50"),
        ("Name, Vorname;Ort;Tel", "Groß, Erika;Köln;1", "Klein, Max;Bonn;2"),
        ('"a,b,c,d";x', '"e,f,g,h";y'),
        ("Kundenliste, Stand 1,5, neu", "", "Name;Ort;Tel", "A;B;1", "C;D;2"),
        ("sep=;", "Name,x;Ort,y", "A,1;B,2"),
    ],
)
def test_is_not_misled_by_signs_within_texts(lines):
    assert opened(csv_of(*lines))[0].delimiter == ";"


def test_says_and_changes_encoding_and_delimiter():
    data = csv_of("Name,x|Ort", "Groß,y|Köln", encoding="cp1252")

    assert "Windows-1252" in said(data)
    info, rows = opened(data, encoding="utf-8", delimiter=",")
    assert (info.encoding, info.delimiter) == ("utf-8", ",")
    assert rows[0][1][0] == "Gro�"


def test_an_encoding_that_nobody_offers_is_refused():
    assert refused(csv_of(*LINES), encoding="utf-7")[0] == "encoding"


def test_rows_with_too_many_cells_lose_none_and_are_named():
    data = csv_of("Name;Ort", "Groß;Köln", "Klein;Bonn;am Rhein")
    info, rows = opened(data)

    assert rows[1] == (3, ["Klein", "Bonn", "am Rhein"])
    assert info.ragged.first == ("3",)
    assert "3" in said(data)


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (csv_of("Name;Ort", "A;B", '"Gro;Köln', "C;D"), 3),
        (csv_of("Name;Ort", "A;B", "C;D", '"Golf 19" Felgen;Köln'), 4),
    ],
)
def test_broken_quotes_are_refused_with_their_row(data, row):
    code, text = refused(data)

    assert code == "quotes"
    assert f"Zeile {row}" in text


def test_invisible_signs_are_said_and_taken_out():
    lines = ("Name;Telefon", "A;030 1", "B;\u202a0171 3920012\u202c", "C\0;\ufeff030 2")
    data = csv_of(*lines, *(["D;1"] * 40))
    info, _rows = opened(data)

    assert info.invisible.first == ("3", "4")
    assert "3, 4" in said(data)
    workbook_info, _rows = opened(lists.table(["Name", "Ort"], ["A", "B"], ["\u200fC", "D"]))
    assert workbook_info.invisible.first == ("3",)


@pytest.mark.parametrize("sign", "\0\u061c\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff")
def test_what_is_called_invisible_is_taken_out_of_every_text(sign):
    assert has_invisible(f"0171{sign} 3920012")
    assert clean_text(f"0171{sign} 3920012") == "0171 3920012"


# --- refused --------------------------------------------------------------------------------------

BAD_FILES = {
    "far corner": (lists.far_corner, "far_cell", "XFD1048576"),
    "far row": (
        lambda: lists.edited(
            lists.workbook(lambda b, s: s.write_row(0, 0, ["Spalte"] * 150)),
            "</sheetData>",
            '<row r="1048576"><c r="B1048576"><v>1</v></c></row></sheetData>',
        ),
        "far_cell",
        "1048576",
    ),
    "macros": (
        lambda: lists.with_parts(lists.workbook(), **{"xl/vbaProject.bin": "x"}),
        "macros",
        "Makros",
    ),
    "password": (lambda: lists.with_password(lists.workbook()), "encrypted", "Passwort"),
    "old": (lambda: OLE + bytes(600), "old", ".xls"),
    "renamed PDF": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "not_xlsx", ".xlsx"),
    "empty": (lambda: b"", "empty", "leer"),
    "blank": (lambda: b" \r\n;;\r\n", "empty", "leer"),
    "empty sheets": (lambda: lists.workbook(lambda book, sheet: None), "empty", "leer"),
    "headers alone": (lambda: lists.table(["Nachname", "Ort"]), "no_rows", "Überschriften"),
    "broken zip": (lambda: lists.workbook()[:900], "damaged", "beschädigt"),
    "broken XML": (
        lambda: lists.edited(lists.workbook(), "</sheetData>", "<row><"),
        "damaged",
        "beschädigt",
    ),
    "no relations": (
        lambda: lists.with_parts(lists.workbook(), **{"xl/_rels/workbook.xml.rels": "<"}),
        "damaged",
        "beschädigt",
    ),
    "entities": (
        lambda: lists.with_parts(
            lists.workbook(), **{"xl/x.xml": " " * (1024**2 - 4) + "<!DOCTYPE x>"}
        ),
        "damaged",
        "beschädigt",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_in_german_with_the_place(name):
    make, code, words = BAD_FILES[name]

    found, text = refused(make())

    assert found == code
    assert words in text


def test_a_zip_bomb_is_refused_while_it_is_unpacked(settings):
    settings.IMPORT_MAX_UNPACKED_BYTES = 20 * 1024**2
    data = lists.bomb(25)

    assert len(data) < 100_000
    code, text = refused(data)
    assert code == "bomb"
    assert "20 MB" in text


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_limits_are_told_with_their_numbers(settings, kind):
    settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_COLUMNS = 60, 4

    def make(*rows):
        return lists.table(*rows) if kind == "xlsx" else csv_of(*(";".join(row) for row in rows))

    assert opened(make(["Name"], *[["x"]] * 60))[0].row_count == 60
    for rows in (61, 200):
        code, text = refused(make(["Name"], *[["x"]] * rows))
        assert (code, "60" in text) == ("too_many_rows", True)
    code, text = refused(make(["Name"] * 5, ["x"] * 5))
    assert (code, "4" in text) == ("too_many_columns", True)
    settings.IMPORT_MAX_BYTES = 9
    assert refused(make(["Nachname"], ["x"]))[0] == "too_large"


def test_the_reader_ends_when_it_takes_too_much(settings):
    settings.IMPORT_READER_MEMORY_BYTES = 32 * 1024**2
    data = lists.table(["a"] * 20, *[[f"{n} x" * 5] * 20 for n in range(20_000)])

    assert refused(data)[0] == "too_complex"


def test_a_reader_that_is_ended_from_outside_reads_once_more(tmp_path, monkeypatch):
    """A machine short of memory ends it with this signal; the file is not to blame."""
    reader, ended = tmp_path / "python", tmp_path / "ended"
    reader.write_text(
        f'#!/bin/sh\n[ -e {ended} ] && exec {sys.executable} "$@"\n: >{ended}\nkill -KILL $$\n'
    )
    reader.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(reader))

    _info, rows = opened(lists.table(["Name"], ["Groß"]))

    assert (ended.exists(), rows) == (True, [(2, ["Groß"])])


def test_memory_does_not_grow_with_the_list():
    data = b"Name;Ort\n" + b"Gross;Koeln\n" * 150_000
    opened_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_list(io.BytesIO(data)) as found:
        count = sum(1 for _row in found.rows())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - opened_before

    assert count == 150_000
    assert grown < 40 * 1024  # KB; the rows in a list take a hundred megabytes

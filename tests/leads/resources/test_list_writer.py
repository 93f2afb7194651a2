"""Files of long lists: typed cells, nothing that runs, nothing that breaks a file."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from leads.models import ExportFormat
from leads.resources.columns import BY_NAME
from leads.resources.formulas import restore
from leads.resources.list_writer import write_list

FORMULA_LIKE = [
    "=1+1",
    "+49 30 23125101",
    "-5 Grad",
    "@SUMME(A1)",
    "\tTab",
    "＝1+1",
    '=HYPERLINK("https://example.org")',
]
AWKWARD = [
    *FORMULA_LIKE,
    "'=1+1",
    "  Blanks around  ",
    'with "quotes"; and ; signs',
    "two\nlines",
    "01067",
    "1E+5",
    "31.12.2026",
    "_x0041_",
    "https://example.org",
    "<b>&amp;</b>",
    "\u202eright to left",
]


def written(rows, *names, file_format=ExportFormat.XLSX):
    target = io.BytesIO()
    write_list(target, rows, [BY_NAME[name] for name in names], file_format)
    return target.getvalue()


def workbook(data):
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_numbers_and_dates_are_typed_and_none_is_empty():
    values = [
        Decimal("21990.50"),
        60,
        date(2026, 4, 15),
        datetime(2026, 3, 2, 9, 15),
        "01067",
        None,
        "",
    ]
    names = ["expected_value", "probability", "expected_close_on", "received_at", "postal_code"]
    sheet = workbook(written([values], *names, "city", "company"))

    cells = sheet[2]
    assert [cell.value for cell in cells] == [
        21990.5,
        60,
        datetime(2026, 4, 15),
        datetime(2026, 3, 2, 9, 15),
        "01067",
        None,
        None,
    ]
    assert [cell.number_format for cell in cells[:5]] == [
        "#,##0.00",
        "0",
        "dd.mm.yyyy",
        "dd.mm.yyyy hh:mm",
        "@",
    ]


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_in_a_workbook_stays_the_text_it_was(text):
    data = written([[text]], "subject")

    [cell] = workbook(data)[2]
    assert cell.data_type == "s"
    # Edited in Excel it stays a text: no formula, no number, no link.
    assert cell.number_format == "@"
    assert cell.quotePrefix
    assert cell.hyperlink is None
    [[_header], [seen]] = (
        CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    )
    assert seen == text


def test_no_workbook_holds_a_formula():
    data = written([[text] for text in AWKWARD], "subject")

    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f" not in parts.read("xl/worksheets/sheet1.xml")


def test_the_type_of_a_column_is_not_learnt_from_its_first_cell():
    rows = [[None, None], ["text", Decimal("1.5")], [None, Decimal(2)], ["=1", None]]

    sheet = workbook(written(rows, "subject", "expected_value"))

    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [[None, None], ["text", 1.5], [None, 2], ["=1", None]][-len(values) :] == values


def test_a_sign_that_xml_forbids_does_not_break_the_workbook():
    sheet = workbook(written([["a\x01b\x0b\ufffe"]], "subject"))

    assert sheet.cell(2, 1).data_type == "s"
    assert sheet.cell(2, 1).value.startswith("a")


def test_a_day_before_the_calendar_of_excel_is_a_text():
    row = [date(1899, 12, 31), datetime(1850, 1, 2, 3, 4), "x"]

    sheet = workbook(written([row], "expected_close_on", "received_at", "subject"))

    assert [cell.value for cell in sheet[2]] == ["31.12.1899", "02.01.1850 03:04", "x"]


def test_a_list_without_rows_has_its_headers():
    sheet = workbook(written([], "number", "subject"))

    headers = [BY_NAME[name].header for name in ("number", "subject")]
    assert [cell.value for cell in sheet[1]] == headers


def test_headers_stay_in_sight_and_can_be_filtered():
    sheet = workbook(written([["a"]], "subject"))

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1")


def test_a_csv_opens_in_a_german_excel():
    row = ["Größling", Decimal("21990.50"), date(2026, 4, 15), datetime(2026, 3, 2, 9, 15), None]
    names = ["last_name", "expected_value", "expected_close_on", "received_at", "city"]

    data = written([row], *names, file_format=ExportFormat.CSV)

    assert data.startswith(b"\xef\xbb\xbf")
    assert (
        data.decode("utf-8-sig").splitlines()[1] == "Größling;21990,50;15.04.2026;02.03.2026 09:15;"
    )


def test_a_csv_for_old_programs_is_windows_1252():
    data = written(
        [["Größling €", "日本"]], "last_name", "city", file_format=ExportFormat.CSV_WINDOWS
    )

    assert data.decode("cp1252").splitlines()[1] == "Größling €;??"


@pytest.mark.parametrize("text", FORMULA_LIKE)
def test_a_text_in_a_csv_is_no_formula_and_our_import_takes_it_back(text):
    data = written([[text]], "subject", file_format=ExportFormat.CSV).decode("utf-8-sig")

    cell = data.splitlines()[1]
    assert cell.strip('"').startswith("'")
    assert restore(f"'{text}") == text


def test_a_broken_source_leaves_its_error():
    def rows():
        yield ["a"]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        written(rows(), "subject")

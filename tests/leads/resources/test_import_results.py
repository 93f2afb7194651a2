"""What became of a list as a file: all of it with its outcome, or what is left to be corrected."""

import io
import tempfile
import tracemalloc
from datetime import date, datetime, time

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from leads.models import ImportState, Lead, ListImport, ListRow, Plan, RowOutcome
from leads.resources import error_workbook, import_results
from leads.resources.cells import cell_to_json
from leads.resources.column_contents import header_fingerprint
from leads.resources.import_results import write_errors, write_result
from leads.resources.list_remarks import remarks_on
from leads.resources.reading import open_list
from tests import builders
from tests.leads.resources.importing import check, run, upload

pytestmark = pytest.mark.django_db

ADDED = ["Ergebnis", "LeadOffice-Nr.", "Grund", "LeadOffice-Zeile"]


@pytest.fixture
def dealer():
    return builders.make_dealer()


def staged(dealer, headers, *rows, **values):
    """A list whose rows have been looked at; rows are cells, or what else a ListRow is made of."""
    found = ListImport.objects.create(
        **{
            "dealer": dealer,
            "file_name": "liste.xlsx",
            "language": "de",
            "state": ImportState.DONE,
            "headers": list(headers),
            "fingerprint": header_fingerprint(headers),
            "created_at": timezone.now(),
            "touched_at": timezone.now(),
            **values,
        }
    )
    for number, row in enumerate(rows, 2):
        row = row if isinstance(row, dict) else {"cells": row}
        cells = [cell_to_json(cell) for cell in row.pop("cells")]
        ListRow.objects.create(
            dealer=dealer, list_import=found, **{"number": number, "cells": cells, **row}
        )
    return found


def bad(*cells, problems=(), **values):
    notes = {"problems": [list(one) for one in problems]}
    return {"cells": list(cells), "plan": Plan.BAD, "notes": notes, **values}


def written(write, found):
    target = io.BytesIO()
    with override("en"):  # of whoever asks; the file speaks the list's language
        write(found, target)
    return target.getvalue()


def rows_in(data):
    with open_list(data) as found:
        return [list(found.info.headers), *(cells for _number, cells in found.rows())]


def sheets_of(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def comments_in(data):
    cells = (cell for row in sheets_of(data).worksheets[0].iter_rows() for cell in row)
    return {cell.coordinate: cell.comment.text for cell in cells if cell.comment}


# All rows with their outcome


def test_the_result_has_every_row_as_it_was_and_what_became_of_it(dealer):
    found = run(
        check(
            upload(
                dealer,
                ("Nachname", "E-Mail", "Preis", "Datum"),
                ("Groß", "gross@example.org", 19990.5, "03.02.2025"),
                ("Klein", "klein@example.org", "teuer", "04.02.2025"),
                ("Groß", "gross@example.org", 19990.5, "03.02.2025"),
            )
        )
    )

    headers, *rows = rows_in(written(write_result, found))

    assert headers == ["Nachname", "E-Mail", "Preis", "Datum", *ADDED]
    number = Lead.objects.get().number
    assert rows[0] == [
        *("Groß", "gross@example.org", 19990.5, "03.02.2025"),
        *(RowOutcome.CREATED.label, number, rows[0][-2], f"{found.pk}-Z2"),
    ]
    assert rows[1][2:6] == ["teuer", "04.02.2025", RowOutcome.BAD.label, None]
    assert "Preis" in rows[1][-2]
    assert rows[2][4] == RowOutcome.SKIPPED.label
    assert "Zeile 2" in rows[2][-2]


def test_a_result_that_is_read_again_finds_its_leads(dealer):
    found = run(check(upload(dealer, ("Nachname", "E-Mail"), ("Groß", "gross@example.org"))))

    again = run(check(upload(dealer, data=written(write_result, found), user=found.user)))

    assert Lead.objects.count() == 1
    assert again.rows.get().reference == Lead.objects.get().number


def test_corrected_cells_stand_there_as_corrected(dealer):
    row = {"cells": ["Groß", "teuer", "x"], "corrected": {"1": "19990", "2": ""}}
    found = staged(dealer, ["Nachname", "Preis", "Rückruf"], row)

    assert rows_in(written(write_result, found))[1][:3] == ["Groß", "19990", None]


MIXED = [
    [1, 19990.5, "x", date(2026, 3, 2), date(2026, 3, 2), True, time(14, 30), None],
    ["=1+1", "=1+1", 2, "bald", datetime(2026, 3, 2, 9, 15), "ja", "15:00", "=1+1"],
    ["01067", 3, "01067", date(1899, 12, 31), None, False, None, "x" * 40_000],
]
HEADERS = ["A", "B", "C", "D", "E", "F", "G", "H"]


def test_cells_keep_their_types_and_nothing_becomes_a_formula(dealer):
    found = staged(dealer, HEADERS, *MIXED)

    data = written(write_result, found)

    sheet = sheets_of(data).active
    values = [[cell.value for cell in row][:8] for row in sheet.iter_rows(min_row=2)]
    assert values[0] == [
        *(1, 19990.5, "x", datetime(2026, 3, 2), datetime(2026, 3, 2), True, "14:30", None)
    ]
    assert values[1] == [
        "=1+1",
        "=1+1",
        2,
        "bald",
        datetime(2026, 3, 2, 9, 15),
        *("ja", "15:00", "=1+1"),
    ]
    assert values[2][:7] == ["01067", 3, "01067", "31.12.1899", None, False, None]
    assert len(values[2][7]) == 32_001
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n", "b", "d"}
    assert sheet["D2"].number_format == "dd.mm.yyyy"
    assert sheet["E2"].number_format == "dd.mm.yyyy hh:mm"
    assert sheet["H3"].quotePrefix


def test_days_further_down_than_the_first_rows_are_texts(dealer, monkeypatch):
    """What a column holds is decided by its first rows; no cell is lost for that."""
    monkeypatch.setattr(import_results, "CHUNK", 1)
    found = staged(dealer, ["A"], ["x"], [date(2026, 3, 2)], [datetime(2026, 3, 2, 9, 15)])

    cells = [row[0] for row in rows_in(written(write_result, found))]

    assert cells == ["A", "x", "02.03.2026", "02.03.2026 09:15"]


def test_a_list_that_has_such_columns_itself_keeps_them(dealer):
    found = staged(dealer, ["Ergebnis", "Grund"], ["verkauft", "Preis"])

    headers = rows_in(written(write_result, found))[0]

    assert headers == [
        *("Ergebnis", "Grund"),
        *("Ergebnis (2)", "LeadOffice-Nr.", "Grund (2)", "LeadOffice-Zeile"),
    ]


def test_a_list_without_rows_has_its_headers(dealer):
    sheet = sheets_of(written(write_result, staged(dealer, ["Nachname"]))).active

    assert [cell.value for cell in sheet[1]] == ["Nachname", *ADDED]


# Bad rows, to be corrected

PRICE = ("Preis", "teuer", "Das ist kein Betrag, zum Beispiel 1.234,56.")


def a_bad_list(dealer):
    return staged(
        dealer,
        ["Nachname", "Preis", "Wann"],
        ["Groß", 19990, date(2026, 3, 2)],
        bad("Klein", "teuer", datetime(2026, 3, 2, 9, 15), problems=[PRICE]),
        ["Mittel", 5, None],
        bad(None, "umsonst", time(9, 15), problems=[PRICE, ("", "", "Es fehlt der Name.")]),
    )


def test_only_bad_rows_are_to_be_corrected_with_the_same_headers(dealer):
    found = a_bad_list(dealer)

    data = written(write_errors, found)

    with open_list(data) as again:
        assert list(again.info.headers) == [*found.headers, "LeadOffice-Zeile"]
        assert again.info.sheet == "Anfragen"
        assert list(again.rows()) == [
            (2, ["Klein", "teuer", datetime(2026, 3, 2, 9, 15), f"{found.pk}-Z3"]),
            (3, [None, "umsonst", time(9, 15), f"{found.pk}-Z5"]),
        ]
        sheets, added = remarks_on(again.info)
        assert "Hinweise" in sheets
        assert "Weggelassen: LeadOffice-Zeile." in added


def test_bad_cells_are_marked_and_say_what_to_do(dealer):
    data = written(write_errors, a_bad_list(dealer))

    sheet = sheets_of(data).worksheets[0]
    marked = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fill_type}
    assert marked == {"B2", "A3", "B3"}
    assert comments_in(data) == {
        "B2": PRICE[2],
        "A3": "Es fehlt der Name.",
        "B3": PRICE[2],
    }


def test_the_second_sheet_lists_what_to_do(dealer):
    sheet = sheets_of(written(write_errors, a_bad_list(dealer)))["Hinweise"]

    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Zeile", "Zeile der Liste", "Spalte", "Wert", "Was zu tun ist"],
        [2, 3, *PRICE],
        [3, 5, *PRICE],
        [3, 5, None, None, "Es fehlt der Name."],
    ]


def test_corrected_and_uploaded_as_it_is_it_is_imported(dealer):
    headers = ("Nachname", "E-Mail", "Preis")
    rows = [("Groß", "gross@example.org", 1), ("Klein", "klein@example.org", "teuer")]
    found = run(check(upload(dealer, headers, *rows)))
    book = sheets_of(written(write_errors, found))
    book.worksheets[0]["C2"] = 19990
    target = io.BytesIO()
    book.save(target)

    again = run(check(upload(dealer, data=target.getvalue(), user=found.user)))

    assert again.fingerprint == found.fingerprint
    assert again.outcomes == {"created": 1}
    assert set(Lead.objects.values_list("last_name", flat=True)) == {"Groß", "Klein"}


def test_what_was_imported_after_all_is_not_among_the_bad_rows(dealer):
    found = staged(
        dealer,
        ["Nachname"],
        bad("Imported", problems=[PRICE], outcome=RowOutcome.CREATED),
        {"cells": ["Failed"], "plan": Plan.NEW, "outcome": RowOutcome.BAD, "reason": "Gesperrt."},
    )

    data = written(write_errors, found)

    assert rows_in(data)[1:] == [["Failed", f"{found.pk}-Z3"]]
    assert comments_in(data) == {"A2": "Gesperrt."}


def test_columns_that_were_put_together_are_all_marked(dealer):
    found = staged(
        dealer,
        ["Vorwahl", "Ort", "Nummer"],
        bad("0x", "Köln", "1", problems=[("Vorwahl + Nummer", "0x 1", "Keine Nummer.")]),
        mapping={"columns": ["phone", "city", "phone"]},
    )

    assert comments_in(written(write_errors, found)) == dict.fromkeys(("A2", "C2"), "Keine Nummer.")


def test_cells_to_be_corrected_keep_their_types(dealer):
    found = staged(dealer, HEADERS, *[bad(*cells) for cells in MIXED])

    sheet = sheets_of(written(write_errors, found)).worksheets[0]

    values = [[cell.value for cell in row][:-1] for row in sheet.iter_rows(min_row=2)]
    assert values[0] == [
        *(1, 19990.5, "x", datetime(2026, 3, 2), datetime(2026, 3, 2), True, time(14, 30), None)
    ]
    assert values[1] == [
        "=1+1",
        "=1+1",
        2,
        "bald",
        datetime(2026, 3, 2, 9, 15),
        *("ja", "15:00", "=1+1"),
    ]
    assert values[2][:7] == ["01067", 3, "01067", "31.12.1899", None, False, None]
    assert len(values[2][7]) == 32_001
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert sheet["H3"].quotePrefix


def test_not_every_cell_of_a_ruined_list_gets_a_comment(dealer, monkeypatch):
    """They would make the file too large to be read again. The second sheet has all of them."""
    monkeypatch.setattr(error_workbook, "_COMMENTS", 2)
    found = staged(dealer, ["Preis"], *[bad("teuer", problems=[PRICE]) for _ in range(5)])

    data = written(write_errors, found)

    assert list(comments_in(data)) == ["A2", "A3"]
    assert sheets_of(data)["Hinweise"].max_row == 6


def more(found, first, last):
    ListRow.objects.bulk_create(
        ListRow(
            dealer=found.dealer,
            list_import=found,
            number=number,
            cells=["x" * 500, "y" * 500],
            plan=Plan.BAD,
            notes={"problems": [["", "", "z" * 100]]},
        )
        for number in range(first, last)
    )


def cost_of(write, found):
    """Queries, and bytes of memory at the most."""
    with tempfile.TemporaryFile() as target, CaptureQueriesContext(connection) as queries:
        tracemalloc.start()
        write(found, target)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return len(queries), peak


@pytest.mark.parametrize("write", [write_result, write_errors])
def test_a_longer_list_takes_more_portions_but_no_more_memory(dealer, write, monkeypatch):
    monkeypatch.setattr(import_results, "CHUNK", 100)
    monkeypatch.setattr(error_workbook, "_COMMENTS", 100)
    found = staged(dealer, ["A", "B"])
    more(found, 2, 1000)
    queries, peak = cost_of(write, found)
    more(found, 1000, 5000)
    queries_of_more, peak_of_more = cost_of(write, found)

    assert queries_of_more == queries + 40
    assert peak_of_more < peak + 500_000

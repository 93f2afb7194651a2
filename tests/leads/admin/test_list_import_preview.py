"""The preview of an import: looked at, filtered, corrected, decided about."""

import io
from collections import Counter

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import (
    ImportState,
    Lead,
    ListRow,
    OnExisting,
    Plan,
)
from leads.resources.columns import BY_NAME
from leads.resources.export import EXPORTED
from leads.services.deleting import delete_leads
from leads.services.handling import record_change
from leads.services.undoing import undo
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.admin.list_imports import (
    BAD_DAY,
    imported,
    map_columns,
    page,
    previewed,
    row_page,
    start,
    upload,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]


# --- preview --------------------------------------------------------------------------------------


def test_the_preview_counts_and_filters(client, manager, dealer):
    text = (
        "Nachname;E-Mail;Betreff;Datum\n"
        "Groß;gross@example.org;Golf;\nGroß;gross@example.org;Golf;\nKlein;k@example.org;;gestern\n"
    )
    found = previewed(client, text)

    response = client.get(page(found, "preview"))

    counts = {chip["value"]: chip["count"] for chip in response.context["chips"]}
    assert counts == {"": 3, "new": 1, "changed": 0, "unchanged": 0, "duplicate": 1, "bad": 1}
    shown = text_of(response)
    assert "1 Dublette wird ausgelassen." in shown
    assert "1 Zeile mit Fehlern wird nicht importiert." in shown
    for kind, numbers in {"new": [2], "duplicate": [3], "bad": [4], "nonsense": [2, 3, 4]}.items():
        rows = client.get(page(found, "preview"), {"show": kind}).context["rows"]
        assert [row["number"] for row in rows] == numbers


def test_a_long_preview_comes_in_pages(client, manager, django_assert_max_num_queries):
    rows = "".join(f"Kunde{n};kunde{n}@example.org\n" for n in range(130))
    found = previewed(client, f"Nachname;E-Mail\n{rows}")

    with django_assert_max_num_queries(35):
        first = client.get(page(found, "preview"))
    second = client.get(page(found, "preview"), {"from": first.context["page"].after})
    third = client.get(page(found, "preview"), {"from": second.context["page"].after})

    numbers = [[row["number"] for row in at.context["rows"]] for at in (first, second, third)]
    assert numbers == [[*range(2, 52)], [*range(52, 102)], [*range(102, 132)]]
    assert (first.context["page"].before, third.context["page"].after) == (None, None)
    assert third.context["page"].before == 52
    beyond = client.get(page(found, "preview"), {"from": "9999999"})
    assert [row["number"] for row in beyond.context["rows"]][-1] == 131
    assert client.get(page(found, "preview"), {"from": "-1' OR"}).status_code == 200


def test_a_bad_cell_is_corrected_where_it_stands(client, manager):
    found = previewed(client, BAD_DAY)
    text = text_of(client.get(page(found, "preview")))
    assert "gestern" in text
    assert 'name="cell-2" value="gestern"' in text

    back = f"{page(found, 'preview')}?show=bad"
    response = client.post(row_page(found, 2), {"cell-2": "01.02.2026", "next": back})

    assert response["Location"] == back
    row = ListRow.objects.get(list_import=found, number=2)
    assert (row.plan, row.corrected) == (Plan.NEW, {"2": "01.02.2026"})
    start(client, found)
    run_due_jobs()
    assert Lead.objects.get(last_name="Groß").enquired_at.date().isoformat() in (
        "2026-01-31",
        "2026-02-01",
    )


def test_a_correction_leads_back_to_our_own_pages_only(client, manager):
    found = previewed(client, BAD_DAY)

    response = client.post(row_page(found, 2), {"cell-2": "", "next": "https://example.com/"})

    assert response["Location"] == page(found, "preview")


def test_any_cell_is_corrected_after_opening_the_row(client, manager):
    found = previewed(client)
    opened = text_of(client.get(row_page(found, 3)))
    assert 'value="klein@example.org"' in opened

    client.post(row_page(found, 3), {"cell-0": "Kleiner", "cell-1": "klein@example.org"})

    row = ListRow.objects.get(list_import=found, number=3)
    assert row.corrected == {"0": "Kleiner"}  # the other one is as it was
    assert "war: Klein" in text_of(client.get(row_page(found, 3)))


def test_two_people_do_not_undo_each_others_corrections(client, manager):
    found = previewed(client)
    opened = text_of(client.get(row_page(found, 3)))
    seen = {f"was-{at}": cell for at, cell in enumerate(("Klein", "klein@example.org", "Bonn"))}
    assert all(f'name="{name}" value="{cell}"' in opened for name, cell in seen.items())
    cells = {f"cell-{name[-1]}": cell for name, cell in seen.items()}

    client.post(row_page(found, 3), {**seen, **cells, "cell-0": "Kleiner"})
    client.post(row_page(found, 3), {**seen, **cells, "cell-2": "Köln"})
    refused = client.post(row_page(found, 3), {**seen, **cells, "cell-0": "Kleinert"}, follow=True)

    row = ListRow.objects.get(list_import=found, number=3)
    assert row.corrected == {"0": "Kleiner", "2": "Köln"}
    assert "Inzwischen hat jemand „Klein“ in „Kleiner“ geändert." in text_of(refused)


def test_scripts_get_the_row_alone_and_what_was_refused(client, manager):
    found = previewed(client, BAD_DAY)
    url = f"{row_page(found, 2)}?part=1"

    answer = text_of(client.post(url, {"cell-2": "vorgestern"}))
    assert answer.lstrip().startswith("<li")
    assert "vorgestern" in answer
    refused = text_of(client.post(url, {"cell-2": "x" * 40_000}))
    assert "data-refused=" in refused
    assert ListRow.objects.get(list_import=found, number=2).corrected == {"2": "vorgestern"}


def test_cells_that_do_not_exist_are_not_corrected(client, manager):
    found = previewed(client, BAD_DAY)

    client.post(row_page(found, 2), {"cell-99": "x", "cell-": "x", "decision": "nonsense"})

    assert ListRow.objects.get(list_import=found, number=2).corrected == {}
    assert client.get(row_page(found, 77)).status_code == 404


def test_what_changes_is_shown_before_and_after(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    found = previewed(client, f"Nummer;Ort\n{lead.number};Neustadt\n")

    text = text_of(client.get(page(found, "preview")))
    assert "<del>Altstadt</del>" in text
    assert "<ins>Neustadt</ins>" in text
    assert "1 Anfrage wird geändert." in text
    assert reverse("admin:leads_lead_change", args=[lead.pk]) in text
    start(client, found)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == "Neustadt"


def test_of_further_values_those_that_differ_are_shown(client, manager, dealer):
    lead = builders.make_lead(dealer, custom_values={"Farbe": "rot", "Sitze": "5"})
    found = previewed(client, f"Nummer;Farbe;Sitze\n{lead.number};blau;5\n")

    text = text_of(client.get(page(found, "preview")))
    assert "<del>Farbe: rot</del>" in text
    assert "<ins>Farbe: blau</ins>" in text


def test_a_row_can_be_decided_about_alone(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    found = previewed(client, f"Nummer;Ort\n{lead.number};Neustadt\n")

    client.post(row_page(found, 2), {"decision": OnExisting.SKIP})

    assert ListRow.objects.get(list_import=found).plan == Plan.UNCHANGED
    client.post(row_page(found, 2), {"decision": ""})
    assert ListRow.objects.get(list_import=found).plan == Plan.CHANGED


def test_a_duplicate_can_be_imported_all_the_same(client, manager):
    same = "Groß;gross@example.org;Golf\n"
    found = previewed(client, f"Nachname;E-Mail;Betreff\n{same}{same}")
    assert "Trotzdem importieren" in text_of(client.get(page(found, "preview")))

    client.post(row_page(found, 3), {"decision": OnExisting.NEW})

    assert "2 Anfragen werden angelegt." in text_of(client.get(page(found, "preview")))


def test_a_row_of_totals_is_set_aside_unless_somebody_wants_it(client, manager):
    found = previewed(client, "Nachname;E-Mail;Preis\nGroß;gross@example.org;100\nSumme;;100\n")

    shown = text_of(client.get(page(found, "preview"), {"show": "total"}))
    assert "1 Anfrage wird angelegt. 1 Summen- oder Zwischenzeile wird nicht" in shown
    assert "Sieht nach einer Summenzeile oder" in shown
    assert "gross@example.org" not in shown

    client.post(row_page(found, 3), {"decision": OnExisting.NEW})
    decided = text_of(client.get(page(found, "preview")))
    assert "2 Anfragen werden angelegt." in decided
    assert "Nicht importieren" in decided


def test_decisions_about_all_rows_are_seen_before_the_start(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    found = previewed(client, f"Nummer;Ort\n{lead.number};Neustadt\n")

    response = start(client, found, on_existing=OnExisting.SKIP)

    found.refresh_from_db()
    assert (found.state, found.on_existing) == (ImportState.READY, OnExisting.SKIP)
    assert any("noch einmal ansehen" in message for message in messages_of(response))
    assert "1 Anfrage bleibt, wie sie ist." in text_of(response)
    start(client, found)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == "Altstadt"


def test_a_long_list_is_checked_by_a_worker_while_the_page_waits(client, manager, settings):
    settings.IMPORT_CHECK_AT_ONCE = 1
    _response, found = upload(client)

    waiting = text_of(map_columns(client, found))
    assert "0 von 2 Zeilen geprüft" in waiting
    run_due_jobs()

    assert "2 Anfragen werden angelegt." in text_of(client.get(page(found, "preview")))


def test_what_stands_in_a_list_is_shown_as_text(client, manager):
    text = "Nachname;<b>X;Datum\n<script>alert(1)</script>;<i>a;<u>gestern\n"
    found = previewed(client, text)

    for step in ("columns", "preview"):
        shown = text_of(client.get(page(found, step)))
        assert "<script>alert" not in shown
        assert "<i>a" not in shown
        assert "<u>gestern" not in shown
    assert "&lt;u&gt;gestern" in shown


# --- what was here before -------------------------------------------------------------------------


def export(client):
    """The workbook with all columns."""
    columns = [column.name for column in EXPORTED]
    response = client.post("/admin/leads/lead/export/", {"format": "xlsx", "columns": columns})
    return b"".join(response.streaming_content)


def plans(found):
    return dict(Counter(found.rows.values_list("plan", flat=True)))


def test_an_exported_workbook_comes_back_unchanged(client, manager, dealer):
    imported(client)

    found = previewed(client, export(client))

    assert plans(found) == {"unchanged": 2}


def test_a_cell_edited_in_excel_is_shown_and_changed(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    book = openpyxl.load_workbook(io.BytesIO(export(client)))
    book.active.cell(2, EXPORTED.index(BY_NAME["city"]) + 1).value = "Neustadt"
    edited = io.BytesIO()
    book.save(edited)

    found = previewed(client, edited.getvalue())

    text = text_of(client.get(page(found, "preview")))
    assert "<del>Altstadt</del>" in text
    assert "<ins>Neustadt</ins>" in text
    start(client, found)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == "Neustadt"


@pytest.mark.parametrize(("wins", "city"), [({}, "Neustadt"), ({"takes_conflicts": "on"}, "Dorf")])
def test_a_cell_that_both_have_changed_is_shown_and_decided(client, manager, dealer, wins, city):
    lead = builders.make_lead(dealer, city="Altstadt")
    builders.make_lead(dealer, city="Altstadt")
    book = openpyxl.load_workbook(io.BytesIO(export(client)))
    numbers = [cell.value for cell in book.active["A":"Z"][EXPORTED.index(BY_NAME["number"])]]
    line = numbers.index(lead.number) + 1
    book.active.cell(line, EXPORTED.index(BY_NAME["city"]) + 1).value = "Dorf"
    edited = io.BytesIO()
    book.save(edited)
    lead.city = "Neustadt"
    record_change(lead, ["city"], by=manager, now=timezone.now())

    found = previewed(client, edited.getvalue())

    shown = client.get(page(found, "preview"), {"show": "conflict"})
    assert [(chip["value"], chip["count"]) for chip in shown.context["chips"]][-1] == (
        "conflict",
        1,
    )
    assert [row["number"] for row in shown.context["rows"]] == [line]
    text = text_of(shown)
    assert "Beide geändert" in text
    assert "exportiert „Altstadt“, in der Liste „Dorf“, jetzt „Neustadt“" in text
    if wins:
        client.post(page(found, "preview"), {"on_existing": found.on_existing, **wins})
    start(client, found, **wins)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == city


def test_a_list_with_a_lead_that_was_deleted_since_can_be_uploaded_again(client, manager):
    imported(client)
    delete_leads(Lead.objects.filter(last_name="Groß"), now=timezone.now(), by=manager)

    again = imported(client)

    assert "created" not in again.outcomes


def test_a_list_that_was_undone_comes_back_without_doubling_anybody(client, manager):
    found = imported(client)
    undo(found.change_batch, by=manager, now=timezone.now())
    assert not Lead.objects.present().exists()

    imported(client)

    assert Lead.objects.present().count() == 2

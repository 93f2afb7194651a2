"""Exports at the service: which leads, in which columns, by whom; by a worker; and their end."""

import io
import itertools
import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from leads import tasks
from leads.background import run_due_jobs
from leads.models import (
    Export,
    ExportFormat,
    ExportOrigin,
    ExportState,
    JobState,
    Lead,
    Role,
    Tag,
)
from leads.resources import export as reading
from leads.resources import exporting
from leads.resources.columns import BY_NAME, LEADS
from leads.resources.export import EXPORTED, exported_rows, headers
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("exports_folder")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def order(dealer, user, leads=None, *, columns=("number",), now=None, **values):
    leads = Lead.objects.for_dealer(dealer).order_by("pk") if leads is None else leads
    return exporting.order_export(
        dealer,
        leads,
        user=user,
        now=now or timezone.now(),
        columns=list(columns),
        **{"origin": ExportOrigin.PAGE, "format": ExportFormat.XLSX, **values},
    )


def rows_in(data):
    """Rows of a written workbook, the headers first."""
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def written(export):
    target = io.BytesIO()
    exporting.write_export(export, target)
    return rows_in(target.getvalue())


def by_worker(export):
    tasks.write_export.enqueue(export.dealer_id, export.pk)
    [job] = run_due_jobs()
    export.refresh_from_db()
    return job


def numbers(rows):
    return [row[0] for row in rows[1:]]


# --- what ----------------------------------------------------------------------------------------


def test_chosen_columns_stand_in_their_order_under_german_headers(dealer, manager):
    lead = builders.make_lead(dealer, city="Leipzig")

    rows = written(order(dealer, manager, columns=["city", "number", "email"]))

    assert rows == [
        [BY_NAME[name].header for name in ("city", "number", "email")],
        ["Leipzig", lead.number, lead.email],
    ]
    assert rows[0][:2] == ["Ort", "Nummer"]


def test_every_header_is_recognised_by_our_own_import():
    assert [LEADS.column_for(header) for header in headers()] == list(EXPORTED)


def test_the_file_speaks_the_language_of_whoever_asked(dealer, manager):
    export = order(dealer, manager, columns=["city"])
    Export.objects.filter(pk=export.pk).update(language="en")
    export.refresh_from_db()

    assert written(export)[0] == ["City"]


def test_unknown_columns_are_left_out_and_none_means_all(dealer, manager):
    assert written(order(dealer, manager, columns=["precheck", "city", "city"]))[0] == ["Ort"]
    assert written(order(dealer, manager, columns=[]))[0] == headers()


def test_leads_stand_in_the_order_of_the_list(dealer, manager, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 2)
    leads = [builders.make_lead(dealer, city=city) for city in "CABED"]

    export = order(dealer, manager, Lead.objects.for_dealer(dealer).order_by("city"))

    by_city = sorted(leads, key=lambda lead: lead.city)
    assert numbers(written(export)) == [lead.number for lead in by_city]


def test_tags_belong_to_their_lead_wherever_their_column_stands(dealer, manager, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 2)
    tag = Tag.objects.create(dealer=dealer, name="VIP")
    leads = [builders.make_lead(dealer) for _ in range(3)]
    leads[2].tags.add(tag)

    for columns in itertools.permutations(["number", "tags", "city"]):
        rows = written(order(dealer, manager, columns=columns))
        at, tags_at = columns.index("number"), columns.index("tags")
        assert {row[at]: row[tags_at] for row in rows[1:]} == {
            leads[0].number: "",
            leads[1].number: "",
            leads[2].number: "VIP",
        }


def test_a_text_longer_than_a_cell_is_cut_as_excel_counts(dealer, manager):
    builders.make_lead(dealer, message="😀" * 20_000)

    [_headers, [text]] = written(order(dealer, manager, columns=["message"]))

    assert len(text.encode("utf-16-le")) // 2 <= 32_767
    assert text.startswith("😀😀")
    assert text.endswith("…")


def test_half_a_sign_in_further_values_does_not_stop_a_list(dealer, manager):
    lead = builders.make_lead(dealer)
    lead.custom_values = {"Farbe": "rot \ud83d"}

    assert reading.further_values_text(lead.custom_values) == "Farbe: rot ?"


def test_memory_does_not_depend_on_the_length_of_a_list(dealer, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 2)
    for _ in range(5):
        builders.make_lead(dealer)
    columns = [BY_NAME["number"], BY_NAME["tags"]]

    with CaptureQueriesContext(connection) as queries:
        rows = exporting.rows_in_order(
            Lead.objects.for_dealer(dealer), [lead.pk for lead in Lead.objects.all()], columns
        )
        next(rows)
        after_the_first = len(queries)
        list(rows)

    # The ids, two leads, their tags; the others are read when it is their turn.
    assert after_the_first == 3
    assert len(queries) == 7


# --- who -----------------------------------------------------------------------------------------


def test_only_leads_of_the_one_dealer_are_in_it(dealer, manager):
    own = builders.make_lead(dealer)
    builders.make_lead()

    assert numbers(written(order(dealer, manager, Lead.objects.all()))) == [own.number]


def test_leads_deleted_or_out_of_sight_meanwhile_are_left_out(dealer, manager):
    location = builders.make_location(dealer)
    kept, deleted, moved = [builders.make_lead(dealer, location=location) for _ in range(3)]
    export = order(dealer, manager)
    Lead.objects.filter(pk=deleted.pk).update(deleted_at=NOW)
    membership = manager.memberships.get()
    membership.locations.add(location)
    Lead.objects.filter(pk=moved.pk).update(location=builders.make_location(dealer))

    assert numbers(written(Export.objects.get(pk=export.pk))) == [kept.number]


def test_a_right_taken_away_meanwhile_counts(dealer, manager, exports_folder):
    builders.make_lead(dealer)
    export = order(dealer, manager)
    manager.memberships.update(role=Role.SELLER)

    job = by_worker(export)

    assert job.state != JobState.DONE
    assert export.state == ExportState.FAILED
    assert list(exports_folder.iterdir()) == []


def test_a_user_switched_off_meanwhile_gets_nothing(dealer, manager):
    export = order(dealer, manager)
    manager.is_active = False
    manager.save()

    with pytest.raises(exporting.NotAllowed):
        exporting.write_export(Export.objects.get(pk=export.pk), io.BytesIO())


# --- by a worker ---------------------------------------------------------------------------------


def test_a_worker_writes_the_file_and_forgets_which_leads(dealer, manager, exports_folder):
    leads = [builders.make_lead(dealer) for _ in range(3)]
    export = order(dealer, manager)

    job = by_worker(export)

    assert job.return_value == 3
    assert (export.state, export.written, export.total) == (ExportState.DONE, 3, 3)
    assert export.row_ids is None
    with export.open_file() as file:
        data = file.read()
    assert numbers(rows_in(data)) == [lead.number for lead in leads]
    assert export.size == len(data)
    [stored] = exports_folder.iterdir()
    assert stored.stat().st_mode & 0o777 == 0o600
    assert leads[0].number not in stored.name


def test_written_again_it_stays_the_one_file(dealer, manager, exports_folder):
    builders.make_lead(dealer)
    export = order(dealer, manager)
    by_worker(export)
    by_worker(export)

    assert len(list(exports_folder.iterdir())) == 1
    assert export.state == ExportState.DONE


def test_what_a_killed_worker_left_is_written_by_the_next(dealer, manager, exports_folder):
    builders.make_lead(dealer)
    export = order(dealer, manager)
    Export.objects.filter(pk=export.pk).update(state=ExportState.RUNNING, written=1)

    by_worker(export)

    assert (export.state, export.written) == (ExportState.DONE, 1)


def test_how_far_it_is_can_be_seen_while_it_is_written(dealer, manager, monkeypatch):
    monkeypatch.setattr(exporting, "_NOTE_EVERY", 0)
    for _ in range(3):
        builders.make_lead(dealer)
    export = order(dealer, manager)
    notes = []
    mine = Export.objects.filter(pk=export.pk)
    note = exporting._noting(mine)

    for n in (1, 2):
        note(n)
        notes.append(mine.get().written)

    assert notes == [1, 3]
    assert mine.get().percent == 99  # not done before the file is there


# --- the end -------------------------------------------------------------------------------------


def test_after_a_day_the_file_goes_and_the_record_stays(dealer, manager, exports_folder):
    builders.make_lead(dealer)
    old = order(dealer, manager, now=timezone.now() - timedelta(hours=25))
    new = order(dealer, manager)
    by_worker(old)
    by_worker(new)

    tasks.delete_old_exports.enqueue()
    [job] = run_due_jobs()

    assert job.return_value == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, old.file, old.total) == (ExportState.DONE, "", 1)
    assert [path.name for path in exports_folder.iterdir()] == [new.file]


def test_an_export_that_nobody_wrote_in_a_day_is_over(dealer, manager):
    export = order(dealer, manager, now=NOW)

    exporting.delete_old_files(now=NOW + timedelta(hours=25))

    export.refresh_from_db()
    assert (export.state, export.row_ids) == (ExportState.FAILED, None)
    assert exporting.delete_old_files(now=NOW + timedelta(hours=26)) == 0


def test_a_file_that_no_row_knows_goes_too(dealer, manager, exports_folder):
    forgotten, fresh = exports_folder / "forgotten.xlsx", exports_folder / "fresh.xlsx"
    for path in (forgotten, fresh):
        path.write_bytes(b"")
    long_ago = (timezone.now() - timedelta(hours=49)).timestamp()
    os.utime(forgotten, (long_ago, long_ago))

    assert exporting.delete_old_files(now=timezone.now()) == 1
    assert list(exports_folder.iterdir()) == [fresh]


def test_a_list_reads_the_same_row_by_row_and_in_order(dealer):
    leads = [builders.make_lead(dealer) for _ in range(3)]
    found = Lead.objects.for_dealer(dealer).order_by("pk")

    ids = [lead.pk for lead in leads]
    assert list(exported_rows(found)) == list(exporting.rows_in_order(found, ids))

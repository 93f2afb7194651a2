"""An uploaded list: read, assigned, looked at, corrected, imported."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import (
    ColumnName,
    Customer,
    ImportOrigin,
    ImportState,
    ImportTemplate,
    IntakeEntry,
    Lead,
    ListImport,
    ListRow,
    ListValue,
    OnExisting,
    Outcome,
    Plan,
    Role,
    RowOutcome,
)
from leads.models.list_import import import_storage
from leads.resources.cells import header_key
from leads.resources.import_checking import counted
from leads.resources.import_deciding import (
    NoLongerPossible,
    assign_columns,
    assign_values,
    correct_cell,
    decide,
    decide_row,
    save_template,
    use_template,
)
from leads.resources.import_duplicates import find_duplicates
from leads.resources.import_mapping import FURTHER, LEFT_OUT, ListMapping
from leads.resources.import_retention import delete_old_rows
from leads.resources.import_running import (
    WrongStep,
    cancel,
    import_portion,
    pause,
    start,
)
from leads.resources.import_staging import order_import, read_again, read_list
from leads.resources.import_values import valued_columns
from leads.resources.list_info import Choice
from leads.services.history import remember
from tests import builders
from tests.leads.resources.importing import (
    check,
    finish_check,
    imported,
    outcomes,
    plans,
    run,
    upload,
)
from tests.leads.resources.making_lists import table

pytestmark = pytest.mark.django_db

HEADERS = ("Nachname", "E-Mail", "Fahrzeug")
GROSS = ("Groß", "gross@example.org", "Golf")
KLEIN = ("Klein", "klein@example.org", "Polo")


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def now():
    return timezone.now()


def row(found, number):
    return found.rows.get(number=number)


def problems(found, number):
    return [header for header, _value, _reason in row(found, number).notes["problems"]]


# --- reading --------------------------------------------------------------------------------------


class TestReading:
    def test_rows_lie_in_the_database_and_columns_are_proposed(self, dealer):
        found = upload(dealer, HEADERS, GROSS, KLEIN)

        assert found.state == ImportState.MAPPING
        assert (found.row_count, found.headers) == (2, list(HEADERS))
        assert list(found.rows.values_list("number", "cells")) == [(2, [*GROSS]), (3, [*KLEIN])]
        assert ListMapping.of(found).columns == ("last_name", "email", "vehicle_name")

    def test_a_bad_file_says_why_and_is_kept_in_sight(self, dealer):
        found = upload(dealer, data=b"%PDF-1.7 not a list at all")

        assert found.state == ImportState.UNREADABLE
        assert found.trouble
        assert not found.rows.exists()

    def test_it_can_be_read_in_another_way(self, dealer, now):
        found = upload(dealer, ("Alte Liste",), HEADERS, GROSS)
        assert found.info["header_row"] == 2

        read_again(found, Choice(header_row=1), now=now)

        assert (found.state, found.trouble) == (ImportState.MAPPING, "")
        assert found.row_count == 2

    def test_large_files_are_read_by_a_worker(self, dealer, now, settings):
        settings.IMPORT_READ_AT_ONCE_BYTES = 10
        user = builders.make_user(dealer, role=Role.MANAGER)
        data = table(HEADERS, GROSS)

        found = order_import(
            dealer, io.BytesIO(data), file_name="x.xlsx", size=len(data), user=user, now=now
        )
        assert found.state == ImportState.READING

        run_due_jobs()
        found.refresh_from_db()
        assert (found.state, found.row_count) == (ImportState.MAPPING, 1)


# --- columns --------------------------------------------------------------------------------------


class TestColumns:
    def test_a_column_means_what_people_say(self, dealer):
        found = upload(dealer, ("Nachname", "Telefon", "Bemerkung intern"), ("Groß", "0341 1", "x"))

        run(check(found, columns=["last_name", FURTHER, "note"]))

        lead = Lead.objects.get()
        assert (lead.last_name, lead.phone) == ("Groß", "")
        assert lead.custom_values == {"Telefon": "0341 1"}
        assert [one.text for one in lead.activities.filter(kind="note")] == ["x"]

    def test_what_is_left_out_is_left_out(self, dealer):
        found = upload(dealer, ("Nachname", "Geheim"), ("Groß", "x"))

        run(check(found, columns=["last_name", LEFT_OUT]))

        assert Lead.objects.get().custom_values == {}

    def test_several_columns_become_one(self, dealer):
        headers = ("Nachname", "Ort", "Wunsch 1", "Wunsch 2")
        found = upload(dealer, headers, ("Groß", "Leipzig", "Golf", "in Rot"))

        run(check(found, columns=["last_name", "city", "message", "message"]))

        assert Lead.objects.get().message == "Golf\nin Rot"

    def test_one_column_becomes_several(self, dealer):
        found = upload(dealer, ("Kunde", "E-Mail"), ("Dr. Müller, Hans", "hm@example.org"))

        run(check(found, columns=["name", "email"]))

        lead = Lead.objects.get()
        assert (lead.title, lead.first_name, lead.last_name) == ("Dr.", "Hans", "Müller")

    def test_fixed_values_hold_where_a_row_says_nothing(self, dealer):
        headers = ("Nachname", "Quelle")
        found = upload(dealer, headers, ("Groß", "mobile.de"), ("Klein", None))

        run(check(found, columns=["last_name", "source"], fixed={"source": "Telefon"}))

        sources = dict(Lead.objects.values_list("last_name", "source__name"))
        assert sources == {"Groß": "mobile.de", "Klein": "Telefon"}

    def test_one_column_must_say_who_or_what(self, dealer, now):
        found = upload(dealer, HEADERS, GROSS)

        with pytest.raises(ValidationError):
            assign_columns(found, [LEFT_OUT] * 3, {}, by=None, now=now)

    def test_the_next_list_with_these_headers_is_understood_at_once(self, dealer):
        check(upload(dealer, ("Spalte A", "Mail"), ("Groß", "a@example.org")), columns=["name", ""])

        again = upload(dealer, ("Mail", "Spalte A"), ("b@example.org", "Klein"))

        assert ListMapping.of(again).columns == ("", "name")
        assert again.info["proposals"][1]["confidence"] == 100

    def test_nobody_elses_list_teaches(self, dealer):
        other = builders.make_dealer()
        headers = ("Spalte A", "Spalte B")
        check(upload(other, headers, ("Groß", "x")), columns=["name", ""])

        assert ListMapping.of(upload(dealer, headers, ("Groß", "x"))).columns == ("", "")

    def test_a_template_is_saved_and_used(self, dealer, now):
        headers = ("Spalte A", "Mail")
        found = check(upload(dealer, headers, ("Groß", "a@example.org")), columns=["name", "email"])
        template = save_template(found, "Altsystem", by=None, now=now)
        ImportTemplate.objects.exclude(pk=template.pk).delete()  # the memory of these headers

        again = upload(dealer, (*headers, "PLZ"), ("Klein", "b@example.org", "04109"))
        use_template(again, template, now=now)

        assert ListMapping.of(again).columns == ("name", "email", "postal_code")

    def test_of_a_column_that_is_gone_a_template_says_nothing(self, dealer, now):
        template = ImportTemplate.objects.create(
            dealer=dealer, name="Alt", columns={"nachname": "gone", "ort": "-"}, changed_at=now
        )

        found = upload(dealer, ("Nachname", "Ort"), ("Groß", "Leipzig"))
        use_template(found, template, now=now)

        assert ListMapping.of(found).columns == ("last_name", "-")

    def test_a_dealer_has_names_of_its_own_for_columns(self, dealer):
        header = "Kd-Mailadr."
        ColumnName.objects.create(
            dealer=dealer, written=header, key=header_key(header), column="email"
        )

        found = upload(dealer, ("Nachname", header), ("Groß", "a@example.org"))

        assert ListMapping.of(found).columns == ("last_name", "email")


# --- values ---------------------------------------------------------------------------------------


class TestValues:
    HEADERS = ("Nachname", "Status", "Verkäufer")

    def test_the_values_of_a_column_and_what_they_mean(self, dealer):
        rows = [("Groß", "offen", "x"), ("Klein", "Offen", None), ("Mittel", "Seltsam", None)]
        found = check(upload(dealer, self.HEADERS, *rows))

        [status, _owner] = valued_columns(found)

        assert [(one.written.lower(), one.rows, one.means) for one in status.values] == [
            ("offen", 2, "Neu"),
            ("seltsam", 1, ""),
        ]
        assert [one.written for one in status.unknown] == ["Seltsam"]

    def test_people_say_it_and_it_is_remembered(self, dealer, now):
        found = check(upload(dealer, self.HEADERS, ("Groß", "Seltsam", None)))
        assign_values(found, {"status": {"seltsam": "Angebot"}}, now=now)
        decide(found, on_existing=OnExisting.UPDATE, **DEFAULTS, now=now)
        finish_check(found)
        run(found)
        assert Lead.objects.get().status.name == "Angebot"

        again = check(upload(dealer, ("Name", "Status"), ("Klein", "SELTSAM")))

        assert ListMapping.of(again).values == {"status": {"seltsam": "Angebot"}}

    def test_what_means_what_it_says_is_forgotten(self, dealer, now):
        found = check(upload(dealer, self.HEADERS, ("Groß", "Seltsam", None)))
        assign_values(found, {"status": {"seltsam": "Angebot"}}, now=now)

        assign_values(found, {}, now=now)

        assert not ListValue.objects.exists()

    def test_sellers_are_guessed_by_their_last_name_and_marked(self, dealer):
        builders.make_user(
            dealer, first_name="Jörg", last_name="Brüggemann", email="jb@example.org"
        )
        found = check(upload(dealer, self.HEADERS, ("Groß", None, "Jörg B."), ("K", None, "jörg")))

        [owner] = valued_columns(found)

        assert [(one.written, one.meaning, one.is_guess) for one in owner.values] == [
            ("Jörg B.", None, False),
            ("jörg", "jb@example.org", True),
        ]

    def test_the_ledger_keeps_what_stood_there(self, dealer, now):
        found = check(upload(dealer, self.HEADERS, ("Groß", "Seltsam", None)))
        assign_values(found, {"status": {"seltsam": "Angebot"}}, now=now)
        decide(found, on_existing=OnExisting.UPDATE, **DEFAULTS, now=now)
        finish_check(found)
        run(found)

        assert "Seltsam" in IntakeEntry.objects.get().raw


DEFAULTS = {"takes_duplicates": False, "takes_conflicts": False}

# --- preview --------------------------------------------------------------------------------------


class TestPreview:
    def test_it_says_what_would_become_of_each_row_and_leaves_nothing(self, dealer):
        imported(dealer, ("Anfrage-Nr.", *HEADERS), ("1", *GROSS), ("2", *KLEIN))
        leads, customers = Lead.objects.count(), Customer.objects.count()

        found = check(
            upload(
                dealer,
                ("Anfrage-Nr.", *HEADERS),
                ("1", *GROSS),
                ("2", "Klein", "klein@example.org", "Passat"),
                ("3", "Neu", "neu@example.org", "ID.3"),
                ("4", "Neu", "keine@@adresse", "ID.3"),
                ("5", None, None, None),
            )
        )

        assert plans(found) == [
            (2, "unchanged"),
            (3, "changed"),
            (4, "new"),
            (5, "new"),
            (6, "bad"),
        ]
        assert row(found, 3).notes["changes"] == [["Fahrzeug laut Anfrage", "Polo", "Passat"]]
        assert (Lead.objects.count(), Customer.objects.count()) == (leads, customers)

    def test_it_says_what_the_import_then_does(self, dealer):
        found = check(upload(dealer, HEADERS, GROSS, (None, None, None), KLEIN))
        run(found)

        assert outcomes(found) == [(2, "created"), (4, "created")]

    def test_rows_that_say_the_same_are_found(self, dealer):
        headers = ("Anfrage-Nr.", *HEADERS)
        found = check(
            upload(
                dealer,
                headers,
                ("1", *GROSS),
                ("1", "Groß", "gross@example.org", "Golf GTI"),  # the same number
                ("2", "GROSS", "Gross@example.org", "golf"),  # the same wish
                ("3", *KLEIN),
            )
        )

        twins = dict(found.rows.values_list("number", "duplicate_of"))
        assert twins == {2: None, 3: 2, 4: 2, 5: None}
        assert counted(found) == {
            "new": 2,
            "changed": 0,
            "unchanged": 0,
            "total": 0,
            "bad": 0,
            "duplicate": 2,
        }

        run(found)
        assert Lead.objects.count() == 2
        assert [reason for _n, reason in found.rows.values_list("number", "reason")][1:3] == [
            "Meint denselben Eintrag wie Zeile 2."
        ] * 2
        # Not lost: they stand in the ledger with the reason.
        assert IntakeEntry.objects.filter(outcome=Outcome.REJECTED).count() == 2

    def test_unless_they_are_wanted(self, dealer):
        found = check(upload(dealer, HEADERS, GROSS, (*GROSS[:2], "GOLF")), takes_duplicates=True)
        run(found)

        assert Lead.objects.count() == 2

    def test_a_cell_is_corrected_in_place(self, dealer, now):
        headers = ("Nachname", "Preis", "Datum")
        found = check(upload(dealer, headers, ("Groß", "auf Anfrage", "31.02.2026")))
        assert problems(found, 2) == ["Datum", "Preis"]

        correct_cell(found, 2, 1, "12.900 €", now=now)
        assert problems(found, 2) == ["Datum"]
        correct_cell(found, 2, 2, "28.02.2026", now=now)

        assert row(found, 2).plan == Plan.NEW
        run(found)
        assert Lead.objects.get().vehicle_price == 12_900
        # As it came is on record as well.
        assert "auf Anfrage" in IntakeEntry.objects.get().raw

    def test_a_correction_may_end_a_likeness(self, dealer, now):
        found = check(upload(dealer, HEADERS, GROSS, GROSS, GROSS))
        assert counted(found)["duplicate"] == 2

        correct_cell(found, 2, 1, "anders@example.org", now=now)

        assert dict(found.rows.values_list("number", "duplicate_of")) == {2: None, 3: None, 4: 3}

    def test_duplicates_found_again_are_the_same(self, dealer):
        found = check(upload(dealer, HEADERS, GROSS, GROSS, KLEIN, GROSS))
        before = list(found.rows.values_list("number", "duplicate_of"))

        find_duplicates(found)

        assert list(found.rows.values_list("number", "duplicate_of")) == before

    def test_queries_do_not_depend_on_the_rows(self, dealer):
        def queries(number):
            rows = [(f"Name {n}", f"n{n}@example.org", "Golf") for n in range(number)]
            found = upload(dealer, HEADERS, *rows)
            with CaptureQueriesContext(connection) as counted:
                check(found)
            return len(counted)

        queries(1)  # afterwards the headers are remembered
        assert queries(20) == queries(400)


# --- leads that are here --------------------------------------------------------------------------


class TestExisting:
    ROWS = (("Anfrage-Nr.", *HEADERS, "Ort"), ("1", *GROSS, None))
    CHANGED = (
        ("Anfrage-Nr.", *HEADERS, "Ort"),
        ("1", "Groß", "gross@example.org", "Passat", "Ulm"),
    )

    @pytest.fixture(autouse=True)
    def known(self, dealer):
        imported(dealer, *self.ROWS)

    @pytest.mark.parametrize(
        ("decision", "vehicles", "city", "outcome"),
        [
            (OnExisting.UPDATE, ["Passat"], "Ulm", RowOutcome.UPDATED),
            (OnExisting.FILL, ["Golf"], "Ulm", RowOutcome.UPDATED),
            (OnExisting.SKIP, ["Golf"], "", RowOutcome.SKIPPED),
            (OnExisting.NEW, ["Golf", "Passat"], "", RowOutcome.CREATED),
        ],
    )
    def test_what_is_decided_for_all(self, dealer, decision, vehicles, city, outcome):
        found = imported(dealer, *self.CHANGED, on_existing=decision)

        leads = Lead.objects.order_by("number")
        assert [lead.vehicle_name for lead in leads] == vehicles
        assert leads[0].city == city
        assert outcomes(found) == [(2, outcome)]

    def test_and_for_one_row(self, dealer, now):
        found = check(upload(dealer, *self.CHANGED))
        assert plans(found) == [(2, "changed")]

        decide_row(found, 2, OnExisting.SKIP, now=now)
        assert plans(found) == [(2, "unchanged")]
        run(found)

        assert Lead.objects.get().vehicle_name == "Golf"

    def test_new_ones_again_are_new_again(self, dealer):
        imported(dealer, *self.CHANGED, on_existing=OnExisting.NEW)
        imported(dealer, *self.CHANGED, on_existing=OnExisting.NEW)

        assert Lead.objects.count() == 3


# --- running --------------------------------------------------------------------------------------


class TestRunning:
    @pytest.fixture(autouse=True)
    def portions(self, settings):
        settings.IMPORT_PORTION = 2

    def many(self, dealer, number=5):
        rows = [(f"Name {n}", f"n{n}@example.org", "Golf") for n in range(number)]
        return check(upload(dealer, HEADERS, *rows))

    def test_a_worker_does_it(self, dealer, now):
        found = self.many(dealer)
        start(found, now=now)
        assert Lead.objects.count() == 0

        run_due_jobs()

        found.refresh_from_db()
        assert (found.state, found.outcomes) == (ImportState.DONE, {"created": 5})
        assert Lead.objects.count() == 5
        assert not found.file

    def test_it_can_be_paused_and_resumed(self, dealer, now):
        found = self.many(dealer)
        start(found, now=now, by_worker=False)
        import_portion(found, now=now)
        pause(found, now=now)

        assert not import_portion(found, now=now)
        assert (found.done_count, found.percent) == (2, 40)

        run(found)
        assert Lead.objects.count() == 5

    def test_the_rate_counts_from_the_last_start(self, dealer, now):
        found = self.many(dealer)
        start(found, now=now, by_worker=False)
        import_portion(found, now=now)

        later = now + timedelta(seconds=4)
        assert found.rate(now=later) == 0.5
        assert found.seconds_left(now=later) == 6

    def test_called_off_it_keeps_what_is_done_and_can_be_undone(self, dealer, now):
        found = self.many(dealer)
        start(found, now=now, by_worker=False)
        import_portion(found, now=now)
        cancel(found, now=now)

        assert (found.state, found.outcomes) == (ImportState.DONE, {"created": 2})
        assert not found.change_batch.is_open
        with pytest.raises(WrongStep):
            start(found, now=now)

    def test_one_start_of_two_counts(self, dealer, now):
        found = self.many(dealer)
        start(found, now=now, by_worker=False)

        with pytest.raises(WrongStep):
            start(ListImport.objects.get(pk=found.pk), now=now)

    def test_nothing_is_changed_once_it_runs(self, dealer, now):
        found = self.many(dealer)
        start(found, now=now, by_worker=False)

        with pytest.raises(NoLongerPossible):
            correct_cell(found, 2, 0, "Anders", now=now)
        with pytest.raises(NoLongerPossible):
            assign_columns(found, ["name", "", ""], {}, by=None, now=now)

    def test_bad_rows_wait_in_the_ledger(self, dealer):
        found = imported(dealer, ("Nachname", "Preis"), ("Groß", "viel"), ("Klein", "1"))

        assert outcomes(found) == [(2, "bad"), (3, "created")]
        entry = IntakeEntry.objects.get(outcome=Outcome.QUARANTINED)
        assert "Preis" in entry.reason

    def test_original_dates_are_kept(self, dealer):
        imported(dealer, ("Nachname", "Eingang"), ("Groß", "03.02.2021 14:30"))

        received = timezone.localtime(Lead.objects.get().received_at)
        assert f"{received:%d.%m.%Y %H:%M}" == "03.02.2021 14:30"

    def test_rows_and_file_go_after_a_while(self, dealer, now, settings):
        found = self.many(dealer)
        name = found.file
        later = now + timedelta(days=settings.IMPORT_DAYS, hours=1)

        assert delete_old_rows(now=now) == 0
        assert delete_old_rows(now=later) == 1

        found.refresh_from_db()
        assert found.state == ImportState.CANCELLED
        assert not ListRow.objects.exists()
        assert not import_storage().exists(name)

    def test_nothing_of_a_list_is_left_behind(self, dealer, now, settings):
        """Neither what columns quote, nor an open bulk change, nor a file that nobody knows."""
        found = check(upload(dealer, (*HEADERS, "Status"), (*GROSS, "frisch"), (*KLEIN, "frisch")))
        settings.IMPORT_PORTION = 1
        start(found, now=now, by_worker=False)
        import_portion(found, now=now)
        pause(found, now=now)
        forgotten = import_storage().save("0" * 32, ContentFile(b"of a process that was killed"))
        later = now + timedelta(days=settings.IMPORT_DAYS, hours=1)

        assert delete_old_rows(now=later) == 1

        found.refresh_from_db()
        assert (found.state, found.outcomes) == (ImportState.DONE, {"created": 1})
        assert not found.change_batch.is_open
        assert "frisch" not in str(vars(found))
        assert not import_storage().exists(forgotten)


def test_a_list_of_another_dealer_is_not_seen(dealer):
    found = upload(dealer, HEADERS, GROSS)
    other = builders.make_user(builders.make_dealer(), role=Role.MANAGER)

    assert not ListImport.objects.for_user(other).exists()
    assert not ListRow.objects.for_user(other).filter(list_import=found).exists()


def test_a_job_that_comes_once_more_does_not_stop_what_goes_on_meanwhile(dealer):
    """Its worker died between reading and saying so; the file is gone since the import began."""
    found = check(upload(dealer, HEADERS, GROSS))
    late = ListImport.objects.get(pk=found.pk)
    late.state = ImportState.READING  # as it was when the second worker looked
    start(found, now=timezone.now(), by_worker=False)

    read_list(ListImport.objects.get(pk=found.pk), now=timezone.now())
    read_list(late, now=timezone.now())

    found.refresh_from_db()
    assert (found.state, found.trouble) == (ImportState.RUNNING, "")
    assert found.change_batch is not None


def test_a_list_that_was_cancelled_while_it_was_read_stays_cancelled(dealer):
    found = upload(dealer, HEADERS, GROSS)
    reading = ListImport.objects.get(pk=found.pk)
    reading.state = ImportState.READING
    cancel(found, now=timezone.now())

    read_list(reading, now=timezone.now())

    found.refresh_from_db()
    assert found.state == ImportState.CANCELLED


def test_the_origin_of_the_command_line_is_on_record(dealer):
    assert upload(dealer, HEADERS, GROSS).origin == ImportOrigin.COMMAND


class TestExportThatComesBack:
    """What is changed on both sides since; the comparison itself: test_round_trip.py."""

    HEADERS = ("Nummer", "Betreff", "Ort", "Stand")

    @pytest.fixture
    def lead(self, dealer):
        lead = builders.make_lead(dealer, subject="Alt", city="Ulm")
        remember(Lead, [lead], now=timezone.now(), is_new=True)
        return lead

    def came_back(self, dealer, lead, *, stand=1, **options):
        """The subject was changed in the list, and here meanwhile."""
        Lead.objects.filter(pk=lead.pk).update(subject="Neu hier", version=2)
        row = (lead.number, "Neu in der Liste", "Ulm", stand)
        return check(upload(dealer, self.HEADERS, row), **options)

    def test_a_conflict_is_shown_and_ours_stays(self, dealer, lead):
        found = self.came_back(dealer, lead)

        assert row(found, 2).notes["conflicts"] == [
            ["Betreff", "Alt", "Neu in der Liste", "Neu hier"]
        ]
        run(found)
        lead.refresh_from_db()
        assert lead.subject == "Neu hier"
        assert "exportiert „Alt“" in row(found, 2).reason
        assert "Alt" not in IntakeEntry.objects.get().reason

    def test_unless_the_list_is_to_win(self, dealer, lead):
        run(self.came_back(dealer, lead, takes_conflicts=True))

        lead.refresh_from_db()
        assert lead.subject == "Neu in der Liste"

    def test_without_its_version_a_list_says_that_it_is_compared_with_now(self, dealer, lead):
        found = self.came_back(dealer, lead, stand=None)

        [remark] = [one for one in found.info["remarks"] if "Stand" in one]
        assert remark

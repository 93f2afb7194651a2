"""A dealer's old list becomes leads: the one way in, behind the dealer's wall."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Delivery
from leads.models import (
    Activity,
    Channel,
    Customer,
    IntakeEntry,
    Lead,
    MatchSuggestion,
    Membership,
    OnExisting,
    Outcome,
    Plan,
    Role,
    Source,
    Status,
)
from leads.resources.import_checking import counted
from leads.resources.import_mapping import FURTHER, ListMapping
from leads.resources.rows import Row
from tests import builders
from tests.leads.resources.importing import check, imported, outcomes, run, upload
from tests.leads.resources.taking import Sheet, Taken, read, take
from tests.samples import make_alte_leads

SAMPLE = Path(make_alte_leads.TARGET)

pytestmark = pytest.mark.django_db


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def manager(dealer):
    return builders.make_user(dealer, role=Role.MANAGER, first_name="Sabine", last_name="Köhler")


def sample():
    return read(SAMPLE.read_bytes())


def table(headers, *rows):
    """A list as if it had been read from a file with these rows."""
    sheet = Sheet(headers=headers)
    for number, cells in enumerate(rows, start=2):
        if any(cell is not None for cell in cells):
            sheet.append([*cells, *[None] * (len(headers) - len(cells))])
            sheet.row_numbers.append(number)
    return sheet


def problem(result):
    [row] = result.bad
    [found] = row.problems
    return row.number, found.header, found.value


# --- the sample -----------------------------------------------------------------------------------


def test_the_sample_in_the_repository_is_what_its_script_makes(tmp_path):
    make_alte_leads.write(tmp_path / "fresh.xlsx")
    fresh, stored = read((tmp_path / "fresh.xlsx").read_bytes()), sample()

    assert fresh.headers == stored.headers
    assert list(fresh) == list(stored)
    assert len(stored) == make_alte_leads.ROWS


def test_the_sample_becomes_leads_with_sources_and_customers(dealer, manager):
    builders.make_user(dealer, first_name="Jörg", last_name="Brüggemann")

    result = take(sample(), dealer, manager)

    assert result.counts == {"new": 290, "changed": 0, "unchanged": 4, "bad": 6}
    leads = Lead.objects.for_dealer(dealer)
    assert leads.count() == 290
    # 300 rows - 6 bad - 4 repeated - 6 known by e-mail - 4 by phone and name - 2 without contact
    assert Customer.objects.for_dealer(dealer).count() == 278
    assert leads.filter(customer=None).count() == make_alte_leads.WITHOUT_CONTACT
    reasons = Counter(MatchSuggestion.objects.values_list("reason", flat=True))
    # Those of one name, of which one lives where the other does, and colleagues of three companies.
    assert reasons == {"same_name": 1, "similar_name_and_place": 1, "same_company": 3}
    warnings = Counter(one["code"] for lead in leads for one in lead.warnings)
    assert warnings == {
        "excel_changed": make_alte_leads.LOST_ZEROS,
        "not_contactable": make_alte_leads.WITHOUT_CONTACT,
        "email_invalid": 1,
        "owner_unknown": 1,
        "value_unknown": 1,
    }
    assert Source.objects.get(name="Gelbe Seiten").is_automatic
    assert leads.filter(source__key="mobile_de").exists()
    assert leads.filter(status__key="won").exists()
    # People have seen before what nobody knew here, and which column has no place of its own.
    mapping = ListMapping.of(result.found)
    assert mapping.headers_of(FURTHER) == ["Wunschfarbe"]
    assert leads.filter(status__name="Rückruf offen").exists()


def test_the_bad_rows_of_the_sample_are_named_by_row_column_and_value(dealer, manager):
    result = take(sample(), dealer, manager)

    named = {(one.header, one.value) for row in result.bad for one in row.problems}
    assert named == {
        ("Datum", "31.02.2025"),
        ("Datum", "gestern"),
        ("Preis", "auf Anfrage"),
        ("Mobil", "1,76041E+11"),
        ("Nächster Kontakt", "nach Ostern"),
        ("", ""),
    }
    rows = make_alte_leads.list_rows()
    for row in result.bad:
        # Excel's row 2 is the first of the list; one row in the middle was left free.
        position = row.number - 2 - (row.number > make_alte_leads.BLANK_ROW_AFTER + 2)
        values = {str(value) for value in rows[position].values()}
        assert all(one.value in values for one in row.problems if one.header)


def test_bad_rows_wait_in_the_ledger_with_their_reason(dealer, manager):
    take(sample(), dealer, manager)

    entries = IntakeEntry.objects.for_dealer(dealer)
    assert entries.filter(channel=Channel.EXCEL).count() == 300
    quarantined = entries.filter(outcome=Outcome.QUARANTINED)
    assert quarantined.count() == 6
    for entry in quarantined:
        row = Row.from_raw(entry.raw)
        assert str(row.number) in entry.reason
        # People with a look at the ledger need not have the right to see what is in a row.
        assert not [cell for cell in row.cells.values() if str(cell) in entry.reason.split()]


def test_the_sample_uploaded_again_changes_nothing(dealer, manager):
    take(sample(), dealer, manager)
    before = list(Lead.history.values_list("pk", flat=True))

    result = take(sample(), dealer, manager)

    assert result.counts == {"new": 0, "changed": 0, "unchanged": 294, "bad": 6}
    assert list(Lead.history.values_list("pk", flat=True)) == before
    entries = IntakeEntry.objects.for_dealer(dealer)
    assert entries.filter(outcome=Outcome.CREATED).count() == 290
    assert set(entries.values_list("times_received", flat=True)) == {1}


def test_a_preview_is_the_real_thing_and_leaves_nothing_behind(dealer, manager):
    found = check(upload(dealer, data=SAMPLE.read_bytes(), user=manager))

    expected = counted(found)
    assert not Lead.objects.exists()
    assert not Customer.objects.exists()
    assert not IntakeEntry.objects.exists()
    assert not Status.objects.filter(dealer=dealer).exists()
    done = Taken(run(found))
    assert [len(done.new), len(done.changed), len(done.bad)] == [
        expected[plan] for plan in (Plan.NEW, Plan.CHANGED, Plan.BAD)
    ]


def test_an_import_sends_nothing(dealer, manager, mailoutbox):
    take(sample(), dealer, manager)

    assert mailoutbox == []
    assert not Delivery.objects.exists()


# --- single rows ----------------------------------------------------------------------------------


def test_a_row_is_taken_over_cell_by_cell(dealer, manager):
    builders.make_location(dealer, name="Filiale Köln")
    headers = ["Datum", "Anrede", "Name", "PLZ Ort", "Straße", "Hausnummer", "Telefon", "E-Mail"]
    headers += ["Quelle", "Status", "Verkäufer", "Filiale", "Fahrzeug", "Preis", "Probefahrt"]
    headers += ["Wunsch/Notiz", "Bemerkung", "Nächster Kontakt", "Budget von", "Budget bis"]
    headers += ["Schlagworte", "Wunschfarbe", "Dringlichkeit"]
    row = ["3.2.2025", "Herr", "Dr. Müller, Hans", "04109 Leipzig", "Übungsweg", 7]
    row += ["030 23125101 oder 0171/3920012", "Hans.Mueller@example.org", "mobile", "in Arbeit"]
    row += ["Köhler, Sabine", "Filiale Köln", "VW Golf", "21.990,- €", "x", "Ist er da?"]
    row += ["Kennt den Chef", "05.03.2025", "20.000", "18.000", "VIP, Eilig", "rot", "hoch"]

    [result] = take(table(headers, row), dealer, manager).new

    lead = Lead.objects.get()
    assert result.title == "Hans Müller"
    assert (lead.title, lead.first_name, lead.last_name) == ("Dr.", "Hans", "Müller")
    assert (lead.street, lead.postal_code, lead.city) == ("Übungsweg 7", "04109", "Leipzig")
    assert (lead.phone, lead.mobile) == ("030 23125101", "0171/3920012")
    assert lead.email == "Hans.Mueller@example.org"
    assert (lead.source.key, lead.status.key) == ("mobile_de", "in_work")
    assert (lead.owner, lead.location.name) == (manager, "Filiale Köln")
    assert (lead.vehicle_name, lead.vehicle_price) == ("VW Golf", Decimal("21990.00"))
    assert lead.test_drive_wished
    assert lead.message == "Ist er da?"
    assert lead.urgency == "high"
    assert (lead.budget_from, lead.budget_to) == (Decimal(18000), Decimal(20000))
    assert lead.follow_up_at == datetime(2025, 3, 5, 8, tzinfo=UTC)
    assert lead.custom_values == {"Wunschfarbe": "rot"}
    assert {tag.name for tag in lead.tags.all()} == {"VIP", "Eilig"}
    assert lead.activities.filter(kind=Activity.Kind.NOTE, text="Kennt den Chef").exists()
    assert {one["code"] for one in lead.warnings} == {"phone_split", "range_swapped"}


def test_original_dates_are_kept(dealer):
    take(table(["Nachname", "Datum", "Uhrzeit"], ["Groß", "03.02.2025", "14:05"]), dealer)

    lead = Lead.objects.get()
    assert lead.enquired_at == lead.received_at == datetime(2025, 2, 3, 13, 5, tzinfo=UTC)


def test_a_date_in_the_future_is_a_slip_of_the_pen(dealer):
    sheet = table(["Nachname", "Datum"], ["Groß", "03.02.2199"])
    result = take(sheet, dealer)

    lead = Lead.objects.get()
    assert max(lead.received_at, lead.enquired_at, lead.last_enquired_at) <= timezone.now()
    assert [one["code"] for one in lead.warnings] == ["time_in_future", "not_contactable"]
    assert result.new[0].remarks
    again = table(["Nachname", "Datum", "Ort"], ["Groß", "03.02.2199", ""])
    assert take(again, dealer).counts["unchanged"] == 1


def test_a_list_without_sources_comes_from_a_list(dealer):
    take(table(["Nachname"], ["Groß"]), dealer)

    assert Lead.objects.get().source.key == "excel"


def test_a_second_column_with_the_same_meaning_is_kept(dealer):
    headers = ["Nachname", "Betreff", "Thema"]
    take(table(headers, ["Groß", "Golf", "Probefahrt"]), dealer)

    lead = Lead.objects.get()
    assert lead.subject == "Golf"
    assert lead.custom_values == {"Thema": "Probefahrt"}


@pytest.mark.parametrize(
    ("headers", "cells", "name", "value", "beside"),
    [
        (["PLZ", "PLZ/Ort"], ["10023", "58507 Hagen"], "postal_code", "10023", "58507 Hagen"),
        (["Nachname", "Kunde"], ["Groß", "Klein, Uwe"], "last_name", "Groß", "Klein, Uwe"),
        (
            ["Nachname", "Mail"],
            ["Groß", "max@example.org; eva@example.org"],
            *("email", "max@example.org", "max@example.org; eva@example.org"),
        ),
    ],
)
def test_what_finds_no_place_is_kept_and_said(dealer, headers, cells, name, value, beside):
    result = take(table(["Betreff", *headers], ["Golf", *cells]), dealer)

    lead = Lead.objects.get()
    assert getattr(lead, name) == value
    assert lead.custom_values == {headers[1]: beside}
    [remark] = [one for one in result.new[0].remarks if "weiteren Angaben" in one]
    assert f"„{beside}“ ({headers[1]})" in remark


def test_a_column_that_repeats_another_is_not_kept_twice(dealer):
    headers = ["Anrede", "Vorname", "Nachname", "Kunde", "PLZ", "PLZ/Ort"]
    take(table(headers, ["Frau", "Eva", "Groß", "Frau Eva Groß", "58507", "58507 Hagen"]), dealer)

    lead = Lead.objects.get()
    assert (lead.custom_values, lead.city) == ({}, "Hagen")


def test_a_remark_says_of_which_column_it_is(dealer):
    result = take(table(["Nachname", "Handy"], ["Groß", "ruft an"]), dealer)

    assert "Handy: „ruft an“ ist keine vollständige Telefonnummer." in result.new[0].remarks


def test_a_second_phone_becomes_the_other_one(dealer):
    headers = ["Nachname", "Telefon", "Tel.", "Rufnummer"]
    take(table(headers, ["Groß", "030 23125101", "040 66969102", None]), dealer)

    lead = Lead.objects.get()
    assert (lead.phone, lead.mobile) == ("030 23125101", "040 66969102")


def test_all_problems_of_a_row_are_named_at_once(dealer):
    result = take(table(["Nachname", "Datum", "Preis"], ["Groß", "gestern", "viel"]), dealer)

    assert [one.header for one in result.bad[0].problems] == ["Datum", "Preis"]


def test_a_bad_row_stops_only_itself(dealer):
    result = take(table(["Nachname", "Datum"], ["Groß", "gestern"], ["Klein", ""]), dealer)

    assert result.counts == {"new": 1, "changed": 0, "unchanged": 0, "bad": 1}


def test_texts_that_are_too_long_are_shortened_and_that_is_said(dealer):
    take(table(["Nachname", "Betreff"], ["Groß" * 50, "Wunsch " * 50]), dealer)

    lead = Lead.objects.get()
    assert (len(lead.last_name), len(lead.subject)) == (100, 200)
    assert {one["code"] for one in lead.warnings} == {"text_shortened", "not_contactable"}


def test_a_list_without_a_known_column_is_refused(dealer):
    with pytest.raises(ValidationError, match="Nachname"):
        take(table(["foo", "bar"], ["1", "2"]), dealer)

    assert not IntakeEntry.objects.exists()


# --- the same enquiry again -----------------------------------------------------------------------


def test_a_longer_list_adds_only_what_is_new(dealer):
    headers = ["Anfrage-Nr.", "Nachname", "E-Mail"]
    first, second = ["A-1", "Groß", "gross@example.org"], ["", "Klein", "klein@example.org"]
    take(table(headers, first, second), dealer)

    result = take(table(headers, ["A-3", "Neu", "neu@example.org"], second, first), dealer)

    assert result.counts == {"new": 1, "changed": 0, "unchanged": 2, "bad": 0}
    assert Lead.objects.count() == 3


def test_the_same_list_as_csv_is_the_same_list(dealer):
    headers = ["Nachname", "Datum", "Preis", "PLZ"]
    excel = table(headers, ["Groß", datetime(2025, 2, 3), 1234.5, 4109])
    take(excel, dealer)

    text = "Nachname;Datum;Preis;PLZ\nGroß;03.02.2025;1.234,50 €;4109\n".encode()
    assert take(text, dealer).counts["unchanged"] == 1


def test_an_amended_list_changes_what_was_amended(dealer):
    headers = ["Anfrage-Nr.", "Nachname", "Ort", "Status"]
    take(table(headers, ["A-1", "Groß", "Köln", "offen"]), dealer)

    [row] = take(table(headers, ["A-1", "Groß", "Bonn", "offen"]), dealer).changed

    assert [(before, after) for _field, before, after in row.changes] == [("Köln", "Bonn")]
    assert Lead.objects.get().city == "Bonn"


def test_an_old_list_does_not_undo_the_work_of_the_staff(dealer):
    headers = ["Anfrage-Nr.", "Nachname", "Ort", "Status"]
    take(table(headers, ["A-1", "Groß", "Köln", "offen"]), dealer)
    Lead.objects.update(status=builders.shared_status("won"))

    take(table(headers, ["A-1", "Groß", "Bonn", "offen"]), dealer)

    lead = Lead.objects.get()
    assert (lead.city, lead.status.key) == ("Bonn", "won")


def test_a_list_is_taken_although_what_earlier_ones_said_was_deleted(dealer):
    headers = ["Anfrage-Nr.", "Nachname", "E-Mail"]
    first = [["A-1", "Groß", "a@example.org"], ["A-2", "", ""]]
    take(table(headers, *first), dealer)
    IntakeEntry.objects.update(raw="", raw_deleted_at=timezone.now())

    amended = take(table(headers, ["A-1", "Groß", "neu@example.org"]), dealer)
    again = take(table(headers, *first), dealer)

    assert amended.counts == {"new": 0, "changed": 1, "unchanged": 0, "bad": 0}
    assert again.counts["new"] == 0
    assert Lead.objects.get(external_id="A-1").last_name == "Groß"


def test_one_number_twice_in_a_list_ends_as_the_last_row_says(dealer):
    headers = ["Anfrage-Nr.", "Nachname", "Ort"]
    rows = [["A-1", "Groß", "Köln"], ["A-1", "Groß", "Bonn"]]
    result = take(table(headers, *rows), dealer, takes_duplicates=True)

    assert result.counts == {"new": 1, "changed": 1, "unchanged": 0, "bad": 0}
    longer = table(headers, *rows, ["A-2", "Klein", "Ulm"])
    assert take(longer, dealer, takes_duplicates=True).counts == {
        "new": 1,
        "changed": 0,
        "unchanged": 2,
        "bad": 0,
    }
    assert Lead.objects.get(external_id="A-1").city == "Bonn"


# --- walls ----------------------------------------------------------------------------------------


def test_a_number_of_another_dealer_is_unknown_here(dealer, manager):
    foreign = builders.make_lead(number="L-2026-000777", city="Fremdstadt")
    result = take(table(["Nummer", "Ort"], ["L-2026-000777", "Hierstadt"]), dealer, manager)

    assert problem(result) == (2, "Nummer", "L-2026-000777")
    foreign.refresh_from_db()
    assert foreign.city == "Fremdstadt"
    assert IntakeEntry.objects.get().dealer == dealer


def test_the_same_number_at_two_dealers_means_the_own_lead(dealer, manager):
    foreign = builders.make_lead(number="L-2026-000777", city="Fremdstadt")
    own = builders.make_lead(dealer, number="L-2026-000777", city="Altstadt")

    take(table(["Nummer", "Ort"], ["L-2026-000777", "Neustadt"]), dealer, manager)

    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.city, foreign.city) == ("Neustadt", "Fremdstadt")


def test_a_row_exported_at_another_dealer_is_refused_and_not_even_booked(dealer, manager):
    own = builders.make_lead(dealer, number="L-2026-000777", city="Altstadt")
    sheet = table(["Dealer", "Nummer", "Ort"], ["Autohaus Fremd", own.number, "Fremdstadt"])

    result = take(sheet, dealer, manager)

    assert result.counts["bad"] == 1
    assert not IntakeEntry.objects.exists()
    own.refresh_from_db()
    assert own.city == "Altstadt"


def test_a_dealer_named_in_a_list_changes_nothing(dealer):
    other = builders.make_dealer()
    take(table(["Dealer", "Nachname"], [other.name, "Groß"]), dealer)

    assert Lead.objects.get().dealer == dealer


def test_leads_of_locations_that_the_user_does_not_see_are_unknown(dealer):
    here, there = builders.make_location(dealer), builders.make_location(dealer)
    user = builders.make_user(dealer, role=Role.MANAGER, locations=[here])
    seen = builders.make_lead(dealer, location=here, number="L-2026-000001")
    unseen = builders.make_lead(dealer, location=there, number="L-2026-000002", city="Altstadt")

    sheet = table(["Nummer", "Ort"], [seen.number, "Neustadt"], [unseen.number, "Neustadt"])
    result = take(sheet, dealer, user)

    assert result.counts == {"new": 0, "changed": 1, "unchanged": 0, "bad": 1}
    unseen.refresh_from_db()
    assert unseen.city == "Altstadt"


@pytest.mark.parametrize("decision", [OnExisting.UPDATE, OnExisting.FILL])
def test_numbers_of_earlier_lists_lead_to_no_location_that_the_user_does_not_see(
    dealer, manager, decision
):
    here, there = builders.make_location(dealer), builders.make_location(dealer)
    headers = ("Lead-ID", "Nachname", "Ort", "Standort")
    run(check(upload(dealer, headers, ("4711", "Groß", "Altstadt", there.name), user=manager)))
    user = builders.make_user(dealer, role=Role.MANAGER, locations=[here])

    guessed = ("Lead-ID", "Nachname", "Ort"), ("4711", "Klein", "Neustadt")
    found = check(upload(dealer, *guessed, user=user), on_existing=decision)

    row = found.rows.get()
    assert row.plan == Plan.BAD
    assert "Altstadt" not in str(row.notes)
    run(found)
    assert list(Lead.objects.values_list("last_name", "city")) == [("Groß", "Altstadt")]


@pytest.mark.parametrize("written", ["Filiale Köln", "0012345", "Deutz"])
def test_a_location_is_found_by_whatever_it_is_called(dealer, written):
    names = {"bdk_partner_number": "0012345", "aliases": ["deutz", "Filiale Bonn"]}
    builders.make_location(dealer, name="Filiale Köln", **names)
    bonn = builders.make_location(dealer, name="Filiale Bonn")

    take(table(["Nachname", "Filiale"], ["Groß", written], ["Klein", bonn.name]), dealer)

    found = Lead.objects.order_by("pk").values_list("location__name", flat=True)
    assert list(found) == ["Filiale Köln", "Filiale Bonn"]


def test_owners_and_locations_of_other_dealers_are_strangers(dealer):
    other = builders.make_dealer()
    builders.make_user(other, first_name="Fremde", last_name="Person", email="fremd@example.org")
    builders.make_location(other, name="Fremde Filiale")
    headers = ["Nachname", "Verkäufer", "Filiale"]

    take(table(headers, ["Groß", "fremd@example.org", "Fremde Filiale"]), dealer)

    lead = Lead.objects.get()
    assert (lead.owner, lead.location) == (None, None)
    assert lead.custom_values == {"Verkäufer": "fremd@example.org", "Filiale": "Fremde Filiale"}


def test_someone_who_left_is_not_given_leads(dealer):
    user = builders.make_user(dealer, email="ehemals@example.org")
    Membership.objects.filter(user=user).update(is_active=False)

    take(table(["Nachname", "Verkäufer"], ["Groß", "ehemals@example.org"]), dealer)

    assert Lead.objects.get().owner is None


# --- cost -----------------------------------------------------------------------------------------


def queries_of(sheet, dealer, user):
    with CaptureQueriesContext(connection) as queries:
        take(sheet, dealer, user)
    return len(queries)


def test_a_long_list_costs_as_many_queries_as_a_short_one():
    usual = [row for row in make_alte_leads.list_rows()[:280] if row["Anfrage-Nr."]]
    rows = [row for row in usual if "@example" in row.get("E-Mail", "")]
    body = [[row.get(header) for header in make_alte_leads.HEADERS] for row in rows]
    costs = {}
    for length in (50, len(body)):
        dealer = builders.make_dealer()
        user = builders.make_user(dealer, role=Role.MANAGER)
        sheet = table(make_alte_leads.HEADERS, *body[:length])
        changed = [[*row[:8], "Neustadt", *row[9:]] for row in body[:length]]
        costs[length] = [
            queries_of(sheet, dealer, user),
            queries_of(sheet, dealer, user),
            queries_of(table(make_alte_leads.HEADERS, *changed), dealer, user),
        ]

    assert len(body) > 200
    assert costs[50][1:] == costs[len(body)][1:]
    # One more where somebody may be somebody else.
    assert 0 <= costs[len(body)][0] - costs[50][0] <= 1
    assert max(costs[50]) <= 140


@pytest.mark.parametrize(
    ("street", "number", "whole"),
    [
        ("Übungsweg", "7 a", "Übungsweg 7 a"),
        ("Übungsweg", 7, "Übungsweg 7"),
        ("Übungsweg 7", None, "Übungsweg 7"),
        ("Übungsweg 7", "7", "Übungsweg 7"),
        ("Übungsweg 17", "7", "Übungsweg 17 7"),
    ],
)
def test_street_and_house_number_together_and_apart(dealer, street, number, whole):
    take(table(["Nachname", "Straße", "Hausnummer"], ["Groß", street, number]), dealer)

    assert Lead.objects.get().street == whole


@pytest.mark.parametrize("is_forgotten", [False, True])
@pytest.mark.parametrize("on_existing", [OnExisting.UPDATE, OnExisting.FILL, OnExisting.SKIP])
def test_a_running_number_of_another_list_changes_nobody(dealer, on_existing, is_forgotten):
    headers = ("Nr.", "Nachname", "E-Mail", "Ort")
    imported(dealer, headers, (1, "Groß", "gross@example.org", None))
    if is_forgotten:
        IntakeEntry.objects.update(raw="", raw_deleted_at=timezone.now())

    found = check(
        upload(dealer, headers, (1, "Klein", "klein@example.org", "Köln")), on_existing=on_existing
    )
    [[header, _number, reason]] = found.rows.get().notes["problems"]
    assert (header, "laufende Nummer" in reason) == ("Nr.", True)
    run(found)
    assert [(one.last_name, one.city) for one in Lead.objects.all()] == [("Groß", "")]

    # Whoever has but another address now is the same person.
    moved = (1, "Groß", "neu@example.org", "Köln")
    again = run(check(upload(dealer, headers, moved), on_existing=OnExisting.UPDATE))
    assert outcomes(again) == [(2, "updated")]

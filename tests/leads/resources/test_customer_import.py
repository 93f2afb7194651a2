"""Lists of customers: from the file to the people and companies behind the leads."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import (
    Customer,
    Event,
    EventKind,
    IntakeEntry,
    Lead,
    ListKind,
    MatchSuggestion,
    OnExisting,
    Plan,
    RowOutcome,
)
from leads.resources.import_mapping import LEFT_OUT, ListMapping
from leads.resources.import_results import write_result
from leads.services.customers import delete_customer, lock_customer
from leads.services.merging import merge_customers
from tests import builders
from tests.leads.resources import importing
from tests.leads.resources.importing import check, outcomes, plans, run

pytestmark = pytest.mark.django_db

HEADERS = ("Vorname", "Nachname", "E-Mail", "Mobil", "Ort")
GROSS = ("Erika", "Groß", "gross@example.org", "0171 1234567", "Leipzig")
KLEIN = ("Hans", "Klein", "klein@example.org", "0171 7654321", "Halle")


@pytest.fixture
def dealer():
    return builders.make_dealer()


def upload(dealer, *rows, **options):
    return importing.upload(dealer, *rows, kind=ListKind.CUSTOMERS, **options)


def imported(dealer, *rows, **options):
    return run(check(upload(dealer, *rows), **options))


def test_a_list_becomes_customers_and_no_leads(dealer):
    headers = ("Kd.-Nr.", "Anrede", "Name", "Firma", "Straße", "Hausnr.", "PLZ/Ort", "Tel.", "Foto")
    row = (
        *("K-17", "Frau", "Dr. Groß, Erika", "Groß GmbH", "Übungsweg", "7", "04109 Leipzig"),
        *("0341 123456 / 0171 1234567", "ja"),
    )
    found = upload(dealer, headers, row)
    assert ListMapping.of(found).columns[-1] == LEFT_OUT  # in sight, and customers keep no more

    run(check(found))

    one = Customer.objects.get()
    assert (one.dealer, one.external_number) == (dealer, "K-17")
    assert (one.salutation, one.title, one.full_name) == ("ms", "Dr.", "Dr. Erika Groß · Groß GmbH")
    assert (one.street, one.postal_code, one.city) == ("Übungsweg 7", "04109", "Leipzig")
    assert (one.phone, one.mobile) == ("0341 123456", "0171 1234567")
    assert one.person_key == "erika gross"
    assert not Lead.objects.exists()
    assert not IntakeEntry.objects.exists()
    [event] = Event.objects.all()
    assert (event.kind, event.customer_id) == (EventKind.CUSTOMER_CREATED, one.pk)
    assert [version.change_batch for version in one.history.all()] == [found.change_batch]


def test_our_own_labels_are_known(dealer):
    names = ("external_number", "first_name", "company", "mobile", "postal_code", "note")
    labels = [str(Customer._meta.get_field(name).verbose_name) for name in names]

    assert ListMapping.of(upload(dealer, labels, ["1"] * len(labels))).columns == names


@pytest.mark.parametrize(
    ("decision", "outcome", "city", "street", "number"),
    [
        (OnExisting.UPDATE, RowOutcome.UPDATED, "Dresden", "Übungsweg 7", 1),
        (OnExisting.FILL, RowOutcome.UPDATED, "Leipzig", "Übungsweg 7", 1),
        (OnExisting.SKIP, RowOutcome.SKIPPED, "Leipzig", "", 1),
        (OnExisting.NEW, RowOutcome.CREATED, "Leipzig", "", 2),
    ],
)
def test_what_is_done_with_a_known_customer(dealer, decision, outcome, city, street, number):
    imported(dealer, HEADERS, GROSS)

    headers = ("Name", "E-Mail", "Ort", "Straße")
    row = ("Erika Groß", "GROSS@example.org", "Dresden", "Übungsweg 7")
    found = imported(dealer, headers, row, on_existing=decision)

    assert outcomes(found) == [(2, outcome)]
    assert Customer.objects.count() == number
    one = Customer.objects.order_by("pk").first()
    assert (one.city, one.street, one.email) == (city, street, "gross@example.org")
    changed = Event.objects.filter(kind=EventKind.CUSTOMER_UPDATED)
    assert changed.exists() == (outcome == RowOutcome.UPDATED)
    assert one.version == 1 + changed.count()


@pytest.mark.parametrize(
    ("row", "plan", "says"),
    [
        (("Erika", "Groß", "gross@example.org", "", ""), Plan.UNCHANGED, "E-Mail und Name gleich."),
        (("", "Gross", "", "+49 171 1234567", ""), Plan.CHANGED, "Telefon gleich, Name ähnlich."),
        # A family shares its mailbox, and a name alone is no evidence.
        (("Otto", "Groß", "gross@example.org", "", ""), Plan.NEW, None),
        (("Erika", "Groß", "", "", "Leipzig"), Plan.NEW, None),
    ],
)
def test_customers_are_recognised_by_evidence_and_never_by_name_alone(dealer, row, plan, says):
    imported(dealer, HEADERS, GROSS)

    found = check(upload(dealer, HEADERS, row))

    assert plans(found) == [(2, plan)]
    assert found.rows.get().notes["remarks"] == ([says] if says else [])


def test_a_list_of_addresses_uploaded_again_doubles_nobody(dealer):
    rows = (
        ("Name", "Straße", "PLZ", "Telefon"),
        ("Erika Groß", "Übungsweg 7", "04109", ""),
        ("Hans Groß", "Übungsweg 7", "04109", "0341 123456"),
        ("Karl Groß", "Übungsweg 7", "04109", "0341 123456"),
    )
    imported(dealer, *rows)
    assert Customer.objects.count() == 3

    found = imported(dealer, *rows)

    assert [outcome for _number, outcome in outcomes(found)] == ["unchanged"] * 3
    assert found.change_batch is None


def test_rows_never_change_who_came_with_the_same_list(dealer, settings):
    """Similar names and one phone: the second row must not become the first."""
    settings.IMPORT_PORTION = 1

    found = imported(
        dealer, HEADERS, ("Ute", "Meier", "", "0171 1", ""), ("", "Meyer", "", "0171 1234567", ""),
        ("Ute", "Maier", "", "0171 1234567", ""),
    )  # fmt: skip

    assert [outcome for _number, outcome in outcomes(found)] == ["created"] * 3
    assert sorted(Customer.objects.values_list("last_name", flat=True)) == [
        *("Maier", "Meier", "Meyer"),
    ]
    assert MatchSuggestion.objects.exists()  # somebody may look at them


def test_repeated_rows_are_found_over_the_whole_list(dealer, settings):
    settings.IMPORT_PORTION = 1
    found = check(upload(dealer, HEADERS, GROSS, KLEIN, GROSS))
    assert found.rows.get(number=4).duplicate_of == 2

    run(found)

    assert [outcome for _number, outcome in outcomes(found)] == ["created", "created", "skipped"]


@pytest.mark.parametrize("portion", [1, 10])
def test_a_number_that_is_repeated_is_one_customer(dealer, settings, portion):
    settings.IMPORT_PORTION = portion
    rows = (("Kundennummer", *HEADERS), ("K-1", *GROSS), ("K-1", "Erika", "Großmann", "", "", ""))
    found = check(upload(dealer, *rows))
    assert found.rows.get(number=3).duplicate_of == 2

    run(check(found, takes_duplicates=True))

    one = Customer.objects.get()
    assert (one.last_name, one.email) == ("Großmann", "gross@example.org")
    assert found.change_batch.created_count == 1


def test_the_number_of_a_result_names_the_customer(dealer):
    found = imported(dealer, HEADERS, GROSS)
    target = io.BytesIO()
    write_result(found, target)
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Kunden"]
    book.active["B2"] = "Lang"  # she has married, and has another address and phone by now
    book.active["C2"] = "lang@example.org"
    book.active["D2"] = "0171 999999"
    book.save(target := io.BytesIO())

    again = run(check(upload(dealer, data=target.getvalue())))

    assert outcomes(again) == [(2, RowOutcome.UPDATED)]
    one = Customer.objects.get()
    assert (one.last_name, one.email, one.mobile) == ("Lang", "lang@example.org", "0171 999999")


def test_what_cannot_be_taken_says_why(dealer):
    other = builders.make_customer(builders.make_dealer(), external_number="X-1")
    imported(dealer, ("Kundennummer", *HEADERS), ("K-1", *GROSS), ("K-2", *KLEIN))
    binned = lock_customer(dealer, Customer.objects.get(external_number="K-2").pk)
    delete_customer(binned, now=timezone.now())

    found = check(
        upload(
            dealer,
            ("LeadOffice-Nr.", "Kundennummer", "Nachname", "E-Mail"),
            (str(other.pk), "", "Fremd", ""),
            ("abc", "", "Neu", ""),
            ("", "K-2", "Neu", ""),
            (str(Customer.objects.get(last_name="Klein").pk), "", "Weg", ""),
            ("", "", "", "keine-adresse"),
            ("", "X-1", "Neu", "neu@example.org"),
        )
    )

    assert [plan for _number, plan in plans(found)] == ["bad"] * 5 + ["new"]
    problems = [row.notes["problems"][0] for row in found.rows.filter(plan=Plan.BAD)]
    assert [header for header, _value, _reason in problems] == [
        *("LeadOffice-Nr.", "LeadOffice-Nr.", "Kundennummer", "LeadOffice-Nr.", "E-Mail"),
    ]
    run(found)
    assert Customer.objects.for_dealer(dealer).filter(external_number="X-1").count() == 1
    other.refresh_from_db()
    assert other.last_name != "Neu"


def test_who_became_part_of_another_is_found_there(dealer):
    imported(dealer, ("Kundennummer", *HEADERS), ("K-1", *GROSS), ("K-2", *KLEIN))
    kept, merged = Customer.objects.order_by("pk")
    merge_customers(kept, merged, values={}, by=None, now=timezone.now())

    found = imported(dealer, ("Kundennummer", "Straße"), ("K-2", "Übungsweg 7"))

    assert outcomes(found) == [(2, RowOutcome.UPDATED)]
    kept.refresh_from_db()
    assert (kept.street, kept.external_number) == ("Übungsweg 7", "K-1")


def test_notes_of_colleagues_are_kept(dealer):
    imported(dealer, ("E-Mail", "Notiz"), ("gross@example.org", "Stammkundin"))

    for _ in range(2):
        imported(dealer, ("E-Mail", "Notiz"), ("gross@example.org", "Fährt Golf"))

    assert Customer.objects.get().note == "Stammkundin\nFährt Golf"


def test_the_number_of_queries_does_not_depend_on_the_rows(dealer):
    def people(first, count, city):
        return [
            (f"Vor{n}", f"Nach{n}", f"kunde{n}@example.org", f"0171 10{n:05}", city)
            for n in range(first, first + count)
        ]

    imported(dealer, HEADERS, *people(1, 40, "Halle"))
    counted = []
    for first, size in ((31, 20), (1, 60)):  # some of both are here already
        found = upload(dealer, HEADERS, *people(first, size, f"Ort{size}"))
        with CaptureQueriesContext(connection) as queries:
            run(check(found))
        counted.append(len(queries))

    assert counted[0] == counted[1]

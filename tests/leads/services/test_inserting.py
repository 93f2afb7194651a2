"""Rows written in one go are what saving each of them would have stored."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from leads.models import Activity, Channel, Customer, Enquiry, Event, IntakeEntry, Lead
from leads.services.inserting import append, blank, insert, refer
from tests.builders import make_customer, make_dealer, make_lead, shared_source, shared_status

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
FEW_AND_MANY = pytest.mark.parametrize("number", [1, 8, 9, 300])


def new_entries(dealer, number):
    return [
        IntakeEntry(
            dealer=dealer,
            channel=Channel.API,  # a member of an enumeration, not its text
            sender="api:website",
            message_id=f"message {one}",
            raw='{"name": "Jörg\\t\\\\N\n"}',  # what COPY itself uses as signs
            received_at=NOW,
            last_received_at=NOW,
        )
        for one in range(number)
    ]


@FEW_AND_MANY
def test_rows_come_back_as_they_were(number):
    dealer = make_dealer()

    append(IntakeEntry, new_entries(dealer, number))

    stored = list(IntakeEntry.objects.for_dealer(dealer).order_by("pk"))
    assert [one.message_id for one in stored] == [f"message {one}" for one in range(number)]
    for one in stored:
        assert (one.channel, one.raw) == ("api", '{"name": "Jörg\\t\\\\N\n"}')
        assert (one.received_at, one.lead, one.times_received) == (NOW, None, 1)


@FEW_AND_MANY
def test_the_text_of_a_message_is_encrypted(number):
    append(IntakeEntry, new_entries(make_dealer(), number))

    with connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM leads_intakeentry")
        assert not any("name" in raw for (raw,) in cursor.fetchall())


@FEW_AND_MANY
def test_rows_get_their_numbers_and_days(number):
    customers = [Customer(dealer=make_dealer(), last_name=f"Groß {one}") for one in range(number)]

    insert(Customer, customers)

    for customer in customers:
        stored = Customer.objects.get(pk=customer.pk)
        assert stored.last_name == customer.last_name
        assert stored.created_at == customer.created_at is not None
    customers[0].first_name = "Jana"
    customers[0].save()  # a row that is there, not a new one
    assert Customer.objects.count() == number


@FEW_AND_MANY
def test_what_was_stored_since_the_row_was_made_is_found(number):
    dealer = make_dealer()
    source, status = shared_source("website"), shared_status("new")
    leads = [
        Lead(
            dealer=dealer,
            number=f"L-{one}",
            sender="hand",
            source=source,
            status=status,
            received_at=NOW,
            enquired_at=NOW,
            warnings=[{"code": "Ö"}],
        )
        for one in range(number)
    ]
    said = {"sender": "hand", "source": source, "enquired_at": NOW, "received_at": NOW}
    enquiries = [Enquiry(dealer=dealer, lead=lead, **said) for lead in leads]

    insert(Lead, leads)
    append(Enquiry, enquiries)

    assert [one.lead.number for one in Enquiry.objects.order_by("pk")] == [
        f"L-{one}" for one in range(number)
    ]
    assert all(lead.warnings == [{"code": "Ö"}] for lead in Lead.objects.all())


def test_no_rows_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert(Lead, [])
        append(Activity, [])


@FEW_AND_MANY
def test_a_constraint_stops_all_of_them(number):
    dealer = make_dealer()
    entries = new_entries(dealer, number)
    entries.append(new_entries(dealer, 1)[0])  # the same message once more

    with pytest.raises(IntegrityError), transaction.atomic():
        append(IntakeEntry, entries)

    assert not IntakeEntry.objects.exists()


def test_numbers_go_on_after_rows_that_were_copied():
    dealer = make_dealer()
    insert(Customer, [Customer(dealer=dealer, last_name="Groß") for _one in range(20)])

    assert make_customer(dealer).pk > Customer.objects.order_by("pk")[19].pk
    assert make_lead(dealer).pk


# --- rows that are only made ----------------------------------------------------------------------


@pytest.mark.parametrize("model", [Lead, Customer, Enquiry, IntakeEntry, Event])
def test_a_blank_row_is_what_the_model_makes(model):
    made, blank_one = model(), blank(model)

    names = [field.attname for field in model._meta.concrete_fields]
    assert [getattr(blank_one, name) for name in names] == [getattr(made, name) for name in names]
    assert blank_one._state.adding
    assert blank_one.get_deferred_fields() == set()


def test_blank_rows_share_no_lists():
    one, other = blank(Lead), blank(Lead)

    one.warnings.append("only mine")
    one.custom_values["Farbe"] = "rot"

    assert (other.warnings, other.custom_values) == ([], {})


def test_what_a_blank_row_refers_to_is_there_without_a_query(django_assert_num_queries):
    source, lead = shared_source(), blank(Lead)

    refer(lead, "source", source)
    refer(lead, "owner", None)

    with django_assert_num_queries(0):
        assert (lead.source, lead.source_id) == (source, source.pk)
        assert (lead.owner, lead.owner_id) == (None, None)


@FEW_AND_MANY
def test_what_a_row_refers_to_must_be_stored(number):
    dealer = make_dealer()
    activities = [Activity(dealer=dealer, lead=make_lead(dealer), at=NOW) for _ in range(number)]
    activities[-1].lead_id, activities[-1].lead = None, Lead(dealer=dealer)

    with pytest.raises(ValueError, match="not stored"):
        append(Activity, activities)

    assert not Activity.objects.exists()

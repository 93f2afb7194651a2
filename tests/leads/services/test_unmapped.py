"""Names that mean nothing yet: not created where that is not wanted, kept in the tray."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Lead, Source, UnmappedName
from leads.services.catalogue import MAX_NEW_PER_DAY
from leads.services.receiving import receive
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)


def take(dealer, *drafts, now=NOW):
    return [one.lead for one in receive(dealer, drafts, now=now)]


def codes(lead):
    return [warning["code"] for warning in lead.warnings]


def test_who_may_not_create_gets_the_usual_entries_and_a_warning(dealer):
    draft = builders.make_draft(source="LinkedIn", status="Warm", creates_entries=False)

    [lead] = take(dealer, draft)

    assert (lead.source.key, lead.status.key) == ("website", "new")
    assert codes(lead) == ["name_not_created", "name_not_created"]
    assert not Source.objects.filter(dealer=dealer).exists()
    names = UnmappedName.objects.for_dealer(dealer).waiting().order_by("kind")
    assert [(one.kind, one.name, one.sender) for one in names] == [
        ("source", "LinkedIn", "api:website"),
        ("status", "Warm", "api:website"),
    ]
    assert all(list(one.leads.all()) == [lead] for one in names)


def test_a_name_that_means_nothing_takes_no_entry_from_a_lead_that_is_here(dealer):
    said = {"external_id": "crm-1", "is_complete": False}
    [lead] = take(dealer, builders.make_draft(source="mobile.de", status="Kontaktiert", **said))
    had = lead.source, lead.status

    odd = builders.make_draft(source="LinkedIn", status="Warm", creates_entries=False, **said)
    [lead] = take(dealer, odd)

    assert (lead.source, lead.status) == had
    assert codes(lead) == ["name_not_created", "name_not_created"]
    assert UnmappedName.objects.for_dealer(dealer).waiting().count() == 2


def test_one_sender_adds_only_so_many_entries_a_day(dealer):
    flood = [builders.make_draft(source=f"Quelle {n}") for n in range(MAX_NEW_PER_DAY + 5)]

    leads = take(dealer, *flood)

    assert Source.objects.filter(dealer=dealer).count() == MAX_NEW_PER_DAY
    assert [lead.source.key for lead in leads[MAX_NEW_PER_DAY:]] == ["website"] * 5
    assert UnmappedName.objects.count() == 5
    [lead] = take(dealer, builders.make_draft(source="Noch eine"))
    assert lead.source.key == "website"


def test_the_next_day_and_another_sender_have_their_own_measure(dealer):
    take(dealer, *[builders.make_draft(source=f"Quelle {n}") for n in range(MAX_NEW_PER_DAY)])

    [by_other] = take(dealer, builders.make_draft(source="Anders", sender="api:crm"))
    [tomorrow] = take(dealer, builders.make_draft(source="Morgen"), now=TOMORROW)

    assert [by_other.source.name, tomorrow.source.name] == ["Anders", "Morgen"]


def test_an_automatic_entry_says_who_brought_it_and_when(dealer):
    take(dealer, builders.make_draft(source="LinkedIn"))

    source = Source.objects.get(dealer=dealer)
    assert (source.created_by, source.created_at, source.is_automatic) == (
        "api:website",
        NOW,
        True,
    )


def test_unknown_locations_and_lead_types_wait_with_their_leads(dealer):
    leads = take(
        dealer,
        builders.make_draft(location="Kölle", lead_type="9z"),
        builders.make_draft(location=" KÖLLE "),
    )

    place = UnmappedName.objects.get(kind="location")
    assert (place.name, place.times, set(place.leads.all())) == ("Kölle", 2, set(leads))
    assert list(UnmappedName.objects.get(kind="lead_type").leads.all()) == leads[:1]


def test_a_name_seen_again_is_the_same_entry_of_the_tray(dealer):
    take(dealer, builders.make_draft(location="Kölle"))
    take(dealer, builders.make_draft(location="Kölle"), now=TOMORROW)

    place = UnmappedName.objects.get()
    assert (place.times, place.first_seen_at, place.last_seen_at) == (2, NOW, TOMORROW)
    assert place.leads.count() == 2


def test_an_alias_is_known(dealer):
    koeln = builders.make_location(dealer, name="Köln", aliases=["Kölle"])

    [lead] = take(dealer, builders.make_draft(location="kölle"))

    assert lead.location == koeln
    assert not UnmappedName.objects.exists()


def test_the_tray_costs_the_same_for_any_number():
    costs = []
    for number in (20, 60):
        dealer = builders.make_dealer()
        drafts = [builders.make_draft(location=f"Ort {n}") for n in range(number)]
        with CaptureQueriesContext(connection) as queries:
            take(dealer, *drafts)
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert Lead.objects.count() == 80

"""Two entries that mean the same become one, with their leads and their names."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Enquiry, Event, Lead, Source, Status, UnmappedName
from leads.services.entry_merging import EntriesDiffer, merge_entry
from leads.services.receiving import receive
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def take(dealer, **said):
    [receipt] = receive(dealer, [builders.make_draft(**said)], now=NOW)
    return receipt.lead


@pytest.mark.parametrize("is_shared", [True, False])
def test_leads_enquiries_and_names_go_to_the_other_one(dealer, is_shared):
    chief = builders.make_user(dealer)
    lead = take(dealer, source="Auto Scout")
    entry = Source.objects.get(dealer=dealer)
    own = Source.objects.create(dealer=dealer, name="Börsen")
    into = builders.shared_source("autoscout24") if is_shared else own
    aliases = list(into.aliases)

    assert merge_entry(entry, into, by=chief, now=NOW) == 1

    lead.refresh_from_db()
    assert (lead.source, lead.version) == (into, 2)
    assert lead.history.first().history_user == chief
    assert Enquiry.objects.get().source == into
    assert not Source.objects.filter(pk=entry.pk).exists()
    assert take(dealer, source="auto  scout").source == into
    into.refresh_from_db()
    assert into.aliases == aliases
    told = Event.objects.filter(lead_id=lead.pk).order_by("pk").last()
    assert (told.kind, told.data, told.user) == ("lead.updated", {"changed": ["source"]}, chief)


def test_what_was_assigned_to_it_follows(dealer):
    take(dealer, source="Auto Scout")
    entry = Source.objects.get(dealer=dealer)
    into = builders.shared_source("autoscout24")
    name = builders.make_unmapped_name(dealer, source=entry, decided_at=NOW)

    merge_entry(entry, into, by=None, now=NOW)

    name.refresh_from_db()
    assert name.target == into
    assert UnmappedName.objects.waiting().count() == 0


def test_another_dealers_leads_are_not_touched(dealer):
    other = builders.make_dealer()
    take(dealer, source="Auto Scout")
    theirs = take(other, source="Auto Scout")

    merge_entry(
        Source.objects.get(dealer=dealer), builders.shared_source("autoscout24"), by=None, now=NOW
    )

    assert take(other, source="Auto Scout").source == theirs.source


def test_statuses_of_one_side_are_merged_and_it_is_told(dealer):
    lead = take(dealer, status="Warm")
    entry = Status.objects.get(dealer=dealer)

    merge_entry(entry, builders.shared_status("contacted"), by=None, now=NOW)

    lead.refresh_from_db()
    assert lead.status.key == "contacted"
    kinds = set(Event.objects.filter(lead_id=lead.pk).values_list("kind", flat=True))
    assert {"lead.updated", "lead.status_changed"} <= kinds


def test_refused_where_they_do_not_fit(dealer):
    take(dealer, status="Warm", source="Auto Scout")
    status, source = Status.objects.get(dealer=dealer), Source.objects.get(dealer=dealer)
    foreign = Source.objects.create(dealer=builders.make_dealer(), name="Fremd")
    shared = builders.shared_source("autoscout24")

    for entry, into in (
        (status, builders.shared_status("won")),
        (source, source),
        (source, foreign),
        (source, status),
        (shared, source),
    ):
        with pytest.raises(EntriesDiffer):
            merge_entry(entry, into, by=None, now=NOW)
    assert Lead.objects.get().status == status


def test_costs_the_same_for_one_lead_and_for_many(dealer):
    def cost(number, name):
        for _number in range(number):
            take(dealer, source=name)
        entry = Source.objects.get(dealer=dealer, name=name)
        into = builders.shared_source("autoscout24")
        with CaptureQueriesContext(connection) as queries:
            assert merge_entry(entry, into, by=None, now=NOW) == number
        return len(queries)

    assert cost(1, "Eins") == cost(9, "Neun")

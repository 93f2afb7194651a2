"""Into the bin and out of it: what stays, what is told, what it costs."""

import pytest
from django.utils import timezone

from leads.models import Activity, Event, Lead
from leads.services.deleting import delete_leads, restore_leads
from leads.services.merging import merge_leads
from tests.builders import make_dealer, make_lead, make_user

pytestmark = pytest.mark.django_db


def test_a_deleted_lead_keeps_everything_and_comes_back_as_it_was():
    lead = make_lead()
    rows = Lead.objects.filter(pk=lead.pk)
    before = rows.values().get()

    assert delete_leads(rows, now=timezone.now(), sender="api:crm") == 1
    assert restore_leads(rows, now=timezone.now()) == 1

    after = rows.values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "updated_at"}
    assert after["version"] == before["version"] + 2


def test_only_what_is_present_is_deleted_and_only_what_is_deleted_restored():
    lead = make_lead()
    rows = Lead.objects.filter(pk=lead.pk)

    assert restore_leads(rows, now=timezone.now()) == 0
    delete_leads(rows, now=timezone.now())
    assert delete_leads(rows, now=timezone.now()) == 0
    assert Event.objects.filter(lead_id=lead.pk).count() == 1


def test_a_merged_lead_is_not_restored_behind_the_back_of_the_kept_one():
    gone = make_lead()
    kept = make_lead(gone.dealer, customer=gone.customer)
    merge_leads(kept, gone, values={}, by=make_user(gone.dealer), now=timezone.now())

    assert restore_leads(Lead.objects.filter(pk=gone.pk), now=timezone.now()) == 0
    assert Lead.objects.get(pk=gone.pk).merged_into_id == kept.pk


def test_who_did_it_is_told():
    lead = make_lead()
    colleague = make_user(lead.dealer)
    rows = Lead.objects.filter(pk=lead.pk)

    delete_leads(rows, now=timezone.now(), by=colleague)
    restore_leads(rows, now=timezone.now(), sender="api:crm")

    told = Activity.objects.filter(lead=lead).order_by("pk").values_list("kind", "user", "sender")
    assert list(told) == [("deleted", colleague.pk, ""), ("restored", None, "api:crm")]
    assert rows.get().history.first().history_user is None
    assert lead.history.all()[1].history_user == colleague


def test_what_speaks_against_it_stops_it():
    lead = make_lead()

    def refuse(_lead):
        raise ValueError("seen another version")

    with pytest.raises(ValueError, match="seen another version"):
        delete_leads(Lead.objects.filter(pk=lead.pk), now=timezone.now(), check=refuse)

    assert Lead.objects.get(pk=lead.pk).deleted_at is None


def test_many_cost_as_much_as_few(django_assert_max_num_queries):
    dealer = make_dealer()
    for _n in range(20):
        make_lead(dealer)

    with django_assert_max_num_queries(12):
        assert delete_leads(Lead.objects.for_dealer(dealer), now=timezone.now()) == 20

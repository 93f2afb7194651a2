"""Putting entries that leads brought together with the one they mean."""

import pytest
from django.utils import timezone

from leads.models import Lead, Role, Source
from leads.services.receiving import receive
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

LIST = "/admin/leads/source/"


@pytest.fixture
def entry(office):
    receive(office.ours, [builders.make_draft(source="Auto Scout")], now=timezone.now())
    return Source.objects.get(dealer=office.ours)


def merge(client, *entries, **said):
    action = {"action": "merge_selected", "_selected_action": [one.pk for one in entries]}
    return client.post(LIST, {**action, **said}, follow=True)


def test_asks_first_and_then_merges(office, browse, entry):
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    foreign = Source.objects.create(dealer=office.theirs, name="Fremde Messe")
    into = builders.shared_source("autoscout24")

    page = text_of(merge(client, entry))
    assert "Auto Scout" in page
    assert into.name in page
    assert foreign.name not in page
    assert merge(client, entry, into=foreign.pk).context["form"].errors
    response = merge(client, entry, into=into.pk)

    assert "1 lead changed." in messages_of(response)[0]
    assert Lead.objects.get().source == into
    assert not Source.objects.filter(pk=entry.pk).exists()


def test_not_for_shared_entries_nor_without_the_right(office, browse, entry):
    shared = builders.shared_source("website")
    into = builders.shared_source("autoscout24")

    chief = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    assert "not shared" in messages_of(merge(chief, shared, into=into.pk))[0]
    merge(browse(builders.make_user(office.ours, role=Role.MANAGER)), entry, into=into.pk)

    assert Source.objects.filter(pk__in=[shared.pk, entry.pk]).count() == 2

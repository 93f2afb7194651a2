"""What came and what went out, to look at only."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations import inbox
from integrations.mailing import new_mail
from integrations.models import Delivery, SyncRun
from leads.models import Role
from tests.builders import make_connection, make_location, make_user
from tests.leads.admin.conftest import text_of

RUNS = reverse("admin:integrations_syncrun_changelist")
DELIVERIES = reverse("admin:integrations_delivery_changelist")


@pytest.fixture
def bdk(office, partner):
    make_location(office.ours, bdk_partner_number="0012345")
    return make_connection(office.ours, name="BDK Demo", base=f"{partner.url}/bdk")


@pytest.fixture
def pulled(bdk):
    inbox.pull(bdk, now=timezone.now())
    return bdk


@pytest.fixture
def manager(office):
    return make_user(office.ours, role=Role.MANAGER)


def pages():
    return [
        RUNS,
        reverse("admin:integrations_syncrun_change", args=[SyncRun.objects.first().pk]),
        DELIVERIES,
        reverse("admin:integrations_delivery_change", args=[Delivery.objects.first().pk]),
    ]


def test_runs_and_deliveries_can_be_looked_at(browse, pulled, manager):
    client = browse(manager)
    runs, run, deliveries, delivery = [text_of(client.get(address)) for address in pages()]

    assert "BDK Demo" in runs
    assert "53" in runs
    assert "Partly done" in run
    assert "4 messages are in quarantine; the intake ledger says why." in run
    assert "Of unknown type" in run
    assert "No longer in stock" not in run  # what did not happen
    assert "DLC-2026-0001" in deliveries
    assert "ACKNOWLEDGED" in delivery


def test_the_list_of_runs_says_in_words_what_came_and_what_is_wrong(browse, bdk, partner, manager):
    inbox.pull(bdk, now=timezone.now())
    partner.faults["leads"] = [{"status": 500}] * 4
    inbox.pull(bdk, now=timezone.now(), order=inbox.Order(anyway=True))
    client = browse(manager)

    page = client.get(reverse("admin:integrations_connection_change", args=[bdk.pk]))
    assert f"{RUNS}?connection__id__exact={bdk.pk}" in page.content.decode()
    shown = text_of(client.get(RUNS, {"connection__id__exact": bdk.pk}))

    assert "53 received, 46 new, 1 updated" in shown
    assert "4 in quarantine" in shown
    assert "Fehler 500 (Störung beim Partner) geantwortet" in shown
    assert "0 received" not in shown  # nothing could be asked


def test_a_mail_is_known_by_its_subject_and_whom_it_is_for(browse, bdk, manager):
    mail = new_mail(bdk, manager, subject="Interface locked", text="", now=timezone.now())
    mail.save()
    client = browse(manager)
    page = reverse("admin:integrations_delivery_change", args=[mail.pk])

    for shown in (text_of(client.get(DELIVERIES)), text_of(client.get(page))):
        assert "Mail Interface locked" in shown
        assert str(manager) in shown


def test_nobody_changes_or_deletes_them(browse, pulled):
    client = browse(make_user(is_superuser=True))
    for model, row in (("syncrun", SyncRun), ("delivery", Delivery)):
        pk = row.objects.first().pk
        for action, arguments in (("add", []), ("change", [pk]), ("delete", [pk])):
            address = reverse(f"admin:integrations_{model}_{action}", args=arguments)
            assert client.post(address, {"post": "yes"}).status_code == 403


def test_other_dealers_see_none_of_it(browse, office, pulled):
    client = browse(make_user(office.theirs, role=Role.ADMINISTRATOR))
    runs, run, deliveries, delivery = [client.get(address) for address in pages()]

    assert (run.status_code, delivery.status_code) == (404, 404)
    assert "BDK Demo" not in text_of(runs)
    assert "DLC-2026" not in text_of(deliveries)


def test_a_delivery_is_found_by_the_senders_number(browse, pulled, manager):
    shown = text_of(browse(manager).get(DELIVERIES, {"q": "DLC-2026-000105"}))

    assert "DLC-2026-000105" in shown
    assert "DLC-2026-000106" not in shown


@pytest.mark.parametrize("address", [RUNS, DELIVERIES])
def test_lists_take_the_same_number_of_queries_for_any_number_of_rows(
    browse,
    bdk,
    manager,
    address,
    partner,
    items,
    django_assert_num_queries,
    django_assert_max_num_queries,
):
    client = browse(manager)
    partner.bdk.items = items[:2]
    inbox.pull(bdk, now=timezone.now())
    client.get(address)
    with django_assert_max_num_queries(30) as first:
        client.get(address)
    partner.bdk.items = items[:12]
    for _n in range(5):
        inbox.pull(bdk, now=timezone.now())
    with django_assert_num_queries(len(first)):
        client.get(address)

"""Schedules, the health page and the record of calls, as people in the office meet them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, ConnectionSchedule, Exchange, SyncRun
from integrations.schedules import give_schedules
from leads.models import Role, Worker
from tests.builders import make_connection, make_location, make_user
from tests.leads.admin.conftest import messages_of, text_of

pytestmark = pytest.mark.django_db

HEALTH = reverse("admin:integrations_connection_health")
CRONTAB = reverse("admin:integrations_connection_crontab")


def page_of(row):
    return reverse(f"admin:integrations_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def administrator(office):
    return make_user(office.ours, role=Role.ADMINISTRATOR)


@pytest.fixture
def bank(office, partner):
    connection = make_connection(office.ours, base=f"{partner.url}/bdk")
    make_location(office.ours, bdk_partner_number="0012345")
    give_schedules(Connection.objects.all(), now=timezone.now())
    return connection


# --- schedules -------------------------------------------------------------------------------


def form_of(connection, **lines):
    """What the page of the connection sends, with these lines of the clock."""
    rows = list(connection.schedules.order_by("pk"))
    form = {
        "name": connection.name,
        "mode": connection.mode,
        "is_active": "on",
        "base_url": connection.base_url,
        "token_url": connection.token_url,
        "client_id": connection.client_id,
        "schedules-TOTAL_FORMS": len(rows),
        "schedules-INITIAL_FORMS": len(rows),
    }
    for place, row in enumerate(rows):
        form[f"schedules-{place}-id"] = row.pk
        form[f"schedules-{place}-connection"] = connection.pk
        form[f"schedules-{place}-crontab"] = lines.get(row.job, row.crontab)
    return form


def test_a_line_of_the_clock_is_shown_in_words_with_its_next_times(browse, bank, administrator):
    bank.schedules.filter(job="fetch").update(crontab="*/5 7-19 * * 1-6")

    page = text_of(browse(administrator).get(page_of(bank), headers={"Accept-Language": "de"}))

    assert "alle 5 Minuten, von 7:00 bis 19:55 Uhr, Montag bis Samstag" in page
    assert "Nächste Termine: " in page
    assert "manage.py sync_bdk_leads" in page


def test_an_administrator_sets_when_leads_are_fetched(browse, bank, administrator):
    form = form_of(bank, fetch="0  8 * * 1-5\n\n0 10 * * 6")
    assert browse(administrator).post(page_of(bank), form).status_code == 302

    schedule = bank.schedules.get(job="fetch")
    assert schedule.crontab == "0 8 * * 1-5\n0 10 * * 6"
    assert schedule.next_at > timezone.now()
    assert timezone.localtime(schedule.next_at).hour in (8, 10)

    browse(administrator).post(page_of(bank), form_of(bank, fetch=""))
    assert bank.schedules.get(job="fetch").next_at is None


def test_a_wrong_line_is_refused_with_the_reason(browse, bank, administrator):
    before = bank.schedules.get(job="fetch").crontab

    answer = browse(administrator).post(page_of(bank), form_of(bank, fetch="*/5 25 * * *"))

    assert "the hour (0–23) is not right." in text_of(answer)
    assert bank.schedules.get(job="fetch").crontab == before


def test_a_new_connection_has_its_schedules_at_once(browse, office, administrator):
    form = {
        "name": "BDK neu",
        "mode": "test",
        "is_active": "on",
        "base_url": "https://bank.example",
        "token_url": "https://bank.example/token",
        "client_id": "wir",
        "new_secret": "geheim",
    }
    add = f"{reverse('admin:integrations_connection_add')}?partner=bdk"
    assert browse(administrator).post(add, form).status_code == 302

    assert ConnectionSchedule.objects.get(connection__name="BDK neu", job="fetch").next_at


def test_who_may_not_change_a_connection_may_not_change_its_schedule(browse, bank, office):
    seller = make_user(office.ours, role=Role.SELLER)
    browse(seller).post(page_of(bank), form_of(bank, fetch="0 0 1 1 *"))

    assert bank.schedules.get(job="fetch").crontab != "0 0 1 1 *"


def test_lines_are_told_while_somebody_types(browse, office, administrator):
    client = browse(administrator)
    good = client.get(CRONTAB, {"lines": "0 3 * * *"}).json()
    bad = client.get(CRONTAB, {"lines": "0 3 * *"}).json()

    assert (good["is_good"], good["lines"][0]) == (True, "at 3:00, daily")
    assert good["lines"][1].count("03:00") == 3
    assert not bad["is_good"]
    assert browse(make_user()).get(CRONTAB).status_code == 403


# --- health ----------------------------------------------------------------------------------


def test_the_page_says_what_is_wrong_and_what_to_do(browse, office, bank, administrator):
    Worker.objects.create(name="w", machine="here", process_id=1)
    Connection.objects.filter(pk=bank.pk).update(
        last_error="bank.example refuses to sign us in. Please check the secret.",
        last_error_at=timezone.now(),
    )
    make_connection(office.ours, name="Old one", is_active=False)
    make_connection(office.theirs, name="Somebody else's")

    page = text_of(browse(administrator).get(HEALTH))

    assert "bank.example refuses to sign us in. Please check the secret." in page
    assert page.index("Failing</span>") < page.index("Off</span>")  # the worst first, in words
    assert "every minute" in page
    assert "Somebody else" not in page
    assert "No background process" not in page
    assert reverse("admin:integrations_connection_pull", args=[bank.pk]) in page
    only_off = text_of(browse(administrator).get(HEALTH, {"light": "grey"}))
    assert "Old one" in only_off
    assert bank.name not in only_off


def test_what_is_paused_has_no_next_time(browse, bank, administrator):
    client = browse(administrator)
    running = text_of(client.get(HEALTH))
    assert "Next time" in running
    assert "Not before" not in running
    Connection.objects.update(retry_at=timezone.now() + timedelta(minutes=5))
    assert "Not before" in text_of(client.get(HEALTH))  # whatever the schedule says

    Connection.objects.update(paused_at=timezone.now(), last_error="Refused.")
    paused = text_of(client.get(HEALTH))
    assert "Refused." in paused
    assert "Next time" not in paused


def test_a_missing_worker_is_told(browse, bank, administrator):
    Worker.objects.create(name="w", machine="here", process_id=1)
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=5))

    assert "No background process" in text_of(browse(administrator).get(HEALTH))


@pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
def test_only_what_one_may_do_is_offered(browse, office, bank, role):
    page = text_of(browse(make_user(office.ours, role=role)).get(HEALTH))

    assert bank.name in page
    assert reverse("admin:integrations_connection_try", args=[bank.pk]) not in page
    pull = reverse("admin:integrations_connection_pull", args=[bank.pk])
    assert (pull in page) == (role == Role.SELLER)


def test_somebody_without_a_dealer_sees_no_page(browse, office):
    assert browse(make_user()).get(HEALTH).status_code == 403


def test_the_page_costs_the_same_for_any_number(
    browse, office, bank, administrator, django_assert_max_num_queries
):
    client = browse(administrator)
    client.get(HEALTH)
    with django_assert_max_num_queries(40) as few:
        client.get(HEALTH)
    for _ in range(10):
        make_connection(office.ours)
    give_schedules(Connection.objects.all(), now=timezone.now())
    with django_assert_max_num_queries(len(few)):
        client.get(HEALTH)


# --- trying out, and the record of calls -----------------------------------------------------


def test_a_trial_is_told_and_its_calls_are_on_record(browse, bank, administrator):
    client = browse(administrator)
    answer = client.post(reverse("admin:integrations_connection_try", args=[bank.pk]), follow=True)

    [message] = messages_of(answer)
    assert "0012345" in message
    listed = text_of(client.get(reverse("admin:integrations_exchange_changelist")))
    assert "/bdk/crm/v1/partners/0012345/leads?limit" in listed
    newest = Exchange.objects.latest("pk")
    assert "&quot;leadId&quot;: &quot;text&quot;" in text_of(client.get(page_of(newest)))


def test_a_run_shows_its_calls(browse, bank, administrator):
    client = browse(administrator)
    client.post(reverse("admin:integrations_connection_pull", args=[bank.pk]))

    assert "lead-receipts" in text_of(client.get(page_of(SyncRun.objects.get())))


def test_calls_of_others_stay_behind_their_wall(browse, office, administrator):
    theirs = make_connection(office.theirs)
    call = Exchange.objects.create(
        dealer=office.theirs,
        connection=theirs,
        at=timezone.now(),
        method="GET",
        address="https://x.example",
        milliseconds=1,
    )
    client = browse(administrator)

    assert client.get(page_of(call)).status_code == 404
    assert "x.example" not in text_of(client.get(reverse("admin:integrations_exchange_changelist")))
    seller = make_user(office.ours, role=Role.SELLER)
    assert client.get(reverse("admin:integrations_exchange_changelist")).status_code == 200
    assert browse(seller).get(reverse("admin:integrations_exchange_changelist")).status_code == 403

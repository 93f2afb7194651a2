"""Webhooks in the office: made, watched, switched, tested, sent again; each within its wall."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks.endpoints import renew_secret, switch_off
from integrations.webhooks.fan_out import fan_out, new_delivery
from leads.models import EventKind, Role
from leads.services.events import lead_event, record
from tests.builders import make_lead, make_user, make_webhook
from tests.leads.admin.conftest import messages_of, text_of

NOW = timezone.now()
FORM = {"name": "CRM", "url": "http://127.0.0.1:9/hook", "kinds": ["lead.created", "lead.closed"]}
ANSWER = {"_form_submitted": "on"}
State = WebhookDelivery.State


def url(page, *args):
    return reverse(f"admin:integrations_webhookendpoint_{page}", args=args)


def delivery_url(page, *args):
    return reverse(f"admin:integrations_webhookdelivery_{page}", args=args)


@pytest.fixture(autouse=True)
def trials(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = True


@pytest.fixture
def administrator(office):
    return make_user(office.ours, role=Role.ADMINISTRATOR)


@pytest.fixture
def crm(office):
    return make_webhook(office.ours, name="Unser CRM")


@pytest.fixture
def delivery(crm):
    lead = make_lead(crm.dealer)
    record([lead_event(EventKind.LEAD_CREATED, lead, now=NOW)])
    fan_out(now=NOW)
    return WebhookDelivery.objects.get()


# --- making and changing ------------------------------------------------------------------------


def test_a_new_webhook_shows_its_secret_exactly_once(browse, client, office, administrator):
    response = browse(administrator).post(url("add"), FORM)

    made = WebhookEndpoint.objects.get()
    assert made.secret.startswith("whsec_")
    assert made.secret in text_of(response)
    assert "no-store" in response["Cache-Control"]
    assert (made.dealer, made.created_by) == (office.ours, administrator)
    assert made.kinds == FORM["kinds"]
    for page in (url("changelist"), url("change", made.pk), url("history", made.pk)):
        assert made.secret not in text_of(client.get(page))
    stored = [str(vars(row)) for row in LogEntry.objects.all()]
    stored += [str(one.get_decoded()) for one in Session.objects.all()]
    assert not [text for text in stored if made.secret in text]


def test_events_are_chosen_in_words_and_none_means_all(browse, administrator):
    page = text_of(browse(administrator).get(url("add")))
    assert "Status changed" in page
    browse(administrator).post(url("add"), {**FORM, "kinds": []})

    assert WebhookEndpoint.objects.get().kinds == []
    assert "everything" in text_of(browse(administrator).get(url("changelist")))


@pytest.mark.parametrize(
    "address",
    ["http://example.com/", "https://10.0.0.1/", "https://2130706434/", "https://me@example.com/"],
)
def test_an_address_inside_our_network_is_refused(browse, administrator, settings, address):
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    response = browse(administrator).post(url("add"), {**FORM, "url": address})

    assert list(response.context["adminform"].form.errors) == ["url"]
    assert not WebhookEndpoint.objects.exists()


def test_a_changed_address_is_checked_an_old_one_is_not_in_the_way(
    browse, administrator, crm, settings
):
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    client = browse(administrator)
    client.post(url("change", crm.pk), {**FORM, "name": "Neu", "url": crm.url})
    assert WebhookEndpoint.objects.get().name == "Neu"
    response = client.post(url("change", crm.pk), {**FORM, "url": "https://10.0.0.1/"})
    assert list(response.context["adminform"].form.errors) == ["url"]


def test_a_change_keeps_the_secret_and_counts_the_version(browse, administrator, crm):
    browse(administrator).post(url("change", crm.pk), {**FORM, "name": "Neu"})

    changed = WebhookEndpoint.objects.get()
    assert (changed.name, changed.secret, changed.version) == ("Neu", crm.secret, 2)


def test_a_name_that_is_taken_is_said(browse, administrator, crm):
    response = browse(administrator).post(url("add"), {**FORM, "name": crm.name})

    assert list(response.context["adminform"].form.errors) == ["name"]


def test_deleting_takes_the_deliveries_along(browse, administrator, crm, delivery):
    client = browse(administrator)
    assert "msg_" not in text_of(client.get(url("delete", crm.pk)))
    client.post(url("delete", crm.pk), {"post": "yes"})

    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()


# --- rights and walls ---------------------------------------------------------------------------


def pages_of(crm, delivery):
    return [url("change", crm.pk), delivery_url("change", delivery.pk)]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_managers_and_auditors_look_and_do_not_touch(browse, office, crm, delivery, role):
    client = browse(make_user(office.ours, role=role))

    assert crm.url in text_of(client.get(url("change", crm.pk)))
    assert delivery.message_id in text_of(client.get(delivery_url("change", delivery.pk)))
    assert client.get(url("add")).status_code == 403
    assert client.post(url("change", crm.pk), FORM).status_code == 403
    for action in ("send_test", "renew_secret", "switch_on", "switch_off"):
        assert client.post(url(action, crm.pk), ANSWER).status_code == 403
    assert client.post(delivery_url("send_again", delivery.pk), ANSWER).status_code == 403
    assert WebhookEndpoint.objects.get().version == 1
    assert WebhookDelivery.objects.count() == 1


def test_sellers_have_no_business_here(browse, office, crm, delivery):
    client = browse(make_user(office.ours))

    assert client.get(url("changelist")).status_code == 403
    assert client.get(delivery_url("changelist")).status_code == 403
    for page in pages_of(crm, delivery):
        assert client.get(page).status_code in (403, 404)


def test_other_dealers_see_none_of_it(browse, office, crm, delivery):
    client = browse(make_user(office.theirs, role=Role.ADMINISTRATOR))

    assert crm.name not in text_of(client.get(url("changelist")))
    assert crm.name not in text_of(client.get(delivery_url("changelist")))
    for page in pages_of(crm, delivery):
        assert client.get(page).status_code == 404
    for action in ("send_test", "renew_secret", "switch_on", "switch_off"):
        assert client.post(url(action, crm.pk), ANSWER).status_code == 404
    assert client.post(delivery_url("send_again", delivery.pk), ANSWER).status_code == 404
    send_in_bulk(client, delivery)
    assert WebhookDelivery.objects.get().next_attempt_at == NOW


def test_nobody_changes_or_deletes_a_delivery(browse, delivery):
    client = browse(make_user(is_superuser=True))

    assert client.post(delivery_url("add"), {}).status_code == 403
    assert client.post(delivery_url("change", delivery.pk), {}).status_code == 403
    assert client.post(delivery_url("delete", delivery.pk), {"post": "yes"}).status_code == 403


# --- the state in words -------------------------------------------------------------------------


def test_the_list_says_how_each_webhook_is(browse, office, administrator):
    make_webhook(office.ours)
    make_webhook(office.ours, failing_since=timezone.now() - timedelta(hours=3))
    make_webhook(office.ours, is_active=False, disabled_reason="410")
    page = text_of(browse(administrator).get(url("changelist")))

    assert "Runs" in page
    assert "Failing for 3 hrs." in page
    assert "Switched off" in page


def test_the_page_says_why_it_was_switched_off(browse, administrator, crm):
    switch_off(crm, reason="Nothing got through for 5 days.", now=NOW)

    assert "Nothing got through for 5 days." in text_of(
        browse(administrator).get(url("change", crm.pk))
    )


def test_the_page_says_how_long_the_old_secret_is_valid(browse, administrator, crm):
    client = browse(administrator)
    assert "The one before is valid until" not in text_of(client.get(url("change", crm.pk)))
    renew_secret(crm, now=NOW)
    assert "The one before is valid until" in text_of(client.get(url("change", crm.pk)))


# --- actions ------------------------------------------------------------------------------------


def test_a_test_message_is_put_on_its_way(browse, administrator, crm):
    answer = browse(administrator).post(url("send_test", crm.pk), ANSWER)

    sent = WebhookDelivery.objects.get()
    assert (sent.kind, sent.state, sent.event) == ("webhook.test", State.PENDING, None)
    assert answer["HX-Redirect"] == delivery_url("change", sent.pk)


def test_looking_at_a_question_does_nothing(browse, administrator, crm):
    client = browse(administrator)
    for action in ("send_test", "renew_secret", "switch_off"):
        assert client.get(url(action, crm.pk)).status_code == 200

    stored = WebhookEndpoint.objects.get()
    assert (stored.version, stored.is_active, stored.secret) == (1, True, crm.secret)
    assert not WebhookDelivery.objects.exists()


def test_a_renewed_secret_is_shown_once_and_the_old_one_goes_on(browse, administrator, crm):
    client = browse(administrator)
    response = client.post(url("renew_secret", crm.pk), {"version": 1})

    stored = WebhookEndpoint.objects.get()
    assert stored.secret != crm.secret
    assert stored.secret in text_of(response)
    assert stored.secrets(timezone.now()) == [stored.secret, crm.secret]
    assert "renewed" in LogEntry.objects.get(object_id=crm.pk).get_change_message()


def test_a_page_that_is_reloaded_does_not_renew_again(browse, administrator, crm):
    client = browse(administrator)
    client.post(url("renew_secret", crm.pk), {"version": 1})
    renewed = WebhookEndpoint.objects.get().secret
    client.post(url("renew_secret", crm.pk), {"version": 1})

    stored = WebhookEndpoint.objects.get()
    assert (stored.secret, stored.previous_secret) == (renewed, crm.secret)


def test_switching_off_and_on_again(browse, administrator, crm, delivery):
    client = browse(administrator)
    client.post(url("switch_off", crm.pk), ANSWER)
    assert not WebhookEndpoint.objects.get().is_active
    assert WebhookDelivery.objects.get().state == State.CANCELLED
    assert client.post(url("send_test", crm.pk), ANSWER).status_code == 403

    WebhookEndpoint.objects.update(disabled_at=NOW, failing_since=NOW, resume_at=NOW)
    client.post(url("switch_on", crm.pk), ANSWER)
    stored = WebhookEndpoint.objects.get()
    assert stored.is_active
    assert (stored.disabled_at, stored.failing_since, stored.resume_at) == (None, None, None)


def test_only_what_can_be_done_is_offered(browse, administrator, crm):
    client = browse(administrator)
    on, off = url("switch_on", crm.pk), url("switch_off", crm.pk)
    page = text_of(client.get(url("change", crm.pk)))
    assert (on in page, off in page) == (False, True)
    switch_off(crm)
    page = text_of(client.get(url("change", crm.pk)))
    assert (on in page, off in page) == (True, False)


# --- deliveries ---------------------------------------------------------------------------------


def send_in_bulk(client, *deliveries, **values):
    ids = [one.pk for one in deliveries]
    data = {"action": "send_selected_again", "_selected_action": ids, "answer": "1", **values}
    return client.post(delivery_url("changelist"), data, follow=True)


def attempt(delivery, **values):
    defaults = {"dealer": delivery.dealer, "delivery": delivery, "at": NOW, "duration_ms": 87}
    return WebhookAttempt.objects.create(**{**defaults, **values})


def test_a_delivery_shows_each_attempt_and_the_answer_as_text(browse, administrator, delivery):
    attempt(delivery, status_code=500, error="The receiver answered 500.")
    attempt(delivery, error="The receiver cannot be reached.")
    attempt(delivery, status_code=503, answer="<script>alert(1)</script>")
    page = text_of(browse(administrator).get(delivery_url("change", delivery.pk)))

    assert "500" in page
    assert "87 ms" in page
    assert "The receiver cannot be reached." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)</script>" not in page
    assert delivery.message_id in page


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.PENDING])
def test_one_delivery_is_sent_again(browse, administrator, delivery, state):
    WebhookDelivery.objects.update(state=state, attempts=4, next_attempt_at=NOW + timedelta(days=1))
    browse(administrator).post(delivery_url("send_again", delivery.pk), ANSWER)

    again = WebhookDelivery.objects.get()
    assert (again.state, again.attempts) == (State.PENDING, 0)
    assert again.next_attempt_at < NOW + timedelta(hours=1)
    assert again.message_id == delivery.message_id


def test_several_are_sent_again_after_a_question(browse, administrator, crm):
    made = [new_delivery(crm, "lead.created", {}, now=NOW) for _n in range(3)]
    for one in made:
        one.state = State.FAILED
        one.save()
    client = browse(administrator)
    question = send_in_bulk(client, *made[:2], answer=[])
    assert "2 messages" in text_of(question)
    assert not WebhookDelivery.objects.pending().exists()

    done = send_in_bulk(client, *made[:2])
    assert messages_of(done) == ["2 messages are on their way."]
    assert WebhookDelivery.objects.pending().count() == 2
    assert "2 messages" in LogEntry.objects.get(object_id=crm.pk).get_change_message()


def test_what_belongs_to_a_webhook_that_is_off_stays(browse, administrator, crm, delivery):
    switch_off(crm)
    done = send_in_bulk(browse(administrator), delivery)

    assert "switched off" in messages_of(done)[0]
    assert WebhookDelivery.objects.get().state == State.CANCELLED


def test_deliveries_are_found_by_webhook_state_kind_and_number(
    browse, administrator, crm, delivery
):
    other = make_webhook(crm.dealer, name="Anderes")
    new_delivery(other, "lead.closed", {}, now=NOW).save()
    client = browse(administrator)

    def shown(**values):
        return text_of(client.get(delivery_url("changelist"), values)).count("lo-cell")

    assert shown() == 2
    assert shown(endpoint__id__exact=crm.pk) == 1
    assert shown(kind__exact="lead.closed") == 1
    assert shown(state__exact="sent") == 0
    assert shown(q=delivery.message_id[:12]) == 1


def test_the_lead_is_named_by_its_number(browse, administrator, crm, delivery):
    lead = make_lead(crm.dealer)
    record([lead_event(EventKind.LEAD_CREATED, lead, now=NOW)])
    fan_out(now=NOW)

    assert lead.number in text_of(browse(administrator).get(delivery_url("changelist")))


@pytest.mark.parametrize("model", ["endpoint", "delivery"])
def test_lists_take_the_same_number_of_queries_for_any_number_of_rows(
    browse, administrator, office, model, django_assert_num_queries, django_assert_max_num_queries
):
    def more(n):
        for _n in range(n):
            lead = make_lead(office.ours)
            endpoint = make_webhook(office.ours)
            new_delivery(endpoint, "lead.created", {}, now=NOW).save()
            record([lead_event(EventKind.LEAD_CREATED, lead, now=NOW)])
        fan_out(now=NOW)

    address = url("changelist") if model == "endpoint" else delivery_url("changelist")
    client = browse(administrator)
    more(2)
    client.get(address)
    with django_assert_max_num_queries(30) as first:
        client.get(address)
    more(6)
    with django_assert_num_queries(len(first)):
        client.get(address)

"""Webhooks managed by the system that wants to be told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks.endpoints import switch_off
from integrations.webhooks.fan_out import new_delivery
from leads.models import EventKind, Scope
from tests.builders import make_dealer, make_webhook
from tests.leads.api.conftest import ApiClient, dealer, problem

__all__ = ["dealer", "problem"]

WEBHOOKS = "/api/v1/webhooks/"
BODY = {"name": "CRM", "url": "http://127.0.0.1:9/hook", "kinds": ["lead.created"]}
NOW = timezone.now()


@pytest.fixture(autouse=True)
def trials(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = True


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, system="crm", scopes=[Scope.WEBHOOKS_MANAGE])


@pytest.fixture
def crm(dealer):
    return make_webhook(dealer)


def one(endpoint, *more):
    return "/".join([f"{WEBHOOKS}{endpoint.pk}", *more, ""])


def make_delivery(endpoint, kind=EventKind.LEAD_CREATED, **values):
    delivery = new_delivery(endpoint, kind, {"lead": 1}, now=NOW)
    for name, value in values.items():
        setattr(delivery, name, value)
    delivery.save()
    return delivery


# --- making, reading, changing ------------------------------------------------------------------


def test_a_new_webhook_answers_its_secret_and_never_again(api):
    made = api.post(BODY, WEBHOOKS)
    stored = WebhookEndpoint.objects.get()
    address = made["Location"]

    assert made.status_code == 201
    assert made.json()["secret"] == stored.secret
    assert made["ETag"]
    assert (stored.dealer, stored.sender) == (api.key.dealer, "api:crm")
    assert stored.kinds == ["lead.created"]
    for shown in (api.get(WEBHOOKS), api.get(address)):
        assert shown.status_code == 200
        assert stored.secret not in shown.content.decode()
        assert "secret" not in shown.json()


def test_the_list_is_narrowed_to_those_that_are_on(api, problem, crm):
    make_webhook(crm.dealer, is_active=False)
    on = api.get(WEBHOOKS, {"is_active": "true"}).json()["results"]

    assert [row["id"] for row in on] == [crm.pk]
    problem(api.get(WEBHOOKS, {"colour": "red"}), 400)


def test_without_kinds_it_is_told_everything(api):
    assert api.post({"name": "CRM", "url": BODY["url"]}, WEBHOOKS).json()["kinds"] == []


def test_german_names_are_understood(api):
    body = {"bezeichnung": "CRM", "adresse": BODY["url"], "ereignisse": ["lead.closed"]}

    assert api.post(body, WEBHOOKS).json()["kinds"] == ["lead.closed"]


def test_the_same_request_again_makes_no_second_one(api):
    first = api.post(BODY, WEBHOOKS, idempotency_key="k1")
    again = api.post(BODY, WEBHOOKS, idempotency_key="k1")

    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"url": "https://10.0.0.1/"}, "url", "address_refused"),
        ({"url": "https://169.254.169.254/latest/"}, "url", "address_refused"),
        ({"url": "https://2130706434/"}, "url", "address_refused"),
        ({"url": "http://example.com/"}, "url", None),
        ({"url": "https://name.invalid/"}, "url", "address_unknown"),
        ({"url": None}, "url", "null"),
        ({"url": 7}, "url", "invalid"),
        ({"name": ""}, "name", "blank"),
        ({"name": "x" * 101}, "name", "max_length"),
        ({"kinds": ["lead.exploded"]}, "kinds.0", "invalid_choice"),
        ({"kinds": [{}]}, "kinds.0", "invalid_choice"),
        ({"kinds": "lead.created"}, "kinds", "not_a_list"),
        ({"secret": "whsec_x"}, "secret", "unknown_field"),
        ({"dealer": 1}, "dealer", "unknown_field"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(api, problem, settings, change, field, code):
    settings.OUTBOUND_ALLOW_LOOPBACK = "url" not in change
    document = problem(api.post({**BODY, **change}, WEBHOOKS), 400)

    assert document["errors"][0]["field"] == field
    assert code in (None, document["errors"][0]["code"])
    assert not WebhookEndpoint.objects.exists()


def test_a_name_that_is_taken_is_an_error_of_the_field(api, problem, crm):
    document = problem(api.post({**BODY, "name": crm.name}, WEBHOOKS), 400)
    assert document["errors"][0]["code"] == "name_taken"

    other = make_webhook(crm.dealer)
    document = problem(api.send("PATCH", one(other), {"name": crm.name}), 400)
    assert document["errors"][0]["code"] == "name_taken"


def test_only_what_is_named_changes(api, crm):
    shown = api.send("PATCH", one(crm), {"kinds": ["lead.closed", "lead.closed"]})

    assert shown.status_code == 200
    assert shown.json()["kinds"] == ["lead.closed"]
    stored = WebhookEndpoint.objects.get()
    assert (stored.name, stored.url, stored.secret) == (crm.name, crm.url, crm.secret)
    assert stored.version == 2


def test_a_changed_address_is_checked(api, problem, crm, settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    problem(api.send("PATCH", one(crm), {"url": "https://10.0.0.1/"}), 400)

    assert api.send("PATCH", one(crm), {"name": "Neu", "url": crm.url}).status_code == 200


def test_a_stale_change_is_refused(api, problem, crm):
    etag = api.get(one(crm))["ETag"]
    assert api.send("PATCH", one(crm), {"name": "Neu"}, if_match=etag).status_code == 200
    for send in (
        lambda: api.send("PATCH", one(crm), {"name": "Alt"}, if_match=etag),
        lambda: api.send("DELETE", one(crm), if_match=etag),
        lambda: api.post({}, one(crm, "rotate-secret"), if_match=etag),
    ):
        problem(send(), 412)
    assert WebhookEndpoint.objects.get().name == "Neu"


def test_switching_off_and_on(api, crm):
    waiting = make_delivery(crm)
    assert api.send("PATCH", one(crm), {"is_active": False}).json()["is_active"] is False
    waiting.refresh_from_db()
    assert waiting.state == WebhookDelivery.State.CANCELLED
    switch_off(crm)
    WebhookEndpoint.objects.update(disabled_at=NOW, disabled_reason="410")
    shown = api.send("PATCH", one(crm), {"is_active": True}).json()
    assert (shown["is_active"], shown["disabled_at"], shown["disabled_reason"]) == (
        True,
        None,
        None,
    )


def test_deleting(api, problem, crm):
    make_delivery(crm)

    assert api.send("DELETE", one(crm)).status_code == 204
    assert not WebhookEndpoint.objects.exists()
    problem(api.send("DELETE", one(crm)), 404)


# --- secret and test ----------------------------------------------------------------------------


def test_rotation_answers_the_new_secret_and_keeps_the_old_one_for_a_day(api, crm):
    answer = api.post({}, one(crm, "rotate-secret"))

    stored = WebhookEndpoint.objects.get()
    assert answer.status_code == 200
    assert answer.json()["secret"] == stored.secret != crm.secret
    assert stored.secrets(timezone.now() + timedelta(hours=23)) == [stored.secret, crm.secret]
    assert stored.secrets(timezone.now() + timedelta(hours=25)) == [stored.secret]
    assert answer.json()["previous_secret_ends_at"]


@pytest.mark.parametrize(("hours", "n"), [(0, 1), (100, 2)])
def test_the_overlap_can_be_said(api, crm, hours, n):
    api.post({"overlap_hours": hours}, one(crm, "rotate-secret"))

    secrets = WebhookEndpoint.objects.get().secrets(timezone.now() + timedelta(hours=50))
    assert len(secrets) == n


def test_a_rotation_repeated_with_its_key_rotates_once(api, crm):
    first = api.post({}, one(crm, "rotate-secret"), idempotency_key="k1")
    again = api.post({}, one(crm, "rotate-secret"), idempotency_key="k1")

    assert again.json()["secret"] == first.json()["secret"]
    assert WebhookEndpoint.objects.get().previous_secret == crm.secret


@pytest.mark.parametrize("hours", [-1, 169, "24", True, 1.5])
def test_an_odd_overlap_is_refused(api, problem, crm, hours):
    problem(api.post({"overlap_hours": hours}, one(crm, "rotate-secret")), 400)

    assert WebhookEndpoint.objects.get().secret == crm.secret


def test_a_test_message_is_put_on_its_way(api, crm):
    answer = api.post({}, one(crm, "test"))

    sent = WebhookDelivery.objects.get()
    assert answer.status_code == 202
    assert (answer.json()["id"], answer.json()["kind"]) == (sent.message_id, "webhook.test")


def test_nothing_is_sent_to_a_webhook_that_is_off(api, problem, crm):
    delivery = make_delivery(crm)
    switch_off(crm)

    assert problem(api.post({}, one(crm, "test")), 409)["code"] == "webhook_off"
    again = api.post({}, one(crm, "deliveries", delivery.message_id, "redeliver"))
    assert problem(again, 409)["code"] == "webhook_off"


# --- deliveries ---------------------------------------------------------------------------------


def test_deliveries_are_listed_and_filtered(api, problem, crm):
    make_delivery(make_webhook(crm.dealer))
    first = make_delivery(crm, created_at=NOW - timedelta(days=1), state="failed")
    second = make_delivery(crm, EventKind.LEAD_CLOSED)

    def ids(**params):
        return [row["id"] for row in api.get(one(crm, "deliveries"), params).json()["results"]]

    assert ids() == [second.message_id, first.message_id]
    assert ids(state="failed") == [first.message_id]
    assert ids(kind="lead.closed") == [second.message_id]
    assert ids(created_since=(NOW - timedelta(hours=1)).isoformat()) == [second.message_id]
    problem(api.get(one(crm, "deliveries"), {"state": "lost"}), 400)
    page = api.get(one(crm, "deliveries"), {"page_size": 1}).json()
    assert [row["id"] for row in api.get(page["next"]).json()["results"]] == [first.message_id]


def test_a_delivery_shows_its_attempts(api, crm):
    delivery = make_delivery(crm, attempts=1, last_status=503)
    WebhookAttempt.objects.create(
        dealer=crm.dealer, delivery=delivery, at=NOW, status_code=503, duration_ms=87, answer="down"
    )
    shown = api.get(one(crm, "deliveries", delivery.message_id)).json()

    assert shown["body"] == delivery.body
    [attempt] = shown["log"]
    assert (attempt["status_code"], attempt["duration_ms"], attempt["answer"]) == (503, 87, "down")


def test_a_message_is_sent_again(api, crm):
    delivery = make_delivery(crm, state="sent", attempts=3, next_attempt_at=NOW - timedelta(days=1))
    answer = api.post({}, one(crm, "deliveries", delivery.message_id, "redeliver"))

    assert answer.status_code == 202
    assert answer.json()["state"] == "pending"
    assert WebhookDelivery.objects.due(timezone.now()).get() == delivery


# --- rights and walls ---------------------------------------------------------------------------


def addresses(endpoint, delivery):
    return [
        ("GET", one(endpoint)),
        ("PATCH", one(endpoint)),
        ("DELETE", one(endpoint)),
        ("POST", one(endpoint, "rotate-secret")),
        ("POST", one(endpoint, "test")),
        ("GET", one(endpoint, "deliveries")),
        ("GET", one(endpoint, "deliveries", delivery.message_id)),
        ("POST", one(endpoint, "deliveries", delivery.message_id, "redeliver")),
    ]


def test_without_the_right_nothing_is_open(crm, problem):
    others = [scope for scope in Scope.values if scope != Scope.WEBHOOKS_MANAGE]
    client = ApiClient(crm.dealer, scopes=others)
    for method, path in [
        ("GET", WEBHOOKS),
        ("POST", WEBHOOKS),
        *addresses(crm, make_delivery(crm)),
    ]:
        document = problem(client.send(method, path, {} if method != "GET" else b""), 403)
        assert document["code"] == "missing_scope"


def test_webhooks_of_another_dealer_do_not_exist(api, problem):
    stranger = make_webhook(make_dealer())
    delivery = make_delivery(stranger, state="sent")
    for method, path in addresses(stranger, delivery):
        problem(api.send(method, path, {} if method != "GET" else b""), 404)

    assert api.get(WEBHOOKS).json()["results"] == []
    stored = WebhookEndpoint.objects.get()
    assert (stored.version, stored.secret) == (1, stranger.secret)
    assert WebhookDelivery.objects.get().state == "sent"


def test_a_delivery_belongs_to_its_webhook(api, problem, crm):
    delivery = make_delivery(crm)
    other = make_webhook(crm.dealer)

    problem(api.get(one(other, "deliveries", delivery.message_id)), 404)
    problem(api.post({}, one(other, "deliveries", delivery.message_id, "redeliver")), 404)


def test_lists_take_the_same_number_of_queries_for_any_number_of_rows(
    api, crm, django_assert_num_queries, django_assert_max_num_queries
):
    for path, make in (
        (WEBHOOKS, lambda: make_webhook(crm.dealer)),
        (one(crm, "deliveries"), lambda: make_delivery(crm)),
    ):
        make()
        api.get(path)
        with django_assert_max_num_queries(8) as first:
            api.get(path)
        for _n in range(6):
            make()
        with django_assert_num_queries(len(first)):
            api.get(path)

"""The record of calls: enough to see what is wrong, nothing that anybody may not see."""

import json

import pytest
from django.utils import timezone

from integrations import exchanges, inbox
from integrations.exchanges import recording, shape_of
from integrations.http import PartnerClient, PartnerError
from integrations.models import Exchange
from leads.models import Lead
from tests.builders import make_connection, make_location

pytestmark = pytest.mark.django_db


@pytest.fixture
def bdk(partner):
    connection = make_connection(base=f"{partner.url}/bdk")
    make_location(connection.dealer, bdk_partner_number="0012345")
    return connection


@pytest.mark.django_db(transaction=True)
def test_a_run_shows_its_calls_without_secrets_and_people(bdk, items):
    run = inbox.pull(bdk, now=timezone.now())

    calls = list(run.exchanges.order_by("pk"))
    assert [one.method for one in calls][:2] == ["POST", "GET"]
    assert calls[1].address.endswith("/crm/v1/partners/0012345/leads?limit")
    assert all(one.is_good and one.milliseconds >= 0 and one.received for one in calls[:2])
    assert '"leadId": "text"' in calls[1].shape
    kept = json.dumps(list(Exchange.objects.values()), default=str)
    lead = Lead.objects.exclude(email="").first()
    for secret in ("demo-secret", "Bearer", lead.email, lead.last_name, items[0]["leadId"]):
        assert secret not in kept


@pytest.mark.parametrize(
    ("fault", "status", "problem"),
    [({"status": 503}, 503, ""), ({"status": 401}, 401, ""), ({"html": True}, 400, "")],
)
def test_what_went_wrong_is_kept_too(bdk, partner, fault, status, problem):
    partner.faults = {"token": [fault] * 3}

    with recording(bdk), pytest.raises(PartnerError), PartnerClient(bdk.base_url) as client:
        client.request("POST", "/oauth/token?code=geheim", json={"a": "b"})

    [call] = Exchange.objects.all()
    assert (call.status, call.problem) == (status, problem)
    assert call.is_good == (status < 400)
    assert call.address.endswith("/bdk/oauth/token?code")


def test_a_partner_that_is_not_there_is_kept_with_the_kind_of_error(bdk):
    with recording(bdk), pytest.raises(PartnerError), PartnerClient("http://127.0.0.1:9") as client:
        client.request("POST", "/")

    [call] = Exchange.objects.all()
    assert (call.status, call.problem, call.is_good) == (None, "ConnectionError", False)


def test_the_newest_are_kept_and_bad_ones_for_longer(bdk, partner, monkeypatch):
    monkeypatch.setattr(exchanges, "KEPT", 2)
    monkeypatch.setattr(exchanges, "KEPT_BAD", 3)
    other = make_connection(bdk.dealer, base=f"{partner.url}/bdk")
    for connection in (bdk, other):
        for path in ["/log"] * 4 + ["/nowhere"] * 5:
            with recording(connection), PartnerClient(partner.url) as client:
                client.send("GET", f"{partner.url}{path}")

    for connection in (bdk, other):
        assert connection.exchanges.filter(is_good=True).count() == 2
        assert connection.exchanges.filter(is_good=False).count() == 3


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        (b"", ""),
        (b"<html>Max Mustermann</html>", "–"),
        (b"[" * 100_000, "–"),
        (b'{"a": 1, "b": true, "c": null}', {"a": "number", "b": "true/false", "c": "null"}),
        (
            b'[{"name": "Max"}, {"name": "Eva"}, {"name": 3}]',
            [{"name": "text"}, {"name": "number"}, "× 3"],
        ),
        # A name may be a value in disguise.
        (b'{"max@example.org": {"0170 123": "x"}}', {"…": {"…": "text"}}),
    ],
)
def test_a_shape_has_no_values(body, shape):
    found = shape_of(body)
    assert (json.loads(found) if found[:1] in ("{", "[") else found) == shape

"""Trying a connection out: what people hear, and that nothing happens at the partner."""

import pytest

from integrations.http import PartnerError, PartnerMisconfigured
from integrations.trials import TRIALS
from leads.models import IntakeEntry
from tests.builders import (
    make_connection,
    make_google_connection,
    make_location,
    make_meta_connection,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bdk(partner):
    connection = make_connection(base=f"{partner.url}/bdk")
    make_location(connection.dealer, bdk_partner_number="0012345")
    return connection


def test_the_bank_is_signed_in_to_and_read_from_without_effect(bdk, partner):
    words = TRIALS[bdk.partner](bdk)

    assert words == "Die Anmeldung gelingt, lesbar sind die Partnernummern: 0012345."
    assert [call["method"] for call in partner.log] == ["POST", "GET"]  # the token, a page
    assert not IntakeEntry.objects.exists()
    bdk.refresh_from_db()
    assert bdk.cursors == {}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"token": [{"status": 401}]}, "Anmeldung"),
        ({"leads": [{"status": 403}]}, "0012345: "),
        ({"leads": [{"status": 404, "json": {"code": "UNKNOWN_PARTNER"}}]}, "0012345: "),
        ({"leads": [{"html": True}] * 3}, "kein JSON"),
    ],
)
def test_what_is_wrong_at_the_bank_is_said_with_what_to_do(bdk, partner, fault, words):
    partner.faults = fault

    with pytest.raises(PartnerError) as caught:
        TRIALS[bdk.partner](bdk)

    assert words in str(caught.value)
    assert str(caught.value.advice)
    assert ("Partnernummer am Standort" in caught.value.advice) == (words == "0012345: ")
    assert "demo-secret" not in str(caught.value)


def test_a_partnernummer_is_asked_for(partner):
    with pytest.raises(PartnerMisconfigured, match="Partnernummer"):
        TRIALS["bdk"](make_connection(base=f"{partner.url}/bdk"))


def test_meta_says_whether_it_takes_the_token(partner):
    page = make_meta_connection(base=f"{partner.url}/graph")
    assert "Token" in TRIALS["meta"](page)

    page.access_token = "abgelaufen"
    with pytest.raises(PartnerMisconfigured):
        TRIALS["meta"](page)


def test_google_is_told_apart_by_what_came():
    with pytest.raises(PartnerMisconfigured, match="Testdaten senden") as caught:
        TRIALS["google_ads"](make_google_connection())
    assert not caught.value.advice  # it has said what to do

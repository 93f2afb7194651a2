"""The score: 0–100 from the lead's own columns, and what it is made of in words."""

from decimal import Decimal

import pytest
from django.utils import translation

from leads.models import Lead
from leads.services.scoring import MAX_WITHOUT_CONTACT, explain, score_of
from tests import builders


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def lead(**values):
    """A lead with nothing but a name and a phone number, unless said otherwise; not stored."""
    one = Lead(**{"last_name": "Groß", "phone": "030 23125 101", **values})
    one.set_keys()
    return one


def gain(**values):
    """How many points these values are worth."""
    return score_of(lead(**values)) - score_of(lead())


def lines(one, *, sees=True):
    return {str(part.label): part.points for part in explain(one, sees_creditworthiness=sees)}


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ({"test_drive_wished": True}, 20),
        ({"callback_wished": True}, 20),
        ({"reservation_hint": True}, 20),
        ({"test_drive_wished": True, "callback_wished": True}, 20),
        ({"finance_kind": "finance"}, 10),
        ({"finance_kind": "leasing"}, 10),
        ({"finance_kind": "cash"}, 0),
        ({"vehicle_name": "VW Golf"}, 5),
        ({"finance_kind": "leasing", "vehicle_name": "VW Golf"}, 15),
        ({"test_drive_wished": True, "finance_kind": "leasing", "vehicle_name": "VW"}, 30),
        ({"precheck": "positive"}, 10),
        ({"precheck": "performed"}, 3),
        ({"precheck": "none"}, 0),
        ({"precheck": "negative"}, -5),
        ({"email": "jana@example.org"}, 5),
        ({"mobile": "0171 1234567"}, 0),
        ({"street": "Weg 1", "postal_code": "04109"}, 2),
        ({"street": "Weg 1"}, 0),
        ({"consents": [{"granted": False}, {"granted": True}]}, 2),
        ({"consents": [{"granted": False}]}, 0),
        ({"urgency": "low"}, -5),
        ({"urgency": "high"}, 5),
        ({"urgency": "immediate"}, 10),
        ({"expected_value": Decimal("4999.99")}, 0),
        ({"expected_value": Decimal(5000)}, 3),
        ({"expected_value": Decimal(15000)}, 6),
        ({"expected_value": Decimal(30000)}, 10),
        ({"vehicle_price": Decimal(30000)}, 10),
        ({"expected_value": Decimal(30000), "probability": 50}, 5),
        ({"expected_value": Decimal(30000), "probability": 0}, 0),
        ({"probability": 100}, 0),
        ({"customer_kind": "existing"}, 4),
        ({"customer_kind": "new"}, 0),
        ({"contract_expiring": True}, 3),
    ],
)
def test_what_each_thing_is_worth(values, points):
    assert gain(**values) == points


def test_a_lead_that_says_next_to_nothing():
    # pre-check not stated 5, phone 8, name 3, normal urgency 5
    assert score_of(lead()) == 21


def test_the_best_lead_stays_within_100():
    best = lead(
        test_drive_wished=True,
        finance_kind="leasing",
        precheck="positive",
        email="jana@example.org",
        street="Weg 1",
        postal_code="04109",
        consents=[{"granted": True}],
        urgency="immediate",
        expected_value=Decimal(99999),
        customer_kind="existing",
        contract_expiring=True,
    )

    assert score_of(best) == 97
    best.score = score_of(best)
    assert best.grade == "hot"


def test_who_cannot_be_reached_scores_little():
    unreachable = lead(phone="", test_drive_wished=True, urgency="immediate")

    assert not unreachable.is_contactable
    assert score_of(unreachable) == MAX_WITHOUT_CONTACT


def test_a_test_lead_scores_nothing():
    assert score_of(lead(is_test=True, test_drive_wished=True)) == 0


@pytest.mark.django_db
def test_the_score_is_the_same_each_time_and_asks_nothing(django_assert_num_queries):
    stored = builders.make_lead(lead_type="1e", test_drive_wished=True)
    stored = Lead.objects.get(pk=stored.pk)

    with django_assert_num_queries(0):
        assert score_of(stored) == score_of(stored)
        explain(stored, sees_creditworthiness=True)


# --- explained ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"test_drive_wished": True, "precheck": "positive", "vehicle_price": Decimal(20000)},
        {"urgency": "low", "precheck": "negative"},
        {"phone": "", "test_drive_wished": True, "urgency": "immediate"},
        {"is_test": True, "callback_wished": True},
    ],
)
def test_the_lines_add_up_to_the_score(values):
    one = lead(**values)

    assert sum(lines(one).values()) == score_of(one)


def test_the_best_line_comes_first_and_empty_ones_are_left_out():
    one = lead(test_drive_wished=True, finance_kind="finance", urgency="low")

    points = list(lines(one).values())
    assert points == sorted(points, reverse=True)
    assert 0 not in points
    assert next(iter(lines(one))) == "Wishes a test drive, callback or reservation"


def test_what_an_unreachable_customer_loses_does_not_tell_what_is_hidden():
    lost = {
        precheck: lines(lead(phone="", precheck=precheck, test_drive_wished=True), sees=False)[
            "Cannot be reached"
        ]
        for precheck in ("", "positive", "negative")
    }

    assert set(lost.values()) == {10 - 20 - 5 - 3}


def test_the_line_about_the_credit_check_is_for_those_who_may_see_it():
    one = lead(precheck="positive")

    assert lines(one)["Credit pre-check"] == 15
    assert "Credit pre-check" not in lines(one, sees=False)

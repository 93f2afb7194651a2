"""The score: 0–100 from the lead's own columns, and what it is made of in words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from leads.models import Lead
from leads.models.wishes import Precheck
from leads.services.score_parts import DEDUCTIONS, INTENT_LIMIT, PARTS, USUAL_WEIGHTS
from leads.services.scoring import MAX_WITHOUT_CONTACT, breakdown, explain, score_of
from tests import builders

pytestmark = pytest.mark.usefixtures("english")

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
BEST = {
    "test_drive_wished": True,
    "finance_kind": "leasing",
    "vehicle_name": "VW Golf",
    "lead_type_family": "6",
    "precheck": "positive",
    "email": "jana@example.org",
    "street": "Weg 1",
    "postal_code": "04109",
    "consents": [{"granted": True}],
    "urgency": "immediate",
    "expected_value": Decimal(99999),
    "customer_kind": "existing",
    "contract_expiring": True,
    "enquiry_count": 2,
    "last_enquired_at": NOW,
}


def lead(**values):
    """A lead with nothing but a name and a phone number, unless said otherwise; not stored."""
    one = Lead(**{"last_name": "Groß", "phone": "030 23125 101", "received_at": NOW, **values})
    one.set_keys()
    return one


def score(one, *, weights=None, now=NOW):
    return score_of(one, weights=weights or {}, now=now)


def gain(**values):
    """How many points these values are worth."""
    return score(lead(**values)) - score(lead())


def lines(one, *, weights=None, now=NOW, sees=True):
    found = explain(one, weights=weights or {}, now=now, sees_creditworthiness=sees)
    return {str(line.label): line.points for line in found}


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ({"test_drive_wished": True}, 25),
        ({"callback_wished": True}, 25),
        ({"reservation_hint": True}, 25),
        ({"test_drive_wished": True, "callback_wished": True}, 25),
        ({"finance_kind": "finance"}, 10),
        ({"finance_kind": "leasing"}, 10),
        ({"finance_kind": "cash"}, 0),
        ({"vehicle_name": "VW Golf"}, 5),
        ({"lead_type_family": "6"}, 5),
        ({"lead_type_family": "1"}, 0),
        ({"finance_kind": "leasing", "vehicle_name": "VW Golf"}, 15),
        ({"test_drive_wished": True, "finance_kind": "leasing", "vehicle_name": "VW"}, 40),
        (
            {"test_drive_wished": True, "finance_kind": "leasing", "vehicle_name": "VW"}
            | {"lead_type_family": "6"},
            40,
        ),
        ({"email": "jana@example.org"}, 5),
        ({"mobile": "0171 1234567"}, 0),
        ({"street": "Weg 1", "postal_code": "04109"}, 2),
        ({"street": "Weg 1"}, 0),
        ({"consents": [{"granted": False}, {"granted": True}]}, 2),
        ({"consents": [{"granted": False}]}, 0),
        ({"consents": ["granted"]}, 0),
        ({"urgency": "low"}, -5),
        ({"urgency": "high"}, 5),
        ({"urgency": "immediate"}, 10),
        ({"expected_value": Decimal("4999.99")}, 0),
        ({"expected_value": Decimal(5000)}, 3),
        ({"expected_value": Decimal(15000)}, 6),
        ({"expected_value": Decimal(30000)}, 10),
        ({"vehicle_price": Decimal(30000)}, 10),
        ({"expected_value": Decimal(30000), "probability": 50}, 5),
        ({"expected_value": Decimal(5000), "probability": 50}, 2),  # 1.5, rounded up
        ({"expected_value": Decimal(30000), "probability": 0}, 0),
        ({"probability": 100}, 0),
        ({"customer_kind": "existing"}, 4),
        ({"customer_kind": "new"}, 0),
        ({"contract_expiring": True}, 3),
        ({"enquiry_count": 2, "last_enquired_at": NOW - timedelta(days=7)}, 3),
        ({"enquiry_count": 2, "last_enquired_at": NOW - timedelta(days=8)}, 0),
        ({"enquiry_count": 1, "last_enquired_at": NOW}, 0),
        ({"enquiry_count": 2, "last_enquired_at": None}, 0),
    ],
)
def test_what_each_thing_is_worth(values, points):
    assert gain(**values) == points


def test_a_lead_that_says_next_to_nothing():
    # phone 8, name 3, normal urgency 5
    assert score(lead()) == 16


def test_the_best_lead_is_hot_and_stays_within_100():
    best = lead(**BEST)

    assert score(best) == 95
    best.score = score(best)
    assert best.grade == "hot"
    assert score(best, weights=dict.fromkeys(USUAL_WEIGHTS, 100)) == 100


def test_who_cannot_be_reached_scores_little():
    unreachable = lead(phone="", test_drive_wished=True, urgency="immediate")

    assert not unreachable.is_contactable
    assert score(unreachable) == MAX_WITHOUT_CONTACT


@pytest.mark.parametrize("name", ["is_test", "is_spam"])
def test_what_is_no_enquiry_scores_nothing(name):
    assert score(lead(**BEST, **{name: True})) == 0


def test_a_retention_task_is_never_called_unqualified():
    one = lead(contract_expiring=True, score=3)

    assert (one.grade, lead(score=3).grade) == ("cold", "unqualified")


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "lost"), [(0, 0), (13, 0), (14, 10), (29, 10), (30, 20), (300, 20)]
)
def test_an_open_lead_loses_points_while_nothing_happens(days, lost):
    idle = NOW - timedelta(days=days)
    told = lead(**BEST)
    before = score(told)

    told.last_activity_at = idle
    assert before - score(told) == lost
    told.last_activity_at, told.received_at = None, idle
    assert before - score(told) == lost
    told.last_activity_at = NOW
    assert score(told) == before


def test_nobody_has_to_work_on_a_closed_lead_and_its_score_no_longer_ages():
    closed = lead(**BEST, closed_at=NOW, last_activity_at=NOW - timedelta(days=40))
    later = NOW + timedelta(days=400)

    assert score(closed) == score(lead(**BEST)) == score(closed, now=later)


def test_a_score_ages_at_midnight_and_not_at_an_hour_of_its_own():
    noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    idle = lead(last_activity_at=noon)
    fifteenth = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)  # 00:30 in Berlin, half a day early

    assert score(idle, now=fifteenth - timedelta(hours=1)) - score(idle, now=fifteenth) == 10


def test_a_score_never_falls_below_0():
    idle = lead(last_activity_at=NOW - timedelta(days=40), urgency="low")

    assert score(idle) == 0
    assert sum(lines(idle).values()) == 0
    assert lines(idle)["Not below 0"] == 9


# --- weights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [part.key for part in PARTS])
def test_every_part_can_be_weighed(key):
    best = lead(**BEST)
    nothing = dict.fromkeys(USUAL_WEIGHTS, 0)

    assert score(best, weights=nothing) == 0
    assert score(best, weights={**nothing, key: 30, INTENT_LIMIT: 100}) == 30


@pytest.mark.parametrize(("key", "days"), [("idle", 20), ("long_idle", 40)])
def test_every_deduction_can_be_weighed(key, days):
    assert key in {part.key for part in DEDUCTIONS}
    idle = lead(**BEST, last_activity_at=NOW - timedelta(days=days))

    assert score(lead(**BEST)) - score(idle, weights={key: 33}) == 33
    assert score(idle, weights={key: 0}) == score(lead(**BEST))


def test_the_limit_of_the_intent_can_be_weighed():
    best = lead(**BEST)

    assert score(best) - score(best, weights={INTENT_LIMIT: 20}) == 20
    assert score(best, weights={INTENT_LIMIT: 45}) - score(best) == 5


@pytest.mark.parametrize("value", [-1, 101, "7", None, True, 1.5])
def test_a_weight_that_is_none_is_the_usual_one(value):
    assert score(lead(**BEST), weights={"phone": value, "gone": 50}) == 95


@pytest.mark.django_db
def test_the_score_is_the_same_each_time_and_asks_nothing(django_assert_num_queries):
    stored = builders.make_lead(lead_type="1e", test_drive_wished=True)
    stored = Lead.objects.get(pk=stored.pk)

    with django_assert_num_queries(0):
        assert len({score(stored, weights={"wishes": 20}) for _ in range(5)}) == 1
        assert lines(stored) == lines(stored)


# --- explained ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {},
        BEST,
        {"test_drive_wished": True, "precheck": "positive", "vehicle_price": Decimal(20000)},
        {"urgency": "low", "precheck": "negative"},
        {"phone": "", "test_drive_wished": True, "urgency": "immediate"},
        {"is_test": True, "callback_wished": True},
        {"is_spam": True, "callback_wished": True},
        {"last_activity_at": NOW - timedelta(days=20)},
        {"last_activity_at": NOW - timedelta(days=60), "urgency": "low"},
    ],
)
@pytest.mark.parametrize("weights", [{}, {"phone": 0, "wishes": 7}, {"precheck": 15}])
def test_the_lines_add_up_to_the_score(values, weights):
    one = lead(**values)

    assert sum(lines(one, weights=weights).values()) == score(one, weights=weights)


def test_the_best_line_comes_first_and_empty_ones_are_left_out():
    one = lead(test_drive_wished=True, finance_kind="finance", urgency="low")

    points = list(lines(one).values())
    assert points == sorted(points, reverse=True)
    assert 0 not in points
    assert next(iter(lines(one))) == "Wishes a test drive, callback or reservation"


def test_the_breakdown_has_every_part_that_counts_earned_or_not():
    found = breakdown(lead(), weights={"consent": 0}, now=NOW, sees_creditworthiness=True)
    shown = {str(line.label): (line.points, line.most) for line in found}

    assert shown["Phone number known"] == (8, 8)
    assert shown["Address known"] == (0, 2)
    assert shown["Urgency"] == (5, 15)
    assert "Agreed to be contacted" not in shown  # counts for nothing
    assert "Nothing happened for 14 days" not in shown


def test_what_is_taken_away_is_a_line_of_its_own():
    idle = lead(**BEST, last_activity_at=NOW - timedelta(days=20))

    assert lines(idle)["Nothing happened for 14 days"] == -10
    assert lines(lead(**BEST, is_spam=True))["Suspected spam"] == -95
    assert lines(lead(**BEST, is_test=True))["Test lead"] == -95
    assert lines(lead(**BEST), weights={"wishes": 90, INTENT_LIMIT: 100})["Not above 100"] < 0


# --- creditworthiness -----------------------------------------------------------------------------


def test_the_credit_check_counts_for_nothing_unless_a_dealer_decides_so():
    """Or whoever knows the other lines could reckon it from the score."""
    results = ["", *Precheck.values]

    assert len({score(lead(precheck=result)) for result in results}) == 1
    one = lead(precheck="positive")
    assert sum(lines(one, sees=False).values()) == score(one)


@pytest.mark.parametrize(
    ("precheck", "points"), [("positive", 15), ("performed", 8), ("none", 5), ("", 5)]
)
def test_what_the_credit_check_is_worth_where_it_has_points(precheck, points):
    assert lines(lead(precheck=precheck), weights={"precheck": 15})["Credit pre-check"] == points


def test_its_line_is_for_those_who_may_see_it():
    one = lead(precheck="positive")
    found = breakdown(one, weights={"precheck": 15}, now=NOW, sees_creditworthiness=False)

    assert "Credit pre-check" not in {str(line.label) for line in found}
    assert "Credit pre-check" not in lines(one, weights={"precheck": 15}, sees=False)


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"phone": "", "test_drive_wished": True, "urgency": "immediate"}, "Cannot be reached"),
        ({"is_test": True}, "Test lead"),
    ],
)
def test_what_a_limit_takes_away_does_not_tell_what_is_hidden(values, label):
    lost = {
        lines(lead(**values, precheck=precheck), weights={"precheck": 15}, sees=False)[label]
        for precheck in ("", "positive", "negative")
    }

    assert len(lost) == 1

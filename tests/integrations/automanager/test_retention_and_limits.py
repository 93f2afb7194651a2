"""How long things are kept, and what may be set."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from integrations.automanager.limits import Limits, checked_limits, limits_of
from integrations.automanager.retention import prune
from integrations.models import ExportCheck, ExportRun, Finding, Listing, StockCar, Transmission
from tests.integrations.automanager.nursery import NOW, car, look, make_automanager, refusal, sent

FOUND = [sent(action="change", result="error", feedback=[refusal()])]


@pytest.mark.django_db
def test_what_is_old_goes_what_is_open_or_here_stays():
    connection = make_automanager(limits={"keep_days": 30})
    look(connection, sends=FOUND, stock=[car(), car(2)])
    after_a_month = NOW + timedelta(days=31)
    look(connection, sends=[], stock=[car()], ads=[], now=after_a_month)
    assert prune(now=NOW + timedelta(days=20)) == 0

    assert prune(now=after_a_month) > 0

    assert not Transmission.objects.exists()
    assert not ExportRun.objects.exists()
    assert Listing.objects.count() == 1  # gone for a moment only
    assert StockCar.objects.count() == 2
    assert [one.started_at for one in ExportCheck.objects.all()] == [after_a_month]
    assert Finding.objects.filter(check_code="AM-20").exists()
    prune(now=after_a_month + timedelta(days=31))
    assert not Listing.objects.exists()
    assert StockCar.objects.count() == 1
    assert not Finding.objects.exclude(closed_at=None).exists()


def test_only_what_is_not_the_usual_is_stored():
    said = {"missing_hours": 2, "orphan_hours": 9, "apps": {"x": {"missing_hours": 7}, "y": {}}}
    stored = checked_limits(said)

    assert stored == {"orphan_hours": 9, "apps": {"x": {"missing_hours": 7}}}
    assert limits_of(stored) == Limits(orphan_hours=9)
    assert limits_of(stored, app="x") == Limits(orphan_hours=9, missing_hours=7)
    assert limits_of({}, app="x") == Limits()


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"apps": []},
        {"apps": {"x": 3}},
        {"no_such_limit": 3},
        {"missing_hours": 0},
        {"missing_hours": "2"},
        {"missing_hours": True},
        {"missing_hours": 2.5},
        {"file_silent_warning_hours": 51},
        {"behind_error_hours": 1, "behind_warning_minutes": 61},
        {"apps": {"x": {"rare_critical_days": 1, "rare_warning_hours": 25}}},
    ],
)
def test_limits_that_cannot_be_are_refused(said):
    with pytest.raises(ValidationError):
        checked_limits(said)

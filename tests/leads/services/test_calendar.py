"""When a location is open, over breaks, Saturdays, holidays and changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.models import ClosedDay, OpeningHours, Weekday
from leads.services.calendar import (
    USUAL_WEEK,
    BusinessCalendar,
    Opening,
    calendars_of,
    dealer_calendars,
)
from tests.builders import make_dealer, make_location

ZONE = ZoneInfo("Europe/Berlin")
BREAK = {day: ((time(9), time(12)), (time(13), time(18))) for day in range(5)}


def berlin(text):
    """ "2026-03-27 17:00" in summer or winter time, as the clocks say."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def calendar(*openings, **values):
    return BusinessCalendar(openings or [Opening(**{"week": USUAL_WEEK, "state": "NW", **values})])


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-20 10:00", "2026-11-20 10:00"),  # a Friday
        ("2026-11-20 18:00", "2026-11-21 09:00"),  # Saturday
        ("2026-11-21 13:00", "2026-11-23 08:00"),  # over Sunday
        ("2026-06-03 20:00", "2026-06-05 08:00"),  # Corpus Christi, in this state
        ("2026-12-23 19:00", "2026-12-28 08:00"),  # the 24th, Christmas, Sunday
        ("2026-12-30 19:00", "2027-01-02 09:00"),  # the 31st, New Year
    ],
)
def test_the_next_opening(at, opens):
    assert calendar().next_open(berlin(at)) == berlin(opens)
    assert calendar().is_open(berlin(at)) == (at == opens)


def test_holidays_are_those_of_the_state():
    corpus_christi, reformation = berlin("2026-06-04 10:00"), berlin("2026-10-31 10:00")
    open_on = {
        state: [calendar(state=state).is_open(one) for one in (corpus_christi, reformation)]
        for state in ("NW", "SH", "")
    }

    assert open_on == {"NW": [False, True], "SH": [True, False], "": [True, True]}


def test_the_eves_may_be_days_like_any_other():
    eve = berlin("2026-12-24 10:00")

    assert calendar(closed_on_eves=False).is_open(eve)
    assert not calendar().is_open(eve)


def test_a_break_and_a_closed_week_are_no_working_time():
    shut = [(date(2026, 3, 9), date(2026, 3, 13))]
    with_break = calendar(week=BREAK, closed=shut)
    friday, monday = berlin("2026-03-06 11:00"), berlin("2026-03-16 10:00")

    assert not with_break.is_open(berlin("2026-03-06 12:30"))
    assert with_break.next_open(berlin("2026-03-06 12:30")) == berlin("2026-03-06 13:00")
    assert with_break.closes_at(friday) == berlin("2026-03-06 12:00")
    assert with_break.working_time_between(friday, monday) == timedelta(hours=7)
    assert with_break.working_time_between(monday, friday) == timedelta()
    assert with_break.add_working_time(friday, timedelta(hours=6)) == berlin("2026-03-06 18:00")
    assert with_break.add_working_time(friday, timedelta(hours=7)) == monday


@pytest.mark.parametrize("sunday", ["2026-03-29", "2026-10-25"])
def test_a_change_of_the_clocks_moves_no_hours(sunday):
    around = calendar(week={day: ((time(8), time(18)),) for day in range(7)})
    day = date.fromisoformat(sunday)
    before = berlin(f"{day - timedelta(days=1)} 17:00")

    assert around.is_open(berlin(f"{day} 08:00"))
    assert not around.is_open(berlin(f"{day} 07:59"))
    assert around.add_working_time(before, timedelta(hours=2)) == berlin(f"{day} 09:00")
    assert around.working_time_between(berlin(f"{day} 00:00"), berlin(f"{day} 23:59")) == timedelta(
        hours=10
    )


def test_who_never_opens_is_not_waited_for():
    never = calendar(week={})

    assert never.next_open(berlin("2026-03-06 12:30")) is None
    assert never.add_working_time(berlin("2026-03-06 12:30"), timedelta(hours=1)) is None


# --- what holds for all of them --------------------------------------------------------------

minutes = st.integers(0, 24 * 60 - 1)
hours = st.tuples(minutes, minutes).filter(lambda two: two[0] < two[1])
weeks = st.dictionaries(
    st.integers(0, 6),
    st.lists(hours.map(lambda two: tuple(time(n // 60, n % 60) for n in two)), max_size=3),
    min_size=1,
)
days = st.dates(date(2025, 12, 1), date(2027, 1, 31))
closed = st.lists(st.tuples(days, st.integers(0, 20)), max_size=2).map(
    lambda found: [(first, first + timedelta(days=n)) for first, n in found]
)
openings = st.builds(
    Opening,
    week=weeks,
    closed=closed,
    state=st.sampled_from(["", "BY", "SN", "BB"]),
    closed_on_eves=st.booleans(),
)
calendars = st.lists(openings, min_size=1, max_size=2).map(BusinessCalendar)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(), timedelta(hours=200))


@settings(max_examples=60)
@given(calendars, moments, spans)
def test_what_is_added_lies_between(calendar, moment, span):
    then = calendar.add_working_time(moment, span)

    if then is not None:
        assert then >= moment
        assert calendar.working_time_between(moment, then) == span
        earlier = then - timedelta(seconds=1)
        if span > timedelta(seconds=1):
            assert calendar.working_time_between(moment, earlier) < span


@settings(max_examples=60)
@given(calendars, moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar, moment):
    opens = calendar.next_open(moment)

    if opens is not None:
        assert opens >= moment
        assert calendar.is_open(opens)
        assert calendar.working_time_between(moment, opens) == timedelta()
        assert calendar.is_open(moment) == (opens == moment)


# --- as stored -------------------------------------------------------------------------------


def open_at(location, weekday, opens, closes):
    return OpeningHours.objects.create(
        dealer=location.dealer, location=location, weekday=weekday, opens=opens, closes=closes
    )


@pytest.mark.django_db
def test_many_locations_are_read_at_once(django_assert_num_queries):
    dealer = make_dealer()
    early, usual, shut = [make_location(dealer, state="NW") for _n in range(3)]
    open_at(early, Weekday.FRIDAY, time(6), time(11))
    open_at(early, Weekday.FRIDAY, time(12), time(14))
    ClosedDay.objects.create(
        dealer=dealer, location=shut, first_on=date(2026, 11, 20), last_on=date(2026, 11, 20)
    )
    make_location(dealer, is_active=False)
    with django_assert_num_queries(3):
        calendars = dealer_calendars(dealer.pk)

    friday = {
        pk: [one.is_open(berlin(f"2026-11-20 {at}")) for at in ("06:30", "11:30", "17:00")]
        for pk, one in calendars.by_location.items()
    }
    assert friday == {
        early.pk: [True, False, False],
        usual.pk: [False, True, True],
        shut.pk: [False, False, False],
    }
    assert calendars.of(None).is_open(berlin("2026-11-20 06:30"))
    assert not calendars.of(None).is_open(berlin("2026-11-22 10:00"))


@pytest.mark.django_db
def test_a_location_keeps_to_its_hours_alone():
    location = make_location(state="NW")
    open_at(location, Weekday.MONDAY, time(10), time(11))

    assert not calendars_of([location])[location.pk].is_working_day(date(2026, 11, 20))

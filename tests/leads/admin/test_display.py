"""How times, money and badges read."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from leads.admin.display import (
    ago,
    badge,
    due,
    mail_link,
    moment,
    money,
    month,
    phone_link,
    score_badge,
    span,
    status_badge,
    urgency_of,
)
from leads.models import Lead, Stage, Status
from leads.services.next_step import next_step

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 14, 15, 20, tzinfo=BERLIN)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def a_lead(stage=Stage.CONTACTED, **values):
    values = {"enquired_at": NOW - 2 * HOUR, "phone": "0221 4710123", "owner_id": 1, **values}
    return Lead(status=Status(name="Egal", stage=stage), **values)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=3), "1 min."),
        (timedelta(minutes=59), "59 min."),
        (timedelta(minutes=60), "1 hr."),
        (timedelta(hours=23, minutes=59), "23 hrs."),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_a_span_has_one_unit(length, words):
    assert span(length) == words


@pytest.mark.parametrize(
    ("at", "words", "tone"),
    [
        (NOW - timedelta(days=2), "overdue for 2 days", "red"),
        (NOW - timedelta(seconds=1), "overdue for 1 min.", "red"),
        (NOW + timedelta(minutes=12), "due in 12 min.", "amber"),
        (NOW + 2 * HOUR, "today 17:20", ""),
        (NOW + timedelta(days=1), "tomorrow 15:20", ""),
        (NOW + timedelta(days=2), "Mon, Mar 16, 15:20", ""),
    ],
)
def test_a_due_time_says_how_pressing_it_is(at, words, tone):
    shown = due(at, now=NOW)

    assert (shown.words, shown.tone) == (words, tone)


def test_today_is_the_day_of_the_office_and_not_of_greenwich():
    late = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)  # 23:00 in Berlin

    assert due(late + timedelta(minutes=90), now=late).words == "tomorrow 00:30"


def test_a_moment_names_the_year_only_if_it_is_another():
    assert moment(NOW, now=NOW) == "Sat, Mar 14, 15:20"
    assert moment(NOW.replace(year=2025), now=NOW) == "Fri, Mar 14, 2025, 15:20"


def test_ago_is_for_a_day_at_most():
    assert ago(NOW - timedelta(minutes=12), now=NOW) == "12 min. ago"
    assert ago(NOW - timedelta(days=1), now=NOW) == "Fri, Mar 13, 15:20"
    assert ago(NOW + HOUR, now=NOW) == "Sat, Mar 14, 16:20"


def test_what_presses_most_comes_first():
    overdue = a_lead(follow_up_at=NOW - HOUR)
    waiting = a_lead(follow_up_at=NOW + HOUR * 30)
    answered = a_lead(follow_up_at=NOW + HOUR * 2, first_response_at=NOW - HOUR)

    assert urgency_of(overdue, now=NOW).words == "overdue for 1 hr."
    assert urgency_of(waiting, now=NOW).words == "waiting for 2 hrs."
    assert urgency_of(answered, now=NOW).words == "today 17:20"
    assert urgency_of(a_lead(first_response_at=NOW), now=NOW) is None
    assert urgency_of(a_lead(Stage.WON, follow_up_at=NOW - HOUR), now=NOW) is None


@pytest.mark.parametrize(
    ("lead", "step"),
    [
        (a_lead(Stage.LOST), ""),
        (a_lead(owner_id=None), "Assign"),
        (a_lead(phone=""), "Find contact data"),
        (a_lead(callback_wished=True), "Call back"),
        (a_lead(test_drive_wished=True), "Arrange the test drive"),
        (a_lead(), "Call"),
        (a_lead(phone="", email_key="e@example.org"), "Write an e-mail"),
        (a_lead(Stage.OFFER, first_response_at=NOW), "Ask about the offer"),
        (a_lead(first_response_at=NOW, follow_up_at=NOW), "Follow up"),
        (a_lead(first_response_at=NOW), "Set a follow-up"),
    ],
)
def test_every_open_lead_has_a_next_step(lead, step):
    assert str(next_step(lead)) == step


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (Decimal("21990.00"), "€21,990"),
        (Decimal("1234567.50"), "€1,234,567.50"),
        (Decimal(0), "€0"),
    ],
)
def test_money_shows_cents_only_if_there_are_any(value, words):
    assert money(value) == words


@pytest.mark.parametrize(
    ("score", "shown"), [(86, "lo-red"), (61, "lo-amber"), (34, "lo-blue"), (8, "lo-grey")]
)
def test_a_score_is_a_word_a_number_and_a_colour(score, shown):
    lead = Lead(score=score)

    assert shown in score_badge(lead)
    assert f"{lead.grade.label.capitalize()} {score}" in score_badge(lead)


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        (Stage.NEW, "lo-blue"),
        (Stage.OFFER, "lo-violet"),
        (Stage.WON, "lo-green"),
        (Stage.LOST, "lo-grey"),
        (Stage.INVALID, "lo-struck"),
    ],
)
def test_a_status_has_the_colour_of_its_stage(stage, shown):
    assert shown in status_badge(Status(name="Eigener Name", stage=stage))
    assert "Eigener Name" in status_badge(Status(name="Eigener Name", stage=stage))


def test_links_call_and_write_and_never_carry_markup():
    assert 'href="tel:+492214710123"' in phone_link("0221/4710123")
    assert phone_link("bitte abends") == "bitte abends"
    assert 'href="mailto:e.test@example.org"' in mail_link("e.test@example.org")
    assert "<" not in mail_link('"><script>@example.org').removeprefix("<a").split(">")[0]
    assert badge("<b>", "grey") == '<span class="lo-badge lo-grey" title="">&lt;b&gt;</span>'


def test_a_month_reads_as_on_the_car_papers():
    assert month("2024-05") == "05/2024"
    assert month("unbekannt") == "unbekannt"

"""Crontab lines: what is taken, when they come, and how they read."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from leads.background import crontab

NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)


def at(text, *, fold=0):
    # In UTC: Python finds times that come twice equal to nothing elsewhere.
    return timezone.make_aware(datetime.fromisoformat(text)).replace(fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("* * * * *", "jede Minute"),
        ("*/5 * * * *", "alle 5 Minuten"),
        ("3-59/5 7-19 * * 1-6", "alle 5 Minuten, von 7:03 bis 19:58 Uhr, Montag bis Samstag"),
        ("17 3 * * *", "um 3:17 Uhr, täglich"),
        ("17 * * * *", "jede Stunde zur Minute 17"),
        ("0 */2 * * *", "alle 2 Stunden zur Minute 0"),
        ("0 8,12,16 * * MON-FRI", "um 8:00, 12:00 und 16:00 Uhr, Montag bis Freitag"),
        ("0 9 * * 0,6", "um 9:00 Uhr, Samstag und Sonntag"),
        ("0 6 1,15 */6 *", "um 6:00 Uhr, am 1. und 15. des Monats, Januar und Juli"),
        # No simple words: field by field.
        ("0 6 * * 5L", "Minute 0, Stunde 6, Tag *, Monat *, Wochentag 5L"),
        ("0 6 1 * 1", "Minute 0, Stunde 6, Tag 1, Monat *, Wochentag 1"),
    ],
)
def test_a_line_reads_as_a_sentence(line, words):
    crontab.check(line, now=NOW)
    assert crontab.describe(line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("@daily", "fünf Felder"),
        ("5 4 * *", "keine Crontab-Zeile"),
        ("0 5 4 * * *", "keine Crontab-Zeile"),  # with seconds
        ("* * * * * rm", "keine Crontab-Zeile"),
        ("61 * * * *", "die Minute (0–59)"),
        ("*/0 * * * *", "die Minute (0–59)"),
        ("0 24 * * *", "die Stunde (0–23)"),
        ("0 0 31 2 *", "der Tag (1–31)"),
        ("0 0 1 13 *", "der Monat (1–12)"),
        ("0 0 * * 8", "der Wochentag (0–7"),
        ("0 0 * * MON#1/2", "der Wochentag (0–7"),
        ("1-2-3 * * * *", "die Minute"),
        ("9" * 5000 + " * * * *", "keine Crontab-Zeile"),
        ("٣ * * * *", "keine Crontab-Zeile"),
    ],
)
def test_what_is_no_line_is_refused_in_words(line, words):
    with pytest.raises(crontab.BadCrontab, match=re.escape(words)):
        crontab.check(line, now=NOW)


def test_several_lines_come_in_turn():
    lines = crontab.lines_of("0  8 * * 1-5\n\n 30 12 * * *\n")
    friday = at("2026-03-06 13:00")

    assert crontab.next_slots(lines, friday, 3) == [
        at("2026-03-07 12:30"),
        at("2026-03-08 12:30"),
        at("2026-03-09 08:00"),
    ]
    assert crontab.last_slots(lines, friday, 2) == [at("2026-03-06 12:30"), at("2026-03-06 08:00")]


def slots(line, start, hours):
    found, moment = [], start
    while (moment := crontab.next_slots([line], moment, 1)[0]) < start + timedelta(hours=hours):
        found.append(moment)
    return found


def test_a_fixed_time_comes_once_in_each_night_of_the_clocks():
    autumn, spring = datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert slots("30 2 * * *", autumn, 24) == [at("2026-10-25 02:30")]  # the first of two
    assert slots("30 2 * * *", spring, 24) == [at("2026-03-29 03:00")]  # there is no 02:30
    # Saved in the hour that comes a second time: the next one is tomorrow's, none is in the past.
    again = at("2026-10-25 02:20", fold=1)
    assert crontab.next_slots(["30 2 * * *"], again, 1) == [at("2026-10-26 02:30")]


def test_every_ten_minutes_is_that_in_each_night_of_the_clocks():
    for start in (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC)):
        found = slots("*/10 * * * *", start, 6)

        assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=10)}

"""The opening hours of a location, on its page; and who is named for mails."""

from datetime import date, time

import pytest
from django.urls import reverse

from leads.models import ClosedDay, Membership, OpeningHours, Role, Severity
from tests import builders
from tests.leads.admin.conftest import text_of

HOURS = ("weekday", "opens", "closes")
DAYS = ("first_on", "last_on", "name")


@pytest.fixture
def location(office):
    return builders.make_location(office.ours, name="Stammhaus", state="NW")


@pytest.fixture
def administrator(office):
    return builders.make_user(office.ours, role=Role.ADMINISTRATOR)


def url(row):
    return reverse(f"admin:leads_{row._meta.model_name}_change", args=[row.pk])


def rows(prefix, said, *, stored=0):
    filled = {
        f"{prefix}-{place}-{name}": value
        for place, one in enumerate(said)
        for name, value in one.items()
    }
    return {
        f"{prefix}-TOTAL_FORMS": len(said),
        f"{prefix}-INITIAL_FORMS": stored,
        **filled,
    }


def shown(field):
    return field.field.widget.format_value(field.value())


def filled(hours=(), closed=()):
    return {
        "name": "Stammhaus",
        "is_active": "on",
        "state": "NW",
        **rows("opening_hours", [dict(zip(HOURS, one, strict=True)) for one in hours]),
        **rows("closed_days", [dict(zip(DAYS, one, strict=True)) for one in closed]),
    }


def test_the_usual_hours_are_shown_and_kept_when_saved(browse, location, administrator):
    client = browse(administrator)
    formset = client.get(url(location)).context["inline_admin_formsets"][0].formset
    hours = [[shown(form[name]) for name in HOURS] for form in formset.extra_forms]
    assert hours[0] == [["0"], "08:00", "18:00"]
    hours = [(day, *times) for [day], *times in hours]
    assert client.post(url(location), filled(hours)).status_code == 302

    kept = OpeningHours.objects.for_dealer(location.dealer).values_list(
        "weekday", "opens", "closes"
    )
    assert list(kept) == [(day, time(8), time(18)) for day in range(5)] + [(5, time(9), time(13))]
    again = client.get(url(location)).context["inline_admin_formsets"][0].formset
    assert (len(again.initial_forms), len(again.extra_forms)) == (6, 0)


def test_hours_with_a_break_and_closed_days_are_stored(browse, location, administrator):
    hours = [("0", "8", "12:30"), ("0", "13.30", "18:00")]
    closed = [("2026-02-16", "", "Rosenmontag"), ("2026-07-27", "2026-08-07", "Betriebsferien")]
    answer = browse(administrator).post(url(location), filled(hours, closed))

    assert answer.status_code == 302
    kept = OpeningHours.objects.filter(location=location).values_list("opens", "closes")
    assert list(kept) == [(time(8), time(12, 30)), (time(13, 30), time(18))]
    days = ClosedDay.objects.filter(location=location).values_list("first_on", "last_on")
    assert list(days) == [
        (date(2026, 2, 16), date(2026, 2, 16)),
        (date(2026, 7, 27), date(2026, 8, 7)),
    ]


@pytest.mark.parametrize(
    ("hours", "closed", "words"),
    [
        ([("0", "08:00", "12:00"), ("0", "11:00", "18:00")], [], "This overlaps with"),
        ([("0", "18:00", "08:00")], [], "It must close after it opens."),
        ([], [("2026-08-07", "2026-07-27", "")], "It must not end before it begins."),
    ],
)
def test_what_cannot_be_is_refused_in_words(browse, location, administrator, hours, closed, words):
    answer = browse(administrator).post(url(location), filled(hours, closed))

    assert answer.status_code == 200
    assert words in text_of(answer)
    assert not OpeningHours.objects.exists()


def test_others_look_at_the_hours_and_strangers_at_nothing(browse, office, location):
    OpeningHours.objects.create(
        dealer=office.ours, location=location, weekday=0, opens=time(7, 15), closes=time(16)
    )
    seller = builders.make_user(office.ours)
    stranger = builders.make_user(office.theirs, role=Role.ADMINISTRATOR)

    assert "7:15" in text_of(browse(seller).get(url(location)))
    assert browse(seller).post(url(location), filled()).status_code == 403
    assert browse(stranger).get(url(location)).status_code == 404
    assert OpeningHours.objects.count() == 1


@pytest.mark.parametrize(("email", "is_named"), [("leitung@example.org", True), ("", False)])
def test_who_is_named_for_mails_has_an_address(browse, office, administrator, email, is_named):
    user = builders.make_user(office.ours, role=Role.MANAGER, email=email)
    membership = Membership.objects.get(user=user)
    said = {"role": "manager", "is_active": "on", "told_of_findings_from": Severity.ERROR}
    answer = browse(administrator).post(url(membership), said)

    membership.refresh_from_db()
    assert (membership.told_of_findings_from == Severity.ERROR) == is_named
    assert ("no e-mail address" in text_of(answer)) != is_named

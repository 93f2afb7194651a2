"""What must be true before a lead may be handed over, and what people are told otherwise."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from integrations.drklein.outgoing import Entries
from integrations.models import Connection, Handover
from leads.models import Lead
from tests.builders import make_consent
from tests.integrations.drklein.conftest import BORN, make_desk

pytestmark = pytest.mark.django_db


def problems(desk, *, entries=None, **values):
    Lead.objects.filter(pk=desk.lead.pk).update(**values) if values else None
    prepared = desk.prepare(entries=entries)
    return [one.text for one in prepared.conditions if not one.is_met]


def years_ago(years, *, days=0):
    today = timezone.localdate()
    return date(today.year - years, today.month, min(today.day, 28)) + timedelta(days=days)


def test_a_complete_lead_is_ready(desk):
    assert problems(desk) == []
    assert desk.prepare().is_ready


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"last_name": ""}, "Name"),
        ({"finance_kind": "leasing"}, "leasen"),
        ({"email": ""}, "E-Mail"),
        ({"email": "max@"}, "E-Mail"),
        ({"consents": []}, "Einwilligung"),
        ({"consents": [make_consent(granted=False)]}, "Einwilligung"),
        ({"consents": [make_consent(purpose="contact_phone")]}, "Einwilligung"),
        ({"consents": [make_consent(text="")]}, "Einwilligung"),
        ({"consents": [make_consent(granted_at=None)]}, "Einwilligung"),
        ({"consents": [make_consent(granted_at="gestern")]}, "Einwilligung"),
        ({"consents": [make_consent(granted_at="2999-01-01T00:00:00+00:00")]}, "Einwilligung"),
        ({"consents": [make_consent(), make_consent(granted=False)]}, "Einwilligung"),
    ],
)
def test_what_a_lead_lacks_is_said_with_what_to_do(desk, values, words):
    [problem] = problems(desk, **values)

    assert words in problem
    assert problem.endswith(".")


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (None, "erfragen"),
        (years_ago(18, days=2), "volljährig"),
        (years_ago(-1), "stimmen"),
        (date(1850, 1, 1), "stimmen"),
    ],
)
def test_only_who_is_known_to_be_of_age(desk, born, words):
    [problem] = problems(desk, entries=Entries(birth_date=born))

    assert words in problem
    assert problems(desk, entries=Entries(birth_date=years_ago(18))) == []


@pytest.mark.parametrize(
    "comment",
    [
        "Kreditvoreinschätzung war negativ",
        "KVE negativ, bitte trotzdem prüfen",
        "Schufa-Eintrag vorhanden",
        "Bonität schlecht",
        "Pre-Check failed",
    ],
)
def test_a_comment_about_creditworthiness_stays_here(desk, comment):
    [problem] = problems(desk, entries=Entries(birth_date=BORN, comment=comment))

    assert "Bonität" in problem


def test_profile_a_needs_no_address_for_mail(db, partner):
    desk = make_desk(partner, profile="a")

    assert problems(desk, email="") == []


def test_a_test_lead_never_becomes_real_business(db, partner):
    [problem] = problems(make_desk(partner, mode="live"), is_test=True)
    assert "Testanfrage" in problem
    assert problems(make_desk(partner), is_test=True) == []


@pytest.mark.parametrize(("profile", "column"), [("a", "adviser_number"), ("b", "case_source")])
def test_an_incomplete_account_is_named(db, partner, profile, column):
    [problem] = problems(make_desk(partner, profile=profile, **{column: ""}))

    assert "unvollständig" in problem


def test_a_case_that_is_there_needs_the_word_again(desk):
    desk.order()
    desk.send()
    [problem] = problems(desk)
    assert "DK0001" in problem

    again = Entries(birth_date=BORN, again=True)
    assert problems(desk, entries=again) == []
    assert desk.order(entries=again)


def test_a_test_case_does_not_stand_in_the_way_of_the_real_one(desk):
    desk.order()
    desk.send()
    Connection.objects.filter(pk=desk.account.pk).update(mode="live")
    desk.account.refresh_from_db()

    assert problems(desk) == []


@pytest.mark.parametrize(
    ("state", "is_blocking"),
    [
        (Handover.State.WAITING, True),
        (Handover.State.SENDING, True),
        (Handover.State.UNKNOWN, True),
        (Handover.State.REJECTED, False),
        (Handover.State.BLOCKED, False),
        (Handover.State.NOT_ARRIVED, False),
        (Handover.State.WITHDRAWN, False),
        (Handover.State.GIVEN_UP, False),
    ],
)
def test_only_what_is_open_keeps_others_away(desk, state, is_blocking):
    desk.order()
    Handover.objects.update(state=state)

    assert bool(problems(desk)) == is_blocking

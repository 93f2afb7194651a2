"""The start page's card about the exports."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from integrations.automanager.findings import acknowledge
from integrations.automanager.instructions import step_of
from integrations.models import ExportCheck, Finding, Severity
from leads.admin.start_exports import SHOWN
from leads.models import Location, Role
from tests import builders
from tests.integrations.automanager.nursery import (
    CODE,
    app,
    car,
    look,
    make_automanager,
    refusal,
    sent,
)
from tests.leads.admin.conftest import text_of

LOCK = {"since": "2026-03-04T07:12:00+01:00", "action": "delete", "limit": 6, "actual": 8}


def refused(n):
    return sent(n, result="error", action="create", feedback=[refusal()])


def start(browse, user):
    return browse(user).get("/admin/")


def card(browse, user):
    return start(browse, user).context["exports"]


@pytest.fixture
def exports(office):
    return make_automanager(office.ours)


@pytest.fixture
def seller(office):
    return builders.make_user(office.ours)


def test_many_refused_cars_do_not_hide_the_lock(browse, office, exports, seller):
    builders.make_lead(office.ours)
    apps = [app(state="locked", lock=LOCK, pending={"create": 9, "change": 0, "delete": 0})]
    look(exports, apps=apps, sends=[refused(n) for n in range(9)], stock="missing")

    response = start(browse, seller)

    found = response.context["exports"]["findings"]
    assert len(found) == len({one["title"] for one in found}) <= SHOWN
    assert found[0]["title"] == "Interface locked"
    assert found[0]["about"].startswith("mobile.de 123456 · ")
    [refusals] = [one for one in found if one["title"] == "Car refused by the platform"]
    text = text_of(response)
    assert str(refusals["more"]) == "and 8 more"
    listed = browse(seller).get(refusals["more_url"]).context["cl"]
    assert listed.result_count == 9
    for one in found:
        assert one["sentence"] in text
        assert one["url"] in text
    assert step_of("AM-20") in text


def test_it_leads_to_the_car_and_to_all_findings(browse, office, exports, seller):
    stock_car = builders.make_vehicle(office.ours, internal_number="A-1")
    look(exports, sends=[refused(1)])

    found = card(browse, seller)

    [link] = found["findings"][0]["links"]
    assert link.url == f"/admin/leads/vehicle/{stock_car.pk}/change/"
    assert browse(seller).get(found["url"]).status_code == 200


def test_what_was_acknowledged_is_quiet(browse, exports, seller):
    look(exports, sends=[refused(1)])
    acknowledge(Finding.objects.all(), note="Bekannt.", by=seller, now=timezone.now())

    assert card(browse, seller)["findings"] == []


def test_who_works_at_one_location_sees_its_findings(browse, office, exports):
    here = builders.make_location(office.ours)
    look(exports, sends=[refused(1)])

    def seen(*locations):
        user = builders.make_user()
        builders.make_membership(office.ours, user, role=Role.SELLER, locations=locations)
        return [one["title"] for one in card(browse, user)["findings"]]

    there = Location.objects.get(automanager_code=CODE)
    assert "Car refused by the platform" in seen(there)
    assert "Car refused by the platform" not in seen(here)
    Finding.objects.update(location=None)
    assert "Car refused by the platform" in seen(here)


def test_another_dealers_trouble_is_theirs(browse, office, seller):
    look(make_automanager(office.theirs), sends=[refused(1)])

    assert card(browse, seller) is None


def test_the_operator_sees_all_dealers_by_name(browse, office, exports):
    theirs = make_automanager(office.theirs)
    look(exports, sends=[refused(1)])
    look(theirs, sends=[refused(1)])

    found = card(browse, builders.make_user(is_superuser=True))["findings"]

    [refusals] = [one for one in found if one["title"] == "Car refused by the platform"]
    assert str(refusals["more"]) == "and 1 more"
    assert office.theirs.name in refusals["about"]


@pytest.mark.parametrize("has_leads", [True, False])
def test_a_calm_line_when_nothing_is_open(browse, office, exports, seller, has_leads):
    if has_leads:
        builders.make_lead(office.ours)
    assert "not checked yet" in text_of(start(browse, seller))

    look(exports, stock=[car()], now=timezone.now() - timedelta(minutes=12))
    Finding.objects.all().delete()  # the answers are older than this check

    response = start(browse, seller)
    assert response.context["exports"]["findings"] == []
    assert "Nothing is open." in text_of(response)
    assert "last checked: 12 min. ago" in text_of(response)


def test_of_two_accounts_the_one_checked_longest_ago_counts(browse, office, exports, seller):
    other = make_automanager(office.ours, code="ANDERS", name="Zweites Konto")
    now = timezone.now()
    for one, hours in ((exports, 1), (other, 5)):
        look(one, now=now - timedelta(hours=hours))
    assert card(browse, seller)["checked"] == "5 hrs. ago"

    # One that failed is no look.
    ExportCheck.objects.filter(connection=other).update(
        state=ExportCheck.State.FAILED, error="", finished_at=F("started_at")
    )
    assert card(browse, seller)["checked"] == ""


def test_without_automanager_there_is_no_card(browse, office, exports, seller):
    exports.is_active = False
    exports.save()
    assert card(browse, seller) is None

    # What was found before it was switched off is still true.
    look(exports, sends=[refused(1)])
    assert card(browse, seller)["findings"][0]["severity"] == Severity.ERROR.word

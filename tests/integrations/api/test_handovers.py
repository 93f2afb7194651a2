"""How a lead was passed on to Dr. Klein, over the API; the partner is the simulator."""

import pytest
from django.utils import timezone

from integrations.models import Handover
from leads.models import Scope
from leads.services.merging import merge_leads
from tests.builders import make_lead
from tests.integrations.drklein.conftest import make_desk
from tests.leads.api.conftest import ApiClient, problem

__all__ = ["problem"]

MESSAGE = "antragsteller1.herkunft.steuerId: Wert wurde nicht übernommen"


@pytest.fixture
def desk(db, partner):
    return make_desk(partner)


@pytest.fixture
def api(desk):
    return ApiClient(desk.dealer, scopes=[Scope.LEADS_READ])


def address(lead):
    return f"/api/v1/leads/{lead.pk}/handovers/"


def test_a_handover_shows_where_it_stands_and_not_what_was_sent(desk, api, partner):
    partner.drklein.messages = [MESSAGE]
    desk.order()
    [waiting] = api.get(address(desk.lead)).json()["results"]
    desk.send()

    [row] = api.get(address(desk.lead)).json()["results"]

    stored = Handover.objects.get()
    assert (waiting["state"], waiting["case_number"], waiting["settled_at"]) == (
        "waiting",
        None,
        None,
    )
    assert row.pop("settled_at") >= row.pop("ordered_at")
    assert row == {
        "id": stored.pk,
        "state": "forwarded",
        "mode": "test",
        "profile": stored.profile,
        "case_number": stored.case_number,
        "messages": [MESSAGE],
        "problem": None,
        "attempts": 1,
        "ordered_by": desk.manager.email,
    }
    assert stored.case_number


def test_handovers_of_a_lead_that_was_merged_stay_with_it(desk, api):
    desk.order()
    desk.send()
    heir = make_lead(desk.dealer, customer=desk.lead.customer)
    merge_leads(heir, desk.lead, values={}, by=desk.manager, now=timezone.now())

    moved = api.get(address(desk.lead))
    assert (moved.status_code, moved["Location"].endswith(address(heir))) == (301, True)
    [row] = api.get(address(heir)).json()["results"]
    assert row["state"] == "forwarded"
    assert api.get(address(heir), {"state": "unknown"}).json()["results"] == []


def test_only_who_reads_leads_of_this_dealer_sees_them(desk, api, problem, partner):
    desk.order()
    other = make_desk(partner)

    stranger = ApiClient(other.dealer, scopes=[Scope.LEADS_READ])
    problem(stranger.get(address(desk.lead)), 404)
    assert stranger.get(address(other.lead)).json()["results"] == []
    writer = ApiClient(desk.dealer, scopes=[Scope.LEADS_WRITE])
    assert problem(writer.get(address(desk.lead)), 403)["code"] == "missing_scope"
    problem(api.get(address(desk.lead), {"farbe": "rot"}), 400)
    assert api.send("POST", address(desk.lead), {}).status_code == 405

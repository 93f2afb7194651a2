"""An entry of the ledger that came by the API is read once more."""

import pytest
from django.utils import timezone

from leads.api.replaying import draft_of_entry
from leads.models import IntakeEntry, Lead, Outcome
from leads.services.intake import Unusable, process
from tests.builders import make_customer, make_dealer, make_entry
from tests.leads.api.conftest import LEADS


def replay(entry):
    now = timezone.now()
    process(entry.dealer, [entry], lambda one: draft_of_entry(one, now=now), now=now)
    entry.refresh_from_db()
    return entry


def test_a_corrected_message_becomes_a_lead(api):
    api.post({"titel": 5, "externe_id": "w-1"})
    entry = IntakeEntry.objects.get()
    entry.corrected = '{"titel": "Golf", "externe_id": "w-1"}'
    entry.save()

    assert replay(entry).outcome == Outcome.CREATED
    lead = Lead.objects.get()
    assert (lead.subject, lead.sender, lead.external_id) == ("Golf", "api:website", "w-1")


def test_the_number_of_the_address_is_not_lost(api):
    api.send("PUT", f"{LEADS}by-external-id/w-1/", {"titel": "Golf"})
    [first] = Lead.objects.all()

    replay(IntakeEntry.objects.get())

    assert Lead.objects.get() == first


@pytest.mark.parametrize("raw", ["{", "{}", '{"titel": 5}', '{"leads": []}', ""])
def test_what_still_cannot_be_used_says_why(db, raw):
    with pytest.raises(Unusable, match=r"."):
        draft_of_entry(make_entry(raw=raw, outside_id=""), now=timezone.now())


def test_it_stays_behind_the_wall(db):
    theirs = make_customer(make_dealer())
    entry = make_entry(raw={"titel": "Golf", "kunde": {"id": theirs.pk}})

    with pytest.raises(Unusable):
        draft_of_entry(entry, now=timezone.now())

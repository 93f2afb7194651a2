"""What staff have set stays when an older write from outside comes (guide, §3)."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import Lead, Outcome
from leads.models.warning import warning_text
from leads.services.handling import assign_leads, record_change, set_status
from leads.services.receiving import receive
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def seller(dealer):
    return builders.make_user(dealer)


def tell(dealer, *, now=NOW, **values):
    values = {"external_id": "crm-1", "contact": {"last_name": "Groß"}, **values}
    [receipt] = receive(dealer, [builders.make_draft(**values)], now=now)
    return receipt


def of(lead):
    return Lead.objects.filter(pk=lead.pk)


def test_the_status_that_a_colleague_has_set_stays(dealer, seller):
    lead = tell(dealer).lead
    set_status(of(lead), builders.shared_status("offer"), by=seller, now=NOW)

    receipt = tell(dealer, now=NOW + HOUR, status="Neu", message="Neuer Text")

    assert receipt.outcome == Outcome.UPDATED
    lead.refresh_from_db()
    assert (lead.status.key, lead.message) == ("offer", "Neuer Text")
    [warning] = [one for one in lead.warnings if one["code"] == "staff_value_kept"]
    assert warning_text(warning) == "A colleague has set status in the meantime; that stays."


@pytest.mark.parametrize(
    ("changed_at", "expected"), [(NOW - HOUR, "offer"), (NOW, "offer"), (NOW + HOUR, "new")]
)
def test_the_later_change_wins_if_the_sender_says_when(dealer, seller, changed_at, expected):
    lead = tell(dealer).lead
    set_status(of(lead), builders.shared_status("offer"), by=seller, now=NOW)

    tell(dealer, now=NOW + 2 * HOUR, status="Neu", changed_at=changed_at)

    lead.refresh_from_db()
    assert lead.status.key == expected


def test_who_has_seen_the_lead_as_it_is_may_change_it(dealer, seller):
    lead = tell(dealer).lead
    set_status(of(lead), builders.shared_status("offer"), by=seller, now=NOW)

    tell(dealer, now=NOW + HOUR, status="Neu", overrides_staff=True)

    lead.refresh_from_db()
    assert (lead.status.key, "status" in lead.staff_values) == ("new", False)


def test_the_owner_and_every_edited_field_stay(dealer, seller):
    other = builders.make_user(dealer)
    lead = tell(dealer, owner_email=other.email).lead
    assign_leads(of(lead), seller, by=seller, now=NOW)
    lead.refresh_from_db()
    lead.last_name, lead.probability = "Größling", 70
    record_change(lead, ["last_name", "probability"], by=seller, now=NOW)

    tell(dealer, now=NOW + HOUR, owner_email=other.email, probability=10, subject="Neuer Titel")

    lead.refresh_from_db()
    assert (lead.owner, lead.last_name, lead.probability) == (seller, "Größling", 70)
    assert lead.subject == "Neuer Titel"


def test_the_same_value_is_nothing_to_warn_about(dealer, seller):
    lead = tell(dealer).lead
    set_status(of(lead), builders.shared_status("offer"), by=seller, now=NOW)

    tell(dealer, now=NOW + HOUR, status="Angebot")

    lead.refresh_from_db()
    assert not [one for one in lead.warnings if one["code"] == "staff_value_kept"]


def test_what_another_channel_has_set_is_not_staffs(dealer):
    lead = tell(dealer, status="Angebot").lead

    tell(dealer, now=NOW + HOUR, status="Neu")

    lead.refresh_from_db()
    assert lead.status.key == "new"


def test_a_form_saved_late_keeps_what_came_in_meanwhile(dealer, seller):
    lead = tell(dealer, message="Alt").lead
    opened = Lead.objects.get()
    tell(dealer, now=NOW + HOUR, message="Neu aus dem Netz")

    opened.subject = "Von Hand"
    record_change(opened, ["subject"], by=seller, now=NOW + HOUR)

    lead.refresh_from_db()
    assert (lead.subject, lead.message) == ("Von Hand", "Neu aus dem Netz")
    assert lead.version == 3

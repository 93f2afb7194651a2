"""An unknown name gets a meaning: for later leads, and for those that wait; never across a wall."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Activity, Enquiry, Event, Lead, LeadType, Source, Status, UnmappedName
from leads.services.assigning import (
    WrongEntry,
    assign_name,
    create_entry,
    leave_name,
    reopen_name,
)
from leads.services.changing import change_lead
from leads.services.drafts import ContactDraft
from leads.services.merging import merge_leads
from leads.services.receiving import receive
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def chief(dealer):
    return builders.make_user(dealer)


def take(dealer, now=NOW, **said):
    draft = builders.make_draft(creates_entries=False, **said)
    [receipt] = receive(dealer, [draft], now=now)
    return receipt.lead


def name(dealer, kind):
    return UnmappedName.objects.for_dealer(dealer).get(kind=kind)


def source_of(dealer, text, **values):
    return Source.objects.create(dealer=dealer, name=text, **values)


def test_a_source_is_set_on_what_waits_and_found_from_then_on(dealer, chief):
    lead = take(dealer, source="LinkedIn Ads")
    target = builders.shared_source("autoscout24")

    changed = assign_name(name(dealer, "source"), target, by=chief, now=LATER)
    lead.refresh_from_db()

    assert changed == 1
    assert lead.source == target
    assert Enquiry.objects.get(lead=lead).source == target
    assert [one["code"] for one in lead.warnings] == []
    assert lead.version == 2
    assert lead.history.first().history_user == chief
    told = Event.objects.filter(lead_id=lead.pk).order_by("pk").last()
    assert (told.kind, told.data, told.user) == ("lead.updated", {"changed": ["source"]}, chief)
    assert Activity.objects.get(lead=lead).text == "Changed: source."
    assert take(dealer, source="linkedin  ads").source == target
    decided = name(dealer, "source")
    assert (decided.target, decided.decided_by, decided.decided_at) == (target, chief, LATER)


def test_the_name_means_nothing_at_another_dealer(dealer, chief):
    other = builders.make_dealer()
    take(dealer, source="LinkedIn")
    theirs = take(other, source="LinkedIn")
    target = builders.shared_source("autoscout24")

    assign_name(name(dealer, "source"), target, by=chief, now=LATER)

    theirs.refresh_from_db()
    assert theirs.source.key == "website"
    assert take(other, source="LinkedIn").source.key == "website"
    target.refresh_from_db()
    assert "LinkedIn" not in target.aliases


def test_what_staff_have_set_stays(dealer, chief):
    lead, other = take(dealer, source="LinkedIn"), take(dealer, source="LinkedIn")
    Lead.objects.filter(pk=lead.pk).update(staff_values={"source": NOW.isoformat()})
    Lead.objects.filter(pk=other.pk).update(source=source_of(dealer, "Messe"))

    changed = assign_name(
        name(dealer, "source"), builders.shared_source("autoscout24"), by=chief, now=LATER
    )

    assert Lead.objects.get(pk=lead.pk).source.key == "website"
    assert Lead.objects.get(pk=other.pk).source.name == "Messe"
    # How it came is another matter.
    assert changed == 2
    assert {one.source.key for one in Enquiry.objects.all()} == {"autoscout24"}
    texts = {one.text for one in Activity.objects.all()}
    assert texts == {"Changed for an enquiry: source."}


# --- cases with several enquiries -----------------------------------------------------------------


JANA = {"last_name": "Groß", "email": "jana@example.org"}


def social(dealer, chief):
    """Says what the unknown source means; how many leads were put right."""
    return assign_name(name(dealer, "source"), source_of(dealer, "Social"), by=chief, now=LATER)


def sources(lead):
    """Of the lead, then of its enquiries in the order in which they came."""
    lead.refresh_from_db()
    return [lead.source.name, *(one.source.name for one in lead.enquiries.order_by("pk"))]


def test_the_enquiry_that_came_with_the_name_gets_it_and_its_case_if_it_was_the_first(
    dealer, chief
):
    lead = take(dealer, source="LinkedIn", contact=JANA)
    assert take(dealer, source="mobile.de", contact=JANA) == lead
    assert take(dealer, contact=JANA) == lead

    assert (
        assign_name(name(dealer, "source"), source_of(dealer, "Social"), by=chief, now=LATER) == 1
    )

    assert sources(lead) == ["Social", "Social", "mobile.de", "Website"]


def test_a_later_enquiry_gets_it_alone_and_nothing_is_odd_any_more(dealer, chief):
    lead = take(dealer, source="mobile.de", contact=JANA)
    take(dealer, source="LinkedIn", contact=JANA)
    lead.refresh_from_db()
    assert [one["code"] for one in lead.warnings] == ["name_not_created"]

    assert (
        assign_name(name(dealer, "source"), source_of(dealer, "Social"), by=chief, now=LATER) == 1
    )

    assert sources(lead) == ["mobile.de", "mobile.de", "Social"]
    assert lead.warnings == []
    told = Event.objects.filter(lead_id=lead.pk).order_by("pk").last()
    assert (told.kind, told.data) == ("lead.updated", {"changed": ["enquiries"]})


def test_a_usual_source_that_was_meant_is_not_taken_for_an_unknown_one(dealer, chief):
    lead = take(dealer, contact=JANA)
    take(dealer, source="LinkedIn", contact=JANA)

    social(dealer, chief)

    assert sources(lead) == ["Website", "Website", "Social"]


def test_what_staff_have_set_stays_and_the_enquiry_says_how_it_came(dealer, chief):
    lead = take(dealer, source="LinkedIn", contact=JANA)
    take(dealer, contact=JANA)
    messe = source_of(dealer, "Messe")
    Lead.objects.filter(pk=lead.pk).update(source=messe, staff_values={"source": NOW.isoformat()})

    social(dealer, chief)

    assert sources(lead) == ["Messe", "Social", "Website"]


def test_assigned_anew_the_enquiries_follow_too(dealer, chief):
    lead = take(dealer, source="mobile.de", contact=JANA)
    take(dealer, source="LinkedIn", contact=JANA)
    assign_name(name(dealer, "source"), source_of(dealer, "Messe"), by=chief, now=LATER)

    social(dealer, chief)

    assert sources(lead) == ["mobile.de", "mobile.de", "Social"]


def test_a_later_version_without_the_name_is_not_put_right(dealer, chief):
    said = {"sender": "api:crm", "external_id": "7", "contact": JANA}
    lead = take(dealer, source="LinkedIn", version=1, **said)
    take(dealer, source="mobile.de", version=2, **said)

    assert (
        assign_name(name(dealer, "source"), source_of(dealer, "Social"), by=chief, now=LATER) == 0
    )

    assert sources(lead) == ["mobile.de", "mobile.de"]


def test_an_enquiry_that_was_merged_meanwhile_is_found(dealer, chief):
    kept = take(dealer, source="mobile.de", contact=JANA)
    merged = take(dealer, source="LinkedIn", contact=JANA, attaches=False)
    merge_leads(kept, merged, values={}, by=chief, now=NOW)

    assert (
        assign_name(name(dealer, "source"), source_of(dealer, "Social"), by=chief, now=LATER) == 1
    )

    assert sources(kept) == ["mobile.de", "mobile.de", "Social"]


@pytest.mark.parametrize(("key", "then"), [("contacted", "contacted"), ("won", "new")])
def test_a_case_follows_the_status_of_its_first_enquiry_unless_that_would_close_it(
    dealer, chief, key, then
):
    lead = take(dealer, status="Im CRM", contact=JANA)
    take(dealer, contact=JANA)

    assign_name(name(dealer, "status"), builders.shared_status(key), by=chief, now=LATER)

    lead.refresh_from_db()
    assert (lead.status.key, lead.closed_at) == (then, None)


def test_a_later_enquiry_does_not_change_the_status_of_its_case(dealer, chief):
    lead = take(dealer, contact=JANA)
    take(dealer, status="Im CRM", contact=JANA)

    assign_name(name(dealer, "status"), builders.shared_status("contacted"), by=chief, now=LATER)

    lead.refresh_from_db()
    assert lead.status.key == "new"


def test_a_status_that_the_lead_itself_was_given_is_put_right(dealer, chief):
    lead = take(dealer, contact=JANA)
    take(dealer, contact=JANA)
    draft = builders.make_draft(
        external_id="", contact=ContactDraft(), status="Im CRM", creates_entries=False
    )
    change_lead(dealer, lead.pk, draft, now=NOW)

    assign_name(name(dealer, "status"), builders.shared_status("contacted"), by=chief, now=LATER)

    lead.refresh_from_db()
    assert lead.status.key == "contacted"


def test_a_lead_type_is_that_of_the_enquiry_that_came_with_it(dealer, chief):
    lead = take(dealer, lead_type="1b", contact=JANA)
    take(dealer, lead_type="9x", contact=JANA)
    target = LeadType.objects.filter(dealer=None).exclude(key="1b").first()

    assign_name(name(dealer, "lead_type"), target, by=chief, now=LATER)

    lead.refresh_from_db()
    assert lead.lead_type.key == "1b"
    assert [one.lead_type.key for one in lead.enquiries.order_by("pk")] == ["1b", target.key]


# --- statuses, lead types, locations --------------------------------------------------------------


def test_a_closing_status_closes_what_waits_and_tells(dealer, chief):
    lead = take(dealer, status="Verkauft (CRM)")

    assign_name(name(dealer, "status"), builders.shared_status("won"), by=chief, now=LATER)

    lead.refresh_from_db()
    assert (lead.status.key, lead.closed_at) == ("won", LATER)
    kinds = list(Event.objects.filter(lead_id=lead.pk).values_list("kind", flat=True))
    assert {"lead.updated", "lead.status_changed", "lead.closed"} <= set(kinds)
    assert Activity.objects.get(lead=lead).kind == Activity.Kind.CLOSED


def test_a_lead_type_brings_what_follows_from_it_where_nothing_is_said(dealer, chief):
    said = take(dealer, lead_type="9x", finance_kind="cash")
    silent = take(dealer, lead_type="9x")
    target = LeadType.objects.create(
        dealer=dealer,
        key="probe",
        title="Probefahrt",
        public_title="Probefahrt",
        family="9",
        test_drive_wished=True,
        finance_kind="leasing",
        suggested_urgency="high",
    )
    before = silent.score

    assert assign_name(name(dealer, "lead_type"), target, by=chief, now=LATER) == 2

    said.refresh_from_db()
    silent.refresh_from_db()
    assert (said.lead_type, said.finance_kind, said.test_drive_wished) == (target, "cash", True)
    assert (silent.finance_kind, silent.urgency) == ("leasing", "high")
    assert silent.score > before
    assert silent.lead_type_raw == "9x"
    assert "lead_type_unknown" not in {one["code"] for one in silent.warnings}
    assert take(dealer, lead_type="9X ").lead_type == target


def test_a_location_is_set_where_there_is_none(dealer, chief):
    lead = take(dealer, location="Haus am See")
    target = builders.make_location(dealer)

    assign_name(name(dealer, "location"), target, by=chief, now=LATER)

    lead.refresh_from_db()
    assert lead.location == target
    assert take(dealer, location="HAUS AM SEE").location == target


def test_only_an_entry_of_its_kind_and_its_dealer_fits(dealer, chief):
    take(dealer, source="LinkedIn")
    row = name(dealer, "source")

    for wrong in (builders.shared_status("won"), source_of(builders.make_dealer(), "Fremd")):
        with pytest.raises(WrongEntry):
            assign_name(row, wrong, by=chief, now=LATER)
    assert name(dealer, "source").decided_at is None


def test_assigned_anew_the_leads_follow(dealer, chief):
    lead = take(dealer, source="LinkedIn")
    wrong, right = source_of(dealer, "Messe"), source_of(dealer, "Social")
    assign_name(name(dealer, "source"), wrong, by=chief, now=LATER)

    assert assign_name(name(dealer, "source"), right, by=chief, now=LATER) == 1

    lead.refresh_from_db()
    assert lead.source == right
    assert take(dealer, source="LinkedIn").source == right


def test_a_new_entry_is_the_dealers_own(dealer, chief):
    lead = take(dealer, status="Angebot verschickt")

    entry, changed = create_entry(name(dealer, "status"), by=chief, now=LATER)

    lead.refresh_from_db()
    assert changed == 1
    assert lead.status == entry == Status.objects.get(dealer=dealer)
    assert (entry.name, entry.stage, entry.is_automatic) == ("Angebot verschickt", "in_work", False)


def test_left_alone_it_is_not_asked_again_and_can_be_decided_again(dealer, chief):
    lead = take(dealer, source="LinkedIn")
    leave_name(name(dealer, "source"), by=chief, now=LATER)

    assert not UnmappedName.objects.waiting().exists()
    assert take(dealer, source="LinkedIn").source.key == "website"
    assert not UnmappedName.objects.waiting().exists()

    reopen_name(name(dealer, "source"))
    target = source_of(dealer, "Social")
    assert assign_name(name(dealer, "source"), target, by=chief, now=LATER) == 2
    lead.refresh_from_db()
    assert lead.source == target


def test_a_deleted_entry_makes_its_names_unknown_again(dealer, chief):
    take(dealer, location="Haus am See")
    target = builders.make_location(dealer)
    assign_name(name(dealer, "location"), target, by=chief, now=LATER)
    Lead.objects.update(location=None)
    target.delete()

    take(dealer, location="Haus am See")

    assert name(dealer, "location").decided_at is None


def test_costs_the_same_for_one_lead_and_for_many(dealer, chief):
    def cost(times, text):
        for _number in range(times):
            take(dealer, source=text)
        row = UnmappedName.objects.get(name=text)
        with CaptureQueriesContext(connection) as queries:
            target = builders.shared_source("autoscout24")
            assert assign_name(row, target, by=chief, now=LATER) == times
        return len(queries)

    assert cost(1, "Eins") == cost(12, "Zwölf")


def test_known_names_cost_no_query_more(dealer, chief):
    def cost(**said):
        with CaptureQueriesContext(connection) as queries:
            take(dealer, **said)
        return [one["sql"] for one in queries if "unmappedname" in one["sql"]]

    take(dealer, source="website")
    assert cost(source="website", status="new", lead_type="1b") == []

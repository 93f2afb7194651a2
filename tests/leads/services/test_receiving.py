"""Drafts become leads: what is new, what changes, what is only repeated, and what it costs."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import (
    Activity,
    Category,
    CloseReason,
    Customer,
    Enquiry,
    Lead,
    LeadType,
    MatchSuggestion,
    Outcome,
    Source,
    Status,
    Tag,
    Vehicle,
)
from leads.models.warning import WarningCode
from leads.services.drafts import ContactDraft, DraftWarning, LeadDraft, VehicleDraft
from leads.services.handling import set_status
from leads.services.receiving import receive
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BDK = {"sender": "bdk:0012345", "external_id": "DLC-2026-000101", "is_complete": True}


def take(dealer, *drafts, now=NOW, actor=None):
    return receive(dealer, drafts, now=now, actor=actor)


def outcomes(receipts):
    return [receipt.outcome for receipt in receipts]


def codes(lead):
    return [warning["code"] for warning in lead.warnings]


def timeline(lead):
    return list(lead.activities.order_by("pk").values_list("kind", flat=True))


def bdk(version=1, content="a", **values):
    """A version of one BDK lead; `content` stands for the hash of its body."""
    return builders.make_draft(
        **{**BDK, "version": version, "content_hash": content, "lead_type": "1a", **values}
    )


# --- new leads ------------------------------------------------------------------------------------


def test_a_new_draft_becomes_a_lead_with_everything_it_says(dealer):
    location = builders.make_location(dealer, name="Köln", bdk_partner_number="00AB345")
    owner = builders.make_user(dealer, email="Sabine@Example.org")
    draft = builders.make_draft(
        contact={"first_name": "Jörg", "last_name": "Größling", "email": "Joerg@Example.org"},
        vehicle={
            "internal_number": "T-1",
            "make": "Škoda",
            "model": "Octavia",
            "price": Decimal("23500.00"),
            "offer_number": "A-77",
        },
        source="MOBILE.de",
        status="kontaktiert",
        category="GW",
        tags=("Eilig", "VIP"),
        location="00ab345",
        owner_email=" SABINE@example.org ",
        lead_type="1B",
        message="Ist er noch da?",
        note="Bitte abends anrufen.",
        expected_value=Decimal("23000"),
        probability=60,
        budget_from=Decimal("20000"),
        budget_to=Decimal("24000"),
        expected_close_on=date(2026, 4, 1),
        desired_start_on=date(2026, 5, 1),
        follow_up_at=LATER,
        campaign="Frühjahr",
        preferred_channel="phone",
        preferred_time="abends",
        trade_in_wished=True,
        consents=({"purpose": "phone", "granted": True},),
        custom_values={"Farbe": "Blau"},
        enquired_at=NOW - timedelta(minutes=5),
    )

    [receipt] = take(dealer, draft)

    assert receipt.outcome == Outcome.CREATED
    assert receipt.is_new
    lead = Lead.objects.get()
    assert receipt.lead == lead
    assert (lead.dealer, lead.sender, lead.external_id) == (dealer, draft.sender, draft.external_id)
    assert lead.number == "L-2026-000001"
    assert lead.full_name == "Jörg Größling"
    assert lead.email == "Joerg@Example.org"
    assert lead.email_key == "joerg@example.org"
    assert lead.country == "DE"
    assert lead.customer == Customer.objects.get()
    assert lead.customer.full_name == lead.full_name
    assert lead.vehicle == Vehicle.objects.get()
    assert (lead.vehicle_name, lead.vehicle_price) == ("Škoda Octavia", Decimal("23500"))
    assert lead.offer_number == "A-77"
    assert (lead.source.key, lead.status.key, lead.category.key) == (
        "mobile_de",
        "contacted",
        "used_car",
    )
    assert {tag.name for tag in lead.tags.all()} == {"Eilig", "VIP"}
    assert (lead.location, lead.owner) == (location, owner)
    assert (lead.lead_type.key, lead.lead_type_raw, lead.lead_type_family) == ("1b", "1B", "1")
    assert lead.test_drive_wished  # since the type says so
    for name in (
        "message",
        "expected_value",
        "probability",
        "budget_from",
        "budget_to",
        "expected_close_on",
        "desired_start_on",
        "follow_up_at",
        "campaign",
        "preferred_channel",
        "preferred_time",
        "trade_in_wished",
        "custom_values",
        "enquired_at",
        "subject",
    ):
        assert getattr(lead, name) == getattr(draft, name), name
    assert lead.consents == [{"purpose": "phone", "granted": True}]
    assert lead.received_at == NOW
    assert lead.first_response_at is None
    assert lead.closed_at is None
    assert lead.warnings == []
    assert 0 < lead.score <= 100
    assert timeline(lead) == ["note"]
    assert lead.activities.get(kind="note").text == "Bitte abends anrufen."


def test_a_draft_that_says_next_to_nothing_becomes_a_lead_too(dealer):
    [receipt] = take(dealer, LeadDraft(sender="api:website"))

    lead = Lead.objects.get()
    assert receipt.lead == lead
    assert (lead.source.key, lead.status.key) == ("website", "new")
    assert lead.customer is None
    assert lead.vehicle is None
    assert lead.subject == "Website: enquiry without details"
    assert (lead.enquired_at, lead.received_at) == (NOW, NOW)
    assert codes(lead) == ["not_contactable"]
    assert receipt.reasons == ("No contact data.",)


def test_receipts_come_in_the_order_of_the_drafts(dealer):
    take(dealer, bdk(content="a"))
    drafts = [
        builders.make_draft(subject="new 1"),
        bdk(content="a"),
        builders.make_draft(subject="new 2"),
        bdk(version=2, content="b", subject="second"),
        builders.make_draft(subject="new 3"),
        bdk(version=1, content="a"),
    ]

    receipts = take(dealer, *drafts)

    assert [receipt.lead.subject for receipt in receipts if receipt.is_new] == [
        "new 1",
        "new 2",
        "new 3",
    ]
    assert outcomes(receipts) == [
        "created",
        "repeated",
        "created",
        "updated",
        "created",
        "ignored",
    ]


def test_nothing_to_receive_is_nothing(dealer):
    assert take(dealer) == []


def test_drafts_without_a_number_at_the_sender_are_enquiries_of_their_own(dealer):
    draft = builders.make_draft(external_id="")

    assert outcomes(take(dealer, draft, draft)) == ["created", "attached"]
    assert Lead.objects.get().enquiries.count() == 2
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "subject"),
    [
        ({"subject": "Probefahrt"}, "Probefahrt"),
        (
            {"vehicle": {"make": "Škoda", "model": "Fabia"}, "source": "mobile.de"},
            "mobile.de: Škoda Fabia",
        ),
        ({"contact": {"first_name": "Jana", "last_name": "Groß"}}, "Website: Jana Groß"),
        ({"contact": {"first_name": "", "last_name": "", "company": "Bau AG"}}, "Website: Bau AG"),
    ],
)
def test_a_missing_subject_is_composed(dealer, values, subject):
    [receipt] = take(dealer, builders.make_draft(**{"subject": "", **values}))

    assert receipt.lead.subject == subject


def test_a_composed_subject_fits_its_column(dealer):
    draft = builders.make_draft(subject="", vehicle={"variant": "x" * 400})

    [receipt] = take(dealer, draft)

    assert len(receipt.lead.subject) == 200
    assert len(receipt.lead.vehicle_name) == 300


def test_old_lists_keep_their_dates(dealer):
    then = datetime(2024, 5, 1, 10, tzinfo=UTC)

    take(dealer, builders.make_draft(received_at=then, status="Verkauft", close_reason="Gekauft"))

    lead = Lead.objects.get()
    assert (lead.received_at, lead.enquired_at, lead.closed_at) == (then, then, then)
    assert lead.close_reason.key == "vehicle_bought"
    assert lead.enquiries.get().received_at == then


def test_a_reason_for_closing_needs_a_closed_status(dealer):
    draft = builders.make_draft(status="Neu", close_reason="Preis", number="L-1")

    [receipt] = take(dealer, draft)

    assert receipt.lead.close_reason is None
    assert receipt.lead.closed_at is None
    again = replace(draft, number=receipt.lead.number)
    assert outcomes(take(dealer, again)) == ["repeated"]


def test_a_test_lead_is_marked_and_scores_nothing(dealer):
    take(dealer, bdk(is_test=True, lead_type="1e"))

    lead = Lead.objects.get()
    assert lead.is_test
    assert lead.score == 0
    assert not Lead.objects.real().exists()


def test_history_says_who_and_when(dealer):
    user = builders.make_user(dealer)
    take(dealer, bdk(), actor=user)
    take(dealer, bdk(version=2, content="b", message="Neu"), now=LATER, actor=user)

    history = list(Lead.objects.get().history.order_by("history_date"))
    assert [(one.history_type, one.history_user, one.history_date) for one in history] == [
        ("+", user, NOW),
        ("~", user, LATER),
    ]


def test_a_lead_is_found_by_a_part_of_any_word(dealer):
    draft = builders.make_draft(
        contact={"last_name": "Größling", "city": "Köln", "phone": "0171 1234567"},
        vehicle={"model": "Octavia", "offer_number": "A-77"},
    )
    take(dealer, draft)

    lead = Lead.objects.get()
    for part in ("groessling", "koeln", "1711234567", "octavia", "a-77", "l-2026-000001"):
        assert part in lead.search_text
    assert draft.external_id in lead.search_text
    assert "groessling" in lead.customer.search_text


# --- lead numbers ---------------------------------------------------------------------------------


def test_numbers_count_up_without_gaps_in_a_batch(dealer):
    receipts = take(dealer, *[builders.make_draft() for _ in range(3)])
    receipts += take(dealer, builders.make_draft())

    assert [receipt.lead.number for receipt in receipts] == [
        f"L-2026-{number:06d}" for number in range(1, 5)
    ]


def test_every_dealer_counts_for_itself(dealer):
    take(dealer, builders.make_draft())
    [receipt] = take(builders.make_dealer(), builders.make_draft())

    assert receipt.lead.number == "L-2026-000001"


def test_a_number_is_never_given_twice_even_if_its_lead_is_gone(dealer):
    take(dealer, builders.make_draft())
    Lead.objects.all().delete()

    [receipt] = take(dealer, builders.make_draft())

    assert receipt.lead.number == "L-2026-000002"


def test_the_year_begins_in_berlin_not_in_greenwich(dealer):
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 00:30 in Berlin

    [receipt] = take(dealer, builders.make_draft(), now=new_year)

    assert receipt.lead.number == "L-2027-000001"


# --- the same lead again --------------------------------------------------------------------------


def test_the_same_version_with_the_same_content_is_a_repeat(dealer):
    take(dealer, bdk(content="a", message="first"))
    before = Lead.objects.values().get()

    [receipt] = take(dealer, bdk(content="a", message="never looked at"), now=LATER)

    assert receipt.outcome == Outcome.REPEATED
    assert not receipt.is_new
    assert Lead.objects.values().get() == before
    assert timeline(receipt.lead) == []
    assert Customer.objects.count() == 1


def test_a_higher_version_updates_what_the_sender_says(dealer):
    [first] = take(dealer, bdk(message="first", vehicle={"make": "VW"}))

    [second] = take(
        dealer,
        bdk(version=2, content="b", message="second", vehicle={"make": "VW"}),
        now=LATER,
    )

    assert second.outcome == Outcome.UPDATED
    assert second.lead.pk == first.lead.pk
    lead = Lead.objects.get()
    assert lead.message == "second"
    assert lead.enquiries.values_list("version", "content_hash").get() == (2, "b")
    assert lead.number == first.lead.number
    assert lead.received_at == NOW
    assert timeline(lead) == ["updated"]
    assert lead.history.count() == 2
    assert outcomes(take(dealer, bdk(version=2, content="b"))) == ["repeated"]


def test_an_update_never_touches_what_staff_did(dealer):
    take(dealer, bdk(lead_type="1a"))
    lead = Lead.objects.get()
    owner, customer = builders.make_user(dealer), lead.customer
    Lead.objects.update(
        status=builders.shared_status("lost"),
        close_reason=CloseReason.objects.get(key="price"),
        closed_at=NOW,
        owner=owner,
        category=Category.objects.get(key="used_car"),
        source=builders.shared_source("telefon"),
        urgency="low",
        expected_value=5000,
        probability=20,
        budget_from=1000,
        follow_up_at=LATER,
        first_response_at=NOW,
        custom_values={"Farbe": "Blau"},
    )
    builders.make_activity(lead, text="Wichtig")
    lead.tags.add(tag := Tag.objects.create(dealer=dealer, name="VIP"))
    changed_contact = {"last_name": "Anders", "email": "anders@example.org"}

    take(dealer, bdk(version=2, content="b", lead_type="1a", contact=changed_contact), now=LATER)

    lead.refresh_from_db()
    assert lead.last_name == "Anders"  # the sender's
    assert (lead.status.key, lead.close_reason.key) == ("lost", "price")
    assert (lead.closed_at, lead.owner) == (NOW, owner)
    assert (lead.category.key, lead.source.key, lead.urgency) == ("used_car", "telefon", "low")
    assert (lead.expected_value, lead.probability, lead.budget_from) == (5000, 20, 1000)
    assert (lead.follow_up_at, lead.first_response_at) == (LATER, NOW)
    assert lead.custom_values == {"Farbe": "Blau"}
    assert list(lead.tags.all()) == [tag]
    assert lead.activities.filter(text="Wichtig").exists()
    assert lead.customer == customer
    customer.refresh_from_db()
    assert customer.last_name != "Anders"  # shown as a difference, never taken over in silence


def test_an_update_may_name_status_and_owner(dealer):
    take(dealer, bdk())
    owner = builders.make_user(dealer)

    take(
        dealer,
        bdk(version=2, content="b", status="Verkauft", owner_email=owner.email),
        now=LATER,
    )

    lead = Lead.objects.get()
    assert (lead.status.key, lead.owner, lead.closed_at) == ("won", owner, LATER)


def test_a_later_status_that_is_open_reopens(dealer):
    take(dealer, bdk(status="Verloren", close_reason="Preis"))

    take(dealer, bdk(version=2, content="b", status="Angebot"), now=LATER)

    lead = Lead.objects.get()
    assert (lead.status.key, lead.close_reason, lead.closed_at) == ("offer", None, None)


def test_a_complete_update_clears_what_is_no_longer_said(dealer):
    take(
        dealer,
        bdk(
            contact={"phone": "030 23125 101", "email": "a@example.org", "country": "AT"},
            vehicle={"make": "VW", "price": Decimal(100), "offer_number": "A-1"},
            message="Hallo",
            campaign="Frühjahr",
            preferred_channel="phone",
            test_drive_wished=True,
            test_drive_on=date(2026, 3, 5),
            monthly_rate=Decimal(199),
            consents=({"purpose": "phone", "granted": True},),
        ),
    )

    nearly_empty = ContactDraft(last_name="Groß", email="a@example.org")
    take(
        dealer,
        bdk(version=2, content="b", contact=nearly_empty, message="", subject=""),
        now=LATER,
    )

    lead = Lead.objects.get()
    assert (lead.phone, lead.phone_key, lead.email) == ("", "", "a@example.org")
    assert (lead.message, lead.campaign, lead.preferred_channel) == ("", "", "")
    assert (lead.vehicle_name, lead.vehicle_price, lead.offer_number) == ("", None, "")
    assert (lead.test_drive_on, lead.monthly_rate) == (None, None)
    assert not lead.test_drive_wished  # type 1a does not say so either
    assert lead.consents == []  # a consent that is gone must not be relied on
    assert lead.subject  # never empty
    assert lead.country == "AT"  # nobody moves abroad by saying nothing


def test_a_partial_update_leaves_alone_what_it_does_not_say(dealer):
    draft = builders.make_draft(
        content_hash="a",
        message="Hallo",
        campaign="Frühjahr",
        lead_type="1b",
        vehicle={"make": "VW", "price": Decimal(100)},
        consents=({"purpose": "phone", "granted": True},),
    )
    take(dealer, draft)

    change = LeadDraft(
        sender=draft.sender,
        external_id=draft.external_id,
        content_hash="b",
        contact=ContactDraft(city="Kiel"),
    )
    [receipt] = take(dealer, change, now=LATER)

    lead = Lead.objects.get()
    assert receipt.outcome == Outcome.UPDATED
    assert receipt.changes == (("city", "Dresden", "Kiel"),)
    assert lead.city == "Kiel"
    assert (lead.message, lead.campaign, lead.lead_type.key) == ("Hallo", "Frühjahr", "1b")
    assert (lead.vehicle_name, lead.vehicle_price) == ("VW", 100)
    assert lead.test_drive_wished
    assert len(lead.consents) == 1
    assert lead.last_name == draft.contact.last_name


def test_the_same_version_with_other_content_is_a_conflict(dealer):
    [first] = take(dealer, bdk(content="a", message="first"))

    [second] = take(dealer, bdk(content="b", message="second"), now=LATER)

    assert second.outcome == Outcome.CONFLICT
    assert second.lead.pk == first.lead.pk
    lead = Lead.objects.get()
    assert lead.message == "first"
    assert lead.enquiries.values_list("version", "content_hash").get() == (1, "a")
    assert codes(lead) == ["version_conflict"]
    assert timeline(lead) == ["conflict"]
    take(dealer, bdk(content="c"), now=LATER)
    lead.refresh_from_db()
    assert codes(lead) == ["version_conflict"]  # once is enough


def test_the_next_version_settles_a_conflict(dealer):
    take(dealer, bdk(content="a"), bdk(content="b"))

    take(dealer, bdk(version=2, content="c", message="third"))

    lead = Lead.objects.get()
    assert lead.message == "third"
    assert codes(lead) == []


def test_a_lower_version_is_ignored(dealer):
    take(dealer, bdk(version=3, content="c", message="third"))
    before = Lead.objects.values().get()

    [receipt] = take(dealer, bdk(version=2, content="b", message="second"))

    assert receipt.outcome == Outcome.IGNORED
    assert Lead.objects.values().get() == before
    assert timeline(receipt.lead) == []


def test_a_sender_without_versions_just_sends_changes(dealer):
    draft = builders.make_draft(content_hash="a", message="first")
    take(dealer, draft)

    assert outcomes(take(dealer, draft)) == ["repeated"]
    assert outcomes(take(dealer, replace(draft, content_hash="b", message="second"))) == ["updated"]
    assert Lead.objects.get().message == "second"


def test_without_a_hash_the_content_itself_is_compared(dealer):
    draft = builders.make_draft(message="first", content_hash="")
    take(dealer, draft)

    assert outcomes(take(dealer, draft)) == ["repeated"]
    assert outcomes(take(dealer, replace(draft, message="second"))) == ["updated"]
    assert Lead.objects.get().message == "second"
    assert timeline(Lead.objects.get()) == ["updated"]


def test_a_new_version_that_says_the_same_is_remembered_but_no_news(dealer):
    draft = bdk(content="a")
    take(dealer, draft)

    [receipt] = take(dealer, replace(draft, version=2, content_hash="b"))

    assert receipt.outcome == Outcome.REPEATED
    assert timeline(receipt.lead) == []
    assert outcomes(take(dealer, replace(draft, version=1))) == ["ignored"]


def test_several_versions_in_one_batch_are_taken_one_after_the_other(dealer):
    receipts = take(
        dealer,
        bdk(version=1, content="a", message="first"),
        bdk(version=2, content="b", message="second"),
        bdk(version=3, content="c", message="third"),
        bdk(version=2, content="b", message="second"),
        bdk(version=3, content="d", message="liar"),
    )

    assert outcomes(receipts) == ["created", "updated", "updated", "ignored", "conflict"]
    assert {receipt.lead.pk for receipt in receipts} == {Lead.objects.get().pk}
    assert Lead.objects.get().message == "third"
    assert Customer.objects.count() == 1


def test_another_sender_may_use_the_same_number(dealer):
    receipts = take(
        dealer,
        builders.make_draft(sender="bdk:0012345", external_id="1"),
        builders.make_draft(sender="bdk:0054321", external_id="1"),
        builders.make_draft(sender="api:website", external_id="1"),
    )

    assert outcomes(receipts) == ["created"] * 3


def test_what_changed_is_told_in_words_and_by_name(dealer):
    take(dealer, bdk(message="first", test_drive_wished=False))

    [receipt] = take(
        dealer,
        bdk(
            version=2,
            content="b",
            message="second",
            source="Telefon",
            test_drive_wished=True,
            test_drive_on=date(2026, 3, 5),
        ),
    )

    changes = {label: (before, after) for label, before, after in receipt.changes}
    assert changes["message"] == ("first", "second")
    assert changes["source"] == ("Website", "Telefon")
    assert changes["test drive wished"] == ("no", "yes")
    assert changes["test drive on"][0] == ""
    activity = receipt.lead.activities.get(kind="updated")
    assert {"message", "source", "test_drive_wished"} <= set(activity.data["fields"])
    assert "second" not in activity.text


def test_reasons_and_timeline_hold_no_personal_data(dealer):
    contact = {
        "first_name": "Jörg",
        "last_name": "Größling",
        "email": "joerg@example.org",
        "phone": "0171 1234567",
        "city": "Köln",
    }
    moved = {**contact, "last_name": "Großmann", "city": "Kiel"}
    receipts = take(
        dealer,
        bdk(contact=contact),
        bdk(version=2, content="b", contact=moved),
        bdk(version=2, content="c", contact=moved),
        bdk(version=1, contact=contact),
        bdk(external_id="2", contact=contact),
        bdk(external_id="3", contact={**contact, "email": "", "last_name": "Groessling"}),
    )

    words = " ".join(reason for receipt in receipts for reason in receipt.reasons)
    words += " ".join(Activity.objects.values_list("text", flat=True))
    assert all(receipt.reasons for receipt in receipts)
    for secret in ("Jörg", "Größling", "Großmann", "Groessling", "1234567", "joerg", "Kiel"):
        assert secret not in words


def test_a_preview_never_tells_the_result_of_a_credit_check(dealer):
    take(dealer, bdk(lead_type="8a"))

    [receipt] = take(dealer, bdk(version=2, content="b", lead_type="8b"))

    words = str(receipt.changes) + str(receipt.reasons) + str(receipt.lead.warnings)
    for word in ("positive", "negative", "Positive", "Negative", "8b"):
        assert word not in words


# --- our own number -------------------------------------------------------------------------------


def test_a_list_exported_here_finds_its_leads_by_their_number(dealer):
    [first] = take(dealer, bdk(message="first"))
    row = LeadDraft(sender="excel", number=first.lead.number, message="corrected")

    [receipt] = take(dealer, row, actor=(user := builders.make_user(dealer)))

    assert receipt.outcome == Outcome.UPDATED
    lead = Lead.objects.get()
    assert lead.message == "corrected"
    assert (lead.sender, lead.external_id) == (BDK["sender"], BDK["external_id"])
    enquiry = lead.enquiries.get()
    assert (enquiry.version, enquiry.content_hash) == (1, "a")  # these are the sender's
    activity = lead.activities.get(kind="changed")
    assert activity.user == user
    assert outcomes(take(dealer, row)) == ["repeated"]


def test_an_unknown_own_number_makes_a_new_lead_with_a_new_number(dealer):
    [receipt] = take(dealer, builders.make_draft(number="L-2020-000777"))

    assert receipt.is_new
    assert receipt.lead.number == "L-2026-000001"


def test_two_rows_that_name_one_lead_in_different_ways_change_it_one_after_the_other(dealer):
    [first] = take(dealer, builders.make_draft(sender="api:crm", external_id="1"))

    receipts = take(
        dealer,
        LeadDraft(sender="excel", number=first.lead.number, message="by number", campaign="A"),
        LeadDraft(sender="api:crm", external_id="1", preferred_time="abends"),
    )

    assert outcomes(receipts) == ["updated", "updated"]
    lead = Lead.objects.get()
    assert (lead.message, lead.campaign, lead.preferred_time) == ("by number", "A", "abends")


def test_two_new_rows_with_one_number_at_the_sender_are_one_lead(dealer):
    """Whatever own numbers a list from elsewhere brings along."""
    receipts = take(
        dealer,
        builders.make_draft(number="L-2020-000001", sender="excel", external_id="1"),
        builders.make_draft(number="L-2020-000002", sender="excel", external_id="1"),
    )

    assert outcomes(receipts) == ["created", "updated"]
    assert Lead.objects.count() == 1


# --- notes, tags, vehicle and customer of a known lead --------------------------------------------


def test_a_note_is_added_once_and_never_dropped(dealer):
    draft = builders.make_draft(note="Ruft an.")
    take(dealer, draft)

    [repeat] = take(dealer, draft)
    [news] = take(dealer, replace(draft, note="Kommt vorbei."))

    assert (repeat.outcome, news.outcome) == ("repeated", "updated")
    notes = news.lead.activities.filter(kind="note").order_by("pk")
    assert [note.text for note in notes] == ["Ruft an.", "Kommt vorbei."]
    assert timeline(news.lead) == ["note", "note"]


def test_a_tag_is_added_and_the_others_stay(dealer):
    draft = builders.make_draft(tags=("VIP",))
    take(dealer, draft)

    [news] = take(dealer, replace(draft, tags=("vip", "Eilig")))
    [repeat] = take(dealer, replace(draft, tags=("Eilig",)))

    assert (news.outcome, repeat.outcome) == ("updated", "repeated")
    assert news.changes == (("tags", "", "Eilig"),)
    assert {tag.name for tag in news.lead.tags.all()} == {"VIP", "Eilig"}


def test_a_vehicle_named_later_is_linked(dealer):
    draft = builders.make_draft(vehicle={"make": "VW"})
    take(dealer, draft)

    [receipt] = take(dealer, replace(draft, vehicle=VehicleDraft(make="VW", vin="WVW" + "0" * 14)))

    assert receipt.outcome == Outcome.UPDATED
    assert Lead.objects.get().vehicle == Vehicle.objects.get()


def test_contact_data_that_come_later_find_their_customer(dealer):
    known = builders.make_customer(dealer, email="jana@example.org")
    draft = LeadDraft(sender="api:website", external_id="1", content_hash="a")
    take(dealer, draft)
    assert codes(Lead.objects.get()) == ["not_contactable"]

    contact = ContactDraft(last_name="Groß", email="jana@example.org")
    take(dealer, replace(draft, contact=contact, content_hash="b"))

    lead = Lead.objects.get()
    assert lead.customer == known
    assert codes(lead) == []


# --- vehicles -------------------------------------------------------------------------------------


def test_a_known_car_is_found_by_its_number_or_vin_and_not_changed(dealer):
    car = builders.make_vehicle(dealer, internal_number="T-1", vin="W" * 17, price=Decimal(9000))

    take(
        dealer,
        builders.make_draft(vehicle={"internal_number": "T-1", "price": Decimal(1)}),
        builders.make_draft(vehicle={"vin": "W" * 17, "internal_number": "other"}),
        builders.make_draft(vehicle={"vin": "W" * 17}),
    )

    assert {lead.vehicle for lead in Lead.objects.all()} == {car}
    car.refresh_from_db()
    assert car.price == 9000
    assert car.internal_number == "T-1"


def test_an_unknown_car_is_stored_once_for_all_who_ask(dealer):
    location = builders.make_location(dealer)

    take(
        dealer,
        builders.make_draft(
            vehicle={"internal_number": "T-9", "vin": "V" * 17, "make": "VW"},
            location=location.name,
        ),
        builders.make_draft(vehicle={"vin": "V" * 17}),
        builders.make_draft(vehicle={"internal_number": "T-9"}),
        builders.make_draft(vehicle={"make": "VW"}),  # names no certain car
    )

    car = Vehicle.objects.get()
    assert (car.state, car.location, car.make) == ("unknown", location, "VW")
    assert "t-9" in car.search_text
    assert car.history.count() == 1
    assert [lead.vehicle for lead in Lead.objects.order_by("pk")] == [car, car, car, None]


# --- lead types, wishes and warnings --------------------------------------------------------------


@pytest.mark.parametrize("key", ["1a", "1e", "2c", "3b", "3c", "7e", "7f", "8b", "8c"])
def test_the_lead_type_fills_in_what_the_draft_leaves_open(dealer, key):
    lead_type = builders.shared_lead_type(key)

    take(dealer, bdk(lead_type=key))

    lead = Lead.objects.get()
    for name in (
        "test_drive_wished",
        "callback_wished",
        "reservation_hint",
        "precheck",
        "finance_kind",
        "finance_interest",
        "customer_kind",
        "contract_expiring",
    ):
        assert getattr(lead, name) == getattr(lead_type, name), name
    assert lead.urgency == lead_type.suggested_urgency
    assert lead.lead_type_family == lead_type.family
    assert lead.warnings == []


def test_what_the_draft_says_wins_over_the_type_and_it_is_noted(dealer):
    take(dealer, bdk(lead_type="1a", test_drive_wished=True, urgency="low"))

    lead = Lead.objects.get()
    assert lead.test_drive_wished
    assert lead.urgency == "low"
    assert lead.warnings == [
        {
            "code": "contradicts_type",
            "value": "juhu.auto Standard",
            "field": "test_drive_wished",
        }
    ]


def test_a_contradiction_about_the_credit_check_is_not_told_to_everyone(dealer):
    take(
        dealer, bdk(lead_type="8b", precheck="positive", finance_kind="cash", callback_wished=True)
    )

    lead = Lead.objects.get()
    assert lead.precheck == "positive"
    assert [warning["field"] for warning in lead.warnings] == ["callback_wished"]
    assert "8b" not in str(lead.warnings)
    assert "egativ" not in str(lead.warnings)


@pytest.mark.parametrize(
    ("received", "family"), [("9z", "9"), ("", ""), ("xx", ""), ("1ß" * 30, "1")]
)
def test_an_unknown_lead_type_is_kept_as_received(dealer, received, family):
    take(dealer, bdk(lead_type=received))

    lead = Lead.objects.get()
    assert lead.lead_type is None
    assert lead.lead_type_raw == received[:40]
    assert lead.lead_type_family == family
    assert lead.urgency == "normal"
    assert lead.warnings == [{"code": "type_unknown", "value": received, "field": "lead_type"}]


def test_a_sender_that_knows_no_types_is_not_blamed_for_it(dealer):
    take(dealer, builders.make_draft())

    assert Lead.objects.get().warnings == []


def test_a_dealers_own_type_wins_and_an_inactive_one_is_unknown(dealer):
    own = LeadType.objects.create(dealer=dealer, key="1A", title="Unsere", family="1")
    LeadType.objects.create(dealer=builders.make_dealer(), key="9z", title="Fremd")
    LeadType.objects.filter(key="1b").update(is_active=False)

    receipts = take(
        dealer,
        bdk(external_id="1", lead_type="1a"),
        bdk(external_id="2", lead_type="1b"),
        bdk(external_id="3", lead_type="9z"),
    )

    assert [receipt.lead.lead_type for receipt in receipts] == [own, None, None]


def test_a_changed_type_brings_its_own_urgency_and_wishes(dealer):
    take(dealer, bdk(lead_type="1a"))

    take(dealer, bdk(version=2, content="b", lead_type="1e"))

    lead = Lead.objects.get()
    assert lead.urgency == "immediate"
    assert lead.test_drive_wished
    assert lead.precheck == "positive"


def test_a_type_that_became_unknown_leaves_no_wishes_behind(dealer):
    take(dealer, bdk(lead_type="7e"))

    take(dealer, bdk(version=2, content="b", lead_type="9z"))

    lead = Lead.objects.get()
    assert not lead.test_drive_wished
    assert not lead.reservation_hint
    assert (lead.precheck, lead.finance_interest, lead.customer_kind) == ("", None, "")
    assert codes(lead) == ["type_unknown"]


def test_the_warnings_of_a_draft_are_kept_once(dealer):
    odd = DraftWarning(WarningCode.EMAIL_INVALID, "jana(at)example", "email")

    take(dealer, bdk(warnings=(odd, odd)))

    assert Lead.objects.get().warnings == [
        {"code": "email_invalid", "value": "jana(at)example", "field": "email"}
    ]


def test_a_complete_update_replaces_the_warnings(dealer):
    odd = DraftWarning(WarningCode.EMAIL_INVALID, "jana(at)example", "email")
    take(dealer, bdk(warnings=(odd,)))

    take(dealer, bdk(version=2, content="b", message="now it is right"))

    assert Lead.objects.get().warnings == []


def test_a_partial_update_settles_what_it_speaks_of_and_leaves_the_rest(dealer):
    email = DraftWarning(WarningCode.EMAIL_INVALID, "jana(at)example", "contact.email")
    price = DraftWarning(WarningCode.NUMBER_UNREADABLE, "viel", "vehicle.price")
    draft = LeadDraft(
        sender="api:website",
        external_id="1",
        contact=ContactDraft(last_name="Groß"),
        lead_type="9z",
        owner_email="niemand@example.org",
        warnings=(email, price),
    )
    take(dealer, draft)
    assert sorted(codes(Lead.objects.get())) == [
        "email_invalid",
        "not_contactable",
        "number_unreadable",
        "owner_unknown",
        "type_unknown",
    ]

    owner = builders.make_user(dealer)
    take(
        dealer,
        replace(
            draft,
            contact=ContactDraft(email="jana@example.org"),
            lead_type="1a",
            owner_email=owner.email,
            warnings=(),
        ),
    )

    assert codes(Lead.objects.get()) == ["number_unreadable"]


def test_an_unknown_owner_leaves_the_lead_unassigned_with_a_warning(dealer):
    take(dealer, builders.make_draft(owner_email="niemand@example.org"))

    lead = Lead.objects.get()
    assert lead.owner is None
    assert lead.warnings == [
        {"code": "owner_unknown", "value": "niemand@example.org", "field": "owner"}
    ]


# --- walls ----------------------------------------------------------------------------------------


def test_another_dealers_rows_are_never_found(dealer):
    theirs = builders.make_dealer()
    number, vin = "L-2026-000555", "W" * 17
    foreign_lead = builders.make_lead(
        theirs, number=number, sender=BDK["sender"], external_id=BDK["external_id"]
    )
    foreign_customer = builders.make_customer(
        theirs, email="jana@example.org", phone="0171 1234567", external_number="4711"
    )
    builders.make_vehicle(theirs, internal_number="T-1", vin=vin)
    foreign_location = builders.make_location(theirs, name="Köln", bdk_partner_number="0099999")
    foreign_user = builders.make_user(theirs)
    for model in (Source, Status, Tag, Category):
        model.objects.create(dealer=theirs, name="Sonderfall")
    before = Lead.objects.values().get(pk=foreign_lead.pk)

    [receipt] = take(
        dealer,
        bdk(
            number=number,
            contact={
                "first_name": foreign_customer.first_name,
                "last_name": foreign_customer.last_name,
                "email": "jana@example.org",
                "phone": "0171 1234567",
                "external_number": "4711",
            },
            vehicle={"internal_number": "T-1", "vin": vin},
            location="0099999",
            owner_email=foreign_user.email,
            source="Sonderfall",
            status="Sonderfall",
            category="Sonderfall",
            tags=("Sonderfall",),
        ),
    )

    lead = receipt.lead
    assert receipt.is_new
    assert lead.number != number
    for related in (lead.customer, lead.vehicle, lead.source, lead.status, lead.category):
        assert related.dealer == dealer
    assert [tag.dealer for tag in lead.tags.all()] == [dealer]
    assert lead.location is None
    assert lead.owner is None
    assert codes(lead) == ["owner_unknown"]
    assert Lead.objects.values().get(pk=foreign_lead.pk) == before
    assert foreign_location.pk not in Lead.objects.values_list("location", flat=True)
    assert not foreign_customer.suggestions.exists()


def test_a_failing_batch_leaves_nothing_behind(dealer):
    with pytest.raises(IntegrityError), transaction.atomic():
        take(
            dealer,
            builders.make_draft(source="Messe"),
            builders.make_draft(probability=101),
        )

    assert not Lead.objects.exists()
    assert not Customer.objects.exists()
    assert not Source.objects.filter(name="Messe").exists()
    dealer.refresh_from_db()
    assert dealer.last_lead_number == 0


# --- cost -----------------------------------------------------------------------------------------


def full_drafts(number, *, version=1):
    """Drafts that use every part of `receive`; the same ones each time."""
    return [
        builders.make_draft(
            sender="bdk:0012345",
            external_id=f"DLC-{one}",
            version=version,
            content_hash=f"{one}-{version}",
            is_complete=True,
            lead_type="1b",
            contact={
                "first_name": "Jana",
                "last_name": f"Groß{one}",
                "email": f"jana{one}@example.org",
                "phone": builders.unused_phone(),
                "external_number": f"K-{one}",
                "postal_code": f"{one:05d}",  # or they would be neighbours whose names sound alike
            },
            vehicle={"internal_number": f"T-{one}", "vin": f"W{one:016d}", "make": "VW"},
            source="Messe",
            status="Sonderfall",
            category="Oldtimer",
            close_reason="Umzug",
            tags=("VIP", "Eilig"),
            location="Köln",
            owner_email="sabine@example.org",
            note=f"Note {one} {version}",
            message=f"Version {version}",
        )
        for one in range(number)
    ]


def queries_for(dealer, drafts):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        take(dealer, *drafts)
    return len(queries)


def fresh_dealer():
    dealer = builders.make_dealer()
    builders.make_location(dealer, name="Köln")
    builders.make_user(dealer, email=f"sabine{dealer.pk}@example.org")
    return dealer


def test_500_drafts_cost_as_many_queries_as_20():
    costs = {}
    for number in (1, 20, 500):
        dealer = fresh_dealer()
        drafts = full_drafts(number)
        newer = full_drafts(number, version=2)
        mixed = [*drafts[: number // 2], *newer[number // 2 :]]
        costs[number] = {
            "new": queries_for(dealer, drafts),
            "repeated": queries_for(dealer, drafts),
            "updated": queries_for(dealer, newer),
            "repeated again": queries_for(dealer, newer),
            "late": queries_for(dealer, mixed[: number // 2] or drafts),
        }
        assert Lead.objects.for_dealer(dealer).count() == number

    assert costs[20] == costs[500]
    # A few rows are written with one statement less.
    assert all(costs[1][kind] <= cost for kind, cost in costs[500].items())
    assert max(costs[500].values()) <= 45, costs[500]


def test_a_mixed_batch_of_500_stays_below_45_queries():
    """The dearest batch: new ones, repeats, updates, conflicts and late ones together, new names
    in every catalogue, rows named by our own number, and somebody to suggest."""
    costs = []
    for number in (50, 500):
        dealer = fresh_dealer()
        first = full_drafts(number)
        take(dealer, *first[: number * 4 // 5])
        second = full_drafts(number, version=2)
        fifth = number // 5
        batch = [
            *first[:fifth],  # repeated
            *second[fifth : 2 * fifth],  # updated
            *(replace(one, content_hash="x") for one in first[2 * fifth : 3 * fifth]),  # conflict
            *(replace(one, version=0) for one in first[3 * fifth : 4 * fifth]),  # late
            *first[4 * fifth :],  # new
        ]
        builders.make_customer(dealer, first_name="Jana", last_name="Namensvetter", email="")
        batch[-1] = replace(
            batch[-1],
            contact=ContactDraft(first_name="Jana", last_name="Namensvetter"),
            number="L-1999-000001",
            source="Neu",
            status="Ganz neu",
            category="Neu",
            close_reason="Neu",
            tags=("Neu",),
        )
        costs.append(queries_for(dealer, batch))
        assert MatchSuggestion.objects.for_dealer(dealer).count() == 1

    assert costs[0] == costs[1]
    assert costs[1] <= 45


def test_a_repeat_within_the_batch_costs_one_more_round_not_one_per_draft():
    costs = []
    for number in (20, 100):
        drafts = full_drafts(number)
        costs.append(queries_for(fresh_dealer(), [*drafts, *drafts]))

    assert costs[0] == costs[1]


# --- many at once ---------------------------------------------------------------------------------

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="SQLite lets one writer in at a time, so there is nothing to race",
)


def at_once(number, work):
    """Run work(0) … work(number - 1) in threads that start together; what they returned."""
    barrier = threading.Barrier(number)
    results, errors = [None] * number, []

    def run(position):
        try:
            barrier.wait(timeout=20)
            results[position] = work(position)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    return results


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_the_same_new_person_becomes_one_customer(self, dealer):
        contact = {"last_name": "Groß", "email": "jana@example.org"}
        drafts = [builders.make_draft(contact=contact) for _ in range(20)]

        at_once(20, lambda one: take(dealer, drafts[one]))

        assert Customer.objects.count() == 1
        lead = Lead.objects.get()
        assert (lead.enquiry_count, lead.enquiries.count()) == (20, 20)

    def test_numbers_of_many_at_once_have_no_gaps(self, dealer):
        drafts = [builders.make_draft() for _ in range(20)]

        at_once(20, lambda one: take(dealer, drafts[one]))

        numbers = Lead.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == [f"L-2026-{number:06d}" for number in range(1, 21)]

    def test_the_same_lead_is_created_once(self, dealer):
        drafts = [bdk(contact={"last_name": "Groß", "email": "j@example.org"}) for _ in range(20)]

        receipts = [one for [one] in at_once(20, lambda one: take(dealer, drafts[one]))]

        assert sorted(outcomes(receipts)) == ["created"] + ["repeated"] * 19
        assert Lead.objects.count() == 1
        assert len({receipt.lead.pk for receipt in receipts}) == 1

    def test_a_new_source_is_created_once(self, dealer):
        drafts = [builders.make_draft(source="Messe", tags=("VIP",)) for _ in range(20)]

        at_once(20, lambda one: take(dealer, drafts[one]))

        assert Source.objects.filter(dealer=dealer).count() == 1
        assert Tag.objects.filter(dealer=dealer).count() == 1
        assert Lead.objects.filter(source__name="Messe").count() == 20

    def test_batches_that_overlap_in_another_order_do_not_block_each_other(self, dealer):
        drafts = full_drafts(20)

        def work(one):
            newer = full_drafts(20, version=one + 1)
            take(dealer, *(newer if one % 2 else reversed(newer)))

        take(dealer, *drafts)
        at_once(8, work)

        assert Lead.objects.count() == 20
        assert set(Enquiry.objects.values_list("version", flat=True)) == {8}

    def test_two_dealers_do_not_wait_for_each_other(self, dealer):
        other_dealer = builders.make_dealer()
        is_received = threading.Event()

        def work(one):
            if one == 0:
                with transaction.atomic():
                    take(dealer, builders.make_draft())
                    assert is_received.wait(timeout=20)
            else:
                take(other_dealer, builders.make_draft())
                is_received.set()

        at_once(2, work)

        assert Lead.objects.count() == 2

    def test_an_update_waits_for_what_staff_are_doing_and_keeps_it(self, dealer):
        """The lead is read before the member of staff commits; it must be read again."""
        [receipt] = take(dealer, bdk(message="first"))
        staff_changed, pid = threading.Event(), []

        def staff(_one):
            with transaction.atomic():
                set_status(
                    Lead.objects.filter(pk=receipt.lead.pk),
                    builders.shared_status("offer"),
                    by=None,
                    now=LATER,
                )
                staff_changed.set()
                wait_until_blocked(pid)

        def sender(_one):
            assert staff_changed.wait(timeout=20)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid.append(cursor.fetchone()[0])
            take(dealer, bdk(version=2, content="b", message="second"), now=LATER)

        at_once(2, lambda one: (staff, sender)[one](one))

        lead = Lead.objects.get()
        assert lead.message == "second"
        assert lead.status.key == "offer"


def wait_until_blocked(pid, seconds=10):
    """Until the other session waits for a lock of ours."""
    deadline = timezone.now() + timedelta(seconds=seconds)
    while timezone.now() < deadline:
        if pid:
            with connection.cursor() as cursor:
                cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [pid[0]])
                if cursor.fetchone()[0]:
                    return
    raise AssertionError("nobody waited")

"""What must hold for every row, whoever writes it: the database refuses the rest."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from leads.models import (
    Category,
    CloseReason,
    IdempotencyRecord,
    Lead,
    LeadType,
    Location,
    MatchSuggestion,
    Source,
    Status,
    Tag,
)
from tests import builders

pytestmark = pytest.mark.django_db

CATALOGS = [Status, Source, CloseReason, Category, Tag]


def suggestion(dealer, customer, candidate):
    return MatchSuggestion.objects.create(
        dealer=dealer,
        customer=customer,
        candidate=candidate,
        reason="same_name",
        created_at=timezone.now(),
    )


def idempotency_record(dealer, sender="api:website", key="abc"):
    return IdempotencyRecord.objects.create(
        dealer=dealer,
        sender=sender,
        key=key,
        request_hash="0" * 64,
        status_code=201,
        body="{}",
        created_at=timezone.now(),
    )


# Each makes the same thing twice for one dealer.
TWICE = {
    "lead number": lambda dealer: builders.make_lead(dealer, number="L-2026-000001"),
    "enquiry of a sender": lambda dealer: builders.make_enquiry(
        dealer, sender="bdk:0012345", external_id="DLC-1"
    ),
    "customer of the bank": lambda dealer: builders.make_customer(dealer, external_number="4711"),
    "vehicle number": lambda dealer: builders.make_vehicle(dealer, internal_number="T-1"),
    "location name": lambda dealer: builders.make_location(dealer, name="Filiale"),
    "message": lambda dealer: builders.make_entry(dealer, message_id="DLC-1:1:abc"),
    "idempotency key": idempotency_record,
    "connection name": lambda dealer: builders.make_connection(dealer, name="BDK"),
    "source": lambda dealer: Source.objects.create(dealer=dealer, name="Messe"),
    "lead type": lambda dealer: LeadType.objects.create(dealer=dealer, key="9z", title="Neu"),
}
twice = pytest.mark.parametrize("make", TWICE.values(), ids=TWICE.keys())


@twice
def test_one_dealer_has_it_once(make):
    dealer = builders.make_dealer()
    make(dealer)

    with pytest.raises(IntegrityError), transaction.atomic():
        make(dealer)


@twice
def test_another_dealer_may_have_the_same(make):
    make(builders.make_dealer())
    make(builders.make_dealer())


# Each makes two rows that share something, but not enough to be the same.
APART = {
    "another sender": [
        lambda dealer: builders.make_lead(dealer, sender="bdk:0012345", external_id="1"),
        lambda dealer: builders.make_lead(dealer, sender="api:website", external_id="1"),
    ],
    "no number at the sender": [
        lambda dealer: builders.make_lead(dealer, sender="api:website", external_id=""),
        lambda dealer: builders.make_lead(dealer, sender="api:website", external_id=""),
    ],
    "no number at the bank": [
        lambda dealer: builders.make_customer(dealer, external_number=""),
        lambda dealer: builders.make_customer(dealer, external_number=""),
    ],
    "a shared mailbox": [
        lambda dealer: builders.make_customer(dealer, email="familie@example.org"),
        lambda dealer: builders.make_customer(dealer, email="familie@example.org"),
    ],
    "no own number": [
        lambda dealer: builders.make_vehicle(dealer, internal_number=""),
        lambda dealer: builders.make_vehicle(dealer, internal_number=""),
    ],
    "the same message of another sender": [
        lambda dealer: builders.make_entry(dealer, sender="api:website", message_id="1"),
        lambda dealer: builders.make_entry(dealer, sender="api:crm", message_id="1"),
    ],
    "the same key of another system": [
        lambda dealer: idempotency_record(dealer, sender="api:website"),
        lambda dealer: idempotency_record(dealer, sender="api:crm"),
    ],
}


@pytest.mark.parametrize("makers", APART.values(), ids=APART.keys())
def test_these_may_stand_beside_each_other(makers):
    dealer = builders.make_dealer()

    for make in makers:
        make(dealer)


def test_a_partner_number_leads_to_one_location_of_all_dealers():
    builders.make_location(bdk_partner_number="0012345")

    with pytest.raises(IntegrityError), transaction.atomic():
        builders.make_location(bdk_partner_number="0012345")


def test_locations_without_a_partner_number_do_not_collide():
    builders.make_location(bdk_partner_number="")
    builders.make_location(bdk_partner_number="")

    assert Location.objects.filter(bdk_partner_number="").count() == 2


def test_a_user_works_for_a_dealer_once():
    dealer = builders.make_dealer()
    user = builders.make_user(dealer)

    with pytest.raises(IntegrityError), transaction.atomic():
        builders.make_membership(dealer, user, role="manager")


def test_a_suggestion_is_made_once_and_never_of_one_customer():
    dealer = builders.make_dealer()
    one, other = builders.make_customer(dealer), builders.make_customer(dealer)
    suggestion(dealer, one, other)

    with pytest.raises(IntegrityError), transaction.atomic():
        suggestion(dealer, one, other)
    with pytest.raises(IntegrityError), transaction.atomic():
        suggestion(dealer, one, one)


@pytest.mark.parametrize("values", [{"probability": 101}, {"probability": -1}, {"score": 101}])
def test_a_percentage_is_one(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        builders.make_lead(**values)


@pytest.mark.parametrize("values", [{"probability": 0}, {"probability": 100}, {"score": 100}])
def test_the_ends_of_a_percentage_are_allowed(values):
    builders.make_lead(**values)


@pytest.mark.parametrize("catalog", CATALOGS)
def test_a_shared_name_exists_once_however_it_is_written(catalog):
    catalog.objects.create(dealer=None, name="Größe  XL")

    with pytest.raises(IntegrityError), transaction.atomic():
        catalog.objects.create(dealer=None, name=" GRÖSSE xl ")


@pytest.mark.parametrize("catalog", CATALOGS)
def test_a_dealers_own_name_exists_once_however_it_is_written(catalog):
    dealer = builders.make_dealer()
    catalog.objects.create(dealer=dealer, name="Messe")
    catalog.objects.create(dealer=None, name="Messe")  # for all: that is another entry
    catalog.objects.create(dealer=builders.make_dealer(), name="Messe")

    with pytest.raises(IntegrityError), transaction.atomic():
        catalog.objects.create(dealer=dealer, name="messe")


@pytest.mark.parametrize("dealer_of", [builders.make_dealer, lambda: None], ids=["own", "shared"])
def test_a_form_is_told_in_words_that_a_name_exists(dealer_of):
    dealer = dealer_of()
    first = Source.objects.create(dealer=dealer, name="Messe")

    with pytest.raises(ValidationError) as caught:
        Source(dealer=dealer, name=" MESSE ").full_clean(validate_constraints=False)
    assert list(caught.value.message_dict) == ["name"]

    first.full_clean()  # itself is no twin


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("status", lambda dealer: Status.objects.create(dealer=dealer, name="Reserviert")),
        ("source", lambda dealer: Source.objects.create(dealer=dealer, name="Messe")),
        ("category", lambda dealer: Category.objects.create(dealer=dealer, name="Oldtimer")),
        ("close_reason", lambda dealer: CloseReason.objects.create(dealer=dealer, name="Umzug")),
        ("lead_type", lambda dealer: LeadType.objects.create(dealer=dealer, key="9z", title="x")),
        ("location", builders.make_location),
        ("vehicle", builders.make_vehicle),
        ("customer", builders.make_customer),
    ],
)
def test_what_a_lead_uses_cannot_be_deleted(name, make):
    dealer = builders.make_dealer()
    used = make(dealer)
    builders.make_lead(dealer, **{name: used})

    with pytest.raises(ProtectedError):
        used.delete()


def test_a_lead_outlives_its_owner():
    owner = builders.make_user(dealer := builders.make_dealer())
    lead = builders.make_lead(dealer, owner=owner)

    owner.delete()

    lead.refresh_from_db()
    assert lead.owner is None


# --- what saving fills in -------------------------------------------------------------------------


def test_saving_recomputes_the_keys():
    lead = builders.make_lead(last_name="Größling", phone="0171 1234567", email="A@Example.org")

    assert lead.name_key.endswith("groessling")
    assert lead.phone_key == "+491711234567"
    assert lead.email_key == "a@example.org"

    lead.phone, lead.email, lead.last_name = "auf Anfrage", "", "Weiß"
    lead.save()
    lead.refresh_from_db()
    assert (lead.phone_key, lead.email_key) == ("", "")
    assert "weiss" in lead.search_text
    assert "groessling" not in lead.search_text


def test_a_lead_is_named_by_its_number_alone():
    """The admin's log keeps these names longer than the person's data may be kept."""
    lead = builders.make_lead(last_name="Größling")

    assert str(lead) == lead.number
    assert "Größling" not in str(lead.customer)


def test_the_grades_begin_where_the_guide_says():
    grades = {score: Lead(score=score).grade for score in (0, 19, 20, 49, 50, 79, 80, 100)}

    assert list(grades.values()) == ["unqualified"] * 2 + ["cold"] * 2 + ["warm"] * 2 + ["hot"] * 2
    assert Lead(score=0, contract_expiring=True).grade == "cold"


def test_the_selections_of_leads_are_what_they_are_called():
    dealer = builders.make_dealer()
    now = timezone.now()
    fresh = builders.make_lead(dealer)
    late = builders.make_lead(
        dealer, follow_up_at=now - timedelta(minutes=1), first_response_at=now
    )
    lost = builders.make_lead(dealer, status="lost", follow_up_at=now - timedelta(days=1))
    test = builders.make_lead(dealer, is_test=True, owner=builders.make_user(dealer))

    leads = Lead.objects.for_dealer(dealer)
    assert set(leads.open()) == {fresh, late, test}
    assert set(leads.real()) == {fresh, late, lost}
    assert set(leads.unanswered()) == {fresh, test}
    assert set(leads.overdue(now)) == {late}
    assert set(leads.unassigned()) == {fresh, late}


def test_a_user_sees_the_leads_of_their_locations_and_those_without_any():
    dealer, other_dealer = builders.make_dealer(), builders.make_dealer()
    here, there = builders.make_location(dealer), builders.make_location(dealer)
    mine = builders.make_lead(dealer, location=here)
    builders.make_lead(dealer, location=there)
    anywhere = builders.make_lead(dealer)
    builders.make_lead(other_dealer)

    assert set(Lead.objects.for_user(builders.make_user(dealer, locations=[here]))) == {
        mine,
        anywhere,
    }
    assert Lead.objects.for_user(builders.make_user(dealer)).count() == 3
    assert Lead.objects.for_user(builders.make_user(dealer, other_dealer)).count() == 4
    assert Lead.objects.for_user(builders.make_user(is_superuser=True)).count() == 4
    assert Lead.objects.for_user(builders.make_user()).count() == 0

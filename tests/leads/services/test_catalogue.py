"""Names as people write them find their entries; unknown ones are made once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import (
    Category,
    CloseReason,
    LeadType,
    Location,
    Membership,
    Source,
    Stage,
    Status,
    Tag,
    User,
)
from leads.services.catalogue import resolve_catalogue
from leads.services.drafts import LeadDraft
from tests import builders

pytestmark = pytest.mark.django_db

# (model, field of a draft, look-up of the catalogue)
CATALOGS = [
    (Source, "source", "source"),
    (Status, "status", "status"),
    (Category, "category", "category"),
    (CloseReason, "close_reason", "close_reason"),
    (Tag, "tags", "tag"),
]
each = pytest.mark.parametrize(
    ("model", "field", "look_up"), CATALOGS, ids=[field for _model, field, _look in CATALOGS]
)


def draft(**values):
    return LeadDraft(sender="api:website", **values)


def resolve(dealer, field, *names):
    """The catalogue after drafts with these names."""
    drafts = [draft(**{field: (name,) if field == "tags" else name}) for name in names]
    return resolve_catalogue(dealer, drafts, now=timezone.now())


# --- known names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("mobile.de", "mobile_de"),
        (" MOBILE.DE\n", "mobile_de"),
        ("mobile_de", "mobile_de"),
        ("mobile", "mobile_de"),
        ("Homepage", "website"),
        ("homepage\u00a0", "website"),
        ("E\u2011Mail".replace("\u2011", "-"), "email"),
    ],
)
def test_a_name_a_key_or_another_spelling_finds_the_entry(dealer, written, key):
    assert resolve(dealer, "source", written).source(written).key == key
    assert not Source.objects.filter(is_automatic=True).exists()


def test_what_is_not_said_is_the_default(dealer):
    catalogue = resolve_catalogue(dealer, [draft()], now=timezone.now())

    assert catalogue.source("").key == "website"
    assert catalogue.status("").key == "new"
    assert catalogue.category("") is None
    assert catalogue.close_reason("") is None
    assert catalogue.tag("") is None
    assert catalogue.lead_type("") is None
    assert catalogue.location("") is None
    assert catalogue.owner("") is None


@each
@pytest.mark.parametrize("nothing", ["", "   ", "\x00", "\u00a0\n"], ids=repr)
def test_a_name_without_anything_to_see_is_not_said(dealer, model, field, look_up, nothing):
    catalogue = resolve(dealer, field, nothing, "  ")

    found = getattr(catalogue, look_up)(nothing)
    assert (found.key if found else "") in ("", "website", "new")
    assert not model.objects.filter(is_automatic=True).exists()


def test_a_dealers_own_entry_wins_over_the_shared_one(dealer):
    own = Source.objects.create(dealer=dealer, name="MOBILE.DE")

    assert resolve(dealer, "source", "mobile.de").source("Mobile.de") == own
    assert resolve(dealer, "source", "mobile").source("mobile").key == "mobile_de"


def test_a_name_wins_over_another_entrys_spelling(dealer):
    Source.objects.create(dealer=dealer, name="Portal", aliases=["AutoScout24", "Börse"])

    catalogue = resolve(dealer, "source", "autoscout24", "BÖRSE")

    assert catalogue.source("AutoScout24").key == "autoscout24"
    assert catalogue.source("börse").name == "Portal"


def test_an_entry_that_is_switched_off_is_still_known(dealer):
    Source.objects.filter(key="meta").update(is_active=False)

    assert resolve(dealer, "source", "Facebook").source("facebook").key == "meta"
    assert not Source.objects.filter(dealer=dealer).exists()


# --- unknown names --------------------------------------------------------------------------------


@each
def test_an_unknown_name_is_created_once_however_it_is_written(dealer, model, field, look_up):
    names = ["Große Messe", " GROSSE  MESSE ", "gro\u00dfe messe", "Große\tMesse"]

    catalogue = resolve(dealer, field, *names)
    again = resolve(dealer, field, *reversed(names))

    entry = model.objects.get(dealer=dealer)
    assert (entry.name_key, entry.is_automatic) == ("grosse messe", True)
    assert {getattr(catalogue, look_up)(name) for name in names} == {entry}
    assert {getattr(again, look_up)(name) for name in names} == {entry}


def test_an_unknown_name_is_shown_as_it_was_written(dealer):
    resolve(dealer, "source", "  Hand\x00ball \n Sponsoring ")

    assert Source.objects.get(dealer=dealer).name == "Handball Sponsoring"


@pytest.mark.parametrize("name", ["Gewonnen!", "verloren 2", "SOLD", "Auftrag", "Storno"])
def test_an_unknown_status_is_never_won_or_lost_by_itself(dealer, name):
    status = resolve(dealer, "status", name).status(name)

    assert status.stage == Stage.IN_WORK
    assert status.is_open
    assert status.is_automatic
    assert status.dealer == dealer


@each
def test_a_name_that_is_too_long_is_shortened_and_found_again(dealer, model, field, look_up):
    long = "Messe " + "x" * 200
    alike = "Messe " + "x" * 300

    catalogue = resolve(dealer, field, long, alike)
    again = resolve(dealer, field, alike)

    entry = model.objects.get(dealer=dealer)
    assert entry.name == long[:80]
    assert {getattr(catalogue, look_up)(name) for name in (long, alike)} == {entry}
    assert getattr(again, look_up)(alike) == entry


def test_a_long_name_that_ends_in_a_blank_is_found_again(dealer):
    name = "x" * 79 + " " + "y" * 20

    resolve(dealer, "source", name)
    resolve(dealer, "source", name)

    assert Source.objects.get(dealer=dealer).name == "x" * 79


def test_a_long_name_finds_the_entry_that_already_answers_to_its_beginning(dealer):
    known = Source.objects.create(dealer=dealer, name="Portal", aliases=["x" * 80])

    assert resolve(dealer, "source", "x" * 120).source("x" * 120) == known


# --- walls ----------------------------------------------------------------------------------------


@each
def test_another_dealers_names_are_unknown_here(dealer, model, field, look_up):
    theirs = model.objects.create(dealer=builders.make_dealer(), name="Messe", aliases=["Expo"])

    catalogue = resolve(dealer, field, "Messe", "Expo")

    assert getattr(catalogue, look_up)("messe").dealer == dealer
    assert getattr(catalogue, look_up)("expo").dealer == dealer
    assert model.objects.filter(dealer=dealer).count() == 2
    assert theirs.is_automatic is False


def test_locations_owners_and_types_of_another_dealer_are_unknown_here(dealer):
    theirs = builders.make_dealer()
    builders.make_location(theirs, name="Köln", bdk_partner_number="0012345")
    builders.make_user(theirs, email="sabine@example.org", username="sabine")
    LeadType.objects.create(dealer=theirs, key="9z", title="Fremd")

    catalogue = resolve_catalogue(
        dealer,
        [draft(location="Köln", owner_email="sabine", lead_type="9z")],
        now=timezone.now(),
    )

    assert catalogue.location("Köln") is None
    assert catalogue.location("0012345") is None
    assert catalogue.owner("sabine") is None
    assert catalogue.owner("sabine@example.org") is None
    assert catalogue.lead_type("9z") is None


# --- locations, owners and types ------------------------------------------------------------------


@pytest.mark.parametrize("written", ["Köln Süd", " KÖLN  SÜD ", "00AB345", "00ab345"])
def test_a_location_is_found_by_name_or_partner_number(dealer, written):
    location = builders.make_location(dealer, name="Köln Süd", bdk_partner_number="00AB345")

    assert resolve(dealer, "location", written).location(written) == location


def test_an_unknown_location_is_not_created(dealer):
    assert resolve(dealer, "location", "Atlantis").location("Atlantis") is None
    assert not Location.objects.exists()


@pytest.mark.parametrize("written", ["Sabine@Example.org", " sabine@example.ORG ", "SABINE"])
def test_an_owner_is_found_by_e_mail_or_user_name(dealer, written):
    user = builders.make_user(dealer, email="sabine@EXAMPLE.org", username="Sabine")

    assert resolve(dealer, "owner_email", written).owner(written) == user


@pytest.mark.parametrize(
    "switch_off",
    [
        lambda: Membership.objects.update(is_active=False),
        lambda: User.objects.update(is_active=False),
        lambda: Membership.objects.all().delete(),
    ],
)
def test_who_does_not_work_here_any_more_owns_nothing_new(dealer, switch_off):
    user = builders.make_user(dealer)
    switch_off()

    assert resolve(dealer, "owner_email", user.email).owner(user.email) is None


def test_nobody_is_found_by_an_empty_e_mail(dealer):
    builders.make_user(dealer, email="")

    assert resolve(dealer, "owner_email", " ").owner(" ") is None


# --- cost -----------------------------------------------------------------------------------------


def test_500_new_names_cost_as_much_as_one():
    costs = []
    for number in (1, 50, 500):
        drafts = [
            draft(
                source=f"Messe {one}",
                status=f"Status {one}",
                category=f"Art {one}",
                close_reason=f"Grund {one}",
                tags=(f"Tag {one}", "VIP"),
                location="Köln",
                owner_email="sabine",
                lead_type="1a",
            )
            for one in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            resolve_catalogue(builders.make_dealer(), drafts, now=timezone.now())
        costs.append(len(queries))

    # A dealer, one look at all catalogues, one at what people have assigned, count, create and read
    # again for five, three look-ups.
    assert costs == [21, 21, 21]


def test_a_catalogue_that_nobody_names_is_not_read(dealer, django_assert_num_queries):
    with django_assert_num_queries(1):  # sources and statuses have defaults
        resolve_catalogue(dealer, [draft(), draft()], now=timezone.now())

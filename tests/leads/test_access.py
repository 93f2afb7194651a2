"""Rights: read from the memberships, per dealer, at each request."""

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser, Permission

from leads.access import PERMISSIONS_OF_ROLE
from leads.models import Lead, Membership, Role, Source, User
from tests import builders

pytestmark = pytest.mark.django_db

PAGES = ["add", "change", "delete", "view"]
CATALOGS = ["status", "source", "leadtype", "closereason", "category", "tag"]
SELLER, MANAGER, ADMINISTRATOR, AUDITOR = Role.values


def rights(role):
    """The role's rights in a dealer of its own, asked the way the admin asks."""
    dealer = builders.make_dealer()
    user = builders.make_user(dealer, role=role)
    lead = builders.make_lead(dealer)
    existing = {
        f"{one.content_type.app_label}.{one.codename}"
        for one in Permission.objects.select_related("content_type")
    }
    return {right for right in existing if user.has_perm(right, lead)}


def actions_on(name, granted):
    """ "lead" → {"view", "change"}"""
    return {
        action
        for right in granted
        for action in PAGES
        if right in (f"leads.{action}_{name}", f"integrations.{action}_{name}")
    }


@pytest.mark.parametrize("role", Role.values)
def test_every_right_of_a_role_exists(role):
    """A misspelt right would never be granted, and nobody would notice."""
    existing = {
        f"{one.content_type.app_label}.{one.codename}"
        for one in Permission.objects.select_related("content_type")
    }

    assert PERMISSIONS_OF_ROLE[role] <= existing


@pytest.mark.parametrize(
    ("role", "lead", "customer", "vehicle", "entry", "membership", "key", "connection"),
    [
        (SELLER, "avc", "avc", "v", "", "", "", "v"),
        (MANAGER, "avc", "avc", "avc", "v", "v", "", "v"),
        (ADMINISTRATOR, "avcd", "avcd", "avcd", "v", "avcd", "avcd", "avcd"),
        (AUDITOR, "v", "v", "v", "v", "v", "v", "v"),
    ],
)
def test_what_each_role_may_do(role, lead, customer, vehicle, entry, membership, key, connection):
    granted = rights(role)

    for name, letters in (
        ("lead", lead),
        ("customer", customer),
        ("vehicle", vehicle),
        ("intakeentry", entry),
        ("membership", membership),
        ("apikey", key),
        ("connection", connection),
    ):
        assert {action[0] for action in actions_on(name, granted)} == set(letters), name


IMPORTS = ("import_lead", "import_customer", "import_vehicle")
EXPORTS = ("export_lead", "export_customer", "export_vehicle")


@pytest.mark.parametrize(
    ("role", "special"),
    [
        (SELLER, {"pull_connection"}),
        (MANAGER, {"pull_connection", *IMPORTS, *EXPORTS, "assign_lead"}),
        (
            ADMINISTRATOR,
            {"pull_connection", *IMPORTS, *EXPORTS, "assign_lead", "view_raw"},
        ),
        (AUDITOR, set()),
    ],
)
def test_special_rights_of_each_role(role, special):
    named = {"pull_connection", *IMPORTS, *EXPORTS, "assign_lead", "view_raw"}
    named |= {"view_creditworthiness"}

    assert {right.partition(".")[2] for right in rights(role)} & named == special


@pytest.mark.parametrize("role", Role.values)
def test_only_the_administrator_keeps_catalogues(role):
    granted = rights(role)

    for name in CATALOGS:
        changing = actions_on(name, granted) - {"view"}
        may_change = role == ADMINISTRATOR or (role == MANAGER and name == "tag")
        assert bool(changing) == may_change, name


@pytest.mark.parametrize("role", Role.values)
def test_no_role_reaches_users_groups_or_another_dealer_as_such(role):
    granted = rights(role)

    assert not [right for right in granted if right.startswith(("auth.", "sessions.", "admin."))]
    assert not actions_on("user", granted)
    assert not actions_on("dealer", granted) & {"add", "delete"}


def test_an_auditor_changes_nothing():
    assert all(".view_" in right for right in rights(AUDITOR))


# --- creditworthiness -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_no_role_alone_sees_creditworthiness(role):
    assert "leads.view_creditworthiness" not in rights(role)


@pytest.mark.parametrize("role", Role.values)
def test_creditworthiness_is_granted_to_persons_at_one_dealer(role):
    dealer, other_dealer = builders.make_dealer(), builders.make_dealer()
    user = builders.make_user(dealer, role=role, sees_creditworthiness=True)
    builders.make_membership(other_dealer, user, role=role)

    assert user.has_perm("leads.view_creditworthiness", builders.make_lead(dealer))
    assert not user.has_perm("leads.view_creditworthiness", builders.make_lead(other_dealer))


def test_a_switched_off_membership_shows_no_creditworthiness():
    dealer = builders.make_dealer()
    user = builders.make_user()
    builders.make_membership(dealer, user, sees_creditworthiness=True, is_active=False)

    assert not user.has_perm("leads.view_creditworthiness")


# --- walls ----------------------------------------------------------------------------------------


def test_rights_end_at_the_dealers_wall():
    user = builders.make_user(builders.make_dealer(), role=ADMINISTRATOR)
    lead = builders.make_lead(builders.make_dealer())

    assert user.has_perm("leads.view_lead")
    assert not user.has_perm("leads.view_lead", lead)
    assert user.get_all_permissions(lead) == set()


def test_nobody_carries_a_role_from_one_dealer_to_another():
    ours, theirs = builders.make_dealer(), builders.make_dealer()
    user = builders.make_user(ours, role=ADMINISTRATOR)
    builders.make_membership(theirs, user, role=SELLER)

    assert user.has_perm("leads.delete_lead", builders.make_lead(ours))
    assert not user.has_perm("leads.delete_lead", builders.make_lead(theirs))
    assert user.has_perm("leads.change_lead", builders.make_lead(theirs))
    assert not user.has_perm("leads.add_apikey", builders.make_connection(theirs))


def test_a_dealer_itself_belongs_to_itself():
    ours, theirs = builders.make_dealer(), builders.make_dealer()
    user = builders.make_user(ours, role=ADMINISTRATOR)
    builders.make_membership(theirs, user, role=SELLER)

    assert user.has_perm("leads.change_dealer", ours)
    assert not user.has_perm("leads.change_dealer", theirs)
    assert not user.has_perm("leads.view_dealer", builders.make_dealer())


def test_every_business_row_knows_its_dealer():
    """Asked about a row without a dealer, the backend would answer for any dealer."""
    free = {
        "User",
        "Dealer",
        "ScoreWeights",
        # Of the operator's machines:
        "Job",
        "Schedule",
        "Worker",
        "Status",
        "Source",
        "CloseReason",
        "Category",
        "Tag",
        "LeadType",
    }

    for app in ("leads", "integrations"):
        for model in apps.get_app_config(app).get_models():
            if model.__name__.startswith("Historical") or model.__name__ in free:
                continue
            assert not model._meta.get_field("dealer").null, model


def test_what_all_dealers_share_can_only_be_looked_at():
    user = builders.make_user(builders.make_dealer(), role=ADMINISTRATOR)
    shared = builders.shared_source()

    assert user.has_perm("leads.view_source", shared)
    assert not user.has_perm("leads.change_source", shared)
    assert not user.has_perm("leads.delete_source", shared)


def test_a_dealers_own_entry_can_be_changed_there_alone():
    ours, theirs = builders.make_dealer(), builders.make_dealer()
    user = builders.make_user(ours, role=ADMINISTRATOR)

    own = Source.objects.create(dealer=ours, name="Messe")
    assert user.has_perm("leads.change_source", own)
    assert not user.has_perm("leads.change_source", Source(dealer=theirs, name="Messe"))


def test_a_row_without_a_dealer_yet_opens_nothing_but_looking():
    user = builders.make_user(builders.make_dealer(), role=ADMINISTRATOR)

    assert not user.has_perm("leads.change_lead", Lead())


# --- who counts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switch_off",
    [
        lambda user, dealer: Membership.objects.update(is_active=False),
        lambda user, dealer: type(dealer).objects.update(is_active=False),
        lambda user, dealer: User.objects.update(is_active=False),
        lambda user, dealer: Membership.objects.all().delete(),
    ],
    ids=["membership off", "dealer off", "user off", "membership gone"],
)
def test_what_is_switched_off_is_out_at_the_next_request(switch_off):
    dealer = builders.make_dealer()
    user = builders.make_user(dealer, role=ADMINISTRATOR)
    lead = builders.make_lead(dealer)
    assert user.has_perm("leads.change_lead", lead)

    switch_off(user, dealer)

    user = User.objects.get(pk=user.pk)  # the next request
    assert not user.has_perm("leads.change_lead", lead)
    assert not user.has_perm("leads.view_lead")
    assert not user.has_module_perms("leads")
    if user.is_active:
        assert not Lead.objects.for_user(user).exists()


def test_a_user_without_a_dealer_has_no_rights():
    user = builders.make_user()

    assert user.get_all_permissions() == set()
    assert not user.has_module_perms("leads")


def test_groups_and_single_rights_of_the_stock_admin_do_not_count():
    user = builders.make_user(builders.make_dealer(), role=SELLER)
    user.user_permissions.add(Permission.objects.get(codename="delete_lead"))

    assert not user.has_perm("leads.delete_lead")


def test_the_operator_may_do_everything_unless_switched_off():
    lead = builders.make_lead()
    operator = builders.make_user(is_superuser=True)

    assert operator.has_perm("leads.delete_lead", lead)
    assert operator.has_perm("leads.view_creditworthiness", lead)

    operator.is_active = False
    assert not operator.has_perm("leads.delete_lead", lead)


def test_a_stranger_has_no_rights():
    assert not AnonymousUser().has_perm("leads.view_lead")
    assert not AnonymousUser().has_perm("leads.view_lead", builders.make_lead())


def test_modules_are_open_to_those_with_a_right_in_them():
    user = builders.make_user(builders.make_dealer(), role=SELLER)

    assert user.has_module_perms("leads")
    assert user.has_module_perms("integrations")
    assert not user.has_module_perms("auth")


def test_signing_in_needs_the_right_password_of_an_active_user():
    user = builders.make_user(builders.make_dealer())

    assert authenticate(username=user.username, password=builders.PASSWORD) == user
    assert authenticate(username=user.username, password="wrong") is None
    User.objects.update(is_active=False)
    assert authenticate(username=user.username, password=builders.PASSWORD) is None


def test_rights_are_read_once_per_request(django_assert_num_queries):
    dealer = builders.make_dealer()
    user = builders.make_user(dealer, builders.make_dealer())
    leads = [builders.make_lead(dealer) for _ in range(5)]
    user = User.objects.get(pk=user.pk)

    with django_assert_num_queries(2):  # memberships with dealers, and their locations
        for lead in leads:
            user.has_perm("leads.change_lead", lead)

"""Dealers, locations, memberships, users: who keeps them; nobody gives rights to themselves."""

import pytest
from django.urls import reverse

from leads.models import Dealer, Location, Membership, Role, User
from leads.models.severity import Severity
from tests import builders
from tests.leads.admin.conftest import text_of


def url(model, page, *args):
    return reverse(f"admin:leads_{model._meta.model_name}_{page}", args=args)


KEPT = {"email": "", "reopen_days": "14", "raw_days": "90"}


@pytest.fixture
def administrator(office):
    return builders.make_user(office.ours, role=Role.ADMINISTRATOR)


@pytest.fixture
def operator(db):
    return builders.make_user(is_superuser=True, first_name="Olga", last_name="Betreiber")


# --- dealers ------------------------------------------------------------------------------------


def test_an_administrator_keeps_the_own_dealer(browse, office, administrator):
    form = url(Dealer, "change", office.ours.pk)

    answer = browse(administrator).post(form, {"name": "Autohaus Neu", **KEPT})

    office.ours.refresh_from_db()
    assert answer.status_code == 302
    assert (office.ours.name, office.ours.is_active) == ("Autohaus Neu", True)
    assert (office.ours.reopen_days, office.ours.raw_days) == (14, 90)


def test_messages_are_kept_for_a_day_at_least(browse, office, administrator):
    said = {"name": "Autohaus Neu", **KEPT, "raw_days": "0"}

    response = browse(administrator).post(url(Dealer, "change", office.ours.pk), said)

    assert list(response.context["adminform"].form.errors) == ["raw_days"]


def test_another_dealer_does_not_exist(browse, office, administrator):
    client = browse(administrator)

    assert office.theirs.name not in text_of(client.get(url(Dealer, "changelist")))
    for page in ("change", "history"):
        assert client.get(url(Dealer, page, office.theirs.pk)).status_code == 404


def test_only_the_operator_makes_dealers_and_nobody_deletes_them(browse, office, operator):
    administrator = builders.make_user(office.ours, role=Role.ADMINISTRATOR)

    assert browse(administrator).get(url(Dealer, "add")).status_code == 403
    new = {"name": "Autohaus Drei", "is_active": "on", **KEPT}
    assert browse(operator).post(url(Dealer, "add"), new).status_code == 302
    assert Dealer.objects.filter(name="Autohaus Drei").exists()
    assert browse(operator).get(url(Dealer, "delete", office.ours.pk)).status_code == 403


def test_the_operator_switches_a_dealer_off(browse, office, operator):
    browse(operator).post(url(Dealer, "change", office.ours.pk), {"name": "Aus", **KEPT})

    office.ours.refresh_from_db()
    assert not office.ours.is_active


# --- locations ----------------------------------------------------------------------------------


def test_an_administrator_adds_a_location_to_the_own_dealer(browse, office, administrator):
    values = {
        "dealer": office.theirs.pk,
        "name": "Filiale Süd",
        "is_active": "on",
        "bdk_partner_number": "0012345",
        "aliases": " Süd \r\n\r\nWerkstatt Süd",
    }

    browse(administrator).post(url(Location, "add"), values)

    location = Location.objects.get(name="Filiale Süd")
    assert (location.dealer, location.bdk_partner_number) == (office.ours, "0012345")
    assert location.aliases == ["Süd", "Werkstatt Süd"]


def test_a_partner_number_belongs_to_one_location(browse, office, administrator):
    builders.make_location(office.ours, bdk_partner_number="0012345")

    response = browse(administrator).post(
        url(Location, "add"),
        {"name": "Filiale Süd", "is_active": "on", "bdk_partner_number": "0012345"},
    )

    assert list(response.context["adminform"].form.errors) == ["bdk_partner_number"]


def test_a_location_in_use_is_switched_off_instead_of_deleted(browse, office, administrator):
    location = builders.make_location(office.ours)
    builders.make_lead(office.ours, location=location)
    builders.make_vehicle(office.ours, location=location)
    delete = url(Location, "delete", location.pk)

    page = text_of(browse(administrator).get(delete))
    browse(administrator).post(delete, {"post": "yes"})

    assert f"{location}: 1 lead" in page
    assert f"{location}: 1 vehicle" in page
    assert Location.objects.filter(pk=location.pk).exists()


def test_the_list_says_what_is_switched_off_and_in_which_state_it_lies(
    browse, office, administrator
):
    builders.make_location(office.ours, name="Filiale Süd", state="BY", is_active=False)

    page = text_of(browse(administrator).get(url(Location, "changelist")))

    assert "switched off" in page
    assert "Bayern" in page


# --- memberships --------------------------------------------------------------------------------


def member(office, role=Role.SELLER):
    return builders.make_user(office.ours, role=role).memberships.get()


def test_an_administrator_says_what_the_people_may_do(browse, office, administrator):
    membership, location = member(office), builders.make_location(office.ours)
    form = url(Membership, "change", membership.pk)
    values = {"role": "manager", "locations": [location.pk], "is_active": "on"}

    assert browse(administrator).post(form, values).status_code == 302

    membership.refresh_from_db()
    assert membership.role == Role.MANAGER
    assert list(membership.locations.all()) == [location]


def test_a_location_of_another_dealer_cannot_be_chosen(browse, office, administrator):
    membership, foreign = member(office), builders.make_location(office.theirs, name="Fremdling")
    form = url(Membership, "change", membership.pk)

    response = browse(administrator).post(
        form, {"role": "manager", "locations": [foreign.pk], "is_active": "on"}
    )

    assert list(response.context["adminform"].form.errors) == ["locations"]
    assert "Fremdling" not in text_of(browse(administrator).get(form))


def test_administrators_keep_their_own_data_but_not_their_own_rights(browse, office, administrator):
    own = administrator.memberships.get()
    location = builders.make_location(office.ours)
    form = url(Membership, "change", own.pk)

    answer = browse(administrator).post(
        form,
        {
            "role": "seller",
            "locations": location.pk,
            "sees_creditworthiness": "on",
            "told_of_findings_from": Severity.WARNING,
            "phone": "030 23125 001",
        },
    )

    own.refresh_from_db()
    assert answer.status_code == 302
    assert (own.told_of_findings_from, own.phone) == (Severity.WARNING, "030 23125 001")
    assert (own.role, own.sees_creditworthiness, own.is_active) == ("administrator", False, True)
    assert not own.locations.exists()


def test_the_operator_lets_people_in_and_out(browse, office, operator):
    newcomer = builders.make_user()
    values = {"dealer": office.ours.pk, "user": newcomer.pk, "role": "seller", "is_active": "on"}

    answer = browse(operator).post(url(Membership, "add"), values)
    membership = Membership.objects.get(user=newcomer)
    again = browse(operator).post(url(Membership, "add"), values)
    browse(operator).post(url(Membership, "delete", membership.pk), {"post": "yes"})

    assert (answer.status_code, again.status_code) == (302, 200)
    assert not Membership.objects.filter(user=newcomer).exists()


@pytest.mark.parametrize("role", Role)
def test_nobody_else_does(browse, office, role):
    client = browse(builders.make_user(office.ours, role=role))

    assert client.get(url(Membership, "add")).status_code == 403
    assert client.get(url(Membership, "delete", member(office).pk)).status_code == 403


def test_who_deletes_a_membership_is_not_asked_about_rows_of_the_database(browse, office, operator):
    place = builders.make_location(office.ours)
    user = builders.make_user()
    membership = builders.make_membership(office.ours, user, locations=[place])

    page = browse(operator).get(url(Membership, "delete", membership.pk))

    assert page.context["deleted_objects"] == [str(membership)]
    assert "object (" not in text_of(page)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_others_read_memberships_only(browse, office, role):
    client = browse(builders.make_user(office.ours, role=role))
    form = url(Membership, "change", member(office).pk)

    assert client.get(form).status_code == 200
    assert client.post(form, {"role": "administrator", "is_active": "on"}).status_code == 403


def test_members_of_another_dealer_do_not_exist(browse, office, administrator):
    foreign = builders.make_user(office.theirs, last_name="Fremdling").memberships.get()
    client = browse(administrator)

    assert "Fremdling" not in text_of(client.get(url(Membership, "changelist")))
    assert client.get(url(Membership, "change", foreign.pk)).status_code == 404


def test_an_administrator_here_who_sells_there_changes_nothing_there(browse, office, administrator):
    builders.make_membership(office.theirs, administrator, role=Role.SELLER)
    there = builders.make_user(office.theirs, last_name="Kollege").memberships.get()
    client = browse(administrator)

    assert "Kollege" not in text_of(client.get(url(Membership, "changelist")))
    assert client.get(url(Membership, "change", there.pk)).status_code == 404


# --- users --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_users_are_the_operators(browse, office, role):
    client = browse(builders.make_user(office.ours, role=role))
    somebody = builders.make_user(office.ours)

    for address in (
        url(User, "changelist"),
        url(User, "add"),
        url(User, "change", somebody.pk),
        url(User, "delete", somebody.pk),
        reverse("admin:auth_user_password_change", args=[somebody.pk]),
    ):
        assert client.get(address).status_code == 403


def test_the_operator_makes_a_user_who_can_sign_in(browse, client, office, operator):
    new = {
        "username": "neu",
        "first_name": "Nina",
        "last_name": "Neu",
        "email": "neu@example.org",
        "password1": "Kupplungsseil-77",
        "password2": "Kupplungsseil-77",
    }

    assert browse(operator).post(url(User, "add"), new).status_code == 302

    user = User.objects.get(username="neu")
    assert (user.is_staff, user.is_superuser) == (True, False)
    client.logout()
    client.post(reverse("admin:login"), {"username": "neu", "password": "Kupplungsseil-77"})
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_weak_password_is_refused(browse, operator):
    new = {"username": "neu", "password1": "kurz", "password2": "kurz"}

    assert browse(operator).post(url(User, "add"), new).status_code == 200
    assert not User.objects.filter(username="neu").exists()


def user_form(user, **values):
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **values,
    }


def test_the_operator_gives_a_user_a_dealer(browse, office, operator):
    user = builders.make_user()
    values = user_form(
        user,
        **{
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-user": user.pk,
            "memberships-0-dealer": office.ours.pk,
            "memberships-0-role": "manager",
            "memberships-0-is_active": "on",
        },
    )

    assert browse(operator).post(url(User, "change", user.pk), values).status_code == 302
    assert user.memberships.get().role == Role.MANAGER


def test_the_operator_does_not_lock_out_the_operator(browse, operator):
    values = user_form(operator)
    del values["is_active"]

    browse(operator).post(url(User, "change", operator.pk), values)

    operator.refresh_from_db()
    assert operator.is_active
    assert operator.is_superuser


def test_someone_who_leaves_is_switched_off_and_out_at_once(browse, client, office, operator):
    user = builders.make_user(office.ours)
    values = user_form(user)
    del values["is_active"]
    browse(operator).post(url(User, "change", user.pk), values)

    client.force_login(user)

    assert client.get(reverse("admin:index")).status_code == 302
    assert browse(operator).get(url(User, "delete", user.pk)).status_code == 403


def test_passwords_are_not_shown(browse, office, operator):
    user = builders.make_user(office.ours)

    assert user.password not in text_of(browse(operator).get(url(User, "change", user.pk)))


def test_the_operator_sets_a_new_password(browse, office, operator):
    user = builders.make_user(office.ours)
    address = reverse("admin:auth_user_password_change", args=[user.pk])

    browse(operator).post(
        address,
        {
            "password1": "Kupplungsseil-77",
            "password2": "Kupplungsseil-77",
            "usable_password": "true",
        },
    )

    user.refresh_from_db()
    assert user.check_password("Kupplungsseil-77")


def test_colleagues_are_found_where_one_is_chosen(browse, office):
    """The owner of a lead is chosen by name; the list of users stays shut."""
    seller = builders.make_user(office.ours, last_name="Zwerg")
    builders.make_user(office.theirs, last_name="Zwerg")
    address = reverse("admin:leads_user_choices")
    field = {"app_label": "leads", "model_name": "lead", "field_name": "owner", "term": "zwerg"}

    found = browse(seller).get(address, field).json()["results"]

    assert [row["id"] for row in found] == [str(seller.pk)]
    assert browse(builders.make_user()).get(address, field).status_code == 403

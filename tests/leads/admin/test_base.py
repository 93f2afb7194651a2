"""The wall in the admin: nothing of another dealer shows, in no list, form, choice or history."""

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import pagination
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from leads.admin.choices import CappedPaginator
from leads.admin.wall import dealers_where, matching_text, sees_creditworthiness, visible_rows
from leads.models import (
    Customer,
    Dealer,
    IntakeEntry,
    Lead,
    MatchSuggestion,
    Membership,
    Role,
    User,
    Vehicle,
)
from tests import builders
from tests.leads.admin.conftest import text_of

# What may be shown, and what must not: a word in each row that is searched for in the pages.


def make_lead(dealer, word):
    return builders.make_lead(dealer, customer=builders.make_customer(dealer, last_name=word))


def make_customer(dealer, word):
    return builders.make_customer(dealer, last_name=word)


def make_vehicle(dealer, word):
    return builders.make_vehicle(dealer, model=word)


def make_entry(dealer, word):
    return builders.make_entry(dealer, outside_id=word)


def make_suggestion(dealer, word):
    return MatchSuggestion.objects.create(
        dealer=dealer,
        customer=builders.make_customer(dealer, last_name=word),
        candidate=builders.make_customer(dealer, last_name=word),
        reason="same_name",
        created_at=timezone.now(),
    )


MAKERS = {
    Lead: make_lead,
    Customer: make_customer,
    Vehicle: make_vehicle,
    IntakeEntry: make_entry,
    MatchSuggestion: make_suggestion,
}
each_model = pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)


def address(model, page, *args, **query):
    return reverse(f"admin:leads_{model._meta.model_name}_{page}", args=args, query=query)


def make_pair(office, model):
    return MAKERS[model](office.ours, "Unsrig"), MAKERS[model](office.theirs, "Fremdling")


# --- lists and pages -------------------------------------------------------------------------


@each_model
def test_a_list_shows_rows_of_the_own_dealer_only(office, browse, model):
    make_pair(office, model)

    page = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR)).get(
        address(model, "changelist")
    )

    assert "Unsrig" in text_of(page)
    assert "Fremdling" not in text_of(page)
    assert page.context["cl"].result_count == 1


@each_model
def test_the_operator_sees_all_dealers_and_which_is_which(office, browse, model):
    make_pair(office, model)

    page = text_of(browse(builders.make_user(is_superuser=True)).get(address(model, "changelist")))

    assert "Unsrig" in page
    assert "Fremdling" in page
    assert office.theirs.name in page


@each_model
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_a_foreign_row_is_as_if_it_did_not_exist(office, browse, model, page):
    own, foreign = make_pair(office, model)
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))

    assert client.get(address(model, page, own.pk)).status_code in (200, 403)
    for missing in (foreign.pk, 99_999_999, "never"):
        answer = client.get(address(model, page, missing))
        assert answer.status_code in (403, 404)
        assert answer.status_code == client.get(address(model, page, 99_999_999)).status_code
        assert "Fremdling" not in text_of(answer)


@each_model
def test_a_foreign_row_cannot_be_changed(office, browse, model):
    _own, foreign = make_pair(office, model)
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))

    assert client.post(address(model, "change", foreign.pk), {}).status_code in (403, 404)
    assert client.post(address(model, "delete", foreign.pk), {"post": "yes"}).status_code in (
        403,
        404,
    )
    assert model.objects.filter(pk=foreign.pk).exists()


@each_model
def test_a_foreign_row_cannot_be_ticked_for_deletion(office, browse, model):
    _own, foreign = make_pair(office, model)
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    action = {"action": "delete_selected", "_selected_action": [foreign.pk], "post": "yes"}

    page = client.post(address(model, "changelist"), action, follow=True)

    assert "Fremdling" not in text_of(page)
    assert model.objects.filter(pk=foreign.pk).exists()


@each_model
def test_searching_finds_no_foreign_row(office, browse, model):
    make_pair(office, model)
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))

    page = client.get(address(model, "changelist", q="Fremdling"))

    if model is not MatchSuggestion:  # has no search
        assert page.context["cl"].result_count == 0


@each_model
def test_someone_without_a_dealer_sees_nothing(office, browse, model):
    make_pair(office, model)

    assert browse(builders.make_user()).get(address(model, "changelist")).status_code == 403


@each_model
def test_deactivating_a_membership_works_at_the_next_click(office, browse, model):
    own, _foreign = make_pair(office, model)
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    client = browse(user)
    assert client.get(address(model, "change", own.pk)).status_code == 200

    Membership.objects.filter(user=user).update(is_active=False)

    assert client.get(address(model, "change", own.pk)).status_code == 403


@pytest.mark.parametrize("model", [Lead, Customer, Vehicle])
def test_the_history_of_a_foreign_row_stays_hidden_after_it_is_gone(office, browse, model):
    own, foreign = make_pair(office, model)
    foreign_pk = foreign.pk
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    assert client.get(address(model, "history", own.pk)).status_code == 200

    foreign.delete()

    answer = client.get(address(model, "history", foreign_pk))
    assert answer.status_code == 404
    assert "Fremdling" not in text_of(answer)


def test_old_versions_cannot_be_opened_or_brought_back(office, browse):
    lead = builders.make_lead(office.ours)
    version = lead.history.first()
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    url = address(Lead, "simple_history", lead.pk, version.pk)

    assert client.get(url).status_code == 404
    assert client.post(url, {"subject": "früher"}).status_code == 404


# --- rights are asked per dealer -------------------------------------------------------------


def manager_here_seller_there(office):
    user = builders.make_user(office.ours, role=Role.MANAGER)
    builders.make_membership(office.theirs, user, role=Role.SELLER)
    return User.objects.get(pk=user.pk)


def test_rights_at_one_dealer_open_nothing_at_another(office, browse):
    ours = builders.make_entry(office.ours, outside_id="Unsrig")
    theirs = builders.make_entry(office.theirs, outside_id="Fremdling")
    client = browse(manager_here_seller_there(office))  # a seller does not see the ledger

    page = client.get(address(IntakeEntry, "changelist"))

    assert "Unsrig" in text_of(page)
    assert "Fremdling" not in text_of(page)
    assert client.get(address(IntakeEntry, "change", ours.pk)).status_code == 200
    assert client.get(address(IntakeEntry, "change", theirs.pk)).status_code == 404


def test_a_vehicle_can_be_changed_only_where_one_may(office, browse):
    ours, theirs = builders.make_vehicle(office.ours), builders.make_vehicle(office.theirs)
    client = browse(manager_here_seller_there(office))  # a seller only looks at vehicles

    assert client.get(address(Vehicle, "change", theirs.pk)).status_code == 200
    assert client.post(address(Vehicle, "change", theirs.pk), {}).status_code == 403
    assert client.post(address(Vehicle, "change", ours.pk), {}).status_code == 200  # form errors


def test_dealers_where_names_dealers_with_the_right(office):
    user = manager_here_seller_there(office)

    assert dealers_where(user, "leads.assign_lead") == [office.ours.pk]
    assert set(dealers_where(user, "leads.change_lead")) == {office.ours.pk, office.theirs.pk}
    assert dealers_where(builders.make_user(is_superuser=True), "leads.assign_lead") is None


def test_colleagues_are_those_of_the_own_dealers(office):
    me, colleague = builders.make_user(office.ours), builders.make_user(office.ours)
    builders.make_user(office.theirs)
    builders.make_user(is_superuser=True)

    assert set(visible_rows(User, me)) == {me, colleague}
    assert list(visible_rows(Dealer, me)) == [office.ours]


def test_a_model_that_nobody_thought_of_shows_nothing(office):
    assert not visible_rows(admin.models.LogEntry, builders.make_user(office.ours)).exists()


def test_creditworthiness_in_a_list_needs_the_right_everywhere(office):
    user = builders.make_user(office.ours, sees_creditworthiness=True)
    assert sees_creditworthiness(user)

    builders.make_membership(office.theirs, user)
    user = User.objects.get(pk=user.pk)

    assert not sees_creditworthiness(user)
    assert sees_creditworthiness(user, builders.make_lead(office.ours))
    assert not sees_creditworthiness(user, builders.make_lead(office.theirs))


# --- what can be asked for in the address ----------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        {"precheck": "negative"},
        {"precheck__exact": "negative"},
        {"lead_type__precheck": "negative"},
        {"owner__password__startswith": "argon2"},
        {"customer__email__startswith": "j"},
        {"dealer__name__startswith": "A"},
        {"search_text__contains": "gross"},
    ],
    ids=lambda question: next(iter(question)),
)
def test_only_the_filters_of_the_list_can_be_asked_for(office, browse, question):
    builders.make_lead(office.ours)

    page = browse(builders.make_user(office.ours)).get(address(Lead, "changelist", **question))

    assert page.status_code in (302, 400)  # refused, or back to the list without it


def test_counts_beside_filters_cannot_be_switched_on(office, browse):
    builders.make_lead(office.ours)

    page = browse(builders.make_user(office.ours)).get(
        address(Lead, "changelist", _facets="True", status="1")
    )

    assert page.status_code == 200
    assert page.context["cl"].add_facets is False


# --- choices ---------------------------------------------------------------------------------


def choices(client, source, field, **query):
    remote = source._meta.get_field(field).remote_field.model._meta
    answer = client.get(
        reverse(f"admin:{remote.app_label}_{remote.model_name}_choices"),
        {"app_label": "leads", "model_name": source._meta.model_name, "field_name": field, **query},
    )
    return [found["text"] for found in answer.json()["results"]]


def test_suggestions_name_people_of_the_own_dealer(office, browse):
    place = {"postal_code": "89073", "city": "Ulm"}
    builders.make_customer(office.ours, first_name="Eva", last_name="Test", **place)
    builders.make_customer(office.theirs, first_name="Eva", last_name="Test")
    client = browse(builders.make_user(office.ours))

    assert choices(client, Lead, "customer", term="eva test") == ["Eva Test · 89073 Ulm"]


def test_suggestions_stay_within_the_dealer_of_the_row(office, browse):
    builders.make_customer(office.ours, first_name="Eva", last_name="Hier")
    builders.make_customer(office.theirs, first_name="Eva", last_name="Dort")
    both = builders.make_user(office.ours, office.theirs)
    client = browse(both)

    assert len(choices(client, Lead, "customer", term="eva")) == 2
    [one] = choices(client, Lead, "customer", term="eva", dealer=office.theirs.pk)
    assert "Dort" in one


def test_a_foreign_dealers_number_finds_nothing(office, browse):
    builders.make_customer(office.theirs, last_name="Dort")
    client = browse(builders.make_user(office.ours))

    assert choices(client, Lead, "customer", term="", dealer=office.theirs.pk) == []


def test_djangos_own_autocomplete_is_behind_the_wall_too(office, browse):
    builders.make_customer(office.theirs, last_name="Dort")
    client = browse(builders.make_user(office.ours))
    question = {"app_label": "leads", "model_name": "lead", "field_name": "customer", "term": ""}

    assert client.get(reverse("admin:autocomplete"), question).json()["results"] == []


def test_suggestions_leave_out_what_is_switched_off(office, browse):
    builders.shared_source("website")
    client = browse(builders.make_user(office.ours))
    assert "Website" in choices(client, Lead, "source", term="website")

    source = builders.shared_source("website")
    source.is_active = False
    source.save()

    assert choices(client, Lead, "source", term="website") == []


def select_of(page, name):
    return {
        str(label) for value, label in page.context["adminform"].form.fields[name].choices if value
    }


def test_a_form_offers_only_what_belongs_to_the_dealer_of_the_row(office, browse):
    builders.make_location(office.ours, name="Hier")
    builders.make_location(office.theirs, name="Dort")
    builders.make_user(office.theirs, last_name="Dortmann")
    both = builders.make_user(office.ours, office.theirs, role=Role.MANAGER, last_name="Beidermann")
    lead = builders.make_lead(office.ours)

    page = browse(both).get(address(Lead, "change", lead.pk))

    assert select_of(page, "location") == {"Hier"}
    assert select_of(page, "owner") == {"Sabine Beidermann"}


def test_a_choice_from_another_dealer_is_refused(office, browse):
    lead = builders.make_lead(office.ours)
    foreign = builders.make_vehicle(office.theirs)
    client = browse(builders.make_user(office.ours, office.theirs, role=Role.MANAGER))

    page = client.post(address(Lead, "change", lead.pk), {"vehicle": foreign.pk})

    assert "vehicle" in page.context["adminform"].form.errors


def test_an_owner_who_left_stays_chosen(office, browse):
    leaver = builders.make_user(office.ours, last_name="Gegangen")
    lead = builders.make_lead(office.ours, owner=leaver)
    Membership.objects.filter(user=leaver).update(is_active=False)

    page = browse(builders.make_user(office.ours, role=Role.MANAGER)).get(
        address(Lead, "change", lead.pk)
    )

    assert "Sabine Gegangen" in select_of(page, "owner")


# --- new rows and their dealer ---------------------------------------------------------------

CUSTOMER = {"first_name": "Eva", "last_name": "Neu", "country": "DE"}


def test_a_new_row_belongs_to_the_only_dealer_by_itself(office, browse):
    client = browse(builders.make_user(office.ours))

    assert "dealer" not in client.get(address(Customer, "add")).context["adminform"].form.fields
    # A dealer in the request is ignored.
    client.post(address(Customer, "add"), {**CUSTOMER, "dealer": office.theirs.pk})

    assert Customer.objects.get(last_name="Neu").dealer == office.ours


def test_who_works_for_two_dealers_is_asked_for_which(office, browse):
    third = builders.make_dealer()
    client = browse(builders.make_user(office.ours, office.theirs))

    page = client.get(address(Customer, "add"))
    assert select_of(page, "dealer") == {office.ours.name, office.theirs.name}

    refused = client.post(address(Customer, "add"), {**CUSTOMER, "dealer": third.pk})
    assert "dealer" in refused.context["adminform"].form.errors
    client.post(address(Customer, "add"), {**CUSTOMER, "dealer": office.theirs.pk})
    assert Customer.objects.get(last_name="Neu").dealer == office.theirs


def test_only_dealers_where_one_may_add_are_offered(office, browse):
    client = browse(manager_here_seller_there(office))  # a seller adds no vehicles

    assert select_of(client.get(address(Vehicle, "add")), "dealer") == {office.ours.name}


@pytest.mark.parametrize("role", [Role.SELLER, Role.ADMINISTRATOR])
def test_what_is_read_only_leads_only_to_pages_one_may_open(office, browse, role):
    lead = make_lead(office.ours, "Unsrig")
    user = builders.make_user(office.ours, office.theirs, role=role)
    client = browse(user)
    url = address(Dealer, "change", office.ours.pk)

    page = text_of(client.get(address(Lead, "change", lead.pk)))

    assert office.ours.name in page
    assert (f'href="{url}"' in page) is (client.get(url).status_code == 200)
    assert (f'href="{url}"' in page) is (role == Role.ADMINISTRATOR)


def test_a_long_dealer_name_is_cut_in_a_list_and_told_in_full(office, browse):
    make_lead(office.ours, "Unsrig")
    office.ours.name = "Autohaus Müller-Lüdenscheidt GmbH & Co. KG, Zweigniederlassung Garmisch"
    office.ours.save()

    page = browse(builders.make_user(office.ours, office.theirs)).get(address(Lead, "changelist"))

    name = office.ours.name.replace("&", "&amp;")
    assert f'<span class="lo-dealer" title="{name}">{name}</span>' in text_of(page)


def test_a_list_is_titled_with_what_it_shows(office, browse):
    page = browse(builders.make_user(office.ours)).get(address(Lead, "changelist"))

    assert page.context["title"] == "Leads"


def test_a_row_never_changes_its_dealer(office, browse):
    customer = builders.make_customer(office.ours)
    client = browse(builders.make_user(office.ours, office.theirs))

    client.post(address(Customer, "change", customer.pk), {**CUSTOMER, "dealer": office.theirs.pk})

    customer.refresh_from_db()
    assert (customer.last_name, customer.dealer) == ("Neu", office.ours)


def test_a_number_taken_within_the_dealer_is_said_in_words(office, browse):
    builders.make_vehicle(office.ours, internal_number="A-1")
    builders.make_vehicle(office.theirs, internal_number="A-2")
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))
    car = {"state": "in_stock", "make": "Kia"}

    page = client.post(address(Vehicle, "add"), {**car, "internal_number": "A-1"})
    assert page.context["adminform"].form.errors["internal_number"] == [
        "There is already an entry with this value."
    ]
    # Another dealer's number is free here, and says nothing about them.
    client.post(address(Vehicle, "add"), {**car, "internal_number": "A-2"})
    assert Vehicle.objects.filter(dealer=office.ours, internal_number="A-2").exists()


# --- history ---------------------------------------------------------------------------------


def test_the_history_says_what_changed_in_words(office, browse):
    lead = builders.make_lead(office.ours, subject="Erst so")
    lead.subject = "Dann so"
    lead.status = builders.shared_status("contacted")
    lead.urgency = "high"
    lead.save()

    page = text_of(browse(builders.make_user(office.ours)).get(address(Lead, "history", lead.pk)))

    assert "Erst so → Dann so" in page
    assert f"{builders.shared_status('new')} → {builders.shared_status('contacted')}" in page
    assert "Normal → High" in page


@pytest.mark.parametrize("may_see", [True, False])
def test_the_history_hides_creditworthiness(office, browse, may_see):
    lead = builders.make_lead(office.ours, precheck="positive")
    lead.precheck = "negative"
    lead.save()
    user = builders.make_user(office.ours, sees_creditworthiness=may_see)

    page = text_of(browse(user).get(address(Lead, "history", lead.pk)))

    assert ("Positive → Negative" in page) is may_see
    assert ("Credit pre-check" in page) is may_see


# --- counting and searching ------------------------------------------------------------------


def test_the_count_stops_at_the_limit(office, browse, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "LIMIT", 2)
    for _number in range(4):
        builders.make_customer(office.ours)

    page = browse(builders.make_user(office.ours)).get(address(Customer, "changelist"))

    assert page.context["cl"].result_count == 2
    assert pagination(page.context["cl"])["cl"].paginator.has_more
    assert "more than 2 customers" in " ".join(text_of(page).split())


def test_counting_reads_no_more_rows_than_the_limit(office):
    rows = Customer.objects.filter(pk=F("pk"))

    paginator = CappedPaginator(rows, 25)

    assert paginator.count == 0
    assert not paginator.has_more


@pytest.mark.parametrize(
    "query",
    ["groß", "GROSS", "jana köln", "0221 4710 123", "0221/4710123", "+49 221 4710123", "4710123"],
)
def test_people_are_found_as_one_types(db, query):
    customer = builders.make_customer(
        first_name="Jana", last_name="Groß", city="Köln", phone="0221 4710123", email=""
    )
    builders.make_customer(first_name="Uwe", last_name="Klein", city="Bonn", email="", phone="")

    assert list(Customer.objects.filter(matching_text(query))) == [customer]


# --- the browser -----------------------------------------------------------------------------


def test_only_the_admin_may_evaluate_scripts(client, db):
    admin_page = client.get(reverse("admin:login"))["Content-Security-Policy"]
    other_page = client.get("/health/live")["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval'" in admin_page
    assert "unsafe-eval" not in other_page

"""Catalogues: shared entries are the operator's, own ones the administrators'."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import CloseReason, LeadType, Role, Source, Status, Tag
from leads.services.catalogue_editing import MAX_SPELLINGS
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

FORM = {"name": "Messe", "aliases": "", "position": "100", "is_active": "on", "key": ""}


def url(model, page, *args):
    return reverse(f"admin:leads_{model._meta.model_name}_{page}", args=args)


def add(browse, user, model=Source, **values):
    return browse(user).post(url(model, "add"), {**FORM, **values})


def errors_of(response):
    return response.context["adminform"].form.errors


@pytest.fixture
def administrator(office):
    return builders.make_user(office.ours, role=Role.ADMINISTRATOR)


@pytest.fixture
def operator(db):
    return builders.make_user(is_superuser=True)


def make_source(dealer=None, **values):
    return Source.objects.create(**{"dealer": dealer, "name": "Messe", **values})


# --- whose they are -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_shared_entries_and_nobody_else_changes_them(browse, office, role):
    client = browse(builders.make_user(office.ours, role=role))
    shared = builders.shared_source()
    form = url(Source, "change", shared.pk)

    assert client.get(form).status_code == 200
    assert client.post(form, {**FORM, "name": "Gekapert"}).status_code == 403
    assert client.post(url(Source, "delete", shared.pk), {"post": "yes"}).status_code == 403
    shared.refresh_from_db()
    assert shared.name == "Website"


def test_the_operator_changes_shared_entries(browse, operator):
    shared = builders.shared_source()

    browse(operator).post(
        url(Source, "change", shared.pk), {**FORM, "name": "Unsere Website", "aliases": "Homepage"}
    )

    shared.refresh_from_db()
    assert (shared.name, shared.aliases, shared.key) == ("Unsere Website", ["Homepage"], "website")


def test_the_operator_adds_entries_for_all_or_for_one(browse, office, operator):
    add(browse, operator, dealer="")
    add(browse, operator, dealer=office.ours.pk)

    assert {source.dealer for source in Source.objects.filter(name="Messe")} == {None, office.ours}


def test_an_administrator_adds_entries_of_the_own_dealer(browse, office, administrator):
    add(browse, administrator, dealer=office.theirs.pk)

    assert Source.objects.get(name="Messe").dealer == office.ours


def test_an_administrator_of_two_dealers_cannot_add_an_entry_for_all(browse, office):
    user = builders.make_user(office.ours, office.theirs, role=Role.ADMINISTRATOR)

    assert "dealer" in errors_of(add(browse, user, dealer=""))
    assert not Source.objects.filter(name="Messe").exists()
    assert add(browse, user, dealer=office.theirs.pk).status_code == 302


@pytest.mark.parametrize("role", [Role.SELLER, Role.MANAGER, Role.AUDITOR])
def test_others_add_no_sources(browse, office, role):
    assert add(browse, builders.make_user(office.ours, role=role)).status_code == 403


def test_managers_keep_tags(browse, office):
    user = builders.make_user(office.ours, role=Role.MANAGER)

    add(browse, user, Tag)

    assert Tag.objects.get(name="Messe").dealer == office.ours


def test_entries_of_another_dealer_do_not_exist(browse, office, administrator):
    foreign = make_source(office.theirs, name="Fremdling")
    client = browse(administrator)

    assert "Fremdling" not in text_of(client.get(url(Source, "changelist")))
    for page in ("change", "delete", "history"):
        assert client.get(url(Source, page, foreign.pk)).status_code == 404


def test_says_for_whom_an_entry_is(browse, office, administrator):
    make_source(office.ours)

    page = text_of(browse(administrator).get(url(Source, "changelist")))

    assert "all dealers" in page
    assert office.ours.name in page


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


def test_the_list_costs_the_same_for_many_entries(browse, office, administrator):
    client, address = browse(administrator), url(Source, "changelist")
    make_source(office.ours)
    for_few = queries_of(client, address)
    for number in range(12):
        make_source(office.ours, name=f"Messe {number}", is_automatic=True)

    assert queries_of(client, address) == for_few


# --- names and spellings ------------------------------------------------------------------------


def test_spellings_are_written_one_per_line(browse, office, administrator):
    add(browse, administrator, aliases=" Autoschau \r\n\r\nAUTOSCHAU\nMessestand  Köln\nmesse\n")

    source = Source.objects.get(name="Messe")
    assert source.aliases == ["Autoschau", "Messestand Köln"]
    form = text_of(browse(administrator).get(url(Source, "change", source.pk)))
    assert "Autoschau\nMessestand Köln</textarea>" in form


def test_no_two_entries_have_the_same_name(browse, office, administrator):
    make_source(office.ours, name="MESSE")

    assert list(errors_of(add(browse, administrator))) == ["name"]


@pytest.mark.parametrize("spelling", ["website", "MOBILE.DE", "Flohmarkt", "Trödel"])
def test_a_spelling_that_leads_elsewhere_is_refused(browse, office, administrator, spelling):
    make_source(office.ours, name="Flohmarkt", aliases=["Trödel"])

    response = add(browse, administrator, aliases=spelling)

    assert list(errors_of(response)) == ["aliases"]
    assert "already means" in errors_of(response)["aliases"][0]


def test_an_own_entry_may_take_over_a_spelling_of_a_shared_one(browse, office, administrator):
    """Own entries win, so a dealer may sort "Homepage" elsewhere than all the others."""
    assert "Homepage" in builders.shared_source().aliases

    add(browse, administrator, aliases="Homepage")

    assert Source.objects.get(name="Messe").aliases == ["Homepage"]


@pytest.mark.parametrize("aliases", ["x" * 81, "\n".join(map(str, range(MAX_SPELLINGS + 1)))])
def test_spellings_are_limited(browse, office, administrator, aliases):
    assert list(errors_of(add(browse, administrator, aliases=aliases))) == ["aliases"]


def test_is_found_by_umlauts_in_any_case(browse, office, administrator):
    make_source(office.ours, name="Ölmesse")

    found = browse(administrator).get(url(Source, "changelist"), {"q": "ÖLM"})

    assert [row.name for row in found.context["cl"].result_list] == ["Ölmesse"]


def test_keys_that_partners_use_stay(browse, operator):
    shared = builders.shared_source()

    browse(operator).post(url(Source, "change", shared.pk), {**FORM, "key": "anders"})

    shared.refresh_from_db()
    assert shared.key == "website"


# --- created by leads ---------------------------------------------------------------------------


def test_what_leads_brought_can_be_listed(browse, office, administrator):
    make_source(office.ours, is_automatic=True)

    response = browse(administrator).get(url(Source, "changelist"), {"is_automatic__exact": "1"})

    assert [row.name for row in response.context["cl"].result_list] == ["Messe"]
    assert "to review" in text_of(response)


def test_saving_an_entry_is_reviewing_it(browse, office, administrator):
    source = make_source(office.ours, is_automatic=True)

    browse(administrator).post(url(Source, "change", source.pk), FORM)

    source.refresh_from_db()
    assert not source.is_automatic


def test_several_are_marked_as_reviewed_but_only_own_ones(browse, office, administrator):
    own = make_source(office.ours, is_automatic=True)
    shared = make_source(None, name="Für alle", is_automatic=True)
    foreign = make_source(office.theirs, is_automatic=True)

    response = browse(administrator).post(
        url(Source, "changelist"),
        {"action": "mark_as_reviewed", "_selected_action": [own.pk, shared.pk, foreign.pk]},
        follow=True,
    )

    assert messages_of(response) == ["1 entry reviewed."]
    assert list(Source.objects.filter(is_automatic=True)) == [shared, foreign]


# --- in use -------------------------------------------------------------------------------------


def test_an_entry_in_use_is_not_deleted(browse, office, administrator):
    source = make_source(office.ours)
    for _ in range(3):
        builders.make_lead(office.ours, source=source)
    delete = url(Source, "delete", source.pk)

    page = text_of(browse(administrator).get(delete))
    browse(administrator).post(delete, {"post": "yes"})

    assert "Messe: 3 leads" in page
    assert "Switch it off instead" in page
    assert Source.objects.filter(pk=source.pk).exists()


def test_an_entry_nobody_uses_is_deleted(browse, office, administrator):
    source = make_source(office.ours)

    browse(administrator).post(url(Source, "delete", source.pk), {"post": "yes"})

    assert not Source.objects.filter(pk=source.pk).exists()


def test_deleting_several_spares_used_and_shared_ones(browse, office, administrator):
    used, free = make_source(office.ours), make_source(office.ours, name="Flohmarkt")
    builders.make_lead(office.ours, source=used)

    def delete(*rows):
        data = {
            "action": "delete_selected",
            "_selected_action": [row.pk for row in rows],
            "post": "yes",
        }
        return browse(administrator).post(url(Source, "changelist"), data)

    assert delete(used, free).status_code == 200
    assert delete(free, builders.shared_source("email")).status_code == 403
    assert Source.objects.filter(pk__in=[used.pk, free.pk]).count() == 2
    assert Source.objects.filter(key="email").exists()
    delete(free)
    assert not Source.objects.filter(pk=free.pk).exists()


def test_asking_to_delete_costs_the_same_for_many_leads(browse, office, administrator):
    source = make_source(office.ours)
    client, address = browse(administrator), url(Source, "delete", source.pk)
    builders.make_lead(office.ours, source=source)
    for_one = queries_of(client, address)
    for _ in range(12):
        builders.make_lead(office.ours, source=source)

    assert queries_of(client, address) == for_one


def test_a_status_in_use_does_not_change_sides(browse, office, administrator):
    status = Status.objects.create(dealer=office.ours, name="In Prüfung", stage="in_work")
    form = url(Status, "change", status.pk)
    values = {**FORM, "name": "In Prüfung"}
    lead = builders.make_lead(office.ours, status=status)

    assert list(errors_of(browse(administrator).post(form, {**values, "stage": "lost"}))) == [
        "stage"
    ]
    assert browse(administrator).post(form, {**values, "stage": "offer"}).status_code == 302
    lead.delete()
    assert browse(administrator).post(form, {**values, "stage": "lost"}).status_code == 302


def test_close_reasons_say_how_it_ended(browse, office, administrator):
    add(browse, administrator, CloseReason, outcome="won")

    assert CloseReason.objects.get(name="Messe").outcome == "won"


# --- lead types ---------------------------------------------------------------------------------

TYPE_FORM = {
    "key": "X1",
    "public_title": "Anfrage",
    "suggested_urgency": "normal",
    "first_response_minutes": "60",
    "is_active": "on",
}


def test_what_types_say_about_creditworthiness_is_absent(browse, office):
    lead_type = LeadType.objects.exclude(precheck="").exclude(precheck="none").first()
    for sees in (False, True):
        user = builders.make_user(office.ours, role=Role.ADMINISTRATOR, sees_creditworthiness=sees)
        for page in (url(LeadType, "changelist"), url(LeadType, "change", lead_type.pk)):
            assert (lead_type.title in text_of(browse(user).get(page))) == sees


def test_a_dealer_adds_types_of_its_own(browse, office, administrator):
    add(browse, administrator, LeadType, **TYPE_FORM)

    own = LeadType.objects.get(dealer=office.ours)
    assert (own.key, own.title, own.public_title) == ("x1", "Anfrage", "Anfrage")


def test_the_id_of_a_type_is_taken_once_per_dealer(browse, office, administrator):
    add(browse, administrator, LeadType, **TYPE_FORM)

    assert list(errors_of(add(browse, administrator, LeadType, **TYPE_FORM))) == ["key"]


def test_the_id_of_a_stored_type_stays(browse, office, operator):
    lead_type = builders.shared_lead_type("1a")

    browse(operator).post(
        url(LeadType, "change", lead_type.pk),
        {**TYPE_FORM, "title": "Anfrage", "key": "zz"},
    )

    lead_type.refresh_from_db()
    assert (lead_type.key, lead_type.public_title) == ("1a", "Anfrage")


def test_types_in_use_are_not_deleted(browse, operator, office):
    builders.make_lead(office.ours, lead_type="1a", received_at=timezone.now())
    lead_type = builders.shared_lead_type("1a")

    browse(operator).post(url(LeadType, "delete", lead_type.pk), {"post": "yes"})

    assert LeadType.objects.filter(pk=lead_type.pk).exists()

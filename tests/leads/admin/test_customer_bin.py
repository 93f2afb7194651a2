"""Customers saved, deleted and taken out of the bin in the admin."""

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.models import Customer, Event, Role
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

LIST = "/admin/leads/customer/"
BIN = f"{LIST}?show=bin"


@pytest.fixture
def admin(office, browse):
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    client = browse(user)
    client.user = user
    return client


def url(page, customer):
    return reverse(f"admin:leads_customer_{page}", args=[customer.pk])


def shown(response):
    assert response.status_code == 200
    return {customer.pk for customer in response.context["cl"].result_list}


def act(client, name, *customers, address=LIST, **values):
    pks = [customer.pk for customer in customers]
    return client.post(address, {"action": name, "_selected_action": pks, **values}, follow=True)


def test_an_edited_customer_has_a_new_version_and_is_told(admin, office):
    customer = builders.make_customer(office.ours, note="alt", city="Halle")

    admin.post(url("change", customer), {"last_name": "Neu", "city": "Halle", "country": "DE"})

    customer.refresh_from_db()
    assert (customer.last_name, customer.note, customer.version) == ("Neu", "", 2)
    [event] = Event.objects.filter(customer_id=customer.pk)
    assert (event.kind, event.user) == ("customer.updated", admin.user)
    assert {"last_name", "note"} <= set(event.data["changed"])
    assert "city" not in event.data["changed"]
    assert customer.history.first().history_user == admin.user


def test_saving_without_a_change_is_none(admin, office):
    customer = builders.make_customer(office.ours)
    form = admin.get(url("change", customer)).context["adminform"].form
    values = {name: form[name].value() or "" for name in form.fields}

    admin.post(url("change", customer), values)

    customer.refresh_from_db()
    assert customer.version == 1
    assert not Event.objects.exists()


def test_a_new_customer_is_told(admin, office):
    admin.post(f"{LIST}add/", {"company": "Musterbau GmbH", "country": "DE"})

    customer = Customer.objects.get()
    assert (customer.dealer, customer.company) == (office.ours, "Musterbau GmbH")
    [event] = Event.objects.filter(customer_id=customer.pk)
    assert (event.kind, event.user) == ("customer.created", admin.user)
    assert customer.history.first().history_user == admin.user


def test_nobody_is_saved_without_a_name(admin, office):
    customer = builders.make_customer(office.ours)

    response = admin.post(url("change", customer), {"city": "Halle", "country": "DE"})

    assert "Give a name, a company, an e-mail or a phone." in text_of(response)
    customer.refresh_from_db()
    assert customer.last_name


def test_deleting_means_the_bin(admin, office):
    customer, kept = builders.make_customer(office.ours), builders.make_customer(office.ours)

    admin.post(url("delete", customer), {"post": "yes"})

    customer.refresh_from_db()
    assert customer.deleted_at is not None
    assert customer.deleted_by == str(admin.user)
    assert shown(admin.get(LIST)) == {kept.pk}
    assert shown(admin.get(BIN)) == {customer.pk}
    [event] = Event.objects.filter(customer_id=customer.pk)
    assert (event.kind, event.user) == ("customer.deleted", admin.user)


def test_several_are_deleted_and_restored(admin, office):
    customers = [builders.make_customer(office.ours) for _ in range(2)]

    act(admin, "delete_selected", *customers, post="yes")
    assert shown(admin.get(LIST)) == set()
    response = act(admin, "restore_selected", *customers, address=BIN)

    assert messages_of(response) == ["2 customers were restored."]
    assert shown(admin.get(LIST)) == {customer.pk for customer in customers}
    kinds = Event.objects.filter(customer_id=customers[0].pk).values_list("kind", flat=True)
    assert set(kinds) == {"customer.deleted", "customer.restored"}


def test_leads_are_in_the_way_of_deleting_but_not_those_in_the_bin(admin, office):
    lead = builders.make_lead(office.ours)
    customer = lead.customer

    page = admin.post(url("delete", customer), {"post": "yes"})
    assert f"{customer.full_name}: 1 lead" in text_of(page)
    assert shown(admin.get(LIST)) == {customer.pk}

    lead.deleted_at = timezone.now()
    lead.save()
    admin.post(url("delete", customer), {"post": "yes"})
    assert shown(admin.get(LIST)) == set()


def test_merged_customers_are_not_in_the_bin(admin, office):
    kept = builders.make_customer(office.ours)
    gone = builders.make_customer(office.ours, merged_into=kept, deleted_at=timezone.now())

    assert shown(admin.get(BIN)) == set()
    act(admin, "restore_selected", gone, address=BIN)
    gone.refresh_from_db()
    assert gone.deleted_at is not None


def test_the_bin_is_for_those_who_may_delete(office, browse):
    builders.make_customer(office.theirs, deleted_at=timezone.now())
    ours = builders.make_customer(office.ours, deleted_at=timezone.now())
    seller = browse(builders.make_user(office.ours))

    assert shown(seller.get(BIN)) == set()
    act(seller, "restore_selected", ours, address=BIN)
    ours.refresh_from_db()
    assert ours.deleted_at is not None
    administrator = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    assert shown(administrator.get(BIN)) == {ours.pk}

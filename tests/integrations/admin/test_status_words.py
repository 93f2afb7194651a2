"""What BDK hears about a status, edited per connection; and its key to our door."""

import pytest
from django.urls import reverse

from integrations.models import Connection
from leads.models import CloseReason, Role
from tests.builders import make_connection, make_google_connection, make_user, shared_status
from tests.leads.admin.conftest import text_of


@pytest.fixture
def bdk(office):
    return make_connection(office.ours, name="BDK Demo")


@pytest.fixture
def administrator(office):
    return make_user(office.ours, role=Role.ADMINISTRATOR)


def page_of(connection, page="words"):
    return reverse(f"admin:integrations_connection_{page}", args=[connection.pk])


def posted(form, **values):
    said = {field.name: field.initial for field in form}
    return {name: said.get(name, field.initial) for name, field in form.fields.items()} | values


def test_words_and_reasons_are_chosen_on_a_page_of_the_connection(browse, bdk, administrator):
    client = browse(administrator)
    assert page_of(bdk) in text_of(client.get(page_of(bdk, "change")))
    form = client.get(page_of(bdk)).context["form"]
    offer, won = shared_status("offer").pk, shared_status("won").pk
    price = CloseReason.objects.get(dealer=None, key="price").pk
    chosen = {f"status-{offer}": "CONTACTED", f"status-{won}": "", f"reason-{price}": "NO_INTEREST"}

    answer = client.post(page_of(bdk), posted(form, **chosen))

    assert answer.status_code == 302
    assert Connection.objects.get().status_words == {
        "statuses": {str(offer): "CONTACTED", str(won): ""},
        "reasons": {str(price): "NO_INTEREST"},
    }
    page = text_of(client.get(page_of(bdk)))
    assert '<option value="CONTACTED" selected>' in page
    again = client.get(page_of(bdk)).context["form"]
    client.post(
        page_of(bdk), posted(again, **{f"status-{offer}": "usual", f"status-{won}": "usual"})
    )
    assert Connection.objects.get().status_words["statuses"] == {}


def test_a_word_that_bdk_does_not_have_is_refused(browse, bdk, administrator):
    client = browse(administrator)
    form = client.get(page_of(bdk)).context["form"]
    name = f"status-{shared_status('offer').pk}"
    answer = client.post(page_of(bdk), posted(form, **{name: "SOLD"}))

    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert Connection.objects.get().status_words == {}


def test_only_who_keeps_the_connection_may_and_only_for_bdk(office, browse, bdk, administrator):
    seller = make_user(office.ours)
    stranger = make_user(office.theirs, role=Role.ADMINISTRATOR)
    google = make_google_connection(office.ours)

    assert browse(seller).get(page_of(bdk)).status_code == 403
    assert browse(stranger).get(page_of(bdk)).status_code == 404
    assert browse(administrator).get(page_of(google)).status_code == 403


def test_the_key_to_our_door_is_made_shown_once_and_replaced(browse, bdk, administrator):
    client = browse(administrator)
    address = reverse("inbound:bdk", args=[bdk.address_key])
    assert address not in text_of(client.get(page_of(bdk, "change")))

    first = text_of(client.post(page_of(bdk, "renew")))
    bdk.refresh_from_db()
    key = bdk.push_secret
    assert key in first
    assert address in first
    assert bdk.client_secret == "demo-secret"
    page = text_of(client.get(page_of(bdk, "change")))
    assert address in page
    assert key not in page

    client.post(page_of(bdk, "renew"))
    bdk.refresh_from_db()
    assert bdk.push_secret != key
    assert bdk.previous_secret == key
    client.post(page_of(bdk, "end"))
    assert Connection.objects.get().previous_secret == ""

"""No address and no table is forgotten: each says how it keeps dealers apart."""

import pytest
from django.apps import apps
from django.urls import URLPattern, get_resolver

# Tables that hold no dealer's data; everything else in our apps must carry its dealer.
WITHOUT_A_DEALER = {
    "leads.Dealer",  # is the wall
    "leads.ScoreWeights",  # is the wall, too: a view of the dealer
    "leads.Job",  # the queue of the whole installation; its rows hold ids and nothing else
    "leads.Schedule",  # of the installation: how far each task by the clock has come
    "leads.Worker",  # a process of the installation
    "leads.User",  # a person may work for several dealers; memberships say for which
}
# Catalogues: an entry without a dealer is shared by all and read-only for each.
SHARED_OR_OWN = {
    "leads.Category",
    "leads.CloseReason",
    "leads.LeadType",
    "leads.Source",
    "leads.Status",
    "leads.Tag",
}
# Pages that answer without a sign-in; none of them shows a dealer's data.
PUBLIC = {
    "",
    "health/live",
    "health/ready",
    "admin/login/",
    "admin/logout/",
    "admin/jsi18n/",
    "api/schema/",
    "api/docs/",
    "i18n/setlang/",
}


def own_models():
    for model in [
        *apps.get_app_config("leads").get_models(),
        *apps.get_app_config("integrations").get_models(),
    ]:
        if not model._meta.auto_created and not hasattr(model, "instance_type"):  # no history
            yield model


@pytest.mark.parametrize("model", list(own_models()), ids=lambda model: model._meta.label)
def test_every_table_carries_its_dealer(model):
    label = model._meta.label
    if label in WITHOUT_A_DEALER:
        return
    dealer = model._meta.get_field("dealer")

    assert dealer.related_model._meta.label == "leads.Dealer"
    assert dealer.null == (label in SHARED_OR_OWN)
    assert hasattr(model.objects, "for_dealer")
    assert hasattr(model.objects, "for_user")


def addresses(patterns=None, prefix=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from addresses(pattern.url_patterns, route)


def example(route):
    """An address for a route: every parameter is 1."""
    filled = route
    while "<" in filled:
        start, end = filled.index("<"), filled.index(">")
        filled = f"{filled[:start]}1{filled[end + 1 :]}"
    return filled.replace("^", "").replace("$", "").replace("\\Z", "")


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(set(addresses())))
def test_every_address_asks_who_is_there(client, route):
    if route in PUBLIC:
        return
    response = client.get(f"/{example(route)}")

    # The admin sends to its login page, the API refuses; both without a look at the data.
    sent_to_login = response.status_code == 302 and "/admin/login/" in response["Location"]
    assert sent_to_login or response.status_code in (401, 403, 404, 405), response.status_code

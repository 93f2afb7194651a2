"""The public page of a website form: what it shows, and what happens to what is sent."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
import time_machine

from integrations.models import WebsiteForm
from integrations.models.website_form import FormField
from leads.models import IntakeEntry, Lead, Vehicle
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 10, 15, 5, tzinfo=UTC)
SITE = "https://autohaus.example.org"
PERSON = {"last_name": "Mustermann", "email": "max@example.org"}
CONSENTS = [("privacy", "Ich habe die Hinweise gelesen.", True), ("contact_phone", "Ja, Anruf.")]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def form(dealer):
    return builders.make_website_form(dealer)


def page_of(form):
    return f"/forms/{form.key}/"


def token_in(response):
    return re.search(r'name="token" value="([^"]+)"', text_of(response))[1]


def text_of(response):
    return response.content.decode()


def fill_in(client, clock, form, fields=None, *, seconds=20, **headers):
    """Open the page, take some time, send it."""
    token = token_in(client.get(page_of(form)))
    clock.shift(timedelta(seconds=seconds))
    sent = {**PERSON, "website": "", "token": token, **(fields or {})}
    return client.post(page_of(form), sent, headers=headers)


# --- sending ---------------------------------------------------------------------------------


def test_a_visitor_sends_an_enquiry_and_is_thanked(client, clock, dealer, form):
    response = fill_in(client, clock, form, {"message": "Guten Tag", "wishes": ["callback"]})

    lead = Lead.objects.for_dealer(dealer).get()
    assert response.status_code == 303
    assert response["Location"] == f"/forms/{form.key}/thanks/#thanks"
    assert (lead.last_name, lead.message, lead.callback_wished) == ("Mustermann", "Guten Tag", True)
    assert not lead.is_spam
    assert form.dealer.name in text_of(client.get(f"/forms/{form.key}/thanks/"))


def test_the_dealers_page_of_thanks_is_where_it_ends(client, clock, dealer):
    form = builders.make_website_form(dealer, thank_you_url="https://shop.example.org/danke?x=1")

    response = fill_in(client, clock, form, {"next": "https://evil.example.org/"})

    assert response["Location"] == "https://shop.example.org/danke?x=1"
    policy = client.get(page_of(form))["Content-Security-Policy"]
    assert "form-action 'self' https://shop.example.org;" in f"{policy};"


@pytest.mark.parametrize(
    ("fields", "seconds", "is_spam"),
    [
        ({}, 3, False),
        ({}, 2, True),
        ({"website": "https://spam.example"}, 20, True),
        ({"token": ""}, 20, True),
        ({"token": "made:up:here"}, 20, True),
        ({}, 8 * 24 * 60 * 60, True),  # seconds: more than a week
    ],
)
def test_robots_are_thanked_and_marked(client, clock, dealer, form, fields, seconds, is_spam):
    response = fill_in(client, clock, form, fields, seconds=seconds)

    assert response.status_code == 303
    assert Lead.objects.for_dealer(dealer).get().is_spam is is_spam


def test_a_token_belongs_to_its_form(client, clock, dealer, form):
    other = builders.make_website_form(dealer)
    token = token_in(client.get(page_of(other)))

    fill_in(client, clock, form, {"token": token})

    assert Lead.objects.for_dealer(dealer).get().is_spam


def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(client, clock, dealer, form):
    fields = {"last_name": "", "email": "max@", "message": "Guten Tag", "wishes": ["callback"]}
    response = fill_in(client, clock, form, fields)

    shown = text_of(response)
    assert response.status_code == 422
    assert 'href="#id_last_name"' in shown
    assert 'href="#id_email"' in shown
    field = re.search(r'<input[^>]+name="email"[^>]*>', shown)[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_email_error"' in field
    assert 'value="max@"' in field
    assert 'id="id_email_error"' in shown
    assert "Guten Tag</textarea>" in shown
    assert re.search(r'value="callback"[^>]* checked', shown)
    assert shown.count("<title>") == 1
    assert not IntakeEntry.objects.for_dealer(dealer).exists()  # they are still at it


def test_who_corrects_an_error_quickly_is_no_robot(client, clock, dealer, form):
    refused = fill_in(client, clock, form, {"last_name": ""})
    clock.shift(timedelta(seconds=1))
    client.post(page_of(form), {**PERSON, "website": "", "token": token_in(refused)})

    assert not Lead.objects.for_dealer(dealer).get().is_spam


def test_reloading_the_thanks_sends_nothing_again(client, clock, dealer, form):
    fill_in(client, clock, form)
    client.get(f"/forms/{form.key}/thanks/")

    assert IntakeEntry.objects.for_dealer(dealer).count() == 1
    assert client.post(f"/forms/{form.key}/thanks/").status_code == 405


def test_too_many_attempts_are_told_in_minutes(client, clock, dealer, form, settings):
    settings.FORM_ATTEMPTS_PER_MINUTE = 1
    fill_in(client, clock, form)
    response = fill_in(client, clock, form, {"message": "Noch einmal"}, seconds=5)

    assert response.status_code == 429
    assert int(response["Retry-After"]) == 30
    assert "Noch einmal</textarea>" in text_of(response)
    assert Lead.objects.for_dealer(dealer).count() == 1


def test_other_websites_cannot_send_it(client, clock, dealer, form):
    response = fill_in(client, clock, form, Origin="https://evil.example.org")
    assert response.status_code == 403
    assert not Lead.objects.for_dealer(dealer).exists()
    assert fill_in(client, clock, form, Origin="http://testserver").status_code == 303


def test_too_much_is_refused(client, clock, form):
    assert fill_in(client, clock, form, {"message": "x" * 1024 * 1024}).status_code == 413


# --- consents --------------------------------------------------------------------------------


def test_consents_are_stored_as_they_were_read(client, clock, dealer):
    form = builders.make_website_form(dealer, consents=CONSENTS)
    refused = fill_in(client, clock, form, {"consent_contact_phone": "on"})
    assert 'aria-describedby="id_consent_privacy_error"' in text_of(refused)

    fill_in(client, clock, form, {"consent_privacy": "on"})

    consents = Lead.objects.for_dealer(dealer).get().consents
    assert [(one["purpose"], one["text"], one["version"]) for one in consents] == [
        ("privacy", "Ich habe die Hinweise gelesen.", "1")
    ]


def test_boxes_are_never_ticked_beforehand(client, dealer):
    form = builders.make_website_form(dealer, consents=CONSENTS)

    assert "checked" not in text_of(client.get(page_of(form)))


def test_a_wording_that_changed_meanwhile_is_asked_again(client, clock, dealer):
    form = builders.make_website_form(dealer, consents=CONSENTS)
    token = token_in(client.get(page_of(form)))
    form.consents = [{**form.consents[0], "text": "Ganz anders."}]
    form.save()
    clock.shift(timedelta(seconds=20))

    fields = {**PERSON, "token": token, "consent_privacy": "on", "message": "Hallo"}
    response = client.post(page_of(form), fields)

    shown = text_of(response)
    assert response.status_code == 422
    assert "Ganz anders." in shown
    assert "checked" not in shown
    assert "Hallo</textarea>" in shown
    assert not Lead.objects.for_dealer(dealer).exists()
    client.post(page_of(form), {**fields, "token": token_in(response)})
    [stored] = Lead.objects.for_dealer(dealer).get().consents
    assert (stored["text"], stored["version"]) == ("Ganz anders.", "2")


# --- cars ------------------------------------------------------------------------------------


def test_a_car_in_stock_is_named_and_comes_along(client, clock, dealer, form):
    car = builders.make_vehicle(dealer, internal_number="GW-2001")
    page = text_of(client.get(page_of(form), {"vehicle": "GW-2001"}))
    assert str(car) in page

    fill_in(client, clock, form, {"vehicle_ref": "GW-2001"})

    assert Lead.objects.for_dealer(dealer).get().vehicle == car


@pytest.mark.parametrize("number", ["GW-3000", "VERKAUFT", "<b>", "\0", ""])
def test_other_cars_are_not_mentioned(client, dealer, form, number):
    builders.make_vehicle(builders.make_dealer(), internal_number="GW-3000")
    builders.make_vehicle(dealer, internal_number="VERKAUFT", state=Vehicle.State.SOLD)

    page = text_of(client.get(page_of(form), {"vehicle": number}))

    assert "vehicle_ref" not in page
    assert not number or number not in page


# --- the page --------------------------------------------------------------------------------


class _Page(HTMLParser):
    """What a screen reader would need: fields, labels, ids, and what they refer to."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, *names):
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.mark.parametrize("is_sent", [False, True])
def test_every_field_has_a_label_and_every_reference_a_target(client, clock, dealer, is_sent):
    form = builders.make_website_form(
        dealer,
        consents=CONSENTS,
        shown_fields=list(FormField.values),
        required_fields=["phone", "street"],
        privacy_url="https://autohaus.example.org/datenschutz",
    )
    empty = {"last_name": "", "email": ""}
    response = fill_in(client, clock, form, empty) if is_sent else client.get(page_of(form))
    page = _Page(text_of(response))
    ids = [attrs["id"] for _tag, attrs in page.tags if "id" in attrs]
    labelled = {attrs["for"] for attrs in page.all("label")}
    fields = [one for one in page.all("input", "select", "textarea") if one.get("type") != "hidden"]

    assert page.all("html")[0]["lang"] == "de"
    assert len(ids) == len(set(ids))
    assert {field["id"] for field in fields} == labelled
    for _tag, attrs in page.tags:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set(attrs.get(name, "").split()) <= set(ids)
    assert {link["href"].removeprefix("#") for link in page.all("a") if link["href"][0] == "#"} <= {
        *ids
    }
    assert not page.all("script", "img", "iframe")
    tokens = {field["name"]: field.get("autocomplete") for field in fields}
    assert tokens["first_name"] == "given-name"
    assert tokens["email"] == "email"
    assert tokens["phone"] == "tel"
    assert tokens["postal_code"] == "postal-code"


def test_only_what_the_dealer_wants_is_asked(client, dealer):
    form = builders.make_website_form(dealer, shown_fields=["message"], required_fields=["city"])
    page = _Page(text_of(client.get(page_of(form))))
    names = {field["name"] for field in page.all("input", "select", "textarea")}

    assert names == {
        "first_name",
        "last_name",
        "email",
        "phone",
        "message",
        "city",
        "website",
        "token",
    }


def test_the_page_is_german_in_every_browser(client, form):
    response = client.get(page_of(form), headers={"Accept-Language": "en"})

    assert response["Content-Language"] == "de"
    assert "Your message" not in text_of(response)


def test_what_the_dealer_writes_is_text(client, dealer):
    form = builders.make_website_form(
        dealer,
        title="<script>alert(1)</script>",
        greeting="<b>Hallo</b>",
        consents=[("privacy", "<i>x</i>")],
    )
    page = text_of(client.get(page_of(form)))

    for tag in ("<script", "<b>", "<i>"):
        assert tag not in page


def test_only_named_websites_may_frame_it(client, dealer, form):
    response = client.get(page_of(form))
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))

    assert policy["frame-ancestors"] == SITE
    assert policy["form-action"] == "'self'"
    assert policy["script-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy["default-src"] == "'none'"
    assert "X-Frame-Options" not in response
    assert response["Cache-Control"] == "no-store"
    alone = client.get(page_of(builders.make_website_form(dealer, allowed_origins=[])))
    assert "frame-ancestors 'none'" in alone["Content-Security-Policy"]
    assert alone["X-Frame-Options"] == "DENY"
    elsewhere = client.get("/admin/login/")
    assert "frame-ancestors 'none'" in elsewhere["Content-Security-Policy"]


def test_it_sets_no_cookie(client, clock, form):
    client.get(page_of(form))
    fill_in(client, clock, form)

    assert not client.cookies


def test_unknown_and_closed_forms_are_not_there(client, dealer, form):
    for address in ("/forms/lo_pub_nobody/", "/forms/lo_pub_nobody/thanks/"):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code in (404, 405)
    WebsiteForm.objects.for_dealer(dealer).update(is_active=False)
    assert client.get(page_of(form)).status_code == 404
    assert client.post(page_of(form), PERSON).status_code == 404
    assert not IntakeEntry.objects.for_dealer(dealer).exists()

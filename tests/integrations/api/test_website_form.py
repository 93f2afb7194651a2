"""The address that a dealer's website sends its form to: what it takes, and what protects it."""

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import OperationalError, connections
from django.test import Client

from integrations import arrivals
from integrations.models import FormAttempts, FormDay, WebsiteForm
from integrations.tasks import forget_form_attempts
from leads.models import Enquiry, IntakeEntry, Lead, Location, Outcome, Role, Vehicle
from tests import builders

pytestmark = pytest.mark.django_db

SAMPLE = Path(__file__).parents[2] / "samples" / "website_form.json"
NOW = datetime(2026, 3, 2, 10, 15, 5, tzinfo=UTC)
SITE = "https://autohaus.example.org"
PERSON = {"last_name": "Mustermann", "email": "max@example.org"}


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def form(dealer):
    return builders.make_website_form(dealer)


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def address(form):
    return f"/api/v1/forms/{form.key}/"


def send(client, form, fields=None, *, origin=SITE, address_=None, **headers):
    """As a script of the dealer's website does."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin:
        headers["Origin"] = origin
    body = fields if isinstance(fields, bytes) else json.dumps(fields or PERSON).encode()
    where = {"REMOTE_ADDR": address_} if address_ else {}
    return client.generic("POST", address(form), body, "application/json", headers=headers, **where)


def problem_code(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return response.json()["code"]


# --- the road --------------------------------------------------------------------------------


def test_the_sample_becomes_a_lead(client, clock, dealer, form):
    place = builders.make_location(dealer, name="Berlin Mitte")
    car = builders.make_vehicle(dealer, internal_number="GW-2001", make="Volkswagen", model="Golf")

    response = send(client, form, SAMPLE.read_bytes())

    lead = Lead.objects.for_dealer(dealer).get()
    assert response.status_code == 201
    assert response.json() == {"reference": lead.external_id}
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", lead.external_id)
    assert (lead.first_name, lead.last_name, lead.city) == ("Max", "Mustermann", "Berlin")
    assert (lead.vehicle, lead.location) == (car, place)
    assert lead.source.key == "website"
    assert lead.campaign == "fruehjahr"
    assert lead.test_drive_wished
    assert lead.trade_in_wished
    assert lead.finance_kind == "finance"
    assert lead.consents[0]["version"] == "2026-01"
    assert lead.custom_values["copy_to_me"] is True
    assert not lead.is_spam
    entry = IntakeEntry.objects.for_dealer(dealer).get()
    assert (entry.channel, entry.sender, entry.outcome) == ("form", form.sender, "created")
    assert json.loads(entry.raw)["fields"]["email"] == "max.mustermann@example.org"
    assert FormDay.objects.for_dealer(dealer).get().received == 1


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart"])
def test_html_forms_are_read_too(client, dealer, form, content_type):
    fields = {"name": "Jörg Weiß", "phone": "0221 4710123", "wishes": ["callback", "offer"]}
    if content_type == "multipart":
        response = client.post(address(form), fields, headers={"Origin": SITE})
    else:
        body = "name=J%C3%B6rg+Wei%C3%9F&phone=0221+4710123&wishes=callback&wishes=offer"
        response = client.post(address(form), body, content_type, headers={"Origin": SITE})

    lead = Lead.objects.for_dealer(dealer).get()
    assert response.status_code == 201
    assert (lead.first_name, lead.last_name) == ("Jörg", "Weiß")
    assert lead.callback_wished
    assert lead.custom_values["wishes"]


def test_the_last_slash_may_be_missing(client, form):
    response = client.post(address(form).rstrip("/"), PERSON)

    assert response.status_code == 201


def test_the_defaults_of_the_form_are_used(client, dealer):
    place = builders.make_location(dealer)
    form = builders.make_website_form(
        dealer, location=place, source="Landingpage", campaign="Frühling"
    )

    send(client, form, {**PERSON, "location": "gibt es nicht"})

    lead = Lead.objects.for_dealer(dealer).get()
    assert (lead.location, lead.source.name, lead.campaign) == (place, "Landingpage", "Frühling")


def test_a_strangers_car_does_not_enter_the_stock(client, dealer, form):
    send(client, form, {**PERSON, "vehicle_ref": "XY-1"})

    lead = Lead.objects.for_dealer(dealer).get()
    assert (lead.vehicle, lead.vehicle_name) == (None, "XY-1")
    assert not Vehicle.objects.for_dealer(dealer).exists()


def test_another_dealers_car_and_location_do_not_exist_here(client, dealer, form):
    other = builders.make_dealer()
    builders.make_vehicle(other, internal_number="GW-2001", vin="WMUSTER0000000001")
    builders.make_location(other, name="Berlin Mitte")

    send(client, form, SAMPLE.read_bytes())

    lead = Lead.objects.for_dealer(dealer).get()
    assert (lead.vehicle, lead.location) == (None, None)
    assert not Lead.objects.for_dealer(other).exists()
    assert not IntakeEntry.objects.for_dealer(other).exists()
    assert Location.objects.for_dealer(dealer).count() == 0


def test_the_message_is_kept_when_it_cannot_be_processed_now(client, dealer, form, monkeypatch):
    """The database goes away after the booking: the visitor is thanked, nothing is lost."""

    def away(*_args, **_options):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(arrivals, "process", away)
        response = send(client, form)

    assert response.status_code == 201
    entry = IntakeEntry.objects.for_dealer(dealer).get()
    assert response.json() == {"reference": entry.outside_id}
    assert entry.outcome == ""
    arrivals.finish_interrupted(now=entry.received_at + timedelta(minutes=2))
    entry.refresh_from_db()
    assert entry.outcome == Outcome.CREATED
    assert entry.lead.external_id == response.json()["reference"]


def test_a_stranger_does_not_learn_who_has_an_open_case(client, dealer, form):
    first = send(client, form).json()
    second = send(client, form, {**PERSON, "message": "Und noch etwas"}).json()

    lead = Lead.objects.for_dealer(dealer).get()
    assert lead.enquiry_count == 2
    assert first.keys() == second.keys() == {"reference"}
    assert first["reference"] != second["reference"]
    assert lead.number not in (first["reference"], second["reference"])
    known = {one.external_id for one in Enquiry.objects.for_dealer(dealer)}
    assert known == {first["reference"], second["reference"]}


def test_staff_find_an_enquiry_by_its_reference(client, dealer, form):
    first = send(client, form).json()["reference"]
    second = send(client, form, {**PERSON, "message": "Und noch etwas"}).json()["reference"]
    client.force_login(builders.make_user(dealer, role=Role.ADMINISTRATOR))

    leads = client.get("/admin/leads/lead/", {"q": first.lower()}).context["cl"].result_list
    entries = [
        client.get("/admin/leads/intakeentry/", {"q": one.lower()}).context["cl"].result_list
        for one in (first, second)
    ]

    lead = Lead.objects.for_dealer(dealer).get()
    assert list(leads) == [lead]
    assert [[entry.lead for entry in found] for found in entries] == [[lead], [lead]]


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "max@example.org"}, "last_name"),
        ({"email": "max@example.org", "first_name": "Max"}, "last_name"),
        ({"last_name": "Mustermann"}, "email"),
        ({"last_name": "Mustermann", "email": "max@"}, "email"),
        ({"last_name": "Mustermann", "phone": "123"}, "phone"),
        ({**PERSON, "message": "x" * 10_001}, "message"),
        ({**PERSON, "test_drive": {"date": "31.02.2026"}}, "test_drive_date"),
        ({**PERSON, "first_name": {"$ne": ""}}, "first_name"),
        ({**PERSON, "last_name": ["Mustermann"]}, "last_name"),
    ],
)
def test_what_a_visitor_can_correct_is_said_in_german(client, dealer, form, fields, field):
    response = send(client, form, fields)

    assert response.status_code == 422
    [sentence] = response.json()["errors"][field]
    assert sentence
    assert "max@" not in sentence.replace("name@", "")
    assert not Lead.objects.for_dealer(dealer).exists()


def test_the_language_follows_the_visitor(client, form):
    response = send(client, form, {"email": "max@example.org"}, Accept_Language="en")

    assert response.json() == {"errors": {"last_name": ["Please give your last name."]}}


def test_a_required_consent_is_required(client, dealer):
    form = builders.make_website_form(dealer, consents=[("privacy", "Gelesen.", True)])

    assert "consent_privacy" in send(client, form).json()["errors"]
    no = {"purpose": "privacy", "granted": False}
    assert send(client, form, {**PERSON, "consents": [no]}).status_code == 422
    yes = {"purpose": "privacy", "granted": True}
    assert send(client, form, {**PERSON, "consents": [yes]}).status_code == 201
    [stored] = Lead.objects.for_dealer(dealer).get().consents
    assert (stored["text"], stored["version"], stored["granted"]) == ("Gelesen.", "1", True)


def test_an_old_wording_is_stored_as_it_was(client, dealer):
    form = builders.make_website_form(dealer, consents=[("privacy", "Alt.", True)])
    form.consents = [{"purpose": "privacy", "text": "Neu.", "required": True}]
    form.save()

    send(client, form, {**PERSON, "consents": [{"purpose": "privacy", "granted": 1, "version": 1}]})

    assert Lead.objects.for_dealer(dealer).get().consents[0]["text"] == "Alt."
    never = {"purpose": "privacy", "granted": True, "version": "7"}
    response = send(client, form, {**PERSON, "consents": [never]})
    assert "consent_privacy" in response.json()["errors"]


def test_required_fields_are_required_of_programs_too(client, dealer):
    form = builders.make_website_form(dealer, required_fields=["phone", "last_name"])

    assert set(send(client, form, {"email": "a@example.org"}).json()["errors"]) == {
        "phone",
        "last_name",
    }
    whole = {"name": "Erika Musterfrau", "phone": "0221 4710123"}
    assert send(client, form, whole).status_code == 201


def test_refused_messages_of_programs_are_seen_in_the_ledger(client, dealer, form):
    send(client, form, {"email": "max@example.org"})
    send(client, form, b"{")

    bad, unreadable = IntakeEntry.objects.for_dealer(dealer).order_by("pk")
    assert (bad.outcome, unreadable.outcome) == (Outcome.REJECTED, Outcome.REJECTED)
    assert "last_name" in bad.reason
    assert "max@example.org" not in bad.reason
    assert json.loads(bad.raw)["fields"] == {"email": "max@example.org"}
    assert json.loads(bad.raw)["form"]["source"] == "Website"  # can be corrected and used
    assert unreadable.raw == "{"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 400),
        (b'{"a":' * 50 + b"1" + b"}" * 50, 400),
        (b'{"last_name":"a\\u0000"}', 400),
        (b'{"last_name":"\\ud800"}', 400),
        (b'{"elapsed_ms":1e999}', 400),
        (b'{"email":"a@example.org","email":"b@example.org"}', 400),
        (b"\xff\xfe", 400),
        (b'"' + b"x" * (1024 * 1024) + b'"', 413),
    ],
    ids=range(10),
)
def test_hostile_bodies_are_no_errors_of_ours(client, form, body, status):
    assert send(client, form, body).status_code == status


def test_hostile_form_posts_are_no_errors_of_ours(client, form):
    kind = "application/x-www-form-urlencoded"
    for body, status in [
        ("last_name=%00&email=a%40example.org", 422),
        ("last_name=%ED%A0%80&email=a%40example.org", 201),
        ("&".join(f"f{number}=1" for number in range(6000)), 400),
        ("message=" + "x" * (1024 * 1024), 413),
    ]:
        assert client.post(address(form), body, kind).status_code == status
    broken = client.post(address(form), "--x\r\nbroken", "multipart/form-data; boundary=x")
    assert broken.status_code in (400, 422)
    assert client.post(address(form), "hallo", "text/plain").status_code == 415


def test_files_are_refused(client, dealer, form, tmp_path):
    path = tmp_path / "schein.pdf"
    path.write_bytes(b"%PDF")
    with path.open("rb") as file:
        response = client.post(address(form), {**PERSON, "schein": file})

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"form"}
    assert not Lead.objects.for_dealer(dealer).exists()


def test_who_sends_a_file_is_told_on_the_page(client, form, tmp_path):
    path = tmp_path / "schein.pdf"
    path.write_bytes(b"%PDF")
    with path.open("rb") as file:
        fields = {**PERSON, "schein": file}
        response = client.post(address(form), fields, headers={"Accept": "text/html"})

    assert response.status_code == 422
    assert b'id="errors"' in response.content


def test_unknown_and_closed_forms_are_closed(client, dealer, form):
    assert problem_code(client.post("/api/v1/forms/lo_pub_nobody/", PERSON), 404) == "not_found"
    WebsiteForm.objects.for_dealer(dealer).update(is_active=False)
    assert problem_code(send(client, form), 403) == "form_off"
    WebsiteForm.objects.for_dealer(dealer).update(is_active=True)
    dealer.is_active = False
    dealer.save()
    assert problem_code(send(client, form), 404) == "not_found"


def test_plain_http_is_refused_in_production(client, form, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^api/v1/"]  # as in production

    assert problem_code(send(client, form), 403) == "https_required"


# --- other websites --------------------------------------------------------------------------


def test_allowed_websites_may_ask_and_post(client, form):
    asked = client.options(
        address(form), headers={"Origin": SITE, "Access-Control-Request-Method": "POST"}
    )

    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Origin"] == SITE
    assert asked["Access-Control-Allow-Methods"] == "POST"
    assert "Content-Type" in asked["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked
    posted = send(client, form)
    assert posted["Access-Control-Allow-Origin"] == SITE
    assert "Origin" in posted["Vary"]
    refused = send(client, form, {})
    assert refused["Access-Control-Allow-Origin"] == SITE  # or the script could not read why
    assert not posted.cookies


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", f"{SITE}.evil.example"])
def test_other_websites_may_not(client, dealer, form, origin):
    asked = client.options(
        address(form), headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
    )
    posted = send(client, form, origin=origin)

    assert asked.status_code == 403
    assert problem_code(posted, 403) == "origin_not_allowed"
    for response in (asked, posted):
        assert "Access-Control-Allow-Origin" not in response
    assert not IntakeEntry.objects.for_dealer(dealer).exists()


def test_programs_on_a_server_name_no_origin(client, form):
    response = send(client, form, origin=None)

    assert response.status_code == 201
    assert "Access-Control-Allow-Origin" not in response


# --- robots and repeats ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traps", "is_spam"),
    [
        ({"website": "https://spam.example"}, True),
        ({"elapsed_ms": 2999}, True),
        ({"elapsed_ms": "2999"}, True),
        ({"elapsed_ms": "schnell"}, True),
        ({"elapsed_ms": [1]}, True),
        ({"elapsed_ms": 3000}, False),
        ({"website": "", "elapsed_ms": ""}, False),
    ],
)
def test_robots_are_thanked_and_marked(client, dealer, form, traps, is_spam):
    response = send(client, form, {**PERSON, **traps})

    lead = Lead.objects.for_dealer(dealer).get()
    assert (response.status_code, response.json()) == (201, {"reference": lead.external_id})
    assert lead.is_spam is is_spam
    assert FormDay.objects.for_dealer(dealer).get().spam == int(is_spam)


def test_the_same_content_within_ten_minutes_is_one_enquiry(client, clock, dealer, form):
    consent = {"purpose": "privacy", "granted": True, "text": "Ja.", "at": "2026-03-02T10:00:00Z"}
    first = send(client, form, {**PERSON, "elapsed_ms": 5000, "consents": [consent]})
    clock.shift(timedelta(minutes=9, seconds=58))
    consent = {**consent, "at": "2026-03-02T10:10:00Z"}
    second = send(client, form, {**PERSON, "elapsed_ms": 6000, "consents": [consent]})

    assert second.json() == first.json()
    assert Enquiry.objects.for_dealer(dealer).count() == 1
    assert FormDay.objects.for_dealer(dealer).get().received == 1
    clock.shift(timedelta(seconds=3))
    send(client, form, {**PERSON, "consents": [consent]})
    assert Enquiry.objects.for_dealer(dealer).count() == 2


def test_other_content_is_another_enquiry(client, dealer, form):
    send(client, form)
    send(client, form, {**PERSON, "message": "Noch etwas"})

    assert Enquiry.objects.for_dealer(dealer).count() == 2


def test_the_same_content_at_two_forms_is_two_messages(client, dealer, form):
    send(client, form)
    send(client, builders.make_website_form(dealer))

    assert IntakeEntry.objects.for_dealer(dealer).count() == 2


def test_a_key_of_the_client_names_the_message(client, clock, dealer, form):
    first = send(client, form, Idempotency_Key="abc")
    clock.shift(timedelta(days=1))

    assert send(client, form, Idempotency_Key="abc").json() == first.json()
    assert Enquiry.objects.for_dealer(dealer).count() == 1
    other = send(client, form, {**PERSON, "message": "x"}, Idempotency_Key="abc")
    assert (other.status_code, set(other.json()["errors"])) == (422, {"form"})
    assert send(client, form, Idempotency_Key="mit Leerzeichen").status_code == 400
    assert send(client, form, Idempotency_Key="").status_code == 400


def at_once(calls):
    """What the calls answer, made by as many threads."""
    answers = []

    def run(call):
        try:
            answers.append(call())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_are_one_enquiry(dealer, form):
    answers = at_once([lambda: send(Client(), form)] * 10)

    assert [answer.status_code for answer in answers] == [201] * 10
    enquiry = Enquiry.objects.for_dealer(dealer).get()
    assert [answer.json()["reference"] for answer in answers] == [enquiry.external_id] * 10


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_many_at_once(clock, form, settings):
    settings.FORM_ATTEMPTS_PER_MINUTE = 6

    answers = at_once([lambda: send(Client(), form)] * 14)

    assert sorted(answer.status_code for answer in answers) == [201] * 6 + [429] * 8


# --- not too often ---------------------------------------------------------------------------


def test_ten_a_minute_then_wait(client, clock, dealer, form):
    answers = [send(client, form).status_code for _ in range(11)]
    assert answers == [201] * 10 + [429]

    refused = send(client, form)
    assert refused["Retry-After"] == "55"  # it is five seconds past the minute
    assert problem_code(refused, 429) == "throttled"
    assert refused["Access-Control-Allow-Origin"] == SITE
    assert send(client, form, address_="203.0.113.9").status_code == 201
    assert send(client, builders.make_website_form(dealer)).status_code == 201
    clock.shift(timedelta(seconds=55))
    assert send(client, form).status_code == 201


def test_a_hundred_an_hour_then_wait(client, clock, form, settings):
    settings.FORM_ATTEMPTS_PER_MINUTE = 1000
    settings.FORM_ATTEMPTS_PER_HOUR = 3
    answers = []
    for _ in range(4):
        answers.append(send(client, form).status_code)
        clock.shift(timedelta(minutes=1))

    assert answers == [201, 201, 201, 429]
    assert send(client, form)["Retry-After"] == str(41 * 60 - 5)


def test_no_address_is_stored_and_old_counts_go(client, clock, dealer, form):
    send(client, form, address_="203.0.113.9")

    rows = FormAttempts.objects.for_dealer(dealer)
    assert not rows.filter(caller__contains="203.0.113").exists()
    before = set(rows.values_list("caller", flat=True))
    clock.shift(timedelta(days=1))
    send(client, form, address_="203.0.113.9")
    assert forget_form_attempts.call() == 2
    assert rows.count() == 2
    assert before.isdisjoint(rows.values_list("caller", flat=True))  # another hash each day
    assert send(client, form).status_code == 201


@pytest.mark.parametrize(
    ("trusted", "forwarded", "seen"),
    [
        (0, "203.0.113.1", "127.0.0.1"),
        (1, "198.51.100.1, 203.0.113.1", "203.0.113.1"),
        (2, "198.51.100.1, 203.0.113.1:4711, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "127.0.0.1"),
        (1, "unknown", "127.0.0.1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
    ],
)
def test_only_our_own_proxies_name_the_caller(client, form, settings, trusted, forwarded, seen):
    settings.TRUSTED_PROXIES = trusted
    settings.FORM_ATTEMPTS_PER_MINUTE = 1
    assert send(client, form, X_Forwarded_For=forwarded).status_code == 201
    settings.TRUSTED_PROXIES = 0

    assert send(client, form, address_=seen).status_code == 429


def test_one_ipv6_network_is_one_caller(client, form, settings):
    settings.FORM_ATTEMPTS_PER_MINUTE = 1

    assert send(client, form, address_="2001:db8::1").status_code == 201
    assert send(client, form, address_="2001:db8::2").status_code == 429
    assert send(client, form, address_="2001:db8:0:1::1").status_code == 201


# --- pages without a script ------------------------------------------------------------------


def test_a_plain_html_form_goes_to_the_page_of_thanks(client, form):
    response = client.post(
        address(form),
        {**PERSON, "next": "https://evil.example.org/"},
        headers={"Accept": "text/html,*/*;q=0.8", "Origin": SITE},
    )

    assert response.status_code == 303
    assert response["Location"] == f"/forms/{form.key}/thanks/#thanks"


def test_the_dealers_own_page_of_thanks_is_fixed(client, dealer):
    form = builders.make_website_form(dealer, thank_you_url=f"{SITE}/danke")

    response = client.post(address(form), PERSON, headers={"Accept": "text/html"})

    assert (response.status_code, response["Location"]) == (303, f"{SITE}/danke")


def test_a_plain_html_form_with_errors_is_our_page(client, dealer, form):
    fields = {"last_name": '"><script>alert(1)</script>', "email": "max@"}
    response = client.post(address(form), fields, headers={"Accept": "text/html"})

    shown = response.content.decode()
    assert response.status_code == 422
    assert "&quot;&gt;&lt;script&gt;" in shown
    assert "<script" not in shown
    assert not IntakeEntry.objects.for_dealer(dealer).exists()

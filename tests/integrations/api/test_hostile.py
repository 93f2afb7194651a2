"""Bad input at the doors of partners: refused in the shape that each of them knows, kept for people
where the sender has proven itself, and never an error of ours."""

import json
from dataclasses import dataclass, field

import pytest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leads.models import IntakeEntry, Outcome
from tests import hostile
from tests.builders import (
    make_connection,
    make_google_connection,
    make_meta_connection,
    make_website_form,
)
from tests.integrations.api.conftest import Sender, sample, with_key
from tests.integrations.api.test_meta import signed

NOT_STORED = _("The content could not be stored.")
# A few of hostile.VALUES that differ in what they break; the samples have hundreds of places.
VALUES = [10**30, "x" * 25_000, {"": {"": []}}]


@dataclass(frozen=True)
class Door:
    """An address of ours with what its partner sends and hears."""

    sender: Sender
    sample: str
    content_type: str = "application/json"
    shape: set = field(default_factory=lambda: {"message"})
    error_type: str = "application/json"
    sign: object = None

    def post(self, body, content_type=None, **headers):
        if self.sign:
            headers["x_hub_signature_256"] = self.sign(body)
        return self.sender.post(body, content_type=content_type or self.content_type, **headers)

    def is_refusal(self, answer):
        """A client's error in the shape of this door."""
        if not 400 <= answer.status_code < 500 or answer["Content-Type"] != self.error_type:
            return False
        return set(answer.json()) == self.shape


def google_at(dealer):
    connection = make_google_connection(dealer)
    return Sender(reverse("inbound:google-ads", args=[connection.address_key]))


def bdk_at(dealer):
    connection = make_connection(dealer, push_secret="schluessel")
    path = reverse("inbound:bdk", args=[connection.address_key])
    return Sender(path, authorization="Bearer schluessel")


def meta_at(dealer):
    connection = make_meta_connection(dealer)
    return Sender(reverse("inbound:meta", args=[connection.address_key]))


def form_at(dealer):
    return Sender(f"/api/v1/forms/{make_website_form(dealer).key}/")


PROBLEM = {"type", "title", "status", "detail", "code", "errors"}
DOORS = {
    "vorgang": lambda dealer: Door(
        with_key(dealer, "/api/v1/vorgang/"), "drklein_vorgang.json", shape={"message", "errors"}
    ),
    "bdk": lambda dealer: Door(bdk_at(dealer), "bdk_leads_page.json"),
    "google": lambda dealer: Door(google_at(dealer), "google_lead.json"),
    "meta": lambda dealer: Door(meta_at(dealer), "meta_webhook.json", sign=signed),
    "form": lambda dealer: Door(
        form_at(dealer),
        "website_form.json",
        shape=PROBLEM,
        error_type="application/problem+json",
    ),
    "adf": lambda dealer: Door(with_key(dealer, "/api/v1/adf/"), "adf.xml", "application/xml"),
}


@pytest.fixture(autouse=True)
def patience(settings):
    settings.FORM_ATTEMPTS_PER_MINUTE = settings.FORM_ATTEMPTS_PER_HOUR = 1_000_000


@pytest.fixture
def door(request, dealer):
    return DOORS[request.param](dealer)


at = pytest.mark.parametrize


@at("door", ["vorgang", "bdk", "google", "form"], indirect=True)
def test_bodies_that_no_honest_program_sends_are_refused_and_kept(door):
    for kind, body in hostile.JSON_BODIES.items():
        before = IntakeEntry.objects.count()

        answer = door.post(body)

        assert door.is_refusal(answer), (kind, answer.status_code, answer.content)
        assert IntakeEntry.objects.count() == before + 1, kind
    refused = {Outcome.REJECTED, Outcome.QUARANTINED}
    assert set(IntakeEntry.objects.values_list("outcome", flat=True)) <= refused


@at("door", ["meta"], indirect=True)
def test_what_meta_signs_is_kept_and_not_sent_again(door):
    """Meta would repeat for a day and a half what nobody can ever read."""
    for kind, body in hostile.JSON_BODIES.items():
        answer = door.post(body)
        assert answer.status_code == 200, (kind, answer.content)
    assert set(IntakeEntry.objects.values_list("outcome", flat=True)) == {Outcome.QUARANTINED}


@at("door", ["adf"], indirect=True)
def test_texts_that_are_no_adf_are_refused_and_kept(door):
    for kind, body in (hostile.XML_BODIES | hostile.JSON_BODIES).items():
        answer = door.post(body)
        is_taken = answer.status_code == 201 and answer.json()["results"]
        assert is_taken or door.is_refusal(answer), (kind, answer.status_code, answer.content)
    assert set(IntakeEntry.objects.values_list("outcome", flat=True)) == {Outcome.QUARANTINED}


@at("door", ["vorgang", "bdk", "google", "form", "adf"], indirect=True)
def test_bodies_that_are_too_large_are_refused_and_kept(door):
    answer = door.post(hostile.too_large(8))

    assert answer.status_code == 413
    assert door.is_refusal(answer)
    assert IntakeEntry.objects.count() == 1


@at("door", ["vorgang", "form", "adf"], indirect=True)
@at("content_type", ["text/plain", "image/png", "nonsense", "application/json;charset=utf-7"])
def test_other_content_types_are_refused_and_kept(door, content_type):
    answer = door.post(b'{"subject": "x"}', content_type)

    assert door.is_refusal(answer), answer.content
    assert IntakeEntry.objects.count() == 1


@at("door", DOORS, indirect=True)
def test_chunked_bodies_are_refused(door):
    answer = door.post(b"x", transfer_encoding="chunked")

    assert answer.status_code == 411
    assert door.is_refusal(answer)


@at("door", DOORS, indirect=True)
@at("length", ["-1", "many"])
def test_a_length_that_is_none_is_no_error_of_ours(door, length):
    answer = door.post(sample(door.sample), content_length=length)

    assert answer.status_code < 500


@at("door", ["vorgang", "google", "meta", "form"], indirect=True)
def test_whatever_stands_in_a_message_is_taken_or_refused(door):
    """Partners' messages are read leniently; what cannot be used waits for people, with a reason
    that is theirs and not an error of ours."""
    for body in hostile.altered(json.loads(sample(door.sample)), VALUES):
        answer = door.post(hostile.as_json(body))
        assert answer.status_code < 500, (body, answer.content)
        assert answer.status_code < 400 or answer.json(), answer.content
    assert IntakeEntry.objects.exists()
    assert not IntakeEntry.objects.filter(reason=NOT_STORED).exists()


@at("door", ["adf"], indirect=True)
def test_whatever_stands_in_a_prospect_is_taken_or_refused(door):
    text = sample(door.sample).decode()
    pieces = text.split(">")
    for place in range(1, len(pieces)):
        for odd in ("\x00\ud800", "9" * 400, "<b", "<![CDATA["):
            words = pieces[place].partition("<")
            altered = ">".join([*pieces[:place], f"{odd}<{words[2]}", *pieces[place + 1 :]])
            answer = door.post(altered.encode(errors="surrogatepass"))
            assert answer.status_code == 201 or door.is_refusal(answer), (place, odd)
    assert not IntakeEntry.objects.filter(reason=NOT_STORED).exists()

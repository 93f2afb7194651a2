"""The page on which a lead is handed over to Dr. Klein, up to the order itself."""

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, Handover
from leads.models import Lead, Role
from leads.services.consenting import FINANCE_FORWARDING, consent_for
from leads.services.handling import record_change
from tests.builders import (
    make_consent,
    make_drklein_connection,
    make_lead,
    make_location,
    make_user,
    make_vehicle,
)
from tests.leads.admin.conftest import messages_of, text_of

ENTRIES = {"birth_date": "1985-04-17", "comment": "Bitte ab 17 Uhr anrufen."}
PREVIEW, SEND = {"preview": "1"}, {"send": "1"}


def page_of(lead):
    return reverse("admin:leads_lead_handover", args=[lead.pk])


def lead_page_of(lead):
    return reverse("admin:leads_lead_change", args=[lead.pk])


@pytest.fixture
def account(office):
    return make_drklein_connection(office.ours, name="Dr. Klein Test")


@pytest.fixture
def lead(office):
    car = make_vehicle(office.ours)
    return make_lead(office.ours, vehicle=car, consents=[make_consent()])


@pytest.fixture
def seller(office):
    return make_user(office.ours)


def said(account, **values):
    return {"connection": account.pk, **ENTRIES, **values}


def order(client, lead, account, **values):
    """Looks at the preview and orders exactly that; the answer to the order."""
    seen = client.post(page_of(lead), said(account, **values, **PREVIEW))
    fingerprint = seen.context["preparation"].fingerprint
    return client.post(
        page_of(lead), said(account, **values, **SEND, fingerprint=fingerprint), follow=True
    )


# --- the walk -----------------------------------------------------------------------------------


def test_a_seller_walks_from_the_lead_to_the_order(browse, lead, account, seller):
    client = browse(seller)
    assert f'href="{page_of(lead)}"' in text_of(client.get(lead_page_of(lead)))

    asked = text_of(client.get(page_of(lead)))
    assert "Please ask for the date of birth" in asked
    assert 'name="send"' not in asked

    seen = client.post(page_of(lead), said(account, **PREVIEW))
    shown = text_of(seen)
    payload = seen.context["preparation"].text
    assert json.loads(payload)["vorgang"]["antragsteller1"]["personendaten"]["geburtsdatum"]
    for words in (lead.last_name, "Škoda", "Bitte ab 17 Uhr anrufen.", "b-test/vorgang"):
        assert words in shown
    assert "lo-outlined" in shown  # the badge that says Test
    assert 'name="send"' in shown
    assert not Handover.objects.exists()

    done = order(client, lead, account)
    handover = Handover.objects.get()
    assert done.redirect_chain[-1][0] == reverse(
        "admin:integrations_handover_change", args=[handover.pk]
    )
    assert handover.payload == payload  # byte for byte what was looked at
    assert (handover.ordered_by, handover.mode, handover.state) == (seller, "test", "waiting")
    card = text_of(client.get(lead_page_of(lead)))
    assert "Look at the handover" in card
    assert page_of(lead) not in card  # one at a time


def test_the_second_click_is_no_second_order(browse, lead, account, seller):
    client = browse(seller)
    seen = client.post(page_of(lead), said(account, **PREVIEW))
    fingerprint = seen.context["preparation"].fingerprint
    answers = [
        client.post(page_of(lead), said(account, **SEND, fingerprint=fingerprint), follow=True)
        for _click in range(2)
    ]

    assert Handover.objects.count() == 1
    assert messages_of(answers[1]) == ["A handover of this lead is under way already."]


def test_what_changed_since_the_preview_is_shown_again_first(browse, lead, account, seller):
    client = browse(seller)
    seen = client.post(page_of(lead), said(account, **PREVIEW))
    fingerprint = seen.context["preparation"].fingerprint
    stored = Lead.objects.get(pk=lead.pk)
    stored.last_name = "Umbenannt"
    record_change(stored, ["last_name"], by=seller, now=timezone.now())

    again = client.post(page_of(lead), said(account, **SEND, fingerprint=fingerprint))
    assert "Something has changed since the preview." in messages_of(again)[0]
    assert "Umbenannt" in text_of(again)
    assert not Handover.objects.exists()


@pytest.mark.parametrize("fingerprint", ["", "0" * 64])
def test_nothing_is_ordered_that_was_not_looked_at(browse, lead, account, seller, fingerprint):
    browse(seller).post(page_of(lead), said(account, **SEND, fingerprint=fingerprint))

    assert not Handover.objects.exists()


def test_looking_orders_nothing(browse, lead, account, seller):
    client = browse(seller)
    seen = client.post(page_of(lead), said(account, **PREVIEW))
    fingerprint = seen.context["preparation"].fingerprint
    client.get(page_of(lead), said(account, **SEND, fingerprint=fingerprint))

    assert not Handover.objects.exists()


def test_test_and_real_business_are_chosen_by_hand(browse, office, lead, account, seller):
    live = make_drklein_connection(office.ours, name="Dr. Klein Echt", mode="live")
    client = browse(seller)
    unchosen = client.post(page_of(lead), {**ENTRIES, **PREVIEW})
    assert unchosen.context["preview"] is None
    assert unchosen.context["form"].errors["connection"]

    real = client.post(page_of(lead), said(live, **PREVIEW))
    assert "a real case is made" in text_of(real)
    fingerprint = real.context["preparation"].fingerprint
    # What was looked at as real business cannot be sent as a test, nor the other way round.
    client.post(page_of(lead), said(account, **SEND, fingerprint=fingerprint))
    assert not Handover.objects.exists()
    order(client, lead, live)
    assert Handover.objects.get().mode == "live"


# --- what is missing ----------------------------------------------------------------------------


def test_a_missing_consent_is_written_down_on_the_page(browse, office, account, seller):
    lead = make_lead(office.ours, consents=[make_consent(purpose="contact_phone")])
    client = browse(seller)
    shown = client.get(page_of(lead))
    proposed = shown.context["consent_form"]["consent_text"].value()
    assert str(office.ours) in proposed
    assert "consent is missing" in text_of(shown)

    answer = client.post(
        page_of(lead),
        {
            "consent": "1",
            "consent_text": proposed,
            "consent_via": "phone",
            "consent_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
            "consent_given": "on",
        },
        follow=True,
    )

    assert messages_of(answer) == ["The consent was noted."]
    lead.refresh_from_db()
    assert len(lead.consents) == 2  # earlier ones stay
    consent = consent_for(lead, FINANCE_FORWARDING)
    assert (consent["text"], consent["via"]) == (proposed, "phone")
    assert consent["recorded_by"] == seller.pk
    assert order(client, lead, account).status_code == 200
    assert Handover.objects.get().lead == lead


@pytest.mark.parametrize(
    "left_out", [{"consent_given": ""}, {"consent_text": ""}, {"consent_at": "2999-01-01T10:00"}]
)
def test_half_a_consent_is_none(browse, office, account, seller, left_out):
    lead = make_lead(office.ours)
    full = {
        "consent": "1",
        "consent_text": "Ja.",
        "consent_via": "phone",
        "consent_at": "2026-03-01T10:00",
        "consent_given": "on",
    }
    answer = browse(seller).post(page_of(lead), {**full, **left_out})

    assert answer.context["consent_form"].errors
    lead.refresh_from_db()
    assert lead.consents == []


def test_a_lead_that_is_not_ready_has_no_button(browse, lead, account, seller):
    Lead.objects.filter(pk=lead.pk).update(finance_kind="leasing")
    client = browse(seller)
    seen = client.post(page_of(lead), said(account, **PREVIEW))
    assert "asks for leasing" in text_of(seen)
    assert seen.context["preview"] is None

    fingerprint = seen.context["preparation"].fingerprint
    client.post(page_of(lead), said(account, **SEND, fingerprint=fingerprint))
    assert not Handover.objects.exists()


def test_what_was_entered_once_is_offered_again(browse, lead, account, seller):
    client = browse(seller)
    order(client, lead, account)
    Handover.objects.update(state="rejected")
    shown = client.get(page_of(lead))

    assert 'value="1985-04-17"' in text_of(shown)
    order(client, lead, account)
    assert Handover.objects.count() == 2


def test_a_second_case_needs_its_own_word(browse, lead, account, seller):
    client = browse(seller)
    order(client, lead, account)
    Handover.objects.update(state="forwarded", case_number="DK0001")
    order(client, lead, account)
    assert Handover.objects.count() == 1

    order(client, lead, account, again="on")
    assert Handover.objects.count() == 2


# --- who and whom -------------------------------------------------------------------------------


def test_the_salesperson_is_named_as_their_office_wrote_it(browse, lead, account, seller):
    owner = make_user(lead.dealer, first_name="Petra", last_name="Probe")
    owner.memberships.update(salutation="ms", staff_number="VK-0042", phone="030 23125 200")
    Lead.objects.filter(pk=lead.pk).update(owner=owner)
    order(browse(seller), lead, account)

    assert json.loads(Handover.objects.get().payload)["tippgeber"] == {
        "externeMitarbeiternummer": "VK-0042",
        "vorname": "Petra",
        "nachname": "Probe",
        "anrede": "FRAU",
        "telefon": "+49 30 23125200",
        "email": owner.email,
    }


def test_an_auditor_may_not_hand_over(browse, office, lead, account):
    client = browse(make_user(office.ours, role=Role.AUDITOR))

    assert page_of(lead) not in text_of(client.get(lead_page_of(lead)))
    assert client.get(page_of(lead)).status_code == 403
    assert client.post(page_of(lead), said(account, **PREVIEW)).status_code == 403


def test_foreign_leads_and_accounts_do_not_exist(browse, office, lead, account, seller):
    theirs = make_drklein_connection(office.theirs, name="Fremd", mode="live")
    stranger = make_user(office.theirs, role=Role.ADMINISTRATOR)
    assert browse(stranger).get(page_of(lead)).status_code == 404
    assert browse(stranger).post(page_of(lead), said(theirs, **PREVIEW)).status_code == 404

    client = browse(seller)
    assert "Fremd" not in text_of(client.get(page_of(lead)))
    answer = client.post(page_of(lead), said(theirs, **PREVIEW))
    assert answer.context["form"].errors["connection"]


def test_who_sees_one_location_hands_over_its_leads_only(browse, office, account):
    here, there = make_location(office.ours), make_location(office.ours)
    client = browse(make_user(office.ours, locations=[here]))
    lead = make_lead(office.ours, location=there)

    assert client.get(page_of(lead)).status_code == 404


def test_without_an_account_there_is_no_button(browse, lead, seller, account):
    Connection.objects.update(is_active=False)
    client = browse(seller)

    assert "Dr. Klein" not in text_of(client.get(lead_page_of(lead)))
    answer = client.get(page_of(lead), follow=True)
    assert messages_of(answer) == [
        "There is no account at Dr. Klein. An administrator can add it as a partner."
    ]


def test_the_log_of_the_office_names_nobody(browse, lead, account, seller):
    order(browse(seller), lead, account)

    entry = LogEntry.objects.get()
    assert lead.last_name not in f"{entry} {entry.change_message} {entry.object_repr}"


def test_the_page_of_a_lead_asks_no_more_for_more_handovers(
    browse, lead, account, seller, django_assert_num_queries
):
    client = browse(seller)
    client.get(lead_page_of(lead))  # the first look of a session asks more
    with CaptureQueriesContext(connection) as before:
        client.get(lead_page_of(lead))
    now = timezone.now()
    for number in range(5):
        Handover.objects.create(
            dealer=lead.dealer,
            lead=lead,
            connection=account,
            mode="test",
            profile="b",
            url="http://127.0.0.1:9/vorgang",
            payload="{}",
            payload_hash=str(number),
            state="rejected",
            ordered_by=seller,
            ordered_at=now - timedelta(days=number),
            next_attempt_at=now,
        )
    with django_assert_num_queries(len(before)):
        client.get(lead_page_of(lead))

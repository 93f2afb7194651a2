"""Meta's words in ours, its signature, and what its errors mean."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.http import PartnerMisconfigured, PartnerRefused, PartnerUnavailable
from integrations.meta.mapping import (
    Reaction,
    is_signed,
    message_from,
    parse,
    reaction_to,
    wait_after,
)
from integrations.meta.schema import Notice, error_code
from leads.models import Channel, IntakeEntry
from leads.services.intake import Unusable

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
SECRET = "leadoffice-test-app-secret"
SIGNATURE = "sha256=5849a55bd75b2d9e3e157c93abdb268a34ec7d18cb74b1fee875c3a861a33ae5"
WEBHOOK = (SAMPLES / "meta_webhook.json").read_bytes()
LEAD = json.loads((SAMPLES / "meta_lead.json").read_text(encoding="utf-8"))


def entry_of(lead, **defaults):
    message = message_from("900000000000001", lead=lead, defaults=defaults)
    return IntakeEntry(
        channel=Channel.META,
        sender="meta:100000000000001",
        raw=message.raw,
        content_hash=message.content_hash,
        received_at=NOW,
    )


def draft_of(*answers, **values):
    """The draft of a lead with these (name, values)."""
    data = [{"name": name, "values": given} for name, given in answers]
    return parse(entry_of({"id": "1", "field_data": data, **values}))


# --- signature ---------------------------------------------------------------------------------


def test_the_signature_of_the_sample_is_right():
    assert is_signed(WEBHOOK, SIGNATURE, [SECRET])
    assert is_signed(WEBHOOK, SIGNATURE, ["newer", SECRET])


@pytest.mark.parametrize(
    ("body", "signature", "secrets"),
    [
        (WEBHOOK.rstrip(b"\n"), SIGNATURE, [SECRET]),
        (json.dumps(json.loads(WEBHOOK)).encode(), SIGNATURE, [SECRET]),
        (WEBHOOK, SIGNATURE.upper(), [SECRET]),
        (WEBHOOK, SIGNATURE.removeprefix("sha256="), [SECRET]),
        (WEBHOOK, SIGNATURE.replace("sha256", "sha1"), [SECRET]),
        (WEBHOOK, "sha256=ä", [SECRET]),
        (WEBHOOK, "", [SECRET]),
        (WEBHOOK, SIGNATURE, ["other"]),
        (WEBHOOK, SIGNATURE, []),
    ],
)
def test_everything_else_is_wrong(body, signature, secrets):
    assert not is_signed(body, signature, secrets)


# --- notices -----------------------------------------------------------------------------------


def test_the_sample_announces_three_leads_of_which_one_is_repeated():
    notices = list(Notice.all_in(json.loads(WEBHOOK)))

    assert [one.leadgen_id for one in notices] == [
        "900000000000001",
        "900000000000002",
        "900000000000001",
    ]
    assert {(one.page_id, one.form_id) for one in notices} == {
        ("100000000000001", "300000000000001")
    }


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"object": "user", "entry": [{"changes": []}]},
        {"object": "page", "entry": "x"},
        {"object": "page", "entry": [5, {"changes": {"field": "leadgen"}}]},
        {"object": "page", "entry": [{"changes": [{"field": "feed", "value": {"leadgen_id": 1}}]}]},
        {"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": 5}]}]},
        {"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": {}}]}]},
        {
            "object": "page",
            "entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "../me"}}]}],
        },
    ],
)
def test_whatever_is_no_lead_is_left_out(data):
    assert list(Notice.all_in(data)) == []


# --- leads -------------------------------------------------------------------------------------


def test_the_sample_is_read_in_full():
    draft = parse(entry_of(LEAD))

    assert draft.sender == "meta:100000000000001"
    assert draft.external_id == "900000000000001"
    assert (draft.contact.first_name, draft.contact.last_name) == ("Zoë", "Größl-Beispiel")
    assert draft.contact.email == "zoe.groessl@example.org"
    assert (draft.contact.phone, draft.contact.mobile) == ("", "+4917604069077")
    assert (draft.contact.postal_code, draft.contact.city) == ("10115", "Berlin")
    assert draft.campaign == "Frühjahrsaktion"
    assert draft.source == "meta"
    assert draft.enquired_at == datetime(2026, 3, 2, 12, 29, 58, tzinfo=UTC)
    assert draft.custom_values["welches modell interessiert sie?"] == "golf, t-roc"
    assert draft.custom_values["probefahrt gewünscht?"] == "ja"
    assert "leere frage" not in draft.custom_values
    assert {"Instagram", "Frühjahr Golf", "Berlin 25–55"} <= set(draft.custom_values.values())
    assert [(one["purpose"], one["granted"]) for one in draft.consents] == [
        ("werbung_telefon", True),
        ("newsletter", False),
    ]
    assert not draft.is_test
    assert draft.warnings == ()


def test_what_the_connection_says_stands_back_behind_meta():
    defaults = {"location": "Süd", "source": "Facebook Süd", "campaign": "Herbst"}
    draft = parse(entry_of(LEAD, **defaults))
    assert (draft.location, draft.source) == ("Süd", "Facebook Süd")
    assert draft.campaign == "Frühjahrsaktion"

    nameless = {name: value for name, value in LEAD.items() if name != "campaign_name"}
    assert parse(entry_of(nameless, **defaults)).campaign == "Herbst"


@pytest.mark.parametrize(
    ("checked", "granted"),
    [("1", True), (1, True), (True, True), ("", False), ("0", False), (None, False), ([], False)],
)
def test_a_box_is_ticked_or_not(checked, granted):
    boxes = [{"checkbox_key": "x", "is_checked": checked}, {"is_checked": "1"}, 5]
    draft = draft_of(custom_disclaimer_responses=boxes)

    assert [one["granted"] for one in draft.consents] == [granted]


def test_metas_dummy_data_are_a_test():
    draft = draft_of(("full_name", ["<test lead: dummy data for full_name>"]))

    assert draft.is_test


def test_other_names_of_usual_fields():
    draft = draft_of(
        ("first_name", ["Erika"]),
        ("last_name", ["Müßig"]),
        ("zip", ["50667"]),
        ("street_address", ["Weg 1"]),
        ("company_name", ["Musterbau GmbH"]),
        ("country", ["Deutschland"]),
        ("phone_number", ["0221 4710 415", "030 23125 101"]),
        ("date_of_birth", ["04/17/1985"]),
        vehicle="Golf",
        retailer_item_id="GW-2001",
    )

    assert (draft.contact.first_name, draft.contact.last_name) == ("Erika", "Müßig")
    assert (draft.contact.postal_code, draft.contact.street) == ("50667", "Weg 1")
    assert (draft.contact.company, draft.contact.country) == ("Musterbau GmbH", "")
    assert (draft.vehicle.model, draft.vehicle.internal_number) == ("Golf", "GW-2001")
    answers = set(draft.custom_values.values())
    assert {"Deutschland", "030 23125 101", "04/17/1985"} <= answers


@pytest.mark.parametrize("field_data", [None, "x", [5], [{"name": 5}], [{"values": ["x"]}], {}])
def test_odd_shapes_are_no_answers(field_data):
    assert draft_of(field_data=field_data).contact.is_empty


def test_an_announcement_alone_is_no_lead_yet():
    message = message_from("1", notice={"leadgen_id": "1"}, defaults={})
    with pytest.raises(Unusable):
        parse(IntakeEntry(raw=message.raw, received_at=NOW))


def test_a_correction_may_be_the_answer_of_the_graph_itself():
    entry = IntakeEntry(raw="{}", received_at=NOW, sender="meta:1", corrected=json.dumps(LEAD))

    assert parse(entry).contact.last_name == "Größl-Beispiel"


@pytest.mark.parametrize("text", ["", "x", "[]", '{"lead": 5}', '{"lead": {}}', "[" * 100_000])
def test_what_is_no_lead_is_unusable(text):
    with pytest.raises(Unusable):
        parse(IntakeEntry(raw=text, received_at=NOW))


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": 190, "error_subcode": 463}}, "190/463"),
        ({"error": {"code": 4}}, "4"),
        ({"error": {"code": "100", "error_subcode": 33}}, "100/33"),
        (
            {"error": {"code": 100, "message": "Invalid appsecret_proof provided in …"}},
            "100/appsecret_proof",
        ),
        ({"error": {"code": 100, "message": "Unsupported get request"}}, "100"),
        ({"error": {"code": {"x": 1}}}, ""),
        ({"error": "x"}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_codes_of_the_graph(body, code):
    assert error_code(body) == code


@pytest.mark.parametrize(
    ("error", "reaction"),
    [
        (PartnerRefused("", status=400, code="190/463"), Reaction.PAUSE),
        (PartnerMisconfigured("", status=401, code="190"), Reaction.PAUSE),
        (PartnerMisconfigured("", status=401), Reaction.PAUSE),
        (PartnerMisconfigured(""), Reaction.PAUSE),
        (PartnerRefused("", status=400, code="100/appsecret_proof"), Reaction.PAUSE),
        (PartnerRefused("", status=400, code="100/33"), Reaction.GONE),
        (PartnerMisconfigured("", status=403, code="200"), Reaction.GONE),
        (PartnerRefused("", status=404), Reaction.GONE),
        (PartnerRefused("", status=400, code="4"), Reaction.SLOW_DOWN),
        (PartnerRefused("", status=400, code="17"), Reaction.SLOW_DOWN),
        (PartnerRefused("", status=400, code="32"), Reaction.SLOW_DOWN),
        (PartnerMisconfigured("", status=403, code="613"), Reaction.SLOW_DOWN),
        (PartnerUnavailable("", status=429), Reaction.SLOW_DOWN),
        (PartnerUnavailable("", status=503), Reaction.WAIT),
        (PartnerUnavailable(""), Reaction.WAIT),
        (PartnerRefused("", status=400, code="2"), Reaction.WAIT),
    ],
)
def test_what_an_error_means(error, reaction):
    assert reaction_to(error) == reaction


def test_what_is_gone_is_asked_for_three_times_within_a_day():
    waits = [wait_after(Reaction.GONE, attempts=number, refusals=number) for number in (1, 2, 3)]

    assert waits[2] is None
    assert sum(waits[:2], timedelta()) == timedelta(days=1)


def test_trouble_is_waited_for_longer_and_longer_up_to_36_hours():
    waits = []
    while wait := wait_after(Reaction.WAIT, attempts=len(waits) + 1, refusals=0):
        waits.append(wait)

    assert waits == sorted(waits)
    assert sum(waits, timedelta()) == timedelta(hours=36)


def test_trouble_before_does_not_shorten_the_three_attempts():
    assert wait_after(Reaction.GONE, attempts=9, refusals=1) is not None

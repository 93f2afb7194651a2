"""POST /api/v1/leads/: what becomes of an enquiry from outside."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.api.field_names import FIELD_NAMES
from leads.models import Activity, Channel, Customer, IntakeEntry, Lead, Outcome, Source
from tests.builders import (
    make_customer,
    make_dealer,
    make_lead,
    make_location,
    make_user,
    make_vehicle,
)
from tests.leads.api.conftest import LEADS, ApiClient

SAMPLE = Path(__file__).parents[2] / "samples" / "anfrage_create.json"
ENGLISH = {
    "external_id": "crm-4711",
    "subject": "Golf VIII gesucht, Inzahlungnahme Polo",
    "contact": {
        "name": "Erika Musterfrau",
        "email": "erika.musterfrau@example.org",
        "phone": "0171 3920012",
    },
    "customer": {"company": None, "first_name": "Erika", "last_name": "Musterfrau"},
    "address": {"street": "Beispielweg 7", "postal_code": "50667", "city": "Köln"},
    "status": "Neu",
    "source": "LinkedIn Ads",
    "expected_value": "21990.00",
    "probability": 60,
    "urgency": "high",
    "owner": "sabine.verkaeufer@example.org",
    "follow_up_on": "2026-03-06",
    "expected_close_on": "2026-04-15",
    "desired_start_on": "2026-04-01",
    "category": "Gebrauchtwagen",
    "budget_from": "18000.00",
    "budget_to": "23000.00",
    "tags": ["golf", "inzahlungnahme"],
    "note": "Kommt aus der Frühjahrsaktion.",
}


def codes(lead):
    return {warning["code"] for warning in lead["warnings"]}


def fields(document):
    return {error["field"]: error["code"] for error in document["errors"]}


def test_the_sample_of_the_guide_becomes_a_lead(api, dealer):
    sabine = make_user(dealer, email="sabine.verkaeufer@example.org")

    response = api.post(SAMPLE.read_bytes())

    assert response.status_code == 201
    lead = Lead.objects.get()
    assert response["Location"] == f"http://testserver{LEADS}{lead.pk}/"
    assert lead.dealer == dealer
    assert (lead.sender, lead.external_id) == ("api:website", "crm-4711")
    assert lead.subject == "Golf VIII gesucht, Inzahlungnahme Polo"
    assert lead.customer.full_name == "Erika Musterfrau"
    assert lead.customer.email == "erika.musterfrau@example.org"
    assert lead.address == "Beispielweg 7, 50667 Köln"
    assert lead.status.name == "Neu"
    assert (lead.source.name, lead.source.is_automatic) == ("LinkedIn Ads", True)
    assert lead.expected_value == Decimal(21990)
    assert lead.probability == 60
    assert lead.urgency == "high"
    assert lead.owner == sabine
    assert lead.follow_up_at == datetime(2026, 3, 6, 8, tzinfo=UTC)  # 9:00 in Berlin
    assert lead.expected_close_on == date(2026, 4, 15)
    assert lead.desired_start_on == date(2026, 4, 1)
    assert lead.category.name == "Gebrauchtwagen"
    assert (lead.budget_from, lead.budget_to) == (18000, 23000)
    assert {tag.name for tag in lead.tags.all()} == {"golf", "inzahlungnahme"}
    [note] = lead.activities.filter(kind=Activity.Kind.NOTE)
    assert note.text == "Kommt aus der Frühjahrsaktion."
    assert response.json()["warnings"] == []


def test_english_and_german_names_make_the_same_lead(dealer):
    german, english = ApiClient(dealer, system="a"), ApiClient(make_dealer(), system="a")

    one = german.post(SAMPLE.read_bytes()).json()
    other = english.post(ENGLISH).json()

    for answer in (one, other):
        answer.pop("customer")  # each dealer has its own
        times = [name for name in answer if name.endswith("_at") and name != "follow_up_at"]
        for name in ("id", "number", "enquiries", *times):
            answer.pop(name)
    assert one == other


def test_the_message_is_in_the_ledger_as_it_came(api, dealer):
    body = b'{ "titel":"Golf",\n "externe_id": "w-1" }'

    api.post(body, idempotency_key="key-1")

    entry = IntakeEntry.objects.get()
    assert entry.raw.encode() == body
    assert (entry.dealer, entry.channel, entry.sender) == (dealer, Channel.API, "api:website")
    assert entry.outside_id == "w-1"
    assert entry.idempotency_key == "key-1"
    assert entry.outcome == Outcome.CREATED
    assert entry.lead == Lead.objects.get()


@pytest.mark.parametrize(
    "body",
    [
        {"subject": "Golf gesucht"},
        {"contact": {"email": "a@example.org"}},
        {"contact": {"phone": "030 23125 101"}},
        {"contact": {"last_name": "Musterfrau"}},
        {"kunde": {"firma": "Musterbau GmbH"}},
    ],
)
def test_a_subject_or_contact_data_is_enough(api, body):
    assert api.post(body).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": "Hallo"},
        {"subject": "  ", "contact": {"name": ""}},
        {"subject": None, "contact": None},
        {"contact": {"email": "keine Adresse"}},
        {"address": {"city": "Köln"}},
    ],
)
def test_less_than_that_is_refused(api, problem, body):
    document = problem(api.post(body), 400)

    assert [error["code"] for error in document["errors"]] == ["subject_or_contact_required"]
    assert not Lead.objects.exists()
    assert IntakeEntry.objects.get().outcome == Outcome.REJECTED


def test_null_is_the_same_as_leaving_out(api):
    everything = {
        name: dict.fromkeys(FIELD_NAMES[name])
        if name in FIELD_NAMES and name != "consents"
        else None
        for name in FIELD_NAMES[""]
    }

    assert api.post({**everything, "subject": "Golf"}).status_code == 201


def test_the_answer_can_be_sent_back_without_harm(api):
    """What a client reads has the names that it writes."""
    answer = api.post(ENGLISH).json()
    writable = {name: answer[name] for name in FIELD_NAMES[""] if name in answer}
    writable["contact"].pop("name")
    for part in ("contact", "vehicle", "wishes"):
        writable[part] = {
            name: value for name, value in writable[part].items() if name in FIELD_NAMES[part]
        }
    writable.pop("customer")

    response = api.post(writable)

    assert response.status_code == 200
    assert response.json()["outcome"] == "repeated"


def test_money_percent_and_dates_may_be_written_the_german_way(api):
    api.post(
        {
            "titel": "Golf",
            "erwarteter_wert": "21.990,00",
            "budget_von": 18000,
            "budget_bis": "23.000 €",
            "wahrscheinlichkeit": "60 %",
            "nachfassen_am": "06.03.2026",
            "dringlichkeit": "Sofort",
        }
    )

    lead = Lead.objects.get()
    assert (lead.expected_value, lead.budget_from, lead.budget_to) == (21990, 18000, 23000)
    assert lead.probability == 60
    assert lead.follow_up_at == datetime(2026, 3, 6, 8, tzinfo=UTC)
    assert lead.urgency == "immediate"


def test_wishes_vehicle_and_the_rest_arrive(api, dealer):
    hall = make_location(dealer, name="Köln-Süd")

    response = api.post(
        {
            "contact": {"salutation": "Frau", "title": "Dr.", "last_name": "Testmann"},
            "standort": "köln-süd",
            "lead_type": "1B",
            "vehicle": {
                "internal_number": "T-1",
                "vin": "wtester0000000001",
                "make": "Škoda",
                "model": "Octavia",
                "condition": "gebraucht",
                "first_registration": "05/2022",
                "mileage_km": 31500,
                "power_kw": 110,
                "price": 23500.0,
                "url": "https://autohaus.example/t-1",
                "offer_number": "A-9",
            },
            "wishes": {
                "test_drive": True,
                "test_drive_on": "2026-03-07",
                "callback": True,
                "callback_from": "2026-03-05T14:00:00+01:00",
                "callback_to": "05.03.2026 16:00",
                "trade_in": True,
                "finance_kind": "finanzierung",
                "down_payment": "2.000",
                "term_months": 48,
                "monthly_rate": 249.9,
                "preferred_channel": "Telefon",
            },
            "consents": [{"purpose": "contact_phone", "granted": True, "at": "2026-03-02T11:14Z"}],
            "custom_values": {"utm_source": "google", "clicks": 3, "is_new": None},
            "is_test": True,
            "enquired_at": "2026-03-02T09:15:00+01:00",
            "campaign": "Frühjahr",
            "message": "Zeile 1\r\nZeile 2",
        }
    )

    assert response.status_code == 201, response.content
    lead = Lead.objects.get()
    assert (lead.salutation, lead.title, lead.last_name) == ("ms", "Dr.", "Testmann")
    assert lead.location == hall
    assert lead.lead_type.key == "1b"
    assert lead.vehicle.vin == "WTESTER0000000001"
    assert lead.vehicle.first_registration == "2022-05"
    assert lead.vehicle.condition == "used"
    assert (lead.vehicle_name, lead.vehicle_price) == ("Škoda Octavia", 23500)
    assert lead.offer_number == "A-9"
    assert lead.test_drive_wished
    assert lead.test_drive_on == date(2026, 3, 7)
    assert lead.callback_wished
    assert lead.callback_from == datetime(2026, 3, 5, 13, tzinfo=UTC)
    assert lead.callback_to == datetime(2026, 3, 5, 15, tzinfo=UTC)
    assert lead.trade_in_wished
    assert lead.finance_kind == "finance"
    assert (lead.down_payment, lead.term_months) == (2000, 48)
    assert lead.monthly_rate == Decimal("249.90")
    assert lead.preferred_channel == "phone"
    [consent] = lead.consents
    assert consent == {
        "purpose": "contact_phone",
        "granted": True,
        "granted_at": "2026-03-02T11:14:00+00:00",
        "text": "",
        "version": "",
    }
    assert lead.custom_values == {"utm_source": "google", "clicks": 3, "is_new": None}
    assert lead.is_test
    assert lead.enquired_at == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
    assert lead.campaign == "Frühjahr"
    assert lead.message == "Zeile 1\nZeile 2"


def test_contact_data_win_over_the_customers_and_parts_over_the_whole_name(api):
    api.post(
        {
            "contact": {"name": "Frau Erika Muster", "company": "Musterbau GmbH"},
            "customer": {"first_name": "Erika", "last_name": "Musterfrau", "company": "Andere AG"},
        }
    )

    lead = Lead.objects.get()
    assert (lead.salutation, lead.first_name, lead.last_name) == ("ms", "Erika", "Musterfrau")
    assert lead.company == "Musterbau GmbH"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (
            {"contact": {"email": "erika@", "phone": "030 23125 101"}},
            "email_invalid",
            "contact.email",
        ),
        ({"kontakt": {"telefon": "1234"}}, "phone_invalid", "contact.phone"),
        (
            {"contact": {"phone": "030 23125101 oder 0171 3920012"}},
            "phone_split",
            "contact.phone",
        ),
        ({"address": {"postal_code": "1067"}}, "postal_code_odd", "address.postal_code"),
        ({"probability": 0.6}, "probability_as_share", "probability"),
        ({"budget_from": 23000, "budget_to": 18000}, "range_swapped", "budget_from"),
        ({"owner": "nobody@example.org"}, "owner_unknown", "owner"),
        ({"lead_type": "9z"}, "type_unknown", "lead_type"),
        ({"enquired_at": "2099-01-01T00:00:00Z"}, "time_in_future", "enquired_at"),
        ({"vehicle": {"vin": "123"}}, "value_unknown", "vehicle.vin"),
        ({"location": "Mond"}, "value_unknown", "location"),
    ],
)
def test_what_is_odd_is_taken_and_said(api, body, code, field):
    response = api.post({"subject": "Golf", **body})

    assert response.status_code == 201
    assert (code, field) in {(w["code"], w["field"]) for w in response.json()["warnings"]}
    assert all(warning["message"] for warning in response.json()["warnings"])
    assert code in {warning["code"] for warning in Lead.objects.get().warnings}


def test_odd_values_are_still_put_to_use(api):
    api.post(
        {
            "contact": {"phone": "030 23125101 oder 0171 3920012"},
            "address": {"postal_code": "1067"},
            "probability": 0.6,
            "budget_from": 23000,
            "budget_to": 18000,
        }
    )

    lead = Lead.objects.get()
    assert (lead.phone, lead.mobile) == ("030 23125101", "0171 3920012")
    assert lead.postal_code == "1067"
    assert lead.probability == 60
    assert (lead.budget_from, lead.budget_to) == (18000, 23000)


def test_a_repeat_with_an_odd_value_is_told_so_too(api):
    api.post({"external_id": "w-1", "subject": "Golf"})

    answer = api.post({"external_id": "w-1", "subject": "Golf", "location": "Mond"}).json()

    assert answer["outcome"] == "repeated"
    assert "value_unknown" in codes(answer)


def test_a_foreign_postal_code_is_not_odd(api):
    response = api.post({"subject": "Golf", "address": {"postal_code": "1010", "country": "at"}})

    assert "postal_code_odd" not in codes(response.json())
    assert Lead.objects.get().country == "AT"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"titel": 5}, "titel", "invalid"),
        ({"subject": ["x"]}, "subject", "invalid"),
        ({"subject": True}, "subject", "invalid"),
        ({"subject": "x" * 201}, "subject", "max_length"),
        ({"contact": "Erika"}, "contact", "invalid"),
        ({"contact": []}, "contact", "invalid"),
        ({"kontakt": {"telefon": 1713920012}}, "kontakt.telefon", "invalid"),
        ({"kontakt": {"anrede": "Eure Hoheit"}}, "kontakt.anrede", "invalid_choice"),
        ({"customer": {"id": "7"}}, "customer.id", "invalid"),
        ({"customer": {"id": 0}}, "customer.id", "min_value"),
        ({"customer": {"id": 10**30}}, "customer.id", "max_value"),
        ({"address": {"plz": "123456789012"}}, "address.plz", "max_length"),
        ({"address": {"country": "Deutschland"}}, "address.country", "invalid"),
        ({"tags": "golf"}, "tags", "not_a_list"),
        ({"tags": ["x" * 81]}, "tags.0", "max_length"),
        ({"tags": ["a", 1]}, "tags.1", "invalid"),
        ({"tags": ["x"] * 51}, "tags", "max_length"),
        ({"erwarteter_wert": "viel"}, "erwarteter_wert", "invalid"),
        ({"expected_value": True}, "expected_value", "invalid"),
        ({"expected_value": {}}, "expected_value", "invalid"),
        ({"expected_value": -1}, "expected_value", "min_value"),
        ({"expected_value": 10**9}, "expected_value", "max_value"),
        ({"expected_value": 1e300}, "expected_value", "invalid"),
        ({"expected_value": 10**400}, "expected_value", "invalid"),
        ({"probability": 101}, "probability", "invalid"),
        ({"probability": "sehr"}, "probability", "invalid"),
        ({"urgency": "eilig"}, "urgency", "invalid_choice"),
        ({"urgency": 1}, "urgency", "invalid_choice"),
        ({"follow_up_on": "31.02.2026"}, "follow_up_on", "invalid"),
        ({"follow_up_on": 46000}, "follow_up_on", "invalid"),
        ({"follow_up_at": "morgen"}, "follow_up_at", "invalid"),
        (
            {"nachfassen_am": "2026-03-06", "nachfassen_um": "2026-03-06T10:00"},
            "nachfassen_um",
            "field_given_twice",
        ),
        ({"vehicle": {"mileage_km": 1.5}}, "vehicle.mileage_km", "invalid"),
        ({"vehicle": {"mileage_km": "1"}}, "vehicle.mileage_km", "invalid"),
        ({"vehicle": {"mileage_km": -1}}, "vehicle.mileage_km", "min_value"),
        ({"vehicle": {"url": "javascript:alert(1)"}}, "vehicle.url", "invalid"),
        ({"vehicle": {"first_registration": "2024"}}, "vehicle.first_registration", "invalid"),
        ({"vehicle": {"vin": "x" * 18}}, "vehicle.vin", "max_length"),
        ({"wishes": {"test_drive": "ja"}}, "wishes.test_drive", "invalid"),
        ({"wishes": {"test_drive": 1}}, "wishes.test_drive", "invalid"),
        ({"wishes": {"term_months": 601}}, "wishes.term_months", "max_value"),
        ({"consents": [{"granted": True}]}, "consents.0.purpose", "required"),
        ({"einwilligungen": [{"zweck": "x"}]}, "einwilligungen.0.granted", "required"),
        ({"consents": ["ja"]}, "consents.0", "invalid"),
        ({"custom_values": []}, "custom_values", "not_a_dict"),
        ({"custom_values": {"a": {}}}, "custom_values", "value"),
        ({"custom_values": {"a": 10**20}}, "custom_values", "value"),
        ({"custom_values": {"a": 1e300}}, "custom_values", "value"),
        ({"custom_values": {" ": 1}}, "custom_values", "blank"),
        ({"custom_values": {"a" * 81: 1}}, "custom_values", "name"),
        ({"custom_values": {str(n): n for n in range(51)}}, "custom_values", "too_many"),
        ({"is_test": "nein"}, "is_test", "invalid"),
        ({"external_id": 4711}, "external_id", "invalid"),
        ({"external_id": "x" * 65}, "external_id", "max_length"),
        ({"message": "x" * 20_001}, "message", "max_length"),
        ({"farbe": "rot"}, "farbe", "unknown_field"),
        ({"dealer": 1}, "dealer", "unknown_field"),
        ({"score": 100}, "score", "unknown_field"),
        ({"kontakt": {"fax": "1"}}, "kontakt.fax", "unknown_field"),
        ({"quelle": "a", "source": "b"}, "source", "field_given_twice"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_kept(api, problem, body, field, code):
    document = problem(api.post({"campaign": "Frühjahr", **body}), 400)

    assert fields(document) == {field: code}
    assert document["code"] == "validation_error"
    assert not Lead.objects.exists()
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.REJECTED
    assert field in entry.reason
    assert json.loads(entry.raw) == {"campaign": "Frühjahr", **body}


def test_all_errors_are_told_at_once(api, problem):
    document = problem(api.post({"titel": 1, "farbe": 2, "kontakt": {"email": 3, "x": 4}}), 400)

    assert fields(document) == {
        "titel": "invalid",
        "farbe": "unknown_field",
        "kontakt.email": "invalid",
        "kontakt.x": "unknown_field",
    }


def test_a_reason_in_the_ledger_names_no_values(api, problem):
    problem(api.post({"Erika Musterfrau <erika@example.org>": 1, "urgency": "Musterfrau"}), 400)

    assert "Muster" not in IntakeEntry.objects.get().reason


def test_reasons_are_written_in_the_language_of_the_office(api, problem, settings):
    document = problem(api.post({"titel": 1}, accept_language="en"), 400)
    problem(api.post(b"{", accept_language="en"), 400)
    problem(api.post(b"x", content_type="text/plain", accept_language="en"), 415)
    api.post({"titel": "Golf", "kontakt": {"name": "Erika Musterfrau"}}, accept_language="en")

    assert document["detail"] == "titel: This must be text."
    with translation.override(settings.LANGUAGE_CODE):
        expected = [translation.gettext(text) for text in ("This must be text.", "New customer.")]
    reasons = list(IntakeEntry.objects.order_by("pk").values_list("reason", flat=True))
    assert reasons[0] == f"titel: {expected[0]}"
    assert reasons[3] == expected[1]


def test_an_unknown_customer_id_is_refused(api, problem):
    document = problem(api.post({"titel": "Golf", "kunde": {"id": 4711}}), 422)

    assert document["code"] == "unknown_customer"
    assert fields(document) == {"kunde.id": "unknown_customer"}
    assert IntakeEntry.objects.get().outcome == Outcome.REJECTED


def test_the_customer_of_another_dealer_is_unknown(api, problem):
    theirs = make_customer(make_dealer())

    problem(api.post({"titel": "Golf", "kunde": {"id": theirs.pk}}), 422)


def test_a_known_customer_id_is_enough(api, dealer):
    customer = make_customer(dealer)

    response = api.post({"customer": {"id": customer.pk, "last_name": "Andere"}})

    assert response.json()["customer"]["id"] == customer.pk
    assert Customer.objects.count() == 1


def test_the_same_mail_finds_the_customer(api, dealer):
    customer = make_customer(dealer, email="erika@example.org")

    response = api.post({"contact": {"email": "ERIKA@example.org"}})

    assert response.json()["customer"]["id"] == customer.pk


def test_the_same_external_id_with_other_content_updates_the_lead(api):
    first = api.post({"external_id": "w-1", "subject": "Golf", "expected_value": 1000})
    second = api.post({"external_id": "w-1", "subject": "Golf", "expected_value": 2000})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert second.json()["expected_value"] == "2000.00"
    assert (first.json()["outcome"], second.json()["outcome"]) == ("created", "updated")
    assert "Location" not in second


def test_the_same_external_id_with_the_same_content_is_a_repeat(api):
    api.post({"external_id": "w-1", "subject": "Golf"})

    response = api.post({"subject": "Golf", "external_id": "w-1"})

    assert response.status_code == 200
    assert response.json()["outcome"] == "repeated"
    assert Lead.objects.count() == 1


def test_external_ids_of_two_systems_or_dealers_do_not_meet(dealer):
    body = {"external_id": "1", "subject": "Golf"}

    answers = [
        ApiClient(dealer, system="website").post(body),
        ApiClient(dealer, system="crm").post(body),
        ApiClient(make_dealer(), system="website").post(body),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]


def test_what_others_own_cannot_be_named(api, dealer):
    """Location, owner and catalogue entries of another dealer are unknown names here."""
    other = make_dealer()
    make_user(other, email="fremd@example.org")
    make_location(other, name="Fremde Filiale")
    theirs = Source.objects.create(dealer=other, name="Geheime Quelle")

    answer = api.post(
        {
            "subject": "Golf",
            "owner": "fremd@example.org",
            "location": "Fremde Filiale",
            "source": "Geheime Quelle",
        }
    ).json()

    assert (answer["owner"], answer["location"]) == (None, None)
    assert Lead.objects.get().source != theirs


def test_a_car_in_stock_is_found_by_its_number(api, dealer):
    car = make_vehicle(dealer, internal_number="T-77")

    answer = api.post({"subject": "Octavia", "vehicle": {"internal_number": "T-77"}}).json()

    assert answer["vehicle"]["id"] == car.pk


def test_text_is_cleaned(api):
    api.post({"subject": "  Go\u0308lf \u0007 \t VIII ", "message": "a\tb\u200d\r\nc\u0001"})

    lead = Lead.objects.get()
    assert lead.subject == "Gölf VIII"
    assert lead.message == "a\tb\u200d\nc"


def test_a_lead_of_this_number_of_queries(api, django_assert_max_num_queries):
    api.post(ENGLISH)

    with django_assert_max_num_queries(45):
        api.post({**ENGLISH, "external_id": "crm-4712"})


def test_answers_are_not_cached(api):
    assert api.post({"subject": "Golf"})["Cache-Control"] == "no-store"
    assert api.get()["Cache-Control"] == "no-store"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def _objects(table):
    """Objects with the fields of a table, holding anything at all."""
    values = {}
    for name in FIELD_NAMES[table]:
        values[name] = _JSON | _objects(name) if not table and name in FIELD_NAMES else _JSON
    return st.fixed_dictionaries({}, optional=values)


@given(body=_objects(""))
@settings(max_examples=60)
def test_nothing_at_all_breaks_it(api, body):
    response = api.post(body)

    assert response.status_code in (200, 201, 400, 422), response.content
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"


def test_make_lead_is_the_same_shape(api, dealer):
    """A lead from any other channel is shown like one from here."""
    make_lead(dealer)

    [shown] = api.get().json()["results"]

    assert set(shown) == set(api.post(ENGLISH).json()) - {"outcome"}

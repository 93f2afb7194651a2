"""BDK's items → drafts, for every row of the sample and for what else may come."""

import copy
import json
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.bdk.mapping import lead_draft, message_from, version_in
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode as Code
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.intake import Unusable
from tests.integrations.conftest import expected_rows

RECEIVED_AT = datetime(2026, 3, 5, 8, tzinfo=UTC)
EXPECTED = expected_rows()


def draft_of(item, **options):
    options = {
        "partner_number": "0012345",
        "content_hash": "h",
        "received_at": RECEIVED_AT,
    } | options
    return lead_draft(item, **options)


def codes(draft):
    return {warning.code for warning in draft.warnings}


def changed(item, **values):
    """The item with other values; "customer__phone" reaches into a section."""
    item = copy.deepcopy(item)
    for path, value in values.items():
        *sections, name = path.split("__")
        target = item
        for section in sections:
            target = target.setdefault(section, {})
        target[name] = value
    return item


# --- the sample --------------------------------------------------------------------------------

# What the "expected" column says beyond stored or quarantined, as the draft says it. The meaning
# of a lead type is added when the draft is received.
DETAILS = {
    0: {"lead_type": "1a", "source": "juhu_auto", "test_drive_wished": None, "precheck": ""},
    1: {"lead_type": "1b", "test_drive_wished": True, "test_drive_on": date(2026, 3, 7)},
    2: {"lead_type": "1c", "precheck": "performed", "finance_kind": "finance", "term_months": 48},
    3: {"lead_type": "1d", "precheck": "positive", "effective_rate": Decimal("5.99")},
    4: {"lead_type": "1e", "test_drive_wished": True, "precheck": "positive"},
    5: {
        "lead_type": "1f",
        "callback_wished": True,
        "callback_from": datetime(2026, 3, 3, 16, tzinfo=UTC),
        "callback_to": datetime(2026, 3, 3, 18, tzinfo=UTC),
    },
    6: {"lead_type": "2b", "source": "digeo_kundenkalkulator", "finance_kind": "finance"},
    7: {"lead_type": "2c", "finance_kind": "leasing", "down_payment": Decimal("0.00")},
    8: {"lead_type": "3a", "source": "bdk_direct"},
    9: {"lead_type": "3b"},
    10: {
        "lead_type": "3c",
        "contract_number": "F-900100200",
        "contract_ends_on": date(2026, 8, 31),
        "finance_kind": "finance",
        "final_payment": Decimal("8450.00"),
    },
    11: {"lead_type": "3d", "finance_kind": "leasing", "contract_ends_on": date(2026, 6, 15)},
    12: {"source": "bdk_kampagne", "campaign": "Frühjahrsaktion Gebrauchtwagen (KMP-2026-03)"},
    13: {"source": "neuwagenkonfigurator", "finance_kind": "cash", "finance_interest": False},
    14: {"lead_type": "6b", "finance_kind": "finance", "finance_interest": True},
    15: {"lead_type": "6c", "finance_kind": "leasing"},
    16: {"lead_type": "7a", "source": "ju_connect"},
    17: {"lead_type": "7b"},
    18: {"lead_type": "7c", "precheck": "performed"},
    19: {"lead_type": "7d", "precheck": "positive", "finance_kind": "finance"},
    20: {"lead_type": "7e"},
    21: {"lead_type": "7f"},
    22: {"lead_type": "8a", "source": "autoscout24", "precheck": "positive"},
    23: {"lead_type": "8b", "precheck": "negative"},
    24: {"lead_type": "8c", "precheck": "none", "finance_kind": "", "finance_interest": None},
    25: {"warnings": {Code.NO_PHONE}},
    26: {"message": "Schöne Grüße – „Probefahrt“ am Samstag wäre großartig! 🚗"},
    27: {"warnings": set()},
    28: {"lead_type": "9z", "source": "bdk_direct"},
    29: {"lead_type": "", "source": "bdk_direct"},
    30: {"lead_type": ""},
    31: {"external_id": "DLC-2026-000101", "version": 1},
    32: {"external_id": "DLC-2026-000102", "version": 2},
    33: {"external_id": "DLC-2026-000103", "version": 1},
    34: {"lead_type": "1f", "source": "juhu_auto"},
    35: {"lead_type": "1d", "warnings": {Code.TYPE_SPELLINGS_DIFFER}},
    36: {"lead_type": "1b"},
    37: {"warnings": set()},
    38: {"warnings": {Code.PHONE_SPLIT}},
    39: {"message": "<script>alert('x')</script><b>Fett</b> & =HYPERLINK(\"https://example.org\")"},
    40: {"warnings": {Code.EMAIL_INVALID}},
    41: {"warnings": {Code.NUMBER_UNREADABLE, Code.NO_PHONE}},
    42: {"enquired_at": None, "warnings": {Code.TIME_IN_FUTURE, Code.NO_PHONE}},
    43: {"enquired_at": datetime(2026, 3, 4, 8, 30, tzinfo=UTC)},
    44: {"warnings": set()},  # "not contactable" is said by receiving, for every channel
    45: {"lead_type": "1a", "test_drive_wished": True, "test_drive_on": date(2026, 3, 9)},
    46: {"is_test": True},
    51: {"preferred_channel": "", "warnings": {Code.VALUE_UNKNOWN, Code.NO_PHONE}},
    52: {"lead_type": "8b", "precheck": ""},
}
IN_CONTACT = {
    4: {"first_name": "Björn", "last_name": "Größling", "street": "Straße der Übung 88"},
    9: {"external_number": "BDK-4711001"},
    15: {"salutation": "diverse"},
    26: {"last_name": "Müßiggänger-Öztürk", "street": "Weiße-Höfe-Straße 3 ½"},
    37: {"company": "Musterbau Beispiel GmbH & Co. KG", "last_name": "", "salutation": ""},
    38: {"phone": "030 23125 139", "mobile": "0176 04069039"},
    40: {"email": "", "phone": "030 23125 141"},
    44: {"email": "", "phone": "", "mobile": ""},
}
IN_VEHICLE = {
    13: {"offer_number": "", "vin": "", "make": "Kia", "mileage_km": 0},
    22: {"condition": "used", "price": Decimal("33900.00"), "power_kw": 258},
    41: {"price": None, "mileage_km": None, "internal_number": "GW-2007"},
}


@pytest.mark.parametrize("index", EXPECTED)
def test_each_item_of_the_sample_is_read_as_expected(items, index):
    item, (lead_id, _case, expected) = items[index], EXPECTED[index]

    assert message_from(item).outside_id == lead_id
    assert bool(lead_id) == ("no receipt possible" not in expected)
    if expected.startswith("quarantine"):
        with pytest.raises(Unusable):
            draft_of(item)
        return
    draft = draft_of(item)
    details = dict(DETAILS[index])
    if "warnings" in details:
        assert codes(draft) == details.pop("warnings")
    assert {name: getattr(draft, name) for name in details} == details
    contact, vehicle = IN_CONTACT.get(index, {}), IN_VEHICLE.get(index, {})
    assert {name: getattr(draft.contact, name) for name in contact} == contact
    assert {name: getattr(draft.vehicle, name) for name in vehicle} == vehicle


def test_the_first_item_is_read_completely(items):
    assert draft_of(items[0]) == LeadDraft(
        sender="bdk:0012345",
        external_id="DLC-2026-000101",
        version=1,
        content_hash="h",
        is_complete=True,
        location="0012345",
        lead_type="1a",
        source="juhu_auto",
        contact=ContactDraft(
            salutation="mr",
            first_name="Max",
            last_name="Mustermann",
            email="max.mustermann@example.org",
            phone="+49 30 23125 101",
            mobile="+49 176 04069001",
            street="Musterstraße 41a",
            postal_code="10115",
            city="Berlin",
            country="DE",
        ),
        preferred_channel="phone",
        preferred_time="nachmittags",
        vehicle=VehicleDraft(
            internal_number="GW-2001",
            vin="WMUSTER0000000001",
            make="Volkswagen",
            model="Golf",
            variant="VIII 1.5 TSI Life",
            condition="used",
            first_registration="2022-05",
            mileage_km=31500,
            power_kw=96,
            fuel="Benzin",
            price=Decimal("21990.00"),
            url="https://autohaus.example.org/fahrzeug/GW-2001",
            offer_number="OFF-70001",
        ),
        message="Ist der Wagen noch da? Inzahlungnahme eines Polo möglich?",
        consents=(
            {
                "purpose": "contact_phone",
                "granted": True,
                "granted_at": "2026-03-02T07:00:00+00:00",
                "text": "Ich möchte zu meiner Anfrage telefonisch kontaktiert werden.",
            },
            {
                "purpose": "contact_email",
                "granted": True,
                "granted_at": "2026-03-02T07:00:00+00:00",
                "text": "Ich möchte zu meiner Anfrage per E-Mail kontaktiert werden.",
            },
        ),
        enquired_at=datetime(2026, 3, 2, 8, 47, tzinfo=UTC),
    )


def test_a_long_comment_is_kept_in_full(items):
    assert draft_of(items[27]).message == items[27]["comment"]
    assert len(items[27]["comment"]) > 4000


# --- messages ----------------------------------------------------------------------------------


def test_a_message_is_named_by_lead_version_and_content(items):
    message = message_from(items[0])

    assert message.message_id == f"DLC-2026-000101:1:{message.content_hash}"
    assert json.loads(message.raw) == items[0]
    assert version_in(message_from(items[32]).message_id) == 2
    assert message_from(items[31]).message_id == message.message_id
    assert message_from(items[33]).message_id != message_from(items[2]).message_id
    assert message_from("kein Objekt").message_id == message_from("kein Objekt").content_hash


def test_the_order_of_properties_does_not_matter(items):
    turned_round = dict(reversed(items[0].items()))

    assert message_from(turned_round) == message_from(items[0])


def test_characters_that_no_database_takes_can_be_kept(items):
    item = changed(items[0], comment="half \ud83d and NUL \x00")
    message = message_from(item)

    message.raw.encode()
    assert "\x00" not in message.raw
    assert json.loads(message.raw) == item
    assert draft_of(item).message == "half  and NUL"


@pytest.mark.parametrize(
    ("lead_id", "outside_id"),
    [
        (4711, "4711"),
        ("", ""),
        (" DLC-1", ""),
        ("DLC\n1", ""),
        ("x" * 65, ""),
        ("x" * 64, "x" * 64),
        (True, ""),
        (["DLC-1"], ""),
        (None, ""),
    ],
)
def test_only_a_lead_id_that_can_be_stored_and_repeated_is_one(items, lead_id, outside_id):
    item = changed(items[0], leadId=lead_id)
    message = message_from(item)

    assert message.outside_id == outside_id
    assert len(message.message_id) <= 200
    if not outside_id:
        with pytest.raises(Unusable):
            draft_of(item)


# --- what is unusable --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"customer": None},
        {"customer": "Max"},
        {"version": 0},
        {"version": "neu"},
        {"version": True},
        {"version": 2**31},
        {"partnernummer": "0099999"},
        {"partnernummer": "12345"},
        {"partnernummer": 12345},
    ],
)
def test_malformed_items_are_unusable_and_the_reason_names_nobody(items, values):
    with pytest.raises(Unusable) as raised:
        draft_of(changed(items[0], **values))

    assert str(raised.value)
    assert "Mustermann" not in str(raised.value)
    assert "0099999" not in str(raised.value)


def test_a_partner_number_is_not_required_in_the_item(items):
    assert draft_of(changed(items[0], partnernummer=None)).location == "0012345"


# --- what is odd -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "mobile", "read", "warned"),
    [
        ("030 23125 139", None, ("030 23125 139", ""), set()),
        ("030 23125 139 / 0176 04069039", None, ("030 23125 139", "0176 04069039"), "split"),
        ("030 23125 139\n0176 04069039", None, ("030 23125 139", "0176 04069039"), "split"),
        (
            "030 23125 139 oder 0176 04069039",
            "0171 3920012",
            ("030 23125 139", "0171 3920012"),
            "split",
        ),
        (None, "0176 04069039, 030 23125 139", ("030 23125 139", "0176 04069039"), "split"),
        ("privat, 030 23125 139", None, ("030 23125 139", ""), "split"),
        ("030 23 / 125 139", None, ("030 23 / 125 139", ""), set()),
        ("ab 17 Uhr", None, ("ab 17 Uhr", ""), "invalid"),
        (4917604069039, None, ("4917604069039", ""), set()),
        ({"nr": 1}, None, ("", ""), "unknown"),
    ],
)
def test_phone_fields_never_become_one_merged_number(items, phone, mobile, read, warned):
    item = changed(items[0], customer__phone=phone, customer__mobile=mobile)
    draft = draft_of(item)

    assert (draft.contact.phone, draft.contact.mobile) == read
    expected = {
        "split": {Code.PHONE_SPLIT},
        "invalid": {Code.PHONE_INVALID},
        "unknown": {Code.VALUE_UNKNOWN, Code.NO_PHONE},
    }
    assert codes(draft) == expected.get(warned, set()) if warned else codes(draft) == set()


def test_a_warning_shows_what_came(items):
    [split] = draft_of(items[38]).warnings
    assert split.as_json() == {
        "code": "phone_split",
        "value": "030 23125 139 oder 0176 04069039",
        "field": "phone",
    }
    values = {warning.field: warning.value for warning in draft_of(items[41]).warnings}
    assert (values["price"], values["mileage_km"]) == ("auf Anfrage", "ca. 45 Tkm")
    [spellings] = draft_of(items[35]).warnings
    assert spellings.value == "1d, 8b"


@pytest.mark.parametrize(
    ("created_at", "enquired_at", "warned"),
    [
        ("2025-10-26T02:30:00+02:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), None),
        ("2025-10-26T02:30:00+01:00", datetime(2025, 10, 26, 1, 30, tzinfo=UTC), None),
        ("2025-10-26T02:30:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), None),
        ("2025-03-30T02:30:00", datetime(2025, 3, 30, 1, 30, tzinfo=UTC), None),
        ("2026-03-02T08:47:00Z", datetime(2026, 3, 2, 8, 47, tzinfo=UTC), None),
        ("2026-03-05T08:04:00Z", None, None),
        ("2026-03-05T08:06:00Z", None, Code.TIME_IN_FUTURE),
        ("0001-01-01T00:00:00+01:00", None, Code.DATE_UNREADABLE),
        ("gestern", None, Code.DATE_UNREADABLE),
        (1772441220000, None, Code.DATE_UNREADABLE),
        (45000, None, Code.DATE_UNREADABLE),
        (None, None, None),
    ],
)
def test_the_time_of_the_enquiry(items, created_at, enquired_at, warned):
    draft = draft_of(changed(items[0], createdAt=created_at))

    assert draft.enquired_at == enquired_at
    assert codes(draft) == ({warned} if warned else set())


@pytest.mark.parametrize(
    ("price", "read"),
    [
        ("21990.00", Decimal("21990.00")),
        ("21990", Decimal(21990)),
        (21990, Decimal(21990)),
        (21990.5, Decimal("21990.50")),
        (None, None),
        ("", None),
    ],
)
def test_prices_that_can_be_read(items, price, read):
    draft = draft_of(changed(items[0], vehicle__price=price))

    assert draft.vehicle.price == read
    assert draft.warnings == ()


@pytest.mark.parametrize(
    "price",
    ["21.990", "1.234,56", "-1", "1e5", "NaN", "123456789", 1e30, float("inf"), True, [1], "٣"],
)
def test_prices_that_nobody_should_guess_at(items, price):
    draft = draft_of(changed(items[0], vehicle__price=price))

    assert draft.vehicle.price is None
    assert codes(draft) == {Code.NUMBER_UNREADABLE}


@pytest.mark.parametrize(
    ("name", "largest"),
    [
        ("vehicle__mileageKm", 2**31 - 1),
        ("vehicle__powerKw", 2**15 - 1),
        ("finance__termMonths", 2**15 - 1),
        ("finance__annualMileageKm", 2**31 - 1),
    ],
)
def test_whole_numbers_are_no_larger_than_postgresql_takes(items, name, largest):
    assert draft_of(changed(items[0], **{name: largest})).warnings == ()
    assert draft_of(changed(items[0], **{name: float(largest)})).warnings == ()
    for value in (largest + 1, -1, 1.5, "viele"):
        draft = draft_of(changed(items[0], **{name: value}))
        assert codes(draft) == {Code.NUMBER_UNREADABLE}


def test_a_price_in_another_currency_is_not_taken_for_euros(items):
    draft = draft_of(changed(items[0], vehicle__currency="CHF"))

    assert draft.vehicle.price is None
    assert codes(draft) == {Code.VALUE_UNKNOWN}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"customer__salutation": "MX"}, "salutation"),
        ({"customer__country": "Deutschland"}, "country"),
        ({"customer__firstName": {"a": 1}}, "first_name"),
        ({"customer__bdkCustomerNumber": "x" * 65}, "external_number"),
        ({"vehicle__condition": "WRECK"}, "condition"),
        ({"vehicle__vin": "WMUSTER00000000010"}, "vin"),
        ({"vehicle__url": "javascript:alert(1)"}, "url"),
        ({"vehicle": "Golf"}, "vehicle"),
        ({"finance": {"kind": "BARTER"}}, "finance_kind"),
        ({"finance": {"precheck": {"result": "MAYBE"}}}, "precheck"),
        ({"callback": "morgens"}, "callback_wished"),
        ({"consents": {"a": 1}}, "consents"),
        ({"consents": ["ja"]}, "consents"),
    ],
)
def test_unknown_values_become_empty_and_are_named(items, values, field):
    [warning] = draft_of(changed(items[0], **values)).warnings

    assert (warning.code, warning.field) == (Code.VALUE_UNKNOWN, field)


def test_only_a_plain_true_is_a_consent(items):
    consents = [{"purpose": "A", "granted": granted} for granted in (True, "true", 1, None, False)]

    draft = draft_of(changed(items[0], consents=consents))

    assert [consent["granted"] for consent in draft.consents] == [True, False, False, False, False]


def test_of_two_spellings_an_empty_one_says_nothing(items):
    draft = draft_of(changed(items[0], bdkLeadTypeId=None, bdkLeadTypeld=" 8A "))

    assert draft.lead_type == "8a"
    assert draft.warnings == ()


def test_texts_are_as_long_as_their_columns(items):
    draft = draft_of(
        changed(
            items[0], customer__lastName="L" * 500, customer__street="S" * 200, comment="c" * 9000
        )
    )

    assert len(draft.contact.last_name) == Lead._meta.get_field("last_name").max_length
    assert len(draft.contact.street) == Lead._meta.get_field("street").max_length
    assert len(draft.message) == 9000
    assert {(w.code, w.field) for w in draft.warnings} == {
        (Code.TEXT_SHORTENED, "last_name"),
        (Code.TEXT_SHORTENED, "street"),
    }


def test_a_postal_code_without_its_zero_is_shown_not_mended(items):
    draft = draft_of(changed(items[0], customer__postalCode=1067))

    assert draft.contact.postal_code == "1067"
    assert codes(draft) == {Code.POSTAL_CODE_ODD}


# --- whatever may come -------------------------------------------------------------------------

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["\ud800", "a\x00b", "9" * 400, "x" * 600, "2026-02-30", "1e400", "\x1b[2J"])
)
ODD = PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.text(max_size=5), PLAIN, max_size=2)


def places(item, path=()):
    for name, value in item.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from places(value, (*path, name))


def misfits(draft):
    """Columns that would not take what the draft says."""
    for values, model in ((draft, Lead), (draft.contact, Lead), (draft.vehicle, Vehicle)):
        for field in model._meta.concrete_fields:
            value = getattr(values, field.name, None)
            if value in (None, "") or field.is_relation:
                continue
            if isinstance(value, str):
                if field.max_length and len(value) > field.max_length:
                    yield f"{field.name} is too long"
                if {unicodedata.category(c) for c in value if c not in "\n\t"} & {"Cc", "Cs"}:
                    yield f"{field.name} has control characters"
            elif isinstance(value, int | Decimal) and not isinstance(value, bool):
                for validator in field.validators:
                    validator(value)


@settings(max_examples=300)
@given(data=st.data())
def test_any_value_anywhere_gives_a_draft_that_fits_or_a_reason(items, data):
    item = copy.deepcopy(items[data.draw(st.sampled_from([3, 5, 10, 12]))])
    changes = st.dictionaries(st.sampled_from(sorted(places(item))), ODD, min_size=1, max_size=12)
    for path, value in data.draw(changes).items():
        target = item
        for name in path[:-1]:
            target = target.get(name) if isinstance(target, dict) else None
        if isinstance(target, dict):
            target[path[-1]] = value

    message = message_from(item)
    message.raw.encode()
    try:
        draft = draft_of(json.loads(message.raw))
    except Unusable:
        return

    assert list(misfits(draft)) == []
    json.dumps([warning.as_json() for warning in draft.warnings], ensure_ascii=False).encode()
    json.dumps(draft.consents, ensure_ascii=False).encode()

"""Many rows changed in one statement are what saving each of them would have stored."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from leads.models import IntakeEntry, Lead
from leads.services.column_updates import update_columns
from tests import builders

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 9, 15, 30, 123456, tzinfo=UTC)
VALUES = {
    "subject": "„Ä\"'\\ \t%s\nzweite Zeile",
    "message": "",
    "expected_value": Decimal("21990.05"),
    "probability": 60,
    "follow_up_at": AT,
    "expected_close_on": date(2026, 3, 31),
    "is_test": True,
    "finance_interest": None,
    "custom_values": {"Größe": [1, 2.5, None, {"a": "ß"}]},
    "warnings": [{"code": "no_phone"}],
}


def test_every_kind_of_value_is_stored_as_it_is(dealer):
    lead = builders.make_lead(dealer, finance_interest=True, probability=None)
    for name, value in VALUES.items():
        setattr(lead, name, value)

    update_columns(Lead, [lead], list(VALUES))

    stored = Lead.objects.get(pk=lead.pk)
    assert {name: getattr(stored, name) for name in VALUES} == VALUES


def test_values_can_be_told_apart_by_the_database_as_before(dealer):
    lead = builders.make_lead(dealer, expected_value=Decimal("5"), custom_values={})
    lead.expected_value, lead.follow_up_at, lead.is_spam = Decimal("100.50"), AT, True
    lead.custom_values = {"Farbe": "rot"}
    update_columns(Lead, [lead], ["expected_value", "follow_up_at", "is_spam", "custom_values"])

    found = Lead.objects.filter(
        expected_value__gt=Decimal("20"), follow_up_at=AT, is_spam=True, custom_values__Farbe="rot"
    )

    assert list(found) == [lead]


def test_each_row_gets_its_own_values_and_others_stay(dealer, django_assert_num_queries):
    owner = builders.make_user()
    leads = [builders.make_lead(dealer, subject="alt", city="Köln") for _one in range(30)]
    for number, lead in enumerate(leads[:20]):
        lead.subject, lead.owner, lead.city = f"neu {number}", owner, "nicht genannt"

    with django_assert_num_queries(1):
        update_columns(Lead, leads[:20], ["subject", "owner"])

    stored = list(Lead.objects.order_by("pk").values_list("subject", "owner", "city"))
    assert stored == [
        *((f"neu {number}", owner.pk, "Köln") for number in range(20)),
        *[("alt", None, "Köln")] * 10,
    ]


def test_encrypted_texts_stay_unreadable(dealer):
    entry = builders.make_entry(dealer, raw="alt")
    entry.raw = "Geheimnis"

    update_columns(IntakeEntry, [entry], ["raw"])

    assert IntakeEntry.objects.get(pk=entry.pk).raw == "Geheimnis"
    with connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM leads_intakeentry")
        assert "Geheimnis" not in cursor.fetchone()[0]


def test_a_constraint_stops_all_of_them(dealer):
    leads = [builders.make_lead(dealer, probability=10) for _one in range(3)]
    leads[0].probability, leads[2].probability = 20, 101

    with pytest.raises(IntegrityError), transaction.atomic():
        update_columns(Lead, leads, ["probability"])

    assert set(Lead.objects.values_list("probability", flat=True)) == {10}


def test_no_rows_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        update_columns(Lead, [], ["subject"])

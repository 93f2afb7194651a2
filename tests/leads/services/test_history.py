"""The history of many rows is what it would be if each had been saved by itself."""

from datetime import UTC, datetime

import pytest

from leads.models import Customer, Lead
from leads.services.history import begin_history, remember
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def test_each_row_is_remembered_as_it_is_stored():
    dealer = builders.make_dealer()
    user = builders.make_user(dealer)
    leads = [builders.make_lead(dealer, warnings=[{"code": "no_phone"}]) for _ in range(3)]
    Lead.history.all().delete()
    Lead.objects.update(subject="Neu")

    remember(Lead, leads[:2], by=user, now=NOW)

    rows = Lead.history.order_by("id")
    assert [row.id for row in rows] == [lead.pk for lead in leads[:2]]
    for row, lead in zip(rows, leads[:2], strict=True):
        assert (row.history_type, row.history_user, row.history_date) == ("~", user, NOW)
        assert (row.subject, row.number, row.warnings) == ("Neu", lead.number, lead.warnings)
        lead.refresh_from_db()
        assert row.received_at == lead.received_at


def test_nothing_is_remembered_of_nothing():
    remember(Lead, [], now=NOW)

    assert not Lead.history.exists()


def test_a_customers_history_begins_with_the_first_change():
    customer = builders.make_customer(last_name="Groß")
    Customer.history.all().delete()

    begin_history(customer)
    begin_history(customer)

    row = customer.history.get()
    assert (row.history_type, row.last_name) == ("+", "Groß")
    assert row.history_date == customer.created_at

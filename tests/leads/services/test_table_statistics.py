"""After a list has come in, the database plans with the rows that are there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Enquiry, IntakeEntry
from leads.services import table_statistics
from leads.services.table_statistics import refresh_statistics
from tests import builders


def expected_rows(dealer):
    """As the planner sees it."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN SELECT id FROM leads_enquiry WHERE dealer_id = {dealer.pk}")
        return int(cursor.fetchone()[0].partition("rows=")[2].partition(" ")[0])


ON_POSTGRESQL = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite looks at its tables itself"
)


@ON_POSTGRESQL
def test_a_new_dealer_is_expected_to_have_rows_also_in_tables_known_to_be_large(
    db, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(table_statistics, "_LARGE", 5)
    old, new = builders.make_dealer(), builders.make_dealer()
    for dealer, number in [(old, 30), (new, 10)]:
        for _ in range(number):
            builders.make_enquiry(dealer)
        with django_capture_on_commit_callbacks(execute=True):
            refresh_statistics(Enquiry)

    assert (expected_rows(old), expected_rows(new)) == (30, 10)


@ON_POSTGRESQL
def test_what_indexes_and_their_conditions_name_is_looked_at_and_long_texts_are_not(
    db, django_capture_on_commit_callbacks
):
    # Not pg_stats: autovacuum may have looked at the table, and it looks at all columns.
    with (
        CaptureQueriesContext(connection) as asked,
        django_capture_on_commit_callbacks(execute=True),
    ):
        refresh_statistics(IntakeEntry)

    columns = asked.captured_queries[-1]["sql"].partition("ANALYZE leads_intakeentry (")[2]
    known = set(columns.rstrip(")").split(", "))
    # An index of messages that are still here has raw_deleted_at in its condition alone.
    assert {"dealer_id", "outside_id", "raw_deleted_at"} <= known
    assert known.isdisjoint({"raw", "corrected"})

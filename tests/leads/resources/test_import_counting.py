"""Values of columns are counted while a list is read."""

import pytest

from leads.resources.import_counting import MOST_DIFFERENT, ValueCounts
from leads.resources.import_mapping import ListMapping
from leads.resources.import_values import find_values
from tests import builders
from tests.leads.resources.importing import check, upload


def counted(*portions, width=1):
    counts = ValueCounts(width)
    for portion in portions:
        counts.add(portion)
    return counts.as_json()


def test_counts_over_all_portions_and_leaves_out_what_is_empty():
    assert counted([["neu"], ["alt"], [None]], [["neu"], [" "]]) == {"0": [["neu", 2], ["alt", 1]]}


def test_a_number_and_a_truth_are_two_values():
    assert counted([[1], [True], [1.5]]) == {"0": [["1", 1], ["ja", 1], ["1,5", 1]]}


def test_columns_with_many_or_long_values_are_not_kept():
    rows = [[f"Kunde {n}", "x" * 300, "neu"] for n in range(MOST_DIFFERENT + 1)]

    assert counted(rows, width=3) == {"2": [["neu", MOST_DIFFERENT + 1]]}


@pytest.mark.django_db
def test_a_column_with_many_values_is_counted_when_it_is_assigned():
    rows = [(f"Kunde {n}", f"Status {n % (MOST_DIFFERENT + 9)}") for n in range(300)]
    found = check(upload(builders.make_dealer(), ("Nachname", "Status"), *rows))

    assert "1" not in found.info["values"]
    assert len(found.found_values["status"]) == MOST_DIFFERENT + 9
    assert found.found_values["status"][0][1] == 2


@pytest.mark.django_db
def test_counted_beforehand_or_from_the_rows_is_the_same():
    rows = [("Groß", "offen"), ("Klein", " OFFEN"), ("Kurz", "verkauft"), ("Lang", None)]
    found = check(upload(builders.make_dealer(), ("Nachname", "Status"), *rows))
    assert [rows for _written, rows in found.found_values["status"]] == [2, 1]

    found.info = {}
    again = find_values(found, ListMapping.of(found))
    assert [rows for _written, rows in again["status"]] == [2, 1]

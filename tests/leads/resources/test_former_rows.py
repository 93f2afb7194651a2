"""Workbooks about an import that come back corrected: understood as the list was, and what waited
in the ledger waits no more."""

import io

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry

from leads.models import IntakeEntry, Lead, ListKind, Outcome
from leads.resources.import_mapping import FURTHER, LEFT_OUT, ListMapping
from leads.resources.import_results import write_errors, write_result
from tests import builders
from tests.leads.resources.importing import check, run, upload

pytestmark = pytest.mark.django_db

HEADERS = ("Spalte A", "Mail", "Grund", "Preis", "Zeug")
COLUMNS = ["last_name", "email", "subject", "vehicle_price", LEFT_OUT]
GOOD = ("Groß", "gross@example.org", "Golf", 100, "x")
BAD = ("Klein", "klein@example.org", "Polo", "teuer", "x")
WORSE = ("Mittel", "mittel@example.org", "Up", "umsonst", "x")


@pytest.fixture
def dealer():
    return builders.make_dealer()


def written(write, found, **changes):
    """The workbook, with cells changed in Excel: „D2“ → value."""
    target = io.BytesIO()
    write(found, target)
    book = openpyxl.load_workbook(target)
    for place, value in changes.items():
        book.worksheets[0][place] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def waiting():
    return IntakeEntry.objects.quarantined().count()


@pytest.mark.parametrize("write", [write_errors, write_result])
def test_a_corrected_workbook_is_understood_as_its_list_was(dealer, write):
    found = run(check(upload(dealer, HEADERS, GOOD, BAD), columns=COLUMNS))

    again = upload(dealer, data=written(write, found), user=found.user)

    mapping = ListMapping.of(again)
    added = {"LeadOffice-Zeile": LEFT_OUT}
    if write is write_result:
        added |= {"Ergebnis": LEFT_OUT, "LeadOffice-Nr.": "number", "Grund (2)": LEFT_OUT}
    expected = dict(zip(HEADERS, COLUMNS, strict=True)) | added
    assert dict(zip(mapping.headers, mapping.columns, strict=True)) == expected
    assert any("kommt aus LeadOffice" in one for one in again.info["remarks"])


def test_the_next_workbook_of_errors_has_the_added_columns_once(dealer):
    found = run(check(upload(dealer, HEADERS, GOOD, BAD), columns=COLUMNS))
    second = run(check(upload(dealer, data=written(write_result, found), user=found.user)))
    third = upload(dealer, data=written(write_errors, second), user=found.user)

    assert third.headers == [*HEADERS, "LeadOffice-Zeile"]
    assert list(third.rows.values_list("cells", flat=True)) == [[*BAD, f"{second.pk}-Z3"]]


def test_a_row_that_came_in_corrected_waits_no_more(dealer):
    found = run(check(upload(dealer, HEADERS, GOOD, BAD, WORSE), columns=COLUMNS))
    assert waiting() == 2

    again = upload(dealer, data=written(write_errors, found, D2=90), user=found.user)
    run(check(again))

    # The worse one waits with what was uploaded last.
    [entry] = IntakeEntry.objects.quarantined()
    assert entry.message_id.endswith(f":{again.pk}:3")
    settled = IntakeEntry.objects.filter(outcome=Outcome.SET_ASIDE)
    assert {one.reason for one in settled} == {f"Kam mit Import {again.pk} erneut."}
    assert LogEntry.objects.filter(user=found.user, object_id=settled[0].pk).exists()
    assert set(Lead.objects.values_list("last_name", flat=True)) == {"Groß", "Klein"}


def test_rows_of_another_dealer_or_kind_are_not_settled(dealer):
    found = run(check(upload(builders.make_dealer(), HEADERS, BAD), columns=COLUMNS))
    data = written(write_errors, found, D2=90)

    run(check(upload(dealer, data=data), columns=[*COLUMNS, FURTHER]))
    own = upload(found.dealer, data=data, user=found.user, kind=ListKind.CUSTOMERS)
    run(check(own))

    assert waiting() == 1
